# The headers that every response of the module's locations has: one
# Cache-Control, one X-Request-Id and one charset at most, whatever else in
# nginx has something to say about them; and nginx knows them.

use PickyAssist::Test;
use PickyAssist::Client;

our $success = '{"status":100,"api_token":"t"}';

# The locations that are asked, and the requests to them.
our @responses = (
    ['/tokens', '200', 'a success'],
    ['/tokens', '422', 'a problem', body => '{}'],
    ['/tokens', '405', 'a problem without a body read', method => 'GET'],
    ['/denied', '403', "an error of nginx's"],
    ['/limited', '413', 'a body that is too large', body => ' ' x 2000],
    ['/unreachable', '502', 'an upstream that is not there'],
    ['/metrics', '200', 'metrics', method => 'GET', body => ''],
    ['/metrics.json', '200', 'metrics as JSON', method => 'GET', body => ''],
    ['/metrics', '405', 'metrics are not for POST'],
    ['/sandbox', '200', 'the sandbox'],
    ['/sandbox', '405', 'the sandbox is for POST', method => 'GET',
     body => ''],
    ['/api/nothing', '404', 'what the sandbox does not have'],
    ['/if?x=1', '200', 'in an "if"'],
);

our $locations = <<'END';
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
        location = /denied {
            deny all;
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
        location = /limited {
            client_max_body_size 1k;
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
        location = /unreachable {
            pickyassist_pass http://127.0.0.1:1;
        }
        location = /metrics { pickyassist_status; }
        location = /metrics.json { pickyassist_status json; }
        location = /sandbox { pickyassist_sandbox; }
        location /api/ { pickyassist_sandbox; }
        location = /if {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
            if ($arg_x) { set $y 1; }
        }
        location = /other { return 200 "other"; }
END

our $logged = <<'END';
    log_format headers '$request_method $uri $status $request_id '
        '<$sent_http_cache_control> <$sent_http_x_request_id> '
        '<$sent_http_expires>';
    access_log logs/headers.log headers;
END

# All values of a header, in the order they come.
sub values_of {
    my ($reply, $name) = @_;
    return [$reply->{head} =~ /^\Q$name\E:[ ]*(.*?)\r?$/mgi];
}

sub one {
    my ($reply, $uri, $status) = @_;
    my $name = "$uri - $status";
    is($reply->{status}, $status, "$name - status");
    is_deeply(values_of($reply, 'Cache-Control'), ['no-store'],
              "$name - one Cache-Control") or diag($reply->{head});
    my $ids = values_of($reply, 'X-Request-Id');
    ok(@$ids == 1 && $ids->[0] =~ /^[0-9a-f]{32}$/,
       "$name - one X-Request-Id") or diag($reply->{head});
    is_deeply(values_of($reply, 'Expires'), [], "$name - no Expires");
    my @charsets = values_of($reply, 'Content-Type')->[0] =~ /charset=/g;
    ok(@charsets <= 1, "$name - one charset at most") or diag($reply->{head});
    return $ids->[0];
}

# Asks for all of them, and compares with what nginx logs.
sub all_once {
    my (%options) = @_;
    my @expected;
    for (@responses) {
        my ($uri, $status, $what, %request) = @$_;
        my $id = one(ask(uri => $uri, %request), "$uri ($what)", $status);
        my $method = $request{method} // 'POST';
        push @expected, "$method " . $uri =~ s/\?.*//r
                        . " $status $id <no-store> <$id> <->";
    }
    is(ask(uri => '/other', method => 'GET', body => '')->{body}, 'other',
       'another location');
    return if $options{unlogged};

    my $lines = sub {
        open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/headers.log"
            or return '';
        join '', grep { !m{ /other } } <$log>;
    };
    my $expected = join '', map { "$_\n" } @expected;
    wait_until { my $log = $lines->(); $log =~ tr/\n// > @expected };
    is($lines->() =~ s/\A.*\n//r, $expected, 'as nginx knows them');
}

run_tests();

__DATA__

=== TEST 1: by themselves
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged"
--- config eval: $main::locations
--- upstream eval: $main::success
--- response_headers
Cache-Control: no-store
--- then: all_once()



=== TEST 2: "expires" of the server, and a question before there are any
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged"
--- config eval
"expires 1h;
set \$early '\$sent_http_cache_control\$sent_http_x_request_id'; $main::locations"
--- upstream eval: $main::success
--- then
all_once();
my $other = ask(uri => '/other', method => 'GET', body => '');
is($other->{headers}{'cache-control'}, 'max-age=3600',
   '"expires" is heard elsewhere');
ok($other->{headers}{expires}, 'and says when');



=== TEST 3: "expires" that is a variable, the epoch, for ever, at an hour
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    map $arg_e $when { epoch epoch; max max; "" off; default $arg_e; }
--- config
    location = /variable {
        expires $when;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /epoch { expires epoch; pickyassist_status; }
    location = /max { expires max; pickyassist_status; }
    location = /daily { expires @15h30m; pickyassist_status; }
    location = /past { expires -1; pickyassist_status; }
--- upstream eval: $main::success
--- request
POST /variable
{"project_id":1,"ip_whitelist":"192.0.2.1"}
--- then
one(ask(uri => "/variable?e=$_"), "a variable, $_", 200)
    for 'epoch', 'max', '1h', '-1', 'off';
one(ask(uri => $_, method => 'GET', body => ''), $_, 200)
    for '/epoch', '/max', '/daily', '/past';



=== TEST 4: add_header, of success only and always, in odd spelling
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged"
--- config eval
"expires 1h;
add_header Cache-Control public;
add_header cache-control 'max-age=31536000' always;
add_header CACHE-CONTROL immutable always;
add_header X-Request-Id \$request_id always;
add_header x-request-id mine always;
add_header Expires 'Thu, 31 Dec 2037 23:55:55 GMT' always;
add_header X-Other '\$sent_http_x_request_id \$sent_http_cache_control' always;
$main::locations"
--- upstream eval: $main::success
--- then
all_once();
my $reply = ask();
like($reply->{headers}{'x-other'}, qr/^$reply->{headers}{'x-request-id'}\b/,
     'what is made of them in between');
like(ask(uri => '/other', method => 'GET', body => '')->{head},
     qr/^Cache-Control: public\r$/mi, 'other locations keep theirs');



=== TEST 5: Lua
--- main_config
    load_module /usr/lib/nginx/modules/ndk_http_module.so;
    load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged
header_filter_by_lua_block {
    ngx.header['Cache-Control'] = { 'public', 'max-age=60' }
    ngx.header['X-Request-Id'] = { 'a', 'b' }
    ngx.header.expires = 'Thu, 31 Dec 2037 23:55:55 GMT'
}"
--- config eval: $main::locations
--- upstream eval: $main::success
--- then: all_once()
--- skip_eval: 6: !-e '/usr/lib/nginx/modules/ngx_http_lua_module.so' || !$ENV{TEST_NGINX_LOAD_MODULES} || $ENV{TEST_INSTRUMENT}



=== TEST 6: Lua that takes them away, and reads them
--- main_config
    load_module /usr/lib/nginx/modules/ndk_http_module.so;
    load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged
header_filter_by_lua_block {
    ngx.header['X-Seen'] = ngx.header['Cache-Control']
    ngx.header['Cache-Control'] = nil
    ngx.header['X-Request-Id'] = nil
}"
--- config eval: $main::locations
--- upstream eval: $main::success
--- response_headers
X-Seen: no-store
--- then: all_once()
--- skip_eval: 6: !-e '/usr/lib/nginx/modules/ngx_http_lua_module.so' || !$ENV{TEST_NGINX_LOAD_MODULES} || $ENV{TEST_INSTRUMENT}



=== TEST 7: headers-more
--- main_config
    load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged
more_set_headers 'Cache-Control: public' 'X-Request-Id: theirs';
more_set_headers 'Expires: Thu, 31 Dec 2037 23:55:55 GMT';
more_set_headers 'X-Seen: \$sent_http_x_request_id \$sent_http_cache_control';"
--- config eval: $main::locations
--- upstream eval: $main::success
--- then: all_once()
--- skip_eval: 6: !-e '/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so' || !$ENV{TEST_NGINX_LOAD_MODULES} || $ENV{TEST_INSTRUMENT}



=== TEST 8: headers-more that takes them away
--- main_config
    load_module /usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so;
--- http_config eval
"pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE; $main::logged
more_clear_headers 'Cache-Control' 'X-Request-*';"
--- config eval
"expires 1h; $main::locations"
--- upstream eval: $main::success
--- then: all_once()
--- skip_eval: 6: !-e '/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so' || !$ENV{TEST_NGINX_LOAD_MODULES} || $ENV{TEST_INSTRUMENT}



=== TEST 9: an application's X-Accel-Redirect that leads here
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
--- config
    expires 1h;
    charset utf-8;
    charset_types *;
    location = /application {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /metrics { internal; pickyassist_status; }
    location = /metrics.json { internal; pickyassist_status json; }
    location = /refused { internal; deny all; pickyassist_status; }
--- upstream eval: $main::success
--- upstream2 eval
sub { my ($c) = @_;
      while (my $request = $c->request) {
          my ($to) = $request->{headers}{'x-to'};
          $c->send("HTTP/1.1 200 OK\r\nX-Accel-Redirect: $to\r\n"
              . "Content-Type: text/html; charset=iso-8859-1\r\n"
              . "X-Accel-Charset: utf-8\r\n"
              . "Cache-Control: public\r\ncache-control: max-age=60\r\n"
              . "X-Request-Id: of-the-application\r\n"
              . "Accept-Ranges: bytes\r\n"
              . "Expires: Thu, 31 Dec 2037 23:55:55 GMT\r\n"
              . "Content-Length: 0\r\n\r\n");
      } }
--- request
GET /tokens
--- error_code: 405
--- then
for my $row (['/tokens', 405, 'application/problem+json; charset=utf-8'],
             ['/metrics', 200, 'text/plain; version=0.0.4; charset=utf-8'],
             ['/metrics.json', 200, 'application/json; charset=utf-8'],
             ['/refused', 403]) {
    my ($to, $status, $type) = @$row;
    my $reply = ask(uri => '/application', method => 'GET', body => '',
                    headers => { 'X-To' => $to });
    one($reply, "X-Accel-Redirect to $to", $status);
    is($reply->{headers}{'content-type'}, $type, "$to - its type") if $type;
    is_deeply(values_of($reply, 'Accept-Ranges'), [], "$to - no ranges")
        if $to eq '/tokens';
}



=== TEST 10: charsets
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    charset utf-8;
    charset_types *;
--- config eval: $main::locations
--- upstream eval: $main::success
--- then
all_once(unlogged => 1);
is(ask(uri => $_->[0], method => $_->[1])->{headers}{'content-type'}, $_->[2],
   "$_->[0] - its type")
    for ['/metrics', 'GET', 'text/plain; version=0.0.4; charset=utf-8'],
        ['/metrics.json', 'GET', 'application/json; charset=utf-8'],
        ['/tokens', 'POST', 'application/json; charset=utf-8'],
        ['/tokens', 'GET', 'application/problem+json; charset=utf-8'],
        ['/denied', 'POST', 'application/problem+json; charset=utf-8'],
        ['/sandbox', 'POST', 'application/json; charset=utf-8'];



=== TEST 11: a charset that is forced on everything
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    charset_map koi8-r utf-8 { C0 D18E; }
--- config eval
"override_charset on;
charset koi8-r;
source_charset utf-8;
charset_types *;
$main::locations"
--- upstream eval: $main::success
--- then
all_once(unlogged => 1);
is(ask(uri => '/metrics', method => 'GET')->{headers}{'content-type'},
   'text/plain; version=0.0.4; charset=koi8-r', 'metrics');



=== TEST 12: without any charset
--- config eval: $main::locations
--- upstream eval: $main::success
--- then
is(ask(uri => $_->[0], method => $_->[1])->{headers}{'content-type'}, $_->[2],
   "$_->[0] - its type")
    for ['/metrics', 'GET', 'text/plain; version=0.0.4; charset=utf-8'],
        ['/metrics.json', 'GET', 'application/json'],
        ['/tokens', 'POST', 'application/json'],
        ['/tokens', 'GET', 'application/problem+json'],
        ['/sandbox', 'POST', 'application/json'];



=== TEST 13: HTTP/2
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    expires 1h;
    charset utf-8;
    charset_types *;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT http2;
        add_header X-Request-Id other;
        location = /metrics { pickyassist_status; }
    }
--- config eval: $main::locations
--- upstream eval: $main::success
--- suppress_stderr
--- then
my $head = `curl -s -m 10 --http2-prior-knowledge -D - -o /dev/null http://127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}/metrics`;
is(() = $head =~ /^cache-control: no-store\r$/mg, 1, 'one cache-control');
is(() = $head =~ /^cache-control:/mg, 1, 'and no other');
is(() = $head =~ /^x-request-id: [0-9a-f]{32}\r$/mg, 1, 'one x-request-id');
is(() = $head =~ /^x-request-id:/mg, 1, 'and no other');
like($head, qr{^content-type: text/plain; version=0.0.4; charset=utf-8\r$}m,
     'one charset');
is(`curl -s -m 10 -I http://127.0.0.1:$ENV{TEST_NGINX_SERVER_PORT}/metrics`
   =~ s/\r//gr =~ s/^(?!Cache|Content-T|Expires).*\n//mgr,
   "Content-Type: text/plain; version=0.0.4; charset=utf-8\n"
   . "Cache-Control: no-store\n", 'and HEAD');
