"""Environments with Gymnasium's interface that do nothing, to measure what hosting them costs."""


class Box:
    def __init__(self, low, high, shape, dtype):
        self.low, self.high, self.shape, self.dtype = low, high, shape, dtype


class Idle:
    """Its frame comes with every observation."""

    def __init__(self, side):
        self.action_space = Box([-1.0], [1.0], (1,), "float32")
        self.observation_space = type(
            "Dict",
            (),
            {
                "spaces": {
                    "pixels": Box(0, 255, (side, side, 3), "uint8"),
                    "number": Box(0, 1, (), "float64"),
                }
            },
        )
        picture = memoryview(bytes(side * side * 3)).cast("B", (side, side, 3))
        self.seen = {"pixels": picture, "number": 0.0}

    def reset(self, seed=None):
        return self.seen, {}

    def step(self, action):
        return self.seen, 0.0, False, False, {}


class Drawing(Idle):
    """Its frame is asked for."""

    render_mode = "rgb_array"

    def __init__(self, side):
        super().__init__(side)
        del self.observation_space.spaces["pixels"]

    def render(self):
        return self.seen["pixels"]


def make_observing(image_size):
    return Idle(image_size)


def make_drawing(image_size):
    return Drawing(image_size)
