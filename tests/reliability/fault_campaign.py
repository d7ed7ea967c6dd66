#!/usr/bin/env python3
"""Random combinations of faults on real training runs: nothing crashes, no promised row and no foreign file is lost.

    fault_campaign.py CURL_RL FAULTY_CALLS WORK_DIR [--combinations N] [--first N] [--leave-out N ...] [--seed N]

Each combination is one run of a second or two, of the toy task from pixels or of a MuJoCo task file, in
a folder where somebody else keeps files too. It is trained in three to five parts. A part is disturbed
while it runs (killed, stopped, a system call that fails, a limit of file sizes, closed descriptors,
a second writer, a reader), and between two parts the folder is disturbed (a damaged checkpoint, logs that an
editor touched, another budget, another task file, a link in the folder's place, leftovers). Then it
is brought to its end undisturbed. What must hold:

  no crash   no process ends by a signal that was not sent, and the exit status is 0, 1 or 2
  the end    the last, undisturbed part ends with status 0 and the run is finished
  rows       each row of train.csv and eval.csv up to the newest checkpoint of the end of a part, and
             not taken away by the campaign itself, is there at the end: in the file, or in one set aside
  files      each file that is not the program's is there, with the bytes that it had
  the same   where no fault is of the kind that says "not bit for bit" or takes rows away, the end is
             that of an unbroken run

Prints of every combination whether it kept them, and a table of what was done, in Markdown. Exit status 1 if any does.
"""
import argparse
import collections
import csv
import glob
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time

from crash_campaign import outcome, rows

COMMON = """
threads: 1
device: cpu
seed: 5
env_steps: 400
action_repeat: 1
frame_stack: 1
init_steps: 50
replay_capacity: 300
eval_every: 100
eval_episodes: 2
log_every: 20
checkpoint_every: 25
keep_checkpoints: 3
"""
TASKS = {
    "toy_reach": COMMON + """
task: toy_reach
environment: {image_size: 32}
agent: {batch_size: 8, crop_size: 28, encoder: {num_layers: 2, num_filters: 4, feature_dim: 8}, sac: {hidden_dim: 16}}
""",
    "task_file": COMMON + """
task: cartpole_balance.yaml
observation: state
agent: {objectives: [], batch_size: 8, sac: {hidden_dim: 16}}
""",
}
SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "examples", "mjcf_task")
ENDS = {0, 1, 2}
SECONDS = 600  # no part takes as long, on a busy machine either


class Broken(Exception):
    """A promise that was not kept."""


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def checkpoints(run):
    """Env steps of the checkpoints that have a manifest, upwards."""
    found = glob.glob(run + "/checkpoints/env_step_" + "[0-9]" * 12 + "/manifest.json")
    return sorted(int(path.split("_")[-1].split("/")[0]) for path in found)


def readable_rows(path):
    try:
        return rows(path)
    except (OSError, UnicodeDecodeError, csv.Error):
        return []


def row_keys(run, name):
    """Of a log and all that were set aside: (env_step, episode or nothing) of each row."""
    keys = set()
    for path in [f"{run}/{name}"] + glob.glob(f"{run}/{name}.old_*"):
        for row in readable_rows(path):
            if (row.get("env_step") or "").isdigit():
                keys.add((int(row["env_step"]), row.get("episode")))
    return keys


class Combination:
    """One run from its first part to its end."""

    def __init__(self, campaign, number):
        self.random = random.Random(f"{campaign.seed}:{number}")
        self.program, self.faulty_calls = campaign.program, campaign.faulty_calls
        self.task = self.random.choice(list(TASKS))
        self.work = f"{campaign.work}/{number}"
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(self.work)
        for name in ["cartpole.xml", "cartpole_balance.yaml"]:
            shutil.copy(f"{SOURCE}/{name}", self.work)
        self.config = self.work + "/c.yaml"
        open(self.config, "w").write(TASKS[self.task])
        self.run = self.work + "/run"
        self.exact = True        # so far nothing that may change a bit of the end
        self.accept = False      # the task was changed
        self.unsaved = False     # a checkpoint may not have been written
        self.promised = {"train.csv": set(), "eval.csv": set()}
        self.foreign = {}        # path in the run's folder: hash of its bytes
        self.damaged = set()     # inodes of checkpoints' folders
        self.done = []           # in words

    # Parts.

    def words(self):
        if os.path.exists(self.run + "/config.yaml"):
            return ["resume", self.run] + (["--accept-changed-task"] if self.accept else [])
        return ["train", self.config, "run_dir=" + self.run]

    def start(self, words, environment=None, prepare=None, closed=()):
        def before():
            if prepare:
                prepare()
            for descriptor in closed:
                os.close(descriptor)
        self.log = open(self.work + "/output.txt", "a")
        self.log.write(f"\n$ {' '.join(words)}\n")
        self.log.flush()
        return subprocess.Popen([self.program, *words], stdin=subprocess.DEVNULL, stdout=self.log,
                                stderr=self.log, cwd=self.work, preexec_fn=before,
                                env=dict(os.environ, OMP_NUM_THREADS="1", **(environment or {})))

    def wait(self, process, sent=()):
        """The exit status; `sent`: signals that may have ended the process."""
        try:
            status = process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise Broken("does not end") from None
        if status not in ENDS and -status not in sent:
            raise Broken(f"ended with {status}")
        return status

    def when_running(self, process):
        """A random moment: of the start, or after a random number of rows and files have come."""
        until = self.random.choice([0, 0, 1, 2, 3])
        if until == 0:
            time.sleep(self.random.uniform(0, 1.5))
            return
        seen, sizes = 0, None
        while process.poll() is None and seen < until * 4:
            now = [os.path.getsize(p) for p in glob.glob(self.run + "/*.csv")] + checkpoints(self.run)
            seen += now != sizes
            sizes = now
            time.sleep(0.002)

    def part_signal(self):
        names = self.random.choice([["SIGKILL"], ["SIGTERM"], ["SIGINT"], ["SIGHUP"], ["SIGUSR1"],
                                    ["SIGUSR1", "SIGKILL"], ["SIGTERM", "SIGTERM"],
                                    ["SIGINT", "SIGINT"]])
        process = self.start(self.words())
        for name in names:
            self.when_running(process)
            process.send_signal(getattr(signal, name))
        # Before the program listens, the system's own answer to a signal is to end it.
        self.wait(process, sent=[int(getattr(signal, name)) for name in names])
        return " ".join(names)

    def part_failing_call(self):
        error, forever = self.random.choice([(28, 0), (28, 1), (5, 0), (122, 1), (13, 0), (24, 0)])
        at = self.random.choice([self.random.randint(1, 30), self.random.randint(1, 1500)])
        plan = f"under={self.run},at={at},error={error},forever={forever}"
        process = self.start(self.words(), {"LD_PRELOAD": self.faulty_calls, "CURL_RL_FAULT": plan})
        self.wait(process)
        self.unsaved = True
        return f"errno {error}" + (" from then on" if forever else "") + " of a system call"

    def part_small_files(self):
        limit = self.random.choice([512, 4096, 20000, 100000])
        process = self.start(self.words(), prepare=lambda: resource.setrlimit(
            resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)))
        self.wait(process)
        self.unsaved = True
        return "limit of file sizes"

    def part_little_memory(self):
        limit = self.random.choice([100, 200, 400]) << 20
        process = self.start(self.words(), prepare=lambda: resource.setrlimit(
            resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY)))
        self.wait(process)
        return "limit of memory"

    def part_closed(self):
        closed = self.random.choice([(0,), (1,), (2,), (0, 1), (0, 1, 2)])
        process = self.start(self.words(), closed=closed)
        self.when_running(process)
        process.send_signal(signal.SIGTERM)
        self.wait(process, sent=[signal.SIGTERM])
        return "closed descriptors"

    def part_two_writers(self):
        words = self.words()
        first, second = self.start(words), None
        try:
            self.when_running(first)
            second = self.start(words)
            self.wait(second)
        finally:
            if first.poll() is None:
                first.send_signal(signal.SIGTERM)
            self.wait(first, sent=[signal.SIGTERM])
        return "two writers"

    def part_readers(self):
        process = self.start(self.words())
        self.when_running(process)
        taken = [folder for folder in [self.run + "/theirs", self.run + "/checkpoints/frames", self.run]
                 if os.path.isdir(folder) and os.listdir(folder)]  # an empty one may be written to
        for words in self.random.sample([
                ["compare", self.run, "--output", self.random.choice(taken + [self.work + "/report"])],
                ["evaluate", self.run, "--episodes", "1"],
                ["export", self.run, self.work + f"/{self.random.random()}.safetensors"]], 2):
            self.wait(self.start(words))
        process.send_signal(signal.SIGTERM)
        self.wait(process, sent=[signal.SIGTERM])
        return "readers beside it"

    # What happens to the folder between two parts.

    def edit(self, path, change):
        text = open(path, newline="").read()
        open(path, "w", newline="").write(change(text))

    def config_line(self, key, value):
        self.edit(self.run + "/config.yaml", lambda text: "\n".join(
            f"{key}: {value}" if line.startswith(key + ":") else line for line in text.split("\n")))

    def between_budget(self):
        self.config_line("env_steps", self.random.choice([30, 150, 300, 500]))
        self.exact = False  # an end in the middle has a row and an evaluation of its own
        return "another budget"

    def between_evaluations(self):
        self.config_line("eval_environments", 2)
        self.exact = False
        return "eval_environments changed"

    def between_damage(self):
        steps = self.sound_checkpoints()
        if len(steps) < 2:
            return None
        folder = self.checkpoint(steps[-1])
        self.damaged.add(os.stat(folder).st_ino)
        path = f"{folder}/{self.random.choice(sorted(os.listdir(folder)))}"
        size = os.path.getsize(path)
        how = self.random.choice(["cut", "flip", "gone"])
        if how == "gone" or size == 0:
            os.remove(path)
        elif how == "cut":
            os.truncate(path, self.random.randrange(size))
        else:
            with open(path, "r+b") as file:
                at = self.random.randrange(size)
                file.seek(at)
                byte = file.read(1)[0]
                file.seek(at)
                file.write(bytes([byte ^ 1 << self.random.randrange(8)]))
        # What came after the one before is played anew, and promised no longer.
        for keys in self.promised.values():
            keys -= {key for key in keys if key[0] > steps[-2]}
        return "newest checkpoint damaged"

    def between_logs(self):
        name = self.random.choice(["train.csv", "eval.csv"])
        path = f"{self.run}/{name}"
        if not os.path.exists(path):
            return None
        how = self.random.choice(["carriage returns", "gone", "last row gone", "garbage", "empty"])
        if how == "carriage returns":
            self.edit(path, lambda text: text.replace("\n", "\r\n"))
        elif how == "last row gone":
            self.edit(path, lambda text: "\n".join(text.split("\n")[:-2]) + "\n")
        elif how == "garbage":
            open(path, "wb").write(self.random.randbytes(300))
        elif how == "empty":
            open(path, "wb").close()
        else:
            os.remove(path)
        self.exact = False
        if how != "carriage returns":
            self.promised[name] = self.promised[name] & row_keys(self.run, name)
        return f"{name}: {how}"

    def between_task(self):
        if self.task != "task_file":
            return None
        if self.random.random() < 0.5:
            self.edit(self.work + "/cartpole.xml", lambda text: text + f"<!-- {len(self.done)} -->\n")
        else:
            self.edit(self.work + "/cartpole_balance.yaml",
                      lambda text: text.replace("time_limit: 10", "time_limit: 9") + "# edited\n")
        if not self.accept and self.records_task():
            status = self.wait(self.start(["resume", self.run]))
            if status != 2:
                raise Broken(f"a changed task is not refused: {status}")
        self.accept, self.exact = True, False
        return "task changed"

    def records_task(self):
        try:
            return bool(json.load(open(self.run + "/run.json"))["task_files"])
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            return False

    def between_link(self):
        if os.path.islink(self.run):
            return None
        os.rename(self.run, self.work + "/elsewhere")
        os.symlink(self.work + "/elsewhere", self.run)
        return "folder moved, a link in its place"

    def between_leftovers(self):
        os.makedirs(self.run + "/checkpoints/env_step_000000009999.tmp4711", exist_ok=True)
        for path in ["checkpoints/env_step_000000009999.tmp4711/agent.safetensors",
                     "config.yaml.tmp4711", "lock.tmp1"]:
            open(f"{self.run}/{path}", "w").write("half")
        return "leftovers"

    def between_record(self):
        path = self.run + "/run.json"
        how = self.random.choice(["gone", "cut", "other", "deep"])
        if how == "gone" and os.path.exists(path):
            os.remove(path)
        else:
            open(path, "w").write({"cut": '{"state": "run', "other": '[1, "x", null]', "gone": "",
                                   "deep": "[" * 100000}[how])
        return "run.json " + how

    def between_strangers(self):
        for path in ["checkpoints/env_step_5/work.txt", "checkpoints/frames/sub/work.txt",
                     "videos/holiday.mp4", "report.tex", "train.csv.backup"]:
            self.keep_foreign(path, f"{path} {self.random.random()}")
        return "more files of others"

    def keep_foreign(self, path, text):
        os.makedirs(os.path.dirname(f"{self.run}/{path}"), exist_ok=True)
        open(f"{self.run}/{path}", "w").write(text)
        self.foreign[path] = digest(f"{self.run}/{path}")

    # What must hold.

    def checkpoint(self, step):
        return f"{self.run}/checkpoints/env_step_{step:012d}"

    def sound_checkpoints(self):
        return [step for step in checkpoints(self.run)
                if os.stat(self.checkpoint(step)).st_ino not in self.damaged]

    def note_promises(self):
        steps = self.sound_checkpoints()
        for name, keys in self.promised.items():
            if steps:
                keys |= {key for key in row_keys(self.run, name) if key[0] <= steps[-1]}

    def places_of(self, path):
        """Where a file of others may be: in its place, or with a folder of ours that was set aside."""
        folder, _, name = path.rpartition("/")
        return [place for place in [f"{self.run}/{path}", *glob.glob(f"{self.run}/{folder}.old_*/{name}"),
                                    *glob.glob(f"{self.run}/{os.path.dirname(folder)}.old_*/"
                                               f"{os.path.basename(folder)}/{name}")]
                if os.path.exists(place)]

    def check(self):
        for path, was in self.foreign.items():
            places = self.places_of(path)
            if not places:
                raise Broken(f"{path}, a file of others, is gone")
            if was not in [digest(place) for place in places]:
                raise Broken(f"{path}, a file of others, has changed")
        for name, keys in self.promised.items():
            missing = keys - row_keys(self.run, name)
            if missing:
                raise Broken(f"{name}: promised rows are gone: {sorted(missing)[:5]}")

    def play(self, whole):
        parts = [getattr(self, name) for name in dir(self) if name.startswith("part_")]
        betweens = [getattr(self, name) for name in dir(self) if name.startswith("between_")]
        for _ in range(self.random.randint(3, 5)):
            self.done.append(None)
            part = self.random.choice(parts)
            self.done[-1] = part.__name__  # in its own words if it returns
            self.done[-1] = part()
            self.note_promises()
            self.check()
            if not os.path.exists(self.run + "/config.yaml"):
                continue
            if not self.foreign:
                self.keep_foreign("theirs/thesis.txt", "years of work")
                self.keep_foreign("theirs/manifest.json", "{}")
            for between in self.random.sample(betweens, self.random.randint(0, 2)):
                self.done.append(between.__name__)
                self.done[-1] = between()
        if os.path.exists(self.run + "/config.yaml"):
            self.config_line("env_steps", 600 if not self.exact else 400)
        status = self.wait(self.start(self.words()))
        self.done = [word for word in self.done if word]
        if status != 0:
            raise Broken(f"the last part ends with {status}")
        self.note_promises()
        self.check()
        state = json.load(open(self.run + "/run.json"))["state"]
        if state != "finished":
            raise Broken(f"the run is {state}")
        if self.exact:
            try:
                end = outcome(self.run)
            except AssertionError as fault:
                raise Broken(str(fault)) from None
            expected_end = dict(whole[self.task])
            if self.unsaved:  # what was to be kept as the best may be among what could not be written
                for checkpoint in (end, expected_end):
                    checkpoint["checkpoint"] = {**checkpoint["checkpoint"], "best": None}
            for part, expected in expected_end.items():
                if end[part] != expected:
                    raise Broken(f"{part} is not that of the unbroken run")


class Campaign:
    def __init__(self, arguments):
        self.program = os.path.abspath(arguments.program)
        self.faulty_calls = os.path.abspath(arguments.faulty_calls)
        self.work = os.path.abspath(arguments.work)
        self.seed = arguments.seed

    def whole(self):
        """Task to the end of a run that nobody touched."""
        ends = {}
        for task in TASKS:
            one = Combination(self, f"whole_{task}")
            one.task = task
            open(one.config, "w").write(TASKS[task])
            if one.wait(one.start(one.words())) != 0:
                sys.exit(open(one.work + "/output.txt").read())
            ends[task] = outcome(one.run)
        return ends


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("faulty_calls")
    parser.add_argument("work")
    parser.add_argument("--combinations", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="the number of the first combination")
    parser.add_argument("--leave-out", type=int, nargs="*", default=[],
                        help="numbers of combinations that are not played")
    arguments = parser.parse_args()
    os.makedirs(arguments.work, exist_ok=True)
    campaign = Campaign(arguments)
    whole = campaign.whole()
    times, broken, exact = collections.Counter(), 0, 0
    numbers = [number for number in range(arguments.first, arguments.first + arguments.combinations)
               if number not in arguments.leave_out]
    for number in numbers:
        began = time.monotonic()
        combination = Combination(campaign, number)
        try:
            combination.play(whole)
            exact += combination.exact
        except Broken as fault:
            broken += 1
            print(f"combination {number} ({combination.work}): {fault}\n  "
                  f"{combination.task}: {'; '.join(map(str, combination.done))}", flush=True)
        else:
            print(f"combination {number}: kept, {time.monotonic() - began:.0f} s; "
                  f"{combination.task}: {'; '.join(combination.done)}", flush=True)
            shutil.rmtree(combination.work)
        times.update(word for word in combination.done if word)
    print("\n| fault | times |\n|---|---|")
    for word, count in sorted(times.items()):
        print(f"| {word} | {count} |")
    print(f"\n{len(numbers)} combinations, {exact} of them with faults that promise the same bits; "
          f"broken: {broken}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
