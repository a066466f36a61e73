#!/bin/bash
# The Debian package: built, checked by lintian, installed in a clean folder
# with this machine's release of Debian, used there, removed and purged.
# `make package-test` runs it; needs root, for debootstrap and chroot.
#
# PACKAGE_RELEASES="trixie testing" takes other releases: the package is then
# built in a folder too. Folders as debootstrap made them are kept in
# PACKAGE_DIR (build/package-test) and brought up to date by the next run.
# shellcheck disable=SC2317  # functions are called through check
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/lib.sh

if [[ -z ${PACKAGE_TEST:-} || $EUID != 0 ]]; then
    echo '1..0 # SKIP takes minutes: make package-test, as root'
    exit 0
fi

tools/deps package package-test >&2

name=libnginx-mod-http-pickyassist
module=/usr/lib/nginx/modules/ngx_pickyassist_module.so
enabled=/etc/nginx/modules-enabled/50-mod-http-pickyassist.conf
documents=/usr/share/doc/$name
dir=$(realpath -m "${PACKAGE_DIR:-build/package-test}")
repository=$(debian_repository)
read -ra releases <<<"${PACKAGE_RELEASES:-${repository#* }}"
mkdir -p "$dir"

number=0
failed=0

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
        echo "ok $number - $release: $title"
    else
        echo "not ok $number - $release: $title"
        tail -n 40 "$dir/check.log" | sed 's/^/# /'
        failed=1
    fi
}

make_base() {
    local base=$1
    if [[ ! -e $base/.ready ]]; then
        rm -rf "$base"
        # dpkg need not wait for the disk after each file.
        mkdir -p "$base/etc/dpkg/dpkg.cfg.d"
        echo force-unsafe-io >"$base/etc/dpkg/dpkg.cfg.d/package-test"
        debootstrap --variant=minbase "$release" "$base" "${repository% *}"
        # A frozen mirror may serve lists that have expired.
        printf '%s;\n' 'Acquire::Check-Valid-Until "false"' \
            'Dpkg::Use-Pty "0"' >"$base/etc/apt/apt.conf.d/99package-test"
        # Nothing is started by being installed.
        printf '#!/bin/sh\nexit 101\n' >"$base/usr/sbin/policy-rc.d"
        chmod 755 "$base/usr/sbin/policy-rc.d"
        touch "$base/.ready"
    fi
    cp -L /etc/resolv.conf "$base/etc/"
    inside "$base" network 'apt-get -qq update
        apt-get -qq -y dist-upgrade'
}

# A copy of the base, as new.
folder() {
    rm -rf "$2"
    cp -a "$1" "$2"
}

build() {
    if [[ $release == "${repository#* }" ]]; then
        tools/package
        return
    fi
    folder "$base" "$dir/$release-builder"
    mkdir "$dir/$release-builder/src"
    tar -c --exclude=./build --exclude=./.git . |
        tar -x -C "$dir/$release-builder/src"
    inside "$dir/$release-builder" network 'cd /src && tools/package'
}

run_lintian() {
    lintian --allow-root --fail-on error,warning --info \
        "$packages/$name"_*.changes
}

# Every path of the folder but for what package management keeps of its own.
snapshot() {
    (cd "$root" && find . \( -path ./var/lib/dpkg -o -path ./var/lib/apt \
        -o -path ./var/cache -o -path ./var/log -o -path ./run \
        -o -path ./tmp -o -path ./proc -o -path ./sys -o -path ./dev \) \
        -prune -o -printf '%p %y %#m %l\n' | sort)
}

install_it() {
    cp "$packages/$name"_*.deb "$root/package.deb"
    inside "$root" network 'apt-get -qq -y install /package.deb'
    rm "$root/package.deb"
}

is_complete() {
    inside "$root" none "
        dpkg -L $name
        test -s $module
        test \$(readlink $enabled) = \
            /usr/share/nginx/modules-available/mod-http-pickyassist.conf
        test -s $enabled
        test -s $documents/copyright
        test -s $documents/README.md
        test -s $documents/CONTRIBUTING.md
        test -s $documents/CHANGELOG.md
        test -s $documents/LICENSE
        test -s $documents/docs/directives.md
        test -s $documents/examples/sandbox.conf
        grep -q pickyassist.json /etc/logrotate.d/$name
        nginx -t"
}

issues_by_the_example() {
    cp debian/tests/sandbox "$root/tmp/"
    inside "$root" none '/tmp/sandbox'
    rm "$root/tmp/sandbox"
}

# As Debian runs it: its nginx.conf, its user, with a file in conf.d.
issues_as_a_service() {
    cat >"$root/etc/nginx/conf.d/pickyassist.conf" <<'END'
server {
    listen 127.0.0.1:8080;
    pickyassist_master_token_file pickyassist-token;
    location = /tokens {
        pickyassist_pass http://127.0.0.1:8080;
    }
    location = /app/api/v2/pm/create-api-token {
        pickyassist_sandbox;
    }
}
END
    (umask 077 && echo secret >"$root/etc/nginx/pickyassist-token")
    # shellcheck disable=SC2016  # for the shell inside
    inside "$root" none '
        nginx
        reply=$(curl -sS --fail -H "Content-Type: application/json" \
            -d "{\"project_id\":1,\"ip_whitelist\":\"192.168.0.1\"}" \
            http://127.0.0.1:8080/tokens)
        echo "$reply"
        grep -q "\"token\":\"[0-9a-f]\{40\}\"" <<<"$reply"
        test "$(stat -c %U $(grep -l "^nginx: worker" /proc/[0-9]*/cmdline) |
                sort -u)" = www-data
        nginx -s quit
        if grep -F -e "[error]" -e "[alert]" /var/log/nginx/error.log; then
            exit 1
        fi'
}

without_service() {
    rm -f "$root/etc/nginx/conf.d/pickyassist.conf" \
        "$root/etc/nginx/pickyassist-token"
}

# Removed: nginx runs without it. Installed again: it is enabled again.
removes() {
    inside "$root" network "apt-get -qq -y remove $name"
    inside "$root" none "nginx -t; test ! -e $enabled -a ! -e $module"
    install_it
    inside "$root" none "nginx -t; test -s $enabled"
}

purges() {
    inside "$root" network "dpkg -L $name >/tmp/files
        apt-get -qq -y purge --autoremove $name"
    inside "$root" none "
        while read -r path; do
            test -d \"\$path\" || test ! -e \"\$path\" ||
                { echo \"\$path is left\"; exit 1; }
        done </tmp/files
        if dpkg-query -W $name || ls /var/lib/dpkg/info/$name.*; then
            exit 1
        fi
        nginx -t"
    snapshot >"$dir/after"
    diff "$dir/before" "$dir/after"
}

for release in "${releases[@]}"; do
    base=$dir/$release
    root=$dir/$release-clean
    packages=$dir/$release-builder/src/build/package

    make_base "$base" >"$dir/$release.log" 2>&1
    check 'the package builds' build
    ((failed == 0)) || break
    [[ $release != "${repository#* }" ]] || packages=build/package
    check 'lintian finds no error and no warning' run_lintian

    folder "$base" "$root"
    # nginx makes directories of its own when it looks at its configuration.
    inside "$root" network 'apt-get -qq -y install --no-install-recommends \
        ca-certificates curl nginx && nginx -t' >>"$dir/$release.log" 2>&1
    snapshot >"$dir/before"

    check 'installs' install_it
    check 'is there, enabled, and nginx takes it' is_complete
    check 'issues a token by the installed example' issues_by_the_example
    check "issues a token in Debian's own configuration" issues_as_a_service
    without_service
    check 'can be removed and installed again' removes
    check 'leaves nothing when purged' purges

    rm -rf "$root" "$dir/$release-builder"
done
echo "1..$number"
exit $failed
