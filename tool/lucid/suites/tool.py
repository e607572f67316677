# SPDX-License-Identifier: BSD-2-Clause
"""Suite `tool`: the Python tests of the tool itself, tests/tool/test_*.py (unittest). Each test method is one job."""
import unittest

from ..common import ROOT
from ..test import Failure, Job

FOLDER = ROOT / "tests/tool"
SECONDS = 120.0


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def jobs(_context):
    loaded = unittest.TestLoader().discover(str(FOLDER), top_level_dir=str(FOLDER))
    return [Job("tool", name_of(test), lambda test=test: run(test), SECONDS) for test in flat(loaded)]


def name_of(test):
    """test_bundle.py, test_a_session_has_a_badge -> bundle/a_session_has_a_badge"""
    module = type(test).__module__.removeprefix("test_")
    return f"{module}/{test._testMethodName.removeprefix('test_')}"


def run(test):
    result = unittest.TestResult()
    test.run(result)
    for _, text in result.failures + result.errors:
        raise Failure(text.rstrip())
