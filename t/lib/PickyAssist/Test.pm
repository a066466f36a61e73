package PickyAssist::Test;

# The frame of all suites: Test::Nginx::Socket with this module loaded, a
# master process, scripted upstreams, and checks that hold for every block. A
# suite is
#
#     use PickyAssist::Test;
#     run_tests();
#     __DATA__
#
# followed by blocks. The smallest block tests something already, since each
# of these sections has a default:
#
#     --- http_config     the master token, from a file
#     --- config          location = /tokens that passes to the upstream
#     --- request         the vendor's sample request, POST /tokens
#     --- more_headers    Content-Type: application/json
#
# Sections of ours, besides those of Test::Nginx::Socket (see its manual):
#
#     --- upstream              starts an upstream at 127.0.0.1, port
#                               $TEST_NGINX_UPSTREAM_PORT. Text: the reply to
#                               every request, a JSON text alone being the body
#                               of a 200. With the filter eval, a function that
#                               is called with each connection; for what it can
#                               do see PickyAssist/Upstream.pm:
#                                   sub { my ($c) = @_; $c->request;
#                                         $c->send("HTTP/1.1 200"); $c->reset }
#     --- upstream_tls          that upstream speaks TLS with this certificate
#                               (see make-certs); "good client" also demands one
#                               of the client, and words like SSL_version=TLSv12
#                               are options of IO::Socket::SSL
#     --- upstream_received     what the upstream received, byte by byte, over
#                               all connections; line ends of the head are
#                               written as plain ones. A regex with qr and eval
#     --- upstream_received_unlike  a regex that this must not match
#     --- upstream_requests     how many requests
#     --- upstream_connections  how many connections
#
# The same with upstream2 and upstream3, for a second and a third one.
#
#     --- problem               "422 invalid_request": the reply is this problem
#                               document, its members and headers as the
#                               contract has them; further lines, "/pointer
#                               code", are its errors, in order. "502
#                               upstream_error none later": also its effect and
#                               retry, where a code has several
#     --- token_may_be_logged   leaves out the check for the master token
#     --- before                Perl, run in the suite's package before nginx
#                               starts
#     --- then                  Perl, run when the reply is there, with nginx and
#                               the upstreams still running; $reply is its body.
#                               For what is of use see PickyAssist/Client.pm
#
# Two checks run for every block, after nginx has ended: no [alert] and no
# [emerg] in the error log unless an error_log section names it (must_die
# allows both), and the master token in no file that nginx wrote. It is also
# looked for in every response body.
#
# Variables for all sections: $TEST_NGINX_UPSTREAM_PORT (and UPSTREAM2,
# UPSTREAM3), $TEST_NGINX_SPARE_PORT (free, like the nine after it),
# $TEST_NGINX_SERVER_PORT, $TEST_NGINX_CERTS (a directory),
# $TEST_NGINX_TOKEN (the master token), $TEST_NGINX_TOKEN_FILE.
#
# TEST_SLOW says how many times slower nginx is than it would be, if it is: then
# a section "wait" is that much longer.
#
# A suite alone: prove -It/lib t/x.t. What it left behind is in build/t/x.

use strict;
use warnings;

use Cwd qw(cwd);
use File::Basename qw(basename);
use File::Find ();
use File::Path qw(make_path);
use JSON::PP ();

our ($Dir, @Upstreams);

# Test::Nginx reads its environment when it is loaded.
BEGIN {
    my $build = cwd() . '/build';
    $Dir = "$build/t/" . basename($0, '.t');
    make_path($Dir);

    my $port = $ENV{TEST_NGINX_PORT} //= 1984;
    @Upstreams = (
        { section => 'upstream', port => $port + 1 },
        { section => 'upstream2', port => $port + 2 },
        { section => 'upstream3', port => $port + 3 },
    );
    $ENV{'TEST_NGINX_' . uc($_->{section}) . '_PORT'} = $_->{port}
        for @Upstreams;
    $ENV{TEST_NGINX_SPARE_PORT} = $port + 10;

    # For a client of Test::Nginx, and for nginx to start or end.
    $ENV{TEST_NGINX_TIMEOUT} //= 10;

    # Empty where the module is linked into nginx.
    $ENV{TEST_NGINX_LOAD_MODULES} //= "$build/ngx_pickyassist_module.so";
    $ENV{TEST_NGINX_SERVROOT} //= "$Dir/servroot";
    $ENV{PATH} .= ':/usr/sbin';

    $ENV{TEST_NGINX_CERTS} = "$build/t/certs";
    system('t/lib/make-certs', $ENV{TEST_NGINX_CERTS}) == 0
        or die "cannot make certificates\n";

    $ENV{TEST_NGINX_TOKEN} = 'master-3b1f0c77d2a94e58';
    $ENV{TEST_NGINX_TOKEN_FILE} = "$Dir/master-token";
    open my $file, '>', $ENV{TEST_NGINX_TOKEN_FILE} or die "$Dir: $!\n";
    chmod 0600, $file;
    print $file "$ENV{TEST_NGINX_TOKEN}\n";
    close $file;
}

use Test::Nginx::Socket -Base;
use Test::Nginx::Util ();
use PickyAssist::Upstream;

# The number of checks follows from the blocks; nobody should count them.
plan('no_plan');
no_long_string();
master_on();
log_level('debug');
worker_connections(512);

# Test::Nginx warns of lines that the check for clean logs judges.
$SIG{__WARN__} = sub {
    warn @_ if $_[0] !~ /^WARNING: .*\[(?:alert|emerg)\]/;
};

# A nginx that does not start would end the whole run, with all other suites.
{
    no warnings 'redefine';
    *Test::More::BAIL_OUT = sub {
        diag("this suite ends here: @_");
        exit 255;
    };
}

# Before 1.25.1 HTTP/2 is asked for in the listen directive, whatever
# Test::Nginx thinks.
my $write_config_file = \&Test::Nginx::Util::write_config_file;
{
    no warnings 'redefine';
    *Test::Nginx::Util::write_config_file = sub ($$$) {
        $write_config_file->(@_);
        return if $ENV{TEST_NGINX_VERSION_NUM} >= 1025001;
        local ($^I, @ARGV) = ('', $Test::Nginx::Util::ConfFile);
        while (my $line = <>) {
            $line =~ s/^(\s*listen\s.*);\s*http2 on;/$1 http2;/;
            print $line;
        }
    };
}

my %default = (
    http_config => 'pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;',
    config => <<'EOF',
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
EOF
    request => "POST /tokens\n" . '{"project_id":6681,'
               . '"ip_whitelist":["192.168.0.1","202.164.148.84"]}',
    more_headers => 'Content-Type: application/json',
);

add_block_preprocessor(sub {
    my ($block) = @_;

    for my $name (sort keys %default) {
        next if defined $block->$name
                || $name eq 'request' && (defined $block->raw_request
                                          || $block->pipelined_requests);
        $block->set_value($name, $default{$name});
    }

    # Makes Test::Nginx call the check that is set below.
    $block->set_value('no_shutdown_error_log', [])
        if !defined $block->no_shutdown_error_log;

    # What nginx says of its end is in the error log as well.
    $block->set_value('suppress_stderr', 1) if defined $block->must_die;

    expect_problem($block) if defined $block->problem;
    $block->set_value('wait', $ENV{TEST_SLOW} * $block->wait)
        if $ENV{TEST_SLOW} && defined $block->wait;

    run_perl($block, 'before');

    for my $upstream (@Upstreams) {
        start_upstream($block, $upstream)
            if defined $block->${\$upstream->{section}};
    }
});

add_test_cleanup_handler(sub {
    my ($block) = @_;
    for my $upstream (@Upstreams) {
        my $running = delete $upstream->{running} or next;
        check_upstream($block, $upstream->{section}, $running);
        $running->stop;
    }
});

# With TEST_STOP a suite ends with the first block that fails; when it matters
# only whether one does.
add_test_cleanup_handler(sub {
    exit 1 if $ENV{TEST_STOP} && !Test::More->builder->is_passing;
});

# A suite that is cut short leaves no upstream behind.
add_cleanup_handler(sub {
    ($_->{running} or next)->stop for @Upstreams;
    stop_helpers();
});

# Processes that a section "before" started: what has a method "stop" and is
# handed to helper() ends with the block.
my @helpers;
sub helper() { push @helpers, @_; return $_[0] }
sub stop_helpers() { $_->stop for splice @helpers }
add_test_cleanup_handler(\&stop_helpers);

sub run_perl() {
    my ($block, $section, $reply) = @_;
    my $code = $block->$section // return;
    my $name = $block->name . " - $section";
    eval "package main; use strict; use warnings;\n"
         . "#line 1 \"$name\"\n$code; 1"
        or fail("$name: $@");
}

sub start_upstream() {
    my ($block, $upstream) = @_;
    my $section = $upstream->{section};
    my $script = $block->$section;
    my $tls = "${section}_tls";
    my ($cert, @words) = split ' ', $block->$tls // '';
    my $certs = $ENV{TEST_NGINX_CERTS};

    $upstream->{running} = PickyAssist::Upstream->start(
        port => $upstream->{port},
        dir => "$Dir/$section",
        script => $script,
        $cert ? (cert => "$certs/$cert.pem", key => "$certs/$cert.key") : (),
        (grep { $_ eq 'client' } @words) ? (client_ca => "$certs/ca.pem") : (),
        ssl_options => [map { /^(SSL_\w+)=(.*)/ ? ($1, $2) : () } @words],
    );
}

sub check_upstream() {
    my ($block, $section, $running) = @_;
    my $name = $block->name;
    my $expected = sub { my $part = "${section}_$_[0]"; $block->$part };

    if (defined(my $bytes = $expected->('received'))) {
        if (ref $bytes) {
            like($running->received, $bytes, "$name - $section received");
        } else {
            is($running->received, request_bytes($bytes, $name),
               "$name - $section received");
        }
    }
    if (defined(my $pattern = $expected->('received_unlike'))) {
        unlike($running->received, qr/$pattern/,
               "$name - $section did not receive");
    }
    for my $what ('request', 'connection') {
        my $count = $expected->("${what}s") // next;
        is($running->count($what), $count + 0, "$name - $section ${what}s");
    }
    fail("$name - $section script: $_")
        for grep { /^died/ } $running->events;
}

# A request as suites write it, see upstream_received.
sub request_bytes() {
    my ($text, $name) = @_;
    $text = Test::Nginx::Util::expand_env_in_text($text, $name, {});
    my ($head, $body) = split /\n\n/, $text, 2;
    $body //= '';
    $body =~ s/\n\z//;
    $head =~ s/\n/\r\n/g;
    return "$head\r\n\r\n$body";
}

# Headers and status of a problem document, in sections of Test::Nginx; the
# body is compared by check_problem().
sub expect_problem() {
    my ($block) = @_;
    my ($status) = split ' ', $block->problem;
    my $headers = $block->response_headers // '';
    $block->set_value('error_code', $status);
    $block->set_value('response_headers', <<"EOF" . $headers);
Content-Type: application/problem+json
Cache-Control: no-store
EOF
    $block->set_value('response_headers_like',
                      'X-Request-Id: ^[0-9a-f]{32}$')
        if !defined $block->response_headers_like;
}

# What the contract says of a code in section 18, for suites too: effect and
# retry. Of several, those of the case in which the effect is unknown.
sub advice() {
    my ($code) = @_;
    return ('none', 'later')
        if $code =~ /^(?:rate_limited|upstream_unavailable|upstream_unreachable
                       |too_early|idempotency_store_full|http_429|http_503)$/x;
    return ('unknown', 'check')
        if $code =~ /^(?:upstream_timeout|upstream_error
                       |upstream_invalid_response|outcome_unknown)$/x;
    return ('unknown', 'later') if $code eq 'idempotency_in_progress';
    return ('none', 'no');
}

# The two members as they are written.
sub advice_members() {
    my ($effect, $retry) = @_ > 1 ? @_ : advice(@_);
    return qq("effect":"$effect","retry":"$retry");
}

sub check_problem() {
    my ($block, $body) = @_;
    my ($first, @errors) = split /\n/, $block->problem;
    my ($status, $code, @advice) = split ' ', $first;
    my $name = $block->name . " - problem $code";
    @advice = advice($code) if !@advice;

    my $got = eval { JSON::PP->new->utf8->decode($body) };
    if (ref $got ne 'HASH') {
        fail("$name: not a JSON object: " . ($body // '(nothing)'));
        return;
    }

    # What has no fixed value has a fixed form.
    my %form = (
        title => qr/^\S.*\S$/s,
        detail => qr/^\S.*\S$/s,
        request_id => qr/^[0-9a-f]{32}$/,
    );
    for my $member (keys %form) {
        my $value = $got->{$member};
        $got->{$member} = 'as it should be'
            if defined $value && !ref $value && $value =~ $form{$member};
    }
    for my $error (@{$got->{errors} || []}) {
        my $detail = delete $error->{detail};
        $error = "$error->{pointer} $error->{code}"
            if $detail && keys %$error == 2;
    }
    delete @$got{'upstream_status', 'upstream_message'};

    is_deeply($got, {
        type => $code =~ /^http_/ ? 'about:blank'
                                  : "urn:pickyassist:problem:$code",
        status => $status,
        code => $code,
        effect => $advice[0],
        retry => $advice[1],
        (map { $_ => 'as it should be' } keys %form),
        @errors ? (errors => [map { s/^""//r } @errors]) : (),
    }, $name) or diag($body);
}

add_response_body_check(sub {
    my ($block, $body) = @_;
    check_problem($block, $body) if defined $block->problem;
    fail($block->name . ' - the response contains the master token')
        if index($body // '', $ENV{TEST_NGINX_TOKEN}) >= 0;
    run_perl($block, 'then', $body);
});

# Called when nginx has ended and its files are still there.
my $check_shutdown = $Test::Nginx::Util::CheckShutdownErrorLog;
$Test::Nginx::Util::CheckShutdownErrorLog = sub {
    my ($block, $dry_run) = @_;
    $check_shutdown->($block, $dry_run);
    return if $dry_run;
    my @found = (unexpected_log_lines($block),
                 defined $block->token_may_be_logged ? () : token_leaks());
    ok(!@found, $block->name . ' - clean logs')
        or diag(join "\n", @found);
};

sub unexpected_log_lines() {
    my ($block) = @_;
    my $expected = $block->error_log;
    $expected = join "\n", @$expected if ref $expected eq 'ARRAY';
    $expected //= '';
    return if defined $block->must_die;

    my @levels = grep { index($expected, "[$_") < 0 } 'alert', 'emerg';
    open my $log, '<', "$ENV{TEST_NGINX_SERVROOT}/logs/error.log" or return;
    my @found;
    while (my $line = <$log>) {
        chomp $line;
        push @found, $line if grep { index($line, "[$_]") >= 0 } @levels;
    }
    return @found;
}

# The configuration is ours, everything else under the prefix is nginx's.
sub token_leaks() {
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub {
        $File::Find::prune = 1 if m{/servroot[^/]*/conf$};
        return if !-f $_;
        open my $file, '<:raw', $_ or return;
        local $/;
        push @found, "the master token is in $_"
            if index(<$file>, $ENV{TEST_NGINX_TOKEN}) >= 0;
    } }, $ENV{TEST_NGINX_SERVROOT});
    return @found;
}

1;
