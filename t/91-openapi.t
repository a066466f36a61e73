# docs/openapi.yaml says what the gateway does: each of its examples is sent,
# and what comes back is what is written there, but for request ids. How an
# example is written stands at its top. And it names every code there is.

use PickyAssist::Client;
use PickyAssist::Test;

use YAML::XS ();

$YAML::XS::Boolean = 'JSON::PP';

our $Api = YAML::XS::LoadFile('docs/openapi.yaml');
our @Examples = map { examples($_) } sort keys %{$Api->{paths}};
our $JSON = JSON::PP->new->canonical;

# Every example of a response to a route: the route ("/tokens"), key
# ("410 breaker_open"), path, status, media type, the headers of the response,
# and the example itself.
sub examples {
    my ($route) = @_;
    my @examples;
    my $responses = $Api->{paths}{$route}{post}{responses};
    for my $key (sort keys %$responses) {
        my $response = $responses->{$key};
        for my $type (sort keys %{$response->{content}}) {
            my $examples = $response->{content}{$type}{examples};
            push @examples, map { {
                route => $route, path => "$route/$key/$_",
                key => "$route $key $_", name => $_,
                status => $key eq 'default' ? $examples->{$_}{value}{status}
                                            : $key,
                type => $type, headers => $response->{headers},
                example => $examples->{$_},
            } } sort keys %$examples;
        }
    }
    return @examples;
}

# A route has the name of its endpoint, but for one.
sub endpoint_of {
    my ($route) = @_;
    return $route eq '/tokens' ? 'create-api-token' : substr $route, 1;
}

sub requests_of {
    my ($route) = @_;
    return $Api->{paths}{$route}{post}{requestBody}{content}
           {'application/json'}{examples} || {};
}

# A location for each example; its upstream's path tells the examples apart.
sub locations {
    return join '', map {
        my $vendor = $_->{example}{'x-vendor'} // '';
        my $port = $vendor eq 'refused' ? '$TEST_NGINX_SPARE_PORT'
                                        : '$TEST_NGINX_UPSTREAM_PORT';
        my $more = $_->{example}{'x-configuration'} // '';
        my $endpoint = endpoint_of($_->{route});
        "location = $_->{path} {
            pickyassist_pass http://127.0.0.1:$port$_->{path};
            pickyassist_endpoint $endpoint;
            $more
        }\n";
    } @Examples;
}

sub vendor {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($example) = grep { $_->{path} eq $request->{uri} } @Examples;
        my $reply = $example->{example}{'x-vendor'}
            // die "$request->{uri} has no x-vendor\n";
        return $c->hang if $reply eq 'silent';
        my %headers = (%{$reply->{headers} || {}},
                       'Content-Length' => length $reply->{body});
        $c->send(join "\r\n", "HTTP/1.1 $reply->{status} Status",
                 (map { "$_: $headers{$_}" } sort keys %headers),
                 '', $reply->{body});
    }
}

# The request of an example: the one of the same name if there is, with what
# is otherwise in x-request.
sub request_of {
    my ($example) = @_;
    my $same = requests_of($example->{route})->{$example->{name}};
    my $request = $example->{example}{'x-request'} || {};
    return (
        uri => $example->{path},
        $same ? (body => $JSON->encode($same->{value})) : (),
        map { exists $request->{$_} ? ($_ => $request->{$_}) : () }
            'method', 'headers', 'body',
    );
}

sub try_example {
    my ($example) = @_;
    my $key = $example->{key};
    my $expected = $example->{example};

    my ($reply, $first);
    my %request = request_of($example);
    if (my $body = $expected->{'x-first'}) {
        $first = send_first($example, $body, %request);
    }
    for my $number (1 .. $expected->{'x-times'} // 1) {
        my %headers = map { s/NUMBER/$number/r } %{$request{headers} || {}};
        $reply = ask(%request, headers => \%headers);
    }
    is($reply->{status}, $example->{status}, "$key: status");
    is($reply->{headers}{'content-type'}, $example->{type}, "$key: type");

    my $id = $reply->{headers}{'x-request-id'};
    my $value = { %{$expected->{value}} };
    $value->{request_id} = $id if exists $value->{request_id};
    my $path = '/app/api/v2/pm/create-api-token';
    my $body = $reply->{body} =~ s/ at \Q$example->{path}\E,/ at $path,/r;
    my $got = eval { JSON::PP->new->utf8->decode($body) };
    is($JSON->encode($got // {}), $JSON->encode($value), "$key: body");

    check_headers($example, $reply->{headers});
}

# A request before that of the example: another one, or the same one, which the
# vendor does not answer.
sub send_first {
    my ($example, $body, %request) = @_;
    return ask(%request, body => $body) if $body =~ /^\{/;
    my $client = client();
    $client->send(message(%request));
    my $upstream = $PickyAssist::Test::Upstreams[0]{running};
    wait_until { index($upstream->received, "POST $example->{path} ") >= 0 };
    return $client if $body eq 'waits';

    $client->close;
    wait_until {
        ask(%request)->{body} !~ /"code":"idempotency_in_progress"/;
    };
}

sub check_headers {
    my ($example, $got) = @_;
    my $key = $example->{key};
    my $expected = $example->{example}{'x-headers'} || {};

    for my $name (sort keys %{$example->{headers}}) {
        my $header = resolve($example->{headers}{$name});
        my $value = $got->{lc $name};

        if (!$header->{required} && !exists $expected->{$name}) {
            ok(!defined $value, "$key: no $name");
            next;
        }

        my $schema = $header->{schema};
        my $pattern = $schema->{pattern} // '';
        like($value // '(missing)', qr/$pattern/, "$key: $name");
        is($value, $schema->{const}, "$key: value of $name")
            if exists $schema->{const};

        # Time may have passed since the seconds began to count.
        if (exists $expected->{$name}) {
            my $most = $expected->{$name};
            ok($value =~ /^\d+$/ && $value <= $most && $value > $most - 10,
               "$key: $name is $most or a little less");
        }
    }
}

sub resolve {
    my ($node) = @_;
    my ($path) = ($node->{'$ref'} // return $node) =~ m{^#/(.*)};
    my $found = $Api;
    $found = $found->{$_} for split '/', $path;
    return $found;
}

sub slurp {
    open my $file, '<', $_[0] or die "$_[0]: $!\n";
    local $/;
    return scalar <$file>;
}

# The description against the source.
sub check_lists {
    my $schemas = $Api->{components}{schemas};

    my $source = slurp('ngx_pickyassist_module/core/tables/outcomes.h');
    my %outcomes = $source =~ /X\([A-Z_]+, "(\w+)", (\d+)/g;
    delete @outcomes{'issued', 'accepted', 'http_error'};

    my $problem = $schemas->{Problem}{properties};
    is_deeply([map { "@{$problem->{$_}{enum}}" } 'effect', 'retry'],
              ['none unknown', 'no later check'], 'effect and retry');

    my ($codes) = grep { $_->{enum} }
                  @{$schemas->{Problem}{properties}{code}{anyOf}};
    is_deeply([sort @{$codes->{enum}}], [sort keys %outcomes],
              'every code is listed');

    my %shown = map { $_->{example}{value}{code} => $_->{status} }
                grep { ($_->{example}{value}{code} // 'http_') !~ /^http_/ }
                @Examples;
    is_deeply(\%shown, \%outcomes, 'every code has an example');

    my $flaws = $schemas->{Problem}{properties}{errors}{items}
                ->{properties}{code}{enum};
    my %flaws = map { $_->{code} => 1 }
                map { @{$_->{example}{value}{errors} || []} } @Examples;
    is_deeply([sort @$flaws], [sort keys %flaws],
              'every code of a flaw has an example');

    for my $route (sort keys %{$Api->{paths}}) {
        my %named = map { $_->{name} => 1 }
                    grep { $_->{route} eq $route && $_->{status} == 200 }
                    @Examples;
        is_deeply([sort keys %{requests_of($route)}], [sort keys %named],
                  "$route: every request has its reply");
    }

    my ($version) = slurp('ngx_pickyassist_module/ngx_pickyassist_version.h')
                    =~ /NGX_PICKYASSIST_VERSION +"(.*)"/;
    is($Api->{info}{version}, $version, 'the version is that of the module');
}

# name => [members] of each endpoint, as the catalogue has them; tokens have
# their examples, and endpoints without rules no members.
sub catalogue {
    my $tables = 'ngx_pickyassist_module/core/tables';
    my $source = slurp("$tables/members.c");
    my %list;
    while ($source =~ /pa_member_t  (\w+)\[\] = \{(.*?)\n\};/gs) {
        my ($name, $rows) = ($1, $2);
        $list{$name} = [$rows =~ /\.name = pa_string\("(\w+)"\)/g];
    }

    my %endpoints;
    for (slurp("$tables/endpoints.h") =~ /^    X\((\w+, "[a-z-]+")/mg) {
        my ($constant, $name) = /(\w+), "(.*)"/;
        my ($used) = $source =~ /PA_MEMBERS_$constant +PA_LIST\((\w+)\)/;
        $endpoints{$name} = $used ? $list{$used} : [];
    }
    return (\%endpoints, \%list);
}

sub members_of {
    my ($schema) = @_;
    return join ' ', sort keys %{resolve($schema)->{properties} || {}};
}

sub check_catalogue {
    my ($endpoints, $list) = catalogue();
    delete $endpoints->{'create-api-token'};
    cmp_ok(scalar keys %$endpoints, '>=', 21, 'the catalogue is read');

    for my $name (sort keys %$endpoints) {
        my $post = $Api->{paths}{"/$name"}{post};
        ok($post, "$name: has a path") or next;
        my $schema = $post->{requestBody}{content}{'application/json'}{schema};
        is(members_of($schema), join(' ', sort @{$endpoints->{$name}}),
           "$name: has the members of the catalogue");
        ok($post->{responses}{$_}, "$name: has the reply $_")
            for '200', '4XX', '5XX';
    }

    my $schemas = $Api->{components}{schemas};
    is(members_of($schemas->{Recipient}),
       join(' ', sort @{$list->{pa_push_row_members}}), 'rows of push');
    is(members_of($schemas->{TemplateMessage}),
       join(' ', sort @{$list->{pa_template_row_members}}), 'rows of templates');
}

run_tests();

__DATA__

=== TEST 1: every example is what the gateway answers
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_token project-token;
    limit_req_zone $server_name zone=one_a_minute:32k rate=1r/m;
    pickyassist_idempotency_zone 32k;
--- config eval: main::locations()
--- upstream eval: \&main::vendor
--- request
GET /
--- then
    try_example($_) for @::Examples;



=== TEST 2: nothing is missing
--- request
GET /
--- then
    check_lists();
    check_catalogue();
