# Contract section 4: what a token request is, the order in which it is
# checked, the answer to each flaw, and the bytes that the upstream gets.

# Test::Nginx waits three times as long after each request for the logs to be
# written. Here are many requests, and next to nothing about logs.
BEGIN { $ENV{TEST_NGINX_SLEEP} //= 0.002 }

use PickyAssist::Test;

our $Version = version();

# Rows of tables are requests of one block: what counts is in the bodies of
# the responses.

sub version {
    open my $file, '<', 'ngx_pickyassist_module/ngx_pickyassist_version.h'
        or die "module.h: $!\n";
    my ($version) = map { /NGX_PICKYASSIST_VERSION +"(.*)"/ } <$file>;
    return $version;
}

# One connection to the upstream for all of them: it costs a process there.
our $Kept = <<'END';
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream kept {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 1;
    }
END

# The reply tells what has come: the addresses, as they were written.
sub echo {
    my ($c) = @_;
    while (my $request = $c->request) {
        my ($rest) = $request->{body} =~ /"token":"[^"]+",(.*)\}\z/s;
        $rest =~ s/"/'/g;
        $c->reply(qq({"status":100,"message":"$rest","api_token":"t"}));
    }
}

# Requests to a path, with the Content-Length that keeps white space where it
# is.
sub requests {
    my ($path, @bodies) = @_;
    return [map { "POST $path\n$_" } @bodies];
}

sub headers {
    return [map { "Content-Type: application/json\nContent-Length: "
                  . length } @_];
}

# The pieces as a body in chunks.
sub chunked {
    return join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @_, '';
}

# A token request with these addresses.
sub with_ips {
    return '{"project_id":1,"ip_whitelist":['
           . join(',', map { qq("$_") } @_) . ']}';
}

# The whole document as bytes, errors in order as "/pointer code".
sub problem {
    my ($code, @errors) = @_;
    my %status = (malformed_json => 400, invalid_request => 422,
                  method_not_allowed => 405, unsupported_media_type => 415,
                  body_too_large => 413);
    my $text = qr/(?:[^"\\]|\\.)+/;
    my $errors = join ',', map {
        my ($pointer, $error) = /^(.*) (\w+)$/s;
        qq(\\{"pointer":"\Q$pointer\E","code":"$error","detail":"$text"\\})
    } @errors;
    $errors = qq(,"errors":\\[$errors\\]) if @errors;
    return qr(\A\{"type":"urn:pickyassist:problem:$code","title":"[^"]+",
              "status":$status{$code},"code":"$code","detail":"$text",
              "request_id":"[0-9a-f]{32}","effect":"none","retry":"no"
              $errors\}\z)x;
}

# What echo() makes of a request that is passed on.
sub passed_on {
    my ($rest) = @_;
    return qr(\A\{"status":100,"message":"\Q$rest\E","project_id":\d+,
              "api_token":\[\{"ip":null,"token":"t"\}\]\}\z)x;
}

sub passed_on_ips {
    return passed_on("'project_id':1,'ip_whitelist':["
                     . join(',', map { "'$_'" } @_) . ']');
}

# Runs curl as a block's init section, for what Test::Nginx cannot send.
sub curl {
    my ($name, $expected, @arguments) = @_;
    open my $pipe, '-|', 'curl', '-s', '-i', '-m', $ENV{TEST_NGINX_TIMEOUT},
         '-H', 'Content-Type: application/json', @arguments
        or die "curl: $!\n";
    local $/;
    like(scalar <$pipe>, $expected, $name);
}


# Media types and content encodings, [headers, whether they are right].

our @media_types = (
    (map { ["Content-Type: $_", 1] }
        'application/json',
        'Application/JSON',
        'application/json; charset=utf-8',
        'application/json;charset=UTF-8',
        'application/json ;  Charset="utf-8"',
        'application/json;'),
    (map { ["Content-Type: $_", 0] }
        'text/json',
        'text/plain',
        'application/x-www-form-urlencoded',
        'application/problem+json',
        'application/jsonp',
        'application/jso',
        'application/json+x',
        'application/json, text/plain',
        'application/json charset=utf-8',
        'application/json; charset=iso-8859-1',
        'application/json; charset=utf-8; charset=utf-16',
        'application/json; charset=utf',
        'application/json; charset=utf-88',
        'application/json; charset="utf-8',
        'application/json; charset='),
    ['X-No-Content-Type: application/json', 0],
    (map { ["Content-Type: application/json\n$_", 1] }
        'Content-Encoding: identity',
        'content-encoding: Identity'),
    (map { ["Content-Type: application/json\n$_", 0] }
        'Content-Encoding: gzip',
        'content-encoding: br',
        'Content-Encoding: identit',
        'Content-Encoding: identityx',
        'Content-Encoding: xidentity',
        'Content-Encoding: identity, gzip',
        "Content-Encoding: gzip\nContent-Encoding: identity",
        "Content-Encoding: identity\nContent-Encoding: deflate",
        join("\n", (map { "X-Header-$_: x" } 1 .. 30),
             'Content-Encoding: gzip')),
);


# Texts that are not JSON, [text, line, column of the first wrong character].

our @malformed = (
    ['', 1, 1],
    [" \n", 2, 1],
    ['{', 1, 2],
    ['{"project_id":6681', 1, 19],
    ['{"project_id":6681,}', 1, 20],
    ['{"project_id" 6681}', 1, 15],
    ['{"project_id":}', 1, 15],
    ['{project_id:1}', 1, 2],
    ["{'project_id':1}", 1, 2],
    ['{"a":1 "b":2}', 1, 8],
    ['{,}', 1, 2],
    ['{1:2}', 1, 2],
    ['[1,]', 1, 4],
    ['[1 2]', 1, 4],
    ['[', 1, 2],
    ['[1}', 1, 3],
    [']', 1, 1],
    ['{} {}', 1, 4],
    ['{}x', 1, 3],
    ['1 2', 1, 3],
    ['/**/{}', 1, 1],
    ['{}//', 1, 3],
    ['tru', 1, 4],
    ['True', 1, 1],
    ['nulll', 1, 5],
    ['NaN', 1, 1],
    ['Infinity', 1, 1],
    ['-', 1, 2],
    ['+1', 1, 1],
    ['.5', 1, 1],
    ['[01]', 1, 3],
    ['[-01]', 1, 4],
    ['[1.]', 1, 4],
    ['[1.e2]', 1, 4],
    ['[1e]', 1, 4],
    ['[1e+]', 1, 5],
    ['[0x1]', 1, 3],
    ['"', 1, 2],
    ['"abc', 1, 5],
    ['"\\', 1, 3],
    ['"\\x"', 1, 3],
    ['"\\u12"', 1, 6],
    ['"\\u12g4"', 1, 6],
    ['"\\U0041"', 1, 3],
    ["\"a\tb\"", 1, 3],
    ["\"a\nb\"", 1, 3],
    ["\"a\0b\"", 1, 3],
    ["\0", 1, 1],
    ["{}\0", 1, 3],
    ["\xef\xbb\xbf{}", 1, 1],
    ["\x0b{}", 1, 1],
    ["\xc2\xa0{}", 1, 1],
    ["\"\x80\"", 1, 2],
    ["\"\xc3\"", 1, 2],
    ["\"\xc0\xaf\"", 1, 2],
    ["\"\xe0\x80\xaf\"", 1, 2],
    ["\"\xed\xa0\x80\"", 1, 2],
    ["\"\xf4\x90\x80\x80\"", 1, 2],
    ["\"\xf8\x88\x80\x80\x80\"", 1, 2],
    ["\"\xff\"", 1, 2],
    ["{\"\xff\":1}", 1, 3],
    ["\xff", 1, 1],
    ["{\n  \"project_id\": 1,\n  \"ip_whitelist\": x\n}", 3, 19],
    ["{\r\n\"project_id\": 1,\r\n\"ip\" x}", 3, 6],
    ["{\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\" x}", 1, 8],
    ['{"ip_whitelist":["192.168.0.1",}', 1, 32],
    ['{"ip_whitelist":["192.168.0.1"}', 1, 31],
    ['{"project_id":1,"unknown":[{"a":[01]}]}', 1, 35],
    ['{"project_id":1,"project_id":tru}', 1, 33],
    ['{"token":"\\q"}', 1, 12],
    ['[' x 1000, 1, 1001],
);

# Texts that are JSON, [text, errors].

our @well_formed = (
    (map { [$_, ' type'] }
        '0', '-0', '-1.5e+10', '1E400', '1e-400', '9' x 400,
        'true', 'false', 'null', '""', '"\\u0000"', '"\\ud800"',
        '"\\udc00\\ud800"', '"\\ud83d\\ude00"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"',
        "\"\x7f\"", "\"\xf4\x8f\xbf\xbf\"", "\"\xef\xbf\xbf\"", '[]',
        " \t\r\n[ 1 , [ ] , { } , { \"a\" : \"b\" } ] \t\r\n",
        '[{"a":1,"a":2}]'),
    ['{}', '/project_id required', '/ip_whitelist required'],
    [" { \"project_id\" : 0 , \"ip_whitelist\" : [ ] }\n",
     '/project_id range', '/ip_whitelist empty'],
    ['{"a":{"b":[{"c":null},[[]],"x"]},"project_id":0,"ip_whitelist":[]}',
     '/a unknown_member', '/project_id range', '/ip_whitelist empty'],
);


# Token requests with flaws, [text, errors].

my $good_id = '"project_id":1';
my $good_ips = '"ip_whitelist":["192.0.2.1"]';

our @flawed = (
    # the document
    (map { [$_, ' type'] } '[]', '"x"', '1', 'true', 'null'),
    ["{$good_id,$good_id,$good_ips}", '/project_id duplicate_member'],
    ["{$good_ips,$good_id,$good_ips}", '/ip_whitelist duplicate_member'],
    ["{$good_id,\"\\u0070roject_id\":1,$good_ips}",
     '/project_id duplicate_member'],
    ["{$good_id,$good_ips,\"a\":1,\"b\":2,\"a\":3}",
     '/a unknown_member', '/b unknown_member', '/a duplicate_member'],

    # token
    (map { ["{\"token\":$_,$good_id,$good_ips}", '/token forbidden_member'] }
        '"x"', '""', 'null', '1', '[]', '{"a":[1]}'),
    ["{$good_id,$good_ips,\"\\u0074oken\":1}", '/token forbidden_member'],
    ["{$good_id,$good_ips,\"token\":1,\"token\":2}",
     '/token forbidden_member', '/token duplicate_member'],

    # project_id
    ["{$good_ips}", '/project_id required'],
    (map { ["{\"project_id\":$_,$good_ips}", '/project_id type'] }
        'null', 'true', '"6681"', '""', '[1]', '{}', '6681.0', '1.5', '1e3',
        '1E0', '-1.0', '0.0'),
    (map { ["{\"project_id\":$_,$good_ips}", '/project_id range'] }
        '0', '-0', '-1', '9007199254740992', '-9007199254740991',
        '9223372036854775808', '18446744073709551617', '9' x 400,
        '-' . '9' x 400),

    # ip_whitelist
    ["{$good_id}", '/ip_whitelist required'],
    (map { ["{$good_id,\"ip_whitelist\":$_}", '/ip_whitelist type'] }
        'null', 'false', '5', '{}', '{"0":"192.0.2.1"}'),
    ["{$good_id,\"ip_whitelist\":[]}", '/ip_whitelist empty'],
    [with_ips(map { "192.0.2.$_" } 1 .. 101), '/ip_whitelist too_many'],
    [with_ips('x', map { "192.0.2.$_" } 1 .. 101),
     '/ip_whitelist/0 invalid_ip', '/ip_whitelist too_many'],

    # each address
    (map { ["{$good_id,\"ip_whitelist\":[\"192.0.2.1\",$_]}",
            '/ip_whitelist/1 type'] }
        'null', '5', 'true', '[]', '["192.0.2.2"]', '{"ip":"192.0.2.2"}'),
    ["{$good_id,\"ip_whitelist\":\"x\"}", '/ip_whitelist invalid_ip'],
    ["{$good_id,\"ip_whitelist\":\"127.0.0.1\"}",
     '/ip_whitelist ip_not_allowed'],
    [with_ips('192.0.2.1', '127.0.0.1', '192.0.2.2'),
     '/ip_whitelist/1 ip_not_allowed'],
    [with_ips('192.0.2.1', '192.0.2.2', '192.0.2.1', '192.0.2.1'),
     '/ip_whitelist/2 duplicate', '/ip_whitelist/3 duplicate'],
    [with_ips('2001:db8::1', '2001:DB8::1'), '/ip_whitelist/1 duplicate'],
    [with_ips('1.2.3.4', '::ffff:1.2.3.4'), '/ip_whitelist/1 duplicate'],
    [with_ips('x', '2001:db8::1', '2001:db8:0:0:0:0:0:1'),
     '/ip_whitelist/0 invalid_ip', '/ip_whitelist/2 duplicate'],
    [with_ips('::ffff:192.0.2.1', '::ffff:c000:201'),
     '/ip_whitelist/1 duplicate'],
    [with_ips('192.0.2.1', '\\u0031\\u00392.0.2.1'),
     '/ip_whitelist/1 duplicate'],

    # anything else
    (map { ["{$good_id,$good_ips,\"$_->[0]\":1}", "$_->[1] unknown_member"] }
        ['x', '/x'], ['', '/'], ['Token', '/Token'],
        ['project_id ', '/project_id '], ['a/b~c~1', '/a~1b~0c~01'],
        ['project_id\\u0000', '/project_id\\u0000'], ['a\\"b', '/a\\"b'],
        ["\xc3\xa4", "/\xc3\xa4"], ['ip_whitelist\\n', '/ip_whitelist\\u000a']),
    ["{$good_id,$good_ips,\"x\":{\"token\":1,\"project_id\":2}}",
     '/x unknown_member'],

    # all of it together, 20 at most
    ['{"token":"x","project_id":"1","ip_whitelist":["192.0.2.1","x",5,'
     . '"127.0.0.1","192.0.2.1"],"a":1,"a":2}',
     '/token forbidden_member', '/project_id type',
     '/ip_whitelist/1 invalid_ip', '/ip_whitelist/2 type',
     '/ip_whitelist/3 ip_not_allowed', '/ip_whitelist/4 duplicate',
     '/a unknown_member', '/a duplicate_member'],
    ['{"token":"x",' . substr(with_ips(('x') x 25), 1),
     '/token forbidden_member',
     map { "/ip_whitelist/$_ invalid_ip" } 0 .. 18],
    ['{' . join(',', map { "\"m$_\":1" } 1 .. 25) . '}',
     map { "/m$_ unknown_member" } 1 .. 20],
    [with_ips(('192.0.2.1') x 30),
     map { "/ip_whitelist/$_ duplicate" } 1 .. 20],
);


# Addresses and what becomes of them (RFC 5952).

our @addresses = (
    (map { [$_, $_] }
        '192.0.2.1', '1.2.3.4', '8.8.8.8', '223.255.255.255', '1.0.0.0',
        '2001:db8::1', '2001:db8:1:2:3:4:5:6', '1::', '2001::',
        '2001:db8::1:0:0:1', '1:2:3:4:5:6:7:8', '64:ff9b::102:304'),
    ['2001:DB8::A', '2001:db8::a'],
    ['2001:0db8:0000:0000:0000:0000:0000:0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8::0:1', '2001:db8::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['1:0:0:0:0:0:0:0', '1::'],
    ['1:0:0:2:3:0:0:0', '1:0:0:2:3::'],
    ['0:0:1:2:3:4:5:6', '::1:2:3:4:5:6'],
    ['0:1:2:3:4:5:6:7', '0:1:2:3:4:5:6:7'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
    ['2001:db8::00fF', '2001:db8::ff'],
    ['::FFFF:c000:0201', '::ffff:192.0.2.1'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['1:2:3:4:5:6:192.0.2.1', '1:2:3:4:5:6:c000:201'],
);

our @no_addresses = (
    '', ' ', 'x', '1', '1.2.3', '1.2.3.', '.1.2.3', '1.2.3.4.', '1.2.3.4.5',
    '1.2.3.256', '1.2.3.-4', '1.2.3.+4', '01.2.3.4', '1.2.3.04', '1.2.3.00',
    '0x1.2.3.4', '1.2.3.4/32', '1.2.3.4/0', ' 1.2.3.4', '1.2.3.4 ',
    '1.2.3.4\\n', '1.2.3.4\\u0000', '1.2.3.4:80', '16909060', '1..2.3',
    '1.2.3.0004', '1,2.3.4', "1.2.3.\xd9\xa4",
    ':', ':::', '1', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:',
    ':1:2:3:4:5:6:7', '1::2::3', '2001:db8::12345', '2001:db8::g',
    '2001:db8::1/64', '2001:db8::1%eth0', 'fe80::1%1', '[2001:db8::1]',
    ' 2001:db8::1', '2001:db8::1 ', '1:2:3:4:5:6:7:8::', '::1:2:3:4:5:6:7:8',
    '::1.2.3', '::1.2.3.256', '::01.2.3.4', '1.2.3.4::', '::1.2.3.4:5',
    '1:2:3:4:5:6:7:1.2.3.4', '2001:db8::-1', '2001:db8::+1', '::ffff:1.2.3.4.5',
    '2001:db8:' . '0' x 60 . ':1', 'localhost', 'example.com',
);


# Policies: [address, allowed by unicast, allowed by public]

our @policies = (
    (map { [$_, 0, 0] }
        '0.0.0.0', '127.0.0.1', '127.255.255.255', '169.254.0.0',
        '169.254.255.255', '224.0.0.1', '239.255.255.255', '255.255.255.255',
        '::', '::1', 'fe80::1', 'febf:ffff::1', 'ff00::', 'ff02::1',
        'ffff::1', '::ffff:0.0.0.0', '::ffff:127.0.0.1',
        '::ffff:169.254.1.1', '::ffff:224.0.0.1', '::ffff:255.255.255.255',
        '::7f00:1', '64:ff9b::7f00:1', '2002:7f00:1::'),
    (map { [$_, 1, 0] }
        # private
        '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255',
        '192.168.0.0', '192.168.255.255', 'fc00::1', 'fdff:ffff::1',
        '::ffff:10.1.2.3',
        # shared
        '100.64.0.0', '100.127.255.255',
        # documentation
        '192.0.2.0', '192.0.2.255', '198.51.100.1', '203.0.113.1',
        '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '3fff::1',
        '3fff:fff::1',
        # benchmarking
        '198.18.0.0', '198.19.255.255', '2001:2::1',
        # reserved
        '0.0.0.1', '0.255.255.255', '192.0.0.1', '240.0.0.0',
        '255.255.255.254', '100::1', '4000::1', '8000::1', 'fec0::1',
        '::2',
        # inside another
        '2002:a00:1::1', '64:ff9b::a00:1'),
    (map { [$_, 1, 1] }
        '1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255',
        '100.128.0.0', '126.255.255.255', '128.0.0.0', '169.253.255.255',
        '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.255',
        '192.0.3.0', '192.167.255.255', '192.169.0.0', '198.17.255.255',
        '198.20.0.0', '198.51.99.255', '198.51.101.0', '203.0.112.255',
        '203.0.114.0', '223.255.255.255', '2000::1', '2001:200::1',
        '2001:db7:ffff::1', '2001:db9::1', '2606:4700::1', '3ffe:ffff::1',
        '3fff:1000::1', '::ffff:8.8.8.8', '2002:808:808::1'),
);

# "pickyassist_ip_allow", of a location below: [address, whether it is in]

our @allowed = (
    ['192.168.0.1', 1], ['192.168.255.255', 1], ['192.169.0.0', 0],
    ['192.167.255.255', 0],
    ['172.16.0.0', 1], ['172.31.255.255', 1], ['172.32.0.0', 0],
    ['172.15.255.255', 0],
    ['203.0.113.7', 1], ['203.0.113.6', 0], ['203.0.113.8', 0],
    ['8.8.8.8', 0],
    ['::ffff:192.168.0.1', 1], ['::ffff:192.169.0.1', 0],
    ['2001:db8::1', 1], ['2001:db8:ffff::1', 1], ['2001:db9::1', 0],
    ['2001:db7::1', 0],
    ['2001:4860::8888', 1], ['2001:4860::8889', 0],
    ['2400:8000::', 1], ['2400:7fff::', 0],
    # the policy counts as well
    ['127.0.0.1', 0],
);

run_tests();

__DATA__

=== TEST 1: the sample request reaches the upstream in these bytes
--- upstream
{"status":100,"message":"Success","project_id":6681,"api_token":"t"}
--- upstream_received eval
<<"END"
POST /app/api/v2/pm/create-api-token HTTP/1.1
Host: 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT
Content-Type: application/json
Accept: application/json
Content-Length: 101
User-Agent: ngx_pickyassist/$::Version

{"token":"\$TEST_NGINX_TOKEN","project_id":6681,"ip_whitelist":["192.168.0.1","202.164.148.84"]}
END
--- error_code: 200



=== TEST 2: nothing of the client's headers is forwarded
--- more_headers
Content-Type: application/json; charset=utf-8
Accept: text/html
Accept-Encoding: gzip
Accept-Language: de
Authorization: Basic Og==
Cache-Control: no-cache
Cookie: a=b
Expect: 
Forwarded: for=192.0.2.1
If-None-Match: "x"
Origin: http://example.com
Range: bytes=0-1
Referer: http://example.com/
TE: trailers
Upgrade: h2c
User-Agent: client/1.0
X-Forwarded-For: 192.0.2.1
X-Request-Id: x
X-Something: else
--- request
POST /tokens?project_id=1&token=x HTTP/1.1
{"project_id":6681,"ip_whitelist":["192.168.0.1","202.164.148.84"]}
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
<<"END"
POST /app/api/v2/pm/create-api-token HTTP/1.1
Host: 127.0.0.1:\$TEST_NGINX_UPSTREAM_PORT
Content-Type: application/json
Accept: application/json
Content-Length: 101
User-Agent: ngx_pickyassist/$::Version

{"token":"\$TEST_NGINX_TOKEN","project_id":6681,"ip_whitelist":["192.168.0.1","202.164.148.84"]}
END



=== TEST 3: members in any order, space and escapes become one compact form
--- request
POST /tokens
{ "ip_whitelist" : "2001:DB8:0::\u0031" ,
  "\u0070roject_id" : 9007199254740991 }
--- upstream
{"status":100,"api_token":"t"}
--- upstream_received eval
qr/\r\n\r\n\{"token":"$ENV{TEST_NGINX_TOKEN}","project_id":9007199254740991,"ip_whitelist":\["2001:db8::1"\]\}\z/



=== TEST 4: another method than POST is not allowed
--- upstream
{}
--- request
GET /tokens
--- problem
405 method_not_allowed
--- response_headers
Allow: POST
--- upstream_connections: 0



=== TEST 5: not any other one
--- request eval
[map { "$_ /tokens\n{}" } qw(PUT DELETE PATCH OPTIONS PROPFIND LOCK QUERY)]
--- error_code eval
[(405) x 7]
--- response_headers eval
[("Allow: POST\nCache-Control: no-store") x 7]
--- response_body eval
[(::problem('method_not_allowed')) x 7]



=== TEST 6: HEAD gets the header alone
--- request
HEAD /tokens
--- error_code: 405
--- response_headers
Allow: POST
Content-Type: application/problem+json
Cache-Control: no-store
--- raw_response_headers_like: Content-Length: [1-9]\d+\r\n
--- response_body:



=== TEST 7: another media type or a content encoding is not supported
--- upstream
{}
--- more_headers
Content-Type: text/plain
--- problem
415 unsupported_media_type
--- response_headers
Accept-Post: application/json
--- upstream_connections: 0



=== TEST 8: every media type and content encoding
--- http_config eval: $::Kept
--- config
    location = /tokens {
        pickyassist_pass http://kept;
    }
--- upstream eval
\&::echo
--- request eval
[("POST /tokens\n" . ::with_ips('192.0.2.1')) x @::media_types]
--- more_headers eval
[map { $_->[0] } @::media_types]
--- error_code eval
[map { $_->[1] ? 200 : 415 } @::media_types]
--- response_body eval
[map { $_->[1] ? ::passed_on_ips('192.0.2.1')
               : ::problem('unsupported_media_type') } @::media_types]
--- response_headers eval
[map { $_->[1] ? '!Accept-Post' : 'Accept-Post: application/json' }
     @::media_types]



=== TEST 9: the method is checked before the media type
--- request
PUT /tokens
x
--- more_headers
Content-Type: text/plain
--- problem
405 method_not_allowed



=== TEST 10: the media type is checked before the size
--- config
    location = /tokens {
        client_max_body_size 10;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
"POST /tokens\n" . ::chunked('more than', ' ten bytes')
--- more_headers
Content-Type: text/plain
Transfer-Encoding: chunked
--- problem
415 unsupported_media_type



=== TEST 11: the media type is checked before the JSON
--- request
POST /tokens
{
--- more_headers
Content-Type: text/json
--- problem
415 unsupported_media_type



=== TEST 12: the size is checked before the JSON
--- config
    location = /tokens {
        client_max_body_size 10;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
"POST /tokens\n" . ::chunked('more than', ' ten bytes')
--- more_headers
Content-Type: application/json
Transfer-Encoding: chunked
--- problem
413 body_too_large



=== TEST 13: a body that is announced too large is refused before all else
--- config
    location = /tokens {
        client_max_body_size 10;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request
PUT /tokens
more than ten bytes
--- more_headers
Content-Type: text/plain
--- problem
413 body_too_large



=== TEST 14: a body of the size allowed is taken, one byte more is not
--- config
    location = /tokens {
        client_max_body_size 100;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
\&::echo
--- request eval
my $body = ::with_ips('192.0.2.1');
$body .= ' ' x (100 - length $body);
[map { "POST /tokens\n$_" }
     $body, "$body ", ::chunked($body), ::chunked("$body ")]
--- more_headers eval
["Content-Type: application/json\nContent-Length: 100",
 "Content-Type: application/json\nContent-Length: 101",
 ("Content-Type: application/json\nTransfer-Encoding: chunked") x 2]
--- error_code eval
[200, 413, 200, 413]
--- response_body eval
[(::passed_on_ips('192.0.2.1'), ::problem('body_too_large')) x 2]
--- upstream_requests: 2



=== TEST 15: no limit, no refusal
--- config
    location = /tokens {
        client_max_body_size 0;
        client_body_buffer_size 1k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
\&::echo
--- request eval
::requests('/tokens', ' ' x 3_000_000 . ::with_ips('192.0.2.1'))
--- more_headers eval
::headers(' ' x 3_000_000 . ::with_ips('192.0.2.1'))
--- response_body eval
::passed_on_ips('192.0.2.1')
--- error_log
a client request body is buffered to a temporary file



=== TEST 16: a body in chunks
--- upstream eval
\&::echo
--- request eval
"POST /tokens\n"
. ::chunked(unpack '(a7)*', ::with_ips('192.0.2.1', '192.0.2.2'))
--- more_headers
Content-Type: application/json
Transfer-Encoding: chunked
--- response_body eval
::passed_on_ips('192.0.2.1', '192.0.2.2')



=== TEST 17: a body that comes byte by byte
--- upstream eval
\&::echo
--- raw_request eval
my $body = ::with_ips('192.0.2.1');
["POST /tokens HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
 . "Content-Type: application/json\r\n"
 . 'Content-Length: ' . length($body) . "\r\n\r\n", split //, $body]
--- raw_request_middle_delay: 0.002
--- response_body eval
::passed_on_ips('192.0.2.1')



=== TEST 18: a body in chunks that come in pieces, the first with the header
--- upstream eval
\&::echo
--- raw_request eval
my $body = ::chunked(unpack '(a9)*', ::with_ips('192.0.2.1', '192.0.2.2'));
my $head = "POST /tokens HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
           . "Content-Type: application/json\r\n"
           . "Transfer-Encoding: chunked\r\n\r\n";
[$head . substr($body, 0, 5), unpack '(a4)*', substr $body, 5]
--- raw_request_middle_delay: 0.002
--- response_body eval
::passed_on_ips('192.0.2.1', '192.0.2.2')



=== TEST 19: a body that is spilled to a file, in one piece and in chunks
--- config
    location = /tokens {
        client_body_buffer_size 1k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
\&::echo
--- request eval
my $body = ::with_ips('192.0.2.1');
substr $body, 1, 0, "\n" x 3000;
["POST /tokens\n$body", "POST /tokens\n" . ::chunked(unpack '(a700)*', $body)]
--- more_headers eval
['Content-Type: application/json',
 "Content-Type: application/json\nTransfer-Encoding: chunked"]
--- error_code eval
[200, 200]
--- response_body eval
[(::passed_on_ips('192.0.2.1')) x 2]
--- error_log
a client request body is buffered to a temporary file



=== TEST 20: a body that is written to a file in any case
--- config
    client_body_in_file_only clean;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
\&::echo
--- request eval
"POST /tokens\n" . ::with_ips('192.0.2.1')
--- response_body eval
::passed_on_ips('192.0.2.1')



=== TEST 21: a flaw in a spilled body is found where it is
--- config
    location = /tokens {
        client_body_buffer_size 1k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
"POST /tokens\n{" . "\n" x 3000 . ' x}'
--- problem
400 malformed_json
--- response_body_like: line 3001, column 2\.



=== TEST 22: no body, announced or not
--- request eval
[("POST /tokens\n") x 2, "POST /tokens\n" . ::chunked()]
--- more_headers eval
["Content-Type: application/json",
 "Content-Type: application/json\nContent-Length: 0",
 "Content-Type: application/json\nTransfer-Encoding: chunked"]
--- error_code eval
[(400) x 3]
--- response_body eval
[(::problem('malformed_json')) x 3]



=== TEST 23: HTTP/2, with and without Content-Length, and Expect
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT http2;
        client_max_body_size 100;
        client_body_buffer_size 1k;
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT http2;
        server_name large.test;
        client_body_buffer_size 1k;
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
--- upstream eval
\&::echo
--- init
my $body = main::with_ips('192.0.2.1');
my $large = ' ' x 50_000 . $body;
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}/tokens";
my $tokens = qr(^HTTP/2 200 .*\{"status":100,"message":"'project_id':1,)s;
my @h2 = ('--http2-prior-knowledge', $url, '--data-binary');
my @unknown_length = ('-H', 'Content-Length:');
my @large = ('-H', 'Host: large.test');

main::curl('HTTP/2', $tokens, @h2, $body);
main::curl('HTTP/2, length unknown', $tokens, @h2, $body, @unknown_length);
main::curl('HTTP/2, spilled', $tokens, @h2, $large, @large);
main::curl('HTTP/2, spilled, length unknown', $tokens, @h2, $large, @large,
           @unknown_length);
main::curl('HTTP/2, malformed', qr(^HTTP/2 400 .*"code":"malformed_json")s,
           @h2, '{');
main::curl('HTTP/2, other method', qr(^HTTP/2 405 .*allow: POST)s,
           '--http2-prior-knowledge', $url);
main::curl('Expect', qr(\AHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 .*\{"status)s,
           $url =~ s/$ENV{TEST_NGINX_SPARE_PORT}/$ENV{TEST_NGINX_SERVER_PORT}/r,
           '--data-binary', $body, '-H', 'Expect: 100-continue');
--- request eval
"POST /tokens\n" . ::with_ips('192.0.2.1')
--- response_body eval
::passed_on_ips('192.0.2.1')



=== TEST 24: HTTP/2, bodies that are too large
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT http2;
        client_max_body_size 100;
        location = /tokens {
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
--- upstream
{}
--- init
# nginx resets the stream behind its response, and curl may not show that.
my $url = "http://127.0.0.1:$ENV{TEST_NGINX_SPARE_PORT}/tokens";
my @large = ('--http2-prior-knowledge', '--data-binary', '1' x 1000);
main::curl('announced', qr//, @large, "$url?announced");
main::curl('not announced', qr//, @large, "$url?unknown",
           '-H', 'Content-Length:');
--- request
GET /
--- access_log
"POST /tokens?announced HTTP/2.0" 413
"POST /tokens?unknown HTTP/2.0" 413
--- upstream_connections: 0



=== TEST 25: text that is not JSON is malformed, with its place
--- upstream
{}
--- request
POST /tokens
{"project_id":6681,
 "ip_whitelist":["192.168.0.1";]}
--- problem
400 malformed_json
--- response_body_like: line 2, column 31\.
--- upstream_connections: 0



=== TEST 26: every text that is not JSON
--- request eval
::requests('/tokens', map { $_->[0] } @::malformed)
--- more_headers eval
::headers(map { $_->[0] } @::malformed)
--- error_code eval
[(400) x @::malformed]
--- response_body eval
[map { qr/"code":"malformed_json",.* line $_->[1], column $_->[2]\./ }
     @::malformed]



=== TEST 27: every text that is JSON is read as such
--- request eval
::requests('/tokens', map { $_->[0] } @::well_formed)
--- more_headers eval
::headers(map { $_->[0] } @::well_formed)
--- error_code eval
[(422) x @::well_formed]
--- response_body eval
[map { my ($text, @errors) = @$_; ::problem('invalid_request', @errors) }
     @::well_formed]



=== TEST 28: neither depth nor size makes JSON malformed
--- request eval
[map { "POST /tokens\n$_" }
     '[' x 100_000 . ']' x 100_000,
     '{"a":' x 100_000 . '1' . '}' x 100_000,
     '9' x 1_048_576,
     '{"project_id":' . '9' x 1_048_576 . ',"ip_whitelist":"192.0.2.1"}',
     '{"project_id":1.' . '0' x 1_048_576 . ',"ip_whitelist":"192.0.2.1"}',
     '{"project_id":1,"ip_whitelist":"' . '1' x 1_048_576 . '"}',
     ::with_ips(('192.0.2.1') x 50_000)]
--- error_code eval
[(422) x 7]
--- response_body eval
[map { ::problem('invalid_request', @$_) }
     [' type'],
     ['/a unknown_member', '/project_id required', '/ip_whitelist required'],
     [' type'], ['/project_id range'], ['/project_id type'],
     ['/ip_whitelist invalid_ip'],
     ['/ip_whitelist too_many',
      map { "/ip_whitelist/$_ duplicate" } 1 .. 19]]



=== TEST 29: a flawed token request is answered with all its errors
--- upstream
{}
--- request
POST /tokens
{"token":"x","project_id":6681.0,"ip_whitelist":["192.168.0.1","::1"],"a":1}
--- problem
422 invalid_request
/token forbidden_member
/project_id type
/ip_whitelist/1 ip_not_allowed
/a unknown_member
--- upstream_connections: 0



=== TEST 30: every flaw of a token request
--- upstream
{}
--- request eval
::requests('/tokens', map { $_->[0] } @::flawed)
--- error_code eval
[(422) x @::flawed]
--- response_body eval
[map { my ($text, @errors) = @$_; ::problem('invalid_request', @errors) }
     @::flawed]
--- upstream_connections: 0



=== TEST 31: no value of the client's is quoted
--- request eval
::requests('/tokens',
    '{"token":"QUOTED","project_id":"QUOTED","ip_whitelist":["QUOTED"],'
    . '"a":"QUOTED"}',
    '{"project_id":7777777777777777777777,"ip_whitelist":"QUOTED"}',
    '{"project_id":QUOTED}', '"QUOTED" x', '"QUOTED\\x"')
--- error_code eval
[422, 422, 400, 400, 400]
--- response_body_unlike eval
[('QUOTED|7{12}') x 5]    # a request id may have a few



=== TEST 32: the smallest and the largest project
--- upstream eval
\&::echo
--- request eval
::requests('/tokens', map { qq({"project_id":$_,"ip_whitelist":"192.0.2.1"}) }
                          1, 6681, 9007199254740991)
--- error_code eval
[(200) x 3]
--- response_body eval
[map { ::passed_on("'project_id':$_,'ip_whitelist':['192.0.2.1']") }
     1, 6681, 9007199254740991]



=== TEST 33: as many addresses as are allowed
--- upstream eval
\&::echo
--- request eval
"POST /tokens\n" . ::with_ips(map { "192.0.2.$_" } 1 .. 100)
--- response_body eval
::passed_on_ips(map { "192.0.2.$_" } 1 .. 100)



=== TEST 34: a single address is sent on as an array
--- upstream eval
\&::echo
--- request
POST /tokens
{"project_id":1,"ip_whitelist":"192.0.2.1"}
--- response_body eval
::passed_on_ips('192.0.2.1')



=== TEST 35: addresses are sent on in their normal form
--- http_config eval: $::Kept
--- config
    location = /tokens {
        pickyassist_pass http://kept;
    }
--- upstream eval
\&::echo
--- request eval
::requests('/tokens', (map { ::with_ips($_->[0]) } @::addresses),
                      ::with_ips('2001:DB8::1', '192.0.2.1', '::FFFF:1.2.3.4'))
--- error_code eval
[(200) x (@::addresses + 1)]
--- response_body eval
[(map { ::passed_on_ips($_->[1]) } @::addresses),
 ::passed_on_ips('2001:db8::1', '192.0.2.1', '::ffff:1.2.3.4')]



=== TEST 36: what is no address
--- config
    location = /tokens {
        pickyassist_ip_policy any;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
::requests('/tokens', map { ::with_ips($_) } @::no_addresses)
--- error_code eval
[(422) x @::no_addresses]
--- response_body eval
[(::problem('invalid_request', '/ip_whitelist/0 invalid_ip'))
 x @::no_addresses]



=== TEST 37: address policies
--- http_config eval: $::Kept
--- config
    location = /any {
        pickyassist_ip_policy any;
        pickyassist_pass http://kept;
    }
    location = /unicast {
        pickyassist_pass http://kept;
    }
    location = /public {
        pickyassist_ip_policy public;
        pickyassist_pass http://kept;
    }
--- upstream eval
\&::echo
--- request eval
[map { my $row = $_; map { "POST /$_\n" . ::with_ips($row->[0]) }
                         'any', 'unicast', 'public' } @::policies]
--- error_code eval
[map {; 200, map { $_ ? 200 : 422 } @$_[1, 2] } @::policies]
--- response_body eval
my $refused = ::problem('invalid_request', '/ip_whitelist/0 ip_not_allowed');
[map { my $passed = ::passed_on_ips($_->[0]);
       $passed, map { $_ ? $passed : $refused } @$_[1, 2] } @::policies]



=== TEST 38: the addresses that an operator allows
--- http_config eval: $::Kept
--- config
    location = /tokens {
        pickyassist_ip_allow 192.168.0.0/16 172.16.0.0/12 203.0.113.7;
        pickyassist_ip_allow 2001:db8::/32 2001:4860::8888;
        pickyassist_ip_allow 2400:8000::/17 127.0.0.0/8;
        pickyassist_pass http://kept;
    }
--- upstream eval
\&::echo
--- request eval
::requests('/tokens', map { ::with_ips($_->[0]) } @::allowed)
--- error_code eval
[map { $_->[1] ? 200 : 422 } @::allowed]
--- response_body eval
[map { $_->[1] ? ::passed_on_ips($_->[0])
               : ::problem('invalid_request',
                           '/ip_whitelist/0 ip_not_allowed') } @::allowed]



=== TEST 39: all of one family, and each of several addresses
--- config
    location = /tokens {
        pickyassist_ip_allow 0.0.0.0/0;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- request eval
"POST /tokens\n"
. ::with_ips('192.0.2.1', '2001:db8::1', '::ffff:192.0.2.3', '2001:db8::2')
--- problem
422 invalid_request
/ip_whitelist/1 ip_not_allowed
/ip_whitelist/3 ip_not_allowed



=== TEST 40: without a whitelist where none is required
--- config
    location = /tokens {
        pickyassist_require_ip_whitelist off;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
\&::echo
--- request eval
::requests('/tokens', '{"project_id":1}', ::with_ips('192.0.2.1'),
           '{"project_id":1,"ip_whitelist":[]}',
           '{"project_id":1,"ip_whitelist":null}')
--- error_code eval
[200, 200, 422, 422]
--- response_body eval
[::passed_on("'project_id':1"), ::passed_on_ips('192.0.2.1'),
 ::problem('invalid_request', '/ip_whitelist empty'),
 ::problem('invalid_request', '/ip_whitelist type')]



=== TEST 41: a client's token that is stripped is not sent on
--- config
    location = /tokens {
        pickyassist_client_token strip;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream
{"status":100,"api_token":"t"}
--- request eval
::requests('/tokens',
    (map { qq({"token":$_,"project_id":1,"ip_whitelist":"192.0.2.1"}) }
         '"STRIPPED"', '["STRIPPED"]', 'null'),
    '{"token":1,"token":2,"project_id":1,"ip_whitelist":"192.0.2.1"}')
--- error_code eval
[200, 200, 200, 422]
--- response_body eval
[(qr/"token":"t"/) x 3,
 ::problem('invalid_request', '/token duplicate_member')]
--- upstream_requests: 3
--- upstream_received_unlike: STRIPPED



=== TEST 42: requests on one connection, each answered in its turn
--- upstream eval
\&::echo
--- pipelined_requests eval
my $good = ::with_ips('192.0.2.1');
["POST /tokens\n$good", "GET /tokens", "POST /tokens\n{", "POST /tokens\n$good",
 "POST /tokens\n{}", "PUT /tokens\n$good", "POST /tokens\n$good"]
--- error_code eval
[200, 405, 400, 200, 422, 405, 200]
--- response_body eval
my $good = ::passed_on_ips('192.0.2.1');
[$good, ::problem('method_not_allowed'), ::problem('malformed_json'), $good,
 ::problem('invalid_request', '/project_id required',
           '/ip_whitelist required'),
 ::problem('method_not_allowed'), $good]



=== TEST 43: the content encoding is the first header of all
--- raw_request eval
my $body = ::with_ips('192.0.2.1');
"POST /tokens HTTP/1.1\r\nContent-Encoding: gzip\r\nHost: localhost\r\n"
. "Connection: close\r\nContent-Type: application/json\r\n"
. 'Content-Length: ' . length($body) . "\r\n\r\n$body"
--- problem
415 unsupported_media_type
--- response_headers
Accept-Post: application/json



=== TEST 44: or the last of many
--- raw_request eval
my $body = ::with_ips('192.0.2.1');
"POST /tokens HTTP/1.1\r\nHost: localhost\r\n"
. "Connection: close\r\nContent-Type: application/json\r\n"
. CORE::join('', map { "X-$_: y\r\n" } 1 .. 60)
. 'Content-Length: ' . length($body)
. "\r\nContent-Encoding: gzip\r\n\r\n$body"
--- problem
415 unsupported_media_type
--- response_headers
Accept-Post: application/json
