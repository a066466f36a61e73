# Contract section 6: every error of the location, those that nginx itself
# makes there included, as the client sees it.

# Test::Nginx waits three times as long after each request for the logs to be
# written. Here are many requests, and what is logged is so before the answer.
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.002 }

use PickyAssist::Test;

# Rows are requests of one block, each naming its row to the upstream, on one
# connection to it. Without the circuit breaker, each of them gets there.
our $Http = <<'END';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_set_header X-Row $arg_row;
    pickyassist_disabled_ttl 0;
    upstream kept {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 1;
    }
END

our $Config = <<'END';
    location = /tokens {
        pickyassist_pass http://kept;
    }
END

# A location whose timeouts are short.
our $Impatient = <<'END';
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_connect_timeout 150ms;
        pickyassist_read_timeout 150ms;
    }
END

our $Body = '{"project_id":6681,"ip_whitelist":"192.168.0.1"}';

our %Status = (
    endpoint_disabled => 410, master_token_rejected => 502,
    insufficient_balance => 402, plan_not_active => 403,
    project_not_active => 409, upstream_rejected => 422,
    rate_limited => 429, upstream_unavailable => 503,
    upstream_error => 502, upstream_invalid_response => 502,
    upstream_unreachable => 502, upstream_timeout => 504,
    channel_not_active => 409, session_expired => 409,
);

sub requests {
    my (@rows) = @_;
    return [map { "POST /tokens?row=$_\n$Body" } 0 .. $#rows];
}

# Answers each request with the reply of its row; a reply that has no length
# ends the connection.
sub replies {
    my @rows = @_;
    return sub {
        my ($c) = @_;
        while (my $request = $c->request) {
            my $reply = $rows[$request->{headers}{'x-row'}][0];
            if ($reply =~ /\r\n/) {
                $c->send($reply);
                return;
            }
            $c->reply($reply);
        }
    };
}

sub statuses { return [map { $Status{$_->[1]} } @_] }
sub bodies   { return [map { problem(@$_[1 .. $#$_]) } @_] }

# Of these, the codes alone.
sub codes { return [map { qr/"code":"$_"/ } @_] }

# The whole document, with the vendor's status and message if they are to be
# there.
sub problem {
    my ($code, $status, $message, @advice) = @_;
    my $advice = PickyAssist::Test::advice_members(
        @advice ? @advice : $code);
    my $last = defined $status ? qq(,"upstream_status":$status) : '';
    $last .= qq(,"upstream_message":"\Q$message\E") if defined $message;
    our $Detail;
    my $detail = $Detail // '[^"]+';
    return qr(\A\{"type":"urn:pickyassist:problem:$code","title":"[^"]+",
              "status":$Status{$code},"code":"$code","detail":"$detail",
              "request_id":"[0-9a-f]{32}",$advice$last\}\z)x;
}

# The same, which begin to explain it so.
sub bodies_saying {
    my ($detail, @rows) = @_;
    local our $Detail = $detail =~ s/ /\\ /gr . '[^"]*';
    return bodies(@rows);
}

# A document for an error of nginx's own.
sub about_blank {
    my ($status, $title) = @_;
    my $advice = PickyAssist::Test::advice_members("http_$status");
    return qr(\A\{"type":"about:blank","title":"\Q$title\E","status":$status,
              "code":"http_$status","detail":"[^"]+",
              "request_id":"[0-9a-f]{32}",$advice\}\z)x;
}

sub chunked {
    return join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @_, '';
}


# [reply, code, API status, message]

our @rows = (

    # the vendor's status codes
    (map { [qq({"status":$_->[0],"message":"Text"}), $_->[1], $_->[0],
            'Text', @$_[2 .. $#$_]] }
        [101, 'upstream_unavailable'],
        [401, 'master_token_rejected'],
        [402, 'upstream_rejected'],
        [403, 'insufficient_balance'],
        [404, 'upstream_error', 'none', 'later'],
        [405, 'plan_not_active'],
        [406, 'upstream_rejected'],
        [407, 'upstream_rejected'],
        [408, 'project_not_active'],
        [409, 'master_token_rejected'],
        [410, 'upstream_rejected'],
        [801, 'channel_not_active'],
        [802, 'session_expired'],
        [803, 'upstream_rejected'], [899, 'upstream_rejected'],
        # unknown ones
        [1, 'upstream_error'], [99, 'upstream_error'],
        [102, 'upstream_error'], [200, 'upstream_error'],
        [400, 'upstream_error'], [411, 'upstream_error'],
        [500, 'upstream_error'], [503, 'upstream_error'],
        [800, 'upstream_error'], [900, 'upstream_error'],
        [-401, 'upstream_error'], [2147483648, 'upstream_error']),

    # as strings, without message, with an HTTP status
    ['{"status":"403","message":"Text"}', 'insufficient_balance', 403, 'Text'],
    ['{"status":"0410"}', 'upstream_rejected', 410],
    ['{"status":408,"message":null}', 'project_not_active', 408],
    (map { [qq(HTTP/1.1 $_->[0] x\n\n{"status":$_->[1]}), $_->[2], $_->[1],
            undef, @$_[3 .. $#$_]] }
        [400, 403, 'insufficient_balance'],
        [401, 408, 'project_not_active'],
        [403, 401, 'master_token_rejected'],
        [500, 405, 'plan_not_active'],
        [503, 402, 'upstream_rejected'],
        [502, 101, 'upstream_unavailable'],
        [401, 999, 'master_token_rejected'],
        [503, 999, 'upstream_unavailable'],
        [500, 999, 'upstream_error'],
        [403, 404, 'upstream_error', 'none', 'later'],
        [403, 999, 'upstream_error', 'none', 'no']),

    # HTTP statuses without an API status
    (map { ["HTTP/1.1 $_->[0] x\n\n<html>", $_->[1], undef, undef,
            @$_[2 .. $#$_]] }
        [401, 'master_token_rejected'],
        [403, 'upstream_error', 'none', 'no'],
        [429, 'rate_limited'],
        [500, 'upstream_error'],
        [502, 'upstream_error'],
        [503, 'upstream_unavailable'],
        [504, 'upstream_error'],
        [599, 'upstream_error']),
    ["HTTP/1.1 503 x", 'upstream_unavailable'],
    ["HTTP/1.1 401 x\n\n{\"error\":\"x\"}", 'master_token_rejected'],

    # replies that cannot be understood
    (map { ["HTTP/1.1 $_ x\n\n<html>", 'upstream_invalid_response'] }
        200, 201, 206, 400, 402, 406, 409, 418, 422),
    (map { [$_, 'upstream_invalid_response', undef, undef, 'none', 'no'] }
        # redirects
        (map { "HTTP/1.1 $_ x\nLocation: http://127.0.0.1:"
               . "$ENV{TEST_NGINX_UPSTREAM2_PORT}/\n\n{\"status\":401}" }
             300, 301, 302, 303, 307, 308),
        'HTTP/1.1 304 Not Modified'),
    (map { [$_, 'upstream_invalid_response'] }
        'HTTP/1.1 200 OK', 'HTTP/1.1 204 No Content', '[]', '"x"', '5',
        'null', '{', '{}', '[{"status":401}]', '{"message":""}',
        '{"status":}', '{"status":null}', '{"status":true}',
        '{"status":[401]}', '{"status":{"status":401}}', '{"status":"x"}',
        '{"status":"401x"}', '{"status":401.5}', '{"status":""}',
        '{"Status":401}', "\xef\xbb\xbf",
        # compressed
        (map { "HTTP/1.1 200 OK\nContent-Encoding: $_\n\n"
               . '{"status":100,"api_token":"t"}' }
             'gzip', 'br', 'deflate', 'compress', 'zstd', 'x-gzip', 'x-compress',
             'aes128gcm', 'exi', 'pack200-gzip', 'dcb', 'dcz', 'GZIP',
             'identity, gzip', 'gzip,none', ',br', 'gzip;q=1', " gzip\t",
             "none\nContent-Encoding: gzip",
             "gzip\nContent-Encoding: identity"),
        # HTTP and API disagree
    ),
    (map { ["HTTP/1.1 $_ x\n\n{\"status\":100,\"api_token\":\"t\"}",
            'upstream_invalid_response', 100] }
        400, 401, 403, 404, 410, 422, 500, 503),

    # text of the vendor's
    ['{"status":410,"message":"a\"b\\\\c\n\u00e4\u0000"}',
     'upstream_rejected', 410, 'a\"b\\\\c\u000a' . "\xc3\xa4" . '\u0000'],
    [qq({"status":401,"message":"Token $ENV{TEST_NGINX_TOKEN} is wrong"}),
     'master_token_rejected', 401, 'Token [redacted] is wrong'],
);


# Responses that are not valid HTTP, as bytes.

my $json = '{"status":100,"api_token":"t"}';
my $ok = "HTTP/1.1 200 OK\r\n";

our @invalid = map { [$_, 'upstream_invalid_response'] } (

    # the status line
    "garbage\r\n\r\n",
    "$json\r\n",
    "HTTP/1.1\r\n\r\n",
    "HTTP/1.1 OK\r\n\r\n",
    "HTTP/1.1 20 OK\r\n\r\n$json",
    "HTTP/1.1 2000 OK\r\n\r\n$json",
    "HTTP/1.1 099 OK\r\nContent-Length: 30\r\n\r\n$json",
    "HTTP/x.1 200 OK\r\n\r\n$json",
    "http/1.1 200 OK\r\n\r\n$json",
    " HTTP/1.1 200 OK\r\n\r\n$json",
    "\r\nHTTP/1.1 200 OK\r\n\r\n$json",
    "ICY 200 OK\r\n\r\n$json",

    # how long it is
    "${ok}Content-Length: 30\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "1e\r\n$json\r\n0\r\n\r\n",
    "${ok}Transfer-Encoding: chunked\r\nContent-Length: 30\r\n\r\n"
    . "1e\r\n$json\r\n0\r\n\r\n",
    (map { "${ok}Content-Length: $_\r\n\r\n$json" }
        "30\r\nContent-Length: 30", "30\r\nContent-Length: 31", '30, 30',
        '-30', '+30', '0x1e', '30 30', '30.0', '', 'x', '99999999999999999999'),
    (map { "${ok}Transfer-Encoding: $_\r\n\r\n1e\r\n$json\r\n0\r\n\r\n" }
        'gzip', 'gzip, chunked', 'chunked, gzip', 'identity', 'xchunked',
        'chunkedx', '', "chunked\r\nTransfer-Encoding: chunked",
        "gzip\r\nTransfer-Encoding: chunked"),
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "1e\r\n$json\r\n0\r\n\r\n",

    # headers
    (map { "$ok$_\r\nContent-Length: 30\r\n\r\n$json" }
        'X-Header : x', 'X Header: x', ' X-Header: x', "X-Header: x\r\n folded",
        ': x', "X-\0Header: x", "X-Header: a\0b",
        "X-\x01Header: x"),

    # interim and other replies
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n$json",
    "HTTP/1.1 101 Switching Protocols\r\n\r\n${ok}Content-Length: 30\r\n\r\n"
    . $json,
    "HTTP/1.1 100 Continue\r\n\r\n$json",
);

# Chunks that are none, behind which nobody knows what comes.

our @no_chunks = map { ["${ok}Transfer-Encoding: chunked\r\n\r\n$_",
                        'upstream_invalid_response'] } (
    "$json\r\n", "x\r\n$json\r\n0\r\n\r\n", "-1\r\n",
    "1d\r\n$json\r\n0\r\n\r\n", "20\r\n$json\r\n0\r\n\r\n",
    "1e\r\n${json}0\r\n\r\n", "\r\n1e\r\n$json\r\n0\r\n\r\n",
    "ffffffffffffffffff\r\n$json\r\n0\r\n\r\n",
);

# Nothing but an interim reply.

our @interim = (["HTTP/1.1 100 Continue\r\n\r\n",
                 'upstream_invalid_response']);

# Replies that end too early.

our @cut_short = map { [$_, 'upstream_invalid_response'] } (
    "HTTP/1.1 200 OK\r\nConte",
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 31\r\n\r\n$json",
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n" . substr($json, 0, 29),
    "HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n" . '{"status":401}',
    "HTTP/1.1 200 OK\r\n\r\n" . substr($json, 0, 29),
    "HTTP/1.1 200 OK\r\n\r\n",
    (map { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n$_" }
        '', '1', "1e\r\n", "1e\r\n$json", "1e\r\n$json\r\n",
        "1e\r\n$json\r\n0", "5\r\n" . substr($json, 0, 5) . "\r\n"),
    "HTTP/1.1 404 Not Found\r\nContent-Length: 30\r\n\r\nx",
    "HTTP/1.1 401 Unauthorized\r\nContent-Length: 30\r\n\r\nx",
    "HTTP/1.1 503 x\r\nTransfer-Encoding: chunked\r\n\r\n",
);

# Replies that end with the connection: an orderly end is theirs, and after any
# other one only what is whole counts, or a status that needs nothing more.

our @ended = (
    (map { my ($status, $code) = @$_;
           map { ["HTTP/1.1 $status x\r\n\r\n$_", $code,
                  $status == 429 ? $code : 'upstream_invalid_response'] }
               '', '<html>', '{"error":1}' }
        [401, 'master_token_rejected'], [404, 'endpoint_disabled'],
        [410, 'endpoint_disabled'], [429, 'rate_limited'],
        [500, 'upstream_error'], [503, 'upstream_unavailable']),
    (map { ["HTTP/1.1 $_->[0] x\r\n\r\n{\"status\":$_->[1]}", ($_->[2]) x 2] }
        [200, 401, 'master_token_rejected'],
        [404, 403, 'insufficient_balance'],
        [401, 999, 'master_token_rejected'],
        [503, 999, 'upstream_unavailable'],
        [500, '410,"message":"disabled"', 'endpoint_disabled']),
);

# More than a "pickyassist_max_response_size" of 100 lets pass, and as much.

my $spaces = ' ' x (100 - length $json);

our @sizes = (
    (map { [$_, 'upstream_invalid_response'] }
        "HTTP/1.1 200 OK\n\n$json$spaces ",
        "HTTP/1.1 200 OK\nContent-Length: 99999999\n\n$json",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
        . chunked("$json$spaces "),
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
        . chunked(split //, "$json$spaces "),
        "HTTP/1.1 200 OK\r\n\r\n$json$spaces "),
    (map { [$_] }
        "HTTP/1.1 200 OK\n\n$json$spaces",
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
        . chunked("$json$spaces"),
        "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"
        . chunked(split //, "$json$spaces"),
        "HTTP/1.1 200 OK\r\n\r\n$json$spaces"),
);


# nginx has read all that was sent to it before, as it answers somebody else.
sub wait_for_nginx {
    my $socket = IO::Socket::INET->new(
        PeerAddr => '127.0.0.1', PeerPort => $ENV{TEST_NGINX_SERVER_PORT})
        or die "no nginx: $@\n";
    print $socket "GET /nothing HTTP/1.0\r\n\r\n";
    1 while <$socket>;
}


# Errors that nginx itself makes: [directives, status, code or title]

our @own = (
    ['return 400;', 400, 'Bad Request'],
    ['return 402;', 402, 'Payment Required'],
    ['return 403;', 403, 'Forbidden'],
    ['return 404;', 404, 'Not Found'],
    ['return 409;', 409, 'Conflict'],
    ['return 410;', 410, 'Gone'],
    ['return 451;', 451, 'Unavailable For Legal Reasons'],
    ['return 500;', 500, 'Internal Server Error'],
    ['return 501;', 501, 'Not Implemented'],
    ['return 502;', 502, undef],
    ['return 503;', 503, 'Service Unavailable'],
    ['return 504;', 504, undef],
    ['return 507;', 507, 'Insufficient Storage'],
    ['internal;', 404, 'Not Found'],
    ['deny all;', 403, 'Forbidden'],
    ['limit_except GET { deny all; }', 403, 'Forbidden'],
    ['auth_basic x; auth_basic_user_file none;', 401, 'Unauthorized'],
    ['auth_basic x; auth_basic_user_file none; satisfy any; deny all;', 401,
     'Unauthorized'],
    ['if ($request_method = POST) { return 403; }', 403, 'Forbidden'],
    ['auth_request /return-403;', 403, 'Forbidden'],
    ['auth_request /return-500;', 500, 'Internal Server Error'],
    ['set $x "a$arg_crlf"; pickyassist_set_header X-Header "a$uri";', 500,
     'Internal Server Error'],
);

our $Own = <<'END' . join '', map { <<"END" } 0 .. $#own;
    location = /return-403 {
        return 403;
    }
    location = /return-500 {
        return 500;
    }
END
    location /own$_/ {
        $own[$_][0]
        pickyassist_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT;
    }
END


# A listener that accepts nothing, its queue full: nobody can connect.

my @full;

sub fill {
    my ($port) = @_;
    @full = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port,
                                  Listen => 0, ReuseAddr => 1)
        or die "cannot listen on port $port: $@\n";
    push @full, map { IO::Socket::INET->new(PeerAddr => '127.0.0.1',
                                            PeerPort => $port, Blocking => 0) }
                    1 .. 16;
}

add_test_cleanup_handler(sub { @full = () });


# A request id of each response's, as its body has it and as nginx logs it.

my %ids;

add_response_body_check(sub {
    my ($block, $body) = @_;
    return if !defined $block->same_request_id;
    my ($id) = $body =~ /"request_id":"(.*?)"/;
    $ids{$id // 'none'}++;
});

add_test_cleanup_handler(sub {
    my ($block) = @_;
    return if !defined $block->same_request_id;
    my $log = '';
    for (1 .. 100) {
        open my $file, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/ids.log" or last;
        local $/;
        $log = <$file> // '';
        last if $log =~ tr/\n// >= keys %ids;
        select undef, undef, undef, 0.01;
    }
    is(join('', sort split /^/, $log), join('', sort map { "$_ $_\n" } keys %ids),
       $block->name . ' - request ids');
    %ids = ();
});

run_tests();

__DATA__

=== TEST 1: endpoint_disabled
--- upstream
{"status":410,"message":"API disabled"}
--- problem
410 endpoint_disabled
--- raw_response_headers_like: X-Request-Id: [0-9a-f]{32}\r\n
--- response_body_like: "upstream_status":410,"upstream_message":"API disabled"\}$



=== TEST 2: master_token_rejected, told to the operator
--- upstream
{"status":401,"message":"Authentication Failed"}
--- problem
502 master_token_rejected
--- response_body_like: "upstream_status":401,"upstream_message":"Authentication Failed"\}$
--- error_log eval
qr/\[error\] .*\bmaster_token_rejected\b/



=== TEST 3: insufficient_balance
--- upstream
{"status":403,"message":"Insufficient Balance"}
--- problem
402 insufficient_balance
--- response_body_like: "upstream_status":403,"upstream_message":"Insufficient Balance"\}$



=== TEST 4: plan_not_active
--- upstream
{"status":405,"message":"API Is Not Active For This Plan"}
--- problem
403 plan_not_active



=== TEST 5: project_not_active
--- upstream
{"status":408,"message":"Project is not Active"}
--- problem
409 project_not_active



=== TEST 6: upstream_rejected
--- upstream
{"status":406,"message":"Invalid Mobile Number"}
--- problem
422 upstream_rejected
--- raw_response_headers_like
\AHTTP/1\.1 422 Unprocessable Content\r



=== TEST 7: rate_limited
--- upstream
HTTP/1.1 429 Too Many Requests
Retry-After: 42

{"status":429,"message":"Slow down"}
--- problem
429 rate_limited
--- response_headers
Retry-After: 42



=== TEST 8: upstream_unavailable
--- upstream
{"status":101,"message":"Service Unavailable"}
--- problem
503 upstream_unavailable



=== TEST 9: upstream_error
--- upstream
{"status":404,"message":"Unable to Communicate with Your Phone"}
--- problem
502 upstream_error none later



=== TEST 10: upstream_invalid_response
--- upstream
<html>
--- problem
502 upstream_invalid_response



=== TEST 11: upstream_unreachable
--- problem
502 upstream_unreachable
--- response_body_like: "detail":"[^"]*not sent



=== TEST 12: upstream_timeout, after which the outcome is unknown
--- config eval: $::Impatient
--- upstream eval
sub { my ($c) = @_; $c->request; $c->hang }
--- problem
504 upstream_timeout
--- response_body_like: "detail":"[^"]*unknown



=== TEST 13: every reply that is an error
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
::replies(@::rows)
--- upstream2
{"status":100,"api_token":"t"}
--- request eval
::requests(@::rows)
--- error_code eval
::statuses(@::rows)
--- response_headers eval
[("Content-Type: application/problem+json\nCache-Control: no-store\n!Location")
 x @::rows]
--- response_body eval
::bodies(@::rows)
--- upstream2_connections: 0



=== TEST 14: a rejected master token without an API status is told as well
--- upstream
HTTP/1.1 401 Unauthorized
WWW-Authenticate: Basic

no
--- problem
502 master_token_rejected
--- response_headers
!WWW-Authenticate
--- error_log eval
qr/\[error\] .*\bmaster_token_rejected\b/



=== TEST 15: Retry-After is passed on, unless it makes no sense
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
::replies(map { ["HTTP/1.1 $_"] }
    "429 x\nRetry-After: 120", "503 x\nRetry-After: 0",
    "429 x\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT",
    "429 x\nRetry-After: <script>, 31 Dec 1999 23:59:59",
    "200 x\nretry-after:120\n\n{\"status\":101}",
    "429 x\nRetry-After: soon", "429 x\nRetry-After: -5",
    "503 x\nRetry-After: 1.5", "503 x\nRetry-After: 1 2",
    "503 x\nRetry-After:", "429 x\nRetry-After: <script>",
    "429 x\nRetry-After: " . '1' x 40,
    "429 x\nRetry-After: $ENV{TEST_NGINX_TOKEN}",
    "429 x\nRetry-After: 007",
    "500 x\nRetry-After: 120", "200 x\nRetry-After: 120\n\n{\"status\":404}",
    "404 x\nRetry-After: 120")
--- request eval
::requests(1 .. 17)
--- error_code eval
[429, 503, 429, 429, 503, 429, 429, 503, 503, 503, 429, 429, 429, 429, 502, 502,
 410]
--- response_headers eval
['Retry-After: 120', 'Retry-After: 0',
 ('Retry-After: Fri, 31 Dec 1999 23:59:59 GMT') x 2, 'Retry-After: 120',
 ('!Retry-After') x 8, 'Retry-After: 7', ('!Retry-After') x 3]



=== TEST 16: responses that are not HTTP
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
::replies(@::invalid, @::no_chunks, @::interim)
--- request eval
::requests(@::invalid, @::no_chunks, @::interim)
--- error_code eval
::statuses(@::invalid, @::no_chunks, @::interim)
--- response_body eval
[@{::bodies_saying("The vendor's response is not valid HTTP;", @::invalid)},
 @{::bodies_saying("The vendor's response was cut short;", @::no_chunks)},
 @{::bodies_saying('The vendor closed the connection before its response was '
                   . 'complete;', @::interim)}]



=== TEST 17: a reply in plain text where TLS was spoken
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub { my ($c) = @_;
      $c->reply('{"status":100,"api_token":"t"}');
      $c->hang }
--- problem
502 upstream_unreachable
--- upstream_received_unlike: project_id



=== TEST 18: interim responses are passed over
--- upstream eval
sub { my ($c) = @_;
      $c->request;
      $c->send("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n"
               . "Link: </x>\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\n",
               "HTTP/1.1 503 Unavailable\r\nContent-Length: 6\r\n\r\n<html>") }
--- problem
503 upstream_unavailable
--- response_headers
!Link
!Retry-After



=== TEST 19: replies that are cut short, by a close
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
::replies(@::cut_short)
--- request eval
::requests(@::cut_short)
--- error_code eval
::statuses(@::cut_short)
--- response_body eval
::bodies(@::cut_short)



=== TEST 20: replies that are cut short, by a reset; and whose end is a close
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
sub {
    my ($c) = @_;
    my $row = $c->request->{headers}{'x-row'};
    my $both = @::cut_short + @::ended;
    $c->send(($row < $both ? (@::cut_short, @::ended)[$row]
                           : $::ended[$row - $both])->[0]);
    return if $row >= $both;
    ::wait_for_nginx();
    $c->reset;
}
--- request eval
::requests(@::cut_short, @::ended, @::ended)
--- error_code eval
[@{::statuses(@::cut_short)},
 map { $::Status{$_} } map({ $_->[2] } @::ended), map({ $_->[1] } @::ended)]
--- response_body eval
[@{::bodies(@::cut_short)},
 @{::codes(map({ $_->[2] } @::ended), map({ $_->[1] } @::ended))}]



=== TEST 21: an upstream that closes without a word
--- upstream eval
sub { my ($c) = @_; $c->request }
--- problem
502 upstream_invalid_response
--- response_body_like: "detail":"The vendor closed the connection before its response was complete; [^"]*unknown
--- upstream_requests: 1



=== TEST 22: an upstream that resets without a word
--- upstream eval
sub { my ($c) = @_; $c->request; $c->reset }
--- problem
502 upstream_invalid_response
--- response_body_like: "detail":"The vendor closed the connection before its response was complete; [^"]*unknown
--- upstream_requests: 1



=== TEST 23: replies of the size that is allowed, and larger ones
--- http_config eval: $::Http
--- config
    location = /tokens {
        pickyassist_max_response_size 100;
        pickyassist_pass http://kept;
    }
--- upstream eval
::replies(@::sizes)
--- request eval
::requests(@::sizes)
--- error_code eval
[map { $_->[1] ? 502 : 200 } @::sizes]
--- response_body eval
[map { $_->[1] ? ::problem($_->[1]) : qr(\A\{"status":100,) } @::sizes]



=== TEST 24: an endless reply is not read to its end
--- upstream eval
sub {
    my ($c) = @_;
    $c->request;
    $c->send("HTTP/1.1 200 OK\r\n\r\n");
    1 while $c->send(' ' x 4096);
}
--- problem
502 upstream_invalid_response



=== TEST 25: nothing that an upstream says moves the request within nginx
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /inside {
        internal;
        return 200 "moved";
    }
--- upstream
HTTP/1.1 200 OK
X-Accel-Redirect: /inside
X-Accel-Expires: 100
X-Accel-Limit-Rate: 1
X-Accel-Buffering: yes
X-Accel-Charset: koi8-r
X-Sendfile: /etc/passwd
Set-Cookie: a=b

{"status":403,"message":"a long message, which a rate of one byte a second would hold up"}
--- problem
402 insufficient_balance
--- response_headers
!X-Accel-Redirect
!X-Accel-Limit-Rate
!Set-Cookie
!X-Sendfile
--- timeout: 1



=== TEST 26: no connection within the time allowed
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
        pickyassist_connect_timeout 150ms;
    }
--- init: main::fill($ENV{TEST_NGINX_SPARE_PORT})
--- problem
504 upstream_timeout none later
--- response_body_like: "detail":"[^"]*not sent



=== TEST 27: no end of the reply within the time allowed
--- config eval: $::Impatient
--- upstream eval
my @replies = (
    'H',
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{\"status\":",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"st",
    "HTTP/1.1 200 OK\r\n\r\n{\"status\":",
    "HTTP/1.1 100 Continue\r\n\r\n",
);
sub { my ($c) = @_;
      $c->send($replies[$c->request->{number} - 1]);
      $c->hang }
--- request eval
::requests(1 .. 8)
--- error_code eval
[(504) x 8]
--- response_body eval
[(qr/"code":"upstream_timeout","detail":"[^"]*unknown/) x 8]



=== TEST 28: names that do not resolve
--- config
    location = /tokens {
        resolver 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        resolver_timeout 150ms;
        pickyassist_pass https://api.test;
    }
--- problem
502 upstream_unreachable



=== TEST 29: certificates that are not trusted
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- upstream_tls: good
--- problem
502 upstream_unreachable
--- upstream_requests: 0



=== TEST 30: errors of nginx's own
--- config eval: $::Own
--- upstream
{}
--- request eval
[map { "POST /own$_/%0d%0a\n$::Body" } 0 .. $#::own]
--- error_code eval
[map { $_->[1] } @::own]
--- response_headers eval
[map { "Content-Type: application/problem+json\nCache-Control: no-store"
       . ($_->[1] == 401 ? qq(\nWWW-Authenticate: Basic realm="x") : '') }
     @::own]
--- response_body eval
[map { $_->[2] ? ::about_blank(@$_[1, 2])
               : qr("status":$_->[1],"code":"http_$_->[1]") } @::own]
--- upstream_connections: 0



=== TEST 31: an error of nginx's own, the whole document
--- config
    location = /tokens {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- problem
403 http_403



=== TEST 32: a body that is larger than nginx takes
--- config
    location = /tokens {
        client_max_body_size 5;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- problem
413 body_too_large



=== TEST 33: a body in chunks that are none
--- request
POST /tokens
x
--- more_headers
Content-Type: application/json
Transfer-Encoding: chunked
--- problem
400 http_400



=== TEST 34: limits of nginx's own, 503 and 429
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    limit_req_zone $uri zone=one:1m rate=1r/m;
--- config
    limit_req zone=one;
    location = /default {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /limited {
        limit_req_status 429;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- request eval
[map { "POST $_\n$::Body" } ('/default') x 2, ('/limited') x 2]
--- error_code eval
[200, 503, 200, 429]
--- response_body eval
[qr(\A\{"status":100,), ::about_blank(503, 'Service Unavailable'),
 qr(\A\{"status":100,), ::problem('rate_limited')]



=== TEST 35: HEAD gets no body with an error of nginx's own
--- config
    location = /tokens {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request
HEAD /tokens
--- error_code: 403
--- response_headers
Content-Type: application/problem+json
Cache-Control: no-store
--- raw_response_headers_like: Content-Length: [1-9]\d+\r\n
--- response_body:



=== TEST 36: what the operator writes for errors of nginx's own wins
--- config
    error_page 401 403 404 413 500 502 504 /sorry;
    location = /sorry {
        return 200 "sorry";
    }
    location = /deny {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /size {
        client_max_body_size 1;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /refused {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location = /timeout {
        pickyassist_read_timeout 100ms;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /body-timeout {
        pickyassist_read_timeout 100ms;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /invalid {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM3_PORT;
    }
--- upstream eval
sub { my ($c) = @_; $c->hang }
--- upstream2 eval
sub { my ($c) = @_;
      $c->request;
      $c->send("HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{");
      $c->hang }
--- upstream3 eval
sub { my ($c) = @_; $c->request; $c->send("garbage\r\n\r\n") }
--- request eval
[map { "POST /$_\n$::Body" }
     'deny', 'size', 'refused', 'timeout', 'body-timeout', 'invalid']
--- error_code eval
[403, 413, 502, 504, 504, 502]
--- response_headers eval
[("Content-Type: text/plain\n!Cache-Control") x 6]
--- response_body eval
[('sorry') x 6]



=== TEST 37: but not for answers that are the gateway's
--- http_config eval: $::Http
--- config eval
'error_page 400 402 403 405 409 410 415 422 429 502 503 504 /sorry;
 location = /sorry { return 200 "sorry"; }' . $::Config
--- upstream eval
::replies(@::rows)
--- request eval
[@{::requests(@::rows)}, 'GET /tokens', "POST /tokens\nx", "POST /tokens\n{}"]
--- error_code eval
[@{::statuses(@::rows)}, 405, 400, 422]
--- response_body eval
[@{::bodies(@::rows)}, qr/"code":"method_not_allowed"/,
 qr/"code":"malformed_json"/, qr/"code":"invalid_request"/]



=== TEST 38: an error_page with a status or a redirect
--- config
    location = /status {
        error_page 403 =404 /sorry;
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /redirect {
        error_page 403 http://example.com/sorry;
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /named {
        error_page 403 = @sorry;
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /sorry {
        return 200 "sorry";
    }
    location @sorry {
        return 200 "named";
    }
--- request eval
[map { "POST /$_\n$::Body" } 'status', 'redirect', 'named']
--- error_code eval
[404, 302, 200]
--- response_headers eval
['', 'Location: http://example.com/sorry', '']
--- response_body eval
['sorry', qr/302 Found/, 'named']



=== TEST 39: an error_page that is a gateway, too
--- config
    location = /tokens {
        error_page 502 504 = @second;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location @second {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- response_headers
Content-Type: application/json
--- response_body chomp
{"status":100,"message":"Success","project_id":6681,"api_token":[{"ip":null,"token":"t"}]}
--- upstream_requests: 1



=== TEST 40: the request id is one, in header, document and log
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format ids "$request_id $sent_http_x_request_id";
--- config
    access_log logs/ids.log ids;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /refused {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SPARE_PORT;
    }
    location = /deny {
        deny all;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":403}
--- request eval
["POST /tokens\n$::Body", "POST /tokens\n{}", "POST /tokens\nx", 'GET /tokens',
 "POST /refused\n$::Body", "POST /deny\n$::Body"]
--- error_code eval
[402, 422, 400, 405, 502, 403]
--- same_request_id



=== TEST 41: common headers on all other responses
--- config
    location = /tokens {
        return 302 /elsewhere;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /text {
        return 200 "text";
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
["POST /tokens\n$::Body", "GET /text"]
--- error_code eval
[302, 200]
--- response_headers eval
[('Cache-Control: no-store') x 2]
--- raw_response_headers_like eval
[('X-Request-Id: [0-9a-f]{32}\r\n') x 2]



=== TEST 42: headers of the vendor's that are too large
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
sub { $_[0]->request; $_[0]->send("HTTP/1.1 200 OK\r\nX: " . 'x' x 100000) }
--- problem: 502 upstream_invalid_response
--- response_body_like: "detail":"The headers of the vendor's response are larger than the gateway accepts; whether tokens were issued is unknown\."
