# SPDX-License-Identifier: BSD-2-Clause
"""The README and the tutorial, done as they say, in a copy of the repository: what they show is what comes.

A comment before a block of the text says what the reader does with it:

    <!-- new FILE -->                the block is a file that a command has made
    <!-- write FILE -->              the block becomes the file
    <!-- append FILE -->             the block is added at the end of the file
    <!-- tail FILE FROM -->          the block replaces the file from the line FROM to the end
    <!-- before FILE TEXT -->        the block is put before the line with TEXT
    <!-- change FILE OLD => NEW -->  (without a block) one text in the file is replaced
    <!-- session SYSTEM -->          the block is a session with this system

A block that begins with "$ " is a command and what it prints; lines after "lucid> " are typed. Every line shown must come, in whatever order
components print; numbers may differ, and "..." stands for anything.
"""
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

from lucid.common import ROOT
from lucid.suites.build import copy_sources

PART = re.compile(r"<!-- (?P<verb>\w+) (?P<words>.*?) -->|^```(?P<kind>\w*)\n(?P<block>.*?)^```$", re.S | re.M)


def shape(line):
    """A line without what differs from run to run: the commit, numbers, widths of columns."""
    line = re.sub(r"(lucid [0-9.]+) \([^)]*\)", r"\1", line)
    line = re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{16}\b|[0-9]+(\.[0-9]+)*", "#", line)
    return re.sub(r"\s+", " ", line).strip()


class Reader:
    """Somebody who follows a document literally."""

    def __init__(self, folder, document):
        self.folder = folder
        self.text = (ROOT / document).read_text()
        self.problems = []
        self.done = 0

    def follow(self):
        waiting = None
        for part in PART.finditer(self.text):
            if part["verb"]:
                waiting = (part["verb"], part["words"])
                if part["verb"] == "change":
                    self.change(*waiting)
                    waiting = None
            else:
                self.block(waiting, part["block"])
                waiting = None

    def block(self, waiting, block):
        if waiting and waiting[0] == "session":
            self.session(waiting[1], block)
        elif waiting:
            getattr(self, waiting[0])(waiting[1], block)
        elif block.startswith("$ "):
            self.command(block)

    def path(self, name):
        self.done += 1
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def new(self, name, block):
        made = self.path(name).read_text()
        if block.strip() not in made:
            self.problems.append(f"{name} is not as shown, but:\n{made}")

    def write(self, name, block):
        self.path(name).write_text(block)

    def append(self, name, block):
        path = self.path(name)
        path.write_text(path.read_text() + "\n" + block)

    def tail(self, words, block):
        name, start = words.split(" ", 1)
        path = self.path(name)
        kept = path.read_text().split(start + "\n")[0]
        path.write_text(kept + block)

    def before(self, words, block):
        name, text = words.split(" ", 1)
        path = self.path(name)
        lines = path.read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if text in line)
        path.write_text("".join(lines[:at]) + block + "".join(lines[at:]))

    def change(self, _, words):
        name, change = words.split(" ", 1)
        old, new = change.split(" => ")
        path = self.path(name)
        self.problems += [] if old in path.read_text() else [f"{name} does not contain '{old}'"]
        path.write_text(path.read_text().replace(old, new))

    def command(self, block):
        command, _, shown = block[2:].partition("\n")
        words = command.split("#")[0].split()
        if words[:2] == ["./lucid", "run"]:
            self.session(words[2], shown)
        else:
            self.compare(command, shown, self.run(words))

    def session(self, system, shown):
        """Type what is typed; a system without a shell is left when the last line shown has come."""
        typed = re.findall(r"^lucid> (.+)$", shown, re.M)
        last = [line for line in shown.splitlines() if line.strip() and line != "..."][-1]
        options = ["--timeout", "60"]
        if not typed:
            options += ["--expect", last]
        elif typed[-1] != "poweroff":
            typed.append("poweroff")
        self.compare(f"run {system}", shown, self.run(["./lucid", "run", system, *options], "".join(f"{line}\n" for line in typed)))

    def run(self, words, typed=""):
        self.done += 1
        done = subprocess.run(words, input=typed, capture_output=True, text=True, cwd=self.folder)
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", (done.stdout + done.stderr).replace("\r", ""))

    def compare(self, what, shown, seen):
        come = {shape(line) for line in seen.splitlines()}
        for line in shown.splitlines():
            if line.strip() not in ("", "...") and shape(line) not in come:
                self.problems.append(f"{what}: this did not come: {line}\nbut:\n{seen}")
                return


class Documents(unittest.TestCase):
    def follow(self, document, least):
        with tempfile.TemporaryDirectory(prefix="lucid-document-") as base:
            folder = Path(base, "copy")
            copy_sources(folder)
            reader = Reader(folder, document)
            reader.follow()
            self.assertEqual(reader.problems, [], "\n".join(reader.problems))
            self.assertGreaterEqual(reader.done, least, "the document's parts were not found")

    def test_the_readme_shows_what_comes(self):
        self.follow("README.md", 2)

    def test_the_tutorial_shows_what_comes(self):
        self.follow("docs/tutorial.md", 15)
