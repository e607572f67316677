# SPDX-License-Identifier: BSD-2-Clause
"""Suite `target`: the kernel's tests on a machine.

The systems systems/test.toml and systems/test_*.toml are built with the debug and the release kernel and run
in virtual time (-icount), so that a loaded host changes nothing. They print results as suites/lines.py
describes and power off after END. Systems named test_*_long are long runs.
"""
from ..build import Variant, build
from ..common import relative
from ..compiler import KINDS
from ..description import system_names
from ..machine import Options
from ..test import Failure, Job, Result
from . import lines
from .console import Recorder

SECONDS = 300.0
LONG_SECONDS = 1500.0


def jobs(context):
    names = [name for name in system_names() if name == "test" or name.startswith("test_")]
    return [Job("target", f"{name} ({kind})", lambda name=name, kind=kind: run(name, kind, context),
                LONG_SECONDS if name.endswith("_long") else SECONDS, name.endswith("_long"))
            for name in names for kind in KINDS]


def run(name, kind, context):
    built = build(name, Variant(context.board, kind))
    emulator = built.system.board.emulator
    options = Options(icount=True, extra=emulator.test_target if emulator else [])
    return run_tests(built, options, context.logs / f"target-{name}-{kind}.log", name)


def run_tests(built, options, log, name, look=None):
    """The results that a system prints which is made of tests; and those of `look`, at the machine that has ended."""
    with Recorder(built, options, log, reset_limit=0) as recorder:
        ending = recorder.until_end()
        seen_there = look(recorder.machine) if look else []
    results, end = lines.parse(recorder.text)
    if end is None or end != lines.numbers(results) or not ending.success:
        seen = f"END {end[0]} passed, {end[1]} failed" if end else "no END line"
        passed, failed = lines.numbers(results)
        message = (f"expected: END with the numbers of {passed} passed and {failed} failed lines, then power off\n"
                   f"seen: {seen}; {ending.reason}; the end of {relative(recorder.log)}:\n")
        results.append(Result(f"{name} ends", False, message + "\n".join(recorder.last_lines())))
    if not results:
        raise Failure(f"expected: results\nseen: none in {relative(recorder.log)}")
    return results + seen_there
