# SPDX-License-Identifier: BSD-2-Clause
"""Files that are damaged at random: the tool reads them, or says in a sentence what is wrong with them; it never falls over.

One seed is one run: TEST_SEED sets it, and every failure names it.
"""
import os
import random
import shutil
import struct
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from support import SAMPLE, FolderTest, ToolError

from lucid import graph
from lucid.board import load_board
from lucid.description import load_system
from lucid.dwarf_lines import read_lines
from lucid.elf import Elf
from lucid.loadable import loadable_segments

SEED = int(os.environ.get("TEST_SEED") or 20250101)
PROGRAM = """\
int table[30];
void _start(void);
__attribute__((noinline)) int divide(int a, int b);
int divide(int a, int b)
{
    return table[a & 7] / b;
}
void _start(void)
{
    table[1] = divide(table[2], table[3]);
    __builtin_trap();
}
"""
EDGES = (0, 1, 7, 0x7f, 0x80, 0xff, 0x1000, 0xffff, 0x7fffffff, 0xffffffff, 1 << 63, (1 << 64) - 1)


def damaged(data, chance):
    """The bytes with some of them changed, or cut off."""
    data = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        size = chance.choice((1, 1, 2, 4, 8))
        # The headers at both ends are where the sense is.
        at = chance.choice((chance.randrange(64), chance.randrange(512), len(data) - 1 - chance.randrange(1024),
                            chance.randrange(len(data))))
        at = max(0, min(at, len(data) - size))
        value = chance.choice((chance.choice(EDGES), chance.getrandbits(8 * size),
                               int.from_bytes(data[at:at + size], "little") + chance.choice((-8, -1, 1, 8))))
        data[at:at + size] = (value % (1 << 8 * size)).to_bytes(size, "little")
    if chance.random() < 0.1:
        del data[chance.randrange(len(data)):]
    return bytes(data)


class Inputs(FolderTest):
    def expect_sentence(self, run, what, seed):
        """It succeeds, or there is a message that names the file. True if it succeeded."""
        try:
            run()
            return True
        except ToolError as error:
            self.assertIn("damaged-file", str(error), f"seed {seed}")
            self.assertGreater(len(str(error)), 20, f"seed {seed}")
            return False
        except Exception as error:
            raise AssertionError(f"expected a ToolError for {what} (seed {seed}), seen {error!r}") from error


class DamagedElf(Inputs):
    ROUNDS = 1000

    def link(self, compiler):
        (self.folder / "program.c").write_text(PROGRAM)
        target = self.folder / f"{compiler}.elf"
        subprocess.run([compiler, "-O1", "-g", "-ffreestanding", "-fno-pic", "-nostdlib", "-static", "-Wl,--build-id=none",
                        "-Wl,-z,norelro", "-Wl,-z,max-page-size=4096", "-Wl,-z,separate-code", "program.c", "-o", target],
                       cwd=self.folder, check=True)
        return target.read_bytes()

    def read_all(self, path):
        elf = Elf(path)
        elf.functions()
        elf.contents(".text")
        loadable_segments(elf)
        read_lines(elf)

    def damage(self, compiler, good):
        path = self.folder / "damaged-file.elf"
        succeeded = 0
        for seed in range(SEED, SEED + self.ROUNDS):
            path.write_bytes(damaged(good, random.Random(seed)))
            succeeded += self.expect_sentence(lambda: self.read_all(path), f"an ELF file of {compiler}", seed)
        self.assertGreater(succeeded, self.ROUNDS // 10)
        self.assertGreater(self.ROUNDS - succeeded, self.ROUNDS // 10)

    def test_files_of_gcc(self):
        self.damage("gcc", self.link("gcc"))

    def test_files_of_clang(self):
        if shutil.which("clang") is None:
            self.skipTest("clang is missing")
        self.damage("clang", self.link("clang"))

    def test_damaged_lines(self):
        """The line numbers alone, where nearly every byte is an instruction of a program."""
        good = self.link("gcc")
        path = self.folder / "damaged-file.elf"
        path.write_bytes(good)
        section = Elf(path).section(".debug_line")
        for seed in range(SEED, SEED + self.ROUNDS):
            lines = damaged(good[section.offset:section.offset + section.size], random.Random(seed))[:section.size]
            path.write_bytes(good[:section.offset] + lines.ljust(section.size, b"\0") + good[section.offset + section.size:])
            self.expect_sentence(lambda: read_lines(Elf(path)), "line numbers", seed)

    def test_every_length_of_a_file_is_read_or_refused(self):
        good = self.link("gcc")
        path = self.folder / "damaged-file.elf"
        for size in [*range(0, 512), *range(512, len(good), 61)]:
            path.write_bytes(good[:size])
            self.expect_sentence(lambda: self.read_all(path), f"the first {size} bytes", size)

    def test_headers_of_no_size_are_refused(self):
        """65535 headers, all of them the same one: sections times segments would never end."""
        good = bytearray(self.link("gcc"))
        for at in (54, 58):
            struct.pack_into("<HH", good, at, 0, 0xffff)
        path = self.folder / "damaged-file.elf"
        path.write_bytes(good)
        with self.assertRaisesRegex(ToolError, "damaged-file.elf: this ELF file is damaged .program headers of another size"):
            self.read_all(path)


class DamagedDescription(Inputs):
    ROUNDS = 1000
    TEXT = SAMPLE + """\
args = "some \\"text\\" here"
priority = 50
budget = "2ms / 10ms"
memory = "2MiB"
stack = "64KiB"
restart = "always"
devices = ["uart"]

[component.echo]
source = "third"
provides = { echo = "Echo" }
args = "${text}"

[parameters]
text = "some"

[board.qemu-x86_64.component.echo]
uses = { echo = "server.echo" }
"""
    PIECES = ("=", "[", "]", "{", "}", "\"", "'", "\n", "#", ".", ",", "[[", "\"\"\"", "-1", "1e9", "nan", "0x10", "true", "'''",
              "99999999999999999999", "[component.server]", "[system]", "\"9999999TiB\"", "\"-1ms\"", "é", "\t", "\\u0000", "{}", "[]",
              "2020-01-01", "\x00", "memory = 1", "provides = 3", "uses = []", "[component.\"a b\"]", "include = [\"damaged-file.toml\"]\n",
              "\"${text}\"", "\"${nothing}\"", "[parameters]", "[board.qemu-x86_64.system]", "\"<&>\"", "\"echo.echo\"")

    def damaged(self, chance):
        text = self.TEXT
        for _ in range(chance.choice((1, 1, 2, 4))):
            at, other = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
            kind = chance.randrange(5)
            if kind == 0:
                text = text[:at] + chance.choice(self.PIECES) + text[at:]
            elif kind == 1:
                text = text[:at] + text[at + chance.randrange(1, 12):]
            elif kind == 2:
                text = text[:at] + text[other:]
            elif kind == 3:
                lines = text.splitlines(True)
                chance.shuffle(lines)
                text = "".join(lines)
            else:  # a value for another
                lines = text.splitlines()
                index = chance.randrange(len(lines)) if lines else 0
                if lines and "=" in lines[index]:
                    lines[index] = lines[index].split("=")[0] + "= " + chance.choice(self.PIECES)
                text = "\n".join(lines) + "\n"
        return text

    def test_descriptions(self):
        succeeded = 0
        for seed in range(SEED, SEED + self.ROUNDS):
            text = self.damaged(random.Random(seed))
            path = self.describe("", "damaged-file")
            path.write_text(text)
            succeeded += self.expect_sentence(lambda: self.load_file(path), f"the description\n{text}", seed)
        self.assertGreater(succeeded, self.ROUNDS // 100)

    def load_file(self, path):
        """Also if its parts do not fit each other: it is drawn then, and what is drawn is XML."""
        system = load_system(str(path), load_board("qemu-x86_64"), collect=True)
        ElementTree.fromstring(graph.svg(system, graph.all_complaints(system)))


if __name__ == "__main__":
    unittest.main()
