# Checks the documentation: nginx accepts its configurations, its commands give
# the replies that are shown, its links lead somewhere, its pages lead from one
# to the next, and its lists of directives, variables, codes and metrics are
# those of the source.
#
# In README.md, CONTRIBUTING.md and docs/, the language of a fenced block says
# what is done:
#
#     nginx   checked by "nginx -t", see t/lib/try-configuration. A fragment
#             is put where its first directive belongs
#     sh      run, with examples/sandbox.conf, examples/errors.conf and
#             examples/scaling running. The block that follows is what comes
#             back. "http": the status, each header shown, the body but for
#             the ids of requests and messages, and tokens; "text": exactly
#             this
#     yaml    parsed
#     shell   needs root, a terminal or a service: only its syntax is checked,
#             and that the targets of make and the files it names are there.
#             t/93-getting-started.t runs those of the installation.
#             After ./configure, make is that of nginx

use strict;
use warnings;

use Cwd qw(cwd);
use File::Basename qw(basename dirname);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use JSON::PP;
use Test::More;
use YAML::XS ();

$ENV{PATH} .= ':/usr/sbin';

my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
my $port = $ENV{TEST_NGINX_PORT} // 1984;
my %port = (8080 => $port, 8081 => $port + 1,
            8090 => $port + 2, 8091 => $port + 3,
            map { 8100 + $_ => $port + 4 + $_ } 0 .. 4);
my $dir = cwd() . '/build/t/90-docs';

my @pages = ('README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md',
             glob 'docs/*.md');
my $source = 'ngx_pickyassist_module';
my %done = (commands => 0, configurations => 0);
my @running;

sub slurp {
    my ($name) = @_;
    open my $file, '<:raw', $name or die "$name: $!\n";
    local $/;
    return <$file>;
}

sub spew {
    my ($name, $text) = @_;
    open my $file, '>:raw', $name or die "$name: $!\n";
    print $file $text;
    close $file or die "$name: $!\n";
}

# The fenced blocks of a page: language, text, and what to call it.
sub blocks {
    my ($page) = @_;
    my $text = slurp($page);
    my @blocks;
    while ($text =~ /^( *)```(\w+)\n(.*?)^ *```$/msg) {
        my ($indent, $language, $block) = ($1, $2, $3);
        my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
        $block =~ s/^$indent//mg;
        push @blocks, { language => $language, text => $block,
                        name => "$page:$line" };
    }
    return @blocks;
}

#
# Configurations
#

# The names of the directives that are in no block.
sub outer_directives {
    my ($text) = @_;
    $text =~ s/#.*//g;
    $text =~ s/'[^']*'/x/g;
    1 while $text =~ s/\{[^{}]*\}/;/g;
    return map { /(\S+)/ ? $1 : () } split /;/, $text;
}

sub complete_configuration {
    my ($text) = @_;
    my ($first) = outer_directives($text);
    my %http = map { $_ => 1 }
        qw(geo limit_req_zone log_format map server upstream);
    my %server = map { $_ => 1 } qw(listen location resolver server_name);

    return $text if $text =~ /^http \{/m;

    my $token = $text =~ /pickyassist_(?:master_)?token/
                ? '' : 'pickyassist_master_token example-token;';

    if (!$http{$first}) {
        $text = "location = /example {\n$text}\n" if !$server{$first};
        $text = "server {\n$text}\n";
    }
    return "load_module modules/ngx_pickyassist_module.so;\n"
           . "events {\n}\nhttp {\n$token\n$text}\n";
}

sub check_configuration {
    my ($block) = @_;
    my $file = "$dir/from-docs/" . $block->{name} =~ s/\W+/-/gr . '.conf';
    spew($file, complete_configuration($block->{text}));
    my $output = `t/lib/try-configuration $dir/nginx-t $file`;
    ok($? == 0, "$block->{name}: a configuration") or diag($output);
    $done{configurations}++;
}

#
# Commands
#

sub with_test_ports {
    my ($text) = @_;
    $text =~ s/(127\.0\.0\.1:)(8[01]\d\d)\b/$1 . ($port{$2} \/\/ $2)/ge;
    return $text;
}

sub start_nginx {
    my ($name, @ports) = @_;
    my $prefix = "$dir/$name";
    make_path("$prefix/modules", "$prefix/temp");
    symlink cwd() . '/build/ngx_pickyassist_module.so',
            "$prefix/modules/ngx_pickyassist_module.so";
    symlink cwd() . '/examples/console', "$prefix/console";

    my $conf = with_test_ports(slurp("examples/$name.conf"));
    $conf =~ s/^load_module.*//m
        if !length($ENV{TEST_NGINX_LOAD_MODULES} // 'x');
    spew("$prefix/nginx.conf", $conf);

    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        open STDOUT, '>', "$prefix/access.log" or die;
        open STDERR, '>', "$prefix/error.log" or die;
        exec $nginx, '-p', "$prefix/", '-e', 'stderr',
             '-c', "$prefix/nginx.conf", '-g', 'daemon off;'
            or die "$nginx: $!\n";
    }
    push @running, $pid;
    wait_for_ports("$prefix/error.log", @ports);
}

sub wait_for_ports {
    my ($log, @ports) = @_;
    for (1 .. 300) {
        my @open = grep {
            IO::Socket::INET->new(PeerAddr => "127.0.0.1:$_")
        } @ports;
        return if @open == @ports;
        select undef, undef, undef, 0.1;
    }
    BAIL_OUT("nginx does not run:\n" . slurp($log));
}

# The example of docs/scaling.md, by the script that comes with it.
sub start_scaling {
    my @ports = @port{8100 .. 8104};
    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        $ENV{PORT} = $ports[0];
        $ENV{NGINX_BIN} = $nginx;
        $ENV{MODULE} = length($ENV{TEST_NGINX_LOAD_MODULES} // 'x')
                       ? cwd() . '/build/ngx_pickyassist_module.so' : '';
        open STDOUT, '>', "$dir/scaling.log" or die;
        open STDERR, '>&', \*STDOUT or die;
        exec 'examples/scaling/start', "$dir/scaling" or die;
    }
    push @running, $pid;
    wait_for_ports("$dir/scaling.log", @ports);
}

END {
    # Of this process alone, and without a change of its exit status.
    local $?;
    for my $pid (@running) {
        kill 'TERM', $pid;
        waitpid $pid, 0;
    }
}

# Status, headers and body of a message as curl -i prints it or a page shows
# it; what differs from call to call has a fixed value.
sub message {
    my ($text) = @_;
    $text =~ s/\r\n/\n/g;
    my ($head, $body) = split /\n\n/, $text, 2;
    my ($first, @lines) = split /\n/, $head;
    my %headers = map { /^([^:]+): *(.*)$/ ? (lc $1 => $2) : () } @lines;
    my $id = qr/[0-9a-f]{32}/;

    $headers{'x-request-id'} =~ s/^$id$/an id/ if $headers{'x-request-id'};
    $body =~ s/("request_id":")$id"/$1an id"/;
    $body =~ s/("(?:push|msg)_id":")\d+"/$1an id"/g;
    $body =~ s/("token":")[0-9a-f]{40}"/$1a token"/g;
    $body =~ s/("(?:push_id|msg_id|template_id|group_id)":)"?[\w@.]+"?/$1an id/g;
    $body =~ s/("(?:time|group_created_date)":)"[^"]*"/$1a time/g;
    $body =~ s{(https://chat\.whatsapp\.com/)\w+}{$1link};
    $body =~ s/("balance":)[\d.]+/$1a balance/;
    $body =~ s/\n\z//;
    return { status => $first =~ m{^HTTP/1\.1 (\d+)} ? $1 : $first,
             headers => \%headers, body => $body };
}

sub check_command {
    my ($block, $reply) = @_;
    my $name = "$block->{name}: a command";

    if (!$reply || $reply->{language} !~ /^(?:http|text)$/) {
        fail("$name without the reply it gives");
        return;
    }

    spew("$dir/command", with_test_ports($block->{text}));
    my $output = `bash $dir/command 2>$dir/command.err`;
    $done{commands}++;

    if ($reply->{language} eq 'text') {
        is($output, $reply->{text}, "$name: output")
            or diag(slurp("$dir/command.err"));
        return;
    }

    my $expected = message($reply->{text});
    my $got = message($output);

    # Seconds may have passed.
    my $left = \$got->{headers}{'retry-after'};
    my $shown = $expected->{headers}{'retry-after'};
    $$left = $shown if $shown && $$left && $$left > 0 && $$left <= $shown;

    is($got->{status}, $expected->{status}, "$name: status")
        or diag(slurp("$dir/command.err"));
    is($got->{headers}{$_}, $expected->{headers}{$_}, "$name: $_")
        for sort keys %{$expected->{headers}};
    is($got->{body}, $expected->{body}, "$name: body");
}

sub check_shell {
    my ($block) = @_;
    spew("$dir/command", $block->{text});
    my $output = `bash -n $dir/command 2>&1`;
    my @missing = grep { !-e } $block->{text} =~ m{\b((?:examples|tools)/[\w./-]+)}g;
    my %target = map { $_ => 1 } slurp('Makefile') =~ /^([a-z-]+):/mg;
    push @missing, grep { !$target{$_} } $block->{text} =~ /^make ([\w-]+)/mg
        if $block->{text} !~ m{^\./configure }m;
    ok($? == 0 && !@missing, "$block->{name}: a command's syntax")
        or diag("$output@missing");
}

#
# Links
#

# The anchors of a page, made of its headings as GitHub makes them.
sub anchors {
    my ($page) = @_;
    my $text = slurp($page) =~ s/^ *```.*?^ *```$//msgr;
    return map { lc =~ s/[^\w\- ]//gr =~ tr/ /-/r } $text =~ /^#+ +(.*)/mg;
}

sub check_links {
    my ($page) = @_;
    my $text = slurp($page) =~ s/^ *```.*?^ *```$//msgr;
    my @broken;
    while ($text =~ /\]\(([^)\s]+)\)/g) {
        my $link = $1;
        next if $link =~ /^https?:/;
        my ($file, $anchor) = split /#/, $link, 2;
        my $path = length $file ? dirname($page) . "/$file" : $page;
        push @broken, $link
            if !-e $path || defined $anchor
                            && !grep { $_ eq $anchor } anchors($path);
    }
    is_deeply(\@broken, [], "$page: no broken links");
}

#
# Lists that the source has as well
#

sub all_sources {
    return join '', map { slurp($_) } glob "$source/*.[ch]";
}

# The names in a table { ngx_string("name"), VALUE } and their values.
sub values_of_table {
    my ($code, $table) = @_;
    my ($text) = $code =~ /\b$table\[\] = \{(.*?)\n\};/s
        or die "no table $table\n";
    return reverse $text =~ /ngx_string\("([^"]+)"\), (\w+) \}/g;
}

# What the function that merges configurations says, as it is written in a
# configuration; undef: nothing.
sub default_of_field {
    my ($code, $field, $setter, $post) = @_;
    return if $field =~ /^secrets\[/;
    return if $code =~ /\Q$field\E = prev->\Q$field\E;/;    # no default
    my ($value) = $code =~ /ngx_conf_merge_(?:\w+_)?value\(conf->\Q$field\E,
                            \s* prev->\Q$field\E, \s* (.*?)\);/xs
        or die "no default of $field\n";

    return if $value eq 'NULL' || $value eq '""';
    return $value ? 'on' : 'off' if $setter =~ /flag_slot/;
    return eval($value) / 1024 . 'k' if $setter =~ /size_slot/;
    return $value ? $value / 1000 . 's' : '0' if $setter =~ /msec_slot/;
    return $value =~ tr/"//dr if $setter =~ /str_slot/;

    if ($setter =~ /enum_slot|bitmask_slot|set_enum|set_bitmask/) {
        my %names = values_of_table($code, $post);
        return join ' ', map { $names{$_} // () } $value =~ /\w+/g;
    }
    return $value;
}

# Directives whose defaults are not in the merging function.
sub special_default {
    my ($code, $name) = @_;
    if ($name eq 'pickyassist_keepalive') {
        my ($number) = $code =~ /prev->keepalive\.max, (\d+)\)/;
        my ($time) = $code =~ /NGX_PICKYASSIST_KEEPALIVE_TIMEOUT +(\d+)/;
        return sprintf '%d %ds', $number, $time / 1000;
    }
    my %pattern = (
        pickyassist_disabled_status =>
            qr/ngx_pickyassist_default_status\[\] = \{ ([\d, ]+) \}/,
        pickyassist_device_commands =>
            qr/ngx_pickyassist_default_commands\[\] = \{(.*?)\}/s,
        pickyassist_endpoint =>
            qr/conf->endpoint, prev->endpoint,\s+(PA_ENDPOINT_\w+)/,
        pickyassist_disabled_message =>
            qr/ngx_pickyassist_default_message = pa_string\("(\w+)"\)/,
        pickyassist_zone => qr/NGX_PICKYASSIST_ZONE_SIZE  \(([\d *]+)\)/,
        pickyassist_idempotency =>
            qr/\(conf->idempotency, prev->idempotency, (NULL)\)/,
        pickyassist_rate => qr/\(conf->rate, prev->rate, (NULL)\)/,
        pickyassist_idempotency_zone =>
            qr/NGX_PICKYASSIST_ONCE_STORE_SIZE  \(([\d *]+)\)/,
    );
    my $pattern = $pattern{$name} // return;
    my ($value) = $code =~ $pattern or die "no default of $name\n";
    if ($name =~ /zone/) {
        my $kilobytes = eval($value) / 1024;
        return $kilobytes % 1024 ? "${kilobytes}k" : $kilobytes / 1024 . 'm';
    }
    return 'off' if $value eq 'NULL';
    return join ' ', $value =~ /"(.*?)"/g if $name =~ /commands/;
    return lc $value =~ s/^PA_ENDPOINT_//r =~ tr/_/-/r if $name =~ /endpoint/;
    return $value =~ tr/,//dr;
}

# name => { Default, Context, Choices } as the commands are registered
sub directives_of_source {
    my $code = all_sources();
    my %directives;
    my ($table) = $code =~ /ngx_pickyassist_commands\[\] = \{(.*?)\n\};/s;

    while ($table =~ /\{ ngx_string\("(\w+)"\),\s*(\S+),\s*(\w+),(.*?) \}/gs) {
        my ($name, $flags, $setter, $rest) = ($1, $2, $3, $4);
        my ($field) = $rest =~ /ngx_pickyassist_slot\((.*?)\)/;
        my ($post) = $rest =~ /,\s*&?(\w+)\s*$/;
        my $default = $field ? default_of_field($code, $field, $setter, $post)
                             : special_default($code, $name);
        my %choices = $setter =~ /enum_slot|bitmask_slot|set_enum|set_bitmask/
                      ? values_of_table($code, $post) : ();
        my $any = $flags =~ /NGX_PICKYASSIST_ANY_CONF/;

        $directives{$name} = {
            Default => defined $default ? "`$name $default;`" : "\x{2014}",
            Context => join(', ',
                $any || $flags =~ /NGX_HTTP_MAIN_CONF/ ? '`http`' : (),
                $any || $flags =~ /NGX_HTTP_SRV_CONF/ ? '`server`' : (),
                $any || $flags =~ /NGX_HTTP_LOC_CONF/ ? '`location`' : ()),
            Choices => [sort $flags =~ /NGX_CONF_FLAG/ ? ('off', 'on')
                                                       : values %choices],
        };
    }
    return \%directives;
}

# The same as the page has it.
sub directives_of_page {
    my ($source) = @_;
    my $text = slurp('docs/directives.md');
    utf8::decode($text);
    my %directives;

    while ($text =~ /^\#\#[ ](\w+)\n\n -[ ]Syntax: [ ] `(.*)` \n
                     -[ ]Default: [ ] (.*) \n -[ ]Context: [ ] (.*) \n\n/mgx)
    {
        my ($name, $syntax, $default, $context) = ($1, $2, $3, $4);
        like($syntax, qr/^$name .*;$|^$name \[.*\];$/, "$name: syntax");

        # Choices are compared where the source has a table of them.
        my @choices = $syntax =~ /\b(?!$name\b)([\w.]+)/g;
        @choices = () if !@{($source->{$name} // {})->{Choices} // []};
        $directives{$name} = { Default => $default, Context => $context,
                               Choices => [sort @choices] };
    }
    return \%directives;
}

# Every endpoint of the catalogue, with its members, is on both pages.
sub check_endpoints {
    my $members = slurp("$source/core/tables/members.c");
    my ($api, $directives) = map { slurp("docs/$_.md") } 'api', 'directives';
    my %endpoints = slurp("$source/core/tables/endpoints.h")
                    =~ /^    X\((\w+), "([a-z-]+)"/mg;
    cmp_ok(scalar keys %endpoints, '>=', 22, 'the catalogue is read');

    for my $constant (sort keys %endpoints) {
        my $name = $endpoints{$constant};
        like($directives, qr/`\Q$name\E`/, "docs/directives.md has $name");
        next if $name eq 'create-api-token';
        my ($section) = $api =~ /^(### [^\n]*\b\Q$name\E\b.*?)(?=^##)/ms;
        ok($section, "docs/api.md has $name") or next;

        my ($list) = $members =~ /PA_MEMBERS_$constant +PA_LIST\((\w+)\)/
            or next;
        my ($rows) = $members =~ /\b$list\[\] = \{(.*?)\n\};/s;
        my @missing = grep { $section !~ /^\| `\Q$_\E` \|/m }
                      $rows =~ /\.name = pa_string\("(\w+)"\)/g;
        is("@missing", '', "docs/api.md has the members of $name");
    }
}

sub check_directives {
    my $source = directives_of_source();
    my $page = directives_of_page($source);

    cmp_ok(scalar keys %$source, '>', 30, 'directives are found in the source');
    is_deeply([sort keys %$page], [sort keys %$source],
              'docs/directives.md has all directives, and no others');
    is_deeply($page->{$_}, $source->{$_}, "$_: default, context, values")
        for grep { $page->{$_} } sort keys %$source;

    my @headings = slurp('docs/directives.md') =~ /^## (\w+)$/mg;
    is_deeply(\@headings, [grep { $page->{$_} } @headings],
              'docs/directives.md has one form for all directives');
}

# Those of parameters are in the text, and in seconds or hours.
sub check_parameters {
    my $code = all_sources();
    my $page = slurp('docs/directives.md');
    my ($ttl) = $code =~ /NGX_PICKYASSIST_IDEMPOTENCY_TTL +\(([\d *]+)\)/;
    my ($wait) = $code =~ /NGX_PICKYASSIST_RATE_WAIT +(\d+)/;
    my ($burst) = $code =~ /ngx_conf_init_value\(burst, (\d+)\)/;
    for my $row (['ttl=TIME', eval($ttl) / 3_600_000 . 'h'],
                 ['wait=TIME', $wait / 1000 . 's'], ['burst=N', $burst])
    {
        my ($parameter, $default) = @$row;
        my ($said) = $page =~ /^\| `$parameter` \|.*\bdefault (\w+)/m;
        is($said, $default, "$parameter: default");
    }
}

sub check_variables {
    my ($table) = all_sources()
        =~ /ngx_http_variable_t\s+ngx_pickyassist_vars\[\] = \{(.*?)\n\};/s;
    my @source = $table =~ /"(pickyassist_\w+)"/g;
    my @page = slurp('docs/directives.md') =~ /^## \$(\w+)$/mg;
    ok(@source > 0, 'variables are found in the source');
    is_deeply([sort @page], [sort @source],
              'docs/directives.md has all variables, and no others');
}

sub outcomes_of_source {
    my %status = slurp("$source/core/tables/outcomes.h")
        =~ /X\(\w+, "(\w+)", (\d+),/g;
    return \%status;
}

sub advice_of_source {
    my $source = slurp("$source/core/tables/outcomes.h") =~ s/\\\n//gr;
    return map { $_->[0] => lc "`$_->[1]` | `$_->[2]`" }
           map { [/X\(\w+, "(\w+)", \d+,\s*(\w+), (\w+),/] }
           $source =~ /X\([A-Z_]+, "\w+", \d+,\s*\w+, \w+,/g;
}

sub check_codes {
    my $page = slurp('docs/api.md');
    my %source = %{outcomes_of_source()};
    delete @source{'issued', 'accepted', 'http_error'};

    my %table = $page =~ /^\| \[`(\w+)`\]\(#\w+\) \| (\d+) \|/mg;
    is_deeply(\%table, \%source,
              'docs/api.md has all codes with their HTTP status');

    my %advice = $page
        =~ /^\| \[`(\w+)`\]\(#\w+\) \| \d+ \| (`\w+` \| `\w+`) \|/mg;
    my %source_advice = advice_of_source();
    delete @source_advice{'issued', 'accepted', 'http_error'};
    is_deeply(\%advice, \%source_advice,
              'docs/api.md has the effect and retry of all codes');

    # Each has a section with an example of it.
    my %example;
    for my $section (split /^(?=### )/m, $page) {
        my ($code) = $section =~ /^### (\w+)$/m or next;
        next if !$source{$code};
        $example{$code} = [$section =~ m{^HTTP/1\.1 (\d+)}mg,
                           $section =~ /^\{.*?"code":"(\w+)","detail"/mg];
    }
    my %expected = map {
        my $examples = @{$example{$_} // [1, 1]} / 2;
        $_ => [($source{$_}) x $examples, ($_) x $examples]
    } keys %source;
    is_deeply(\%example, \%expected, 'docs/api.md has examples of all codes');

    my $reader = join '', map { slurp("$source/core/$_.c") }
        qw(reader request member ip_list);
    my %flaws = map { $_ => 1 } map { /"([a-z_]+)"/g }
        $reader =~ /pa_reader_flaw(?:_bound)?\((.*?)\);/gs;
    my ($rows) = $page =~ /^\| code in `errors` \|.*?\n\|[-|]+\n(.*?)\n\n/ms;
    is_deeply([sort $rows =~ /^\| `(\w+)` \|/mg], [sort keys %flaws],
              'docs/api.md has all codes of "errors"');
}

# The map of docs/architecture.md has every file, and nothing that is gone.
sub check_rooms {
    my ($map) = slurp('docs/architecture.md') =~ /^```text\n(module .*?)^```/ms;
    my @parts = split /^-+\n/m, $map;
    for my $part ([$parts[0], "$source/ngx_pickyassist_"],
                  [$parts[1], "$source/core/"]) {
        my ($text, $prefix) = @$part;
        my %files = map { m{^\Q$prefix\E(\w+)\.[ch]$} ? ($1 => 1) : () }
                    glob "$prefix*.[ch]";
        my @missing = grep { $text !~ /\b$_\b/ } sort keys %files;
        is("@missing", '', "docs/architecture.md has all of $prefix*");

        # The names at the beginning of a line.
        my @names = map { split /, / }
                    $text =~ /^ {0,2}([a-z_]+(?:, [a-z_]+)*)/mg;
        my @gone = grep { !$files{$_} && !-e "$source/core/$_"
                          && $_ ne 'core' } @names;
        is("@gone", '', "docs/architecture.md has no others of $prefix*");
    }
}

# One page leads to the next, from the README to the contributors' page.
sub check_path {
    my @path = qw(README.md docs/getting-started.md docs/directives.md
                  docs/api.md docs/operations.md docs/security.md
                  docs/scaling.md docs/benchmarks.md docs/architecture.md
                  CONTRIBUTING.md);
    like(slurp($path[0]), qr/\]\(\Q$path[1]\E\)/, "$path[0] leads to $path[1]");
    for my $i (1 .. $#path - 1) {
        my ($last) = slurp($path[$i]) =~ /^(.+)\n*\z/m;
        my ($link) = ($last // '') =~ /^Next: \[[^]]+\]\((\S+)\)$/;
        my $next = $path[$i + 1] =~ s{^docs/}{}r;
        $next = "../$next" if $next eq $path[$i + 1];
        is($link, $next, "$path[$i] leads to $path[$i + 1]");
    }
}

# What README.md says of the measurements is what docs/benchmarks.md has.
# bench/run writes both.
sub check_figures {
    my $page = slurp('docs/benchmarks.md');
    my @tables = map {
        $page =~ /^### A valid request, $_ connections?\n(.*?)^#/ms
    } 1, 32;
    my $median = qr/([\d.]+) \([\d.]+ \S+ [\d.]+\) \|/;
    my $range = sub {
        my ($contender) = @_;
        return join ' to ', sort { $a <=> $b }
               map { /^\| \**\Q$contender\E.* $median/m } @tables;
    };
    my ($row) = slurp('README.md')
        =~ /^\| CPU of a valid request, [^|]*\| (.*) \|$/m;
    is($row, join(' | ', $range->('this module'), 'not measured',
                  'Lua ' . $range->('Lua') . ', njs ' . $range->('njs'), 1),
       'README.md has the figures of docs/benchmarks.md');
}

sub check_metrics {
    my %source = map { $_ => 1 } slurp("$source/core/metrics.c")
        =~ /^    \{ "(pickyassist_\w+)", "/mg;
    my $page = slurp('docs/operations.md');
    my %page = map { $_ => 1 } $page =~ /^\| `(pickyassist_\w+)[`{]/mg;
    is_deeply(\%page, \%source, 'docs/operations.md has all metrics');

    my $rules = slurp('examples/prometheus-rules.yml') =~ s/^ *#.*//mgr;
    my $outcomes = outcomes_of_source();
    my @unknown = grep { !$source{s/_(bucket|sum|count)$//r} }
        $rules =~ /\b(pickyassist_\w+)[\[{ ]/g;
    push @unknown, grep { !/\.\*/ && !$outcomes->{$_} } map { split /\|/ }
        $rules =~ /outcome[!=]=?~?"([^"]*)"/g;
    is_deeply(\@unknown, [], 'the rules use metrics that there are');

    is_deeply([sort $page =~ /^\| `(Pickyassist\w+)` \|/mg],
              [sort $rules =~ /alert: (\w+)/g],
              'docs/operations.md has all alerts');

  SKIP: {
        skip 'promtool is not installed', 2 if `which promtool` eq '';
        my $output = `promtool check rules examples/prometheus-rules.yml 2>&1`;
        ok($? == 0, 'promtool accepts the rules') or diag($output);
        $output = `promtool test rules t/prometheus-rules-test.yml 2>&1`;
        ok($? == 0, 'they fire when they should, and only then')
            or diag($output);
    }
}

#
# The page that examples/sandbox.conf serves
#

sub check_console {
    my $base = "http://127.0.0.1:$port{8080}";
    my $page = slurp('examples/console/index.html');
    is(`curl -s $base/`, $page, 'the console is served');
    like(`curl -sI $base/`, qr{^Content-Type: text/html\r$}m, 'as HTML');
    unlike($page, qr{(?:src|href)="(?!data:)|url\(|https?://},
           'the console needs no other file');

    my %used = map { $_ => 1 } $page =~ /\b(pickyassist_\w+)/g;
    cmp_ok(scalar keys %used, '>', 5, 'the console shows metrics');
    # The balance is not there before somebody has asked for it.
    `curl -s -X POST $base/balance`;
    my $state = `curl -s $base/status`;
    is_deeply([grep { $state !~ /"$_":/ } sort keys %used], [],
              'the console uses metrics that there are');

    my ($script) = $page =~ m{<script>\n(.*)</script>}s;
    my ($samples) = $script =~ /^const samples = \{\n(.*?)^\};/ms;
    while ($samples =~ m{^    "(/\w+)": (['"])(.*)\2,$}mg) {
        my ($path, $body) = ($1, $3);
        spew("$dir/sample", $body);
        is(`curl -s -o $dir/reply -w '%{http_code}' --data \@$dir/sample \\
            -H 'Content-Type: application/json' $base$path`,
           $path eq '/disabled' ? 410 : 200, "the console's sample for $path");
    }

  SKIP: {
        skip 'node is not installed', 1 if `which node` eq '';
        spew("$dir/console.js", $script);
        my $output = `node --check $dir/console.js 2>&1`;
        ok($? == 0, "the console's script is JavaScript") or diag($output);
    }
}

#
# The requests for Postman, which docs/openapi.yaml has
#

sub check_collection {
    my $json = JSON::PP->new->utf8;
    my $collection = $json->decode(slurp('examples/postman-collection.json'));
    my ($base) = grep { $_->{key} eq 'baseUrl' } @{$collection->{variable}};
    is($base->{value}, 'http://127.0.0.1:8080',
       'the collection leads to make run');

    my @names;
    for my $request (map { $_->{request} } map { @{$_->{item}} }
                     @{$collection->{item}})
    {
        my $path = join '/', @{$request->{url}{path}};
        my @headers = map { "-H '$_->{key}: $_->{value}'" }
                      @{$request->{header}};
        spew("$dir/sample", $request->{body}{raw});
        push @names, $path;
        # What the vendor will add is not in the sandbox.
        is(`curl -s -o $dir/reply -w '%{http_code}' --data \@$dir/sample \\
            @headers http://127.0.0.1:$port{8080}/$path`,
           $path eq 'custom' ? 404 : 200, "the collection's request for $path");
    }
    my @paths = slurp('docs/openapi.yaml') =~ m{^  /([\w-]+):$}mg;
    is("@{[sort @names]}", "@{[sort @paths]}",
       'the collection has all paths of the description');
}

#
# All of it
#

remove_tree($dir);
make_path($dir, "$dir/from-docs");

start_nginx('sandbox', @port{8080, 8081});
start_nginx('errors', @port{8090, 8091});
start_scaling();

for my $page (@pages) {
    my @blocks = blocks($page);
    for my $i (0 .. $#blocks) {
        my $block = $blocks[$i];
        my $language = $block->{language};
        check_configuration($block) if $language eq 'nginx';
        check_command($block, $blocks[$i + 1]) if $language eq 'sh';
        check_shell($block) if $language eq 'shell';
        ok(ref eval { YAML::XS::Load($block->{text}) }, "$block->{name}: YAML")
            if $language eq 'yaml';
    }
    check_links($page);
}

check_directives();
check_endpoints();
check_parameters();
check_variables();
check_codes();
check_rooms();
check_path();
check_figures();
check_metrics();
check_console();
check_collection();

cmp_ok($done{$_}, '>', 10, "$_ were tried") for sort keys %done;
diag("documentation: $done{commands} commands run, "
     . "$done{configurations} configurations checked");

done_testing();
