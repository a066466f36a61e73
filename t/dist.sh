#!/bin/bash
# The tarball of a release builds by itself, and passes tests there.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! git rev-parse --git-dir >/dev/null 2>&1; then
    echo "1..0 # SKIP not a git repository"
    exit
fi

dir=$PWD/build/t/dist
rm -rf "$dir"
mkdir -p "$dir"

number=0
check() {
    local name=$1 output
    shift
    number=$((number + 1))
    if output=$("$@" 2>&1); then
        echo "ok $number - $name"
    else
        echo "not ok $number - $name"
        echo "# ${output//$'\n'/$'\n'# }"
    fi
}

archive() {
    tools/dist &&
        tar -xf build/dist/*.tar.gz -C "$dir" --strip-components=1
}

same_again() {
    local first
    first=$(sha256sum build/dist/*.tar.gz) &&
        tools/dist && [[ $first == "$(sha256sum build/dist/*.tar.gz)" ]]
}

# The one of the source, everywhere.
same_version() {
    local version
    version=$(grep -oP '_VERSION +"\K[^"]+' \
                  ngx_pickyassist_module/ngx_pickyassist_version.h) &&
        diff <(
            grep -m 1 -oP '^## \K[0-9.]+' CHANGELOG.md
            head -n 1 debian/changelog | grep -oP '\(\K[0-9.]+(?=-)'
            grep -oP '^  version: \K.*' docs/openapi.yaml
            grep -hoP 'pickyassist-gateway:\K[0-9.]+' examples/kubernetes.yaml \
                docs/containers.md | sort -u
        ) <(printf '%s\n' "$version" "$version" "$version" "$version")
}

# Without what is set for the tests around it.
test_there() {
    env -u TEST_NGINX_PORT -u JOBS make -s -C "$dir" test \
        T='t/unit/reply_test.c t/000-load.t t/05-success.t'
}

check 'one version' same_version
rm -rf build/dist
check 'a tarball' archive
check 'the same again' same_again
check 'it builds and passes tests' test_there
echo "1..$number"
