# SPDX-License-Identifier: BSD-2-Clause
"""Jobs out of Python's unittest: the test methods in a folder's test_*.py. Each is one job."""
import unittest

from ..common import ROOT
from ..test import Failure, Job, Skipped


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def python_jobs(suite, folder, seconds):
    loaded = unittest.TestLoader().discover(str(ROOT / folder), top_level_dir=str(ROOT / folder))
    return [Job(suite, name_of(test), lambda test=test: run(test), seconds) for test in flat(loaded)]


def name_of(test):
    """test_bundle.py, test_a_session_has_a_badge -> bundle/a_session_has_a_badge"""
    module = type(test).__module__.removeprefix("test_")
    return f"{module}/{test._testMethodName.removeprefix('test_')}"


def run(test):
    result = unittest.TestResult()
    test.run(result)
    for _, text in result.failures + result.errors:
        raise Failure(text.rstrip())
    for _, reason in result.skipped:
        raise Skipped(reason)
