# What can go wrong between the gateway and its two ends, as a matrix: the
# cases are generated, and what must become of each is computed from the rules
# of the contract. A test here is a group of cases; the failing ones are named.

use PickyAssist::Test;
use PickyAssist::BlackHole;
use PickyAssist::Client;
use PickyAssist::Ends;

use JSON::PP ();

our %port = (
    upstream => $ENV{TEST_NGINX_UPSTREAM_PORT},
    next => $ENV{TEST_NGINX_UPSTREAM2_PORT},
    refused => $ENV{TEST_NGINX_SPARE_PORT},
    hole => $ENV{TEST_NGINX_SPARE_PORT} + 1,
);

our $ends;

# Locations of all blocks; SCHEME is put in by config().
our $Http = <<'END';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
    pickyassist_ssl_name api.test;
    pickyassist_disabled_ttl 0;
    pickyassist_connect_timeout 20s;
    pickyassist_next_upstream error timeout invalid_header http_500 http_502
                              http_503 http_504 http_403 http_404 http_429;
    upstream kept {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT max_fails=0;
        keepalive 64;
    }
END

our $Config = <<'END';
    keepalive_requests 1000000;
    keepalive_timeout 600s;
    location = /ping {
        return 204;
    }
    location = /status {
        pickyassist_status json;
    }
    location = /kept {
        pickyassist_pass SCHEME://kept;
    }
    location = /once {
        pickyassist_pass SCHEME://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /impatient {
        pickyassist_pass SCHEME://kept;
        pickyassist_read_timeout 400ms;
    }
    location = /less-impatient {
        pickyassist_pass SCHEME://kept;
        pickyassist_read_timeout 1500ms;
    }
    location = /long {
        pickyassist_pass SCHEME://kept;
        pickyassist_max_response_size 16m;
    }
END

sub config {
    my ($scheme, @more) = @_;
    return join('', $Config, @more) =~ s/SCHEME/$scheme/gr;
}

# The upstream and the one that is asked next, for the block that follows.
sub listen_on {
    my ($scheme) = @_;
    my $cert = "$ENV{TEST_NGINX_CERTS}/good";
    my @tls = $scheme eq 'https'
        ? (cert => "$cert.pem", key => "$cert.key") : ();
    $ends = PickyAssist::Ends->new(barrier => '/ping');
    $ends->listen($port{$_}, @tls) for 'upstream', 'next';
    our (%answered, $forwarded) = ();
    $forwarded = 0;
}

# Ports are free again, and the connections of the past closed.
add_test_cleanup_handler(sub {
    $ends->close if $ends;
    $ends = undef;
    our @hole = ();
});

# One test: the cases of a group, so many at once.
sub group {
    my ($name, $parallel, @cases) = @_;
    my $start = Time::HiRes::time();
    my @failures = $ends->play($parallel, @cases);
    my $seconds = Time::HiRes::time() - $start;
    Test::More::note(sprintf '%s: %.1f s', $name, $seconds);
    ok(@cases && !@failures, "$name: " . @cases . ' cases')
        or diag(join "\n", @failures);
}


# What the vendor sends. Each project gets a token of its own, so that nobody
# can be taken for another. There is white space behind the JSON text, without
# which it is whole nevertheless.

sub success {
    my ($id) = @_;
    return qq({"status":100,"project_id":$id,"api_token":)
           . qq([{"ip":"192.0.2.1","token":"t-$id"}]}\n );
}

sub with_length {
    my ($body, $status) = @_;
    $status //= '200 OK';
    return "HTTP/1.1 $status\r\nContent-Type: application/json\r\n"
           . 'Content-Length: ' . length($body) . "\r\n\r\n$body";
}

our %reply = (
    'Content-Length' => sub { with_length(success(@_)) },
    'chunked' => sub {
        my $body = success(@_);
        my $chunks = join '', map { sprintf "%x;x=y\r\n%s\r\n", length, $_ }
                                  unpack '(a30)*', $body;
        return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
               . "${chunks}0\r\nX-Trailer: x\r\n\r\n";
    },
    'until close' => sub {
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" . success(@_)
    },
    'after an interim response' => sub {
        "HTTP/1.1 100 Continue\r\n\r\n" . with_length(success(@_))
    },
    'an error of the API' => sub {
        with_length('{"status":403,"message":"Insufficient Balance"}')
    },
    'HTTP 429' => sub { with_length('<html>', '429 Too Many Requests') },
    'HTTP 503, until close' => sub {
        "HTTP/1.1 503 Unavailable\r\n\r\n" . '{"status":101,"message":"x"}'
    },
);
our @forms = ('Content-Length', 'chunked', 'until close');
our @others = grep { my $name = $_; !grep { $_ eq $name } @forms }
                   sort keys %reply;


# What these bytes are by RFC 9112: the status, 0 if not even the head is
# whole; the body; and whether that is whole, undef: to be seen from the end of
# the connection.
sub parse {
    my ($bytes) = @_;
    1 while $bytes =~ s/\AHTTP\S+ 1\d\d .*?\r\n\r\n//s;
    $bytes =~ s/\A(HTTP\S+ (\d+) .*?\r\n)\r\n//s or return (0);
    my ($head, $status) = ($1, $2);
    return ($status, $bytes, length $bytes >= $1)
        if $head =~ /^Content-Length: (\d+)/m;
    return ($status, $bytes) if $head !~ /^Transfer-Encoding: chunked/m;

    my $body = '';
    while ($bytes =~ s/\A([0-9a-f]+)[^\r\n]*\r\n//) {
        my $size = hex $1;
        return ($status, $body, $bytes =~ /\A(?:[^\r\n]+\r\n)*\r\n\z/ ? 1 : 0)
            if !$size;
        last if length $bytes < $size + 2;
        $body .= substr $bytes, 0, $size + 2, '';
        substr $body, -2, 2, '';
    }
    return ($status, $body, 0);
}

# The contract's answer if the upstream sends this and then: closes, drops the
# connection without TLS's goodbye, resets it, or stalls.
sub answer {
    my ($bytes, $end) = @_;
    my ($status, $body, $whole) = parse($bytes);
    my $failure = $end eq 'stall' ? '504 upstream_timeout'
                                  : '502 upstream_invalid_response';
    return $failure if !$status;
    return '429 rate_limited' if $status == 429;

    # Where the end of the connection ends the reply, the JSON text tells
    # whether something is missing; but for the HTTP status alone to count, the
    # end has to be an orderly one.
    return $failure if !($whole // 1);
    my $json = eval { JSON::PP->new->utf8->decode($body) };
    my $api = $json ? $json->{status} : 0;
    return '200 issued' if $api == 100 && $status == 200;
    return '402 insufficient_balance' if $api == 403;
    return '503 upstream_unavailable'
        if $api == 101 || $status == 503 && $end =~ /close|drop/;
    return $failure;
}

# What is wrong with the reply that a case got, if this is the answer.
sub wrong {
    my ($case, $answer, $reply) = @_;
    $reply //= $case->{reply} or return "no answer instead of $answer";
    my $json = eval { JSON::PP->new->utf8->decode($reply->{body}) }
        or return "no JSON: $reply->{status} $reply->{body}";
    my $code = $reply->{status} == 200 ? 'issued' : $json->{code} // '(none)';
    our %answered;
    $answered{$code}++;

    my @wrong;
    push @wrong, "$reply->{status} $code instead of $answer"
        if "$reply->{status} $code" ne $answer;
    push @wrong, "not no-store: $reply->{head}"
        if $reply->{head} !~ /^Cache-Control: no-store\r$/m;
    if ($code eq 'issued') {
        my $id = $case->{id};
        push @wrong, "not its token: $reply->{body}"
            if $json->{project_id} != $id
               || $json->{api_token}[0]{token} !~ /^t-$id\b/;
    } else {
        push @wrong, "not a problem: $reply->{head}"
            if $reply->{head} !~ m{^Content-Type: application/problem\+json}m;
        my $detail = $case->{unsent} ? qr/was not sent/ : qr/is unknown/;
        push @wrong, "the detail: $json->{detail}"
            if $code =~ /^upstream_(?:invalid|timeout|unreach)/
               && $json->{detail} !~ $detail;
    }
    return @wrong;
}

# The counters agree with what the clients got, and nothing is in flight.
sub counters {
    my ($name) = @_;
    our (%answered, $forwarded);
    my $got;
    wait_until {
        my $reply = ask(method => 'GET', uri => '/status', body => '');
        $got = JSON::PP::decode_json($reply->{body});
        $got->{pickyassist_requests_in_flight} == 0;
    };
    my $endpoint = 'create-api-token';
    my $outcomes = $got->{pickyassist_requests_total}{$endpoint};
    is_deeply({
        map({ $_ => $outcomes->{$_} } grep { $outcomes->{$_} } keys %$outcomes),
        'in flight' => $got->{pickyassist_requests_in_flight},
        'upstream requests' =>
            $got->{pickyassist_upstream_requests_total}{$endpoint},
        tokens => $got->{pickyassist_tokens_issued_total},
    }, {
        %answered, 'in flight' => 0, 'upstream requests' => $forwarded,
        tokens => $answered{issued} // 0,
    }, "$name: the counters");
}


# The reply fails at every offset: a case for each.

# name of the fault => the end of the connection, and whether nginx is made to
# read what comes before it first.
our @ends_http = (['close', 0], ['close', 1], ['reset', 0], ['reset', 1]);
our @ends_https = (['close', 0], ['drop', 0], ['drop', 1], ['reset', 0],
                   ['reset', 1]);

sub cut {
    my ($form, $end, $seen, $offset) = @_;
    my $bytes = sub { substr $reply{$form}->(@_), 0, $offset };
    my $answer = answer($bytes->(123456), $end);
    our $forwarded++;

    # A connection on which a reply is whole goes to the next request, which
    # would suffer from what is done to it here.
    my $whole = (parse($bytes->(123456)))[2];
    return {
        name => "$form, $end at $offset" . ($seen ? ', later' : ''),
        uri => $whole ? '/once' : '/kept',
        steps => sub { [['ask'], ['request'], ['send', $bytes->(@_)],
                        $seen ? ['seen'] : (), ['end', $end],
                        ['reply'], ['gone']] },
        check => sub { wrong($_[0], $answer) },
    };
}

# Perl takes the length for a mere truth if it stands in the range itself.
sub offsets {
    my $length = length $reply{$_[0]}->(123456);
    return 0 .. $length;
}

sub cut_everywhere {
    my ($form, $end, $seen) = @_;
    my $moment = $seen ? ', after what was sent' : '';
    group("$form, $end at every offset$moment", 32,
          map { cut($form, $end, $seen, $_) } offsets($form));
}

# TLS records of which half is missing.
sub torn {
    my ($form, $end, $offset) = @_;
    my $answer = answer(substr($reply{$form}->(123456), 0, $offset), $end);
    our $forwarded++;
    return {
        name => "$form, half a record and $end at $offset", uri => '/kept',
        steps => sub {
            my $reply = $reply{$form}->(@_);
            return [['ask'], ['request'], ['send', substr $reply, 0, $offset],
                    ['tear', substr $reply, $offset], ['end', $end],
                    ['reply'], ['gone']];
        },
        check => sub { wrong($_[0], $answer) },
    };
}

# A pause, and then the rest: as if nothing had been.
sub paused {
    my ($form, $offset) = @_;
    my $answer = answer($reply{$form}->(123456), 'close');
    our $forwarded++;
    my $close = !defined((parse($reply{$form}->(123456)))[2]);
    return {
        name => "$form, a pause at $offset", uri => '/kept',
        steps => sub {
            my $reply = $reply{$form}->(@_);
            return [['ask'], ['request'],
                    ['send', substr $reply, 0, $offset], ['seen'],
                    ['send', substr $reply, $offset],
                    $close ? ['end', 'close'] : (), ['reply'],
                    $close ? ['gone'] : ()];
        },
        check => sub { wrong($_[0], $answer) },
    };
}

# Byte by byte, each seen before the next.
sub dripped {
    my ($form) = @_;
    my $answer = answer($reply{$form}->(123456), 'close');
    our $forwarded++;
    my $close = !defined((parse($reply{$form}->(123456)))[2]);
    return {
        name => "$form, byte by byte", uri => '/kept',
        steps => sub {
            return [['ask'], ['request'],
                    (map { ['send', $_], ['seen'] }
                         split //, $reply{$form}->(@_)),
                    $close ? ['end', 'close'] : (), ['reply'],
                    $close ? ['gone'] : ()];
        },
        check => sub { wrong($_[0], $answer) },
    };
}

# Silence, until nginx gives up and closes. Where the reply is whole before,
# there is nothing to wait for.
sub stalled {
    my ($form, $offset) = @_;
    my $bytes = sub { substr $reply{$form}->(@_), 0, $offset };
    return if (parse($bytes->(123456)))[2];
    my $answer = answer($bytes->(123456), 'stall');
    our $forwarded++;
    return {
        name => "$form, a stall at $offset",
        uri => $answer =~ /timeout/ ? '/impatient' : '/less-impatient',
        steps => sub { [['ask'], ['request'], ['send', $bytes->(@_)],
                        ['reply'], ['gone']] },
        check => sub { wrong($_[0], $answer) },
    };
}

sub all_faults {
    my ($scheme, @ends) = @_;
    for my $form (@forms) {
        cut_everywhere($form, @$_) for @ends;
        group("$form, a pause at every offset", 32,
              map { paused($form, $_) } offsets($form));
    }
    group('byte by byte', 8, map { dripped($_) } sort keys %reply);
    group('a stall at every offset', 100,
          map { my $form = $_; map { stalled($form, $_) } offsets($form) }
              @forms);
}


# The way to the upstream. With every fault: its name; the server it is found
# at; whether the request may have arrived by then; and the steps to it. A
# fault that is met on a connection that is not read is "manual". One for which
# nginx has to lose patience is "hasty".

our @on_the_way = (
    ['refused', 'refused', 0],
    ['a black hole', 'hole', 0, hasty => 1],
    ['closed by the reader', 'upstream', 1,
     steps => [['request'], ['end', 'close']]],
    ['reset by the reader', 'upstream', 1,
     steps => [['request'], ['end', 'reset']]],
    ['silence of the reader', 'upstream', 1, hasty => 1,
     steps => [['request']]],
    (map { my $part = $_;
           map { ["$_ behind \"" . ($part =~ s/\r\n/ /gr) . '"', 'upstream', 1,
                  steps => [['request'], ['send', $part], ['seen'],
                            ['end', $_]]] } 'close', 'reset' }
         'H', "HTTP/1.1 500 Oops\r\nX: ",
         "HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\n{",
         "HTTP/1.1 200 OK\r\n\r\n{"),
    ['nonsense', 'upstream', 1,
     steps => [['request'], ['send', "nonsense\r\n\r\n"]]],
);

our @plain = (
    ['closed, unread', 'upstream', 1, manual => 1,
     steps => [['accept'], ['arrives'], ['end', 'close']]],
    ['reset, unread', 'upstream', 1, manual => 1,
     steps => [['accept'], ['arrives'], ['end', 'reset']]],
);

our @tls = (
    (map { my $how = $_;
           ["$how before the handshake", 'upstream', 0, manual => 1,
            steps => [['accept'], ['end', $how]]],
           ["$how in the handshake", 'upstream', 0, manual => 1,
            steps => [['accept'], ['arrives'], ['end', $how]]],
           ["$how after the handshake, unread", 'upstream', 1, manual => 1,
            steps => [['accept'], ['handshake'], ['arrives'], ['end', $how]]],
         } 'drop', 'reset'),
    ['half a record of the handshake', 'upstream', 0, manual => 1,
     steps => [['accept'], ['arrives'], ['raw', "\x16\x03\x03\x00\x7a\x02"],
               ['end', 'drop']]],
    ['no TLS', 'upstream', 0, manual => 1,
     steps => [['accept'], ['arrives'],
               ['raw', with_length('{"status":100,"api_token":"x"}')],
               ['end', 'drop']]],
    ['silence in the handshake', 'upstream', 0, manual => 1, hasty => 1,
     steps => [['accept'], ['arrives']]],
);

sub servers {
    my $next = 'server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT max_fails=0 backup';
    return $Http . join '', map { <<"END" } 'upstream', 'refused', 'hole';
    upstream $_ {
        server 127.0.0.1:$port{$_} max_fails=0;
    }
    upstream $_-next {
        server 127.0.0.1:$port{$_} max_fails=0;
        $next;
    }
END
}

sub ways {
    return map { my $server = $_; map { my $hasty = $_; map { <<"END" }
    location = /$server$hasty$_ {
        pickyassist_pass SCHEME://$server$_;
        @{[$hasty && 'pickyassist_connect_timeout 2s;'
                     . 'pickyassist_read_timeout 500ms;']}
    }
END
        '', '-next' } '', '-hasty' } 'upstream', 'refused', 'hole';
}

# A fault on the way, alone, and with another server to go on to.
sub on_the_way {
    my ($next, $name, $server, $arrived, %fault) = @_;
    my $late = $fault{hasty} ? '504 upstream_timeout' : undef;
    my $answer = $arrived ? $late // '502 upstream_invalid_response'
               : $next    ? '200 issued'
               :            $late // '502 upstream_unreachable';
    my $goes_on = $next && !$arrived;
    our $forwarded++;

    return {
        name => $name . ($next && ', and another server'),
        uri => join('-', "/$server", $fault{hasty} ? 'hasty' : (),
                    $next ? 'next' : ()),
        manual => $fault{manual} && $port{upstream},
        unsent => !$arrived,
        expect_deliveries => $goes_on || $arrived && !$fault{manual} ? 1 : 0,
        steps => sub {
            my ($id) = @_;
            return [['ask'], @{$fault{steps} || []},
                    $goes_on ? (['request'],
                                ['send', $reply{'Content-Length'}->($id)])
                             : (),
                    ['reply'], ['seen']];
        },
        check => sub {
            my ($case) = @_;
            my @to = (@{$case->{delivered_to} || []},
                      map { $_->{port} } @{$case->{connections} || []});
            return wrong($case, $answer),
                   !$goes_on && grep({ $_ == $port{next} } @to)
                   ? 'another server was asked' : ();
        },
    };
}

sub ways_fail {
    my (@faults) = @_;
    for my $next ('', 1) {
        my %cases = (0 => [], 1 => []);
        for (@faults) {
            my $case = on_the_way($next, @$_);
            push @{$cases{$case->{manual} ? 1 : 0}}, $case;
        }
        my $what = $next ? ', with another server' : '';
        group("faults on the way$what", 16, @{$cases{0}});
        group("faults before the request is read$what", 1, @{$cases{1}});
    }
}

# A reset that is under way while nginx connects and sends: whichever is first,
# if another server is asked the first one has got nothing.
sub race_to_reset {
    our $forwarded++;
    return {
        name => "a reset at once, $_[0]", uri => '/upstream-next',
        manual => $port{upstream}, expect_deliveries => undef,
        steps => sub { [['ask'], ['accept'], ['end', 'reset'], ['either'],
                        ['reply']] },
        either => sub { $reply{'Content-Length'}->(@_) },
        check => sub {
            my ($case) = @_;
            return wrong($case, $case->{deliveries}
                                ? '200 issued'
                                : '502 upstream_invalid_response');
        },
    };
}


# The client goes away. Before its head is whole there is no request; before
# its body is, one that fails; and after that, an exchange that goes on.

our @leaves = ('close', 'reset', 'half');

sub request_cut {
    my ($how, $seen, $offset, $message) = @_;
    my $head = 4 + index $message, "\r\n\r\n";
    our %answered;
    $answered{http_error}++ if $offset >= $head;
    return {
        name => "$how at $offset of $head and " . (length($message) - $head)
                . ($seen ? ', later' : ''),
        uri => '/kept', expect_deliveries => 0,
        steps => sub { [['connect'], ['say', substr $_[1], 0, $offset],
                        $seen ? ['seen'] : (), ['leave', $how], ['seen']] },
    };
}

sub request_cut_everywhere {
    my ($how, $seen) = @_;
    my $message = message(body => '{"project_id":123456,"ip_whitelist":'
                                  . '["192.0.2.1"]}', uri => '/kept');
    group("the client's $how at every offset of its request"
          . ($seen ? ', after what was sent' : ''), 32,
          map { request_cut($how, $seen, $_, $message) }
              1 .. length($message) - 1);
}

# Where the reply of the upstream is at the given offset.
sub client_gone {
    my ($form, $how, $offset) = @_;
    my $close = !defined((parse($reply{$form}->(123456)))[2]);
    my (undef, $code) = split ' ', answer($reply{$form}->(123456), 'close');
    our (%answered, $forwarded);
    $forwarded++;
    $answered{$code}++ if $how ne 'half';
    return {
        name => "$form, the client's $how at $offset", uri => '/kept',
        steps => sub {
            my ($id, $message) = @_;
            my $reply = $reply{$form}->($id);
            return [['connect'], ['say', $message], ['request'],
                    ['send', substr $reply, 0, $offset], ['seen'],
                    ['leave', $how], ['seen'],
                    ['send', substr $reply, $offset],
                    $close ? ['end', 'close'] : (), ['seen'],
                    $how eq 'half' ? ['reply'] : (), $close ? ['gone'] : ()];
        },
        check => sub {
            my ($case) = @_;
            return $case->{conn}{gone} && !$close
                   ? 'the exchange was cut short' : (),
                   $how eq 'half' ? wrong($case, '200 issued') : ();
        },
    };
}

# Gone at once with the request sent: it counts.
sub client_gone_at_once {
    my ($how) = @_;
    our (%answered, $forwarded);
    $forwarded++;
    $answered{issued}++ if $how ne 'half';
    return {
        name => "the client's $how at once", uri => '/kept',
        steps => sub {
            my ($id, $message) = @_;
            return [['connect'], ['say', $message], ['leave', $how],
                    ['request'], ['send', $reply{chunked}->($id)], ['seen'],
                    $how eq 'half' ? ['reply'] : ()];
        },
        check => sub { $how eq 'half' ? wrong($_[0], '200 issued') : () },
    };
}

# The response is on its way to a client that reads nothing: more of it than
# the buffers between them hold.
sub client_deaf {
    my ($how) = @_;
    our (%answered, $forwarded);
    $forwarded++;
    $answered{issued}++;
    return {
        name => "the client's $how in a long response", uri => '/long',
        steps => sub {
            my ($id, $message) = @_;
            my $long = success($id) =~ s/(?<="t-)(?=$id)/"$id-" x 1200000/er;
            return [['connect'], ['deaf'], ['say', $message], ['request'],
                    ['send', with_length($long)], ['seen'], ['leave', $how],
                    ['seen']];
        },
        check => sub { $_[0]{conn}{gone} ? 'the exchange was cut short' : () },
    };
}

sub client_drips {
    my ($chunked) = @_;
    our $forwarded++;
    return {
        name => 'the request byte by byte' . ($chunked && ', chunked'),
        uri => '/kept', chunked => $chunked,
        steps => sub {
            my ($id, $message) = @_;
            return [['connect'],
                    (map { ['say', $_], ['seen'] } split //, $message),
                    ['request'], (map { ['send', $_], ['seen'] }
                                      split //, $reply{chunked}->($id)),
                    ['reply']];
        },
        check => sub { wrong($_[0], '200 issued') },
    };
}

# What is counted here is the status of a response, in the end.
sub clients_go {
    for my $how (@leaves) {
        request_cut_everywhere($how, $_) for 0, 1;
        for my $form (@forms) {
            group("$form, the client's $how at every offset of the reply", 32,
                  map { client_gone($form, $how, $_) } offsets($form));
        }
        group("the client's $how at once", 16,
              map { client_gone_at_once($how) } 1 .. 50);
    }
    group("the client's end in a long response", 2,
          map { client_deaf($_) } 'close', 'reset');
    group('both sides byte by byte', 2, map { client_drips($_) } '', 1);
}


# A kept connection that fails when the next request comes. Whatever happened
# on it before nginx has written that, the request goes over another one.

our %stray = (
    'close' => [['end', 'close']],
    'reset' => [['end', 'reset']],
    'a stray byte' => [['send', 'x']],
    'a stray byte, then close' => [['send', 'x'], ['end', 'close']],
    'a stray byte, then reset' => [['send', 'x'], ['end', 'reset']],
    'an empty line' => [['send', "\r\n"]],
    'a stray head' => [['send', "HTTP/1.1 200 OK\r\nContent-Le"]],
    'a stray reply' =>
        [['send', with_length('{"status":100,"api_token":["stray"]}')]],
    'a stray reply, then close' =>
        [['send', with_length('{"status":100,"api_token":["stray"]}')],
         ['end', 'close']],
    'a stray error' =>
        [['send', with_length('', '408 Request Timeout')], ['end', 'close']],
);

# The first request of two, and its connection, by itself.
sub first_of_two {
    my ($id, $behind) = @_;
    return (['ask'], ['request'],
            ['send', $reply{'Content-Length'}->($id) . ($behind // '')],
            ['reply']);
}

sub second_of_two {
    my ($id) = @_;
    return (['request', 2], ['send', $reply{chunked}->($id)], ['reply']);
}

# Seen by nginx before the next request, or in the same moment: while the worker
# is held, both arrive, the request first or last.
sub kept {
    my ($name, $moment) = @_;
    our $forwarded += 2;
    my ($worker) = worker_pids();
    my $stop = ['do', sub { kill 'STOP', $worker }];
    my $go = ['do', sub { kill 'CONT', $worker }];
    my @fault = @{$stray{$name}};
    my @between = $moment eq 'seen' ? (@fault, ['seen'], ['ask'])
                : $moment eq 'first' ? ($stop, @fault, ['ask'], $go)
                : ($stop, ['ask'], @fault, $go);
    return {
        name => "$name, $moment", uri => '/kept', expect_deliveries => 2,
        steps => sub { [first_of_two($_[0]), ['seen'], ['spoil'], @between,
                        second_of_two($_[0])] },
        check => sub {
            my ($case) = @_;
            return map { wrong($case, '200 issued', $_) } @{$case->{replies}};
        },
    };
}

# More than the reply: bytes behind it, in the same write.
sub behind {
    my ($name) = @_;
    my ($bytes) = map { $_->[1] } grep { $_->[0] eq 'send' } @{$stray{$name}};
    return if !defined $bytes;
    our $forwarded += 2;
    my @end = grep { $_->[0] eq 'end' } @{$stray{$name}};
    return {
        name => "$name, behind the reply", uri => '/kept',
        expect_deliveries => 2,
        steps => sub { [first_of_two($_[0], $bytes), ['spoil'], @end, ['ask'],
                        second_of_two($_[0])] },
        check => sub {
            my ($case) = @_;
            return map { wrong($case, '200 issued', $_) } @{$case->{replies}};
        },
    };
}

# The end comes when the next request is under way, read or not. It may have
# arrived then.
sub too_late {
    my ($how, $number) = @_;
    our $forwarded += 2;
    return {
        name => "$how while the next request is on its way, $number",
        uri => '/kept', may_be_late => 1, expect_deliveries => undef,
        steps => sub { [first_of_two($_[0]), ['seen'], ['ask'],
                        ['end', $how], ['either'], ['reply']] },
        either => sub { $reply{chunked}->(@_) },
        check => sub {
            my ($case) = @_;
            my ($first, $second) = @{$case->{replies}};
            return 'delivered more than once'
                if $case->{deliveries} > 2;
            return wrong($case, '200 issued', $first),
                   wrong($case, $second && $second->{status} == 200
                                ? '200 issued'
                                : '502 upstream_invalid_response', $second);
        },
    };
}

sub kept_fail {
    for my $moment ('seen', 'first', 'last') {
        group("a kept connection that fails, $moment", 1,
              map { kept($_, $moment) } sort keys %stray);
    }
    group('more than the reply', 1, map { behind($_) } sort keys %stray);
    group('a kept connection that ends in the moment of use', 1,
          map { my $how = $_; map { too_late($how, $_) } 1 .. 50 }
              'close', 'reset');
}

run_tests();

__DATA__

=== TEST 1: a reply that fails at every offset
--- log_level: warn
--- http_config eval: $main::Http
--- config eval: main::config('http')
--- before: listen_on('http')
--- request: GET /ping
--- error_code: 204
--- then
our (@ends_http, @others);
all_faults('http', @ends_http);
cut_everywhere($_, 'close', 0), cut_everywhere($_, 'reset', 1) for @others;
counters('plain');



=== TEST 2: a reply that fails at every offset, over TLS
--- log_level: warn
--- http_config eval: $main::Http
--- config eval: main::config('https')
--- before: listen_on('https')
--- request: GET /ping
--- error_code: 204
--- then
our (@ends_https, @forms);
all_faults('https', @ends_https);
for my $form (@forms) {
    group("$form, half a TLS record at every offset", 32,
          map { my $offset = $_;
                map { torn($form, $_, $offset) } 'drop', 'reset' }
              0 .. (offsets($form))[-1] - 1);
}
counters('TLS');



=== TEST 3: the way to the upstream
--- log_level: warn
--- http_config eval: main::servers()
--- config eval: main::config('http', main::ways())
--- before
listen_on('http');
PickyAssist::Test::helper(
    PickyAssist::BlackHole->start($main::port{hole}));
--- request: GET /ping
--- error_code: 204
--- then
our (@on_the_way, @plain);
ways_fail(@on_the_way, @plain);
group('a reset that is under way', 1, map { race_to_reset($_) } 1 .. 50);
counters('the way');



=== TEST 4: the way to the upstream, over TLS
--- log_level: warn
--- http_config eval: main::servers()
--- config eval: main::config('https', main::ways())
--- before
listen_on('https');
PickyAssist::Test::helper(
    PickyAssist::BlackHole->start($main::port{hole}));
--- request: GET /ping
--- error_code: 204
--- then
our (@on_the_way, @tls);
ways_fail(@on_the_way, @tls);
counters('the way over TLS');



=== TEST 5: clients that go away, and slow ones
--- log_level: warn
--- http_config eval: $main::Http
--- config eval: main::config('http')
--- before: listen_on('http')
--- request: GET /ping
--- error_code: 204
--- then
clients_go();
counters('clients');



=== TEST 6: kept connections that fail
--- log_level: warn
--- http_config eval: $main::Http
--- config eval: main::config('http')
--- before: listen_on('http')
--- request: GET /ping
--- error_code: 204
--- then
kept_fail();
counters('kept connections');



=== TEST 7: kept connections that fail, over TLS
--- log_level: warn
--- http_config eval: $main::Http
--- config eval: main::config('https')
--- before: listen_on('https')
--- request: GET /ping
--- error_code: 204
--- then
kept_fail();
counters('kept connections over TLS');
