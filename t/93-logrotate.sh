#!/bin/bash
# examples/logrotate/pickyassist, which the Debian package installs, rotates the
# audit log that examples/production.conf names, and has nginx open it anew.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin

dir=$PWD/build/t/93-logrotate
rm -rf "$dir"
mkdir -p "$dir/log"

number=0
check() {
    local title=$1
    shift
    number=$((number + 1))
    if "$@" >"$dir/output" 2>&1; then
        echo "ok $number - $title"
    else
        echo "not ok $number - $title"
        sed 's/^/# /' "$dir/output"
    fi
}

# What is to be signalled, in the place of nginx: notes each SIGUSR1.
bash -c 'trap "echo reopened >>$1/signals" USR1
         echo $$ >"$1/nginx.pid"
         for ((i = 0; i < 600; i++)); do sleep 0.1; done' nginx "$dir" &
nginx=$!
trap 'kill $nginx 2>/dev/null || true' EXIT
for ((i = 0; i < 100; i++)); do
    [[ -s $dir/nginx.pid ]] && break
    sleep 0.1
done

log=$(sed -n 's/.*access_log \([^ ]*\) pickyassist_audit;.*/\1/p' \
          examples/production.conf)
file=$dir/log/$(basename "$log")
user=$(id -un)
group=$(id -gn)

# Rotated in a copy that names this machine's user and places.
sed -e "s|/var/log/nginx/|$dir/log/|; s|/run/nginx.pid|$dir/nginx.pid|" \
    -e "s|www-data adm|$user $group|" \
    examples/logrotate/pickyassist >"$dir/pickyassist"
chmod 644 "$dir/pickyassist"
chmod 755 "$dir/log"

rotate() { logrotate --state "$dir/state" --verbose "$@" "$dir/pickyassist"; }
signalled() {
    for ((i = 0; i < 100; i++)); do
        [[ $(wc -l <"$dir/signals") == "$1" ]] && return 0
        sleep 0.1
    done
    return 1
}

check 'production.conf has an audit log' test -n "$log"
check 'no log yet: nothing to do' rotate --force

echo '{"n":1}' >"$file"
check 'a first rotation' rotate --force
check 'the log was moved' grep -qx '{"n":1}' "$file.1"
check 'a new one is there, for nginx to write' test -f "$file"
check 'with its mode' test "$(stat -c %a "$file")" = 640
check 'nginx is told once' signalled 1

echo '{"n":2}' >"$file"
check 'a second rotation' rotate --force
check 'what nginx has done with is compressed' gzip -t "$file.2.gz"
check 'nginx is told again' signalled 2

check 'an empty log stays' rotate --force
check 'and nginx is left alone' signalled 2

echo "1..$number"
