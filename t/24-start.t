# What nginx accepts at start and says a word about: mistakes that would
# otherwise show when it is too late, each told with its file and line.
# Mistakes that are refused are in 03-directives.t.

use PickyAssist::Test;

use File::Path qw(make_path);

my $dir = "$PickyAssist::Test::Dir/conf";
my $token = "$dir/token";
my $line;    # of the last line that tested() was given

make_path($dir);
token_file(0600);

sub token_file {
    my ($mode, $owner) = @_;
    unlink $token;
    open my $file, '>', $token or die "$token: $!\n";
    print $file "a-token\n";
    close $file;
    chown $owner, -1, $token or die "$token: $!\n" if defined $owner;
    chmod $mode, $token or die "$token: $!\n";
}

# What "nginx -t" says of lines that are included in a location. Options: http
# (more for that level), token and pass (0 for none), pass a URL, user (an ID,
# of whom nginx is).
sub tested {
    my ($text, %other) = @_;
    $line = 1 + ($text =~ tr/\n//);
    my $pass = $other{pass} // 'https://127.0.0.1';

    spew('included.conf', "$text\n");
    spew('nginx.conf', join "\n",
        (map { "load_module $_;" } split ' ', $ENV{TEST_NGINX_LOAD_MODULES}),
        'error_log stderr; pid nginx.pid; events {} http { access_log off;',
        (map { "${_}_temp_path temp;" }
             qw(client_body proxy fastcgi uwsgi scgi)),
        $other{http} // '', 'server { location /tokens {',
        $other{token} // 1 ? "pickyassist_master_token_file $token;" : (),
        $pass ? "pickyassist_pass $pass;" : (),
        "include included.conf; } } }\n");

    my $nginx = $Test::Nginx::Util::NginxBinary;
    my $as = $other{user}
        ? "setpriv --reuid=$other{user} --regid=$other{user} --clear-groups" : '';
    local $SIG{ALRM} = sub { die "nginx -t hangs\n" };
    alarm 20;
    my $output = `$as $nginx -t -p $dir -c nginx.conf -e stderr 2>&1`;
    my $status = $?;
    alarm 0;
    return ($status, $output);
}

sub spew {
    my ($name, $text) = @_;
    open my $file, '>', "$dir/$name" or die "$name: $!\n";
    print $file Test::Nginx::Util::expand_env_in_text($text, $name, {});
    close $file;
}

# Accepted with this one warning; "place" is where, the last line if not said.
sub warned {
    my ($name, $pattern, $text, %other) = @_;
    my ($status, $output) = tested($text, %other);
    my $place = $other{place} // qr/ in \Q$dir\E\/included\.conf:$line/;
    my @warnings = $output =~ /^.*\[warn\].*$/mg;

    is($status, 0, "$name - accepted") or diag($output);
    is(scalar @warnings, 1, "$name - one warning") or diag($output);
    like($warnings[0] // '', qr/$pattern.*$place$/, "$name - the warning");
    unlike($output, qr/SECRET/, "$name - no secret is shown");
}

# Accepted with these two warnings.
sub warned_twice {
    my ($name, $patterns, @tested) = @_;
    my ($status, $output) = tested(@tested);
    my @warnings = $output =~ /^.*\[warn\].*$/mg;
    is($status, 0, "$name - accepted") or diag($output);
    is(scalar @warnings, 2, "$name - two warnings") or diag($output);
    like($warnings[$_] // '', qr/$patterns->[$_]/, "$name - number $_")
        for 0, 1;
}

# Accepted without a word.
sub silent {
    my ($name, $text, %other) = @_;
    my ($status, $output) = tested($text, %other);
    is($status, 0, "$name - accepted") or diag($output);
    unlike($output, qr/\[warn\]/, "$name - without a warning");
}

# Who can read a token file, or write to it.

for my $row (
    [0600, ''], [0400, ''], [0700, ''], [0611, ''],
    [0640, 'readable'], [0604, 'readable'], [0444, 'readable'],
    [0620, 'writable'], [0602, 'writable'], [0222, 'writable'],
) {
    my ($mode, $what) = @$row;
    my $name = sprintf 'a token file of mode %04o', $mode;
    token_file($mode);

    if ($mode & 0400 || $> == 0) {
        $what ? warned($name, "\"pickyassist_master_token_file\": master token file "
                              . "\"\Q$token\E\" is $what by group or others",
                       "pickyassist_master_token_file $token;", token => 0)
              : silent($name, "pickyassist_master_token_file $token;",
                       token => 0);
    }
}

token_file(0666);
{
    my (undef, $output) = tested("pickyassist_master_token_file $token;",
                                 token => 0);
    like($output, qr/\[warn\].* is $_ by group or others/, "both: $_")
        for 'readable', 'writable';
}

token_file(0644);
warned('the token file of a project', '"pickyassist_token_file": token file '
       . "\"\Q$token\E\" is readable", "pickyassist_token_file $token;",
       token => 0, pass => 0);

SKIP: {
    skip 'only root can give files away', 1 if $> != 0;
    token_file(0600, 65534);
    warned('a token file of another user', 'belongs to another user, with the '
           . 'ID 65534', "pickyassist_master_token_file $token;", token => 0);

    # To who nginx is, its own files are no other's, nor are those of root.
    chown 65534, -1, $dir or die "$dir: $!\n";
    unlink "$dir/nginx.pid";
    my @as = (token => 0, user => 65534);
    my $line = "pickyassist_master_token_file $token;";
    my (undef, $why) = tested('', @as);
    skip 'the directory is not for all', 1 if $why =~ /Permission denied/;
    silent('a token file of the user that nginx is', $line, @as);
    token_file(0604);
    warned('a token file of root', 'is readable', $line, @as);
    chown 1, -1, $token or die "$token: $!\n";
    my (undef, $output) = tested($line, @as);
    like($output, qr/\[warn\] .* belongs to another user, with the ID 1 in /,
         'a token file of a third user');
}

# A link is as good as what it leads to.

token_file(0600);
unlink "$dir/link";
symlink $token, "$dir/link" or die "link: $!\n";
silent('a link to a token file', 'pickyassist_master_token_file link;',
       token => 0);

# A file's name in the place of a token.

for my $path ('/etc/nginx/pickyassist/SECRET', './SECRET', '../SECRET',
              '~/SECRET', 'file:SECRET', 'file:///SECRET') {
    warned("$path as token", '"pickyassist_master_token": what looks like the '
           . 'name of a file .* use "pickyassist_master_token_file"',
           "pickyassist_master_token $path;", token => 0);
}
warned('a path as token of a project', '"pickyassist_token": what looks like '
       . 'the name of a file .* use "pickyassist_token_file"',
       'pickyassist_token /etc/SECRET;');
silent("$_ as token", "pickyassist_master_token $_;", token => 0)
    for 'a/b', '+/x', 'aGVsbG8/d29ybGQ=', '.x', '~x', 'files', '/';

# Networks that are allowed and refused.

for my $row (
    ['public', '10.0.0.0/8'], ['public', '10.1.2.0/24'],
    ['public', '192.0.2.1', '192.0.2.1/32'], ['public', '127.0.0.0/8'],
    ['public', 'fd00::/8'], ['public', '2001:db8::/32'],
    ['public', '::ffff:10.0.0.0/104', '10.0.0.0/8'], ['public', '0.0.0.0/8'],
    ['unicast', '127.0.0.0/8'], ['unicast', '127.0.0.1', '127.0.0.1/32'],
    ['unicast', 'fe80::/10'], ['unicast', '::1', '::1/128'],
    ['unicast', '224.0.0.0/4'],
) {
    my ($policy, $network, $told) = @$row;
    $told //= $network;
    warned("$policy, and $network allowed",
           "\"pickyassist_ip_policy\" \\(here \"$policy\"\\) refuses all "
           . "addresses of \"\Q$told\E\"",
           "pickyassist_ip_policy $policy;\npickyassist_ip_allow 198.17.0.0/16 "
           . "$network;", place => qr{ in \Q$dir\E/nginx\.conf:\d+});
}
warned_twice('two networks of three',
             ['refuses all addresses of "10\.0\.0\.0/8"',
              'refuses all addresses of "192\.168\.0\.0/16"'],
             "pickyassist_ip_policy public;\n"
             . 'pickyassist_ip_allow 10.0.0.0/8 8.8.8.8 192.168.0.0/16;');
silent("$_->[0], and $_->[1] allowed",
       "pickyassist_ip_policy $_->[0];\npickyassist_ip_allow $_->[1];")
    for ['public', '0.0.0.0/0'], ['public', '8.8.8.8'], ['public', '::/0'],
        ['public', '8.0.0.0/5'], ['public', '2000::/3'], ['any', '127.0.0.1'],
        ['unicast', '10.0.0.0/8'], ['unicast', '126.0.0.0/7'],
        ['unicast', 'fc00::/7'], ['any', '255.255.255.255'];

# Networks with bits that say nothing.

warned("$_ as a network", "low address bits of \"\Q$_\E\" in "
       . '"pickyassist_ip_allow" directive are meaningless',
       "pickyassist_ip_allow $_;")
    for '11.0.0.5/8', '192.168.1.1/24', '11.0.0.1/31', '2001:4860::1/32',
        '::ffff:11.1.0.0/104', '11.0.0.1/0';
silent("$_ as a network", "pickyassist_ip_allow $_;")
    for '11.0.0.0/8', '11.0.0.5', '11.0.0.5/32', '2001:4860::/32',
        '2001:4860::1', '::ffff:11.0.0.0/104', '::ffff:11.0.0.1', '0.0.0.0/0';

# Where the URL leads.

my $place = qr{ in \Q$dir\E/nginx\.conf:\d+};

for my $url ('https://127.0.0.1/', 'https://127.0.0.1:8443/',
             'https://127.0.0.1/?a=b', 'http://unix:/tmp/x:/') {
    warned("the path of $url", 'the path "/.*" is not an endpoint of the '
           . 'vendor; .* "pickyassist_endpoint" names', '',
           pass => $url, place => $place);
}
silent("the path of $_", '', pass => $_)
    for 'https://127.0.0.1', 'HTTPS://127.0.0.1', 'https://127.0.0.1/a',
        'https://127.0.0.1//a', 'https://unix:/tmp/x',
        'https://127.0.0.1/a@b', 'https://127.0.0.1/a?b@c',
        'https://127.0.0.1/a:b@c';

warned('https:// to port 80', '"https://" leads to port 80 of "127.0.0.1:80"',
       '', pass => 'https://127.0.0.1:80', place => $place);
warned('http:// to port 443', '"http://" leads to port 443 of "127.0.0.1:443"',
       '', pass => 'http://127.0.0.1:443', place => $place);
warned('a server without its port', '"https://" leads to port 80 of '
       . '"127\.0\.0\.1", where .* usually 443', '', pass => 'https://api.test',
       http => 'upstream api.test { server 127.0.0.1; }', place => $place);
warned('one of two servers without its port',
       '"https://" leads to port 80 of "127\.0\.0\.2"', '',
       pass => 'https://api.test', place => $place,
       http => 'upstream api.test { server 127.0.0.1:443; server 127.0.0.2; }');
warned_twice('two of three servers without their ports',
             ['"127\.0\.0\.1"', '"127\.0\.0\.3"'], '',
             pass => 'https://api.test', http => 'upstream api.test { '
             . 'server 127.0.0.1; server 127.0.0.2:443; server 127.0.0.3; }');
silent('servers with ports', '', pass => 'https://api.test',
       http => 'upstream api.test { server 127.0.0.1:443; '
               . 'server unix:/tmp/x; server 127.0.0.1:8443; }');
silent('a server for http://', '', pass => 'http://api.test',
       http => 'upstream api.test { server 127.0.0.1; }');

# The name of a block is no name of the vendor's.

my $block = 'upstream vendor { server 127.0.0.1:443; }';

warned('a block with a name of its own', 'certificate would have to be for '
       . '"vendor", .* "pickyassist_ssl_name" and "pickyassist_set_header Host"',
       '', pass => 'https://vendor', http => $block, place => $place);
warned('the same with a Host', 'certificate would have to be for "vendor"',
       'pickyassist_set_header Host api.test;', pass => 'https://vendor',
       http => $block, place => $place);
warned('the same with a name to verify', 'would get "Host: vendor"',
       'pickyassist_ssl_name api.test;', pass => 'https://vendor',
       http => $block, place => $place);
silent('both', "pickyassist_ssl_name api.test;\n"
       . 'pickyassist_set_header host api.test;', pass => 'https://vendor',
       http => $block);
warned('the same unverified', 'would get "Host: vendor"',
       'pickyassist_ssl_verify off;', pass => 'https://vendor',
       http => $block, place => $place);
silent('a block with the name of a host', '', pass => 'https://api.test',
       http => 'upstream api.test { server 127.0.0.1:443; }');
silent('without TLS', '', pass => 'http://vendor',
       http => 'upstream vendor { server 127.0.0.1; }');

# A key that is for nothing.

my $key = 'pickyassist_ssl_certificate_key $TEST_NGINX_CERTS/client.key;';

warned('a key without a certificate', '"pickyassist_ssl_certificate_key" has '
       . 'no effect without "pickyassist_ssl_certificate"', $key,
       place => $place);
silent('a key where there is no TLS', $key, pass => 'http://127.0.0.1');
silent('a key with its certificate', $key
       . 'pickyassist_ssl_certificate $TEST_NGINX_CERTS/client.pem;');

# Sizes.

warned("$_->[0] addresses", "\"pickyassist_max_ips\" addresses may not fit .*; "
       . "$_->[0] addresses need about $_->[1],", "pickyassist_max_ips $_->[0];",
       place => $place)
    for [820, '65k'], [1000, '79k'], [1_000_000, '78125k'];
silent("$_->[0] addresses, and room", "pickyassist_max_ips $_->[0];\n"
       . "pickyassist_max_response_size $_->[1];")
    for [819, '64k'], [820, '65k'], [1000, '79k'], [1_000_000, '78125k'];

# Other endpoints have no addresses.

silent('addresses that are for another endpoint',
       "pickyassist_endpoint push;\npickyassist_token project-token;\n"
       . "pickyassist_max_ips 1000000;\npickyassist_ip_policy public;\n"
       . 'pickyassist_ip_allow 10.0.0.0/8;');

# Blocks inside the location do not say it again.

warned('once, not for each "if"', 'low address bits of',
       "if (\$arg_a) { set \$b 1; }\nlimit_except GET { allow all; }\n"
       . 'pickyassist_ip_allow 11.0.0.1/8;');
warned('once, not for each block', 'the path "/" is not an endpoint',
       "if (\$arg_a) { set \$b 1; }\nlimit_except GET { allow all; }",
       pass => 'https://127.0.0.1/', place => $place);

# The form of "limit_req_zone" and others.

for my $zone ('name:256k', 'zone=name:256k', '256kb') {
    my ($status, $output) = tested('', http => "pickyassist_zone $zone;");
    is($status, 256, "pickyassist_zone $zone - refused");
    like($output, qr/\[emerg\] .*"\Q$zone\E".* a size and nothing else, such as "128k" in /,
         "pickyassist_zone $zone - told");
}

# What answers requests is for locations, and not for blocks inside of them.

for my $directive (qw(pass endpoint sandbox status)) {
    my $value = { pass => 'https://127.0.0.1', endpoint => 'push',
                  sandbox => 'enabled', status => 'json' }->{$directive};
    for my $block ('if ($arg_a)', 'limit_except GET') {
        my ($status, $output) =
            tested("$block { pickyassist_$directive $value; }", pass => 0);
        is($status, 256, "pickyassist_$directive in $block - refused");
        like($output, qr/\[emerg\] .*"pickyassist_$directive" directive is not allowed here in /,
             "pickyassist_$directive in $block - told");
    }
}

# One name for the default port and for none, by which the breaker is known.

for my $row (['http://127.0.0.1:80', 'http://127.0.0.1'],
             ['https://127.0.0.1:443', 'https://127.0.0.1'],
             ['http://[::1]:80', 'http://[::1]'],
             ['http://127.0.0.1:443', 'http://127.0.0.1:443'],
             ['https://127.0.0.1:80', 'https://127.0.0.1:80']) {
    my ($url, $name) = @$row;
    my $path = 'x' x 2000;
    my (undef, $output) = tested('', http => join "\n",
        'pickyassist_zone 128k;', "pickyassist_master_token_file $token;",
        'server {',
        map({ "location = /$_ { pickyassist_pass $url/$_$path; }" } 1 .. 70),
        '}');
    like($output, qr{too small for the circuit breaker of "\Q$name\E/\d+x+},
         "$url is $name");
}
