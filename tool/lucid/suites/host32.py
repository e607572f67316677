# SPDX-License-Identifier: BSD-2-Clause
"""Suite `host32`: the unit tests of suite `host`, compiled for a word of 32 bits (-m32), under the undefined-behaviour sanitizer.

There is no port with such words. That the core compiles without a warning and does the same shows that it is not written for
64 bits only; see docs/porting.md.
"""
from pathlib import Path

from . import host

WAY = host.Way("host32", Path("build/host32"), ("-m32", "-O1", "-fsanitize=undefined", "-fno-sanitize-recover=all"))


def jobs(context):
    return host.program_jobs(context, WAY)
