# Contract sections 13 and 17: who may ask for what, and how often.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use JSON::PP ();
use Time::HiRes qw(time);

log_level('info');

our $Vendor = 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT';

# The vendor accepts whatever comes.
sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->reply('{"status":100,"api_token":["t"],"push_id":7,"data":[]}');
    }
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }
sub upstream_count { return upstream()->count('request') }

sub location {
    my ($path, @directives) = @_;
    return "location = $path { pickyassist_pass $Vendor; @directives }\n";
}

sub push_location {
    my ($path, @directives) = @_;
    return "location = $path { pickyassist_pass $Vendor; "
           . "pickyassist_endpoint push; @directives }\n";
}

sub tokens_of {
    my ($project) = @_;
    return qq({"project_id":$project,"ip_whitelist":"192.0.2.1"});
}

# "STATUS CODE", or the status alone.
sub seen {
    my ($reply) = @_;
    my ($code) = $reply->{body} =~ /"code":"(\w+)"/;
    return join ' ', $reply->{status}, $code // ();
}

sub post {
    my ($uri, $body, %options) = @_;
    return seen(ask(uri => $uri, body => $body, %options));
}

# Posts, and says what became of it: "sent" or what the client was told. What is
# refused must not have been sent, and what is sent must be answered.
sub fate {
    my $before = upstream_count();
    my $seen = post(@_);
    my $sent = upstream_count() - $before;
    return $seen eq '200' && $sent == 1 ? 'sent' : !$sent ? $seen
           : "$seen, sent $sent times";
}

# The example, with the paths, names and ports of this test: billing is
# client.test, the shop other.test.
sub production {
    my $text = PickyAssist::Client::slurp('examples/production.conf');
    my $certs = $ENV{TEST_NGINX_CERTS};
    my $spare = $ENV{TEST_NGINX_SPARE_PORT};
    $text =~ s/\A.*?^http \{\n(.*)^\}\n\z/$1/ms or die "no http in the example\n";
    my %replace = (
        'https://pickyassist.com' => $Vendor,
        '/etc/nginx/pickyassist/server' => "$certs/good",
        '/etc/nginx/pickyassist/clients-ca' => "$certs/ca",
        '/etc/nginx/pickyassist/master-token' => '$TEST_NGINX_TOKEN_FILE',
        '/etc/nginx/pickyassist/token' => '$TEST_NGINX_TOKEN_FILE',
        '/var/log/nginx/pickyassist' => 'logs/pickyassist',
        'listen 8443' => "listen 127.0.0.1:$spare",
        'listen 127.0.0.1:9145' => 'listen 127.0.0.1:' . ($spare + 1),
        'CN=billing.example.com' => 'CN=client.test',
        'CN=shop.example.com' => 'CN=other.test',
    );
    for my $from (sort { length $b <=> length $a } keys %replace) {
        $text =~ s/\Q$from\E(?![\w-])/$replace{$from}/g
            or die "no $from in the example\n";
    }
    return $text;
}

# Options of ask() for a client with this certificate.
sub as {
    my ($name) = @_;
    my $certs = $ENV{TEST_NGINX_CERTS};
    return (port => $ENV{TEST_NGINX_SPARE_PORT},
            tls => { SSL_cert_file => "$certs/$name.pem",
                     SSL_key_file => "$certs/$name.key" });
}

our $Http = <<'EOT';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_token_file $TEST_NGINX_TOKEN_FILE;
    map "$http_x_caller:$pickyassist_project_id" $may {
        "billing:6681"  1;
        "billing:6682"  yes;
        "sales:7"       1;
        default         0;
    }
EOT

run_tests();

__DATA__

=== TEST 1: a caller gets what is meant for it, and nothing else is sent
--- http_config eval: $::Http
--- config eval: ::location('/tokens', 'pickyassist_require $may;')
--- upstream eval: \&::vendor
--- more_headers
Content-Type: application/json
X-Caller: sales
--- request
POST /tokens
{"project_id":6681,"ip_whitelist":"192.0.2.1"}
--- problem: 403 not_allowed
--- upstream_requests: 3
--- then
like($reply, qr/"detail":"The gateway's operator does not allow this request\."/,
     'it says who');
like($reply, qr/"effect":"none","retry":"no"/, 'and that it is of no use');
like(error_log(), qr/\[error\] .* request [0-9a-f]{32} was not sent: not_allowed/,
     'it is logged');
unlike(error_log(), qr/6681/, 'without values of the client');
for my $row (['billing', 6681, 'sent'], ['billing', 6682, 'sent'],
             ['billing', 7, '403 not_allowed'], ['sales', 7, 'sent'],
             ['sales', 6682, '403 not_allowed'], ['', 7, '403 not_allowed'],
             ['billing:6681', 7, '403 not_allowed'])
{
    my ($caller, $project, $fate) = @$row;
    is(fate('/tokens', tokens_of($project),
            headers => { 'X-Caller' => $caller }), $fate,
       "'$caller', $project");
}



=== TEST 2: what is empty or "0" refuses, anything else does not
--- http_config eval: $::Http
--- config eval
CORE::join '', ::location('/none'),
    ::location('/constant-0', 'pickyassist_require 0;'),
    ::location('/constant-empty', 'pickyassist_require "";'),
    ::location('/constant-1', 'pickyassist_require 1;'),
    ::location('/value', 'pickyassist_require $arg_value;'),
    ::location('/composed', 'pickyassist_require "${arg_value}0";')
--- upstream eval: \&::vendor
--- request
GET /none
--- error_code: 405
--- then
is(fate('/none', tokens_of(1)), 'sent', 'without the directive');
is(fate('/constant-1', tokens_of(1)), 'sent', 'constant 1');
is(fate("/constant-$_", tokens_of(1)), '403 not_allowed', "constant $_")
    for '0', 'empty';
for my $value ('', '0') {
    is(fate("/value?value=$value", tokens_of(1)), '403 not_allowed',
       "'$value'");
}
for my $value ('1', '00', '0.0', '-0', '+', 'no', 'off', 'false', '%00') {
    is(fate("/value?value=$value", tokens_of(1)), 'sent', "value '$value'");
}
is(fate('/value', tokens_of(1)), '403 not_allowed', 'a variable without value');
is(fate('/composed', tokens_of(1)), '403 not_allowed', '"0", composed');
is(fate('/composed?value=0', tokens_of(1)), 'sent', '"00", composed');



=== TEST 3: all values of all directives count; a level replaces the one above
--- http_config eval: $::Http . 'pickyassist_require $arg_http;'
--- config eval
CORE::join '', 'pickyassist_require $arg_a $arg_b;', 'pickyassist_require $arg_c;',
    ::location('/server'),
    ::location('/location', 'pickyassist_require $arg_d;'),
    ::location('/open', 'pickyassist_require 1;'),
    "location = /if { pickyassist_pass $::Vendor;
         pickyassist_require \$arg_d; if (\$arg_if) { set \$x 1; } }"
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my $no = '403 not_allowed';
is(fate('/server?a=1&b=1&c=1', tokens_of(1)), 'sent', 'all of the server');
is(fate("/server?$_", tokens_of(1)), $no, "of the server: $_")
    for 'a=1&b=1', 'a=1&c=1', 'b=1&c=1', 'a=1&b=1&c=0', 'a=0&b=1&c=1',
        'a=1&b=0&c=1', 'http=1', '';
is(fate('/location?d=1', tokens_of(1)), 'sent', 'that of the location');
is(fate('/location?a=1&b=1&c=1', tokens_of(1)), $no, 'and not the server\'s');
is(fate('/open', tokens_of(1)), 'sent', 'none');
is(fate("/if?d=1$_", tokens_of(1)), 'sent', "a location with if: d=1$_")
    for '', '&if=1';
is(fate("/if?d=0$_", tokens_of(1)), $no, "a location with if: d=0$_")
    for '', '&if=1';



=== TEST 4: a variable that was asked before the request was read
--- http_config eval
$::Http . <<'EOT'
    # What asks too early gets "empty", and must keep neither a permit nor a
    # refusal made of it.
    map $pickyassist_project_id $permit_empty { ""  1;  7  1;  default  0; }
    map $pickyassist_project_id $refuse_empty { 7  1;  default  0; }
    map $pickyassist_project_id $inner { 7  seven;  default  other; }
    map "$http_x_caller:$inner" $outer { ":seven"  1;  default  0; }
    map $arg_nothing $indirect { default  $refuse_empty; }
    map $pickyassist_project_id $project_7 { volatile; 7  1;  default  ""; }
    split_clients $pickyassist_project_id $clients { 100% 1; }
    map "$clients$pickyassist_project_id" $split { 17  1;  default  0; }
    # Nothing of it depends on the request: what it was first, it stays.
    map $uri $first_uri { default $uri; }
    log_format early '$permit_empty $refuse_empty $outer $indirect $first_uri';
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        access_log logs/early.log early if=$refuse_empty;
        if ($permit_empty) { set $a 1; }
        if ($refuse_empty) { set $a 1; }
        set $b "$outer$indirect$split$project_7";
        rewrite ^/early/(.*)$ /$1?$inner;
        set $c $first_uri;
        rewrite ^/(.*)$ /gateway/$1 last;
        location /gateway/ { return 404; }
EOT
. CORE::join('', map { ::location("/gateway/$_", "pickyassist_require \$$_;",
                            'add_header X-First-Uri $first_uri always;') }
           'permit_empty', 'refuse_empty', 'outer', 'indirect', 'project_7',
           'split')
. '}'
--- config eval
CORE::join '', map { ::location("/$_", "pickyassist_require \$$_;") }
    'permit_empty', 'refuse_empty', 'outer', 'indirect', 'project_7', 'split'
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my @late = (port => $ENV{TEST_NGINX_SERVER_PORT});
my @early = (port => $ENV{TEST_NGINX_SPARE_PORT});
for my $name ('permit_empty', 'refuse_empty', 'outer', 'indirect', 'project_7',
              'split')
{
    is(fate("/$name", tokens_of(7), @late), 'sent', "$name: right");
    is(fate("/$name", tokens_of(8), @late), '403 not_allowed', "$name: wrong");
    for my $prefix ('', '/early') {
        is(fate("$prefix/$name", tokens_of(7), @early), 'sent',
           "$name: right, asked early");
        is(fate("$prefix/$name", tokens_of(8), @early), '403 not_allowed',
           "$name: wrong, asked early");
    }
}

# One connection, one worker: nothing of one request is left for the next.
my $client = client(@early);
my @seen;
for my $project (7, 8, 7, 8) {
    $client->send(message(uri => '/refuse_empty', body => tokens_of($project)));
    push @seen, $client->reply->{status};
}
is("@seen", '200 403 200 403', 'each request is judged for itself');
is(ask(uri => '/outer', body => tokens_of(7), @early)
       ->{headers}{'x-first-uri'}, '/outer',
   'a variable that has nothing to do with it is asked once');
my $lines = PickyAssist::Client::slurp(
    "$ENV{TEST_NGINX_SERVROOT}/logs/early.log");
like($lines, qr/^1 1 1 1 /m, 'in the log they have their values');
unlike($lines, qr/^\d 0 /m, 'and "if" has judged by them');



=== TEST 5: the values judged are those that are sent
--- http_config eval
$::Http . <<'EOT';
    map $pickyassist_template_id $template_may { "~^AB12\z"  1;  default  0; }
    map $pickyassist_application $application_may { 8  1;  121  1;  default 0; }
    map $pickyassist_recipients $few { 1  1;  2  1;  default  0; }
    map $pickyassist_command $command_may { restart  1;  default  0; }
EOT
--- config eval
::push_location('/template', 'pickyassist_require $template_may;')
. ::push_location('/application', 'pickyassist_require $application_may;')
. ::push_location('/few', 'pickyassist_require $few;')
. "location = /command { pickyassist_pass $::Vendor;
       pickyassist_endpoint device-action; pickyassist_require \$command_may; }"
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my $no = '403 not_allowed';
my $row = '{"number":"15550100001"}';
my $body = sub { '{"application":8,' . ($_[0] ? "$_[0]," : '')
                 . "\"data\":[$row]}" };
is(fate('/template', $body->('"template_id":"AB12"')), 'sent', 'a template');
is(fate('/template', $body->("\"template_id\":\"$_\"")), $no, $_)
    for 'AB13', 'AB123', 'ab12', '', 'AB12\n', 'AB12\u0000', '\u0000AB12';
is(fate('/template', $body->()), $no, 'none');
is(fate('/template', $body->('"template_id":"\u0041B\u00312"')), 'sent',
   'with escapes');
is(fate('/template', $body->('"template_id ":"AB12"')), $no,
   'a member of nearly that name');
is(fate('/template', $body->('"\u0074emplate_id":"AB12"')), 'sent',
   'a name with escapes');
is(fate('/template', $body->('"template_id":"AB12","template_id":"X"')),
   '422 invalid_request', 'twice');
is(fate('/template', $body->('"template_id":"X","\u0074emplate_id":"AB12"')),
   '422 invalid_request', 'twice, with escapes');
is(fate('/template', '{"application":8,"data":[{"number":"15550100001",'
                     . '"template_id":"AB12"}]}'), $no, 'in a row');

is(fate('/application', "{\"application\":$_,\"data\":[$row]}"), 'sent',
   "application $_") for '8', '"8"', '121', '"121"';
is(fate('/application', "{\"application\":$_,\"data\":[$row]}"), $no,
   "application $_") for '1', '"1"', '88', '"12"';
is(fate('/application', "{\"application\":$_,\"data\":[$row]}"),
   '422 invalid_request', "application $_")
    for '8.0', '"08"', '" 8"', '8e0', '[8]';

is(fate('/few', '{"application":8,"data":[' . join(',', ($row) x $_) . ']}'),
   'sent', "$_ recipients") for 1, 2;
is(fate('/few', '{"application":8,"data":[' . join(',', ($row) x $_) . ']}'),
   $no, "$_ recipients") for 3, 100;
is(fate('/few', '{"application":8,"group_id":"g"}'), $no, 'no rows');

is(fate('/command', '{"command":"restart"}'), 'sent', 'a command');
is(fate('/command', '{"command":"stop-call-queue"}'), $no, 'another');
is(fate('/command', '{"command":"reset"}'), '422 invalid_request',
   'one that is not allowed at all');



=== TEST 6: it comes after the checks of section 4, and before everything else
--- http_config eval: $::Http . 'pickyassist_require 0;'
--- config eval
::location('/tokens') . ::location('/open', 'pickyassist_require 1;')
. ::location('/key', 'pickyassist_idempotency scope=x required;')
--- upstream eval
sub {
    my ($c) = @_;
    while (my $request = $c->request) { $c->reply('HTTP/1.1 410 Gone') }
}
--- request
GET /tokens
--- problem: 405 method_not_allowed
--- upstream_requests: 1
--- then
is(post('/tokens', '{'), '400 malformed_json', 'malformed');
is(post('/tokens', '{"project_id":1}'), '422 invalid_request', 'not valid');
is(post('/tokens', tokens_of(1), headers => { 'Content-Type' => 'a/b' }),
   '415 unsupported_media_type', 'another media type');
is(post('/key', tokens_of(1)), '403 not_allowed', 'before the key');
is(post('/open', tokens_of(1)), '410 endpoint_disabled', 'opens the breaker');
is(post('/tokens', tokens_of(1)), '403 not_allowed', 'before the breaker');



=== TEST 7: subrequests and internal redirects
--- http_config eval: $::Http
--- config eval
::location('/tokens', 'pickyassist_require $may;')
. 'location = /mirrored { mirror /tokens;
       proxy_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/nothing; }
   location = /redirect { rewrite ^ /tokens last; }
   location = /named { error_page 418 = @named; return 418; }'
. "location \@named { pickyassist_pass $::Vendor;
       pickyassist_require \$may; }"
. 'location = /first { pickyassist_pass http://127.0.0.1:1;
       pickyassist_require $may; error_page 502 = @second; }'
. "location \@second { pickyassist_pass $::Vendor;
       pickyassist_require \$arg_second; }"
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my @billing = (headers => { 'X-Caller' => 'billing' });
for my $uri ('/redirect', '/named') {
    is(fate($uri, tokens_of(6681), @billing), 'sent', "$uri: may");
    is(fate($uri, tokens_of(7), @billing), '403 not_allowed', "$uri: may not");
}
is(fate('/mirrored', tokens_of(7), @billing), 404, 'a mirrored request');
my $count = upstream_count();
is(post('/mirrored', tokens_of(6681), @billing), 404, 'that is allowed');
ok(wait_until { upstream_count() == $count + 1 }, 'is sent');
is(fate('/first?second=1', tokens_of(7), @billing), '403 not_allowed',
   'a gateway refuses');
is(fate('/first', tokens_of(6681), @billing), '403 not_allowed',
   'the first one does not, and a second one does');
is(fate('/first?second=1', tokens_of(6681), @billing), 'sent', 'none does');



=== TEST 8: the example: each caller has what is meant for it
--- http_config eval: ::production()
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my @billing = as('client');
my @shop = as('wrong-name');
my @stranger = as('good');
my $push = sub {
    my ($template, $number, %more) = @_;
    return '{"application":' . ($more{application} // 121)
           . ",\"template_id\":\"$template\",\"data\":["
           . CORE::join(',', ("{\"number\":\"$number\"}") x ($more{rows} // 1))
           . ']}';
};
my $no = '403 not_allowed';
my $tokens = tokens_of(1) =~ s/192\.0\.2\.1/8.8.8.8/r;
for my $row (
    [\@billing, 6681, 'sent'], [\@billing, 6682, 'sent'], [\@billing, 715, $no],
    [\@shop, 715, 'sent'], [\@shop, 6681, $no], [\@stranger, 715, '403 http_403'],
) {
    my ($caller, $project, $fate) = @$row;
    is(fate('/tokens', $tokens =~ s/1,/$project,/r, @$caller), $fate,
       "tokens: $caller->[3]{SSL_cert_file} $project");
}
for my $row (
    [\@billing, ['AB12345678', '4915550100001'], 'sent'],
    [\@billing, ['AB12345678', '4315550100001', rows => 10], 'sent'],
    [\@billing, ['AB12345678', '4315550100001', rows => 11],
     '422 invalid_request'],
    [\@billing, ['AB12345678', '15550100001'], '422 invalid_request'],
    [\@billing, ['CD12345678', '4915550100001'], $no],
    [\@billing, ['AB12345678', '4915550100001', application => 8], $no],
    [\@billing, ['ab12345678', '4915550100001'], $no],
    [\@billing, ['AB12345678\n', '4915550100001'], $no],
    [\@shop, ['CD12345678', '4915550100001'], 'sent'],
    [\@shop, ['EF12345678', '4915550100001', rows => 100], 'sent'],
    [\@shop, ['EF12345678', '4315550100001'], '422 invalid_request'],
    [\@shop, ['AB12345678', '4915550100001'], $no],
    [\@shop, ['', '4915550100001'], $no],
    [\@stranger, ['AB12345678', '4915550100001'], '403 http_403'],
) {
    my ($caller, $message, $fate) = @$row;
    is(fate('/push', $push->(@$message), @$caller), $fate,
       "push: $caller->[3]{SSL_cert_file} @$message");
}
is(fate('/push/billing', $push->('AB12345678', '4915550100001'), @shop),
   '404 http_404', 'nobody gets to the location of another');
is(fate('/push/', '{}', @stranger), '404 http_404', 'nor a stranger to any');
my @lines = map { JSON::PP->new->decode($_) } split /\n/,
    PickyAssist::Client::slurp("$ENV{TEST_NGINX_SERVROOT}/logs/pickyassist.json");
ok(!grep({ !/"recipients":(?:\d+|null),"accepted":(?:\d+|null),/
            || !/"status":\d{3},/ } split /\n/,
         PickyAssist::Client::slurp(
             "$ENV{TEST_NGINX_SERVROOT}/logs/pickyassist.json")),
   'the audit log has numbers');
my ($shop) = grep { $_->{caller} eq 'CN=other.test'
                    && $_->{endpoint} eq 'push' } @lines;
is_deeply([@$shop{qw(application template_id recipients accepted outcome)}],
          [121, 'CD12345678', 1, 0, 'accepted'], 'the audit log says what');



=== TEST 9: the example: a careless caller is in nobody's way
--- http_config eval: ::production()
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my $valid = tokens_of(715) =~ s/192\.0\.2\.1/8.8.8.8/r;
my @careless = map { client(as('client')) } 1 .. 40;
$_->send(message(body => '{"project_id":0}')) for @careless;
my $start = time;
is(fate('/tokens', $valid, as('wrong-name')), 'sent', 'a valid request');
my $took = time - $start;
cmp_ok($took, '<', 2, 'does not wait');
my %seen;
$seen{seen($_->reply)}++ for @careless;
is(CORE::join(' ', sort keys %seen), '422 invalid_request 429 rate_limited',
   'the careless one is told, and held back');
Test::More::note(sprintf 'after 40 invalid requests a valid one took %.3f s',
                 $took);



=== TEST 10: what is wrong with the directive
--- http_config eval: $::Http
--- config eval: ::location('/tokens', 'pickyassist_require;')
--- must_die
--- error_log eval
qr/invalid number of arguments in "pickyassist_require" directive/



=== TEST 11: a variable that is not there
--- http_config eval: $::Http
--- config eval: ::location('/tokens', 'pickyassist_require $nowhere;')
--- must_die
--- error_log
unknown "nowhere" variable



=== TEST 12: each variable that a request has, asked for before it was read
--- http_config eval
my @variables = qw(project_id ip_count endpoint recipients application
                   template_id command);
my @later = qw(outcome breaker api_status token_count push_id accepted);
$::Http
. CORE::join('', map { "map \$pickyassist_$_ \$$_ { '' 0; default 1; }\n" }
                 @variables, @later)
. "log_format later '" . CORE::join(' ', map { "\$$_" } @later)
. ' $pickyassist_outcome $pickyassist_breaker\';'
. 'server { listen 127.0.0.1:$TEST_NGINX_SPARE_PORT;
            access_log logs/later.log later; set $early "'
. CORE::join('', map { "\$$_" } @variables, @later)
. '$pickyassist_outcome$pickyassist_breaker";
   pickyassist_set_header X-Outcome "<$pickyassist_outcome>";'
. ::location('/tokens', 'pickyassist_require $project_id $ip_count $endpoint;')
. ::push_location('/push', 'pickyassist_require $recipients $application
                            $template_id $endpoint;')
. ::location('/action', 'pickyassist_endpoint device-action;
                         pickyassist_require $command $endpoint;')
. '}'
--- config
--- upstream eval: \&::vendor
--- request
GET /nothing
--- error_code: 404
--- then
my @early = (port => $ENV{TEST_NGINX_SPARE_PORT});
is(fate('/tokens', tokens_of(7), @early), 'sent', 'create-api-token');
is(fate('/push', '{"application":8,"template_id":"a","data":'
                 . '[{"number":"15550100001"}]}', @early), 'sent', 'push');
is(fate('/action', '{"command":"restart","application":8}', @early), 'sent',
   'device-action');

# What there is later, for the log.
my @lines;
wait_until {
    @lines = split /\n/, PickyAssist::Client::slurp(
        "$ENV{TEST_NGINX_SERVROOT}/logs/later.log");
    @lines == 3;
};
is_deeply(\@lines, ['1 1 1 1 0 0 issued closed', '1 1 1 0 1 1 accepted closed',
                    '1 1 1 0 0 0 accepted closed'],
          'and each that it has later');
is(scalar(() = upstream()->received =~ /^X-Outcome: <>\r$/mg), 3,
   'but not sooner');
