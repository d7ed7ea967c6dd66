#!/usr/bin/env python3
"""Records what rliable (with arch, scipy and statsmodels) makes of random score matrices.

    python3 -m venv venv && venv/bin/pip install rliable statsmodels 'pandas<3'  # arch 7.2 needs pandas 2
    venv/bin/python rliable_golden.py ../../golden/comparison/rliable.json
    venv/bin/python rliable_golden.py --check ../../golden/comparison/rliable.json

The second form writes nothing: it computes everything again with the packages that are installed,
the intervals with fewer replicates, prints the largest differences, and fails if a point estimate
differs by more than 1e-9 or an interval by more than the bootstrap's noise.

The file holds the scores, the point estimates and the percentile intervals of each case, with the
versions of the packages. golden_test.cpp reads it. Running the script again changes the intervals
only within the noise of the bootstrap, and nothing at all with the same package versions: the
global generator, which rliable draws from, is seeded here.
"""
import importlib.metadata
import json
import sys

import numpy as np
from rliable import library, metrics
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight

REPLICATES = 50000
PROFILE_REPLICATES = 2000
THRESHOLDS = np.linspace(0, 1, 21)


def cases(rng):
    """name -> method -> scores [runs, tasks], normalised."""

    def matrix(runs, level, spread):
        tasks = len(level)
        return np.clip(np.asarray(level) + spread * rng.standard_normal((runs, tasks)), 0, 1.05)

    level = rng.uniform(0.2, 0.9, 6)
    failed = matrix(5, level[:4], 0.05)
    failed[2, 1] = 0.0
    coarse_x = np.round(matrix(5, level[:3], 0.1) * 10) / 10
    coarse_y = np.round(matrix(5, level[:3], 0.1) * 10) / 10
    coarse_y[0, 0] = coarse_x[0, 0]  # one tie at least
    return {
        'six_tasks': {'x': matrix(5, level, 0.1), 'y': matrix(5, level - 0.1, 0.1)},
        'ties': {'x': coarse_x, 'y': coarse_y},
        'failed_seed': {'x': failed, 'y': matrix(5, level[:4], 0.05)},
        'unequal_seeds': {'x': matrix(7, level[:2], 0.1), 'y': matrix(3, level[:2], 0.1)},
        'one_task': {'x': matrix(10, level[:1], 0.2), 'y': matrix(10, level[:1], 0.2)},
        'three_seeds': {'x': matrix(3, level[:2], 0.1), 'y': matrix(3, level[:2], 0.1)},
    }


def aggregates(scores):
    return np.array([metrics.aggregate_iqm(scores), metrics.aggregate_mean(scores),
                     metrics.aggregate_median(scores), metrics.aggregate_optimality_gap(scores)])


def describe(methods, replicates, profile_replicates):
    points, intervals = library.get_interval_estimates(methods, aggregates, reps=replicates)
    profiles, bands = library.create_performance_profile(methods, THRESHOLDS,
                                                         reps=profile_replicates)
    better, better_interval = library.get_interval_estimates(
        {'x,y': (methods['x'], methods['y'])}, metrics.probability_of_improvement, reps=replicates)
    result = {'probability_of_improvement': float(better['x,y']),
              'probability_interval': better_interval['x,y'].ravel().tolist(), 'methods': {}}
    for name, scores in methods.items():
        result['methods'][name] = {
            'scores': scores.T.tolist(),  # [task][run]
            'names': ['iqm', 'mean', 'median', 'optimality_gap'],
            'points': points[name].tolist(),
            'low': intervals[name][0].tolist(), 'high': intervals[name][1].tolist(),
            'profile': profiles[name].tolist(),
            'profile_low': bands[name][0].tolist(), 'profile_high': bands[name][1].tolist()}
    return result


def ragged_iqm(rng):
    """Tasks with 2, 3 and 4 runs. Each run repeated 48 / N times weighs 1 / N; 144 scores split
    into quarters without a remainder, so that the trimmed mean is the exact middle half."""
    tasks = [rng.uniform(0, 1, n) for n in (2, 3, 4)]
    pooled = np.concatenate([np.repeat(task, 48 // len(task)) for task in tasks])
    return {'scores': [task.tolist() for task in tasks],
            'exact_iqm': float(stats.trim_mean(pooled, 0.25))}


def survival(rng):
    time = np.round(rng.exponential(200, 12)) * 1000 + 1000
    time[3] = time[5]
    reached = rng.uniform(size=12) < 0.6
    estimate = SurvfuncRight(time, reached.astype(int))
    kept = np.asarray(estimate.n_events) > 0
    return {'time': time.tolist(), 'reached': [bool(r) for r in reached],
            'event_time': np.asarray(estimate.surv_times)[kept].tolist(),
            'remaining': np.asarray(estimate.surv_prob)[kept].tolist(),
            'median': float(estimate.quantile(0.5))}


def record(replicates, profile_replicates):
    rng = np.random.default_rng(20240601)
    np.random.seed(20240601)  # rliable draws from the global generator
    return {
        'script': 'tests/experiments/comparison/statistics/rliable_golden.py, version 1',
        'packages': {name: importlib.metadata.version(name)
                     for name in ('rliable', 'arch', 'scipy', 'statsmodels', 'numpy')},
        'replicates': replicates, 'profile_replicates': profile_replicates,
        'thresholds': THRESHOLDS.tolist(),
        'cases': {name: describe(methods, replicates, profile_replicates)
                  for name, methods in cases(rng).items()},
        'ragged_iqm': ragged_iqm(rng), 'survival': survival(rng)}


def numbers(value, path=()):
    """Every number below `value`, with its place."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from numbers(item, path + (key,))
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from numbers(item, path + (i,))
    elif isinstance(value, (int, float)):
        yield path, float(value)


# The end of an interval from 2,000 replicates was off by 0.010 of scores in [0, 1] at most. Shares of a
# profile and probabilities of improvement take steps as large as one pair of runs: 1/9 in the
# smallest case.
CHECK_REPLICATES, CHECK_PROFILE_REPLICATES = 2000, 200
NOISE = {'low': 0.03, 'high': 0.03, 'profile_low': 0.17, 'profile_high': 0.17,
         'probability_interval': 0.12}


def check(path):
    with open(path, encoding='utf-8') as file:
        recorded = json.load(file)
    again = dict(numbers(record(CHECK_REPLICATES, CHECK_PROFILE_REPLICATES)['cases']))
    print('recorded with', recorded['packages'])
    worst = {}
    for place, value in numbers(recorded['cases']):
        kind = next((word for word in place if word in NOISE), 'point estimates and scores')
        worst[kind] = max(worst.get(kind, 0.0), abs(value - again[place]))
    for kind, difference in worst.items():
        allowed = NOISE.get(kind, 1e-9)
        print(f'{kind}: largest difference {difference:.3g}, allowed {allowed:g}')
    return all(difference <= NOISE.get(kind, 1e-9) for kind, difference in worst.items())


def main():
    if sys.argv[1] == '--check':
        sys.exit(0 if check(sys.argv[2]) else 1)
    golden = record(REPLICATES, PROFILE_REPLICATES)
    with open(sys.argv[1], 'w', encoding='utf-8') as file:
        json.dump(golden, file, indent=1)
        file.write('\n')


if __name__ == '__main__':
    main()
