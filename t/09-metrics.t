# Contract section 9: what operators see. The counters are exact over several
# workers, reloads and killed workers; the formats are what they say they are;
# the variables tell about a request and are empty elsewhere.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Workers;

use JSON::PP ();
use List::Util qw(sum max);
use Time::HiRes qw(time);

workers(2);

# The codes of the one list, in its order, that requests to an endpoint may
# have: each has its own name for success and for a token that is rejected.
our @outcomes = outcomes('issued', 'master_token_rejected');
sub outcomes {
    my ($success, $rejected) = @_;
    return grep { /^(?:issued|accepted)$/ ? $_ eq $success
                  : /^(?:master_)?token_rejected$/ ? $_ eq $rejected : 1 }
           slurp('ngx_pickyassist_module/core/tables/outcomes.h')
           =~ /^ *X\([A-Z_]+, "(\w+)"/mg;
}

# The names of samples: of the endpoint that all blocks have, unless said.
our $endpoint = 'create-api-token';
sub requests {
    my ($outcome, $of) = @_;
    $of //= $endpoint;
    return qq(pickyassist_requests_total{endpoint="$of",outcome="$outcome"});
}

sub labelled {
    my ($name, $of) = @_;
    $of //= $endpoint;
    return qq(pickyassist_$name\{endpoint="$of"});
}

sub slurp {
    my ($name) = @_;
    open my $file, '<', $name or die "$name: $!\n";
    local $/;
    return scalar <$file>;
}

our $Gateway = <<'EOT';
        pickyassist_read_timeout 1500ms;
        add_header X-Worker $pid always;
EOT

our $Status = <<'EOT';
        location = /metrics { pickyassist_status; }
        location = /json { pickyassist_status json; }
EOT

# The part "http_config" of a block: directives of the level, and the content
# of the server whose workers can be told apart.
sub http {
    my ($directives, @server) = @_;
    return join "\n",
        'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;',
        'pickyassist_disabled_ttl 0;', $directives // '',
        'server {', $PickyAssist::Workers::Listen, $Gateway, $Status,
        location('/tokens'), @server, '}';
}

sub location {
    my ($path, $url, @directives) = @_;
    $url //= 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT';
    return "location = $path { pickyassist_pass $url; @directives }";
}

# What the vendor answers follows from the project of a request.
our %answers = (
    1 => '{"status":100,"api_token":[{"ip":null,"token":"t-1"},'
         . '{"ip":"192.0.2.1","token":"t-2"}]}',
    2 => 'HTTP/1.1 410 Gone',
    3 => sub {
        my ($c) = @_;
        $c->pause(0.01) while !-e gate();
        $c->reply($main::answers{1});
    },
    4 => sub { $_[0]->hang },
    5 => 'HTTP/1.1 429 Too Many Requests',
    6 => 'HTTP/1.1 503 Service Unavailable',
    7 => 'HTTP/1.1 500 Internal Server Error',
    8 => 'no JSON',
    9 => sub { $_[0]->close },
    10 => 'HTTP/1.1 500 x' . "\n\n" . '{"status":100,"api_token":"t"}',
    11 => '{"status":100,"api_token":[]}',
    12 => 'HTTP/1.1 429 x' . "\n\n" . '{"status":999,"api_token":"t"}',
    13 => '{"status":null,"api_token":"t"}',
    (map { $_ => qq({"status":$_,"message":"x"}) }
        401, 403, 405, 408, 406, 801, 802),
    # A pause in milliseconds.
    (map { my $ms = $_; 1000 + $ms => sub {
        my ($c) = @_;
        $c->pause($ms / 1000);
        $c->reply($main::answers{1});
    } } 0, 60, 180),
);

sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($project) = $request->{body} =~ /"project_id":(\d+)/;
        my $answer = $answers{$project};
        ref $answer ? $answer->($c) : $c->reply($answer);
        return if !$c->{socket};
    }
}

sub upstream { return $PickyAssist::Test::Upstreams[0]{running} }

# What is held is let go by the making of this file.
sub gate { return "$PickyAssist::Test::Dir/gate" }
sub shut_gate { unlink gate() }
sub open_gate { open my $file, '>', gate() or die "gate: $!\n" }

sub body {
    my ($project) = @_;
    return qq({"project_id":$project,"ip_whitelist":"192.0.2.1"});
}

sub over {
    my ($client, %options) = @_;
    $client->send(message(%options));
    return $client;
}

# GET of the server with the status locations.
sub get {
    my ($uri, %options) = @_;
    return ask(port => $ENV{TEST_NGINX_SPARE_PORT}, method => 'GET',
               body => '', uri => $uri,
               headers => { 'Content-Type' => undef,
                            'Content-Length' => undef }, %options);
}

# All samples as { 'name{labels}' => value }.
sub metrics { return prometheus(get('/metrics')->{body}) }

# The same when all requests have come to their end. The answer to a client
# is not yet that.
sub settled {
    my $all;
    wait_until { ($all = metrics())->{pickyassist_requests_in_flight} == 0 };
    return $all;
}

# What has changed, the duration of upstream requests left out but for the
# count.
sub changes {
    my ($before, $after) = @_;
    my %changes;
    for my $name (keys %$after) {
        next if $name =~ /_seconds_(bucket|sum)/;
        my $change = $after->{$name} - ($before->{$name} // 0);
        $changes{short($name)} += $change if $change;
    }
    # An exchange uses a connection, new or kept, unless there is none.
    my @exchanges = grep { /^exchanges$|_seconds_count\{/ } keys %changes;
    my $unsent = sum(0, @changes{@exchanges})
                 - (delete $changes{connections} // 0);
    $changes{unsent} = $unsent if $unsent;
    return \%changes;
}

# issued, tokens, upstream, exchanges, in_flight, disabled; unsent
sub short {
    my ($name) = @_;
    return $1 if $name =~ /^pickyassist_requests_total\{
                           endpoint="$endpoint",outcome="(\w+)"\}$/x;
    my %short = (
        pickyassist_tokens_issued_total => 'tokens',
        pickyassist_requests_in_flight => 'in_flight',
        labelled('upstream_requests_total') => 'upstream',
        labelled('upstream_duration_seconds_count') => 'exchanges',
        labelled('endpoint_disabled') => 'disabled',
        (map { (qq(pickyassist_upstream_connections_total{reused="$_"})
                => 'connections') } 'yes', 'no'),
    );
    return $short{$name} // $name;
}

sub in_flight { return metrics()->{pickyassist_requests_in_flight} }
sub disabled { return metrics()->{labelled('endpoint_disabled')} }

sub in_flight_becomes {
    my ($expected, $name) = @_;
    my $got;
    wait_until { ($got = in_flight()) == $expected };
    is($got, $expected, $name);
}

# A request is in flight a moment before it is sent to the upstream.
sub sent_becomes {
    my ($before, $expected, $name) = @_;
    my $got;
    wait_until {
        $got = changes($before, metrics());
        ($got->{upstream} // 0) == $expected->{upstream};
    };
    is_deeply($got, $expected, $name);
}

# Reads the text exposition format 0.0.4, and is stricter than a server: every
# family has its help and its type before its samples, together in one place;
# no sample comes twice; a histogram is whole.
sub prometheus {
    my ($text) = @_;
    my (%samples, %families, $family, $type);
    my $value = qr/-?\d+(?:\.\d+)?/;

    die "no line feed at the end\n" if $text !~ /\n\z/;
    for my $line (split /\n/, $text, -1) {
        if ($line =~ /^# HELP ([a-z_]+) (\S.*\S)$/) {
            die "$1 comes twice\n" if $families{$1}++;
            die "escapes in $line\n" if $2 =~ /\\/;
            ($family, $type) = ($1, undef);
        } elsif ($line =~ /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/) {
            die "misplaced: $line\n" if $1 ne ($family // '') || $type;
            $type = $2;
            die "$family is no counter by its name\n"
                if ($type eq 'counter') != ($family =~ /_total$/);
        } elsif ($line =~ /^([a-z_]+)(\{(?:[a-z_]+="[^"\\]*",?)+\})? ($value)$/
                 && ($2 // '') !~ /,\}$/) {
            my $of = $1;
            my ($sample, $number) = ($1 . ($2 // ''), $3);
            $of =~ s/_(bucket|sum|count)$// if ($type // '') eq 'histogram';
            die "misplaced: $line\n" if !$type || $of ne $family;
            die "$sample comes twice\n" if exists $samples{$sample};
            die "no count: $line\n" if $type eq 'counter' && $number =~ /\D/;
            $samples{$sample} = $number + 0;
        } elsif ($line ne '') {
            die "what is this: $line\n";
        }
    }

    check_histogram($text, \%samples, $_) for endpoints_of(\%samples);
    return \%samples;
}

# Those that are shown.
sub endpoints_of {
    my ($samples) = @_;
    return map { /^pickyassist_endpoint_disabled\{endpoint="(.*)"\}$/ }
           sort keys %$samples;
}

sub check_histogram {
    my ($text, $samples, $of) = @_;
    my $name = 'pickyassist_upstream_duration_seconds';
    my @buckets = grep { /^${name}_bucket\{endpoint="$of",/ }
                  split /[\n ]/, $text;
    my ($last, $bound) = (0, 0);
    for my $bucket (@buckets) {
        my ($le) = $bucket =~ /^.*,le="([\d.]+|\+Inf)"\}$/
            or die "a bucket: $bucket\n";
        $le = 9**9**9 if $le eq '+Inf';
        die "$bucket is in the wrong place\n" if $le <= $bound;
        die "$bucket is less than that before\n"
            if $samples->{$bucket} < $last;
        ($last, $bound) = ($samples->{$bucket}, $le);
    }
    my %of = map {
        $_ => $samples->{labelled("upstream_duration_seconds_$_", $of)}
    } 'count', 'sum';
    die "no bucket for all\n" if $bound != 9**9**9;
    die "the count is not that of all\n" if $of{count} != $last;
    die "no sum\n" if !defined $of{sum};
    return;
}

# The same out of the JSON form.
sub json {
    my ($text) = @_;
    my $all = JSON::PP->new->utf8->decode($text);
    my %samples;
    for my $name (keys %$all) {
        my $value = $all->{$name};
        if ($name eq 'pickyassist_requests_total') {
            for my $of (keys %$value) {
                $samples{requests($_, $of)} = $value->{$of}{$_}
                    for keys %{$value->{$of}};
            }
        } elsif ($name eq 'pickyassist_upstream_duration_seconds') {
            for my $of (keys %$value) {
                my $buckets = delete $value->{$of}{buckets};
                $samples{qq(${name}_bucket{endpoint="$of",le="$_"})}
                    = $buckets->{$_} for keys %$buckets;
                $samples{qq(${name}_$_\{endpoint="$of"})} = $value->{$of}{$_}
                    for keys %{$value->{$of}};
            }
        } elsif ($name eq 'pickyassist_upstream_connections_total') {
            $samples{qq($name\{reused="$_"})} = $value->{$_} for keys %$value;
        } elsif ($name eq 'pickyassist_build_info') {
            my $labels = join ',', map { qq($_="$value->{$_}") }
                                   'version', 'nginx_version';
            $samples{"$name\{$labels\}"} = 1;
        } elsif (ref $value) {
            $samples{qq($name\{endpoint="$_"})} = $value->{$_}
                for keys %$value;
        } else {
            $samples{$name} = $value;
        }
    }
    return \%samples;
}

# The index of the bucket for so many seconds; and that in which samples are.
our @bounds = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
               '+Inf');

sub bucket {
    my ($seconds) = @_;
    my $i = 0;
    $i++ while $i < $#bounds && $seconds > $bounds[$i];
    return $i;
}

sub buckets {
    my ($metrics) = @_;
    return map {
        $metrics->{'pickyassist_upstream_duration_seconds_bucket'
                   . qq({endpoint="$endpoint",le="$_"})}
    } @bounds;
}

# A shared mapping of so many bytes in some worker.
sub mapped {
    my ($size) = @_;
    no warnings 'portable';
    return grep {
        /^([0-9a-f]+)-([0-9a-f]+) rw-s/ && hex($2) - hex($1) == $size
    } map { split /\n/, PickyAssist::Client::slurp("/proc/$_/maps") }
          worker_pids();
}

# Puts another text into the configuration and reloads it.
sub reconfigure {
    my ($from, $to) = @_;
    my $name = "$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf";
    my $text = slurp($name);
    $text =~ s/$from/$to/g or die "no $from in the configuration\n";
    open my $file, '>', $name or die "$name: $!\n";
    print $file $text;
    close $file;
    return reload();
}

# The log format for audits, as the examples have it, with its maps.
sub audit_format {
    my ($format) = slurp('examples/production.conf')
                   =~ /^( *log_format pickyassist_audit .*?)\n\n *# The known callers/ms
        or die "no log format in examples/production.conf\n";
    return $format;
}

sub log_lines {
    my ($name) = @_;
    return split /\n/, slurp("$ENV{TEST_NGINX_SERVROOT}/logs/$name");
}

run_tests();

__DATA__

=== TEST 1: all figures are there from the start
--- http_config eval: ::http()
--- config eval: $::Gateway . ::location('/tokens')
--- request
GET /
--- then
my $all = metrics();
my %zero = map { $_ => $all->{$_} } grep { !/build_info/ } keys %$all;
is_deeply(\%zero, {
    (map { (requests($_) => 0) } @::outcomes),
    (map { ('pickyassist_upstream_duration_seconds_bucket'
            . qq({endpoint="$::endpoint",le="$_"}) => 0) } @::bounds),
    (map { (labelled($_) => 0) }
        'upstream_requests_total', 'upstream_duration_seconds_count',
        'upstream_duration_seconds_sum', 'endpoint_disabled'),
    (map { ("pickyassist_$_" => 0) }
        'tokens_issued_total', 'messages_accepted_total', 'replays_total',
        'requests_in_flight', 'requests_waiting',
        'upstream_connections_total{reused="yes"}',
        'upstream_connections_total{reused="no"}'),
}, 'all of them, all 0');
cmp_ok(scalar @::outcomes, '>=', 19, 'all outcomes');

my ($version) = ::slurp('ngx_pickyassist_module/ngx_pickyassist_version.h')
                =~ /NGX_PICKYASSIST_VERSION +"(.*)"/;
my ($nginx) = get('/')->{headers}{server} =~ m{nginx/(\S+)};
is($all->{qq(pickyassist_build_info{version="$version",)
          . qq(nginx_version="$nginx"})}, 1, 'build_info');



=== TEST 2: every outcome is counted once, by both workers
--- http_config eval
::http('limit_req_zone $server_port zone=one:64k rate=1r/m;',
    ::location('/refused', 'http://127.0.0.1:'
                           . ($ENV{TEST_NGINX_SPARE_PORT} + 9)),
    ::location('/denied', undef, 'deny all;'),
    ::location('/limited', undef, 'limit_req zone=one;',
               'limit_req_status 429;'),
    ::location('/limited-503', undef, 'limit_req zone=one;'),
    ::location('/nobody', undef, 'pickyassist_require 0;'),
    ::location('/keys', undef, 'pickyassist_idempotency scope=me required;'),
    ::location('/unsendable', undef,
               'pickyassist_set_header X $http_x_value;'),
    ::location('/impatient', undef, 'pickyassist_ignore_client_abort off;'))
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate();
--- then
# An outcome, whether the upstream is asked, and the request.
my $chunked = { 'Content-Length' => undef, 'Transfer-Encoding' => 'chunked' };
my @rows = (
    ['issued', 1, body => body(1)],
    ['method_not_allowed', 0, method => 'GET', body => ''],
    ['unsupported_media_type', 0, headers => { 'Content-Type' => 'a/b' }],
    ['body_too_large', 0, body => ' ' x (1 << 20) . '{}'],
    ['body_too_large', 0, headers => $chunked,
     body => sprintf("%x\r\n%s\r\n0\r\n\r\n", 2 << 20, ' ' x (2 << 20))],
    ['malformed_json', 0, body => '{'],
    ['invalid_request', 0, body => '{}'],
    ['too_early', 0, headers => { 'Early-Data' => 1 }],
    ['not_allowed', 0, uri => '/nobody', body => body(1)],
    ['idempotency_key_required', 0, uri => '/keys', body => body(1)],
    ['idempotency_key_invalid', 0, uri => '/keys', body => body(1),
     headers => { 'Idempotency-Key' => '""' }],
    ['endpoint_disabled', 1, body => body(2)],
    ['master_token_rejected', 1, body => body(401)],
    ['insufficient_balance', 1, body => body(403)],
    ['plan_not_active', 1, body => body(405)],
    ['project_not_active', 1, body => body(408)],
    ['channel_not_active', 1, body => body(801)],
    ['session_expired', 1, body => body(802)],
    ['upstream_rejected', 1, body => body(406)],
    ['rate_limited', 1, body => body(5)],
    ['upstream_unavailable', 1, body => body(6)],
    ['upstream_error', 1, body => body(7)],
    ['upstream_invalid_response', 1, body => body(8)],
    ['upstream_invalid_response', 1, body => body(9)],
    ['upstream_unreachable', 1, uri => '/refused'],
    ['upstream_timeout', 1, body => body(4)],
    ['http_error', 0, uri => '/denied'],
    ['http_error', 0, uri => '/unsendable',
     headers => { 'X-Value' => "a\x7fb" }],
);

my %expected;
my $before = settled();
for my $row (@rows) {
    my ($outcome, $asked, @request) = @$row;
    for my $worker (worker_pids()) {
        my $reply = over(client_of($worker), @request)->reply;
        is($reply->{headers}{'x-worker'}, $worker, "$outcome: by one of two");
    }
    my %change = ($outcome => 2);
    @change{'upstream', 'exchanges'} = (2, 2) if $asked;
    $change{unsent} = 2 if $outcome eq 'upstream_unreachable';
    $change{tokens} = 4 if $outcome eq 'issued';
    my $after = settled();
    is_deeply(changes($before, $after), \%change, "counts $outcome");
    $before = $after;
    $expected{$outcome}++;
}
# These need another request first: t/17-once.t.
my @elsewhere = qw(idempotency_in_progress idempotency_key_reused
                   idempotency_store_full outcome_unknown);
is(join(' ', sort keys %expected, @elsewhere), join(' ', sort @::outcomes),
   'no outcome is left out');

# nginx's own limit has the same code as the vendor's; the first passes.
my $limited = sub {
    ask(port => $ENV{TEST_NGINX_SPARE_PORT}, uri => $_[0], body => body(1));
};
is($limited->('/limited')->{status}, 200, 'within the limit');
is($limited->('/limited')->{status}, 429, 'beyond it');
is($limited->('/limited-503')->{status}, 503, 'with another status');
my $after = settled();
is_deeply(changes($before, $after), {
    issued => 1, tokens => 2, upstream => 1, exchanges => 1,
    rate_limited => 1, http_error => 1,
}, 'counts requests that nginx limits');

# Clients that go away: in their body, in an exchange that ends with them, and
# in one that does not.
$before = $after;
my $port = $ENV{TEST_NGINX_SPARE_PORT};
my $client = client(port => $port);
$client->send(substr message(body => body(1)), 0, -1);
in_flight_becomes(1, 'in flight while the body is on its way');
$client->close;
in_flight_becomes(0, 'no longer when the client is gone');

$client = over(client(port => $port), uri => '/impatient', body => body(3));
in_flight_becomes(1, 'in flight');
$client->close;
in_flight_becomes(0, 'ends with the client');

$client = over(client(port => $port), body => body(3));
in_flight_becomes(1, 'in flight');
$client->close;
select undef, undef, undef, 0.1;
is(in_flight(), 1, 'still in flight');
open_gate();
is_deeply(changes($before, settled()), {
    http_error => 2, issued => 1, tokens => 2, upstream => 2, exchanges => 2,
}, 'counts those whose client is gone');



=== TEST 3: in flight, over a reload and killed workers
--- http_config eval: ::http()
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- upstream_requests: 15
--- request eval
"POST /tokens\n" . ::body(1)
--- before: shut_gate();
--- then
# Two hang with one worker, one with the other; time enough for all of this.
reconfigure('pickyassist_read_timeout 1500ms', 'pickyassist_read_timeout 20s');
my $hang = sub { return over(client_of($_[0]), body => body(3)) };

my $before = settled();
is($before->{requests('issued')}, 1,
   'a reload keeps the counters');
my ($one, $other) = active_workers();
my @hanging = ($hang->($one), $hang->($one), $hang->($other));
in_flight_becomes(3, 'in flight in both workers');
sent_becomes($before, { in_flight => 3, upstream => 3 }, 'no outcome yet');
kill_worker($one);
is(in_flight(), 1, 'those of a killed worker are not in flight');
ok($_->ended, 'they got no answer') for @hanging[0, 1];

# The worker in its place, and the other, which is killed on its way out.
my ($new) = grep { $_ != $other } active_workers();
push @hanging, $hang->($new), $hang->($other);
in_flight_becomes(3, 'in flight in the new worker');
my @workers = reload();
is(in_flight(), 3, 'still, in workers on their way out');
push @hanging, map { $hang->($_) } @workers;
in_flight_becomes(5, 'and in those that came after them');
kill_worker($other);
is(in_flight(), 3, 'but not in the killed one');

# Another reload, for which the workers of two are on their way out.
my @last = reload();
push @hanging, $hang->($last[0]);
in_flight_becomes(4, 'in workers of three configurations');
sent_becomes($before, { in_flight => 4, upstream => 8 }, 'no outcome yet');

# nginx has done with a request when its client has closed, if the connection
# is not kept.
open_gate();
for my $client (@hanging[3, 5, 6, 7]) {
    is(($client->reply // {})->{status}, 200, 'answered');
    $client->close;
}
my $after = settled();
is_deeply(changes($before, $after), {
    issued => 4, tokens => 8, upstream => 8, exchanges => 4,
}, 'counts those that were answered');
wait_until { worker_pids() == 2 };
is(scalar worker_pids(), 2, 'the others have ended');
is_deeply(metrics(), $after, 'and left all as it was');

# What is killed while it has nothing in flight changes nothing.
kill_worker($_) for active_workers();
is_deeply(metrics(), $after, 'nor does the end of idle workers');

$before = $after;
for my $worker (active_workers()) {
    over(client_of($worker), body => body(1))->reply for 1 .. 3;
}
is_deeply(changes($before, settled()), {
    issued => 6, tokens => 12, upstream => 6, exchanges => 6,
}, 'and it goes on');
only_killed('nothing else went wrong');
--- error_log: [alert]



=== TEST 4: exact after any number of reloads and kills under load
--- http_config eval: ::http()
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request
GET /
--- then
my $end = time + ($ENV{TEST_STRESS_SECONDS} || 1.5);
my $answers = "$PickyAssist::Test::Dir/answers";
unlink $answers;
my @pids = map {
    my $pid = fork() // die "fork: $!\n";
    if (!$pid) {
        open my $file, '>>', $answers or die "$answers: $!\n";
        while (time < $end) {
            my $reply = eval {
                ask(port => $ENV{TEST_NGINX_SPARE_PORT}, body => body(1));
            };
            syswrite $file, ($reply ? $reply->{status} : 'cut') . "\n";
        }
        POSIX::_exit(0);
    }
    $pid;
} 1 .. 4;
my ($rounds, $kills) = (0, 0);
while (time < $end) {
    select undef, undef, undef, rand 0.1;
    if ($rounds++ % 5 == 4) {
        reload();
    } else {
        my @workers = active_workers();
        kill_worker($workers[rand @workers]);
        $kills++;
    }
}
waitpid $_, 0 for @pids;

# A killed worker may have counted a request that its client got no answer to.
my %got;
$got{$_}++ for split /\n/, ::slurp($answers);
my $after = settled();
is($after->{pickyassist_requests_in_flight}, 0, 'none in flight');
my $issued = $after->{requests('issued')};
my $asked = $after->{labelled('upstream_requests_total')};
diag("$got{200} answers, $issued issued, $asked asked, $kills kills, "
     . ($got{cut} // 0) . ' cut') if $ENV{TEST_STRESS_SECONDS};
cmp_ok($issued, '>=', $got{200}, 'as many as were answered');
cmp_ok($issued, '<=', $got{200} + 4 * $kills, 'or lost with a worker');
cmp_ok($asked, '>=', $issued, 'not more than were asked for');
cmp_ok($asked, '<=', $issued + 4 * $kills, 'nor fewer, but for the lost');
my $others = sum map { $after->{requests($_)} }
                 grep { $_ ne 'issued' } @::outcomes;
cmp_ok($others, '<=', 4 * $kills, 'no other outcome without a cause');
only_killed('nothing else went wrong');
--- error_log: [alert]



=== TEST 5: the histogram
--- http_config eval: ::http()
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request
GET /
--- then
# The client sees more of a duration than nginx, and the upstream sees less.
# nginx looks at the clock when it has events, at one that moves in steps.
my $slack = 0.006;
my ($least, $most) = (0, 0);
for my $ms (0, 60, 180, 0) {
    my $before = settled();
    my $start = time;
    is(ask(port => $ENV{TEST_NGINX_SPARE_PORT}, body => body(1000 + $ms))
           ->{status}, 200, "a pause of $ms ms");
    my $seen = time - $start + $slack;
    my $paused = max(0, $ms / 1000 - $slack);
    $least += $paused;
    $most += $seen;

    my $after = settled();
    my @before = buckets($before);
    my @changed = map { $_ - shift @before } buckets($after);
    my ($first) = grep { $changed[$_] } 0 .. $#changed;
    is(join(' ', @changed[$first .. $#changed]),
       join(' ', (1) x (@changed - $first)), 'in that bucket and all above');
    cmp_ok($first, '>=', bucket($paused), 'in none too low');
    cmp_ok($first, '<=', bucket($seen), 'in none too high');
}
my $after = settled();
my $sum = $after->{labelled('upstream_duration_seconds_sum')};
cmp_ok($sum, '>=', $least, 'the sum is not too low');
cmp_ok($sum, '<=', $most, 'not too high');
is($after->{labelled('upstream_duration_seconds_count')}, 4, 'the count');



=== TEST 6: endpoint_disabled is 1 from open to closed
--- http_config eval
my $same = 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/same';
::http('pickyassist_token project-token;',
       ::location('/breaker', undef, 'pickyassist_disabled_ttl 1s;'),
       ::location('/other', 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/other',
                  'pickyassist_disabled_ttl 60s;'),
       map { ::location("/$_", $same, 'pickyassist_disabled_ttl 60s;',
                        "pickyassist_endpoint $_;") }
           'device-status', 'custom')
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request
GET /
--- then
my $post = sub {
    my ($uri, $project) = @_;
    return ask(port => $ENV{TEST_NGINX_SPARE_PORT}, uri => $uri,
               body => body($project))->{status};
};
is(disabled(), 0, 'closed');
is($post->('/tokens', 2), 410, 'disabled');
is(disabled(), 0, 'no breaker, nothing open');
is($post->('/breaker', 2), 410, 'disabled');
is(disabled(), 1, 'open');
my $before = settled();
is($post->('/breaker', 1), 410, 'open');
is_deeply(changes($before, settled()), { endpoint_disabled => 1 },
          'a local answer is counted like one of the upstream');
select undef, undef, undef, 1.1;
is(disabled(), 1, 'half open');
is($post->('/breaker', 1), 200, 'the probe');
is(disabled(), 0, 'closed again');

is($post->('/other', 2), 410, 'disabled');
is(disabled(), 1, 'one of two');
reload();
is(disabled(), 1, 'after a reload');
reconfigure('/other;', '/another;');
is(disabled(), 0, 'not that of a URL nobody uses any more');

# Endpoints of one URL have one breaker, whichever it was opened by.
my $shared = sub {
    my $all = metrics();
    return join ' ', map { $all->{labelled('endpoint_disabled', $_)} }
                     'create-api-token', 'custom', 'device-status';
};
is($shared->(), '0 0 0', 'closed');
is($post->('/device-status', 2), 410, 'disabled by one of two');
is($shared->(), '0 1 1', 'both are, and no other');
is($post->('/custom', 1), 410, 'the other is not asked');
reload();
is($shared->(), '0 1 1', 'after a reload');



=== TEST 7: formats, types and methods
--- http_config eval
::http('', 'location = /explicit { pickyassist_status prometheus; }',
       'location = /charset { charset utf-8; pickyassist_status; }')
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(1)
--- then
settled();
my $reply = get('/metrics');
is($reply->{status}, 200, 'prometheus');
is($reply->{headers}{'content-type'},
   'text/plain; version=0.0.4; charset=utf-8', 'its type');
is($reply->{headers}{'cache-control'}, 'no-store', 'not to be stored');
is($reply->{headers}{'content-length'}, length $reply->{body}, 'its length');
is(get('/explicit')->{body}, $reply->{body}, 'the same when asked for');
is(get('/charset')->{headers}{'content-type'},
   'text/plain; version=0.0.4; charset=utf-8', 'one charset only');
is(get('/metrics', version => '1.0')->{body}, $reply->{body}, 'HTTP/1.0');
is(get('/metrics?x=y')->{body}, $reply->{body}, 'arguments');

my $json = get('/json');
is($json->{status}, 200, 'json');
is($json->{headers}{'content-type'}, 'application/json', 'its type');
is($json->{headers}{'cache-control'}, 'no-store', 'not to be stored');
is_deeply(json($json->{body}), prometheus($reply->{body}),
          'has the same figures');

for my $uri ('/metrics', '/json') {
    my $length = length get($uri)->{body};
    my $client = over(client(port => $ENV{TEST_NGINX_SPARE_PORT}),
                      method => 'HEAD', uri => $uri, body => '',
                      headers => { Connection => 'close' });
    1 while $client->fill(time + 5);
    my ($head, $body) = split /\r\n\r\n/, $client->{unread}, 2;
    like($head, qr{^HTTP/1.1 200 .*^Content-Length: $length\r}ms, 'HEAD');
    is($body, '', 'has no body');

    for my $method ('POST', 'PUT', 'DELETE', 'OPTIONS', 'PROPFIND') {
        my $refused = get($uri, method => $method);
        is($refused->{status}, 405, "$method: refused");
        is($refused->{headers}{allow}, 'GET, HEAD', "$method: what is not");
    }
}
is_deeply(prometheus(get('/metrics')->{body}), prometheus($reply->{body}),
          'none of that is counted');



=== TEST 8: promtool accepts it
--- http_config eval
::http('pickyassist_token project-token;',
       ::location('/push', undef, 'pickyassist_endpoint push;'))
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(1)
--- then
# tools/deps puts it there where it is not installed.
local $ENV{PATH} = "$ENV{PATH}:build/tools";
SKIP: {
    skip('there is no promtool', 1) if `which promtool` eq '';
    my $file = "$PickyAssist::Test::Dir/metrics";
    open my $metrics, '>', $file or die "$file: $!\n";
    print $metrics get('/metrics')->{body};
    close $metrics;
    my $said = `promtool check metrics <$file 2>&1`;
    is("$? $said", '0 ', 'promtool check metrics');
}



=== TEST 9: a status location without a gateway
--- http_config eval
"server { $PickyAssist::Workers::Listen $::Status }"
--- config
--- request
GET /
--- then
my $all = metrics();
is_deeply([grep { $all->{$_} && !/build_info/ } keys %$all], [], 'all 0');
is(scalar keys %$all, 8, 'what has no endpoint, and no more');
is_deeply(json(get('/json')->{body}), $all, 'as JSON, too');
ok(mapped(256 * 1024), 'there is a zone of the size that is the default');



=== TEST 10: nothing is made when nothing of the module is used
--- http_config
    pickyassist_zone 320k;
    pickyassist_disabled_ttl 5s;
    map $pickyassist_outcome $mapped { default 'x'; '' 'empty'; }
--- config
    location = /none { return 200 "$mapped$pickyassist_breaker"; }
--- request
GET /none
--- response_body chomp
empty
--- then
ok(!mapped(320 * 1024), 'no zone');



=== TEST 11: the size of the zone
--- http_config eval: ::http('pickyassist_zone 320k;')
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(1)
--- then
ok(mapped(320 * 1024), 'is as it was asked for');



=== TEST 12: the smallest zone does
--- http_config eval: ::http('pickyassist_zone 128k;')
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_disabled_ttl 1m;
    }
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(2)
--- error_code: 410
--- then
is(disabled(), 1, 'has a breaker');
ok(mapped(128 * 1024), 'and the size');



=== TEST 13: a smaller one is refused
--- http_config eval: ::http('pickyassist_zone 127k;')
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid size "127k" in "pickyassist_zone".* at least 128k in \S+/conf/nginx\.conf:\d+}



=== TEST 14: what is no size is refused
--- http_config eval: ::http('pickyassist_zone x;')
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid size "x" in "pickyassist_zone".* in \S+/conf/nginx\.conf:\d+}



=== TEST 15: two sizes are refused
--- http_config eval: ::http('pickyassist_zone 1m; pickyassist_zone 1m;')
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_zone" directive is duplicate in \S+/conf/nginx\.conf:\d+}



=== TEST 16: the size belongs to the http level
--- config
    pickyassist_zone 1m;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_zone" directive is not allowed here in \S+/conf/nginx\.conf:\d+}



=== TEST 17: more gateways than a zone has room for
--- http_config eval
::http('pickyassist_zone 128k;',
       map { ::location("/$_", "http://127.0.0.1:1/$_/" . 'x' x 100,
                        'pickyassist_disabled_ttl 1s;') } 1 .. 1000)
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_zone" is too small for the circuit breaker of "http://127\.0\.0\.1:1/\d+/x+"}



=== TEST 18: another size after a reload: a new zone, and all goes on
--- http_config eval
::http('pickyassist_zone 320k;',
       ::location('/breaker', undef, 'pickyassist_disabled_ttl 1m;'))
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(1)
--- before: shut_gate();
--- then
my $port = $ENV{TEST_NGINX_SPARE_PORT};
ask(port => $port, uri => '/breaker', body => body(2));
reconfigure('pickyassist_read_timeout 1500ms', 'pickyassist_read_timeout 20s');
my $before = metrics();
is($before->{labelled('endpoint_disabled')}, 1, 'open');

my $client = over(client_of((active_workers())[0]), body => body(3));
in_flight_becomes(1, 'in flight');
reconfigure('pickyassist_zone 320k', 'pickyassist_zone 1m');
wait_until { mapped(1024 * 1024) };
my $after = metrics();
is_deeply([grep { $after->{$_} && !/build_info/ } keys %$after], [],
          'counts from 0');

open_gate();
is(($client->reply // {})->{status}, 200, 'what was in flight goes on');
$client->close;
is(ask(port => $port, uri => '/breaker', body => body(1))->{status}, 200,
   'the breaker is a new one');
wait_until { worker_pids() == 2 };
is_deeply(changes($after, settled()), {
    issued => 1, tokens => 2, upstream => 1, exchanges => 1,
}, 'each counts in its own zone');



=== TEST 19: pickyassist_status takes two formats
--- config
    location / { pickyassist_status xml; }
--- must_die
--- error_log eval
qr{\[emerg\] .*invalid value "xml" in "pickyassist_status".* in \S+/conf/nginx\.conf:\d+}



=== TEST 20: pickyassist_status once
--- config
    location / { pickyassist_status; pickyassist_status json; }
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_status" directive is duplicate in \S+/conf/nginx\.conf:\d+}



=== TEST 21: pickyassist_status belongs to a location
--- config
    pickyassist_status;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_status" directive is not allowed here in \S+/conf/nginx\.conf:\d+}



=== TEST 22: a status location can be closed like any other
--- config
    location = /metrics { pickyassist_status; deny all; }
    location = /here { pickyassist_status; allow 127.0.0.1; deny all; }
    location = /tokens { pickyassist_pass http://127.0.0.1:1; }
--- request
GET /metrics
--- error_code: 403
--- response_headers
Content-Type: text/html
--- then
is(ask(method => 'GET', uri => '/here', body => '')->{status}, 200, 'or not');



=== TEST 23: variables in log, map and headers
--- http_config eval
::http(<<'EOT',
    map $pickyassist_outcome $kind { issued good; '' none; default bad; }
    map $pickyassist_api_status $api {
        volatile;
        '' none;
        default $pickyassist_api_status;
    }
    log_format variables '$uri|$pickyassist_outcome|$pickyassist_project_id|'
        '$pickyassist_ip_count|$pickyassist_token_count|'
        '$pickyassist_api_status|$pickyassist_breaker|$kind|$api';
    access_log logs/variables.log variables;
    add_header X-Variables '$pickyassist_outcome|$pickyassist_project_id|$pickyassist_ip_count|$pickyassist_token_count|$pickyassist_api_status|$pickyassist_breaker' always;
    server {
        listen unix:$TEST_NGINX_SERVROOT/elsewhere.sock;
        location / { return 502; }
    }
EOT
)
--- config
    pickyassist_disabled_ttl 1m;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_read_timeout 1500ms;
    }
    location = /denied {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        deny all;
    }
    location = /refused {
        pickyassist_pass http://127.0.0.1:1;
    }
    location = /page {
        pickyassist_pass http://127.0.0.1:1;
        error_page 502 /502;
    }
    location = /page-too-large {
        pickyassist_pass http://127.0.0.1:1;
        client_max_body_size 10;
        error_page 413 /502;
    }
    location = /named {
        pickyassist_pass http://127.0.0.1:1;
        error_page 502 = @fallback;
    }
    location = /502 { internal; return 200 "$pickyassist_outcome"; }
    location @fallback { return 200 "$pickyassist_outcome"; }
    location = /elsewhere { return 200 "($pickyassist_outcome)"; }
    location = /proxied {
        proxy_pass http://unix:$TEST_NGINX_SERVROOT/elsewhere.sock;
        proxy_hide_header X-Variables;
    }
    location = /sandbox {
        pickyassist_sandbox;
    }
    location = /rewritten { rewrite ^ /elsewhere last; }
    location = /metrics { pickyassist_status; }
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(1)
--- response_headers
X-Variables: issued|1|1|2|100|closed
--- then
my @rows = (
    # request, the variables as the log has them (and the maps)
    [[body => '{"project_id":1,"ip_whitelist":["192.0.2.1","192.0.2.2"]}'],
     'issued|1|2|2|100|closed|good|100'],
    [[method => 'GET', body => ''], 'method_not_allowed||||||bad|none'],
    [[body => '{}'], 'invalid_request||||||bad|none'],
    [[body => body(403)], 'insufficient_balance|403|1|0|403|closed|bad|403'],
    [[body => body(7)], 'upstream_error|7|1|||closed|bad|none'],
    [[body => body(8)],
     'upstream_invalid_response|8|1|||closed|bad|none'],
    # How much was done is known where the API says that nothing was.
    [[body => body(10)],
     'upstream_invalid_response|10|1||100|closed|bad|100'],
    [[body => body(11)],
     'upstream_invalid_response|11|1||100|closed|bad|100'],
    [[body => body(12)], 'rate_limited|12|1|0|999|closed|bad|999'],
    [[body => body(13)],
     'upstream_invalid_response|13|1|||closed|bad|none'],
    [[body => body(4)], 'upstream_timeout|4|1|||closed|bad|none'],
    [[body => body(2)], 'endpoint_disabled|2|1|0||closed|bad|none'],
    [[body => body(1)], 'endpoint_disabled|1|1|||open|bad|none'],
    [[uri => '/denied'], 'http_403||||||bad|none'],
    [[uri => '/refused'], 'upstream_unreachable|6681|2|||closed|bad|none'],
    [[uri => '/page'], 'upstream_unreachable|6681|2|||closed|bad|none',
     '/502'],
    [[uri => '/named'], 'upstream_unreachable|6681|2|||closed|bad|none'],
    [[uri => '/page-too-large', headers => {
         'Content-Length' => undef, 'Transfer-Encoding' => 'chunked' },
      body => "b\r\n           \r\n0\r\n\r\n"],
     'body_too_large||||||bad|none', '/502'],
    [[uri => '/elsewhere'], '||||||none|none'],
    [[uri => '/proxied'], '||||||none|none'],
    [[uri => '/sandbox'], '||||||none|none'],
    [[uri => '/rewritten'], '||||||none|none', '/elsewhere'],
    [[uri => '/metrics', method => 'GET', body => ''], '||||||none|none'],
    [[uri => '/not-there'], '||||||none|none'],
);
for my $row (@rows) {
    my ($request, $values, $logged) = @$row;
    my %request = @$request;
    my $reply = ask(@$request);
    my ($variables) = $values =~ /^((?:[^|]*\|){5}[^|]*)/;
    is($reply->{headers}{'x-variables'}, $variables, "header: $values");
    my $uri = $logged // $request{uri} // '/tokens';
    my $expected = "$uri|$values" =~ s/\|(?=\||$)/|-/gr;
    $expected =~ s/\|(?=\|)/|-/g;
    wait_until { (log_lines('variables.log'))[-1] eq $expected };
    is((log_lines('variables.log'))[-1], $expected, "log: $values");
}
is(ask(uri => '/page')->{body}, 'upstream_unreachable', 'in an error page');
is(ask(uri => '/named')->{body}, 'upstream_unreachable', 'in a named one');
is(ask(uri => '/elsewhere')->{body}, '()', 'empty elsewhere');



=== TEST 24: an error page of one gateway leads to another
--- http_config eval
::http('',
       ::location('/first', 'http://127.0.0.1:1', 'error_page 502 = @second;'),
       'location @second {',
       'pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }',
       ::location('/too-large', undef, 'client_max_body_size 10;',
                  'error_page 413 = @third;'),
       'location @third {',
       'pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; }')
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request
GET /
--- before: shut_gate();
--- then
my $before = settled();
my $client = over(client(port => $ENV{TEST_NGINX_SPARE_PORT}),
                  uri => '/first', body => body(3));
in_flight_becomes(1, 'in flight once');
open_gate();
is(($client->reply // {})->{status}, 200, 'answered by the second');
is_deeply(changes($before, settled()), {
    upstream_unreachable => 1, issued => 1, tokens => 2, upstream => 2,
    exchanges => 2, unsent => 1,
}, 'each counts what it did');



=== TEST 25: the format for audits in the examples
--- http_config eval
::http(::audit_format() . ' access_log logs/audit.log pickyassist_audit;')
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request eval
"POST /tokens\n" . ::body(1)
--- more_headers
Content-Type: application/json
User-Agent: "quoted\"
--- then
my $reply = ask(body => body(403));
ask(method => 'GET', uri => '/elsewhere?"\\', body => '');
wait_until { log_lines('audit.log') >= 3 };
my @lines = map { JSON::PP->new->utf8->decode($_) } log_lines('audit.log');
is(scalar @lines, 3, 'each line is JSON');

my ($issued, $refused, $other) = @lines;
like($issued->{time}, qr/^\d{4}-\d\d-\d\dT/, 'the time');
is($issued->{outcome}, 'issued', 'outcome');
is($issued->{project_id}, '1', 'project');
is($issued->{ip_count}, '1', 'count of addresses');
is($issued->{api_status}, '100', 'status of the API');
is($issued->{tokens_issued}, '2', 'tokens');
like(join('', map { $_ // '' } %$issued), qr/127\.0\.0\.1/, 'the caller');
is($refused->{outcome}, 'insufficient_balance', 'another outcome');
is($refused->{request_id}, $reply->{headers}{'x-request-id'},
   'the id of the request');
is($other->{outcome}, '', 'empty elsewhere');
is($other->{ip_count}, undef, 'or null');

# Numbers are numbers.
like((log_lines('audit.log'))[0],
     qr/"status":200,.*"project_id":1,"ip_count":1,"api_status":100,
        "tokens_issued":2,"application":null,"template_id":"","command":"",
        "recipients":null,"accepted":null,"push_id":"",.*
        "request_time":\d+\.\d+,"upstream_time":\d+\.\d+\}$/x,
     'numbers as numbers');
unlike(join("\n", log_lines('audit.log')), qr/t-[12]\b/, 'no token');



=== TEST 26: one process that is both master and worker
--- request
GET /
--- then
# A nginx beside that of the test.
my $dir = "$PickyAssist::Test::Dir/single";
my $port = $ENV{TEST_NGINX_SPARE_PORT} + 1;
File::Path::remove_tree($dir);
File::Path::make_path("$dir/logs");

open my $file, '>', "$dir/nginx.conf" or die "$dir: $!\n";
print $file map({ "load_module $_;\n" }
                split ' ', $ENV{TEST_NGINX_LOAD_MODULES}), <<"EOT";
daemon off;
master_process off;
pid logs/nginx.pid;
error_log logs/error.log notice;
events { }
http {
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy;
    fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    pickyassist_master_token secret;
    server {
        listen 127.0.0.1:$port;
        location = /tokens { pickyassist_pass http://127.0.0.1:1; }
        location = /metrics { pickyassist_status; }
        location = /once {
            pickyassist_pass http://127.0.0.1:$port;
            pickyassist_idempotency scope=me;
            pickyassist_rate 2r/s burst=9;
        }
        location /app/api/v2/ { pickyassist_sandbox; }
    }
}
EOT
close $file;

my $pid = fork() // die "fork: $!\n";
if (!$pid) {
    open STDOUT, '>', "$dir/out";
    open STDERR, '>&', \*STDOUT;
    exec($ENV{TEST_NGINX_BINARY} || 'nginx', '-p', $dir, '-c', 'nginx.conf',
         '-e', 'logs/error.log')
        or POSIX::_exit(1);
}
PickyAssist::Test::helper(bless { pid => $pid }, 'PickyAssist::Upstream');
wait_until { eval { client(port => $port) } } or fail('starts');

for my $count (1, 2) {
    is(ask(port => $port)->{status}, 502, 'has a gateway');
    my $all = prometheus(get('/metrics', port => $port)->{body});
    is($all->{requests('upstream_unreachable')},
       $count, 'counts');
    is($all->{pickyassist_requests_in_flight}, 0, 'none in flight');
}
my $once = sub {
    my $reply = ask(port => $port, uri => '/once',
                    headers => { 'Idempotency-Key' => $_[0] });
    my $again = $reply->{headers}{'idempotent-replayed'};
    return $reply->{status} . ($again ? ' again' : '');
};
is($once->('a'), '200', 'a key');
is($once->('b'), '200', 'one that waits for its turn');
is($once->('a'), '200 again', 'the first has its answer');
kill 'QUIT', $pid;
waitpid $pid, 0;
is($?, 0, 'ends as it should');
is(join("\n", ::slurp("$dir/logs/error.log") =~ /^.*\[(?:alert|emerg)\].*$/mg),
   '', 'with a clean log');



=== TEST 27: requests that end without an answer, in the log and in the count
--- http_config eval
::http('log_format ends "$uri $status $pickyassist_outcome";'
       . 'access_log logs/ends.log ends;')
--- config eval
$::Gateway . ::location('/tokens', undef, 'client_body_timeout 1s;')
--- upstream eval: \&::vendor
--- request
GET /
--- then
my $ends = sub { return grep { m{^/tokens} } log_lines('ends.log') };
my $before = settled();
my $head = "POST /tokens HTTP/1.1\r\nHost: h\r\n"
           . "Content-Type: application/json\r\nContent-Length: 99\r\n\r\n{";
my $slow = client();
$slow->send($head);
wait_until { $ends->() >= 1 };
my $gone = client();
$gone->send($head);
in_flight_becomes(1, 'in flight');
undef $gone;
wait_until { $ends->() >= 2 };
is_deeply([$ends->()],
          ['/tokens 408 http_408', '/tokens 400 http_400'], 'logged');
is(changes($before, settled())->{http_error}, 2, 'counted');



=== TEST 28: figures by endpoint, of those that some location has
--- http_config eval
::http('pickyassist_token project-token;',
       ::location('/push', undef, 'pickyassist_endpoint push;',
                  'pickyassist_disabled_ttl 1m;'),
       ::location('/again', undef, 'pickyassist_endpoint push;'),
       ::location('/new', undef, 'pickyassist_endpoint create-project;'),
       ::location('/own', 'http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/x',
                  'pickyassist_endpoint custom;'))
--- config eval: $::Gateway . ::location('/tokens')
--- upstream eval: \&::vendor
--- request
GET /
--- then
my %expected = (
    'create-api-token' => \@::outcomes,
    'create-project' => [outcomes('accepted', 'master_token_rejected')],
    'push' => [outcomes('accepted', 'token_rejected')],
    'custom' => [outcomes('accepted', 'token_rejected')],
);
my $all = settled();
is(join(' ', endpoints_of($all)), join(' ', sort keys %expected),
   'each that a location has, once');
for my $of (sort keys %expected) {
    my @got = map { /^pickyassist_requests_total\{endpoint="$of",
                      outcome="(\w+)"\}$/x } keys %$all;
    is(join(' ', sort @got), join(' ', sort @{$expected{$of}}),
       "$of: its outcomes");
    for my $name ('upstream_requests_total', 'endpoint_disabled',
                  'upstream_duration_seconds_count',
                  'upstream_duration_seconds_sum') {
        is($all->{labelled($name, $of)}, 0, "$of: $name");
    }
}
is_deeply([grep { $all->{$_} && !/build_info/ } keys %$all], [], 'all 0');
is_deeply(json(get('/json')->{body}), $all, 'the same in the other form');

# One counts for itself alone, be it by this location or by that.
my %port = (port => $ENV{TEST_NGINX_SPARE_PORT});
my $row = '"application":1,"data":[{"number":"15550100001"}]';
is(ask(%port, uri => '/push', body => '{')->{status}, 400, 'refused');
is(ask(%port, uri => '/again', body => '{')->{status}, 400, 'and again');
is_deeply(changes($all, settled()),
          { requests('malformed_json', 'push') => 2 }, 'of push alone');
is(ask(%port, uri => '/push', body => qq({"project_id":2,$row}))->{status},
   410, 'disabled');
my $after = settled();
is_deeply(changes($all, $after), {
    requests('malformed_json', 'push') => 2,
    requests('endpoint_disabled', 'push') => 1,
    labelled('upstream_requests_total', 'push') => 1,
    labelled('upstream_duration_seconds_count', 'push') => 1,
    labelled('endpoint_disabled', 'push') => 1,
}, 'disabled is push alone');
is_deeply(json(get('/json')->{body}), $after, 'in the other form, too');

# One that no location has any more is gone, and comes back as it was. Its
# breaker is kept only as long as an old worker might use it.
reconfigure('pickyassist_endpoint push', 'pickyassist_endpoint device-status');
my $without = settled();
is(join(' ', endpoints_of($without)),
   'create-api-token create-project custom device-status', 'another one');
is_deeply([grep { /"push"/ } keys %$without], [], 'nothing of push');
is_deeply([grep { $without->{$_} && /device/ } keys %$without],
          [], 'nothing of it is counted for the other');
reconfigure('pickyassist_endpoint device-status', 'pickyassist_endpoint push');
my $back = settled();
delete $_->{labelled('endpoint_disabled', 'push')} for $after, $back;
is_deeply($back, $after, 'as it was');



=== TEST 29: as a mirror's target and as a post_action it is sent, and no more
--- http_config eval
::http('log_format ends "$uri $pickyassist_outcome $pickyassist_api_status";'
       . 'log_subrequest on;')
--- config eval
CORE::join "\n", $::Gateway, 'access_log logs/ends.log ends;',
     ::location('/tokens'), ::location('/refused', 'http://127.0.0.1:1'),
     map {
         my ($uri, $directive) = @$_;
         "location = $uri { $directive; proxy_pass "
         . 'http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT; }'
     } ['/mirrored', 'mirror /tokens'], ['/before', 'post_action /tokens'],
       ['/mirrored-nowhere', 'mirror /refused'],
       ['/before-nowhere', 'post_action /refused']
--- upstream eval: \&::vendor
--- upstream2: {}
--- request
GET /
--- then
my @rows = (
    # What the vendor said does not matter, since nobody reads it.
    (map { my $uri = $_;
           map { [$uri, body($_), 'outcome_unknown', 1] } 1, 2, 403, 7 }
         '/mirrored', '/before'),
    # Where nothing was sent, that is known.
    ['/mirrored', '{}', 'invalid_request', 0],
    ['/before', '{}', 'invalid_request', 0],
    ['/mirrored-nowhere', body(1), 'upstream_unreachable', 1],
    ['/before-nowhere', body(1), 'upstream_unreachable', 1],
);
for my $row (@rows) {
    my ($uri, $body, $outcome, $sent) = @$row;
    my $name = "$uri, $body";
    my $before = settled();
    my $lines = log_lines('ends.log');
    is(ask(uri => $uri, body => $body)->{body}, '{}', $name);
    my $after;
    ok(wait_until { ($after = settled())->{requests($outcome)}
                    > ($before->{requests($outcome)} // 0) },
       "$name - counted");
    is_deeply(changes($before, $after), {
        $outcome => 1, $outcome =~ /unreachable/ ? (unsent => 1) : (), $sent ? (upstream => 1, exchanges => 1) : (),
    }, "$name - and nothing else");
    ok(wait_until { my @new = log_lines('ends.log');
                    grep { m{^/(?:tokens|refused) $outcome -$} }
                         @new[$lines .. $#new] },
       "$name - logged") or diag(join "\n", log_lines('ends.log'));
}



=== TEST 30: messages that are accepted, and the balance that was last told
--- http_config eval
my $sandbox = 'http://127.0.0.1:$TEST_NGINX_SERVER_PORT';
::http('pickyassist_token project-token;',
       ::location('/push', $sandbox, 'pickyassist_endpoint push;'),
       ::location('/balance', $sandbox, 'pickyassist_endpoint check-balance;'),
       ::location('/theirs', undef, 'pickyassist_endpoint check-balance;'))
--- config
    location /app/api/v2/ {
        pickyassist_token project-token;
        pickyassist_sandbox;
    }
--- upstream eval
my @replies = ('"status":100,"balance":-0.5', '"status":100,"balance":"none"',
               '"status":100', '"status":403,"balance":7',
               '"status":100,"balance":0');
sub { my ($c) = @_;
      while (my $request = $c->request) {
          $c->reply('{' . $replies[$request->{number} - 1] . '}');
      } }
--- request
GET /
--- then
my %port = (port => $ENV{TEST_NGINX_SPARE_PORT});
my $row = sub { return qq({"number":"$_[0]","message":"x"}) };
my $push = sub {
    my $rows = join ',', map { $row->($_) } @_;
    return ask(%port, uri => '/push',
               body => qq({"application":1,"data":[$rows]}))->{status};
};
my $told = sub {
    my $all = settled();
    is_deeply(json(get('/json')->{body}), $all, 'the same in the other form');
    return join ' ', map { $all->{"pickyassist_$_"} // 'absent' }
                     'messages_accepted_total', 'balance';
};
is($told->(), '0 absent', 'at the start');
is($push->(15550100001), 200, 'a message');
is($push->(15550100001 .. 15550100003), 200, 'three more');
is($told->(), '4 absent', 'counted row by row');
is($push->(99999990403, 15550100001), 402, 'refused');
is($told->(), '4 absent', 'and not counted');
is(ask(%port, uri => '/balance', body => '{}')->{status}, 200, 'asked for');
is($told->(), '4 999.98', 'the balance');
is($push->(15550100001), 200, 'one more message');
is($told->(), '5 999.98', 'the last that was told');
reload();
is($told->(), '5 999.98', 'a reload keeps both');
is(ask(%port, uri => '/balance', body => '{}')->{status}, 200, 'asked again');
is($told->(), '5 999.975', 'told anew');

# What is owed is one, too; what is none leaves the last one as it is.
for my $balance ('-0.5', '-0.5', '-0.5', '-0.5', '0') {
    ask(%port, uri => '/theirs', body => '{}');
    is($told->(), "5 $balance", "a balance of $balance");
}
