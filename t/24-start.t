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
# (more for that level), token and pass (0 for none), pass a URL.
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
    local $SIG{ALRM} = sub { die "nginx -t hangs\n" };
    alarm 20;
    my $output = `$nginx -t -p $dir -c nginx.conf -e stderr 2>&1`;
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

SKIP: {
    skip 'only root can give files away', 1 if $> != 0;
    token_file(0600, 65534);
    warned('a token file of another user', 'belongs to another user, with the '
           . 'ID 65534', "pickyassist_master_token_file $token;", token => 0);
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
silent("$_ as token", "pickyassist_master_token $_;", token => 0)
    for 'a/b', '+/x', 'aGVsbG8/d29ybGQ=', '.x', '~x', 'files', '/';
