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
rm -f "$dir/milliseconds"

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
            'Dpkg::Use-Pty "0"' 'APT::Get::Assume-Yes "true"' >"$base/etc/apt/apt.conf.d/99package-test"
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
        test -s $documents/examples/conf.d/pickyassist.conf
        test -s $documents/examples/sandbox.conf
        grep -q pickyassist.json /etc/logrotate.d/$name
        nginx -t"
}

issues_by_the_example() {
    cp debian/tests/sandbox "$root/tmp/"
    inside "$root" none '/tmp/sandbox'
    rm "$root/tmp/sandbox"
}

# block LANGUAGE N: of the README's section on packages.
block() {
    awk -v fence="\`\`\`$1" -v wanted="$2" '
        /^##/ { section = $0 == "### From a package" }
        section && $0 == fence { inside = ++number == wanted; next }
        /^```$/ { inside = 0 }
        inside' README.md
}

# What stands for the vendor: the module's sandbox under the vendor's name, with
# a certificate that this folder trusts. And for systemd, there is none here.
provide_surroundings() {
    local vendor=$reader/opt/vendor
    mkdir -p "$vendor"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
        -days 2 -subj /CN=vendor -keyout "$vendor/key.pem" \
        -addext subjectAltName=DNS:app.pickyassist.com,DNS:pickyassist.com \
        -out "$vendor/cert.pem"
    cat >"$vendor/nginx.conf" <<END
load_module $module;
pid /opt/vendor/nginx.pid;
events {
}
http {
    access_log off;
    ssl_certificate cert.pem;
    ssl_certificate_key key.pem;
    pickyassist_token README-token;
    pickyassist_master_token README-master-token;
    server {
        listen 127.0.0.1:443 ssl;
        location / {
            pickyassist_sandbox;
        }
    }
}
END
    mkdir -p "$reader/usr/local/share/ca-certificates"
    cp "$vendor/cert.pem" "$reader/usr/local/share/ca-certificates/vendor.crt"
    echo '127.0.0.1 localhost app.pickyassist.com pickyassist.com' \
        >"$reader/etc/hosts"
    mkdir "$vendor/bin"
    cat >"$vendor/bin/systemctl" <<'END'
#!/bin/sh
case $* in
"reload nginx") exec nginx ;;
esac
END
    chmod 755 "$vendor/bin/systemctl"
}

# The README's own commands and configuration, by someone with a new Debian who
# has been sent the package: from apt to the first reply.
goes_as_the_readme_says() {
    local conf start
    folder "$base" "$reader"
    mkdir -p "$reader/src/build/package"
    cp "$packages/$name"_*.deb "$reader/src/build/package/"
    provide_surroundings
    inside "$reader" network 'apt-get -qq -y install curl'

    start=$(date +%s%N)
    block shell 1 | grep -qx 'make package'
    block shell 1 | sed '/^make package$/d' >"$reader/src/install"
    block shell 2 >"$reader/src/secret"
    block shell 3 >"$reader/src/use"
    # shellcheck disable=SC2016  # the quotes of the README
    conf=$(sed -n '/^### From a package/,/^### /s/.*`\([a-z]*\.conf\)`.*/\1/p' \
               README.md)
    test -n "$conf"
    inside "$reader" network 'cd /src; . ./install'
    inside "$reader" none 'cd /src; echo README-token | . ./secret'
    is_secret "$reader/etc/nginx/pickyassist/token"
    block nginx 1 >"$reader/etc/nginx/conf.d/$conf"
    # shellcheck disable=SC2016  # for the shell inside
    inside "$reader" none '
        update-ca-certificates
        nginx -c /opt/vendor/nginx.conf
        cd /src
        PATH=/opt/vendor/bin:$PATH
        . ./use >reply
        cat reply
        grep "\"status\":100" reply
        test "$(stat -c %U $(grep -l "^nginx: worker" /proc/[0-9]*/cmdline) |
                sort -u)" = "$(printf "%s\n" nobody www-data)"
        if grep -F -e "[error]" -e "[alert]" /var/log/nginx/error.log; then
            exit 1
        fi'
    echo $((($(date +%s%N) - start) / 1000000)) >"$dir/milliseconds"
    rm -rf "$reader"
}

is_secret() {
    test "$(stat -c '%a %u' "$1")" = '600 0'
    test "$(stat -c '%a %u' "$(dirname "$1")")" = '700 0'
}

# The example for conf.d, with all of Debian's own configuration.
takes_the_drop_in() {
    local token=/etc/nginx/pickyassist/token
    inside "$root" none "
        install -d -m 700 /etc/nginx/pickyassist
        (umask 077; echo secret >$token)
        echo 127.0.0.1 app.pickyassist.com >>/etc/hosts
        cp $documents/examples/conf.d/pickyassist.conf /etc/nginx/conf.d/
        nginx -t
        nginx
        curl -sS --fail http://127.0.0.1:9145/metrics | grep pickyassist_build
        curl -sS -X POST http://127.0.0.1:8080/balance |
            grep '\"code\":\"upstream_unreachable\"'
        nginx -s quit
        rm -r /etc/nginx/conf.d/pickyassist.conf /etc/nginx/pickyassist
        rm -f /etc/hosts"
}

# Every link of the documents leads to what is installed.
has_its_links() {
    local page link
    while IFS=: read -r page link; do
        [[ $link != http* ]] || continue
        link=${link%%#*}
        [[ -z $link || -e $(dirname "$page")/$link ]] ||
            { echo "$page: $link"; return 1; }
    done < <(cd "$root$documents" && find . -name '*.md' \
                 -exec grep -oHP '\]\(\K[^)\s]+(?=\))' {} + |
             sed "s|^\.|$root$documents|")
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
    reader=$dir/$release-reader
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
    check 'all links of the documents lead somewhere' has_its_links
    check 'the example for conf.d' takes_the_drop_in
    check 'can be removed and installed again' removes
    check 'leaves nothing when purged' purges
    check 'the way of the README, to the first reply' goes_as_the_readme_says
    [[ ! -s $dir/milliseconds ]] ||
        echo "# $release: from apt to the first reply in" \
             "$(cat "$dir/milliseconds") ms" >&2

    rm -rf "$root" "$reader" "$dir/$release-builder" "$dir/milliseconds"
done
echo "1..$number"
exit $failed
