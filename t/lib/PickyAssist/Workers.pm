package PickyAssist::Workers;

# For suites that care which worker gets a request, and what becomes of the
# others when it is killed or replaced. They call workers(2) and have this in
# "http_config", where $Listen stands for the line below:
#
#     server { $Listen ... }
#
# With "reuseport" every worker has a socket of its own, so that no worker can
# take all connections; which one gets a connection is chance.

use strict;
use warnings;

use Exporter qw(import);
use Test::More ();
use Time::HiRes qw(time sleep);

use PickyAssist::Client;

our @EXPORT = qw(active_workers client_of kill_worker reload only_killed);

our $Listen = <<'EOT';
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT reuseport;
        location = /pid { return 200 $pid; }
EOT

# The workers that accept connections. After a reload there may be others yet:
# those that wait for connections of theirs to end, which listen no more, and
# those that have just ended, of which nothing but the pid is left.
sub active_workers {
    my %listening = map { ("socket:[$_]" => 1) } listening_sockets();
    return grep {
        grep { $listening{ readlink // '' } } glob "/proc/$_/fd/*"
    } worker_pids();
}

# Their inodes.
sub listening_sockets {
    my $tcp_listen = '0A';
    my @lines = split /\n/, PickyAssist::Client::slurp('/proc/net/tcp');
    return map { $_->[9] } grep { $_->[3] eq $tcp_listen }
           map { [split] } @lines[1 .. $#lines];
}

# A connection that this worker has accepted.
sub client_of {
    my ($pid) = @_;
    my @others;
    for (1 .. 200) {
        my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
        $client->send(message(method => 'GET', uri => '/pid', body => ''));
        my $reply = $client->reply or next;
        return $client if $reply->{body} == $pid;
        push @others, $client;
    }
    die "worker $pid accepts no connection\n";
}

# Kills a worker; returns when the master knows and there are two again.
sub kill_worker {
    my ($pid) = @_;
    kill 'KILL', $pid;
    wait_until {
        !grep({ $_ == $pid } worker_pids()) && active_workers() >= 2
    } or die "worker $pid was not replaced\n";
}

# Reloads the configuration; returns the pids of the new workers when the old
# ones accept no more.
sub reload {
    my %old = map { $_ => 1 } worker_pids();
    kill 'HUP', master_pid();
    my @active;
    wait_until {
        @active = active_workers();
        @active >= 2 && !grep { $old{$_} } @active
    } or die "the configuration was not reloaded\n";
    return @active;
}

# The alerts that SIGKILL leaves behind, and no others.
sub only_killed {
    my ($name) = @_;
    my @others = grep { /\[(?:alert|emerg)\]/
                        && !/ exited on signal 9$/ } split /\n/, error_log();
    Test::More::ok(!@others, $name) or Test::More::diag(join "\n", @others);
}

1;
