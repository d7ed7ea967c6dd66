#!/usr/bin/env bash
# The dog tasks' tests, which need dm_control's model and meshes: PyPI's wheel (57 MB) is put into .toolchain/dm_control/, without
# what it needs to run. test_dog.sh [PRESET] (default: release), whose test programs are built.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
place=$PWD/.toolchain/dm_control
scripts/install_packages.sh --tests
scripts/unpack_wheels.sh "$place" dm_control==1.0.50
export PYTHONPATH=$place
status=0
for test in recorded_episode_test:'*/dog_*' registry_test:'*/dog_walk:*/dog_fetch' pixel_conformance_test:'*/dog_*'; do
  build/"$preset"/tests/envs/"${test%%:*}" --gtest_brief=1 --gtest_filter="${test#*:}" || status=1
done
exit "$status"
