#!/usr/bin/env bash
# A sweep of 2 tasks x 3 seeds on Slurm that is disturbed in its middle, as slurm_test has it run by
# local_slurm.sh: slurm_scenario.sh PROGRAM CONFIG OUTPUT
set -euo pipefail

program=$1 config=$2 output=$3

sweep() {
  "$program" sweep "$config" env_steps=9000 --seeds 0-2 --tasks cartpole_swingup,toy_reach --output "$output" \
    --launcher slurm --time 00:30:00 --jobs 2
}
running() { squeue --noheader --array --states=RUNNING --format=%i --jobs="$job"; }
wait_for() {  # four minutes at most: the machine may be busy
  for _ in $(seq 2400); do
    if "$@" >/dev/null; then return 0; fi
    sleep 0.1
  done
  echo "waited in vain for: $*"
  squeue --array
  return 1
}
has_checkpoint() { compgen -G "$output/*/m/seed_*/checkpoints/env_step_*/manifest.json"; }
undisturbed_with_checkpoint() {  # the first element that runs, was not signalled, and can go on
  local element index tasks=(cartpole_swingup toy_reach)
  for element in $(running); do
    case " $signalled " in *" $element "*) continue ;; esac
    index=${element#*_}
    compgen -G "$output/${tasks[index % 2]}/m/seed_$((index / 2))/checkpoints/*/manifest.json" \
      >/dev/null || continue
    echo "$element"
    return 0
  done
  return 1
}
is_over() { [ -z "$(squeue --noheader --jobs="$job")" ]; }

echo "== submit"
sweep
job=$(cat "$output/slurm/job_id")

echo "== the time limit draws near"
wait_for has_checkpoint
signalled=$(running | tr '\n' ' ')
for element in $signalled; do
  # It says that a requeued job cannot be signalled, and tries for a while: no failure here.
  timeout 2 scancel --batch --signal=USR1 "$element" &
  echo "signalled $element"
done

echo "== a node fails"
wait_for undisturbed_with_checkpoint
element=$(undisturbed_with_checkpoint)
scontrol requeue "$element"
echo "requeued $element"

echo "== asked in between"
sweep

echo "== the end"
wait_for is_over
sweep
