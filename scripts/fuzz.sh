#!/usr/bin/env bash
# Builds the fuzz targets with libFuzzer and runs each for RUNS executions or SECONDS, whichever ends first:
# fuzz.sh [RUNS [SECONDS [TARGET ...]]], by default 10,000,000 and 3600. What it finds is kept in build/fuzz/found;
# run the target on a finding alone to see it with all stacks.
set -euo pipefail
cd "$(dirname "$0")/.."

runs=${1:-10000000} seconds=${2:-3600}
shift $(($# < 2 ? $# : 2))
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(config frames manifest model pickle record results_csv safetensors snapshot states task_file)
scripts/build.sh fuzz "${targets[@]/#/fuzz_}"
# Without the stacks of every allocation, which take half the time.
export ASAN_OPTIONS=malloc_context_size=0${ASAN_OPTIONS:+:$ASAN_OPTIONS}
for target in "${targets[@]}"; do
  words=()
  [ -e "tests/fuzz/words/$target.dict" ] && words=("-dict=tests/fuzz/words/$target.dict")
  work=build/fuzz/found/$target
  mkdir -p "$work/corpus"
  # Inputs up to 4 kB: longer ones tell the readers nothing new and take longer.
  build/fuzz/tests/fuzz/"fuzz_$target" "${words[@]}" -runs="$runs" -max_total_time="$seconds" -max_len=4096 -rss_limit_mb=2048 \
    -timeout=10 -print_final_stats=1 -artifact_prefix="$work/" \
    "$work/corpus" "tests/fuzz/corpus/$target" >"$work/log.txt" 2>&1 && state="nothing found" || state="FOUND SOMETHING: $work"
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$work/log.txt")
  coverage=$(grep -o 'cov: [0-9]*' "$work/log.txt" | tail -n 1)
  echo "$target: ${executed:-?} executions, $coverage, $state"
done
