package Bench::Picture;

# A picture of figures: bars, as SVG.

use strict;
use warnings;
use utf8;

my ($width, $left, $right, $row, $bar) = (760, 300, 110, 26, 16);
my $top = 56;

# write(file, title, [group, [name, figure, 1 if it is ours], ...], ...): bars
# have one scale within a group.
sub write_bars {
    my ($file, $title, @groups) = @_;
    my $y = $top;
    my $text = label(16, 28, $title, 'font-size="16" font-weight="bold"');

    for my $group (@groups) {
        my ($name, @bars) = @$group;
        my ($most) = sort { $b <=> $a } map { $_->[1] } @bars;
        $text .= label(16, $y + 12, $name, 'fill="#555"');
        $y += $row;
        for my $one (@bars) {
            my ($title, $figure, $ours) = @$one;
            my $length = ($width - $left - $right) * $figure / $most;
            $text .= label($left - 8, $y + 13, $title, 'text-anchor="end"');
            $text .= sprintf qq(  <rect x="%d" y="%d" width="%.1f" height="%d" )
                             . qq(fill="%s"/>\n), $left, $y, $length, $bar,
                             $ours ? '#2a7a4b' : '#9aa5b1';
            $text .= label($left + $length + 6, $y + 13,
                           sprintf '%.*f µs', $figure < 100 ? 1 : 0, $figure);
            $y += $row;
        }
        $y += 14;
    }

    $text = qq(<svg xmlns="http://www.w3.org/2000/svg" width="$width" )
            . qq(height="$y" viewBox="0 0 $width $y" )
            . qq(font-family="sans-serif" font-size="13">\n)
            . qq(  <title>) . escape($title) . qq(</title>\n)
            . qq(  <rect width="100%" height="100%" fill="#fff"/>\n)
            . "$text</svg>\n";
    utf8::encode($text);
    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    return;
}

sub label {
    my ($x, $y, $text, $more) = @_;
    return sprintf qq(  <text x="%.0f" y="%d"%s>%s</text>\n), $x, $y,
                   defined $more ? " $more" : '', escape($text);
}

sub escape {
    my ($text) = @_;
    my %entity = ('&' => '&amp;', '<' => '&lt;', '>' => '&gt;');
    return $text =~ s/([&<>])/$entity{$1}/gr;
}

1;
