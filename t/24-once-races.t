# Contract section 14 under load: for each of a thousand keys, fifty requests at
# once over two workers, while workers are killed and the configuration is
# reloaded. Then what the vendor did under each key is counted, and held against
# what the clients were told.
#
# SEED repeats a run's choices, though not its timing.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use POSIX ();
use Time::HiRes qw(time sleep);

workers(2);
log_level('notice');

# Time for a machine that has other things to do.
$PickyAssist::Client::Timeout = 60;
$PickyAssist::Upstream::Lifetime = 500;

my $dir = $PickyAssist::Test::Dir;

our ($Keys, $At_once, $Processes) = (1000, 50, 2);

# After so many keys a worker is killed, or all are replaced.
our $Every = 15;

our $Seed = $ENV{SEED} // int rand 1e6;

our $Http = <<"EOT";
    pickyassist_master_token_file \$TEST_NGINX_TOKEN_FILE;
    pickyassist_disabled_ttl 0;
    upstream api.test {
        server 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
        keepalive 8;
    }
    server {
$PickyAssist::Workers::Listen
        location = /tokens {
            pickyassist_pass http://api.test;
            pickyassist_idempotency scope=all required;
        }
    }
EOT

our $Config = <<'EOT';
        location = /tokens {
            pickyassist_pass http://api.test;
            pickyassist_idempotency scope=all required;
        }
EOT

# What the vendor does follows from the last digit of the project: 7, an error
# that may have followed upon anything; 8 and 9, refusals without effect, which
# may be repeated, now and then. It notes what it has acted upon.
sub vendor {
    my ($c) = @_;
    srand($Seed + $c->number);
    while (my $head = $c->head) {
        my ($length) = $head =~ /^Content-Length: (\d+)\r$/m;
        my ($project) = ($c->bytes($length) // return)
                        =~ /"project_id":(\d+)/;
        $c->pause(0.002);
        my $kind = $project % 10;
        if ($kind >= 8 && rand() < 0.5) {
            $c->reply('HTTP/1.1 429 Too Many Requests');
            next;
        }
        $c->{upstream}->event("acted $project");
        $c->reply($kind == 7
                  ? '{"status":999,"message":"x"}'
                  : qq({"status":100,"api_token":["$project-)
                    . int(rand 1e9) . '"]}');
    }
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }

#
# The clients
#

# One process: some of the keys, each used by requests over all connections at
# once. What each was told goes to a file, a line for each key.
sub ask_for_all {
    my ($n) = @_;
    my @clients;
    open my $file, '>', "$dir/told-$n" or die "told: $!\n";
    for (my $key = $n; $key < $Keys; $key += $Processes) {
        my $project = 1000 + $key;
        my $message = message_of($project);
        my %told;
        for my $client (@clients[0 .. $At_once - 1]) {
            $client = client(port => $ENV{TEST_NGINX_SPARE_PORT})
                if !$client;
            $client->send($message);
        }
        for my $client (@clients) {
            my $reply = eval { $client->reply };
            $told{told($reply)}++;
            undef $client
                if !$reply || ($reply->{headers}{connection} // '') eq 'close';
        }
        print $file join(' ', $project, map { "$told{$_}x$_" } sort keys %told),
                    "\n";
        $file->flush;
    }
}

sub message_of {
    my ($project) = @_;
    return message(
        body => qq({"project_id":$project,"ip_whitelist":"192.0.2.1"}),
        headers => { 'Idempotency-Key' => "\"key-$project\"" });
}

# "cut", "200:TOKEN" or a code; "+" if it is a repetition.
sub told {
    my ($reply) = @_;
    return 'cut' if !$reply;
    my ($token) = $reply->{body} =~ /"token":"([^"]+)"/;
    my ($code) = $reply->{body} =~ /"code":"(\w+)"/;
    my $again = $reply->{headers}{'idempotent-replayed'} ? '+' : '';
    return defined $token ? "200:$token$again" : ($code // '?') . $again;
}

# For how many keys all requests have ended.
sub keys_used {
    return scalar map { split /\n/, PickyAssist::Client::slurp($_) }
                      map { "$dir/told-$_" } 0 .. $Processes - 1;
}

# "PROJECT NxTOLD ...", as above: project => { told => how often }.
sub told_by_key {
    my %told;
    for my $n (0 .. $Processes - 1) {
        for (split /\n/, PickyAssist::Client::slurp("$dir/told-$n")) {
            my ($project, @counts) = split / /;
            $told{$project} = { map { /^(\d+)x(.*)/ ? ($2 => $1) : () }
                                    @counts };
        }
    }
    return \%told;
}

# Everything that a worker which is killed at its work may leave in the log.
sub only_deaths {
    my @others = grep {
        /\[(?:alert|emerg)\]/
        && !/ exited on signal 9$/
        && !/ shared memory zone "pickyassist\w*" was locked by \d+$/
    } split /\n/, error_log();
    ok(!@others, 'nothing else went wrong')
        or Test::More::diag(join "\n", @others);
}

run_tests();

__DATA__

=== TEST 1: under one key, the vendor acts at most once
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- then
our ($Keys, $At_once, $Processes, $Every, $Seed);
Test::More::note("SEED=$Seed");
srand($Seed);

my @clients = map {
    my $n = $_;
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
        eval { ask_for_all($n); 1 }
            or print STDERR "a client died: $@\n";
        POSIX::_exit(0);
    }
    $pid;
} 0 .. $Processes - 1;

my ($kills, $reloads, $end) = (0, 0, time + 300);
my %running = map { $_ => 1 } @clients;
while (%running && time < $end) {
    sleep 0.02;
    waitpid($_, POSIX::WNOHANG()) && delete $running{$_} for keys %running;
    next if keys_used() < ($kills + $reloads + 1) * $Every;
    if ($kills < 2 * ($reloads + 1)) {
        my @workers = worker_pids();
        kill 'KILL', $workers[rand @workers];
        $kills++;
    } else {
        kill 'HUP', master_pid();
        $reloads++;
    }
}
is(join(' ', sort keys %running), '', 'all requests were sent');
wait_until { active_workers() >= 2 } or die "no workers\n";

# Who has a key now is told what became of it.
my $told = told_by_key();
is(scalar keys %$told, $Keys, "$Keys keys");
my %last;
for my $project (sort keys %$told) {
    my $reply;
    wait_until {
        my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
        $client->send(message_of($project));
        $reply = $client->reply;
        $reply && told($reply) ne 'idempotency_in_progress';
    };
    $last{$project} = told($reply);
}

my %acted;
$acted{$_}++ for map { /^acted (\d+)/ ? $1 : () } upstream()->events;
my (%by_deliveries, %undone, %answers, @twice, @never, @differ, @false);
for my $project (sort keys %$told) {
    my $deliveries = $acted{$project} // 0;
    $by_deliveries{$deliveries}++;
    push @twice, $project if $deliveries > 1;

    my $last = $last{$project};
    my %said = %{$told->{$project}};
    $said{$last}++;
    $answers{s/:.*/:TOKEN/r =~ tr/+//dr} += $said{$_} for keys %said;

    # All that was said of a success is one and the same.
    my %tokens = map { /^200:(.*?)\+?$/ ? ($1 => 1) : () } keys %said;
    push @differ, "$project: @{[keys %tokens]}" if keys %tokens > 1;

    # Nothing was done only if nobody was told that something may have been:
    # by an answer, or by none.
    push @never, "$project: @{[sort keys %said]}"
        if !$deliveries
           && grep { /^200|^upstream_error|^upstream_invalid/ } keys %said;

    # And the last one was told the truth.
    push @false, "$project: $last, $deliveries deliveries"
        if $last !~ /^(?:200:\S+|upstream_error\+?|outcome_unknown
                        |rate_limited)$/x
           || $last eq 'rate_limited' && $deliveries
           || $last =~ /^(?:200|upstream_error)/ && !$deliveries;
    $undone{$last}++ if !$deliveries;
}
is_deeply(\@twice, [], 'no key was acted upon twice');
is_deeply(\@differ, [], 'no key has two answers');
is_deeply(\@never, [], 'what was not done was not said to be');
is_deeply(\@false, [], 'who comes last is told the truth');

Test::More::note("$Keys keys x $At_once at once, $kills kills, "
                 . "$reloads reloads");
Test::More::note('deliveries under one key: ', join ', ', map {
    "$_ of $by_deliveries{$_} keys" } sort keys %by_deliveries);
Test::More::note('of those without: ', join ', ', map { "$undone{$_} $_" }
                 sort keys %undone);
Test::More::note('told: ', join ', ', map { "$answers{$_} $_" }
                 sort { $answers{$b} <=> $answers{$a} } keys %answers);
Test::More::note('locked by who was killed: ', scalar grep {
    / was locked by / } split /\n/, error_log());
cmp_ok($kills, '>', 30, 'workers were killed');
cmp_ok($reloads, '>', 15, 'and all replaced');
cmp_ok($by_deliveries{1}, '>', $Keys / 2, 'most keys were acted upon');
only_deaths();
--- error_log: [alert]
