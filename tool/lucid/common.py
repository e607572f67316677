# SPDX-License-Identifier: BSD-2-Clause
"""What every module of the tool uses: where the repository is, how errors travel, how files are written."""
import difflib
import os
import pwd
import shlex
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

EXIT_OK = 0
EXIT_FAILED = 1      # it ran, and the answer is no
EXIT_NOT_STARTED = 2  # wrong arguments, wrong description, build failure, something missing


class ToolError(Exception):
    """A message for people: the thing, the place, the way out. `status` is the tool's exit status."""

    def __init__(self, message, hint=None, status=EXIT_NOT_STARTED):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status

    def __str__(self):
        return self.message if self.hint is None else f"{self.message}\n   {self.hint}"


def say(text=""):
    """One line of progress or result, at once."""
    print(text, flush=True)


def complain(text):
    print(text, file=sys.stderr, flush=True)


def open_standard_streams():
    """What the caller has closed of standard input, output and error is /dev/null, so that no file gets its number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)
    sys.stdin = sys.stdin or open(0, closefd=False)
    sys.stdout = sys.stdout or open(1, "w", closefd=False)
    sys.stderr = sys.stderr or open(2, "w", closefd=False)


def discard_output():
    """Nobody reads standard output any more: what still comes goes nowhere."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)


def system_error(error):
    """The ToolError for what the operating system refused: the path, and the way out if it is a matter of owners."""
    reason = error.strerror or str(error)
    if error.filename is None:
        return ToolError(f"the system refused something: {reason}")
    path = os.fsdecode(error.filename) if isinstance(error.filename, (str, bytes, os.PathLike)) else str(error.filename)
    return ToolError(f"{relative(path)}: {reason[:1].lower() + reason[1:]}",
                     owner_hint(path) if isinstance(error, PermissionError) else None)


def owner_hint(path):
    """What to do about a path, or the folder it would be made in, that belongs to another user; None if none does."""
    path = Path(os.path.abspath(path))
    for place in (path, *path.parents):
        try:
            owner = place.stat().st_uid
        except OSError:
            continue
        if owner == os.geteuid():
            return None
        try:
            name = pwd.getpwuid(owner).pw_name
        except KeyError:
            name = f"user {owner}"
        if place.is_relative_to(ROOT / "build"):
            return f"build/ belongs to {name}: sudo chown -R $USER {shlex.quote(str(ROOT / 'build'))}, or sudo make clean"
        place = ROOT if place.is_relative_to(ROOT) else place
        return f"{place} belongs to {name}: sudo chown -R $USER {shlex.quote(str(place))}"
    return None


def relative(path):
    """The path as people see it: relative to the repository if it is in there."""
    path = Path(os.path.abspath(path))
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


def write_atomically(path, data):
    """Write bytes or text so that a reader (or a crash) never sees half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(data, str):
        data = data.encode()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def write_if_changed(path, data):
    """Like write_atomically, but leaves a file alone that has this content: Ninja goes by time stamps."""
    path = Path(path)
    if isinstance(data, str):
        data = data.encode()
    if path.exists() and path.read_bytes() == data:
        return False
    write_atomically(path, data)
    return True


def closest(name, candidates):
    """The candidate that `name` was probably meant to be, or None."""
    found = difflib.get_close_matches(name, list(candidates), n=1, cutoff=0.6)
    return found[0] if found else None


def listing(names, nothing="nothing"):
    """'a, b and c' for messages, in a stable order."""
    names = list(names)
    if not names:
        return nothing
    if len(names) == 1:
        return str(names[0])
    return ", ".join(names[:-1]) + " and " + names[-1]


def size_text(size):
    """A size as people write it: 4 KiB, 1.5 MiB."""
    for unit, factor in (("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)):
        if size >= factor:
            value = size / factor
            return f"{value:.0f} {unit}" if value == int(value) else f"{value:.1f} {unit}"
    return f"{size} bytes"


def align_up(value, alignment):
    return (value + alignment - 1) // alignment * alignment
