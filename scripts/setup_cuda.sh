#!/usr/bin/env bash
# Puts the CUDA toolchain into .toolchain/: LibTorch with CUDA and MuJoCo 3, from PyPI's wheels (6 GB), for
# the preset `cuda`. setup_cuda.sh [TORCH_VERSION [MUJOCO_VERSION]]; run again, it does nothing.
# nvcc is not among it: where a CUDA toolkit of the same major version is installed (nvcc in PATH or
# /usr/local/cuda), the project's kernel is compiled too.
set -euo pipefail
cd "$(dirname "$0")/.."

torch=${1:-2.11.0} mujoco=${2:-3.17.0}
toolchain=$PWD/.toolchain
venv=$toolchain/python
if [ "$(cat "$toolchain/versions" 2>/dev/null)" = "$torch $mujoco" ]; then
  exit 0
fi
rm -rf "$toolchain"
mkdir -p "$toolchain"
python=python3
[ -x /usr/bin/python3 ] && python=/usr/bin/python3
"$python" -m venv "$venv" || { echo "python3 has no venv: apt-get install python3-venv" >&2; exit 1; }
echo "Installing torch $torch and mujoco $mujoco into .toolchain"
"$venv/bin/pip" install --quiet --disable-pip-version-check "torch==$torch" "mujoco==$mujoco" numpy
# Headers that CUDA's run-time library needs beyond those torch brings, of the same version.
cuda=$("$venv/bin/python" -c 'import torch; print(torch.version.cuda)')
"$venv/bin/pip" install --quiet --disable-pip-version-check "nvidia-cuda-crt==$cuda.*"
site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
ln -s "${site#"$toolchain"/}/torch" "$toolchain/torch"
ln -s "${site#"$toolchain"/}/mujoco" "$toolchain/mujoco"
echo "$torch $mujoco" >"$toolchain/versions"
