#!/usr/bin/env bash
# Runs as one results CSV, the form that experiments/results/ keeps and `curl-rl compare` reads:
# collect_results.sh RUN_DIR ... > FILE.csv
set -euo pipefail

[ $# -gt 0 ] || { echo "usage: collect_results.sh RUN_DIR ... > FILE.csv" >&2; exit 2; }
echo "task,method,seed,env_step,episode,episode_return,wall_time_s"
for run in "$@"; do
  for file in config.yaml eval.csv; do
    [ -f "$run/$file" ] || { echo "$run: no run (it has no $file)" >&2; exit 1; }
  done
  value() { sed -n "s/^$1: *//p" "$run/config.yaml"; }  # of a top-level key
  awk -F, -v task="$(value task)" -v method="$(value method)" -v seed="$(value seed)" '
    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
    { printf "%s,%s,%s,%s,%s,%s,%s\n", task, method, seed, $column["env_step"], $column["episode"],
             $column["episode_return"], $column["wall_time_s"] }' "$run/eval.csv"
done
