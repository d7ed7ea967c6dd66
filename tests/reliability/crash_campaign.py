#!/usr/bin/env python3
"""Kills training runs and takes them up again, many times; the end must be that of an unbroken run.

    crash_campaign.py CURL_RL FAULTY_CALLS WORK_DIR [--kills N] [--seed N] [--only TASK]

Two small real runs: the toy task from pixels and cart-pole swing-up from state vectors. Three ways to
kill -9 a run:

  time    after a random time, start-up and recovery included
  write   a random moment after a checkpoint or frame segment begins to be written
  call    at a random system call that changes a file (FAULTY_CALLS is preloaded)

Every broken run is resumed, and killed again, until it ends. Then the rows of train.csv and eval.csv
(without what the clock decides), the scalars of the event files, every byte of the last checkpoint's
tensors and all replay frames must equal those of the run that nobody touched. Exit status 1 if one
differs. Prints a table in Markdown.
"""
import argparse
import csv
import glob
import hashlib
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time

COMMON = """
threads: 1
device: cpu
eval_episodes: 1
keep_checkpoints: 2
"""
CONFIGS = {
    "toy_reach from pixels": COMMON + """
task: toy_reach
seed: 3
env_steps: 600
action_repeat: 1
init_steps: 60
replay_capacity: 500
eval_every: 100
log_every: 20
checkpoint_every: 25
environment: {image_size: 32}
agent: {batch_size: 8, num_layers: 2, num_filters: 4, hidden_dim: 16, feature_dim: 8, crop_size: 28}
""",
    "cartpole_swingup from state": COMMON + """
task: cartpole_swingup
observation: state
frame_stack: 1
env_steps: 4800
action_repeat: 8
init_steps: 60
replay_capacity: 500
eval_every: 800
log_every: 160
checkpoint_every: 200
agent: {contrastive: none, batch_size: 16, hidden_dim: 32}
""",
}
CLOCK = {"wall_time_s", "env_steps_per_s"}


def rows(path):
    with open(path, newline="") as file:
        return [{k: v for k, v in row.items() if k not in CLOCK} for row in csv.DictReader(file)]


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if data[at - 1] < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 1:
            value, at = data[at:at + 8], at + 8
        elif key & 7 == 5:
            value, at = data[at:at + 4], at + 4
        else:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
        yield key >> 3, value


def scalars(run):
    """(step, tag) -> value over all event files, each at most once."""
    found = {}
    for path in sorted(glob.glob(run + "/events.out.tfevents.*")):
        data = open(path, "rb").read()
        at = 0
        while at < len(data):
            (length,) = struct.unpack_from("<Q", data, at)
            event = dict(fields(data[at + 12:at + 12 + length]))
            at += length + 16
            assert at <= len(data), path + " is torn"
            for number, value in fields(event.get(5, b"")):
                entry = dict(fields(value))
                tag = entry[1].decode()
                if tag.split("/")[1] in CLOCK:
                    continue
                key = event.get(2, 0), tag
                assert key not in found, f"{path}: {key} twice"
                found[key] = entry[2]
    return found


def tensors(run):
    """Hashes of the last checkpoint: its files, and its frames unpacked and joined."""
    folder = max(glob.glob(run + "/checkpoints/env_step_" + "?" * 12))
    manifest = json.load(open(folder + "/manifest.json"))
    hashes = {name: hashlib.sha256(open(f"{folder}/{name}", "rb").read()).hexdigest()
              for name in manifest["files"]}
    frames, ends = b"", 0
    for segment in manifest["state"]["frames"]:
        assert segment["begin"] <= ends or ends == 0
        name = f"{run}/checkpoints/frames/{segment['begin']}-{segment['end']}.zst"
        frames += subprocess.run(["zstd", "-dc", name], check=True, capture_output=True).stdout
        ends = segment["end"]
    # Where the oldest segments begin depends on when they were written; the newest frames do not.
    shared = 300 * len(frames) // max(1, ends - manifest["state"]["frames"][0]["begin"])
    hashes["frames"] = hashlib.sha256(frames[-shared:]).hexdigest()
    best = run + "/checkpoints/best.json"
    hashes["best"] = json.load(open(best)) if os.path.exists(best) else None
    return hashes


def outcome(run):
    return {"train.csv": rows(run + "/train.csv"), "eval.csv": rows(run + "/eval.csv"),
            "events": scalars(run), "checkpoint": tensors(run),
            "state": json.load(open(run + "/run.json"))["state"]}


class Campaign:
    def __init__(self, arguments):
        self.program = os.path.abspath(arguments.program)
        self.faulty_calls = os.path.abspath(arguments.faulty_calls)
        self.work = os.path.abspath(arguments.work)
        self.random = random.Random(arguments.seed)
        self.environment = dict(os.environ, OMP_NUM_THREADS="1")

    def start(self, words, kill_call=None, run=None):
        environment = dict(self.environment)
        if kill_call is not None:
            environment["LD_PRELOAD"] = self.faulty_calls
            environment["CURL_RL_FAULT"] = f"under={run},at={kill_call},kill=1"
        log = open(self.work + "/output.txt", "w")
        return subprocess.Popen([self.program, *words], stdout=log, stderr=log, cwd=self.work,
                                env=environment)

    def finish(self, words):
        process = self.start(words)
        if process.wait() != 0:
            sys.exit(f"{' '.join(words)}: exit status {process.returncode}\n" +
                     open(self.work + "/output.txt").read())

    @staticmethod
    def writes(run):
        names = []
        for folder in [run + "/checkpoints", run + "/checkpoints/frames"]:
            if os.path.isdir(folder):
                names += [n for n in os.listdir(folder) if ".tmp" in n or n.endswith(".removed")]
        return names

    def kill(self, way, words, run, seconds, calls):
        """Starts and kills a process; True if it was alive when it was killed."""
        if way == "call":
            process = self.start(words, self.random.randint(1, calls), run)
            return process.wait() == -signal.SIGKILL
        process = self.start(words)
        if way == "time":
            time.sleep(self.random.uniform(0, 1.1 * seconds))
        else:
            skip = self.random.randint(0, 6)  # that many writes are let through
            seen = set()
            while process.poll() is None:
                new = set(self.writes(run)) - seen
                if new and skip == 0:
                    time.sleep(self.random.choice([0, 0, 0.0005, 0.002, 0.01]))
                    break
                skip -= 1 if new else 0
                seen |= new
        process.send_signal(signal.SIGKILL)
        return process.wait() == -signal.SIGKILL

    def run_task(self, task, kills):
        name = task.split()[0]
        config = f"{self.work}/{name}.yaml"
        open(config, "w").write(CONFIGS[task])
        whole = f"{self.work}/{name}_whole"
        began = time.monotonic()
        self.finish(["train", config, "run_dir=" + whole])
        seconds = time.monotonic() - began
        expected = outcome(whole)
        result = dict(kills=0, time=0, write=0, call=0, runs=0, torn=0, different=0)
        while result["kills"] < kills:
            run = f"{self.work}/{name}_run"
            shutil.rmtree(run, ignore_errors=True)
            result["runs"] += 1
            left = self.random.randint(3, 12)
            while left > 0:
                exists = os.path.exists(run + "/config.yaml")
                words = ["resume", run] if exists else ["train", config, "run_dir=" + run]
                way = self.random.choice(["time", "write", "write", "call", "call"])
                if self.kill(way, words, run, seconds, calls=1200):
                    result["kills"] += 1
                    result[way] += 1
                    result["torn"] += bool(self.writes(run))
                left -= 1
            exists = os.path.exists(run + "/config.yaml")
            self.finish(["resume", run] if exists else ["train", config, "run_dir=" + run])
            found = outcome(run)
            for part in expected:
                if found[part] != expected[part]:
                    result["different"] += 1
                    print(f"{task}: {part} differs after {result['kills']} kills", file=sys.stderr)
                    shutil.copytree(run, f"{self.work}/{name}_different_{result['runs']}",
                                    dirs_exist_ok=True)
        return result


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("faulty_calls")
    parser.add_argument("work")
    parser.add_argument("--kills", type=int, default=200, help="of each task")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    campaign = Campaign(arguments)
    different = 0
    print("| run | kills | at a random time | during a write | at a system call | "
          "half-written files left behind | runs brought to their end | runs that differ |")
    print("|---|---|---|---|---|---|---|---|", flush=True)
    for task in CONFIGS:
        if arguments.only in task:
            r = campaign.run_task(task, arguments.kills)
            different += r["different"]
            print(f"| {task} | {r['kills']} | {r['time']} | {r['write']} | {r['call']} | {r['torn']} "
                  f"times | {r['runs']} | {r['different']} |", flush=True)
    sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
