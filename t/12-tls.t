# TLS towards the upstream: nothing is sent before the certificate has been
# verified, whatever other locations do with the same upstream{} block.

use PickyAssist::Test;
use PickyAssist::Client;

use IO::Socket::INET;

# A section of this suite: what stands in the location besides pickyassist_pass
# and the CA.
add_block_preprocessor(sub {
    my ($block) = @_;
    my $directives = $block->directives // return;
    $block->set_value(config => <<"EOC");
        location = /tokens {
            pickyassist_pass https://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
            pickyassist_ssl_trusted_certificate \$TEST_NGINX_CERTS/ca.pem;
            $directives
        }
EOC
});

sub events {
    return $PickyAssist::Test::Upstreams[$_[0] // 0]{running}->events;
}

# How many TLS sessions were resumed, of so many connections.
sub resumed {
    my ($connections) = @_;
    wait_until {
        my %seen = map { /^(?:eof|request) (\d+)/ ? ($1 => 1) : () } events();
        $connections == keys %seen;
    };
    return scalar grep { /^resumed/ } events();
}

# A reply that would be a success.
our $hasty = '{"status":100,"api_token":["bad-token"]}';

# A server whose reply, in plain text, is there before nginx can have begun the
# handshake. Its queue is full at first, so that the kernel lets the connection
# wait; it is accepted while the worker is stopped.
sub hasty_server {
    my ($port, $bytes) = @_;
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1,
        ReuseAddr => 1,
    ) or die "port $port: $@\n";
    my @fillers = map { IO::Socket::INET->new("127.0.0.1:$port") } 1 .. 2;

    my $pid = fork() // die "fork: $!\n";
    if ($pid) {
        return PickyAssist::Test::helper(
            bless { pid => $pid }, 'PickyAssist::Upstream');
    }

    PickyAssist::Upstream::watch(getppid);
    wait_until { error_log() =~ /connect to 127\.0\.0\.1:$port, fd/ };
    my @workers = worker_pids();
    kill 'STOP', @workers;
    $listener->accept for @fillers;
    my $socket;
    1 until $socket = $listener->accept;
    syswrite $socket, $bytes;
    # The bytes have to go through the loopback interface.
    select undef, undef, undef, 0.1;
    kill 'CONT', @workers;
    sleep 60;
    POSIX::_exit(0);
}

run_tests();

__DATA__

=== TEST 1: a certificate that is good
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- response_body_like: "token":"t"
--- upstream_received_unlike: (?i)\nConnection:|Upgrade
--- then
is_deeply([grep { /^handshake/ } events()], ['handshake 1 api.test'], 'SNI');



=== TEST 2: self-signed
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- problem: 502 upstream_unreachable
--- error_log eval
qr/\[error\] .*upstream SSL certificate verify error: \(18:self.signed/
--- upstream_received eval: qr/\A\z/



=== TEST 3: expired
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: expired
--- problem: 502 upstream_unreachable
--- error_log eval
qr{upstream SSL certificate verify error: \(10:certificate has expired\) .*, upstream: "https://127\.0\.0\.1:$ENV{TEST_NGINX_UPSTREAM_PORT}"?}
--- upstream_received eval: qr/\A\z/



=== TEST 4: for another name
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: wrong-name
--- problem: 502 upstream_unreachable
--- error_log
upstream SSL certificate does not match "api.test"
--- upstream_received eval: qr/\A\z/



=== TEST 5: of an authority that is not trusted
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/self-signed.pem;
        pickyassist_ssl_name api.test;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- problem: 502 upstream_unreachable
--- error_log eval
qr/upstream SSL certificate verify error: \(2[01]:unable to/
--- upstream_received eval: qr/\A\z/



=== TEST 6: the same over TLS 1.2
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed SSL_version=TLSv12
--- problem: 502 upstream_unreachable
--- error_log eval
qr/upstream SSL certificate verify error: \(18:self.signed/
--- upstream_received eval: qr/\A\z/



=== TEST 7: verification turned off
--- directives
pickyassist_ssl_verify off;
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- response_body_like: "token":"t"



=== TEST 8: by default the name is the host, here of an address
--- directives
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- problem: 502 upstream_unreachable
--- error_log
upstream SSL certificate does not match "127.0.0.1"
--- upstream_received eval: qr/\A\z/
--- then
# The upstream notes its handshake when it ends there, which may be later.
wait_until { grep { /^handshake/ } events() };
is_deeply([grep { /^handshake/ } events()], ['handshake 1 (no name)'],
          'no SNI with an address');



=== TEST 9: by default the name is the host, here of an upstream block
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- upstream_received eval: qr/^Host: api\.test\r$/m
--- then
is_deeply([grep { /^handshake/ } events()], ['handshake 1 api.test'], 'SNI');



=== TEST 10: a numeric IPv6 host is no name either
--- config
    location = /tokens {
        pickyassist_pass https://[::1]:$TEST_NGINX_SPARE_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
    location = /unverified {
        pickyassist_pass https://[0::1]:$TEST_NGINX_SPARE_PORT;
        pickyassist_ssl_verify off;
    }
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen [::1]:$TEST_NGINX_SPARE_PORT ssl;
        ssl_certificate $TEST_NGINX_CERTS/good.pem;
        ssl_certificate_key $TEST_NGINX_CERTS/good.key;
        location / {
            return 200 '{"status":100,"api_token":["<$ssl_server_name>"]}';
        }
    }
--- problem: 502 upstream_unreachable
--- error_log
upstream SSL certificate does not match
--- then
like(ask(uri => '/unverified')->{body}, qr/"token":"<>"/,
     'nor is a part of it sent as one');
--- skip_eval: 6: !-e '/proc/net/if_inet6' || !`cat /proc/net/if_inet6`



=== TEST 11: without SNI the name is verified all the same
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_server_name off;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- then
is_deeply([grep { /^handshake/ } events()], ['handshake 1 (no name)'],
          'no SNI');



=== TEST 12: without SNI, for another name
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_server_name off;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: wrong-name
--- problem: 502 upstream_unreachable
--- upstream_received eval: qr/\A\z/



=== TEST 13: an intermediate authority
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: deep
--- response_body_like: "token":"t"



=== TEST 14: an intermediate authority, as deep as allowed
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_verify_depth 1;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: deep
--- response_body_like: "token":"t"



=== TEST 15: an intermediate authority, deeper than allowed
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_verify_depth 0;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: deep
--- problem: 502 upstream_unreachable
--- error_log eval
qr/upstream SSL certificate verify error: \((?:2|20|22):/
--- upstream_received eval: qr/\A\z/



=== TEST 16: revoked
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_crl $TEST_NGINX_CERTS/ca.crl;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: revoked
--- problem: 502 upstream_unreachable
--- error_log
upstream SSL certificate verify error: (23:certificate revoked)
--- upstream_received eval: qr/\A\z/



=== TEST 17: not on the list of the revoked
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_crl $TEST_NGINX_CERTS/ca.crl;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- response_body_like: "token":"t"



=== TEST 18: TLS 1.1 is refused by default
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_ciphers DEFAULT@SECLEVEL=0;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good SSL_version=TLSv1_1 SSL_cipher_list=DEFAULT@SECLEVEL=0
--- problem: 502 upstream_unreachable
--- error_log
SSL_do_handshake() failed
--- upstream_received eval: qr/\A\z/



=== TEST 19: TLS 1.1 or 1.0 where it is wanted
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_verify off;
    pickyassist_ssl_ciphers DEFAULT@SECLEVEL=0;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_protocols TLSv1.1;
    }
    location = /older {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        pickyassist_ssl_protocols TLSv1;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good SSL_version=TLSv1_1 SSL_cipher_list=DEFAULT@SECLEVEL=0
--- upstream2
{"status":100,"api_token":["t"]}
--- upstream2_tls: good SSL_version=TLSv1 SSL_cipher_list=DEFAULT@SECLEVEL=0
--- response_body_like: "token":"t"
--- then
is(ask(uri => '/older')->{status}, 200, '1.0');



=== TEST 20: TLS 1.2 by default
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good SSL_version=TLSv1_2
--- response_body_like: "token":"t"



=== TEST 21: TLS 1.3 alone
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_protocols TLSv1.3;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good SSL_version=TLSv1_2
--- problem: 502 upstream_unreachable
--- error_log
SSL_do_handshake() failed



=== TEST 22: a cipher that the upstream has
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_ciphers ECDHE-ECDSA-AES256-GCM-SHA384;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls eval
'good SSL_version=TLSv1_2 SSL_cipher_list=ECDHE-ECDSA-AES256-GCM-SHA384'
--- response_body_like: "token":"t"



=== TEST 23: a cipher that it does not have
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_ciphers ECDHE-ECDSA-AES128-GCM-SHA256;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls eval
'good SSL_version=TLSv1_2 SSL_cipher_list=ECDHE-ECDSA-AES256-GCM-SHA384'
--- problem: 502 upstream_unreachable
--- error_log
SSL_do_handshake() failed



=== TEST 24: a client certificate
--- directives
pickyassist_ssl_name api.test;
pickyassist_ssl_certificate $TEST_NGINX_CERTS/client.pem;
pickyassist_ssl_certificate_key $TEST_NGINX_CERTS/client.key;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good client
--- response_body_like: "token":"t"



=== TEST 25: a client certificate that is missing
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good client SSL_version=TLSv1_2
--- problem: 502 upstream_unreachable
--- error_log
SSL_do_handshake() failed



=== TEST 26: sessions are resumed
--- directives
pickyassist_keepalive off;
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- then
is(ask()->{status}, 200) for 2 .. 3;
is(resumed(3), 2, 'resumed');



=== TEST 27: each of its own host and port, by whoever trusts alike
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
    pickyassist_keepalive off;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /alike {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /port {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /host {
        pickyassist_pass https://localhost:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- upstream2
{"status":100,"api_token":["t"]}
--- upstream2_tls: good
--- then
is(ask(uri => $_)->{status}, 200)
    for '/port', '/alike', '/host', '/port', '/tokens', '/host';
resumed(5);
is_deeply([grep { /^resumed/ } events()],
          ['resumed 2', 'resumed 4', 'resumed 5'], 'resumed');



=== TEST 28: sessions are resumed over TLS 1.2
--- directives
pickyassist_keepalive off;
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good SSL_version=TLSv1_2
--- then
is(ask()->{status}, 200) for 2 .. 3;
is(resumed(3), 2, 'resumed');



=== TEST 29: no session is resumed where that is turned off
--- directives
pickyassist_keepalive off;
pickyassist_ssl_name api.test;
pickyassist_ssl_session_reuse off;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- then
is(ask()->{status}, 200) for 2 .. 3;
is(resumed(3), 0, 'resumed');



=== TEST 30: no session of a refused connection is resumed
A certificate that the vendor has replaced would be refused on and on.
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed SSL_version=TLSv1_2
--- problem: 502 upstream_unreachable
--- then
is(ask()->{status}, 502) for 2 .. 3;
is(resumed(3), 0, 'resumed');



=== TEST 31: no session of a connection to a wrong name is resumed
--- directives
pickyassist_ssl_name api.test;
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: wrong-name SSL_version=TLSv1_2
--- problem: 502 upstream_unreachable
--- then
is(ask()->{status}, 502) for 2 .. 3;
is(resumed(3), 0, 'resumed');



=== TEST 32: the default trust store
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_name api.test;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- before
# as OpenSSL finds it
$ENV{SSL_CERT_FILE} = "$ENV{TEST_NGINX_CERTS}/ca.pem";
--- then
delete $ENV{SSL_CERT_FILE};
--- response_body_like: "token":"t"



=== TEST 33: the default trust store, without the authority
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_name api.test;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- problem: 502 upstream_unreachable
--- error_log eval
qr/upstream SSL certificate verify error: \((?:19|20|21):/
--- upstream_received eval: qr/\A\z/



=== TEST 34: a CA file replaces the default trust store
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/self-signed.pem;
        pickyassist_ssl_name api.test;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- before
$ENV{SSL_CERT_FILE} = "$ENV{TEST_NGINX_CERTS}/ca.pem";
--- then
delete $ENV{SSL_CERT_FILE};
--- problem: 502 upstream_unreachable
--- upstream_received eval: qr/\A\z/



=== TEST 35: an upstream that does not speak TLS
--- directives
pickyassist_ssl_name api.test;
--- upstream eval
sub {
    my ($c) = @_;
    $c->fill;
    $c->send("HTTP/1.1 200 OK\r\nContent-Length: 33\r\n\r\n"
             . '{"status":100,"api_token":["bad"]}');
    $c->hang;
}
--- problem: 502 upstream_unreachable
--- error_log
SSL_do_handshake() failed
--- upstream_received_unlike: POST



=== TEST 36: a connection that ends during the handshake
--- directives
pickyassist_ssl_name api.test;
--- upstream eval
sub { $_[0]->fill; $_[0]->close }
--- problem: 502 upstream_unreachable



=== TEST 37: a connection that is reset during the handshake
--- directives
pickyassist_ssl_name api.test;
--- upstream eval
sub { $_[0]->fill; $_[0]->reset }
--- problem: 502 upstream_unreachable



=== TEST 38: a handshake that does not end
--- directives
pickyassist_ssl_name api.test;
pickyassist_connect_timeout 200ms;
--- upstream eval
sub { $_[0]->hang }
--- problem: 504 upstream_timeout none later
--- response_body_like: the request was not sent
--- error_log
upstream timed out



=== TEST 39: connections are kept
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
    location = /plain {
        pickyassist_pass http://api.test/plain;
    }
    location = /custom {
        pickyassist_pass https://api.test/custom;
        pickyassist_endpoint custom;
        pickyassist_token project-token;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: good
--- then
is(ask()->{status}, 200) for 2 .. 5;
# Less and more than what is copied, and than what is encrypted at once.
for my $length (4000, 5000, 16000, 17000, 100_000) {
    my $member = '"x":"' . 'y' x $length . 'z"';
    is(ask(uri => '/custom', body => "{$member}")->{status}, 200,
       "$length bytes");
    like($PickyAssist::Test::Upstreams[0]{running}->received,
         qr/\{"token":"project-token",\Q$member\E\}\z/,
         'all of them');
}
is(scalar(grep { /^connection/ } events()), 1, 'one connection');
is(ask(uri => '/plain')->{status}, 502, 'in plain text there is none to use');
--- upstream_requests: 10
--- upstream_received_unlike: POST /plain



=== TEST 40: the next server, where one cannot be trusted
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT backup;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream
{"status":100,"api_token":["bad"]}
--- upstream_tls: self-signed
--- upstream2
{"status":100,"api_token":["t"]}
--- upstream2_tls: good
--- response_body_like: "token":"t"
--- upstream_received eval: qr/\A\z/
--- upstream2_requests: 1



=== TEST 41: a reply cut short without the goodbye of TLS
--- directives
pickyassist_ssl_name api.test;
--- upstream eval
sub {
    my ($c) = @_;
    $c->request;
    $c->send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
             . '{"status":100,"api_token":["t"');
    $c->drop;
}
--- upstream_tls: good
--- problem: 502 upstream_invalid_response



=== TEST 42: a kept connection made without verification is not used with it
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /tokens {
        pickyassist_pass https://api.test/unverified;
        pickyassist_ssl_verify off;
    }
    location = /verified {
        pickyassist_pass https://api.test/verified;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- then
is(ask(uri => '/verified')->{status}, 502) for 1 .. 2;
is(ask()->{status}, 200);
is(resumed(4), 1, 'resumed, of the location without verification');
--- upstream_requests: 2
--- upstream_received_unlike: POST /verified
--- error_log
close foreign connection



=== TEST 43: neither is its TLS session, in any version
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /tokens {
        pickyassist_pass https://api.test/unverified;
        pickyassist_ssl_verify off;
    }
    location = /verified {
        pickyassist_pass https://api.test/verified;
    }
--- upstream
HTTP/1.1 200 OK
Connection: close

{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed SSL_version=TLSv1_2
--- then
is(ask(uri => '/verified')->{status}, 502) for 1 .. 2;
is(ask()->{status}, 200);
is(resumed(4), 1, 'resumed');
--- upstream_requests: 2
--- upstream_received_unlike: POST /verified



=== TEST 44: a connection made with another authority
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/self-signed.pem;
    }
    location = /other {
        pickyassist_pass https://api.test/other;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- then
is(ask(uri => '/other')->{status}, 502) for 1 .. 2;
is(ask()->{status}, 200);
is(resumed(4), 1, 'resumed');
--- upstream_requests: 2
--- upstream_received_unlike: POST /other



=== TEST 45: a connection made for another name
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_name other.test;
    }
    location = /other {
        pickyassist_pass https://api.test/other;
    }
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: wrong-name
--- then
is(ask(uri => '/other')->{status}, 502) for 1 .. 2;
is(ask()->{status}, 200);
--- upstream_requests: 2
--- upstream_received_unlike: POST /other



=== TEST 46: a connection made by proxy_pass without verification
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /proxy {
        proxy_pass https://api.test;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
    location = /tokens {
        pickyassist_pass https://api.test/gateway;
    }
--- request
GET /proxy
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- then
is(ask()->{status}, 502) for 1 .. 2;
is(ask(uri => '/proxy', method => 'GET')->{status}, 200);
--- upstream_requests: 2
--- upstream_received_unlike: POST /gateway



=== TEST 47: a TLS session made by proxy_pass with another authority
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /proxy {
        proxy_pass https://api.test;
        proxy_ssl_name api.test;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_CERTS/self-signed.pem;
    }
    location = /tokens {
        pickyassist_pass https://api.test/gateway;
    }
--- request
GET /proxy
--- upstream
HTTP/1.1 200 OK
Connection: close

{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- then
is(ask()->{status}, 502) for 1 .. 2;
is(ask(uri => '/proxy', method => 'GET')->{status}, 200);
is(resumed(4), 1, 'resumed, by proxy_pass');
--- upstream_requests: 2
--- upstream_received_unlike: POST /gateway



=== TEST 48: the same with a name that is resolved at run time
nginx knows the name from proxy_pass as well, and has addresses and TLS
sessions for it.
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /proxy {
        proxy_pass https://localhost:$TEST_NGINX_UPSTREAM_PORT;
        proxy_ssl_name api.test;
        proxy_ssl_server_name on;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate $TEST_NGINX_CERTS/self-signed.pem;
    }
    location = /tokens {
        pickyassist_pass https://localhost:$TEST_NGINX_UPSTREAM_PORT/gateway;
    }
--- request
GET /proxy
--- upstream
{"status":100,"api_token":["t"]}
--- upstream_tls: self-signed
--- before
use PickyAssist::Dns;
our $dns = PickyAssist::Test::helper(PickyAssist::Dns->start(
    port => $ENV{TEST_NGINX_SPARE_PORT}, dir => "$PickyAssist::Test::Dir/dns",
    answer => sub { return { addresses => ['127.0.0.1'] } },
));
--- then
our $dns;
is(ask()->{status}, 502) for 1 .. 2;
is_deeply([$dns->questions], ['localhost'], 'asked');
is(ask(uri => '/proxy', method => 'GET')->{status}, 200);
is(resumed(4), 1, 'resumed, by proxy_pass');
--- upstream_requests: 2
--- upstream_received_unlike: POST /gateway



=== TEST 49: a kept connection of the gateway is not used for plain text
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /proxy {
        proxy_pass http://api.test;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
    location = /tokens {
        pickyassist_pass https://api.test/gateway;
    }
--- request
GET /proxy
--- upstream eval
# Speaks plain HTTP only.
sub {
    my ($c) = @_;
    $c->fill;
    $c->repeat('{"status":100,"api_token":["bad"]}')
        if $c->{unread} =~ /^[A-Z]+ /;
}
--- then
is(ask()->{status}, 502) for 1 .. 2;
is(ask(uri => '/proxy', method => 'GET')->{status}, 200);
--- upstream_requests: 2
--- upstream_received_unlike: POST /gateway



=== TEST 50: a reply in plain text before the handshake
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_SPARE_PORT;
        pickyassist_ssl_verify off;
    }
--- before
hasty_server($ENV{TEST_NGINX_SPARE_PORT},
             PickyAssist::Upstream::message($main::hasty));
--- problem: 502 upstream_unreachable
--- error_log eval
# Newer versions of nginx notice it themselves.
qr/upstream (?:prematurely sent response|sent a premature response)/
--- then
unlike($reply, qr/bad-/, 'nothing of it is told');



=== TEST 51: a CA file that is not there
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1;
        pickyassist_ssl_trusted_certificate /nowhere.pem;
    }
--- must_die
--- error_log eval
[qr{"/nowhere\.pem"},
 qr{\[emerg\] .*"pickyassist_ssl_trusted_certificate" .* in \S+/nginx\.conf:\d+}]



=== TEST 52: a revocation list that is not there
--- directives
pickyassist_ssl_crl /nowhere.pem;
--- must_die
--- error_log eval
[qr{"/nowhere\.pem"},
 qr{\[emerg\] .*"pickyassist_ssl_crl" .* in \S+/nginx\.conf:\d+}]



=== TEST 53: a client certificate that is not there
--- directives
pickyassist_ssl_certificate /nowhere.pem;
pickyassist_ssl_certificate_key /nowhere.pem;
--- must_die
--- error_log eval
[qr{"/nowhere\.pem"},
 qr{\[emerg\] .*"pickyassist_ssl_certificate" .* in \S+/nginx\.conf:\d+}]



=== TEST 54: a client certificate without its key
--- directives
pickyassist_ssl_certificate $TEST_NGINX_CERTS/client.pem;
--- must_die
--- error_log eval
[qr{no "pickyassist_ssl_certificate_key" is defined},
 qr{\[emerg\] .*"pickyassist_ssl_certificate" .* in \S+/nginx\.conf:\d+}]



=== TEST 55: ciphers that do not exist
--- directives
pickyassist_ssl_ciphers NONSENSE;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_ssl_ciphers" .* in \S+/nginx\.conf:\d+}



=== TEST 56: a protocol that does not exist
--- directives
pickyassist_ssl_protocols TLSv1.4;
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "TLSv1\.4" in "pickyassist_ssl_protocols" directive, it must be "TLSv1", .* in \S+/nginx\.conf:\d+}



=== TEST 57: a name that a request could choose
--- directives
pickyassist_ssl_name $http_host;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_ssl_name" .*variables.* in \S+/nginx\.conf:\d+}



=== TEST 58: a reply in plain text before the request
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
--- before
hasty_server($ENV{TEST_NGINX_SPARE_PORT},
             PickyAssist::Upstream::message($main::hasty));
--- problem: 502 upstream_unreachable
--- error_log eval
qr/upstream (?:prematurely sent response|sent a premature response)/
--- then
unlike($reply, qr/bad-/, 'nothing of it is told');
