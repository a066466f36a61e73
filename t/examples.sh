#!/bin/bash
# nginx accepts every configuration in examples/. They are written for an
# operator's machine, with its paths and the vendor's name; how a copy of each
# is fitted to this one, with certificates and a token made for the purpose,
# stands in t/lib/try-configuration.
set -euo pipefail
cd "$(dirname "$0")/.."

dir=$PWD/build/t/examples
rm -rf "$dir"

number=0
for example in examples/*.conf; do
    number=$((number + 1))
    if output=$(t/lib/try-configuration "$dir" "$example"); then
        echo "ok $number - nginx accepts $example"
    else
        echo "not ok $number - nginx accepts $example"
        echo "# ${output//$'\n'/$'\n'# }"
    fi
done
echo "1..$number"
