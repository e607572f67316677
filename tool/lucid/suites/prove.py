# SPDX-License-Identifier: BSD-2-Clause
"""Suite `prove`: what `./lucid prove` proves, with a result for each function. The long run asks Z3 everything
afresh."""
from .. import prove
from ..test import Job, Result, Skipped

SECONDS = 900.0                     # two minutes with answers that are up to date; afresh, beside other tests, much longer
LONG_SECONDS = 1800.0


def jobs(_context):
    return [Job("prove", "contracts", lambda: run("replay"), SECONDS, alone=True),
            Job("prove", "contracts_afresh", lambda: run("none"), LONG_SECONDS, True)]


def run(mode):
    if reason := prove.other_versions():
        raise Skipped(reason)
    entries = prove.load()
    prove.refuse_gaps(entries)
    prove.prepare()
    prove.unpack_answers()
    results = []
    for entry, outcome in prove.prove_all(entries, mode):
        failed = {function for function, _, _ in outcome.failed}
        results += [Result(f"{entry.path}: {name}", True) for name in entry.functions if name not in failed]
        if outcome.failed:
            message = f"expected: all goals proved\nseen:\n{prove.complaint(entry, outcome)}"
            results.append(Result(entry.path, False, message))
    return results
