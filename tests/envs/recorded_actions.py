#!/usr/bin/env python3
"""Prints the actions of the recorded episodes (tests/golden/dmc/env_<task>.txt) as CSV.

    python3 tests/envs/recorded_actions.py ACTUATORS > actions.csv

Two episodes of 1000 rows, from the 64-bit linear congruential generator that the files name.
"""

import sys

if len(sys.argv) != 2 or not sys.argv[1].isdigit() or sys.argv[1] == '0':
    sys.exit(__doc__)
state = 1
for _ in range(2000):
    row = []
    for _ in range(int(sys.argv[1])):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        row.append(-1.0 + (state >> 11) * 2.0**-53 * 2.0)
    print(','.join(map(repr, row)))
