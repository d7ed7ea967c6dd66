#!/usr/bin/env bash
# The environments built against MuJoCo 3, and their tests, but for those that compare with recordings of MuJoCo 2.2.2.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_packages.sh --tests
scripts/setup_mujoco3.sh
tests=(env_helpers_test mujoco_environment_test model_files_test toy_reach_test renderer_test shadow_map_test threads_test gl_choice_test
  conformance_test registry_test pixel_conformance_test)
scripts/build.sh mujoco3 "${tests[@]}"
status=0
# Programs, each in a part for every core: CTest's list of single tests is complete only where all are built.
export GTEST_TOTAL_SHARDS=$(nproc)
for test in "${tests[@]}"; do
  parts=()
  for part in $(seq 0 $((GTEST_TOTAL_SHARDS - 1))); do
    # The quadruped's escape takes minutes, and the default build plays it.
    GTEST_SHARD_INDEX=$part build/mujoco3/tests/envs/"$test" --gtest_brief=1 --gtest_filter='-*quadruped_escape*' &
    parts+=($!)
  done
  for part in "${parts[@]}"; do wait "$part" || status=1; done
done
exit "$status"
