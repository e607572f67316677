# SPDX-License-Identifier: BSD-2-Clause
"""Suite `system`: whole systems with expected output, one file each: tests/system/*.toml.

A file says what to build, what to type, and what to see; tests/system/README.md describes it. The steps are
done in order, each waits until its text has come (after what the steps before have matched) or the time of
the whole test is up. What a file cannot say is in tests/system/test_*.py.
"""
import re
import time
from dataclasses import dataclass, field

from .. import checks
from ..build import Variant, build
from ..common import ROOT
from ..compiler import COMPILERS, KINDS
from ..machine import Options
from ..session import PANIC
from ..test import Failure, Job
from ..toml_places import Document
from .console import Recorder
from .damage import damaged
from .python import python_jobs

FOLDER = ROOT / "tests/system"
KEYS = {"what", "system", "board", "kinds", "compiler", "boot", "cores", "memory", "icount", "seconds", "long", "steps",
        "ends", "damage"}
STEP_KEYS = {"expect", "match", "absent", "line", "type", "pause"}
ENDS = {"power off", "panic", "reset", "any"}
PYTHON_SECONDS = 300.0
BUILD_SECONDS = 120.0
ENTER = "\r"


@dataclass
class Script:
    """One test file."""
    name: str
    system: str
    steps: list
    board: str | None = None  # None: the one that the tests are for
    kinds: list = field(default_factory=lambda: ["release"])
    compiler: str = "gcc"
    options: Options = field(default_factory=Options)
    seconds: float = 60.0
    long: bool = False
    ends: str = "any"
    damage: list = field(default_factory=list)


def read_script(path):
    """A test file, checked."""
    document = Document(path)
    values = document.values
    checks.known_keys(document, (), values, KEYS, "a system test")
    for key in ("system", "steps"):
        if key not in values:
            raise document.error((), f"the test lacks '{key}'")
    for index, step in enumerate(values["steps"]):
        checks.known_keys(document, ("steps", index), step, STEP_KEYS, "a step")
        if len(step) != 1:
            raise document.error(("steps", index), "a step does one thing")
    options = Options(cores=values.get("cores", 1),
                      boot=checks.one_of(document, ("boot",), values.get("boot", "elf"), ["elf", "iso", "uefi"]),
                      icount=values.get("icount", False))
    if "memory" in values:
        options.memory = checks.size(document, ("memory",), values["memory"])
    for kind in values.get("kinds", []):
        checks.one_of(document, ("kinds",), kind, list(KINDS))
    return Script(path.stem, values["system"], values["steps"], values.get("board"), values.get("kinds", ["release"]),
                  checks.one_of(document, ("compiler",), values.get("compiler", "gcc"), list(COMPILERS)), options,
                  float(values.get("seconds", 60)), values.get("long", False),
                  checks.one_of(document, ("ends",), values.get("ends", "any"), sorted(ENDS)),
                  values.get("damage", []))


def jobs(context):
    found = []
    for path in sorted(FOLDER.glob("*.toml")):
        script = read_script(path)
        for kind in script.kinds:
            name = script.name if len(script.kinds) == 1 else f"{script.name} ({kind})"
            found.append(Job("system", name, lambda script=script, kind=kind: run(script, kind, context),
                             script.seconds + BUILD_SECONDS, script.long))
    return found + python_jobs("system", "tests/system", PYTHON_SECONDS)


def run(script, kind, context):
    built = build(script.system, Variant(script.board or context.board, kind, script.compiler, script.options.cores), iso=script.options.boot != "elf")
    with damaged(built, script.damage) as image:
        with Recorder(image, script.options, context.logs / f"system-{script.name}-{kind}.log") as recorder:
            Player(script, recorder).play()


class Player:
    """Does the steps of a script with a machine."""

    def __init__(self, script, recorder):
        self.script = script
        self.recorder = recorder
        self.deadline = time.monotonic() + script.seconds
        self.typed_at = 0  # where in the text the last typing was

    def play(self):
        if self.script.ends == "panic" or any(PANIC in step.get("expect", "") for step in self.script.steps):
            self.recorder.tolerate_panic()
        for step in self.script.steps:
            (kind, value), = step.items()
            getattr(self, f"_{kind}")(value)
        self._end()

    def _expect(self, text):
        def find(printed, start):
            at = printed.find(text, start)
            return None if at < 0 else at + len(text)
        self.recorder.expect(find, f"'{text}'", self.deadline)

    def _match(self, pattern):
        compiled = re.compile(pattern, re.MULTILINE)
        def find(printed, start):
            match = compiled.search(printed, start)
            return match.end() if match else None
        self.recorder.expect(find, f"something that matches '{pattern}'", self.deadline)

    def _absent(self, text):
        """The text was not printed since the last typing."""
        printed = self.recorder.since(self.typed_at)
        if text in printed:
            raise Failure(f"expected: no '{text}'\nseen:\n{printed[-1000:]}")

    def _line(self, text):
        self._type(text + ENTER)

    def _type(self, text):
        self.typed_at = self.recorder.position
        self.recorder.type(text)

    def _pause(self, seconds):
        until = time.monotonic() + seconds
        self.recorder.idle(until)

    def _end(self):
        """How the machine has to end."""
        ends = self.script.ends
        if ends == "any":
            return
        if ends == "panic":
            return self._expect(PANIC)
        over = self.recorder.until_end(self.deadline)
        if ends == "power off" and not over.success:
            raise Failure(f"expected: the system powers off\nseen: {over.reason}")
        if ends == "reset" and over.success:
            raise Failure(f"expected: the machine is reset\nseen: {over.reason}")
