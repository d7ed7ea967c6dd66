#!/usr/bin/env bash
# On a machine with a GPU whose time is scarce: everything comes out of .carry/gpu_programs.tar.xz (gpu_pack.sh); it needs
# Python with a PyTorch of the same version, and neither network nor git; it builds only if the programs do not run.
#   gpu_run.sh [OPTION ...] probe       what works, what it costs                          280 s
#   gpu_run.sh [OPTION ...] check       is it right, what does an update cost               130 s
#   gpu_run.sh [OPTION ...] share       every objective's cost, and runs side by side      280 s
#   gpu_run.sh [OPTION ...] campaign    runs of the tasks, each with several seeds         400 s
# Options: --seconds N (budget), --output DIR (gpu_results), --device cuda|cpu (cpu: the dry run).
# The campaign's settings are variables: TASKS, METHODS, SEEDS, JOBS, BATCH, STEPS, EVAL_EVERY, and OVERRIDES (key=value ...); or
# CAMPAIGNS: names of files in experiments/campaigns/, one after the other, JOBS runs at once, with the multi-process
# service if MPS=yes, drawn by DRAW (osmesa or egl; CHOOSE_DRAWING=yes: whichever is faster); before them what ALONE=yes,
# PROFILE=yes and CHECKS=yes ask for: one run alone, a profile, every objective's cost; after them LANES="1 4": so many
# environments of one run, drawn on the cores; CPU_CAMPAIGNS: the same beside them on the processor's cores, CPU_JOBS runs at once.
# Every step has a limit of its own and may fail; the most telling figures come first; logs are packed anew after each
# step into one archive, so that a machine taken away costs one step.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD

usage() { echo "gpu_run.sh: $1; allowed: [--seconds N] [--output DIR] [--device cuda|cpu] probe|check|share|campaign" >&2; exit 2; }
budget="" output=${OUT:-gpu_results} device=cuda mode=""
while [ $# -gt 0 ]; do
  case "$1" in
    --seconds | --output | --device)
      [ $# -ge 2 ] || usage "$1 needs a value"
      case "$1" in --seconds) budget=$2 ;; --output) output=$2 ;; --device) device=$2 ;; esac
      shift 2
      ;;
    probe | check | share | campaign) mode=$1; shift ;;
    *) usage "unknown argument '$1'" ;;
  esac
done
[ -n "$mode" ] || usage "neither probe, check, share nor campaign"
case "$device" in cuda | cpu) ;; *) usage "--device: got '$device'" ;; esac
if [ -z "$budget" ]; then
  case "$mode" in campaign) budget=400 ;; check) budget=130 ;; *) budget=280 ;; esac
fi

mkdir -p "$output"
output=$(cd "$output" && pwd)
work=$(mktemp -d)
log=$work/logs
mkdir -p "$log"
summary=$output/summary.txt
: >"$summary"
SECONDS=0

left() { echo $((budget - SECONDS)); }
say() { printf '%4ds  %s\n' "$SECONDS" "$*" | tee -a "$summary"; }
pack() {
  local part=$work/$BASHPID.tgz  # two may pack at once
  (cd "$log" && find . -type f -size -4M \( -name '*.log' -o -name '*.csv' -o -name '*.json' -o -name '*.yaml' -o -name '*.txt' \) \
    -print0 | tar --null -czf "$part" -T -) 2>/dev/null && mv "$part" "$output/$mode.tgz"
}

# try NAME LIMIT COMMAND...: 0 if it ended well, 124 out of time, 125 not begun: no time left. What hangs inside the driver
# may not die: it is killed and left behind, never waited for.
try() {
  local name=$1 limit=$2 began=$SECONDS rc pid
  shift 2
  [ "$limit" -gt "$(left)" ] && limit=$(left)
  if [ "$limit" -lt 5 ]; then say "$name: not begun, no time left"; return 125; fi
  set -m  # a process group of its own
  "$@" >"$log/$name.log" 2>&1 </dev/null &
  pid=$!
  set +m
  while kill -0 $pid 2>/dev/null && [ $((SECONDS - began)) -lt "$limit" ]; do sleep 0.1; done
  if kill -0 $pid 2>/dev/null; then
    kill -TERM -$pid 2>/dev/null
    sleep 1
    kill -KILL -$pid 2>/dev/null
    rc=124
  else
    wait $pid
    rc=$?
  fi
  say "$name: status $rc, $((SECONDS - began)) s of $limit"
  [ $rc -eq 0 ] || tail -n 6 "$log/$name.log" | cut -c1-300 | sed 's/^/        /' | tee -a "$summary"
  pack
  return $rc
}
tell() { sed 's/^/        /' | tee -a "$summary"; }  # figures worth seeing at once

unpack() {
  tar -xJf "$root/.carry/gpu_programs.tar.xz" -C "$work" || return
  local deb source
  for deb in "$work"/debs/*.deb; do [ ! -e "$deb" ] || dpkg -x "$deb" "$work/sys"; done
  # The tests know the source tree by the path it had where they were built.
  source=$(cat "$work/source_dir")
  [ -e "$source" ] || { mkdir -p "$(dirname "$source")" && ln -s "$root" "$source"; }
}

# Found without importing it: that takes ten seconds.
torch_lib=$(python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0] + "/lib")' 2>/dev/null)
[ "$device" = cpu ] && [ -e .toolchain/torch/lib ] && torch_lib=$(realpath .toolchain/torch/lib)
export LD_LIBRARY_PATH=$work/lib:$work/sys/usr/lib/x86_64-linux-gnu:$torch_lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
vendor=/usr/local/nvidia/share/glvnd/egl_vendor.d/10_nvidia.json
[ -e $vendor ] && export __EGL_VENDOR_LIBRARY_FILENAMES=${__EGL_VENDOR_LIBRARY_FILENAMES:-$vendor}
export PATH=$work/bin:$PATH CURL_RL_MODELS=$root/envs PYTHONUNBUFFERED=1

facts() {
  date -u; cat "$work/build"; uname -srm; grep -m1 'model name' /proc/cpuinfo; nproc; free -g | sed -n 2p
  . /etc/os-release 2>/dev/null; echo "${PRETTY_NAME:-}"; ldd --version | head -n 1
  nvidia-smi; nvcc --version | tail -n 2
  command -v nvidia-cuda-mps-control nsys ncu compute-sanitizer cmake ninja Xvfb
  ldconfig -p | grep -E 'libEGL|libGLX|libGL\.|libOSMesa'
  local b
  for b in "$work"/bin/*; do ldd "$b" | grep 'not found' | sed "s|^|$(basename "$b") |"; done
  true
}

# The carried programs do not run: build here, with warnings off (another g++) and one architecture.
build_here() {
  [ -e .toolchain/torch ] || { mkdir -p .toolchain && ln -s "$(dirname "$torch_lib")" .toolchain/torch; }
  cmake --preset cuda -DCURL_RL_BENCHMARKS=ON -DCMAKE_CXX_FLAGS=-w -DCMAKE_CUDA_ARCHITECTURES=90-real &&
    cmake --build --preset cuda || return
  local name
  for name in curl-rl replay_test encoders_test agents_test trainer_test update_benchmark environment_benchmark; do
    find build/cuda -type f -name "$name" -executable -exec ln -sf {} "$work/bin/" \;
  done
}

# N environments in N processes at once, each drawing; prints milliseconds a step of each.
draw_together() {
  local i
  for i in $(seq "$1"); do
    environment_benchmark --benchmark_filter='StepAndObserve/walker_walk/size:100/quality:0' --benchmark_min_time=1 2>&1 | grep walker &
  done
  wait
}

run_short() {  # NAME LIMIT key=value...: 3000 decisions of cart-pole, evaluated at the end alone
  local name=$1 limit=$2 rc
  shift 2
  try "$name" "$limit" curl-rl train "$root/experiments/configs/tasks/cartpole_swingup.yaml" device=$device threads=1 seed=1 \
    env_steps=${STEPS:-24000} eval_every=0 eval_episodes=1 checkpoint_every=0 log_every=4000 run_dir="$log/$name" "$@"
  rc=$?
  cut -d, -f1,6,7 "$log/$name/train.csv" 2>/dev/null | tail -n 2 | tell
  return $rc
}

bench() {  # NAME LIMIT FILTER [PROGRAM]
  try "$1" "$2" "${4:-update_benchmark}" --device=$device --benchmark_min_time=0.2 --benchmark_filter="$3" \
    --benchmark_out="$log/$1.json" --benchmark_out_format=json
  grep -E '^(Update|Act|Sample|Encoder)' "$log/$1.log" | cut -c1-150 | tell
}

probe() {
  try facts 30 facts
  try doctor 60 curl-rl doctor || { try build 200 build_here && try doctor_built 60 curl-rl doctor; }
  local gl=yes graphs=true processes count
  grep -q '^OpenGL *none' "$log/doctor.log" && gl=no
  # 1. Is it right?
  try kernels 60 replay_test --gtest_filter='GatherKernel.*' --gtest_brief=1
  try relu_kernel 60 encoders_test --gtest_filter='*Gpu*:*Kernel*' --gtest_brief=1
  try agent 120 agents_test --gtest_filter='*Cuda*' --gtest_brief=1
  grep -q 'cannot be recorded' "$log/agent.log" && graphs=false
  # 2. What does an update cost? The reference beside it, in the same run.
  if [ $device = cpu ]; then
    bench update_128 60 'UpdateJoint/batch:128/precision:bfloat16'
  else
    bench update_512 60 'Update.*/batch:512/precision:bfloat16|Encoder.*/batch:512/precision:bfloat16'
    bench update_128 40 'Update.*/batch:128/precision:bfloat16|Act|Sample.*precision:bfloat16'
    [ -x "$work/bin/update_benchmark_before" ] &&
      bench update_before 40 'Update.*precision:bfloat16/graphs:1' update_benchmark_before
  fi
  if [ -d "$work/reference" ] && [ $device = cuda ]; then
    try reference 70 python3 benchmarks/against_reference.py "$work/reference" --device cuda --batch 512,128 --rounds 1 \
      --seconds 1 --only-reference --json "$log/reference.json"
    grep -E '^\|' "$log/reference.log" | tell
  fi
  # 3. Drawing: alone, then several at once.
  if [ $gl = yes ]; then
    try draw_alone 30 environment_benchmark --benchmark_filter='StepAndObserve/(walker_walk|cartpole_swingup)/size:100/quality:0' --benchmark_min_time=0.3
    grep -E 'size:100' "$log/draw_alone.log" | cut -c1-120 | tell
    count="2 4 8 16"
    [ $device = cpu ] && count=2
    for processes in $count; do
      try "draw_$processes" 20 draw_together "$processes" || break
      head -n 2 "$log/draw_$processes.log" | cut -c1-120 | tell
    done
  fi
  # 4. A run, end to end; toy_reach needs no OpenGL.
  if [ $device = cpu ]; then
    STEPS=1600 run_short run_cpu 120 init_steps=180 agent.batch_size=32
  elif [ $gl = yes ]; then
    run_short run_512 60 agent.precision=bfloat16 agent.cuda_graphs=$graphs
    run_short run_128_joint 40 agent.precision=bfloat16 agent.schedule=joint agent.batch_size=128 agent.cuda_graphs=$graphs
  else
    run_short run_toy 60 task=toy_reach action_repeat=8 agent.precision=bfloat16 agent.cuda_graphs=$graphs
  fi
  # 5. Where does an update's time go? What cuDNN takes for its layers, and two updates kernel by kernel.
  if [ $device = cuda ]; then
    try layers 40 python3 benchmarks/cuda_layers.py --batch 512
    try profile 70 ncu --clock-control none --csv --metrics gpu__time_duration.sum --launch-skip 10000 --launch-count 1200 \
      update_benchmark --device=cuda --benchmark_filter='UpdateReference/batch:512/precision:bfloat16/graphs:0' --benchmark_min_time=0.01
    # 6. The rest.
    bench update_rest 60 'Update.*/precision:(float32|tf32)/graphs:1'
    try trainer 60 trainer_test --gtest_filter='*Cuda*' --gtest_brief=1
    try sanitizer 60 compute-sanitizer --tool memcheck --error-exitcode 1 replay_test --gtest_filter='GatherKernel.*Gpu'
  fi
}

# NVIDIA's multi-process service lets kernels of several processes run beside each other.
mps_on() {
  local control
  control=$(command -v nvidia-cuda-mps-control || echo /usr/local/nvidia/bin/nvidia-cuda-mps-control)
  [ -x "$control" ] && [ $device = cuda ] || { say "no multi-process service here"; return 1; }
  mps_control=$control
  export CUDA_MPS_PIPE_DIRECTORY=$work/mps CUDA_MPS_LOG_DIRECTORY=$work/mps_log
  mkdir -p "$CUDA_MPS_PIPE_DIRECTORY" "$CUDA_MPS_LOG_DIRECTORY"
  "$mps_control" -d >/dev/null 2>&1
}
mps_off() {
  echo quit | timeout 10 "$mps_control" >/dev/null 2>&1
  cp "$CUDA_MPS_LOG_DIRECTORY"/*.log "$log/" 2>/dev/null
  unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
}

# NAME LIMIT ARGUMENT...: a sweep; prints its env steps a second, all runs together, from the runs' own clocks without their starts.
together() {
  local name=$1 limit=$2
  shift 2
  try "$name" "$limit" curl-rl sweep "$@" --output "$log/$name"
  find "$log/$name" -name train.csv -exec tail -qn 1 {} + | awk -F, -v name="$name" \
    '$1 + 0 > 0 {n += 1; steps += $1; if ($6 + 0 > wall) wall = $6 + 0} END {if (wall > 0) printf "%s: %d runs, %d env steps, the longest %.1f s: %.0f env steps/s together\n", name, n, steps, wall, steps / wall}' >"$log/$name.rate"
  tell <"$log/$name.rate"
  grep -rhl 'cannot be recorded' "$log/$name/logs" 2>/dev/null | sed "s|$log/||" | tell
}
# Sixteen runs whose frames the GPU draws beside its updates, and the processor's cores: the faster way is taken.
choose_drawing() {
  short_runs drawn_by_gpu 16
  CURL_RL_GL=osmesa short_runs drawn_by_cores 16
  local gpu cores
  gpu=$(grep -o '[0-9]* env steps/s' "$log/drawn_by_gpu.rate" | cut -d' ' -f1)
  cores=$(grep -o '[0-9]* env steps/s' "$log/drawn_by_cores.rate" | cut -d' ' -f1)
  if [ "${cores:-0}" -gt "${gpu:-0}" ]; then export CURL_RL_GL=osmesa; fi
  say "drawing: ${CURL_RL_GL:-egl}"
}
short_runs() {  # NAME JOBS: runs of 1,500 decisions at batch 128, JOBS at once
  together "$1" 50 "$root/experiments/configs/tasks/cartpole_swingup.yaml" "$root/experiments/configs/hardware/gpu.yaml" \
    --methods curl --seeds "1-$2" --jobs "$2" device=$device threads=1 env_steps="${SHORT_STEPS:-12000}" eval_every=0 eval_episodes=1 \
    checkpoint_every=0 log_every=4000 agent.batch_size=128
}

# The tests of the learner on the device, eight processes at once: every objective, both schedules.
device_tests() {
  local i status=0 pids=()
  for i in $(seq 0 7); do
    OMP_NUM_THREADS=1 GTEST_TOTAL_SHARDS=8 GTEST_SHARD_INDEX=$i agents_test --gtest_filter='*Cuda*:*Gpu*' --gtest_brief=1 &
    pids+=($!)
  done
  for i in "${pids[@]}"; do wait "$i" || status=1; done
  return $status
}

check() {
  try kernels 20 replay_test --gtest_filter='GatherKernel.*' --gtest_brief=1
  try layers 30 encoders_test --gtest_filter='*Gpu*:*Device*' --gtest_brief=1
  try agent 60 device_tests
  if [ $device = cuda ]; then
    bench update_512 20 'Update.*/batch:512/precision:bfloat16/graphs:1'
    bench update_128 15 'Update.*/batch:128/precision:bfloat16/graphs:1|Sample.*bfloat16'
    [ -x "$work/bin/update_benchmark_before" ] && bench update_before 25 'Update.*/precision:bfloat16/graphs:1' update_benchmark_before
  fi
  if [ "${CHOOSE_DRAWING:-}" = yes ] && mps_on; then
    choose_drawing
    mps_off
  fi
}

share() {
  check
  short_runs eight_plain 8
  if mps_on; then
    short_runs eight_shared 8
    short_runs sixteen_shared 16
    mps_off
  fi
  [ $device = cuda ] || return 0
  bench against 50 'AgainstCurl/reference/.*/batch:512/precision:bfloat16/graphs:1'
  try sanitizer 45 compute-sanitizer --tool memcheck --error-exitcode 1 agents_test --gtest_filter='Each/CudaLearner.LearnsWhatTheCpuLearns/0'
}

# One run alone, from the first decision to the last evaluation.
run_alone() {  # NAME LIMIT key=value...
  local name=$1 limit=$2
  shift 2
  try "$name" "$limit" curl-rl train "$root/experiments/configs/tasks/cartpole_swingup.yaml" "$root/experiments/configs/hardware/gpu.yaml" \
    device=$device threads=1 seed=1 env_steps="${STEPS:-100000}" eval_every="${EVAL_EVERY:-25000}" eval_environments=10 \
    checkpoint_every=0 run_dir="$log/$name" "$@"
  tail -n 1 "$log/$name/train.csv" 2>/dev/null | cut -d, -f1,6,7 | tell
}

campaign() {
  local task name beside
  if [ -n "${CAMPAIGNS:-}" ]; then
    for name in ${CPU_CAMPAIGNS:-}; do
      CUDA_VISIBLE_DEVICES="" together "$name" "$(left)" "$root/experiments/campaigns/$name.yaml" --jobs "${CPU_JOBS:-7}"
    done &
    beside=$!  # not all children: one watches the GPU for ever
    if [ $device = cuda ] && [ -n "${CHECKS:-}" ]; then
      bench against 45 'AgainstCurl/reference/.*/batch:512/precision:bfloat16/graphs:1'
    fi
    if [ "${ALONE:-}" = yes ]; then
      run_alone alone_512 85
      run_alone alone_128_joint 50 agent.batch_size=128 agent.schedule=joint method=curl_joint
    fi
    if [ "${PROFILE:-}" = yes ]; then
      try profile 30 ncu --clock-control none --csv --metrics gpu__time_duration.sum --launch-skip 4000 --launch-count 1000 \
        update_benchmark --device=cuda --benchmark_filter='UpdateReference/batch:512/precision:bfloat16/graphs:0' --benchmark_min_time=0.01
    fi
    [ -n "${DRAW:-}" ] && export CURL_RL_GL=$DRAW
    [ "${MPS:-}" = yes ] && mps_on
    [ "${CHOOSE_DRAWING:-}" = yes ] && choose_drawing
    for name in $CAMPAIGNS; do
      together "$name" "$(left)" "$root/experiments/campaigns/$name.yaml" --jobs "${JOBS:-8}"
    done
    [ "${MPS:-}" = yes ] && mps_off
    wait $beside
    for name in ${LANES:-}; do
      CURL_RL_GL=osmesa STEPS=16000 run_short "lanes_$name" 30 threads=8 agent.batch_size=128 agent.precision=bfloat16 environments="$name"
    done
    return 0
  fi
  try kernels 30 replay_test --gtest_filter='GatherKernel.*Gpu' --gtest_brief=1
  try layers_on_gpu 30 encoders_test --gtest_filter='*Gpu*' --gtest_brief=1
  try agent 60 agents_test --gtest_filter='*Cuda*' --gtest_brief=1
  if [ $device = cuda ]; then
    bench update_512 40 'Update.*/batch:512/precision:bfloat16/graphs:1'
    bench update_128 30 'Update.*/batch:128/precision:bfloat16/graphs:1|Act|Sample.*bfloat16'
    try profile 40 ncu --clock-control none --csv --metrics gpu__time_duration.sum --launch-skip 4000 --launch-count 1000 \
      update_benchmark --device=cuda --benchmark_filter='UpdateReference/batch:512/precision:bfloat16/graphs:0' --benchmark_min_time=0.01
  fi
  run_alone alone_512 110
  run_alone alone_128_joint 60 agent.batch_size=128 agent.schedule=joint method=curl_joint
  [ "${MPS:-}" = yes ] && mps_on
  for task in ${TASKS:-cartpole_swingup reacher_easy ball_in_cup_catch cheetah_run finger_spin walker_walk}; do
    # shellcheck disable=SC2086
    try "sweep_$task" "$(left)" curl-rl sweep "$root/experiments/configs/tasks/$task.yaml" "$root/experiments/configs/hardware/gpu.yaml" \
      --methods "${METHODS:-curl,none}" --seeds "${SEEDS:-1-4}" --jobs "${JOBS:-8}" --output "$log/sweep_$task" device=$device threads=1 \
      env_steps="${STEPS:-100000}" eval_every="${EVAL_EVERY:-25000}" eval_environments=10 checkpoint_every=0 keep_checkpoints=1 \
      agent.batch_size="${BATCH:-128}" ${OVERRIDES:-}
    find "$log" -name eval.csv -newer "$work/build" | while read -r file; do echo "$file $(tail -n 1 "$file")"; done | sed "s|$log/||" | tell
  done
}

try unpack 60 unpack || { say "nothing can be done without .carry/gpu_programs.tar.xz"; exit 1; }
watch=""
command -v nvidia-smi >/dev/null && { nvidia-smi dmon -s pucm -d 2 >"$log/dmon.txt" 2>&1 & watch=$!; }
$mode
[ -n "$watch" ] && kill "$watch" 2>/dev/null
pack
rm -rf "$work"
cat "$summary"
