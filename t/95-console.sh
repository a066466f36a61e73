#!/bin/bash
# The page of examples/console in a browser: see t/95-console.js.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin
. t/lib/start-sandbox

code=0
output=$(tools/console/install 2>&1) || code=$?
if ((code == 2)); then
    echo "1..0 # SKIP ${output##*$'\n'}"
    exit 0
elif ((code != 0)); then
    echo "$output" >&2
    exit 1
fi

dir=$PWD/build/t/95-console
port=${TEST_NGINX_PORT:-1984}
rm -rf "$dir"
start_sandbox "$dir" "$port" \
    's/location = .balance {/&\n pickyassist_rate 1r\/s burst=9;/'
trap 'kill -TERM $sandbox 2>/dev/null && wait $sandbox || true' EXIT

node t/95-console.js "http://127.0.0.1:$port"
