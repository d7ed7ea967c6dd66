#!/usr/bin/env bash
# Models that people use, loaded by task files (tests/world_models/), checked, rolled out and drawn: Gymnasium's ant, the Shadow Hand
# with a block, the Franka kitchen. They are unpacked from PyPI's wheels (27 MB) into .toolchain/world_models/.
# test_world_models.sh [PROGRAM] (default: build/release/curl-rl).
set -euo pipefail
cd "$(dirname "$0")/.."

program=$(realpath "${1:-build/release/curl-rl}")
place=$PWD/.toolchain/world_models
scripts/install_packages.sh --tests
scripts/unpack_wheels.sh "$place" gymnasium==1.4.0 gymnasium-robotics==1.4.2
cp tests/world_models/*.yaml "$place/"
cd "$place"
for task in ant_run shadow_hand_block franka_kitchen_kettle; do
  # A check plays several episodes: of the kitchen that takes minutes.
  [ "$task" = franka_kitchen_kettle ] || "$program" envs "$task.yaml" --check
  "$program" envs "$task.yaml" --image "$task.png"
  "$program" rollout "$task.yaml" --output "$task.jsonl" --video "$task.mp4" --video-size 200 >/dev/null
  python3 -c "
import json
lines = [json.loads(line) for line in open('$task.jsonl')]
rewards = [line['reward'] for line in lines]
assert len(lines) > 10 and all(0 <= reward <= 1 for reward in rewards), rewards
png = open('$task.png', 'rb').read()
assert png[:8] == b'\x89PNG\r\n\x1a\n' and len(png) > 1000, len(png)  # one colour alone has 300 bytes
print(f'$task: {len(lines) - 1} control steps, return {sum(rewards):.1f}')"
  [ "$(stat -c %s "$task.mp4")" -gt 10000 ] || { echo "$task.mp4 is too small a video" >&2; exit 1; }
done
