# SPDX-License-Identifier: BSD-2-Clause
"""A machine under a test: its console goes into a log, and the test waits for text and types."""
import time

from ..machine import start
from ..session import Over, Session
from ..test import Failure


class Recorder:
    """Runs a machine for a test, as a context manager."""

    def __init__(self, built, options, log, reset_limit=3):
        self.log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(log, "wb")
        self._built, self._options, self._reset_limit = built, options, reset_limit
        self._from = 0     # how far the text was matched
        self.over = None   # how it ended, once it did

    def __enter__(self):
        self.machine = start(self._built, self._options)
        self.session = Session(self.machine, self._record, self._reset_limit)
        return self

    def __exit__(self, *details):
        self.machine.__exit__(*details)
        self._file.close()

    def _record(self, data):
        self._file.write(data)
        self._file.flush()

    @property
    def text(self):
        return self.session.transcript.text

    def last_lines(self):
        return [f"| {line}" for line in self.session.transcript.last_lines(12)]

    def tolerate_panic(self):
        self.session.tolerate_panic = True

    def until_end(self, deadline=None):
        """Wait until the machine ends; the Over that says how. After the deadline: a failure."""
        while self.over is None:
            left = 3600.0 if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise Failure("expected: the machine ends\nseen: it still runs; the last lines:\n" + "\n".join(self.last_lines()))
            self._move(left)
        return self.over

    def expect(self, found, what, deadline):
        """Wait until `found(text, start)` gives the end of a match after what was matched before."""
        while True:
            end = found(self.text, self._from)
            if end is not None:
                self._from = end
                return
            left = deadline - time.monotonic()
            if self.over is not None or left <= 0:
                why = self.over.reason if self.over is not None else "the time is up"
                raise Failure(f"expected: {what}\nseen: {why}; the last lines:\n" + "\n".join(self.last_lines()))
            self._move(left)

    def idle(self, until):
        """Let time pass."""
        while self.over is None and time.monotonic() < until:
            self._move(until - time.monotonic())

    def type(self, text):
        self.session.type(text.encode())

    def since(self, start):
        """What was printed and matched from a position on."""
        return self.text[start:self._from]

    @property
    def position(self):
        return self._from

    def _move(self, seconds):
        try:
            self.session.move(seconds)
        except Over as over:
            self.over = over
