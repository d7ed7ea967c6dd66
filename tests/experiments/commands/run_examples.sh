#!/usr/bin/env bash
# Installs a build, builds the examples against it as a user would, and plays and trains each.
# run_examples.sh BUILD_DIR CMAKE CXX_COMPILER WITH_TORCH(0|1)
set -euo pipefail

build=$1 cmake=$2 compiler=$3 with_torch=$4
export CMAKE_GENERATOR=Ninja  # as the build itself: make may not be there
prefix=$build/examples/prefix
work=$build/examples/work
rm -rf "$build/examples"
mkdir -p "$work"
step() { printf '\n== %s (%d s)\n' "$*" "$SECONDS"; }

step "install, and move what was installed"
"$cmake" --install "$build" --prefix "$build/examples/first" >/dev/null
mv "$build/examples/first" "$prefix"
cp -r "$prefix/share/curl_rl/examples/." "$work"

examples=(own_program plugin)
[ "$with_torch" = 1 ] && examples+=(own_objective)
for example in "${examples[@]}"; do
  step "build $example"
  "$cmake" -S "$work/$example" -B "$work/$example/build" -DCMAKE_BUILD_TYPE=Release \
    -DCMAKE_CXX_COMPILER="$compiler" -DCMAKE_PREFIX_PATH="$prefix" >/dev/null
  "$cmake" --build "$work/$example/build"
done

program=$prefix/bin/curl-rl
own=$work/own_program/build/own_program
cd "$work"  # not where anything was built: paths must not depend on it

step "they keep the contract"
"$own" envs catch_ball --check
"$program" envs roll_ball --plugin plugin/build/roll_ball.so --check
"$program" envs mjcf_task/cartpole_balance.yaml --check
"$own" rollout cartpole_balance --policy zero --output built_in.jsonl
"$program" rollout cartpole_balance --policy zero --output program.jsonl
cmp built_in.jsonl program.jsonl

step "their configs are valid"
"$own" config own_program/catch_ball.yaml >/dev/null
"$program" config plugin/roll_ball.yaml >/dev/null
"$program" config mjcf_task/train.yaml >/dev/null
[ "$with_torch" = 1 ] || exit 0
objective=$work/own_objective/build/own_objective
"$objective" config own_objective/inverse_dynamics.yaml >/dev/null

short=(env_steps=400 init_steps=50 log_every=100 eval_every=0 eval_episodes=1 agent.batch_size=32
       agent.sac.hidden_dim=64 device=cpu threads=1)
train() {  # NAME PROGRAM CONFIG
  step "train $1"
  "$2" train "$3" "${short[@]}" "run_dir=runs/$1"
  "$2" evaluate "runs/$1" --episodes 1
}
train own_program "$own" own_program/catch_ball.yaml
train plugin "$program" plugin/roll_ball.yaml
train mjcf_task "$program" mjcf_task/train.yaml
train own_objective "$objective" own_objective/inverse_dynamics.yaml
short+=(--plugin own_objective/build/inverse_dynamics.so)
train objective_plugin "$program" own_objective/inverse_dynamics.yaml
for file in eval.csv config.yaml; do  # the same run but for times, and where the library is
  diff <(sed 's/,[^,]*$//; /^plugins/d; /^run_dir/d' "runs/own_objective/$file") \
    <(sed 's/,[^,]*$//; /^plugins/d; /^run_dir/d' "runs/objective_plugin/$file")
done
if "$program" config own_objective/inverse_dynamics.yaml; then exit 1; fi  # it knows none by itself
# A plug-in that has moved since is named anew.
mv plugin/build/roll_ball.so moved.so
"$program" evaluate runs/plugin --episodes 1 --plugin moved.so
step "done"
