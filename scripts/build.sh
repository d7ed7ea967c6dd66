#!/usr/bin/env bash
# Builds one preset (default: release), all of it or the named targets: build.sh [PRESET [TARGET ...]]
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
shift || true
targets=()
[ $# -gt 0 ] && targets=(--target "$@")

# A file that includes LibTorch takes 1.5 GB to compile, with sanitizers 2 GB.
jobs=$(nproc)
memory_gib=$(awk '/MemAvailable/ {print int($2 / 1048576)}' /proc/meminfo)
[ $((memory_gib / 2)) -lt "$jobs" ] && jobs=$((memory_gib / 2 > 0 ? memory_gib / 2 : 1))

log=build/$preset.configure.log
mkdir -p build
cmake --preset "$preset" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
cmake --build --preset "$preset" --parallel "$jobs" "${targets[@]}"
