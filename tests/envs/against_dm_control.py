#!/usr/bin/env python3
"""Compares the suite tasks with dm_control itself: episodes, single states and frames.

    MUJOCO_GL=egl python3 tests/envs/against_dm_control.py build/experiments/curl-rl

Needs the Python packages dm_control and mujoco (and pillow, for frames), and a program built
against the libmujoco of that mujoco package; docs/environments.md says how. For every task:

  episodes  both play the same random actions from the same seed
  states    both evaluate reward and observation at the same random states, which reach what random
            actions do not: a pole upright, a ball in its cup
  frames    both draw camera 0 after the first reset of seed 1, 100x100 (grey levels)

Prints the largest absolute differences; exit status 1 if one is over the tolerance, or if an
episode differs in length or a frame at all.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

# With AVX-512 numpy has logarithms, sines and exponentials of its own, whose last digit is another than
# the C library's, and so have the products of its OpenBLAS, by one of which a quadruped's orientation is
# normalised; a step that magnifies it (a peg that is let go, a terrain) then tells of numpy alone.
os.environ.setdefault('NPY_DISABLE_CPU_FEATURES', 'AVX512F AVX512CD AVX512_SKX AVX512_CLX AVX512_CNL AVX512_ICL AVX512_SPR X86_V4')
os.environ.setdefault('OPENBLAS_CORETYPE', 'Haswell')

import mujoco
import numpy as np
from dm_control import suite
from dm_control.rl import control

TASKS = {
    'acrobot': ['swingup', 'swingup_sparse'],
    'ball_in_cup': ['catch'],
    'cartpole': ['balance', 'balance_sparse', 'swingup', 'swingup_sparse', 'two_poles',
                 'three_poles'],
    'cheetah': ['run'],
    'dog': ['stand', 'walk', 'trot', 'run', 'fetch'],
    'finger': ['spin', 'turn_easy', 'turn_hard'],
    'fish': ['upright', 'swim'],
    'hopper': ['stand', 'hop'],
    'humanoid': ['stand', 'walk', 'run', 'run_pure_state'],
    'humanoid_CMU': ['stand', 'walk', 'run'],
    'lqr': ['lqr_2_1', 'lqr_6_2'],
    'manipulator': ['bring_ball', 'bring_peg', 'insert_ball', 'insert_peg'],
    'pendulum': ['swingup'],
    'point_mass': ['easy', 'hard'],
    'quadruped': ['walk', 'run', 'escape', 'fetch'],
    'reacher': ['easy', 'hard'],
    'stacker': ['stack_2', 'stack_4'],
    'swimmer': ['swimmer6', 'swimmer15'],
    'walker': ['stand', 'walk', 'run'],
}
# A dog whose 73 joints take any angle is so entangled that MuJoCo's memory is too small.
SHARE_OF_RANGE = {'dog': 0.2}
COLUMNS = ['start', 'qpos', 'qvel', 'observation', 'reward', 'state obs.', 'state rew.', 'frame']


class Comparison:
    """One task in both; `largest` collects the largest difference of each column compared."""

    def __init__(self, program, domain, task, seed):
        self.program, self.name, self.seed = program, f'{domain}_{task}', seed
        self.domain, self.task = domain, task
        self.largest = {}
        self.random = np.random.default_rng(seed)

    def load(self, seed):
        return suite.load(self.domain, self.task, task_kwargs={'random': seed})

    def run(self, *words):
        """Runs the program; the lines of FILE.jsonl that --output names."""
        subprocess.run([self.program, *map(str, words)], check=True, stdout=subprocess.DEVNULL)

    def rollout(self, *words):
        self.run('rollout', self.name, '--seed', self.seed, '--output', 'out.jsonl', *words)
        return [json.loads(line) for line in pathlib.Path('out.jsonl').read_text().splitlines()]

    def note(self, column, expected, actual):
        a, b = np.asarray(expected, dtype=float), np.asarray(actual, dtype=float)
        if a.shape != b.shape:
            raise ValueError(f'{column}: shape {a.shape} in dm_control, {b.shape} in the program')
        difference = np.max(np.abs(a - b), initial=0.0)
        if np.isnan(difference):  # would compare false with every tolerance
            difference = np.inf
        self.largest[column] = max(self.largest.get(column, 0.0), float(difference))

    def note_observation(self, column, expected, actual):
        if list(expected) != list(actual):
            raise ValueError(f'{column}: {list(expected)} in dm_control, {list(actual)} here')
        for key in expected:
            self.note(column, np.ravel(expected[key]), np.ravel(actual[key]))

    def episodes(self, count):
        environment = self.load(self.seed)
        model = environment.physics.model
        actions = self.random.uniform(-1.0, 1.0, (1000 * count, model.nu))
        # The program takes actions in [-1, 1], dm_control in the actuators' units.
        limited = model.actuator_ctrllimited == 1
        low = np.where(limited, model.actuator_ctrlrange[:, 0], -1.0)
        high = np.where(limited, model.actuator_ctrlrange[:, 1], 1.0)
        usual = (low == -1.0) & (high == 1.0)
        controls = np.where(usual, actions, (actions + 1.0) / 2.0 * (high - low) + low)
        np.savetxt('actions.csv', actions, fmt='%.17g', delimiter=',')
        rows, left = iter(controls), iter(
            self.rollout('--policy', 'actions.csv', '--episodes', count))
        for episode in range(count):
            now, step = environment.reset(), 0
            while True:
                line = next(left, None)
                ends = {'terminated': now.last() and now.discount == 0.0,
                        'truncated': now.last() and now.discount == 1.0}
                if line is None or line['step'] != step or any(line[k] != ends[k] for k in ends):
                    raise ValueError(f'episode {episode} step {step}: {ends}, program {line}')
                data = environment.physics.data
                if step == 0:
                    self.note('start', [*data.qpos, *data.qvel], line['qpos'] + line['qvel'])
                self.note('qpos', data.qpos, line['qpos'])
                self.note('qvel', data.qvel, line['qvel'])
                self.note('reward', now.reward or 0.0, line['reward'])
                self.note_observation('observation', now.observation, line['observation'])
                if now.last():
                    break
                action = next(rows, None)
                if action is None:  # a task without a time limit: all actions in one episode
                    return
                now, step = environment.step(action), step + 1

    def states(self, count):
        """Returns the share of states with a reward over 0.5."""
        environment = self.load(self.seed)
        environment.reset()
        physics = environment.physics
        model, data = physics.model, physics.data
        warmstart = data.qacc_warmstart.copy()  # the solver's first guess decides its last digits
        states, expected = [], []
        while len(states) < count:
            state = {'qpos': self.position(model),
                     'qvel': self.random.normal(0, 10, model.nv),
                     'ctrl': self.random.uniform(-1, 1, model.nu)}
            for key, value in state.items():
                getattr(data, key)[:] = value
            data.qacc_warmstart[:] = warmstart
            try:
                physics.forward()
            except control.PhysicsError:  # the program refuses such a state too
                continue
            states.append(state)
            expected.append((environment.task.get_reward(physics),
                             environment.task.get_observation(physics)))
        pathlib.Path('states.jsonl').write_text('\n'.join(
            json.dumps({key: list(value) for key, value in state.items()}) for state in states))
        lines = self.rollout('--state', 'states.jsonl')
        for (reward, observation), line in zip(expected, lines, strict=True):
            self.note('state rew.', reward, line['reward'])
            self.note_observation('state obs.', observation, line['observation'])
        rewarded = sum(reward > 0.5 for reward, _ in expected)
        return rewarded / count if count else 0.0

    def position(self, model):
        """A random qpos: joints in (a share of) their range, or within half a metre, or turned
        anyhow."""
        kinds, parts = mujoco.mjtJoint, []
        for kind, limited, ends in zip(model.jnt_type, model.jnt_limited, model.jnt_range):
            if kind == kinds.mjJNT_FREE:
                rotation = self.random.normal(size=4)
                parts += [self.random.uniform(-0.5, 0.5, 3), rotation / np.linalg.norm(rotation)]
                continue
            size = 0.5 if kind == kinds.mjJNT_SLIDE else np.pi
            low, high = ends if limited else (-size, size)
            share = SHARE_OF_RANGE.get(self.domain, 1.0)
            parts.append([share * self.random.uniform(low, high)])
        return np.concatenate(parts)

    def frame(self):
        from PIL import Image
        environment = self.load(1)
        environment.reset()
        self.run('envs', self.name, '--image', 'frame.png')
        self.note('frame', environment.physics.render(100, 100, camera_id=0),
                  np.asarray(Image.open('frame.png')))


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help='path of curl-rl')
    parser.add_argument('tasks', nargs='*', help='names such as cheetah_run (default: all)')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--episodes', type=int, default=2)
    parser.add_argument('--states', type=int, default=1000)
    parser.add_argument('--no-frames', dest='frames', action='store_false')
    parser.add_argument('--tolerance', type=float, default=1e-9)
    arguments = parser.parse_intermixed_args()

    known = {f'{domain}_{task}': (domain, task) for domain in TASKS for task in TASKS[domain]}
    unknown = sorted(set(arguments.tasks) - set(known))
    if unknown:
        parser.error(f'unknown tasks {unknown}; known: {" ".join(known)}')

    program = str(pathlib.Path(arguments.program).resolve())
    doctor = subprocess.run([program, 'doctor'], stdout=subprocess.PIPE, text=True).stdout.split()
    if mujoco.__version__ not in doctor:  # chaos would show as a difference in the tasks
        built = doctor[doctor.index('MuJoCo') + 1] if 'MuJoCo' in doctor else 'unknown'
        parser.error(f'the program has MuJoCo {built}, dm_control has {mujoco.__version__}')

    failed = 0
    print(f'MuJoCo {mujoco.__version__}, seed {arguments.seed}, {arguments.episodes} episodes and '
          f'{arguments.states} states a task')
    print(f'{"task":24}' + ''.join(f'{c:>12}' for c in COLUMNS) + f'{"rewarded":>12}')
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # MuJoCo's log file, the program's output
        for name in arguments.tasks or known:
            comparison = Comparison(program, *known[name], arguments.seed)
            try:
                comparison.episodes(arguments.episodes)
                rewarded = comparison.states(arguments.states)
                if arguments.frames:
                    comparison.frame()
            except (ValueError, subprocess.CalledProcessError) as error:
                print(f'{name:24}{error}')
                failed += 1
                continue
            shown = [f'{comparison.largest[c]:.3g}' if c in comparison.largest else 'not asked'
                     for c in COLUMNS]
            print(f'{name:24}' + ''.join(f'{s:>12}' for s in shown) + f'{rewarded:12.1%}',
                  flush=True)
            failed += max(comparison.largest.values()) > arguments.tolerance
        os.chdir('/')
    print(f'{failed} tasks over {arguments.tolerance:g}' if failed else 'all within tolerance')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
