#!/usr/bin/env bash
# Fetches what gpu_run.sh needs beyond PyTorch, nvcc, CMake, Ninja and g++ into .carry/ (about 45 MB):
# Debian 12's packages and MuJoCo's wheel. Run it where there is a network (and Debian 12); then carry the
# tree to the machine with the GPU.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(
  libboost1.74-dev libboost-program-options1.74-dev libboost-program-options1.74.0
  libboost-filesystem1.74-dev libboost-filesystem1.74.0 libboost-system1.74-dev libboost-system1.74.0
  libboost-atomic1.74-dev libboost-atomic1.74.0
  libyaml-cpp-dev libyaml-cpp0.7 nlohmann-json3-dev zlib1g-dev zlib1g libzstd-dev libzstd1 libpng-dev libpng16-16
  libegl-dev libgl-dev libglx-dev libx11-dev x11proto-dev libegl1 libglvnd0 libgl1 libglx0 libopengl0
  libgtest-dev libgmock-dev libbenchmark-dev libbenchmark1debian
)
mkdir -p .carry
rm -f .carry/*
(cd .carry && apt-get download -qq -o APT::Sandbox::User=root "${packages[@]}")
python3 -m pip download --quiet --no-deps --only-binary=:all: --python-version 3.12 \
  --implementation cp --platform manylinux_2_28_x86_64 --dest .carry "mujoco==${1:-3.17.0}"
du -sh .carry
