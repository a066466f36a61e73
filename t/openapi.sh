#!/bin/bash
# docs/openapi.yaml is valid OpenAPI, for the linter of tools/openapi, and
# examples/postman-collection.json is what is made of it. Skipped where there is
# no npm or no registry; whether the description is true is for 91-openapi.t.
set -euo pipefail
cd "$(dirname "$0")/.."

code=0
output=$(tools/openapi/check 2>&1) || code=$?
if ((code == 2)); then
    echo "1..0 # SKIP ${output##*$'\n'}"
    exit 0
fi

number=0
failed=0
result() {
    number=$((number + 1))
    if (($1 == 0)); then
        echo "ok $number - $2"
    else
        echo "not ok $number - $2"
        echo "# ${output//$'\n'/$'\n'# }"
        failed=1
    fi
}
result $code 'docs/openapi.yaml is valid'

made=build/openapi/collection.json
code=0
output=$(tools/openapi/collection $made 2>&1 &&
         diff examples/postman-collection.json $made) || code=$?
result $code 'the collection is current (make collection)'
echo "1..$number"
exit $failed
