package Bench::Process;

# What was started for the benchmark and is to be stopped, at its end if not
# before: the base of Bench::Nginx and Bench::Upstream.

use strict;
use warnings;

my %running;

sub started {
    my ($self) = @_;
    $running{ $self->{pid} } = 1;
    return $self;
}

sub stop {
    my ($self) = @_;
    end($self->{pid}) if $running{ $self->{pid} };
    return;
}

sub stop_all {
    end($_) for keys %running;
    return;
}

sub end {
    my ($pid) = @_;
    delete $running{$pid};
    kill TERM => $pid;
    waitpid $pid, 0;
    return;
}

1;
