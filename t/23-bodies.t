# Bodies of every size up to the limit, and what is large, deep or long in them,
# through the real gateway. Smaller cases are in t/04-request.t.

use PickyAssist::Test;
use PickyAssist::Client;

use POSIX ();

log_level('info');

# Time for a machine that has other things to do.
$PickyAssist::Client::Timeout = 60;
$PickyAssist::Upstream::Lifetime = 300;

# A small buffer and limit, and those that nginx has by itself.
our $Buffer = 4096;
our $Limit = 65536;
our $Default = 1 << 20;

our $Http = <<'EOT';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
EOT

our $Config = <<"EOT";
        location = /tokens {
            client_body_buffer_size $Buffer;
            client_max_body_size $Limit;
            pickyassist_pass http://api.test;
        }
        location = /default {
            client_body_buffer_size 16k;
            client_max_body_size 1m;
            pickyassist_pass http://api.test;
        }
EOT

our $valid = '{"project_id":6681,"ip_whitelist":["192.0.2.1"]}';

# Replies with what it received, or says that this was something else.
sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        my $sent = qq({"token":"$ENV{TEST_NGINX_TOKEN}",)
                   . substr $valid, 1;
        my $message = $request->{body} eq $sent ? 'as it should be' : 'wrong';
        $c->reply(qq({"status":100,"message":"$message","api_token":["t"]}));
    }
}

# Every power of two up to the limit, and those beside them. The buffers' sizes
# are among them, and are joined by what nginx makes of these: a body of known
# length may be larger by a quarter before it is written to a file.
sub sizes {
    my ($limit) = @_;
    my %sizes;
    for (my $size = 1; $size <= $limit; $size *= 2) {
        $sizes{$_} = 1 for $size - 1 .. $size + 1;
    }
    for my $buffer (grep { $_ < $limit } $Buffer * 5 / 4, 16384 * 5 / 4) {
        $sizes{$_} = 1 for $buffer - 1 .. $buffer + 1;
    }
    return sort { $a <=> $b } grep { $_ > 0 } keys %sizes;
}

# Bodies of this size, and how each is answered; every flaw has its column, so
# no byte may be missing or come twice where buffers meet.
sub contents {
    my ($size) = @_;
    my $space = $size - length $valid;
    my $at = sub { qr/^400 .*"malformed_json".* line 1, column $_[0]\./ };
    my $ok = qr/^200 .*"message":"as it should be"/;
    my $noise = join '', map { chr int rand 256 } 1 .. 64;
    my @contents = (
        ['spaces', ' ' x $size, $at->($size + 1)],
        ['no end', '[' . ' ' x ($size - 1), $at->($size + 1)],
        ['garbage at the end', ' ' x ($size - 1) . 'x', $at->($size)],
        ['noise', "\xff" . substr($noise x ($size / 64 + 1), 0, $size - 1),
         $at->(1)],
    );
    push @contents,
        ['spaces before it', ' ' x $space . $valid, $ok],
        ['spaces behind it', $valid . ' ' x $space, $ok],
        ['spaces in it', substr($valid, 0, 14) . ' ' x $space
                         . substr($valid, 14), $ok]
        if $space >= 0;
    return @contents;
}

# The same body in three forms: the pieces that a client sends.
my %forms = (
    'in one piece' => sub { return message(@_) },
    'behind the head' => sub {
        my ($head, $body) = split /\r\n\r\n/, message(@_), 2;
        return ("$head\r\n\r\n", $body);
    },
    'in chunks' => sub {
        my (%options) = @_;
        $options{body} = join '', map { sprintf "%x\r\n%s\r\n", length, $_ }
            unpack("(a1500)*", $options{body}), '';
        return message(%options, headers => { 'Content-Length' => undef,
                                      'Transfer-Encoding' => 'chunked' });
    },
);

# Sends one request after the other on kept connections; those that are not
# answered as they should be.
my $kept;
add_test_cleanup_handler(sub { undef $kept });
sub wrong {
    my ($name, $expected, @pieces) = @_;
    $kept //= client();
    my $sent = $kept->send($pieces[0]);
    select undef, undef, undef, 0.001 if @pieces > 1;
    $kept->send(@pieces[1 .. $#pieces]) if $sent;
    my $reply = $kept->reply;
    my $got = $reply ? "$reply->{status} $reply->{body}" : 'nothing';
    undef $kept if !$reply
                   || ($reply->{headers}{connection} // '') eq 'close';
    return $got =~ $expected ? () : "$name: " . substr $got, 0, 300;
}

sub check_sizes {
    my ($uri, $limit, @forms) = @_;
    my $count = 0;
    for my $form (@forms) {
        my @wrong;
        for my $size (sizes($limit)) {
            for my $content (contents($size)) {
                my ($name, $body, $expected) = @$content;
                $expected = qr/^413 .*"body_too_large"/ if $size > $limit;
                push @wrong, wrong("$size bytes, $name", $expected,
                    $forms{$form}->(uri => $uri, body => $body));
                $count++;
            }
        }
        is_deeply(\@wrong, [], "$uri: bodies $form, up to $limit bytes");
    }
    return $count;
}

sub problem {
    my ($code, @errors) = @_;
    my $errors = join '.*', map { my ($pointer, $error) = split / /;
                                  qq("pointer":"\Q$pointer\E","code":"$error") }
                                @errors;
    return qr/^4\d\d .*"code":"$code".*$errors/;
}

sub with_ips {
    return '{"project_id":1,"ip_whitelist":['
           . join(',', map { qq("$_") } @_) . ']}';
}

# Notes the bodies that it gets.
sub body_told {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->{upstream}->event("body $request->{body}");
        $c->reply('{"status":100}');
    }
}

# A push, most of it in one string without a period, so that no piece of it
# looks like another.
sub push_in_pieces {
    my ($length) = @_;
    my $text = join '', map { sprintf '%x', rand 1 << 30 } 1 .. $length / 7;
    return qq({"application":8,"globalmedia_code":"$text",)
           . '"data":[{"number":"15550100001"}]}';
}

# Different addresses, none with less than it takes to write one.
sub ipv4 { my ($i) = @_; return sprintf '198.51.%d.%d', 100 + $i / 100,
                                                        100 + $i % 100 }
sub ipv6 { return sprintf '2001:0db8:1111:2222:3333:4444:5555:%04x',
                          0x1000 + $_[0] }

# As many tokens as addresses, each with its own.
no warnings 'portable';   # the arithmetic is of 64 bits

# Those that the hash of the core, with 0 for its seed, puts into one slot of any
# table: the inverse of the mixing that is done to the second half.
sub colliding_ipv6 {
    my ($i) = @_;
    my $first = "\x20\x01\x0d\xb8\x00\x00\x00\x00";
    my $half = unmixed($i << 24) ^ mixed(unpack 'Q<', $first);
    return CORE::join ':', map { sprintf '%04x', $_ }
                           unpack 'n8', $first . pack 'Q<', $half;
}

sub mixed {
    my ($x) = @_;
    $x ^= $x >> 33;
    $x = times64($x, 0xff51afd7ed558ccd);
    $x ^= $x >> 33;
    $x = times64($x, 0xc4ceb9fe1a85ec53);
    return $x ^ ($x >> 33);
}

sub unmixed {
    my ($x) = @_;
    $x ^= $x >> 33;
    $x = times64($x, inverse(0xc4ceb9fe1a85ec53));
    $x ^= $x >> 33;
    $x = times64($x, inverse(0xff51afd7ed558ccd));
    return $x ^ ($x >> 33);
}

sub times64 {
    my ($a, $b) = @_;
    my $product = do { use integer; $a * $b };
    return $product & 0xffffffffffffffff;
}

# Of an odd number, for its product with it to be 1.
sub inverse {
    my ($x) = @_;
    my $inverse = $x;
    for (1 .. 6) {
        use integer;
        $inverse *= 2 - $x * $inverse;
    }
    return $inverse & 0xffffffffffffffff;
}

# Seconds that a process has had.
sub cpu_time {
    my ($pid) = @_;
    my $stat = PickyAssist::Client::slurp("/proc/$pid/stat") =~ s/.*\) //sr;
    my @fields = split ' ', $stat;
    return ($fields[11] + $fields[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

sub issue {
    my ($c) = @_;
    while (my $request = $c->request) {
        my @ips = $request->{body} =~ /"([0-9a-f:.]+)"[\],]/g;
        $c->reply('{"status":100,"api_token":['
                  . join(',', map { qq({"ip":"$_","token":"t-$_"}) } @ips)
                  . ']}');
    }
}

# Elements that are no tokens, and one that is.
sub deep {
    my ($c) = @_;
    my $deep = '[' x 65 . ']' x 65;
    while ($c->request) {
        $c->reply('{"status":100,"api_token":[' . "$deep," x 7000 . '"t"]}');
    }
}

# kB
sub peak_memory {
    my ($worker) = worker_pids();
    my ($peak) = PickyAssist::Client::slurp("/proc/$worker/status")
                 =~ /^VmHWM:\s+(\d+) kB/m;
    return $peak;
}

run_tests();

__DATA__

=== TEST 1: every size, around the buffer and the limit
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- then
cmp_ok(check_sizes('/tokens', $::Limit, 'in one piece', 'behind the head',
                   'in chunks'), '>', 800, 'all of them');
my $spilled = () = error_log()
                   =~ /a client request body is buffered to a temporary file/g;
cmp_ok($spilled, '>', 100, 'some of them through a file');



=== TEST 2: up to nginx's own limit
--- http_config eval: $::Http
--- config eval: $::Config
--- upstream eval: \&::vendor
--- request
GET /
--- then
check_sizes('/default', $::Default, 'behind the head');



=== TEST 3: deep, in every place
--- http_config eval: $::Http
--- config
    location = /tokens {
        client_max_body_size 4m;
        pickyassist_pass http://api.test;
    }
--- upstream eval: \&::vendor
--- request
GET /
--- then
my $n = 100_000;
my $deep = '[' x $n . ']' x $n;
my $id = '"project_id":1';
my $ips = '"ip_whitelist":["192.0.2.1"]';
for (
    ['the document', $deep, problem('invalid_request', ' type')],
    ['a project', qq({"project_id":$deep,$ips}),
     problem('invalid_request', '/project_id type')],
    ['a list', qq({$id,"ip_whitelist":$deep}),
     problem('invalid_request', '/ip_whitelist/0 type')],
    ['an address', qq({$id,"ip_whitelist":["192.0.2.1",$deep]}),
     problem('invalid_request', '/ip_whitelist/1 type')],
    ['a token', qq({"token":$deep,$id,$ips}),
     problem('invalid_request', '/token forbidden_member')],
    ['another member', qq({$id,$ips,"x":$deep}),
     problem('invalid_request', '/x unknown_member')],
    ['objects', '{"x":' x $n . '1' . '}' x $n,
     problem('invalid_request', '/x unknown_member')],
    ['without an end', '[' x $n, qr/^400 .* line 1, column @{[$n + 1]}\./],
    ['one end too few', '[' x $n . ']' x ($n - 1),
     qr/^400 .* line 1, column @{[2 * $n]}\./],
    ['one too many', "$deep]", qr/^400 .* line 1, column @{[2 * $n + 1]}\./],
    ['a wrong end', '[' x $n . '}', qr/^400 .* line 1, column @{[$n + 1]}\./],
) {
    my ($name, $body, $expected) = @$_;
    is_deeply([wrong($name, $expected, message(body => $body))], [], $name);
}



=== TEST 4: long, in every place
--- http_config eval: $::Http
--- config
    location = /tokens {
        client_max_body_size 4m;
        pickyassist_pass http://api.test;
    }
--- upstream eval: \&::vendor
--- request
GET /
--- then
my $digits = '9' x (1 << 20);
my $id = '"project_id":1';
my $ips = '"ip_whitelist":["192.0.2.1"]';
for (
    ['the document', $digits, ' type'],
    ['a project', qq({"project_id":$digits,$ips}), '/project_id range'],
    ['a negative one', qq({"project_id":-$digits,$ips}), '/project_id range'],
    ['a fraction', qq({"project_id":1.$digits,$ips}), '/project_id type'],
    ['an exponent', qq({"project_id":1e$digits,$ips}), '/project_id type'],
    ['zeros behind it', qq({"project_id":1) . '0' x (1 << 20) . qq(,$ips}),
     '/project_id range'],
    ['in a string', qq({"project_id":"$digits",$ips}), '/project_id type'],
    ['in an array', qq({"project_id":[$digits,[$digits]],$ips}),
     '/project_id type'],
    ['an address', qq({$id,"ip_whitelist":[$digits]}),
     '/ip_whitelist/0 type'],
    ['an address in a string', qq({$id,"ip_whitelist":["$digits"]}),
     '/ip_whitelist/0 invalid_ip'],
    ['another member', qq({$id,$ips,"x":[-$digits,[1.$digits]]}),
     '/x unknown_member'],
) {
    my ($name, $body, @errors) = @$_;
    is_deeply([wrong($name, problem('invalid_request', @errors),
                     message(body => $body))], [], $name);
}
for (
    ['a zero in front', qq({"project_id":0$digits,$ips}), 16],
    ['a sign in between', qq({"project_id":$digits-1,$ips}),
     15 + length $digits],
) {
    my ($name, $body, $column) = @$_;
    is_deeply([wrong($name, qr/^400 .* line 1, column $column\./,
                     message(body => $body))], [], $name);
}



=== TEST 5: ten thousand addresses
--- http_config eval: $::Http
--- config
    location = /tokens {
        client_max_body_size 1m;
        pickyassist_max_ips 10000;
        pickyassist_max_response_size 4m;
        pickyassist_pass http://api.test;
    }
--- upstream eval: \&::issue
--- request
GET /
--- then
for my $family (\&ipv4, \&ipv6) {
    my @ips = map { $family->($_) } 0 .. 9999;
    my @normal = map { s/:0+(?=.)/:/gr } @ips;
    my $reply = ask(body => with_ips(@ips));
    is($reply->{status}, 200, "$ips[0] ...");
    my $tokens = JSON::PP->new->decode($reply->{body})->{api_token};
    is_deeply([map { $_->{token} } @$tokens], [map { "t-$_" } @normal],
              'a token for each');

    for (
        ['one more', [@ips, $family->(10000)], '/ip_whitelist too_many'],
        ['the last one twice', [@ips[0 .. 9998], $ips[9998]],
         '/ip_whitelist/9999 duplicate'],
        ['the first one twice', [@ips[0 .. 9998], $ips[0]],
         '/ip_whitelist/9999 duplicate'],
        ['the last one is none', [@ips[0 .. 9998], 'x'],
         '/ip_whitelist/9999 invalid_ip'],
        ['the same one', [($ips[0]) x 10000],
         map { "/ip_whitelist/$_ duplicate" } 1 .. 20],
    ) {
        my ($name, $list, @errors) = @$_;
        is_deeply([wrong($name, problem('invalid_request', @errors),
                         message(body => with_ips(@$list)))], [], $name);
    }
}



=== TEST 6: many deep values, side by side
--- http_config eval: $::Http
--- config
    location = /tokens {
        client_max_body_size 1m;
        pickyassist_max_response_size 1m;
        pickyassist_pass http://api.test;
    }
--- upstream eval: \&::deep
--- request
GET /
--- then
my $deep = '[' x 65 . ']' x 65;
my @many = ($deep) x 7000;
my $ips = '"ip_whitelist":["192.0.2.1"]';
my $before = peak_memory();
for (
    ['members', '{' . join(',', map { qq("$_":$many[$_]) } 0 .. $#many) . '}',
     problem('invalid_request')],
    ['addresses', '{"project_id":1,"ip_whitelist":['
                  . join(',', @many) . ']}', problem('invalid_request')],
    ['in the reply', $::valid, qr/^200 .*"api_token":\[\{"ip":null,/],
) {
    my ($name, $body, $expected) = @$_;
    is_deeply([wrong($name, $expected, message(body => $body))], [], $name);
}
SKIP: {
    Test::More::skip("$ENV{TEST_INSTRUMENT} has the worker's memory", 1)
        if $ENV{TEST_INSTRUMENT};
    cmp_ok(peak_memory() - $before, '<', 16 << 10,
           'memory in proportion to the text, kB');
}



=== TEST 7: addresses that a client has chosen so that they would collide
--- http_config eval: $::Http
--- config
    location = /tokens {
        client_max_body_size 2m;
        pickyassist_max_ips 20000;
        pickyassist_max_response_size 4m;
        pickyassist_pass http://api.test;
    }
--- upstream: {"status":403,"message":"m"}
--- request
GET /
--- then
# Found with the hash that the module uses, by who does not know its seed.
my %cost;
for (['any', [map { ipv6($_) } 0 .. 19999]],
     ['chosen', [map { colliding_ipv6($_) } 0 .. 19999]]) {
    my ($name, $ips) = @$_;
    my ($pid) = worker_pids();
    my $before = cpu_time($pid);
    is(ask(body => with_ips(@$ips))->{status}, 402, $name) for 1 .. 3;
    $cost{$name} = cpu_time($pid) - $before;
}
# In the same slot they would take a hundred times as long.
cmp_ok($cost{chosen}, '<', 5 * $cost{any} + 0.1, 'the time for chosen ones')
    or diag("$cost{any} s, $cost{chosen} s");



=== TEST 8: a body that comes in pieces
--- http_config
    pickyassist_token project-token;
    log_format body escape=none '$request_body';
--- config
    client_body_buffer_size 64k;
    location = /push {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
        access_log logs/body.log body;
    }
    location = /mirrored {
        mirror /copy;
        client_body_in_single_buffer on;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
        access_log logs/body.log body;
    }
    location = /copy {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
    }
    location = /followed {
        post_action /copy;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_endpoint push;
    }
--- upstream eval: \&::body_told
--- upstream2 eval: \&::body_told
--- request
GET /
--- then
my $told = sub {
    my ($upstream) = @_;
    return map { /^body (.*)/ ? $1 : () }
           $PickyAssist::Test::Upstreams[$upstream]{running}->events;
};
my %sent = (0 => [], 1 => []);
my $client = client();
for my $first (0, 1, 300, 900) {
    for my $uri ('/push', '/mirrored', '/followed') {
        for my $piece (4000, 13000, 50000) {
            my $body = push_in_pieces(30000);
            my $message = message(uri => $uri, body => $body);
            my $head = $first + 4 + index $message, "\r\n\r\n";
            for (substr($message, 0, $head),
                 unpack "(a$piece)*", substr $message, $head) {
                $client->send($_);
                select undef, undef, undef, 0.01;
            }
            is($client->reply->{status}, 200,
               "$uri: $first bytes with the head, then $piece at once");
            push @{$sent{0}}, $body =~ s/^\{/{"token":"project-token",/r;
            push @{$sent{1}}, $body if $uri ne '/push';
            push @{$sent{log}}, $body if $uri ne '/followed';
            wait_until { $told->(1) == @{$sent{1}} };
        }
    }
}
is_deeply([$told->(0)], $sent{0}, 'the vendor gets what the client sent');
is_deeply([$told->(1)], $sent{1}, 'and so does who gets it after that');
is_deeply([split /\n/, PickyAssist::Client::slurp(
              "$ENV{TEST_NGINX_SERVROOT}/logs/body.log")], $sent{log},
          'and $request_body');
unlike(error_log(), qr/buffered to a temporary file/, 'all in memory');
