package Bench::Proof;

# Proof that a contender does the job before its speed counts.

use strict;
use warnings;

use HTTP::Tiny;
use JSON::PP;

use Bench::Data;

my $http = HTTP::Tiny->new(timeout => 10, no_proxy => '127.0.0.1');
my $json = JSON::PP->new->canonical;

# bare: only has to pass on what it gets.
sub run {
    my ($nginx, $upstream, $vars, $bare) = @_;
    my $name = $nginx->{name};

    my $reply = post($nginx, '/tokens', $Bench::Data::request);
    my $sent = $json->decode($Bench::Data::request);
    $sent->{token} = $vars->{TOKEN} if !$bare;
    same("$name: status", $reply->{status}, 200);
    same("$name: sent to the vendor", $upstream->received,
         $json->encode($sent));
    same("$name: reply", $reply->{content}, $Bench::Data::reply);
    return if $bare;

    my $token = $Bench::Data::request =~ s/\}$/,"token":"mine"}/r;
    refused($nginx, 422, $token);
    refused($nginx, 422, $Bench::Data::bad_request);
    refused($nginx, 422, $Bench::Data::request =~ s/202.*84/192.168.0.1/r);
    refused($nginx, 422, '{"project_id":"6681","ip_whitelist":["::ffff:1"]}');
    refused($nginx, 400, substr $Bench::Data::request, 0, -1);
    my $got = $http->get(url($nginx, '/tokens'));
    same("$name: GET", $got->{status}, 405);
    same("$name: Allow", $got->{headers}{allow}, 'POST');
    same("$name: refused and yet sent to the vendor", $upstream->received,
         undef);

    post($nginx, '/tokens',
         '{"ip_whitelist":"2001:DB8:0:0::0:1","project_id":1}');
    same("$name: a single address of the other kind", $upstream->received,
         $json->encode({ ip_whitelist => ['2001:db8::1'], project_id => 1,
                         token => $vars->{TOKEN} }));
    return;
}

sub refused {
    my ($nginx, $status, $body) = @_;
    my $reply = post($nginx, '/tokens', $body);
    same("$nginx->{name}: $body", $reply->{status}, $status);
    same("$nginx->{name}: $body", $reply->{headers}{'content-type'},
         'application/problem+json');
    return;
}

# That the module refuses what it is going to be measured with; opens the
# circuit breaker of /open.
sub refusals {
    my ($nginx) = @_;
    my $opening = post($nginx, '/open', $Bench::Data::request);
    my $open = post($nginx, '/open', $Bench::Data::request);
    same('endpoint disabled', $_->{status}, 410) for $opening, $open;
    same('breaker is open', !!$open->{headers}{'retry-after'}, 1);
    return;
}

# The module's answer to a bad address, as nginx's configuration takes it.
sub problem {
    my ($nginx) = @_;
    my $reply = post($nginx, '/tokens', $Bench::Data::bad_request);
    same('bad address', $reply->{status}, 422);
    return $reply->{content} =~ s/(['\\])/\\$1/gr;
}

sub post {
    my ($nginx, $uri, $body) = @_;
    return $http->post(url($nginx, $uri), {
        headers => { 'Content-Type' => 'application/json' },
        content => $body,
    });
}

sub url {
    my ($nginx, $uri) = @_;
    return "http://127.0.0.1:$nginx->{port}$uri";
}

# JSON is compared by what it says.
sub same {
    my ($what, $got, $expected) = @_;
    for ($got, $expected) {
        $_ = 'nothing' if !defined;
        $_ = eval { $json->encode($json->decode($_)) } // $_ if /^\{/;
    }
    return if $got eq $expected;
    die "$what: expected\n    $expected\ngot\n    $got\n";
}

1;
