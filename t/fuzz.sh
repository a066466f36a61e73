#!/bin/bash
# Fuzzes each target of t/fuzz for its share of FUZZ_SECONDS (60 for all
# together); 0 skips them. They have been built before. What is found is kept,
# see t/fuzz/run.
#
# An endpoint that is new in the catalogue is to be fuzzed: its name stands at
# the head of an input for replies.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=$(grep -oP 'X\([A-Z_]+, "\K[a-z-]+' \
              ngx_pickyassist_module/core/tables/endpoints.h |
          while read -r name; do
              grep -qas "^.@$name$" t/fuzz/corpus/reply/* || echo "$name"
          done)
if [[ -z $missing ]]; then
    echo "ok 1 - replies of every endpoint are fuzzed"
else
    echo "not ok 1 - replies of every endpoint are fuzzed"
    echo "# not in t/fuzz/corpus/reply: $missing"
fi

seconds=${FUZZ_SECONDS:-60}
if ((seconds == 0)); then
    echo "ok 2 # SKIP FUZZ_SECONDS is 0"
    echo "1..2"
    exit
fi

targets=(t/fuzz/*_fuzz.c)
export FUZZ_SECONDS=$((seconds / ${#targets[@]}))

number=1
for target in "${targets[@]}"; do
    number=$((number + 1))
    target=${target##*/}
    target=${target%_fuzz.c}
    if output=$(t/fuzz/run --built "$target" 2>&1); then
        echo "ok $number - ${output##*$'\n'}"
    else
        echo "not ok $number - $target"
        echo "# ${output//$'\n'/$'\n'# }"
    fi
done
echo "1..$number"
