# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid test`: runs the suites and counts.

A suite is a module of lucid.suites with a function `jobs(context)`. A job is one thing to start (a Python
test, a test program, a system in QEMU); it reports one or many results. Each job has a time limit; whatever
it does, the next one is run. The last line is `N passed, N failed`.

As many jobs run at a time as there are processors (`--jobs`), each in a process of its own, with its output kept until it has ended. Jobs of a
suite in IN_TURN share something (the build folder, what they make of it) and run one after the other.
"""
import importlib
import os
import pickle
import signal
import sys
import tempfile
import time
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Pipe, wait

from .common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, closest, listing, say

SUITES = ("tool", "host", "host32", "smp", "random", "model", "spin", "prove", "fuzz", "coverage", "build", "target", "bench", "system", "smoke")
IN_TURN = ("tool", "build", "random", "prove", "coverage", "fuzz")
LOGS = ROOT / "build/test"


class Failure(Exception):
    """A test's answer is no. The message says what was expected and what was seen."""


class Skipped(Exception):
    """A test that cannot be done on this machine. It counts neither as passed nor as failed, and is listed
    at the end."""


class TimeLimit(BaseException):
    """A job took too long. No Exception, so that no test mistakes it for one of its own."""


@dataclass
class Result:
    name: str
    passed: bool
    message: str = ""
    skipped: bool = False


@dataclass
class Job:
    """Something to run. `work` returns results, or None for a single success; it raises Failure for a
    single failure."""
    suite: str
    name: str
    work: object
    seconds: float = 60.0
    long: bool = False
    alone: bool = False  # it uses all processors itself: nothing runs beside it

    @property
    def title(self):
        return f"{self.suite}/{self.name}"


@dataclass
class Context:
    """What the jobs need to know: how tests are run this time."""
    board: str
    long: bool
    logs: object = LOGS


@dataclass
class Count:
    passed: int = 0
    failed: int = 0
    failures: list = field(default_factory=list)
    skipped: list = field(default_factory=list)

    def add(self, job, results):
        for result in results:
            if result.skipped:
                self.skipped.append(f"{job.title}: {result.message}")
            elif result.passed:
                self.passed += 1
            else:
                self.failed += 1
                self.failures.append(f"{job.title}: {result.name}" if result.name != job.name else job.title)


@contextmanager
def time_limit(seconds):
    """Raise TimeLimit in the block after so many seconds."""
    def expired(_number, _frame):
        raise TimeLimit
    before = signal.signal(signal.SIGALRM, expired)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def run_job(job):
    """The results of a job, whatever happens in it."""
    try:
        with time_limit(job.seconds):
            return job.work() or [Result(job.name, True)]
    except Skipped as reason:
        return [Result(job.name, True, str(reason), skipped=True)]
    except (Failure, ToolError) as failure:
        return [Result(job.name, False, str(failure))]
    except TimeLimit:
        return [Result(job.name, False, f"expected: an end within {job.seconds:g} s\nseen: still running")]
    except Exception:  # a bug in the test itself: it fails, and the others go on
        return [Result(job.name, False, traceback.format_exc().rstrip())]


def show(job, results, seconds):
    failed = [result for result in results if not result.passed]
    if len(results) == 1:
        verdict = "FAILED" if failed else "skipped" if results[0].skipped else "ok"
    else:
        verdict = f"{len(results) - len(failed)} ok" + (f", {len(failed)} FAILED" if failed else "")
    say(f"{job.title:<58} {verdict} ({seconds:.1f} s)")
    for result in failed:
        if result.name != job.name:
            say(f"   FAIL {result.name}")
        for line in result.message.splitlines():
            say(f"      {line}")


def collect(context, suites):
    """All jobs of the suites, in order."""
    jobs = []
    for suite in suites:
        jobs += importlib.import_module(f"lucid.suites.{suite}").jobs(context)
    return jobs


def chosen_suites(names):
    for name in names or ():
        if name not in SUITES:
            meant = closest(name, SUITES)
            raise ToolError(f"there is no suite '{name}'; known: {listing(SUITES)}", f"did you mean '{meant}'?"
                            if meant else None)
    return [suite for suite in SUITES if not names or suite in names]


def command(arguments):
    """./lucid test"""
    if arguments.soak is not None:
        return importlib.import_module("lucid.suites.random").soak(arguments)
    if arguments.torture is not None:
        return importlib.import_module("lucid.suites.smp").torture(arguments)
    if arguments.coverage:
        return importlib.import_module("lucid.coverage").command()
    context = Context(arguments.board, arguments.long)
    jobs = [job for job in collect(context, chosen_suites(arguments.suite)) if job.long == arguments.long]
    if arguments.filter:
        jobs = [job for job in jobs if arguments.filter in job.title]
        if not jobs:
            raise ToolError(f"no test has '{arguments.filter}' in its name", "./lucid test --list shows them")
    if arguments.list:
        for job in jobs:
            say(job.title)
        return EXIT_OK
    return run_all(jobs, arguments.jobs)


class Running:
    """A job in a process of its own."""

    def __init__(self, job):
        self.job, self.began = job, time.monotonic()
        self.output = tempfile.TemporaryFile("w+", errors="replace")
        self.pipe, theirs = Pipe(duplex=False)
        sys.stdout.flush()
        sys.stderr.flush()
        self.process = os.fork()
        if self.process == 0:
            self._child(theirs)
        theirs.close()

    def _child(self, pipe):
        try:
            os.dup2(self.output.fileno(), 1)
            os.dup2(self.output.fileno(), 2)
            pipe.send_bytes(pickle.dumps(run_job(self.job)))
        except KeyboardInterrupt:
            pass
        finally:
            sys.stdout.flush()
            os._exit(0)

    def results(self):
        """When it has ended, or will now."""
        try:
            results = pickle.loads(self.pipe.recv_bytes())
        except EOFError:
            results = None
        _, status = os.waitpid(self.process, 0)
        self.pipe.close()
        if results is None:
            results = [Result(self.job.name, False, f"expected: results\nseen: its process ended with status {status}")]
        self.output.seek(0)
        for line in self.output:
            say(line.rstrip("\n"))
        self.output.close()
        return results


def next_job(waiting, running):
    """The first that may run beside these. One that runs alone comes when nothing else is left."""
    if any(other.job.alone for other in running):
        return None
    busy = {other.job.suite for other in running}
    beside = (job for job in waiting if not job.alone and (job.suite not in IN_TURN or job.suite not in busy))
    return next(beside, next(iter(waiting), None) if not running else None)


def run_side_by_side(jobs, places):
    """Each job's results, and how long it took, as they come."""
    waiting, running = list(jobs), []
    try:
        while waiting or running:
            while len(running) < places and (job := next_job(waiting, running)):
                waiting.remove(job)
                running.append(Running(job))
            ready = wait([one.pipe for one in running])
            for one in [one for one in running if one.pipe in ready]:
                running.remove(one)
                results = one.results()
                yield one.job, results, time.monotonic() - one.began
    finally:
        for one in running:
            os.kill(one.process, signal.SIGINT)
        for one in running:
            os.waitpid(one.process, 0)


def run_in_order(jobs):
    for job in jobs:
        began = time.monotonic()
        results = run_job(job)
        yield job, results, time.monotonic() - began


def run_all(jobs, places=1):
    count, start = Count(), time.monotonic()
    for job, results, seconds in run_in_order(jobs) if places == 1 or len(jobs) == 1 else run_side_by_side(jobs, places):
        count.add(job, results)
        show(job, results, seconds)
    say()
    for heading, names in (("skipped:", count.skipped), ("failed:", count.failures)):
        if names:
            say(heading)
            for name in names:
                say(f"   {name}")
    say(f"{time.monotonic() - start:.0f} s")
    say(f"{count.passed} passed, {count.failed} failed")
    return EXIT_FAILED if count.failed else EXIT_OK
