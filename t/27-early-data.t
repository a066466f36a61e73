# Contract section 4, step 0: a request in TLS early data could be sent again by
# anyone who has recorded it (RFC 8470), so it is not carried out.

use PickyAssist::Test;
use PickyAssist::Client;

use IO::Select;
use IO::Socket::INET;

our $dir = $PickyAssist::Test::Dir;
our $success = '{"status":100,"api_token":"t"}';
our $tls = $ENV{TEST_NGINX_SPARE_PORT};

our $server = <<'END';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format early '$status $ssl_early_data $ssl_session_reused '
                     '$pickyassist_outcome';
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT ssl;
        ssl_certificate $TEST_NGINX_CERTS/good.pem;
        ssl_certificate_key $TEST_NGINX_CERTS/good.key;
        ssl_protocols TLSv1.3;
        ssl_early_data on;
        access_log logs/early.log early;
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
        location = /metrics { pickyassist_status; }
    }
END

sub write_file {
    my ($name, $bytes) = @_;
    open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
    print $file $bytes;
    close $file;
}

# "openssl s_client", its input a shell command; what it prints.
sub s_client {
    my ($input, $port, @options) = @_;
    return scalar `$input | timeout 10 openssl s_client -quiet -tls1_3 -connect 127.0.0.1:$port @options 2>$dir/s_client.err`;
}

# A session that can be resumed; what came back for a request after the
# handshake.
sub session {
    write_file('request', message(headers => { Connection => 'close' }));
    unlink "$dir/session";
    return s_client("(cat $dir/request; sleep 0.3)", $tls,
                    "-sess_out $dir/session");
}

# The first flight of a client that resumes the session, with this request in
# it, recorded on the way to a server that never gets it.
sub record {
    write_file('early', $_[0]);
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1)
        or die "listen: $!\n";
    my $port = $listener->sockport;
    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', "$dir/victim.out";
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', 's_client', '-quiet', '-tls1_3', '-connect',
             "127.0.0.1:$port", '-sess_in', "$dir/session",
             '-early_data', "$dir/early";
    }
    my $victim = $listener->accept or die "accept: $!\n";
    my ($select, $flight) = (IO::Select->new($victim), '');
    while ($select->can_read(0.5)) {
        sysread($victim, $flight, 65536, length $flight) or last;
    }
    kill 'TERM', $pid;
    waitpid $pid, 0;
    return $flight;
}

# Sends these bytes to nginx, and waits until it has answered with something.
sub replay {
    my ($flight) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$tls")
        or die "connect: $!\n";
    syswrite $socket, $flight;
    my ($select, $answer) = (IO::Select->new($socket), '');
    while ($select->can_read(0.5)) {
        sysread($socket, $answer, 65536, length $answer) or last;
    }
    return length $answer;
}

sub log_lines {
    open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/early.log" or return;
    chomp(my @lines = <$log>);
    return @lines;
}

sub requests {
    return $PickyAssist::Test::Upstreams[0]{running}->count('request');
}

run_tests();

__DATA__

=== TEST 1: a recorded first flight that is sent three times
--- http_config eval: $main::server
--- config
--- upstream eval: $main::success
--- request
GET /
--- then
like(session(), qr{^HTTP/1\.1 200 }, 'after the handshake');
my $flight = record(message());
ok(length $flight > 500, 'a first flight') or diag(length $flight);
ok(replay($flight) > 0, 'nginx answers') for 1 .. 3;
wait_until { log_lines() == 4 };
is_deeply([log_lines()], ['200 - . issued', ('425 1 r too_early') x 3],
          'none of them was carried out');
is(requests(), 1, 'the upstream got the first request only');



=== TEST 2: 425, and the same connection once the handshake is complete
--- http_config eval: $main::server
--- config
--- upstream eval: $main::success
--- request
GET /
--- then
# Where the end of the handshake has come by the time the request is read, it
# is not too early any more, and nobody can repeat it.
my ($first, $second);
for (1 .. 10) {
    session();
    write_file('early', message());
    my $reply = s_client("(sleep 0.5; cat $main::dir/request; sleep 0.3)",
                         $main::tls, "-sess_in $main::dir/session",
                         "-early_data $main::dir/early");
    ($first, $second) = $reply =~ m{\A(HTTP/.*?\})(HTTP/.*)\z}s;
    last if $first =~ / 425 /;
}
like($first, qr{^HTTP/1\.1 425 Too Early\r\n}, 'the status, with its phrase');
like($first, qr{^Content-Type: application/problem\+json\r\n}m, 'its type');
like($first, qr/"code":"too_early",.*"effect":"none","retry":"later"\}$/,
     'the problem');
unlike($first, qr{^Connection: close}m, 'the connection goes on');
like($second, qr{^HTTP/1\.1 200 .*"token":"t"}s, 'sent again');



=== TEST 3: what is too early is told before anything else
--- http_config eval: $main::server
--- config
--- upstream eval: $main::success
--- request
GET /
--- then
session();
my %close = (Connection => 'close');
replay(record($_))
    for message(method => 'GET'), message(body => '{'),
        message(headers => { 'Content-Type' => 'a/b' });
wait_until { log_lines() == 4 };
is_deeply([(log_lines())[1 .. 3]], [('425 1 r too_early') x 3], 'as logged');
write_file('early', message(method => 'GET', uri => '/metrics', body => '',
                            headers => \%close));
like(s_client('sleep 0.5', $main::tls,
              "-sess_in $main::dir/session -early_data $main::dir/early"),
     qr{^HTTP/1\.1 200 .*pickyassist_requests_total\{[^\}]*too_early"\} 3}s,
     'metrics may be early, and count those');



=== TEST 4: a proxy before this one tells of early data
--- upstream eval: $main::success
--- then
for my $value ('1', '', '0', '1, 1', 'x') {
    is(ask(headers => { 'Early-Data' => $value })->{status}, 425,
       "Early-Data: $value");
    is(ask(headers => { 'early-data' => $value })->{status}, 425,
       "early-data: $value");
}
is(ask(headers => { 'Early-Dat' => 1, 'X-Early-Data' => 1 })->{status}, 200,
   'other headers');
is(requests(), 2, 'the upstream got those that are not early');
