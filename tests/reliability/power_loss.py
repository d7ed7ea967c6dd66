#!/usr/bin/env python3
"""Cuts the power of a training run, at every file operation, on paper.

    power_loss.py CURL_RL WORK_DIR [--states N] [--seed N]

strace records what a small run does to its files. For a power cut after the k-th operation the folder
is built as a disk might then hold it, in two ways that file systems are known for:

  nothing unsynced   only bytes and names that were synced are there
  names, no bytes    every name is there, unsynced bytes are not (a rename without a sync before it
                     then gives an empty file)

Each such folder is taken up with `curl-rl resume` and must end as the undisturbed run did. Prints a
table in Markdown; exit status 1 if a folder does not.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys

import crash_campaign

CALLS = "open,openat,write,fsync,rename,renameat,renameat2,unlink,unlinkat,mkdir,rmdir,ftruncate"


class Inode:
    def __init__(self, folder):
        self.folder = folder
        self.data = b""      # of a file, as programs see it
        self.synced = b""    # as the disk has it
        self.names = {}      # of a folder: name -> Inode, as programs see it
        self.durable = {}    # as the disk has them


class Disk:
    """The folder `root` as a tree of inodes that remember what was synced."""

    def __init__(self, root):
        self.root_path = root
        self.root = Inode(True)

    def find(self, path):
        node = self.root
        for part in os.path.relpath(path, self.root_path).split("/"):
            if part == ".":
                continue
            node = node.names[part]
        return node

    def parent(self, path):
        return self.find(os.path.dirname(path)), os.path.basename(path)

    def apply(self, call):
        kind, path, *rest = call
        if kind == "create":
            folder, name = self.parent(path)
            if name not in folder.names:
                folder.names[name] = Inode(False)
            elif rest[0]:
                folder.names[name].data = b""
        elif kind == "mkdir":
            folder, name = self.parent(path)
            folder.names[name] = Inode(True)
        elif kind == "write":
            self.find(path).data += rest[0]
        elif kind == "cut":
            node = self.find(path)
            node.data = node.data[:rest[0]]
        elif kind == "sync":
            node = self.find(path)
            if node.folder:
                node.durable = dict(node.names)
            else:
                node.synced = node.data
        elif kind == "rename":
            folder, name = self.parent(path)
            target, new_name = self.parent(rest[0])
            target.names[new_name] = folder.names.pop(name)
        elif kind == "remove":
            folder, name = self.parent(path)
            folder.names.pop(name, None)

    def build(self, path, only_synced_names, node=None):
        node = node or self.root
        if not node.folder:
            with open(path, "wb") as file:
                file.write(node.synced)
            return
        os.makedirs(path, exist_ok=True)
        for name, child in (node.durable if only_synced_names else node.names).items():
            self.build(os.path.join(path, name), only_synced_names, child)


def unescape(text):
    return bytes(int(pair, 16) for pair in text.split("\\x")[1:])


def parse(log, root):
    """The operations on files below `root` from strace's output, in order."""
    calls = []
    inside = lambda path: path.startswith(root + "/") or path == root
    string = r'"((?:\\x[0-9a-f]{2})*)"'
    for line in open(log, errors="replace"):
        match = re.match(r"(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)", line)
        if not match or match[3].startswith("-"):
            continue
        name, text = match[1], match[2]
        descriptor = re.match(r"\d+<([^>]*)>", text)
        file = descriptor[1] if descriptor else ""
        if "\\x" in file:
            file = unescape(file).decode()
        strings = [unescape(s) for s in re.findall(string, text)]
        path = strings[0].decode(errors="replace") if strings and name != "write" else ""
        if name in ("open", "openat"):
            if "O_CREAT" in text and inside(path):
                calls.append(("create", path, "O_TRUNC" in text))
        elif name == "write" and inside(file):
            calls.append(("write", file, strings[0]))
        elif name == "fsync" and inside(file):
            calls.append(("sync", file))
        elif name == "ftruncate" and inside(file):
            calls.append(("cut", file, int(text.rsplit(", ", 1)[1])))
        elif name in ("rename", "renameat", "renameat2") and inside(path):
            calls.append(("rename", path, strings[1].decode()))
        elif name == "mkdir" and inside(path):
            calls.append(("mkdir", path))
        elif name in ("unlink", "rmdir") and inside(path):
            calls.append(("remove", path))
        elif name == "unlinkat":
            folder = re.match(r"[^,]*<([^>]*)>", text)
            folder = unescape(folder[1]).decode() if folder and "\\x" in folder[1] else \
                (folder[1] if folder else "")
            whole = path if path.startswith("/") else os.path.join(folder, path)
            if inside(whole):
                calls.append(("remove", whole))
    return calls


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("work")
    parser.add_argument("--states", type=int, default=150, help="of each way, 0: all")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    program, work = os.path.abspath(arguments.program), os.path.abspath(arguments.work)
    os.makedirs(work, exist_ok=True)
    config = work + "/config.yaml"
    text = crash_campaign.CONFIGS["toy_reach from pixels"]
    open(config, "w").write(text.replace("env_steps: 600", "env_steps: 250"))
    environment = dict(os.environ, OMP_NUM_THREADS="1")

    def run(words):
        return subprocess.run([program, *words], cwd=work, env=environment, capture_output=True,
                              text=True)

    traced, log = work + "/traced", work + "/strace.txt"
    shutil.rmtree(traced, ignore_errors=True)
    subprocess.run(["strace", "-f", "-y", "-xx", "-s", "100000000", "-e", "trace=" + CALLS, "-o", log,
                    program, "train", config, "run_dir=" + traced], check=True, cwd=work,
                   env=environment, stdout=subprocess.DEVNULL)
    expected = crash_campaign.outcome(traced)
    calls = parse(log, traced)
    # The model must agree with the disk before it is believed.
    whole = Disk(os.path.dirname(traced))
    for call in calls:
        whole.apply(call)
    node = whole.find(traced)
    assert node.names["train.csv"].data == open(traced + "/train.csv", "rb").read()
    assert set(node.names["checkpoints"].names) == set(os.listdir(traced + "/checkpoints"))

    random.seed(arguments.seed)
    bad = 0
    print("| what the disk holds | file operations | power cuts tried | runs that end as the "
          "undisturbed one |")
    print("|---|---|---|---|", flush=True)
    for title, only_synced in [("nothing unsynced", True), ("names, no bytes", False)]:
        points = list(range(1, len(calls) + 1))
        if arguments.states:
            points = sorted(random.sample(points, min(arguments.states, len(points))))
        good = 0
        for point in points:
            disk = Disk(os.path.dirname(traced))
            for call in calls[:point]:
                disk.apply(call)
            # The folder that holds the runs was there before.
            disk.root.durable = dict(disk.root.names)
            broken = work + "/broken"
            shutil.rmtree(broken, ignore_errors=True)
            disk.build(broken, only_synced, disk.root.names[os.path.basename(traced)])
            exists = os.path.exists(broken + "/config.yaml")
            # Its own path is part of the config, not of what is compared.
            result = run(["resume", broken] if exists and os.path.getsize(broken + "/config.yaml")
                         else ["train", config, "run_dir=" + broken])
            same = result.returncode == 0 and crash_campaign.outcome(broken) == expected
            good += same
            if not same:
                bad += 1
                print(f"{title}, after operation {point} {calls[point - 1][:2]}: "
                      f"status {result.returncode} {result.stderr}", file=sys.stderr)
                shutil.copytree(broken, f"{work}/bad_{point}", dirs_exist_ok=True)
        print(f"| {title} | {len(calls)} | {len(points)} | {good} |", flush=True)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
