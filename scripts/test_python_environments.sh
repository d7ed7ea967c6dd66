#!/usr/bin/env bash
# The tests with Gymnasium and dm_control themselves, which skip where these are not installed: PyPI's wheels (140 MB) are unpacked
# into .toolchain/python_environments/, for Debian's Python 3.11. Pendulum is played by the default build; dm_control's tasks beside
# the built-in ones by the build against MuJoCo 3, which is the wheel's, bit for bit.
# test_python_environments.sh [PRESET] (default: release), whose test programs are built.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
mujoco=3.17.0
place=$PWD/.toolchain/python_environments
scripts/install_packages.sh --tests
scripts/setup_mujoco3.sh "$mujoco"
# In all, what pip chooses for gymnasium==1.4.0, dm_control==1.0.50 and mujoco==3.17.0, but for what only fetches files.
scripts/unpack_wheels.sh "$place" gymnasium==1.4.0 dm_control==1.0.50 mujoco=="$mujoco" numpy==2.4.6 absl-py==2.5.1 attrs==26.1.0 \
  cloudpickle==3.1.3 dm-env==1.6 dm-tree==0.1.10 etils==1.15.0 Farama-Notifications==0.0.6 fsspec==2026.9.0 glfw==2.11.0 \
  labmaze==1.0.6 lxml==6.1.3 protobuf==7.36.2 PyOpenGL==3.1.10 pyparsing==3.3.3 requests==2.34.2 urllib3==2.8.0 idna==3.20 \
  certifi==2026.10.19.post1 charset-normalizer==3.5.3 scipy==1.17.1 tqdm==4.70.1 typing_extensions==4.16.0 wrapt==2.5.2 zipp==4.1.2
scripts/build.sh mujoco3 python_packages_test
export PYTHONPATH=$place CURL_RL_TEST_PYTHON=/usr/bin/python3
status=0
check() {  # PROGRAM FILTER: all that the filter names passes, and nothing of it skips
  local output
  output=$("$1" --gtest_filter="$2") || status=1
  echo "$output"
  if [[ $output == *"[  SKIPPED ]"* || $output != *"[       OK ]"* ]]; then status=1; fi
}
check build/"$preset"/tests/envs/python/python_packages_test 'Packages.Gymnasium*'
check build/mujoco3/tests/envs/python/python_packages_test 'Packages.DmControl*'
exit "$status"
