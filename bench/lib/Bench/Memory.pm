package Bench::Memory;

# What a request in flight costs a worker in memory.

use strict;
use warnings;

use IO::Socket::INET;
use Time::HiRes qw(sleep);

use Bench::Data;
use Bench::Nginx;
use Bench::Proof;
use Bench::Upstream;

# Bytes for each of count requests: waiting for the reply, and with half of
# the reply received.
sub measure {
    my ($vars, $name, $main, $count) = @_;
    my $warm_up = 50;
    my $upstream = Bench::Upstream->start(port => $vars->{UPSTREAM},
        reply => $vars->{REPLY}, hold_after => $warm_up);
    my $nginx = Bench::Nginx->start($name, %$vars, MAIN => $main,
                                    PORT => $vars->{UPSTREAM} + 10);
    Bench::Proof::post($nginx, '/tokens', $Bench::Data::request)
        for 1 .. $warm_up;

    my $before = $nginx->memory;
    my @clients = map { request($nginx) } 1 .. $count;
    for (1 .. 100) {
        last if $upstream->held == $count;
        sleep 0.1;
    }
    die "not all requests reach the upstream\n" if $upstream->held != $count;
    my $waiting = $nginx->memory - $before;

    $upstream->half;
    sleep 1;
    my $half = $nginx->memory - $before;

    $nginx->stop;
    $upstream->stop;
    return { waiting => $waiting / $count, half => $half / $count };
}

sub request {
    my ($nginx) = @_;
    my $client = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
        PeerPort => $nginx->{port}) or die "connect: $!\n";
    my $body = $Bench::Data::request;
    syswrite $client, join "\r\n", 'POST /tokens HTTP/1.1', 'Host: localhost',
        'Content-Type: application/json', 'Content-Length: ' . length $body,
        '', $body;
    return $client;
}

1;
