# Contract section 8: the circuit breaker, over several workers that are
# reloaded and killed.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use IO::Select;
use POSIX qw(ceil);
use Time::HiRes qw(time);

workers(2);

# What the vendor answers follows from the project of a request, an index of
# this table: a name, the vendor's answer (text, or a function that gets the
# connection), and what the client is told.

our @answers = (
    [disabled => 'HTTP/1.1 410 Gone', '410 endpoint_disabled'],
    [issued => '{"status":100,"api_token":"t"}', '200 issued'],
    [held => sub {
        my ($c) = @_;
        $c->pause(0.01) while !-e gate();
        $c->reply('{"status":100,"api_token":"t"}');
    }, '200 issued'],
    [held_disabled => sub {
        my ($c) = @_;
        $c->pause(0.01) while !-e gate();
        $c->reply('HTTP/1.1 410 Gone');
    }, '410 endpoint_disabled'],

    # The same, with another gate.
    [late => sub {
        my ($c) = @_;
        $c->pause(0.01) while !-e gate('late');
        $c->reply('{"status":100,"api_token":"t"}');
    }, '200 issued'],
    [late_disabled => sub {
        my ($c) = @_;
        $c->pause(0.01) while !-e gate('late');
        $c->reply('HTTP/1.1 410 Gone');
    }, '410 endpoint_disabled'],

    # Whole, though its end is none.
    [reset_disabled => sub {
        my ($c) = @_;
        $c->send("HTTP/1.1 200 OK\r\n\r\n"
                 . '{"status":410,"message":"disabled"}');
        reset_when_read($c);
    }, '410 endpoint_disabled'],

    # Leaves a record of when there was a probe, if it lived to the end.
    [busy => sub {
        my ($c) = @_;
        my $start = time;
        $c->pause(0.02);
        my $end = time;
        $c->{upstream}->event("probe $start $end")
            if !IO::Select->new($c->{socket})->can_read(0);
        $c->reply('HTTP/1.1 410 Gone');
    }, '410 endpoint_disabled'],

    # Answers that have nothing to do with a disabled endpoint.
    [token => '{"status":401,"message":"x"}', '502 master_token_rejected'],
    [balance => '{"status":403,"message":"x"}', '402 insufficient_balance'],
    [plan => '{"status":405,"message":"x"}', '403 plan_not_active'],
    [project => '{"status":408,"message":"disabled"}',
     '409 project_not_active'],
    [rejected => '{"status":406,"message":"x"}', '422 upstream_rejected'],
    [limited => "HTTP/1.1 429 Too Many Requests\n\ndisabled",
     '429 rate_limited'],
    [unavailable => 'HTTP/1.1 503 Service Unavailable',
     '503 upstream_unavailable'],
    [broken => "HTTP/1.1 500 Internal Server Error\n\ndisabled",
     '502 upstream_error'],
    [unknown => '{"status":999,"message":"x"}', '502 upstream_error'],
    [no_json => "HTTP/1.1 200 OK\n\ndisabled",
     '502 upstream_invalid_response'],
    [no_token => '{"status":100}', '502 upstream_invalid_response'],
    [redirect => "HTTP/1.1 302 Found\nLocation: /disabled",
     '502 upstream_invalid_response'],
    [whole_reset => sub {
        my ($c) = @_;
        $c->send("HTTP/1.1 200 OK\r\n\r\n" . '{"status":403,"message":"x"}');
        reset_when_read($c);
    }, '402 insufficient_balance'],
    [bad_chunk => "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\nx",
     '502 upstream_invalid_response'],

    # No answers.
    [closed => sub { $_[0]->close }, '502 upstream_invalid_response'],
    [reset => sub { $_[0]->reset }, '502 upstream_invalid_response'],
    [timeout => sub { $_[0]->hang }, '504 upstream_timeout'],
    [no_http => sub { $_[0]->send("no HTTP\r\n\r\n") },
     '502 upstream_invalid_response'],
    [upgrade => "HTTP/1.1 101 Switching Protocols\nUpgrade: x\n"
                . "Connection: upgrade", '502 upstream_invalid_response'],
    [half_a_head => sub { $_[0]->send("HTTP/1.1 410 Gone\r\nX: y"),
                          $_[0]->close }, '502 upstream_invalid_response'],
    [half_a_body => sub { $_[0]->send("HTTP/1.1 410 Gone\r\n"
                                      . "Content-Length: 99\r\n\r\n{"),
                          $_[0]->reset }, '502 upstream_invalid_response'],
    [gone_reset => sub { $_[0]->send("HTTP/1.1 410 Gone\r\n\r\nx"),
                         $_[0]->reset },
     '502 upstream_invalid_response'],
    [slow_body => sub { $_[0]->send("HTTP/1.1 410 Gone\r\n"
                                    . "Content-Length: 99\r\n\r\n{"),
                        $_[0]->hang }, '504 upstream_timeout'],
);

our %project = map { $answers[$_][0] => $_ + 1 } 0 .. $#answers;
our %told = map { $_->[0] => $_->[2] } @answers;
our @names = map { $_->[0] } @answers;
our @other_answers = @names[$project{token} - 1 .. $project{bad_chunk} - 1];
our @no_answers = @names[$project{closed} - 1 .. $#names];

sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($project) = $request->{body} =~ /"project_id":(\d+)/;
        my $answer = $answers[$project - 1][1];
        ref $answer ? $answer->($c) : $c->reply($answer);
        return if !$c->{socket};
    }
}

# Whichever worker has the connection: it has read what was there before it
# answers somebody else.
sub reset_when_read {
    my ($c) = @_;
    client_of($_) for active_workers();
    $c->reset;
}

# What is held is let go by the making of this file.
sub gate { return "$PickyAssist::Test::Dir/gate" . ($_[0] // '') }
sub shut_gate { unlink gate(@_) }
sub open_gate { open my $file, '>', gate(@_) or die "gate: $!\n" }

our $Directives = <<'EOT';
        add_header X-Breaker $pickyassist_breaker always;
        add_header X-Worker $pid always;
EOT

# For many time-outs, where nothing is held that is to be answered; and for
# none, where that is, for as long as all the rest takes on a busy machine.
our $Soon = 'pickyassist_read_timeout 300ms;';
our $Held = 'pickyassist_read_timeout 60s;';

our $Lua = '/usr/lib/nginx/modules/ngx_http_lua_module.so';

# The part "http_config" of a block: the default gateway with this TTL, more
# directives of the level, and more locations.
sub gateway {
    my ($ttl, $directives, @locations) = @_;
    $directives //= '';
    $directives .= ' pickyassist_read_timeout 1500ms;'
        if $directives !~ /read_timeout/;
    return join "\n",
        'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;',
        "pickyassist_disabled_ttl $ttl;", $directives,
        'server {', $PickyAssist::Workers::Listen, $Directives,
        location('/tokens'), @locations, '}';
}

sub location {
    my ($path, $url, @directives) = @_;
    $url //= 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT';
    return "location = $path { pickyassist_pass $url; @directives }";
}

sub body {
    my ($name) = @_;
    return qq({"project_id":$project{$name},"ip_whitelist":"192.0.2.1"});
}

# A request whose answer by the vendor has this name, and "STATUS CODE BREAKER"
# as the client sees it.
sub post {
    my ($name, %options) = @_;
    return seen(ask(port => $ENV{TEST_NGINX_SPARE_PORT}, body => body($name),
                    %options));
}

sub seen {
    my ($reply) = @_;
    return 'nothing' if !$reply;
    my ($code) = $reply->{body} =~ /"code":"(\w+)"/;
    my $breaker = $reply->{headers}{'x-breaker'};
    return join ' ', $reply->{status},
                     $code // ($reply->{status} == 200 ? 'issued' : '-'),
                     $breaker // ();
}

# Sends requests over these connections; those that are answered first.
sub send_over {
    my ($name, @clients) = @_;
    $_->send(message(body => body($name))) for @clients;
    return @clients;
}

sub clients {
    my ($count) = @_;
    return map { client(port => $ENV{TEST_NGINX_SPARE_PORT}) } 1 .. $count;
}

# Those of the connections on which something has come, once there are that
# many.
sub answered {
    my ($count, @clients) = @_;
    my %client = map { fileno $_->{socket} => $_ } @clients;
    my $select = IO::Select->new(map { $_->{socket} } @clients);
    my @ready;
    wait_until { @ready = $select->can_read(0); @ready >= $count };
    return map { $client{fileno $_} } @ready;
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }
sub upstream_count { return upstream()->count('request') }

sub wait_for_upstream {
    my ($count) = @_;
    wait_until { upstream_count() >= $count }
        or die "the upstream did not get request $count\n";
}

# Opens the breaker and waits until it is half open.
sub half_open {
    my ($ttl) = @_;
    my $seen = post('disabled');
    $seen =~ /^410 / or die "the breaker is not open: $seen\n";
    sleep_for($ttl + 0.05);
}

# Lets so many clients send requests until so many seconds have passed; runs the
# code meanwhile, again and again.
sub under_load {
    my ($clients, $seconds, $code) = @_;
    my $end = time + $seconds;
    my @pids = map {
        my $pid = fork() // die "fork: $!\n";
        if (!$pid) {
            # A worker that is killed cuts off its clients.
            while (time < $end) { eval { post('busy') } }
            POSIX::_exit(0);
        }
        $pid;
    } 1 .. $clients;
    $code->() while time < $end;
    waitpid $_, 0 for @pids;
}

sub name_resolves {
    open my $file, '>', "$PickyAssist::Test::Dir/resolves" or die "$!\n";
    print $file $_[0];
}

sub sleep_for { select undef, undef, undef, $_[0] }

run_tests();

__DATA__

=== TEST 1: opens, answers by itself and counts down, then asks again
--- http_config eval: ::gateway('2s')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('disabled')
--- problem: 410 endpoint_disabled
--- response_headers
X-Breaker: closed
! Retry-After
--- then
# It opened a moment before this.
my ($opened, %left, @wrong, $before, $reply) = (time);
while (1) {
    $before = time;
    $reply = ask(body => body('issued'));
    last if seen($reply) ne '410 endpoint_disabled open';

    my $left = $reply->{headers}{'retry-after'} // 0;
    my $most = ceil($opened + 2.02 - $before);
    my $least = ceil($opened + 1.7 - time);
    push @wrong, "$left is not from $least to $most"
        if $left < 1 || $left < $least || $left > $most;
    $left{$left} = $reply;
    is(upstream_count(), 1, 'upstream untouched') if keys %left == 1;
    sleep_for(0.05);
}
is(join('; ', @wrong), '', 'Retry-After counts down');
is(join(' ', sort keys %left), '1 2', 'through all seconds');
cmp_ok($before - $opened, '<', 2.1, 'not longer than it should');
cmp_ok(time - $opened, '>', 1.7, 'not shorter than it should');

is(seen($reply), '200 issued half_open', 'then asks the upstream');
is(upstream_count(), 2, 'once');
like(error_log(), qr/is open for 2 seconds: /, 'the log says how long');

my $open = $left{2};
is($open->{headers}{'content-type'}, 'application/problem+json',
   'locally, too, it is a problem document');
is($open->{headers}{'cache-control'}, 'no-store', 'not to be stored');
like($open->{body}, qr/"type":"urn:pickyassist:problem:endpoint_disabled"/,
     'of the same type');
like($open->{body}, qr/"detail":"[^"]*2023-02-01/, 'it says since when');
unlike($open->{body}, qr/"upstream_/, 'and nothing of an upstream');



=== TEST 2: what does not pass the checks of a request gets its own answer
--- http_config eval: ::gateway('2s')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('disabled')
--- error_code: 410
--- then
my @wrong = (
    ['405 method_not_allowed', method => 'PUT'],
    ['415 unsupported_media_type', headers => { 'Content-Type' => 'a/b' }],
    ['413 body_too_large', body => ' ' x (1 << 20) . '{'],
    ['400 malformed_json', body => '{'],
    ['422 invalid_request', body => '{"project_id":1}'],
);
for my $state ('open', 'half open') {
    for my $row (@wrong) {
        my ($told, @request) = @$row;
        my $reply = ask(port => $ENV{TEST_NGINX_SPARE_PORT}, @request);
        is(seen($reply), $told, "$state: $told");
        is($reply->{headers}{'retry-after'}, undef,
           "$state: no Retry-After");
    }
    is(post('issued'), '410 endpoint_disabled open', 'open it was')
        if $state eq 'open';
    is(upstream_count(), 1, "$state: upstream untouched");
    sleep_for(2.1) if $state eq 'open';
}
is(post('issued'), '200 issued half_open', 'none of them was the probe');



=== TEST 3: nothing but endpoint_disabled opens it
--- http_config eval: ::gateway('10s')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- response_headers
X-Breaker: closed
--- then
my $count = 1;
for my $name (@::other_answers, @::no_answers) {
    is(post($name), "$::told{$name} closed", $name);
    is(upstream_count(), ++$count, "$name: the upstream was asked");
}
is(post('issued'), '200 issued closed', 'still closed');



=== TEST 4: half open: of 50 requests at once one goes through
--- http_config eval: ::gateway('200ms', $::Held)
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- upstream_requests: 3
--- request eval
"POST /tokens\n" . ::body('disabled')
--- error_code: 410
--- before: shut_gate();
--- then
sleep_for(0.25);
my @clients = send_over('held', clients(50));
my @answered = answered(49, @clients);
is(scalar @answered, 49, '49 are answered');

my (%seen, %retry_after, %workers);
for my $reply (map { $_->reply } @answered) {
    $seen{seen($reply)}++;
    $retry_after{$reply->{headers}{'retry-after'}}++;
    $workers{$reply->{headers}{'x-worker'}}++;
}
is_deeply(\%seen, { '410 endpoint_disabled half_open' => 49 },
          'as if it were open');
is_deeply(\%retry_after, { 1 => 49 }, 'with the shortest Retry-After');
is(scalar keys %workers, 2, 'by both workers');

wait_for_upstream(2);
sleep_for(0.1);
is(upstream_count(), 2, 'upstream asked once');
open_gate();
my %answered = map { $_ => 1 } @answered;
my ($probe) = grep { !$answered{$_} } @clients;
is(seen($probe->reply), '200 issued half_open', 'the probe');
is(post('issued'), '200 issued closed', 'closed by it');



=== TEST 5: a probe that gets endpoint_disabled opens it anew, as long
--- http_config eval: ::gateway('400ms')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- upstream_requests: 4
--- request eval
"POST /tokens\n" . ::body('disabled')
--- error_code: 410
--- then
# What asks too early is not sent, so it can ask until it is the probe. When
# that must be follows from when the one before it was sent and answered.
my ($sent, $answered, $reply) = (0, time);
for my $row (['disabled', '410 endpoint_disabled half_open'],
             ['disabled', '410 endpoint_disabled half_open'],
             ['issued', '200 issued half_open'])
{
    my ($name, $wanted) = @$row;
    my ($before, @late);
    while (1) {
        $before = time;
        $reply = ask(port => $ENV{TEST_NGINX_SPARE_PORT}, body => body($name));
        last if seen($reply) ne '410 endpoint_disabled open'
                || $before > $answered + 10;
        push @late, $before - $answered if $before > $answered + 0.42;
        sleep_for(0.03);
    }
    is(seen($reply), $wanted, "the next probe: $name");
    is("@late", '', 'not later than it may be');
    cmp_ok(time - $sent, '>=', 0.4, 'nor earlier');
    ($sent, $answered) = ($before, time);
}

my $url = "http://127.0.0.1:$ENV{TEST_NGINX_UPSTREAM_PORT}"
          . '/app/api/v2/pm/create-api-token';
my @lines = map { /\[(\w+)\] .*? pickyassist:\ circuit\ breaker\ of\ "(.*?)"
                   \ is\ (.*?):.*?\ request\ id\ ([0-9a-f]{32})\b/x
                  ? "$1 $2 $3 $4" : () } split /\n/, error_log();
my @ids = map { s/ (\w+)$// ? $1 : () } @lines;
is_deeply(\@lines, ["error $url open for 1 seconds",
                    "notice $url open for 1 seconds more",
                    "notice $url open for 1 seconds more",
                    "notice $url closed"], 'what is logged of all this');
is($ids[-1], $reply->{headers}{'x-request-id'}, 'with the request');



=== TEST 6: any other answer to the probe closes it
--- http_config eval: ::gateway('100ms')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
for my $name (@::other_answers) {
    half_open(0.1);
    is(post($name), "$::told{$name} half_open", "$name: the probe");
    is(post('issued'), '200 issued closed', "$name: closes it");
}
is(post('reset_disabled'), '410 endpoint_disabled closed',
   'disabled, though it has no end');
is(post('issued'), '410 endpoint_disabled open', 'opens it');



=== TEST 7: a probe without an answer leaves it to the next request
--- http_config eval: ::gateway('100ms')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
half_open(0.1);
my $count = upstream_count();
for my $name (@::no_answers) {
    is(post($name), "$::told{$name} half_open", $name);
    is(upstream_count(), ++$count, "$name: the upstream was asked");
}
is(post('issued'), '200 issued half_open', 'half open until now');



=== TEST 8: a probe that is refused, and one that fails before it is sent
--- http_config eval
::gateway('100ms', '',
  ::location('/control', undef,
                             'pickyassist_set_header X $http_x_value;'))
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
half_open(0.1);
my $port = $ENV{TEST_NGINX_UPSTREAM_PORT};
my $dir = "$PickyAssist::Test::Dir/again";
upstream()->stop;
is(post('issued'), '502 upstream_unreachable half_open', 'refused')
    for 1 .. 3;
my $again = PickyAssist::Test::helper(PickyAssist::Upstream->start(
    port => $port, dir => $dir, script => \&vendor));

is(post('issued', uri => '/control', headers => { 'X-Value' => "a\x7fb" }),
   '500 http_500 half_open', 'a header with a control character');
is($again->count('request'), 0, 'is not sent');
is(post('issued'), '200 issued half_open', 'the next is the probe');
is($again->count('request'), 1, 'and is sent');



=== TEST 9: no breaker where the TTL is 0
--- http_config eval
::gateway('0', '', ::location('/other', undef, 'pickyassist_disabled_ttl 9s;'))
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('disabled')
--- response_headers
X-Breaker: closed
! Retry-After
--- error_code: 410
--- then
is(post('disabled'), '410 endpoint_disabled closed', 'asked again')
    for 1 .. 3;
is(post('issued'), '200 issued closed', 'and again');
is(upstream_count(), 5, 'the upstream was, each time');

is(post('disabled', uri => '/other'), '410 endpoint_disabled closed',
   'another location with a breaker');
is(post('issued', uri => '/other'), '410 endpoint_disabled open',
   'has it open');
is(post('issued'), '200 issued closed', 'that is nothing to this one');



=== TEST 10: one breaker for each URL
--- http_config eval
::gateway('10s', <<'EOT',
    upstream vendor { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
    upstream vendor2 { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }
    server {
        listen unix:$TEST_NGINX_SERVROOT/a.sock;
        listen unix:$TEST_NGINX_SERVROOT/A.sock;
        location / { return 410; }
    }
EOT
    ::location('/default', 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT'
                           . '/app/api/v2/pm/create-api-token'),
    ::location('/path', 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT'
                        . '/app/api/v2/pm/Create-api-token'),
    ::location('/scheme', 'https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT',
               'pickyassist_connect_timeout 300ms;'),
    ::location('/port', 'http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT'),
    ::location('/vendor', 'http://vendor'),
    ::location('/VENDOR', 'HTTP://VENDOR'),
    ::location('/vendor2', 'http://vendor2'),
    ::location('/unix', 'http://unix:$TEST_NGINX_SERVROOT/a.sock'),
    ::location('/unix-default', 'http://unix:$TEST_NGINX_SERVROOT/a.sock'
                                . ':/app/api/v2/pm/create-api-token'),
    ::location('/UNIX', 'http://unix:$TEST_NGINX_SERVROOT/A.sock'),
    ::location('/unix-path', 'http://unix:$TEST_NGINX_SERVROOT/a.sock:/b'),
    'location /any { pickyassist_pass http://vendor/any;',
    'if ($arg_if) { add_header X-Breaker $pickyassist_breaker always; }',
    '}')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- upstream2 eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('disabled')
--- error_code: 410
--- then
my $open = '410 endpoint_disabled open';
is(post('issued'), $open, 'another server');
is(post('issued', uri => '/default'), $open, 'the default path, said');
is(post('issued', uri => '/path'), '200 issued closed', 'another path');
is(post('issued', uri => '/port'), '200 issued closed', 'another port');
is(post('issued', uri => '/scheme'), '504 upstream_timeout closed',
   'another scheme');

is(post('disabled', uri => '/vendor'), '410 endpoint_disabled closed',
   'another host');
is(post('issued', uri => '/vendor'), $open, 'open');
is(post('issued', uri => '/VENDOR'), $open, 'case does not matter');
is(post('issued', uri => '/vendor2'), '200 issued closed', 'its name does');

is(post('issued', uri => '/unix'), '410 endpoint_disabled closed',
   'a unix socket');
is(post('issued', uri => '/unix-default'), $open, 'the default path, said');
is(post('issued', uri => '/unix-path'), '410 endpoint_disabled closed',
   'another path');
is(post('issued', uri => '/UNIX'), '410 endpoint_disabled closed',
   'another socket');

is(post('disabled', uri => '/any'), '410 endpoint_disabled closed',
   'a location with "if" in it');
is(post('issued', uri => '/any?if=1'), $open, 'the same within');



=== TEST 11: shared by workers, kept over reloads
--- http_config eval: ::gateway('2s')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
my @workers = active_workers();
my ($one, $other) = map { client_of($_) } @workers;
send_over('disabled', $one);
is(seen($one->reply), '410 endpoint_disabled closed', 'one worker opens it');
my $opened = time;
for my $client ($one, $other) {
    send_over('issued', $client);
    is(seen($client->reply), '410 endpoint_disabled open', 'for all');
}

my @new = reload();
cmp_ok(time - $opened, '<', 2, 'a reload is quick');
for my $worker (@new) {
    my $client = client_of($worker);
    send_over('issued', $client);
    my $reply = $client->reply;
    is(seen($reply), '410 endpoint_disabled open', 'after a reload, too');
    cmp_ok($reply->{headers}{'retry-after'}, '<=',
           ceil(2.05 - (time - $opened) + 0.2), 'for the rest of the time');
}
is(upstream_count(), 2, 'upstream untouched');

sleep_for($opened + 2.05 - time);
reload();
is(post('issued'), '200 issued half_open', 'half open after a reload');



=== TEST 12: the probe is with a worker of before the reload
--- http_config eval: ::gateway('100ms', $::Held)
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
for my $end ('held', 'held_disabled', 'killed') {
    shut_gate();
    half_open(0.1);
    my $count = upstream_count();
    my ($old) = active_workers();
    my $probe = client_of($old);
    send_over($end eq 'killed' ? 'held' : $end, $probe);
    wait_for_upstream($count + 1);

    my @new = reload();
    for my $worker (@new) {
        my $client = client_of($worker);
        send_over('issued', $client);
        is(seen($client->reply), '410 endpoint_disabled half_open',
           "$end: no second probe");
    }
    is(upstream_count(), $count + 1, "$end: upstream untouched");

    if ($end eq 'killed') {
        kill_worker($old);
        is(post('issued'), '200 issued half_open', 'killed: the next');
        next;
    }

    my $answered = time;
    open_gate();
    is(seen($probe->reply), "$::told{$end} half_open", "$end: the probe");
    my $seen = post('disabled');
    my $state = $end eq 'held' ? 'closed' : 'open';
    is($seen, "410 endpoint_disabled $state", "$end: settled for all")
        if $state eq 'closed' || time < $answered + 0.1;
    is(scalar(() = error_log() =~ /is open for 1 seconds more: /g),
       $end eq 'held' ? 0 : 1, "$end: which is logged");
}
only_killed('nothing else went wrong');
--- error_log: [alert]



=== TEST 13: a worker that is killed loses the probe
--- http_config eval: ::gateway('100ms', $::Held)
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
half_open(0.1);
my $count = upstream_count();

# The second time it is the one that took the place of the first.
my ($killed, $other) = active_workers();
for my $time (1, 2) {
    my $probe = client_of($killed);
    send_over('held', $probe);
    wait_for_upstream(++$count);
    is(post('issued'), '410 endpoint_disabled half_open', 'taken');

    my %before = map { $_ => 1 } active_workers();
    kill_worker($killed);
    ok($probe->ended, 'its client is left without an answer');
    ($killed) = grep { !$before{$_} } active_workers();
}
my $next = client_of($other);
send_over('disabled', $next);
is(seen($next->reply), '410 endpoint_disabled half_open',
   'the other worker takes it');
is(upstream_count(), $count + 1, 'once');
is(post('issued'), '410 endpoint_disabled open', 'open anew');
only_killed('nothing else went wrong');
--- error_log: [alert]



=== TEST 14: the client of a probe goes away
--- http_config eval
::gateway('100ms', $::Held, ::location('/short', undef,
                                       'pickyassist_ignore_client_abort off;'),
          ::location('/soon', undef, $::Soon))
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- before: shut_gate();
--- then
half_open(0.1);
my $count = upstream_count();
my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
$client->send(message(body => body('held'), uri => '/short'));
wait_for_upstream($count + 1);
$client->close;
wait_until { error_log() =~ /client prematurely closed connection/ };
is(post('timeout', uri => '/soon'), '504 upstream_timeout half_open',
   'where the exchange ends with it, the next is the probe');

($client) = send_over('held', clients(1));
wait_for_upstream($count + 3);
$client->reset;
sleep_for(0.1);
is(post('issued'), '410 endpoint_disabled half_open',
   'else it stays the probe');
open_gate();
wait_until { post('issued') eq '200 issued closed' };
is(post('issued'), '200 issued closed', 'and settles it');



=== TEST 15: an answer that comes late
--- http_config eval
::gateway('1s', $::Held)
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- before: shut_gate(); shut_gate('late');
--- then
# All were sent while it was closed, before it was opened.
my ($good, $bad, $late_good, $late_bad) = clients(4);
send_over('held', $good);
send_over('held_disabled', $bad);
send_over('late', $late_good);
send_over('late_disabled', $late_bad);
wait_for_upstream(5);
is(post('disabled'), '410 endpoint_disabled closed', 'opened meanwhile');
my $opened = time;
sleep_for(0.5);
open_gate();
is(seen($good->reply), '200 issued closed', 'a good answer');
is(seen($bad->reply), '410 endpoint_disabled closed', 'a bad answer');
# Later it could be the probe.
is(post('issued'), '410 endpoint_disabled open', 'the good one is none to a '
                                                 . 'probe')
    if time < $opened + 0.8;
sleep_for($opened + 1.05 - time);
is(post('disabled'), '410 endpoint_disabled half_open',
   'the bad one does not keep it open for longer');

# While there is a probe.
sleep_for(1.05);
shut_gate();
my ($probe) = send_over('held', clients(1));
wait_for_upstream(8);
open_gate('late');
is(seen($late_good->reply), '200 issued closed', 'a good answer');
is(seen($late_bad->reply), '410 endpoint_disabled closed', 'a bad answer');
is(post('issued'), '410 endpoint_disabled half_open',
   'neither settles it before the probe does');
open_gate();
is(seen($probe->reply), '200 issued half_open', 'the probe');
is(post('issued'), '200 issued closed', 'does');

# From before it was opened and closed again.
shut_gate();
($bad) = send_over('held_disabled', clients(1));
wait_for_upstream(10);
is(post('disabled'), '410 endpoint_disabled closed', 'opened');
sleep_for(1.05);
is(post('issued'), '200 issued half_open', 'closed again');
open_gate();
is(seen($bad->reply), '410 endpoint_disabled closed', 'a bad answer');
is(post('issued'), '200 issued closed', 'is no longer news');

# From after that.
shut_gate();
($bad) = send_over('held_disabled', clients(1));
wait_for_upstream(14);
is(post('issued'), '200 issued closed', 'no other request minds');
open_gate();
is(seen($bad->reply), '410 endpoint_disabled closed', 'a bad answer');
is(post('issued'), '410 endpoint_disabled open', 'opens it');



=== TEST 16: never two probes, whoever is killed or replaced
--- http_config eval: ::gateway('10ms')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('disabled')
--- error_code: 410
--- then
my ($kills, $reloads, $rounds, @probes) = (0, 0, 0);
while (@probes <= 5 && $rounds++ < 10) {
    under_load(6, $ENV{TEST_STRESS_SECONDS} || 2, sub {
        sleep_for(rand 0.05);
        return reload() if ++$kills % 10 == 0 && ++$reloads;
        my @workers = active_workers();
        kill_worker($workers[rand @workers]);
    });
    @probes = sort { $a->[0] <=> $b->[0] }
              map { /^probe (\S+) (\S+)/ ? [$1, $2] : () }
              upstream()->events;
}
cmp_ok(scalar @probes, '>', 5, 'there were probes');
my @overlaps = grep { $probes[$_][0] < $probes[$_ - 1][1] } 1 .. $#probes;
is(scalar @overlaps, 0, 'one at a time');
diag(scalar(@probes) . " probes, $kills kills, $reloads reloads, "
     . upstream_count() . " requests")
    if $ENV{TEST_STRESS_SECONDS};

wait_until { post('issued') eq '200 issued half_open' };
is(post('issued'), '200 issued closed', 'as if nothing had happened');
only_killed('nothing went wrong');
--- error_log: [alert]



=== TEST 17: a probe that fails in a location with an error page
--- http_config eval
::gateway('100ms', "recursive_error_pages on; $::Soon",
    ::location('/page', undef, 'pickyassist_set_header X $http_x_value;',
               'error_page 500 502 504 = /oops;'),
    'location = /oops { return 200 oops; }',
    ::location('/named', undef, 'error_page 502 504 = @second;'),
    'location @second { pickyassist_pass '
    . 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/second; }',
    ::location('/same', undef, 'error_page 502 504 = @first;'),
    'location @first { pickyassist_pass '
    . 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
half_open(0.1);
my $count = upstream_count();
my @ends = (
    ['a header that is not sent', '/page', 'issued', '200 issued half_open',
     0, headers => { 'X-Value' => "a\x7fb" }],
    (map { ["$_, then a page", '/page', $_, '200 issued half_open', 1] }
         @::no_answers),
    (map { ["$_, then a gateway to another URL", '/named', $_,
            "$::told{$_} closed", 2] } 'closed', 'reset', 'timeout'),
    # It is the probe for the second time then.
    (map { ["$_, then a gateway to the same URL", '/same', $_,
            "$::told{$_} half_open", 2] } 'closed', 'reset', 'timeout'),
);
for my $end (@ends) {
    my ($name, $uri, $answer, $seen, $requests, @options) = @$end;
    is(post($answer, uri => $uri, @options), $seen, $name);
    is(upstream_count(), $count += $requests, "$name: requests sent");
    # The next one is the probe, and leaves it to the one after it.
    is(post('closed'), "$::told{closed} half_open", "$name: the next");
    is(upstream_count(), ++$count, "$name: which is the probe");
}
is(post('issued'), '200 issued half_open', 'half open until now');



=== TEST 18: a probe whose client stays when it has failed
--- http_config eval
::gateway('100ms', "$::Soon lingering_close always; lingering_time 20s; "
                   . 'lingering_timeout 20s;')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
half_open(0.1);
my @staying;
for my $name (@::no_answers) {
    my $client = client(port => $ENV{TEST_NGINX_SPARE_PORT});
    $client->send(message(body => body($name),
                          headers => { Connection => 'close' }));
    is(seen($client->reply), "$::told{$name} half_open", $name);
    push @staying, $client;
}
is(post('issued'), '200 issued half_open', 'half open until now');
unlike(access_log(), qr/ 50[24] /, 'and none of the requests is over yet');



=== TEST 19: a probe that is a subrequest, or follows a request
--- http_config eval
::gateway('100ms', $::Soon,
    'location = /mirror { mirror /tokens; proxy_pass '
    . 'http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT; }',
    'location = /action { post_action /tokens; proxy_pass '
    . 'http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT; }')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- upstream2: {}
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
# What the vendor answers is not read, so it settles nothing.
for my $uri ('/mirror', '/action') {
    for my $name ('issued', 'disabled', @::no_answers) {
        half_open(0.1);
        my $count = upstream_count();
        ask(port => $ENV{TEST_NGINX_SPARE_PORT}, uri => $uri,
            body => body($name));
        wait_for_upstream($count + 1);
        # A moment passes until the gateway has the reply.
        ok(wait_until { post('issued') eq '200 issued half_open' },
           "$uri, $name: the next is the probe");
        is(upstream_count(), $count + 2, "$uri, $name: and no other");
    }
}



=== TEST 20: a probe whose answer a later filter refuses, or a script takes
--- main_config
    load_module /usr/lib/nginx/modules/ndk_http_module.so;
    load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
--- http_config eval
::gateway('100ms', $::Soon,
    ::location('/refused', undef,
               'header_filter_by_lua_block { ngx.exit(503) }'),
    ::location('/page', undef,
               'header_filter_by_lua_block { ngx.exit(503) }',
               'error_page 503 = /oops;'),
    'location = /oops { return 200 oops; }',
    ::location('/body', undef,
               'body_filter_by_lua_block { return ngx.ERROR }'),
    'location = /capture { content_by_lua_block {
         ngx.req.read_body()
         local reply = ngx.location.capture("/tokens",
             { method = ngx.HTTP_POST, body = ngx.req.get_body_data() })
         ngx.status = reply.status
         ngx.print(reply.body)
     } }')
--- config eval: $::Directives . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
for my $uri ('/refused', '/page', '/body', '/capture') {
    for my $name ('issued', 'token', 'disabled') {
        half_open(0.1);
        eval { post($name, uri => $uri) };
        is(post('issued'), $name eq 'disabled' ? '410 endpoint_disabled open'
                                               : '200 issued closed',
           "$uri, $name: the vendor has answered");
    }
    for my $name (@::no_answers) {
        half_open(0.1);
        eval { post($name, uri => $uri) };
        is(post('issued'), '200 issued half_open',
           "$uri, $name: the next is the probe");
    }
}
--- skip_eval: 6: !-e $::Lua || !$ENV{TEST_NGINX_LOAD_MODULES} || $ENV{TEST_INSTRUMENT}



=== TEST 21: a probe whose name cannot be resolved
--- http_config eval
::gateway('100ms', '',
    ::location('/name', 'http://api.test:$TEST_NGINX_UPSTREAM_PORT',
               'resolver 127.0.0.1:' . ($ENV{TEST_NGINX_SPARE_PORT} + 1)
               . ' ipv6=off valid=1s;', 'resolver_timeout 300ms;',
               'pickyassist_allow_plaintext on;'))
--- config eval: $::Directives . ::location('/tokens')
--- before
require PickyAssist::Dns;
# The name is there, is not, is there but nobody says so, and is there again.
PickyAssist::Test::helper(PickyAssist::Dns->start(
    port => $ENV{TEST_NGINX_SPARE_PORT} + 1,
    dir => "$PickyAssist::Test::Dir/dns",
    answer => sub {
        my $to = PickyAssist::Client::slurp(
            "$PickyAssist::Test::Dir/resolves");
        return if $to eq 'silent';
        return $to eq 'no' ? { rcode => 3 }
                           : { ttl => 1, addresses => ['127.0.0.1'] };
    }));
name_resolves('yes');
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body('issued')
--- then
is(post('disabled', uri => '/name'), '410 endpoint_disabled closed', 'there');
for my $how ('no', 'silent') {
    name_resolves($how);
    # What the resolver knew is over.
    sleep_for(2.1);
    is(post('issued', uri => '/name'), '502 upstream_unreachable half_open',
       "$how: a probe");
    name_resolves('yes');
    ok(wait_until { post('disabled', uri => '/name') =~ /^410 .* half_open/ },
       "$how: another one, which gets through");
}
