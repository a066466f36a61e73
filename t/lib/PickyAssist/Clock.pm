package PickyAssist::Clock;

# What takes an hour, in no time: a clock for nginx that a test puts forward.
# In the section "before":
#
#     with_clock();
#
# and in "then", where without_clock() leaves it to nginx alone:
#
#     without_clock();
#     forward(3600);
#
# no_clock() tells why there is none, if so.

use strict;
use warnings;

use Exporter qw(import);

our @EXPORT = qw(with_clock without_clock forward no_clock);

my ($dir, $ahead);

# An instrument has to be the first that is loaded.
sub no_clock {
    my $instrument = $ENV{TEST_INSTRUMENT} // return;
    return "$instrument has its own way to be loaded";
}

sub with_clock {
    return if no_clock();
    ($dir, $ahead) = ($PickyAssist::Test::Dir, 0);
    system('gcc', '-shared', '-fPIC', '-O1', '-o', "$dir/clock.so",
           't/lib/clock.c') == 0 or die "t/lib/clock.c: no library\n";
    open my $file, '>', "$dir/clock" or die "$dir/clock: $!\n";
    close $file;
    forward(0);
    $ENV{TEST_CLOCK} = "$dir/clock";
    $ENV{TEST_NGINX_LD_PRELOAD} = "$dir/clock.so";
}

sub without_clock { delete @ENV{'TEST_CLOCK', 'TEST_NGINX_LD_PRELOAD'} }

sub forward {
    my ($seconds) = @_;
    $ahead += $seconds * 1_000_000_000;
    open my $file, '+<', "$dir/clock" or die "$dir/clock: $!\n";
    syswrite $file, pack 'q', $ahead;
}

1;
