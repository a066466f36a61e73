package Bench::Callgrind;

# Reads what callgrind has written.

use strict;
use warnings;

use File::Basename qw(basename);

sub print_profile {
    my ($file, $requests, $top) = @_;
    my $self_cost = read_self_cost($file);

    my (%objects, @functions);
    my $total = 0;
    for my $object (keys %$self_cost) {
        for my $function (keys %{ $self_cost->{$object} }) {
            my $cost = $self_cost->{$object}{$function} / $requests;
            $total += $cost;
            $objects{$object} += $cost;
            push @functions, [$cost, $function, $object];
        }
    }
    @functions = sort { $b->[0] <=> $a->[0] } @functions;
    splice @functions, $top if @functions > $top;

    printf "%.0f instructions a request (%d requests)\n\n", $total, $requests;
    printf "%8.0f  %5.1f %%  %s\n", $objects{$_}, 100 * $objects{$_} / $total,
           $_ for sort { $objects{$b} <=> $objects{$a} } keys %objects;
    print "\n";
    printf "%8.0f  %5.1f %%  %s  [%s]\n", $_->[0], 100 * $_->[0] / $total,
           @$_[1, 2] for @functions;
    return;
}

# { object => { function => instructions in the function itself } }; the format
# is described in Valgrind's manual.
sub read_self_cost {
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!\n";
    my (%names, %cost, $object, $function);
    my $called = 0;
    while (my $line = readline $in) {
        if ($line =~ /^(c?(?:ob|fn|fl|fi|fe))=(\(\d+\))(?: (.*))?$/) {
            my ($key, $id, $name) = ($1, $2, $3);
            my $kind = $key =~ s/^c//r;
            $names{$kind}{$id} = $name if defined $name;
            $object = basename($names{ob}{$id}) if $key eq 'ob';
            $function = $names{fn}{$id} =~ s/'\d+$//r if $key eq 'fn';
        } elsif ($line =~ /^calls=/) {
            $called = 1;
        } elsif ($line =~ /^[+*\d-]\S* (\d+)$/) {
            $cost{$object}{$function} += $1 if !$called;
            $called = 0;
        }
    }
    return \%cost;
}

1;
