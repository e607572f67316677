# SPDX-License-Identifier: BSD-2-Clause
"""Suite `tool`: the Python tests of the tool itself, tests/tool/test_*.py."""
from .python import python_jobs

SECONDS = 120.0


def jobs(_context):
    return python_jobs("tool", "tests/tool", SECONDS)
