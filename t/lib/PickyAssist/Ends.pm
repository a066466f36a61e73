package PickyAssist::Ends;

# Both ends of the gateway in one loop of events: the client of every request
# and the upstream that gets it. So a case can put the steps of both sides in
# one order, thousands of cases run in seconds, many at a time, and whatever
# reaches an upstream is known to the case it belongs to.
#
#     my $ends = PickyAssist::Ends->new(barrier => '/ping');
#     $ends->listen(1985);
#     $ends->listen(1986, cert => 'good.pem', key => 'good.key');
#     my @failures = $ends->play($parallel, {
#         name => 'half a head', uri => '/tokens',
#         steps => [['ask'], ['request'], ['send', 'HTTP/1.1 2'], ['seen'],
#                   ['end', 'reset'], ['reply']],
#         check => sub { my ($case) = @_; return 'what is wrong', ... },
#     }, ...);
#
# Instead of the list of steps, a function that makes one from the id of the
# case and the bytes of its request. With "chunked" the request is in chunks.
# The steps of the client:
#
#     ask           sends the request, on a connection that may have had others
#     connect       opens a connection of its own, which nginx has accepted
#     say BYTES     sends these; the part of a request
#     leave HOW     goes away: close, reset, or half (says no more)
#     deaf          reads no more
#     reply         waits for the response; undef if the connection ends first
#
# The steps of the upstream:
#
#     request       waits until the request is here
#     send BYTES    sends these
#     tear BYTES    sends half of what they are in TLS
#     end HOW       says no more: close; drop (over TLS, without the goodbye);
#                   reset. Nothing but nginx's own close may follow
#     gone          waits until nginx has closed this connection
#
# and for a case that must be played alone, with "manual" a port where nothing
# is read of itself:
#
#     accept        waits for a connection
#     handshake     does the one of TLS
#     arrives       waits until there is something to read, and leaves it there
#     raw BYTES     sends these as they are, TLS or not
#
# Of either:
#
#     seen          waits until nginx has seen all that was done so far
#     do SUB        calls this with the case
#     spoil         the connection to the upstream must not be used again
#     either        waits for another delivery of the request, which is answered
#                   with what the case's function "either" makes, or for the
#                   response of the gateway
#
# "seen" is a request of its own to the location "barrier", on one connection.
# The only worker handles events as they come, so with its answer all that was
# there before has been handled.
#
# A case has, when it is checked: id (the project_id of its request), reply
# (status, headers, body), deliveries (how often its request arrived), and
# errors, to which the loop itself adds.

use strict;
use warnings;

use Errno qw(EAGAIN EINTR);
use IO::Socket::INET;
use Net::SSLeay ();
use Socket ();
use Time::HiRes qw(time);

use PickyAssist::Client ();

# In a test that passes nothing takes as long.
our $Timeout = 40;

# After so many failures the rest of the cases would tell nothing new.
our $Enough = 40;

my ($last_id, $last_connection) = (100000, 0);

sub new {
    my ($class, %self) = @_;
    return bless { %self, sockets => {}, idle => [], running => {},
                   barrier_waits => [], strays => [] }, $class;
}

# Options: cert and key, for TLS.
sub listen {
    my ($self, $port, %options) = @_;
    my $socket = IO::Socket::INET->new(
        LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 511,
        ReuseAddr => 1, Blocking => 0,
    ) or die "cannot listen on port $port: $@\n";

    my $context;
    if ($options{cert}) {
        Net::SSLeay::initialize();
        $context = Net::SSLeay::CTX_new() or die "no TLS\n";
        Net::SSLeay::CTX_use_certificate_chain_file($context, $options{cert})
            or die "$options{cert}\n";
        Net::SSLeay::CTX_use_PrivateKey_file($context, $options{key}, 1)
            or die "$options{key}\n";
        Net::SSLeay::CTX_set_session_id_context($context, 'ends', 4);
    }
    $self->watch($socket, sub {
        while (my $accepted = $socket->accept) {
            $self->accepted($accepted, $port, $context);
        }
    });
    return $self;
}

# Gives the ports back, and ends what is left of connections.
sub close {
    my ($self) = @_;
    $_->[0]->close for values %{$self->{sockets}};
    %$self = ();
}

# Runs the cases, so many at a time; what is wrong, a line for each case.
sub play {
    my ($self, $parallel, @cases) = @_;
    my @failures;

    while (1) {
        if (@failures >= $Enough && @cases) {
            push @failures, scalar(@cases) . ' cases more were not tried';
            @cases = ();
        }
        $self->start(shift @cases)
            while @cases && keys %{$self->{running}} < $parallel;
        my @running = values %{$self->{running}};
        last if !@running;

        my $moved = 0;
        for my $case (@running) {
            $moved += $self->advance($case);
            next if !$case->{done};
            push @failures, $self->finish($case);
            $moved++;
        }
        $self->wait_for_events($moved ? 0 : 1);
    }
    return @failures, splice @{$self->{strays}};
}

sub start {
    my ($self, $case) = @_;
    $case->{id} = ++$last_id;
    $case->{at} = 0;
    $case->{deliveries} = 0;
    $case->{errors} = [];
    $case->{deadline} = time + $Timeout;
    my $body = qq({"project_id":$case->{id},"ip_whitelist":["192.0.2.1"]});
    if ($case->{chunked}) {
        $body = sprintf "5\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n",
                        substr($body, 0, 5), length($body) - 5,
                        substr($body, 5);
    }
    $case->{message} = PickyAssist::Client::message(
        uri => $case->{uri}, body => $body,
        $case->{chunked} ? (headers => { 'Content-Length' => undef,
                                         'Transfer-Encoding' => 'chunked' })
                         : ());
    $case->{steps} = $case->{steps}->($case->{id}, $case->{message})
        if ref $case->{steps} eq 'CODE';
    $self->{running}{$case->{id}} = $case;
}

# Does the steps that need not wait; whether there were any.
sub advance {
    my ($self, $case) = @_;
    my $moved = 0;

    while (my $step = $case->{steps}[$case->{at}]) {
        my ($verb, @arguments) = @$step;
        my $method = "step_$verb";
        last if !$self->$method($case, @arguments);
        delete $case->{waits};
        $case->{at}++;
        $moved = 1;
        last if @{$case->{errors}};
    }

    my $step = $case->{steps}[$case->{at}];
    if (!$step || @{$case->{errors}}) {
        $case->{done} = 1;
    } elsif (time > $case->{deadline}) {
        push @{$case->{errors}}, "no end within $Timeout seconds, step "
                                 . ($case->{at} + 1) . ": $step->[0]";
        $case->{done} = 1;
    }
    return $moved;
}

sub finish {
    my ($self, $case) = @_;
    delete $self->{running}{$case->{id}};
    push @{$case->{owned}}, grep { $_ } @$case{'conn', 'client'}
        if @{$case->{errors}};
    my $wanted = exists $case->{expect_deliveries}
        ? $case->{expect_deliveries} : 1;
    push @{$case->{errors}}, "delivered $case->{deliveries} times, not $wanted"
        if !@{$case->{errors}} && defined $wanted
           && $case->{deliveries} != $wanted;
    push @{$case->{errors}}, $case->{check}->($case)
        if !@{$case->{errors}} && $case->{check};
    $self->forget($_) for @{$case->{owned} || []},
                          @{$case->{connections} || []};
    delete @$case{'steps', 'conn', 'client', 'owned', 'connections'};
    return map { "$case->{name}: $_" } @{$case->{errors}};
}


# The loop: sockets that are watched, by number.

sub watch {
    my ($self, $socket, $handler) = @_;
    $self->{sockets}{fileno $socket} = [$socket, $handler];
}

sub unwatch {
    my ($self, $socket) = @_;
    delete $self->{sockets}{fileno $socket} if defined fileno $socket;
}

sub wait_for_events {
    my ($self, $seconds) = @_;
    my $bits = '';
    vec($bits, $_, 1) = 1 for keys %{$self->{sockets}};
    my $count = select my $ready = $bits, undef, undef, $seconds;
    return if !$count || $count < 0;
    for my $number (keys %{$self->{sockets}}) {
        next if !vec($ready, $number, 1);
        my $entry = $self->{sockets}{$number} or next;
        $entry->[1]->();
    }
}

# All that can be read now, and whether it has ended.
sub take {
    my ($socket) = @_;
    my $bytes = '';
    while (1) {
        my $got = sysread $socket, $bytes, 65536, length $bytes;
        next if $got;
        return ($bytes, defined $got ? 1 : $! != EAGAIN && $! != EINTR);
    }
}

# Whether all of it went out.
sub put {
    my ($socket, $bytes) = @_;
    return 0 if !defined fileno $socket;
    local $SIG{PIPE} = 'IGNORE';
    my $end = time + $Timeout;
    while (length $bytes) {
        my $sent = syswrite $socket, $bytes;
        if (defined $sent) {
            substr $bytes, 0, $sent, '';
        } elsif ($! == EAGAIN && time < $end) {
            vec(my $bits = '', fileno $socket, 1) = 1;
            select undef, $bits, undef, 1;
        } elsif ($! != EINTR) {
            return 0;
        }
    }
    return 1;
}

# What is sent is there at once, whether or not nginx has acknowledged what was
# sent before.
sub ready {
    my ($socket) = @_;
    $socket->blocking(0);
    setsockopt $socket, Socket::IPPROTO_TCP, Socket::TCP_NODELAY, 1;
    return $socket;
}

sub linger {
    my ($socket) = @_;
    setsockopt $socket, Socket::SOL_SOCKET, Socket::SO_LINGER,
               pack('ii', 1, 0);
}


# The client.

sub client {
    my ($self) = @_;
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $ENV{TEST_NGINX_SERVER_PORT},
    ) or die "cannot connect: $@\n";
    ready($socket);
    my $client = { socket => $socket, in => '' };
    $self->watch($socket, sub {
        my ($bytes, $ended) = take($socket);
        $client->{in} .= $bytes;
        return if !$ended;
        $client->{ended} = 1;
        $self->unwatch($socket);
    });
    return $client;
}

# The response, when it is whole.
sub response {
    my ($client) = @_;
    my ($head) = $client->{in} =~ /\A(HTTP.*?\r\n)\r\n/s or return;
    my ($length) = $head =~ /^Content-Length: (\d+)\r$/mi;
    $length //= 0;
    my $start = length($head) + 2;
    return if length $client->{in} < $start + $length;
    my $body = substr $client->{in}, $start, $length;
    substr $client->{in}, 0, $start + $length, '';
    my ($status) = $head =~ /\AHTTP\S+ (\d+)/;
    return { status => $status, head => $head, body => $body };
}

sub step_ask {
    my ($self, $case) = @_;
    my $client;
    while ($client = pop @{$self->{idle}}) {
        push @{$case->{errors}}, "nginx said, unasked: $client->{in}"
            if $client->{in} ne '';
        last if !$client->{ended};
    }
    $case->{client} = $client ||= $self->client;
    put($client->{socket}, $case->{message});
    return 1;
}

sub step_connect {
    my ($self, $case) = @_;
    my $client = $case->{client};
    if (!$case->{waits}++) {
        $client = $case->{client} = $self->client;
        push @{$case->{owned}}, $client;
        put($client->{socket}, $self->ping);
    }
    return defined response($client);
}

sub step_say {
    my ($self, $case, $bytes) = @_;
    put($case->{client}{socket}, $bytes);
    return 1;
}

sub step_deaf {
    my ($self, $case) = @_;
    $self->unwatch($case->{client}{socket});
    return 1;
}

sub step_leave {
    my ($self, $case, $how) = @_;
    my $socket = $case->{client}{socket};
    if ($how eq 'half') {
        shutdown $socket, 1;
        return 1;
    }
    $self->unwatch($socket);
    linger($socket) if $how eq 'reset';
    $socket->close;
    return 1;
}

sub step_reply {
    my ($self, $case) = @_;
    my $client = $case->{client};
    my $reply = response($client);
    return 0 if !$reply && !$client->{ended};
    push @{$case->{replies}}, $case->{reply} = $reply;
    push @{$self->{idle}}, $client
        if $reply && $reply->{head} !~ /^Connection: close\r$/m
           && !$client->{ended} && !@{$case->{owned} || []};
    return 1;
}


# The upstream.

sub accepted {
    my ($self, $socket, $port, $context) = @_;
    ready($socket);
    my $conn = { socket => $socket, port => $port, in => '', plain => '',
                 number => ++$last_connection };
    if ($context) {
        my $ssl = $conn->{ssl} = Net::SSLeay::new($context);
        $conn->{$_} = Net::SSLeay::BIO_new(Net::SSLeay::BIO_s_mem())
            for 'from', 'to';
        Net::SSLeay::set_bio($ssl, $conn->{from}, $conn->{to});
        Net::SSLeay::set_accept_state($ssl);
    }

    my ($manual) = grep { $_->{manual} } values %{$self->{running}};
    if ($manual) {
        push @{$manual->{connections}}, $conn;
        if ($port == $manual->{manual}) {
            $manual->{conn} = $conn;
            return;
        }
    }
    $self->watch($socket, sub { $self->incoming($conn) });
}

sub incoming {
    my ($self, $conn) = @_;
    my ($bytes, $ended) = take($conn->{socket});
    my $ssl = $conn->{ssl};

    if ($ssl && length $bytes) {
        $self->shake($conn, $bytes);
        $bytes = '';
        if ($conn->{shaken}) {
            while (defined(my $plain = Net::SSLeay::read($ssl))) {
                last if $plain eq '';
                $bytes .= $plain;
            }
            Net::SSLeay::ERR_clear_error();
        }
        $self->flush($conn);
    }
    $conn->{in} .= $bytes;

    while (!$conn->{forgotten} && $conn->{in} =~ /\A(.*?\r\n\r\n)/s) {
        my $head = $1;
        my ($length) = $head =~ /^Content-Length: (\d+)/mi;
        my $size = length($head) + ($length // 0);
        last if length $conn->{in} < $size;
        $self->delivered($conn, substr $conn->{in}, 0, $size, '');
    }

    if ($ended && !$conn->{forgotten}) {
        $conn->{gone} = 1;
        $self->forget($conn);
    }
}

# Gives TLS what has come, and goes on with the handshake.
sub shake {
    my ($self, $conn, $bytes) = @_;
    Net::SSLeay::BIO_write($conn->{from}, $bytes) if length $bytes;
    return if $conn->{shaken};
    $conn->{shaken} = Net::SSLeay::do_handshake($conn->{ssl}) > 0;
    Net::SSLeay::ERR_clear_error();
    $self->flush($conn);
}

# Sends what TLS has to say, or only a half of it.
sub flush {
    my ($self, $conn, $half) = @_;
    my $bytes = Net::SSLeay::BIO_read($conn->{to}) // '';
    $bytes = substr $bytes, 0, int(length($bytes) / 2) if $half;
    return put($conn->{socket}, $bytes);
}

sub forget {
    my ($self, $end) = @_;
    $end->{forgotten} = 1;
    $self->unwatch($end->{socket});
    Net::SSLeay::free(delete $end->{ssl}) if $end->{ssl};
    $end->{socket}->close;
}

sub delivered {
    my ($self, $conn, $request) = @_;
    my ($id) = $request =~ /"project_id":(\d+)/;
    my $case = $self->{running}{$id // 0};
    if (!$case) {
        push @{$self->{strays}}, 'an upstream got a request of no case, or '
                                 . 'of one that was over: ' . ($id // $request);
        $self->forget($conn);
        return;
    }
    $case->{deliveries}++;
    push @{$case->{delivered_to}}, $conn->{port};
    push @{$case->{errors}}, 'a connection was used again after '
                             . $conn->{fault}
        if $conn->{fault} && !$case->{may_be_late};
    $case->{conn} = $conn;
}

sub step_request {
    my ($self, $case, $number) = @_;
    return 1 if $case->{deliveries} >= ($number // 1);
    my $client = $case->{client};
    push @{$case->{errors}}, "not delivered, but answered: $client->{in}"
        if $client->{ended} || $client->{in} =~ /\r\n\r\n/;
    return 0;
}

sub step_send {
    my ($self, $case, $bytes) = @_;
    return 1 if $bytes eq '';
    my $conn = $case->{conn};
    if ($conn->{ssl}) {
        Net::SSLeay::write($conn->{ssl}, $bytes);
        $self->flush($conn);
    } else {
        put($conn->{socket}, $bytes);
    }
    return 1;
}

sub step_tear {
    my ($self, $case, $bytes) = @_;
    my $conn = $case->{conn};
    Net::SSLeay::write($conn->{ssl}, $bytes);
    $self->flush($conn, 1);
    return 1;
}

sub step_raw {
    my ($self, $case, $bytes) = @_;
    put($case->{conn}{socket}, $bytes);
    return 1;
}

# What reads on after its end notices who uses the connection again.
sub step_end {
    my ($self, $case, $how) = @_;
    my $conn = $case->{conn};
    $conn->{fault} = $how;
    return 1 if $conn->{gone};
    if ($how eq 'reset') {
        linger($conn->{socket});
        $conn->{gone} = 1;
        $self->forget($conn);
        return 1;
    }
    if ($conn->{ssl} && $how eq 'close') {
        Net::SSLeay::shutdown($conn->{ssl});
        $self->flush($conn);
    }
    shutdown $conn->{socket}, 1;
    return 1;
}

sub step_gone {
    my ($self, $case) = @_;
    return $case->{conn}{gone};
}

sub step_accept {
    my ($self, $case) = @_;
    return $case->{conn};
}

sub step_handshake {
    my ($self, $case) = @_;
    my $conn = $case->{conn};
    if (!$case->{waits}++) {
        $self->watch($conn->{socket}, sub {
            $self->shake($conn, take($conn->{socket}));
            $self->unwatch($conn->{socket}) if $conn->{shaken};
        });
    }
    return $conn->{shaken};
}

sub step_arrives {
    my ($self, $case) = @_;
    my $conn = $case->{conn};
    my $socket = $conn->{socket};
    # It may have come with the end of the handshake.
    return 1 if $conn->{ssl} && Net::SSLeay::BIO_pending($conn->{from});
    if (!$case->{waits}++) {
        $self->watch($socket, sub {
            $case->{arrived} = 1;
            $self->unwatch($socket);
        });
    }
    return $case->{arrived};
}


# Of both.

sub step_seen {
    my ($self, $case) = @_;
    my $waits = $case->{waits};
    if (!$waits) {
        $waits = $case->{waits} = {};
        push @{$self->{barrier_waits}}, $waits;
    }
    $self->{barrier_at} ||= $self->client;
    my $client = $self->{barrier_at};
    my $passing = $self->{barrier_passing};
    if ($passing && defined response($client)) {
        $_->{passed} = 1 for @$passing;
        $passing = $self->{barrier_passing} = undef;
    }
    die "nginx has closed the connection of the barrier\n" if $client->{ended};
    if (!$passing && @{$self->{barrier_waits}}) {
        $self->{barrier_passing} = [splice @{$self->{barrier_waits}}];
        put($client->{socket}, $self->ping);
    }
    return $waits->{passed};
}

sub ping {
    my ($self) = @_;
    return "GET $self->{barrier} HTTP/1.1\r\nHost: localhost\r\n\r\n";
}

# Nothing may use this connection any more.
sub step_spoil {
    my ($self, $case) = @_;
    $case->{conn}{fault} ||= 'what came before';
    return 1;
}

# Waits for the response of the gateway, or for the request to arrive once
# more than it has so far; then "either" of the case makes the reply to it.
sub step_either {
    my ($self, $case) = @_;
    my $before = $case->{waits} //= { deliveries => $case->{deliveries} };
    if ($case->{deliveries} > $before->{deliveries}) {
        $self->step_send($case, $case->{either}->($case->{id}))
            if !$case->{conn}{fault};
        return 1;
    }
    return $case->{client}{ended}
           || $case->{client}{in} =~ /\r\n\r\n/;
}

sub step_do {
    my ($self, $case, $code) = @_;
    $code->($case);
    return 1;
}

1;
