package Bench::Upstream;

# An upstream that tells what it received and can hold its replies back: a
# process that answers with one fixed reply and takes commands of a line.

use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket;

use parent 'Bench::Process';

# start(port => ..., reply => ..., hold_after => that many replies).
sub start {
    my ($class, %options) = @_;
    $options{hold_after} //= 'inf';
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $options{port}, Listen => 1024, ReuseAddr => 1)
        or die "port $options{port}: $!\n";
    socketpair my $ours, my $theirs, AF_UNIX, SOCK_STREAM, PF_UNSPEC
        or die "socketpair: $!\n";

    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        close $ours;
        @SIG{qw(INT TERM)} = ('DEFAULT') x 2;
        eval { serve($listener, $theirs, %options) } or warn $@;
        POSIX::_exit(0);
    }
    close $theirs;
    my $self = bless { pid => $pid, control => $ours }, $class;
    return $self->started;
}

# The commands. received: the body of the latest request, undef if there was
# none since it was last asked for. held: the number of requests that wait.
# half: sends all of them the first half of the reply.
sub received { return $_[0]->ask('received') }
sub held     { return $_[0]->ask('held') }
sub half     { return $_[0]->ask('half') }

sub ask {
    my ($self, $command) = @_;
    syswrite $self->{control}, "$command\n";
    my $answer = readline $self->{control};
    die "the upstream of the benchmark has ended\n" if !defined $answer;
    chomp $answer;
    return $answer eq '-' ? undef : $answer;
}

sub serve {
    my ($listener, $control, %options) = @_;
    my $select = IO::Select->new($listener, $control);
    my (%input, @held, $received);
    my $answered = 0;
    my $response = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                   . 'Content-Length: ' . length($options{reply})
                   . "\r\n\r\n$options{reply}";
    my $half = length($response) - length($options{reply}) / 2;

    my %commands = (
        received => sub { my $r = $received; undef $received; return $r },
        held => sub { return scalar @held },
        half => sub { syswrite $_, $response, $half for @held; return 1 },
    );

    while (1) {
        for my $socket ($select->can_read) {
            if ($socket == $listener) {
                $select->add(scalar $listener->accept);
                next;
            }
            my $input = \$input{$socket};
            if (!sysread $socket, $$input, 65536, length($$input // '')) {
                return 1 if $socket == $control;
                $select->remove($socket);
                delete $input{$socket};
                next;
            }
            if ($socket == $control) {
                syswrite $control, ($commands{$1}->() // '-') . "\n"
                    while $$input =~ s/^(.*)\n//;
                next;
            }
            my $body = take_request($input) // next;
            $received = $body;
            if ($answered < $options{hold_after}) {
                syswrite $socket, $response;
                $answered++;
            } else {
                push @held, $socket;
            }
        }
    }
}

# Removes a request that is complete from the input; its body.
sub take_request {
    my ($input) = @_;
    my ($head) = $$input =~ /^(.*?\r\n\r\n)/s or return;
    my ($length) = $head =~ /^Content-Length: *(\d+)/mi;
    return if length($$input) < length($head) + ($length // 0);
    my $body = substr $$input, length $head, $length // 0;
    $$input = substr $$input, length($head) + ($length // 0);
    return $body;
}

1;
