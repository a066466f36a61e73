# Contract section 5: what clients get when tokens were issued, whatever form
# the vendor's reply has.

# Test::Nginx waits three times as long after each request for the logs to be
# written. Here are many requests, and next to nothing about logs.
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.002 }

use PickyAssist::Test;

# Rows are requests of one block, each naming its row to the upstream, on one
# connection to it.
our $Http = <<'END';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_set_header X-Row $arg_row;
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

sub requests {
    my ($count) = @_;
    return [map { qq(POST /tokens?row=$_\n{"project_id":6681,)
                  . qq("ip_whitelist":"192.168.0.1"}) } 0 .. $count - 1];
}

# Answers each request with the reply of its row.
sub replies {
    my @rows = @_;
    return sub {
        my ($c) = @_;
        while (my $request = $c->request) {
            $c->reply($rows[$request->{headers}{'x-row'}]);
        }
    };
}

sub tokens {
    my ($tokens, %other) = @_;
    my $message = $other{message} // 'Success';
    my $project_id = $other{project_id} // 6681;
    return qq({"status":100,"message":"$message","project_id":$project_id,)
           . qq("api_token":[$tokens]});
}

# Tokens, near to as many as the default of "pickyassist_max_response_size"
# lets pass.
our $Many = join ',', map { qq({"ip":"192.0.2.1","token":"token-number-$_"}) }
                          1 .. 1300;

sub chunked {
    return join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @_, '';
}

our $Invalid = qr(\A\{"type":"urn:pickyassist:problem:upstream_invalid_response");

my $one = '{"ip":"192.168.0.1","token":"t1"}';
my $two = $one . ',{"ip":"202.164.148.84","token":"t2"}';

# What the vendor sends, and what becomes of it.

our @rows = (

    # the sample of the vendor's documentation, whose project is another one
    ['{"status":100,"message":"Success","project_id":26681,"api_token":'
     . '[{"ip":"192.168.0.1","token":"34343sdfgsdf3434"},'
     . '{"ip":"202.164.148.84","token":"34343ddf343434343"}]}',
     '{"status":100,"message":"Success","project_id":26681,"api_token":'
     . '[{"ip":"192.168.0.1","token":"34343sdfgsdf3434"},'
     . '{"ip":"202.164.148.84","token":"34343ddf343434343"}]}'],

    # the same, neither compact nor in this order
    [qq({\n  "api_token" : [ { "token": "t1", "ip": "192.168.0.1" } ],\n)
     . qq(  "project_id" : 6681,\n  "message" : "Success",\n)
     . qq(  "status" : 100\n}\n),
     tokens($one)],

    # status
    (map { [qq({"status":$_,"api_token":[$one]}), tokens($one)] }
        '100', '"100"', '100.0', '1e2', '"\u0031\u0030\u0030"'),

    # project_id
    (map { [qq({"status":100,"project_id":$_,"api_token":[$one]}),
            tokens($one, project_id => 715)] }
        '715', '"715"', '715.0', '"0715"'),
    (map { [qq({"status":100,$_"api_token":[$one]}), tokens($one)] }
        '', '"project_id":null,', '"project_id":"",', '"project_id":"abc",',
        '"project_id":[715],', '"project_id":{},', '"project_id":true,',
        '"project_id":"715x",', '"project_id":7.15,',
        '"project_id":' . '9' x 40 . ',', '"project_id":"' . '9' x 40 . '",'),

    # message
    (map { [qq({"status":100,"message":$_->[0],"api_token":[$one]}),
            tokens($one, message => $_->[1])] }
        ['"Token created"', 'Token created'],
        ['"API disabled"', 'API disabled'],
        ['""', ''],
        ['"a\"b\\\\c\/d"', 'a\"b\\\\c/d'],
        ['"\u00e4\u20ac\ud83d\ude00"', "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80"],
        ["\"\xc3\xa4\"", "\xc3\xa4"],
        ['"a\nb\u0000c\u001fd"', 'a\u000ab\u0000c\u001fd']),
    (map { [qq({"status":100,$_"api_token":[$one]}), tokens($one)] }
        '', '"message":null,', '"message":5,', '"message":["x"],',
        '"message":{"text":"x"},'),

    # api_token
    ["{\"status\":100,\"api_token\":[$two]}", tokens($two)],
    ["{\"status\":100,\"api_token\":$one}", tokens($one)],
    ["{\"status\":100,\"api_tokens\":[$two]}", tokens($two)],
    ["{\"status\":100,\"api_tokens\":$one}", tokens($one)],
    ["{\"status\":100,\"api_token\":[],\"api_tokens\":[$one]}", tokens($one)],
    ["{\"status\":100,\"api_token\":null,\"api_tokens\":[$one]}",
     tokens($one)],
    ['{"status":100,"api_token":"t1"}', tokens('{"ip":null,"token":"t1"}')],
    ['{"status":100,"api_tokens":"t1"}', tokens('{"ip":null,"token":"t1"}')],
    ['{"status":100,"api_token":["t1","t2"]}',
     tokens('{"ip":null,"token":"t1"},{"ip":null,"token":"t2"}')],
    ["{\"status\":100,\"api_token\":[\"t0\",$one]}",
     tokens("{\"ip\":null,\"token\":\"t0\"},$one")],

    # a list with gaps, as PHP writes it
    ['{"status":100,"api_token":{"0":{"ip":"1.2.3.4","token":"a"},"2":{"ip":'
     . '"5.6.7.8","token":"b"}}}',
     tokens('{"ip":"1.2.3.4","token":"a"},{"ip":"5.6.7.8","token":"b"}')],
    ["{\"status\":100,\"api_tokens\":{\"7\":$one}}", tokens($one)],

    # ip
    (map { [qq({"status":100,"api_token":[{$_"token":"t1"}]}),
            tokens('{"ip":null,"token":"t1"}')] }
        '', '"ip":null,', '"ip":5,', '"ip":["192.168.0.1"],', '"ip":{},',
        '"ip":true,'),
    ['{"status":100,"api_token":[{"ip":"x\"y","token":"t1"}]}',
     tokens('{"ip":"x\"y","token":"t1"}')],

    # token: what is none is passed over, what is one is not
    (map { ["{\"status\":100,\"api_token\":[$_,$two]}", tokens($two)] }
        '{}', '{"ip":"192.168.0.1"}', '{"ip":"192.168.0.1","token":""}',
        '{"ip":"192.168.0.1","token":null}', '{"token":["t"]}',
        '{"token":{"token":"t"}}', '{"token":true}', '""', 'null', '[]',
        '[["t"]]', 'true'),
    ['{"status":100,"api_token":[{"ip":"192.168.0.1","token":"a\"b\u00e4"}]}',
     tokens("{\"ip\":\"192.168.0.1\",\"token\":\"a\\\"b\xc3\xa4\"}")],

    # members that nobody documented
    ['{"status":100,"success":true,"data":{"token":"x"},"api_token":[{"ip":'
     . '"192.168.0.1","token":"t1","id":5,"expires":null}],"errors":[],'
     . '"message":"Success","token":"x","":0}', tokens($one)],

    # flaws elsewhere, for which no token is thrown away
    (map { [$_, tokens($one)] }
        "\xef\xbb\xbf{\"status\":100,\"api_token\":[$one]}",
        " \r\n{\"status\":100,\"api_token\":[$one]}\r\n\r\n",
        "{\"status\":100,\"api_token\":[$one]}<br />Warning: x",
        "{\"status\":100,\"api_token\":[$one]}{\"status\":401}",
        "{\"status\":100,\"a\":1e999,\"api_token\":[$one]}",
        "{\"status\":100,\"a\":" . '9' x 400 . ",\"api_token\":[$one]}",
        "{\"status\":100,\"a\":\"\\ud800\",\"api_token\":[$one]}",
        "{\"status\":100,\"a\":\"\\u0000\",\"api_token\":[$one]}",
        "{\"status\":100,\"\\u0000\":1,\"api_token\":[$one]}",
        "{\"status\":100,\"a\":\"\xff\xfe\",\"api_token\":[$one]}",
        "{\"status\":100,\"a\":\"\t\n\",\"api_token\":[$one]}",
        "{\"status\":100,\"a\":\"it\\'s\",\"api_token\":[$one]}",
        "{\"status\":100,\"a\":\"\\x41\\q\\u12\",\"api_token\":[$one]}",
        "{\"status\":100,\"\\'\":0,\"api_token\":[$one]}",
        "{\"status\":100,\"a\":1,\"a\":2,\"api_token\":[$one]}"),

    # a success in which no token can be read
    (map { [qq({"status":100,"message":"Success"$_}), $Invalid] }
        '', ',"api_token":[]', ',"api_token":{}', ',"api_token":null',
        ',"api_token":""', ',"api_token":true', ',"api_token":[null,"",{}]',
        ',"api_token":[{"ip":"192.168.0.1"}]',
        ',"api_token":[{"ip":"192.168.0.1","token":""}]',
        ',"token":"t1"', ',"API_TOKEN":"t1"'),

    # other HTTP statuses of success, media types and headers
    (map { ["HTTP/1.1 $_\n\n{\"status\":100,\"api_token\":[$one]}",
            tokens($one)] }
        '200 OK', '201 Created', '202', "200 OK\nContent-Type: text/html",
        (map { "200 OK\nContent-Encoding: $_" }
            'identity', 'none', 'binary', 'UTF-8', 'utf-8', '',
            'identity, identity', ', ,none', '8bit', 'gzipped',
            "identity\nContent-Encoding: Identity"),
        "200 OK\nContent-Type: application/json; charset=iso-8859-1"),

    # the master token sent back
    (map { [qq({"status":100,"message":"$_ $_","api_token":)
            . qq([{"ip":"<$_>","token":"$_"},{"ip":null,"token":"x${_}y"}]}),
            tokens('{"ip":"<[redacted]>","token":"[redacted]"},'
                   . '{"ip":null,"token":"x[redacted]y"}',
                   message => '[redacted] [redacted]')] }
        $ENV{TEST_NGINX_TOKEN},
        $ENV{TEST_NGINX_TOKEN} =~ s/(.)/sprintf '\\u%04x', ord $1/ger),
);

run_tests();

__DATA__

=== TEST 1: the vendor's sample
--- upstream
{"status":100,"message":"Success","project_id":26681,"api_token":[{"ip":"192.168.0.1","token":"34343sdfgsdf3434"},{"ip":"202.164.148.84","token":"34343ddf343434343"}]}
--- error_code: 200
--- response_headers
Content-Type: application/json
Content-Length: 167
Cache-Control: no-store
--- raw_response_headers_like: X-Request-Id: [0-9a-f]{32}\r\n
--- response_body chomp
{"status":100,"message":"Success","project_id":26681,"api_token":[{"ip":"192.168.0.1","token":"34343sdfgsdf3434"},{"ip":"202.164.148.84","token":"34343ddf343434343"}]}



=== TEST 2: every form of a reply
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
::replies(map { $_->[0] } @::rows)
--- request eval
::requests(scalar @::rows)
--- error_code eval
[map { ref $_->[1] ? 502 : 200 } @::rows]
--- response_body eval
[map { $_->[1] } @::rows]



=== TEST 3: a success without a token to be read is told as such
--- upstream
{"status":100,"message":"Done","api_token":[]}
--- problem
502 upstream_invalid_response
--- response_body_like: "upstream_status":100,"upstream_message":"Done"\}$



=== TEST 4: nothing of the upstream's headers reaches the client
--- upstream
HTTP/1.1 201 Made
Content-Type: text/html; charset=x
Cache-Control: public, max-age=3600
Content-Disposition: attachment
Content-Language: de
ETag: "x"
Expires: Thu, 31 Dec 2037 23:55:55 GMT
Last-Modified: Mon, 28 Sep 1970 06:00:00 GMT
Link: <x>
Location: http://example.com/
Retry-After: 5
Refresh: 1
Server: upstream
Set-Cookie: a=b
Vary: *
WWW-Authenticate: Basic
X-Powered-By: PHP
X-Request-Id: x

{"status":100,"api_token":"t"}
--- raw_response_headers_like eval
qr{\AHTTP/1\.1 200 OK\r
Server: nginx[^\r]*\r
Date: [^\r]+\r
Content-Type: application/json\r
Content-Length: 90\r
Connection: close\r
(?:X-Request-Id: [0-9a-f]{32}\r
|Cache-Control: no-store\r
){2}\z}
--- response_body chomp
{"status":100,"message":"Success","project_id":6681,"api_token":[{"ip":null,"token":"t"}]}



=== TEST 5: replies of any framing, on connections that are kept if they can be
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
my $json = '{"status":100,"api_token":"t"}';
my @replies = (
    # kept
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n$json",
    "HTTP/1.1 200 OK\r\ncontent-length:30\r\n\r\n$json",
    # names that nginx doubts, and that are nearly those that matter
    "HTTP/1.1 200 OK\r\nX_Odd.Name!#\$%&'*+^`|~: x\r\nContent-Length: 30\r\n"
    . "Content-Lengt!: 5\r\nContent-Length!: 5\r\nContent_Length: 5\r\n"
    . "Transfer.Encoding: gzip\r\nTransfer-Encodin~: gzip\r\n"
    . "Connectio*: close\r\n\r\n$json",
    "HTTP/1.1 200\r\nContent-Length: 30\r\n\r\n$json",
    "HTTP/1.1 103 Early Hints\r\nConnection: close\r\nKeep-Alive: timeout=1\r\n"
    . "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n$json",
    "HTTP/1.1 200 OK\nContent-Length: 30\n\n$json",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "1e\r\n$json\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\n"
    . "01;a=b\r\n{\r\n1D\r\n" . substr($json, 1)
    . "\r\n000;a\r\nTrailer: x\r\n\r\n",
    # the last ones of their connections
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\nConnection: close\r\n\r\n$json",
    "HTTP/1.1 200 OK\r\nConnection: Keep-Alive, Close\r\n"
    . "Content-Length: 30\r\n\r\n$json",
    "HTTP/1.0 200 OK\r\nContent-Length: 30\r\n\r\n$json",
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n$json and more",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "1e\r\n$json\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
    . "Connection: close\r\n\r\n1e\r\n$json\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n$json",
    "HTTP/1.0 200 OK\r\n\r\n$json",
);
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $row = $request->{headers}{'x-row'};
        $c->send($replies[$row]);
        return if $row >= 14;
    }
}
--- request eval
::requests(16)
--- error_code eval
[(200) x 16]
--- response_body eval
[(::tokens('{"ip":null,"token":"t"}')) x 16]
--- upstream_requests: 16
--- upstream_connections: 8



=== TEST 6: replies that come byte by byte
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
my $json = '{"status":100,"api_token":"t"}';
my @replies = (
    "HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n$json",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    . "9\r\n" . substr($json, 0, 9) . "\r\n15\r\n" . substr($json, 9)
    . "\r\n0\r\n\r\n",
    "HTTP/1.1 103 Early\r\nLink: <x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n$json",
);
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $row = $request->{headers}{'x-row'};
        for my $byte (split //, $replies[$row]) {
            $c->send($byte);
            $c->pause(0.001);
        }
        return if $row == 2;
    }
}
--- request eval
::requests(3)
--- error_code eval
[(200) x 3]
--- response_body eval
[(::tokens('{"ip":null,"token":"t"}')) x 3]
--- upstream_connections: 1



=== TEST 7: as many tokens as fit, of each framing
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval
my $json = '{"status":100,"api_token":[' . $::Many . ']}';
my @replies = (
    "HTTP/1.1 200 OK\r\nContent-Length: " . length($json) . "\r\n\r\n$json",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    . ::chunked(unpack '(a1000)*', $json),
    "HTTP/1.1 200 OK\r\n\r\n$json",
);
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $row = $request->{headers}{'x-row'};
        $c->send($replies[$row]);
        return if $row == 2;
    }
}
--- request eval
::requests(3)
--- error_code eval
[(200) x 3]
--- response_body eval
[(::tokens($::Many)) x 3]



=== TEST 8: clients of HTTP/1.0, and several requests on one connection
--- upstream
{"status":100,"api_token":"t"}
--- pipelined_requests eval
my $body = '{"project_id":6681,"ip_whitelist":"192.168.0.1"}';
["POST /tokens\n$body", "POST /tokens\n$body", "POST /tokens HTTP/1.0\n$body"]
--- error_code eval
[(200) x 3]
--- response_body eval
[(::tokens('{"ip":null,"token":"t"}')) x 3]



=== TEST 9: the replies of other endpoints
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_token project-5a0c7f21d8e94b36;
    log_format facts '$uri $pickyassist_outcome [$pickyassist_accepted]'
                     ' [$pickyassist_push_id] [$pickyassist_token_count]';
    access_log logs/facts.log facts;
--- config
    location = /push {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
    location ~ ^/push/(.+) {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/push;
        pickyassist_endpoint push;
        pickyassist_set_header X-Row $1;
        pickyassist_disabled_ttl 0;
    }
    location = /report {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint delivery-report;
    }
    location = /device {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint device-status;
    }
    location = /projects {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint get-projects;
    }
    location = /balance {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
--- upstream eval
my %replies = (
    '/app/api/v2/push' => '{"status":"100", "push_id":7000001,"data":[{"msg_id"'
        . ':"1","x":"\u00e4\/"}, {"msg_id":"2"},{"msg_id":null}]}',
    '/app/api/v2/delivery-report' => '{"push_id":1,"data":[],'
        . "\"a\":\"$ENV{TEST_NGINX_TOKEN} project%2d5a0c7f21d8e94b36\"}",
    '/app/api/v2/device-status' => '{"a":1,"status":"CONNECTED"}',
    '/app/api/v2/pm/get-projects' => '{"status":401,"message":"x"}',
    '/app/api/v2/check-balance' => '{"status":409}',
);
my $data = '"push_id":7000001,"data":[{"msg_id":"1"}]}';
my %pushes = (
    refused => qq({"status":403,$data),
    disabled => qq({"status":405,"message":"disabled",$data),
    gone => "HTTP/1.1 404 x\n\n{$data",
    unknown => qq({"status":999,$data),
    unread => qq({"status":null,$data),
    limited => "HTTP/1.1 429 x\n\n{$data",
    failed => qq(HTTP/1.1 500 x\n\n{"status":100,$data),
);
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->reply($replies{$request->{uri}}
                  // $pushes{$request->{headers}{'x-row'}});
    }
}
--- request eval
['POST /push
{"application":"1","data":[{"number":"15550100001"}]}',
 (map { qq(POST /push/$_
{"application":"1","data":[{"number":"15550100001"}]}) }
      'refused', 'disabled', 'gone', 'unknown', 'unread', 'limited', 'failed'),
 'POST /report
{"push_id":1}',
 'POST /device
{}',
 'POST /projects
{"project_id":0}',
 'POST /balance
{}']
--- error_code eval
[200, 402, 410, 410, 502, 502, 429, 502, 200, 200, 502, 502]
--- response_body eval
['{"status":100,"message":"Success","push_id":7000001,"data":[{"msg_id":"1",'
 . '"x":"\u00e4\/"},{"msg_id":"2"},{"msg_id":null}]}',
 (map { qr/"code":"$_"/ } 'insufficient_balance', 'endpoint_disabled',
      'endpoint_disabled', 'upstream_error', 'upstream_invalid_response',
      'rate_limited', 'upstream_invalid_response'),
 '{"status":100,"message":"Success","push_id":1,"data":[],'
 . '"a":"[redacted] [redacted]"}',
 '{"status":100,"message":"Success","a":1,"device_status":"CONNECTED"}',
 qr/"code":"master_token_rejected"/, qr/"code":"token_rejected"/]
--- then
# Of the last request: this runs after each. It is logged behind its answer.
my $log = "$ENV{TEST_NGINX_SERVROOT}/logs/facts.log";
if ($reply =~ /"token_rejected/) {
    my $lines = '';
    for (1 .. 500) {
        open my $file, '<', $log or die "$log: $!\n";
        $lines = join '', <$file>;
        last if $lines =~ tr/\n// == 12;
        select undef, undef, undef, 0.01;
    }
    is($lines, <<'END', 'variables');
/push accepted [2] [7000001] [-]
/push/refused insufficient_balance [0] [-] [-]
/push/disabled endpoint_disabled [0] [-] [-]
/push/gone endpoint_disabled [0] [-] [-]
/push/unknown upstream_error [0] [-] [-]
/push/unread upstream_invalid_response [-] [-] [-]
/push/limited rate_limited [-] [-] [-]
/push/failed upstream_invalid_response [-] [-] [-]
/report accepted [-] [-] [-]
/device accepted [-] [-] [-]
/projects master_token_rejected [-] [-] [-]
/balance token_rejected [-] [-] [-]
END

    open my $file, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/error.log" or die;
    my $errors = join '', <$file>;
    like($errors, qr/\[error\].*upstream answered $_ /, "$_ is an error")
        for 'master_token_rejected', 'token_rejected';
}
