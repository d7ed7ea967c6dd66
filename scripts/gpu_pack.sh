#!/usr/bin/env bash
# What gpu_run.sh needs, as .carry/gpu_programs.tar.xz: the programs built here for CUDA (preset cuda), stripped, the
# libraries that another machine may lack, the loaders of OpenGL. Run it where there is a network (Debian 12), then carry
# the tree with .carry/. gpu_pack.sh [--reference CHECKOUT] [--before PROGRAM] [--osmesa] [--system-mujoco] [--tests A,B]
# --reference: a checkout of MishaLaskin/curl, measured beside; --before: an update_benchmark of an earlier build, the same;
# --osmesa: Mesa, to draw without a GPU (43 MB); --system-mujoco: Debian's instead of MuJoCo 3, whose floors make drawing
# on cores 2.6 times slower; --tests: those test programs alone.
set -euo pipefail
cd "$(dirname "$0")/.."

preset_build=build/cuda prefix=() reference="" before="" osmesa="" tests=replay_test,encoders_test,agents_test,trainer_test
while [ $# -gt 0 ]; do
  case "$1" in
    --reference) reference=$(realpath "${2:?--reference needs a folder}"); shift 2 ;;
    --before) before=$(realpath "${2:?--before needs a program}"); shift 2 ;;
    --osmesa) osmesa=yes; shift ;;
    --system-mujoco)
      preset_build=build/cuda-system-mujoco
      prefix=(-B $preset_build "-DCMAKE_PREFIX_PATH=$PWD/.toolchain/torch")
      shift
      ;;
    --tests) tests=${2:?--tests needs names}; shift 2 ;;
    *) echo "gpu_pack.sh: unknown argument '$1'; allowed: --reference CHECKOUT, --before PROGRAM, --osmesa, --system-mujoco, --tests A,B" >&2; exit 2 ;;
  esac
done
[ -z "$reference" ] || [ -f "$reference/curl_sac.py" ] ||
  { echo "gpu_pack.sh: $reference: no checkout of the reference (it has no curl_sac.py)" >&2; exit 2; }

scripts/setup_cuda.sh
mkdir -p build
# Without FFmpeg and librsvg: they would bring a hundred libraries along.
cmake --preset cuda "${prefix[@]}" -DCURL_RL_BENCHMARKS=ON -DCURL_RL_VIDEO=OFF -DCURL_RL_PNG=OFF >build/cuda.configure.log
IFS=, read -ra tests <<<"$tests"
benchmarks=(update_benchmark environment_benchmark)
cmake --build $preset_build --target curl_rl_main "${tests[@]}" "${benchmarks[@]}"

stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT
mkdir -p "$stage"/{bin,lib,debs} .carry
cp $preset_build/curl-rl "$stage/bin"
for name in "${tests[@]}" "${benchmarks[@]}"; do
  find $preset_build -type f -name "$name" -executable -exec cp {} "$stage/bin" \;
done
[ -z "$before" ] || cp "$before" "$stage/bin/update_benchmark_before"
strip "$stage"/bin/*
pwd >"$stage/source_dir"
git describe --always --dirty >"$stage/build" 2>/dev/null || true
# Everything that the programs name but LibTorch, CUDA, the C++ run-time and glibc.
torch_lib=$(dirname "$(realpath .toolchain/torch/lib/libtorch.so)")
for program in "$stage"/bin/*; do LD_LIBRARY_PATH=$torch_lib ldd "$program"; done |
  awk '$3 ~ /^\// {print $3}' | grep -E 'boost|yaml|mujoco|ccd|qhull|tinyxml|lodepng|octomap|benchmark|libpng|glfw|libX|xcb|libbsd|libmd|zstd|lz4|libz\.' | sort -u |
  xargs -I{} cp -L {} "$stage/lib"
debs=(libegl1 libglvnd0 libopengl0 libgl1 libglx0)
[ -z "$osmesa" ] ||
  debs+=(libosmesa6 libglapi-mesa libllvm15 libz3-4 libedit2 libxml2 libicu72 libbsd0 libmd0)
(cd "$stage/debs" && apt-get download -qq -o APT::Sandbox::User=root "${debs[@]}")
if [ -n "$reference" ]; then
  mkdir "$stage/reference"
  cp "$reference"/*.py "$stage/reference"
fi
tar -C "$stage" -cf - . | xz -T0 -6 >.carry/gpu_programs.tar.xz
echo "to carry: $(git ls-files -z | xargs -0 du -cb | tail -n 1 | cut -f1) bytes of the tree, $(du -sb .carry | cut -f1) of .carry"
