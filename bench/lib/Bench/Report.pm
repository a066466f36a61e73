package Bench::Report;

# The tables: printed, and written to docs/benchmarks.md between two marks, so
# that what is said around them stays; and one row of the table in README.md.

use strict;
use warnings;
use utf8;

use POSIX qw(strftime);

use Bench::Load;
use Bench::Nginx;
use Bench::Picture;

my $file = 'docs/benchmarks.md';
my $picture = 'docs/benchmarks.svg';
my $begin = '<!-- written by make bench: begin -->';
my $end = '<!-- written by make bench: end -->';

sub new {
    my ($class, $vars, $rounds, $seconds) = @_;
    my $self = bless { targets => [], tables => [], bars => [] }, $class;
    $self->{about} = join "\n", (map { "- $_" }
        strftime('%Y-%m-%d', gmtime)
            . ", `make bench` (ROUNDS=$rounds, SECONDS=$seconds)",
        machine(), versions($vars->{NGINX}),
        'one worker' . (defined $vars->{CPUS}
            ? ' on a processor of its own; load and upstream on the others'
            : '; load and upstream on the same processor')), '';
    return $self;
}

sub machine {
    my $cpuinfo = Bench::Nginx::slurp('/proc/cpuinfo');
    my ($model) = $cpuinfo =~ /^model name\s*: (.*)/m;
    my $cores = () = $cpuinfo =~ /^processor\s*:/mg;
    my ($kernel) = Bench::Nginx::slurp('/proc/version') =~ /version (\S+)/;
    return sprintf '%s, %d processors, Linux %s', $model // 'unknown processor',
                   $cores, $kernel;
}

sub versions {
    my ($nginx) = @_;
    my ($version) = `$nginx -v 2>&1` =~ /nginx\/(\S+)/;
    my %packages = map { split }
        `dpkg-query -W -f '\${Package} \${Version}\n' libnginx-mod-http-lua \\
         libnginx-mod-http-js lua-cjson wrk`;
    return "nginx $version, " . join ', ',
           map { "$_ $packages{$_}" } sort keys %packages;
}

# The ratio of a figure of two jobs: the list of all rounds.
sub ratios {
    my ($all, $a, $b, $field) = @_;
    return map { $all->{$a}[$_]{$field} / $all->{$b}[$_]{$field} }
           0 .. $#{ $all->{$a} };
}

sub ratio { return Bench::Load::median(ratios(@_)) }

sub ratio_and_range {
    my @ratios = sort { $a <=> $b } ratios(@_);
    return sprintf '%.2f (%.2f … %.2f)', Bench::Load::median(@ratios),
                   @ratios[0, -1];
}

sub middle {
    my ($all, $job, $field) = @_;
    return Bench::Load::median(map { $_->{$field} } @{ $all->{$job} });
}

# What else runs on the machine only adds to a figure, so the least one of all
# rounds is the closest to what the work takes.
sub least {
    my ($all, $job, $field) = @_;
    return (sort { $a <=> $b } map { $_->{$field} } @{ $all->{$job} })[0];
}

sub contenders {
    my ($self, $connections, $contenders, $all) = @_;
    my $reference = $contenders->[0][0];
    my @rows;
    for my $contender (@$contenders) {
        my ($name, undef, $title) = @$contender;
        push @rows, [$title, map({ figure($_) } (
                map { middle($all, $name, $_) } qw(rate p50 p99 cpu))),
            map({ sprintf '%.2f', ratio($all, $name, $reference, $_) }
                qw(rate p50 p99)),
            ratio_and_range($all, $name, $reference, 'cpu'),
            sprintf '%.2f', least($all, $name, 'cpu')
                            / least($all, $reference, 'cpu')];
    }
    my $load = "$connections connection" . ($connections == 1 ? '' : 's');
    $self->table("A valid request, $load",
        ['', 'requests/s', 'p50, µs', 'p99, µs', 'CPU, µs', 'x requests/s',
         'x p50', 'x p99', 'x CPU', 'x least CPU'], @rows);
    $self->target("valid request, $load: least CPU", '≤', 1.1,
                  least_ratio($all, 'module', $reference));
    $self->bars("Plain HTTP to the vendor, $load", $contenders, $all);
    return;
}

sub least_ratio {
    my ($all, $a, $b) = @_;
    return least($all, $a, 'cpu') / least($all, $b, 'cpu');
}

sub over_tls {
    my ($self, $connections, $contenders, $all) = @_;
    my $reference = $contenders->[0][0];
    my $load = "$connections connection" . ($connections == 1 ? '' : 's');
    $self->table("A valid request over TLS, $load",
        ['', 'requests/s', 'p50, µs', 'CPU, µs', 'x CPU', 'x least CPU'],
        map {
            my ($name, undef, $title) = @$_;
            [$title, map({ figure(middle($all, $name, $_)) } qw(rate p50 cpu)),
             ratio_and_range($all, $name, $reference, 'cpu'),
             sprintf '%.2f', least_ratio($all, $name, $reference)];
        } @$contenders);
    my %target = (smallest => 1.1, resolver => 1.15, block => 1.05);
    for my $contender (@$contenders) {
        my ($name, undef, $title) = @$contender;
        $self->target("over TLS, $load: least CPU, " . plain($title), '≤',
                      $target{$name}, least_ratio($all, $name, $reference))
            if $target{$name};
    }
    $self->bars("TLS to the vendor, $load", $contenders, $all);
    return;
}

sub far {
    my ($self, $way, $contenders, $handshakes, $far) = @_;
    $self->table('Over TLS: 100 requests in a row, and requests to a vendor '
                 . 1000 * $way . ' ms away',
        ['', 'connections', 'full handshakes', 'resumed', 'p50, ms'],
        map {
            my ($name, undef, $title) = @$_;
            [$title, @{ $handshakes->{$name} }{qw(connections handshakes
                                                  resumed)},
             sprintf '%.1f', $far->{$name}{p50} / 1000];
        } @$contenders);
    for my $name (qw(smallest resolver)) {
        my ($title) = map { $_->[2] } grep { $_->[0] eq $name } @$contenders;
        my $took = $handshakes->{$name};
        $self->target('over TLS: handshakes for 100 requests in a row, '
                      . plain($title), '≤', 1,
                      $took->{handshakes} + $took->{resumed});
    }
    return;
}

# The title of a contender without its markup.
sub plain { return $_[0] =~ s/[*`]//gr }

sub bars {
    my ($self, $title, $contenders, $all) = @_;
    push @{ $self->{bars} }, [$title, map {
        [plain($_->[2]), least($all, $_->[0], 'cpu'), $_->[2] =~ /\*\*/]
    } @$contenders];
    return;
}

sub refusals {
    my ($self, $all) = @_;
    my @rows = map {
        my ($job, $title) = @$_;
        [$title, figure(middle($all, $job, 'rate')),
         figure(middle($all, $job, 'cpu')),
         ratio_and_range($all, $job, 'fixed', 'cpu')];
    } ['fixed', 'nginx, a fixed 422'], ['bad', '**this module**, bad address'],
      ['open', '**this module**, open circuit breaker'];
    $self->table('Refusals, 32 connections',
                 ['', 'requests/s', 'CPU, µs', 'x CPU'], @rows);
    $self->target('rejected request: CPU', '≤', 1.15,
                  ratio($all, 'bad', 'fixed', 'cpu'));
    $self->target('open circuit breaker: CPU', '≤', 1.15,
                  ratio($all, 'open', 'fixed', 'cpu'));
    return;
}

# cost of size: what one address more costs on the way from the size before.
sub slopes {
    my ($sizes, $cost) = @_;
    return map {
        my ($from, $to) = @$sizes[$_ - 1, $_];
        ($cost->($to) - $cost->($from)) / ($to - $from);
    } 1 .. $#$sizes;
}

# The same over what it costs on the whole way.
sub relative_slopes {
    my ($sizes, $cost) = @_;
    my ($whole) = slopes([@$sizes[0, -1]], $cost);
    return map { $_ / $whole } slopes($sizes, $cost);
}

sub farthest_from_one {
    return (sort { abs($b - 1) <=> abs($a - 1) } @_)[0];
}

# Of the least costs: in differences of others noise would be the larger part.
sub growth {
    my ($self, $all, $sizes, $core) = @_;
    my $cpu = sub { 1000 * least($all, $_[0], 'cpu') };
    my @slopes = (undef, slopes($sizes, $cpu));
    my %core_slopes = map {
        my $part = $core->{$_};
        $_ => [undef, slopes($sizes, sub { $part->{ $_[0] } })];
    } qw(request reply);
    $self->table('Growth: requests with many addresses, replies with as many '
                 . 'tokens',
        ['addresses', 'least CPU, µs', 'for one more, ns', 'core: request',
         'for one more', 'core: reply', 'for one more'],
        map {
            my ($i, $size) = ($_, $sizes->[$_]);
            [$size, figure(least($all, $size, 'cpu')), figure($slopes[$i]),
             map { (figure($core->{$_}{$size}), figure($core_slopes{$_}[$i])) }
                 qw(request reply)];
        } 0 .. $#$sizes);

    $self->target('CPU for one address more, the oddest step over the whole',
        '±', 0.15, farthest_from_one(relative_slopes($sizes, $cpu)));
    for my $part (qw(request reply)) {
        $self->target("core, $part: the same in instructions", '±', 0.15,
            farthest_from_one(relative_slopes($sizes,
                sub { $core->{$part}{ $_[0] } })));
    }
    return;
}

sub memory {
    my ($self, $memory, $count) = @_;
    $self->table("Memory of a request in flight, bytes ($count of them)",
        ['', 'waiting for the reply', 'half of the reply received'],
        map { [$_->[1], map { figure($_) } @{ $memory->{ $_->[0] } }
                                             {qw(waiting half)}] }
            ['proxy_pass', 'bare `proxy_pass`'], ['module', '**this module**']);
    $self->target('memory of a request in flight, KiB', '≤', 16,
                  $memory->{module}{half} / 1024);
    return;
}

sub core {
    my ($self, $core) = @_;
    $self->table('The core alone, instructions for the vendor\'s sample',
        ['validate and build the body', 'read and normalise the reply'],
        [map { figure($core->{$_}{sample}) } qw(request reply)]);
    $self->table('The core alone, a `push`',
        ['', 'instructions', 'GB/s'],
        ['the vendor\'s sample', figure($core->{push}{sample}), ''],
        map { [$_->[1], figure($core->{push}{ $_->[0] }),
               figure($core->{speed}{ $_->[0] })] }
            ['base64', '1 MiB of base64'], ['text', '1 MiB of Cyrillic text']);
    $self->target('core, a `push` of 1 MiB of base64, GB/s', '≥', 1.5,
                  $core->{speed}{base64});
    return;
}

sub target {
    my ($self, $what, $relation, $wanted, $measured) = @_;
    my $met = $relation eq '≤' ? $measured <= $wanted
            : $relation eq '≥' ? $measured >= $wanted
            : abs($measured - 1) <= $wanted;
    push @{ $self->{targets} },
        [$what, $relation eq '±' ? "1 ± $wanted" : "$relation $wanted",
         sprintf('%.2f', $measured), $met ? 'yes' : 'no'];
    return;
}

# Three digits say enough.
sub figure {
    my ($n) = @_;
    return '' if !defined $n;
    return sprintf $n >= 100 ? '%.0f' : $n >= 10 ? '%.1f' : '%.2f', $n;
}

sub table {
    my ($self, $title, @rows) = @_;
    push @{ $self->{tables} }, "### $title\n\n" . format_table(@rows);
    return;
}

sub format_table {
    my ($head, @rows) = @_;
    my @widths = map {
        my $column = $_;
        (sort { $b <=> $a } 3, map { length $_->[$column] } $head, @rows)[0];
    } 0 .. $#$head;
    my @alignments = ('-', ('') x $#$head);
    my @lines = map {
        my $row = $_;
        join ' | ', map { sprintf "%$alignments[$_]$widths[$_]s", $row->[$_] }
                        0 .. $#$head;
    } $head, @rows;
    my $rule = join ' | ', map { '-' x ($widths[$_] - 1)
                                 . ($_ ? ':' : '-') } 0 .. $#$head;
    splice @lines, 1, 0, $rule;
    return join '', map { "| $_ |\n" } @lines;
}

# Prints the report and puts it into the file.
sub write {
    my ($self) = @_;
    my $text = join "\n", "## Figures\n", $self->{about},
        "### Targets, as ratios to the reference\n\n"
        . format_table(['', 'target', 'measured', 'met'],
                       @{ $self->{targets} }),
        @{ $self->{tables} };
    utf8::encode($text);
    print $text;

    my $old = -e $file ? Bench::Nginx::slurp($file)
                       : "# Benchmarks\n\n$begin\n$end\n";
    Bench::Picture::write_bars($picture, 'CPU of the worker for a request',
                               @{ $self->{bars} });
    $old =~ s/^\Q$begin\E\n.*?^\Q$end\E$/$begin\n$text$end/ms
        or die "$file: no marks to write the figures between\n";
    mkdir 'docs';
    open my $out, '>', $file or die "$file: $!\n";
    print $out $old;
    close $out or die "$file: $!\n";
    write_readme($text);
    return;
}

# The row of README.md with the CPU of the contenders: their medians with 1 and
# with 32 connections, from the tables above.
sub write_readme {
    my ($text) = @_;
    my %ratios;
    my $title = qr/^### A valid request, \d+ connections?\n\n/m;
    my $row = qr/^\| \**(this module|Lua|njs)\b.*\| *([\d.]+) \(/m;
    for my $load ($text =~ /$title(.*?)\n\n/sg) {
        push @{ $ratios{$1} }, $2 while $load =~ /$row/g;
    }
    my %range = map {
        my @sorted = sort { $a <=> $b } @{ $ratios{$_} };
        $_ => "$sorted[0] to $sorted[-1]"
    } keys %ratios;

    my $readme = Bench::Nginx::slurp('README.md');
    my $cells = join ' | ', $range{'this module'}, 'not measured',
                            "Lua $range{Lua}, njs $range{njs}", 1;
    $readme =~ s/^(\| CPU of a valid request, .*?) \| .*/$1 | $cells |/m
        or die "README.md: no row for the CPU of a valid request\n";
    open my $out, '>', 'README.md' or die "README.md: $!\n";
    print $out $readme;
    close $out or die "README.md: $!\n";
    return;
}

1;
