# SPDX-License-Identifier: BSD-2-Clause
"""Suite `smp`: the portable kernel on several cores, which are threads of one process (tests/smp).

Each tests/smp/test_*.c is a program. All are built twice: `fast`, and `races` under ThreadSanitizer, which ends the program at the first access
that the kernel's locks do not order. The fast torture is the long one.
"""
import os
import random
import subprocess
from pathlib import Path

from ..build import sources
from ..common import ROOT, relative
from ..native import TESTS as HOST_FOLDER
from ..native import NativeBuild, core_sources, host_flags, machine_sources
from ..test import Context, Job, Result, run_all
from . import lines

FOLDER = Path("tests/smp")
CORES = 4
RACES = ["-fsanitize=thread", "-fno-omit-frame-pointer"]
VARIANTS = {"fast": ("gcc", []), "races": ("clang", RACES)}
# Programs that do not get on end themselves (tests/smp/watch.c), and tell why; this is for slow machines that have much else to do.
SECONDS = 3600.0
# How much of what a failing test tells is shown; all of it is in the log.
LINES_SAID = 100
# Operations of the torture test.
OPERATIONS = {"fast": 900_000, "races": 100_000}
LONG_OPERATIONS = {"fast": 9_000_000, "races": 1_000_000}


TORTURE_OPERATIONS = 10_000_000


def programs():
    return [source.stem for source in sources(FOLDER, ("test_*.c",))]


def jobs(context):
    seed = random.SystemRandom().randrange(1, 2**31)
    found = []
    for variant in VARIANTS:
        for name in programs():
            title = f"{name.removeprefix('test_')}_{variant}"
            if name != "test_torture":
                found.append(Job("smp", title, lambda name=name, variant=variant: run(context, variant, name), SECONDS))
                continue
            for long, operations in ((False, OPERATIONS), (True, LONG_OPERATIONS)):
                words = [f"--operations={operations[variant]}", f"--seed={seed}"]
                found.append(Job("smp", f"{title}_with_seed_{seed}",
                                 lambda name=name, variant=variant, words=words: run(context, variant, name, *words), SECONDS, long))
    return found


def torture(arguments):
    """`./lucid test --torture RUNS`: one after the other, each with a seed of its own."""
    first = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1, 2**31)
    context = Context(arguments.board, long=True)
    return run_all([Job("smp", f"torture_with_seed_{seed}",
                        lambda seed=seed: run(context, "fast", "test_torture", f"--operations={TORTURE_OPERATIONS}", f"--seed={seed}"), SECONDS)
                    for seed in range(first, first + arguments.torture)])


def build(variant, name):
    """Build all programs of the variant, since they share nearly everything; the path of one."""
    cc, own = VARIANTS[variant]
    native = NativeBuild(f"build/smp/{variant}", cc, [*own, "-O2", "-pthread"])
    flags = [*host_flags(CORES), *own, "-pthread", f"-I{FOLDER}"]
    shared = [native.compile(source, "cc", flags)
              for source in [*core_sources(), *machine_sources(), HOST_FOLDER / "system.c", HOST_FOLDER / "harness.c",
                             *(source for source in sources(FOLDER) if not source.name.startswith("test_"))]]
    built = [native.program(program, [native.compile(FOLDER / f"{program}.c", "cc", flags), *shared]) for program in programs()]
    native.make(built, f"building the tests of several cores ({variant})")
    return ROOT / native.folder / name


def said_of(text, name):
    """What a program printed after it said that this test fails, until the next result: where each core stood."""
    told = text.splitlines()
    at = next(number for number, line in enumerate(told) if line.startswith(f"FAIL {name}: "))
    following = []
    for line in told[at + 1:]:
        if lines.LINE.match(line.strip()):
            break
        following.append(line)
    return following[:LINES_SAID]


def run(context, variant, name, *arguments):
    command = [build(variant, name), *map(str, arguments)]
    log = context.logs / f"smp-{variant}-{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = dict(os.environ, TSAN_OPTIONS="halt_on_error=1 second_deadlock_stack=1")
    with open(log, "wb") as output, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                                                     cwd=ROOT, env=environment) as process:
        try:
            status = process.wait()
        finally:
            process.kill()
    text = log.read_text(errors="replace")
    results, _ = lines.parse(text)
    failed = lines.numbers(results)[1]
    for result in results:
        if not result.passed:
            result.message += "".join(f"\n{line}" for line in said_of(text, result.name))
            result.message += f"\nagain: {' '.join([relative(command[0]), *command[1:]])}; all of it is in {relative(log)}"
    if not results or (status != 0) != (failed > 0):
        tail = "\n".join(text.splitlines()[-25:])
        results.append(Result(f"{name} ends", False, f"expected: results, and exit status {1 if failed else 0}\n"
                                                     f"seen: {len(results)} results, and exit status {status}; the end of {relative(log)}:\n{tail}"))
    return results
