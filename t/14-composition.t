# Next to what else nginx can do in a location or around it: access control,
# limits, filters, subrequests, redirects, HTTP/2.

use PickyAssist::Test;
use PickyAssist::Client;

use IO::Uncompress::Gunzip qw(gunzip);
use JSON::PP ();

my $dir = $PickyAssist::Test::Dir;

our $success = '{"status":100,"message":"Gr\u00fc\u00dfe",'
               . '"api_token":[{"ip":"192.0.2.1","token":"t"}]}';
our $normal = '{"status":100,"message":"Grüße","project_id":6681,'
              . '"api_token":[{"ip":"192.0.2.1","token":"t"}]}';

write_file('passwords', "user:{PLAIN}pass\n");
$ENV{TEST_NGINX_PASSWORDS} = "$dir/passwords";

sub write_file {
    my ($name, $bytes) = @_;
    open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $file $bytes;
    close $file;
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }

# The status and code of a problem, as one string.
sub outcome {
    my ($reply) = @_;
    return 'no reply' if !$reply;
    my $problem = eval { JSON::PP::decode_json($reply->{body}) };
    my $code = $problem && $problem->{code} // 'ok';
    my $type = $code eq 'ok' ? 'application/json' : 'application/problem+json';
    return "$reply->{status} $code"
           . ($reply->{headers}{'content-type'} eq $type ? '' : ' (type)')
           . ($reply->{headers}{'cache-control'} eq 'no-store' ? '' : ' (cc)');
}

# An HTTP/2 request with this body: what curl prints, behind it the version,
# the status and the media type of the response.
sub curl {
    my ($body, @options) = @_;
    write_file('body', $body);
    open my $curl, '-|', 'curl', '-s', '-k', '--http2', '-m', 5,
         '--data-binary', "\@$dir/body",
         (grep { /^Content-Type/ } @options)
             ? () : ('-H', 'Content-Type: application/json'),
         '-w', "\n%{http_version} %{http_code} %{content_type}\n", @options
        or die "curl: $!\n";
    local $/;
    return scalar(<$curl>) // '';
}

run_tests();

__DATA__

=== TEST 1: limit_req
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    limit_req_zone $server_name zone=one:64k rate=1r/m;
    limit_req_zone $server_name zone=two:64k rate=1r/m;
--- config
    location = /tokens {
        limit_req zone=one;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /429 {
        limit_req zone=two;
        limit_req_status 429;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- then
is(outcome(ask()), '503 http_503', 'the default status');
is(outcome(ask(uri => '/429')), '200 ok');
is(outcome(ask(uri => '/429')), '429 rate_limited', 'another status');
--- upstream_requests: 2



=== TEST 2: limit_req that delays
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    limit_req_zone $server_name zone=one:64k rate=20r/s;
--- config
    location = /tokens {
        limit_req zone=one burst=10;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- then
my $client = client();
$client->send(message(), message(), message());
is(outcome($client->reply), '200 ok') for 1 .. 3;
--- upstream_requests: 4



=== TEST 3: limit_conn
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    limit_conn_zone $server_name zone=one:64k;
--- config
    location = /tokens {
        limit_conn one 1;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
--- upstream eval
sub { my ($c) = @_; $c->request; $c->pause(0.3); $c->reply($main::success) }
--- then
my $client = client();
$client->send(message());
wait_until { upstream()->count('request') == 2 };
is(outcome(ask()), '503 http_503', 'one too many');
is(outcome($client->reply), '200 ok', 'the other');



=== TEST 4: auth_basic
--- config
    location = /tokens {
        auth_basic realm;
        auth_basic_user_file $TEST_NGINX_PASSWORDS;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- problem: 401 http_401
--- response_headers
WWW-Authenticate: Basic realm="realm"
--- then
is(outcome(ask(headers => { Authorization => 'Basic dXNlcjpwYXNz' })),
   '200 ok', 'with the password');
is(outcome(ask(headers => { Authorization => 'Basic dXNlcjp4' })),
   '401 http_401', 'with another one');
--- upstream_requests: 1
--- upstream_received_unlike: (?i)authorization



=== TEST 5: allow and deny, by the address that a proxy tells
--- config
    set_real_ip_from 127.0.0.1;
    real_ip_header X-Forwarded-For;
    location = /tokens {
        allow 192.0.2.7;
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_set_header X-Client $remote_addr;
    }
--- upstream eval: $main::success
--- problem: 403 http_403
--- then
is(outcome(ask(headers => { 'X-Forwarded-For' => '192.0.2.7' })), '200 ok');
is(outcome(ask(headers => { 'X-Forwarded-For' => '192.0.2.8' })),
   '403 http_403');
--- upstream_requests: 1
--- upstream_received eval: qr/^X-Client: 192\.0\.2\.7\r$/m



=== TEST 6: satisfy any
--- config
    location = /tokens {
        satisfy any;
        deny all;
        auth_basic realm;
        auth_basic_user_file $TEST_NGINX_PASSWORDS;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- problem: 401 http_401
--- then
is(outcome(ask(headers => { Authorization => 'Basic dXNlcjpwYXNz' })),
   '200 ok');
--- upstream_requests: 1



=== TEST 7: limit_except
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        limit_except POST {
            deny all;
        }
    }
--- upstream eval: $main::success
--- request
GET /tokens
--- problem: 403 http_403
--- then
is(outcome(ask()), '200 ok', 'POST');



=== TEST 8: limit_except for the method that is used
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        limit_except GET {
            allow 127.0.0.1;
            deny all;
        }
    }
--- upstream eval: $main::success
--- response_body_like: "token":"t"



=== TEST 9: auth_request
--- config
    location = /tokens {
        auth_request /auth;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /auth {
        if ($http_x_auth = "") {
            return 401;
        }
        if ($http_x_auth = "broken") {
            return 503;
        }
        if ($http_x_auth != "yes") {
            return 403;
        }
        return 204;
    }
--- upstream eval: $main::success
--- problem: 401 http_401
--- then
is(outcome(ask(headers => { 'X-Auth' => 'yes' })), '200 ok');
is(outcome(ask(headers => { 'X-Auth' => 'no' })), '403 http_403');
is(outcome(ask(headers => { 'X-Auth' => 'broken' })), '500 http_500');
--- upstream_requests: 1



=== TEST 10: an authorization that reads the body
--- config
    client_body_buffer_size 256;
    location = /tokens {
        mirror /mirror;
        auth_request /auth;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_max_ips 1000;
    }
    location = /auth {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_method GET;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
    }
    location = /mirror {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM3_PORT;
    }
--- suppress_stderr
--- request eval
my $ips = '"192.0.2.0"';
$ips .= qq(,"198.51.100.$_") for 1 .. 200;
qq(POST /tokens\n{"project_id":1,"ip_whitelist":[$ips]})
--- upstream eval: $main::success
--- upstream2: {}
--- upstream3: {}
--- response_body_like: "token":"t"
--- upstream_received eval: qr/"project_id":1,.*"198\.51\.100\.200"\]\}\z/
--- upstream3_received eval: qr/\{"project_id":1,.*"198\.51\.100\.200"\]\}\z/



=== TEST 11: a mirror that is a gateway, with a body in a file
--- config
    client_body_buffer_size 256;
    location = /mirrored {
        mirror /tokens;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_max_ips 1000;
    }
--- suppress_stderr
--- request eval
my $ips = '"192.0.2.0"';
$ips .= qq(,"198.51.100.$_") for 1 .. 200;
qq(POST /mirrored\n{"project_id":1,"ip_whitelist":[$ips]})
--- upstream eval: $main::success
--- upstream2: {"from":"upstream2"}
--- response_body: {"from":"upstream2"}
--- upstream_received eval: qr/"project_id":1,.*"198\.51\.100\.200"\]\}\z/
--- upstream2_received eval: qr/\{"project_id":1,.*"198\.51\.100\.200"\]\}\z/



=== TEST 12: two gateways, one the mirror of the other
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format told '$uri $pickyassist_outcome $pickyassist_token_count';
--- config
    access_log logs/told.log told;
    log_subrequest on;
    location = /tokens {
        mirror /second;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /second {
        internal;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
--- upstream eval: $main::success
--- upstream2 eval: $main::success
--- response_body_like: "token":"t"
--- then
is(outcome(ask()), '200 ok');
# The state of each is its own, though they share a pool.
my @told;
wait_until {
    @told = sort split /\n/, PickyAssist::Client::slurp(
        "$ENV{TEST_NGINX_SERVROOT}/logs/told.log");
    @told == 4;
};
is_deeply(\@told, [('/second outcome_unknown -') x 2,
                   ('/tokens issued 1') x 2], 'what is told of each');
my @lost = error_log() =~ /\[warn\] .*pickyassist: request [0-9a-f]{32} has an unknown outcome: .* \(HTTP status 200\)/g;
is(scalar(@lost), 2, 'and warned of');
--- upstream_requests: 2
--- upstream2_requests: 2



=== TEST 13: after the request, by post_action
--- config
    location = /before {
        post_action /tokens;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
qq(POST /before\n{"project_id":1,"ip_whitelist":"192.0.2.1"})
--- upstream eval: $main::success
--- upstream2: {"from":"upstream2"}
--- response_body: {"from":"upstream2"}
--- then
ok(wait_until { upstream()->count('request') == 1 }, 'sent');
is(outcome(ask()), '200 ok', 'and all goes on');



=== TEST 14: post_action of the gateway itself
--- config
    location = /tokens {
        post_action /after;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /after {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_pass_request_body off;
        proxy_set_header Content-Length 0;
    }
--- upstream eval: $main::success
--- upstream2: {}
--- response_body_like: "token":"t"\}\]\}$
--- then
ok(wait_until { $PickyAssist::Test::Upstreams[1]{running}->count('request') },
   'the action');
is(outcome(ask()), '200 ok', 'and all goes on');



=== TEST 15: rewritten to the gateway
--- config
    rewrite ^/alias$ /tokens;
    location = /tried {
        try_files /nothing /tokens;
    }
    location = /last {
        rewrite ^ /tokens last;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- then
is(outcome(ask(uri => $_)), '200 ok', $_) for '/alias', '/tried', '/last';
--- upstream_requests: 4



=== TEST 16: the path of the client does not matter
--- config
    location /api/ {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/fixed;
    }
    location ~ ^/regex/(.*) {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/fixed?a=b;
    }
    location /else {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
qq(POST /api/x/../y?z\n{"project_id":1,"ip_whitelist":"192.0.2.1"})
--- upstream eval: $main::success
--- upstream_received eval
qr{\APOST /fixed HTTP/1\.1\r\n.*POST /fixed\?a=b HTTP.*POST /app/api/}s
--- then
is(outcome(ask(uri => $_)), '200 ok', $_) for '/regex/1?2', '/elsewhere';



=== TEST 17: an internal location
--- config
    location = /tokens {
        internal;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- problem: 404 http_404



=== TEST 18: redirects that make a GET of it
--- config
    location = /first {
        error_page 418 = /tokens;
        return 418;
    }
    location = /accel {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- upstream2
HTTP/1.1 200 OK
X-Accel-Redirect: /tokens

--- then
is(outcome(ask(uri => $_)), '405 method_not_allowed', $_)
    for '/first', '/accel';
--- upstream_requests: 1



=== TEST 19: error_page wins over the errors that nginx makes
--- config
    error_page 403 404 429 500 502 504 /error;
    location = /error {
        internal;
        return 200 "operator's own";
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location = /cut {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_read_timeout 1s;
    }
    location = /denied {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /returned {
        return 429;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    $c->send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
    $c->hang if $request->{number} == 2;
}
--- error_code: 502
--- response_body: operator's own
--- then
for my $case (['/cut', 502], ['/cut', 504], ['/denied', 403],
              ['/returned', 429]) {
    my ($uri, $status) = @$case;
    my $reply = ask(uri => $uri);
    is($reply->{status}, $status, "$uri $status");
    is($reply->{body}, "operator's own", "$uri $status");
}



=== TEST 20: error_page does not touch the problems of the gateway
--- config
    error_page 400 402 403 405 409 410 415 422 429 502 503 504 /error;
    location = /error {
        internal;
        return 200 "operator's own";
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
--- upstream eval
my @replies = map { qq({"status":$_,"message":"m"}) }
    403, 405, 408, 401, 402, 404, 101;
sub { my ($c) = @_; my $request = $c->request or return;
      $c->reply($replies[$request->{number} - 1]) }
--- problem: 402 insufficient_balance
--- then
is(outcome(ask()), $_) for '403 plan_not_active', '409 project_not_active',
    '502 master_token_rejected', '422 upstream_rejected', '502 upstream_error',
    '503 upstream_unavailable';
is(outcome(ask(body => '')), '400 malformed_json');
is(outcome(ask(body => '{}')), '422 invalid_request');
is(outcome(ask(method => 'GET')), '405 method_not_allowed');
is(outcome(ask(headers => { 'Content-Type' => 'text/plain' })),
   '415 unsupported_media_type');



=== TEST 21: a second gateway after an error of the first
--- config
    location = /tokens {
        error_page 502 = @second;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location @second {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/second;
    }
--- upstream eval: $main::success
--- response_body eval: $main::normal
--- upstream_requests: 1
--- upstream_received eval: qr/\APOST \/second /



=== TEST 22: a second gateway that fails as well
--- config
    recursive_error_pages on;
    location = /tokens {
        error_page 502 = @second;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location @second {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
--- problem: 502 upstream_unreachable



=== TEST 23: another method of nginx as the error page
--- config
    location = /tokens {
        error_page 502 =503 @other;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location @other {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream: {"from":"upstream"}
--- error_code: 503
--- response_body: {"from":"upstream"}
--- upstream_received eval: qr/^\{"project_id":6681,/m



=== TEST 24: "if" in the location
--- config
    location = /tokens {
        set $kind ordinary;
        if ($http_x_kind) {
            set $kind $http_x_kind;
        }
        if ($http_x_kind = forbidden) {
            return 403;
        }
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_set_header X-Kind $kind;
    }
--- upstream eval: $main::success
--- upstream_received eval: qr/^X-Kind: ordinary\r.*^X-Kind: odd\r/ms
--- then
is(outcome(ask(headers => { 'X-Kind' => 'odd' })), '200 ok');
is(outcome(ask(headers => { 'X-Kind' => 'forbidden' })), '403 http_403');
--- upstream_requests: 2



=== TEST 25: conditional and range requests, which mean nothing for POST
--- upstream eval: $main::success
--- then
my $date = 'Thu, 01 Jan 1970 00:00:00 GMT';
for my $header (['If-Match' => '"x"'], ['If-None-Match' => '*'],
                ['If-Unmodified-Since' => $date],
                ['If-Modified-Since' => $date], ['Range' => 'bytes=0-3'],
                ['If-Range' => '"x"']) {
    my ($name, $value) = @$header;
    my $reply = ask(headers => { $name => $value });
    is(outcome($reply), '200 ok', $name);
    is($reply->{body}, $main::normal, $name);
    is(outcome(ask(headers => { $name => $value }, body => '{}')),
       '422 invalid_request', "$name - an error");
}
--- upstream_requests: 7



=== TEST 26: gzip
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    gzip on;
    gzip_min_length 0;
    gzip_types application/json application/problem+json;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /denied {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- more_headers
Content-Type: application/json
Accept-Encoding: gzip
--- response_headers
Content-Encoding: gzip
Content-Type: application/json
Cache-Control: no-store
--- then
IO::Uncompress::Gunzip::gunzip(\$reply, \my $text);
is($text, $main::normal, 'the reply');
$reply = ask(headers => { 'Accept-Encoding' => 'gzip' }, uri => '/denied');
is($reply->{headers}{'content-encoding'}, 'gzip', 'a problem, too');
IO::Uncompress::Gunzip::gunzip(\$reply->{body}, \$text);
like($text, qr/^\{.*"http_403".*\}$/, 'the problem');
is(ask()->{body}, $main::normal, 'not asked for');



=== TEST 27: charset
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    charset utf-8;
    charset_types application/json;
--- upstream eval: $main::success
--- response_headers
Content-Type: application/json; charset=utf-8
--- response_body eval: $main::normal



=== TEST 28: a default type, and headers of the operator
--- config
    default_type text/html;
    add_header X-Operator "always" always;
    add_header X-Success "$status";
    server_tokens off;
    expires 1h;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- response_headers
Content-Type: application/json
X-Operator: always
X-Success: 200
--- then
$reply = ask(body => '{}');
is($reply->{headers}{'content-type'}, 'application/problem+json');
is($reply->{headers}{'x-operator'}, 'always');
is($reply->{headers}{'x-success'}, undef);



=== TEST 29: filters that change the body
--- config
    location = /tokens {
        sub_filter_types application/json;
        sub_filter '"t"' '"replaced"';
        add_after_body /after;
        addition_types application/json;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /after {
        return 200 "\n/* after */";
    }
--- upstream eval: $main::success
--- response_body eval
($main::normal =~ s/"t"/"replaced"/r) . "\n/* after */"



=== TEST 30: a slow way to the client
--- config
    limit_rate 200;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
$main::success =~ s/"t"/'"' . 'x' x 300 . '"'/er
--- response_body_like: "x{300}"\}\]\}$
--- timeout: 10



=== TEST 31: pipelined requests
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    # The later ones would overtake the earlier ones if they could.
    $c->pause(0.3 / $request->{number});
    my ($id) = $request->{body} =~ /"project_id":(\d+)/;
    $c->reply(qq({"status":100,"project_id":$id,"api_token":["t"]}));
}
--- then
my $client = client();
$client->send(CORE::join '', map { message(
    body => qq({"project_id":$_,"ip_whitelist":["192.0.2.1"]})) } 1 .. 5);
like($client->reply->{body}, qr/"project_id":$_,/, "number $_") for 1 .. 5;



=== TEST 32: the connection after errors of all kinds
--- config
    location = /tokens {
        client_max_body_size 1k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
    location = /denied {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
    location = /unreachable {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
--- upstream eval
my @replies = (
    $main::success, '{"status":403}', '{"status":401}', 'nonsense',
    "HTTP/1.1 500 Oops\n\n", "HTTP/1.1 429 Slow down\n\n",
    "HTTP/1.1 200 OK\nContent-Length: 99\n\n{",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n", $main::success,
);
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    $c->reply($replies[$request->{number} - 1] // $main::success);
}
--- then
my $chunked = "3e8\r\n" . ' ' x 1000 . "\r\n" . "3e8\r\n" . ' ' x 1000 . "\r\n";
my @cases = (
    [message(method => 'GET', body => ''), '405 method_not_allowed'],
    [message(method => 'PUT'), '405 method_not_allowed'],
    [message(headers => { 'Content-Type' => undef }),
     '415 unsupported_media_type'],
    [message(body => '{'), '400 malformed_json'],
    [message(body => ''), '400 malformed_json'],
    [message(body => '{}'), '422 invalid_request'],
    [message(uri => '/denied'), '403 http_403'],
    [message(uri => '/unreachable'), '502 upstream_unreachable'],
    [message(body => ' ' x 2000), '413 body_too_large'],
    [message(headers => { 'Content-Length' => undef,
                          'Transfer-Encoding' => 'chunked' },
             body => "${chunked}0\r\n\r\n"), '413 body_too_large'],
    [message(method => 'PUT', body => ' ' x 900), '405 method_not_allowed'],
    [message(headers => { Expect => '100-continue' }, method => 'PUT'),
     '405 method_not_allowed'],
    (map { [message(), $_] } '402 insufficient_balance',
         '502 master_token_rejected', '502 upstream_invalid_response',
         '502 upstream_error', '429 rate_limited',
         '502 upstream_invalid_response', '502 upstream_invalid_response',
         '200 ok'),
);
for my $case (@cases) {
    my ($message, $outcome) = @$case;
    my $client = client();
    $client->send($message);
    my $reply = $client->reply;
    $reply = $client->reply if $reply && $reply->{status} == 100;
    is(outcome($reply), $outcome, $outcome);
    if ($reply->{headers}{connection} eq 'close') {
        ok($client->ended, "$outcome - closed, as announced");
    } else {
        $client->send(message(method => 'DELETE'));
        is(outcome($client->reply), '405 method_not_allowed',
           "$outcome - kept, as announced");
    }
}



=== TEST 33: a request body that comes late
--- upstream eval: $main::success
--- then
for my $method ('POST', 'PUT') {
    my $client = client();
    my $message = message(method => $method);
    for my $piece (unpack '(a40)*', $message) {
        $client->send($piece);
        select undef, undef, undef, 0.01;
    }
    is(outcome($client->reply),
       $method eq 'POST' ? '200 ok' : '405 method_not_allowed', $method);
    $client->send(message());
    is(outcome($client->reply), '200 ok', "$method - the next");
}



=== TEST 34: HTTP/1.0 and clients that do not want to be kept
--- upstream eval: $main::success
--- then
for my $options ([version => '1.0'], [headers => { Connection => 'close' }]) {
    my $client = client();
    $client->send(message(@$options));
    my $reply = $client->reply;
    is(outcome($reply), '200 ok');
    is($reply->{headers}{connection}, 'close');
    ok($client->ended, 'closed');
}



=== TEST 35: TLS towards the client, with a certificate of its own
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT ssl;
        ssl_certificate $TEST_NGINX_CERTS/good.pem;
        ssl_certificate_key $TEST_NGINX_CERTS/good.key;
        ssl_client_certificate $TEST_NGINX_CERTS/ca.pem;
        ssl_verify_client optional;
        location = /tokens {
            if ($ssl_client_verify != SUCCESS) {
                return 403;
            }
            pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
            pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
            pickyassist_ssl_name api.test;
            pickyassist_set_header X-Subject $ssl_client_s_dn;
        }
    }
--- config
--- request
GET /
--- upstream eval: $main::success
--- upstream_tls: good
--- then
my $certs = $ENV{TEST_NGINX_CERTS};
my @port = (port => $ENV{TEST_NGINX_SPARE_PORT});
is(outcome(ask(@port, tls => { SSL_version => 'SSLv23' })), '403 http_403',
   'without a certificate');
my $client = client(@port, tls => { SSL_cert_file => "$certs/client.pem",
                                    SSL_key_file => "$certs/client.key" });
for (1 .. 2) {
    $client->send(message());
    is(outcome($client->reply), '200 ok', 'with one');
}
--- upstream_requests: 2
--- upstream_received eval: qr/^X-Subject: CN=client\.test\r$/m



=== TEST 36: HTTP/2
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT ssl http2;
        ssl_certificate $TEST_NGINX_CERTS/good.pem;
        ssl_certificate_key $TEST_NGINX_CERTS/good.key;
        client_body_buffer_size 1k;
        client_max_body_size 64k;
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
            pickyassist_max_ips 5000;
        }
        location = /unreachable {
            pickyassist_pass http://127.0.0.1:1;
        }
        location = /slow {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        }
    }
--- config
--- suppress_stderr
--- request
GET /
--- upstream eval: $main::success
--- upstream2 eval
sub { my ($c) = @_; $c->request; $c->pause(0.5);
      $c->reply($main::success) }
--- then
my $url = "https://127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}";
my $body = '{"project_id":6681,"ip_whitelist":"192.0.2.1"}';
my $problem = 'application/problem\+json';

is(curl($body, "$url/tokens"), "$main::normal\n2 200 application/json\n",
   'tokens');
like(curl($body, "$url/unreachable"),
     qr/upstream_unreachable.*\n2 502 $problem\n/, 'unreachable');
like(curl('{}', "$url/tokens"),
     qr/invalid_request.*\n2 422 $problem\n/, 'invalid');
like(curl('', "$url/tokens"),
     qr/malformed_json.*\n2 400 $problem\n/, 'malformed');
like(curl($body, '-X', 'GET', "$url/tokens"),
     qr/method_not_allowed.*\n2 405 $problem\n/, 'the method');
like(curl($body, '-H', 'Content-Type: text/plain', "$url/tokens"),
     qr/unsupported_media_type.*\n2 415 $problem\n/, 'the media type');

my $ips = CORE::join ',', map { sprintf '"192.0.%d.%d"', $_ >> 8, $_ & 255 }
    1 .. 3000;
like(curl(qq({"project_id":6681,"ip_whitelist":[$ips]}), "$url/tokens"),
     qr/\n2 200 application\/json\n/, 'a large body');
like(curl(qq({"project_id":6681,"ip_whitelist":[$ips]}),
          '-H', 'Content-Length:', "$url/tokens"),
     qr/\n2 200 application\/json\n/, 'a large body of unknown length');
for my $length ('', 'Content-Length:') {
    like(curl(' ' x 100000, $length ? ('-H', $length) : (), "$url/tokens"),
         qr/body_too_large.*\n2 413 $problem\n/, 'too large');
}

my $many = curl($body, '-S', '--no-progress-meter', '--parallel',
                '--parallel-immediate',
                map { ("$url/tokens", '-o', '/dev/stdout') } 1 .. 20);
is(scalar(() = $many =~ /2 200 application\/json/g), 20, 'twenty at once');

unlike(curl($body, '-m', 0.1, "$url/slow"), qr/2 200/, 'a client that goes');
like(curl($body, "$url/slow"), qr/2 200/, 'and all goes on');
--- upstream2_requests: 2



=== TEST 37: in the access log
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format test '[$status $upstream_status $upstream_addr '
                    '$upstream_response_length $request_id]';
--- config
    access_log logs/access.log test;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- then
$reply = ask(body => '{}');
my $id = $reply->{headers}{'x-request-id'};
my $length = length $main::success;
ok(wait_until { access_log() =~ /^\[422 - - - $id\]$/m }, 'a local answer');
ok(wait_until { access_log() =~ /^\[200 200 127\.0\.0\.1:\d+ $length \w+\]$/m },
   "an upstream's") or diag(access_log());



=== TEST 38: an error that leads to a gateway does not become its answer
--- config
    location = /refused {
        error_page 502 @gateway;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location = /denied {
        error_page 403 @gateway;
        deny all;
    }
    location = /other {
        error_page 502 =503 @gateway;
        proxy_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location @gateway {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- request
GET /
--- then
for my $uri ('/refused', '/denied', '/other') {
    my $reply = ask(uri => $uri);
    is(outcome($reply), '200 ok', $uri);
    is($reply->{body}, $main::normal, "$uri - the token");
    is(outcome(ask(uri => $uri, body => '{}')), '422 invalid_request',
       "$uri - a flaw");
}
--- upstream_requests: 3



=== TEST 39: a filter of a module that was loaded later
--- main_config
    load_module /usr/lib/nginx/modules/ndk_http_module.so;
    load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /ended {
        header_filter_by_lua_block { ngx.exit(503) }
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /any {
        header_filter_by_lua_block { ngx.exit(tonumber(ngx.var.arg_status)) }
        pickyassist_idempotency scope=me;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /page {
        header_filter_by_lua_block { ngx.exit(503) }
        error_page 503 /sorry;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /sorry { return 200 "sorry"; }
    location = /metrics { pickyassist_status; }
    location = /capture {
        content_by_lua_block {
            ngx.req.read_body()
            local reply = ngx.location.capture("/tokens",
                { method = ngx.HTTP_POST, body = ngx.req.get_body_data() })
            ngx.status = reply.status
            ngx.print(reply.body)
        }
    }
--- upstream eval: $main::success
--- then
is(ask(uri => '/ended')->{status}, 503, 'the filter ends the request');
is(ask(uri => '/page')->{body}, 'sorry', 'and has a page');
my $reply = ask(uri => '/capture');
is($reply->{status}, 200, 'a subrequest');
is($reply->{body}, $main::normal, 'its body');
is(ask(uri => '/capture', body => '{}')->{status}, 422, 'one with flaws');
is(upstream()->count('request'), 4, 'the upstream was asked by the others');

# Whatever status it is: the request has been sent, and is not sent again.
my $count = 4;
for my $status (400, 404, 413, 425, 429, 500, 502, 503, 504) {
    my $code = $status == 502 ? 'upstream_invalid_response'
               : $status == 504 ? 'upstream_timeout' : "http_$status";
    my %request = (uri => "/any?status=$status",
                   headers => { 'Idempotency-Key' => "key-$status" });
    my $reply = ask(%request);
    is(outcome($reply), "$status $code", "$status instead of the answer");
    my $problem = JSON::PP::decode_json($reply->{body});
    is("$problem->{effect} $problem->{retry}", 'unknown check',
       "$status - the advice");
    like($problem->{detail}, qr/unknown/, "$status - the detail");
    ask(%request);
    is(upstream()->count('request'), ++$count, "$status - sent once");
}
like(ask(uri => '/metrics', method => 'GET', body => '')->{body},
     qr/outcome="http_error"\} 0$/m, 'and counted as what the vendor did');
--- skip_eval: 6: !-e '/usr/lib/nginx/modules/ngx_http_lua_module.so' || !$ENV{TEST_NGINX_LOAD_MODULES} || $ENV{TEST_INSTRUMENT}
