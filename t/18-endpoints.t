# Contract section 12: each endpoint of the vendor, from the client's request
# to the bytes at the vendor, and what of the request operators see.

# Test::Nginx waits three times as long after each request for the logs to be
# written. What is looked for here is so before the answer.
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.002 }

use PickyAssist::Test;
use PickyAssist::Client;

# Blocks are made from tables, and join those that are written out below.
my $blocks = do { local $/; <DATA> };
my $number = () = $blocks =~ /^=== /mg;

# Sections are "name" or "name filter"; a newline is added to each.
sub block {
    my ($name, @sections) = @_;
    $number++;
    $blocks .= "\n\n\n=== TEST $number: $name\n";
    while (my ($section, $text) = splice @sections, 0, 2) {
        $blocks .= "--- $section\n$text\n";
    }
}

my $project = 'project-77c1d0a94be2';

sub http {
    return "pickyassist_token $project;\n"
           . 'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;';
}

sub location {
    my ($endpoint, $more) = @_;
    my $path = $endpoint eq 'custom' ? '/the/path' : '';
    return "location = /x {\n"
           . "pickyassist_pass http://127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT$path;\n"
           . "pickyassist_endpoint $endpoint;\n" . ($more // '') . "\n}";
}

# What is sent: the client's members as they are, around the token.
sub received {
    my ($path, $token, $rest) = @_;
    my $body = qq({"token":"$token"$rest);
    return join "\n", "POST /app/api/v2/$path HTTP/1.1",
        'Host: 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT',
        'Content-Type: application/json', 'Accept: application/json',
        'Content-Length: ' . length $body,
        "User-Agent: ngx_pickyassist/$ENV{PICKYASSIST_VERSION}", '', $body;
}

BEGIN {
    open my $file, '<', 'ngx_pickyassist_module/ngx_pickyassist_version.h'
        or die "no version\n";
    local $/;
    ($ENV{PICKYASSIST_VERSION}) = <$file> =~ /"(.*?)"/;
}

# endpoint => what a client sends, of which every byte goes on; each says what
# its reply is, and what becomes of that.
my %request = (
    'create-project' => '"project_name":"A","billing_plan":1',
    'get-projects' => '"project_id":0',
    'manage-api-token' => '"project_id":1,"api_token":"x","action":3',
    'change-billing' => '"project_id":1,"service":"s","plan_id":2',
    'push' => '"priority ":"0","application":"8","globalmessage":"\u00e9\/",'
              . '"data":[{"number":"15550100001","message":"A"},'
              . '{"number":15550100002,"message":"B"}]',
    'delivery-report' => '"push_id":"700001"',
    'check-balance' => '',
    'device-status' => '"application":10',
    'device-action' => '"command":"restart","application":"10"',
    'template-request' => '"name":"a_1","message_type":1,"category":"2",'
                          . '"messages":[{"message":"x","language":"en"}]',
    'template-status' => '"template_id":""',
    'update-profile' => '"about":"x","websites":["https://example.com/"]',
    'two-step-verification' => '"action":0,"pin":"012345"',
    'create-whatsapp-group' => '"group_subject":"G","group_icon":""',
    'group-details' => '"group_id":"g"',
    'generate-invite-link' => '"group_id":"g"',
    'update-group-info' => '"group_id":"g","group_subject":"H"',
    'add-group-admin' => '"group_id":"g","number":["15550100001"]',
    'remove-group-members' => '"group_id":"g","number":[15550100001],"type":1',
    'delete-group-action' => '"group_id":"g","action":1',
    'custom' => '"anything":{"is":[1,2.50,"\u0041"]}',
);

# The catalogue has no endpoint that is missing here.
{
    open my $file, '<', 'ngx_pickyassist_module/core/tables/endpoints.h'
        or die "no catalogue\n";
    local $/;
    my @catalogue = <$file> =~ /^    X\(\w+, "([a-z-]+)"/mg;
    my @missing = grep { !$request{$_} && $_ ne 'create-api-token'
                         && !exists $request{$_} } @catalogue;
    is("@missing", '', 'every endpoint of the catalogue is tried');
    cmp_ok(scalar @catalogue, '>=', 22, 'the catalogue is read');
}

for my $endpoint (sort keys %request) {
    my $members = $request{$endpoint};
    my $account = $endpoint =~ /^(create-project|get-projects|manage-|change-)/;
    my $path = $account ? "pm/$endpoint" : $endpoint;
    my $token = $account ? '$TEST_NGINX_TOKEN' : $project;
    my $expected = received($path, $account ? $ENV{TEST_NGINX_TOKEN} : $project,
                            ($members eq '' ? '' : ",$members") . '}');
    $expected =~ s{/app/api/v2/custom}{/the/path};
    block("$endpoint: the client's members, byte for byte",
          http_config => http(), config => location($endpoint),
          request => "POST /x\n{$members}",
          upstream => '{"status":100,"message":"Success"}',
          'upstream_received chomp' => $expected);
}

# endpoint => [what the vendor replies, what the client gets if not the same]
my %reply = (
    'push' => ['{"status":100,"push_id":"7000001","message":"Success",'
               . '"data":[{"msg_id":"9000001","number":"15550100001",'
               . '"credit":"0.005"}]}',
               '{"status":100,"message":"Success","push_id":"7000001",'
               . '"data":[{"msg_id":"9000001","number":"15550100001",'
               . '"credit":"0.005"}]}'],
    'delivery-report' =>
        ['{"project_id":"1001","push_id":700001,"application":"1",'
         . '"message_type":"3","time":"06-08-2019 06:46 AM","data":[{'
         . '"number":"15550100001","status":"1","error_code":""}]}',
         '{"status":100,"message":"Success","project_id":"1001",'
         . '"push_id":700001,"application":"1","message_type":"3",'
         . '"time":"06-08-2019 06:46 AM","data":[{"number":"15550100001",'
         . '"status":"1","error_code":""}]}'],
    'check-balance' =>
        ['{ "balance" : 12.345, "status":"100", "message":"Success" }',
         '{"status":100,"message":"Success","balance":12.345}'],
    'device-status' =>
        ['{"project_id":"1001","status":"CONNECTED","version":"2.2119.6"}',
         '{"status":100,"message":"Success","project_id":"1001",'
         . '"device_status":"CONNECTED","version":"2.2119.6"}'],
    'template-request' =>
        ['{"template_id":"AB1234","template_status":1,"status":100,'
         . '"message":"Success"}',
         '{"status":100,"message":"Success","template_id":"AB1234",'
         . '"template_status":1}'],
    'template-status' =>
        ['{"templates":[],"status":100,"message":"Success"}',
         '{"status":100,"message":"Success","templates":[]}'],
    'create-whatsapp-group' =>
        ['{"status":100,"group_id":"1@g.us","group_invite_link":"https:\/\/x"}',
         '{"status":100,"message":"Success","group_id":"1@g.us",'
         . '"group_invite_link":"https:\/\/x"}'],
    'group-details' =>
        ['{"status":100,"message":null,"group_admins":["1","2"]}',
         '{"status":100,"message":"Success","group_admins":["1","2"]}'],
    'custom' => ['{"status":100,"message":"ok","new":{"a":[1,{}]}}'],
);

for my $endpoint (sort keys %reply) {
    my ($vendor, $client) = @{$reply{$endpoint}};
    block("$endpoint: the vendor's members, in the vendor's order",
          http_config => http(), config => location($endpoint),
          request => "POST /x\n{$request{$endpoint}}",
          upstream => $vendor, 'response_body chomp' => $client // $vendor);
}

spec_string($blocks);
run_tests();

__DATA__
=== TEST 1: the vendor's newer host has another base
--- http_config
    pickyassist_token token-of-a-project;
    upstream APP.pickyassist.com {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    upstream app.pickyassist.com. {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    upstream app.pickyassist.com.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    upstream my.app.pickyassist.com {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    upstream app.pickyassist.net {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    upstream app.pickyassist.co {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    upstream pickyassist.com {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_keepalive off;
--- config
    location = /tokens {
        pickyassist_pass http://APP.pickyassist.com;
        pickyassist_endpoint check-balance;
    }
    location = /dot {
        pickyassist_pass http://app.pickyassist.com.;
        pickyassist_endpoint get-projects;
    }
    location = /longer {
        pickyassist_pass http://app.pickyassist.com.test;
        pickyassist_endpoint check-balance;
    }
    location = /before {
        pickyassist_pass http://my.app.pickyassist.com;
        pickyassist_endpoint check-balance;
    }
    location = /other {
        pickyassist_pass http://app.pickyassist.net;
        pickyassist_endpoint check-balance;
    }
    location = /shorter {
        pickyassist_pass http://app.pickyassist.co;
        pickyassist_endpoint check-balance;
    }
    location = /older {
        pickyassist_pass http://pickyassist.com;
        pickyassist_endpoint get-projects;
    }
--- request
POST /tokens
{}
--- upstream
{"status":100,"message":"Success"}
--- upstream_received_unlike: master
--- upstream_received eval
qr{^POST /api/v2/check-balance HTTP/1\.1\r\n.*\r\n\r\n\{"token":"token-of-a-project"\}\Z}s
--- upstream2
{"status":100,"message":"Success"}
--- then
is(ask(uri => $_, body => '{}')->{status}, 200, $_)
    for '/dot', '/longer', '/before', '/other', '/shorter', '/older';
is_deeply([$PickyAssist::Test::Upstreams[1]{running}->received
           =~ m{POST (\S+) HTTP}g],
          ['/api/v2/pm/get-projects', ('/app/api/v2/check-balance') x 4,
           '/app/api/v2/pm/get-projects'], 'hosts that are alike are others');



=== TEST 2: a path in the URL is taken as it is
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/v9/send;
        pickyassist_endpoint push;
    }
--- request
POST /tokens
{"application":8,"group_id":"g"}
--- upstream
{"status":100,"message":"Success"}
--- upstream_received eval
qr{^POST /v9/send HTTP/1\.1\r\n.*\r\n\r\n\{"token":"token-of-a-project","application":8,"group_id":"g"\}\Z}s



=== TEST 3: white space between members is dropped, that in values stays
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
--- request eval
qq(POST /tokens\n {\n  "application" : 8 ,\t"data" : [ { "number" : "15550100001" } ]\n }\n)
--- upstream
{"status":100,"message":"Success"}
--- upstream_received eval
qr/\r\n\r\n\{"token":"token-of-a-project","application" : 8,"data" : \[ \{ "number" : "15550100001" \} \]\}\Z/



=== TEST 4: a token of the client's is refused, however its name is written
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
--- request
POST /tokens
{"\u0074oken":"mine"}
--- upstream
{"status":100,"message":"Success"}
--- upstream_requests: 0
--- problem
422 invalid_request
/token forbidden_member



=== TEST 5: or left out, wherever it is
--- http_config
    pickyassist_token token-of-a-project;
    pickyassist_client_token strip;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint template-status;
    }
--- request eval
["POST /tokens\n" . '{"\u0074oken":"mine","template_id":"a"}',
 "POST /tokens\n" . '{"template_id":"a","x":1,"token":{"a":[]}}',
 "POST /tokens\n" . '{"template_id":"a","token":null,"x":1}',
 "POST /tokens\n" . '{"token":"mine"}']
--- upstream
{"status":100,"message":"Success"}
--- upstream_received eval
qr/\r\n\r\n\{"token":"token-of-a-project","template_id":"a"\}.*\r\n\r\n\{"token":"token-of-a-project","template_id":"a","x":1\}.*\r\n\r\n\{"token":"token-of-a-project","template_id":"a","x":1\}.*\r\n\r\n\{"token":"token-of-a-project"\}\Z/s
--- upstream_received_unlike: mine



=== TEST 6: no body, or an empty one, without a Content-Type is an empty object
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
--- raw_request eval
"POST /tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
--- upstream
{"status":100,"message":"Success"}
--- upstream_received eval
qr/\A(?:POST[^{]*\{"token":"token-of-a-project"\}){3}\Z/
--- then
my %none = ('Content-Type' => undef);
is(ask(body => '', headers => \%none)->{status}, 200, 'a length of 0');
is(ask(body => "0\r\n\r\n",
       headers => { %none, 'Content-Length' => undef,
                    'Transfer-Encoding' => 'chunked' })->{status}, 200,
   'chunked, and no chunk');



=== TEST 7: and a body needs its Content-Type
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
--- raw_request eval
"POST /tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
--- upstream
{"status":100,"message":"Success"}
--- upstream_requests: 0
--- problem
415 unsupported_media_type



=== TEST 8: a body that is announced and empty is no JSON
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
--- raw_request eval
"POST /tokens HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 0\r\n\r\n"
--- upstream
{"status":100,"message":"Success"}
--- upstream_requests: 0
--- problem
400 malformed_json



=== TEST 9: recipients are counted, limited and judged by their prefix
--- http_config
    pickyassist_token token-of-a-project;
    pickyassist_max_recipients 2;
    pickyassist_number_allow 1 44;
    pickyassist_number_allow 4930;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
--- request eval
["POST /tokens\n" . '{"application":8,"data":[{"number":"4930123"},{"number":4412345}]}',
 "POST /tokens\n" . '{"application":8,"data":[{"number":"4931123"},{"number":"12345"},{"number":"12345"}]}',
 "POST /tokens\n" . '{"application":8,"data":[{"number":2212345}]}']
--- upstream
{"status":100,"message":"Success"}
--- upstream_requests: 1
--- response_body_like eval
[qr/./, qr{"/data/0/number","code":"number_not_allowed".*"/data","code":"too_many"|"/data","code":"too_many".*"/data/0/number","code":"number_not_allowed"},
 qr{"/data/0/number","code":"number_not_allowed"}]
--- error_code eval
[200, 422, 422]



=== TEST 10: commands that destroy something have to be named
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /safe {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint device-action;
    }
    location = /named {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint device-action;
        pickyassist_device_commands delete-message-queue;
    }
--- request eval
[(map { "POST /safe\n" . qq({"command":"$_"}) }
      qw(restart stop-message-queue resume-message-queue stop-call-queue
         resume-call-queue reset delete-message-queue delete-call-queue
         restart-server disconnect clearlogs)),
 "POST /named\n" . '{"command":"delete-message-queue"}',
 "POST /named\n" . '{"command":"restart"}']
--- upstream
{"status":100,"message":"Success"}
--- upstream_requests: 6
--- error_code eval
[(200) x 5, (422) x 6, 200, 422]



=== TEST 11: unknown members may be refused everywhere but at "custom"
--- http_config
    pickyassist_token token-of-a-project;
    pickyassist_unknown_members reject;
--- config
    location = /push {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
    location = /custom {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/x;
        pickyassist_endpoint custom;
    }
--- request eval
["POST /push\n" . '{"application":8,"group_id":"g","priority ":"0"}',
 "POST /custom\n" . '{"application":8,"group_id":"g","priority ":"0"}']
--- upstream
{"status":100,"message":"Success"}
--- upstream_requests: 1
--- error_code eval
[422, 200]



=== TEST 12: create-api-token sends them behind its own where they may pass
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_unknown_members pass;
--- request
POST /tokens
{"x":[1, 2],"project_id":6681,"ip_whitelist":"192.168.0.1"}
--- upstream
{"status":100,"message":"Success","api_token":"t"}
--- upstream_received eval
qr/\r\n\r\n\{"token":"master-3b1f0c77d2a94e58","project_id":6681,"ip_whitelist":\["192\.168\.0\.1"\],"x":\[1, 2\]\}\Z/



=== TEST 13: a large body goes through, spilled to a file or chunked
--- http_config
    pickyassist_token token-of-a-project;
    client_max_body_size 8m;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
    location = /memory {
        client_body_buffer_size 8m;
        client_body_in_single_buffer on;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
--- request eval
my $large = 'POST /tokens' . "\n" . '{"application":8, "group_id":"g","globalmedia_code":"' . 'QUJD' x 500_000 . '"}';
[$large, $large =~ s/tokens/memory/r]
--- upstream eval
sub {
    my ($c) = @_;
    my $sent = '{"token":"token-of-a-project","application":8,"group_id":"g",'
               . '"globalmedia_code":"' . 'QUJD' x 500_000 . '"}';
    my $request = $c->request or return;
    $c->reply($request->{body} eq $sent
              ? '{"status":100,"message":"as it was"}'
              : '{"status":406,"message":"something else"}');
}
--- upstream_requests: 2
--- error_code eval
[200, 200]



=== TEST 14: what operators see of a request
--- http_config
    pickyassist_token token-of-a-project;
    log_format seen '$uri $pickyassist_endpoint $pickyassist_application|$pickyassist_template_id|$pickyassist_command|$pickyassist_recipients';
--- config
    access_log logs/seen.log seen;
    location = /push {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
    location = /device {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint device-action;
    }
--- request eval
["POST /push\n" . '{"application":"\u0031\u0032","template_id":"A\u0042","data":[{"number":"15550100001"},{"number":"15550100002"}]}',
 "POST /push\n" . '{"application":111222333444,"group_id":"g"}',
 "POST /device\n" . '{"command":"restart"}',
 "POST /push\n" . '{"application":5}']
--- upstream
{"status":100,"message":"Success"}
--- error_code eval
[200, 200, 200, 422]
--- then
our $answers;
if (++$answers == 4) {
    my $name = "$ENV{TEST_NGINX_SERVROOT}/logs/seen.log";
    wait_until { 4 <= (() = PickyAssist::Client::slurp($name) =~ /\n/g) };
    is(PickyAssist::Client::slurp($name),
       "/push push 12|AB|-|2\n/push push 111222333444|-|-|0\n"
       . "/device device-action -|-|restart|-\n/push push -|-|-|-\n",
       'the log');
}



=== TEST 15: what operators see of a reply to push
--- http_config
    pickyassist_token token-of-a-project;
    log_format seen '$pickyassist_outcome $pickyassist_push_id|$pickyassist_accepted';
--- config
    access_log logs/seen.log seen;
    location = /push {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
    location = /metrics {
        pickyassist_status;
        access_log off;
    }
--- request eval
["POST /push\n" . '{"application":8,"data":[{"number":"15550100001"},{"number":"15550100002"}]}', "GET /metrics"]
--- upstream
{"status":100,"push_id":70,"data":[{"msg_id":"9","number":"15550100001"},{"number":"15550100002","status":"0"},{"msg_id":null}]}
--- error_code eval
[200, 200]
--- response_body_like eval
[qr/./, qr/^pickyassist_requests_total\{endpoint="push",outcome="accepted"\} 1\n(?s:.*)^pickyassist_messages_accepted_total 1\n/m]
--- then
my $name = "$ENV{TEST_NGINX_SERVROOT}/logs/seen.log";
wait_until { -s $name };
is(PickyAssist::Client::slurp($name),
   "accepted 70|1\n", 'the log');



=== TEST 16: the project's token is rejected, not the master token
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
--- request
POST /tokens
{}
--- upstream
{"status":401,"message":"Authentication Failed: token-of-a-project"}
--- problem
502 token_rejected
--- response_body_unlike: token-of-a-project



=== TEST 17: the last balance that was told is a metric, whatever it is
--- http_config
    pickyassist_token token-of-a-project;
--- config
    location = /balance {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint check-balance;
    }
    location = /metrics { pickyassist_status; }
--- request eval
["GET /metrics", ("POST /balance\n{}", "GET /metrics") x 4]
--- upstream eval
sub {
    my ($c) = @_;
    my @balances = ('"12.345"', '0', '"-0.5"', '"none"');
    while (my $request = $c->request) {
        my $balance = $balances[$request->{number} - 1];
        $c->reply(qq({"balance":$balance,"status":100}));
    }
}
--- error_code eval
[(200) x 9]
--- response_body_like eval
[qr/^(?!.*pickyassist_balance )/s,
 map { (qr/"status":100/, qr/^pickyassist_balance \Q$_\E$/m) }
     '12.345', '0', '-0.5', '-0.5']



=== TEST 18: over HTTP/2, where only its end tells that there is no body
--- http_config
    pickyassist_token token-of-a-project;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT http2;
        location = /balance {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
            pickyassist_endpoint check-balance;
        }
    }
--- config
--- upstream
{"status":100,"message":"Success"}
--- request
GET /nothing
--- error_code: 404
--- then
my $curl = "curl -s -m 10 --http2-prior-knowledge -X POST -H Content-Type:"
           . " http://127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}/balance";
like(`$curl`, qr/^\{"status":100,/, 'no body: an empty object');
like(`$curl -T - </dev/null`, qr/^\{"status":100,/, 'an empty one, the same');
# nginx ends the stream before it has read the body, as it does for answers of
# its own, and curl then may show no answer: the log has it.
for my $option ('', '-H Content-Length:') {
    my $refused = () = access_log() =~ / 415 /g;
    like(`$curl $option -d '{"a":1}'`,
         qr/^(?:.*"code":"unsupported_media_type".*)?$/,
         "a body without a Content-Type: $option");
    ok(wait_until { $refused + 1 == (() = access_log() =~ / 415 /g) },
       "is refused: $option");
}
--- upstream_requests: 2
