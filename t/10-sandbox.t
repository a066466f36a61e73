# Contract sections 10 and 12: the sandbox answers as the vendor's API does.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use JSON::PP ();
use POSIX qw(strftime);

workers(2);

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

# The whole API under the prefix of either platform, with both tokens.
our $Api = <<'END';
    pickyassist_token project-token;
    location /app/api/v2/ { pickyassist_sandbox; }
    location /api/v2/ { pickyassist_sandbox; }
    location /app/disabled/ { pickyassist_sandbox disabled; }
END

# The same in a server whose workers can be told apart.
our $Server = join "\n", 'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;',
                         'server {', $PickyAssist::Workers::Listen, $Api, '}';

# [name, path, kind of token] of each endpoint in the catalogue.
our @endpoints = endpoints();
sub endpoints {
    open my $file, '<', 'ngx_pickyassist_module/core/tables/endpoints.h' or die;
    my $text = do { local $/; <$file> };
    my @all;
    push @all, [$1, $2, $3] while $text =~ /^\ *X\([A-Z_]+,\s*\\?\s*"(.*?)",
                                           \s*\\?\s*"(.*?)",\s*(\w+)\)/mgx;
    return @all;
}

# What a request to an endpoint must have, and what the reply to it has.
our $row = '{"number":"15550100001","message":"A"}';
our %calls = (
    'create-api-token' => ['"project_id":1,"ip_whitelist":"192.0.2.1"',
        qr/^\{"status":100,"message":"Success","project_id":1,"api_token":\[\{/],
    'create-project' => ['"project_name":"x"',
        qr/^\{"status":100,"message":"Success","project_id":"\d+"\}$/],
    'get-projects' => ['"project_id":0', qr/^\{"status":100,.*"projects":\[/],
    'manage-api-token' => ['"project_id":1,"api_token":"x","action":1'],
    'change-billing' => ['"project_id":1,"plan_id":1'],
    'push' => [qq("application":"8","data":[$row]),
        qr/^\{"status":100,"push_id":"\d+","message":"Success","data":\[
           \{"msg_id":"\d+","number":"15550100001","credit":"0\.005"\}\]\}$/x],
    'delivery-report' => ['"push_id":7000001',
        qr/^\{"project_id":"1001","push_id":7000001,.*"data":\[\{"number":/],
    'check-balance' => ['"x":1',
        qr/^\{"balance":[\d.]+,"status":100,"message":"Success"\}$/],
    'device-status' => ['"application":10',
        qr/^\{"project_id":"1001","status":"CONNECTED",.*
           "time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"\}$/x],
    'device-action' => ['"command":"restart"'],
    'template-request' => ['"name":"x","message_type":1,"category":1,'
                           . '"messages":[{"message":"x","language":"en"}]',
        qr/^\{"template_id":"AB\d{4}","template_status":1,"status":100,/],
    'template-status' => ['"template_id":""',
        qr/^\{"templates":\[\{.*\}\],"status":100,"message":"Success"\}$/],
    'update-profile' => ['"about":"x"'],
    'two-step-verification' => ['"action":0,"pin":"123456"'],
    'create-whatsapp-group' => ['"group_subject":"x"',
        qr/^\{"status":100,"message":"Success","group_id":".*"group_invite_link":/],
    'group-details' => ['"group_id":"g"', qr/,"group_admins":\["15550100001"\],/],
    'generate-invite-link' => ['"group_id":"g"', qr/,"group_invite_link":"https:/],
    'update-group-info' => ['"group_id":"g"'],
    'add-group-admin' => ['"group_id":"g","number":["15550100001"]'],
    'remove-group-members' => ['"group_id":"g","number":["15550100001"]'],
    'delete-group-action' => ['"group_id":"g","action":1'],
);

our %tokens = (ACCOUNT => $ENV{TEST_NGINX_TOKEN}, PROJECT => 'project-token');

# The reply to a request with this token; whose: ACCOUNT or PROJECT.
sub call {
    my ($uri, $whose, $members, %options) = @_;
    my $client = delete $options{client} // client();
    $client->send(message(uri => $uri, %options,
                          body => qq({"token":"$tokens{$whose}",$members})));
    return $client->reply;
}

# A gateway for each endpoint, by its name, with the whole API behind it.
sub gateways {
    return join "\n", $Api, map {
        "location = /$_->[0] {"
        . ' pickyassist_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT;'
        . " pickyassist_endpoint $_->[0]; pickyassist_disabled_ttl 0; }"
    } grep { $_->[0] ne 'custom' } @endpoints;
}

sub status_of { return JSON::PP::decode_json($_[0]->{body})->{status} }

sub balance {
    my (%options) = @_;
    my $reply = call('/api/v2/check-balance', 'PROJECT', '"x":1', %options);
    return JSON::PP::decode_json($reply->{body})->{balance};
}

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
--- request eval
["GET /sandbox", "HEAD /sandbox", "DELETE /sandbox", "OPTIONS /sandbox",
 map { "$_ /sandbox\n{}" } 'PUT', 'PATCH']
--- error_code eval
[(405) x 6]



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



=== TEST 22: each endpoint of the catalogue, under either prefix
--- config eval: $::Api
--- request
GET /
--- then
my @known = grep { $_->[0] ne 'custom' } @::endpoints;
is_deeply([sort map { $_->[0] } @known], [sort keys %::calls],
          'each has a request here');

for my $endpoint (@known) {
    my ($name, $path, $whose) = @$endpoint;
    my ($other) = grep { $_ ne $whose } keys %::tokens;
    my ($members, $pattern) = @{$::calls{$name}};
    $pattern //= qr/^\{"status":100,"message":"Success"\}$/;

    for my $base ('/app/api/v2', '/api/v2') {
        my $reply = call("$base/$path", $whose, $members);
        is($reply->{status}, 200, "$base: $name");
        is($reply->{headers}{'content-type'}, 'application/json', 'its type');
        like($reply->{body}, $pattern, 'what it says');
        my ($time) = $reply->{body} =~ /"time":"(.*?)\+00:00"/ or next;
        ok(scalar(grep { $time eq strftime('%Y-%m-%dT%H:%M:%S', gmtime $_) }
                      time - 60 .. time), 'the time');
    }

    my $reply = call("/app/api/v2/$path?a=b", $other, $members);
    is($reply->{body}, '{"status":401,"message":"Authentication Failed"}',
       "$name: not with the other token");

    $reply = call("/app/disabled/$path", $whose, $members);
    is($reply->{status}, 200, "$name: disabled");
    like($reply->{body}, qr/^\{"status":410,"message":".*\bAPI is disabled\b/,
         'and says so');

    is(call("/api/v2/$path", $whose, $members, method => 'GET')->{status}, 405,
       "$name: GET");
}



=== TEST 23: what is no endpoint of the vendor's is not found
--- config eval: $::Api
--- request
GET /api/v2/
--- error_code: 404
--- then
for my $whose ('ACCOUNT', 'PROJECT') {
    for my $path ('', 'pus', 'pushx', 'push/', 'push/x', 'PUSH', 'pm', 'pm/',
                  'pm/push', 'pm/check-balance', 'create-api-token',
                  'pm/create-api-token/', 'pm/pm', 'custom') {
        is(call("/app/api/v2/$path", $whose, '"project_id":1')->{status}, 404,
           "$path with the token of $whose");
    }
}



=== TEST 24: a location for just this URI
--- config
    pickyassist_token project-token;
    location = /odd { pickyassist_sandbox; }
    location /prefix { pickyassist_sandbox; }
    location = /slash/ { pickyassist_sandbox; }
    location = /push { pickyassist_sandbox; }
    location = /limited {
        limit_except POST { deny all; }
        pickyassist_sandbox;
    }
--- request
GET /
--- then
# Of an endpoint if its name says so, else it issues tokens, as it always did.
my $members = '"project_id":1';
for my $uri ('/odd', '/prefix', '/slash/', '/limited') {
    like(call($uri, 'ACCOUNT', $members)->{body}, qr/"api_token":\[/, $uri);
}
is(call('/prefix/x', 'ACCOUNT', $members)->{status}, 404, 'behind a prefix');
is(call('/prefixed', 'ACCOUNT', $members)->{status}, 404, 'behind it at once');
is(call('/prefix/push', 'PROJECT', '"application":1')->{body},
   '{"status":402,"message":"Empty Number List"}', 'an endpoint behind it');
is(call('/push', 'PROJECT', '"application":1')->{body},
   '{"status":402,"message":"Empty Number List"}', 'the name of an endpoint');



=== TEST 25: numbers that stand for a status
--- config eval: $::Api
--- request
GET /
--- then
open my $file, '<', 'ngx_pickyassist_module/core/tables/api_statuses.h' or die;
my %known = do { local $/; <$file> =~ /^ *X\((\d+), "(.*?)",/mg };
cmp_ok(keys %known, '>=', 19, 'the vendor has many');

for my $status (100, 200, 400, 411, 800, 899, sort keys %known) {
    my $number = "99999990$status";
    my @rows = map { qq({"number":$_,"message":"x"}) } qq("$number"), $number;
    my $message = $known{$status} // 'Success';
    my $result = $known{$status} ? $status : 100;

    my $reply = call('/api/v2/push', 'PROJECT',
                     qq("application":8,"data":[$rows[0],$::row]));
    is($reply->{status}, 200, "$number: HTTP status");
    is(status_of($reply), $result, "$number: API status");
    like($reply->{body}, qr/"message":"\Q$message\E"/, 'its message');
    is(status_of(call('/api/v2/push', 'PROJECT',
                      qq("application":8,"data":[$rows[1]]))), $result,
       "$number as a number");
    is(status_of(call('/api/v2/push', 'PROJECT',
                      qq("application":8,"data":[$::row,$rows[0]]))), 100,
       "$number as the second recipient");
    is(status_of(call('/api/v2/add-group-admin', 'PROJECT',
                      qq("group_id":"g","number":["$number"]))), $result,
       "$number in a group");
}
is(status_of(call('/api/v2/push', 'ACCOUNT',
                  '"application":8,"data":[{"number":"99999990403"}]')), 401,
   'the token comes first');



=== TEST 26: the balance falls by what push costs, in all workers
--- http_config eval: $::Server
--- config
--- request
GET /
--- then
my ($one, $other) = active_workers();
my $of = sub { return (client => client_of($_[0])) };
my $push = sub {
    my ($worker, $members) = @_;
    return call('/api/v2/push', 'PROJECT', qq("application":8,$members),
                $of->($worker));
};
is(balance($of->($one)), 1000, 'at the start');

my $reply = $push->($one, '"data":[' . join(',', ($::row) x 3) . ']');
my $rows = JSON::PP::decode_json($reply->{body})->{data};
is(scalar @$rows, 3, 'three rows');
my %ids = map { $_->{msg_id} => 1 } @$rows;
is(scalar keys %ids, 3, 'each with an id of its own');
is_deeply([map { $_->{credit} } @$rows], [('0.005') x 3], 'and what it costs');
is(balance($of->($one)), 999.985, 'less by three');
is(balance($of->($other)), 999.985, 'in the other worker, too');

$push->($other, qq("data":[$::row]));
is(balance($of->($one)), 999.98, 'one more by the other');
$push->($other, '"group_id":"g","globalmessage":"x"');
is(balance($of->($one)), 999.975, 'a group is one recipient');

for my $refused ('"data":[]', '"data":[{"number":"x"}]',
                 '"data":[{"number":"99999990403"}]',
                 '"action":1,"data":[{"number":"15550100001"}]') {
    $push->($one, $refused);
    is(balance($of->($one)), 999.975, "$refused costs nothing");
}

reload();
is(balance(port => $ENV{TEST_NGINX_SPARE_PORT},
           client => client(port => $ENV{TEST_NGINX_SPARE_PORT})), 999.975,
   'a reload keeps it');
kill_worker((active_workers())[0]);
is(balance(client => client(port => $ENV{TEST_NGINX_SPARE_PORT})), 999.975,
   'and so does the death of a worker');
only_killed('nothing else went wrong');
--- error_log: [alert]



=== TEST 27: one of the tokens will do, for what it opens
--- http_config
--- config
    location /project/ {
        pickyassist_token project-token;
        pickyassist_sandbox;
    }
    location /account/ {
        pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
        pickyassist_sandbox;
    }
--- request
GET /
--- then
my $status = sub { return status_of(call(@_)) };
my $members = '"project_id":1';
is($status->('/project/check-balance', 'PROJECT', $members), 100, 'project');
is($status->('/project/pm/create-api-token', 'PROJECT', $members), 401,
   'not for the account');
is($status->('/project/pm/create-api-token', 'ACCOUNT', $members), 401,
   'which has no token here');
is($status->('/account/pm/create-api-token', 'ACCOUNT', $members), 100,
   'account');
is($status->('/account/check-balance', 'ACCOUNT', $members), 401,
   'not for projects');
is($status->('/account/check-balance', 'PROJECT', $members), 401,
   'which have no token here');
local $::tokens{NONE} = '';
is($status->('/project/pm/create-api-token', 'NONE', $members), 401,
   'an empty one opens nothing');



=== TEST 28: media of some megabytes, in memory and in a file
--- config
    pickyassist_token project-token;
    location /file/ {
        client_max_body_size 32m;
        pickyassist_sandbox;
    }
    location /memory/ {
        client_max_body_size 32m;
        client_body_buffer_size 32m;
        pickyassist_sandbox;
    }
--- request
GET /
--- then
my $media = 'QUJD' x (2 << 20);
for my $base ('/file', '/memory') {
    my $reply = call("$base/push", 'PROJECT',
                     qq("application":8,"globalmedia_code":"$media",)
                     . '"data":[{"number":"15550100001"}]');
    is(status_of($reply), 100, "$base: sent");
    $reply = call("$base/push", 'PROJECT',
                  qq("application":8,"x":"$media",)
                  . '"data":[{"number":"15550100001"}]');
    is(status_of($reply), 407, "$base: it was read to its end");
}



=== TEST 29: each endpoint, through the gateway
--- config eval: ::gateways()
--- request
GET /
--- then
for my $endpoint (grep { $_->[0] ne 'custom' } @::endpoints) {
    my ($name, $path, $whose) = @$endpoint;
    my ($members, $pattern) = @{$::calls{$name}};
    my $reply = ask(uri => "/$name", body => "{$members}");
    is($reply->{status}, 200, "$name: HTTP status");

    my $got = JSON::PP::decode_json($reply->{body});
    is($got->{status}, 100, "$name: status");
    is($got->{message}, 'Success', "$name: message");

    # With the members that the vendor's reply has.
    my $direct = JSON::PP::decode_json(
        call("/app/api/v2/$path", $whose, $members)->{body});
    $direct->{device_status} = delete $direct->{status}
        if $name eq 'device-status';
    is_deeply([sort keys %$got],
              [sort keys %{{ %$direct, status => 1, message => 1 }}],
              "$name: members");
}

my $balance = sub {
    my $reply = ask(uri => '/check-balance', body => '{}');
    return JSON::PP::decode_json($reply->{body})->{balance};
};
my $before = $balance->();
ask(uri => '/push', body => qq({"application":1,"data":[$::row,$::row]}));
is(sprintf('%.3f', $before - $balance->()), '0.010', 'the balance falls');



=== TEST 30: each status of the vendor's, through the gateway
--- config eval: ::gateways()
--- request
GET /
--- then
my $slurp = sub {
    open my $file, '<', "ngx_pickyassist_module/core/tables/$_[0].h" or die;
    local $/;
    return scalar <$file>;
};
my ($outcomes, $statuses) = map { $slurp->($_) } 'outcomes', 'api_statuses';
my (%outcome, @statuses);
$outcome{$1} = [$2, $3]
    while $outcomes =~ /X\(([A-Z_]+), "(\w+)",[\s\\]*(\d+),/g;
push @statuses, [$1, $2]
    while $statuses =~ /X\((\d+), "[^"]+",[\s\\]*([A-Z_]+),/g;
cmp_ok(scalar @statuses, '>=', 19, 'the vendor has many');

for my $status (@statuses) {
    my ($number, $name) = @$status;
    my ($code, $http) = @{$outcome{$name}};
    $code = 'token_rejected' if $code eq 'master_token_rejected';
    my $reply = ask(uri => '/push', body => '{"application":1,"data":['
                    . qq({"number":"99999990$number","message":"x"}]}));
    is($reply->{status}, $http, "$number: HTTP status");
    my $problem = JSON::PP::decode_json($reply->{body});
    is($problem->{code}, $code, "$number: code");
    is($problem->{upstream_status}, $number, "$number: the vendor's status");
}
