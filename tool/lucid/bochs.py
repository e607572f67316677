# SPDX-License-Identifier: BSD-2-Clause
"""A machine that runs an image in Bochs: slow, but with what QEMU's emulation lacks.

The guest's UART is a connection to a socket of ours. Bochs has no monitor, and does not tell why it ends; its
log does. Debian's Bochs has its debugger built in, which is told to go on at once.
"""
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path

from .common import ROOT, ToolError
from .machine import Machine, die_with_parent

POWERED_OFF = ("ACPI control: soft power off", "Shutdown port: shutdown requested")
CONNECT_SECONDS = 30.0


def check_options(options):
    """What the other machine can do and this one cannot."""
    for given, name in ((options.accel != "tcg", "--accel"), (options.boot == "uefi", "--uefi"),
                        (bool(options.extra), "arguments for QEMU")):
        if given:
            raise ToolError(f"{name}: Bochs has none of this", "leave it away, or take a board of QEMU's")


def configuration(built, options, port, log):
    """Bochs's configuration file: the board's lines, and what is different in each run."""
    memory = (options.memory or built.system.memory) >> 20
    model = built.system.board.emulator.config["cpu"]
    return "\n".join([
        f"cpu: {model}, count={options.cores}",
        f"memory: guest={memory}, host={memory}",
        *built.system.board.emulator.config["lines"],
        f"ata0-master: type=cdrom, path={built.iso}, status=inserted",
        "boot: cdrom",
        f"com1: enabled=1, mode=socket-client, dev=127.0.0.1:{port}",
        f"log: {log}",
        "panic: action=fatal", "error: action=report", "info: action=report",
        "debug: action=ignore" + (f", {options.traced}=report" if options.traced else ""), ""])


class BochsMachine(Machine):
    """One run of Bochs."""

    def __init__(self, built, options):
        check_options(options)
        emulator = built.system.board.emulator
        if shutil.which(emulator.program) is None:
            raise ToolError(f"{emulator.program} is missing", "./lucid doctor --install")
        self.exit_success = emulator.exit_success
        self.resets = 0
        self.powered_off = False
        self.folder = tempfile.TemporaryDirectory(prefix="lucid-bochs-")
        self.log = Path(self.folder.name) / "log"
        self.errors = tempfile.TemporaryFile()
        self.monitor, self._other = socket.socketpair()  # nothing ever comes from it
        with socket.create_server(("127.0.0.1", 0)) as server:
            self._start(emulator.program, configuration(built, options, server.getsockname()[1], self.log))
            self.console = self._accept(server)
        self.console.setblocking(False)
        self.input = self.output = self.console.fileno()

    def _start(self, program, text):
        folder = Path(self.folder.name)
        (folder / "bochsrc").write_text(text)
        (folder / "debugger").write_text("continue\n")
        self.process = subprocess.Popen([program, "-q", "-f", str(folder / "bochsrc"), "-rc", str(folder / "debugger")],
                                        stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors, cwd=ROOT,
                                        start_new_session=True, preexec_fn=die_with_parent)

    def _accept(self, server):
        """The UART's connection; or why there is none."""
        server.settimeout(0.2)
        deadline = time.monotonic() + CONNECT_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            try:
                return server.accept()[0]
            except TimeoutError:
                continue
        self.kill()
        self.process.wait()
        raise ToolError(f"Bochs could not be started:\n   {self.error_text()[-2000:]}")

    def __exit__(self, *_):
        self.kill()
        self.process.wait()
        for closing in (self.console, self.monitor, self._other, self.errors):
            closing.close()
        self.folder.cleanup()

    def read(self):
        try:
            return os.read(self.output, 65536)
        except BlockingIOError:
            return None
        except ConnectionError:
            return b""

    def read_monitor(self):
        return False

    def log_text(self):
        """What Bochs itself says of the machine; at the end, the processor's registers."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def outcome(self):
        status = self.process.wait()
        if any(sentence in self.log_text() for sentence in POWERED_OFF):
            return True, "powered off"
        return False, f"Bochs ended with status {status}; the end of its log: {self.log_text()[-500:].strip()}"
