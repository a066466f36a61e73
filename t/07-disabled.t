# Contract section 7: which replies mean that the vendor has disabled the
# endpoint, and which do not, whatever they say.

# Test::Nginx waits three times as long after each request for the logs to be
# written. Here are many requests, and nothing about logs.
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

our %Status = (
    endpoint_disabled => 410, master_token_rejected => 502,
    insufficient_balance => 402, plan_not_active => 403,
    project_not_active => 409, upstream_rejected => 422,
    rate_limited => 429, upstream_unavailable => 503,
    upstream_error => 502, upstream_invalid_response => 502,
    channel_not_active => 409, session_expired => 409,
);

sub requests {
    my (@rows) = @_;
    return [map { qq(POST /tokens?row=$_\n{"project_id":6681,)
                  . qq("ip_whitelist":"192.168.0.1"}) } 0 .. $#rows];
}

# Answers each request with the reply of its row.
sub replies {
    my @rows = @_;
    return sub {
        my ($c) = @_;
        while (my $request = $c->request) {
            $c->reply($rows[$request->{headers}{'x-row'}][0]);
        }
    };
}

sub statuses { return [map { $_->[1] ? $Status{$_->[1]} : 200 } @_] }
sub bodies   { return [map { problem($_->[1]) } @_] }

sub problem {
    my ($code) = @_;
    return qr(\A\{"status":100,) if !$code;
    my $detail = $code eq 'endpoint_disabled' ? qr/[^"]*2023-02-01[^"]*/
                                              : qr/[^"]+/;
    my $advice = $code =~ /^upstream_(?:error|invalid_response)$/
                 ? qr/"effect":"\w+","retry":"\w+"/
                 : PickyAssist::Test::advice_members($code);
    return qr(\A\{"type":"urn:pickyassist:problem:$code","title":"[^"]+",
              "status":$Status{$code},"code":"$code","detail":"$detail",
              "request_id":"[0-9a-f]{32}",$advice
              (?:,"upstream_status":-?\d+)?
              (?:,"upstream_message":"[^"]*")?\}\z)x;
}

# An HTTP status with a body that has no API status.
sub http {
    my ($status, $body) = @_;
    $body //= '<html>disabled</html>';
    return "HTTP/1.1 $status x" . ($body eq '' ? '' : "\n\n$body");
}

# An API status with a message, with HTTP status 200 if it is not said.
sub api {
    my ($status, $message, $http) = @_;
    $message = qq("$message") if $message !~ /^["[{]|^(?:null|\d+)$/;
    return 'HTTP/1.1 ' . ($http // 200)
           . qq( x\n\n{"status":$status,"message":$message});
}

my $disabled = 'This API is disabled since 1 February 2023';

# [the vendor's reply, code of the answer or nothing: tokens]

our @rows = (

    # HTTP 429 is what it is
    (map { [$_, 'rate_limited'] }
        http(429), http(429, ''), http(429, '{"message":"disabled"}'),
        api(410, $disabled, 429), api(405, $disabled, 429),
        api(401, $disabled, 429), api(999, $disabled, 429),
        api(101, $disabled, 429),
        qq(HTTP/1.1 429 x\n\n{"status":100,"api_token":"t"})),

    # statuses that speak of this caller keep their rows
    (map { my $http = $_;
           map { [api($_->[0], $disabled, $http), $_->[1]] }
               [401, 'master_token_rejected'],
               [402, 'upstream_rejected'],
               [403, 'insufficient_balance'],
               [404, 'upstream_error'],
               [406, 'upstream_rejected'],
               [407, 'upstream_rejected'],
               [408, 'project_not_active'],
               [409, 'master_token_rejected'],
               [801, 'channel_not_active'],
               [802, 'session_expired'],
               [803, 'upstream_rejected'],
               [899, 'upstream_rejected'],
               ['"401"', 'master_token_rejected'] }
         200, 404, 410, 500),

    # any other status with such a message
    (map { my $status = $_;
           map { [api($status, $_), 'endpoint_disabled'] }
               $disabled, 'DISABLED', 'Api Disabled.', 'xdisabledx',
               'disabled' }
         101, 405, 410, '"410"', 0, 1, 99, 102, 400, 411, 429, 500, 503,
         -1, 1000000),
    (map { [api(410, $disabled, $_), 'endpoint_disabled'] }
        201, 400, 401, 403, 404, 500, 503),

    # and without one
    (map { my $message = $_;
           map { [api($_->[0], $message), $_->[1]] }
               [101, 'upstream_unavailable'],
               [405, 'plan_not_active'],
               [410, 'upstream_rejected'],
               [0, 'upstream_error'],
               [411, 'upstream_error'],
               [500, 'upstream_error'] }
         'Error', '', 'disable', 'dis abled', 'isabled', 'enabled',
         'null', '5', '["disabled"]', '{"a":"disabled"}'),
    ['{"status":410}', 'upstream_rejected'],
    ['{"status":410,"error":"disabled"}', 'upstream_rejected'],

    # an API status goes before the HTTP status
    (map { my $http = $_;
           map { [api($_->[0], 'Error', $http), $_->[1]] }
               [101, 'upstream_unavailable'],
               [401, 'master_token_rejected'],
               [404, 'upstream_error'],
               [405, 'plan_not_active'],
               [410, 'upstream_rejected'],
               [500, 'upstream_error'] }
         404, 405, 410, 501),
    (map { [qq(HTTP/1.1 $_ x\n\n{"status":100,"message":"disabled",)
            . qq("api_token":"t"}), 'upstream_invalid_response'] }
        404, 405, 410, 501),

    # tokens are tokens
    [qq({"status":100,"message":"$disabled","api_token":"t"}), undef],

    # no API status: the HTTP status decides
    (map { my $http = $_;
           map { [http($http, $_), 'endpoint_disabled'] }
               '', 'x', '<html></html>', '{}', '[]', '"disabled"',
               '{"message":"x"}', '{"status":null}' }
         404, 405, 410, 501),
    ["HTTP/1.1 404 x\nContent-Encoding: gzip\n\n\x1f\x8b",
     'endpoint_disabled'],
    ["HTTP/1.1 410 x\n\n" . 'x' x 70_000, 'endpoint_disabled'],
    (map { [http($_), 'upstream_invalid_response'] }
        200, 201, 301, 302, 400, 402, 406, 411, 422),
    (map { [http($_), 'upstream_error'] } 403, 500, 502, 504),
    [http(401), 'master_token_rejected'],
    [http(503), 'upstream_unavailable'],
    ['{"message":"disabled"}', 'upstream_invalid_response'],
);

# With other HTTP statuses and messages configured.

our @own = (
    (map { [http($_), 'endpoint_disabled'] } 200, 301, 401, 403, 503, 599),
    ['{"message":"x"}', 'endpoint_disabled'],
    (map { [http($_), 'upstream_invalid_response'] } 404, 405, 410),
    [http(501), 'upstream_error'],
    [http(429), 'rate_limited'],
    [api(401, 'Switched off', 403), 'master_token_rejected'],
    [api(410, 'Error', 403), 'upstream_rejected'],
    (map { [api(410, $_), 'endpoint_disabled'] }
        'Switched off', 'SWITCHED OFF for good', 'it is no longer there',
        "d\xc3\xa9sactiv\xc3\xa9e"),
    (map { [api(410, $_), 'upstream_rejected'] }
        $disabled, 'switched', 'off', 'switchedoff'),
    ['{"status":100,"message":"switched off","api_token":"t"}', undef],
);

run_tests();

__DATA__

=== TEST 1: an API status with a message that says so
--- upstream
{"status":410,"message":"Project Management API is disabled"}
--- problem
410 endpoint_disabled
--- response_body_like: 2023-02-01.*"upstream_status":410,"upstream_message":"Project Management API is disabled"\}$
--- raw_response_headers_unlike: (?i)Retry-After



=== TEST 2: an HTTP status without an API status
--- upstream
HTTP/1.1 404 Not Found
Content-Type: text/html
Retry-After: 5

<h1>Not found</h1>
--- problem
410 endpoint_disabled
--- response_body_like: 2023-02-01[^"]*","request_id":"[0-9a-f]{32}","effect":"none","retry":"no"\}$
--- raw_response_headers_unlike: (?i)Retry-After



=== TEST 3: every reply that might mean it
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
::replies(@::rows)
--- request eval
::requests(@::rows)
--- error_code eval
::statuses(@::rows)
--- response_body eval
::bodies(@::rows)



=== TEST 4: the operator's own statuses and messages take the defaults' place
--- http_config eval: $::Http
--- config
    location = /tokens {
        pickyassist_disabled_status 200 301 401 403 503 599;
        pickyassist_disabled_message "switched off" "No Longer" désactivé;
        pickyassist_pass http://kept;
    }
--- upstream eval
::replies(@::own)
--- request eval
::requests(@::own)
--- error_code eval
::statuses(@::own)
--- response_body eval
::bodies(@::own)



=== TEST 5: a reply that is cut short is not looked into
--- upstream
HTTP/1.1 404 Not Found
Content-Length: 1000
Connection: close

{"status":410,"message":"disabled"}
--- problem
502 upstream_invalid_response



=== TEST 6: says where it asked, with a path that comes with the endpoint
--- http_config
    pickyassist_token project-token;
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
--- config
    location = /push {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /written {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/their/path?a=1;
    }
--- upstream eval
"HTTP/1.1 404 x\n\nno"
--- request eval
['POST /push
{"application":8,"data":[{"number":"15550100001","message":"Hello"}]}',
 map { "POST $_\n" . '{"project_id":1,"ip_whitelist":"192.168.0.1"}' }
     '/tokens', '/written']
--- error_code eval
[410, 410, 410]
--- response_body_like eval
[qr{"detail":"The vendor answered with HTTP status 404 at /app/api/v2/push, },
 qr{ 404 at /app/api/v2/pm/create-api-token, },
 qr{ 404 at /their/path\?a=1, }]
