# SPDX-License-Identifier: BSD-2-Clause
"""The floor (bench/floor): the shortest round trip between two address spaces, built and run in the place of a kernel."""
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import compiler
from .board import load_board
from .common import EXIT_FAILED, ROOT, ToolError, relative
from .machine import Options, die_with_parent, qemu_command
from .ports import load_port
from .plugins import built_plugin

FOLDER = ROOT / "bench/floor"
PATH = "floor"
SECONDS = 120


@dataclass(frozen=True)
class System:
    """What qemu_command asks of a system that was built."""
    name: str
    board: object
    memory: int


@dataclass(frozen=True)
class Built:
    system: System
    image: Path


def built(board):
    """The floor for a board, made anew. It is assembler where it counts: one compiler is enough."""
    port, folder = load_port(board.arch), ROOT / "build/bench" / f"floor-{board.name}"
    folder.mkdir(parents=True, exist_ok=True)
    image, here = folder / "floor.elf", FOLDER / board.arch
    flags = [*compiler.COMMON, *compiler.FREESTANDING, *port.user_cc_flags, f"-I{here}", "-Iabi", f"-Iabi/lucid/arch/{board.arch}",
             f"-Itests/target/arch/{board.arch}", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,--no-warn-rwx-segments", f"-Wl,-T,{here / 'floor.ld'}"]
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        new = Path(scratch, "floor.elf")
        done = subprocess.run([compiler.tool_name(port, "gcc"), *flags, "-o", str(new), str(FOLDER / "floor.c"), str(here / "start.S")], cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise ToolError(f"{relative(FOLDER)} does not build:\n{done.stderr}")
        new.replace(image)
    return Built(System(PATH, board, board.memory), image)


def run(variant):
    """What it printed, and the plugin's records."""
    board = load_board(variant.board)
    with tempfile.TemporaryDirectory(prefix="lucid-floor-") as folder:
        records = Path(folder, "records")
        command = qemu_command(built(board), Options(icount=True, extra=["-plugin", f"{built_plugin('lines')},to={records}"]))
        try:
            done = subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, preexec_fn=die_with_parent)
        except subprocess.TimeoutExpired:
            raise ToolError(f"the floor did not come to its end within {SECONDS} s", status=EXIT_FAILED) from None
        text = done.stdout.decode("utf-8", "replace")
        if "END 1 passed, 0 failed" not in text:
            raise ToolError(f"the floor did not come to its end: it printed\n{text}{done.stderr.decode('utf-8', 'replace')}", status=EXIT_FAILED)
        return text, records.read_text()
