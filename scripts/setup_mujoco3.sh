#!/usr/bin/env bash
# Puts MuJoCo 3 (library and headers of PyPI's wheel, 25 MB) into .toolchain/mujoco3/ for the preset `mujoco3`, which is
# the default build but for that. setup_mujoco3.sh [VERSION]; run again, it does nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

version=${1:-3.17.0}
place=$PWD/.toolchain/mujoco3
if [ "$(cat "$place/version" 2>/dev/null)" = "$version" ]; then
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
"$python" -m venv "$work/venv" || { echo "python3 has no venv: apt-get install python3-venv" >&2; exit 1; }
echo "Getting MuJoCo $version into .toolchain/mujoco3"
"$work/venv/bin/pip" download --quiet --retries 1 --timeout 20 --disable-pip-version-check --no-deps --only-binary=:all: \
  --dest "$work" "mujoco==$version"
"$python" -m zipfile -e "$work"/mujoco-*.whl "$work/wheel"
rm -rf "$place"
mkdir -p "$place"
mv "$work/wheel/mujoco/include" "$work"/wheel/mujoco/libmujoco.so.* "$place/"
echo "$version" >"$place/version"
