package PickyAssist::Client;

# A client for what the one of Test::Nginx does not do: several requests on
# one connection, TLS, going away in the middle; and a look at nginx from
# outside. For the section "then", see PickyAssist/Test.pm.
#
#     my $client = client(port => 1984, tls => { ... });
#     $client->send(message(), message(uri => '/other'));
#     my $reply = $client->reply;
#     is($reply->{status}, 200);
#
#     is(ask(headers => { Accept => '*/*' })->{body}, '...');

use strict;
use warnings;

use Exporter qw(import);
use IO::Select;
use IO::Socket::INET;
use Socket ();
use Time::HiRes qw(time sleep);

our @EXPORT = qw(client ask message wait_until error_log access_log
                 master_pid worker_pids);

# Nothing takes longer than this in a test that passes, on a machine as busy as
# it may be.
our $Timeout = 20;

# Options: port (of the server of Test::Nginx if not said), receive_buffer (in
# bytes), and tls, the options of IO::Socket::SSL.
sub client {
    my (%options) = @_;

    my $self = bless { unread => '' }, __PACKAGE__;
    my $socket = IO::Socket::INET->new(Proto => 'tcp') or die "socket: $!\n";
    setsockopt $socket, Socket::SOL_SOCKET, Socket::SO_RCVBUF,
               pack('i', $options{receive_buffer})
        if $options{receive_buffer};
    my $port = $options{port} || $ENV{TEST_NGINX_SERVER_PORT};
    connect($socket, Socket::pack_sockaddr_in($port,
                                              Socket::inet_aton('127.0.0.1')))
        or die "connect to port $port: $!\n";

    if (my $tls = $options{tls}) {
        require IO::Socket::SSL;
        $socket = IO::Socket::SSL->start_SSL($socket, SSL_verify_mode => 0,
                                             %$tls)
            or die "TLS: $IO::Socket::SSL::SSL_ERROR\n";
    }
    $self->{socket} = $socket;
    return $self;
}

# One request on a connection of its own; options of client() and message().
sub ask {
    my (%options) = @_;
    my $client = client(%options);
    $client->send(message(%options));
    return $client->reply;
}

# A request: the vendor's sample, POST /tokens, unless it is said otherwise by
# method, uri, version, body or headers (undef: leaves one out).
sub message {
    my (%options) = @_;
    my $body = $options{body} // '{"project_id":6681,"ip_whitelist":'
                                 . '["192.168.0.1","202.164.148.84"]}';
    my %headers = (
        'Host' => 'localhost',
        'Content-Type' => 'application/json',
        'Content-Length' => length $body,
        %{$options{headers} || {}},
    );
    return join "\r\n",
        sprintf('%s %s HTTP/%s', $options{method} // 'POST',
                $options{uri} // '/tokens', $options{version} // '1.1'),
        (map { "$_: $headers{$_}" } grep { defined $headers{$_} }
             sort keys %headers),
        '', $body;
}

sub send {
    my ($self, @pieces) = @_;
    local $SIG{PIPE} = 'IGNORE';
    for my $piece (@pieces) {
        my $done = 0;
        while ($done < length $piece) {
            my $sent = syswrite $self->{socket}, $piece,
                                length($piece) - $done, $done;
            defined $sent or return 0;
            $done += $sent;
        }
    }
    return 1;
}

# The next response: status, headers (names in small letters), head, body, and
# raw, the bytes of all; nothing if the connection ended before it was whole.
sub reply {
    my ($self) = @_;
    my $end = time + $Timeout;

    $self->fill($end) or return while $self->{unread} !~ /\r\n\r\n/;
    $self->{unread} =~ s/^(.*?\r\n)\r\n//s;
    my $head = $1;
    my ($status) = $head =~ m{^HTTP/1\.[01] (\d{3}) };
    my %headers;
    while ($head =~ /^([^:\r\n]+):[ ]*(.*?)\r$/mg) {
        push @{$headers{lc $1}}, $2;
    }
    $_ = join ', ', @$_ for values %headers;

    my $body;
    if ($status =~ /^(?:1..|204|304)$/) {
        $body = '';
    } elsif (($headers{'transfer-encoding'} // '') eq 'chunked') {
        $body = '';
        while (1) {
            $self->fill($end) or return
                while $self->{unread} !~ s/^([0-9a-f]+)\r\n//i;
            my $size = hex $1;
            $body .= ($self->bytes($size, $end) // return);
            $self->bytes(2, $end) // return;
            last if !$size;
        }
    } elsif (defined $headers{'content-length'}) {
        $body = $self->bytes($headers{'content-length'}, $end) // return;
    } else {
        1 while $self->fill($end);
        $body = delete $self->{unread};
        $self->{unread} = '';
    }

    return {
        status => $status, headers => \%headers, head => $head, body => $body,
        raw => "$head\r\n$body",
    };
}

sub bytes {
    my ($self, $size, $end) = @_;
    while (length $self->{unread} < $size) {
        $self->fill($end) or return;
    }
    return substr $self->{unread}, 0, $size, '';
}

# False at the end of the connection.
sub fill {
    my ($self, $end) = @_;
    my $pending = $self->{socket}->can('pending')
                  && $self->{socket}->pending;
    if (!$pending) {
        my $left = $end - time;
        $left > 0 && IO::Select->new($self->{socket})->can_read($left)
            or die "nothing came within $Timeout seconds\n";
    }
    my $got = sysread $self->{socket}, my $bytes, 65536;
    $self->{unread} .= $bytes if $got;
    return $got;
}

# Whether the peer ends the connection, without a word more.
sub ended {
    my ($self) = @_;
    return $self->{unread} eq '' && !$self->fill(time + $Timeout);
}

sub close { (delete $_[0]{socket})->close }

# Goes away with a TCP reset.
sub reset {
    my ($self) = @_;
    setsockopt $self->{socket}, Socket::SOL_SOCKET, Socket::SO_LINGER,
               pack('ii', 1, 0);
    $self->close;
}

# Waits for something that is about to become true; what it is in the end.
sub wait_until(&;$) {
    my ($condition, $seconds) = @_;
    my $end = time + ($seconds // $Timeout);
    while (1) {
        my $is = $condition->();
        return $is if $is || time > $end;
        sleep 0.02;
    }
}

# What nginx has logged so far.
sub error_log  { return slurp("$ENV{TEST_NGINX_SERVROOT}/logs/error.log") }
sub access_log { return slurp("$ENV{TEST_NGINX_SERVROOT}/logs/access.log") }

sub master_pid {
    my ($pid) = slurp("$ENV{TEST_NGINX_SERVROOT}/logs/nginx.pid") =~ /(\d+)/;
    return $pid;
}

# The children of the master: after a reload, for a while, old and new ones.
sub worker_pids {
    my $master = master_pid();
    return split ' ', slurp("/proc/$master/task/$master/children");
}

sub slurp {
    my ($name) = @_;
    open my $file, '<:raw', $name or return '';
    local $/;
    return scalar(<$file>) // '';
}

1;
