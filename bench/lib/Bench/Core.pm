package Bench::Core;

# Instructions that the core takes, counted by callgrind: exact, and the same
# on a busy machine.

use strict;
use warnings;

use Bench::Nginx;

# Returns { request => { sample => n, 1 => n, ... }, reply => { ... },
# push => { sample => n, base64 => n, text => n },
# speed => { base64 => GB/s, text => GB/s } }.
sub measure {
    my ($vars, $sizes) = @_;
    my $core = 'ngx_pickyassist_module/core';
    my $program = "$vars->{BUILD}/core";
    my ($libraries) = Bench::Nginx::slurp('config')
                      =~ /^ngx_module_libs="?([^"\n]*)/m;
    system(qw(gcc -std=gnu99 -O2 -g -Wall -Wextra -Werror
              -fstack-protector-strong -D_FORTIFY_SOURCE=2), "-I$core",
           '-o', $program, 'bench/core.c', glob("$core/{,*/}*.c"),
           (split ' ', $libraries), '-lcrypto') == 0
        or die "bench/core.c does not compile\n";

    my %instructions;
    for my $name ('sample', @$sizes) {
        my $reply = $name eq 'sample' ? 'sample-reply.json' : "replies/$name";
        $instructions{request}{$name} =
            count($program, 'request', "$vars->{DATA}/$name.json");
        $instructions{reply}{$name} =
            count($program, 'reply', "$vars->{DATA}/$reply");
    }
    $instructions{push}{sample} =
        count($program, 'push', "$vars->{DATA}/push.json");
    for my $name (qw(base64 text)) {
        my $file = "$vars->{DATA}/push-$name.json";
        $instructions{push}{$name} = count($program, 'push', $file);
        chomp(my $speed = `$program clock push $file`);
        $instructions{speed}{$name} = $speed;
    }
    return \%instructions;
}

sub count {
    my ($program, @arguments) = @_;
    local $ENV{LD_BIND_NOW} = 1;
    my $command = join ' ', 'valgrind --tool=callgrind',
        '--toggle-collect=bench_measured --callgrind-out-file=/dev/null',
        $program, @arguments, '2>&1';
    my $output = `$command`;
    $output =~ /^==\d+== Collected : (\d+)/m
        or die "callgrind says:\n$output\n";
    return $1;
}

1;
