#!/usr/bin/env bash
# Unpacks wheels of PyPI, without what they need to run, into a folder that remembers which they are; there already, it does nothing.
# unpack_wheels.sh FOLDER PACKAGE==VERSION...
set -euo pipefail

place=$1
shift
if [ "$(cat "$place/versions" 2>/dev/null)" = "$*" ]; then
  exit 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
"$python" -m venv "$work/venv" || { echo "python3 has no venv: apt-get install python3-venv" >&2; exit 1; }
echo "Getting $* into .toolchain/$(basename "$place")"
"$work/venv/bin/pip" download --quiet --retries 1 --timeout 20 --disable-pip-version-check --no-deps --only-binary=:all: \
  --dest "$work" "$@"
rm -rf "$place"
mkdir -p "$place"
for wheel in "$work"/*.whl; do "$python" -m zipfile -e "$wheel" "$place"; done
echo "$*" >"$place/versions"
