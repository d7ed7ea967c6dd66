"""The game with dm_env's interface."""

import collections
import random

import reach

TimeStep = collections.namedtuple("TimeStep", "kind reward discount observation")
TimeStep.first = lambda self: self.kind == 0
TimeStep.last = lambda self: self.kind == 2
Bounded = collections.namedtuple("Bounded", "shape dtype minimum maximum")
Array = collections.namedtuple("Array", "shape dtype")


class Physics:
    def __init__(self, game):
        self.game = game

    def render(self, height, width, camera_id):
        assert height == width and camera_id == 0
        return self.game.picture(height)


class Environment:
    def __init__(self, seed, end_discount):
        self.game, self.end_discount = reach.Game(), end_discount
        self.game.random = random.Random(seed)
        self.physics = Physics(self.game)

    def action_spec(self):
        return Bounded((1,), "float64", -1.0, [1.0])

    def observation_spec(self):
        return {"place": Array((), "float64"), "target": Array((1,), "float64")}

    def control_timestep(self):
        return 0.02

    def look(self):
        return {"target": [self.game.target], "place": self.game.place}

    def reset(self):
        self.game.begin()
        return TimeStep(0, None, None, self.look())

    def step(self, action):
        reward = self.game.move(float(action[0]))
        last = self.game.steps >= reach.STEP_LIMIT
        return TimeStep(2 if last else 1, reward, self.end_discount if last else 1.0, self.look())


def make(seed):
    return Environment(seed, 1.0)


def make_terminating(seed):
    return Environment(seed, 0.0)
