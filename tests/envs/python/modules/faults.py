"""Environments that go wrong, a function a fault; if not otherwise in a step of an episode."""

import os
import signal
import subprocess
import sys
import time

import reach

AT = 3  # the step of the fault


class Faulty(reach.ReachEnv):
    def __init__(self, fault, render_mode=None):
        super().__init__(render_mode)
        self.fault = fault

    def step(self, action):
        result = super().step(action)
        return self.fault(self, result) if self.game.steps == AT else result


def faulty(fault):
    """Makes `fault(env, result)`, what a step returns instead, a function to be named."""

    def make(render_mode=None):
        return Faulty(fault, render_mode)

    return make


def change(**parts):
    """A fault that returns other values at these places of (observation, reward, ...)."""
    places = {"observation": 0, "reward": 1}
    return faulty(
        lambda env, result: tuple(
            next((value for key, value in parts.items() if places[key] == i), kept)
            for i, kept in enumerate(result)
        )
    )


def fall_over():
    raise RuntimeError("the robot fell over")


def end_by(how):
    how()
    time.sleep(60)


def fork_and_return(env, result):
    """Both processes come back from here."""
    os.fork()
    return result


def print_much(env, result):
    print("k" * 100000, flush=True)
    os.write(1, b"k" * 100000)
    return result


raises = faulty(lambda env, result: fall_over())
exits = faulty(lambda env, result: sys.exit(3))
dies = faulty(lambda env, result: os._exit(7))
is_killed = faulty(lambda env, result: end_by(lambda: os.kill(os.getpid(), signal.SIGKILL)))
crashes = faulty(lambda env, result: end_by(lambda: os.kill(os.getpid(), signal.SIGSEGV)))
closes_everything = faulty(lambda env, result: end_by(lambda: os.closerange(3, 100)))
hangs = faulty(lambda env, result: time.sleep(600))
prints = faulty(print_much)
forks = faulty(fork_and_return)
reward_nan = change(reward=float("nan"))
reward_text = change(reward="much")
reward_none = change(reward=None)
state_infinite = change(observation=[0.0, float("inf")])
state_longer = change(observation=[0.0, 0.0, 0.0])
state_texts = change(observation=["a", "b"])
state_none = change(observation=None)
four_values = faulty(lambda env, result: result[:4])


def busy(env, result):
    """For ever, with a child that is as busy; their numbers are told in the file $PIDS."""
    child = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    with open(os.environ["PIDS"] + ".new", "w", encoding="ascii") as file:
        file.write(f"{os.getpid()} {child.pid}")
    os.rename(os.environ["PIDS"] + ".new", os.environ["PIDS"])
    while True:
        pass


is_busy = faulty(busy)


def leaves_a_child(render_mode=None):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    return reach.ReachEnv(render_mode)


class Drawing(reach.ReachEnv):
    """Draws otherwise from the step of the fault on."""

    def __init__(self, later, first=None):
        super().__init__("rgb_array")
        self.later, self.first = later, first or self.game.picture

    def render(self):
        return self.first() if self.game.steps < AT else self.later()


def picture(*shape, format_="B"):
    size = 1
    for side in shape:
        size *= side
    return memoryview(bytearray(size * (8 if format_ == "d" else 1))).cast(format_, shape)


def frame_smaller():
    return Drawing(lambda: picture(4, 4, 3))


def frame_of_doubles():
    return Drawing(lambda: picture(8, 8, 3, format_="d"))


def frame_none():
    return Drawing(lambda: None)


def frame_flat_at_once():
    return Drawing(None, lambda: picture(8, 8))


def discrete():
    env = reach.ReachEnv()
    env.action_space = type("Discrete", (), {"n": 2, "__repr__": lambda self: "Discrete(2)"})()
    return env


def unbounded():
    env = reach.ReachEnv()
    env.action_space = reach.Box([-float("inf")], [float("inf")], (1,), "float32")
    return env


def whole_numbers():
    env = reach.ReachEnv()
    env.action_space = reach.Box([0], [3], (1,), "int64")
    return env


def no_room():
    env = reach.ReachEnv()
    env.action_space = reach.Box([1.0], [1.0], (1,), "float32")
    return env


def channels_first():
    env = reach.ReachEnv()
    env.observation_space = reach.Box(0, 255, (3, 8, 8), "uint8")
    return env


def texts():
    env = reach.ReachEnv()
    env.observation_space = type("Text", (), {"__repr__": lambda self: "Text(9)"})()
    return env


def nothing():
    return None


def needs_more(seed, robot):
    del seed, robot


def old_reset():
    env = reach.ReachEnv()
    env.reset = lambda seed=None: env.look()
    return env


def reset_nan():
    env = reach.ReachEnv()
    env.reset = lambda seed=None: ([0.0, float("nan")], {})
    return env


def reset_hangs():
    time.sleep(600)


def dies_while_made():
    os._exit(9)


not_a_function = 3
