# examples/kubernetes.yaml: valid for the types of Kubernetes, where npm has
# them; its parts fit each other and the image; nginx takes its routes.

use strict;
use warnings;

use Cwd qw(cwd);
use File::Path qw(make_path remove_tree);
use Test::More;
use YAML::XS ();

my $file = 'examples/kubernetes.yaml';
my $dir = cwd() . '/build/t/94-kubernetes';

sub slurp {
    my ($name) = @_;
    open my $in, '<:raw', $name or die "$name: $!\n";
    local $/;
    return <$in>;
}

sub spew {
    my ($name, $text) = @_;
    open my $out, '>:raw', $name or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
}

my %document = map { $_->{kind} => $_ } YAML::XS::LoadFile($file);
my $deployment = $document{Deployment};
my $pod = $deployment->{spec}{template};
my ($container) = @{$pod->{spec}{containers}};
my %port = map { $_->{name} => $_->{containerPort} } @{$container->{ports}};

# Whether labels are what a selector asks for.
sub selects {
    my ($selector, $labels) = @_;
    return %$selector
           && !grep { ($labels->{$_} // '') ne $selector->{$_} }
              keys %$selector;
}

sub check_selectors {
    my $labels = $pod->{metadata}{labels};
    my ($spread) = @{$pod->{spec}{topologySpreadConstraints}};
    my %selector = (
        deployment => $deployment->{spec}{selector}{matchLabels},
        spread => $spread->{labelSelector}{matchLabels},
        service => $document{Service}{spec}{selector},
        budget => $document{PodDisruptionBudget}{spec}{selector}{matchLabels},
        policy => $document{NetworkPolicy}{spec}{podSelector}{matchLabels},
    );
    ok(selects($selector{$_}, $labels), "the $_ selects the pods")
        for sort keys %selector;
}

# A name without a meaning would be an error in a cluster at the earliest.
sub check_ports {
    my @named = map { $_->{targetPort} } @{$document{Service}{spec}{ports}};
    push @named, map { $container->{$_}{httpGet}{port} }
        qw(readinessProbe livenessProbe);
    push @named, map { map { $_->{port} } @{$_->{ports}} }
        @{$document{NetworkPolicy}{spec}{ingress}};
    is_deeply([grep { !$port{$_} } @named], [], 'ports are those of the pod');

    my $conf = slurp('image/nginx.conf') . slurp('image/http.conf');
    is_deeply([sort values %port], [sort $conf =~ /^ *listen (\d+);/mg],
              'which are those that nginx listens to');
    my ($health) = $conf =~ /listen $port{metrics};.*?location = (\S+) /s;
    is($container->{$_}{httpGet}{path}, $health, "the path of the $_")
        for qw(readinessProbe livenessProbe);
}

sub check_volumes {
    my %volume = map { $_->{name} => $_ } @{$pod->{spec}{volumes}};
    my %mount = map { $_->{mountPath} => $volume{$_->{name}} }
        @{$container->{volumeMounts}};
    is(scalar(grep { defined } values %mount), scalar keys %volume,
       'each volume is there, and is mounted');

    is($mount{'/etc/nginx/routes'}{configMap}{name},
       $document{ConfigMap}{metadata}{name}, 'the routes are those here');

    my $secret = $mount{'/run/secrets/pickyassist'}{secret}{secretName};
    my ($made, $key) = slurp($file)
        =~ /create secret generic (\S+) --from-file=(\S+)/;
    is($made, $secret, 'the secret is the one that is made');
    my @files = map { m{pickyassist_\w*token_file /run/secrets/pickyassist/(.*);} }
        split /\n/, join '', values %{$document{ConfigMap}{data}};
    is_deeply(\@files, [$key], 'with the file that the routes name');

    my $conf = slurp('image/nginx.conf') . slurp('image/http.conf');
    my @written = $conf =~ /^ *(?:pid|\w+_temp_path) (.*);/mg;
    cmp_ok(scalar @written, '>', 5, 'nginx writes files');
    is_deeply([grep { !m{^/tmp/} || !$mount{'/tmp'}{emptyDir} } @written], [],
              'where it can');
}

# The Pod Security Standard "restricted", and the user of the image.
sub check_security {
    my ($user) = slurp('tools/image') =~ /^user=(\d+)$/m;
    my $of_pod = $pod->{spec}{securityContext};
    is($of_pod->{$_}, $user, $_) for qw(runAsUser runAsGroup fsGroup);
    ok($of_pod->{runAsNonRoot}, 'runAsNonRoot');
    is($of_pod->{seccompProfile}{type}, 'RuntimeDefault', 'seccompProfile');

    my $own = $container->{securityContext};
    ok(!$own->{allowPrivilegeEscalation}, 'allowPrivilegeEscalation');
    ok($own->{readOnlyRootFilesystem}, 'readOnlyRootFilesystem');
    is_deeply($own->{capabilities}, { drop => ['ALL'] }, 'capabilities');
}

sub check_version {
    my ($version) = slurp('debian/changelog') =~ /^\S+ \(([^-)]+)/;
    for my $page ($file, glob 'docs/*.md') {
        my @others = grep { $_ ne $version }
            slurp($page) =~ /pickyassist-gateway:([\d.]+\d)/g;
        is_deeply(\@others, [], "$page: the image has this version");
    }
}

# nginx with a configuration of the image, and these routes in it.
sub check_conf {
    my ($name, $conf, $routes) = @_;
    my $text = slurp("image/$conf");
    my $http = slurp('image/http.conf');
    # As tools/image does it.
    my ($audit) = slurp('examples/production.conf')
        =~ /^(    log_format pickyassist_audit .*?)^    # The known callers/ms
        or die;
    $http =~ s/^include audit\.conf;\n/$audit/m or die;
    $text =~ s/^ *include http\.conf;\n/$http/m or die;
    $text =~ s/^ *include routes\/\*\.conf;\n/$routes/m or die if $routes;
    # Nobody else's files.
    $text =~ s{(\s)/tmp/}{$1$dir/}g;
    spew("$dir/$name.conf", $text);
    my $output = `t/lib/try-configuration $dir/nginx-t $dir/$name.conf`;
    ok($? == 0, "nginx takes the configuration: $name") or diag($output);
}

# The number of seconds before nginx is killed is enough for what it may take:
# the burst of the rate, and all time-outs of the way to the vendor.
sub check_grace {
    my ($per_minute, $burst) = join('', values %{$document{ConfigMap}{data}})
        =~ /pickyassist_rate (\d+)r\/m burst=(\d+);/;
    my $longest = $burst * 60 / $per_minute + 5 + 10 + 30;
    my $wait = $container->{lifecycle}{preStop}{sleep}{seconds};
    cmp_ok($pod->{spec}{terminationGracePeriodSeconds}, '>=',
           $wait + $longest, 'terminationGracePeriodSeconds');
}

remove_tree($dir);
make_path($dir);

is_deeply([sort keys %document],
          [qw(ConfigMap Deployment NetworkPolicy PodDisruptionBudget Service)],
          'what there is');
is($deployment->{spec}{replicas}, 2, 'two pods');
check_selectors();
check_ports();
check_volumes();
check_security();
check_grace();
check_version();
check_conf('kubernetes', 'nginx.conf',
           join '', values %{$document{ConfigMap}{data}});
check_conf('image', 'nginx.conf', slurp('image/routes/push.conf'));
check_conf('sandbox', 'sandbox.conf');

SKIP: {
    my $output = `tools/kubernetes/check $file 2>&1`;
    my $status = $? >> 8;
    skip($output, 1) if $status == 2;
    is($status, 0, 'valid for the types of Kubernetes') or diag($output);
}

done_testing();
