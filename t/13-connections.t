# The ways to the upstream: kept connections, several servers, names that are
# resolved at run time, clients that go away. Whatever happens, a request that
# may have arrived is never sent again.

use PickyAssist::Test;
use PickyAssist::BlackHole;
use PickyAssist::Client;
use PickyAssist::Dns;

use JSON::PP ();

my $dir = $PickyAssist::Test::Dir;
$ENV{TEST_NGINX_DIR} = $dir;

# Left behind only if nginx did not end as it should.
unlink glob "$dir/*.sock";

our $success = '{"status":100,"api_token":["t"]}';
our $reply = PickyAssist::Upstream::message($success);

# More than the buffers of a connection can hold.
our $large = '{"status":100,"api_token":['
             . join(',', map { qq("token-$_") } 1 .. 100000) . ']}';

sub upstream { return $PickyAssist::Test::Upstreams[($_[0] // 1) - 1]{running} }
sub events { return upstream(@_)->events }

# Over which connection each request came, in order.
sub connections_used { return map { /^request (\d+)/ ? $1 : () } events(@_) }

# The status and code of a problem, as one string.
sub outcome {
    my ($reply) = @_;
    my $code = eval { JSON::PP::decode_json($reply->{body})->{code} } // 'ok';
    return "$reply->{status} $code";
}

sub name_server {
    my ($answer) = @_;
    our $dns = PickyAssist::Dns->start(
        port => $ENV{TEST_NGINX_SPARE_PORT}, dir => "$dir/dns",
        answer => $answer);
    return PickyAssist::Test::helper($dns);
}

sub black_hole {
    PickyAssist::Test::helper(
        PickyAssist::BlackHole->start($ENV{TEST_NGINX_SPARE_PORT}));
}

sub token_file {
    my ($token) = @_;
    open my $file, '>', "$dir/changing-token" or die "$dir: $!\n";
    chmod 0600, $file;
    print $file $token;
    close $file;
}

# For kept connections: what the upstream does with a request, and whether its
# connection may be used for the next one.
our @kept = (
    ['Content-Length', $reply, 1],
    ['no body at all', "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 1],
    ['204', "HTTP/1.1 204 No Content\r\n\r\n", 1],
    ['204 that says so', "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",
     1],
    ['304', "HTTP/1.1 304 Not Modified\r\n\r\n", 1],
    ['chunked', chunked(), 1],
    ['an error', PickyAssist::Upstream::message("HTTP/1.1 500 Oops\n\nx"), 1],
    ['an interim response',
     "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n$reply",
     1],
    ['in pieces', [unpack '(a20)*', $reply], 1],
    ['chunked, in pieces', [unpack '(a20)*', chunked()], 1],
    ['keep-alive, not in so many words',
     headers('Connection: keep-alive', 'Keep-Alive: timeout=5'), 1],
    ['a trailer', chunked("A: b\r\n"), 1],
    ['close', headers('Connection: close'), 0],
    ['close among others', headers('Connection: TE, Close'), 0],
    ['close in a second header', headers('Connection: x', 'Connection: close'),
     0],
    ['HTTP/1.0', $reply =~ s{HTTP/1\.1}{HTTP/1.0}r, 0],
    ['HTTP/1.0 with keep-alive',
     headers('Connection: keep-alive') =~ s{HTTP/1\.1}{HTTP/1.0}r, 0],
    ['one byte more', "${reply}x", 0],
    ['a second reply', $reply . ($reply =~ s/"t"/"b"/r), 0],
    ['a second reply after chunks', chunked() . $reply, 0],
    ['a byte after 204', "HTTP/1.1 204 No Content\r\n\r\nx", 0],
    ['a body announced with 204',
     "HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\n", 0],
    ['chunks announced with 204',
     "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", 0],
    ['a byte after 304', "HTTP/1.1 304 Not Modified\r\n\r\nx", 0],
    ['a body announced with 304',
     "HTTP/1.1 304 Not Modified\r\nContent-Length: 1\r\n\r\n", 0],
    ['a byte after no body', "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nx",
     0],
    ['one byte more, later', [$reply, 'x'], 0],
    ['a second reply, later', [$reply, $reply =~ s/"t"/"b"/r], 0],
    ['odd names of headers',
     headers('X.Dotted: 1', '!#$%&*+^`|~: x', 'content.length: 9',
             'content-lengt!: 9'), 1],
    ['no name of a header', headers('(x): 1'), 0],
    ['an invalid header', headers('a b'), 0],
    ['an invalid status line', "HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n", 0],
    ['both lengths', headers('Transfer-Encoding: chunked'), 0],
    ['two lengths', headers('Content-Length: 32'), 0],
    ['an invalid chunk', chunked() =~ s/^0\r$/x\r/mr, 0],
    ['a chunk without its end', chunked() =~ s/\}\r\n0/}0/r, 0],
    ['too large', PickyAssist::Upstream::message('x' x 70000), 0],
    ['too large in chunks',
     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffff\r\n"
     . ('x' x 70000), 0],
    ['an upgrade', "HTTP/1.1 101 Switching Protocols\r\n\r\n", 0],
    ['a short body', [$reply =~ s/(Content-Length: )\d+/${1}99/r, ''], 0],
    ['the end', $reply],
);

sub chunked {
    my ($trailer) = @_;
    return sprintf "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                   . "%x\r\n%s\r\n0\r\n%s\r\n",
                   length $success, $success, $trailer // '';
}

sub headers {
    my (@lines) = @_;
    my $lines = join '', map { "$_\r\n" } @lines;
    return $reply =~ s/(?=Content-Length)/$lines/r;
}

# A reply that ends with its connection ends it.
our $keep = sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $bytes = $kept[$request->{number} - 1][1];
        $c->send(ref $bytes ? @$bytes : $bytes);
        return if ref $bytes && $bytes->[-1] eq '';
    }
};

sub check_kept {
    for my $i (1 .. $#kept - 1) {
        # Time for what the upstream sends later.
        select undef, undef, undef, 0.05 if ref $kept[$i - 1][1];
        ask();
    }
    is(outcome(ask()), '200 ok', 'the last');
    my @used = connections_used();
    for my $i (0 .. $#kept - 1) {
        is($used[$i + 1] == $used[$i] ? 1 : 0, $kept[$i][2],
           "kept: $kept[$i][0]");
    }
}


# What can become of a request that the upstream has got, and the outcome. The
# time-out is longer than the 300 ms by which nginx may be late with timers.
our @lost = (
    ['closed', sub { }, '502 upstream_invalid_response'],
    ['reset', sub { $_[0]->reset }, '502 upstream_invalid_response'],
    ['silence', sub { $_[0]->hang }, '504 upstream_timeout'],
    ['half a head', sub { $_[0]->send("HTTP/1.1 200 OK\r\nConten") },
     '502 upstream_invalid_response'],
    ['half a head, then a reset',
     sub { $_[0]->send("HTTP/1.1 200 OK\r\nConten", ''); $_[0]->reset },
     '502 upstream_invalid_response'],
    ['half a head, then silence',
     sub { $_[0]->send("HTTP/1.1 200 OK\r\nConten"); $_[0]->hang },
     '504 upstream_timeout'],
    ['half a body', sub { $_[0]->send(substr $reply, 0, -5) },
     '502 upstream_invalid_response'],
    ['half a body, then a reset',
     sub { $_[0]->send(substr($reply, 0, -5), ''); $_[0]->reset },
     '502 upstream_invalid_response'],
    ['half a body, then silence',
     sub { $_[0]->send(substr $reply, 0, -5); $_[0]->hang },
     '504 upstream_timeout'],
    ['an invalid head', sub { $_[0]->send("nonsense\r\n\r\n") },
     '502 upstream_invalid_response'],
    ['an invalid header', sub { $_[0]->send("HTTP/1.1 200 OK\r\na b\r\n\r\n") },
     '502 upstream_invalid_response'],
    (map { my ($status, $outcome) = @$_;
           my $text = "HTTP/1.1 $status Oops\nConnection: close\n\n";
           ["HTTP $status", sub { $_[0]->reply($text) }, $outcome] }
         [500, '502 upstream_error'], [502, '502 upstream_error'],
         [503, '503 upstream_unavailable'], [504, '502 upstream_error'],
         [403, '502 upstream_error'], [429, '429 rate_limited'],
         [404, '410 endpoint_disabled']),
);
our $lose = sub {
    my ($c) = @_;
    my $request = $c->request or return;
    $lost[$request->{number} - 1][1]->($c);
};

run_tests();

__DATA__

=== TEST 1: one connection for many requests
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval: $main::success
--- upstream_received_unlike: (?i)\nConnection:
--- then
is(outcome(ask()), '200 ok') for 2 .. 10;
--- upstream_requests: 10
--- upstream_connections: 1



=== TEST 2: which connections are kept without an upstream block
--- upstream eval: $main::keep
--- then
check_kept();



=== TEST 3: which connections are kept
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT max_fails=0;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval: $main::keep
--- then
check_kept();



=== TEST 4: which connections are kept, over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT max_fails=0;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream eval: $main::keep
--- upstream_tls: good
--- then
check_kept();



=== TEST 5: a kept connection that the upstream has closed
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval
sub { $_[0]->request; $_[0]->reply($main::success) }
--- then
for (2 .. 3) {
    select undef, undef, undef, 0.05;
    is(outcome(ask()), '200 ok');
}
--- upstream_requests: 3
--- upstream_connections: 3



=== TEST 6: a kept connection that is closed when the next request is there
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT backup;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream error timeout invalid_header;
    }
--- upstream eval
sub { $_[0]->request; $_[0]->reply($main::success); $_[0]->request }
--- upstream2 eval: $main::success
--- then
my $reply = ask();
is(outcome($reply), '502 upstream_invalid_response');
like($reply->{body}, qr/unknown/, 'the detail says that it may have arrived');
--- upstream_requests: 2
--- upstream_connections: 1
--- upstream2_connections: 0



=== TEST 7: a kept connection that is reset when the next request is there
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval
sub { $_[0]->request; $_[0]->reply($main::success);
      $_[0]->request; $_[0]->reset }
--- then
is(outcome(ask()), '502 upstream_invalid_response');
--- upstream_requests: 2
--- upstream_connections: 1



=== TEST 8: connection refused, then the next server
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT max_fails=0;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
    location = /timeout {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream timeout;
    }
    location = /custom {
        pickyassist_pass http://api.test/custom;
        pickyassist_endpoint custom;
        pickyassist_token project-token;
    }
--- upstream eval: $main::success
--- response_body_like: "token":"t"
--- then
is(outcome(ask(uri => '/timeout')), '502 upstream_unreachable',
   'which is not for this');
# What is behind the token is copied up to 4,096 bytes, and else sent from where
# it is.
for my $length (1, 4000 .. 4096, 20000) {
    my $member = '"x":"' . 'y' x ($length - 1) . 'z"';
    my $before = length upstream()->received;
    is(ask(uri => '/custom', body => "{$member}")->{status}, 200)
        or last;
    like(substr(upstream()->received, $before),
         qr/\n\r\n\Q{"token":"project-token",$member}\E\z/,
         "$length bytes and more");
}
--- upstream_requests: 100



=== TEST 9: connection refused, and no other server
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
--- problem: 502 upstream_unreachable
--- response_body_like: was not sent



=== TEST 10: connection refused, and the next server turned off
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream off;
    }
--- upstream eval: $main::success
--- problem: 502 upstream_unreachable
--- upstream_connections: 0



=== TEST 11: as many tries as allowed
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        server 127.0.0.2:$TEST_NGINX_SPARE_PORT;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream_tries 2;
    }
    location = /three {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream_tries 3;
    }
--- upstream eval: $main::success
--- problem: 502 upstream_unreachable
--- then
is(outcome(ask(uri => '/three')), '200 ok', 'three tries');
--- upstream_requests: 1



=== TEST 12: a connection that takes too long, then the next server
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_connect_timeout 100ms;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT max_fails=0;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
    location = /timeout {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream timeout;
    }
    location = /error {
        pickyassist_pass http://api.test;
        pickyassist_next_upstream error;
    }
--- before
black_hole();
--- upstream eval: $main::success
--- response_body_like: "token":"t"
--- then
is(outcome(ask(uri => '/timeout')), '200 ok', 'which is for this');
is(outcome(ask(uri => '/error')), '504 upstream_timeout', 'which is not');



=== TEST 13: a connection that takes too long, with no time for the next
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_connect_timeout 100ms;
        pickyassist_next_upstream_timeout 50ms;
    }
--- before
black_hole();
--- upstream eval: $main::success
--- problem: 504 upstream_timeout none later
--- response_body_like: was not sent
--- upstream_connections: 0



=== TEST 14: what may have arrived is not sent again
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT max_fails=0;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_read_timeout 1500ms;
        pickyassist_disabled_ttl 0;
        pickyassist_next_upstream error timeout invalid_header http_500
                                  http_502 http_503 http_504 http_403
                                  http_404 http_429;
    }
--- upstream eval: $main::lose
--- upstream2 eval: $main::success
--- error_code: 502
--- then
our @lost;
for my $i (1 .. $#lost) {
    my ($name, undef, $outcome) = @{$lost[$i]};
    my $reply = ask();
    is(outcome($reply), $outcome, $name);
    like($reply->{body}, qr/unknown/, "$name - may have arrived")
        if $outcome =~ /timeout|invalid/;
    is(scalar(connections_used()), $i + 1, "$name - one request");
}
--- upstream_requests: 18
--- upstream2_connections: 0



=== TEST 15: what may have arrived is not sent again, over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT max_fails=0;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
        pickyassist_read_timeout 1500ms;
        pickyassist_disabled_ttl 0;
        pickyassist_next_upstream error timeout invalid_header http_500
                                  http_502 http_503 http_504 http_403
                                  http_404 http_429;
    }
--- upstream eval: $main::lose
--- upstream_tls: good
--- upstream2 eval: $main::success
--- upstream2_tls: good
--- error_code: 502
--- then
our @lost;
is(outcome(ask()), $lost[$_][2], $lost[$_][0]) for 1 .. $#lost;
--- upstream_requests: 18
--- upstream2_connections: 0



=== TEST 16: there is no way to have it sent again
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_next_upstream error non_idempotent;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"non_idempotent" is refused in "pickyassist_next_upstream" directive: .* in \S+/nginx\.conf:\d+}



=== TEST 17: all servers refuse
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        server 127.0.0.2:$TEST_NGINX_SPARE_PORT;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- problem: 502 upstream_unreachable
--- error_log
Connection refused
--- then
is(outcome(ask()), '502 upstream_unreachable', 'no live upstreams') for 1 .. 2;
like(error_log(), qr/\[error\] .*no live upstreams/, 'logged');



=== TEST 18: a name that is resolved at run time
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass http://Vendor.test:$TEST_NGINX_UPSTREAM_PORT/x;
        pickyassist_allow_plaintext on;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_received eval
qr{^POST /x HTTP/1\.1\r\nHost: Vendor\.test:$ENV{TEST_NGINX_UPSTREAM_PORT}\r\n}
--- then
our $dns;
is(outcome(ask()), '200 ok', 'the second');
is_deeply([$dns->questions], ['vendor.test'], 'one question');



=== TEST 19: the time to live of a name is kept
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    server {
        listen 127.0.0.2:$TEST_NGINX_UPSTREAM_PORT;
        return 200 '{"status":100,"api_token":["moved"]}';
    }
--- config
    location = /tokens {
        pickyassist_pass http://vendor.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
    }
--- before
name_server(sub {
    my ($name, $number) = @_;
    return { ttl => 1, addresses => ["127.0.0.$number"] };
});
--- upstream eval: $main::success
--- response_body_like: "token":"t"
--- then
our $dns;
ok(wait_until { ask()->{body} =~ /"token":"moved"/ }, 'the new address');
ok(scalar($dns->questions) >= 2, 'asked again');



=== TEST 20: a name that is verified as well
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://api.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
    location = /other {
        pickyassist_pass https://other.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_tls: good
--- then
is(outcome(ask(uri => '/other')), '502 upstream_unreachable', 'another name');
ok(wait_until { grep { $_ eq 'handshake 2 other.test' } events() }, 'SNI');
--- upstream_requests: 1



=== TEST 21: a name with a dot at its end
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass http://vendor.test.:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- then
our $dns;
is_deeply([$dns->questions], ['vendor.test'], 'the question');



=== TEST 22: a name with several addresses
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass http://vendor.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
    }
--- before
name_server(sub { return { addresses => [map { "127.0.0.$_" } 9, 1, 8] } });
--- upstream eval: $main::success
--- then
is(outcome(ask()), '200 ok') for 2 .. 5;
--- upstream_requests: 5



=== TEST 23: a name that does not exist
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://vendor.test;
    }
--- before
name_server(sub { return { rcode => 3 } });
--- problem: 502 upstream_unreachable
--- error_log eval
qr/\[error\] .*vendor\.test could not be resolved \(3: Host not found\)/



=== TEST 24: a name without addresses
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://vendor.test;
    }
--- before
name_server(sub { return { addresses => [] } });
--- problem: 502 upstream_unreachable
--- error_log
vendor.test could not be resolved



=== TEST 25: a name server that does not answer
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    resolver_timeout 200ms;
--- config
    location = /tokens {
        pickyassist_pass https://vendor.test;
    }
--- before
name_server(sub { return });
--- problem: 502 upstream_unreachable
--- error_log eval
[qr/vendor\.test could not be resolved \(110: Operation timed out\)/,
 qr/event timer add: -?\d+: 200:/]



=== TEST 26: no name server at all
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    resolver_timeout 200ms;
--- config
    location = /tokens {
        pickyassist_pass https://vendor.test;
    }
--- problem: 502 upstream_unreachable



=== TEST 27: a resolver in another location is of no use here
--- config
    location = /tokens {
        pickyassist_pass http://localhost:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /other {
        resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
        return 204;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.9'] } });
--- upstream eval: $main::success
--- response_body_like: "token":"t"
--- then
our $dns;
is_deeply([$dns->questions], [], 'no question');



=== TEST 28: without a resolver a name is resolved at start
--- config
    location = /tokens {
        pickyassist_pass http://localhost:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- response_body_like: "token":"t"
--- upstream_received eval
qr/^Host: localhost:$ENV{TEST_NGINX_UPSTREAM_PORT}\r$/m



=== TEST 29: without a resolver, a name that does not exist
--- config
    location = /tokens {
        pickyassist_pass https://nothing.invalid;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*host not found "nothing\.invalid" in \S+/nginx\.conf:\d+}



=== TEST 30: a unix socket
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen unix:$TEST_NGINX_DIR/upstream.sock;
        location = /api {
            return 200 '{"status":100,"api_token":["$host"]}';
        }
    }
--- config
    location = /tokens {
        pickyassist_pass http://unix:$TEST_NGINX_DIR/upstream.sock:/api;
    }
--- response_body_like: "token":"localhost"



=== TEST 31: a unix socket in an upstream block, with kept connections
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server unix:$TEST_NGINX_DIR/kept.sock;
        keepalive 2;
    }
    server {
        listen unix:$TEST_NGINX_DIR/kept.sock;
        return 200 '{"status":100,"api_token":["$host-$connection_requests"]}';
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- response_body_like: "token":"api\.test-1"
--- then
like(ask()->{body}, qr/"token":"api\.test-2"/, 'kept');



=== TEST 32: a unix socket that is not there
--- config
    location = /tokens {
        pickyassist_pass http://unix:$TEST_NGINX_DIR/nowhere.sock;
    }
--- problem: 502 upstream_unreachable
--- error_log eval
qr/\[crit\] .*connect\(\) to unix:.*No such file/



=== TEST 33: from an address of one's own
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_bind 127.0.0.7;
    }
    location = /default {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- then
is(ask(uri => '/default')->{status}, 200);
is_deeply([grep { /^connection/ } events()],
          ['connection 1 127.0.0.7', 'connection 2 127.0.0.1'], 'peers');



=== TEST 34: the kernel's keepalive probes
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
        pickyassist_socket_keepalive on;
    }
    location = /off {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    # connections to this port on which the timer for probes (02) runs
    my $port = sprintf '%04X', $ENV{TEST_NGINX_UPSTREAM_PORT};
    my $probes;
    for (1 .. 20) {
        open my $tcp, '<', '/proc/net/tcp' or die $!;
        $probes = grep { /^\s*\d+: \S+ 0100007F:$port 01 \S+ 02:/ } <$tcp>;
        last if $probes;
        $c->pause(0.01);
    }
    $c->reply(qq({"status":100,"api_token":["probes: $probes"]}));
}
--- response_body_like: "probes: 1"
--- then
like(ask(uri => '/off')->{body}, qr/"probes: 0"/, 'off');



=== TEST 35: a client that goes away does not cut the exchange short
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        $c->pause(0.2);
        $c->reply($main::success) or return;
        $c->{upstream}->event('replied');
    }
}
--- then
for my $way ('reset', 'close') {
    my $before = connections_used();
    my $client = client();
    $client->send(message());
    ok(wait_until { $before < connections_used() }, "$way - sent");
    $client->$way;
    ok(wait_until { $before < grep { /^replied/ } events() },
       "$way - replied");
}
is(outcome(ask()), '200 ok', 'the connection is kept');
--- upstream_requests: 4
--- upstream_connections: 1



=== TEST 36: a client that goes away, where that is to matter
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 2;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_ignore_client_abort off;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        return $c->hang if $request->{number} == 2 || $request->{number} == 3;
        $c->reply($main::success);
    }
}
--- then
for my $way ('reset', 'close') {
    my $before = connections_used();
    my $client = client();
    $client->send(message());
    ok(wait_until { $before < connections_used() }, "$way - sent");
    my $connection = (connections_used())[-1];
    $client->$way;
    ok(wait_until { grep { $_ eq "eof $connection" } events() },
       "$way - the exchange is cut short");
}
is(outcome(ask()), '200 ok', 'and all goes on');
--- upstream_connections: 3



=== TEST 37: a client that goes away at any stage
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_max_response_size 4m;
    }
    location = /abort {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_max_response_size 4m;
        pickyassist_ignore_client_abort off;
    }
--- upstream eval
my $reply = PickyAssist::Upstream::message($main::large);
sub {
    my ($c) = @_;
    $c->request or return;
    $c->pause(0.05);
    $c->send(substr $reply, 0, 10) or return;
    $c->pause(0.05);
    $c->send(substr $reply, 10, 50000) or return;
    $c->pause(0.05);
    $c->send(substr $reply, 50010);
}
--- then
for my $uri ('/tokens', '/abort') {
    my $message = message(uri => $uri);
    for my $sent (0, 10, length($message) - 10) {
        my $client = client();
        $client->send(substr $message, 0, $sent);
        select undef, undef, undef, 0.02;
        $client->reset;
    }
    my @clients;
    for my $wait (0, 0.03, 0.08, 0.13) {
        my $client = client(receive_buffer => 4096);
        $client->send($message);
        push @clients, [$client, $wait];
    }
    my $before = 0;
    for my $waiting (@clients) {
        my ($client, $wait) = @$waiting;
        select undef, undef, undef, $wait - $before;
        $before = $wait;
        $client->reset;
    }
    # One that has begun to read.
    my $client = client(receive_buffer => 4096);
    $client->send($message);
    $client->fill(Time::HiRes::time() + 5);
    $client->reset;
}
my $reply = ask();
is(length $reply->{headers}{'content-length'}, 7, 'and all goes on');
--- response_body_like: "token":"token-100000"\}\]\}$



=== TEST 38: a client that reads slowly does not hold the upstream
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 1;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_max_response_size 4m;
    }
--- upstream eval: $main::large
--- then
my $slow = client(receive_buffer => 4096);
$slow->send(message());
ok(wait_until {
       2 == (() = error_log() =~ /finalize pickyassist request/g)
   }, 'the upstream is done');
my $reply = ask();
is(outcome($reply), '200 ok', 'another one meanwhile');
select undef, undef, undef, 0.1;
is($slow->reply->{body}, $reply->{body}, 'whole in the end');
--- upstream_requests: 3
--- upstream_connections: 1



=== TEST 39: a reload with a request in flight
--- http_config
    pickyassist_master_token_file $TEST_NGINX_DIR/changing-token;
--- before
token_file('old-token');
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    $c->pause(0.5) if $request->{number} == 2;
    my ($token) = $request->{body} =~ /"token":"(\w+)/;
    $c->reply(qq({"status":100,"api_token":["with the $token"]}));
}
--- response_body_like: "with the old"
--- then
my $client = client();
$client->send(message());
ok(wait_until { connections_used() == 2 }, 'sent');
token_file('new-token');
my @old = worker_pids();
kill 'HUP', master_pid();
ok(wait_until { error_log() =~ /gracefully shutting down/ }, 'reloaded');
like(ask()->{body}, qr/"with the new"/, 'a new request');
my $reply = $client->reply;
like($reply->{body}, qr/"with the old"/, 'the request in flight');
$client->close;
ok(wait_until { !grep { kill 0, $_ } @old }, 'the old worker ends');
like(ask()->{body}, qr/"with the new"/, 'the next request');



=== TEST 40: a reload with a bad token file changes nothing
--- http_config
    pickyassist_master_token_file $TEST_NGINX_DIR/changing-token;
--- before
token_file('old-token');
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    my ($token) = $request->{body} =~ /"token":"(\w+)/;
    $c->reply(qq({"status":100,"api_token":["with the $token"]}));
}
--- response_body_like: "with the old"
--- error_log eval: qr/\Aalways true|\[emerg/
--- then
token_file('new token');
kill 'HUP', master_pid();
ok(wait_until { error_log() =~ /\[emerg\] .*master token/ }, 'refused');
like(ask()->{body}, qr/"with the old"/, 'all goes on');



=== TEST 41: a request that began before a reload is sent with the old token
--- http_config
    pickyassist_master_token_file $TEST_NGINX_DIR/changing-token;
--- before
token_file('old-token');
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    my ($token) = $request->{body} =~ /"token":"(\w+)/;
    $c->reply(qq({"status":100,"api_token":["with the $token"]}));
}
--- response_body_like: "with the old"
--- then
my $client = client();
my ($head, $body) = split /(?<=\r\n\r\n)/,
    message(headers => { Expect => '100-continue' });
$client->send($head);
is($client->reply->{status}, 100, 'a worker has the request');
token_file('new-token');
my @old = worker_pids();
kill 'HUP', master_pid();
ok(wait_until { error_log() =~ /gracefully shutting down/ }, 'reloaded');
like(ask()->{body}, qr/"with the new"/, 'a new request');
$client->send($body);
like($client->reply->{body}, qr/"with the old"/, 'the one that began before');
$client->close;
ok(wait_until { !grep { kill 0, $_ } @old }, 'the old worker ends');



=== TEST 42: the time allowed by default for connecting
--- config
    location = /tokens {
        pickyassist_ignore_client_abort off;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
--- before
black_hole();
--- timeout eval: 0.3 * ($ENV{TEST_SLOW} || 1)
--- abort
--- ignore_response
--- error_log eval
qr/event timer add: \d+: 5000:/
--- no_error_log
http upstream send request handler



=== TEST 43: a client that goes away while the name is looked up
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    resolver_timeout 4s;
    log_format ends '$uri $status $pickyassist_outcome';
--- config
    access_log logs/ends.log ends;
    location = /on {
        pickyassist_pass https://vendor.test;
    }
    location = /off {
        pickyassist_ignore_client_abort off;
        pickyassist_pass https://vendor.test;
    }
--- before
name_server(sub { return });
--- request
GET /
--- then
our $dns;
my $ends = sub {
    PickyAssist::Client::slurp("$ENV{TEST_NGINX_SERVROOT}/logs/ends.log");
};
for my $way ('close', 'reset') {
    my ($on, $off) = (client(), client());
    $on->send(message(uri => '/on'));
    $off->send(message(uri => '/off'));
    wait_until { scalar $dns->questions };
    $_->$way for $on, $off;
    my $count = $way eq 'close' ? 1 : 2;
    ok(&wait_until(sub { $count == (() = $ends->() =~ m{^/off 499 }mg) }, 3),
       "$way - over at once, where that is to matter");
}
my @workers = worker_pids();
kill 'STOP', @workers;
my $gone = client();
$gone->send(message(uri => '/off'));
$gone->close;
kill 'CONT', @workers;
ok(&wait_until(sub { 3 == (() = $ends->() =~ m{^/off 499 }mg) }, 3),
   'and when it has begun');
unlike($ends->(), qr{^/on}m, 'where it is not, the name is waited for');
