#!/bin/bash
# The container image: built twice, read by skopeo and umoci, and run as an
# engine would, in namespaces of its own: as its user, without rights, on a root
# file system that cannot be written to. `make image-test` runs it; needs root,
# for the namespaces.
# shellcheck disable=SC2317  # functions are called through check
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/sbin:/sbin

if [[ -z ${IMAGE_TEST:-} || $EUID != 0 ]]; then
    echo '1..0 # SKIP takes a minute: make image-test, as root'
    exit 0
fi

archive=$PWD/build/image/pickyassist.tar
dir=$PWD/build/t/image
root=$dir/bundle/rootfs
secrets=$root/run/secrets/pickyassist
routes=$root/etc/nginx/routes
message='{"application":8,"data":[{"number":"15550100001","message":"Hello"}]}'
project='{"project_id":6681,"ip_whitelist":["192.168.0.1"]}'
read -r number failed <<<"${IMAGE_TEST_INSIDE:-0 0}"

# check TITLE COMMAND...: one test; what the command says is shown if it fails.
check() {
    local title=$1 code
    shift
    number=$((number + 1))
    # Not as a condition: that would switch off the shell's -e inside.
    set +e
    (set -e; "$@") >"$dir/check.log" 2>&1
    code=$?
    set -e
    if ((code == 0)); then
        echo "ok $number - $title"
    else
        echo "not ok $number - $title"
        tail -n 40 "$dir/check.log" | sed 's/^/# /'
        failed=1
    fi
}

# is GOT EXPECTED
is() {
    [[ $1 == "$2" ]] || { echo "got \"$1\", and not \"$2\""; return 1; }
}

# value FILE a/b/0: a member of a JSON document.
value() {
    perl -MJSON::PP -0777 -ne '
        BEGIN { $place = pop }
        my $value = decode_json($_);
        $value = ref $value eq "ARRAY" ? $value->[$_] : $value->{$_}
            for split m{/}, $place;
        print ref $value ? JSON::PP->new->canonical->encode($value)
                         : $value // "", "\n"' "$1" "$2"
}

#
# The archive
#

builds() {
    tools/image
    sha256sum <"$archive" >"$dir/first"
}

builds_again() {
    tools/image
    sha256sum <"$archive" | diff "$dir/first" -
}

is_small() {
    local size
    size=$(stat -c %s "$archive")
    echo "$size bytes"
    ((size < 16 * 1024 * 1024))
}

# All of a layer is read by a copy, and compared with its digest.
skopeo_reads() {
    local kind
    for kind in oci docker; do
        skopeo inspect --config "$kind-archive:$archive" >"$dir/$kind.json"
        is "$(value "$dir/$kind.json" config/User)" 65532:65532
        is "$(value "$dir/$kind.json" config/StopSignal)" SIGQUIT
        skopeo copy -q "$kind-archive:$archive" "dir:$dir/$kind-copy"
    done
}

docker_finds_a_health_check() {
    local config
    tar -xO -f "$archive" manifest.json >"$dir/manifest.json"
    config=$(value "$dir/manifest.json" 0/Config)
    tar -xO -f "$archive" "$config" >"$dir/config.json"
    is "$(value "$dir/config.json" config/Healthcheck/Test)" \
        '["CMD","/usr/bin/pickyassist-health"]'
}

unpacks() {
    local version
    mkdir "$dir/layout"
    tar -x -C "$dir/layout" -f "$archive"
    version=$(value "$dir/layout/index.json" \
        manifests/0/annotations/org.opencontainers.image.ref.name)
    umoci unpack --image "$dir/layout:$version" "$dir/bundle"
    is "$(value "$dir/bundle/config.json" process/user/uid)" 65532
    is "$(value "$dir/bundle/config.json" process/user/gid)" 65532
    is "$(value "$dir/bundle/config.json" process/args)" '["/usr/sbin/nginx"]'
}

# Programs are what somebody who breaks in would use.
has_two_programs() {
    (cd "$root" && find . -type f -perm /111 ! -name '*.so*' | sort) \
        >"$dir/programs"
    printf './usr/%s\n' bin/pickyassist-health sbin/nginx |
        diff - "$dir/programs"
    is "$(find "$root" -perm /6000)" ''
}

is_writable_in_tmp_alone() {
    is "$(cd "$root" && find . ! -type l \( -uid 65532 -o -gid 65532 \
              -o -perm -o+w \))" ./tmp
}

has_no_secret() {
    is "$(find "$secrets" -type f)" ''
    is "$(grep -rlE -e '-----BEGIN [A-Z ]*PRIVATE KEY' "$root")" ''
    grep -rhoE '^ *pickyassist_(master_)?token[^;]*;' "$root/etc" |
        sed 's/^ *//' | sort >"$dir/tokens"
    printf 'pickyassist_%s;\n' 'master_token sandbox-master-token' \
        'token sandbox-token' 'token_file /run/secrets/pickyassist/token' |
        diff - "$dir/tokens"
    is "$(value "$dir/oci.json" config/Env)" '["PATH=/usr/sbin:/usr/bin"]'
}

tells_what_is_in_it() {
    local file package
    for file in "$root"/var/lib/dpkg/status.d/*; do
        package=$(basename "$file")
        echo "$package"
        grep -q '^Version: ' "$file"
        test -s "$root/usr/share/doc/$package/copyright"
    done
    test -f "$root/var/lib/dpkg/status.d/libnginx-mod-http-pickyassist"
    grep -q '^ID=debian' "$root/etc/os-release"
}

if [[ -z ${IMAGE_TEST_INSIDE:-} ]]; then
    tools/deps image image-test >&2
    rm -rf "$dir"
    mkdir -p "$dir"

    check 'builds' builds
    check 'comes out the same, byte by byte, when built again' builds_again
    check 'is small' is_small
    check 'skopeo reads it, as either kind of archive' skopeo_reads
    check 'Docker finds a health check' docker_finds_a_health_check
    check 'umoci unpacks it' unpacks
    if ((failed)); then
        echo "1..$number"
        exit 1
    fi

    check 'two programs, none of them set-user-ID' has_two_programs
    check 'its user can write to /tmp alone' is_writable_in_tmp_alone
    check 'no secret, but for those of the sandbox' has_no_secret
    check 'versions and terms of what is in it' tells_what_is_in_it

    # The rest in namespaces: nothing of the machine is mounted or listened to.
    export IMAGE_TEST_INSIDE="$number $failed"
    exec unshare -m -n -p -f --mount-proc --kill-child bash t/image.sh
fi

#
# A container
#

# What stands for the vendor: the sandbox under the vendor's name, with a
# certificate of an authority that only this container trusts.
start_vendor() {
    mkdir "$dir/vendor" "$dir/vendor/temp"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days 2 -subj /CN=vendor -keyout "$dir/vendor/key.pem" \
        -addext subjectAltName=DNS:app.pickyassist.com,DNS:pickyassist.com \
        -out "$dir/vendor/cert.pem" 2>/dev/null
    {
        printf 'load_module %s;\n' "$PWD/build/ngx_pickyassist_module.so"
        printf 'pid nginx.pid; error_log stderr; events { } http {'
        printf '%s_temp_path temp/%s;' client_body client_body proxy proxy \
            fastcgi fastcgi uwsgi uwsgi scgi scgi
        cat <<'EOF'
access_log off;
ssl_certificate cert.pem;
ssl_certificate_key key.pem;
pickyassist_token right-token;
pickyassist_master_token right-master-token;
server {
    listen 127.0.0.1:443 ssl;
    location / {
        pickyassist_sandbox;
    }
}
}
EOF
    } >"$dir/vendor/nginx.conf"
    nginx -p "$dir/vendor/" -e stderr -c "$dir/vendor/nginx.conf"
    echo '127.0.0.1 app.pickyassist.com pickyassist.com' >"$dir/hosts"
    cat "$root/etc/ssl/certs/ca-certificates.crt" "$dir/vendor/cert.pem" \
        >"$dir/authorities"
}

# What an engine mounts, on a root that cannot be written to. Files that are
# mounted over have to be there.
mount_root() {
    local etc=$root/etc
    ip link set lo up
    touch "$etc/hosts"
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmp "$root/tmp"
    mount -t tmpfs -o mode=755 secrets "$secrets"
    mount --bind "$dir/hosts" "$etc/hosts"
    mount --bind "$dir/authorities" "$etc/ssl/certs/ca-certificates.crt"
}

# As an engine hands it over: the container's user may read it, nobody else.
secret() {
    printf '%s\n' "$2" >"$secrets/$1"
    chown 65532:65532 "$secrets/$1"
    chmod 400 "$secrets/$1"
}

# A program of the image, in the container.
contained() {
    exec env -i PATH="$PATH" setpriv --no-new-privs \
        chroot --userspec=65532:65532 --groups= "$root" "$@"
}

# start ARGUMENT...: the image, with these; its process is left in $dir/pid.
start() {
    local pid tries
    : >"$dir/stdout"
    : >"$dir/stderr"
    chown 65532 "$dir/stdout" "$dir/stderr"
    contained nginx "$@" >"$dir/stdout" 2>"$dir/stderr" &
    pid=$!
    echo "$pid" >"$dir/pid"
    for ((tries = 0; tries < 100; tries++)); do
        curl -s -o "$dir/health" http://127.0.0.1:9145/health && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    cat "$dir/stderr"
    return 1
}

stop() {
    local pid tries
    pid=$(cat "$dir/pid")
    kill -QUIT "$pid"
    for ((tries = 0; tries < 100; tries++)); do
        [[ -e /proc/$pid ]] || return 0
        sleep 0.1
    done
    return 1
}

# post PATH BODY STATUS: the reply is left in $dir/reply.
post() {
    local status
    status=$(curl -sS -o "$dir/reply" -w '%{http_code}' -d "$2" \
        -H 'Content-Type: application/json' "http://127.0.0.1:8080$1")
    cat "$dir/reply"
    is "$status" "$3"
}

needs_its_secret() {
    ! (contained nginx 2>"$dir/stderr") || return 1
    cat "$dir/stderr"
    grep -qF 'open() "/run/secrets/pickyassist/token" failed' "$dir/stderr"
}

is_healthy() {
    curl -sS -i http://127.0.0.1:9145/health | tr -d '\r' | tee "$dir/reply"
    is "$(sed -n '1p; $p' "$dir/reply")" $'HTTP/1.1 200 OK\nok'
    curl -sS http://127.0.0.1:9145/metrics | grep '^pickyassist_build_info'
    (contained pickyassist-health)
}

is_unhealthy() {
    local code=0
    (contained pickyassist-health) || code=$?
    is "$code" 1
}

# Neither root nor one that could become anyone else; master and workers.
runs_without_rights() {
    local pid count=0
    for pid in $(cat "$dir/pid") $(pgrep -P "$(cat "$dir/pid")"); do
        grep -E '^(Uid|Gid|Groups|Cap|NoNewPrivs)' "/proc/$pid/status"
        grep -qP '^Uid:(\t65532){4}$' "/proc/$pid/status"
        grep -qP '^Gid:(\t65532){4}$' "/proc/$pid/status"
        grep -qP '^Groups:\s*$' "/proc/$pid/status"
        grep -qP '^CapPrm:\t0+$' "/proc/$pid/status"
        grep -qP '^CapEff:\t0+$' "/proc/$pid/status"
        count=$((count + 1))
    done
    is "$count" 3
    ! touch "$root/etc/nginx/x" || return 1
}

sends_a_message() {
    post /push "$message" 200
    grep '"msg_id":"[0-9]' "$dir/reply"
    post /balance '{}' 200
    post /push '{"application":8,"data":[{"number":"+1"}]}' 422
    post /tokens "$project" 404
}

rejects_a_wrong_secret() {
    post /push "$message" 502
    grep '"code":"token_rejected"' "$dir/reply"
}

takes_up_another_secret() {
    local tries
    secret token right-token
    (contained nginx -s reload)
    for ((tries = 0; tries < 50; tries++)); do
        ! post /push "$message" 200 >"$dir/tries" || return 0
        sleep 0.1
    done
    cat "$dir/tries"
    return 1
}

logs_to_its_output() {
    cat "$dir/stdout" "$dir/stderr"
    sed -n 1p "$dir/stdout" >"$dir/line"
    is "$(value "$dir/line" outcome)" token_rejected
    is "$(value "$dir/line" status)" 502
    grep -q ' start worker process ' "$dir/stderr"
    is "$(grep -cE '\[(alert|emerg)\]' "$dir/stderr")" 0
    is "$(grep -hE 'right-(master-)?token' "$dir/stdout" "$dir/stderr")" ''
    is "$(find "$root/tmp" -type f)" "$root/tmp/nginx.pid"
}

verifies_the_vendor() {
    umount "$root/etc/ssl/certs/ca-certificates.crt"
    start
    post /push "$message" 502
    grep '"code":"upstream_unreachable"' "$dir/reply"
    grep 'certificate verify error' "$dir/stderr"
    stop
}

# block PAGE PATTERN: the configuration on a page of docs/ that has it.
block() {
    awk -v pattern="$2" '
        /^```nginx$/ { inside = 1; text = ""; next }
        /^```$/ { if (inside && text ~ pattern) printf "%s", text; inside = 0 }
        inside { text = text $0 "\n" }' "docs/$1"
}

# The routes of examples/kubernetes.yaml and those of docs/containers.md, in the
# place of the image's.
takes_other_routes() {
    mount -t tmpfs -o mode=755 routes "$routes"
    perl -MYAML::XS -e '
        my ($map) = grep { $_->{kind} eq "ConfigMap" }
                    YAML::XS::LoadFile("examples/kubernetes.yaml");
        print $map->{data}{"push.conf"}' >"$routes/push.conf"
    block containers.md pickyassist_master_token_file >"$routes/tokens.conf"
    secret master-token right-master-token
    start
    post /push "$message" 200
    post /tokens "$project" 200
    grep '"token":"[0-9a-f]\{40\}"' "$dir/reply"
    stop
}

ends_when_told() {
    stop
    grep 'signal 3 (SIGQUIT) received.*, shutting down' "$dir/stderr"
}

tries_the_sandbox() {
    start -c /etc/nginx/sandbox.conf
    post /push "$message" 200
    post /tokens "$project" 200
    stop
}

start_vendor
mount_root

check 'does not start without its secret, and says so' needs_its_secret
check 'the health check fails' is_unhealthy
secret token wrong-token
check 'starts' start
check 'the health check succeeds, and there are metrics' is_healthy
check 'as its user, without rights' runs_without_rights
check 'a wrong token in the file is one for the vendor' rejects_a_wrong_secret
check 'another is taken up by a reload' takes_up_another_secret
check 'sends a message over verified TLS' sends_a_message
check 'logs to its output, without a secret' logs_to_its_output
check 'ends when told, with what it has' ends_when_told
check 'the health check fails again' is_unhealthy
check 'other routes, with the token of the account' takes_other_routes
check 'refuses a vendor whom nobody vouches for' verifies_the_vendor
check 'tries the sandbox, without a secret' tries_the_sandbox

nginx -p "$dir/vendor/" -e stderr -c "$dir/vendor/nginx.conf" -s stop || true
echo "1..$number"
exit "$failed"
