package PickyAssist::Dns;

# A name server for one suite: a process that answers questions for addresses
# (A) over UDP, from a function, and records what it was asked.
#
#     my $dns = PickyAssist::Dns->start(port => 5353, dir => '...',
#         answer => sub { my ($name, $number) = @_;
#                         return { ttl => 1, addresses => ['127.0.0.1'] } });
#
# The function gets the name in small letters and the number of this question,
# from 1. Instead of addresses its answer may have rcode (3: no such name);
# nothing at all means silence. With unwatched it does not end by itself.

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use POSIX ();

use PickyAssist::Upstream;

sub start {
    my ($class, %self) = @_;
    my $self = bless \%self, $class;

    remove_tree($self->{dir});
    make_path($self->{dir});

    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port}, Proto => 'udp',
    ) or die "dns: cannot bind to port $self->{port}: $@\n";

    my $parent = $$;
    $self->{pid} = fork() // die "dns: fork: $!\n";
    if ($self->{pid} == 0) {
        PickyAssist::Upstream::watch($parent) if !$self->{unwatched};
        $self->serve($socket);
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

# The names that were asked for, in order.
sub questions {
    my ($self) = @_;
    open my $file, '<', "$self->{dir}/questions" or return;
    chomp(my @names = <$file>);
    return @names;
}

sub serve {
    my ($self, $socket) = @_;
    my $number = 0;

    while (1) {
        my $peer = $socket->recv(my $query, 512) // next;
        my ($id, $flags, $count) = unpack 'n3', $query;
        my ($name, $at) = ('', 12);
        while (my $length = unpack 'C', substr $query, $at, 1) {
            $name .= '.' if $name ne '';
            $name .= lc substr $query, $at + 1, $length;
            $at += 1 + $length;
        }
        my $question = substr $query, 12, $at + 5 - 12;

        open my $file, '>>', "$self->{dir}/questions" or die "dns: $!\n";
        syswrite $file, "$name\n";

        my $answer = $self->{answer}->($name, ++$number) or next;
        my @addresses = @{$answer->{addresses} || []};
        $socket->send(
            pack('n6', $id, 0x8180 | ($answer->{rcode} || 0), 1,
                 scalar @addresses, 0, 0)
            . $question
            # Each record's name points to that of the question.
            . join('', map { pack 'n3 N n a4', 0xc00c, 1, 1,
                                  $answer->{ttl} // 60, 4,
                                  Socket::inet_aton($_) } @addresses),
            0, $peer);
    }
}

1;
