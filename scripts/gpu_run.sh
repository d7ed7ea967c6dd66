#!/usr/bin/env bash
# On a machine with an NVIDIA GPU, PyTorch, CMake, Ninja and g++, and no network: builds from this tree and
# .carry/ (gpu_pack.sh), then tests, measures and trains. Leaves a folder with a log of each step and a
# summary. gpu_run.sh [--device cuda|cpu] [--output DIR] [--reference CHECKOUT] [STEP ...]
# Steps, by default all: build tests sanitizer benchmark reference train. `build` comes first and is kept:
# later calls may name others alone. --device cpu is the dry run: the same steps where there is no GPU.
set -uo pipefail
cd "$(dirname "$0")/.."

device=cuda output=gpu_results reference="" steps=()
while [ $# -gt 0 ]; do
  case "$1" in
    --device | --output | --reference)
      [ $# -ge 2 ] || { echo "gpu_run.sh: $1 needs a value" >&2; exit 2; }
      printf -v "${1#--}" '%s' "$2"
      shift 2
      ;;
    build | tests | sanitizer | benchmark | reference | train) steps+=("$1"); shift ;;
    *) echo "gpu_run.sh: unknown argument '$1'" >&2; exit 2 ;;
  esac
done
case "$device" in
  cuda | cpu) ;;
  *) echo "gpu_run.sh: --device: got '$device', allowed: cuda, cpu" >&2; exit 2 ;;
esac
[ ${#steps[@]} -gt 0 ] || steps=(build tests sanitizer benchmark reference train)
mkdir -p "$output"
output=$(cd "$output" && pwd)
prefix=$PWD/build/carried/usr
export CMAKE_PREFIX_PATH=$prefix  # of programs that are built against an installed curl_rl
export LD_LIBRARY_PATH=$prefix/lib/x86_64-linux-gnu:$PWD/build/carried/lib/x86_64-linux-gnu${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
failed=0

# step NAME COMMAND...: its output into NAME.log, a line into summary.txt.
step() {
  local name=$1 start=$SECONDS state=done
  shift
  echo "== $name"
  "$@" >"$output/$name.log" 2>&1 || { state="FAILED ($?)"; failed=1; tail -n 25 "$output/$name.log"; }
  echo "$name: $state, $((SECONDS - start)) s" | tee -a "$output/summary.txt"
}

describe() {
  date -u
  uname -srm
  grep -m1 'model name' /proc/cpuinfo
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv 2>&1
  nvcc --version 2>&1 | tail -n 2
  python3 -c 'import torch; print("torch", torch.__version__, "CUDA", torch.version.cuda, torch.cuda.is_available())'
  git describe --always --dirty 2>/dev/null
}

unpack() {
  local package link
  mkdir -p build/carried .toolchain
  for package in .carry/*.deb; do
    [ ! -e "$package" ] || dpkg -x "$package" build/carried || return 1
  done
  # Links from one package to another are absolute: they are to stay inside the folder.
  find build/carried -type l -lname '/*' | while read -r link; do
    ln -sfn "$PWD/build/carried$(readlink "$link")" "$link"
  done
  if [ ! -e .toolchain/torch ]; then
    ln -s "$(python3 -c 'import os, torch; print(os.path.dirname(torch.__file__))')" .toolchain/torch
  fi
  if [ ! -e .toolchain/mujoco ]; then
    python3 -m zipfile -e .carry/mujoco-*.whl .toolchain/wheel && ln -s wheel/mujoco .toolchain/mujoco
  fi
}

build() {
  unpack &&
    cmake --preset cuda -DCURL_RL_BENCHMARKS=ON \
      -DCMAKE_PREFIX_PATH="$PWD/.toolchain/torch;$PWD/.toolchain/mujoco;$prefix" \
      -DCMAKE_LIBRARY_ARCHITECTURE=x86_64-linux-gnu &&
    cmake --build --preset cuda &&
    { build/cuda/curl-rl doctor || true; }
}

tests() { ctest --preset cuda --parallel 4 --timeout 600; }

# Memory errors and races of the kernel, memory errors of whole updates.
sanitizer() {
  local tool filter=Gather*OnTheGpu
  if [ "$device" = cpu ]; then
    echo "dry run: no GPU to check"
    return 0
  fi
  for tool in memcheck racecheck; do
    compute-sanitizer --tool $tool --error-exitcode 1 \
      build/cuda/tests/replay/replay_test --gtest_filter="*$filter" || return 1
  done
  compute-sanitizer --tool memcheck --error-exitcode 1 \
    build/cuda/tests/agents/agents_test --gtest_filter='*CudaAgent.RecordedUpdates*'
}

benchmark() {
  local batch='.'
  [ "$device" = cpu ] && batch='batch:128/'
  build/cuda/benchmarks/update_benchmark --device="$device" --benchmark_filter="$batch" \
    --benchmark_out="$output/update_benchmark.json" --benchmark_out_format=json
}

reference() {
  if [ -z "$reference" ]; then
    echo "no --reference CHECKOUT given: not compared"
    return 0
  fi
  local batches=128,512
  [ "$device" = cpu ] && batches=128
  python3 benchmarks/against_reference.py "$reference" --device "$device" --batch $batches --rounds 2 \
    --binary build/cuda/benchmarks/update_benchmark --json "$output/against_reference.json"
}

# Several seeds of a pixel task at once on the one GPU; on the CPU a few updates of one.
train() {
  local name=cartpole_swingup
  if [ "$device" = cpu ]; then
    build/cuda/curl-rl train tasks/$name.yaml methods/curl.yaml device=cpu env_steps=1600 init_steps=180 \
      eval_every=0 eval_episodes=1 agent.batch_size=32 seed=1 run_dir="$output/train/seed_1"
    return
  fi
  build/cuda/curl-rl sweep tasks/$name.yaml methods/curl.yaml --seeds 1-3 --jobs 3 --output "$output/train" \
    device=cuda env_steps=100000 agent.precision=bfloat16 || return 1
  scripts/collect_results.sh "$output"/train/*/*/seed_* >"$output/cartpole_swingup_gpu.csv"
}

step machine describe
for name in "${steps[@]}"; do
  step "$name" "$name"
  [ "$name" = build ] && [ $failed = 1 ] && break
done
cat "$output/summary.txt"
exit $failed
