# Contract section 14: under one key, the vendor acts at most once. What becomes
# of keys when workers are killed under load is in t/24-once-races.t.

use PickyAssist::Test;
use PickyAssist::BlackHole;
use PickyAssist::Client;
use PickyAssist::Memory;
use PickyAssist::Workers;

use JSON::PP ();
use POSIX ();
use Time::HiRes qw(time sleep);

workers(2);
log_level('info');

my $dir = $PickyAssist::Test::Dir;

# What the vendor does follows from the project of a request, an index of this
# table: a name; what the vendor does; what the client gets; and what becomes
# of the key: "kept" with its answer, "lost", or "free".

our @answers = (
    [issued => '{"status":100,"api_token":["t-NUMBER"]}', '200', 'kept'],
    [held => sub {
        my ($c, $number) = @_;
        $c->pause(0.01) while !-e gate();
        $c->reply(qq({"status":100,"api_token":["t-$number"]}));
    }, '200', 'kept'],
    [large => sub {
        my ($c, $number) = @_;
        $c->reply('{"status":100,"api_token":["t-' . $number . '","'
                  . 'x' x 20000 . '"]}');
    }, '200', 'kept'],
    [unended => sub {
        my ($c, $number) = @_;
        $c->send("HTTP/1.0 200 OK\r\n\r\n",
                 qq({"status":100,"api_token":["t-$number"]}));
        $c->close;
    }, '200', 'kept'],

    # the vendor certainly did nothing
    [disabled => '{"status":405,"message":"disabled"}',
     '410 endpoint_disabled', 'free'],
    [token => '{"status":401,"message":"x"}', '502 master_token_rejected',
     'free'],
    [balance => '{"status":403,"message":"x"}', '402 insufficient_balance',
     'free'],
    [plan => '{"status":405,"message":"x"}', '403 plan_not_active', 'free'],
    [project => '{"status":408,"message":"x"}', '409 project_not_active',
     'free'],
    [rejected => '{"status":406,"message":"x"}', '422 upstream_rejected',
     'free'],
    [limited => 'HTTP/1.1 429 Too Many Requests', '429 rate_limited', 'free'],
    [held_back => sub {
        my ($c) = @_;
        $c->pause(0.01) while !-e gate();
        $c->reply('HTTP/1.1 429 Too Many Requests');
    }, '429 rate_limited', 'free'],
    [unavailable => 'HTTP/1.1 503 Service Unavailable',
     '503 upstream_unavailable', 'free'],
    [phone => '{"status":404,"message":"x"}', '502 upstream_error', 'free'],
    [forbidden => 'HTTP/1.1 403 Forbidden', '502 upstream_error', 'free'],
    [redirect => "HTTP/1.1 302 Found\nLocation: /x",
     '502 upstream_invalid_response', 'free'],

    # it may have acted
    [broken => 'HTTP/1.1 500 Internal Server Error', '502 upstream_error',
     'kept'],
    [unknown => '{"status":999,"message":"x"}', '502 upstream_error', 'kept'],
    [no_json => "HTTP/1.1 200 OK\n\nthanks", '502 upstream_invalid_response',
     'kept'],
    [no_token => '{"status":100}', '502 upstream_invalid_response', 'kept'],
    [bad_chunk => "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nx",
     '502 upstream_invalid_response', 'kept'],
    [too_large => sub { $_[0]->reply('"' . 'x' x 70000 . '"') },
     '502 upstream_invalid_response', 'kept'],
    [closed => sub { $_[0]->close }, '502 upstream_invalid_response', 'kept'],
    [reset => sub { $_[0]->reset }, '502 upstream_invalid_response', 'kept'],
    [no_http => sub { $_[0]->send("no HTTP\r\n\r\n") },
     '502 upstream_invalid_response', 'kept'],
    [half_a_body => sub {
        $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
        $_[0]->reset;
    }, '502 upstream_invalid_response', 'kept'],
    [timeout => sub { $_[0]->hang }, '504 upstream_timeout', 'kept'],
    [slow_body => sub {
        $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{");
        $_[0]->hang;
    }, '504 upstream_timeout', 'kept'],
);

our %project = map { $answers[$_][0] => $_ + 1 } 0 .. $#answers;

sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($project) = $request->{body} =~ /"project_id":(\d+)/;
        my $answer = $answers[($project - 1) % 1000][1];
        ref $answer ? $answer->($c, $request->{number})
                    : $c->reply($answer =~ s/NUMBER/$request->{number}/r);
        return if !$c->{socket};
    }
}

sub gate { return "$dir/gate" }
sub shut_gate { unlink gate() }
sub open_gate { open my $file, '>', gate() or die "gate: $!\n" }

our $Pass = 'pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;';

# A configuration: directives of the http level, and locations beside /tokens.
sub http {
    my ($directives, @locations) = @_;
    return join "\n",
        'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;',
        'pickyassist_read_timeout 500ms;', 'pickyassist_disabled_ttl 0;',
        $directives // 'pickyassist_idempotency scope=me;',
        'server {', $PickyAssist::Workers::Listen,
        'location = /status { pickyassist_status json; }',
        "location = /tokens { $Pass }", @locations, '}';
}

our $Config = "location = /tokens { $Pass }";

sub body {
    my ($name, $more) = @_;
    return sprintf '{"project_id":%d,"ip_whitelist":"192.0.2.1"}',
                   $project{$name} + 1000 * ($more // 0);
}

sub request {
    my ($name, $key, %options) = @_;
    my %headers = %{delete $options{headers} || {}};
    $headers{'Idempotency-Key'} = $key if defined $key;
    return (port => $ENV{TEST_NGINX_SPARE_PORT}, body => body($name), %options,
            headers => \%headers);
}

# A request on a connection of its own, and its reply.
sub post { return ask(request(@_)) }

# "STATUS CODE", and whether it was said before.
sub seen {
    my ($reply) = @_;
    return 'nothing' if !$reply;
    my ($code) = $reply->{body} =~ /"code":"(\w+)"/;
    my $replayed = $reply->{headers}{'idempotent-replayed'};
    return join ' ', $reply->{status}, $code // (),
                     defined $replayed ? "replayed $replayed" : ();
}

# A line that was written, or is about to be.
sub logged {
    my ($level, $text) = @_;
    $text = quotemeta $text if !ref $text;
    my $is = wait_until {
        error_log() =~ /\[$level\] .*pickyassist: $text/;
    };
    ok($is, "logged: $text");
}

# A file of servers, each with this name and the location /tokens; a "+" behind
# the name is for other locations before that, whose names begin alike.
our $Before_servers = '';
sub servers {
    my $pass = $Pass =~ s/\$(TEST_\w+)/$ENV{$1}/gr;
    open my $file, '>', "$dir/servers.conf" or die "servers: $!\n";
    print $file $Before_servers;
    for my $name (@_) {
        my $more = $name =~ /\+/ ? "location /tokens { $pass }
                                    location = /tokens/x { $pass }" : '';
        print $file "server { listen 127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}; ",
                    'server_name ', $name =~ s/\+//r,
                    "; $more location = /tokens { $pass } }\n";
    }
    close $file or die "servers: $!\n";
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }
sub asked { return upstream()->count('request') }

sub figures {
    my $reply = ask(port => $ENV{TEST_NGINX_SPARE_PORT}, method => 'GET',
                    uri => '/status', body => '');
    return JSON::PP->new->decode($reply->{body});
}

# How many requests have had this outcome.
sub counted {
    return figures()->{pickyassist_requests_total}{'create-api-token'}{$_[0]};
}

# Sends a request and does not wait for its reply; returns when the vendor has
# it, if it is to.
sub start {
    my ($name, $key, %options) = @_;
    my $asked = asked();
    my $client = $options{client} // client(port => $ENV{TEST_NGINX_SPARE_PORT});
    $client->send(message(request($name, $key, %options)));
    wait_until { asked() > $asked } or die "the vendor was not asked\n"
        if !$options{unsent};
    return $client;
}

# Where the zones, which a worker shares with all others, have these bytes.
sub in_zones {
    my ($bytes) = @_;
    my ($worker) = active_workers();
    my @found;
    for (parts_of_memory($worker, qr/^\S+ rw-s/)) {
        my ($from, $zone) = @$_;
        my $at = -1;
        push @found, [$worker, $from + $at]
            while ($at = index $zone, $bytes, $at + 1) >= 0;
    }
    return @found;
}

# Where a key has what the tests look at, and its bytes there.
our %In_key = (ttl => [16, 8], owner => [32, 8], key => [48, 32],
               request => [80, 32]);
sub of_key {
    my ($what, $key) = @_;
    my ($at, $length) = @{$In_key{$what}};
    return change(@$key, $at, '', $length);
}

# The keys of the requests that this process has under way.
sub keys_of {
    my ($owner, $seconds) = @_;
    my ($at) = @{$In_key{ttl}};
    return grep { of_key('owner', $_) eq pack 'LL', 0, $owner }
           map { [$_->[0], $_->[1] - $at] }
               in_zones(pack 'Q', ($seconds // 24 * 60 * 60) * 1000);
}

# Changes bytes of a process from there on; what they were, or so many.
sub change {
    my ($pid, $base, $at, $bytes, $length) = @_;
    open my $memory, '+<:raw:unix', "/proc/$pid/mem" or die "mem: $!\n";
    sysseek $memory, $base + $at, 0 or die "seek: $!\n";
    sysread $memory, my $was, $length // length $bytes;
    sysseek $memory, $base + $at, 0 or die "seek: $!\n";
    syswrite($memory, $bytes) == length $bytes or die "write: $!\n";
    return $was;
}

# Between client and gateway: every second answer is lost, the first one
# among them, when the gateway has sent it.
sub middleman {
    my ($c) = @_;
    my $request = $c->request or return;
    my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
    $client->send($request->{raw});
    my $reply = $client->reply;
    $request->{number} % 2 ? $c->reset : $c->send($reply->{raw});
    $c->close if $c->{socket};
}

# Those of docs/api.md, and how each is called and says what it got.
our %clients = (
    python => ['python3', '%s', <<'EOT'],
import sys
try:
    reply = send(sys.argv[1], json.loads(sys.argv[2]))
    print("ok", reply["status"], reply["api_token"][0]["token"])
except RuntimeError as error:
    print("failed", error)
EOT
    php => ['php', "<?php\n%s", <<'EOT'],
try {
    $reply = send($argv[1], json_decode($argv[2]));
    echo "ok $reply[status] ", $reply['api_token'][0]['token'];
} catch (Exception $error) {
    echo 'failed ', $error->getMessage();
}
EOT
);

sub run_client {
    my ($name, $request) = @_;
    my ($program, $form, $call) = @{$clients{$name}};
    my ($code) = PickyAssist::Client::slurp('docs/api.md')
                 =~ /^```$name\n(.*?)^```$/ms;
    open my $file, '>', "$dir/client" or die "$dir/client: $!\n";
    printf $file $form, "$code$call";
    close $file or die "$dir/client: $!\n";
    my $url = "http://127.0.0.1:$ENV{TEST_NGINX_UPSTREAM2_PORT}/tokens";
    open my $output, '-|', $program, "$dir/client", $url, body($request)
        or die "$program: $!\n";
    local $/;
    return <$output> =~ s/\s+\z//r;
}

run_tests();

__DATA__

=== TEST 1: the first answer is the answer to all
--- http_config eval: ::http()
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- response_headers
! Idempotent-Replayed
--- then
our %project;
my $first = post('issued', '"key-1"');
is(seen($first), '200', 'the first');
is($first->{body}, '{"status":100,"message":"Success","project_id":1,'
                   . '"api_token":[{"ip":null,"token":"t-2"}]}', 'its body');
for (1 .. 5) {
    my $again = post('issued', '"key-1"');
    is(seen($again), '200 replayed true', 'again');
    is($again->{body}, $first->{body}, 'byte for byte');
    is($again->{headers}{'content-type'}, 'application/json', 'its type');
    is($again->{headers}{'cache-control'}, 'no-store', 'not to be stored');
    like($again->{headers}{'x-request-id'}, qr/^[0-9a-f]{32}$/, 'an id');
    isnt($again->{headers}{'x-request-id'}, $first->{headers}{'x-request-id'},
         'a new one');
}
is(asked(), 2, 'the vendor was asked once');
is(seen(post('issued', '"key-2"')), '200', 'another key');
is(seen(post('issued')), '200', 'no key');
is(seen(post('issued')), '200', 'and again');
is(asked(), 5, 'the vendor was asked each time');

my $failed = post('unknown', 'key-3');
my $again = post('unknown', 'key-3');
is(seen($failed), '502 upstream_error', 'an error');
is(seen($again), '502 upstream_error replayed true', 'is repeated, too');
is($again->{body}, $failed->{body}, 'byte for byte');
is($again->{headers}{'content-type'}, 'application/problem+json', 'its type');
like($failed->{body}, qr/"request_id":"$failed->{headers}{'x-request-id'}"/,
     'the document has the id of the first request');
isnt($again->{headers}{'x-request-id'}, $failed->{headers}{'x-request-id'},
     'the header has that of this one');

my ($worker) = active_workers();
is(scalar(grep { length $_->[1] == 4 << 20 }
               parts_of_memory($worker, qr/^\S+ rw-s/)), 1,
   'a zone of 4m, if nothing else is said');

my $figures = figures();
is($figures->{pickyassist_replays_total}, 6, 'replays');
is($figures->{pickyassist_tokens_issued_total}, 5, 'tokens');
is_deeply({ map { $_ => $figures->{pickyassist_requests_total}
                                  {'create-api-token'}{$_} }
                'issued', 'upstream_error' },
          { issued => 10, upstream_error => 2 }, 'a replay is an answer, too');
logged('info', "request $again->{headers}{'x-request-id'} was not sent: its "
               . 'idempotency key has an answer, upstream_error');



=== TEST 2: which keys are one, and which are none
--- http_config eval: ::http()
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
my @same = (
    ['a', '"a"'], ['"b"', 'b'], ['"c\\\\d"', '"c\\\\d"'],
    ['!#$%&\'()*+-./:<=>?@[]^_`{|}~', '"!#$%&\'()*+-./:<=>?@[]^_`{|}~"'],
    ['x' x 255, '"' . 'x' x 255 . '"'],
);
for my $row (@same) {
    my ($one, $other) = @$row;
    is(seen(post('issued', $one)), '200', "$one");
    is(seen(post('issued', $other)), '200 replayed true', "is $other");
}
my @different = ('A', 'aa', '"a\\""', '"a\\\\"', "'a'", '"a;b"', '"a,b"',
                 'x' x 254);
for my $key (@different) {
    is(seen(post('issued', $key)), '200', "$key is another");
}
my $asked = asked();
is($asked, 1 + @same + @different, 'the vendor was asked');

my @invalid = (
    '', '""', '"', '"a', 'a"', '"a"b', 'a"b', '"a\\b"', '"a\\"', 'a\\b',
    '"a";b', '"a"; b=1', '"a";b=1', 'a;b', 'a; b', 'a,b', 'a, b', '"a", "b"',
    'a b', '"a b"', "a\tb", "\"\xe4\"", "\xc3\xa4", "\x7f", 'x' x 256,
    '"' . 'x' x 256 . '"',
);
for my $key (@invalid) {
    my $reply = post('issued', $key);
    is(seen($reply), '400 idempotency_key_invalid', "not a key: $key");
    is($reply->{headers}{'retry-after'}, undef, 'not to be tried again');
}
for my $second ('a', 'b', '') {
    my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
    my $message = message(request('issued', 'a'));
    $message =~ s/^(Idempotency-Key: .*\n)/$1idempotency-key: $second\r\n/m;
    $client->send($message);
    is(seen($client->reply), '400 idempotency_key_invalid', "two: $second");
}
is(seen(post('issued', undef, headers => { 'IDEMPOTENCY-KEY' => '"a"' })),
   '200 replayed true', 'the name has any case');

# nginx keeps headers in lists of twenty.
my %many = map { ("A-$_" => $_) } 1 .. 45;
is(seen(post('issued', '"a"', headers => \%many)), '200 replayed true',
   'behind many headers');
is(seen(post('issued', '"a"', headers => { %many, A => "0\r\n"
                                           . 'Idempotency-Key: "a"' })),
   '400 idempotency_key_invalid', 'two of them, far apart');
is(asked(), $asked, 'the vendor was not asked');



=== TEST 3: what is free again, what is kept
--- http_config eval: ::http()
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: open_gate();
--- then
our @answers;
for my $row (@answers) {
    my ($name, undef, $told, $key) = @$row;
    my $asked = asked();
    my $first = post($name, "key-$name");
    is(seen($first), $told, "$name");
    is(asked(), $asked + 1, "$name: sent");

    my $again = post($name, "key-$name");
    is(seen($again), $key eq 'kept' ? "$told replayed true" : $told,
       "$name: again");
    is(asked(), $asked + ($key eq 'kept' ? 1 : 2), "$name: is $key");
    is($again->{body}, $first->{body}, "$name: the same body")
        if $key eq 'kept';

    # Free for any other request, or for none.
    is(seen(post('rejected', "key-$name")),
       $key eq 'kept' ? '422 idempotency_key_reused' : '422 upstream_rejected',
       "$name: another request");

    my ($effect) = $first->{body} =~ /"effect":"(\w+)"/;
    is($effect // 'unknown', $key eq 'free' ? 'none' : 'unknown',
       "$name: as the client was told");
}



=== TEST 4: while the first is under way
--- http_config eval: ::http()
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
my $first = start('held', '"k"');
my $asked = asked();
for (1 .. 6) {
    my $reply = post('held', '"k"');
    is(seen($reply), '409 idempotency_in_progress', 'in progress');
    is($reply->{headers}{'retry-after'}, 1, 'to be asked again');
    like($reply->{body}, qr/"effect":"unknown","retry":"later"/, 'it says so');
    is(seen(post('issued', '"k"')), '422 idempotency_key_reused',
       'another request');
}
is(seen(post('issued', '"l"')), '200', 'another key');
is(asked(), $asked + 1, 'the vendor got nothing else');
open_gate();
my $reply = $first->reply;
is(seen($reply), '200', 'the first ends');
my $again = post('held', '"k"');
is(seen($again), '200 replayed true', 'and is repeated');
is($again->{body}, $reply->{body}, 'byte for byte');
is(seen(post('issued', '"k"')), '422 idempotency_key_reused', 'still');
is(asked(), $asked + 1, 'and nothing more');
is(counted('idempotency_in_progress'), 6, 'each is counted');
is(counted('idempotency_key_reused'), 7, 'these, too');



=== TEST 5: the same request is what is the same for the vendor
--- http_config eval
::http('pickyassist_idempotency scope=me; '
    . 'pickyassist_client_token strip;')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
sub with { return seen(post('issued', 'k', body => $_[0])) }

is(with('{"project_id":1,"ip_whitelist":["2001:db8::1"]}'), '200', 'the first');
for my $same (
    '{"project_id":1,"ip_whitelist":"2001:db8::1"}',
    '{ "project_id" : 1 , "ip_whitelist" : [ "2001:DB8:0::1" ] }',
    '{"ip_whitelist":["2001:db8::1"],"project_id":1}',
    "\n{\"project_id\":1,\"ip_whitelist\":[\"2001:db8::1\"]}\n",
    '{"token":"of-mine","project_id":1,"ip_whitelist":["2001:db8::1"]}',
    '{"\u0070roject_id":1,"ip_whitelist":["\u0032001:db8::1"]}',
) {
    is(with($same), '200 replayed true', "the same: $same");
}
for my $other (
    '{"project_id":1001,"ip_whitelist":["2001:db8::1"]}',
    '{"project_id":1,"ip_whitelist":["2001:db8::2"]}',
    '{"project_id":1,"ip_whitelist":["2001:db8::1","2001:db8::2"]}',
) {
    is(with($other), '422 idempotency_key_reused', "another: $other");
}
is(seen(post('issued', 'k', body => '{"project_id":1}')),
   '422 invalid_request', 'a flaw is told before');
is(seen(post('issued', 'k', method => 'PUT')), '405 method_not_allowed',
   'and so is the method');
is(asked(), 2, 'once');



=== TEST 6: scopes, locations, servers
--- http_config eval
::http('pickyassist_idempotency scope=$http_x_caller;',
       'location = /other { ' . $::Pass . '}',
       'location /tokens/ { ' . $::Pass . '
            location = /tokens/in { ' . $::Pass . '}
            if ($http_x_if) { set $x 1; }
        }',
       'location ~ ^/tokens/(x|y) { ' . $::Pass . '}')
    . 'server { listen 127.0.0.1:$TEST_NGINX_SPARE_PORT;
                server_name second;
                location = /tokens { ' . $::Pass . '} }'
--- config eval
$::Config =~ s/\}/pickyassist_idempotency scope=constant; }/r
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
sub asks {
    my ($caller, $uri, $more, %options) = @_;
    return seen(post('issued', '"k"', uri => $uri, %options,
                     headers => { 'X-Caller' => $caller, %{$more || {}} }));
}

my $asked = asked();
my @places = (
    ['one', '/tokens'], ['two', '/tokens'], ['onetwo', '/tokens'],
    ['one', '/other'], ['one', '/tokens/'], ['one', '/tokens/in'],
    ['one', '/tokens/x'], ['one', '/tokens', { Host => 'second' }],
    ['one', '/tokens', {}, port => $ENV{TEST_NGINX_SERVER_PORT}],
);
for my $pass ('200', '200 replayed true') {
    is(asks(@$_), $pass, "$pass: $_->[0] at $_->[1]") for @places;
}
is(asks('two', '/tokens', {}, port => $ENV{TEST_NGINX_SERVER_PORT}),
   '200 replayed true', 'a constant is one scope for all');
is(asks('one', '/tokens/', { 'X-If' => 1 }), '200 replayed true',
   'an "if" block is the same location');
is(asks('one', '/tokens/y'), '200 replayed true', 'whatever the path');
is(asked(), $asked + @places, 'the vendor was asked once for each');

for my $nobody ('', undef) {
    my $reply = asks($nobody, '/tokens');
    is($reply, '403 not_allowed', 'whose key is it?');
}
is(seen(post('issued', undef, uri => '/tokens')), '200',
   'without a key nobody asks');
is(seen(post('issued', 'k;', uri => '/tokens')),
   '400 idempotency_key_invalid', 'a key that is none comes first');
is(asked(), $asked + @places + 1, 'nothing was sent');



=== TEST 7: required, off, inherited
--- http_config eval
::http('pickyassist_idempotency scope=me required ttl=1h;',
       'location = /off { ' . $::Pass . 'pickyassist_idempotency off; }',
       'location = /may { ' . $::Pass . 'pickyassist_idempotency ttl=1h scope=a; }')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- problem: 400 idempotency_key_required
--- then
is(seen(post('issued', 'k')), '200', 'with a key');
is(seen(post('issued', 'k')), '200 replayed true', 'again');
is(seen(post('issued', undef)), '400 idempotency_key_required', 'without');
is(seen(post('issued', '')), '400 idempotency_key_invalid', 'an empty one');
is(seen(post('issued', 'k', uri => '/off')), '200', 'off') for 1, 2;
is(seen(post('issued', ';', uri => '/off')), '200', 'and not looked at');
is(seen(post('issued', undef, uri => '/may')), '200', 'not required') for 1, 2;
is(seen(post('issued', 'k', uri => '/may')), '200', 'first');
is(seen(post('issued', 'k', uri => '/may')), '200 replayed true', 'again');
is(asked(), 7, 'sent');



=== TEST 8: kept for its time
--- http_config eval: ::http('pickyassist_idempotency scope=me ttl=1s;')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
my $held = start('held', 'held');
my $began = time;
post('issued', 'k');
my $ended = time;
my ($reply, $before);
while (1) {
    $before = time;
    $reply = post('issued', 'k');
    last if seen($reply) ne '200 replayed true' || time > $began + 10;
    sleep 0.02;
}
is(seen($reply), '200', 'new again');
cmp_ok(time, '>=', $began + 1, 'not before its time');
cmp_ok($before, '<', $ended + 1.2, 'nor long after');
is(seen(post('issued', 'k')), '200 replayed true', 'and kept again');
open_gate();
$held->reply;
is(asked(), 4, 'sent');



=== TEST 9: a client that goes away gets its answer when it comes back
--- http_config eval
::http('pickyassist_idempotency scope=me; '
    . 'pickyassist_read_timeout 10s;')
    =~ s/pickyassist_read_timeout 500ms;//r
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
for my $how ('close', 'reset') {
    shut_gate();
    my $client = start('held', $how);
    $client->$how;
    sleep 0.1;
    is(seen(post('held', $how)), '409 idempotency_in_progress',
       "$how: not over yet");
    open_gate();
    my $reply;
    wait_until {
        $reply = post('held', $how);
        seen($reply) ne '409 idempotency_in_progress';
    };
    is(seen($reply), '200 replayed true', "$how: the answer that nobody got");
    like($reply->{body}, qr/"token":"t-\d"/, "$how: with its token");
}
is(asked(), 3, 'once each');



=== TEST 10: the same where the exchange is cut short with the client
--- http_config eval
::http('pickyassist_idempotency scope=me; '
    . 'pickyassist_ignore_client_abort on;',
    'location = /cut { ' . $::Pass . 'pickyassist_ignore_client_abort off; }',
    'location = /unsent {
         pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
         pickyassist_ignore_client_abort off; }')
    =~ s/pickyassist_read_timeout 500ms;//r
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before
shut_gate();
PickyAssist::Test::helper(
    PickyAssist::BlackHole->start($ENV{TEST_NGINX_UPSTREAM2_PORT}));
--- then
my $client = start('held', 'k', uri => '/cut');
$client->close;
my $reply;
wait_until {
    $reply = post('held', 'k', uri => '/cut');
    seen($reply) ne '409 idempotency_in_progress';
};
is(seen($reply), '409 outcome_unknown', 'it was sent: nobody knows');
like($reply->{body}, qr/"effect":"unknown","retry":"check"/, 'and it says so');
is($reply->{headers}{'retry-after'}, undef, 'asking again does not help');
is(seen(post('issued', 'k', uri => '/cut')), '422 idempotency_key_reused',
   'another request');
open_gate();
is(seen(post('held', 'k', uri => '/cut')), '409 outcome_unknown', 'for good');
is(counted('outcome_unknown'), 2, 'both are counted');

# Not a byte of this one was sent.
my $unsent = start('held', 'u', uri => '/unsent', unsent => 1);
sleep 0.1;
is(seen(post('held', 'u', uri => '/unsent')), '409 idempotency_in_progress',
   'connecting');
$unsent->close;
my $second;
wait_until {
    $second = start('held', 'u', uri => '/unsent', unsent => 1);
    !IO::Select->new($second->{socket})->can_read(0.2);
};
ok(!IO::Select->new($second->{socket})->can_read(0.2),
   'the key is free, and the next is connecting');
is(asked(), 2, 'sent');



=== TEST 11: a worker dies, and its requests are lost; others are not
--- http_config eval
::http('pickyassist_idempotency scope=me ttl=2m;')
    =~ s/pickyassist_read_timeout 500ms;/pickyassist_read_timeout 30s;/r
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- error_log: [alert]
--- then
my ($one, $other) = worker_pids();

# As if that worker were dead and had left its number to another program.
start('held', 'taken', client => client_of($one));
my @taken = keys_of($one, 120);
is(@taken, 1, 'one key');
change(@{$taken[0]}, $::In_key{owner}[0], pack 'LL', 0, $$);
is(seen(post('held', 'taken')), '409 outcome_unknown', 'a number taken over');

my @lost = map { start('held', "lost-$_", client => client_of($one)) } 1 .. 3;
my $kept = start('held', 'kept', client => client_of($other));
post('issued', 'ended');
my $asked = asked();

kill 'KILL', $one;
ok($_->ended, 'its client gets nothing') for @lost;
wait_until { !kill 0, $one } or die "it is there yet\n";
my $client = client_of($other);
$client->send(message(request('held', 'lost-1')));
is(seen($client->reply), '409 outcome_unknown', 'at once');
wait_until { active_workers() >= 2 } or die "not replaced\n";

for my $key (map { "lost-$_" } 1 .. 3) {
    is(seen(post('held', $key)), '409 outcome_unknown', $key) for 1 .. 4;
    is(seen(post('issued', $key)), '422 idempotency_key_reused',
       "$key: another request");
}
is(seen(post('held', 'kept')), '409 idempotency_in_progress', 'who lives') for
    1 .. 4;
is(seen(post('issued', 'ended')), '200 replayed true', 'what has ended')
    for 1 .. 4;
is(asked(), $asked, 'nothing was sent');
open_gate();
is(seen($kept->reply), '200', 'goes on');
is(seen(post('held', 'kept')), '200 replayed true', 'and is kept');
logged('warn', qr/a worker died with [23] requests that had an idempotency key: their outcome is unknown/);
only_killed('nothing else went wrong');



=== TEST 12: a reload in the middle
--- http_config eval
::http()
    =~ s/pickyassist_read_timeout 500ms;/pickyassist_read_timeout 30s;/r
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
my $first = start('held', 'k');
my $ended = post('issued', 'ended');

# As if these were of dead workers, whose numbers the new ones may get.
my %first = map { $_->[1] => 1 } map { keys_of($_) } active_workers();
my @others = map { start('held', "other-$_") } 1 .. 8;
my @keys = grep { !$first{$_->[1]} } map { keys_of($_) } active_workers();
is(@keys, @others, 'a key for each');
my $number = fork() // die "fork: $!\n";
POSIX::_exit(0) if !$number;
waitpid $number, 0;
change(@$_, $::In_key{owner}[0], pack 'LL', 0, ++$number) for @keys;

my $asked = asked();
reload();
for my $n (1 .. @others) {
    my $reply;
    wait_until {
        $reply = post('held', "other-$n");
        seen($reply) ne '409 idempotency_in_progress';
    };
    is(seen($reply), '409 outcome_unknown', 'they are dead');
}
for (1 .. 4) {
    is(seen(post('held', 'k')), '409 idempotency_in_progress',
       'the new workers know');
    is(seen(post('issued', 'k')), '422 idempotency_key_reused', 'of it');
    is(seen(post('issued', 'ended')), '200 replayed true',
       'and of what has ended');
}
open_gate();
my $reply = $first->reply;
is(seen($reply), '200', 'an old worker ends it');
for (1 .. 4) {
    my $again = post('held', 'k');
    is(seen($again), '200 replayed true', 'a new one repeats it');
    is($again->{body}, $reply->{body}, 'byte for byte');
}
is(asked(), $asked, 'nothing was sent twice');

# Another token does not make another request of it.
my $token = PickyAssist::Client::slurp($ENV{TEST_NGINX_TOKEN_FILE});
my $write = sub {
    open my $file, '>', $ENV{TEST_NGINX_TOKEN_FILE} or die "token: $!\n";
    print $file $_[0];
    CORE::close $file;
};
$write->("another-master-token-1\n");
reload();
is(seen(post('held', 'k')), '200 replayed true', 'with another token');
is(seen(post('issued', 'new')), '200', 'which is used');
ok(index(upstream()->received, 'another-master-token-1') > 0, 'indeed');
$write->($token);



=== TEST 13: old workers that have to go
--- main_config: worker_shutdown_timeout 200ms;
--- http_config eval
::http()
    =~ s/pickyassist_read_timeout 500ms;/pickyassist_read_timeout 30s;/r
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
my $first = start('held', 'k');
my $asked = asked();
my %old = map { $_ => 1 } worker_pids();
reload();
wait_until { !grep { $old{$_} } worker_pids() } or die "they stay\n";
my $reply = post('held', 'k');
like(seen($reply), qr/^(?:409 outcome_unknown|50[24] \w+ replayed true)$/,
     'the truth, as far as it is known');
like($reply->{body}, qr/"effect":"unknown","retry":"check"/, 'not more');
is(asked(), $asked, 'not sent again');
open_gate();



=== TEST 14: no room for another key
--- http_config eval
::http('pickyassist_idempotency scope=me; pickyassist_idempotency_zone 32k;',
       'location = /short { ' . $::Pass . '
            pickyassist_idempotency scope=me ttl=2s; }')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
my $send = sub {
    my ($key, %options) = @_;
    $client->send(message(request('issued', $key, %options)));
    my $reply = $client->reply;
    $client = client(port => $ENV{TEST_NGINX_SPARE_PORT})
        if ($reply->{headers}{connection} // '') eq 'close';
    return $reply;
};

# The last ones that find room are kept for a short time.
my $n = 0;
$n++ while $n < 60 && seen($send->("k$n")) eq '200';
is($n, 60, 'room for 60 keys in 32k');
my ($began, $short) = (time, 0);
my $reply;
$short++
    while seen($reply = $send->("s$short", uri => '/short')) eq '200';
my $asked = asked();
is(seen($reply), '503 idempotency_store_full', "full with $short more");
like($reply->{body}, qr/"effect":"none","retry":"later"/, 'try later');
is($asked, 1 + $n + $short, 'what found no room was not sent');
is(seen($send->("new-$_")), '503 idempotency_store_full', 'again') for 1 .. 3;
is(join(' ', map { seen($send->("k$_")) eq '200 replayed true' ? () : $_ }
                 0 .. $n - 1), '', 'nothing was forgotten for it');
is(asked(), $asked, 'nothing was sent');
is(counted('idempotency_store_full'), 4, 'each is counted');
is(seen(post('issued')), '200', 'who has no key is not concerned');
logged('error', "request $reply->{headers}{'x-request-id'} was not sent: "
                . 'idempotency_store_full');

sleep $began + 2.2 - time if time < $began + 2.2;
is(seen($send->('new')), '200', 'there is room when the time of some is over');
is(seen($send->('s0', uri => '/short')), '200', 'whose keys are new');
is(join(' ', map { seen($send->("k$_")) eq '200 replayed true' ? () : $_ }
                 0 .. $n - 1), '', 'those of the others are not');



=== TEST 15: no room for an answer
--- http_config eval
::http('pickyassist_idempotency scope=me; '
    . 'pickyassist_idempotency_zone 32k;')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
my $reply = post('large', 'one');
is(seen($reply), '200', 'a large answer');
is(seen(post('large', 'one')), '200 replayed true', 'is kept');
my $second = post('large', 'two');
is(seen($second), '200', 'the client gets it');
is(seen(post('large', 'two')), '409 outcome_unknown', 'but once');
is(seen(post('issued', 'two')), '422 idempotency_key_reused', 'no other');
is(asked(), 3, 'once each');
is(seen(post('issued', 'three')), '200', 'room for small ones');
logged('error', 'no room in "pickyassist_idempotency_zone" for the answer to '
                . "request $second->{headers}{'x-request-id'}: its repetition "
                . 'gets outcome_unknown');



=== TEST 16: error pages of the operator's
--- http_config eval
::http('pickyassist_idempotency scope=me;',
       'location = /page { ' . $::Pass . '
            error_page 502 504 =503 /sorry; }
        location = /nobody {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
            error_page 502 504 /sorry; }
        location = /next {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
            error_page 502 504 = @next; }
        location = /late {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
            error_page 502 504 = @late; }
        location @next { ' . $::Pass . '}
        location @late { ' . $::Pass . 'pickyassist_idempotency off; }
        location = /sorry { internal; return 503 sorry; }')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
# What the client got is not known here, but that it may have been sent.
for my $name ('closed', 'timeout') {
    my $reply = post($name, "p-$name", uri => '/page');
    is("$reply->{status} $reply->{body}", '503 sorry', "$name: the page");
    wait_until {
        $reply = post($name, "p-$name", uri => '/page');
        seen($reply) ne '409 idempotency_in_progress';
    };
    is(seen($reply), '409 outcome_unknown', "$name: the truth");
}
my $asked = asked();

# Not sent: free at once.
for (1 .. 3) {
    my $reply = post('issued', 'n', uri => '/nobody');
    is("$reply->{status} $reply->{body}", '502 sorry', 'nothing sent');
}

# Another gateway answers; its keys are its own.
is(seen(post('issued', 'x', uri => '/next')), '200', 'another gateway');
is(seen(post('issued', 'x', uri => '/next')), '200 replayed true',
   'repeats what it said');
is(seen(post('issued', 'x')), '200', 'to those that it was asked by');
is(asked(), $asked + 2, 'and asks once');

# The page takes its time, and the key is free meanwhile.
shut_gate();
my $late = start('held', 'l', uri => '/late');
is(seen(post('issued', 'l', uri => '/late')), '200',
   'another request with that key');
open_gate();
is(seen($late->reply), '200', 'and the first');



=== TEST 17: what other gates refuse leaves the key free
--- http_config eval: ::http() =~ s/disabled_ttl 0/disabled_ttl 500ms/r
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
post('issued', 'before');
is(seen(post('disabled', 'd')), '410 endpoint_disabled', 'disabled');
my $asked = asked();
is(seen(post('issued', 'k')), '410 endpoint_disabled', 'the breaker is open')
    for 1 .. 3;
is(seen(post('rejected', 'k')), '410 endpoint_disabled', 'the key is free');
is(seen(post('issued', 'before')), '200 replayed true',
   'what was said is said again');
is(asked(), $asked, 'the vendor untouched');
sleep 0.6;
is(seen(post('issued', 'k')), '200', 'half open: the probe');
is(seen(post('issued', 'k')), '200 replayed true', 'kept');
is(asked(), $asked + 1, 'asked once');



=== TEST 18: subrequests, mirrors, a body in a file
--- http_config eval
::http('pickyassist_idempotency scope=me;',
       'location = /mirrored { mirror /copy; ' . $::Pass . '}
        location = /copy { internal; ' . $::Pass . '}
        location = /file { client_body_in_file_only on; ' . $::Pass . '}')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
my $asked = asked();
is(seen(post('issued', 'm', uri => '/mirrored')), '200', 'mirrored');
wait_until { asked() == $asked + 2 };
is(asked(), $asked + 2, 'both are sent, each by its own location');
is(seen(post('issued', 'm', uri => '/mirrored')), '200 replayed true',
   'again: neither');
is(seen(post('issued', 'f', uri => '/file')), '200', 'from a file');
is(seen(post('issued', 'f', uri => '/file')), '200 replayed true', 'again');
is(seen(post('rejected', 'f', uri => '/file')), '422 idempotency_key_reused',
   'another');
is(asked(), $asked + 3, 'sent');



=== TEST 19: HTTP/2
--- http2
--- http_config eval: ::http()
--- config eval: $::Config
--- upstream eval: \&::vendor
--- more_headers
Content-Type: application/json
Idempotency-Key: "h2"
--- request eval: "POST /tokens\n" . ::body('issued')
--- response_body_like: "token":"t-1"
--- then
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_SERVER_PORT}/tokens";
my $again = sub {
    my ($name) = @_;
    return scalar `curl -s -i -m 20 --http2-prior-knowledge -H 'Content-Type: application/json' -H 'Idempotency-Key: "h2"' -d '${\body($name)}' $url`;
};
like($again->('issued'),
     qr/^HTTP\/2 200 .*^idempotent-replayed: true\r\n.*"token":"t-1"/ms, 'again');
like($again->('rejected'),
     qr/^HTTP\/2 422 .*"code":"idempotency_key_reused"/s, 'another request');
is(seen(post('issued', 'h2')), '200', 'another server, another location');
is(asked(), 2, 'sent');



=== TEST 20: the clients of docs/api.md
--- http_config eval: ::http('pickyassist_idempotency scope=me required;')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- upstream2 eval: \&::middleman
--- request eval: "POST /tokens\n" . ::body('issued')
--- error_code: 400
--- then
our (%project, %clients);
my $asked = asked();
my $n = 0;
for my $name (sort keys %clients) {
    my $run = sub { return run_client($name, @_) };

    # The answer to the first try is lost.
    my $output = $run->('issued');
    like($output, qr/^ok 100 t-\d+$/, "$name: it gets its answer");
    is(asked(), $asked += 1, "$name: for one request");

    is($run->('rejected'), 'failed upstream_rejected, none',
       "$name: what does not help is not repeated");
    $asked += 2;
    is(asked(), $asked, "$name: but after the answer that was lost");

    is($run->('unknown'), 'failed upstream_error, unknown',
       "$name: it is told what is not known");
    is(asked(), $asked += 1, "$name: of one request");

    is($run->('issued'), 'ok 100 t-' . ($asked + 1), "$name: another key");
    is(asked(), $asked += 1, "$name: another request");
}
is(scalar keys %clients, 2, 'clients');



=== TEST 21: the size of the zone: the smallest
--- http_config eval: ::http('pickyassist_idempotency_zone 32k;')
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- error_code: 200



=== TEST 22: too small
--- http_config eval: ::http('pickyassist_idempotency_zone 31k;')
--- config eval: $::Config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid size "31k" in "pickyassist_idempotency_zone" directive, it must be at least 32k in \S+/conf/nginx\.conf:\d+}



=== TEST 23: no size
--- http_config eval: ::http('pickyassist_idempotency_zone x;')
--- config eval: $::Config
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid size "x" in "pickyassist_idempotency_zone" directive}



=== TEST 24: two of them
--- http_config eval
::http('pickyassist_idempotency_zone 1m; pickyassist_idempotency_zone 1m;')
--- config eval: $::Config
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_idempotency_zone" directive is duplicate}



=== TEST 25: messages, and bodies of megabytes
--- http_config eval
::http('pickyassist_idempotency scope=me; pickyassist_token project-token;
        client_max_body_size 40m; client_body_buffer_size 64k;',
       'location = /push { ' . $::Pass . ' pickyassist_endpoint push; }')
--- config eval: $::Config
--- upstream
{"status":100,"push_id":"7000001","message":"Success","data":[{"msg_id":"9000001","number":"15550100001","credit":"0.005"}]}
--- request eval: "POST /tokens\n" . ::body('issued')
--- error_code: 502
--- then
sub push_body {
    my ($media, $space) = @_;
    return qq({"application":8,${space}"globalmedia_code":"$media",)
           . qq($space"data":[{"number":"15550100001","message":"A"}]});
}
my $asked = asked();
my %options = (uri => '/push');
my $large = 'QUJD' x 2_000_000;
for my $row (['short', 'QUJD'], ['large', $large]) {
    my ($key, $media) = @$row;
    my $first = post('issued', $key, %options, body => push_body($media, ''));
    is(seen($first), '200', "$key: sent");
    my $again = post('issued', $key, %options, body => push_body($media, ' '));
    is(seen($again), '200 replayed true',
       "$key: what is between members does not count");
    is($again->{body}, $first->{body}, "$key: byte for byte");
    is(seen(post('issued', $key, %options,
                 body => push_body($media =~ s/D\z/E/r, ''))),
       '422 idempotency_key_reused', "$key: the last byte of it does");
}
is(asked(), $asked + 2, 'sent once each');
my $figures = figures();
is($figures->{pickyassist_requests_total}{push}{accepted}, 4,
   'four accepted, replays among them');
is($figures->{pickyassist_replays_total}, 2, 'two replays');
is($figures->{pickyassist_messages_accepted_total}, 2, 'two messages');



=== TEST 26: locations of one name; servers that change places at a reload
--- http_config eval
::http() . "include $PickyAssist::Test::Dir/servers.conf;"
. CORE::join('', map {
    my $port = $ENV{TEST_NGINX_SPARE_PORT} + $_;
    "server { listen 127.0.0.1:$port; location = /tokens { $::Pass } }" } 1, 2)
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- before: servers('one', 'two');
--- then
my %at = (
    'a server without a name' => [headers => { Host => 'x' }],
    'another one' => [port => $ENV{TEST_NGINX_SPARE_PORT} + 1],
    'a third one' => [port => $ENV{TEST_NGINX_SPARE_PORT} + 2],
    one => [headers => { Host => 'one' }],
    two => [headers => { Host => 'two' }],
);
my $asked = asked();
my $more = 1;
my %body = map { $_ => body('issued', $more++) } sort keys %at;
for my $pass ('200', '200 replayed true') {
    is(seen(post('issued', 'k', @{$at{$_}}, body => $body{$_})), $pass,
       "$_: $pass") for sort keys %at;
}
for my $names (['two', 'one'], ['two'], ['zero', 'one', 'two'],
                ['two', 'one+']) {
    servers(@$names);
    reload();
    is(seen(post('issued', 'k', @{$at{$_}}, body => $body{$_})),
       '200 replayed true', "$_, with @$names")
        for grep { $at{$_} } (map { s/\+//r } @$names),
                             grep { / / } sort keys %at;
}
is(asked(), $asked + keys %at, 'sent once each');

our $Before_servers = 'pickyassist_idempotency_zone 5m;';
servers('one');
reload();
for my $pass ('200', '200 replayed true', '200 replayed true') {
    is(seen(post('issued', 'k', @{$at{one}}, body => $body{one})), $pass,
       "a zone of another size is a new one: $pass");
    reload();
}
is(asked(), $asked + 1 + keys %at, 'which is asked for once');



=== TEST 27: a kept answer is bound to its status and its outcome
--- http_config eval: ::http()
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request eval: "POST /tokens\n" . ::body('issued')
--- then
for my $case (['the status', 'broken', 4, pack 'S', 200],
              ['the outcome', 'unknown', 6, pack 'S', 0]) {
    my ($what, $name, $at, $bytes) = @$case;
    my $first = post($name, $name);
    my $asked = asked();

    # Where a key has the size of its sealed answer, and its status.
    my @keys = in_zones(pack 'LS', length($first->{body}) + 28, 502);
    is(@keys, 1, "one key, to change $what of");
    my $was = change(@{$keys[0]}, $at, $bytes);
    is(seen(post($name, $name)), '500 http_500', 'what was changed is kept');
    change(@{$keys[0]}, $at, $was);
    is(seen(post($name, $name)), '502 upstream_error replayed true',
       'as it was, it is given out');
    is(asked(), $asked, 'the vendor is not asked again');
}
logged('alert', 'the answer to an idempotency key cannot be opened');

# Nor is it given out to another request, for which the hash of that is needed.
my ($worker) = active_workers();
my $client = start('held_back', 'k', client => client_of($worker));
my @keys = keys_of($worker);
is(@keys, 1, 'one that is under way');
my ($name, $hash) = map { of_key($_, $keys[0]) } 'key', 'request';
open_gate();
is(seen($client->reply), '429 rate_limited', 'nothing came of it');
my $first = post('broken', 'k');
my ($key) = grep { of_key('key', $_) eq $name }
                 in_zones(pack 'LS', length($first->{body}) + 28, 502);
my $was = change(@$key, $::In_key{request}[0], $hash);
is(seen(post('held_back', 'k')), '500 http_500', 'another request');
change(@$key, $::In_key{request}[0], $was);
is(seen(post('broken', 'k')), '502 upstream_error replayed true', 'the first');
--- before: shut_gate();
--- error_log: [alert]
