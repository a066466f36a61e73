# nginx takes the module and the smallest configuration, and a mistake in the
# configuration is reported where it was made.

use PickyAssist::Test;

run_tests();

__DATA__

=== TEST 1: the smallest configuration
--- http_config
--- config
    location = /tokens {
        pickyassist_pass https://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_master_token_file $TEST_NGINX_TOKEN_FILE;
    }
--- request
GET /
--- error_code: 200



=== TEST 2: a wrong value is reported with directive, file and line
--- config
    location = /tokens {
        pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
        pickyassist_max_ips many;
    }
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_max_ips".* in \S+/conf/nginx\.conf:\d+}



=== TEST 3: a directive where it does not belong
--- config
    pickyassist_pass http://127.0.0.1:$TEST_NGINX_UPSTREAM_PORT;
--- must_die
--- error_log eval
qr{\[emerg\] .*"pickyassist_pass" directive is not allowed here in \S+:\d+}



=== TEST 4: no name of the module's own can be taken for another module's
--- before
SKIP: {
    my $module = $ENV{TEST_NGINX_LOAD_MODULES};
    Test::More::skip('the module is linked in', 1) if !$module;

    my @names = grep { /^(?:ngx|pa)_/ } map { (split)[2] }
                split /\n/, `nm -D --defined-only '$module'`;
    is("@{[sort @names]}", 'ngx_module_names ngx_module_order ngx_modules',
       'nginx finds what it looks for, and nothing else is to be seen');
}
--- request
GET /
