#!/usr/bin/env bash
# Installs, builds and runs the tests. test.sh [PRESET] (default: release; dev has ASan and UBSan).
# At the end it tells which tests skipped and why, also in build/PRESET/skipped.txt; one that this
# machine should have run is a failure (tests/allowed_skips.txt).
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
scripts/install_packages.sh --tests
scripts/build.sh "$preset"
results=$PWD/build/$preset/tests.xml
rm -rf "$results" "build/$preset/whole_tests"
status=0
# One more than there are cores: some tests wait, for processes that they stop or for a window.
ctest --preset "$preset" --parallel "$(($(nproc) + 1))" --output-junit "$results" || status=1
echo
export CURL_RL_PRESET=$preset
scripts/skipped_tests.py "$results" "build/$preset/whole_tests" tests/allowed_skips.txt 2>&1 | tee "build/$preset/skipped.txt" || status=1
echo "Not run: those that must learn, for an hour: ctest --preset learning"
exit "$status"
