package Bench::Load;

# Load on an nginx, and what it costs its worker.

use strict;
use warnings;

use Bench::Nginx;

my $running;

# load(nginx, uri => ..., body => file, connections => n, seconds => n,
# refused => 'all' or 'any', if not none): the figures, times in microseconds.
sub load {
    my ($nginx, %o) = @_;
    my @wrk = ('wrk', '--threads', 1, '--connections', $o{connections},
               '--duration', "$o{seconds}s", '--timeout', '10s',
               '--script', 'bench/request.lua',
               "http://127.0.0.1:$nginx->{port}$o{uri}", '--', $o{body});
    unshift @wrk, 'taskset', '-c', $o{cpus} if defined $o{cpus};

    my $before = $nginx->cpu;
    $running = open my $out, '-|', @wrk or die "wrk: $!\n";
    local $SIG{ALRM} = sub { die "wrk hangs\n" };
    alarm $o{seconds} + 30;
    my $output = do { local $/; readline $out };
    alarm 0;
    close $out;
    undef $running;
    my $cpu = $nginx->cpu - $before;

    my ($requests, $duration, $p50, $p99, $refused, $errors) =
        ($output // '') =~ /^figures (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m
        or die "wrk says:\n$output\n";
    die "$nginx->{name}: no request was answered\n" if $requests == 0;
    die "$nginx->{name}: $errors connections failed\n" if $errors;
    my %expected = (none => 0, all => $requests, any => $refused);
    die "$nginx->{name}: $refused of $requests requests to $o{uri} refused\n"
        if $refused != $expected{ $o{refused} // 'none' };

    return { requests => $requests, rate => $requests / $duration * 1e6,
             p50 => $p50, p99 => $p99, cpu => $cpu / $requests };
}

sub stop {
    kill TERM => $running if $running;
    return;
}

# The middle one of some numbers.
sub median {
    my @sorted = sort { $a <=> $b } @_;
    my $middle = $#sorted / 2;
    return ($sorted[$middle] + $sorted[$middle + 0.5]) / 2;
}

1;
