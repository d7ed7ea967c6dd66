"""A module called gymnasium that has one environment, for tests where the real one is not there."""

import reach

__version__ = "0.0.fake"


def make(name, render_mode=None):
    if name != "Reach-v0":
        raise KeyError(name)
    return reach.ReachEnv(render_mode)
