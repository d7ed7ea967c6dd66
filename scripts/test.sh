#!/usr/bin/env bash
# Installs, builds and runs the tests. test.sh [PRESET] (default: release; dev has ASan and UBSan).
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
scripts/install_packages.sh --tests
scripts/build.sh "$preset"
ctest --preset "$preset" --parallel "$(nproc)"
