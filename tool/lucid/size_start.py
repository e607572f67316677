# SPDX-License-Identifier: BSD-2-Clause
"""How long a system takes from the emulator's start to the first instruction of user code: in instructions of the kernel, which are the same each
time, and in seconds of this machine, of which the best of three runs is told. The plugin (bench/plugin/start.c) sees both ends."""
import subprocess
import tempfile
import time
from pathlib import Path

from .common import EXIT_FAILED, ROOT, ToolError
from .elf import Elf
from .machine import Options, die_with_parent, qemu_command
from .plugins import built_plugin

RUNS = 3
SECONDS = 60
ENTRIES = ("entry_pvh",)  # where an emulator begins that does not begin at the ELF file's entry


def first_instruction(kernel):
    """(address, its first two bytes as a number) of where the emulator enters the kernel."""
    address = next((symbol.address for name in ENTRIES if (symbol := kernel.symbol(name))), kernel.entry)
    segment = next(segment for segment in kernel.segments if segment.address <= address < segment.address + segment.file_size)
    offset = segment.offset + address - segment.address
    return address, int.from_bytes(kernel.data[offset:offset + 2], "little")


def run(built, cores, count):
    """(instructions from the kernel's first to user code's first, seconds from the emulator's start)."""
    address, code = first_instruction(Elf(built.folder / "kernel.elf"))
    user = Elf(built.folder / "root.elf").entry
    with tempfile.TemporaryDirectory(prefix="lucid-start-") as folder:
        told = Path(folder, "start")
        plugin = f"{built_plugin('start')},to={told},entry={address:x},code={code:x},user={user:x},count={'on' if count else 'off'}"
        command = qemu_command(built, Options(cores=cores, icount=count, extra=["-plugin", plugin]))
        started = time.monotonic_ns()
        try:
            subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, preexec_fn=die_with_parent)
        except subprocess.TimeoutExpired:
            pass
        words = told.read_text().split() if told.exists() else []
    if len(words) != 3:
        raise ToolError(f"{built.system.name}: no user code was executed within {SECONDS} s of the emulator's start", status=EXIT_FAILED)
    return int(words[1]), (int(words[2]) - started) / 1e9


def instructions(built, cores):
    return run(built, cores, count=True)[0]


def seconds(built, cores):
    return min(run(built, cores, count=False)[1] for _ in range(RUNS))
