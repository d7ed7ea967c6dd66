#!/usr/bin/env python3
"""One control step with a frame: dm_control and EnvPool beside curl_rl, under the same OpenGL.

    against_environments.py [--size 100] [--rounds 3] [--json FILE]

dm_control and envpool come from PyPI (pip install dm_control envpool 'mujoco<4'; dm_control 1.0.50 does not run
with MuJoCo 4); a peer that cannot be imported or cannot draw is left out, by name. Needs
build/release/benchmarks/environment_benchmark (cmake --preset release -DCURL_RL_BENCHMARKS=ON). All draw camera
0 through EGL at the suite's own quality, one environment, one step at a time, in turn, each time as a new
process. Mesa's software renderer may use threads of its own: all run once without (LP_NUM_THREADS=0, as curl_rl
sets itself up) and once with one a core (Mesa's own choice, the peers'), and are compared within each setting.
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
QUALITIES = ("curl_rl", "coarser", "coarser, no multisampling", "rendering/fast")


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


def with_gl_threads(threads):
    return dict(os.environ, MUJOCO_GL="egl", LP_NUM_THREADS=str(threads))


def peer_seconds(peer, arguments, gl_threads):
    environment = with_gl_threads(gl_threads)
    if peer == "EnvPool":  # MuJoCo inside it finds EGL only among the program's global symbols
        environment["LD_PRELOAD"] = ctypes.util.find_library("EGL") or "libEGL.so.1"
    command = [sys.executable, os.path.abspath(__file__), "--worker", peer, "--size", str(arguments.size),
               "--steps", str(arguments.steps)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode != 0:
        lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        print(f"{peer} is left out: {lines[-1]}", file=sys.stderr)
        return {}
    return json.loads(done.stdout.splitlines()[-1])


def our_seconds(arguments, gl_threads):
    """Seconds by quality and task, and who draws."""
    command = [arguments.binary, "--benchmark_format=json", "--benchmark_min_time=1",
               f"--benchmark_filter=/size:{arguments.size}/quality:"]
    output = subprocess.run(command, env=with_gl_threads(gl_threads), check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    rows = json.loads(output)["benchmarks"]
    seconds = {name: {} for name in QUALITIES}
    for row in rows:
        quality = int(row["name"].split("quality:")[1][0])
        seconds[QUALITIES[quality]][row["name"].split("/")[1]] = row["real_time"] / 1e3
    return seconds, rows[0]["label"]


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

    settings = {"GL on the calling thread": 0, "GL with a thread a core": os.cpu_count()}
    seen = {setting: {} for setting in settings}
    for number in range(arguments.rounds):
        print(f"round {number + 1} of {arguments.rounds}", file=sys.stderr)
        for setting, threads in settings.items():
            ours, drawn_by = our_seconds(arguments, threads)
            peers = {peer: peer_seconds(peer, arguments, threads) for peer in PEERS}
            for label, seconds in {**peers, **ours}.items():
                for task, value in seconds.items():
                    seen[setting].setdefault(label, {}).setdefault(task, []).append(value)
    print(f"\nMilliseconds a control step with a frame of {arguments.size} x {arguments.size}, median of "
          f"{arguments.rounds} rounds\n{drawn_by}")
    for setting in settings:
        report(setting, seen[setting])
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"size": arguments.size, "drawn_by": drawn_by, "seconds": seen}, file, indent=1)


def report(setting, seen):
    def middle(label, task):
        return statistics.median(seen[label][task])

    peers = [peer for peer in PEERS if peer in seen]
    labels = peers + list(QUALITIES)
    print(f"\n| {setting} | " + " | ".join(labels + [f"{peer} / curl_rl" for peer in peers]) + " |")
    print("|---" * (1 + len(labels) + len(peers)) + "|")
    ratios = {peer: [middle(peer, task) / middle("curl_rl", task) for task in TASKS] for peer in peers}
    for number, task in enumerate(TASKS):
        cells = [f"{1e3 * middle(label, task):.1f}" for label in labels]
        print(f"| {task} | " + " | ".join(cells + [f"{ratios[peer][number]:.2f}" for peer in peers]) + " |")
    means = [f"{statistics.geometric_mean(ratios[peer]):.2f}" for peer in peers]
    print("| geometric mean |" + " |" * len(labels) + " " + " | ".join(means) + " |")


if __name__ == "__main__":
    sys.exit(main())
