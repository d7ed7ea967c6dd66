#!/usr/bin/env bash
# Runs as one results CSV, the form that experiments/results/ keeps and `curl-rl compare` reads:
# collect_results.sh [--with KEY] RUN_DIR ... > FILE.csv
# --with agent.sac.critic_lr puts a setting behind the method, as compare does: sac_state (critic_lr=0.001)
set -euo pipefail

setting=
if [ "${1:-}" = --with ] && [ $# -gt 1 ]; then
  setting=${2##*.}
  shift 2
fi
[ $# -gt 0 ] || { echo "usage: collect_results.sh [--with KEY] RUN_DIR ... > FILE.csv" >&2; exit 2; }
echo "task,method,seed,env_step,episode,episode_return,wall_time_s"
for run in "$@"; do
  for file in config.yaml eval.csv; do
    [ -f "$run/$file" ] || { echo "$run: no run (it has no $file)" >&2; exit 1; }
  done
  value() { sed -n "s/^ *$1: *//p" "$run/config.yaml"; }
  method=$(value method)
  if [ -n "$setting" ]; then
    [ -n "$(value "$setting")" ] || { echo "$run: its config has no key '$setting'" >&2; exit 1; }
    method="$method ($setting=$(value "$setting"))"
  fi
  awk -F, -v task="$(value task)" -v method="$method" -v seed="$(value seed)" '
    NR == 1 { for (i = 1; i <= NF; ++i) column[$i] = i; next }
    { printf "%s,%s,%s,%s,%s,%s,%s\n", task, method, seed, $column["env_step"], $column["episode"],
             $column["episode_return"], $column["wall_time_s"] }' "$run/eval.csv"
done
