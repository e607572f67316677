# SPDX-License-Identifier: BSD-2-Clause
"""Suite `prove`: what `./lucid prove` proves, one job a file. The long run asks Z3 everything afresh."""
import functools

from .. import prove
from ..test import Failure, Job, Result, Skipped

SECONDS = 300.0
LONG_SECONDS = 1200.0


def jobs(_context):
    found = []
    for entry in prove.load():
        found.append(Job("prove", entry.path, lambda entry=entry: run(entry, "replay"), SECONDS))
        found.append(Job("prove", f"{entry.path} (afresh)", lambda entry=entry: run(entry, "none"), LONG_SECONDS, True))
    return found


@functools.cache
def ready():
    """Once: the bit lemmas, and what Z3 has answered before."""
    if reason := prove.other_versions():
        return reason
    prove.refuse_gaps(prove.load())
    prove.prepare()
    prove.unpack_answers()
    return None


def run(entry, mode):
    if reason := ready():
        raise Skipped(reason)
    outcome = prove.prove(entry, mode)
    if outcome.failed:
        raise Failure(f"expected: all goals proved\nseen:\n{prove.complaint(entry, outcome)}")
    return [Result(name, True) for name in entry.functions]
