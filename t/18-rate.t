# Contract section 17: how many requests are sent, by several workers that are
# reloaded and killed.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use IO::Select;
use JSON::PP ();
use Time::HiRes qw(time);

workers(2);
log_level('info');

$PickyAssist::Upstream::Lifetime = 300;

# The vendor: notes when it got which request, and does what its project says.
our ($held, $disabled, $unavailable) = (1001, 1002, 1003);

sub gate { return "$PickyAssist::Test::Dir/gate" }
sub shut_gate { unlink gate() }
sub open_gate { open my $file, '>', gate() or die "gate: $!\n" }

sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($project) = $request->{body} =~ /"project_id":(\d+)/;
        $c->{upstream}->event(sprintf 'got %d %.6f', $project, time);
        $c->pause(0.01) while $project == $held && !-e gate();
        $c->reply($project == $disabled ? 'HTTP/1.1 410 Gone'
                  : $project == $unavailable
                  ? 'HTTP/1.1 503 Service Unavailable'
                  : '{"status":100,"api_token":["t"]}');
    }
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }
sub got_all { return map { /^got (\d+) (.*)/ ? [$1, $2] : () }
                     upstream()->events }
sub got { return map { $_->[0] } got_all() }
sub got_at { return map { $_->[1] } got_all() }

# The servers of a block, with these locations in both: path => directives.
our $Vendor = 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT';

sub locations {
    my (%locations) = @_;
    return CORE::join '', map {
        my $url = $locations{$_} =~ s/^(http\S+) // ? $1 : $Vendor;
        "location = $_ { pickyassist_pass $url; $locations{$_} }\n"
    } sort keys %locations;
}

sub http {
    my (%locations) = @_;
    return 'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
            add_header X-Breaker $pickyassist_breaker always;
            add_header X-Worker $pid always;
            pickyassist_disabled_ttl 0;
            server {' . $PickyAssist::Workers::Listen . locations(%locations)
           . 'location = /json { pickyassist_status json; } }';
}

our $spare = $ENV{TEST_NGINX_SPARE_PORT};

# Another token, of which the last byte alone is another.
our $nearly = $ENV{TEST_NGINX_TOKEN} =~ s/(.)\z/chr(1 ^ ord $1)/er;

sub tokens_of {
    my ($project) = @_;
    return qq({"project_id":$project,"ip_whitelist":"192.0.2.1"});
}

# Sends a request over a connection of its own, or this client's; the client,
# to get the reply from.
sub start {
    my ($project, %options) = @_;
    my $client = $options{client} // client(port => $spare);
    $client->send(message(uri => '/tokens', %options,
                          body => tokens_of($project)));
    return $client;
}

# "STATUS", "STATUS CODE" or "STATUS CODE Retry-After".
sub seen {
    my ($reply) = @_;
    return 'nothing' if !$reply;
    my ($code) = $reply->{body} =~ /"code":"(\w+)"/;
    return CORE::join ' ', $reply->{status}, $code // (),
                           $reply->{headers}{'retry-after'} // ();
}

sub post { return seen(start(@_)->reply) }

sub waiting {
    my $reply = ask(port => $spare, method => 'GET', uri => '/json',
                    body => '', headers => { 'Content-Type' => undef });
    return JSON::PP->new->decode($reply->{body})
               ->{pickyassist_requests_waiting};
}

# Starts requests one after the other, each when the one before it waits.
sub queue_up {
    my (@projects) = @_;
    my $before = waiting();
    my @clients;
    for my $project (@projects) {
        push @clients, ref $project ? start(@$project) : start($project);
        my $wanted = $before + @clients;
        wait_until { waiting() == $wanted } or die "not $wanted wait\n";
    }
    return @clients;
}

sub sleep_for { select undef, undef, undef, $_[0] if $_[0] > 0 }

# Whether the times are that far apart, within this much.
sub apart {
    my ($interval, $tolerance, @times) = @_;
    my @wrong = grep { abs($times[$_] - $times[0] - $_ * $interval)
                       > $tolerance } 0 .. $#times;
    return "@wrong";
}

sub rate {
    open my $file, '>', "$PickyAssist::Test::Dir/rate.conf" or die "$!\n";
    print $file "pickyassist_rate @_;\n";
}

run_tests();

__DATA__

=== TEST 1: one goes, the next is told when it may
--- http_config eval: ::http('/tokens' => 'pickyassist_rate 30r/m;')
--- config
--- upstream eval: \&::vendor
--- upstream_requests: 2
--- request
GET /nothing
--- error_code: 404
--- then
my $start = time;
is(post(1), '200', 'the first one goes at once');
my ($reply, @wrong, %told);
while (1) {
    my $before = time;
    $reply = start(2)->reply;
    last if $reply->{status} != 429;
    my $after = $reply->{headers}{'retry-after'};
    $told{$after} = $reply;
    # Between the two times it went at.
    my $most = POSIX::ceil($start + 2.05 - $before);
    push @wrong, "$after is not from 1 to $most" if $after < 1 || $after > $most;
    sleep_for(0.05);
}
is($reply->{status}, 200, 'the second one goes');
cmp_ok(time - $start, '>=', 2, 'not before it may');
cmp_ok(time - $start, '<', 2.5, 'and soon after');
is("@wrong", '', 'each is told when');
is(CORE::join(' ', sort keys %told), '1 2', 'in whole seconds, rounded up');

$reply = $told{2};
like($reply->{body}, qr/^\{"type":"urn:pickyassist:problem:rate_limited"/,
     'a problem document');
like($reply->{body}, qr/"effect":"none","retry":"later"/, 'with its advice');
my ($id) = $reply->{body} =~ /"request_id":"([0-9a-f]{32})"/;
like(error_log(), qr/\[warn\] .* request $id was not sent: rate_limited/,
     'which is logged');



=== TEST 2: a burst waits, in order, and no more than that
--- http_config eval: ::http('/tokens' => 'pickyassist_rate 2r/s burst=3;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
is(waiting(), 0, 'nobody waits');
my $start = time;
my ($first) = start(1);
wait_until { got() == 1 };
my @clients = ($first, queue_up(2, 3, 4));
my $queued = time;
is(waiting(), 3, 'three wait');
is(post(5), '429 rate_limited 1', 'one more does not');
is(CORE::join(' ', map { seen($_->reply) } @clients), '200 200 200 200',
   'all get their answers');
is(CORE::join(' ', got()), '1 2 3 4', 'in the order in which they came');
is(apart(0.5, 0.2, got_at()), '', 'each at its time');
is(waiting(), 0, 'nobody waits any more');
like(error_log(), qr/\[info\] .* request [0-9a-f]{32} waits \d+ ms for its turn/,
     'that they wait is logged');
my @ms = error_log() =~ / waits (\d+) ms for its turn/g;
is(CORE::join(' ', grep { $ms[$_] > 500 * ($_ + 1) } 0 .. $#ms), '',
   'and how long');
cmp_ok($ms[2], '>', 1000 * ($start + 1.5 - $queued) - 1, 'in milliseconds');

sleep_for(1.5);
my @again = map { start($_) } 6 .. 9;
is(CORE::join(' ', map { seen($_->reply) } @again), '200 200 200 200',
   'the same again');
is(apart(0.5, 0.2, (got_at())[4 .. 7]), '',
   'what was not used in between is over');



=== TEST 3: nobody waits longer than "wait"
--- http_config eval
::http('/tokens' => 'pickyassist_rate 60r/m burst=10 wait=1500ms;',
       '/zero' => 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/zero '
                  . 'pickyassist_rate 60r/m burst=10 wait=0;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my $start = time;
my $first = start(1);
wait_until { got() == 1 };
my ($second) = queue_up(2);
my $seen = post(3);
is($seen, '429 rate_limited 1', 'two seconds are too long')
    if time - $start < 0.5;
is(seen($first->reply), '200', 'the first');
sleep_for($start + 0.6 - time);
my ($third) = start(4);
is(seen($third->reply), '200', 'after half a second there is a place');
is(seen($second->reply), '200', 'the second');
is(CORE::join(' ', got()), '1 2 4', 'in order');
is(apart(1, 0.25, got_at()), '', 'in time');

is(post(1, uri => '/zero'), '200', 'without waiting: the first');
is(post(1, uri => '/zero'), '429 rate_limited 1', 'the second');



=== TEST 4: one budget for the same URL and token
--- http_config eval
<<'EOT'
    pickyassist_rate 3r/m;
EOT
. ::http('/one' => '', '/two' => 'pickyassist_rate 3r/m burst=5 wait=1s;',
         '/if' => 'if ($arg_a) { set $b 1; }',
         '/spelt' => 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT'
                     . '/app/api/v2/pm/create-api-token ',
         '/path' => 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/other ',
         '/token' => 'pickyassist_master_token another;',
         '/last-byte' => "pickyassist_master_token $::nearly;",
         '/same-token' => 'pickyassist_master_token $TEST_NGINX_TOKEN;',
         '/off' => 'pickyassist_rate off;')
--- config eval: ::locations('/main' => '')
--- upstream eval: \&::vendor
--- token_may_be_logged
--- request
GET /nothing
--- error_code: 404
--- then
my ($worker, $other) = active_workers();
is(post(1, uri => '/one', client => client_of($worker)), '200',
   'one location');
for my $uri ('/one', '/two', '/if', '/if?a=1', '/spelt', '/same-token') {
    like(post(2, uri => $uri, client => client_of($_)),
         qr/^429 rate_limited (?:1\d|20)$/, "$uri: the same budget")
        for $worker, $other;
}
like(seen(ask(uri => '/main', body => tokens_of(2))), qr/^429/,
     'of another server, too');
for my $uri ('/path', '/token', '/last-byte') {
    is(post(3, uri => $uri), '200', "$uri: another budget");
    like(post(4, uri => $uri), qr/^429/, "$uri: with a limit of its own");
}
is(post(5, uri => '/off'), '200', 'none where it is off') for 1 .. 3;
like(post(6, uri => '/one'), qr/^429/, 'which is not counted');



=== TEST 5: only what is sent counts
--- http_config eval
::http('/tokens' => 'pickyassist_rate 3r/m;',
       '/refused' => 'pickyassist_require 0; pickyassist_rate 3r/m;',
       '/key' => 'pickyassist_idempotency scope=x; pickyassist_rate 3r/m;',
       '/off' => "$::Vendor/off pickyassist_disabled_ttl 60s;
                  pickyassist_rate 3r/m;",
       '/on' => "$::Vendor/off pickyassist_rate 3r/m;")
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
for (1 .. 40) {
    ask(port => $::spare, body => '{');
    ask(port => $::spare, body => '{}');
}
is(post(1, uri => '/refused'), '403 not_allowed', 'a request that may not');
my @key = (uri => '/key', headers => { 'Idempotency-Key' => 'k' });
is(post(1, @key), '200', 'there is a turn yet');
is(post(1, @key), '200', 'a replay needs none');
is(scalar(got()), 1, 'since it is not sent');
@key = (uri => '/key', headers => { 'Idempotency-Key' => 'l' });
like(post(1, @key), qr/^429/, 'the next one has none');
like(post(2, @key), qr/^429/, 'and its key is free again');

is(post($::disabled, uri => '/off'), '410 endpoint_disabled', 'it is sent');
like(post(3, uri => '/off'), qr/^410/, 'the breaker refuses') for 1 .. 3;
like(post(4, uri => '/on'), qr/^429/, 'one that it lets through has no turn');



=== TEST 6: clients that leave while they wait
--- http_config eval
::http('/another' => "$::Vendor/another pickyassist_rate 40r/m;",
       '/tokens' => 'pickyassist_rate 40r/m burst=3;',
       '/short' => 'pickyassist_rate 40r/m burst=3;
                    pickyassist_ignore_client_abort off;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my ($worker) = active_workers();
my @clients = map { client_of($worker) } 1 .. 7;
my @here = map { [client => $_] } @clients;
my @short = map { [client => $_, uri => '/short'] } @clients;
start(1, @{$here[0]});
wait_until { got() == 1 };
my ($two, $three, $four) = queue_up(map { [$_, @{$short[$_ - 1]}] } 2 .. 4);
is(post(5, @{$here[4]}), '429 rate_limited 2', 'three wait');
$two->close;
wait_until { waiting() == 2 } or die "it waits yet\n";
my ($six) = queue_up([6, @{$here[5]}]);
is(post(7, @{$here[6]}), '429 rate_limited 2', 'there was one place');
$six->close;
$four->reset;
wait_until { waiting() == 2 } or die "they wait yet\n";
sleep_for(0.2);
is(waiting(), 2, 'the one that stays, and the one that is not let go');
is(seen($three->reply), '200', 'the one that stays');
wait_until { got() == 3 };
is(CORE::join(' ', got()), '1 3 6',
   'who left is not sent, unless ignore_client_abort is on');
is(apart(1.5, 0.4, got_at()), '', 'those behind have moved up');
wait_until { 2 == (() = access_log() =~ / 499 /g) };
is(scalar(() = access_log() =~ / 499 /g), 2, 'nginx logs who left');



=== TEST 7: who waits asks the breaker again
--- http_config eval
::http('/tokens' => 'pickyassist_rate 2r/s burst=9;
                     pickyassist_disabled_ttl 1200ms;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my $first = start(1);
wait_until { got() == 1 };
# Their turns are at 0.5, 1, 1.5, 2, 2.5 s; the breaker is half open from 1.7 s.
my @clients = queue_up($::disabled, 3, 4, 5, 6);
is(seen($first->reply), '200', 'the first');
my @seen = map { my $reply = $_->reply;
                 $reply->{status} . " $reply->{headers}{'x-breaker'}" }
               @clients;
is_deeply(\@seen, ['410 closed', '410 open', '410 open', '200 half_open',
                   '200 closed'], 'each is judged at its turn');
is(CORE::join(' ', got()), "1 $::disabled 5 6", 'and sent, or not');



=== TEST 8: a request that waits is no probe
--- http_config eval
::http('/tokens' => 'pickyassist_rate 1r/s burst=2;
                     pickyassist_disabled_ttl 100ms;',
       '/short' => 'pickyassist_rate 1r/s; pickyassist_disabled_ttl 100ms;
                    post_action /after;')
    =~ s{(?=location = /json)}
        {location = /after {
             proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM2_PORT; }
         }r
--- config
--- upstream eval: \&::vendor
--- upstream2 eval: sub { my ($c) = @_; $c->request; $c->hang }
--- request
GET /nothing
--- error_code: 404
--- then
# The one that gets no turn does not end for a while.
is(post($::disabled), '410 endpoint_disabled', 'open');
sleep_for(0.15);
my @clients = queue_up(2, 3);
is(post(4, uri => '/short'), '429 rate_limited 3', 'one that gets no turn');
my @seen = map { my $reply = $_->reply;
                 $reply->{status} . " $reply->{headers}{'x-breaker'}" }
               @clients;
is_deeply(\@seen, ['200 half_open', '200 closed'],
          'the first to go is the probe, and both go');



=== TEST 9: a reload, and a worker that is killed
--- http_config eval
::http('/tokens' => 'pickyassist_rate 30r/m burst=6;',
       '/other' => 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/other '
                   . 'pickyassist_rate 2r/s burst=6;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my ($old, $other) = active_workers();
my @old = map { [client => client_of($_)] } $old, $old, $other;
start(1);
wait_until { got() == 1 };
my @clients = queue_up([2, @{$old[0]}], [3, @{$old[1]}], [4, @{$old[2]}]);
reload();
is(waiting(), 3, 'those of the old workers wait on');
my ($five) = queue_up(5);
is(CORE::join(' ', map { seen($_->reply) } @clients, $five), '200 200 200 200',
   'all go');
is(CORE::join(' ', got()), '1 2 3 4 5', 'the new one behind them');
is(apart(2, 0.5, got_at()), '', 'in time');

my ($one, $two) = active_workers();
my @lost = map { [client => client_of($one)] } 1, 2;
my $eight = client_of($two);
@lost = queue_up([6, @{$lost[0]}], [7, @{$lost[1]}]);
kill_worker($one);
is(waiting(), 0, 'nobody waits');
ok($_->ended, 'it takes along those who waited') for @lost;
is(post(8, client => $eight), '200', 'what they had has passed, or passes');
is(CORE::join(' ', got()), '1 2 3 4 5 8', 'and is nobody\'s');

# Nor are they counted as waiting when others do, where the dead one was.
start(9, uri => '/other');
wait_until { got() == 7 };
@clients = queue_up(map { [10, uri => '/other', client => client_of($_)] }
                        active_workers());
is(CORE::join(' ', map { seen($_->reply) } @clients), '200 200',
   'others wait, and are counted');
only_killed('nothing else went wrong');
--- error_log: [alert]



=== TEST 10: another rate after a reload is one at once
--- http_config eval
"include $PickyAssist::Test::Dir/rate.conf;"
. ::http('/tokens' => '')
--- config
--- upstream eval: \&::vendor
--- before: rate('1r/m');
--- request
GET /nothing
--- error_code: 404
--- then
is(post(1), '200', 'a slow rate');
like(post(2), qr/^429 rate_limited (?:59|60)$/, 'the next waits for a minute');
rate('20r/s');
reload();
is(post(3), '200', 'a fast one');
rate('1r/m');
reload();
like(post(4), qr/^429 rate_limited (?:5\d|60)$/, 'and a slow one again');



=== TEST 11: worker_shutdown_timeout cuts those who wait
--- main_config
    worker_shutdown_timeout 300ms;
--- http_config eval: ::http('/tokens' => 'pickyassist_rate 1r/m burst=3 wait=9m;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
is(post(1), '200', 'one');
my ($old) = active_workers();
my ($client) = queue_up([2, client => client_of($old)]);
reload();
ok($client->ended, 'cut');
wait_until { !grep { $_ == $old } worker_pids() };
is(waiting(), 0, 'nobody waits');
is(CORE::join(' ', got()), '1', 'and it was not sent');
wait_until { access_log() =~ m{"POST /tokens} };
unlike(error_log(), qr/open socket .* left/, 'nothing is left');



=== TEST 12: under load over two workers
--- http_config eval
::http('/tokens' => 'pickyassist_rate 20r/s burst=60;
                     pickyassist_ignore_client_abort off;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- timeout: 200
--- then
my $seconds = $ENV{TEST_RATE_SECONDS} || 8;
my ($interval, $project, %client) = (1 / 20, 0);
my ($start, %seen, %workers, @later) = (time);
my $ask = sub {
    my ($client) = @_;
    $client->send(message(body => tokens_of(++$project % 1000 + 1)));
};
for (1 .. 100) {
    my $client = client(port => $::spare);
    $client{fileno $client->{socket}} = $client;
    $ask->($client);
}
my $select = IO::Select->new(map { $_->{socket} } values %client);
while (time < $start + $seconds) {
    $ask->((shift @later)->[1]) while @later && $later[0][0] < time;
    for my $socket ($select->can_read(0.02)) {
        my $client = $client{fileno $socket};
        my $reply = $client->reply or die "an end\n";
        $seen{$reply->{status}}++;
        $workers{$reply->{headers}{'x-worker'}}++ if $reply->{status} == 200;
        # Who was refused does not hurry, or nobody else would get to run.
        $reply->{status} == 200 ? $ask->($client)
                                : push @later, [time + 0.2, $client];
    }
}
my @times = sort { $a <=> $b } got_at();
my @early = grep { $times[$_] < $start + $_ * $interval } 0 .. $#times;
is(scalar @early, 0, 'never more than is allowed');
my $used = $#times * $interval / ($times[-1] - $start);
cmp_ok($used, '>=', 0.99, 'and at least 99 % of it');
cmp_ok($seen{429}, '>', 0, 'others are refused');
is(CORE::join(' ', sort keys %seen), '200 429', 'and nothing else');
is(scalar keys %workers, 2, 'by both workers');
$_->close for values %client;
ok(wait_until { waiting() == 0 }, 'who left does not wait');
Test::More::note(sprintf '%d requests in %.3f s: %.2f %% of the rate',
                 scalar @times, $times[-1] - $start, 100 * $used);



=== TEST 13: a key of a request that left while it waited is free again
--- http_config eval
::http('/tokens' => 'pickyassist_rate 60r/m burst=3;
                     pickyassist_idempotency scope=x;
                     pickyassist_ignore_client_abort off;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my @key = (headers => { 'Idempotency-Key' => 'k' });
is(post(1), '200', 'one goes at once');
my ($client) = queue_up([2, @key]);
is(post(2, @key), '409 idempotency_in_progress 1', 'it waits');
is(post(3, @key), '422 idempotency_key_reused', 'and has the key');
$client->close;
wait_until { waiting() == 0 };
is(post(3, @key), '200', 'then another request may have it');
is(CORE::join(' ', got()), '1 3', 'and is sent');



=== TEST 14: a client that leaves, where "post_action" leads elsewhere
--- http_config eval
::http('/tokens' => 'pickyassist_rate 30r/m burst=3;
                     pickyassist_ignore_client_abort off;
                     post_action /after;')
    =~ s{(?=location = /json)}
        {location = /after {
             proxy_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM2_PORT; }
         }r
--- config
--- upstream eval: \&::vendor
--- upstream2 eval: sub { my ($c) = @_; $c->request; $c->hang }
--- request
GET /nothing
--- error_code: 404
--- then
is(post(1), '200', 'one goes at once');
my ($worker) = active_workers();
my ($client, $next) = queue_up(map { [$_, client => client_of($worker)] } 2, 3);
$client->close;
# So is the first, when it has its answer.
my $elsewhere = $PickyAssist::Test::Upstreams[1]{running};
ok(wait_until { $elsewhere->count('request') == 2 }, 'it is elsewhere');
is(waiting(), 2, 'and waits');
is(seen($next->reply), '200', 'when its turn comes, others may have that');
is(waiting(), 0, 'nobody waits');
is(CORE::join(' ', got()), '1 3', 'and it is not sent');
is(apart(2, 0.9, got_at()), '', 'but the next one is');



=== TEST 15: who moves up, who does not, and when
--- http_config eval
my $leave = 'pickyassist_ignore_client_abort off;';
my $url = 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT';
::http('/tokens' => "pickyassist_rate 60r/m burst=9; $leave",
       '/slow' => "pickyassist_rate 30r/m burst=9; $leave",
       '/often' => "$url/often pickyassist_rate 214r/m burst=9; $leave",
       '/default' => "$url/default pickyassist_rate 6r/m burst=9; $leave",
       '/far' => "$url/far pickyassist_rate 1r/m burst=9 wait=1h; $leave")
    =~ s{(?=location = /json)}
        {location = /action {
             post_action /often;
             proxy_pass http://127.0.0.1:\$TEST_NGINX_SPARE_PORT/pid; }
         }r
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my ($worker) = active_workers();
my @clients = map { client_of($worker) } 1 .. 20;
my @used;    # A client that nobody has any more leaves.
my $next = sub {
    push @used, shift @clients;
    return [$_[0], uri => $_[1], client => $used[-1]];
};
my $all_got = sub {
    my ($n) = @_;
    wait_until { got() >= $n };
    return [got_all()];
};

# Two rates and one budget: the turns are at 1, 3 and 4 s.
start(@{$next->(1, '/tokens')});
wait_until { got() == 1 };
my ($two) = queue_up(map { $next->(@$_) } [2, '/tokens'], [3, '/slow'],
                                          [4, '/tokens']);
$two->close;
wait_until { waiting() == 2 } or die "it waits yet\n";

# Meanwhile: turns are 20 s away, at most, if nothing else is said.
start(@{$next->(5, '/default')});
wait_until { grep { $_ == 5 } got() };
my @far = queue_up(map { $next->($_, '/default') } 6, 7);
like(post(8, uri => '/default'), qr/^429 rate_limited (?:10|[5-9])$/,
     'a turn in 20 s is waited for, one in 30 s is not');
$_->close for @far;
wait_until { waiting() <= 2 } or die "they wait yet\n";

# Who leaves when nginx has yet to read the request is not waited for.
start(@{$next->(9, '/far')});
wait_until { grep { $_ == 9 } got() };
my $left = () = access_log() =~ / 499 /g;
kill 'STOP', active_workers();
start(10, uri => '/far')->close for 1 .. 8;
kill 'CONT', active_workers();
ok(wait_until { $left + 8 == (() = access_log() =~ / 499 /g) },
   'who has left at once is gone');

$all_got->(5);
is(CORE::join(' ', grep { $_ < 5 } got()), '1 4 3',
   'who has another rate keeps its turn');

# Less than nginx's timers care for.
my $seen = got();
start(@{$next->(11, '/often')});
wait_until { got() == $seen + 1 };
my @often = map { start(@{$next->($_, '/often')}) } 12 .. 18;
wait_until { waiting() + got() >= $seen + 8 };
$often[3]->close;
my @times = map { $_->[1] } grep { $_->[0] > 10 } @{$all_got->($seen + 7)};
is(apart(60 / 214, 0.2, @times), '', 'by a fraction of a second, at once');

# Where nobody waits for an answer, nobody can leave.
start(@{$next->(21, '/often')});
my ($client) = start(@{$next->(22, '/action')});
is($client->reply->{status}, 200, 'an answer');
$client->close;
ok(wait_until { grep { $_ == 22 } got() }, 'and what follows upon it is sent');



=== TEST 16: more budgets than a zone has room for
--- http_config eval
'pickyassist_zone 128k;'
. ::http(map { ("/$_" => "http://127.0.0.1:1/$_/" . 'x' x 100
                         . ' pickyassist_rate 5r/s;') } 1 .. 1000)
--- config
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_zone" is too small for the rate of "http://127\.0\.0\.1:1/\d+/x+"}



=== TEST 17: a request that is refused at its turn leaves it to the next
--- http_config eval
::http('/tokens' => 'pickyassist_rate 30r/m burst=1;
                     pickyassist_disabled_ttl 60s;
                     pickyassist_unknown_members pass;
                     client_max_body_size 20m; client_body_buffer_size 20m;',
       '/off' => 'pickyassist_disabled_ttl 60s;',
       '/always' => 'pickyassist_rate 30r/m;')
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my $start = time;
is(post(1), '200', 'the first');
# This one takes its time, and nginx's own clock stands still meanwhile.
my $client = client(port => $::spare);
my $n = 1 << ($ENV{TEST_INSTRUMENT} ? 10 : 20);
my $large = tokens_of(2) =~ s/\}\z/',"x":[' . '1,' x $n . '1]}'/er;
$client->send(message(body => $large));
wait_until { waiting() == 1 } or die "it does not wait\n";
is(post($::disabled, uri => '/off'), '410 endpoint_disabled', 'disabled');
like(seen($client->reply), qr/^410 endpoint_disabled \d+$/, 'who waited');
cmp_ok(time, '>=', $start + 2, 'and not before its turn');
is(post(3, uri => '/always'), '200', 'the next, in a location without breaker');
is(CORE::join(' ', got()), "1 $::disabled 3", 'what was sent');
