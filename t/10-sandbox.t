# Contract section 10: the sandbox answers as the vendor's endpoint does.

use PickyAssist::Test;

our $Config = <<'END';
    location = /sandbox {
        pickyassist_sandbox;
    }
END

# The gateway, and the sandbox behind it.
our $Gateway = <<'END' . $Config;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sandbox;
        pickyassist_disabled_ttl 0;
    }
END

# A request as the gateway sends it.
sub request {
    my ($members, $token) = @_;
    $token //= qq("$ENV{TEST_NGINX_TOKEN}");
    return qq(POST /sandbox\n{"token":$token,$members});
}

# [API status, the vendor's message, code and status of the gateway's answer]
our @statuses = (
    [101, 'Service Unavailable', 'upstream_unavailable', 503],
    [401, 'Authentication Failed', 'master_token_rejected', 502],
    [402, 'Empty Number List', 'upstream_rejected', 422],
    [403, 'Insufficient Balance', 'insufficient_balance', 402],
    [404, 'Unable to Communicate with Your Phone', 'upstream_error', 502],
    [405, 'API Is Not Active For This Plan', 'plan_not_active', 403],
    [406, 'Invalid Mobile Number', 'upstream_rejected', 422],
    [407, 'Message cannot be empty', 'upstream_rejected', 422],
    [408, 'Project is not Active', 'project_not_active', 409],
    [409, 'Invalid User', 'master_token_rejected', 502],
    [410, 'Invalid Request', 'upstream_rejected', 422],
);

# No token is issued twice.
my %issued;
add_response_body_check(sub {
    my ($block, $body) = @_;
    my @tokens = $body =~ /"token":"([0-9a-f]{40})"/g;
    fail($block->name . ' - token issued twice') if grep { $issued{$_}++ } @tokens;
});

run_tests();

__DATA__

=== TEST 1: one random token for each address
--- config eval: $::Config
--- request eval
::request('"project_id":6681,"ip_whitelist":["192.168.0.1","2001:db8::1"]')
--- response_headers
Content-Type: application/json
--- response_body_like eval
my $token = '[0-9a-f]{40}';
qr(\A\{"status":100,"message":"Success","project_id":6681,"api_token":\[\{"ip":"192\.168\.0\.1","token":"$token"\},\{"ip":"2001:db8::1","token":"$token"\}\]\}\z)



=== TEST 2: the same request again gets other tokens
--- config eval: $::Config
--- request eval
[(::request('"project_id":1,"ip_whitelist":["192.168.0.1","192.168.0.1"]')) x 5]
--- error_code eval
[(200) x 5]
--- response_body eval
my $one = '\{"ip":"192\.168\.0\.1","token":"[0-9a-f]{40}"\}';
[(qr("project_id":1,"api_token":\[$one,$one\]\}\z)) x 5]



=== TEST 3: a single address, and none
--- config eval: $::Config
--- request eval
[::request('"project_id":"715","ip_whitelist":"192.168.0.1"'),
 ::request('"project_id":715')]
--- error_code eval
[200, 200]
--- response_body eval
[map { qr(\A\{"status":100,"message":"Success","project_id":715,"api_token":\[\{"ip":$_,"token":"[0-9a-f]{40}"\}\]\}\z) }
     '"192\.168\.0\.1"', 'null']



=== TEST 4: another master token than the one in scope is rejected
--- config eval: $::Config
--- request eval
[(map { ::request('"project_id":6681,"ip_whitelist":["192.168.0.1"]', $_) }
      '"x"', '""', 'null', '5', '{}', "[\"$ENV{TEST_NGINX_TOKEN}\"]",
      "\"$ENV{TEST_NGINX_TOKEN}x\"", "\" $ENV{TEST_NGINX_TOKEN}\"",
      '"' . uc($ENV{TEST_NGINX_TOKEN}) . '"',
      '"' . substr($ENV{TEST_NGINX_TOKEN}, 0, -1) . '"'),
 "POST /sandbox\n" . '{"project_id":6681,"ip_whitelist":["192.168.0.1"]}',
 "POST /sandbox\n{}", "POST /sandbox\n", "POST /sandbox\nx"]
--- error_code eval
[(200) x 14]
--- response_body eval
[('{"status":401,"message":"Authentication Failed"}') x 14]



=== TEST 5: a token that JSON must escape
--- config
    location = /sandbox {
        pickyassist_master_token 'own"\\token';
        pickyassist_sandbox enabled;
    }
    location = /tokens {
        pickyassist_master_token 'own"\\token';
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sandbox;
    }
--- request eval
['POST /sandbox
{"token":"own\"\\\\token","project_id":1,"ip_whitelist":"192.168.0.1"}',
 'POST /tokens
{"project_id":1,"ip_whitelist":"192.168.0.1"}',
 ::request('"project_id":1,"ip_whitelist":"192.168.0.1"')]
--- error_code eval
[200, 200, 200]
--- response_body eval
[(qr("token":"[0-9a-f]{40}"\}\]\}\z)) x 2,
 '{"status":401,"message":"Authentication Failed"}']



=== TEST 6: projects that stand for the vendor's errors
--- config eval: $::Config
--- request eval
[(map { ::request(qq("project_id":$_->[0],"ip_whitelist":["192.168.0.1"])) }
      @::statuses),
 ::request('"project_id":"403","ip_whitelist":["192.168.0.1"]')]
--- error_code eval
[(200) x 12]
--- response_body eval
[(map { qq({"status":$_->[0],"message":"$_->[1]"}) } @::statuses),
 '{"status":403,"message":"Insufficient Balance"}']



=== TEST 7: their neighbours stand for no error
--- config eval: $::Config
--- request eval
[map { ::request(qq("project_id":$_,"ip_whitelist":["192.168.0.1"])) }
     99, 100, 102, 400, 411]
--- error_code eval
[(200) x 5]
--- response_body eval
[map { qr(\A\{"status":100,"message":"Success","project_id":$_,) }
     99, 100, 102, 400, 411]



=== TEST 8: the token is checked before the project
--- config eval: $::Config
--- request eval
::request('"project_id":403,"ip_whitelist":["192.168.0.1"]', '"x"')
--- response_body chomp
{"status":401,"message":"Authentication Failed"}



=== TEST 9: what no gateway sends is an invalid request
--- config eval: $::Config
--- request eval
[map { ::request($_) }
     '"ip_whitelist":["192.168.0.1"]',
     '"project_id":"x","ip_whitelist":["192.168.0.1"]',
     '"project_id":6681,"ip_whitelist":[5]',
     '"project_id":6681,"ip_whitelist":["192.168.0.1",null]']
--- error_code eval
[(200) x 4]
--- response_body eval
[('{"status":410,"message":"Invalid Request"}') x 4]



=== TEST 10: as the endpoint is since it was disabled
--- config
    location = /sandbox {
        pickyassist_sandbox disabled;
    }
--- request eval
[::request('"project_id":6681,"ip_whitelist":["192.168.0.1"]'),
 ::request('"project_id":403,"ip_whitelist":["192.168.0.1"]', '"x"'),
 "POST /sandbox\nx", "POST /sandbox\n"]
--- error_code eval
[(200) x 4]
--- response_headers eval
[('Content-Type: application/json') x 4]
--- response_body eval
[(qr(\A\{"status":(?!100)\d+,"message":"[^"]*\bAPI is disabled\b[^"]*"\}\z)) x 4]



=== TEST 11: the gateway gets tokens from the sandbox
--- config eval: $::Gateway
--- response_body_like eval
my $token = '[0-9a-f]{40}';
qr(\A\{"status":100,"message":"Success","project_id":6681,"api_token":\[\{"ip":"192\.168\.0\.1","token":"$token"\},\{"ip":"202\.164\.148\.84","token":"$token"\}\]\}\z)



=== TEST 12: and the vendor's errors
--- config eval: $::Gateway
--- request eval
[map { qq(POST /tokens\n{"project_id":$_->[0],"ip_whitelist":"192.168.0.1"}) }
     @::statuses]
--- error_code eval
[map { $_->[3] } @::statuses]
--- response_body eval
[map { qr("status":$_->[3],"code":"$_->[2]",.*,"upstream_status":$_->[0],"upstream_message":"$_->[1]"\}\z) }
     @::statuses]



=== TEST 13: and what it makes of a disabled endpoint
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sandbox;
    }
    location = /sandbox {
        pickyassist_sandbox disabled;
    }
--- problem
410 endpoint_disabled
--- response_body_like: "upstream_message":"[^"]*API is disabled



=== TEST 14: and a token that is rejected
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sandbox;
    }
    location = /sandbox {
        pickyassist_master_token another;
        pickyassist_sandbox;
    }
--- problem
502 master_token_rejected



=== TEST 15: bodies in chunks and in a file
--- config
    location = /sandbox {
        client_body_in_file_only clean;
        pickyassist_sandbox;
    }
    location = /memory {
        pickyassist_sandbox;
    }
--- request eval
my ($uri, $body) =
    split /\n/, ::request('"project_id":6681,"ip_whitelist":"192.168.0.1"');
["$uri\n$body",
 sprintf("$uri\n%x\r\n%s\r\n0\r\n\r\n", length $body, $body),
 sprintf("POST /memory\n8\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n", substr($body, 0, 8),
         length($body) - 8, substr $body, 8)]
--- more_headers eval
['', ("Transfer-Encoding: chunked") x 2]
--- error_code eval
[200, 200, 200]
--- response_body eval
[(qr(\A\{"status":100,)) x 3]
--- token_may_be_logged



=== TEST 16: another method than POST is not the vendor's
--- config eval: $::Config
--- request
GET /sandbox
--- error_code: 405



=== TEST 17: any other argument is refused
--- config
    location = /sandbox {
        pickyassist_sandbox on;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"on" in "pickyassist_sandbox" .* in \S+/nginx\.conf:\d+}



=== TEST 18: a duplicate is refused
--- config
    location = /sandbox {
        pickyassist_sandbox;
        pickyassist_sandbox disabled;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_sandbox" directive is duplicate in \S+/nginx\.conf:\d+}



=== TEST 19: without a master token there is nothing to check
--- http_config
--- config
    location = /sandbox {
        pickyassist_sandbox;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*no "pickyassist_master_token" .*"pickyassist_sandbox" in \S+/nginx\.conf:\d+}



=== TEST 20: it is for locations alone
--- config
    pickyassist_sandbox;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_sandbox" directive is not allowed here in \S+:\d+}



=== TEST 21: a body in chunks that becomes too large
--- config
    location = /sandbox {
        client_max_body_size 10;
        pickyassist_sandbox;
    }
--- request eval
"POST /sandbox\n8\r\n[1,2,3,4\r\n8\r\n,5,6,7,8\r\n0\r\n\r\n"
--- more_headers
Transfer-Encoding: chunked
--- error_code: 413
