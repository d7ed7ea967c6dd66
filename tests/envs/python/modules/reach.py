"""The game that the fake environments play: a point on a line is moved to where it is wanted.
Nothing but Python's own library."""

import array
import random

STEP_LIMIT = 20


class Box:
    """As Gymnasium's space, without numpy."""

    def __init__(self, low, high, shape, dtype):
        self.low, self.high, self.shape, self.dtype = low, high, shape, dtype

    def __repr__(self):
        return f"Box({self.low}, {self.high}, {self.shape}, {self.dtype})"


class Game:
    def __init__(self):
        self.random, self.place, self.target, self.steps = random.Random(1), 0.0, 0.0, 0

    def begin(self):
        self.place, self.target = self.random.uniform(-1, 1), self.random.uniform(-1, 1)
        self.steps = 0

    def move(self, push):
        self.place = max(-1.0, min(1.0, self.place + 0.2 * push))
        self.steps += 1
        return 1.0 - abs(self.place - self.target)

    def numbers(self):
        return array.array("d", [self.place, self.target])

    def picture(self, side=8):
        """uint8 [side, side, 3]: a column for the place, one for the target."""
        data = bytearray(side * side * 3)
        for row in range(side):
            for channel, place in enumerate((self.place, self.target)):
                column = min(side - 1, int((place + 1) / 2 * side))
                data[3 * (row * side + column) + channel] = 200
        return memoryview(data).cast("B", (side, side, 3))


class ReachEnv:
    """With Gymnasium's interface."""

    metadata = {"render_fps": 20}

    def __init__(self, render_mode=None):
        self.render_mode, self.game = render_mode, Game()
        self.action_space = Box([-1.0], [1.0], (1,), "float32")
        self.observation_space = Box([-1.0] * 2, [1.0] * 2, (2,), "float64")

    @property
    def spec(self):
        class Spec:
            max_episode_steps = STEP_LIMIT

        return Spec

    def reset(self, seed=None):
        if seed is not None:
            self.game.random = random.Random(seed)
        self.game.begin()
        return self.look(), {}

    def look(self):
        return self.game.numbers()

    def step(self, action):
        reward = self.game.move(float(action[0]))
        return self.look(), reward, False, self.game.steps >= STEP_LIMIT, {}

    def render(self):
        return self.game.picture()


def make(seed, render_mode=None):
    del seed  # reset() is told
    return ReachEnv(render_mode)


class PixelReachEnv(ReachEnv):
    """Shows pictures with every observation, beside numbers."""

    class Dict:
        def __init__(self, spaces):
            self.spaces = spaces

    def __init__(self):
        super().__init__()
        self.observation_space = self.Dict(
            {
                "pixels": Box(0, 255, (8, 8, 3), "uint8"),
                "place": self.Dict(
                    {"own": Box(-1, 1, (), "float64"), "wanted": Box(-1, 1, (1, 1), "float64")}
                ),
            }
        )

    def look(self):
        return {
            "pixels": self.game.picture(),
            "place": {"own": self.game.place, "wanted": [[self.game.target]]},
        }


def make_pixels():
    return PixelReachEnv()


class WideReachEnv(ReachEnv):
    """Actions in units of its own, and an observation that tells the last one."""

    def __init__(self):
        super().__init__()
        self.action_space = Box([0.0, -3.0], [4.0, 3.0], (2,), "float64")
        self.observation_space = Box([0.0] * 2, [4.0] * 2, (2,), "float64")
        self.last = [0.0, 0.0]

    def look(self):
        return list(self.last)

    def step(self, action):
        self.last = [float(x) for x in action]
        return self.look(), 0.0, self.last[0] == 4.0, False, {}


def make_wide():
    return WideReachEnv()
