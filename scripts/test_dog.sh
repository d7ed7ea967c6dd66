#!/usr/bin/env bash
# The dog tasks' tests, which need dm_control's model and meshes: PyPI's wheel (57 MB) is put into .toolchain/dm_control/, without
# what it needs to run. test_dog.sh [PRESET] (default: release), whose test programs are built.
set -euo pipefail
cd "$(dirname "$0")/.."

preset=${1:-release}
version=1.0.50
place=$PWD/.toolchain/dm_control
scripts/install_packages.sh --tests
if [ "$(cat "$place/version" 2>/dev/null)" != "$version" ]; then
  work=$(mktemp -d)
  trap 'rm -rf "$work"' EXIT
  python=python3
  [ -x /usr/bin/python3 ] && python=/usr/bin/python3
  "$python" -m venv "$work/venv" || { echo "python3 has no venv: apt-get install python3-venv" >&2; exit 1; }
  echo "Getting dm_control $version into .toolchain/dm_control"
  "$work/venv/bin/pip" download --quiet --retries 1 --timeout 20 --disable-pip-version-check --no-deps --only-binary=:all: \
    --dest "$work" "dm_control==$version"
  "$python" -m zipfile -e "$work"/dm_control-*.whl "$work/wheel"
  rm -rf "$place"
  mkdir -p "$place"
  mv "$work/wheel/dm_control" "$place/"
  echo "$version" >"$place/version"
fi
export PYTHONPATH=$place
status=0
for test in recorded_episode_test:'*/dog_*' registry_test:'*/dog_walk:*/dog_fetch' pixel_conformance_test:'*/dog_*'; do
  build/"$preset"/tests/envs/"${test%%:*}" --gtest_brief=1 --gtest_filter="${test#*:}" || status=1
done
exit "$status"
