# SPDX-License-Identifier: BSD-2-Clause
"""Suite `target`: the kernel's tests on a machine.

The systems systems/test.toml and systems/test_*.toml are built with the debug and the release kernel and run
in virtual time (-icount), so that a loaded host changes nothing. They print results as suites/lines.py
describes and power off after END. Systems named test_*_long are long runs.

With the default board the tests also run on one board of each other architecture, and with several cores: see CORES. With another board, there only.
(Of the other architectures, the debug kernel for one core and the release kernel for four are in the long run.)
"""
from ..board import DEFAULT_BOARD
from ..build import Variant, build
from ..common import relative
from ..compiler import KINDS
from ..description import system_names
from ..machine import Options
from ..test import Failure, Job, Result
from . import lines
from .console import Recorder

SECONDS = 600.0
LONG_SECONDS = 1500.0
OTHER_BOARDS = ["qemu-aarch64", "qemu-riscv64"]
CORES = [("debug", 2), ("release", 4)]
TURN = 1000  # instructions, of several cores each: left to itself, QEMU 7.2 starves cores that others wait for (bench/plugin/turns.h)


def jobs(context):
    names = [name for name in system_names() if name == "test" or name.startswith("test_")]
    boards = OTHER_BOARDS if context.board == DEFAULT_BOARD else []
    return [*(job(name, Variant(context.board, kind), context) for name in names for kind in KINDS),
            *(job("test", Variant(board, kind), context, long=kind == "debug") for board in boards for kind in KINDS),
            *(job("test", Variant(board, kind, cores=cores), context, long=board in boards and kind == "release")
              for board in [context.board, *boards] for kind, cores in CORES)]


def job(name, variant, context, long=False):
    how = ([variant.board] if variant.board != context.board else []) + [variant.kind] + (
        [f"{variant.cores} cores"] if variant.cores > 1 else [])
    long = long or name.endswith("_long")
    return Job("target", f"{name} ({', '.join(how)})", lambda: run(name, variant, context), LONG_SECONDS if long else SECONDS, long)


def run(name, variant, context):
    built = build(name, variant)
    emulator = built.system.board.emulator
    options = Options(cores=variant.cores, icount=True, turn=TURN if variant.cores > 1 and emulator and not emulator.is_bochs else 0,
                      extra=emulator.test_target if emulator else [])
    return run_tests(built, options, context.logs / f"target-{name}-{variant.name}.log", name)


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
