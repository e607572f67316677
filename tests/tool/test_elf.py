# SPDX-License-Identifier: BSD-2-Clause
"""ELF files and their line tables, as gcc and clang write them."""
import bisect
import subprocess
import unittest

from support import FolderTest, ToolError

from lucid.dwarf_lines import read_lines
from lucid.elf import Elf
from lucid.loadable import loadable_segments

PROGRAM = """\
int table[3000];
int value = 5;
const char text[] = "hello";
void _start(void);
int divide(int a, int b);
__attribute__((noinline)) int divide(int a, int b)
{
    table[a & 7] = 1;
    return a /
           b;
}
__attribute__((noinline)) static int unused(int a)
{
    return divide(a, a + 1);
}
void _start(void)
{
    value = divide(text[value], value);
    __builtin_trap();
}
int (*keep)(int) = unused;
"""


class Programs(FolderTest):
    def link(self, compiler="gcc", *flags, source=PROGRAM):
        (self.folder / "program.c").write_text(source)
        target = self.folder / "program.elf"
        subprocess.run([compiler, "-O1", "-g", "-ffreestanding", "-fno-pic", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-z,norelro", "-Wl,-z,max-page-size=4096", "-Wl,-z,separate-code", *flags, "program.c", "-o", str(target)],
                       cwd=self.folder, check=True)
        return Elf(target)

    def line_at(self, elf, address):
        lines = read_lines(elf)
        found = lines[bisect.bisect_right([line.address for line in lines], address) - 1]
        return found.file, found.line

    def test_functions_have_addresses_and_sizes(self):
        elf = self.link()
        functions = {function.name: function for function in elf.functions()}
        self.assertEqual(set(functions), {"_start", "divide", "unused"})
        self.assertEqual(elf.entry, functions["_start"].address)
        self.assertTrue(all(function.size > 0 for function in functions.values()))

    def test_assembler_functions_get_a_size(self):
        elf = self.link(source='__asm__(".globl _start\\n_start: nop\\n nop\\n second: nop\\n");\n')
        self.assertEqual([(f.name, f.size) for f in elf.functions()], [("_start", 2), ("second", 1)])

    def test_every_compiler_and_version_gives_lines(self):
        for compiler in ("gcc", "clang"):
            for version in (4, 5):
                with self.subTest(f"{compiler} {version}"):
                    elf = self.link(compiler, f"-gdwarf-{version}")
                    code = elf.data
                    divide = elf.symbol("divide")
                    segment = next(s for s in elf.segments if s.flags & 1)
                    at = code.index(b"\xf7", segment.offset + divide.address - segment.address)  # idiv
                    file, line = self.line_at(elf, segment.address + at - segment.offset)
                    self.assertEqual((file.split("/")[-1], line), ("program.c", 9))

    def test_lines_are_those_of_addr2line(self):
        for compiler in ("gcc", "clang"):
            with self.subTest(compiler):
                elf = self.link(compiler)
                addresses = [address for f in elf.functions() for address in range(f.address, f.address + f.size)]
                answer = subprocess.run(["addr2line", "-e", str(elf.path), *map(hex, addresses)], capture_output=True,
                                        text=True, check=True)
                for address, expected in zip(addresses, answer.stdout.split("\n")):
                    expected = expected.split(" (")[0].rpartition(":")[2]
                    if expected != "?":
                        self.assertEqual(str(self.line_at(elf, address)[1]), expected, hex(address))

    def test_nothing_is_known_behind_the_code(self):
        elf = self.link()
        last = max(f.address + f.size for f in elf.functions())
        self.assertEqual(self.line_at(elf, last + 64)[1], 0)

    def test_segments_begin_on_pages_and_are_not_writable_and_executable(self):
        segments = loadable_segments(self.link())
        self.assertEqual([segment.address % 4096 for segment in segments], [0] * len(segments))
        self.assertEqual([segment.rights for segment in segments], [1 | 8, 1, 1 | 2])
        self.assertGreater(segments[2].memory_size, 12000)
        self.assertLess(len(segments[2].data), 4096)

    def test_writable_code_is_refused(self):
        with self.assertRaisesRegex(ToolError, "program.elf: the segment at 0x[0-9a-f]+ is writable and executable"):
            loadable_segments(self.link("gcc", "-Wl,-N", "-Wl,--no-warn-rwx-segments"))

    def test_program_without_start_is_refused(self):
        elf = self.link("gcc", "-Wl,-e,value")
        with self.assertRaisesRegex(ToolError, "program.elf: the entry 0x[0-9a-f]+ is not in its code"):
            loadable_segments(elf)

    def test_other_files_are_refused(self):
        path = self.folder / "text"
        path.write_text("no ELF file at all, but long enough to hold a header of 64 bytes, which it has to be")
        with self.assertRaisesRegex(ToolError, "text: this is no 64-bit little-endian ELF file"):
            Elf(path)


if __name__ == "__main__":
    unittest.main()
