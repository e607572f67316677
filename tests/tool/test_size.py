# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid size` without a build: what counts as a line, what is text and what is data."""
import subprocess
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from support import ToolError

from lucid import bench_data, size, size_lines
from lucid.bench import Figure
from lucid.bench_data import Limit
from lucid.build import Variant
from lucid.elf import SHF_ALLOC

SOURCE = '''\
/* A comment
 * of two lines. */
#include "part.h"
#include "part.h"

/*@ requires x > 0; */
int f(int x) // contract above
{
#if WITH
    x++;
    x++;
#else
    x--; /* one */ x--;
#endif
    const char *text = "/* no comment */";
    return LONG(x,
                1) + text[0];
}
'''
HEADER = '''\
#define LONG(a, \\
             b) \\
    ((a) + (b))

int g(void);
'''


def counted(flags=()):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "kernel").mkdir()
        (root / "abi").mkdir()
        (root / "kernel/main.c").write_text(SOURCE)
        (root / "kernel/part.h").write_text(HEADER)
        with mock.patch.object(size_lines, "ROOT", root):
            return size_lines.count(["gcc", *flags], [Path("kernel/main.c")])


class Lines(unittest.TestCase):
    def test_comments_contracts_and_blank_lines_do_not_count(self):
        code, _ = counted()
        self.assertEqual(code["kernel/main.c"], 7)  # the head, two braces, one of #else, three of the rest

    def test_what_the_flags_leave_out_does_not_count(self):
        self.assertEqual(counted(["-DWITH=1"])[0]["kernel/main.c"], 8)

    def test_a_file_that_is_included_twice_counts_once(self):
        self.assertEqual(counted()[0]["kernel/part.h"], 1)

    def test_definitions_and_includes_are_told_apart_and_conditions_are_none(self):
        _, directives = counted()
        self.assertEqual(dict(directives), {"kernel/main.c": 2, "kernel/part.h": 3})

    def test_text_that_looks_like_a_comment_is_kept_and_lines_stay_where_they_are(self):
        self.assertEqual(size_lines.without_comments('a = "/*"; /* x\n y */ b = \'"\'; // c\nd'), 'a = "/*";  \n b = \'"\';  \nd')

    def test_what_the_preprocessor_refuses_is_told(self):
        with self.assertRaisesRegex(ToolError, "the preprocessor does not take the kernel's sources"):
            counted(["-Inowhere", "-include", "missing.h"])


class Bytes(unittest.TestCase):
    def test_sections_are_told_apart_by_their_flags_and_the_payload_is_none(self):
        def section(name, flags, bytes_):
            made = mock.Mock(flags=flags, size=bytes_)
            made.name = name
            return made
        kernel = mock.Mock(sections=[section(".boot", SHF_ALLOC | 4, 10), section(".text", SHF_ALLOC | 4, 100), section(".rodata", SHF_ALLOC, 7),
                                     section(".data", SHF_ALLOC | 1, 3), section(".bss", SHF_ALLOC | 1, 50), section(".payload", SHF_ALLOC, 1000),
                                     section(".debug_info", 0, 5000)])
        self.assertEqual((size.text_bytes(kernel), size.static_bytes(kernel), size.read_only_bytes(kernel)), (110, 53, 7))


class Limits(unittest.TestCase):
    def test_what_is_larger_than_its_limit_is_told_in_its_unit_on_every_board(self):
        for board in ("qemu-x86_64", "qemu-riscv64"):
            with mock.patch.object(bench_data, "read_limits", return_value={f"size-{board}": {"kernel_text": Limit(49152), "source_lines": Limit(9000)}}):
                seen = [Figure("kernel_text", 49153, unit="bytes"), Figure("source_lines", 9000, unit="lines")]
                self.assertEqual(size.judge(seen, Variant(board)), ["kernel_text: expected at most 49152 bytes, seen 49153"])

    def test_a_start_may_be_half_a_percent_longer(self):
        limits = {bench_data.START: Limit(1000)}
        self.assertEqual(bench_data.exceeded([Figure(bench_data.START, 1005)], limits, "qemu-x86_64"), [])
        self.assertEqual(len(bench_data.exceeded([Figure(bench_data.START, 1006)], limits, "qemu-x86_64")), 1)

    def test_the_limits_of_the_sizes_are_there_and_the_targets_are_those_asked_for(self):
        limits = bench_data.read_limits()["size-qemu-x86_64"]
        wanted = {"kernel_text": 48 << 10, "static_memory": 128 << 10, "source_lines": 9000}
        for name, target in wanted.items():
            with self.subTest(name=name):  # without a target, its limit has come down to it
                self.assertTrue(limits[name].target == target or (limits[name].target is None and limits[name].limit <= target))


class Costs(unittest.TestCase):
    def test_a_build_that_fails_is_told_and_leaves_nothing(self):
        before = set((size.ROOT / "build").glob(".clean-*"))
        failed = subprocess.CompletedProcess([], 1, stdout="FAILED: x.o")
        with mock.patch.object(size.subprocess, "run", return_value=failed), mock.patch.object(size.BuildFile, "__init__", return_value=None), \
                mock.patch.object(size.BuildFile, "write_kernel_only", return_value=Path("x")), self.assertRaisesRegex(ToolError, "FAILED: x.o"):
            size.build_seconds(None, Variant("qemu-x86_64"))
        self.assertEqual(set((size.ROOT / "build").glob(".clean-*")), before)


if __name__ == "__main__":
    unittest.main()
