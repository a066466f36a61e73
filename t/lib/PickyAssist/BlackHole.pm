package PickyAssist::BlackHole;

# A port where connections are neither accepted nor refused, until stop().

use strict;
use warnings;

use IO::Socket::INET;

# A queue for one is full with two.
sub start {
    my ($class, $port) = @_;
    my @sockets = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1,
        ReuseAddr => 1,
    ) or die "port $port: $@\n";
    push @sockets, map { IO::Socket::INET->new("127.0.0.1:$port") } 1 .. 2;
    return bless \@sockets, $class;
}

sub stop { @{$_[0]} = () }

1;
