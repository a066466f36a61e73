package Bench::Nginx;

# An nginx of its own prefix and processes, and what the kernel knows of its
# one worker.

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(sleep);

use parent 'Bench::Process';

# start(name, MAIN => a file of bench/conf, PORT => ..., and what else its
# configuration has between two @). UNDER: a program that runs nginx, like
# valgrind; then there is one process only.
sub start {
    my ($class, $name, %vars) = @_;
    my $dir = "$vars{BUILD}/$name";
    remove_tree($dir);
    make_path($dir);

    my $self = bless { name => $name, dir => $dir, port => $vars{PORT} },
                     $class;
    render($_, $dir, { %vars, DIR => $dir }) for glob "$vars{CONF}/*";

    die "port $vars{PORT} of 127.0.0.1 is taken by another program\n"
        if listens($vars{PORT});

    my @under = @{ $vars{UNDER} || [] };
    my $globals = @under ? 'daemon off; master_process off;' : 'daemon off;';
    $globals .= ' user root;' if $> == 0 && !@under;
    my @command = (@under, $vars{NGINX}, '-p', "$dir/", '-e', "$dir/error.log",
                   '-c', "$dir/$vars{MAIN}", '-g', $globals);

    $self->{pid} = spawn(\@command, "$dir/output", $vars{CPUS});
    $self->started;
    $self->wait_for_port;
    $self->{worker} = @under ? $self->{pid} : child_of($self->{pid});
    return $self;
}

sub render {
    my ($file, $dir, $vars) = @_;
    (my $to = $file) =~ s{.*/}{$dir/};
    my $text = slurp($file);
    $text =~ s/\@([A-Z0-9_]+)\@/$vars->{$1} \/\/ die "$file: no $1\n"/ge;
    open my $out, '>', $to or die "$to: $!\n";
    print $out $text;
    close $out or die "$to: $!\n";
    return;
}

sub slurp {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

# Starts a program with its output in a file, on these processors if any are
# named; returns its process.
sub spawn {
    my ($command, $output, $cpus) = @_;
    my @command = (defined $cpus ? ('taskset', '-c', $cpus) : (), @$command);
    my $pid = fork // die "fork: $!\n";
    return $pid if $pid;
    open STDIN, '<', '/dev/null';
    open STDOUT, '>', $output;
    open STDERR, '>&', \*STDOUT;
    exec @command or POSIX::_exit(127);
}

sub wait_for_port {
    my ($self) = @_;
    for (1 .. 300) {
        return if listens($self->{port});
        last if waitpid($self->{pid}, POSIX::WNOHANG()) != 0;
        sleep 0.1;
    }
    die "nginx \"$self->{name}\" did not start:\n",
        map({ -e "$self->{dir}/$_" ? slurp("$self->{dir}/$_") : '' }
            qw(output error.log));
}

sub listens {
    my ($port) = @_;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
}

# The master listens a moment before it has a worker.
sub child_of {
    my ($parent) = @_;
    for (1 .. 100) {
        for my $stat (glob '/proc/[0-9]*/stat') {
            open my $in, '<', $stat or next;
            return $1
                if (<$in> // '') =~ /^(\d+) \(.*\) \S (\d+)/s
                   && $2 == $parent;
        }
        sleep 0.1;
    }
    die "no worker process\n";
}

# Time on a processor until now, in microseconds.
sub cpu {
    my ($self) = @_;
    my $schedstat = "/proc/$self->{worker}/schedstat";
    return (split ' ', slurp($schedstat))[0] / 1000 if -e $schedstat;

    my ($user, $system) = $self->user_and_system;
    return $user + $system;
}

# The same in two parts, and less exact: in nginx itself, in the kernel.
sub user_and_system {
    my ($self) = @_;
    my $stat = slurp("/proc/$self->{worker}/stat");
    my @fields = split ' ', $stat =~ s/.*\) //sr;
    my $tick = 1e6 / POSIX::sysconf(POSIX::_SC_CLK_TCK());
    return map { $_ * $tick } @fields[11, 12];
}

# Memory that is the worker's alone, in bytes.
sub memory {
    my ($self) = @_;
    slurp("/proc/$self->{worker}/smaps_rollup") =~ /^Anonymous: +(\d+) kB/m
        or die "no memory figures\n";
    return $1 * 1024;
}

1;
