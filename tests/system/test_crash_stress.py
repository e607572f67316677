# SPDX-License-Identifier: BSD-2-Clause
"""Hundreds of crashes, one after the other: after each the component is there again and the shell answers.

Twice the answer has failed to come. A component that tolerates bad capabilities did not crash with one, and served nobody any more;
and the console waited for an interrupt that it had not acknowledged, when a report came together with a key while the host was slow
to take the output.
"""
import fcntl
import os
import random
import time
import unittest

from lucid.board import DEFAULT_BOARD
from lucid.build import Variant, build
from lucid.common import ROOT
from lucid.machine import Options
from lucid.suites.console import Recorder

KINDS = ("null", "execute", "stack", "divide", "capability")
SECONDS = 60.0    # for one answer; a healthy one takes milliseconds
F_SETPIPE_SZ = 1031
PIPE_BYTES = 4096  # the least that a pipe can have


def text(wanted):
    def find(printed, start):
        at = printed.find(wanted, start)
        return None if at < 0 else at + len(wanted)
    return find


class Crashes(unittest.TestCase):
    def start(self, icount, kind="release"):
        built = build("demo", Variant(DEFAULT_BOARD, kind))
        log = ROOT / f"build/test/system-{self.id().rpartition('.')[2]}.log"
        recorder = self.enterContext(Recorder(built, Options(icount=icount), log))
        self.wait(recorder, "lucid> ")
        return recorder

    def wait(self, recorder, wanted):
        recorder.expect(text(wanted), f"'{wanted}'", time.monotonic() + SECONDS)

    def random(self):
        seed = int(os.environ.get("LUCID_SEED", random.randrange(1 << 32)))
        print(f"   seed {seed} (LUCID_SEED={seed} repeats it)", flush=True)
        return random.Random(seed)

    def answered(self, recorder, count):
        """`count` crashes; the shell's answer is waited for each time."""
        choice = self.random()
        for number in range(count):
            command = f"crash echo {choice.choice(KINDS)}"
            recorder.type(command + "\r")
            for wanted in (command, f"echo: started again (start number {number + 2})", "lucid> "):
                self.wait(recorder, wanted)
        recorder.type("ping 10\r")
        self.wait(recorder, "10 calls")

    def test_the_shell_answers_after_each_of_300_crashes(self):
        self.answered(self.start(icount=False), 300)

    def test_the_shell_answers_after_each_of_300_crashes_in_virtual_time(self):
        self.answered(self.start(icount=True), 300)

    def test_the_shell_answers_after_each_of_100_crashes_on_a_debug_kernel(self):
        self.answered(self.start(icount=False, kind="debug"), 100)

    def test_every_component_can_be_made_to_crash_in_every_way(self):
        recorder = self.start(icount=True)
        for name in ("timer", "console", "shell", "echo", "pinger"):
            for kind in KINDS:
                recorder.type(f"crash {name} {kind}\r")
                self.wait(recorder, f"crash {name} {kind}")
                self.wait(recorder, f"{name}: ")
                self.wait(recorder, "lucid> ")
                recorder.type("ping 1\r")
                self.wait(recorder, "1 calls")
                self.wait(recorder, "lucid> ")

    def test_nothing_is_lost_when_the_host_is_slow_to_take_the_output(self):
        recorder = self.start(icount=False)
        machine, choice = recorder.machine, self.random()
        fcntl.fcntl(machine.output, F_SETPIPE_SZ, PIPE_BYTES)

        def read_slowly():
            time.sleep(choice.random() * 0.003)
            try:
                return os.read(machine.output, choice.randint(1, 400))
            except BlockingIOError:
                return None

        machine.read = read_slowly
        for number in range(40):
            recorder.type(f"crash echo {choice.choice(KINDS)}\r")
            if choice.random() < 0.5:
                recorder.idle(time.monotonic() + choice.random() * 0.02)
        self.wait(recorder, "echo: started again (start number 41)")
        self.wait(recorder, "lucid> ")
        recorder.type("ping 10\r")
        self.wait(recorder, "10 calls")


if __name__ == "__main__":
    unittest.main()
