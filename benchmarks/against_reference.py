#!/usr/bin/env python3
"""One gradient step and one sampled batch: the official implementation of a method beside curl_rl.

    against_reference.py [METHOD] CHECKOUT [--batch N,N] [--device cpu|cuda] [--rounds 3] [--json FILE]

METHOD is curl (the default), rad, drq, drqv2, sac_ae or pixel_sac; CHECKOUT is one of MishaLaskin/curl,
MishaLaskin/rad, denisyarats/drq, facebookresearch/drqv2 or denisyarats/pytorch_sac_ae (the last two methods);
Debian's python3-torch runs it (reference_agents.py). Needs build/release/benchmarks/update_benchmark (cmake
--preset release -DCURL_RL_BENCHMARKS=ON). Both sides run in turn, each time as a new process with the same
number of threads; every figure is the median over all rounds, with its range. The reference runs twice: as it
is, and with glibc told to keep freed memory, as curl_rl tells it itself. bfloat16 is left out on processors
without it.

With --device cuda both run on the GPU (build/cuda; python3 must have a torch with CUDA), curl_rl with and
without recorded graphs; glibc's memory then matters to neither. The reference then runs as it is and as fast
as PyTorch makes it without a change of its code: bfloat16 autocast, TF32 elsewhere, cuDNN's
kernels tried (channels last is not possible: its code takes views of the maps).

An update is a gradient step with its batch sampled, the mean of an even and an odd step. curl is measured at
batches 128 and 512, with both schedules; the share of the arithmetic rate takes the bare encoder's forward and
backward pass in the same run as 100 %. The others are measured as their files in experiments/configs/methods/
have them.
"""
import argparse
import json
import os
import re
import statistics
import subprocess
import sys

# GFLOP at batch 128 (docs/performance.md): an update of each schedule over one encoder pass.
ENCODER_PASS = 128 * (0.0885 + 0.1682)
WORK = {"reference": 104 / ENCODER_PASS, "joint": 71 / ENCODER_PASS}
KEEP_MEMORY = "glibc.malloc.mmap_max=0:glibc.malloc.trim_threshold=2147483647:glibc.malloc.top_pad=67108864"
# For each method the class that its checkout is known by, with its file, and the batches that it is measured at.
METHODS = {"curl": ("curl_sac.py", "CurlSacAgent", (128, 512)), "rad": ("curl_sac.py", "RadSacAgent", (128,)),
           "drq": ("drq.py", "DRQAgent", (512,)), "drqv2": ("drqv2.py", "DrQV2Agent", (256,)),
           "sac_ae": ("sac_ae.py", "SacAeAgent", (128,)), "pixel_sac": ("sac_ae.py", "SacAeAgent", (128,))}
HERE = os.path.dirname(os.path.abspath(__file__))


def reference(arguments, batch, environment, autocast=False):
    command = [sys.executable, os.path.join(HERE, "reference_agents.py"), arguments.method, arguments.checkout,
               str(batch), str(arguments.seconds), "--device", arguments.device] + ["--autocast"] * autocast
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE)
    if done.returncode != 0:
        sys.exit(1)  # it has said why
    return json.loads(done.stdout.splitlines()[-1])


def defines(name, path):
    try:
        with open(path, encoding="utf-8") as file:
            return f"class {name}" in file.read()
    except OSError:
        return False


def has_bfloat16():
    """Whether the processor has instructions for it; without, an update is slow and says nothing."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        return re.search("avx512_bf16|amx_bf16", file.read()) is not None


def ours(arguments, batch, environment, precisions):
    """Seconds by (name, precision), e.g. ("UpdateJoint", "bfloat16"); with graphs: "bfloat16, graphs"."""
    names = (f"(Encoder|Update|Sample)[A-Za-z]*/batch:{batch}" if arguments.method == "curl"
             else f"Method(Sample)?/{arguments.method}/batch:{batch}")
    command = [arguments.binary, f"--device={arguments.device}", "--benchmark_format=json",
               f"--benchmark_min_time={arguments.seconds}",
               f"--benchmark_filter=^{names}/precision:({precisions})"]
    output = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL).stdout
    figures = {}
    for row in json.loads(output)["benchmarks"]:
        name, precision, graphs = re.match(r"(\w+)/(?:\w+/)?batch:\d+/precision:(\w+)(?:/graphs:(\d))?",
                                           row["name"]).groups()
        figures[name, precision + (", graphs" if graphs == "1" else "")] = row.get(
            "seconds_per_update", row["real_time"] / 1e3)
    if not figures:
        sys.exit(f"{arguments.binary}: measures no {arguments.method} at batch {batch}")
    return figures


def milliseconds(values):
    low, middle, high = (1e3 * f(values) for f in (min, statistics.median, max))
    digits = 1 if middle < 100 else 0
    return f"{middle:.{digits}f} ({low:.{digits}f} .. {high:.{digits}f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", nargs="?", default="curl", choices=METHODS)
    parser.add_argument("checkout", help="checkout of the method's official implementation")
    parser.add_argument("--batch", help="batch sizes (default: the method's; curl 128,512)")
    parser.add_argument("--rounds", type=int, default=3, help="times that all are run in turn (3)")
    parser.add_argument("--seconds", type=float, default=5.0, help="least time of each figure (5)")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--blas-kernels", help="OPENBLAS_CORETYPE of both sides, e.g. SkylakeX where OpenBLAS does not know the "
                        "processor (default: what it chooses by itself)")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--binary", help="update_benchmark (default: of build/release, on cuda of build/cuda)")
    parser.add_argument("--json", help="file for all figures of all rounds, in seconds")
    parser.add_argument("--only-reference", action="store_true", help="leave out curl_rl")
    arguments = parser.parse_args()
    file_name, agent, batches = METHODS[arguments.method]
    if not defines(agent, os.path.join(arguments.checkout, file_name)):
        parser.error(f"{arguments.checkout}: no checkout of {arguments.method}'s implementation "
                     f"(no {agent} in {file_name})")
    if arguments.batch:
        if arguments.method != "curl" and not arguments.only_reference:
            parser.error(f"--batch: {arguments.method} is measured at its file's batch size")
        batches = [int(batch) for batch in arguments.batch.split(",")]
    cuda = arguments.device == "cuda"
    preset = "cuda" if cuda else "release"
    arguments.binary = arguments.binary or os.path.join(
        HERE, "..", "build", preset, "benchmarks/update_benchmark")
    if not os.path.isfile(arguments.binary) and not arguments.only_reference:
        parser.error(f"{arguments.binary}: not built; cmake --preset {preset} -DCURL_RL_BENCHMARKS=ON")
    precisions = "tf32|float32|bfloat16" if cuda else "float32|bfloat16"
    if not cuda and not has_bfloat16():
        precisions = "float32"
        print("bfloat16: left out, this processor has neither avx512_bf16 nor amx_bf16", flush=True)

    environment = dict(os.environ, OMP_NUM_THREADS=str(arguments.threads))
    # As the libraries choose by themselves: machines may set these for all programs.
    for name in ("GLIBC_TUNABLES", "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
        environment.pop(name, None)
    if arguments.blas_kernels:
        environment["OPENBLAS_CORETYPE"] = arguments.blas_kernels
    keeping = dict(environment, GLIBC_TUNABLES=KEEP_MEMORY)
    everything = {}
    for batch in batches:
        seen = {}
        for number in range(arguments.rounds):
            print(f"{arguments.method}, batch {batch}, round {number + 1} of {arguments.rounds}", file=sys.stderr)
            for label, variables in (("default", environment),
                                     ("autocast", environment) if cuda else ("keeping", keeping)):
                for what, value in reference(arguments, batch, variables, label == "autocast").items():
                    seen.setdefault(f"reference {label} {what}", []).append(value)
            if arguments.only_reference:
                continue
            for (name, precision), value in ours(arguments, batch, environment, precisions).items():
                seen.setdefault(f"{name} {precision}", []).append(value)
        everything[batch] = seen
        report(batch, seen, arguments)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"method": arguments.method, "threads": arguments.threads, "seconds": everything}, file,
                      indent=1)


def report(batch, seen, arguments):
    cuda = arguments.device == "cuda"
    middle = {name: statistics.median(values) for name, values in seen.items()}
    labels = [("default", ""), ("autocast", ", autocast") if cuda else ("keeping", ", memory kept")]
    shares = arguments.method == "curl"
    place = "GPU" if cuda else f"{arguments.threads} thread" + "s" * (arguments.threads > 1)
    print(f"\n{arguments.method}, batch {batch}, {place}, milliseconds: median (least .. most) of the rounds\n")
    titles = ["", "ms", "reference / this", f"with {'autocast' if cuda else 'memory kept'}"]
    titles += ["of the arithmetic rate"] * shares
    print("| " + " | ".join(titles) + " |\n" + "|---" * len(titles) + "|")

    def row(text, name, ratios=None, share=""):
        cells = [text, milliseconds(seen[name])]
        cells += [f"{r:.1f}" for r in ratios] if ratios else [""] * len(labels)
        print("| " + " | ".join(cells + [share] * shares) + " |")

    for what in ("update", "sampling"):
        for label, text in labels:
            if f"reference {label} {what}" in seen:
                row(f"official implementation, {what}{text}", f"reference {label} {what}")
    for name in sorted(key for key in seen if not key.startswith("reference")):
        kind, precision = name.split(" ", 1)
        bare = f"EncoderForwardBackward {precision.split(',')[0]}"
        if kind.startswith("Encoder"):
            row(f"bare encoder, forward and backward, {precision}", name, share="100 %")
            continue
        what = "sampling" if kind.endswith("Sample") else "update"
        if f"reference default {what}" in seen:
            ratios = [middle[f"reference {label} {what}"] / middle[name] for label, _ in labels]
        else:
            ratios = None  # DrQ-v2's sampling
        if kind in ("Sample", "MethodSample", "Method"):
            row(f"{what}, {precision}", name, ratios)
            continue
        schedule = kind[len("Update"):].lower()
        share = f"{100 * WORK[schedule] * middle[bare] / middle[name]:.0f} %"
        row(f"{what}, schedule {schedule}, {precision}", name, ratios, share)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
