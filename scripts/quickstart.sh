#!/usr/bin/env bash
# From a fresh clone to an agent that learned a MuJoCo task from pixels: installs, builds, trains, shows.
# quickstart.sh [key=value ...]: overrides of the config, e.g. seed=2
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh
echo "Building the program (minutes the first time; the count runs on) ..."
scripts/build.sh release curl_rl_main

number=1
while [ -e "runs/quickstart_$number" ]; do number=$((number + 1)); done
run=runs/quickstart_$number
echo "Training CURL on a small cart-pole swing-up from pixels, about five minutes on two cores ..."
build/release/curl-rl train quickstart.yaml run_dir="$run" "$@"
echo
build/release/curl-rl compare "$run" --output "$run/report" --bootstrap 1000
cat <<END

What to look at
  $run/videos     the agent before and after, one film each
  $run/report/report.html    its learning curve (one seed: a curve, no verdict)
  build/release/curl-rl render $run    a window on it at play, where there is a display

Next
  build/release/curl-rl evaluate $run --episodes 20
  build/release/curl-rl train quickstart.yaml methods/none.yaml    the same without the contrast
  build/release/curl-rl train tasks/cartpole_swingup.yaml methods/curl.yaml hardware/cpu.yaml
                                       the real thing: 100 pixels, an hour or two on two cores
  build/release/curl-rl --help; build/release/curl-rl doctor tells what this machine has
END
