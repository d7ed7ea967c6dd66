#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) over everything that needs no LibTorch: tidy.sh [FILE ...]
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p build
cmake --preset dev-no-torch >build/dev-no-torch.configure.log 2>&1 ||
  { cat build/dev-no-torch.configure.log >&2; exit 1; }
if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(sed -n 's/^ *"file": "\(.*\)",\?$/\1/p' build/dev-no-torch/compile_commands.json |
    grep -v /build/ | sort -u)
fi
printf '%s\0' "${files[@]}" |
  xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p build/dev-no-torch 2> >(grep -v 'warnings generated' >&2 || true)
echo "clang-tidy: ${#files[@]} files clean"
