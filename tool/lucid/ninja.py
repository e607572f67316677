# SPDX-License-Identifier: BSD-2-Clause
"""Writes Ninja files and runs Ninja on them."""
import fcntl
import os
import subprocess
import sys
from contextlib import contextmanager

from .common import ROOT, ToolError, relative, write_if_changed


def escaped(path):
    """A path as it stands in a build statement."""
    return str(path).replace("$", "$$").replace(" ", "$ ").replace(":", "$:")


class NinjaFile:
    """The text of a Ninja file, statement by statement, in the order of the calls."""

    def __init__(self):
        self.lines = ["# Written by ./lucid; do not edit.", "ninja_required_version = 1.10"]

    def variable(self, name, value):
        self.lines.append(f"{name} = {value}")

    def rule(self, name, command, description, **more):
        self.lines += ["", f"rule {name}", f"  command = {command}", f"  description = {description}"]
        self.lines += [f"  {key} = {value}" for key, value in more.items()]

    def build(self, output, rule, inputs, implicit=(), **variables):
        line = f"build {escaped(output)}: {rule} " + " ".join(escaped(path) for path in inputs)
        if implicit:
            line += " | " + " ".join(escaped(path) for path in implicit)
        self.lines.append(line)
        self.lines += [f"  {key} = {value}" for key, value in variables.items()]

    def write(self, path):
        write_if_changed(path, "\n".join(self.lines) + "\n")


@contextmanager
def locked(directory):
    """Two builds in one directory wait for each other: they share Ninja's log."""
    directory.mkdir(parents=True, exist_ok=True)
    with open(directory / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run_ninja(path, targets, what):
    """Bring `targets` up to date; says `what` only if there is something to do. Ninja's progress goes to a
    terminal, compiler messages always go to standard error."""
    command = ["ninja", "-f", str(path)]
    targets = [str(target) for target in targets]
    try:
        dry = subprocess.run(command + ["-n"] + targets, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        raise ToolError("ninja is missing", "./lucid doctor --install") from None
    if "ninja: no work to do" in dry.stdout:
        return
    print(what, file=sys.stderr, flush=True)
    on_terminal = sys.stderr.isatty()
    environment = dict(os.environ, NINJA_STATUS="  [%f/%t] ", LC_ALL="C.UTF-8")
    done = subprocess.run(command + ([] if on_terminal else ["--quiet"]) + targets, cwd=ROOT, env=environment,
                          stdout=sys.stderr)
    if done.returncode != 0:
        raise ToolError(f"the build failed; the first error is above ({relative(path)})")
