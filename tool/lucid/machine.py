# SPDX-License-Identifier: BSD-2-Clause
"""A machine that runs an image: QEMU as a child process, with its console on two pipes and its monitor on a
socket.

The guest's UART is QEMU's standard input and output. QEMU takes a byte from its input only when the UART has
room, so a pipe never loses one. The monitor (QMP) tells why the machine ends: `poweroff` and `reboot` both
end QEMU with status 0 otherwise.
"""
import ctypes
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field

from .common import ROOT, ToolError, relative
from .plugins import built_plugin

BASE_ARGUMENTS = ["-nodefaults", "-no-user-config", "-display", "none"]
CONSOLE_ARGUMENTS = ["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"]


@dataclass
class Options:
    """How to start a machine."""
    cores: int = 1
    memory: int | None = None     # bytes; None: what the description says
    icount: bool = False
    turn: int = 0                 # with icount: instructions after which another core goes on; 0: as QEMU likes
    accel: str = "tcg"
    boot: str = "elf"             # elf, iso or uefi
    extra: list = field(default_factory=list)
    traced: str = ""              # Bochs: a device whose every step goes into its log, "apic0"


def qemu_command(built, options):
    """The command line, without the monitor."""
    emulator = built.system.board.emulator
    if emulator is None:
        raise ToolError(f"board '{built.system.board.name}': the tool does not start this machine",
                        f"build with --iso, and use {relative(built.folder)}/image.iso")
    if shutil.which(emulator.program) is None:
        raise ToolError(f"{emulator.program} is missing",
                        f"./lucid doctor --install --for run --board {built.system.board.name}")
    memory = options.memory or built.system.memory
    command = [emulator.program, *emulator.arguments, *BASE_ARGUMENTS, "-m", f"{memory >> 20}M", "-smp",
               str(options.cores), *CONSOLE_ARGUMENTS]
    command += ["-icount", "shift=0,sleep=off"] if options.icount else ["-accel", options.accel]
    if options.turn:
        command += ["-plugin", f"{built_plugin('turns')},turn={options.turn}"]
    if options.boot == "elf":
        command += [*emulator.boot_elf, "-kernel", str(built.image)]
    else:
        firmware = emulator.boot_uefi if options.boot == "uefi" else emulator.boot_iso
        if firmware is None:
            raise ToolError(f"board '{built.system.board.name}' boots no ISO image", f"leave --{options.boot} away")
        command += [*firmware, "-cdrom", str(built.iso)]
    return command + options.extra


def start(built, options):
    """The machine of the system's board, running."""
    if built.system.board.emulator and built.system.board.emulator.is_bochs:
        from .bochs import BochsMachine
        return BochsMachine(built, options)
    return Machine(built, options)


def die_with_parent():
    """Runs in the new process: it is killed when the tool ends, however that happens (prctl PR_SET_PDEATHSIG)."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Machine:
    """One run of an emulator. Use as a context manager: whatever happens, the process ends with the block."""

    def __init__(self, built, options):
        self.exit_success = built.system.board.emulator.exit_success if built.system.board.emulator else 0
        self.resets = 0
        self.powered_off = False
        self._monitor_data = b""
        self.errors = tempfile.TemporaryFile()
        self.monitor, theirs = socket.socketpair()
        try:
            command = qemu_command(built, options)
            command += ["-chardev", f"socket,id=monitor,fd={theirs.fileno()}"]
            command += ["-mon", "chardev=monitor,mode=control"]
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                            stderr=self.errors, cwd=ROOT, pass_fds=[theirs.fileno()],
                                            start_new_session=True, bufsize=0, preexec_fn=die_with_parent)
        finally:
            theirs.close()
        self.input = self.process.stdin.fileno()
        self.output = self.process.stdout.fileno()
        for descriptor in (self.input, self.output):
            os.set_blocking(descriptor, False)
        self.monitor.setblocking(False)
        self.monitor.send(b'{"execute": "qmp_capabilities"}\n')

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        self.process.wait()
        for closing in (self.process.stdin, self.process.stdout, self.monitor, self.errors):
            closing.close()

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()

    def read(self):
        """What the guest has printed, or b'' at its end; None if there is nothing now."""
        try:
            return os.read(self.output, 65536)
        except BlockingIOError:
            return None

    def write(self, data):
        """Give the guest input; how many bytes were taken."""
        try:
            return os.write(self.input, data)
        except BlockingIOError:
            return 0
        except BrokenPipeError:
            return len(data)

    def read_monitor(self):
        """Take in what the monitor says; False when it is closed."""
        try:
            data = self.monitor.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self._monitor_data += data
        *lines, self._monitor_data = self._monitor_data.split(b"\n")
        for line in lines:
            self._event(json.loads(line))
        return bool(data)

    def _event(self, message):
        event = message.get("event")
        if event == "RESET" and message["data"].get("guest"):
            self.resets += 1
        elif event == "SHUTDOWN":
            self.powered_off = message["data"].get("reason") == "guest-shutdown"

    def error_text(self):
        """What the emulator itself complained about."""
        self.errors.seek(0)
        return self.errors.read().decode("utf-8", "replace").strip()

    def outcome(self):
        """After the end: (success, what happened)."""
        status = self.process.wait()
        if status < 0:
            return False, f"the emulator was ended by {signal.Signals(-status).name}"
        if status == self.exit_success or (status == 0 and self.powered_off):
            return True, "powered off"
        return False, f"the machine ended with status {status}"
