#!/bin/bash
# The code of docs/clients.md, run against the sandbox behind a gateway that
# asks for a client certificate and a key: a first try that fails is repeated
# with the same key, one without an answer too, and an error that says so is
# not.
# shellcheck disable=SC2317  # functions are called through check
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin

nginx=${TEST_NGINX_BINARY:-nginx}
dir=$PWD/build/t/93-clients
rm -rf "$dir"
mkdir -p "$dir"/{modules,temp}
ln -s "$PWD/build/ngx_pickyassist_module.so" "$dir/modules/"
load='load_module modules/ngx_pickyassist_module.so;'
[[ -n ${TEST_NGINX_LOAD_MODULES-x} ]] || load=

# Two ports that no other test uses, as in t/92-scaling.sh.
for ((port = 30500; port < 31500; port += 2)); do
    exec 9>"/tmp/pickyassist-clients-$port.lock"
    ! flock -n 9 || break
done

certs=$PWD/build/t/certs
t/lib/make-certs "$certs"
cp "$certs/client.pem" "$certs/client.key" "$dir/"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
    -days 3650 -subj /CN=gateway -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$dir/server.key" -out "$dir/ca.pem" 2>"$dir/openssl.log"

# While there is a file "unavailable", the vendor is, and asks for more time
# than a client takes by itself at first, which is a second. While there is a
# file "silent", the gateway closes connections without an answer.
cat >"$dir/nginx.conf" <<END
$load
error_log stderr notice;
pid nginx.pid;
events {
}
http {
    client_body_temp_path temp/client_body;
    proxy_temp_path temp/proxy;
    fastcgi_temp_path temp/fastcgi;
    uwsgi_temp_path temp/uwsgi;
    scgi_temp_path temp/scgi;
    log_format tries '\$http_idempotency_key \$status \$pickyassist_outcome'
                     ' \$msec';
    pickyassist_token sandbox-token;

    server {
        listen 127.0.0.1:$port ssl;
        ssl_certificate ca.pem;
        ssl_certificate_key server.key;
        ssl_client_certificate $certs/ca.pem;
        ssl_verify_client on;
        access_log tries.log tries;
        if (-f $dir/silent) {
            return 444;
        }

        location = /push {
            pickyassist_pass http://127.0.0.1:$((port + 1));
            pickyassist_endpoint push;
            pickyassist_idempotency scope=\$ssl_client_s_dn required;
        }
    }

    server {
        listen 127.0.0.1:$((port + 1));
        access_log off;
        if (-f $dir/unavailable) {
            return 503;
        }
        add_header Retry-After 3 always;

        location /app/api/v2/ {
            pickyassist_sandbox;
        }
    }
}
END

"$nginx" -p "$dir/" -e stderr -c "$dir/nginx.conf" -g 'daemon off;' \
    >"$dir/nginx.log" 2>&1 &
pid=$!
trap 'kill -TERM $pid 2>/dev/null && wait $pid || true' EXIT
for ((i = 0; i < 100; i++)); do
    ! (: <"/dev/tcp/127.0.0.1/$((port + 1))") 2>/dev/null || break
    kill -0 $pid 2>/dev/null || { cat "$dir/nginx.log" >&2; exit 1; }
    sleep 0.1
done

declare -A language=([curl]=bash [Python]=python [PHP]=php [Node]=js)
# The distribution's own Python, which its package of requests is for.
declare -A program=([curl]=bash [Python]=/usr/bin/python3 [PHP]=php [Node]=node)
declare -A before=([curl]='' [Python]='' [PHP]='<?php' [Node]='')
# Calls the function, prints the answer or the error.
# shellcheck disable=SC2016
declare -A after=(
    [curl]='send "$1" "$2"'
    [Python]='
import json, sys
try:
    print(json.dumps(send(sys.argv[1], json.loads(sys.argv[2]))))
except RuntimeError as error:
    sys.exit("failed: " + str(error))'
    [PHP]='
try {
    echo json_encode(send($argv[1], json_decode($argv[2])));
} catch (Exception $error) {
    fwrite(STDERR, "failed: " . $error->getMessage());
    exit(1);
}'
    [Node]='
send(process.argv[2], JSON.parse(process.argv[3])).then(
    (answer) => console.log(JSON.stringify(answer)),
    (error) => {
        console.error("failed: " + error.message);
        process.exit(1);
    });'
)

number=0
failed=0
ok() {
    local title=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $client: $title"
    else
        echo "not ok $number - $client: $title"
        tail -n 20 "$dir/output" "$dir/errors" "$dir/tries.log" | sed 's/^/# /'
        failed=1
    fi
}

start() {
    : >"$dir/tries.log"
    (cd "$dir" && exec timeout 60 "${program[$client]}" "client.$client" \
        "https://127.0.0.1:$port/push" \
        '{"application":8,"data":[{"number":"'"$1"'","message":"Grüße"}]}' \
        >output 2>errors) &
    running=$!
}

finished() {
    status=0
    wait $running || status=$?
}

tries() {
    [[ $(cut -d' ' -f2,3 "$dir/tries.log" | tr '\n' ';') == "$1" ]]
}

# A request takes no time to speak of, and nginx rounds.
waited() {
    awk -v least="$1" '{ gap = $4 - last; last = $4 }
                       END { exit !(NR == 2 && gap > least - 0.1) }' \
        "$dir/tries.log"
}

succeeded() {
    [[ $status == 0 ]] && grep -qE '"msg_id": ?"[0-9]+"' "$dir/output"
}

one_key() {
    [[ $(cut -d' ' -f1 "$dir/tries.log" | sort -u | wc -l) == 1 ]] &&
        grep -qE '^\\x22[0-9a-f-]{32,36}\\x22 ' "$dir/tries.log"
}

gave_up() {
    [[ $status == 1 ]] && grep -q insufficient_balance "$dir/errors" &&
        grep -q none "$dir/errors"
}

# Sends a message; the file is there until the first try is over.
first_try_is() {
    touch "$dir/$1"
    start 15550100001
    for ((i = 0; i < 300; i++)); do
        [[ ! -s $dir/tries.log ]] || break
        sleep 0.1
    done
    rm "$dir/$1"
    finished
}

for client in curl Python PHP Node; do
    if ! command -v "${program[$client]}" >/dev/null; then
        number=$((number + 1))
        echo "ok $number # SKIP ${program[$client]} is not installed"
        continue
    fi
    {
        echo "${before[$client]}"
        sed -n "/^\`\`\`${language[$client]}\$/,/^\`\`\`\$/{/^\`\`\`/d;p}" \
            docs/clients.md
        echo "${after[$client]}"
    } | sed '1{/^$/d}' >"$dir/client.$client"

    first_try_is unavailable
    ok 'repeats what may be repeated' succeeded
    ok 'in two tries' \
        tries '503 upstream_unavailable;200 accepted;'
    ok 'after the time that the answer says' waited 3
    ok 'with one key' one_key

    first_try_is silent
    ok 'repeats what got no answer' succeeded
    ok 'in two tries without an answer at first' \
        tries '444 -;200 accepted;'
    ok 'after a second' waited 1
    ok 'with one key, again' one_key
    first=$(head -c 20 "$dir/tries.log")

    start 99999990403
    finished
    ok 'gives up, and says why' gave_up
    ok 'after one try' tries '402 insufficient_balance;'
    ok 'with another key' [ "$(head -c 20 "$dir/tries.log")" != "$first" ]
done
echo "1..$number"
exit $failed
