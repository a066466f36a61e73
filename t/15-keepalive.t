# Kept connections: how many, how long, for whom. What t/13-connections.t says
# of the connections of an upstream block holds for those that the module keeps
# itself; here it is tried again, and more.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Clock;
use PickyAssist::Dns;
use PickyAssist::Relay;

use IO::Select;
use JSON::PP ();
use Time::HiRes qw(time sleep);

our $success = '{"status":100,"api_token":["t"]}';
our $reply = PickyAssist::Upstream::message($success);

sub upstream { return $PickyAssist::Test::Upstreams[($_[0] // 1) - 1]{running} }
sub events { return upstream(@_)->events }

# Over which connection each request came, in order.
sub connections_used { return map { /^request (\d+)/ ? $1 : () } events(@_) }

sub ended { my ($number) = @_; return grep { $_ eq "eof $number" } events() }

# The status and code of a problem, as one string.
sub outcome {
    my ($reply) = @_;
    my $code = eval { JSON::PP::decode_json($reply->{body})->{code} } // 'ok';
    return "$reply->{status} $code";
}

sub issue {
    my ($times, %options) = @_;
    my %outcomes;
    $outcomes{outcome(ask(%options))}++ for 1 .. $times;
    return join ', ', map { "$outcomes{$_} x $_" } sort keys %outcomes;
}

# So many at the same time: all are sent before the first is answered.
sub at_once {
    my @clients = map { client() } @_;
    $clients[$_]->send(message(uri => $_[$_])) for 0 .. $#_;
    return @clients;
}

# nginx starts with another /etc/hosts, which only root can give it.
sub with_hosts {
    my ($text) = @_;
    my $dir = $PickyAssist::Test::Dir;
    our $nginx = $Test::Nginx::Util::NginxBinary;
    my %files = (hosts => $text, 'with-hosts' => <<"END");
#!/bin/sh
[ "\$1" = there ] || exec unshare -m "\$0" there "\$@"
shift
mount --bind $dir/hosts /etc/hosts
exec $nginx "\$@"
END
    for my $name (keys %files) {
        open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
        print $file $files{$name};
        close $file or die "$dir/$name: $!\n";
        chmod 0755, "$dir/$name";
    }
    $Test::Nginx::Util::NginxBinary = "$dir/with-hosts";
}

sub with_usual_hosts { $Test::Nginx::Util::NginxBinary = our $nginx }

# Waits until nginx must have done what it does when something has come.
sub settle { sleep 0.1 }

sub name_server {
    my ($answer) = @_;
    our $dns = PickyAssist::Dns->start(
        port => $ENV{TEST_NGINX_SPARE_PORT},
        dir => "$PickyAssist::Test::Dir/dns", answer => $answer);
    return PickyAssist::Test::helper($dns);
}

# The figures of a location /status.
sub connections_counted {
    my $status = ask(uri => '/status', method => 'GET', body => '')->{body};
    my $name = 'pickyassist_upstream_connections_total';
    return join ' ', map {
        $status =~ /^$name\{reused="$_"\} (\d+)/m ? $1 : '-'
    } 'yes', 'no';
}

# An upstream that ends a connection when nothing has come for so long, as web
# servers do; and the reply, where that is not the usual one.
sub impatient {
    my ($seconds, $text) = @_;
    return sub {
        my ($c) = @_;
        while (1) {
            my $end = time + $seconds;
            my $ready;
            # A signal cuts select() short.
            while (!$ready && (my $left = $end - time) > 0) {
                $ready = IO::Select->new($c->{socket})->can_read($left);
            }
            return if !$ready || !$c->request;
            $c->reply($text // $success);
        }
    };
}

# An upstream slow enough for requests that are sent at once to be under way at
# once, each over a connection of its own.
our $slow = sub {
    my ($c) = @_;
    while ($c->request) {
        $c->pause(0.2);
        $c->reply($success);
    }
};

# Behind its first reply another one, when there is a file of this name.
our $unasked = sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->send($reply);
        next if $request->{number} > 1;
        1 until -e "$PickyAssist::Test::Dir/go";
        $c->send($reply =~ s/"t"/"b"/r);
    }
};

# A reply of 1,024 bytes, and another one behind it in the same piece.
our $overflowing = sub {
    my ($c) = @_;
    while ($c->request) {
        my $first = $reply =~ s/(?=Content-Length)/X-Filler: \r\n/r;
        my $filler = 'x' x (1024 - length $first);
        $c->send(($first =~ s/(X-Filler: )/$1$filler/r)
                 . ($reply =~ s/"t"/"b"/r));
    }
};

# Replies with a Keep-Alive header, and whether the connection may be used
# again after 1.2 seconds, where the location would keep it for 30; -1: it is
# not kept at all.
our @announced = (
    ['timeout=2', 0],
    ['timeout=20', 1],
    ['timeout=1', -1],
    ['timeout=0', -1],
    ['timeout=2, max=100', 0],
    ['max=100, timeout=2', 0],
    ['max=100,TimeOut=2', 0],
    ["\ttimeout=2 ", 0],
    ['timeout=60, timeout=2', 0],
    ["timeout=2\r\nKeep-Alive: timeout=60", 0],
    ["timeout=60\r\nKeep-Alive: timeout=2", 0],
    ['timeout=60', 1],
    ['max=2', 1],
    ['xtimeout=2', 1],
    ['timeouts=2', 1],
    ['timeout=', 1],
    ['timeout', 1],
    ['timeout=x', 1],
    ['timeout=-2', 1],
    ['timeout=99999999999999999999', 1],
    ['timeout=2s', 0],
    ['', 1],
);
our $announce = sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($number) = $request->{uri} =~ m{^/(\d+)};
        my $field = "Keep-Alive: $announced[$number][0]\r\n";
        $c->send($reply =~ s/(?=Content-Length)/$field/r);
    }
};

sub announced_locations {
    my ($upstream) = @_;
    return join "\n", map { <<"END" } 0 .. $#announced;
    location = /$_ { pickyassist_pass http://$upstream/$_; }
END
}

sub announced_blocks {
    return join "\n", map { <<"END" } 0 .. $#announced;
    upstream block$_ {
        server 127.0.0.1:$ENV{TEST_NGINX_UPSTREAM_PORT};
        keepalive 2;
    }
END
}

sub check_announced {
    is(issue(2, uri => "/$_"), '2 x 200 ok', "first: $announced[$_][0]")
        for 0 .. $#announced;
    sleep 1.2;
    is(issue(1, uri => "/$_"), '1 x 200 ok', "again: $announced[$_][0]")
        for 0 .. $#announced;
    my @used = connections_used();
    for my $i (0 .. $#announced) {
        my ($first, $at_once, $later) = @used[2 * $i, 2 * $i + 1,
                                              2 * @announced + $i];
        is($at_once == $first ? 1 : 0, $announced[$i][1] >= 0 ? 1 : 0,
           "kept at first: $announced[$i][0]");
        is($later == $at_once ? 1 : 0, $announced[$i][1] == 1 ? 1 : 0,
           "kept: $announced[$i][0]");
    }
}

# The race: a vendor that ends connections that were idle for a second, 80 ms
# away, and requests at these times after the one before.
our @moments = map { $_ / 100 } 70, 74, 90, 92, 94, 96, 98, 100 .. 110;

sub race_locations {
    my ($url, @more) = @_;
    return join "\n", map { my $number = $_; <<"END" } 0 .. $#moments;
    location = /$number {
        pickyassist_pass http://${\($url =~ s/NUMBER/$number/r)}/$number;
        @more
    }
END
}

sub race_blocks {
    my (@more) = @_;
    return join "\n", map { <<"END" } 0 .. $#moments;
    upstream block$_ { server 127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}; @more }
END
}

sub relay {
    PickyAssist::Test::helper(PickyAssist::Relay->start(
        port => $ENV{TEST_NGINX_SPARE_PORT}, way => 0.08,
        to => $ENV{TEST_NGINX_UPSTREAM_PORT}));
}

# The outcome of each second request, by number; how many were delivered how
# often. Each has a project of its own, by which the vendor's record tells them
# apart.
sub race {
    my @clients = map { client() } @moments;
    my $message = sub {
        my ($number, $turn) = @_;
        return message(uri => "/$number", body => '{"project_id":'
            . (1000 * $turn + $number + 1) . ',"ip_whitelist":["192.0.2.1"]}');
    };
    $clients[$_]->send($message->($_, 1)) for 0 .. $#moments;

    # When each is due: so long after its first reply.
    my @due;
    my %waiting = map { fileno $clients[$_]{socket} => $_ } 0 .. $#moments;
    my $select = IO::Select->new(map { $_->{socket} } @clients);
    while (%waiting) {
        for my $socket ($select->can_read(10)) {
            my $number = delete $waiting{fileno $socket};
            push @due, [time + $moments[$number], $number];
            $select->remove($socket);
            is(outcome($clients[$number]->reply), '200 ok', 'the first');
        }
    }
    for my $one (sort { $a->[0] <=> $b->[0] } @due) {
        my $left = $one->[0] - time;
        sleep $left if $left > 0;
        $clients[$one->[1]]->send($message->($one->[1], 2));
    }
    my @replies = map { $_->reply } @clients;

    my %delivered;
    $delivered{$_}++ for upstream()->received =~ /"project_id":(\d+)/g;
    is(scalar(grep { $_ > 1 } values %delivered), 0, 'nothing came twice');

    my @used = connections_used();
    diag(sprintf 'requests after %s s: %s',
         join(' ', @moments), join ' ', map { outcome($_) } @replies)
        if $ENV{RACE_FIGURES};
    for my $number (0 .. $#moments) {
        my $delivered = $delivered{2000 + $number + 1} // 0;
        my $outcome = outcome($replies[$number]);
        ok($outcome eq '200 ok' ? $delivered == 1
           : $replies[$number]{body} =~ /unknown/,
           "after $moments[$number] s: $outcome, came $delivered times");
    }
    return map { outcome($_) } @replies;
}

# What a location may have otherwise than another one, so that it must not use
# the same connections.
our @trusts = (
    'pickyassist_ssl_verify off;',
    "pickyassist_ssl_verify off;\npickyassist_ssl_name other.test;",
    'pickyassist_ssl_server_name off;',
    'pickyassist_ssl_session_reuse off;',
    'pickyassist_ssl_verify_depth 3;',
    'pickyassist_ssl_protocols TLSv1.3;',
    'pickyassist_ssl_ciphers HIGH;',
    'pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/./ca.pem;',
    'pickyassist_ssl_crl $TEST_NGINX_CERTS/ca.crl;',
    map { "pickyassist_ssl_certificate \$TEST_NGINX_CERTS/$_->[0];\n"
          . "pickyassist_ssl_certificate_key \$TEST_NGINX_CERTS/$_->[1];" }
        ['client.pem', 'client.key'], ['client.pem', './client.key'],
        ['./client.pem', './client.key'],
);

sub trust_locations {
    return join "\n", map { <<"END" } 0 .. $#trusts;
    location = /$_ {
        pickyassist_pass https://api.test/$_;
        $trusts[$_]
    }
END
}

run_tests();

__DATA__

=== TEST 1: one connection and one handshake for 100 requests
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_name api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
    location = /status { pickyassist_status; }
--- upstream eval: $main::success
--- upstream_tls: good
--- upstream_received_unlike: (?i)\nConnection:
--- then
is(issue(99), '99 x 200 ok');
is(scalar(grep { /^handshake/ } events()), 1, 'handshakes');
is(connections_counted(), '99 1', 'counted');
--- upstream_requests: 100
--- upstream_connections: 1



=== TEST 2: the same with a host that is resolved at run time
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://api.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_tls: good
--- then
our $dns;
is(issue(99), '99 x 200 ok');
is(scalar(grep { /^handshake/ } events()), 1, 'handshakes');
is_deeply([$dns->questions], ['api.test'], 'one question');
--- upstream_requests: 100
--- upstream_connections: 1



=== TEST 3: the same without TLS, of a host that is resolved at start
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format sent '$upstream_bytes_sent to $upstream_addr';
--- config
    access_log logs/sent.log sent;
    location = /tokens {
        pickyassist_pass http://localhost:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- then
is(issue(99), '99 x 200 ok');
my %sent;
wait_until {
    %sent = ();
    $sent{$_}++ for split /\n/, PickyAssist::Client::slurp(
        "$ENV{TEST_NGINX_SERVROOT}/logs/sent.log");
    99 <= ((values %sent)[0] // 0);
};
is(scalar(keys %sent), 1, 'each has sent as much as the first, to the same')
    or diag(join ', ', sort keys %sent);
--- upstream_requests: 100
--- upstream_connections: 1



=== TEST 4: a unix socket
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen unix:$TEST_NGINX_SERVROOT/kept.sock;
        return 200 '{"status":100,"api_token":["$host-$connection_requests"]}';
    }
--- config
    location = /tokens {
        pickyassist_pass http://unix:$TEST_NGINX_SERVROOT/kept.sock:/api;
    }
--- response_body_like: "token":"localhost-1"
--- then
like(ask()->{body}, qr/"token":"localhost-2"/, 'kept');



=== TEST 5: TLS sessions are resumed, with a host that is resolved at run time
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://api.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
        pickyassist_keepalive off;
    }
    location = /never {
        pickyassist_pass https://api.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
        pickyassist_ssl_session_reuse off;
        pickyassist_keepalive off;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_tls: good
--- then
is(issue(4), '4 x 200 ok');
is(issue(4, uri => '/never'), '4 x 200 ok', 'turned off');
is_deeply([grep { /^resumed/ } events()], [map { "resumed $_" } 2 .. 5],
          'resumed');
--- upstream_connections: 9



=== TEST 6: the same over TLS 1.2
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://api.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
        pickyassist_keepalive off;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_tls: good SSL_version=TLSv1_2
--- then
is(issue(4), '4 x 200 ok');
is_deeply([grep { /^resumed/ } events()], [map { "resumed $_" } 2 .. 5],
          'resumed');



=== TEST 7: no longer than for a time since the last use
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 800ms;
    }
--- upstream eval: $main::success
--- then
for (1 .. 4) {
    sleep 0.4;
    is(issue(1), '1 x 200 ok', 'in time');
}
is_deeply([connections_used()], [(1) x 5], 'used longer than that in all');
ok(wait_until { ended(1) }, 'closed when its time is over');
like(error_log(), qr/ \d+#\d+: pickyassist: idle handler/,
     'which is not logged of the request that was the last');
is(issue(1), '1 x 200 ok', 'over');
--- upstream_connections: 2



=== TEST 8: four seconds, if nothing is said
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location /outer {
        pickyassist_keepalive 9 60s;
        location = /outer/number {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
            pickyassist_keepalive 2;
        }
    }
--- upstream eval: $main::success
--- then
is(issue(1, uri => '/outer/number'), '1 x 200 ok');
sleep 3.3;
is(scalar(ended($_)), 0, "$_ is still there") for 1, 2;
sleep 1.2;
is(scalar(ended($_)), 1, "$_ has ended") for 1, 2;



=== TEST 9: at the end of its time, which nginx has yet to learn of
The worker gets the request and the time-out of the connection in one turn, and
deals with the request first.
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 500ms;
    }
--- upstream eval: $main::success
--- then
my @workers = worker_pids();
kill 'STOP', @workers;
my ($client) = at_once('/tokens');
sleep 0.7;
kill 'CONT', @workers;
is(outcome($client->reply), '200 ok');
is_deeply([connections_used()], [1, 2], 'not used');



=== TEST 10: no more than so many
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 2;
    }
    location = /other {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 1;
    }
--- upstream eval: $main::slow
--- then
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 5);
is(issue(1, uri => '/other'), '1 x 200 ok', 'another location');
ok(wait_until { 3 == grep { /^eof/ } events() }, 'the others are closed');
sleep 0.3;
is(scalar(grep { /^eof/ } events()), 3, 'and no more');
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 5);
ok(wait_until { 6 == grep { /^eof/ } events() }, 'and as many once more');
is(outcome($_->reply), '200 ok') for at_once('/tokens', '/tokens', '/other');
--- upstream_requests: 15
--- upstream_connections: 9



=== TEST 11: more of them, where requests follow each other closely
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_name api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
        pickyassist_keepalive 1;
    }
--- upstream eval: $main::success
--- upstream_tls: good
--- then
my @clients = map { client() } 1 .. 8;
for my $turn (1 .. 20) {
    $_->send(message()) for @clients;
    is(scalar(grep { $_->reply->{status} == 200 } @clients), 8, "turn $turn");
}
my $made = grep { /^connection/ } events();
# 161 requests, of which 140 would find no connection if only one were kept. A
# busy machine may leave one alone for longer than the second.
cmp_ok($made, '<=', 60, 'few were made');
ok(wait_until { $made - 1 == grep { /^eof/ } events() }, 'one is left');



=== TEST 12: the one that was used last is used next, the first is given up
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 2 60s;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        $c->pause(0.2 * $c->number);
        $c->reply($main::success);
    }
}
--- then
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 3);
is(issue(2), '2 x 200 ok');
is_deeply([(connections_used())[-2, -1]], [3, 3], 'the last');
ok(wait_until { ended(1) }, 'the first is closed, long before its time');
like(error_log(), qr/event timer add: \d+: 1000:/, 'after a second');
settle();
is(scalar(ended($_)), 0, "and not number $_") for 2, 3;
--- upstream_connections: 3



=== TEST 13: off
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
    location = /status { pickyassist_status; }
--- upstream eval: $main::success
--- then
is(issue(4), '4 x 200 ok');
is(connections_counted(), '0 5', 'counted');
ok(wait_until { 5 == grep { /^eof/ } events() }, 'closed');
--- upstream_connections: 5



=== TEST 14: off, with a host that is resolved at run time
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive off;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass http://api.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- then
is(issue(4), '4 x 200 ok');
--- upstream_connections: 5



=== TEST 15: off, with an upstream block that keeps connections
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_keepalive off;
    }
    location = /kept {
        pickyassist_pass http://api.test;
    }
--- upstream eval: $main::success
--- then
is(issue(4), '4 x 200 ok');
ok(wait_until { 5 == grep { /^eof/ } events() }, 'closed');
is(issue(3, uri => '/kept'), '3 x 200 ok', 'another location');
is(issue(2), '2 x 200 ok', 'after it');
is_deeply([connections_used()], [1 .. 5, 6, 6, 6, 7, 8], 'used once');



=== TEST 16: an upstream block: no longer than for a time since the last use
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_keepalive 4 500ms;
    }
    location = /longer {
        pickyassist_pass http://api.test;
        pickyassist_keepalive 4 60s;
    }
    location = /status { pickyassist_status; }
--- upstream eval: $main::success
--- then
for (1 .. 3) {
    sleep 0.3;
    is(issue(1), '1 x 200 ok', 'in time');
}
sleep 0.6;
is(issue(2), '2 x 200 ok', 'over');
is_deeply([connections_used()], [1, 1, 1, 1, 2, 2], 'used');
ok(wait_until { ended(1) }, 'closed');
is(connections_counted(), '4 2', 'counted');
is(issue(1, uri => '/longer'), '1 x 200 ok', 'another location');
sleep 0.6;
is(issue(1, uri => '/longer'), '1 x 200 ok', 'with a longer time');
sleep 0.6;
is(issue(1), '1 x 200 ok', 'over for the one with the shorter time');
sleep 0.6;
is(issue(1, uri => '/longer'), '1 x 200 ok', 'and what that has used is');
is_deeply([(connections_used())[-4 .. -1]], [2, 2, 3, 4], 'used');



=== TEST 17: the same over TLS, which is resumed
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
        pickyassist_keepalive 4 500ms;
    }
--- upstream eval: $main::success
--- upstream_tls: good
--- then
is(issue(1), '1 x 200 ok', 'in time');
sleep 0.6;
is(issue(2), '2 x 200 ok', 'over');
is_deeply([connections_used()], [1, 1, 2, 2], 'used');
is_deeply([grep { /^resumed/ } events()], ['resumed 2'], 'resumed');



=== TEST 18: how long the vendor says that it keeps a connection
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive 4 30s;
--- config eval
main::announced_locations("127.0.0.1:$ENV{TEST_NGINX_UPSTREAM_PORT}")
--- request
GET /0
--- error_code: 405
--- upstream eval: $main::announce
--- then
check_announced();



=== TEST 19: the same with an upstream block
--- http_config eval
"pickyassist_master_token_file $ENV{TEST_NGINX_TOKEN_FILE};
 pickyassist_keepalive 4 30s;\n" . main::announced_blocks()
--- config eval
main::announced_locations('NUMBER') =~ s{NUMBER/(\d+)}{block$1/$1}gr
--- request
GET /0
--- error_code: 405
--- upstream eval: $main::announce
--- then
check_announced();



=== TEST 20: what the vendor says makes it no longer
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 500ms;
    }
    location = /fraction {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/2;
        pickyassist_keepalive 4 1900ms;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $seconds = $request->{uri} eq '/2' ? 2 : 60;
        $c->reply("HTTP/1.1 200 OK\nKeep-Alive: timeout=$seconds\n\n"
                  . $main::success);
    }
}
--- then
is(issue(1, uri => '/fraction'), '1 x 200 ok');
sleep 1.2;
is(scalar(ended(1)), 1, 'closed when its time is over');
is(scalar(ended(2)), 1, 'nor is a part of a second added');
is(issue(2), '2 x 200 ok');
is(issue(1, uri => '/fraction'), '1 x 200 ok');
is_deeply([connections_used()], [1, 2, 3, 3, 4], 'used');



=== TEST 21: each reply says it anew
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 10s;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $seconds = $request->{number} == 2 ? 60 : 2;
        $c->reply("HTTP/1.1 200 OK\nKeep-Alive: timeout=$seconds\n\n"
                  . $main::success);
    }
}
--- then
is(issue(1), '1 x 200 ok');
sleep 1.4;
is(issue(1), '1 x 200 ok', 'after the longer time');
sleep 1.4;
is(issue(1), '1 x 200 ok', 'after the shorter one');
is_deeply([connections_used()], [1, 1, 1, 2], 'used');



=== TEST 22: a reply that nobody asked for
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->send($main::reply);
        next if $request->{number} > 1;
        $c->pause(0.05);
        $c->send($main::reply =~ s/"t"/"b"/r);
    }
}
--- then
ok(wait_until { ended(1) }, 'closed');
unlike(ask()->{body}, qr/"b"/);
is_deeply([connections_used()], [1, 2], 'used');



=== TEST 23: a reply that nobody asked for, which nginx has yet to learn of
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream block {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /block { pickyassist_pass http://block; }
--- upstream eval: $main::unasked
--- upstream2 eval: $main::unasked
--- before
unlink "$PickyAssist::Test::Dir/go";
--- then
my @workers = worker_pids();
for my $row (['/tokens', 1], ['/block', 2]) {
    my ($uri, $upstream) = @$row;
    if ($upstream == 2) {
        unlink "$PickyAssist::Test::Dir/go";
        is(issue(1, uri => $uri), '1 x 200 ok');
    }
    # Accepted, so that the request is the first that the worker learns of.
    my $client = client();
    settle();
    kill 'STOP', @workers;
    $client->send(message(uri => $uri));
    sleep 0.1;
    open my $go, '>', "$PickyAssist::Test::Dir/go" or die $!;
    sleep 0.2;
    kill 'CONT', @workers;
    unlike($client->reply->{body}, qr/"b"/, $uri);
    is_deeply([connections_used($upstream)], [1, 2], "$uri - used");
}



=== TEST 24: one that is closed, found while there is another one
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->pause(0.1 * $c->number);
        $c->reply($main::success);
        next if $c->number != 3;
        1 until -e "$PickyAssist::Test::Dir/go";
        return;
    }
}
--- before
unlink "$PickyAssist::Test::Dir/go";
--- then
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 3);
my @workers = worker_pids();
kill 'STOP', @workers;
my ($client) = at_once('/tokens');
sleep 0.1;
open my $go, '>', "$PickyAssist::Test::Dir/go" or die $!;
sleep 0.2;
kill 'CONT', @workers;
is(outcome($client->reply), '200 ok');
is((connections_used())[-1], 2, 'the other one');
--- upstream_connections: 3



=== TEST 25: the last one closed, found while there is no other
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_name api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->reply($main::success);
        next if $c->number > 1;
        1 until -e "$PickyAssist::Test::Dir/go";
        return;
    }
}
--- upstream_tls: good
--- before
unlink "$PickyAssist::Test::Dir/go";
--- then
my @workers = worker_pids();
kill 'STOP', @workers;
my ($client) = at_once('/tokens');
sleep 0.1;
open my $go, '>', "$PickyAssist::Test::Dir/go" or die $!;
sleep 0.2;
kill 'CONT', @workers;
is(outcome($client->reply), '200 ok');
is_deeply([connections_used()], [1, 2], 'used');



=== TEST 26: one that ends with the next request is not tried again
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_next_upstream error timeout invalid_header http_500;
    }
    location = /reset {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub {
    my ($c) = @_;
    $c->reply($main::success) if $c->request;
    my $request = $c->request or return;
    $c->reset if $request->{uri} =~ /reset/;
}
--- then
my $reply = ask();
is(outcome($reply), '502 upstream_invalid_response');
like($reply->{body}, qr/unknown/, 'the detail says that it may have arrived');
is(issue(1, uri => '/reset'), '1 x 200 ok');
is(issue(1, uri => '/reset'), '1 x 502 upstream_invalid_response', 'reset');
--- upstream_requests: 4
--- upstream_connections: 2



=== TEST 27: locations do not share connections
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/unverified;
        pickyassist_ssl_verify off;
    }
    location = /verified {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/verified;
    }
    location = /resolved-unverified {
        pickyassist_pass https://vendor.test:$TEST_NGINX_UPSTREAM_PORT/un;
        pickyassist_ssl_verify off;
    }
    location = /resolved {
        pickyassist_pass https://vendor.test:$TEST_NGINX_UPSTREAM_PORT/verified;
    }
--- before
name_server(sub { return { addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_tls: self-signed
--- then
is(issue(1, uri => '/resolved-unverified'), '1 x 200 ok');
for my $uri ('/verified', '/resolved') {
    is(issue(2, uri => $uri), '2 x 502 upstream_unreachable', $uri);
}
is(issue(1), '1 x 200 ok');
is(issue(1, uri => '/resolved-unverified'), '1 x 200 ok');
is_deeply([connections_used()], [1, 2, 1, 2], 'used');
--- upstream_received_unlike: POST /verified



=== TEST 28: a block's connections are shared by those who trust alike
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 32;
    }
--- config eval
main::trust_locations() . <<'END';
    location = /tokens { pickyassist_pass https://api.test; }
    location = /alike {
        pickyassist_pass https://api.test/alike;
        pickyassist_ssl_name api.test;
        pickyassist_read_timeout 5s;
    }
END
--- upstream eval: $main::success
--- upstream_tls: good
--- then
is(issue(1, uri => '/alike'), '1 x 200 ok') for 1 .. 3;
is(issue(1), '1 x 200 ok') for 1 .. 3;
is_deeply([connections_used()], [(1) x 7], 'shared');
for my $i (0 .. $#main::trusts) {
    # With the location that has none of these, and with the one before.
    for my $uri ('/tokens', $i ? '/' . ($i - 1) : ()) {
        is(issue(1, uri => $uri), '1 x 200 ok');
        my $other = (connections_used())[-1];
        is(issue(1, uri => "/$i"), '1 x 200 ok', $main::trusts[$i]);
        isnt((connections_used())[-1], $other,
             "not shared with $uri: $main::trusts[$i]");
    }
}



=== TEST 29: a connection from another address is not used
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_bind $arg_from;
    }
    location = /block {
        pickyassist_pass http://api.test;
        pickyassist_bind $arg_from;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        my $from = $c->{socket}->peerhost;
        $c->reply(qq({"status":100,"api_token":["$from"]}));
    }
}
--- then
for my $from ('127.0.0.2', '127.0.0.3', '127.0.0.2', '', '127.0.0.3', '') {
    my $address = $from || '127.0.0.1';
    like(ask(uri => "$_?from=$from")->{body}, qr/"token":"\Q$address\E"/,
         "$_ from $address") for '/tokens', '/block';
}
my @used = connections_used();
# The first request was /tokens without an address.
is_deeply([@used[map { 2 * $_ + 1 } 0 .. 5]],
          [@used[1, 3, 1, 0, 3, 0]], 'each is used again');



=== TEST 30: an address that the name has no more
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    server {
        listen 127.0.0.2:$TEST_NGINX_UPSTREAM_PORT;
        return 200 '{"status":100,"api_token":["moved-$connection_requests"]}';
    }
--- config
    location = /tokens {
        pickyassist_pass http://vendor.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
        pickyassist_keepalive 4 60s;
    }
--- before
name_server(sub {
    my ($name, $number) = @_;
    return { ttl => 1, addresses => [$number == 1 ? '127.0.0.1'
                                                  : '127.0.0.2'] };
});
--- upstream eval: $main::success
--- response_body_like: "token":"t"
--- then
sleep 2.1;
like(ask()->{body}, qr/"token":"moved-1"/, 'the new address');
like(ask()->{body}, qr/"token":"moved-2"/, 'kept');
is(scalar(ended(1)), 0, 'the old one is still there');
--- upstream_requests: 1



=== TEST 31: of several addresses, the one to which there is a connection
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
is(issue(20), '20 x 200 ok');
my $refused = () = error_log() =~ /Connection refused/g;
ok($refused <= 2, 'the others were tried at most once');
--- upstream_requests: 21
--- upstream_connections: 1



=== TEST 32: what proxy_pass has kept is not used
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /proxy {
        proxy_pass http://api.test;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- request
GET /proxy
--- upstream eval: $main::success
--- then
is(issue(2), '2 x 200 ok');
is_deeply([connections_used()], [1, 2, 2], 'its age is not known');



=== TEST 33: a reload closes what is kept, and no worker stays
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive 4 60s;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /tls {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        pickyassist_ssl_name api.test;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    }
--- upstream eval: $main::slow
--- upstream2 eval: $main::slow
--- upstream2_tls: good
--- then
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 3, ('/tls') x 3);
my %old = map { $_ => 1 } worker_pids();
kill 'HUP', master_pid();
ok(wait_until { my @pids = worker_pids(); @pids && !grep { $old{$_} } @pids },
   'the old worker is gone');
for my $upstream (1, 2) {
    ok(wait_until { 3 == grep { /^eof/ } events($upstream) }, 'all are closed');
}
is(issue(2), '2 x 200 ok', 'new ones');
is(issue(2, uri => '/tls'), '2 x 200 ok', 'new ones over TLS');



=== TEST 34: a request that ends after the reload keeps nothing
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 60s;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->pause(1) if $request->{number} == 2;
        $c->reply($main::success);
    }
}
--- then
my ($client) = at_once('/tokens');
ok(wait_until { 2 == connections_used() }, 'sent');
my %old = map { $_ => 1 } worker_pids();
kill 'HUP', master_pid();
is(outcome($client->reply), '200 ok');
ok(wait_until { my @pids = worker_pids(); @pids && !grep { $old{$_} } @pids },
   'the old worker is gone');
ok(wait_until { ended(1) }, 'closed');



=== TEST 35: a client that leaves while the name is being resolved
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
--- config
    location = /tokens {
        pickyassist_pass http://vendor.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
        pickyassist_ignore_client_abort off;
    }
    location = /ignored {
        pickyassist_pass http://vendor.test:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_allow_plaintext on;
    }
--- before
# Answers only what is asked a second time, which nginx does after 5 seconds.
name_server(sub {
    my ($name, $number) = @_;
    return $number == 1 ? undef : { addresses => ['127.0.0.1'] };
});
--- request
GET /tokens
--- error_code: 405
--- upstream eval: $main::success
--- then
our $dns;
my @clients = at_once('/tokens', '/ignored');
ok(wait_until { $dns->questions }, 'asked');
sleep 0.1;
$_->close for @clients;
ok(wait_until { access_log() =~ m{POST /tokens.* 499 } }, 'gone');
ok(wait_until { connections_used() }, 'the other one is sent');
--- upstream_requests: 1
--- upstream_received eval: qr/^POST/
--- timeout: 12



=== TEST 36: the race, without a block, with a time below the vendor's
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive 4 800ms;
--- config eval: main::race_locations('127.0.0.1:$TEST_NGINX_SPARE_PORT')
--- before
relay();
--- upstream eval: main::impatient(1)
--- request
GET /0
--- error_code: 405
--- then
my @outcomes = race();
is(scalar(grep { $_ ne '200 ok' } @outcomes), 0, 'none was lost');
my %times;
$times{$_}++ for connections_used();
ok(scalar(grep { $_ == 2 } values %times), 'some connection was used again');



=== TEST 37: the race, without a block, with a time above the vendor's
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive 4 10s;
--- config eval: main::race_locations('127.0.0.1:$TEST_NGINX_SPARE_PORT')
--- before
relay();
--- upstream eval: main::impatient(1)
--- request
GET /0
--- error_code: 405
--- then
my @outcomes = race();
my @lost = grep { $_ ne '200 ok' } @outcomes;
ok(scalar(@lost), 'some were lost');
is(scalar(grep { $_ ne '502 upstream_invalid_response' } @lost), 0, 'so');



=== TEST 38: the race, without a block, where the vendor says its time
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive 4 10s;
--- config eval: main::race_locations('127.0.0.1:$TEST_NGINX_SPARE_PORT')
--- before
relay();
--- upstream eval
main::impatient(1, "HTTP/1.1 200 OK\nKeep-Alive: timeout=1\n\n$main::success")
--- request
GET /0
--- error_code: 405
--- then
my @outcomes = race();
is(scalar(grep { $_ ne '200 ok' } @outcomes), 0, 'none was lost');



=== TEST 39: the race, with a block, with a time below the vendor's
--- http_config eval
"pickyassist_master_token_file $ENV{TEST_NGINX_TOKEN_FILE};
 pickyassist_keepalive 4 800ms;\n" . main::race_blocks('keepalive 4;')
--- config eval: main::race_locations('blockNUMBER')
--- before
relay();
--- upstream eval: main::impatient(1)
--- request
GET /0
--- error_code: 405
--- then
my @outcomes = race();
is(scalar(grep { $_ ne '200 ok' } @outcomes), 0, 'none was lost');
my %times;
$times{$_}++ for connections_used();
ok(scalar(grep { $_ == 2 } values %times), 'some connection was used again');



=== TEST 40: the race, with a block, with a time above the vendor's
--- http_config eval
"pickyassist_master_token_file $ENV{TEST_NGINX_TOKEN_FILE};
 pickyassist_keepalive 4 10s;\n" . main::race_blocks('keepalive 4;')
--- config eval: main::race_locations('blockNUMBER')
--- before
relay();
--- upstream eval: main::impatient(1)
--- request
GET /0
--- error_code: 405
--- then
my @outcomes = race();
my @lost = grep { $_ ne '200 ok' } @outcomes;
ok(scalar(@lost), 'some were lost');
is(scalar(grep { $_ ne '502 upstream_invalid_response' } @lost), 0, 'so');



=== TEST 41: the race, with a block that says nothing of kept connections
nginx 1.29.7 and newer keeps them all the same.
--- http_config eval
"pickyassist_master_token_file $ENV{TEST_NGINX_TOKEN_FILE};
 pickyassist_keepalive 4 800ms;\n" . main::race_blocks()
--- config eval: main::race_locations('blockNUMBER')
--- before
relay();
--- upstream eval: main::impatient(1)
--- request
GET /0
--- error_code: 405
--- then
my @outcomes = race();
is(scalar(grep { $_ ne '200 ok' } @outcomes), 0, 'none was lost');
my %times;
$times{$_}++ for connections_used();
is(scalar(grep { $_ == 2 } values %times) ? 1 : 0,
   $ENV{TEST_NGINX_VERSION_NUM} >= 1029007 ? 1 : 0, 'used again');



=== TEST 42: a block whose servers are resolved at run time
--- skip_nginx
1: < 1.27.3
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive 4 60s;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    upstream api.test {
        zone api 128k;
        server vendor.test:$TEST_NGINX_UPSTREAM_PORT resolve;
        keepalive 4;
    }
    server {
        listen 127.0.0.2:$TEST_NGINX_UPSTREAM_PORT;
        return 200 '{"status":100,"api_token":["moved-$connection_requests"]}';
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_allow_plaintext on;
    }
    location = /status { pickyassist_status; }
--- before
unlink "$PickyAssist::Test::Dir/go";
name_server(sub {
    return { ttl => 1, addresses => [-e "$PickyAssist::Test::Dir/go"
                                     ? '127.0.0.2' : '127.0.0.1'] };
});
--- upstream eval: $main::success
--- request
GET /tokens
--- error_code: 405
--- then
ok(wait_until { outcome(ask()) eq '200 ok' }, 'resolved');
is(issue(20), '20 x 200 ok');
is(scalar(grep { /^connection/ } events()), 1, 'kept');

open my $go, '>', "$PickyAssist::Test::Dir/go" or die $!;
my %outcomes;
my $moved = wait_until {
    my $reply = ask();
    $outcomes{outcome($reply)}++;
    $reply->{body} =~ /"token":"moved-/;
};
ok($moved, 'moved');
is_deeply([keys %outcomes], ['200 ok'], 'no request is lost meanwhile');
like(ask()->{body}, qr/"token":"moved-\d+"/, 'for good') for 1 .. 5;
like(ask()->{body}, qr/"token":"moved-[2-9]"/, 'and kept');



=== TEST 43: TLS with a block whose servers are resolved at run time
--- skip_nginx
1: < 1.27.3
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT ipv6=off;
    upstream api.test {
        zone api 128k;
        server vendor.test:$TEST_NGINX_UPSTREAM_PORT resolve;
        keepalive 4;
    }
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
    }
    location = /once {
        pickyassist_pass https://api.test;
        pickyassist_keepalive off;
    }
--- before
name_server(sub { return { ttl => 1, addresses => ['127.0.0.1'] } });
--- upstream eval: $main::success
--- upstream_tls: good
--- request
GET /tokens
--- error_code: 405
--- then
ok(wait_until { outcome(ask()) eq '200 ok' }, 'resolved');
is(issue(5), '5 x 200 ok');
is(issue(3, uri => '/once'), '3 x 200 ok', 'used once');
is_deeply([connections_used()], [(1) x 6, 2, 3, 4], 'used');
is_deeply([grep { /^resumed/ } events()], [map { "resumed $_" } 2 .. 4],
          'resumed');



=== TEST 44: a block that says nothing of kept connections
--- skip_nginx
1: < 1.29.7
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_keepalive 4 500ms;
    }
    location = /other {
        pickyassist_pass http://api.test;
    }
    location = /off {
        pickyassist_pass http://api.test;
        pickyassist_keepalive off;
    }
--- upstream eval: $main::success
--- then
is(issue(3), '3 x 200 ok');
is(issue(3, uri => '/other'), '3 x 200 ok', 'another location');
is(issue(3, uri => '/off'), '3 x 200 ok', 'turned off');
sleep 0.7;
is(issue(2), '2 x 200 ok', 'over');
is(issue(2, uri => '/other'), '2 x 200 ok', 'another location is not');
is_deeply([connections_used()],
          [(1) x 4, (2) x 3, 3, 4, 5, 6, 6, 2, 2], 'used');



=== TEST 45: an address that has failed, to which there is a connection
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen 127.0.0.2:$TEST_NGINX_UPSTREAM_PORT;
        keepalive_timeout 0;
        return 200 '{"status":100,"api_token":["other"]}';
    }
--- config eval
my $host = $> ? '127.0.0.2' : 'two.test';
"location = /tokens {
    pickyassist_pass http://$host:\$TEST_NGINX_UPSTREAM_PORT;
    pickyassist_keepalive 4 60s;
}"
--- before
with_clock();
with_hosts("127.0.0.1 two.test\n127.0.0.2 two.test\n") if !$>;
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        return $c->reset if $c->number == 2;
        $c->pause(1);
        $c->reply($main::success);
    }
}
--- request
GET /tokens
--- error_code: 405
--- then
without_clock();
SKIP: {
    Test::More::skip('only root can have another /etc/hosts', 1) if $>;
    with_usual_hosts();
    is(join(' ', sort map { outcome($_->reply) } at_once(('/tokens') x 4)),
       '200 ok 200 ok 200 ok 502 upstream_invalid_response',
       'two at each address, of which one fails');
    my $others = sub {
        return scalar(() = map { ask()->{body} =~ /"other"/g } 1 .. 5);
    };
    is($others->(), 5, 'then the other one is asked');
    is(upstream()->count('request'), 2, 'alone');
    is(scalar(ended(1)), 0, 'though a connection is kept');
    Test::More::skip(no_clock(), 1) if no_clock();
    forward(3);
    is($others->(), 5, 'and three seconds later');
    forward(9);
    is(outcome(ask()), '200 ok', 'but not for ever');
    is((connections_used())[-1], 1, 'the kept one is used');
}



=== TEST 46: one server alone is asked over what is kept, if it has failed too
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 60s;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        return $c->reset if $c->number == 2;
        $c->pause(0.3);
        $c->reply($main::success);
    }
}
--- then
is(join(' ', sort map { outcome($_->reply) } at_once(('/tokens') x 2)),
   '200 ok 502 upstream_invalid_response', 'two at once, of which one fails');
is(issue(2), '2 x 200 ok');
is_deeply([(connections_used())[-2, -1]], [1, 1], 'the kept one is used');



=== TEST 47: a reply that nobody asked for, behind one that fills the buffer
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_buffer_size 1k;
    pickyassist_keepalive 4 60s;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
    upstream block {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /tls {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /block { pickyassist_pass https://block; }
--- upstream eval: $main::overflowing
--- upstream2 eval: $main::overflowing
--- upstream2_tls: good
--- then
ok(wait_until { ended(1) }, 'closed at once');
for my $uri ('/tls', '/block') {
    unlike(ask(uri => $uri)->{body}, qr/"b"/, $uri) for 1 .. 3;
}
is_deeply([connections_used(2)], [1 .. 6], 'each is used once');



=== TEST 48: for an hour since it was made, however often it is used
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 4 3h;
    }
--- before
with_clock();
--- upstream eval: $main::success
--- then
without_clock();
SKIP: {
    Test::More::skip(no_clock(), 1) if no_clock();
    is(issue(1), '1 x 200 ok');
    forward(3500);
    is(issue(2), '2 x 200 ok', 'before it is over');
    forward(200);
    is(issue(3), '3 x 200 ok', 'when it is over');
    # What is kept is used once more, and not kept again.
    is_deeply([connections_used()], [(1) x 5, 2, 2], 'used');
    ok(wait_until { ended(1) }, 'closed');
}



=== TEST 49: a connection that is surplus and has less than a second left
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 1 20s;
    }
    location = /short {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        pickyassist_keepalive 1 500ms;
    }
--- before
unlink "$PickyAssist::Test::Dir/go";
with_clock();
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        $c->pause(0.01) while $c->number == 2
                              && !-e "$PickyAssist::Test::Dir/go";
        $c->reply($main::success);
    }
}
--- upstream2 eval: $main::slow
--- then
without_clock();
SKIP: {
    Test::More::skip(no_clock(), 1) if no_clock();
    # The second is answered when the first has been kept for long.
    my @clients = at_once('/tokens', '/tokens');
    ok(wait_until { 2 == (() = error_log() =~ /keep connection/g) }, 'kept');
    forward(19.6);
    open my $go, '>', "$PickyAssist::Test::Dir/go" or die $!;
    is(outcome($_->reply), '200 ok') for @clients;
    ok(wait_until { ended(1) }, 'closed');
}
is(outcome($_->reply), '200 ok') for at_once(('/short') x 3);
ok(wait_until { 3 == grep { /^eof/ } events(2) }, 'closed');
unlike(error_log(), qr/event timer add: \d+: 1000:/, 'not a second later');



=== TEST 50: those that are surplus, the last one first
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive 1 60s;
    }
--- upstream eval
sub {
    my ($c) = @_;
    while ($c->request) {
        $c->pause(0.15 * $c->number);
        $c->reply($main::success);
    }
}
--- then
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 3);
is(outcome($_->reply), '200 ok') for at_once(('/tokens') x 2);
my @used = (connections_used())[-2, -1];
is(scalar(grep { $_ == 3 } @used), 1, 'after the one that is kept');
# On a busy machine both of them may have been closed by then.
is(scalar(grep { $_ == 1 } @used), 0, 'the first is not used');
