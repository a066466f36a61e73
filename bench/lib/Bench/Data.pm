package Bench::Data;

# The requests and replies of the benchmark, and the values that its
# configurations are filled in with.

use strict;
use warnings;

use Cwd qw(getcwd);
use File::Copy qw(copy);
use File::Path qw(make_path);

# The vendor's samples.
our $request = '{"project_id":6681,'
               . '"ip_whitelist":["192.168.0.1","202.164.148.84"]}';
our $reply = '{"status":100,"message":"Success","project_id":26681,'
             . '"api_token":['
             . '{"ip":"192.168.0.1","token":"34343sdfgsdf3434"},'
             . '{"ip":"202.164.148.84","token":"34343ddf343434343"}]}';
our $push = '{"application":"8","globalmessage":"","data":['
            . '{"number":"15550100001","message":"A"},'
            . '{"number":"15550100002","message":"B"}]}';
our $bad_request = $request =~ s/148\.84/148.384/r;

# Writes the files; sizes: requests and replies with that many addresses, all
# of the same length. All goes to build/bench, or the folder that is said.
sub prepare {
    my ($sizes, $port, $folder) = @_;
    my $build = getcwd() . '/' . ($folder // 'build/bench');
    my $data = "$build/data";
    make_path("$data/replies");

    # The tree may be built anew while this runs.
    my $module = "$build/ngx_pickyassist_module.so";
    copy('build/ngx_pickyassist_module.so', $module) or die "$module: $!\n";

    put("$data/sample.json", $request);
    put("$data/sample-reply.json", $reply);
    put("$data/bad.json", $bad_request);
    put("$data/push.json", $push);

    # 1 MiB of text that does not repeat: base64, and characters of two bytes.
    my @base64 = ('A' .. 'Z', 'a' .. 'z', 0 .. 9, '+', '/');
    my $media = join '', map { $base64[$_ * $_ * 31 % 64] } 1 .. 1 << 20;
    my $words = "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82 " x 80660;
    put("$data/push-base64.json", qq({"application":8,"group_id":"g",)
                                  . qq("globalmedia_code":"$media"}));
    put("$data/push-text.json", qq({"application":8,"group_id":"g",)
                                . qq("quoted":"$words"}));
    for my $size (@$sizes) {
        my @ips = map { sprintf '192.168.%d.%d', 100 + $_ / 100,
                                100 + $_ % 100 } 0 .. $size - 1;
        put("$data/$size.json", '{"project_id":6681,"ip_whitelist":['
                                . join(',', map { qq("$_") } @ips) . ']}');
        put("$data/replies/$size", '{"status":100,"message":"Success",'
            . '"project_id":26681,"api_token":['
            . join(',', map { qq({"ip":"$_","token":"34343ddf343434343"}) }
                        @ips) . ']}');
    }

    my $nginx = $ENV{NGINX} || 'nginx';
    my $options = `$nginx -V 2>&1`;
    my ($modules) = $options =~ /--modules-path=(\S+)/
        or die "$nginx does not tell where its modules are\n";
    my $load = $options =~ /--add-module=/ ? '' : "load_module $module;";
    my ($own_cpu, $other_cpus) = split_cpus();
    return {
        BUILD => $build, CONF => getcwd() . '/bench/conf', DATA => $data,
        NGINX => $nginx, MODULES => $modules, LOAD_MODULE => $load,
        TOKEN => '3e09daea611a26691ead999715b215c7d81dbfb0',
        REPLY => $reply, PROBLEM => '', UPSTREAM => $port,
        CLOSED => $port + 2,    # where nothing listens
        # see Bench::Tls
        DNS => $port + 4, CERTS => "$build/certs", TLS_UPSTREAM => $port + 6,
        CPUS => $own_cpu, OTHER_CPUS => $other_cpus,
    };
}

# The worker that is measured has a processor of its own, if there are several.
sub split_cpus {
    my ($list) = Bench::Nginx::slurp('/proc/self/status')
                 =~ /^Cpus_allowed_list:\s*(\S+)/m;
    my ($first, @others) = map { my ($from, $to) = split /-/;
                                 $from .. $to // $from } split /,/, $list;
    return @others ? ($first, join ',', @others) : (undef, undef);
}

sub put {
    my ($file, $text) = @_;
    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    return;
}

1;
