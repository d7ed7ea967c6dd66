#!/usr/bin/env bash
# Runs clang-tidy (.clang-tidy) over the sources named, or all: tidy.sh [--no-torch] [FILE ...]
# --no-torch leaves out what includes LibTorch, most of the hour or two.
set -euo pipefail
cd "$(dirname "$0")/.."

torch=yes
[ "${1:-}" = --no-torch ] && torch=no && shift
mkdir -p build
sources() {  # of a preset, configured so that clang-tidy finds how each is compiled
  cmake --preset "$1" >"build/$1.configure.log" 2>&1 || { cat "build/$1.configure.log" >&2; exit 1; }
  sed -n 's/^ *"file": "\(.*\)",\?$/\1/p' "build/$1/compile_commands.json" | grep -v /build/ | sort -u
}
sources dev-no-torch >build/sources.txt
[ $torch = no ] || sources dev >build/torch_sources.txt

plain=() with_torch=()
[ $# -gt 0 ] || mapfile -t all < <([ $torch = no ] && cat build/sources.txt || sort -u build/sources.txt build/torch_sources.txt)
[ $# -eq 0 ] || mapfile -t all < <(realpath "$@")
for file in "${all[@]}"; do
  grep -qxF "$file" build/sources.txt && plain+=("$file") || with_torch+=("$file")
done

check() {  # PRESET CHECKS FILE ...
  printf '%s\0' "${@:3}" | xargs -0 -n 1 -P "$(nproc)" clang-tidy --quiet -p "build/$1" --checks="$2" 2> >(grep -vE "warnings? generated" >&2 || true)
}
[ ${#plain[@]} -eq 0 ] || check dev-no-torch "" "${plain[@]}"
# Left out: what reads all of LibTorch's headers for half a minute a file.
[ ${#with_torch[@]} -eq 0 ] ||
  check dev "-performance-unnecessary-value-param,-bugprone-reserved-identifier,-bugprone-stringview-nullptr" "${with_torch[@]}"
echo "clang-tidy: ${#plain[@]} files clean, and ${#with_torch[@]} that include LibTorch"
