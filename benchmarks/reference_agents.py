#!/usr/bin/env python3
"""The official implementations at one update each: what against_reference.py sets beside curl_rl.

    reference_agents.py METHOD CHECKOUT BATCH SECONDS [--device cpu|cuda] [--autocast]

Makes the agent of CHECKOUT as its own scripts set it up, with random pictures to learn from, times its
update and prints the medians in seconds as one line of JSON. An update has its batch sampled, but DrQ-v2's:
the reference draws batches in other processes, here they cost nothing. Of packages that the checkouts import
and an update does not need there are empty stand-ins.
"""
import argparse
import functools
import json
import os
import statistics
import sys
import time
import types

TRANSITIONS, ACTION_SIZE, HIDDEN = 2000, 6, 1024


class Silent:
    """A logger that does nothing."""

    def __getattr__(self, name):
        return lambda *arguments, **options: None


class Anything(types.ModuleType):
    """A package that is not needed: every name in it is a class that does nothing."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {})


def stand_in(name, **attributes):
    module = Anything(name)
    module.__path__ = []
    for key, value in attributes.items():
        setattr(module, key, value)
    sys.modules[name] = module


class SliceCrop:
    """kornia's RandomCrop from 0.5.11 on: whole pixels, picture by picture, each with a place of its own."""

    def __new__(cls, size):
        import torch

        class Crop(torch.nn.Module):
            def forward(self, pictures):
                rows = torch.randint(pictures.shape[2] - size[0] + 1, (len(pictures),)).tolist()
                columns = torch.randint(pictures.shape[3] - size[1] + 1, (len(pictures),)).tolist()
                return torch.stack([p[:, r:r + size[0], c:c + size[1]]
                                    for p, r, c in zip(pictures, rows, columns)])

        return Crop()


def filled(replay, side, *flags):
    """The checkout's replay with random transitions in it."""
    import numpy

    for _ in range(TRANSITIONS):
        frames = numpy.random.randint(0, 256, (9, side, side), numpy.uint8)
        replay.add(frames, numpy.full(ACTION_SIZE, 0.1), 1.0, frames, *flags)
    return replay


# What all of MishaLaskin's and denisyarats' soft actor-critics are given by their train.py.
SAC = {"hidden_dim": HIDDEN, "init_temperature": 0.1, "alpha_lr": 1e-4, "alpha_beta": 0.5,
       "critic_tau": 0.01, "encoder_tau": 0.05}

# Each returns the update, a function of the step's number, and sampling alone or None.


def curl(batch, device):
    import curl_sac
    import utils
    agent = curl_sac.CurlSacAgent((9, 84, 84), (ACTION_SIZE,), device, **SAC)
    replay = filled(utils.ReplayBuffer((9, 100, 100), (ACTION_SIZE,), TRANSITIONS, batch, device, 84),
                    100, False)
    return lambda step: agent.update(replay, Silent(), step), replay.sample_cpc


def rad(batch, device):
    import curl_sac
    import utils
    agent = curl_sac.RadSacAgent((9, 84, 84), (ACTION_SIZE,), device, data_augs="crop", **SAC)
    replay = filled(utils.ReplayBuffer((9, 100, 100), (ACTION_SIZE,), TRANSITIONS, batch, device, 84, 100),
                    100, False)
    return (lambda step: agent.update(replay, Silent(), step),
            lambda: replay.sample_rad(agent.augs_funcs))


def sac_ae(batch, device, decoder="pixel"):
    import sac_ae as checkout
    import utils
    agent = checkout.SacAeAgent((9, 84, 84), (ACTION_SIZE,), device, decoder_type=decoder,
                                decoder_latent_lambda=1e-6, decoder_weight_lambda=1e-7, num_layers=4, **SAC)
    replay = filled(utils.ReplayBuffer((9, 84, 84), (ACTION_SIZE,), TRANSITIONS, batch, device), 84, False)
    return lambda step: agent.update(replay, Silent(), step), replay.sample


def drq(batch, device):
    import drq as checkout
    import replay_buffer
    sys.modules["hydra"].utils.instantiate = lambda make: make()
    encoder = functools.partial(checkout.Encoder, (9, 84, 84), 50)
    critic = functools.partial(checkout.Critic, encoder, (ACTION_SIZE,), HIDDEN, 2)
    actor = functools.partial(checkout.Actor, encoder, (ACTION_SIZE,), HIDDEN, 2, [-10, 2])
    agent = checkout.DRQAgent((9, 84, 84), (ACTION_SIZE,), (-1, 1), device, encoder, critic, actor, 0.99,
                              0.1, 1e-3, 2, 0.01, 2, batch)
    replay = filled(replay_buffer.ReplayBuffer((9, 84, 84), (ACTION_SIZE,), TRANSITIONS, 4, device), 84,
                    False, False)
    return lambda step: agent.update(replay, Silent(), step), lambda: replay.sample(batch)


def drqv2(batch, device):
    import drqv2 as checkout
    import torch
    agent = checkout.DrQV2Agent((9, 84, 84), (ACTION_SIZE,), device, 1e-4, 50, HIDDEN, 0.01, 2000, 2,
                                "linear(1.0,0.1,500000)", 0.3, True)
    pictures = [torch.randint(256, (batch, 9, 84, 84), dtype=torch.uint8) for _ in range(2)]
    drawn = (pictures[0], torch.full((batch, ACTION_SIZE), 0.1), torch.ones(batch, 1),
             torch.full((batch, 1), 0.97), pictures[1])
    return lambda step: agent.update(iter([drawn]), 2 * step), None  # it updates at even decisions


METHODS = {"curl": curl, "rad": rad, "drq": drq, "drqv2": drqv2, "sac_ae": sac_ae,
           "pixel_sac": lambda batch, device: sac_ae(batch, device, decoder="identity")}


def timed(call, device, least, budget):
    import torch

    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    for _ in range(5 if device.type == "cuda" else 1):
        call()  # not counted
    wait()
    times = []
    while len(times) < least or (sum(times) < budget and len(times) < 200):
        start = time.perf_counter()
        call()
        wait()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("method", choices=METHODS)
    parser.add_argument("checkout")
    parser.add_argument("batch", type=int)
    parser.add_argument("seconds", type=float, help="least time of each figure")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--autocast", action="store_true", help="as fast as PyTorch makes it on a GPU")
    arguments = parser.parse_args()
    try:
        import numpy
        import torch
    except ImportError as error:
        sys.exit(f"{sys.executable}: {error}; Debian has python3-torch and python3-numpy, for /usr/bin/python3")

    for name in ("gym", "hydra", "hydra.utils", "kornia", "kornia.augmentation", "matplotlib",
                 "matplotlib.pyplot", "omegaconf", "scipy", "scipy.linalg", "skimage", "skimage.util"):
        stand_in(name)
    stand_in("skimage.util.shape", view_as_windows=functools.partial(
        numpy.lib.stride_tricks.sliding_window_view, axis=None))
    sys.modules["hydra"].utils = sys.modules["hydra.utils"]
    sys.modules["kornia"].augmentation = types.SimpleNamespace(RandomCrop=SliceCrop)
    sys.path.insert(0, os.path.abspath(arguments.checkout))

    torch.manual_seed(1)
    numpy.random.seed(1)
    device = torch.device(arguments.device)
    if arguments.autocast:
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = True
    update, sample = METHODS[arguments.method](arguments.batch, device)
    step = [0]

    def two_updates():  # of an even and an odd step
        for _ in range(2):
            step[0] += 1
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=arguments.autocast):
                update(step[0])

    figures = {"update": timed(two_updates, device, 1, arguments.seconds) / 2}
    if sample is not None:
        figures["sampling"] = timed(sample, device, 3, arguments.seconds / 4)
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
