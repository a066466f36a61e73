# The master token goes to the upstream and nowhere else. After each block the
# harness looks for it in all that nginx wrote, at log level debug, and in the
# response; the blocks here give it every chance to get there.

use PickyAssist::Test;
use PickyAssist::Client;
use PickyAssist::Memory;

use Digest::SHA qw(hmac_sha256 sha256);
use Fcntl qw(SEEK_SET);
use File::Find ();
use Test::More ();

my $dir = $PickyAssist::Test::Dir;
my $token = $ENV{TEST_NGINX_TOKEN};

# All printable ASCII, as an operator writes it to a file, and what must stand
# in the JSON for it.
our $odd_token = join '', map { chr } 0x21 .. 0x7e;
our $odd_json = $odd_token =~ s/(["\\])/\\$1/gr;
write_file('odd-token', "$odd_token\n");
$ENV{TEST_NGINX_ODD_TOKEN_FILE} = "$dir/odd-token";

# This one is not in nginx's environment, of which nginx keeps copies.
our $memory_token = join '', map { chr(97 + rand 26) } 1 .. 40;
write_file('memory-token', $memory_token);
$ENV{TEST_NGINX_MEMORY_TOKEN_FILE} = "$dir/memory-token";

# How many replies have it, see below.
our $echoes_in_memory = 11;

$ENV{TEST_NGINX_CHANGING_TOKEN_FILE} = "$dir/changing-token";

# What a token that was issued looks like.
our $issued = 'issued-5d0c2b9e7f41';
our $success = '{"status":100,"message":"Success","project_id":6681,'
               . '"api_token":[{"ip":"192.168.0.1","token":"' . $issued
               . '"}]}';

# More than the buffers of a client's connection can hold.
our $large = '{"status":100,"api_token":['
             . join(',', map { qq("token-$_") } 1 .. 100000) . ']}';

# Every variable of nginx that could have to do with a request or a response,
# without the escaping that might hide a byte.
$ENV{TEST_NGINX_LOG_EVERYTHING} = join ' ',
    'log_format everything escape=none', map({ "'\$$_ '" } qw(
        arg_token args body_bytes_sent bytes_sent connection
        connection_requests content_length content_type cookie_token
        document_root document_uri host hostname http_authorization http_echo
        http_token http_x_token is_args limit_rate msec nginx_version pid pipe
        query_string realpath_root remote_addr remote_port remote_user request
        request_body request_body_file request_completion request_filename
        request_id request_length request_method request_time request_uri
        scheme sent_http_cache_control sent_http_connection
        sent_http_content_length sent_http_content_type sent_http_echo
        sent_http_keep_alive sent_http_location sent_http_retry_after
        sent_http_set_cookie sent_http_token sent_http_transfer_encoding
        sent_http_x_request_id sent_trailer_echo sent_trailer_token
        server_addr server_name server_port server_protocol status
        tcpinfo_rtt time_iso8601 time_local uri
        upstream_addr upstream_bytes_received upstream_bytes_sent
        upstream_cache_status upstream_connect_time upstream_cookie_echo
        upstream_cookie_token upstream_header_time upstream_http_cache_control
        upstream_http_connection upstream_http_content_length
        upstream_http_content_type upstream_http_echo upstream_http_location
        upstream_http_retry_after upstream_http_server
        upstream_http_set_cookie upstream_http_token
        upstream_http_transfer_encoding upstream_response_length
        upstream_response_time upstream_status upstream_trailer_echo
        upstream_trailer_token
        proxy_add_x_forwarded_for proxy_host proxy_port
        gzip_ratio realip_remote_addr http2 https ssl_cipher ssl_protocol
        ssl_server_name uid_got uid_set secure_link slice_range
        limit_req_status limit_conn_status fastcgi_script_name
        pickyassist_outcome pickyassist_project_id pickyassist_ip_count
        pickyassist_token_count pickyassist_api_status pickyassist_breaker
    )), ';';

sub write_file {
    my ($name, $bytes) = @_;
    open my $file, '>', "$dir/$name" or die "$dir/$name: $!\n";
    chmod 0600, $file;
    print $file $bytes;
    close $file;
}

# Files that nginx wrote and that have any of these texts in them.
sub files_with {
    my (@texts) = @_;
    my @found;
    File::Find::find({ no_chdir => 1, wanted => sub {
        $File::Find::prune = 1 if m{/servroot/conf$};
        return if !-f $_;
        my $bytes = PickyAssist::Client::slurp($_);
        push @found, $_ if grep { index($bytes, $_) >= 0 } @texts;
    } }, $ENV{TEST_NGINX_SERVROOT});
    return @found;
}

# All that the client of Test::Nginx does not show: head and body.
sub has_token {
    my ($reply, $what) = @_;
    my $bytes = ref $reply ? $reply->{raw} : $reply // '';
    return index($bytes, $what // $token) >= 0;
}


# Replies that have the token in them: name, the bytes, the HTTP status that
# comes of it, and where it is told, what must be in its place.

our @echoes;

sub echo {
    my ($name, $bytes, $status, $pattern) = @_;
    push @echoes, { name => $name, bytes => $bytes, status => $status,
                    pattern => $pattern // qr/^\{/ };
}

sub json { return PickyAssist::Upstream::message($_[0]) }

sub in_chunks {
    my ($text, $size) = @_;
    my $body = join '', map { sprintf "%x\r\n%s\r\n", length $_, $_ }
        unpack "(a$size)*", $text;
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
           . "${body}0\r\n\r\n";
}

{
    my $escaped = join '', map { sprintf '\u%04x', ord } split //, $token;
    my $capital = join '', map { sprintf '\u%04X', ord } split //, $token;
    my $half = $token =~ s/(.)(.)/$1 . sprintf '\u%04x', ord $2/ger;
    my $request = qq({"token":"$token","project_id":1}) =~ s/"/\\"/gr;
    my $head = "HTTP/1.1 200 OK\r\nContent-Length: " . length $success;
    my $redacted = qr/"message":"for \[redacted\], \[redacted\]\."/;
    my $message = '{"status":100,"message":"for %s, %s.","api_token":["t"]}';

    echo('message of a success', json(sprintf $message, $token, $token), 200,
         $redacted);
    echo('message, escaped', json(sprintf $message, $escaped, $capital), 200,
         $redacted);
    echo('message, half escaped', json(sprintf $message, $half, $token), 200,
         $redacted);
    echo('message in chunks',
         in_chunks((sprintf $message, $token, $half), 1), 200, $redacted);
    echo('message in packets',
         [unpack '(a5)*', json(sprintf $message, $token, $token)], 200,
         $redacted);
    echo('a token that was issued', json(
         qq({"status":100,"api_token":[{"ip":"192.168.0.1","token":"$token"},)
         . qq({"ip":"192.168.0.2","token":"<$half>"},"$escaped"]})), 200,
         qr/"token":"\[redacted\]".*"<\[redacted\]>".*"token":"\[redacted\]"/);
    echo('an address', json(
         qq({"status":100,"api_token":[{"ip":"$token","token":"t"}]})), 200,
         qr/\{"ip":"\[redacted\]","token":"t"\}/);
    echo('an address that is no string', json(
         qq({"status":100,"api_token":[{"ip":["$token"],"token":"t"}]})), 200,
         qr/\{"ip":null,"token":"t"\}/);
    echo('members that are dropped', json(
         qq({"status":100,"api_token":[{"ip":null,"token":"t","x":"$token"}],)
         . qq("token":"$token","$token":{"a":["$token"]}})), 200,
         qr/"api_token":\[\{"ip":null,"token":"t"\}\]\}$/);
    echo('tokens that cannot be read', json(
         qq({"status":100,"message":"$token","api_token":[["$token"]]})), 502,
         qr/"upstream_message":"\[redacted\]"/);
    echo('a status that is none', json(
         qq({"status":"$token","message":"$token"})), 502,
         qr/"upstream_message":"\[redacted\]"/);
    echo('the message of an error', json(
         qq({"status":410,"message":"bad token $token"})), 422,
         qr/"upstream_message":"bad token \[redacted\]"/);
    echo('the request in the message of an error', json(
         qq({"status":404,"message":"cannot read $request"})), 502,
         qr/"cannot read \{\\"token\\":\\"\[redacted\]\\",\\"project_id/);
    echo('the master token rejected', json(
         qq({"status":401,"message":"no such token: $token"})), 502,
         qr/master_token_rejected.*"no such token: \[redacted\]"/);
    echo('an HTML error page',
         "HTTP/1.1 500 Oops\r\nContent-Type: text/html\r\n\r\n"
         . "<html>$token</html>", 502, qr/upstream_error/);
    echo('text', json("HTTP/1.1 200 OK\n\nyour token is $token"), 502);
    echo('JSON that is not well-formed',
         json(qq({"status":100,"token":"$token",)), 502);
    echo('a JSON string', json(qq("$token")), 502);
    echo('an array', json(qq(["$token"])), 502);
    echo('a reply cut short',
         "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{\"a\":\"$token\"", 502);
    echo('too large a reply', json('"' . $token x 5000 . '"'), 502);
    echo('too large a reply in chunks', in_chunks($token x 5000, 1000), 502);
    echo('compressed, or so it says',
         json("HTTP/1.1 200 OK\nContent-Encoding: $token\n\n$token"), 502);

    echo('the reason phrase', "HTTP/1.1 200 $token\r\nContent-Length: "
         . length($success) . "\r\n\r\n$success", 200, qr/"$issued"/);
    echo('the reason phrase of an error',
         "HTTP/1.1 500 $token\r\nContent-Length: 0\r\n\r\n", 502);
    echo('header values', "$head\r\nEcho: $token\r\nToken: x $token\r\n"
         . "Content-Type: $token\r\nServer: $token\r\n"
         . "Set-Cookie: token=$token\r\nSet-Cookie: echo=$token\r\n"
         . "Cache-Control: $token\r\nETag: \"$token\"\r\nConnection: $token\r\n"
         . "Last-Modified: $token\r\nWWW-Authenticate: Basic $token\r\n"
         . "\r\n$success", 200, qr/"$issued"/);
    echo('a header name', "$head\r\n$token: yes\r\n\r\n$success", 200,
         qr/"$issued"/);
    echo('headers that nginx would act upon',
         "$head\r\nX-Accel-Redirect: /echo/$token\r\n"
         . "X-Accel-Charset: $token\r\nX-Accel-Expires: $token\r\n"
         . "X-Accel-Buffering: $token\r\nX-Accel-Limit-Rate: $token\r\n"
         . "Refresh: 1; url=/$token\r\nLocation: /$token\r\nVary: $token\r\n"
         . "Link: </$token>; rel=preload\r\n"
         . "\r\n$success", 200, qr/"$issued"/);
    echo('a redirect', "HTTP/1.1 302 Found\r\nLocation: http://x/$token\r\n"
         . "Content-Length: 0\r\n\r\n", 502);
    echo('Retry-After', json("HTTP/1.1 429 Slow down\nRetry-After: $token\n"
                             . "\n$token"), 429);
    echo('Content-Length', "HTTP/1.1 200 OK\r\nContent-Length: $token\r\n\r\n",
         502);
    echo('Transfer-Encoding',
         "HTTP/1.1 200 OK\r\nTransfer-Encoding: $token\r\n\r\n", 502);
    echo('a line that is no header',
         "HTTP/1.1 200 OK\r\n$token $token\r\n\r\n", 502);
    echo('a header that is not allowed',
         "HTTP/1.1 200 OK\r\n\x01$token: $token\r\n\r\n", 502);
    echo('an interim response', "HTTP/1.1 103 $token\r\nLink: <$token>\r\n\r\n"
         . "$head\r\n\r\n$success", 200, qr/"$issued"/);
    echo('no HTTP at all', "$token\r\n\r\n$token", 502);
    echo('an extension of a chunk', "HTTP/1.1 200 OK\r\n"
         . "Transfer-Encoding: chunked\r\n\r\n"
         . sprintf("%x;%s\r\n%s\r\n0\r\n\r\n", length $success, $token,
                   $success), 200, qr/"$issued"/);
    echo('a chunk that is none', "HTTP/1.1 200 OK\r\n"
         . "Transfer-Encoding: chunked\r\n\r\n$token\r\n$token\r\n", 502);
    echo('a trailer', "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
         . "Trailer: Echo\r\n\r\n"
         . sprintf("%x\r\n%s\r\n0\r\nEcho: %s\r\n\r\n", length $success,
                   $success, $token), 200, qr/"$issued"/);
    echo('bytes behind the reply', "$head\r\n\r\n$success$token", 200,
         qr/"$issued"/);
}

our $echo = sub {
    my ($c) = @_;
    my $request = $c->request or return;
    my $bytes = $echoes[$request->{number} - 1]{bytes};
    $c->send(ref $bytes ? @$bytes : $bytes);
};

sub check_echoes {
    my ($first) = @_;
    for my $i (0 .. $#echoes) {
        my $echo = $echoes[$i];
        my $reply = $i == 0 ? { raw => $first, body => $first, status => 200 }
                            : ask(headers => { Connection => 'close' });
        my $name = "echoed in: $echo->{name}";
        is($reply->{status}, $echo->{status}, $name);
        like($reply->{body}, $echo->{pattern}, $name);
        ok(!has_token($reply), "$name - not passed on");
    }
}


# Running nginx for its messages alone: what it prints, and whether it is
# content. \@http is what stands in http{}.

sub nginx {
    my ($option, @http) = @_;
    my $module = $ENV{TEST_NGINX_LOAD_MODULES};
    write_file('try.conf', join "\n",
        $module ? "load_module $module;" : (), "pid $dir/try.pid;",
        'error_log stderr debug;', 'events {}', 'http {', 'access_log off;',
        (map { "${_}_temp_path $dir/try-temp;" }
             qw(client_body proxy fastcgi uwsgi scgi)),
        @http, '}', '');
    my $binary = $ENV{TEST_NGINX_BINARY} || 'nginx';
    my $output = `$binary $option -e stderr -p $dir/ -c $dir/try.conf 2>&1`;
    return ($output, $? == 0);
}

sub location {
    return ('server { listen 127.0.0.1:1;', @_,
            'location / { pickyassist_pass http://127.0.0.1:1; } }');
}


# The worker's memory. Not its stack: where functions are bound when they are
# called first, the dynamic linker saves all registers there, and these may hold
# what was copied last. The next calls write over it.

sub in_memory {
    my ($pid, $text, $with_stack) = @_;
    open my $maps, '<', "/proc/$pid/maps" or return;
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    no warnings 'portable';

    my $count = 0;
    while (my $line = <$maps>) {
        next if !$with_stack && $line =~ /\[stack\]/;
        my ($from, $to) = $line =~ /^(\w+)-(\w+) r/ or next;
        ($from, $to) = (hex $from, hex $to);
        sysseek $memory, $from, SEEK_SET or next;
        my $tail = '';
        while ($from < $to) {
            my $size = $to - $from > 1048576 ? 1048576 : $to - $from;
            my $got = sysread $memory, my $bytes, $size or last;
            $bytes = $tail . $bytes;
            $count++ while $bytes =~ /\Q$text\E/g;
            $tail = substr $bytes, 1 - length $text;
            $from += $got;
        }
    }
    return $count;
}

# Why it cannot be read, if so. An instrumented worker's memory is mostly that of
# its instruments, terabytes of addresses, and what is freed is kept by them.
sub no_memory {
    my $instrument = $ENV{TEST_INSTRUMENT};
    return "$instrument has the worker's memory" if $instrument;
    return if defined sysread_one_byte((worker_pids())[0]);
    return 'the memory of the worker cannot be read';
}

sub sysread_one_byte {
    my ($pid) = @_;
    open my $memory, '<:raw', "/proc/$pid/mem" or return;
    my ($from) = PickyAssist::Client::slurp("/proc/$pid/maps") =~ /^(\w+)/;
    no warnings 'portable';
    sysseek $memory, hex $from, SEEK_SET or return;
    return sysread $memory, my $byte, 1;
}

# The configuration has the token twice, as it is and escaped. The last request
# is over a moment after its reply has come.
sub check_memory {
    my ($work) = @_;
    my $why = no_memory();
    my ($pid) = worker_pids();
    my $two_copies = sub {
      SKIP: {
            Test::More::skip($why, 1) if $why;
            ok(wait_until { in_memory($pid, $memory_token) == 2 }, $_[0])
                or diag(in_memory($pid, $memory_token) . ' copies');
        }
    };
    $two_copies->('two copies after the first request');
    $work->();
    $two_copies->('two copies after all');
}

# After each of the replies that send it back: what one leaves behind, the next
# ones may write over.
sub check_each_echo {
    my $why = no_memory();
    my ($pid) = worker_pids();
    for my $number (1 .. $echoes_in_memory) {
        many(1);
      SKIP: {
            Test::More::skip($why, 1) if $why;
            ok(wait_until { in_memory($pid, $memory_token) == 2 },
               "two copies after reply $number")
                or diag(in_memory($pid, $memory_token) . ' copies');
        }
    }
}

# How often a token is in memory at most, in the master and in each worker.
sub check_copies {
    my ($name, $in_master, $in_worker, $text) = @_;
    my $why = no_memory();
    for my $pid (master_pid(), worker_pids()) {
        my $is_master = $pid == master_pid();
        my $most = $is_master ? $in_master : $in_worker;
      SKIP: {
            Test::More::skip($why, 1) if $why;
            my $who = $is_master ? 'the master' : 'a worker';
            my $few = sub { in_memory($pid, $text, $is_master) <= $most };
            ok(wait_until(\&$few, 5), "$name: in $who")
                or diag(in_memory($pid, $text, $is_master) . ' copies');
        }
    }
}

# How often there is what the search for this token, of 40 letters, has made of
# it: for each letter a row of words, whose first bits are its places.
sub searches_in_memory {
    my ($pid, $text) = @_;
    my @places = map { my $letter = $_;
                       quotemeta substr pack('b*', join '', map {
                           $_ eq $letter ? 1 : 0 } split //, $text), 0, 5 }
                     'a' .. 'z';
    my $count = 0;
    for my $part (parts_of_memory($pid, qr/ rw-p \S+ 00:00 0 +(?:\[heap\])?$/)) {
        for my $words (2 .. 8) {
            my $pattern = join '.{' . (8 * $words - 5) . '}', @places;
            $count++ while $part->[1] =~ /$pattern/gs;
        }
    }
    return $count;
}

sub check_searches {
    my ($name, $copies, $text) = @_;
  SKIP: {
        my $why = no_memory();
        Test::More::skip($why, 1) if $why;
        for my $pid (master_pid(), worker_pids()) {
            ok(wait_until { searches_in_memory($pid, $text) == $copies },
               "$name: what is made of it to search for it")
                or diag(searches_in_memory($pid, $text) . ' copies');
        }
    }
}

# Reloads with a token that lies across the end of what nginx reads at once: with
# so many bytes of it before the end.
sub check_pieces {
    my $conf = "$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf";
    my $text = PickyAssist::Client::slurp($conf);
    my $half = length($memory_token) / 2;
    my ($first, $second) = unpack "a$half a*", $memory_token;
    for my $before ($half, $half + 5) {
        my $at = index $text, $memory_token;
        my $fill = 4096 - $before - $at;
        my $moved = $text =~ s/(?=\n *pickyassist_master_token )/
                               "\n#" . 'x' x ($fill - 2)/er;
        is(index($moved, $memory_token), 4096 - $before, 'across the end');
        write_conf($conf, $moved);
        reload();
        many(5);
        check_copies("$before bytes before the end, the first half", 2, 2,
                     $first);
        check_copies("$before bytes before the end, the second half", 2, 2,
                     $second);
    }
}

sub write_conf {
    my ($conf, $text) = @_;
    open my $file, '>', $conf or die "$conf: $!\n";
    print $file $text;
    close $file;
}

# Reloads; returns when the old workers are gone and new ones are there.
sub reload {
    my %old = map { $_ => 1 } worker_pids();
    kill 'HUP', master_pid();
    wait_until {
        my @new = worker_pids();
        @new && !grep { $old{$_} } @new;
    } or die "no reload\n";
}

# The same, as who gets hold of a core file sees it: an image of the worker,
# taken by gdb's gcore while it stands still. It shows what /proc/PID/mem, read
# above, does not: the stack, at one moment with all the rest, and the
# registers. A copy in the latter is not counted. The C library moves many bytes
# at once through vector registers, and what it moved last stays there until it
# moves as many again: over TLS that is the request. So there is one at most.
sub copies_in_core {
    my ($pid, $text) = @_;
    my $core = "$dir/core";
    my $output = `gcore -o $core $pid 2>&1`;
    my $bytes = PickyAssist::Client::slurp("$core.$pid");
    unlink "$core.$pid";
    return (undef, $output) if $bytes !~ /\A\x7fELF\x02/;

    # The program headers; those of type 1 are memory.
    my ($start, $count) = unpack 'x32 Q x16 S', $bytes;
    my ($memory, $others) = (0, 0);
    for my $i (0 .. $count - 1) {
        my ($type, $offset, $size) =
            unpack 'L x4 Q x16 Q', substr $bytes, $start + 56 * $i, 56;
        my $found = () = substr($bytes, $offset, $size)
                         =~ /\Q$text\E/g;
        $type == 1 ? ($memory += $found) : ($others += $found);
    }
    Test::More::note("an image with $memory copies in memory, "
                     . "$others in registers");
    return $memory;
}

# 1,000 requests, over a connection that is kept.
sub check_core {
    my ($pid) = worker_pids();
    for (['10 requests', 9], ['1,000', 990]) {
        my ($name, $more) = @$_;
        many($more);
      SKIP: {
            my ($count, $why) = no_memory() ? (undef, no_memory())
                     : settled_in_core($pid, $memory_token, 2,
                                       sub { many(1) });
            Test::More::skip("no image: $why", 1) if !defined $count;
            is($count, 2, "two copies in an image after $name");
        }
    }
}

# The last request is over a moment after its reply has come, and what the stack
# has of it does not last: another image, after one more request, is clean.
sub settled_in_core {
    my ($pid, $text, $copies, $one_more) = @_;
    my ($count, $why);
    for (1 .. 5) {
        wait_until { (in_memory($pid, $text) // $copies) == $copies };
        ($count, $why) = copies_in_core($pid, $text);
        last if !defined $count || $count == $copies;
        $one_more->();
    }
    return ($count, $why);
}

# Requests with keys of their own, each repeated: nothing of an answer that is
# kept, nor of a key, is left of them.
our $key = 'key-' . join '', map { chr(97 + rand 26) } 1 .. 20;

sub keyed {
    my ($number, %options) = @_;
    return message(%options, headers => {
        'Idempotency-Key' => qq("$key-$number"),
        %{$options{headers} || {}},
    });
}

# The keys that are made of a client's one by HKDF (RFC 5869): what it is known
# by, and may be seen, and two that may not. The salt is where the store begins,
# at a page of the memory that workers share.
sub derived_keys {
    my ($pid, $client_key, $server) = @_;
    my $info = sha256(join '', "pickyassist idempotency key\0",
                      map { pack('Q>', length) . $_ }
                          'me', "$server\0=/tokens" . pack 'L', 0);
    for my $zone (map { $_->[1] } parts_of_memory($pid, qr/^\S+ rw-s/)) {
        for (my $page = 0; $page < length $zone; $page += 4096) {
            my $salt = substr $zone, $page, 32;
            next if $salt !~ /[^\0]/;
            my $secret = hmac_sha256($client_key, $salt);
            my ($last, @keys) = ('');
            push @keys, $last = hmac_sha256($last . $info . chr, $secret)
                for 1 .. 3;
            return @keys if index($zone, $keys[0]) >= 0;
        }
    }
    return;
}

my $another_request = '{"project_id":7,"ip_whitelist":"192.0.2.7"}';

sub check_kept {
    my ($server, %options) = @_;
    my ($pid) = worker_pids();
    my ($number, $client) = (0, client(%options));
    my $ask = sub {
        $number++;
        my @bodies;
        for my $other ([], [], [body => $another_request]) {
            $client->send(keyed($number, %options, @$other));
            my $reply = $client->reply or die "no reply\n";
            push @bodies, $reply->{body};
            $client = client(%options)
                if ($reply->{headers}{connection} // '') eq 'close';
        }
        return $bodies[0] eq $bodies[1] && $bodies[0] =~ /\Q$issued\E/
               && $bodies[2] =~ /"code":"idempotency_key_reused"/;
    };
    is(scalar(grep { !$ask->() } 1 .. 300), 0, 'answers are kept');
  SKIP: {
        my $why = no_memory();
        Test::More::skip($why, 7) if $why;
        my ($known_by, @secret) = derived_keys($pid, "$key-$number", $server);
        ok($known_by, 'the store knows the last key');
        for my $secret (@secret) {
            ok(wait_until { in_memory($pid, $secret) == 0 },
               'no key that was made of it in memory')
                or diag(in_memory($pid, $secret) . ' copies');
        }
        for my $text ($issued, $key) {
            ok(wait_until { in_memory($pid, $text) == 0 }, "no $text in memory")
                or diag(in_memory($pid, $text) . ' copies');
            my ($count, $reason) = settled_in_core($pid, $text, 0, $ask);
            Test::More::skip("no image: $reason", 1) if !defined $count;
            is($count, 0, "no $text in an image");
        }
    }
    ok($ask->(), 'and on it goes');
}

# An upstream that sends the memory token back, in all ways that take different
# paths through memory.
our $echo_in_memory = sub {
    my ($c) = @_;
    my $request = $c->request or return;
    my $body = $request->{body};
    my $head = "HTTP/1.1 200 OK\r\n";
    my @replies = (
        json($body),
        json(qq({"status":410,"message":"$memory_token"})),
        json(qq({"status":100,"api_token":["$memory_token"]})),
        in_chunks($body, 3),
        # A reply that grows: what was first is copied again and again.
        [unpack '(a700)*', in_chunks($body . ' ' x 9000, 300)],
        [unpack '(a700)*', "$head\r\n$body" . ' ' x 9000],
        ["${head}Echo: $body\r\n\r\n", $body],
        # A long head, and then little at the place where it was.
        ["${head}X: " . 'x' x 1500 . "\r\nEcho: $body\r\n"
         . "Content-Length: 2\r\n\r\n", '{}'],
        ["$head${body}X: " . 'x' x 1500 . "\r\nEcho: $body\r\n"
         . "Transfer-Encoding: chunked\r\n\r\n", "2\r\n{}\r\n0\r\n\r\n"],
        # An interim response before the one that counts.
        ["HTTP/1.1 103 Early\r\nLink: $body\r\n\r\n",
         "${head}Content-Length: 2\r\n\r\n{}"],
        ["${head}Content-Length: 9999\r\n\r\n", $body],
    );
    die "replies that are not counted\n" if @replies != $echoes_in_memory;
    my $reply = $replies[$request->{number} % @replies];
    $c->send(ref $reply ? @$reply : $reply);
};

# Another token each time.
our $many_tokens = sub {
    my ($c) = @_;
    my $number = 0;
    while (my $head = $c->head) {
        $c->bytes($head =~ /^Content-Length: (\d+)/m) // return;
        $c->reply($success =~ s/($issued)/"$1-" . $number++/er);
    }
};

sub many {
    my ($count, %options) = @_;
    my $client = client(%options);
    for (1 .. $count) {
        $client->send(message(%options));
        my $reply = $client->reply or die "no reply\n";
        $client = client(%options)
            if ($reply->{headers}{connection} // '') eq 'close';
    }
}

run_tests();

__DATA__

=== TEST 1: logs, variables, mirror and temp files; the token from a file
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    client_body_in_file_only on;
    location = /tokens {
        mirror /mirror;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /mirror {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_set_header X-Body $request_body;
        proxy_set_header X-File $request_body_file;
    }
--- upstream eval: $main::success
--- upstream2: {}
--- response_body_like: "issued-
--- upstream_received eval: qr/^\{"token":"\Q$ENV{TEST_NGINX_TOKEN}\E",/m
--- upstream2_received eval: qr/^POST .*\n\{"project_id":6681,"ip_w/s
--- upstream2_received_unlike: master-
--- then
my @files = files_with('"project_id":6681,"ip_whitelist"');
ok(scalar(grep { m{/client_body_temp/} } @files), 'there is a temp file');
ok(wait_until { access_log() =~ m{ application/json .* issued 6681 2 1 100 } },
   'there is something in the access log') or diag(access_log());



=== TEST 2: logs, variables, mirror and memory; the token inline
--- http_config
    pickyassist_master_token $TEST_NGINX_TOKEN;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    client_body_in_single_buffer on;
    location = /tokens {
        mirror /mirror;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /mirror {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_set_header X-Body $request_body;
    }
--- upstream eval: $main::success
--- upstream2: {}
--- upstream_received eval: qr/^\{"token":"\Q$ENV{TEST_NGINX_TOKEN}\E",/m
--- upstream2_received eval: qr/^X-Body: \{"project_id":6681,/m
--- upstream2_received_unlike: master-
--- then
ok(wait_until { access_log() =~ /\{"project_id":6681,"ip_whitelist"/ },
   'the body is in the access log, without the token');



=== TEST 3: over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_trusted_certificate $TEST_NGINX_CERTS/ca.pem;
        pickyassist_ssl_name api.test;
    }
--- upstream eval: $main::success
--- upstream_tls: good
--- upstream_received eval: qr/^\{"token":"\Q$ENV{TEST_NGINX_TOKEN}\E",/m
--- then
is_deeply([files_with($main::issued)], [], 'issued tokens in no file');



=== TEST 4: issued tokens are in no log
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    client_body_in_file_only on;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
        pickyassist_read_timeout 2s;
    }
--- upstream eval
my @replies = (
    sub { $_[0]->reply($main::success) },
    sub { $_[0]->send(unpack '(a99)*', main::in_chunks($main::success, 7)) },
    # cut short, reset, and a time-out in the middle
    sub { $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
                      . $main::success) },
    sub { $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
                      . $main::success); $_[0]->reset },
    sub { $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"
                      . $main::success); $_[0]->hang },
    # behind the end, and where no body belongs
    sub { $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
                      . $main::success) },
    sub { $_[0]->send("HTTP/1.1 200 OK\r\n$main::success\r\n\r\n") },
    sub { $_[0]->send($main::success) },
    sub { $_[0]->reply("HTTP/1.1 500 Oops\n\n$main::success") },
);
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    $replies[$request->{number} - 1]->($c);
}
--- then
is(join(' ', map { ask()->{status} } 2 .. 9),
   '200 502 502 504 502 502 502 502', 'the replies');
is_deeply([files_with($main::issued)], [], 'issued tokens in no file');



=== TEST 5: all visible characters, from a file
--- http_config
    pickyassist_master_token_file $TEST_NGINX_ODD_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- upstream_received eval
my $body = qq({"token":"$main::odd_json","project_id":6681,)
           . '"ip_whitelist":["192.168.0.1","202.164.148.84"]}';
qr/\nContent-Length: @{[length $body]}\r\n.*\r\n\r\n\Q$body\E\z/s
--- then
is_deeply([files_with($main::odd_token, $main::odd_json)], [], 'in no file');



=== TEST 6: all visible characters, echoed
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
    }
--- http_config
    pickyassist_master_token_file $TEST_NGINX_ODD_TOKEN_FILE;
--- upstream eval
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    my $quoted = $request->{body} =~ s/(["\\])/\\$1/gr;
    $c->reply((
        qq({"status":100,"message":"m","api_token":["$main::odd_json"]}),
        qq({"status":410,"message":"$quoted"}),
        qq({"status":410,"message":"a$main::odd_json$main::odd_json"}),
    )[$request->{number} - 1]);
}
--- response_body_like: "token":"\[redacted\]"
--- then
my $reply = ask();
like($reply->{body}, qr/"\{\\"token\\":\\"\[redacted\]\\",\\"project_id\\":/,
     'the request, quoted');
ok(!has_token($reply, '#$%&'), 'the request, quoted, without the token');
$reply = ask();
like($reply->{body}, qr/"a\[redacted\]\[redacted\]"/, 'twice');
is_deeply([files_with('!"#$%&', '!\"#$%&')], [], 'in no file');



=== TEST 7: special characters inline
--- http_config
    pickyassist_master_token 'a"b\\c;{d}$http_host#';
--- upstream eval: $main::success
--- upstream_received eval
qr/^\{"token":"a\\"b\\\\c;\{d\}\$http_host#","project_id":6681,/m



=== TEST 8: echoed by the upstream
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    location = /tokens {
        pickyassist_keepalive off;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::echo
--- then
check_echoes($reply);



=== TEST 9: echoed by the upstream, over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
--- config
    access_log logs/access.log everything;
    location = /tokens {
        pickyassist_keepalive off;
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_verify off;
    }
--- upstream eval: $main::echo
--- upstream_tls: good
--- then
check_echoes($reply);



=== TEST 10: echoed in Retry-After, where a token of digits would pass
--- http_config
    pickyassist_master_token 8675309;
    pickyassist_token 4815162;
--- upstream eval
my @values = ('8675309', '08675309', '18675309',
              '8675309, 06 Nov 1994 08:49:37', '4815162', '24815162',
              '4815163');
sub {
    my ($c) = @_;
    while (my $request = $c->request) {
        $c->reply("HTTP/1.1 429 Too Many Requests\nRetry-After: "
                  . "$values[$request->{number} - 1]\n\n8675309");
    }
}
--- request eval
[(qq{POST /tokens\n{"project_id":6681,"ip_whitelist":"192.168.0.1"}}) x 7]
--- error_code eval
[(429) x 7]
--- raw_response_headers_unlike eval
[('8675309|4815162') x 7]
--- response_body_unlike eval
[('8675309|4815162') x 7]
--- raw_response_headers_like eval
[('429') x 6, 'Retry-After: 4815163']



=== TEST 11: echoed without having been sent
--- upstream eval
sub {
    my ($c) = @_;
    $c->send("HTTP/1.1 200 $ENV{TEST_NGINX_TOKEN}\r\nContent-Length: 23\r\n"
             . "Echo: $ENV{TEST_NGINX_TOKEN}\r\n\r\n$ENV{TEST_NGINX_TOKEN}");
    $c->hang;
}
--- error_code: 502



=== TEST 12: nginx's own debug log does not spell it in single bytes
--- upstream eval
sub {
    my ($c) = @_;
    $c->request;
    $c->send(main::in_chunks(qq({"status":100,"message":"~","api_token":["~"]}),
                             1));
}
--- response_body_like: "message":"~"
--- error_log
finalize pickyassist request: 0
--- no_error_log
7E s:



=== TEST 13: an authorization subrequest to the gateway
--- config
    location = /protected {
        auth_request /tokens;
        auth_request_set $echo $upstream_http_echo;
        add_header Echo "$echo" always;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- upstream2: {}
--- request eval: "POST /protected\n$main::success"
--- error_code: 500
--- error_log
auth request unexpected status: 405
--- upstream_requests: 0
--- upstream2_requests: 0



=== TEST 14: an authorization subrequest before the gateway
--- config
    location = /tokens {
        auth_request /auth;
        auth_request_set $echo $upstream_http_echo;
        pickyassist_set_header X-Auth $echo;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /auth {
        internal;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_pass_request_body off;
        proxy_set_header Content-Length "";
        proxy_set_header X-Body $request_body;
    }
--- upstream eval: $main::success
--- upstream2
HTTP/1.1 200 OK
Echo: from-auth

--- response_body_like: "issued-
--- upstream_received eval: qr/^X-Auth: from-auth\r$/m
--- upstream2_received_unlike: master-



=== TEST 15: included by SSI
--- config
    ssi on;
    location = /page {
        default_type text/html;
        return 200 'a<!--#include virtual="/tokens" -->b';
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- request
GET /page
--- response_body_like: ^a\{.*"method_not_allowed".*\}b$
--- upstream_requests: 0



=== TEST 16: a mirror that is the gateway
--- config
    location = /mirrored {
        mirror /tokens;
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
    }
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::success
--- upstream2: {"from":"upstream2"}
--- request eval
qq(POST /mirrored\n{"project_id":1,"ip_whitelist":"192.0.2.1"})
--- response_body: {"from":"upstream2"}
--- upstream_received eval: qr/\{"token":"\Q$ENV{TEST_NGINX_TOKEN}\E",/
--- upstream2_received_unlike: master-
--- upstream2_received eval: qr/"project_id":1/



=== TEST 17: another server after an error of the gateway
--- config
    location = /tokens {
        error_page 502 504 = @other;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location @other {
        proxy_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT;
        proxy_set_header X-Body $request_body;
    }
--- upstream eval: sub { $_[0]->request; $_[0]->close }
--- upstream2: {"from":"upstream2"}
--- response_body: {"from":"upstream2"}
--- upstream_requests: 1
--- upstream2_received eval: qr/^X-Body: \{"project_id":6681,/m
--- upstream2_received_unlike: master-



=== TEST 18: mistakes in the configuration do not show the token
--- upstream eval: $main::success
--- then
my $text = $ENV{TEST_NGINX_TOKEN};
my $file = "$PickyAssist::Test::Dir/bad-token";
my %from_file = (
    'two words' => "$text $text",
    'two lines' => "$text\n$text\n",
    'a line before it' => "\n$text",
    'two newlines' => "$text\n\n",
    'a tab' => "\t$text",
    'a null byte' => "$text\0$text",
    'a byte beyond ASCII' => "$text\xe9",
    'DEL' => "$text\x7f",
    'too long' => substr($text x 400, 0, 4097),
    'much too long' => $text x 4000,
    'a byte behind the newline of the longest' => 'x' x 4096 . "\r\ny",
    'a newline behind that of the longest' => 'x' x 4096 . "\r\n\n",
);
my %inline = (
    'two arguments' => "pickyassist_master_token $text $text;",
    'a space in quotes' => "pickyassist_master_token '$text $text';",
    'twice' => "pickyassist_master_token $text; "
               . "pickyassist_master_token $text;",
    'inline and file' => "pickyassist_master_token $text; "
                         . "pickyassist_master_token_file $file;",
    'file and inline' => "pickyassist_master_token_file $file; "
                         . "pickyassist_master_token $text;",
    'no semicolon' => "pickyassist_master_token $text",
    'an open quote' => "pickyassist_master_token \"$text;",
    'a byte beyond ASCII' => "pickyassist_master_token $text\xe9;",
    'a mistake afterwards' => "pickyassist_master_token $text; bogus;",
);
my $refused = sub {
    my ($name, @http) = @_;
    my ($output, $ok) = nginx('-t', @http);
    ok(!$ok, "$name - refused");
    like($output, qr/\[emerg\] .* in \S+:\d+/, "$name - reported");
    ok(!has_token($output), "$name - not shown");
};
for my $name (sort keys %from_file) {
    write_file('bad-token', $from_file{$name});
    $refused->("from a file: $name",
               location("pickyassist_master_token_file $file;"));
}
write_file('bad-token', $text);
$refused->("inline: $_", location($inline{$_})) for sort keys %inline;

# And what is right, or a warning.
my ($output, $ok) = nginx('-t', location("pickyassist_master_token $text;"));
ok($ok, 'inline') or diag($output);
ok(!has_token($output), 'inline - not shown');
chmod 0644, $file;
($output, $ok) = nginx('-t', location("pickyassist_master_token_file $file;"));
ok($ok, 'readable by others');
like($output, qr/\[warn\] .*\Q"$file"\E is readable by group or others/,
     'readable by others - reported');
ok(!has_token($output), 'readable by others - not shown');



=== TEST 19: nginx -T prints what the configuration says, and no file
--- upstream eval: $main::success
--- then
my $text = $ENV{TEST_NGINX_TOKEN};
my ($output) = nginx('-T', location("pickyassist_master_token $text;"));
ok(has_token($output), 'inline tokens are shown');
($output) = nginx('-T', location('pickyassist_master_token_file '
                                 . "$ENV{TEST_NGINX_TOKEN_FILE};"));
like($output, qr/pickyassist_master_token_file/, 'the file is named');
ok(!has_token($output), 'the token in the file is not shown');



=== TEST 20: in the sandbox
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_SERVER_PORT/sandbox;
    }
    location = /sandbox {
        pickyassist_sandbox;
    }
--- response_body_like: "token":"[0-9a-f]{40}"



=== TEST 21: the worker's memory
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- upstream eval: $main::success
--- then
check_memory(sub { many(200) });



=== TEST 22: the worker's memory, with kept connections
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval: $main::success
--- then
check_memory(sub { many(200) });



=== TEST 23: the worker's memory, over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_verify off;
    }
--- upstream eval: $main::success
--- upstream_tls: good
--- then
check_memory(sub { many(40) });



=== TEST 24: the worker's memory, over TLS, with kept connections
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_verify off;
    }
--- upstream eval: $main::success
--- upstream_tls: good
--- then
check_memory(sub { many(200) });



=== TEST 25: the worker's memory, with a body that is not copied
What is behind the token is copied up to 4,096 bytes, and else sent from where
it is.
--- http_config
    pickyassist_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT/custom;
        pickyassist_endpoint custom;
    }
    location = /tls {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM2_PORT/custom;
        pickyassist_endpoint custom;
        pickyassist_ssl_verify off;
    }
--- upstream eval: $main::success
--- upstream2 eval: $main::success
--- upstream2_tls: good
--- then
for my $length (5000, 50000) {
    my $body = '{"x":"' . 'y' x $length . '"}';
    check_memory(sub {
        many(5, uri => $_, body => $body) for '/tokens', '/tls';
    });
}



=== TEST 26: the worker's memory, while a client is slow to read
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_verify off;
        pickyassist_max_response_size 4m;
    }
--- upstream eval: $main::large
--- upstream_tls: good
--- then
check_memory(sub {
    our $slow = client(receive_buffer => 4096);
    $slow->send(message());
    wait_until {
        2 == grep { /^request/ }
            $PickyAssist::Test::Upstreams[0]{running}->events;
    };
});
our $slow;
ok(length $slow->reply->{body} > 3000000, 'whole in the end');



=== TEST 27: the worker's memory, after failures of all kinds
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_keepalive off;
        pickyassist_ssl_verify off;
        pickyassist_read_timeout 50ms;
        pickyassist_ignore_client_abort off;
    }
--- upstream eval
my @replies = (
    sub { $_[0]->reply($main::success) },
    sub { },
    sub { $_[0]->reset },
    sub { $_[0]->hang },
    sub { $_[0]->send('nonsense') },
    sub { $_[0]->send("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{") },
    sub { $_[0]->reply('HTTP/1.1 500 Oops') },
);
sub {
    my ($c) = @_;
    my $request = $c->request or return;
    $replies[$request->{number} % @replies]->($c);
}
--- error_code_like: ^50[24]$
--- upstream_tls: good
--- then
check_memory(sub {
    many(35);
    # and clients that go away
    for (1 .. 7) {
        my $client = client();
        $client->send(message());
        select undef, undef, undef, 0.01;
        $client->reset;
    }
});



=== TEST 28: the worker's memory, when the upstream echoes the token
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- upstream eval: $main::echo_in_memory
--- error_code_like: ^(200|422|502)$
--- then
check_each_echo();



=== TEST 29: the same over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_verify off;
    }
--- upstream eval: $main::echo_in_memory
--- upstream_tls: good
--- error_code_like: ^(200|422|502)$
--- then
check_each_echo();



=== TEST 30: a core image of the worker, after 10 and after 1,000 requests
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    access_log logs/access.log everything;
    location = /tokens {
        pickyassist_pass http://api.test;
    }
--- upstream eval: $main::many_tokens
--- then
check_core();
is_deeply([files_with('issued-')], [], 'issued tokens in no file');



=== TEST 31: the same over TLS
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
    $TEST_NGINX_LOG_EVERYTHING
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    access_log logs/access.log everything;
    location = /tokens {
        pickyassist_pass https://api.test;
        pickyassist_ssl_verify off;
    }
--- upstream eval: $main::many_tokens
--- upstream_tls: good
--- then
check_core();
is_deeply([files_with('issued-')], [], 'issued tokens in no file');



=== TEST 32: the memory of master and workers, the token inline
--- http_config eval: "    pickyassist_master_token $::memory_token;"
--- upstream eval: $main::success
--- then
# The text of the configuration is gone from the buffer that nginx has given up,
# and from the copy that it keeps where it is built for debugging.
check_copies('at first', 2, 2, $::memory_token);
many(20);
check_copies('after some requests', 2, 2, $::memory_token);



=== TEST 33: the memory of master and workers, another token from a file
--- http_config
    pickyassist_master_token_file $TEST_NGINX_CHANGING_TOKEN_FILE;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT;
        location = /tokens {
            pickyassist_master_token_file $TEST_NGINX_CHANGING_TOKEN_FILE;
            pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        }
    }
--- before
write_file('changing-token', our $first = join '', map { chr(97 + rand 26) } 1 .. 40);
--- upstream eval: $main::success
--- then
our $first;
# Twice, since each level reads it, and as it is and escaped.
many(20);
check_copies('the first', 4, 4, $first);
check_searches('the first', 2, $first);
write_file('changing-token', my $second = CORE::reverse $first);
reload();
many(20);
check_copies('the first, after a reload with another', 0, 0, $first);
check_searches('the first, after a reload with another', 0, $first);
check_searches('the second', 2, $second);
check_copies('the second', 4, 4, $second);
$PickyAssist::Test::Upstreams[0]{running}->received =~ /\Q$second\E/
    or fail('the second was not sent');



=== TEST 34: and with another token inline
--- http_config eval: "    pickyassist_master_token $::memory_token;"
--- upstream eval: $main::success
--- error_log eval: qr/\Aalways true|\[emerg/
--- then
many(20);
my $conf = "$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf";
my $second = CORE::reverse $::memory_token;
write_conf($conf, PickyAssist::Client::slurp($conf)
                  =~ s/$::memory_token/$second/r);
reload();
many(20);
check_copies('the first', 0, 0, $::memory_token);
check_copies('the second', 2, 2, $second);

# A reload that is refused leaves the second one, and nothing of what it had.
my ($third, $fourth) = map { join '', map { chr(97 + rand 26) } 1 .. 40 } 1, 2;
write_conf($conf, PickyAssist::Client::slurp($conf)
                  =~ s/(pickyassist_master_token )$second;/
                       "$1$third;\n$1$fourth;"/er);
kill 'HUP', master_pid();
ok(wait_until { error_log() =~ /\[emerg\] .*is duplicate/ }, 'refused');
check_copies('the one before it', 2, 2, $second);
check_copies('the one that is refused', 0, 0, $_) for $third, $fourth;



=== TEST 35: inline, in quotes and with escapes, with more behind it
--- http_config eval: '    pickyassist_master_token "' . '\"' x 40 . qq($::memory_token"; # ) . 'x' x 2000
--- upstream eval: $main::success
--- then
# As it is, escaped for JSON, which makes it nearly twice as long.
check_copies('at first', 2, 2, $::memory_token);
many(20);
check_copies('after some requests', 2, 2, $::memory_token);
my $conf = "$ENV{TEST_NGINX_SERVROOT}/conf/nginx.conf";
write_conf($conf, PickyAssist::Client::slurp($conf)
                  =~ s/$::memory_token/another/r);
reload();
check_copies('after a reload with another', 0, 0, $::memory_token);



=== TEST 36: inline, in each place where nginx may have read a piece of it
--- http_config eval: "    pickyassist_master_token $::memory_token;"
--- upstream eval: $main::success
--- then
# nginx reads 4096 bytes at a time, and moves the piece that it has to the start
# of its buffer. What it reads then may be shorter than the piece was.
check_pieces();



=== TEST 37: what is kept for idempotency keys, and the keys
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
    upstream api.test {
        server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        keepalive 4;
    }
--- config
    location = /tokens {
        pickyassist_pass http://api.test;
        pickyassist_idempotency scope=me;
    }
--- upstream eval: $main::many_tokens
--- more_headers
Content-Type: application/json
Idempotency-Key: first
--- then
check_kept('localhost');



=== TEST 38: the same with TLS on either side
--- http_config
    pickyassist_master_token_file $TEST_NGINX_MEMORY_TOKEN_FILE;
    server {
        listen 127.0.0.1:$TEST_NGINX_SPARE_PORT ssl;
        ssl_certificate $TEST_NGINX_CERTS/good.pem;
        ssl_certificate_key $TEST_NGINX_CERTS/good.key;
        location = /tokens {
            pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
            pickyassist_ssl_verify off;
            pickyassist_idempotency scope=me;
        }
    }
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_ssl_verify off;
        pickyassist_idempotency scope=me;
    }
--- upstream eval: $main::many_tokens
--- upstream_tls: good
--- more_headers
Content-Type: application/json
Idempotency-Key: first
--- then
check_kept('', port => $ENV{TEST_NGINX_SPARE_PORT}, tls => {});



=== TEST 39: the stack, while a request with a key waits for its turn
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_idempotency scope=me;
        pickyassist_rate 60r/m burst=1;
    }
--- upstream eval: $main::success
--- log_level: error
--- then
# Nothing comes after it that would write over it. What registers had of it may
# have been saved there, and they are shorter than this.
my $long = join '', map { chr(97 + rand 26) } 1 .. 255;
my $client = client();
$client->send(message(headers => { 'Idempotency-Key' => $long }));
select undef, undef, undef, 0.3;
SKIP: {
    my $why = no_memory();
    Test::More::skip($why, 2) if $why;
    my @stack = map { $_->[1] }
        parts_of_memory((worker_pids())[0], qr/\[stack\]$/);
    is(scalar @stack, 1, 'a stack');
    is_deeply([grep { index($stack[0], substr $long, $_, 65) >= 0 } 0 .. 190],
              [], 'has nothing of the key');
}
is($client->reply->{status}, 200, 'sent when its turn came');
