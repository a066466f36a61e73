# Contract sections 2 and 3: the directives, what they accept, what they do by
# default, and how a mistake is reported. What they mean for requests, replies,
# TLS and connections in all detail is in the suites of those.

# Test::Nginx waits three times as long after each request for the logs to be
# written. What is looked for here is so before the answer.
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.002 }

use PickyAssist::Test;

use File::Path qw(make_path);
use IO::Socket::UNIX;
use POSIX qw(mkfifo);

# Blocks are made from tables, and join those that are written out below.
my $blocks = do { local $/; <DATA> };
my $number = () = $blocks =~ /^=== /mg;

# Sections are "name" or "name filter"; a newline is added to each.
sub block {
    my ($name, @sections) = @_;
    $number++;
    $blocks .= "\n\n\n=== TEST $number: $name\n";
    while (my ($section, $text) = splice @sections, 0, 2) {
        $blocks .= "--- $section\n$text\n";
    }
}

# Bytes as a string of Perl's.
sub quote {
    my ($text) = @_;
    $text =~ s/([^ !#%-?A-\[\]-~])/sprintf '\\x%02x', ord $1/ge;
    return qq("$text");
}

# A mistake on the last line of a file that is included in a location, with
# "pickyassist_pass" and a master token unless said otherwise. Options: pass,
# token (both 0 for none), http (more for that level), token_file (the text of
# a file of this name), hidden (a pattern that nginx must not show), name.
sub wrong {
    my ($directive, $message, $text, %other) = @_;
    my $dir = "$PickyAssist::Test::Dir/wrong";
    my $line = 1 + ($text =~ tr/\n//);
    $text = Test::Nginx::Util::expand_env_in_text($text, 'wrong', {});

    write_configuration($dir, $text, %other);
    my ($status, $output) = $other{hosts} ? try_with_hosts($dir, $other{hosts})
                                          : try_configuration($dir);
    return if !defined $status;

    my $name = substr $other{name} // $text =~ s/[^ -~]+/ /gr, 0, 60;
    is($status, 256, "$name - refused");
    my $place = qr( in \Q$dir\E/wrong\.conf:$line$)m;
    like($output, qr(\[emerg\] .*"$directive".*$message.*$place),
         "$name - told with directive, file and line");
    is(scalar(() = $output =~ /\[emerg\]/g), $other{lines},
       "$name - lines") if $other{lines};
    unlike($output, qr/$other{hidden}/, "$name - hidden") if $other{hidden};
}

sub write_configuration {
    my ($dir, $text, %other) = @_;
    make_path($dir);
    write_file("$dir/wrong.conf", "$text\n");
    write_file("$dir/token", $other{token_file} // '');
    write_file("$dir/nginx.conf", join "\n",
        (map { "load_module $_;" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES}),
        'error_log stderr; pid nginx.pid; events {} http { access_log off;',
        (map { "${_}_temp_path temp;" }
             qw(client_body proxy fastcgi uwsgi scgi)),
        $other{http} // '', 'server { location / {',
        $other{token} // 1
            ? "pickyassist_master_token_file $ENV{TEST_NGINX_TOKEN_FILE};" : (),
        $other{pass} // 1 ? 'pickyassist_pass https://127.0.0.1;' : (),
        "include wrong.conf; } } }\n");
}

sub try_configuration {
    my ($dir, @before) = @_;
    my $nginx = $Test::Nginx::Util::NginxBinary;
    my $output = `@before $nginx -t -p $dir -c nginx.conf -e stderr 2>&1`;
    return ($?, $output);
}

# On a machine where two.test has these addresses: with an /etc/hosts of its own,
# for which it takes root.
sub try_with_hosts {
    my ($dir, $addresses) = @_;
  SKIP: {
        Test::More::skip('only root can have another /etc/hosts', 1) if $>;
        write_file("$dir/hosts", join '', map { "$_ two.test\n" } @$addresses);
        write_file("$dir/with-hosts", "mount --bind $dir/hosts /etc/hosts"
                                      . ' && exec "$@"');
        return try_configuration($dir, "unshare -m sh $dir/with-hosts");
    }
    return;
}

sub write_file {
    my ($path, $text) = @_;
    open my $file, '>:raw', $path or die "$path: $!\n";
    print $file $text;
    close $file;
}

# A directive at the http level, which one location inherits and another one
# overrides, and what it does there: an HTTP status or a pattern of the body.
# Options: body of the request, upstream (code for the section of this name;
# for its other end, see tell()), tls (the section upstream_tls), http (more
# for that level), host (of the URL), endpoint, init (the section).
sub inherited {
    my ($directive, $outer, $inner, $first, $second, %other) = @_;

    my $scheme = $other{tls} ? 'https' : 'http';
    my $host = $other{host} // '127.0.0.1:$TEST_NGINX_UPSTREAM_PORT';
    my $body = $other{body}
               // '{"project_id":1,"ip_whitelist":["192.168.0.1"]}';
    my $endpoint = $other{endpoint} // 'create-api-token';
    my @http = ('pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;',
                $directive eq 'token' ? () : 'pickyassist_token of-project;',
                "pickyassist_$directive $outer;", $other{http} // ());
    push @http, grep { !/$directive / }
                     'pickyassist_ssl_name api.test;',
                     'pickyassist_ssl_trusted_certificate '
                     . '$TEST_NGINX_CERTS/ca.pem;'
        if $other{tls};
    my @results = map { /^\d+$/ ? [$_, '.'] : [200, $_] } $first, $second;

    block("pickyassist_$directive is inherited and overridden",
          'http_config' => join("\n", map { "    $_" } @http),
          'config' => <<"END",
    location = /outer {
        pickyassist_pass $scheme://$host;
        pickyassist_endpoint $endpoint;
    }
    location = /inner {
        pickyassist_pass $scheme://$host;
        pickyassist_endpoint $endpoint;
        pickyassist_$directive $inner;
    }
END
          'upstream eval' => $other{upstream}
                             // q('{"status":100,"api_token":"t"}'),
          $other{tls} ? ('upstream_tls' => $other{tls}) : (),
          $other{init} ? ('init' => $other{init}) : (),
          'request eval' => '[map { "POST $_\n" . ' . quote($body)
                            . " } '/outer', '/inner']",
          'error_code eval' => "[$results[0][0], $results[1][0]]",
          'response_body_like eval' => '[' . quote($results[0][1]) . ', '
                                       . quote($results[1][1]) . ']');
}

# The C library's own check of what nginx frees: a worker that has written behind
# its end is aborted.
sub check_malloc {
    return if $ENV{TEST_INSTRUMENT};
    my ($library) = glob '/lib/*/libc_malloc_debug.so.0';
    $ENV{TEST_NGINX_LD_PRELOAD} = $library if $library;
    $ENV{MALLOC_CHECK_} = 3;
}

# An upstream whose replies tell what it sees of a connection.
sub tell {
    my ($what) = @_;
    return sub {
        my ($c) = @_;
        while (my $request = $c->request) {
            my $seen = $what->($c, $request) // '';
            $c->reply(qq({"status":100,"message":"<$seen>","api_token":"t"}));
        }
    };
}

# The timer that the kernel runs for the other end of a connection, when all
# that it sent has been received: 02 is keepalive, 00 is none.
sub timer {
    my ($c) = @_;
    $c->pause(0.3);
    my ($here, $there) = map { sprintf ':%04X', $_ } $c->{socket}->sockport,
                                                     $c->{socket}->peerport;
    open my $table, '<', '/proc/net/tcp' or return 'unknown';
    for (<$table>) {
        my @field = split;
        return substr $field[5], 0, 2
            if $field[1] =~ /$there$/ && $field[2] =~ /$here$/;
    }
    return 'not found';
}

# A listener that accepts nothing, its queue full: nobody can connect.

my @full;

sub fill {
    my ($port) = @_;
    @full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
                                  Listen => 0, ReuseAddr => 1)
        or die "cannot listen on port $port: $@\n";
    push @full, map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                            PeerPort => $port, Blocking => 0) }
                    1 .. 16;
}

add_test_cleanup_handler(sub { @full = () });

# A file with a token beside the configuration.
sub token_file {
    my ($text, $mode) = @_;
    my $path = "$ENV{TEST_NGINX_SERVROOT}/conf/token";
    unlink $path;
    open my $file, '>:raw', $path or die "$path: $!\n";
    print $file $text;
    chmod $mode, $file;
}

# Has nginx read its configuration again, and waits until it works with it.
sub reload {
    my $logs = "$ENV{TEST_NGINX_SERVROOT}/logs";
    my $sent;
    for (1 .. 300) {
        select undef, undef, undef, 0.01;
        if (!$sent && open my $pid, '<', "$logs/nginx.pid") {
            $sent = kill 'HUP', <$pid> // next;
        }
        open my $log, '<', "$logs/error.log" or next;
        return if grep { /worker process \d+ exited with code 0/ } <$log>;
    }
}

# Workers of a user that may read no file of the tests, if there is one.
sub as_nobody {
    $Test::Nginx::Util::WorkerUser = 'nobody nogroup' if $> == 0;
}

add_test_cleanup_handler(sub { undef $Test::Nginx::Util::WorkerUser });

# A request that no socket buffers.
our $Large = '{"project_id":1,"ip_whitelist":['
    . join(',', map { sprintf '"2001:db8:1111:2222:3333:4444:%x:%x"',
                              0x1000 + ($_ >> 12), 0x1000 + ($_ & 0xfff) }
                    1 .. 200_000) . ']}';

our $Large_header = "Content-Type: application/json\nContent-Length: "
                    . length $Large;


# Values that are none.

my @flags = qw(allow_plaintext require_ip_whitelist socket_keepalive
               ssl_verify ssl_server_name ssl_session_reuse
               ignore_client_abort);
my @times = qw(connect_timeout send_timeout read_timeout
               next_upstream_timeout disabled_ttl);

for my $row (
    (map { [$_, 'yes', '""', '', 'on off'] } @flags),
    (map { [$_, 'x', '-1', '5x', '1s1m', '', '1 2'] } @times),
    (map { [$_, '0', '-1', 'x', '1k', '9' x 20, '""', '', '1 2'] }
         'max_ips', 'max_recipients'),
    ['endpoint', 'x', 'PUSH', 'pus', 'pushx', '""', '', 'push custom'],
    ['unknown_members', 'drop', 'pas', '""', '', 'pass reject'],
    ['number_allow', '0', '01', '+49', '-49', '49x', 'x', '"4 9"', '1' x 16,
     '""', '49 ""', '49 0', ''],
    ['device_commands', '""', 'restart ""', ''],
    ['ip_policy', 'private', 'publi', '""', '', 'any public'],
    ['ip_allow', 'x', '""', '192.0.2.1/33', '192.0.2.1/', '192.0.2.1/-1',
     '192.0.2/24', '2001:db8::/129', '192.0.2.0/24 x', '192.0.2.1/24/8', ''],
    ['client_token', 'drop', '""', '', 'strip reject'],
    ['max_response_size', '0', '-1', 'x', '1t', '""', '', '1 2'],
    ['buffer_size', '0', '0k', '-1', 'x', '1t', '""', '', '1 2'],
    ['next_upstream', 'x', 'error,timeout', 'non_idempotent',
     'error timeout non_idempotent', ''],
    ['next_upstream_tries', 'x', '-1', '""', '', '1 2'],
    ['keepalive', '', '0', '-1', 'x', '1.5', '""', '4 0', '4 0s', '4 x', '4 -1',
     '4 5x', '4 ""', 'off 4s', 'off off', '4s', '4 4s 4', 'on', '9' x 20],
    ['bind', 'x', '192.0.2.256', '127.0.0.1 x', '', '1 2 3'],
    ['ssl_verify_depth', 'x', '-1', '', '1 2'],
    ['ssl_name', '""', '$host', 'api$arg_x.test', '${host}', '', 'a b'],
    ['ssl_protocols', 'SSLv2', 'TLSv1.2 x', ''],
    (map { [$_, '', 'a b'] }
        qw(ssl_trusted_certificate ssl_crl ssl_ciphers ssl_certificate
           ssl_certificate_key)),
    ['disabled_status', 'x', '0', '99', '100', '199', '600', '429', '404 429',
     '404 x', '-404', '""', ''],
    ['disabled_message', '""', 'disabled ""', ''],
    ['idempotency', '', '""', 'on', 'required', 'ttl=1h', 'required ttl=1h',
     'scope', 'scope=', 'Scope=a', 'scope=${a', 'scope=a scope=b',
     'scope=a required required', 'scope=a require', 'scope=a ttl=1h ttl=1h',
     'scope=a ttl', 'scope=a ttl=', 'scope=a ttl=0', 'scope=a ttl=-1s',
     'scope=a ttl=x', 'scope=a ttl=1h1h', 'scope=a off', 'off scope=a',
     'off off', 'scope=a x', 'scope=a required ttl=1h x'],
    ['require', '', '1 ${a'],
    ['rate', '', '""', 'on', '0', '5', '0r/s', '-1r/s', 'r/s', '5r/h', '5r',
     '5 r/s', '1.5r/s', '5R/S', '99999999999999999999r/s', '5r/s burst',
     '5r/s burst=', '5r/s burst=-1', '5r/s burst=x', '5r/s wait=',
     '5r/s wait=x', '5r/s wait=-1s', '5r/s nodelay', '5r/s burst=1 burst=1',
     '5r/s wait=1s wait=1s', '5r/s burst=1 wait=1s wait=1s', 'burst=1',
     'off burst=1', 'off off'],
    ['set_header', '', 'X', 'X a b', '"" x', 'X: x', '"X Header" x', 'X@Y x',
     '"X\tY" x', '"X\nY" x', 'X "a\nb"', 'X "a\rb"', "X \"a\x01\"",
     "X \"a\x7f\"", 'X "${a"', 'Host $host', 'Host ""', 'hOST "${arg_host}"',
     map { "$_ x" }
         qw(Connection Content-Encoding Content-Length Content-Type
            content-length CONTENT-TYPE Expect Keep-Alive Proxy-Connection TE
            Trailer Transfer-Encoding Upgrade)],
) {
    my ($directive, @values) = @$row;
    $directive = "pickyassist_$directive";
    wrong($directive, '', "$directive $_;") for @values;
}

# What would be right is told, in one line.

for my $row (
    ['ip_policy', 'private', 'it must be "any", "unicast" or "public"'],
    ['client_token', 'drop', 'it must be "reject" or "strip"'],
    ['unknown_members', 'drop', 'it must be "reject" or "pass"'],
    ['ssl_protocols', 'TLSv1.2 SSLv3',
     'it must be "TLSv1", "TLSv1.1", "TLSv1.2" or "TLSv1.3"'],
    ['next_upstream', 'error http_418', 'it must be "error", "timeout", '
     . '.*, "http_429" or "off"'],
    ['next_upstream', 'error non_idempotent', 'a request that may have '
     . 'reached the vendor is never sent again'],
    ['next_upstream', 'NON_Idempotent', 'a request that may have reached the '
     . 'vendor is never sent again'],
    ['ssl_verify', 'yes', 'it must be "on" or "off"'],
    ['endpoint', 'x', 'the known ones are create-api-token, create-project, '
     . '.*, push, .*, custom'],
    ['number_allow', '49 +49', 'it must be the first digits of a number, from '
     . 'the country code on'],
    ['disabled_status', '404 600', 'it must be an HTTP status from 200 to 599 '
     . 'and not 429'],
    ['disabled_message', '""', 'empty value, which every message would match'],
    ['keepalive', '4 0', 'it must be "off", or a number from 1 and a time from '
     . '1ms'],
    ['rate', '5', 'it must be a number of requests a second or a minute, as '
     . 'in "5r/s" or "90r/m"'],
    ['rate', '5r/s burst=1 wait=x', 'it must be "burst=NUMBER" or '
     . '"wait=TIME"'],
    ['rate', 'off burst=1', 'takes nothing else with "off"'],
    ['idempotency', 'ttl=1h', 'must have the "scope" parameter'],
    ['idempotency', 'scope=a ttl=0', 'has an invalid value, it must be a time above '
     . 'zero'],
    ['idempotency', 'scope=a x', 'is unknown, it must be "scope=VALUE", '
     . '"ttl=TIME" or "required"'],
    ['idempotency', 'scope=', 'is empty'],
    ['device_commands', 'restart ""', 'has an empty value'],
    (map { [$_, '0', 'must not be 0'] }
         'max_ips', 'max_recipients', 'max_response_size', 'buffer_size'),
    ['ssl_name', '""', 'must not be empty'],
    ['ssl_name', 'a$host', 'takes no variables: a request must not choose who '
     . 'gets the token'],
    ['set_header', 'X: x', 'has an invalid header name'],
    ['set_header', "X a\x01", 'has a control character in its value'],
    ['set_header', 'Host a$host', 'takes for "Host" neither variables nor an '
     . 'empty value'],
    ['set_header', 'TE x', 'cannot change a header that the gateway itself '
     . 'sets'],
) {
    my ($directive, $value, $message) = @$row;
    wrong("pickyassist_$directive", $message,
          "pickyassist_$directive $value;", lines => 1);
}

# Directives that may be there once at a level.

for my $row (
    (map { [$_, 'on'] } @flags),
    (map { [$_, '1'] }
        @times, qw(max_ips max_recipients max_response_size buffer_size
                   next_upstream_tries ssl_verify_depth)),
    (map { [$_, 'x'] }
        qw(device_commands disabled_message ssl_trusted_certificate ssl_crl
           ssl_name ssl_ciphers ssl_certificate ssl_certificate_key)),
    ['ip_policy', 'any'], ['client_token', 'strip'], ['bind', '127.0.0.1'],
    ['endpoint', 'push'], ['unknown_members', 'pass'],
    ['keepalive', 'off'], ['keepalive', '4'],
    ['disabled_status', '404'], ['idempotency', 'off'],
    ['idempotency', 'scope=a'], ['rate', 'off'], ['rate', '5r/s burst=1'],
) {
    my $directive = "pickyassist_$row->[0]";
    wrong($directive, 'duplicate', ("$directive $row->[1];\n" x 2) =~ s/\n\z//r);
}
wrong('pickyassist_set_header', 'twice',
      "pickyassist_set_header Host a;\npickyassist_set_header host b;");

# Where the master token must not go.

for my $row (
    ['ftp://127.0.0.1', 'URL prefix'], ['127.0.0.1', 'URL prefix'],
    ['//127.0.0.1', 'URL prefix'], ['""', 'URL prefix'],
    ['unix:/tmp/x', 'URL prefix'], ['http:127.0.0.1', 'URL prefix'],
    ['http://', 'no host'], ['https://', 'no host'], ['https:///x', 'no host'],
    ['http://:80', 'no host'], ['http://unix:', 'no path'],
    ['http://127.0.0.1:0', 'invalid port'],
    ['http://127.0.0.1:x', 'invalid port'],
    ['http://127.0.0.1:65536', 'invalid port'],
    ['http://[::1', 'invalid host'],
    (map { ["$_\@127.0.0.1", 'must not have user information', undef,
            'PASSWORD'] }
        map { ("http://$_", "https://$_", "HTTPS://$_") }
        'user:PASSWORD', 'user', ':PASSWORD', 'PASSWORD:', '', 'u@v:PASSWORD',
        'user:99999PASSWORD', 'user:80PASSWORD', '[::1:PASSWORD'),
    ['https://user:PASSWORD@127.0.0.1:x/', 'user information', undef,
     'PASSWORD'],
    ['https://user:PASSWORD@', 'user information', undef, 'PASSWORD'],
    ['https://user:PASSWORD@127.0.0.1/$uri', 'variables', undef, 'PASSWORD'],
    ['ftp://user:PASSWORD@127.0.0.1', 'URL prefix in the URL, it must be', undef,
     'PASSWORD'],
    ['user:PASSWORD@127.0.0.1', 'URL prefix in the URL', undef, 'PASSWORD'],
    ['//user:PASSWORD@127.0.0.1', 'URL prefix in the URL', undef, 'PASSWORD'],
    ['https://user:PASS/WORD@127.0.0.1', 'invalid port in the URL', undef,
     'PASS|WORD'],
    ['https://user:PASS?WORD@127.0.0.1', 'invalid port in the URL', undef,
     'PASS|WORD'],
    ['"https://user:PASS WORD@127.0.0.1"', 'user information', undef,
     'PASS|WORD'],
    ['https://user:PASSWORD@127.0.0.1 x', '', undef, 'PASSWORD'],
    ['http://127.0.0.1/a#b', 'invalid character'],
    ['"http://127.0.0.1/a b"', 'invalid character'],
    ['"http://127.0.0.1/a\r\nX: y"', 'invalid character'],
    ["\"http://127.0.0.1/\xc3\xa4\"", 'invalid character'],
    (map { ["\"http://127.0.0.1/$_\"", 'invalid character'] }
         "\x01", "\t", "\x1f", "\x7f", "\x80", "\xff"),
    ['http://127.0.0.1#a@b', 'invalid'],
    ['http://127.0.0.1?a=b', 'path'], ['http://127.0.0.1?a@b', 'the path of'],
    ['http://$host', 'variables'], ['https://api.test/$uri', 'variables'],
    ['https://${arg_host}/', 'variables'],
    ['$scheme://127.0.0.1', 'variables'],
    ['https://nobody.invalid', 'host not found'],
    ['', 'number of arguments|^invalid'],
    ['http://127.0.0.1 http://127.0.0.2', ''],
    ['http://block:8080', 'may not have a port',
     'upstream block { server 127.0.0.1; }'],

    # in plain text to others than this machine
    (map { ["http://$_", 'without TLS.*"pickyassist_allow_plaintext on"'] }
        '192.0.2.1', '10.0.0.1', '126.255.255.255', '128.0.0.1', '0.0.0.0',
        '255.255.255.255', '192.0.2.1:8080/unix:/x', '[::]', '[2001:db8::1]',
        '[::ffff:192.0.2.1]', '[fe80::1]',
        # 127 where a mapped address would have it
        '[2001:db8::7f00:1]', '[::127.0.0.1]', '[::fffe:127.0.0.1]',
        '[64:ff9b::127.0.0.1]', '[1::ffff:127.0.0.1]', '[::ffff:126.0.0.1]'),
    (map { ['http://block', 'without TLS', "upstream block { $_ }"] }
        'server 192.0.2.1;', 'server 127.0.0.1; server 192.0.2.1;',
        'server 192.0.2.1; server 127.0.0.1;',
        'server 127.0.0.1; server 192.0.2.1 backup;',
        'server 127.0.0.1; server 192.0.2.1 down;',
        'server unix:/x; server [2001:db8::1];'),
    # a name that is resolved at run time may be anything by then
    ['http://localhost', 'without TLS', 'resolver 127.0.0.1;'],
    ['http://192.0.2.1', 'without TLS', 'pickyassist_allow_plaintext off;'],
) {
    my ($url, $message, $http, $hidden) = @$row;
    $message = '' if $url eq '';
    wrong('pickyassist_pass', $message, "pickyassist_pass $url;",
          pass => 0, http => $http, hidden => $hidden);
}

# A name with several addresses, of which one is not of this machine. Which one
# comes first is for the C library to say, so each is somewhere else once.
for my $row (
    ['127.0.0.1', '192.0.2.1'], ['192.0.2.1', '127.0.0.1'],
    ['127.0.0.1', '127.0.0.2', '192.0.2.1'], ['::1', '2001:db8::1'],
    ['::1', '127.0.0.1', '192.0.2.1'], ['127.0.0.1', '2001:db8::7f00:1'],
) {
    for my $place ('', 'upstream block { server 127.0.0.1; server two.test; }',
                   'upstream block { server two.test; server 127.0.0.1; }') {
        wrong('pickyassist_pass', 'without TLS',
              'pickyassist_pass http://' . ($place ? 'block;' : 'two.test;'),
              pass => 0, http => $place, hosts => $row,
              name => "@$row, " . ($place || 'alone'));
    }
}
{
    my $dir = "$PickyAssist::Test::Dir/wrong";
    write_configuration($dir, 'pickyassist_pass http://two.test;', pass => 0);
    my ($status, $output) = try_with_hosts($dir, ['127.0.0.1', '127.0.0.2',
                                                  '::1']);
    is($status, 0, 'several addresses of this machine') or diag($output)
        if defined $status;
}
wrong('pickyassist_pass', 'duplicate', 'pickyassist_pass https://127.0.0.1;');
wrong('pickyassist_pass', 'without TLS',
      "pickyassist_allow_plaintext off;\npickyassist_pass http://192.0.2.1;",
      pass => 0, http => 'pickyassist_allow_plaintext on;');

# One directive that answers the requests of a location.

for my $row (
    ['pickyassist_sandbox', 'pickyassist_sandbox;', 1],
    ['pickyassist_pass', 'pickyassist_status; pickyassist_pass http://[::1];'],
    ['pickyassist_pass',
     'proxy_pass http://127.0.0.1; pickyassist_pass http://127.0.0.1;'],
) {
    my ($directive, $text, $pass) = @$row;
    wrong($directive, 'directive cannot answer the requests of this location: '
                      . 'another directive does', $text, pass => $pass // 0);
}

# No token, no gateway.

wrong('pickyassist_pass', '', 'pickyassist_pass https://127.0.0.1;',
      pass => 0, token => 0);
wrong('pickyassist_sandbox', '', 'pickyassist_sandbox;',
      pass => 0, token => 0);

# Nor is one sent in the place of the other.

for my $row (['pickyassist_token', 'push', 'master_token'],
             ['pickyassist_master_token', 'create-project', 'token']) {
    my ($directive, $endpoint, $other) = @$row;
    wrong($directive, "or \"${directive}_file\" for \"pickyassist_pass\"",
          "pickyassist_endpoint $endpoint;\npickyassist_$other QUOTED;\n"
          . 'pickyassist_pass https://127.0.0.1;',
          pass => 0, token => 0, hidden => 'QUOTED');
}

# Tokens that are none, in a file and inline. No part of them is shown.

my $longest = 'QUOTED' . 'x' x 4090;

for my $row (
    ['', 'is empty'],
    ["\n", 'is empty'],
    ["\r\n", 'is empty'],
    ["${longest}x", 'longer than 4096'],
    ["${longest}x\n", 'longer than 4096'],
    [$longest x 20, 'longer than 4096'],
    ["$longest\r\nQ", 'longer than 4096'],
    ["$longest\r\n\n", 'longer than 4096'],
    ["QUOTED\n\n", 'byte 7 of .* visible ASCII \(a newline\)'],
    [" QUOTED\n", 'byte 1 of .* visible ASCII \(a space\)'],
    ["QUOTED \n", 'byte 7 of .* visible ASCII \(a space\)'],
    ["\nQUOTED\n", 'byte 1 of .* visible ASCII \(a newline\)'],
    ["QUOTED\nQUOTED\n", 'visible ASCII \(a newline\)'],
    ["QUOTED\r", 'visible ASCII \(a carriage return\)'],
    ["QUOTED\r\n\r\n", 'byte 7 of .* ASCII \(a carriage return\)'],
    ["QUOTED\r\r\n", 'byte 7 of .* ASCII \(a carriage return\)'],
    ["QUO\tTED", 'byte 4 of .* visible ASCII \(a tab\)'],
    ["QUOTED\0", 'visible ASCII \(a null character\)'],
    ["\xff\xfeQ\0U\0O\0", 'ASCII \(the byte order mark of UTF-16\)'],
    ["\xfe\xff\0Q\0U\0O", 'ASCII \(the byte order mark of UTF-16\)'],
    ["\xff\xfe", 'ASCII \(the byte order mark of UTF-16\)'],
    ["\xfe\xff", 'ASCII \(the byte order mark of UTF-16\)'],
    ["Q\xff\xfe", 'byte 2 of the master token is not visible ASCII(?= in )'],
    ["Q\xef\xbb\xbf", 'byte 2 of the master token is not visible ASCII(?= in )'],
    ["\xff", 'byte 1 of the master token is not visible ASCII(?= in )'],
    ["\xef\xbb\xbf\n", 'byte 1 of .* ASCII \(a byte order mark\)'],
    ["\xef\xbb", 'byte 1 of .* is not visible ASCII'],
    ["QUOTED\x1f", 'visible ASCII'],
    ["QUOTED\x7f", 'visible ASCII'],
    ["QUOTED\xc3\xa4", 'visible ASCII'],
    ["\xef\xbb\xbfQUOTED", 'byte 1 of .* visible ASCII \(a byte order mark\)'],
) {
    my ($text, $message) = @$row;
    wrong('pickyassist_master_token_file', $message,
          'pickyassist_master_token_file token;', token => 0,
          token_file => $text, name => 'a token file of ' . quote($text),
          hidden => 'QUOTED');
}

for my $row (
    ['', 'is empty'],
    ['QUOTED QUOTED', 'visible ASCII'],
    ['QUOTED\n', 'visible ASCII'],
    ["QUOTED\xc3\xa4", 'visible ASCII'],
    ["QUOTED\x7f", 'visible ASCII'],
) {
    my ($text, $message) = @$row;
    wrong('pickyassist_master_token', $message,
          "pickyassist_master_token \"$text\";",
          token => 0, hidden => 'QUOTED');
}

wrong('pickyassist_master_token', '', 'pickyassist_master_token QUOTED b;',
      token => 0, hidden => 'QUOTED');
wrong('pickyassist_master_token', '', 'pickyassist_master_token;', token => 0);
wrong('pickyassist_master_token_file', '', 'pickyassist_master_token_file;',
      token => 0);

# Two of them at one level; which is meant is told.

for my $name ('master_token', 'token') {
    my $file = '$TEST_NGINX_TOKEN_FILE;';
    for my $first ("pickyassist_$name QUOTED;",
                   "pickyassist_${name}_file $file") {
        wrong("pickyassist_$name", 'duplicate',
              "$first\npickyassist_$name QUOTED;",
              token => 0, hidden => 'QUOTED');
        wrong("pickyassist_${name}_file", 'duplicate',
              "$first\npickyassist_${name}_file $file",
              token => 0, hidden => 'QUOTED');
    }
    my $said = $name =~ tr/_/ /r;
    wrong("pickyassist_$name", ": the $said is empty", "pickyassist_$name '';",
          token => 0);
    wrong("pickyassist_${name}_file", ": byte 3 of the $said is not",
          "pickyassist_${name}_file token;", token => 0, token_file => "QU OT",
          hidden => 'QU');
}

# Files that nobody can read; what is a file, root can.

for my $row (
    ['/nonexistent/token', 'No such file'],
    ['$TEST_NGINX_CERTS', 'not a regular file but a directory'],
    ['/dev/null', 'not a regular file'],
    ['/dev/zero', 'not a regular file'],
    ['$TEST_NGINX_TOKEN_FILE/x', 'Not a directory'],
    ['$host', 'No such file'],
    ['""', ''],
) {
    my ($path, $message) = @$row;
    wrong('pickyassist_master_token_file', $message,
          "pickyassist_master_token_file $path;", token => 0);
}

# What is no file could keep nginx waiting for ever, or never end.

for my $kind ('fifo', 'fifo with a writer', 'socket', 'link to a fifo') {
    my $path = "$PickyAssist::Test::Dir/special";
    my ($writer, $socket);
    unlink $path, "$path.fifo";

    if ($kind eq 'socket') {
        $socket = IO::Socket::UNIX->new(Local => $path, Listen => 1)
            or die "$path: $!\n";
    } elsif ($kind eq 'link to a fifo') {
        mkfifo("$path.fifo", 0600) or die "$path: $!\n";
        symlink "$path.fifo", $path or die "$path: $!\n";
    } else {
        mkfifo($path, 0600) or die "$path: $!\n";
    }
    if ($kind eq 'fifo with a writer') {
        open $writer, '+<', $path or die "$path: $!\n";
        syswrite $writer, "QUOTED\n";
    }

    local $SIG{ALRM} = sub { die "nginx -t hangs at a $kind\n" };
    alarm 20;
    wrong('pickyassist_master_token_file',
          $kind eq 'socket' ? 'No such device' : 'not a regular file',
          "pickyassist_master_token_file $path;", token => 0,
          name => "a $kind as token file", hidden => 'QUOTED');
    alarm 0;
}


# Each directive, inherited and overridden.

my $refused_first = <<'END';
upstream block {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT max_fails=0;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT backup;
    }
END

inherited('max_ips', 1, 2, 422, 200,
          body => '{"project_id":1,"ip_whitelist":["192.0.2.1","192.0.2.2"]}');
inherited('ip_policy', 'public', 'unicast', 422, 200);
inherited('ip_policy', 'any', 'public', 200, 422,
          body => '{"project_id":1,"ip_whitelist":"127.0.0.1"}');
inherited('ip_allow', '10.0.0.0/8', '192.168.0.0/16', 422, 200);
inherited('ip_allow', '192.168.0.0/16', '10.0.0.0/8', 200, 422);
inherited('require_ip_whitelist', 'off', 'on', 200, 422,
          body => '{"project_id":1}');
inherited('client_token', 'strip', 'reject', 200, 422,
          body => '{"token":"x","project_id":1,"ip_whitelist":"192.0.2.1"}');
inherited('unknown_members', 'pass', 'reject', 200, 422,
          body => '{"x":1,"project_id":1,"ip_whitelist":"192.0.2.1"}');
inherited('unknown_members', 'reject', 'pass', 422, 200,
          endpoint => 'check-balance', body => '{"x":1}');
inherited('unknown_members', 'reject', 'pass', 200, 200,
          endpoint => 'custom', body => '{"x":1}',
          host => '127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/custom');
inherited('max_recipients', 1, 2, 422, 200, endpoint => 'push',
          body => '{"application":1,"data":[{"number":"15550100001"},'
                  . '{"number":"15550100002"}]}');
inherited('number_allow', '1 44', '49', 200, 422, endpoint => 'push',
          body => '{"application":1,"data":[{"number":"15550100001"}]}');
inherited('device_commands', 'restart', 'stop reset', 422, 200,
          endpoint => 'device-action', body => '{"command":"reset"}');
inherited('require', '1 0', '1', 403, 200);
inherited('token', 'of-http', 'of-location', '<7>', '<11>', body => '{}',
          endpoint => 'check-balance', upstream => <<'END');
::tell(sub { $_[1]{body} =~ /"token":"(.*?)"/ ? length $1 : '' })
END
inherited('max_response_size', 29, 30, 502, 200);
inherited('buffer_size', 64, '1k', 502, 200);
inherited('read_timeout', '50ms', '2s', 504, 200, upstream => <<'END');
sub { my ($c) = @_;
      $c->request;
      $c->pause(0.2);
      $c->reply('{"status":100,"api_token":"t"}') }
END
inherited('connect_timeout', '100ms', '150ms', 504, 504,
          host => '127.0.0.1:$TEST_NGINX_SPARE_PORT',
          init => 'main::fill($ENV{TEST_NGINX_SPARE_PORT})');
inherited('next_upstream', 'error off timeout', 'error', 502, 200,
          host => 'block', http => $refused_first);
inherited('next_upstream_tries', 1, 2, 502, 200,
          host => 'block', http => $refused_first);
inherited('next_upstream_timeout', '50ms', 0, 504, 200,
          host => 'block',
          http => $refused_first . "    pickyassist_connect_timeout 100ms;\n",
          init => 'main::fill($ENV{TEST_NGINX_SPARE_PORT})');
inherited('bind', '127.0.0.2', '127.0.0.3', '<127.0.0.2>', '<127.0.0.3>',
          upstream => '::tell(sub { $_[0]{socket}->peerhost })');
inherited('bind', '127.0.0.2', 'off', '<127.0.0.2>', '<127.0.0.1>',
          upstream => '::tell(sub { $_[0]{socket}->peerhost })');
inherited('socket_keepalive', 'on', 'off', '<02>', '<00>',
          upstream => '::tell(\&::timer)');
inherited('set_header', 'X-Outer a', 'X-Inner b', '<a->', '<-b>',
          upstream => <<'END');
::tell(sub { my $h = $_[1]{headers};
             ($h->{'x-outer'} // '') . '-' . ($h->{'x-inner'} // '') })
END
inherited('disabled_status', 500, 599, 410, 502,
          http => 'pickyassist_disabled_ttl 0;',
          upstream => '"HTTP/1.1 500 x"');
inherited('disabled_message', 'gone', 'off', 410, 422,
          http => 'pickyassist_disabled_ttl 0;',
          upstream => q('{"status":410,"message":"gone"}'));
inherited('ssl_verify', 'off', 'on', 200, 502, tls => 'self-signed');
inherited('ssl_verify_depth', 0, 1, 502, 200, tls => 'deep');
inherited('ssl_trusted_certificate', '$TEST_NGINX_CERTS/self-signed.pem',
          '$TEST_NGINX_CERTS/ca.pem', 502, 200, tls => 'good');
inherited('ssl_crl', '$TEST_NGINX_CERTS/ca.crl', '$TEST_NGINX_CERTS/ca.crl',
          502, 502, tls => 'revoked');
inherited('ssl_name', 'other.test', 'api.test', 502, 200, tls => 'good');
inherited('ssl_server_name', 'off', 'on', '<>', '<api.test>', tls => 'good',
          upstream => '::tell(sub { $_[0]{socket}->get_servername })');
inherited('ssl_protocols', 'TLSv1.2', 'TLSv1.3', '<TLSv1_2>', '<TLSv1_3>',
          tls => 'good',
          upstream => '::tell(sub { $_[0]{socket}->get_sslversion })');
inherited('ssl_ciphers', 'ECDHE-ECDSA-AES128-GCM-SHA256',
          'ECDHE-ECDSA-AES256-GCM-SHA384', '<ECDHE-ECDSA-AES128-GCM-SHA256>',
          '<ECDHE-ECDSA-AES256-GCM-SHA384>', tls => 'good',
          http => 'pickyassist_ssl_protocols TLSv1.2;',
          upstream => '::tell(sub { $_[0]{socket}->get_cipher })');
inherited('ssl_certificate', '$TEST_NGINX_CERTS/client.pem',
          '$TEST_NGINX_CERTS/client.pem', 200, 200, tls => 'good client',
          http => 'pickyassist_ssl_certificate_key '
                  . '$TEST_NGINX_CERTS/client.key;');


spec_string($blocks);
run_tests();

__DATA__

=== TEST 1: the smallest configuration
--- http_config
    upstream pickyassist.com {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
--- config
    location = /tokens {
        pickyassist_pass https://pickyassist.com;
        pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    }
--- upstream
{"status":100,"message":"Success","api_token":"t"}
--- upstream_tls: good
--- upstream_received eval
qr{\APOST /app/api/v2/pm/create-api-token HTTP/1\.1\r\nHost: pickyassist\.com\r\n.*\{"token":"$ENV{TEST_NGINX_TOKEN}",}s
--- no_error_log
[warn]



=== TEST 2: all directives at every level
--- http_config eval
$::All = <<'END'
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_allow_plaintext on;
    pickyassist_max_ips 1;
    pickyassist_ip_policy Public;
    pickyassist_ip_allow 192.0.2.0/24 2001:db8::/32;
    pickyassist_ip_allow 192.0.2.1/8 ::/0 2001:db8::1;
    pickyassist_require_ip_whitelist off;
    pickyassist_client_token STRIP;
    pickyassist_token project-token;
    pickyassist_unknown_members pass;
    pickyassist_max_recipients 1;
    pickyassist_number_allow 1 123456789012345;
    pickyassist_number_allow 44;
    pickyassist_device_commands reset delete-message-queue;
    pickyassist_require 1 $request_id;
    pickyassist_require yes;
    pickyassist_idempotency required ttl=1ms scope=$host;
    pickyassist_keepalive 1 1ms;
    pickyassist_rate 1r/m wait=0 burst=0;
    pickyassist_disabled_ttl 0;
    pickyassist_max_response_size 1m;
    pickyassist_buffer_size 8k;
    pickyassist_connect_timeout 1;
    pickyassist_send_timeout 1s;
    pickyassist_read_timeout 1m30s;
    pickyassist_next_upstream error timeout invalid_header http_500 http_502
        http_503 http_504 http_403 http_404 http_429 off;
    pickyassist_next_upstream_tries 0;
    pickyassist_next_upstream_timeout 0;
    pickyassist_bind $server_addr transparent;
    pickyassist_socket_keepalive on;
    pickyassist_ssl_verify off;
    pickyassist_ssl_verify_depth 0;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_crl $TEST_NGINX_CERTS/ca.crl;
    pickyassist_ssl_name api.test;
    pickyassist_ssl_server_name off;
    pickyassist_ssl_protocols tlsv1 TLSv1.1 TLSv1.2 TLSv1.3;
    pickyassist_ssl_ciphers HIGH;
    pickyassist_ssl_session_reuse off;
    pickyassist_ssl_certificate $TEST_NGINX_CERTS/client.pem;
    pickyassist_ssl_certificate_key $TEST_NGINX_CERTS/client.key;
    pickyassist_set_header X-Header $request_id;
    pickyassist_ignore_client_abort off;
    pickyassist_disabled_status 200 301 599;
    pickyassist_disabled_message a "b c";
END
--- config eval
"$::All
    location = /tokens {
        $::All
        pickyassist_pass https://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    }"
--- request
GET /



=== TEST 3: to this machine, or with TLS, or on purpose
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream local {
        server 127.0.0.1;
        server unix:/tmp/x;
        server [::1] backup;
        server localhost;
    }
    upstream elsewhere {
        server 192.0.2.1;
    }
--- config eval
my $i = 0;
my $locations = '';
for my $url ('http://127.0.0.1', 'http://127.8.9.10:8080/x', 'http://[::1]',
             'http://[::ffff:127.0.0.1]', 'http://localhost', 'HTTP://local',
             'http://unix:/tmp/x', 'http://unix:/tmp/x:/path',
             'https://192.0.2.1', 'https://[2001:db8::1]:8443/x',
             'https://elsewhere') {
    $locations .= "location /" . $i++ . " { pickyassist_pass $url; }\n";
}
for my $url ('http://192.0.2.1', 'http://[2001:db8::1]', 'http://elsewhere') {
    $locations .= "location /" . $i++ . " { pickyassist_pass $url;
                       pickyassist_allow_plaintext on; }\n";
}
$locations
--- request
GET /



=== TEST 4: in plain text on purpose, said at another level
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_allow_plaintext on;
--- config
    location = /tokens {
        pickyassist_pass http://192.0.2.1;
    }
--- request
GET /



=== TEST 5: where requests go, and which Host they have
--- skip_eval: 17: !-e '/proc/net/if_inet6'
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream block {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        listen [::1]:$TEST_NGINX_SPARE_PORT;
        listen unix:$TEST_NGINX_SERVROOT/logs/socket;
        location / {
            return 200 '{"status":100,"message":"<$server_addr $http_host $request_uri>","api_token":"t"}';
        }
    }
--- config
    location = /plain {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location = /path {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT/own/path?a=b&c;
    }
    location = /root {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT/;
    }
    location = /ipv6 {
        pickyassist_pass http://[::1]:$TEST_NGINX_SPARE_PORT;
    }
    location = /name {
        pickyassist_pass http://LocalHost:$TEST_NGINX_SPARE_PORT/;
    }
    location = /block {
        pickyassist_pass http://block;
    }
    location = /unix {
        pickyassist_pass http://unix:$TEST_NGINX_SERVROOT/logs/socket;
    }
    location = /unix-path {
        pickyassist_pass http://unix:$TEST_NGINX_SERVROOT/logs/socket:/own;
    }
--- request eval
[map { "POST /$_\n" . '{"project_id":1,"ip_whitelist":"192.0.2.1"}' }
     qw(plain path root ipv6 name block unix unix-path)]
--- error_code eval
[(200) x 8]
--- response_body_like eval
my $port = $ENV{TEST_NGINX_SPARE_PORT};
my $default = '/app/api/v2/pm/create-api-token';
["<127.0.0.1 127.0.0.1:$port $default>",
 "<127.0.0.1 127.0.0.1:$port /own/path\\?a=b&c>",
 "<127.0.0.1 127.0.0.1:$port />",
 "<(?:::1|\\[::1\\]) \\[::1\\]:$port $default>",
 "<\\S+ (?i:localhost):$port />",
 "<127.0.0.1 block $default>",
 "<unix:\\S+ localhost $default>",
 "<unix:\\S+ localhost /own>"]



=== TEST 6: it is for locations alone
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_pass https://127.0.0.1;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_pass" directive is not allowed here in \S+:\d+$}



=== TEST 7: a location within a gateway is none
--- config
    location /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        location /tokens/inside {
            max_ranges 1;
        }
    }
--- request
GET /tokens/inside/file
--- error_code: 404
--- response_headers
Content-Type: text/html
!Cache-Control
!X-Request-Id



=== TEST 8: other locations are left alone
--- request
GET /
--- response_headers
!Cache-Control
!X-Request-Id



=== TEST 9: "if" in the location
--- config
    location = /tokens {
        if ($arg_set) {
            set $x 1;
        }
        if ($arg_return) {
            return 403;
        }
        if ($arg_text) {
            return 200 "text";
        }
        pickyassist_max_ips 2;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/path;
    }
    location /balance {
        pickyassist_token of-project;
        pickyassist_endpoint check-balance;
        if ($arg_set) {
            set $x 1;
        }
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        location = /balance/inside {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
--- upstream eval
::tell(sub { $_[1]{uri} })
--- request eval
my $body = '{"project_id":1,"ip_whitelist":"192.0.2.1"}';
["POST /tokens\n$body", "POST /tokens?set=1\n$body",
 "POST /tokens?return=1\n$body", "POST /tokens?text=1\n$body",
 "POST /tokens?set=1\n"
 . '{"project_id":1,"ip_whitelist":["192.0.2.1","192.0.2.2","192.0.2.3"]}',
 "POST /balance?set=1\n{}", "POST /balance/inside\n{}"]
--- error_code eval
[200, 200, 403, 200, 422, 200, 200]
--- response_body_like eval
['</path>', '</path>', '"http_403"', 'text', 'too_many',
 ('</app/api/v2/check-balance>') x 2]



=== TEST 10: directives do not belong in "if"
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        if ($arg_x) {
            pickyassist_max_ips 5;
        }
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_max_ips" directive is not allowed here in \S+:\d+$}



=== TEST 11: limit_except in the location
--- config
    location = /tokens {
        limit_except POST {
            deny all;
        }
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /get {
        limit_except GET {
            allow all;
        }
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- request eval
my $body = '{"project_id":1,"ip_whitelist":"192.0.2.1"}';
["POST /tokens\n$body", 'GET /tokens', "PUT /tokens\n$body", "POST /get\n$body",
 'GET /get']
--- error_code eval
[200, 403, 403, 200, 405]
--- response_body_like eval
['"status":100', '"http_403"', '"http_403"', '"status":100',
 '"method_not_allowed"']



=== TEST 12: master tokens of each level
--- http_config
    pickyassist_master_token of-http;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        location / {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
--- config
    pickyassist_master_token of-server;
    location = /inherited {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /own {
        pickyassist_master_token of-location;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /file {
        pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /http {
        proxy_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- request eval
[map { "POST /$_\n" . '{"project_id":1,"ip_whitelist":"192.0.2.1"}' }
     'inherited', 'own', 'file', 'http']
--- error_code eval
[(200) x 4]
--- upstream_received eval
qr/"token":"of-server".*"token":"of-location".*"token":"$ENV{TEST_NGINX_TOKEN}".*"token":"of-http"/s



=== TEST 13: a master token is taken as it is
--- config
    location = /tokens {
        pickyassist_master_token $host-${uri}"'%0a;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"\$host-\$\{uri\}\\"'%0a","project_id"/



=== TEST 14: a long master token
--- config eval
"    location = /tokens {
        pickyassist_master_token '" . '"\\\\' x 1000 . "';
        pickyassist_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    }"
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"(?:\\"\\\\){1000}","project_id"/



=== TEST 15: a token file, its name relative to the configuration
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file("from-the-file\n", 0600)
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"from-the-file","project_id"/
--- no_error_log
[warn]



=== TEST 16: a token file without newline, of the longest token
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file('x' x 4096, 0400)
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"x{4096}","project_id"/
--- no_error_log
[warn]



=== TEST 17: a newline is not part of the longest token, be it CRLF
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file('x' x 4096 . "\r\n", 0600)
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"x{4096}","project_id"/



=== TEST 18: a token file that its group can read is warned of
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file("t\n", 0640)
--- suppress_stderr
--- request
GET /
--- error_log eval
qr{\[warn\] .*/conf/token" is readable by group or others in \S+/nginx\.conf:\d+$}



=== TEST 19: a token file that others can read is warned of
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file("t\n", 0604)
--- suppress_stderr
--- request
GET /
--- error_log eval
qr{\[warn\] .*/conf/token" is readable by group or others in \S+/nginx\.conf:\d+$}



=== TEST 20: one that they can neither read nor write is not
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file("t\n", 0711)
--- request
GET /
--- no_error_log
[warn]



=== TEST 21: a file for root alone, and workers that are not
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root
main::as_nobody();
main::token_file("of-root\n", 0400);
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"of-root","project_id"/



=== TEST 22: workers do without the file
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file("of-the-start\n", 0600)
--- init: main::token_file("of-later\n", 0600)
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"of-the-start","project_id"/



=== TEST 23: the file is read again on reload
--- config
    location = /tokens {
        pickyassist_master_token_file token;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- post_setup_server_root: main::token_file("of-the-start\n", 0600)
--- init
main::token_file("of-later\n", 0600);
main::reload();
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\{"token":"of-later","project_id"/
--- then
require PickyAssist::Client;
my @open = map { readlink // () } map { glob "/proc/$_/fd/*" }
               PickyAssist::Client::master_pid(),
               PickyAssist::Client::worker_pids();
ok(scalar(grep { m{/error\.log$} } @open), 'there are open files');
is_deeply([grep { m{/conf/token} } @open], [], 'and this is none');



=== TEST 24: headers to the upstream
--- config
    location = /tokens {
        pickyassist_set_header X-Client "<$remote_addr $http_x_client>";
        pickyassist_set_header X-Empty $arg_nothing;
        pickyassist_set_header X-Two 1;
        pickyassist_set_header x-two "2	 ä";
        pickyassist_set_header Authorization "Basic x";
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- more_headers
Content-Type: application/json
X-Client: theirs
X-Empty: theirs
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr{\r\nUser-Agent: ngx_pickyassist/\S+\r\nX-Client: <127\.0\.0\.1 theirs>\r\nX-Two: 1\r\nx-two: 2\t \xc3\xa4\r\nAuthorization: Basic x\r\n\r\n\{"token"}



=== TEST 25: headers that take the place of the gateway's
--- config
    location = /tokens {
        pickyassist_set_header hOST api.test:8443;
        pickyassist_set_header accept "application/json; x=$arg_x";
        pickyassist_set_header User-Agent own;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received
POST /app/api/v2/pm/create-api-token HTTP/1.1
Host: api.test:8443
Content-Type: application/json
Content-Length: 101
accept: application/json; x=
User-Agent: own

{"token":"$TEST_NGINX_TOKEN","project_id":6681,"ip_whitelist":["192.168.0.1","202.164.148.84"]}



=== TEST 26: or leave it
--- config
    location = /tokens {
        pickyassist_set_header Accept "";
        pickyassist_set_header User-Agent "";
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received
POST /app/api/v2/pm/create-api-token HTTP/1.1
Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT
Content-Type: application/json
Content-Length: 101

{"token":"$TEST_NGINX_TOKEN","project_id":6681,"ip_whitelist":["192.168.0.1","202.164.148.84"]}



=== TEST 27: a variable cannot make a header more
--- config
    location ~ (?s)^/tokens/(.*)$ {
        pickyassist_set_header X-Header "<$1>";
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
::tell(sub { $_[1]{headers}{'x-header'} })
--- request eval
[map { "POST /tokens/$_\n" . '{"project_id":1,"ip_whitelist":"192.0.2.1"}' }
     'a%0d%0aX-Injected:%20b', 'a%0ab', 'a%0db', '%01', '%7f', '%1f',
     'a%20b', '%20', '']
--- error_code eval
[(500) x 6, (200) x 3]
--- response_body_like eval
[('"code":"http_500"') x 6, '<<a b>>', '<< >>', '<<>>']
--- upstream_requests: 3
--- upstream_received_unlike: Injected



=== TEST 28: the operator is told of it
--- config
    location ~ ^/tokens/(.*)$ {
        pickyassist_set_header X-Header "<$1>";
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request
POST /tokens/%01
{"project_id":1,"ip_whitelist":"192.0.2.1"}
--- problem
500 http_500
--- error_log eval
qr/\[error\] .*"X-Header" has a control character/



=== TEST 29: a variable that does not exist
--- config
    location = /tokens {
        pickyassist_set_header X-Header $nonexistent;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- must_die
--- error_log
unknown "nonexistent" variable



=== TEST 30: a request is sent within the time allowed
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_send_timeout 100ms;
    pickyassist_max_ips 1000000;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- suppress_stderr
--- upstream eval
sub { $_[0]->pause(10) }
--- request eval
"POST /tokens\n$::Large"
--- more_headers eval: $::Large_header
--- problem
504 upstream_timeout
--- response_body_like: "detail":"[^"]*unknown



=== TEST 31: the time allowed by default
--- config
    location = /tokens {
        pickyassist_ignore_client_abort off;
        pickyassist_max_ips 1000000;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- suppress_stderr
--- upstream eval
sub { $_[0]->pause(10) }
--- request eval
"POST /tokens\n$::Large"
--- more_headers eval: $::Large_header
--- timeout eval: 0.7 * ($ENV{TEST_SLOW} || 1)
--- abort
--- ignore_response
--- error_log eval
qr/event timer add: \d+: 10000:/



=== TEST 32: and for the reply
--- config
    location = /tokens {
        pickyassist_ignore_client_abort off;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub { $_[0]->hang }
--- timeout: 0.3
--- abort
--- ignore_response
--- error_log eval
qr/event timer add: \d+: 30000:/



=== TEST 33: a client that goes away, at another level
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ignore_client_abort off;
--- upstream eval
sub { $_[0]->hang }
--- timeout: 0.3
--- abort
--- ignore_response
--- wait: 0.1
--- error_log
client prematurely closed connection



=== TEST 34: by default it makes no difference
--- upstream eval
sub { my ($c) = @_;
      $c->request;
      $c->pause(0.5);
      $c->reply('{"status":100,"api_token":"t"}') }
--- timeout: 0.2
--- abort
--- ignore_response
--- wait: 0.6
--- no_error_log
client prematurely closed connection
--- error_log
http upstream process non buffered



=== TEST 35: TLS sessions are reused, unless that is turned off
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
    pickyassist_ssl_protocols TLSv1.2;
--- config
    pickyassist_ssl_session_reuse off;
    location = /never {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /again {
        pickyassist_ssl_session_reuse on;
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
::tell(sub { $_[0]{socket}->get_session_reused ? 'reused' : 'new' })
--- upstream_tls: good
--- request eval
[map { "POST $_\n" . '{"project_id":1,"ip_whitelist":"192.0.2.1"}' }
     ('/never') x 2, ('/again') x 2]
--- error_code eval
[(200) x 4]
--- response_body_like eval
['<new>', '<new>', '<new>', '.']



=== TEST 36: levels in between
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_max_ips 1;
    pickyassist_ip_allow 10.0.0.0/8;
--- config
    pickyassist_max_ips 2;
    location = /tokens {
        pickyassist_ip_allow 192.0.2.0/24;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- request eval
["POST /tokens\n" . '{"project_id":1,"ip_whitelist":["192.0.2.1","192.0.2.2"]}',
 "POST /tokens\n" . '{"project_id":1,"ip_whitelist":["192.0.2.1","192.0.2.2",
                     "192.0.2.3"]}',
 "POST /tokens\n" . '{"project_id":1,"ip_whitelist":["10.0.0.1"]}']
--- error_code eval
[200, 422, 422]



=== TEST 37: policies that are spelled out
--- config
    location = /unicast {
        pickyassist_ip_policy unicast;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /any {
        pickyassist_ip_policy any;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /public {
        pickyassist_ip_policy public;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /default {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- request eval
[map { my $ip = $_;
       map { "POST $_\n{\"project_id\":1,\"ip_whitelist\":\"$ip\"}" }
           '/any', '/unicast', '/public', '/default' }
     '127.0.0.1', '10.0.0.1', '8.8.8.8']
--- error_code eval
[200, 422, 422, 422, 200, 200, 422, 200, 200, 200, 200, 200]



=== TEST 38: another handler behind a gateway
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:1; proxy_pass http://127.0.0.1:1;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*another directive answers the requests of location "/tokens", so "pickyassist_pass" cannot, in \S+/nginx\.conf:\d+$}



=== TEST 39: "if" and limit_except in the locations of sandbox and status
--- config
    location = /disabled {
        pickyassist_sandbox disabled;
        if ($arg_x) { set $y 1; }
    }
    location = /json {
        pickyassist_status json;
        if ($arg_x) { set $y 1; }
    }
    location = /limited {
        pickyassist_sandbox;
        limit_except GET { allow all; }
    }
--- request eval
["POST /disabled?x=1\n{}", "GET /json?x=1", "POST /limited\n{}"]
--- error_code eval
[200, 200, 200]
--- response_body_like eval
['disabled', '^\{.*\}\s*$', 'Authentication Failed']



=== TEST 40: more addresses than tokens would fit are warned of
--- config
    location = /tokens {
        pickyassist_max_ips 1000;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- suppress_stderr
--- request
GET /
--- error_log eval
qr{\[warn\] .*"pickyassist_max_ips" addresses may not fit into "pickyassist_max_response_size", .* in \S+/nginx\.conf:\d+$}



=== TEST 41: nobody is warned where they fit
--- config
    location = /tokens {
        pickyassist_max_ips 1000;
        pickyassist_max_response_size 100k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request
GET /
--- no_error_log
[warn]



=== TEST 42: many headers to the upstream, and room for them
--- before: check_malloc();
--- then: delete @ENV{'TEST_NGINX_LD_PRELOAD', 'MALLOC_CHECK_'};
--- config eval
CORE::join "\n", 'location = /tokens {',
    (map { "pickyassist_set_header X-Header-$_ \"<\$arg_none$_>\";" } 1 .. 900),
    'pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;', '}',
    'location = /few {',
    (map { "pickyassist_set_header X-Header-$_ \$arg_a;" } 1 .. 20),
    'pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;', '}'
--- request eval
my $body = '{"project_id":6681,"ip_whitelist":"192.0.2.1"}';
[(qq{POST /tokens\n$body}, qq{POST /few?a=}. 'v' x 70 . "\n$body") x 3]
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
my $body = qq(\r\n{"token":"$ENV{TEST_NGINX_TOKEN}","project_id":6681,)
           . '"ip_whitelist":["192.0.2.1"]}';
my $many = CORE::join '', map { "X-Header-$_: <>\r\n" } 1 .. 900;
my $few = CORE::join '', map { "X-Header-$_: " . 'v' x 70 . "\r\n" } 1 .. 20;
qr/\A(?:POST .*\r\n(?:[A-TV-Z].*\r\n)*User-Agent: .*\r\n\Q$many$body\EPOST .*\r\n(?:[A-TV-Z].*\r\n)*User-Agent: .*\r\n\Q$few$body\E){3}\z/
