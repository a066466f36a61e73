# The head of the vendor's reply: how large it may be, whatever it is made of
# and however it comes. Tokens must not be lost for the headers around them.

use PickyAssist::Test;
use PickyAssist::Client;

our $body = '{"status":100,"message":"Success",'
            . '"api_token":[{"ip":"192.0.2.1","token":"t-1234"}]}';
our $normal = '{"status":100,"message":"Success","project_id":6681,'
              . '"api_token":[{"ip":"192.0.2.1","token":"t-1234"}]}';

# A head of this many bytes in all, its blank line included.
sub head {
    my ($size, %other) = @_;
    my $head = "HTTP/1.1 200 OK\r\nContent-Length: " . length($body) . "\r\n";
    my $room = $size - length("$head\r\n");

    if ($other{fields}) {
        my $field = "Set-Cookie: a=b; Path=/\r\n";
        while ($room >= length($field) + 12) {
            $head .= $field;
            $room -= length $field;
        }
    }
    return $head . 'X: ' . 'x' x ($room - 5) . "\r\n\r\n";
}

# An upstream that sends a reply in pieces of this size.
sub in_pieces {
    my ($reply, $size) = @_;
    return sub {
        my ($c) = @_;
        while ($c->request) {
            for (my $sent = 0; $sent < length $reply; $sent += $size) {
                $c->send(substr $reply, $sent, $size);
                $c->pause(0.001) if $size < length $reply;
            }
        }
    };
}

sub whole { return in_pieces($_[0], length $_[0]) }

our @sizes = (4000, 4095, 4096, 4097, 5000, 8192, 16000);

run_tests();

__DATA__

=== TEST 1: a content security policy of 4,000 characters
--- upstream eval
main::whole("HTTP/1.1 200 OK\r\nContent-Security-Policy: " . 'x' x 4000
            . "\r\nContent-Length: " . length($main::body)
            . "\r\n\r\n$main::body")
--- response_body eval: $main::normal



=== TEST 2: heads of one large field, around a page and up to the default
--- upstream eval
sub { my ($c) = @_;
      my $i = 0;
      while ($c->request) {
          $c->send(main::head($main::sizes[$i++ % @main::sizes]) . $main::body);
      } }
--- config
    location = /tokens {
        pickyassist_pass http://kept;
    }
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream kept { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; keepalive 1; }
--- response_body eval: $main::normal
--- then
is(ask()->{body}, $main::normal, "a head of $_ bytes")
    for @main::sizes[1 .. $#main::sizes];



=== TEST 3: heads of many small fields
--- upstream eval
sub { my ($c) = @_;
      my $i = 0;
      while ($c->request) {
          $c->send(main::head($main::sizes[$i++ % @main::sizes], fields => 1)
                   . $main::body);
      } }
--- config
    location = /tokens {
        pickyassist_pass http://kept;
    }
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    upstream kept { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; keepalive 1; }
--- response_body eval: $main::normal
--- then
is(ask()->{body}, $main::normal, "a head of $_ bytes")
    for @main::sizes[1 .. $#main::sizes];



=== TEST 4: a large head that comes in many reads
--- upstream eval
main::in_pieces(main::head(12000, fields => 1) . $main::body, 97)
--- response_body eval: $main::normal



=== TEST 5: a large head whose body comes apart from it, in chunks
--- upstream eval
sub { my ($c) = @_;
      $c->request;
      $c->send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX: "
               . 'x' x 9000 . "\r\n\r\n");
      $c->pause(0.05);
      for my $byte (split //, $main::body) { $c->send("1\r\n$byte\r\n") }
      $c->send("0\r\n\r\n") }
--- response_body eval: $main::normal



=== TEST 6: a head over the default, and a directive that takes it
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /large {
        pickyassist_buffer_size 64k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
    location = /page {
        pickyassist_buffer_size 4k;
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: main::whole(main::head(40000) . $main::body)
--- problem: 502 upstream_invalid_response
--- response_body_like: "detail":"The headers of the vendor's response are larger
--- then
is(ask(uri => '/large')->{body}, $main::normal, 'a larger buffer');
is(ask(uri => '/page')->{status}, 502, 'a smaller one');
--- error_log
upstream sent too big header



=== TEST 7: a buffer smaller than a page
--- http_config
    pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    pickyassist_buffer_size 256;
    upstream kept { server 127.0.0.1:$TEST_NGINX_UPSTREAM_PORT; keepalive 1; }
--- config
    location = /tokens {
        pickyassist_pass http://kept;
    }
--- upstream eval
sub { my ($c) = @_;
      my $long = '{"status":100,"message":"' . 'm' x 3000 . '","api_token":"t"}';
      for my $reply (main::head(200) . $main::body,
                     main::head(255) . $main::body,
                     "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n$long") {
          $c->request or return;
          $c->send($reply);
      } }
--- response_body eval: $main::normal
--- then
is(ask()->{body}, $main::normal, 'a head that leaves no room for the body');
like(ask()->{body}, qr/"message":"m{3000}"/, 'a body much larger than it');
--- upstream_connections: 1



=== TEST 8: one byte is enough for nothing, and is no endless loop
--- config
    pickyassist_buffer_size 1;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval: $main::body
--- problem: 502 upstream_invalid_response



=== TEST 9: an interim response and a head that fill the buffer together
--- config
    pickyassist_buffer_size 1k;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
    }
--- upstream eval
main::whole("HTTP/1.1 103 Early Hints\r\nLink: " . 'x' x 400 . "\r\n\r\n"
            . main::head(500) . $main::body)
--- response_body eval: $main::normal
