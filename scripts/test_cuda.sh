#!/usr/bin/env bash
# To be run before a change of what CUDA or another LibTorch or MuJoCo touches: builds against the CUDA
# LibTorch and MuJoCo 3 of setup_cuda.sh and runs the whole test suite; without a GPU its CPU side. Then the
# same sources without nvcc: the program and the tests of replay and agents.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/setup_cuda.sh
scripts/test.sh cuda
scripts/build.sh cuda-no-nvcc curl-rl replay_test agents_test
build/cuda-no-nvcc/tests/replay/replay_test --gtest_brief=1
build/cuda-no-nvcc/tests/agents/agents_test --gtest_brief=1
