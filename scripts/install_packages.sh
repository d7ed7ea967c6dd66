#!/usr/bin/env bash
# Installs what curl_rl is built from: packages of Debian 12, as root or by sudo. Run again, it finds
# everything there and does nothing.
set -euo pipefail

packages=(
  g++ cmake ninja-build pkg-config git ca-certificates
  libtorch-dev libopenblas0-openmp libmujoco-dev libglfw3-dev
  libboost-dev libboost-program-options-dev libboost-filesystem-dev libyaml-cpp-dev
  nlohmann-json3-dev zlib1g-dev libzstd-dev liblz4-dev libpng-dev librsvg2-dev libcairo2-dev fonts-dejavu-core
  libavcodec-dev libavformat-dev libavutil-dev libswscale-dev
  libegl-dev libegl1 libgl1-mesa-dri libosmesa6
  libgtest-dev libgmock-dev
)
for argument in "$@"; do
  case "$argument" in
    # The viewer is tested on a display that nobody sees; weights, in Python; sweeps, on a Slurm;
    # python3-venv brings pip, which fetches MuJoCo 3.
    --tests) packages+=(xvfb xdotool libfaketime python3-numpy python3-venv slurm-wlm munge iproute2) ;;
    --checks) packages+=(clang-format libbenchmark-dev) ;;
    *) echo "install_packages.sh: unknown argument '$argument'; allowed: --tests, --checks" >&2; exit 2 ;;
  esac
done

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "This is no Debian system: install LibTorch, MuJoCo, Boost, yaml-cpp, nlohmann-json," >&2
  echo "GoogleTest, libpng, librsvg, GLFW, FFmpeg's libraries, zlib, zstd, LZ4, CMake (3.25) and Ninja" >&2
  echo "by other means, name their folders in CMAKE_PREFIX_PATH, and build with:" >&2
  echo "cmake --preset release && cmake --build --preset release" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  if [ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" != "install ok installed" ]; then
    missing+=("$package")
  fi
done
[ ${#missing[@]} -eq 0 ] && exit 0

sudo=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null; then
    echo "These packages are missing, and neither root nor sudo is at hand to install them:" >&2
    echo "  ${missing[*]}" >&2
    exit 1
  fi
  sudo=(sudo)
fi
echo "Installing ${#missing[@]} Debian packages: ${missing[*]}"
log=$(mktemp)
if ! { "${sudo[@]}" apt-get update -q &&
       "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
         apt-get install -y -q --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "apt-get failed (the whole output is in $log)" >&2
  exit 1
fi
rm -f "$log"
