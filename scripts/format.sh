#!/usr/bin/env bash
# Formats every C++ file; with --check changes nothing and fails if something would change.
set -euo pipefail
cd "$(dirname "$0")/.."

mode=(-i)
[ "${1:-}" = --check ] && mode=(--dry-run --Werror)
git ls-files -z '*.cpp' '*.h' '*.cu' '*.cuh' | xargs -0 clang-format "${mode[@]}"
