# SPDX-License-Identifier: BSD-2-Clause
"""What is promised about ports (docs/porting.md): they are small, the portable part asks for no processor, and the same tests
run on all, but for those that the document lists with the reason."""
import re
import unittest

from support import ROOT

PORTS = ("x86_64", "aarch64", "riscv64")
LINES_MAX = 2500
DOCUMENT = ROOT / "docs/porting.md"
ARCHITECTURE_MACRO = re.compile(r"^\s*#\s*(?:if|ifdef|ifndef|elif)\b.*\b(?:__x86_64|__i386|__amd64|__aarch64|__arm|__riscv|ARCH_NAME)", re.MULTILINE)
CHOOSES = {"lib/include/lucid/arch.h"}  # the one place that finds the folder of the processor that is compiled for
COMMENT = re.compile(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', re.DOTALL)


def code_lines(text):
    """Lines with something on them beside comments."""
    bare = COMMENT.sub(lambda found: found.group() if found.group()[0] == '"' else " ", text)
    return sum(1 for line in bare.split("\n") if line.strip())


def port_lines(port):
    """The C and assembler of a port: its folder."""
    return sum(code_lines(path.read_text()) for path in sorted((ROOT / "kernel/arch" / port).rglob("*.[chS]")))


def tests_in(folder):
    """The names in TEST(...) of the files that stand in a folder itself."""
    return {name for path in (ROOT / folder).glob("*.c") for name in re.findall(r"^TEST\((\w+)\)", path.read_text(), re.MULTILINE)}


class Ports(unittest.TestCase):
    maxDiff = None

    def test_lines_are_counted_without_comments_and_blanks(self):
        self.assertEqual(code_lines('/* a\n b */\n\nint x; // c\n  /* d */ int y;\nchar *s = "/* no comment";\n'), 3)

    def test_a_port_has_at_most_2500_lines(self):
        for port in PORTS:
            with self.subTest(port=port):
                self.assertLessEqual(port_lines(port), LINES_MAX)

    def test_the_lines_of_the_ports_in_the_document_are_about_right(self):
        told = re.search(r"\| the ports \|.*\| (\d+), (\d+), (\d+) \|", DOCUMENT.read_text())
        for port, number in zip(PORTS, map(int, told.groups())):
            with self.subTest(port=port):
                self.assertAlmostEqual(port_lines(port), number, delta=number * 0.1)

    def test_the_portable_part_asks_for_no_processor(self):
        asking = set()
        for folder in ("kernel", "lib", "abi", "interfaces", "components", "tests"):
            for path in sorted((ROOT / folder).rglob("*.[chS]")):
                name = str(path.relative_to(ROOT))
                if "/arch/" not in name and ARCHITECTURE_MACRO.search(path.read_text()):
                    asking.add(name)
        self.assertEqual(asking - CHOOSES, set())

    def test_the_tests_that_only_some_processors_have_are_listed_with_the_reason(self):
        rows = re.findall(r"^\| `(\w+)` \| (\w*) \| (\w*) \| (\w*) \| (.+) \|$", DOCUMENT.read_text(), re.MULTILINE)
        listed = {(row[0], port) for row in rows for port, mark in zip(PORTS, row[1:4]) if mark == "yes"}
        there = {(name, port) for port in PORTS for name in tests_in(f"tests/target/arch/{port}")}
        self.assertEqual(sorted(listed), sorted(there))

    def test_the_numbers_of_tests_in_the_document_are_right(self):
        common = len(tests_in("tests/target"))
        numbers = [common + len(tests_in(f"tests/target/arch/{port}")) for port in PORTS]
        self.assertIn(f"{common} tests are the same on all three; with the others there are {numbers[0]} on x86-64, {numbers[1]} on AArch64 "
                      f"and {numbers[2]} on RISC-V.", DOCUMENT.read_text().replace("\n", " "))


if __name__ == "__main__":
    unittest.main()
