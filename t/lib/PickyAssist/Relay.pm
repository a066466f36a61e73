package PickyAssist::Relay;

# A longer way to a server on this machine: a process that passes on what it
# receives, in both directions, when half of the time for way and back is over.
# The end of a connection takes the same way.
#
#     my $relay = PickyAssist::Relay->start(port => 1994, to => 1985,
#                                           way => 0.08);
#
# way: in seconds, as "ping" tells it. A connection is accepted at once, as the
# kernel does it; its first bytes take the way of a handshake longer. With
# unwatched the process does not end by itself.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket ();
use Time::HiRes qw(time);

use PickyAssist::Upstream;

sub start {
    my ($class, %self) = @_;
    my $self = bless \%self, $class;

    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port},
        Listen => 511, ReuseAddr => 1,
    ) or die "relay: cannot listen on port $self->{port}: $@\n";

    my $parent = $$;
    $self->{pid} = fork() // die "relay: fork: $!\n";
    if ($self->{pid} == 0) {
        $SIG{PIPE} = 'IGNORE';
        PickyAssist::Upstream::watch($parent) if !$self->{unwatched};
        $self->serve($listener);
        POSIX::_exit(0);
    }
    return $self;
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill 'KILL', $pid;
    waitpid $pid, 0;
}

# An end of a connection: its socket, the end that gets what it says, and what
# is on its way there: [time, bytes], with no bytes for the end.
sub serve {
    my ($self, $listener) = @_;
    my $readable = IO::Select->new($listener);
    my %end;

    while (1) {
        my $now = time;
        my $next;
        for my $end (values %end) {
            my $way = $end->{way};
            while (@$way && $way->[0][0] <= $now) {
                arrive($end->{peer}, (shift @$way)->[1]);
            }
            next if !@$way;
            $next = $way->[0][0] if !defined $next || $way->[0][0] < $next;
        }
        for my $end (map { $_->{first} ? $_ : () } values %end) {
            next if !$end->{done} || !$end->{peer}{done}
                    || @{$end->{way}} || @{$end->{peer}{way}};
            for my $socket ($end->{socket}, $end->{peer}{socket}) {
                delete $end{fileno $socket};
                $readable->remove($socket);
                close $socket;
            }
        }

        my $wait = defined $next ? $next - time : undef;
        for my $socket ($readable->can_read(!defined $wait ? undef
                                            : $wait > 0 ? $wait : 0)) {
            if ($socket == $listener) {
                my @ends = $self->accept($listener) or next;
                $end{fileno $_->{socket}} = $_ for @ends;
                $readable->add(map { $_->{socket} } @ends);
                next;
            }
            my $end = $end{fileno $socket} or next;
            my $got = sysread $socket, my $bytes, 65536;
            next if !defined $got && ($! == EAGAIN || $! == EINTR);
            my $at = time + $self->{way} / 2;
            $at = $end->{from} if $at < $end->{from};
            push @{$end->{way}}, [$at, $got ? $bytes : undef];
            if (!$got) {
                $end->{done} = 1;
                $readable->remove($socket);
            }
        }
    }
}

# Both ends of a new connection.
sub accept {
    my ($self, $listener) = @_;
    my $client = $listener->accept or return;
    my $server = IO::Socket::INET->new("127.0.0.1:$self->{to}") or return;
    my @ends = map { { socket => $_, way => [], from => 0 } } $client, $server;
    $ends[0]{first} = 1;
    $ends[0]{peer} = $ends[1];
    $ends[1]{peer} = $ends[0];
    # SYN and its answer, the last packet of which may carry the first bytes
    $ends[0]{from} = time + $self->{way} * 1.5;
    setsockopt $_->{socket}, Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1
        for @ends;
    return @ends;
}

sub arrive {
    my ($end, $bytes) = @_;
    if (!defined $bytes) {
        $end->{socket}->shutdown(1);
        return;
    }
    my $done = 0;
    while ($done < length $bytes) {
        my $sent = syswrite $end->{socket}, $bytes, length($bytes) - $done,
                            $done;
        last if !defined $sent && $! != EINTR;
        $done += $sent // 0;
    }
    return;
}

1;
