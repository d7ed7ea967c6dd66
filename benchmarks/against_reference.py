#!/usr/bin/env python3
"""One gradient step and one sampled batch: the reference implementation beside curl_rl.

    against_reference.py PATH [--batch 128,512] [--device cpu|cuda] [--rounds 3] [--json FILE]

PATH is a checkout of MishaLaskin/curl; Debian's python3-torch runs it. Needs build/release/benchmarks/
update_benchmark (cmake --preset release -DCURL_RL_BENCHMARKS=ON). Both sides run in turn, each time as a
new process with the same number of threads; every figure is the median over all rounds, with its range.
The reference runs twice: as it is, and with glibc told to keep freed memory, as curl_rl tells it itself.
With --device cuda both run on the GPU (build/cuda; python3 must have a torch with CUDA), curl_rl with and
without recorded graphs; glibc's memory then matters to neither. The reference then runs as it is and as fast
as PyTorch makes it without a change of its code: bfloat16 autocast, TF32 elsewhere, cuDNN's
kernels tried (channels last is not possible: its code takes views of the maps).

An update is a gradient step with its batch sampled, the mean of an even and an odd step. The share of the
arithmetic rate takes the bare encoder's forward and backward pass in the same run as 100 %.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys
import time

# GFLOP at batch 128 (docs/performance.md): an update of each schedule over one encoder pass.
ENCODER_PASS = 128 * (0.0885 + 0.1682)
WORK = {"reference": 104 / ENCODER_PASS, "joint": 71 / ENCODER_PASS}
KEEP_MEMORY = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=2147483647:glibc.malloc.top_pad=67108864"
TRANSITIONS, FRAME, CROP, ACTION_SIZE, HIDDEN = 2000, 100, 84, 6, 1024


def run_reference(path, batch, seconds, device_name, autocast):
    """The worker: times the reference in this process and prints its figures as JSON."""
    import types

    try:
        import numpy
        import torch
    except ImportError as error:
        sys.exit(f"{sys.executable}: {error}; Debian has python3-torch and python3-numpy, for /usr/bin/python3")

    # The checkout imports two packages of which it needs nothing here but one function.
    def windows(array, shape):
        return numpy.lib.stride_tricks.sliding_window_view(array, shape, axis=None)

    gym = types.ModuleType("gym")
    gym.Wrapper = object
    shape = types.ModuleType("skimage.util.shape")
    shape.view_as_windows = windows
    sys.modules.update({"gym": gym, "skimage": types.ModuleType("skimage"),
                        "skimage.util": types.ModuleType("skimage.util"), "skimage.util.shape": shape})
    sys.path.insert(0, path)
    import curl_sac
    import utils

    class Silent:
        def __getattr__(self, name):
            return lambda *arguments, **options: None

    torch.manual_seed(1)
    numpy.random.seed(1)
    device = torch.device(device_name)
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    agent = curl_sac.CurlSacAgent((9, CROP, CROP), (ACTION_SIZE,), device, hidden_dim=HIDDEN,
                                  init_temperature=0.1, critic_tau=0.01, encoder_tau=0.05)
    replay = utils.ReplayBuffer((9, FRAME, FRAME), (ACTION_SIZE,), TRANSITIONS, batch, device, CROP)
    for _ in range(TRANSITIONS):
        frames = numpy.random.randint(0, 256, (9, FRAME, FRAME), numpy.uint8)
        replay.add(frames, numpy.full(ACTION_SIZE, 0.1), 1.0, frames, False)

    if autocast:
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True

    def timed(call, least, budget):
        for _ in range(5 if device.type == "cuda" else 1):
            call()  # not counted
        wait()
        times = []
        while len(times) < least or (sum(times) < budget and len(times) < 200):
            start = time.perf_counter()
            call()
            wait()
            times.append(time.perf_counter() - start)
        return times

    step = [0]

    def two_updates():
        for _ in range(2):
            step[0] += 1
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=autocast):
                agent.update(replay, Silent(), step[0])

    sampling = timed(replay.sample_cpc, 3, seconds / 4)
    update = [t / 2 for t in timed(two_updates, 1, seconds)]
    print(json.dumps({"threads": torch.get_num_threads(), "torch": torch.__version__,
                      "update": statistics.median(update), "sampling": statistics.median(sampling)}))


def reference(path, batch, seconds, device, environment, autocast=False):
    command = [sys.executable, os.path.abspath(__file__), path, "--device", device,
               "--worker", str(batch), str(seconds)] + ["--autocast"] * autocast
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(1)  # it has said why
    return json.loads(done.stdout.splitlines()[-1])


def ours(binary, batch, seconds, device, environment):
    """Seconds by (name, precision), e.g. ("UpdateJoint", "bfloat16"); with graphs: "bfloat16, graphs"."""
    command = [binary, f"--device={device}", "--benchmark_format=json", f"--benchmark_min_time={seconds}",
               f"--benchmark_filter=^(Encoder|Update|Sample).*/batch:{batch}/"]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    figures = {}
    for row in json.loads(output)["benchmarks"]:
        name, precision, graphs = re.match(r"(\w+)/batch:\d+/precision:(\w+)(?:/graphs:(\d))?",
                                           row["name"]).groups()
        figures[name, precision + (", graphs" if graphs == "1" else "")] = row.get(
            "seconds_per_update", row["real_time"] / 1e3)
    return figures


def milliseconds(values):
    low, middle, high = (1e3 * f(values) for f in (min, statistics.median, max))
    digits = 1 if middle < 100 else 0
    return f"{middle:.{digits}f} ({low:.{digits}f} .. {high:.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("path", help="checkout of MishaLaskin/curl")
    parser.add_argument("--batch", default="128,512", help="batch sizes (default: 128,512)")
    parser.add_argument("--rounds", type=int, default=3, help="times that all are run in turn (3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="least time of each figure (5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--binary", help="update_benchmark (default: of build/release, on cuda of build/cuda)")
    parser.add_argument("--json", help="file for all figures of all rounds, in seconds")
    parser.add_argument("--only-reference", action="store_true", help="leave out curl_rl")
    parser.add_argument("--autocast", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--worker", nargs=2, metavar=("BATCH", "SECONDS"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not os.path.isfile(os.path.join(arguments.path, "curl_sac.py")):
        parser.error(f"{arguments.path}: no checkout of the reference (it has no curl_sac.py)")
    if arguments.worker:
        return run_reference(arguments.path, int(arguments.worker[0]), float(arguments.worker[1]),
                             arguments.device, arguments.autocast)
    preset = "cuda" if arguments.device == "cuda" else "release"
    arguments.binary = arguments.binary or os.path.join(
        os.path.dirname(os.path.abspath(__file__)), "..", "build", preset, "benchmarks/update_benchmark")
    if not os.path.isfile(arguments.binary) and not arguments.only_reference:
        parser.error(f"{arguments.binary}: not built; cmake --preset {preset} -DCURL_RL_BENCHMARKS=ON")

    environment = dict(os.environ, OMP_NUM_THREADS=str(arguments.threads))
    # As the libraries choose by themselves: machines may set these for all programs.
    for name in ("GLIBC_TUNABLES", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        environment.pop(name, None)
    keeping = dict(environment, GLIBC_TUNABLES=KEEP_MEMORY)
    everything = {}
    for batch in map(int, arguments.batch.split(",")):
        seen = {}
        for number in range(arguments.rounds):
            print(f"batch {batch}, round {number + 1} of {arguments.rounds}", file=sys.stderr)
            cuda = arguments.device == "cuda"
            for label, variables in (("default", environment),
                                     ("autocast", environment) if cuda else ("keeping", keeping)):
                figures = reference(arguments.path, batch, arguments.seconds, arguments.device, variables,
                                    label == "autocast")
                for what in ("update", "sampling"):
                    seen.setdefault(f"reference {label} {what}", []).append(figures[what])
            if arguments.only_reference:
                continue
            for (name, precision), value in ours(arguments.binary, batch, arguments.seconds,
                                                 arguments.device, environment).items():
                seen.setdefault(f"{name} {precision}", []).append(value)
        everything[batch] = seen
        report(batch, seen, arguments)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"threads": arguments.threads, "seconds": everything}, file, indent=1)


def report(batch, seen, arguments):
    cuda = arguments.device == "cuda"
    middle = {name: statistics.median(values) for name, values in seen.items()}
    labels = [("default", ""), ("autocast", ", autocast") if cuda else ("keeping", ", memory kept")]
    place = "GPU" if cuda else f"{arguments.threads} threads"
    print(f"\nBatch {batch}, {place}, milliseconds: median (least .. most) of the rounds\n")
    print(f"| | ms | reference / this | with {'autocast' if cuda else 'memory kept'} | "
          "of the arithmetic rate |")
    print("|---" * 5 + "|")

    def row(text, name, ratios=None, share=""):
        cells = [text, milliseconds(seen[name])]
        cells += [f"{r:.1f}" for r in ratios] if ratios else [""] * len(labels)
        print("| " + " | ".join(cells + [share]) + " |")

    for what in ("update", "sampling"):
        for label, text in labels:
            row(f"reference implementation, {what}{text}", f"reference {label} {what}")
    for name in sorted(key for key in seen if not key.startswith("reference")):
        kind, precision = name.split(" ", 1)
        bare = f"EncoderForwardBackward {precision.split(',')[0]}"
        if kind.startswith("Encoder"):
            row(f"bare encoder, forward and backward, {precision}", name, share="100 %")
            continue
        what = "sampling" if kind == "Sample" else "update"
        ratios = [middle[f"reference {label} {what}"] / middle[name] for label, _ in labels]
        if what == "sampling":
            row(f"sampling, {precision}", name, ratios)
            continue
        schedule = kind[len("Update"):].lower()
        share = f"{100 * WORK[schedule] * middle[bare] / middle[name]:.0f} %"
        row(f"update, schedule {schedule}, {precision}", name, ratios, share)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
