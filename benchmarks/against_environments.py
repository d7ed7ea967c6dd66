#!/usr/bin/env python3
"""One control step with a frame: dm_control and EnvPool beside curl_rl, under the same OpenGL.

    against_environments.py [--size 100] [--rounds 3] [--json FILE]

dm_control and envpool come from PyPI (pip install dm_control envpool 'mujoco<4'; dm_control 1.0.50 does not run
with MuJoCo 4); a peer that cannot be imported or cannot draw is left out, by name. Needs
build/release/benchmarks/environment_benchmark (cmake --preset release -DCURL_RL_BENCHMARKS=ON). All draw camera
0 through EGL at the suite's own quality, one environment, one step at a time, in turn, each time as a new
process. Mesa's software renderer may use threads of its own: the peers run both with its default and with none
(LP_NUM_THREADS=0), and the better of the two counts; curl_rl runs as a run with its default settings does: with
as many as there are cores.
"""
import argparse
import ctypes.util
import json
import os
import statistics
import subprocess
import sys
import time

TASKS = {  # ours: (dm_control's, EnvPool's)
    "ball_in_cup_catch": (("ball_in_cup", "catch"), "BallInCupCatch-v1"),
    "cartpole_swingup": (("cartpole", "swingup"), "CartpoleSwingup-v1"),
    "cheetah_run": (("cheetah", "run"), "CheetahRun-v1"),
    "finger_spin": (("finger", "spin"), "FingerSpin-v1"),
    "reacher_easy": (("reacher", "easy"), "ReacherEasy-v1"),
    "walker_walk": (("walker", "walk"), "WalkerWalk-v1"),
}
ACTION = 0.3


def dm_control_step(task, size):
    import numpy
    from dm_control import suite

    environment = suite.load(*TASKS[task][0], task_kwargs={"random": 1})
    action = numpy.full(environment.action_spec().shape, ACTION)
    environment.reset()

    def step():
        if environment.step(action).last():
            environment.reset()
        return environment.physics.render(size, size, camera_id=0)

    return step


def envpool_step(task, size):
    import envpool
    import numpy

    environment = envpool.make(TASKS[task][1], env_type="gymnasium", num_envs=1, num_threads=1, seed=1,
                               from_pixels=True, render_width=size, render_height=size,
                               render_camera_id=0, frame_stack=1)
    environment.reset()
    action = numpy.full((1,) + environment.action_space.shape, ACTION)
    return lambda: environment.step(action)[0]  # it resets itself after an episode


PEERS = {"dm_control": dm_control_step, "EnvPool": envpool_step}


def run_peer(peer, size, steps):
    """The worker: prints seconds a step by task, as JSON."""
    seconds = {}
    for task in TASKS:
        step = PEERS[peer](task, size)
        for _ in range(5):
            step()
        start = time.perf_counter()
        for _ in range(steps):
            step()
        seconds[task] = (time.perf_counter() - start) / steps
    print(json.dumps(seconds))


def peer_seconds(peer, arguments, gl_threads):
    environment = dict(os.environ, MUJOCO_GL="egl")
    environment.pop("LP_NUM_THREADS", None)
    if gl_threads is not None:
        environment["LP_NUM_THREADS"] = gl_threads
    if peer == "EnvPool":  # MuJoCo inside it finds EGL only among the program's global symbols
        environment["LD_PRELOAD"] = ctypes.util.find_library("EGL") or "libEGL.so.1"
    command = [sys.executable, os.path.abspath(__file__), "--worker", peer, "--size", str(arguments.size),
               "--steps", str(arguments.steps)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        print(f"{peer} is left out: {lines[-1]}", file=sys.stderr)
        return None
    return json.loads(done.stdout.splitlines()[-1])


def our_seconds(arguments):
    command = [arguments.binary, "--benchmark_format=json", "--benchmark_min_time=1",
               f"--benchmark_filter=/size:{arguments.size}/quality:"]
    rows = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE,
                                     stderr=subprocess.DEVNULL).stdout)["benchmarks"]
    qualities = {"0": {}, "1": {}, "2": {}}
    for row in rows:
        task = row["name"].split("/")[1]
        quality = row["name"].split("quality:")[1][0]
        qualities[quality][task] = row["real_time"] / 1e3
    return qualities, rows[0]["label"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, choices=(84, 100), default=100, help="of a frame (100)")
    parser.add_argument("--rounds", type=int, default=3, help="times that all are run in turn (3)")
    parser.add_argument("--steps", type=int, default=100, help="steps a task and round of a peer (100)")
    parser.add_argument("--binary", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "..",
                                                         "build/release/benchmarks/environment_benchmark"))
    parser.add_argument("--json", help="file for all figures of all rounds, in seconds")
    parser.add_argument("--worker", choices=PEERS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.worker:
        return run_peer(arguments.worker, arguments.size, arguments.steps)
    if not os.path.isfile(arguments.binary):
        parser.error(f"{arguments.binary}: not built; cmake --preset release -DCURL_RL_BENCHMARKS=ON")

    columns = [("curl_rl", 0), ("coarser", 1), ("coarser, no multisampling", 2)]
    settings = [(f"{peer}{suffix}", peer, threads) for peer in PEERS
                for suffix, threads in (("", None), (", no GL threads", "0"))]
    seen, drawn_by = {}, ""
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
        for label, peer, threads in settings:
            seconds = peer_seconds(peer, arguments, threads)
            for task, value in (seconds or {}).items():
                seen.setdefault(label, {}).setdefault(task, []).append(value)
        qualities, drawn_by = our_seconds(arguments)
        for label, quality in columns:
            for task, value in qualities[str(quality)].items():
                seen.setdefault(label, {}).setdefault(task, []).append(value)
    report(seen, columns, [s for s in settings if s[0] in seen], arguments, drawn_by)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"size": arguments.size, "drawn_by": drawn_by, "seconds": seen}, file, indent=1)


def report(seen, columns, settings, arguments, drawn_by):
    def middle(label, task):
        return statistics.median(seen[label][task])

    peers = sorted({peer for _, peer, _ in settings})
    labels = [s[0] for s in settings] + [c[0] for c in columns]
    print(f"\nMilliseconds a control step with a frame of {arguments.size} x {arguments.size}, median of "
          f"{arguments.rounds} rounds\n{drawn_by}\n")
    print("| task | " + " | ".join(labels + [f"{peer} / curl_rl" for peer in peers]) + " |")
    print("|---" * (1 + len(labels) + len(peers)) + "|")
    products = dict.fromkeys(peers, 1.0)
    for task in TASKS:
        cells = [f"{1e3 * middle(label, task):.2f}" for label in labels]
        for peer in peers:
            best = min(middle(label, task) for label, p, _ in settings if p == peer)
            ratio = best / middle("curl_rl", task)
            products[peer] *= ratio
            cells.append(f"{ratio:.2f}")
        print(f"| {task} | " + " | ".join(cells) + " |")
    means = [f"{products[peer] ** (1 / len(TASKS)):.2f}" for peer in peers]
    print("| geometric mean |" + " |" * len(labels) + " " + " | ".join(means) + " |")


if __name__ == "__main__":
    sys.exit(main())
