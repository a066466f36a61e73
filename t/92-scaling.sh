#!/bin/bash
# The example of docs/scaling.md does what the page says: the front spreads
# requests over the gateways, one that dies is noticed and one that comes back
# is used again, a request that a gateway may have sent on is not repeated,
# breakers and metrics are each gateway's own, and the limit is the front's.
# shellcheck disable=SC2317  # functions are called through check and within
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin

export NGINX_BIN=${TEST_NGINX_BINARY:-nginx}
if [[ -z ${TEST_NGINX_LOAD_MODULES-x} ]]; then
    export MODULE=
else
    export MODULE=$PWD/build/ngx_pickyassist_module.so
fi
dir=$PWD/build/t/92-scaling
mkdir -p "$dir"

# Five ports that no other test uses: above those of tools/tap, below those
# that the kernel gives out.
for ((PORT = 31500; PORT < 32500; PORT += 5)); do
    exec 9>"/tmp/pickyassist-scaling-$PORT.lock"
    ! flock -n 9 || break
done
export PORT

number=0
failed=0

# check TITLE COMMAND...: one test.
check() {
    local title=$1
    shift
    number=$((number + 1))
    if "$@"; then
        echo "ok $number - $title"
    else
        echo "not ok $number - $title"
        failed=1
    fi
}

equal() {
    [[ $1 == "$2" ]] || { echo "# got $1, expected $2"; return 1; }
}

# Waits for something that is about to become true.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || return 1
        sleep 0.1
    done
}

# ask N [CURL-OPTION...]: the statuses of so many requests, each with how often.
ask() {
    local count=$1
    shift
    curl -s -m 60 -o "$dir/reply" -w '%{http_code}\n' "$@" \
        -H 'Content-Type: application/json' \
        -d '{"project_id":6681,"ip_whitelist":"192.168.0.1"}' \
        "http://127.0.0.1:$PORT/tokens?[1-$count]" |
        sort | uniq -c | awk '{ print $1 "x" $2 }' | paste -sd' ' || true
}

# metric NAME GATEWAY...: the sum over these gateways.
metric() {
    local name=$1 gateway
    shift
    for gateway; do
        curl -s "http://127.0.0.1:$((PORT + gateway))/status"
    done | awk -v name="$name" '$1 == name { sum += $2 } END { print sum + 0 }'
}

issued='pickyassist_requests_total{endpoint="create-api-token",outcome="issued"}'
disabled=${issued/issued/endpoint_disabled}
sent='pickyassist_upstream_requests_total{endpoint="create-api-token"}'

# The master process of a node, and its workers.
processes() {
    local pid
    pid=$(cat "$dir/$1/nginx.pid")
    echo "$pid" "$(cat "/proc/$pid/task/$pid/children")"
}

# As if the machine had failed: nothing says goodbye.
crash() {
    local pids
    read -ra pids <<<"$(processes "$1")"
    kill -KILL "${pids[@]}"
}

# has_served GATEWAY COUNT: it has more issued tokens than that. One request a
# second is what the front lets through in the long run.
has_served() {
    sleep 1
    ask 1 >/dev/null
    (($(metric "$issued" "$1") > $2))
}

in_flight() {
    (($(metric pickyassist_requests_in_flight "$@") > 0))
}

gone() {
    ! kill -0 "$1" 2>/dev/null
}

listens() {
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

nothing_listens() {
    local i
    for i in 0 1 2 3 4; do
        ! listens $((PORT + i)) || return 1
    done
}

examples/scaling/start "$dir" >"$dir/start.log" 2>&1 9>&- &
start=$!
trap 'kill -TERM $start 2>/dev/null && wait $start || true' EXIT

check 'it starts' within 60 grep -q Running "$dir/start.log"
if ((failed)); then
    sed 's/^/# /' "$dir/start.log"
    echo "1..$number"
    exit 1
fi

check 'tokens are issued through the front' equal "$(ask 9)" 9x200
for gateway in 1 2 3; do
    check "a third of them by gateway $gateway" \
        equal "$(metric "$issued" $gateway)" 3
done

# Loopback addresses stand for clients.
ask 1 --interface 127.0.0.9 >/dev/null
check 'a gateway knows the client from the front' \
    grep -q ' 127\.0\.0\.9 200 issued ' "$dir"/gateway-[123]/access.log
read -r _ front_id _ _ _ _ gateway_id \
    <<<"$(grep -F ' 127.0.0.9 ' "$dir/front/access.log")"
check 'both have logged it under both ids' \
    grep -q " $gateway_id .* $front_id\$" "$dir"/gateway-[123]/access.log
curl -s -o "$dir/reply" --interface 127.0.0.9 -H 'X-Forwarded-For: 127.0.0.1' \
    -d '' "http://127.0.0.1:$((PORT + 1))/tokens"
check 'and nobody else may come to it' grep -q '"code":"http_403"' "$dir/reply"

crash gateway-2
check 'nobody notices that one gateway has died' equal "$(ask 6)" 6x200

"$NGINX_BIN" -p "$dir/gateway-2/" -e error.log -c nginx.conf 9>&-
check 'it is used again when it is back' within 60 has_served 2 0

# Keys: the same gateway repeats what it has said; what it knew dies with it.
sleep 8
with_key() {
    ask 1 -D "$dir/head" -H "Idempotency-Key: $1"
}

replayed() {
    grep -qi '^idempotent-replayed: true' "$dir/head"
}

another() {
    ! replayed && ! cmp -s "$dir/reply" "$dir/first"
}

first_sent=$(metric "$sent" 1 2 3)
check 'a request with a key' equal "$(with_key '"order-17"')" 1x200
check 'is answered anew' another
cp "$dir/reply" "$dir/first"
for key in '"order-17"' order-17; do
    check "and again, as $key" equal "$(with_key "$key")" 1x200
    check 'by the gateway that knows the answer' replayed
    check 'which is the same' cmp -s "$dir/reply" "$dir/first"
done
check 'the vendor was asked once' \
    equal "$(metric "$sent" 1 2 3)" $((first_sent + 1))

for gateway in 1 2 3; do
    if (($(metric pickyassist_replays_total $gateway) > 0)); then
        knows=$gateway
    fi
done
read -ra others <<<"$(printf '%s\n' 1 2 3 | grep -v "$knows" | paste -sd' ')"
first_sent=$(metric "$sent" "${others[@]}")
crash "gateway-$knows"
check 'that gateway dies, and the request is repeated' \
    equal "$(with_key '"order-17"')" 1x200
check 'another one does not know it, and has it carried out again' another
check 'by the vendor' \
    equal "$(metric "$sent" "${others[@]}")" $((first_sent + 1))
"$NGINX_BIN" -p "$dir/gateway-$knows/" -e error.log -c nginx.conf 9>&-
check 'the gateway comes back' within 60 has_served "$knows" 0

# A gateway dies with a request that the vendor has got and not answered.
read -r _ vendor_worker <<<"$(processes vendor)"
kill -STOP "$vendor_worker"
ask 1 >"$dir/lost" &
asking=$!
within 30 in_flight 1 2 3 || true
for gateway in 1 2 3; do
    ! in_flight $gateway || victim=$gateway
done
read -ra others <<<"$(printf '%s\n' 1 2 3 | grep -v "$victim" | paste -sd' ')"
before=$(metric "$sent" "${others[@]}")
crash "gateway-$victim"
wait $asking
kill -CONT "$vendor_worker"
check 'its client gets an error' equal "$(cat "$dir/lost")" 1x502
check 'that says that the outcome is unknown' \
    grep -q '"code":"http_502".*is unknown' "$dir/reply"
check 'and no other gateway has sent it again' \
    equal "$(metric "$sent" "${others[@]}")" "$before"

head -c 40k /dev/zero >"$dir/large"
curl -s -o "$dir/reply" --data-binary "@$dir/large" \
    "http://127.0.0.1:$PORT/tokens"
check 'a body that is too large gets an error in the same form' \
    grep -q '"code":"body_too_large".*"request_id":"[0-9a-f]\{32\}"' "$dir/reply"

# The vendor disables its endpoint: each gateway finds out for itself.
sed -i 's/pickyassist_sandbox;/pickyassist_sandbox disabled;/' \
    "$dir/vendor/nginx.conf"
kill -HUP "$(cat "$dir/vendor/nginx.pid")"
within 30 gone "$vendor_worker" || true
check 'the disabled endpoint is reported' equal "$(ask 6)" 6x410
check 'by the gateways together' equal "$(metric "$disabled" "${others[@]}")" 6
check 'which asked the vendor once each' \
    equal "$(metric "$sent" "${others[@]}")" $((before + 2))

curl -s -i -d '' -w '\n' "http://127.0.0.1:$PORT/tokens?[1-60]" |
    tr -d '\r' | sed -n '/^HTTP\/1.1 429 /,/^{/p' >"$dir/limited"
check 'the front limits the requests' test -s "$dir/limited"
check 'and says so as a gateway does' \
    grep -q '^{.*"code":"rate_limited".*"request_id":"[0-9a-f]\{32\}"' \
    "$dir/limited"
check 'with its media type' \
    grep -q '^Content-Type: application/problem+json$' "$dir/limited"

kill -TERM $start
wait $start || true
trap - EXIT
check 'all of it stops' nothing_listens

if grep -hE '\[(alert|emerg)\]' "$dir"/*/error.log |
   grep -v 'exited on signal 9' >"$dir/alerts"; then
    sed 's/^/# /' "$dir/alerts"
    check 'nothing is alarming in the logs' false
else
    check 'nothing is alarming in the logs' true
fi

echo "1..$number"
exit $failed
