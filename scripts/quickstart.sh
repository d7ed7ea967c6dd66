#!/usr/bin/env bash
# From a fresh clone to an agent that learned from pixels: installs, builds, trains, shows.
# quickstart.sh [key=value ...]: overrides of the config, e.g. seed=2
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh
echo "Building (a few minutes the first time) ..."
scripts/build.sh release curl_rl_main

number=1
while [ -e "runs/quickstart_$number" ]; do number=$((number + 1)); done
echo "Training on a small task from pixels ..."
build/release/curl-rl train experiments/configs/toy.yaml run_dir="runs/quickstart_$number" "$@"
cat <<'END'

Next: CURL on a MuJoCo task, an hour or two on two CPU cores
  build/release/curl-rl train tasks/cartpole_swingup.yaml methods/curl.yaml hardware/cpu.yaml
All commands: build/release/curl-rl --help; what this machine has: build/release/curl-rl doctor
END
