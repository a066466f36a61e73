package PickyAssist::Memory;

# What is in the memory of a process.

use strict;
use warnings;

use Exporter qw(import);
use Fcntl qw(SEEK_SET);

our @EXPORT = qw(parts_of_memory);

# Those parts whose line in /proc/PID/maps looks so: [address, bytes] of each.
sub parts_of_memory {
    my ($pid, $line) = @_;
    open my $maps, '<', "/proc/$pid/maps" or return;
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    no warnings 'portable';
    return map {
        my ($from, $to) = map { hex } /^(\w+)-(\w+) /;
        sysseek $memory, $from, SEEK_SET;
        sysread $memory, my $bytes, $to - $from;
        defined $bytes ? [$from, $bytes] : ();
    } grep { /$line/ } <$maps>;
}

1;
