#!/bin/bash
# Fuzzes each target of t/fuzz for its share of FUZZ_SECONDS (60 for all
# together); 0 skips them. They have been built before. What is found is kept,
# see t/fuzz/run.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}
if ((seconds == 0)); then
    echo "1..0 # SKIP FUZZ_SECONDS is 0"
    exit
fi

targets=(t/fuzz/*_fuzz.c)
export FUZZ_SECONDS=$((seconds / ${#targets[@]}))

number=0
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
