# Workers come and go under load: killed, replaced by reloads, by an upgrade of
# the running program. Nobody's request fails but those that a killed worker
# had in its hands, and what operators see afterwards is what docs/operations.md
# says.
#
# The load comes from processes of this suite, over two listening sockets: one
# that all workers accept from, and one for each worker ("reuseport"). Every
# request has a number of its own, as its project and as the header X-Number.
# So three records can be held against each other: the client's, the access log,
# which has a line for each request that a worker got to its end with, and the
# bytes that the upstream received.

# nginx starts its new program by the path that it was started with itself.
BEGIN {
    chomp($ENV{TEST_NGINX_BINARY} ||= `PATH=\$PATH:/usr/sbin command -v nginx`);
}

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use POSIX ();
use Time::HiRes qw(time sleep);

workers(2);
log_level('notice');

# Time for a machine that has other things to do.
$PickyAssist::Client::Timeout = 60;
$PickyAssist::Upstream::Lifetime = 300;

my $dir = $PickyAssist::Test::Dir;

our $Http = <<"EOT";
    pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE;
    pickyassist_read_timeout 300s;
    log_format numbers '\$http_x_number \$status \$pid';
    access_log logs/numbers.log numbers;
    add_header X-Worker \$pid always;
    upstream api.test {
        server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
        keepalive 8;
    }
    server {
$PickyAssist::Workers::Listen
        location = /tokens { pickyassist_pass http://api.test; }
        location = /json { pickyassist_status json; }
        include $dir/urls.conf;
    }
EOT

our $Config = <<'EOT';
        access_log logs/numbers.log numbers;
        location = /tokens { pickyassist_pass http://api.test; }
        location = /breaker {
            pickyassist_pass http://api.test/breaker;
            add_header X-Breaker $pickyassist_breaker always;
        }
EOT

# The vendor: a moment for each request, so that there are always some in
# flight; numbers from here on are held until the gate is open.
our $held = 9_000_000_000;

sub gate { return "$dir/gate" }
sub shut_gate { unlink gate() }
sub open_gate { open my $file, '>', gate() or die "gate: $!\n" }

sub vendor {
    my ($c) = @_;
    while (my $head = $c->head) {
        my ($length) = $head =~ /^Content-Length: (\d+)\r$/m;
        my ($number) = ($c->bytes($length) // return)
                       =~ /"project_id":(\d+)/;
        if ($head =~ m{^POST /breaker } && !-e gate()) {
            $c->reply('HTTP/1.1 410 Gone');
            next;
        }
        $c->pause(0.003);
        $c->pause(0.01) while $number >= $held && !-e gate();
        if ($head =~ m{^POST /disabled/}) {
            $c->reply('HTTP/1.1 410 Gone');
            next;
        }
        $c->reply(qq({"status":100,"api_token":["t-$number"]}));
    }
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }

# How often the upstream received each number.
sub received {
    my (%times, $bytes);
    $bytes = upstream()->received;
    $times{$1}++ while $bytes =~ /"project_id":(\d+)/g;
    return \%times;
}

sub request {
    my ($number, %more) = @_;
    return message(
        body => qq({"project_id":$number,"ip_whitelist":"192.0.2.1"}), %more,
        headers => { 'X-Number' => $number, %{$more{headers} || {}} });
}

#
# The load
#

our ($records, $stop) = ("$dir/records", "$dir/stop");
our @load;

# Four processes: with kept and with fresh connections, on both sockets.
sub start_load {
    my (%options) = @_;
    unlink $records, $stop;
    for my $port (@ENV{qw(TEST_NGINX_SERVER_PORT TEST_NGINX_SPARE_PORT)}) {
        for my $keep (0, 1) {
            my $number = 1_000_000 * (@load + 1);
            my $pid = fork() // die "fork: $!\n";
            if (!$pid) {
                eval { ask_on($port, $keep, $number, %options); 1 }
                    or record($number, "died: $@");
                POSIX::_exit(0);
            }
            push @load, $pid;
        }
    }
    progress();
}

# Returns when the load has gone on for a while.
sub progress {
    my ($size) = (-s $records || 0) + 4 * 40;
    wait_until { (-s $records || 0) > $size } or die "no load\n";
}

sub stop_load {
    open my $file, '>', $stop or die "$stop: $!\n";
    close $file;
    waitpid $_, 0 for splice @load;
    open $file, '<', $records or die "$records: $!\n";
    return map { chomp; [split / /, $_, 4] } <$file>;
}

# One write to a file that is appended to is whole.
sub record {
    my ($number, $result, $worker) = @_;
    $result =~ s/\s+/-/g;
    open my $file, '>>', $records or die "$records: $!\n";
    syswrite $file, sprintf "%d %s %s\n", $number, $result, $worker // '-';
}

# A kept connection may be closed by nginx, as one that is idle, at the moment
# when a request is sent: nginx has not read it then, and a client that knows
# this may send it again. "retry" says to do so in this case alone: a connection
# that has brought a reply before, and now ends without a byte. That nginx has
# indeed not read it is checked afterwards: both records have it once.
sub ask_on {
    my ($port, $keep, $number, %options) = @_;
    my $headers = $keep ? {} : { Connection => 'close' };
    my $end = time + 120;
    my ($client, $used);
    while (!-e $stop && time < $end) {
        $number++;
        undef $client if $client && closed($client);
        $used = 0 if !$client;
        $client //= client(port => $port);
        $client->send(request($number, headers => $headers));
        if (!$client->fill(time + $PickyAssist::Client::Timeout)) {
            my $again = $used && $options{retry};
            record($number, $again ? 'again' : 'cut');
            undef $client;
            next if !$again;
            $client = client(port => $port);
            $client->send(request($number, headers => $headers));
        }
        my $reply = $client->reply;
        record($number, result($number, $reply),
               $reply && $reply->{headers}{'x-worker'});
        $used = $keep && $reply
                && ($reply->{headers}{connection} // '') ne 'close';
        undef $client if !$used;
    }
}

# Whether the connection of a client without a request has ended.
sub closed {
    my ($client) = @_;
    return IO::Select->new($client->{socket})->can_read(0);
}

# "200" if it is the reply to this very request.
sub result {
    my ($number, $reply) = @_;
    return 'cut' if !$reply;
    return $reply->{status} if $reply->{status} != 200;
    return $reply->{body} =~ /"project_id":$number,.*"token":"t-$number"/
           ? 200 : "another's: $reply->{body}";
}

#
# The configuration
#

# Locations /url-NAME-1 to /url-NAME-COUNT, each with a URL of its own, whose
# path begins with this, and more directives of the server.
sub urls {
    my ($name, $count, $path, $more) = @_;
    my $base = "http://127.0.0.1:$ENV{TEST_NGINX_UPSTREAM_PORT}"
               . ($path // '');
    open my $file, '>', "$dir/urls.conf" or die "urls.conf: $!\n";
    print $file map { "location = /url-$name-$_ { "
                      . "pickyassist_pass $base/$name-$_; }\n" } 1 .. $count;
    print $file $more // '';
    close $file or die "urls.conf: $!\n";
}

urls('none', 0);

sub ask_url {
    my ($name) = @_;
    return ask(port => $ENV{TEST_NGINX_SPARE_PORT}, uri => "/url-$name");
}

#
# The records
#

# The access log: number => [[status, worker], ...].
sub logged {
    my %lines;
    my $text = PickyAssist::Client::slurp(
        "$ENV{TEST_NGINX_SERVROOT}/logs/numbers.log");
    push @{$lines{$1}}, [$2, $3] while $text =~ /^(\d+) (\d+) (\d+)$/mg;
    return \%lines;
}

# Those requests that the records do not agree about. "killed": workers that
# may have gone between the reply and its line in the log.
sub disagreements {
    my ($all, %killed) = @_;
    my ($lines, $times) = (logged(), received());
    my (@found, %seen);
    for my $record (@$all) {
        my ($number, $result, $worker) = @$record;
        next if $result eq 'again';
        my @lines = map { "@$_" } @{$lines->{$number} || []};
        my $asked = $times->{$number} // 0;
        my $ok = $result eq '200'
            ? $asked == 1 && ("@lines" eq "200 $worker"
                              || !@lines && $killed{$worker})
            : $result eq 'cut' && %killed && $asked <= 1 && !@lines;
        $ok = 0 if $seen{$number}++;
        push @found, "$number $result by $worker, asked $asked times, "
                     . 'logged: ' . join ', ', @lines
            if !$ok;
    }
    return \@found;
}

# The line of a request comes a moment after its reply.
sub records_agree {
    my ($name, $all, %killed) = @_;
    my $found;
    wait_until { !@{ $found = disagreements($all, %killed) } };
    is_deeply($found, [], $name);
}

sub with_result {
    my ($result, @all) = @_;
    return grep { $_->[1] eq $result } @all;
}

# The figures when all requests have come to their end.
sub figures {
    my $all;
    wait_until {
        my $reply = ask(port => $ENV{TEST_NGINX_SPARE_PORT}, method => 'GET',
                        uri => '/json', body => '');
        $all = JSON::PP->new->decode($reply->{body});
        $all->{pickyassist_requests_in_flight} == 0;
    };
    return $all;
}

# Of the endpoint that all locations have.
sub of_tokens { return $_[0]{"pickyassist_$_[1]"}{'create-api-token'} }
sub issued { return of_tokens($_[0], 'requests_total')->{issued} }

# Sends a request to this worker that the upstream holds.
sub hold {
    my ($pid, $number) = @_;
    my $client = client_of($pid);
    $client->send(request($number));
    return $client;
}

sub children {
    my ($pid) = @_;
    return split ' ',
        PickyAssist::Client::slurp("/proc/$pid/task/$pid/children");
}

# Also true of one that only waits to be collected by its parent.
sub gone { return PickyAssist::Client::slurp("/proc/$_[0]/cmdline") eq '' }

add_cleanup_handler(sub { kill 'KILL', @load if @load });

run_tests();

__DATA__

=== TEST 1: a killed worker takes along what it had in flight, and nothing else
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate();
--- then
our $held;
my $number = $held;
my (%killed, @kept);
start_load();
for my $round (1 .. 3) {
    progress();
    my ($one, $other) = worker_pids();
    my @lost = map { hold($one, $number++) } 1 .. 3;
    my @others = map { hold($other, $number++) } 1 .. 3;
    wait_until { keys(%{received()}) && !grep { !received()->{$_} }
                                             $number - 6 .. $number - 1 }
        or die "not all are held\n";
    $killed{$one} = 1;
    kill_worker($one);
    is(scalar(grep { $_->ended } @lost), 3, 'those in its hands are lost');
    open_gate();
    is(join(' ', map { result($_->[0], $_->[1]->reply) }
                     map { [$number - 3 + $_, $others[$_]] } 0 .. 2),
       '200 200 200', 'those of the other are not');
    shut_gate();
    progress();
}
my @all = stop_load();
my @cut = with_result('cut', @all);
my $answered = with_result('200', @all);
is($answered + @cut, scalar @all, 'a request is answered, or cut');
records_agree('those that were cut were in no other hands', \@all, %killed);
cmp_ok(scalar @cut, '<=', 4 * 3, 'not more than were under way');

# What a worker counted last, its client may not have read.
my $figures = figures();
is($figures->{pickyassist_requests_in_flight}, 0, 'none in flight');
cmp_ok(issued($figures), '>=', $answered + 9, 'all that were answered count');
cmp_ok(issued($figures), '<=', $answered + 9 + @cut, 'and no others');

# Nor of one in whose place no other comes.
my ($late) = active_workers();
my $lost = hold($late, $number);
wait_until { received()->{$number} } or die "it is not held\n";
reload();
kill 'KILL', $late;
ok($lost->ended, 'one that ends is killed');
is(figures()->{pickyassist_requests_in_flight}, 0, 'none in flight then');
only_killed('nothing else went wrong');
Test::More::note("$answered answered, " . @cut . ' cut');
--- error_log: [alert]



=== TEST 2: 50 reloads lose nothing
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- then
start_load(retry => 1);
for (1 .. 50) {
    reload();
    progress();
}
my @all = stop_load();
my $answered = with_result('200', @all);
my @again = with_result('again', @all);
is($answered + @again, scalar @all, 'every request was answered');
records_agree('and was seen once by all', \@all);
my $reloads = () = error_log() =~ /\[notice\] .*: reconfiguring$/mg;
is($reloads, 50, 'reloads');
is(issued(figures()), $answered, 'counted over all of them');
wait_until { worker_pids() == 2 };
is(scalar worker_pids(), 2, 'the old workers have ended');
Test::More::note("$answered answered, " . @again . ' sent again');



=== TEST 3: an upgrade of the running program loses nothing
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate();
--- then
my $breaker = sub {
    my $reply = ask(uri => '/breaker');
    return "$reply->{status} $reply->{headers}{'x-breaker'}";
};
is($breaker->(), '410 closed', 'the endpoint is disabled');
is($breaker->(), '410 open', 'the breaker is open');
open_gate();

my $old = master_pid();
my $pid_file = "$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid";
start_load(retry => 1);
kill 'USR2', $old;
wait_until {
    -e "$pid_file.oldbin" && (master_pid() // $old) != $old
    && worker_pids() == 2
} or die "no new program\n";
my $new = master_pid();
my @workers = worker_pids();
progress();
is(scalar children($old), 3, 'the old workers, and the new master');

kill 'WINCH', $old;
wait_until { children($old) == 1 } or die "the old workers stay\n";
progress();
kill 'QUIT', $old;
wait_until { gone($old) } or die "the old master stays\n";
progress();
ok(!-e "$pid_file.oldbin", 'the old master has tidied up');
is(master_pid(), $new, 'the new one goes on');

my @all = stop_load();
my $answered = with_result('200', @all);
my @again = with_result('again', @all);
is($answered + @again, scalar @all, 'every request was answered');
records_agree('and was seen once by all', \@all);

# The new program has memory of its own.
my %is_new = map { $_ => 1 } @workers;
my $by_new = grep { $is_new{$_->[2]} } with_result('200', @all);
my $figures = figures();
cmp_ok($by_new, '<', $answered, 'both programs have answered');
is(issued($figures), $by_new, 'the figures are those of the new program');
is(of_tokens($figures, 'requests_total')->{endpoint_disabled}, 0,
   'what the old one counted is gone');
is(of_tokens($figures, 'endpoint_disabled'), 0, 'and so is its breaker');
is($breaker->(), '200 closed', 'the vendor is asked again');
Test::More::note("$answered answered, " . @again . ' sent again');



=== TEST 4: what reloads leave behind in shared memory is used again
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate(); urls('first', 1);
--- then
our $held;
my $disabled = sub { of_tokens(figures(), 'endpoint_disabled') };

# 2,400 URLs, with an old worker that has a request to one of the first.
ask() for 1 .. 3;
my ($old) = active_workers();
my $client = client_of($old);
$client->send(request($held, uri => '/url-first-1'));
wait_until { received()->{$held} } or die "it is not held\n";
for my $round (1 .. 8) {
    urls("round-$round", 300);
    reload();
    is(ask_url("round-$round-300")->{status}, 200, "round $round");
}
is(ask_url('round-7-300')->{status}, 404, 'what was there before is gone');
is(scalar(grep { $_ == $old } worker_pids()), 1, 'the old worker is there');
is($disabled->(), 0, 'no breaker is open');

open_gate();
is($client->reply->{status}, 200, 'the old worker gets its answer');
wait_until { !grep { $_ == $old } worker_pids() } or die "it stays\n";
shut_gate();
is(issued(figures()), 3 + 8 + 1, 'what was counted is kept');



=== TEST 5: memory that an old worker uses is left to it
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate(); urls('first', 1, '/disabled');
--- then
our $held;
my ($old) = active_workers();
my $client = client_of($old);
$client->send(request($held, uri => '/url-first-1'));
wait_until { received()->{$held} } or die "it is not held\n";
for my $round (1 .. 4) {
    urls("round-$round", 200);
    reload();
}
open_gate();
is($client->reply->{status}, 410, 'its answer opens the breaker');
is(of_tokens(figures(), 'endpoint_disabled'), 0, 'which is no other URL\'s');
my @wrong = grep { ask_url("round-4-$_")->{status} != 200 } 1 .. 200;
is("@wrong", '', 'all others are as they were');



=== TEST 6: reloads that fail when shared memory is made ready already
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate(); urls('first', 700, '/disabled');
--- then
is(ask_url('first-1')->{status}, 410, 'one is disabled');
is(ask(uri => '/breaker')->{status}, 410, 'and one that all have');
my @before = sort(worker_pids());
my $taken = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1',
                                  ReuseAddr => 1) or die "listen: $!\n";
for my $time (1 .. 3) {
    urls("failed-$time", 700, '', 'listen 127.0.0.1:' . $taken->sockport . ';');
    kill 'HUP', master_pid();
    wait_until {
        my $failures = () = error_log() =~ /still could not bind\(\)/g;
        $failures == $time;
    } or die "the reload has not failed\n";

    # The next worker gets the configuration that runs.
    my ($one) = worker_pids();
    kill_worker($one);
    is(scalar(grep { $_ == $before[0] } worker_pids()), 0, 'killed')
        if $time == 3;
    my $reply = ask_url('first-1');
    is($reply->{status} . ($reply->{headers}{'retry-after'} ? ' local' : ''),
       '410 local', "failure $time: its breaker is open yet");
    is(ask(uri => '/breaker')->{headers}{'x-breaker'}, 'open',
       "failure $time: and the one that all have");
}
my @open = grep { ask_url("first-$_")->{headers}{'retry-after'} }
                2 .. 700;
is("@open", '', 'and no other');

urls('last', 700);
reload();
is(ask_url('last-700')->{status}, 200, 'then one that does not fail');
my @others = grep { /\[(?:alert|emerg)\]/ && !/ exited on signal 9$/
                    && !/bind\(\)/ } split /\n/, error_log();
is("@others", '', 'nothing else went wrong');
--- error_log
[alert]
[emerg]
