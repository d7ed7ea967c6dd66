#!/usr/bin/env bash
# Puts MuJoCo 3 (PyPI's wheel, 25 MB, with library and headers) into .toolchain/mujoco3/ for the preset `mujoco3`, which is
# the default build but for that. setup_mujoco3.sh [VERSION]; run again, it does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/unpack_wheels.sh "$PWD/.toolchain/mujoco3" "mujoco==${1:-3.17.0}"
