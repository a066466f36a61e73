package Bench::Tls;

# What is measured over TLS beside the load: how many handshakes requests take,
# and how long they take when the vendor is farther away.

use strict;
use warnings;

use lib 't/lib';
use Time::HiRes qw(sleep);

use Bench::Data;
use Bench::Nginx;
use Bench::Proof;
use PickyAssist::Dns;
use PickyAssist::Relay;

use parent -norequire, 'Bench::Process';

# Makes the certificates, and starts a name server for api.test.
sub prepare {
    my ($vars) = @_;
    system('t/lib/make-certs', $vars->{CERTS}) == 0
        or die "cannot make certificates\n";
    my $dns = PickyAssist::Dns->start(
        port => $vars->{DNS}, dir => "$vars->{BUILD}/dns", unwatched => 1,
        answer => sub { return { addresses => ['127.0.0.1'] } });
    return __PACKAGE__->adopt($dns);
}

# A relay to the upstream with so many seconds for way and back.
sub relay {
    my ($port, $to, $way) = @_;
    return __PACKAGE__->adopt(PickyAssist::Relay->start(
        port => $port, to => $to, way => $way, unwatched => 1));
}

sub adopt {
    my ($class, $process) = @_;
    return (bless { pid => $process->{pid} }, $class)->started;
}

# Connections, handshakes and resumed ones for so many requests in a row; the
# upstream has a log of them.
sub handshakes {
    my ($nginx, $upstream, $requests) = @_;
    my $log = "$upstream->{dir}/connections.log";
    my $before = () = Bench::Nginx::slurp($log) =~ /\n/g;
    for (1 .. $requests) {
        my $status = Bench::Proof::post($nginx, '/counted',
                                        $Bench::Data::request)->{status};
        die "$nginx->{name}: HTTP $status\n" if $status != 200;
    }
    # A request is logged when its client may have the response already.
    my @lines;
    for (1 .. 100) {
        @lines = split /\n/, Bench::Nginx::slurp($log);
        splice @lines, 0, $before;
        last if @lines >= $requests;
        sleep 0.05;
    }
    die "$nginx->{name}: $requests requests, but lines: " . @lines . "\n"
        if @lines != $requests;
    my @first = grep { /^1 / } @lines;
    return {
        connections => scalar(@first),
        handshakes => scalar(grep { !/ r$/ } @first),
        resumed => scalar(grep { / r$/ } @first),
    };
}

1;
