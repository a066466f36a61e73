# examples/grafana-dashboard.json: a Prometheus reads the metrics of a gateway
# that has something to do, and every query of the dashboard, written out as
# Grafana does, brings figures. And the dashboard shows every metric there is.

use strict;
use warnings;

use Cwd qw(cwd);
use File::Path qw(make_path remove_tree);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use Test::More;

$ENV{PATH} .= ':/usr/sbin:' . cwd() . '/build/tools';

my $nginx = $ENV{TEST_NGINX_BINARY} // 'nginx';
my $port = $ENV{TEST_NGINX_PORT} // 1984;
my $dir = cwd() . '/build/t/96-dashboard';
my $gateway = "http://127.0.0.1:$port";
my $prometheus = 'http://127.0.0.1:' . ($port + 2);
my $http = HTTP::Tiny->new(timeout => 20, proxy => undef);
my @running;

# What "All" stands for, and four times the interval between scrapes.
my %variables = ('$instance' => '.*', '$endpoint' => '.*',
                 '$__rate_interval' => '4s');

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

END {
    # Of this process alone, and without a change of its exit status.
    local $?;
    for my $pid (@running) {
        kill 'TERM', $pid;
        waitpid $pid, 0;
    }
}

sub start {
    my ($name, $listens, @command) = @_;
    my $pid = fork() // die "fork: $!\n";
    if ($pid == 0) {
        @running = ();
        open STDOUT, '>', "$dir/$name.log" or die;
        open STDERR, '>&', \*STDOUT or die;
        exec @command or die "$command[0]: $!\n";
    }
    push @running, $pid;
    for (1 .. 300) {
        return if IO::Socket::INET->new(PeerAddr => "127.0.0.1:$listens");
        select undef, undef, undef, 0.1;
    }
    BAIL_OUT("$name does not run:\n" . slurp("$dir/$name.log"));
}

sub start_gateway {
    make_path("$dir/modules", "$dir/temp");
    symlink cwd() . '/build/ngx_pickyassist_module.so',
            "$dir/modules/ngx_pickyassist_module.so";

    my $conf = slurp('examples/sandbox.conf');
    $conf =~ s/127\.0\.0\.1:808([01])/'127.0.0.1:' . ($port + $1)/ge;
    $conf =~ s/(location = \/push \{)/$1
            pickyassist_idempotency scope=\$remote_addr;/;
    $conf =~ s/(location = \/status \{)/location = \/metrics {
            pickyassist_status;
        }
        $1/;
    $conf =~ s/^load_module.*//m
        if !length($ENV{TEST_NGINX_LOAD_MODULES} // 'x');
    spew("$dir/nginx.conf", $conf);
    start('nginx', $port, $nginx, '-p', "$dir/", '-e', 'stderr',
          '-c', "$dir/nginx.conf", '-g', 'daemon off;');
}

sub start_prometheus {
    spew("$dir/prometheus.yml", <<"END");
global:
  scrape_interval: 1s
scrape_configs:
  - job_name: pickyassist
    static_configs:
      - targets: ["127.0.0.1:$port"]
END
    start('prometheus', $port + 2, 'prometheus',
          "--config.file=$dir/prometheus.yml",
          "--storage.tsdb.path=$dir/data", '--log.level=warn',
          '--web.listen-address=127.0.0.1:' . ($port + 2));
}

sub post {
    my ($path, $body, %headers) = @_;
    $http->post("$gateway$path", { content => $body, headers => {
        'Content-Type' => 'application/json', %headers } });
}

# Something of everything, the same key twice.
sub traffic {
    my ($number) = @_;
    my $message = '{"application":8,"data":[{"number":"15550100001",'
                  . '"message":"A"}]}';
    post('/push', $message, 'Idempotency-Key' => "\"key-$number\"") for 1, 2;
    post('/push', '{}');
    post('/tokens', '{"project_id":6681,"ip_whitelist":["192.168.0.1"]}');
    post('/balance', '{}');
    post('/disabled', '{}');
}

sub prometheus {
    my ($path, %parameters) = @_;
    my $reply = $http->get("$prometheus/api/v1/$path?"
                           . $http->www_form_urlencode(\%parameters));
    my $answer = eval { decode_json($reply->{content}) } // {};
    return $answer->{data} if ($answer->{status} // '') eq 'success';
    diag("$reply->{status} $reply->{content}");
    return;
}

sub written_out {
    my ($text) = @_;
    $text =~ s/(\$\w+)/$variables{$1} \/\/ $1/ge;
    return $text;
}

# Every series has a figure, and the labels that the legend wants.
sub check_target {
    my ($title, $target, $start) = @_;
    my $data = prometheus('query_range', query => written_out($target->{expr}),
                          start => $start, end => time, step => 1);
    my @series = @{($data // {})->{result} // []};
    my @figures = grep { $_->[1] =~ /^[-\d.e+]+$/ }
                  map { @{$_->{values}} } @series;
    cmp_ok(scalar @figures, '>', 0, "$title: has figures")
        or diag($target->{expr});

    for my $label (($target->{legendFormat} // '') =~ /\{\{(\w+)\}\}/g) {
        my @without = grep { !length($_->{metric}{$label} // '') } @series;
        is(scalar @without, 0, "$title: every series has $label");
    }
}

sub check_variable {
    my ($variable) = @_;
    my ($metric, $label) = $variable->{query}{query}
        =~ /^label_values\((.*), (\w+)\)$/;
    my $values = prometheus("label/$label/values",
                            'match[]' => written_out($metric));
    cmp_ok(scalar @{$values // []}, '>', 0, "there are values of $label");
}

sub check_metrics {
    my ($dashboard) = @_;
    my %there = map { $_ => 1 }
        slurp('docs/operations.md') =~ /^\| `(pickyassist_\w+)[`{]/mg;
    my %shown = map { $_ => 1 } map { s/_(?:bucket|sum|count)$//r }
        map { $_->{expr} =~ /\b(pickyassist_\w+)\{/g }
        map { @{$_->{targets}} } @{$dashboard->{panels}};
    is_deeply(\%shown, \%there, 'every metric is shown');
}

# Grafana moves panels that lie on each other, in ways of its own.
sub check_panels {
    my ($dashboard) = @_;
    my (%used, %ids, @on_another);
    for my $panel (@{$dashboard->{panels}}) {
        $ids{$panel->{id}}++;
        my $at = $panel->{gridPos};
        for my $x ($at->{x} .. $at->{x} + $at->{w} - 1) {
            for my $y ($at->{y} .. $at->{y} + $at->{h} - 1) {
                push @on_another, $panel->{title}
                    if $x > 23 || $used{"$x $y"}++;
            }
        }
        is($_->{datasource}{uid}, '${datasource}',
           "$panel->{title}: asks the data source that was chosen")
            for $panel, @{$panel->{targets}};
    }
    is_deeply([@on_another], [], 'no panel lies on another');
    is(scalar keys %ids, scalar @{$dashboard->{panels}}, 'each has its id');
}

my $dashboard = decode_json(slurp('examples/grafana-dashboard.json'));

plan skip_all => 'there is no prometheus' if `which prometheus` eq '';

remove_tree($dir);
make_path($dir);
start_gateway();
start_prometheus();

my $start = time;
for my $number (1 .. 200) {
    traffic($number);
    select undef, undef, undef, 0.25;
    last if time > $start + 60;
    my $scraped = prometheus('query', query => 'count_over_time(up[1m])');
    last if @{$scraped->{result}} && $scraped->{result}[0]{value}[1] >= 5;
}

for my $panel (@{$dashboard->{panels}}) {
    my $number = 0;
    for my $target (@{$panel->{targets}}) {
        check_target("$panel->{title} " . ++$number, $target, $start);
    }
}
for my $variable (@{$dashboard->{templating}{list}}) {
    check_variable($variable) if $variable->{type} eq 'query';
}
check_metrics($dashboard);
check_panels($dashboard);

done_testing();
