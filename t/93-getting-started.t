# A newcomer follows docs/getting-started.md and the installation of README.md:
# every command is run as it is written there, with the configuration shown, in
# the order of the page, and prints what the page says.
#
# The machine is this one: /etc/nginx/ is a directory below build/, ports are
# free ones, "systemctl reload nginx" is a signal to the nginx of the test, and
# the vendor is the sandbox behind TLS, with the token that is "pasted". What
# builds or installs a package is left to t/package.sh, and "make run" to
# t/90-docs.t, which sends the same requests.

use strict;
use warnings;

use Cwd qw(cwd);
use File::Path qw(make_path remove_tree);
use IO::Socket::INET;
use Test::More;

$ENV{PATH} .= ':/usr/sbin';

# With its path, since "nginx" will be a script of this test.
my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
($nginx) = grep { -x } map { "$_/$nginx" } split /:/, $ENV{PATH}
    if $nginx !~ m{/};
my $first_port = $ENV{TEST_NGINX_PORT} // 1984;
my $module = length($ENV{TEST_NGINX_LOAD_MODULES} // 'x');
my $base = cwd() . '/build/t/93-getting-started';
my $certs = cwd() . '/build/t/certs';
my $pid;

# Only root can run workers as another user, and give a file to its group.
my $as_debian = $> == 0 && defined getgrnam 'www-data';

sub slurp {
    my ($name) = @_;
    open my $file, '<:raw', $name or die "$name: $!\n";
    local $/;
    return <$file>;
}

sub spew {
    my ($name, $text, $mode) = @_;
    open my $file, '>:raw', $name or die "$name: $!\n";
    print $file $text;
    close $file or die "$name: $!\n";
    chmod $mode, $name or die "$name: $!\n" if $mode;
}

# The fenced blocks of a page between two headings: language, text, line.
sub blocks {
    my ($page, $from, $to) = @_;
    my $text = slurp($page);
    my $start = index $text, "\n$from\n";
    my $end = index $text, "\n$to\n";
    die "$page: no \"$from\" before \"$to\"\n" if $start < 0 || $end < $start;
    my @blocks;
    while ($text =~ /^```(\w+)\n(.*?)^```$/msg) {
        next if $-[0] < $start || $-[0] > $end;
        my $line = 1 + (substr($text, 0, $-[0]) =~ tr/\n//);
        push @blocks, { language => $1, text => $2, name => "$page:$line" };
    }
    return @blocks;
}

sub stop {
    return if !$pid;
    local $?;
    kill 'TERM', $pid;
    waitpid $pid, 0;
    undef $pid;
}

END { stop() }

sub listens {
    return IO::Socket::INET->new(PeerAddr => "127.0.0.1:$_[0]");
}

# The machine of a newcomer: nginx runs as Debian configures it, with an empty
# conf.d, and the vendor is there.
sub machine {
    my ($dir, $ports) = @_;
    make_path(map { "$dir/$_" } qw(etc/conf.d bin modules temp));
    chmod 0755, $base, $dir, "$dir/etc";
    symlink cwd() . '/build/ngx_pickyassist_module.so',
            "$dir/modules/ngx_pickyassist_module.so";
    my $load = $module ? 'load_module modules/ngx_pickyassist_module.so;' : '';
    my $user = $as_debian ? 'user www-data;' : '';

    spew("$dir/nginx.conf", <<"END");
$load
$user
error_log $dir/error.log notice;
pid $dir/nginx.pid;
events {
}
http {
    client_body_temp_path temp/client_body;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    access_log off;

    # The vendor's name and authority.
    pickyassist_ssl_name api.test;
    pickyassist_ssl_trusted_certificate $certs/ca.pem;

    server {
        listen 127.0.0.1:$ports->{vendor} ssl;
        ssl_certificate $certs/good.pem;
        ssl_certificate_key $certs/good.key;
        pickyassist_token sandbox-token;
        location /app/api/v2/ {
            pickyassist_sandbox;
        }
    }
    include $dir/etc/conf.d/*.conf;
}
END

    my @wanted = grep { $_ != $ports->{vendor} } values %$ports;
    spew("$dir/bin/nginx", <<"END", 0755);
#!/bin/sh
exec $nginx -e $dir/error.log -p $dir/ -c $dir/nginx.conf "\$@"
END
    # A reload is over when nginx listens where the page says.
    spew("$dir/bin/systemctl", <<"END", 0755);
#!/bin/bash
[[ \$* == 'reload nginx' ]] || exit 64
kill -HUP "\$(cat $dir/nginx.pid)" || exit 1
for port in @wanted; do
    for ((i = 0; i < 100; i++)); do
        ! (: <"/dev/tcp/127.0.0.1/\$port") 2>/dev/null || break
        sleep 0.1
    done
done
END

    $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        exec "$dir/bin/nginx", '-g', 'daemon off;' or die;
    }
    for (1 .. 100) {
        return if listens($ports->{vendor});
        select undef, undef, undef, 0.1;
    }
    BAIL_OUT("nginx does not run:\n" . slurp("$dir/error.log"));
}

# What a page says, for this machine.
sub here {
    my ($text, $dir, $ports) = @_;
    $text =~ s{/etc/nginx/}{$dir/etc/}g;
    $text =~ s{https://app\.pickyassist\.com}
              {https://127.0.0.1:$ports->{vendor}}g;
    for my $port (grep { /^\d+$/ } keys %$ports) {
        $text =~ s/\blisten \K$port\b/127.0.0.1:$ports->{$port}/g;
        $text =~ s/\b(localhost|127\.0\.0\.1):$port\b/$1:$ports->{$port}/g;
    }
    $text =~ s/ -g www-data// if !$as_debian;
    return $text;
}

# A message without what differs from call to call.
sub message {
    my ($text) = @_;
    $text =~ s/("(?:push|msg)_id":")\d+"/$1an id"/g;
    return $text;
}

sub follow {
    my ($name, $ports, @blocks) = @_;
    my $dir = "$base/$name";
    machine($dir, $ports);
    local $ENV{PATH} = "$dir/bin:$ENV{PATH}";
    my $commands = 0;

    while (my $block = shift @blocks) {
        my $text = here($block->{text}, $dir, $ports);
        if ($block->{language} eq 'nginx') {
            spew("$dir/etc/conf.d/pickyassist.conf", $text);
            next;
        }
        next if $block->{language} ne 'shell'
                || $text =~ /^make package$/m;

        spew("$dir/command", $text);
        spew("$dir/pasted", "sandbox-token\n");
        my $output = `bash -e $dir/command <$dir/pasted 2>$dir/stderr`;
        my $status = $?;
        $commands++;
        ok($status == 0, "$block->{name}: runs")
            or diag($output, slurp("$dir/stderr"));

        my $shown = $blocks[0];
        next if !$shown || $shown->{language} !~ /^(?:text|json)$/;
        is(message($output), message($shown->{text}),
           "$block->{name}: prints what the page shows")
            or diag(slurp("$dir/stderr"), slurp("$dir/error.log"));
    }
    return ($commands, $dir);
}

remove_tree($base);
make_path($base);
system('t/lib/make-certs', $certs) == 0 or BAIL_OUT('no certificates');

my ($commands, $dir) = follow(
    'page', { vendor => $first_port, 8443 => $first_port + 1,
              9145 => $first_port + 2 },
    blocks('docs/getting-started.md', '## 2. Install the module',
           '## 8. Where to go from here'));
cmp_ok($commands, '>=', 9, 'all steps of the page were taken');
is((stat "$dir/etc/pickyassist/token")[2] & 07777, 0600,
   'the token is for its owner alone');

# The page says of the first message: again, it is answered and not sent.
my $again = `bash $dir/../page/command 2>/dev/null`;
is($again, "403\n", 'the last command is the one that is refused');
my ($first_message) = grep { $_->{text} =~ /first-message/ }
    blocks('docs/getting-started.md', '## 7. Send the first message',
           '## 8. Where to go from here');
spew("$dir/again", here($first_message->{text}, $dir,
     { vendor => $first_port, 8443 => $first_port + 1,
       9145 => $first_port + 2 }));
like(`bash $dir/again`, qr/"status":100/, 'a repeated message is answered');
like(`curl -s http://127.0.0.1:@{[$first_port + 2]}/metrics`,
     qr/^pickyassist_messages_accepted_total 1$/m, '... and not sent again');
stop();

my ($installation) = follow(
    'readme', { vendor => $first_port, 8080 => $first_port + 3 },
    blocks('README.md', '### From a package', '### From source'));
cmp_ok($installation, '>=', 2, 'all steps of README.md were taken');
like(`curl -s -X POST http://127.0.0.1:@{[$first_port + 3]}/balance`,
     qr/^\{"status":100,/, 'the reply begins as README.md says');
stop();

# From source: the configure line of README.md, in a source of nginx.
SKIP: {
    my $source = '/usr/share/nginx/src';
    skip 'nginx-dev is not installed', 2 if !-x "$source/configure";
    my ($block) = grep { $_->{text} =~ m{^\./configure }m }
        blocks('README.md', '### From source', '### Before you expose it');
    make_path("$base/source");
    system("cp -r $source $base/source/nginx") == 0 or die;
    symlink cwd(), "$base/source/ngx_pickyassist_module";

    # Debian's package of the source has no Makefile of its own.
    spew("$base/source/command",
         $block->{text} =~ s/^make modules$/make -f objs\/Makefile modules/mr);
    my $log = "$base/source/log";
    local $ENV{MAKEFLAGS} = '-j2';
    ok(system("cd $base/source/nginx && bash -e ../command >$log 2>&1") == 0,
       "$block->{name}: builds the module") or diag(slurp($log));
    ok(-s "$base/source/nginx/objs/ngx_pickyassist_module.so",
       'where README.md says');
}

done_testing();
