# SPDX-License-Identifier: BSD-2-Clause
"""A conversation with a machine's console: what it printed, what it shall be typed, and when it is over.

Used by `run` (the other side is a person or a pipe) and by the tests (the other side is a script).
"""
import codecs
import re
import select
import time

from .common import ToolError
from .plain import Plain

PANIC = "KERNEL PANIC"
PANIC_SECONDS = 3.0      # the longest that a panic report may take
PANIC_QUIET = 0.5        # it is over when nothing came for so long
LAST_BYTES = 1 << 16     # the last lines lie in so much
RESET_LIMIT = 3          # so many resets in RESET_SECONDS are a loop, not a reboot
RESET_SECONDS = 10.0
ESCAPES = re.compile(r"\x1b\[[0-9;?=]*[A-Za-z]|\x1b[()][A-Za-z0-9]|\x1b[=>78c]")


class Transcript:
    """Everything printed, as text without carriage returns and terminal escapes. An escape that is cut by
    the end of a piece is kept back until the rest arrives."""

    def __init__(self):
        self.text = ""
        self.data = bytearray()  # as it came
        self._rest = b""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, data):
        self.data += data
        data = self._rest + data
        cut = data.rfind(b"\x1b", max(0, len(data) - 16))
        if cut >= 0 and not ESCAPES.match(data[cut:].decode("latin-1")):
            data, self._rest = data[:cut], data[cut:]
        else:
            self._rest = b""
        text = ESCAPES.sub("", self._decoder.decode(data))
        self.text += text.replace("\r", "")

    def last_lines(self, count=15):
        """The last lines as a terminal shows them: what was drawn over is not there."""
        plain = Plain()
        shown = (plain.add(bytes(self.data[-LAST_BYTES:])) + plain.finish()).decode("utf-8", "replace")
        return [line for line in shown.split("\n") if line.strip()][-count:]


class Over(Exception):
    """The conversation has ended: `success` and why."""

    def __init__(self, success, reason):
        super().__init__(reason)
        self.success = success
        self.reason = reason


class Session:
    """Moves bytes between a machine and whoever talks to it. `sink` gets the guest's output as it comes."""

    def __init__(self, machine, sink=lambda data: None, reset_limit=RESET_LIMIT):
        self.machine = machine
        self.sink = sink
        self.reset_limit = reset_limit
        self.transcript = Transcript()
        self.pending = bytearray()  # typed, but not taken by the guest yet
        self.last_output = None     # time of the last output
        self.panic_at = None
        self.tolerate_panic = False
        self._monitor_open = True
        self._reset_times = []

    def type(self, data):
        self.pending += data

    def move(self, seconds, also=()):
        """Wait up to `seconds` for something to happen and handle it. Returns those of the descriptors
        `also` that can be read. Raises Over when the machine has ended, panicked or resets in a loop."""
        machine = self.machine
        reading = [machine.output, *also] + ([machine.monitor] if self._monitor_open else [])
        if self.panic_at is not None:
            seconds = min(seconds, PANIC_QUIET)
        writing = [machine.input] if self.pending else []
        readable, writable, _ = select.select(reading, writing, [], max(0.0, seconds))
        if machine.monitor in readable:
            self._monitor_open = machine.read_monitor()
            self._check_resets()
        if writable:
            del self.pending[:machine.write(self.pending)]
        if machine.output in readable:
            self._take_output()
        self._check_panic()
        return [descriptor for descriptor in also if descriptor in readable]

    def _take_output(self):
        data = self.machine.read()
        if data is None:
            return
        if data == b"":
            self._end()
        self.last_output = time.monotonic()
        self.transcript.add(data)
        self.sink(data)
        recent = self.transcript.text[-len(data) - len(PANIC):]
        if self.panic_at is None and not self.tolerate_panic and PANIC in recent:
            self.panic_at = self.last_output

    def _end(self):
        """The console was closed: the machine is ending."""
        if self._monitor_open:
            self.machine.monitor.settimeout(5)
            while self.machine.read_monitor():
                pass
        success, reason = self.machine.outcome()
        if self.last_output is None and not self.machine.powered_off and self.machine.error_text():
            raise ToolError(f"the machine could not be started:\n   {self.machine.error_text()}")
        if self.panic_at is not None:
            raise Over(False, "the kernel panicked")
        raise Over(success, reason)

    def _check_panic(self):
        if self.panic_at is None:
            return
        now = time.monotonic()
        if now - self.panic_at > PANIC_SECONDS or now - self.last_output >= PANIC_QUIET:
            raise Over(False, "the kernel panicked")

    def _check_resets(self):
        while len(self._reset_times) < self.machine.resets:
            self._reset_times.append(time.monotonic())
        recent = [when for when in self._reset_times if when > time.monotonic() - RESET_SECONDS]
        if len(recent) > self.reset_limit:
            often = "" if self.reset_limit == 0 else f" {len(recent)} times in {RESET_SECONDS:.0f} s"
            raise Over(False, f"the machine was reset{often} (a triple fault, or the system reboots)")
