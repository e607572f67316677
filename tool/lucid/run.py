# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid run`: build a system, start it, and connect its console with standard input and output.

Standard input may be a terminal or a pipe. It is held back until the guest is ready for it (class Gate):
bytes that reach a UART before its driver would be lost, and firmware would read them. The end of standard
input only ends input; a run that nothing else would end says so then. Output that goes to no terminal is plain
text (plain.py).
"""
import os
import signal
import sys
import time

from . import terminal
from .build import build, variant_of
from .checks import SIZE_UNITS
from .common import EXIT_FAILED, EXIT_OK, ToolError, complain, discard_output, size_text
from .machine import Options, start
from .plain import Plain
from .relations import MEMORY_MINIMUM, power_of_two, unplaced
from .session import Over, Session

PROMPT = "lucid> "
START_SECONDS = 3.0   # a guest that printed something and then nothing for so long has no prompt, and is ready
LINE_SECONDS = 1.0    # a guest that prints no prompt for so long after a line is busy, or reads by itself: go on
SETTLE_SECONDS = 0.1   # an unfinished line is put out when nothing came for so long
ENDED_SECONDS = 3.0    # a guest that goes on for so long after the end of its input may go on for ever: say so
ENDS = "Ctrl-C (or kill) ends it; so does 'poweroff' at the end of the input; --timeout S limits it"
KVM_HINT = "it ran on this machine's own virtualization, which may lack something: without --accel kvm it is emulated"
INPUT_CHUNK = 4096


class Stopped(Exception):
    """A signal asked the tool to end."""

    def __init__(self, number):
        super().__init__(number)
        self.number = number


class Output:
    """Standard output. When it is no terminal, it gets plain text."""

    def __init__(self):
        self.plain = None if sys.stdout.isatty() else Plain()
        self.at_line_start = True

    def __call__(self, data):
        self._write(data if self.plain is None else self.plain.add(data))

    @property
    def unsettled(self):
        """True if `settle` has something to put out."""
        return self.plain is not None and self.plain.unsettled

    def settle(self):
        """Nothing has come for a while: put out an unfinished line."""
        self._write(self.plain.settle())

    def finish(self):
        """End an unfinished line; on a terminal, undo colours and a hidden cursor. The reader may be gone already."""
        try:
            self._finish()
        except (OSError, ToolError):
            discard_output()

    def _finish(self):
        if self.plain is not None:
            self._write(self.plain.finish())
        else:
            self._write(b"\x1b[0m\x1b[?25h" + (b"" if self.at_line_start else b"\r\n"))

    def _write(self, data):
        if data:
            self.at_line_start = data.endswith(b"\n")
        try:
            while data:
                data = data[os.write(1, data):]
        except BrokenPipeError:
            raise
        except OSError as error:
            raise ToolError(f"standard output cannot be written to: {error.strerror}", status=EXIT_FAILED) from None


class Gate:
    """Holds input back until the guest wants it.

    At the start, and after a reset: until the prompt has been seen, or nothing more comes. From a pipe, a
    line at a time then, each when the prompt is there again: what follows `reboot` in a script is for the
    system after it. From a person, everything at once.
    """

    def __init__(self, session, by_line):
        self.session = session
        self.by_line = by_line
        self.waiting = bytearray()
        self.prompts = False  # the guest prints prompts
        self.open = False
        self.since = 0        # where in the transcript the wait for a prompt began
        self.echo = ""        # the last line: the prompt that counts comes behind it (the console may repeat the one before)
        self.resets = 0
        self.sent = None      # time of the last line

    def put(self, data):
        self.waiting += data

    def advance(self):
        """Pass on what the guest is ready for."""
        if self.session.machine.resets != self.resets:
            self.resets = self.session.machine.resets
            self._close("")
            self.prompts = False
        if not self.open:
            self._look()
        while self.open and self.waiting:
            if not (self.by_line and self.prompts):
                self._send(len(self.waiting))
                return
            end = self.waiting.find(b"\n")
            if end < 0:
                self._send(len(self.waiting))
                return
            line = self.waiting[:end].decode("utf-8", "replace").strip()
            self._send(end + 1)
            self._close(line)

    def _look(self):
        """Has what we wait for come?"""
        text = self.session.transcript.text
        echoed = text.find(self.echo, self.since)
        if echoed >= 0 and text.find(PROMPT, echoed + len(self.echo)) >= 0:
            self.open = self.prompts = True
            return
        latest = max((when for when in (self.session.last_output, self.sent) if when is not None), default=None)
        patience = LINE_SECONDS if self.prompts else START_SECONDS
        self.open = latest is not None and time.monotonic() - latest > patience

    def _send(self, count):
        self.session.type(self.waiting[:count])
        del self.waiting[:count]
        self.sent = time.monotonic()

    def _close(self, line):
        self.open = False
        self.echo = line
        self.since = len(self.session.transcript.text)


class Run:
    """One run: the pump between the machine and this process, until something ends it."""

    def __init__(self, built, options, expect, timeout, interactive):
        self.built = built
        self.options = options
        self.expect = expect
        self.timeout = timeout
        self.interactive = interactive
        self.keys = terminal.Keys()
        self.output = Output()
        self.input_open = terminal.in_foreground() and bool(sys.stdin) and not sys.stdin.closed
        self.ended = time.monotonic()  # when input ended, if it is not open
        # What to say if the run goes on after the end of its input, with nothing else that would end it; None: nothing.
        self.goes_on = None
        if timeout is None and expect is None and not interactive:
            self.goes_on = ("standard input has ended" if terminal.in_foreground()
                            else "a terminal is not read from the background")
        self.searched = 0       # in the text as it was printed, where TEXT may be drawn over later
        self.searched_data = 0  # and as a terminal shows it, where it may stand only after drawing
        self.shown = Plain()
        self.shown_text = ""

    def __call__(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            with start(self.built, self.options) as machine:
                self.session = Session(machine, self.output)
                self.session.tolerate_panic = self.expect is not None and "KERNEL PANIC" in self.expect
                self.gate = Gate(self.session, by_line=not self.interactive)
                return self._pump()
        except ToolError as error:
            self.output.finish()
            complain(f"lucid: {error}")
            self._explain()
            return error.status
        except Stopped as stopped:
            self.output.finish()
            return 128 + stopped.number
        except KeyboardInterrupt:
            self.output.finish()
            return 128 + signal.SIGINT
        except BrokenPipeError:
            discard_output()
            return EXIT_FAILED

    @staticmethod
    def _stop(number, _frame):
        raise Stopped(number)

    def _pump(self):
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        try:
            while True:
                left = 3600.0 if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    return self._fail(f"'{self.expect}' was not seen within {self.timeout:g} s" if self.expect
                                      else f"still running after {self.timeout:g} s")
                if self._round(left):
                    return self._succeed()
        except Over as over:
            if self._expected() or (over.success and self.expect is None):
                return self._succeed()
            return self._fail(over.reason if self.expect is None
                              else f"{over.reason} before '{self.expect}' was seen")

    def _round(self, left):
        """Move bytes once; True if the run is over and a success."""
        gate, session = self.gate, self.session
        gate.advance()
        self._say_input_ended()
        if gate.waiting and not gate.open or self.output.unsettled:
            left = min(left, SETTLE_SECONDS)
        elif self.goes_on is not None:
            left = min(left, ENDED_SECONDS)
        before = session.last_output
        # A person can leave at any time, so keys are always read; a pipe only when what it gave before is gone.
        reading = self.input_open and (self.interactive or len(gate.waiting) + len(session.pending) < INPUT_CHUNK)
        readable = session.move(left, also=[0] if reading else [])
        if self.output.unsettled and session.last_output == before:
            self.output.settle()
        if readable and self._read_input():
            return True
        return self._expected()

    def _say_input_ended(self):
        """Once: nothing more will be typed, and nothing else is there that would end the run."""
        if self.goes_on is None or self.input_open or self.gate.waiting or self.session.pending:
            return
        if time.monotonic() - max(self.ended, self.gate.sent or 0.0) >= ENDED_SECONDS:
            self.output.settle()
            complain(f"lucid: {self.goes_on}; the system runs on\n   {ENDS}")
            self.goes_on = None

    def _read_input(self):
        """Take from standard input; True if a person wants to leave."""
        data = os.read(0, INPUT_CHUNK)
        if data == b"":
            self.input_open = False
            self.ended = time.monotonic()
        if self.interactive:
            data = self.keys.take(data)
            if data is None:
                return True
        self.gate.put(data)
        return False

    def _expected(self):
        if self.expect is None:
            return False
        transcript = self.session.transcript
        if len(transcript.data) == self.searched_data:
            return False
        start = max(0, self.searched - len(self.expect))
        self.searched = len(transcript.text)
        new = self.shown.add(bytes(transcript.data[self.searched_data:])).decode("utf-8", "replace")
        self.searched_data = len(transcript.data)
        self.shown_text = self.shown_text[-len(self.expect):] + new
        return self.expect in transcript.text[start:] or self.expect in self.shown_text + self.shown.line

    def _succeed(self):
        self.output.finish()
        return EXIT_OK

    def _fail(self, reason):
        self.output.finish()
        complain(f"lucid: {reason}")
        lines = self.session.transcript.last_lines()
        if lines and not self.interactive:
            complain("   the last lines were:")
            for line in lines:
                complain(f"   | {line}")
        elif not lines:
            complain("   it printed nothing")
        self._explain()
        return EXIT_FAILED

    def _explain(self):
        if self.options.accel == "kvm":
            complain(f"   {KVM_HINT}")


def run(built, options, expect=None, timeout=None):
    """Run it; the exit status."""
    interactive = terminal.is_interactive()
    work = Run(built, options, expect, timeout, interactive)
    return terminal.guarded(work) if interactive else work()


def memory_size(text):
    """The argument of --memory: 512M, 1G, 512MiB."""
    for suffix, unit in {**SIZE_UNITS, "M": 1 << 20, "G": 1 << 30}.items():
        if text.endswith(suffix) and text[:-len(suffix)].isdigit() and unit >= 1 << 20:
            return int(text[:-len(suffix)]) * unit
    raise ToolError(f"--memory {text}: write it like 512MiB or 1GiB")


def check_memory(system, memory):
    """The description was checked against its own machine; --memory makes it another one."""
    if memory is None:
        return
    if memory < MEMORY_MINIMUM:
        raise ToolError(f"--memory: {size_text(memory)} is too little", f"a machine needs {size_text(MEMORY_MINIMUM)} at least")
    component = unplaced(system.components, system.board, memory)
    if component:
        raise ToolError(f"--memory: {size_text(memory)} is too little: component '{component.name}' takes "
                        f"{size_text(power_of_two(component.memory))} in one piece", "give more, or lower its memory")


def command(arguments):
    """./lucid run"""
    if arguments.icount and arguments.accel == "kvm":
        raise ToolError("--icount and --accel kvm cannot go together",
                        "only QEMU's emulation counts instructions: leave one of the two out")
    boot = "uefi" if arguments.uefi else "iso" if arguments.iso else "elf"
    variant = variant_of(arguments)
    options = Options(cores=variant.cores, icount=arguments.icount, accel=arguments.accel, boot=boot,
                      extra=arguments.extra, memory=memory_size(arguments.memory) if arguments.memory else None)
    built = build(arguments.system, variant, iso=boot != "elf")
    check_memory(built.system, options.memory)
    if terminal.is_interactive():
        complain(f"starting {built.system.name} on {built.system.board.name}; Ctrl-A X leaves")
    elif terminal.is_half():
        complain(f"starting {built.system.name} on {built.system.board.name}; what you type goes to it line by line, as "
                 "standard output is no terminal; Ctrl-C ends it")
    return run(built, options, arguments.expect, arguments.timeout)
