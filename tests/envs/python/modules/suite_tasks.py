"""Tasks of dm_control's suite, as somebody would host them: a function a task."""

from dm_control import suite


def task(domain, name):
    def make(seed):
        return suite.load(domain, name, task_kwargs={"random": seed})

    return make


ball_in_cup_catch = task("ball_in_cup", "catch")
cartpole_swingup = task("cartpole", "swingup")
cheetah_run = task("cheetah", "run")
finger_spin = task("finger", "spin")
hopper_stand = task("hopper", "stand")
reacher_easy = task("reacher", "easy")
walker_walk = task("walker", "walk")
