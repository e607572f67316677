# SPDX-License-Identifier: BSD-2-Clause
"""The panic report: what happened, where, the registers, and who called whom, the same in debug and release, on all machines.

The kernel panics because it was damaged from outside: the debugger's stub in QEMU stops it at its first instruction of a system call
and changes its memory.
"""
import re
import tempfile
import time
import unittest
from pathlib import Path

import gdb_stub

from lucid.build import Variant, build
from lucid.common import ROOT
from lucid.compiler import KINDS
from lucid.elf import Elf
from lucid.machine import Options
from lucid.suites.console import Recorder

BOARDS = ("qemu-x86_64", "qemu-aarch64", "qemu-riscv64")
UNDEFINED = {"qemu-x86_64": b"\x0f\x0b", "qemu-aarch64": bytes(4), "qemu-riscv64": bytes(2)}
INSTRUCTION = {"qemu-x86_64": "undefined instruction", "qemu-aarch64": "undefined instruction", "qemu-riscv64": "illegal instruction"}
NOWHERE = 0xffff_ffff_dead_0000  # in the kernel's half, and nothing is there
SECONDS = 60.0
NAMED = r"  [0-9a-f]{16}  \w+\+0x[0-9a-f]+"


def matching(pattern):
    def find(printed, start):
        found = re.compile(pattern, re.MULTILINE).search(printed, start)
        return found.end() if found else None
    return find


class Panic(unittest.TestCase):
    def panic(self, board, kind, damage):
        """The report of a kernel that `damage(stub, symbols)` has changed."""
        built = build("demo", Variant(board, kind))
        log = ROOT / f"build/test/system-{self.id().rpartition('.')[2]}-{board}-{kind}.log"
        with tempfile.TemporaryDirectory(prefix="lucid-") as folder:
            path = Path(folder, "gdb")
            with Recorder(built, Options(extra=gdb_stub.arguments(path)), log) as recorder:
                recorder.tolerate_panic()
                recorder.expect(matching("^lucid> "), "the prompt", time.monotonic() + SECONDS)
                self.damage(recorder, path, damage, Elf(built.folder / "kernel.elf"))
                over = recorder.until_end(time.monotonic() + SECONDS)
                self.assertFalse(over.success, "a kernel that has panicked ends the machine with an error")
                return recorder.text[recorder.position:]

    def damage(self, recorder, path, damage, kernel):
        stub = gdb_stub.Stub(path, lambda: recorder.idle(time.monotonic() + 0.01))
        try:
            recorder.type("ps\r")  # whatever else happens: the kernel is entered soon
            stub.run_to(kernel.symbol("kernel_syscall").address)
            damage(stub, kernel)
            stub.let_go()
        finally:
            stub.close()

    def everywhere(self, damage, check):
        for board in BOARDS:
            for kind in KINDS:
                with self.subTest(board=board, kind=kind):
                    check(board, self.panic(board, kind, lambda stub, kernel: damage(board, stub, kernel)))

    def test_an_undefined_instruction_in_the_kernel_is_reported_with_names_and_registers(self):
        def damage(board, stub, kernel):
            stub.write(kernel.symbol("kernel_syscall").address, UNDEFINED[board])

        def check(board, report):
            for pattern in (r"^kernel registers:$", r"^  [0-9a-f]{16}  kernel_syscall\+0x0$",
                            rf"^KERNEL PANIC at kernel/arch/\w+/trap\.c:[0-9]+: {INSTRUCTION[board]} in the kernel",
                            rf"^backtrace:\n({NAMED}\n)+", r"^user registers \(system call\):$"):
                self.assertRegex(report, re.compile(pattern, re.MULTILINE))
        self.everywhere(damage, check)

    def test_a_report_about_a_damaged_current_thread_still_tells_who_called_whom(self):
        def damage(_board, stub, kernel):
            stub.write(kernel.symbol("cores").address, NOWHERE.to_bytes(8, "little"))  # its first field: the current thread

        def check(_board, report):
            self.assertRegex(report, re.compile(r"^KERNEL PANIC at kernel/arch/\w+/trap\.c:[0-9]+: .* in the kernel", re.MULTILINE))
            self.assertRegex(report, re.compile(rf"^backtrace:\n({NAMED}\n)+", re.MULTILINE))
            self.assertEqual(report.count("kernel registers:"), 1, "the report about a report is no help")
        self.everywhere(damage, check)


if __name__ == "__main__":
    unittest.main()
