# The error log: lines of the module have the request's id, say what was being
# done, and are at the level of who has to act. And the outcome that is logged
# where nginx itself ended a request.

use PickyAssist::Test;
use PickyAssist::Client;

our $success = '{"status":100,"api_token":"t"}';

# The lines of the error log about requests, by the module.
sub own_lines {
    open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/error.log" or return;
    return grep { /pickyassist: / && !/\[debug\]/ } <$log>;
}

# One request, and the one line that it makes: level, text, what was being done.
sub line_of {
    my (%request) = @_;
    my $before = () = own_lines();
    my $reply = ask(%request);
    my $id = $reply->{headers}{'x-request-id'};
    my @lines;
    wait_until { @lines = own_lines(); @lines > $before };
    my $line = $lines[-1];
    like($line, qr/pickyassist: request $id[: ]/, 'the id of the request')
        or diag($line);
    is(scalar @lines, $before + 1, 'one line');
    my ($level) = $line =~ /\[(\w+)\]/;
    my ($text) = $line =~ /pickyassist: request \w+:? (.*), client: /;
    return "$level: $text";
}

# What the vendor answers, and what is logged of it.
our @answers = (
    ['{"status":401}', 'error', 'master_token_rejected', 401],
    ['{"status":409}', 'error', 'master_token_rejected', 409],
    ['{"status":403}', 'error', 'insufficient_balance', 403],
    ['{"status":405}', 'error', 'plan_not_active', 405],
    ['{"status":404}', 'error', 'upstream_error', 404],
    ['{"status":0}', 'error', 'upstream_error', 0],
    ['{"status":-1}', 'error', 'upstream_error', -1],
    ['{"status":801}', 'error', 'channel_not_active', 801],
    ['{"status":408}', 'warn', 'project_not_active', 408],
    ['{"status":101}', 'warn', 'upstream_unavailable', 101],
    ['{"status":406}', 'info', 'upstream_rejected', 406],
    ['{"status":802}', 'info', 'session_expired', 802],
    ['not JSON', 'error', 'upstream_invalid_response'],
    ['{"status":410,"message":"disabled"}', 'warn', 'endpoint_disabled', 410],
);

# HTTP that is odd, and what is logged of that, beside how it is answered.
my $length = length $success;
my $chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
our @odd = (
    ["HTTP/1.1 200 OK\r\nContent-Length: $length\r\n\r\n${success}x",
     'warn: upstream sent surplus bytes'],
    [sprintf("$chunked\r\n%x\r\n$success\r\n0\r\n\r\nx", $length),
     'warn: upstream sent surplus bytes'],
    ["HTTP/1.1 204 No Content\r\n\r\nx", 'warn: upstream sent surplus bytes'],
    ["HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\nx"],    # too large
    ["$chunked\r\nx\r\n", 'error: upstream sent an invalid chunk'],
    ["HTTP/1.1 200 OK\r\na b\r\n\r\n",
     'error: upstream sent an invalid header'],
    ["${chunked}Content-Length: 1\r\n\r\n",
     'error: upstream sent an ambiguously framed response'],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n",
     'error: upstream sent an unasked-for upgrade'],
);

run_tests();

__DATA__

=== TEST 1: what the vendor answers
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_disabled_ttl 0;
--- upstream eval
sub { my ($c) = @_;
      while (my $request = $c->request) {
          my $n = $request->{number};
          $c->reply($n > 1 ? $main::answers[($n - 2) % @main::answers][0]
                           : $main::success);
      } }
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /warn {
        error_log logs/warn.log warn;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /error {
        error_log logs/errors.log error;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- then
for my $row (@main::answers) {
    my ($body, $level, $code, $status) = @$row;
    my $api = defined $status ? ", API status $status" : '';
    is(line_of(), "$level: upstream answered $code (HTTP status 200$api) "
                  . 'while reading response from upstream', $body);
}
like((own_lines())[-1], qr{, upstream: "http://127\.0\.0\.1:\d+}, 'and of whom');

# Where less is logged: what is at that level is, and what is below it is not.
for (['warn', 'warn.log', qr/^(?:warn|error)$/],
     ['error', 'errors.log', qr/^error$/]) {
    my ($least, $file, $logged) = @$_;
    ask(uri => "/$least") for @main::answers;
    my @levels = PickyAssist::Client::slurp(
                     "$ENV{TEST_NGINX_SERVROOT}/logs/$file")
                 =~ /\[(\w+)\] .*pickyassist: /g;
    is("@levels", join(' ', grep { /$logged/ } map { $_->[1] } @main::answers),
       "from $least on");
}
--- error_log
[error]



=== TEST 2: HTTP statuses of the vendor
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_disabled_ttl 0;
--- upstream eval
sub { my ($c) = @_;
      while (my $request = $c->request) {
          my $status = (200, 429, 503, 500)[$request->{number} - 1];
          my $body = $status == 200 ? $main::success : '{}';
          $c->send("HTTP/1.1 $status x\r\nContent-Length: "
                   . length($body) . "\r\n\r\n$body");
      } }
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- then
for my $row ([429, 'warn', 'rate_limited'], [503, 'warn', 'upstream_unavailable'],
             [500, 'error', 'upstream_error']) {
    like(line_of(), qr/^$row->[1]: upstream answered $row->[2] \(HTTP status $row->[0]/,
         "HTTP status $row->[0]");
}
--- error_log
[error]



=== TEST 3: HTTP that is none
--- upstream eval
sub { my ($c) = @_;
      my $request = $c->request;
      my $length = length $main::success;
      $c->send(("HTTP/1.1 200 OK\r\nContent-Length: $length\r\n"
                . "Connection: close\r\n\r\n$main::success",
                "no HTTP at all\r\n\r\n",
                "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                . "Content-Length: 2\r\n\r\n",
                map { $_->[0] } @main::odd)[$request->{number} - 1]) }
--- then
is(line_of(), 'error: upstream sent no valid status line '
              . 'while reading response from upstream');
is(line_of(), 'error: upstream sent an invalid header that frames the '
              . 'response while reading response from upstream');
for (@main::odd) {
    my (undef, @lines) = @$_;
    my $before = () = own_lines();
    ask();
    my @logged;
    wait_until { @logged = own_lines(); @logged >= $before + @lines };
    is_deeply([map { /\[(\w+)\].*pickyassist: request \w+: (upstream sent .*?) while/
                     ? "$1: $2" : () } @logged[$before .. $#logged]],
              \@lines, $lines[0] // 'nothing of what is not read');
}
--- error_log
[error]



=== TEST 4: a header that cannot be sent
--- config eval
my $config = <<'END'; $config =~ s/LONG/'a' x 240/er;
    location ~ ^/tokens/?(.*)$ {
        pickyassist_set_header X-First 1;
        pickyassist_set_header X-Header "<$1>";
        pickyassist_set_header X-Last 1;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location ~ ^/long/(.*)$ {
        pickyassist_set_header X-LONG "$1";
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
END
--- upstream eval: $main::success
--- then
like(line_of(uri => '/tokens/%01'),
     qr/^error: was not sent: the value of header "X-Header" has a control/);
like(line_of(uri => '/long/%01'),
     qr/ header "X-a{240}" has a control character/, 'a long text is whole');
--- error_log
[error]



=== TEST 5: an id that the access log has, too
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format id '$request_id';
    access_log logs/id.log id;
--- upstream eval: '{"status":403}'
--- error_code: 402
--- then
my ($line) = own_lines();
my ($id) = $line =~ /request ([0-9a-f]{32}): /;
my $logged = '';
wait_until {
    open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/id.log" or die;
    $logged = <$log> // '';
    length $logged;
};
is($logged, "$id\n", 'the same id');
my %parts;
for (1 .. 600) {
    my $reply = ask(method => 'GET', body => '');
    $parts{$_}++ for unpack '(a8)*', $reply->{headers}{'x-request-id'};
}
# Two of 2,400 numbers of 32 bits may be the same by chance, once in 1,500 runs.
cmp_ok(scalar(keys %parts), '>=', 2398, 'no id has a part of another');
--- error_log
[error]



=== TEST 6: a worker that has to go cuts what it waits for
--- main_config: worker_shutdown_timeout 300ms;
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    log_format outcome '$uri $status <$pickyassist_outcome>';
    access_log logs/outcome.log outcome;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /body {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /hang {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/hang;
    }
    location = /metrics { pickyassist_status; }
--- upstream eval
sub { my ($c) = @_;
      while (my $request = $c->request) {
          $c->hang if $request->{uri} eq '/hang';
          $c->reply($main::success);
      } }
--- then
my ($hang, $body) = (client(), client());
$hang->send(message(uri => '/hang'));
$body->send(message(uri => '/body') =~ s/.\z//sr);
wait_until {
    $PickyAssist::Test::Upstreams[0]{running}->count('request') == 2
};
my ($old) = worker_pids();
kill 'HUP', master_pid();
wait_until { !kill 0, $old };
ok(!$_->reply, 'no answer') for $hang, $body;
my @logged;
wait_until {
    open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/outcome.log" or die;
    @logged = sort <$log>;
    @logged == 3;
};
is_deeply(\@logged,
          ["/body 000 <http_error>\n", "/hang 000 <http_error>\n",
           "/tokens 200 <issued>\n"], 'as logged');
like(ask(uri => '/metrics', method => 'GET', body => '')->{body},
     qr/outcome="http_error"\} 2$/m, 'as counted');
--- no_error_log
[crit]



=== TEST 7: the level of what the gateway refuses by itself
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /keyed {
        pickyassist_idempotency scope=me required;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /push {
        pickyassist_token project-token;
        pickyassist_endpoint push;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/push;
    }
--- upstream eval
sub { my ($c) = @_;
      while (my $request = $c->request) {
          $c->reply($request->{uri} eq '/push' ? '{"status":401}'
                    : $request->{number} == 1 ? $main::success
                    : '{"status":500,"message":"disabled"}');
      } }
--- then
like(line_of(uri => '/push', body => '{"application":1,"group_id":"g"}'),
     qr/^error: upstream answered token_rejected /, "the project's token");
like(line_of(uri => '/keyed'),
     qr/^info: was not sent: idempotency_key_required\b/, 'no key');
is(ask()->{status}, 410, 'opens the breaker');
like(line_of(), qr/^info: was not sent: endpoint_disabled\b/, 'it is open');
--- error_log
[error]
