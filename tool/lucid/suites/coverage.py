# SPDX-License-Identifier: BSD-2-Clause
"""Suite `coverage`: the host tests reach as much of the portable core as is demanded (see lucid/coverage.py)."""
from .. import coverage
from ..test import Failure, Job

SECONDS = 300.0


def jobs(_context):
    return [Job("coverage", "host_tests_reach_the_portable_core", reach, SECONDS)]


def reach():
    wrong = coverage.judge(coverage.measure())
    if wrong:
        raise Failure("expected: enough is reached, and the rest has a reason\nseen:\n" + "\n".join(wrong))
