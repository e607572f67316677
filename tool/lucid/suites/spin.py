# SPDX-License-Identifier: BSD-2-Clause
"""Suite `spin`: the protocol between cores, modelled (spec/spin), and all its runs searched by Spin.

Spin makes a C program that goes through every interleaving of the model. A run without a planted mistake must find no error, to
the end; one with a mistake must find an error of the kind that the mistake is expected to make. So we know that the claims can fail.
"""
import re
import shutil
import subprocess
from dataclasses import dataclass

from ..common import ROOT, ToolError, relative
from ..test import Failure, Job

FOLDER = ROOT / "spec/spin"
BUILD = ROOT / "build/spin"
SECONDS = 600.0
MEGABYTES = 4000
DEPTH = 1_000_000
DEADLOCK, CLAIM = "invalid end state", "assertion violated"


@dataclass(frozen=True)
class Run:
    """One search. `error`: what Spin must find; None: nothing."""
    name: str
    model: str
    defines: tuple
    error: str | None = None
    long: bool = False


TWO = ("ENTRIES=2",)
CHANGES = ("CHANGES=3", "SWITCHES=3")
RING = ("ENTRIES=5", "PLACES=2")
SMALL = {"locks": TWO, "shootdown": CHANGES, "ring": RING}  # what a planted mistake is searched in

RUNS = (
    Run("locks_with_2_entries", "locks", TWO),
    Run("locks_with_3_entries_of_fewer_kinds", "locks", ("ENTRIES=3", "FEWER_OPERATIONS")),
    Run("locks_with_3_entries", "locks", ("ENTRIES=3",), long=True),
    Run("shootdown_with_3_changes", "shootdown", CHANGES),
    Run("ring_with_2_places", "ring", RING),
    Run("ring_with_3_places", "ring", ("ENTRIES=8", "PLACES=3")),
    Run("shootdown_with_5_changes", "shootdown", ("CHANGES=5", "SWITCHES=4"), long=True),
)

# What is wrong in the model, by its -DMISTAKE_x, and what comes of it.
MISTAKES = (
    ("locks", "DEAF", DEADLOCK),                # who waits for a lock does not answer
    ("locks", "ORDER", DEADLOCK),               # the own lock first, then the other one
    ("locks", "NO_SECOND_LOOK_UP", CLAIM),      # what was looked up before the locks were taken is used
    ("locks", "NO_VOID", CLAIM),                # the call goes on though its thread may have been taken away
    ("locks", "NO_RESTART", CLAIM),             # who takes a thread away in its call does not set it back
    ("locks", "NO_WAIT", CLAIM),                # nor waits until it is parked
    ("locks", "EARLY_INTERRUPT", CLAIM),        # the interrupt comes before the flag, which is read without the lock
    ("locks", "NO_RESCHEDULE_BIT", CLAIM),      # an interrupt to look who shall run is taken for one to flush
    ("ring", "LATE_FLAG", DEADLOCK),            # who finds nothing to do says that it sleeps after it has looked once more
    ("ring", "NO_SECOND_LOOK", DEADLOCK),       # nor looks once more
    ("ring", "EARLY_TELLING", DEADLOCK),        # whether the other sleeps is read before the index is written
    ("ring", "EARLY_RELEASE", CLAIM),           # a place is given back before its entry was copied
    ("shootdown", "DEAF", DEADLOCK),
    ("shootdown", "NO_WAIT", CLAIM),            # unmap returns before the others have flushed
    ("shootdown", "NO_MARK", CLAIM),            # the space's tag is not stale for cores that have not loaded it
    ("shootdown", "LATE_TELLING", CLAIM),       # a core says that it has the space only after it has looked whether that is stale
)


def runs():
    planted = (Run(f"{model}_{mistake.lower()}_is_found", model,
                   (*SMALL[model], f"MISTAKE_{mistake}"), error)
               for model, mistake, error in MISTAKES)
    return (*RUNS, *planted)


def jobs(_context):
    return [Job("spin", run.name, lambda run=run: check(run), SECONDS, run.long) for run in runs()]


def build(run):
    """The program that searches; its folder."""
    if shutil.which("spin") is None:
        raise ToolError("spin is missing", "./lucid doctor --install --for test")
    folder = BUILD / run.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    command(folder, "spin", *(f"-D{define}" for define in run.defines), "-a", FOLDER / f"{run.model}.pml")
    optimize = "-O0" if run.error else "-O1"  # compiling well would take longer than finding a mistake
    command(folder, "gcc", optimize, "-w", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEGABYTES}", "-o", "pan", "pan.c")
    return folder


def command(folder, *words):
    done = subprocess.run([str(word) for word in words], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"expected: {words[0]} succeeds\nseen: exit status {done.returncode}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout


def check(run):
    folder = build(run)
    log = folder / "pan.log"
    with open(log, "wb") as output, subprocess.Popen([folder / "pan", f"-m{DEPTH}"], stdin=subprocess.DEVNULL, stdout=output,
                                                     stderr=subprocess.STDOUT, cwd=folder) as process:
        try:
            process.wait()
        finally:
            process.kill()
    judge(run, log.read_text(errors="replace"), folder)


def judge(run, text, folder):
    errors = re.search(r"errors: (\d+)", text)
    error = re.search(r"^pan:1: (.*?) *\(at depth", text, re.MULTILINE)
    seen = error.group(1) if error else "no error" if errors and errors.group(1) == "0" else "no end"
    if any(words in text for words in ("search depth too small", "Search not completed", "out of memory", "reached -DMEMLIM")) and not error:
        seen = "a search that is not complete"
    expected = run.error or "no error"
    if not seen.startswith(expected):
        raise Failure(f"expected: {expected}\nseen: {seen}; see {relative(folder / 'pan.log')}" + trail(run, folder))
    states = re.search(r"(\d+) states, stored", text)
    if run.error is None:
        print(f"{run.name}: {int(states.group(1)):,} states, no error")


def trail(run, folder):
    if not (folder / f"{run.model}.pml.trail").exists():
        return ""
    defines = " ".join(f"-D{define}" for define in run.defines)
    return f"\nhow it comes to that: cd {relative(folder)}; spin {defines} -t -p -g {FOLDER / run.model}.pml"
