#!/bin/bash
# "make run": on ports of one's own, twice beside each other, and what it says.
# shellcheck disable=SC2317  # functions are called through ok
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -n ${TEST_NGINX_BINARY:-} || -z ${TEST_NGINX_LOAD_MODULES-x} ]]; then
    echo '1..0 # SKIP make run starts the nginx that is installed'
    exit 0
fi

port=${TEST_NGINX_PORT:-1984}
dir=$PWD/build/t/94-run
rm -rf "$dir"
mkdir -p "$dir"
log=build/run/$port/access.log

number=0
failed=0
ok() {
    local title=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $title"
    else
        echo "not ok $number - $title"
        tail -n 20 "$dir"/* | sed 's/^/# /'
        failed=1
    fi
}

says() {
    grep -qF -- "$2" "$dir/$1"
}

serves() {
    curl -sS --max-time 10 "http://127.0.0.1:$1/" |
        grep '<title>Gateway<' >/dev/null
}

runs() {
    PORT=$1 ONCE=1 tools/run >"$dir/$2" 2>&1
}

fails() {
    ! runs "$@"
}

: >"$dir/first"
PORT=$port tools/run >"$dir/first" 2>&1 &
first=$!
trap 'kill $first 2>/dev/null && wait $first || true' EXIT
for ((i = 0; i < 300; i++)); do
    ! says first 'Configuration and logs' || break
    kill -0 $first 2>/dev/null || break
    sleep 0.1
done

ok 'says where the page is' says first "browser: http://127.0.0.1:$port/"
ok 'which is served there' serves "$port"
ok 'a command to try ends its line' says first "curl -i -w '\n'"

before=$(stat -c %i "$log"; cat "$log")
ok 'a second one on the same ports fails' fails "$port" second
ok 'and says why' says second "port $port of 127.0.0.1 is taken"
ok 'and what to do' says second 'PORT=8090 make run'
ok 'with the log of the first as it was' \
    [ "$before" == "$(stat -c %i "$log"; cat "$log")" ]
ok 'which has requests in it' grep -q 'POST /push' "$log"

ok 'on the port of its sandbox one fails too' fails $((port + 1)) third
ok 'another one runs beside it' runs $((port + 2)) beside
ok 'where it is told to' says beside "POST http://127.0.0.1:$((port + 2))/push"
ok 'and leaves the first alone' serves "$port"
ok 'and its log' [ "$(stat -c %i "$log")" == "${before%%$'\n'*}" ]

ok 'a port must be one' fails 8080x wrong
ok 'says so' says wrong 'PORT must be a port'

kill $first
status=0
wait $first || status=$?
ok 'ends without an error' [ $status == 0 ]
ok 'and nginx with it' [ -z "$(serves "$port" 2>/dev/null && echo runs)" ]

echo "1..$number"
exit $failed
