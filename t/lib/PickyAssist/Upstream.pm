package PickyAssist::Upstream;

# A scripted upstream: a process of its own that accepts connections, runs one
# Perl function for each, and records what it received. PickyAssist::Test
# starts and checks it; what a script may do with its connection stands in the
# second half of this file.

use strict;
use warnings;

use File::Path qw(make_path remove_tree);
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket ();
use Time::HiRes qw(time sleep);

# No upstream outlives this, whatever happens to the test that started it.
our $Lifetime = 120;

# Options: port, dir (for the record), script (function, or the text of a
# reply), and for TLS: cert and key, optionally client_ca and ssl_options (a
# list of options of IO::Socket::SSL).
sub start {
    my ($class, %self) = @_;
    my $self = bless \%self, $class;

    remove_tree($self->{dir});
    make_path($self->{dir});

    # Listening before nginx starts, so that no connection is refused.
    my $listener = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $self->{port},
        Listen => 511, ReuseAddr => 1,
    ) or die "upstream: cannot listen on port $self->{port}: $@\n";

    my $parent = $$;
    $self->{pid} = fork() // die "upstream: fork: $!\n";
    if ($self->{pid} == 0) {
        setpgrp;
        eval { $self->serve($listener, $parent) };
        $self->event("died $@") if $@;
        POSIX::_exit(0);
    }
    return $self;
}

sub stop {
    my ($self) = @_;
    my $pid = delete $self->{pid} or return;
    kill 'KILL', -$pid, $pid;
    waitpid $pid, 0;

    # The processes of its connections, which keep these open for a moment more.
    my $end = time + 5;
    sleep 0.005 while kill(0, -$pid) && time < $end;
}

# What has happened so far: the bytes of all connections in the order of their
# arrival, and how many times something happened ("connection", "request").
sub received { return $_[0]->slurp('received') }
sub count    { return scalar grep { /^$_[1]\b/ } $_[0]->events }
sub events   { return split /\n/, $_[0]->slurp('events') }

sub slurp {
    my ($self, $name) = @_;
    open my $file, '<:raw', "$self->{dir}/$name" or return '';
    local $/;
    return scalar(<$file>) // '';
}

# One write to a file opened for appending is whole, also when several
# connections write at once.
sub append {
    my ($self, $name, $bytes) = @_;
    open my $file, '>>:raw', "$self->{dir}/$name" or die "$name: $!\n";
    syswrite $file, $bytes;
}

sub event { $_[0]->append('events', "$_[1]\n") }

# Ends this process when the test that started it is gone, or its time is up.
sub watch {
    my ($parent) = @_;
    my $end = time + $Lifetime;
    $SIG{ALRM} = sub {
        POSIX::_exit(1) if time > $end || !kill 0, $parent;
        alarm 1;
    };
    alarm 1;
}

# One process for each connection: scripts may block, and run side by side.
sub serve {
    my ($self, $listener, $parent) = @_;

    $SIG{CHLD} = 'IGNORE';
    $SIG{PIPE} = 'IGNORE';
    watch($parent);

    $self->{tls} = $self->tls_context if $self->{cert};

    my $number = 0;
    while (1) {
        my $socket = $listener->accept or next;
        $number++;
        $self->event("connection $number " . $socket->peerhost);

        my $pid = fork() // die "fork: $!\n";
        if ($pid == 0) {
            close $listener;
            watch($parent);
            eval { $self->converse($socket, $number) };
            $self->event("died $number $@") if $@;
            POSIX::_exit(0);
        }
        close $socket;
    }
}

# One for all connections, so that a client can resume a session.
sub tls_context {
    my ($self) = @_;
    require IO::Socket::SSL;
    return IO::Socket::SSL::SSL_Context->new(
        SSL_server => 1,
        SSL_cert_file => $self->{cert}, SSL_key_file => $self->{key},
        SSL_session_id_context => 'upstream',
        $self->{client_ca} ? (
            SSL_ca_file => $self->{client_ca},
            SSL_verify_mode => 3,   # a certificate is demanded
        ) : (),
        @{$self->{ssl_options} || []},
    ) || die "upstream: $IO::Socket::SSL::SSL_ERROR\n";
}

sub converse {
    my ($self, $socket, $number) = @_;

    if ($self->{tls}) {
        my $plain = $socket;
        $socket = IO::Socket::SSL->start_SSL($plain, SSL_server => 1,
                                             SSL_reuse_ctx => $self->{tls},
                                             SSL_startHandshake => 0);
        while (!$socket->accept_SSL) {
            next if interrupted();
            $self->event("handshake failed $number");
            return;
        }
        $self->event("handshake $number "
                     . ($socket->get_servername // '(no name)'));
        $self->event("resumed $number") if $socket->get_session_reused;
    }

    my $connection = bless { upstream => $self, socket => $socket,
                             number => $number, unread => '' },
                           'PickyAssist::Upstream::Connection';

    my $script = $self->{script};
    if (ref $script) {
        $script->($connection);
    } else {
        $connection->repeat($script);
    }
    $connection->close if $connection->{socket};
}

# By the alarm that watch() sets, and nothing is wrong.
sub interrupted {
    return $IO::Socket::SSL::SSL_ERROR == IO::Socket::SSL::SSL_WANT_READ()
        || $IO::Socket::SSL::SSL_ERROR == IO::Socket::SSL::SSL_WANT_WRITE();
}

# The text of a reply as suites write it. A JSON text alone is the body of a
# 200. Otherwise a status line, headers and body, with plain line ends, which
# becomes CRLF in the head, and Content-Length is added unless the text says
# how the body ends.
sub message {
    my ($text) = @_;
    $text =~ s/\n\z//;
    my ($head, $body) = $text =~ m{^HTTP/}
        ? split(/\n\n/, $text, 2)
        : ("HTTP/1.1 200 OK\nContent-Type: application/json", $text);
    $body //= '';
    if ($head !~ /^(Content-Length|Transfer-Encoding|Connection: *close)/mi) {
        $head .= "\nContent-Length: " . length $body;
    }
    $head =~ s/\n/\r\n/g;
    return "$head\r\n\r\n$body";
}


package PickyAssist::Upstream::Connection;

use strict;
use warnings;

use Time::HiRes ();

# Which connection of this upstream this is, from 1.
sub number { return $_[0]{number} }

# Reads one whole request and returns it: method, uri, headers (names in small
# letters), body, raw, and number, counted over all connections from 1. Nothing
# if the peer is done.
sub request {
    my ($self) = @_;

    my $raw = $self->head // return;
    my ($line, @lines) = split /\r\n/, $raw;
    my ($method, $uri) = split / /, $line;
    my %headers = map { /^([^:]+):\s*(.*)/ ? (lc $1, $2) : () } @lines;

    my $body = $self->bytes($headers{'content-length'} // 0) // return;

    my $upstream = $self->{upstream};
    $upstream->event("request $self->{number} $method $uri");
    return {
        method => $method, uri => $uri, headers => \%headers,
        body => $body, raw => $raw . $body,
        number => $upstream->count('request'),
    };
}

# Reads the head of a request, or so many bytes; nothing if the peer closed.
sub head {
    my ($self) = @_;
    while ($self->{unread} !~ /\r\n\r\n/) {
        $self->fill or return;
    }
    $self->{unread} =~ s/^(.*?\r\n\r\n)//s;
    return $1;
}

sub bytes {
    my ($self, $size) = @_;
    while (length $self->{unread} < $size) {
        $self->fill or return;
    }
    return substr $self->{unread}, 0, $size, '';
}

sub fill {
    my ($self) = @_;
    while (1) {
        my $got = sysread $self->{socket}, my $bytes, 65536;
        if ($got) {
            $self->{upstream}->append('received', $bytes);
            $self->{unread} .= $bytes;
            return 1;
        }
        next if !defined $got && ($!{EINTR} || $!{EAGAIN});
        $self->{upstream}->event("eof $self->{number}");
        return 0;
    }
}

# Sends bytes as they are. With a list: the pieces, a short pause after each,
# so that the peer reads them one by one.
sub send {
    my ($self, @pieces) = @_;
    for my $piece (@pieces) {
        my $done = 0;
        while ($done < length $piece) {
            my $sent = syswrite $self->{socket}, $piece,
                                length($piece) - $done, $done;
            if (defined $sent) {
                $done += $sent;
            } elsif (!$!{EINTR} && !$!{EAGAIN}) {
                $self->{upstream}->event("send failed $self->{number}");
                return 0;
            }
        }
        $self->pause(0.01) if @pieces > 1;
    }
    return 1;
}

# Sends bytes in pieces of the given size (1 if not said).
sub drip {
    my ($self, $bytes, $size) = @_;
    $size ||= 1;
    return $self->send(unpack "(a$size)*", $bytes);
}

# Sends the text of a reply, see message() above.
sub reply { return $_[0]->send(PickyAssist::Upstream::message($_[1])) }

# Answers every request of the connection with this text; ends the connection
# after the first where only its end can end the body.
sub repeat {
    my ($self, $text) = @_;
    while ($self->request) {
        $self->reply($text) or last;
        last if $text =~ /^Connection: *close/mi;
    }
}

# Unlike sleep, not cut short by signals.
sub pause {
    my ($self, $seconds) = @_;
    my $end = Time::HiRes::time() + $seconds;
    while ((my $left = $end - Time::HiRes::time()) > 0) {
        Time::HiRes::sleep($left);
    }
}

# Says nothing more and waits until the peer gives up.
sub hang {
    my ($self) = @_;
    1 while $self->fill;
}

# Sends no more, reads on.
sub shutdown { $_[0]{socket}->shutdown(1) }

sub close {
    my ($self) = @_;
    my $socket = delete $self->{socket};
    $socket->close;
}

# Ends the connection without the goodbye that close says on a TLS connection.
sub drop { POSIX::_exit(0) }

# Ends the connection with a TCP reset.
sub reset {
    my ($self) = @_;
    setsockopt $self->{socket}, Socket::SOL_SOCKET, Socket::SO_LINGER,
               pack('ii', 1, 0);
    $self->drop;
}

1;
