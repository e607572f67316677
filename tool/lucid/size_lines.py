# SPDX-License-Identifier: BSD-2-Clause
"""How many source lines of the kernel are compiled: those that get past the preprocessor, with the flags that the kernel is built with.

A copy of the sources is made in which each line has become one word that names it, comments (contracts are comments) and blank lines are gone,
and only the preprocessor's own lines are as they were. What the compiler's preprocessor makes of that names each line that it would have passed
on; however often a file is included, a line counts once. Lines that only the preprocessor reads, definitions of macros and #include, are told
apart; conditions do not count.
"""
import re
import subprocess
import tempfile
from collections import Counter
from pathlib import Path

from .common import ROOT, ToolError

FOLDERS = ("kernel", "abi")
SUFFIXES = (".c", ".h", ".S", ".def")
# A comment, or what looks like one but is none: text, a character.
COMMENT = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])'""", re.DOTALL)
DIRECTIVE = re.compile(r"^\s*#\s*(\w*)")
CONDITIONS = {"if", "ifdef", "ifndef", "elif", "else", "endif"}
NAMED = re.compile(r"\blucid_(code|directive)_(\d+)_(\d+)\b")


def without_comments(text):
    """The text, with as many lines."""
    def replacement(match):
        found = match.group()
        return found if found[0] in "\"'" else " " + "\n" * found.count("\n")
    return COMMENT.sub(replacement, text)


def logical_lines(text):
    """(number of the first, lines) for each line with those that it continues on."""
    held, first = [], 1
    for number, line in enumerate(text.splitlines(), 1):
        first = first if held else number
        held.append(line)
        if not line.rstrip().endswith("\\"):
            yield first, held
            held = []
    if held:
        yield first, held


def named_lines(text, file):
    """The text as the preprocessor gets it: each line that counts is its name, before a directive if that counts."""
    made = []
    for first, lines in logical_lines(without_comments(text)):
        directive = DIRECTIVE.match(lines[0])
        kind = "code" if directive is None else "directive"
        names = [f"lucid_{kind}_{file}_{first + index}" for index, line in enumerate(lines) if line.strip()]
        if directive is None or directive.group(1) not in CONDITIONS:
            made += names
        if directive is not None:
            made += lines
    return "\n".join(made) + "\n"


def named_copy(folder):
    """Copy the sources into the folder, as named_lines; the files by number."""
    files = sorted(path.relative_to(ROOT) for name in FOLDERS for path in (ROOT / name).rglob("*") if path.suffix in SUFFIXES)
    for number, path in enumerate(files):
        copy = folder / path
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(named_lines((ROOT / path).read_text(), number))
    return files


def count(command, sources):
    """Two counters, file -> lines, of all that is compiled: lines of code, and lines that only the preprocessor reads. `command`: the compiler and
    its flags."""
    with tempfile.TemporaryDirectory(prefix="lucid-lines-") as folder:
        files = named_copy(Path(folder))
        done = subprocess.run([*command, "-E", "-P", *map(str, sources)], cwd=folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise ToolError(f"the preprocessor does not take the kernel's sources:\n{done.stderr}")
    counts = {"code": Counter(), "directive": Counter()}
    for kind, file, _ in set(NAMED.findall(done.stdout)):
        counts[kind][str(files[int(file)])] += 1
    return counts["code"], counts["directive"]
