# SPDX-License-Identifier: BSD-2-Clause
"""What `./lucid run` does with its input, its output, its exit status, and the terminal. The machine is fake_emulator.py."""
import os
import pty
import select
import signal
import subprocess
import sys
import termios
import time
import unittest
from pathlib import Path

import support  # noqa: F401  (sets the path of the tool)

RUN = [sys.executable, str(Path(__file__).resolve().parent / "run_fake.py")]


def run(*words, typed="", **environment):
    """Run with a pipe as standard input; (status, standard output, standard error)."""
    done = subprocess.run([*RUN, *words], input=typed, capture_output=True, text=True, timeout=60,
                          env=dict(os.environ, **environment))
    return done.returncode, done.stdout, done.stderr


class WithoutTerminal(unittest.TestCase):
    def test_expected_text_ends_the_run_with_0(self):
        status, output, _ = run("--expect", "lucid>", "--timeout", "20")
        self.assertEqual((status, output), (0, "fake machine\nlucid> \n"))

    def test_time_limit_ends_the_run_with_1_and_shows_the_last_lines(self):
        status, _, errors = run("--expect", "nothing like it", "--timeout", "1")
        self.assertEqual(status, 1)
        self.assertEqual(errors,
                         "lucid: 'nothing like it' was not seen within 1 s\n   the last lines were:\n   | fake machine\n   | lucid> \n")

    def test_text_is_expected_as_a_terminal_shows_it(self):
        self.assertEqual(run("--expect", "] red\nlucid> ok", "--timeout", "20", typed="draw\n")[0], 0)

    def test_text_that_is_drawn_over_later_was_printed(self):
        self.assertEqual(run("--expect", "lucid> ox", "--timeout", "20", typed="draw\n")[0], 0)

    def test_the_last_lines_are_those_that_a_terminal_shows(self):
        errors = run("--expect", "nothing like it", "--timeout", "2", typed="draw\n")[2]
        self.assertIn("   | [other] red\n   | lucid> ok\n   | lucid> \n", errors)
        self.assertNotIn("ox", errors)

    def test_poweroff_ends_the_run_with_0(self):
        status, output, errors = run("--timeout", "20", typed="hello\npoweroff\n")
        self.assertEqual((status, errors), (0, ""))
        self.assertIn("you typed hello\n", output)

    def test_poweroff_before_the_expected_text_is_a_failure(self):
        status, _, errors = run("--expect", "nothing like it", "--timeout", "20", typed="poweroff\n")
        self.assertEqual(status, 1)
        self.assertIn("lucid: powered off before 'nothing like it' was seen", errors)

    def test_what_is_typed_early_is_not_lost(self):
        status, output, _ = run("--timeout", "20", typed="early\npoweroff\n", FAKE_BOOT_SECONDS="1.5")
        self.assertEqual(status, 0)
        self.assertIn("you typed early", output)

    def test_much_input_arrives_whole(self):
        lines = [f"line{number:05}" for number in range(3000)]
        status, output, _ = run("--timeout", "50", typed="\n".join([*lines, "poweroff", ""]))
        self.assertEqual(status, 0)
        self.assertEqual([line for line in output.split("\n") if line.startswith("you")],
                         [f"you typed {line}" for line in lines])

    def test_the_end_of_input_does_not_end_the_run(self):
        status, _, errors = run("--timeout", "1.5", typed="")
        self.assertEqual(status, 1)
        self.assertIn("lucid: still running after 1.5 s", errors)

    def test_a_run_that_nothing_will_end_says_so_once(self):
        with subprocess.Popen(RUN, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True) as process:
            self.assertEqual(process.stderr.readline(), "lucid: standard input has ended; the system runs on\n")
            self.assertIn("--timeout S limits it", process.stderr.readline())
            time.sleep(1.0)
            process.terminate()
            output, errors = process.communicate(timeout=20)
            self.assertEqual((process.returncode, output, errors), (143, "fake machine\nlucid> \n", ""))

    def test_output_that_goes_to_no_terminal_is_plain_text(self):
        status, output, _ = run("--timeout", "20", typed="draw\npoweroff\n")
        self.assertEqual(status, 0)
        self.assertIn("[other] red\nlucid> ok\n", output)
        self.assertNotIn("\x1b", output)

    def test_a_failure_under_hardware_virtualization_names_the_way_out(self):
        errors = run("--timeout", "20", "--accel", "kvm", FAKE_REFUSE="1")[2]
        self.assertIn("without --accel kvm it is emulated\n", errors)
        errors = run("--timeout", "1", "--accel", "kvm", "--expect", "nothing like it")[2]
        self.assertIn("without --accel kvm it is emulated\n", errors)

    def test_panic_ends_the_run_with_1_after_its_report(self):
        status, output, errors = run("--timeout", "20", typed="panic\n")
        self.assertEqual(status, 1)
        self.assertIn("   rip 0x1234\n", output)
        self.assertIn("lucid: the kernel panicked\n", errors)
        self.assertIn("   | KERNEL PANIC: fake.c:1: all is lost\n", errors)

    def test_panic_that_is_expected_is_a_success(self):
        self.assertEqual(run("--timeout", "20", "--expect", "KERNEL PANIC", typed="panic\n")[0], 0)

    def test_reboot_goes_on(self):
        status, output, _ = run("--timeout", "20", typed="reboot\npoweroff\n")
        self.assertEqual((status, output.count("fake machine")), (0, 2))

    def test_prompt_that_is_repeated_is_not_an_answer(self):
        status, output, _ = run("--timeout", "20", typed="hello\nreboot\nafter\npoweroff\n", FAKE_REPEAT="1")
        self.assertEqual((status, output.count("fake machine")), (0, 2))
        self.assertIn("you typed after", output)

    def test_machine_that_resets_again_and_again_is_a_failure(self):
        status, _, errors = run("--timeout", "20", typed="loop\n")
        self.assertEqual(status, 1)
        self.assertRegex(errors, "the machine was reset [45] times in 10 s")

    def test_exit_device_tells_success_and_failure(self):
        self.assertEqual(run("--timeout", "20", typed="success\n")[0], 0)
        status, _, errors = run("--timeout", "20", typed="failure\n")
        self.assertEqual(status, 1)
        self.assertIn("the machine ended with status 7", errors)

    def test_emulator_that_dies_is_a_failure(self):
        status, _, errors = run("--timeout", "20", typed="vanish\n")
        self.assertEqual(status, 1)
        self.assertIn("the emulator was ended by SIGKILL", errors)

    def test_emulator_that_does_not_start_is_2(self):
        status, _, errors = run("--timeout", "20", FAKE_REFUSE="1")
        self.assertEqual((status, errors),
                         (2, "lucid: the machine could not be started:\n   fake: cannot load the kernel\n"))

    def test_reader_that_goes_away_ends_the_run(self):
        with subprocess.Popen([*RUN, "--timeout", "20"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
            process.stdout.close()
            self.assertEqual(process.wait(20), 1)

    def test_a_reader_that_goes_away_before_ctrl_c_is_no_traceback(self):
        with subprocess.Popen(RUN, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              bufsize=0) as process:
            process.stdout.readline()
            process.stdout.read(len("lucid> "))  # put out, so its line has to be ended
            process.stdout.close()
            process.send_signal(signal.SIGINT)
            self.assertEqual((process.wait(20), process.stderr.read()), (130, b""))

    def test_the_status_tells_the_signal_that_ended_the_run(self):
        for number, status in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            with self.subTest(number), subprocess.Popen(RUN, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
                process.stdout.readline()
                process.send_signal(number)
                self.assertEqual(process.wait(20), status)

    def test_standard_output_may_be_closed(self):
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *RUN, "--expect", "lucid>", "--timeout", "20"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_standard_output_that_is_full_is_told(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run([*RUN, "--timeout", "20"], stdin=subprocess.DEVNULL, stdout=full,
                                  stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr),
                         (1, "lucid: standard output cannot be written to: No space left on device\n"))

    def test_killing_the_tool_ends_the_emulator(self):
        with subprocess.Popen(RUN, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            process.kill()
            process.stdout.read()  # ends only when the emulator, which has the other end, is gone
            process.wait()


class OnTerminal(unittest.TestCase):
    """The tool on a pseudo-terminal, as a person has it."""

    def setUp(self):
        try:
            self.keyboard, terminal = pty.openpty()
        except OSError:
            self.skipTest("this machine has no pseudo-terminals (/dev/pts)")
        self.addCleanup(os.close, self.keyboard)
        self.mode = termios.tcgetattr(self.keyboard)
        self.process = subprocess.Popen(RUN, stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
                                        preexec_fn=lambda: __import__("fcntl").ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        self.addCleanup(self.process.wait)
        self.addCleanup(self.process.kill)
        self.seen = b""

    def wait_for(self, text):
        deadline = time.monotonic() + 20
        while text not in self.seen:
            self.assertLess(time.monotonic(), deadline, self.seen)
            if select.select([self.keyboard], [], [], 0.2)[0]:
                self.seen += os.read(self.keyboard, 4096)

    def type(self, data):
        os.write(self.keyboard, data)

    def assert_ends(self, status):
        self.assertEqual(self.process.wait(20), status)
        self.assertEqual(termios.tcgetattr(self.keyboard), self.mode)

    def test_the_terminal_is_raw_and_keys_arrive(self):
        self.wait_for(b"lucid> ")
        self.assertFalse(termios.tcgetattr(self.keyboard)[3] & (termios.ICANON | termios.ECHO | termios.ISIG))
        self.type(b"hello\r")
        self.wait_for(b"you typed hello")
        self.type(b"\x01x")
        self.assert_ends(0)

    def test_ctrl_a_x_leaves_at_any_time(self):
        self.wait_for(b"fake machine")
        self.type(b"\x01x")
        self.assert_ends(0)

    def test_ctrl_a_twice_sends_one(self):
        self.wait_for(b"lucid> ")
        self.type(b"\x01\x01\r")
        self.wait_for(b"you typed \x01")
        self.type(b"\x01h")
        self.wait_for(b"Ctrl-A X  leave")
        self.type(b"poweroff\r")
        self.assert_ends(0)

    def test_keys_typed_early_are_not_lost(self):
        self.wait_for(b"fake machine")
        self.type(b"early\r")
        self.wait_for(b"you typed early")
        self.type(b"poweroff\r")
        self.assert_ends(0)

    def test_the_terminal_is_restored_after_a_panic(self):
        self.wait_for(b"lucid> ")
        self.type(b"panic\r")
        self.wait_for(b"KERNEL PANIC")
        self.assert_ends(1)

    def test_the_terminal_is_restored_when_the_emulator_dies(self):
        self.wait_for(b"lucid> ")
        self.type(b"vanish\r")
        self.assert_ends(1)

    def test_the_terminal_is_restored_when_the_worker_is_killed(self):
        self.wait_for(b"lucid> ")
        worker = int(Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()[0])
        os.kill(worker, signal.SIGKILL)
        self.assert_ends(128 + signal.SIGKILL)

    def test_the_terminal_is_restored_after_sigterm(self):
        self.wait_for(b"lucid> ")
        self.process.send_signal(signal.SIGTERM)
        self.assert_ends(143)

    def test_the_terminal_is_restored_when_the_guard_is_killed(self):
        self.wait_for(b"lucid> ")
        self.process.kill()
        self.process.wait()
        deadline = time.monotonic() + 10
        while termios.tcgetattr(self.keyboard) != self.mode:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.05)


if __name__ == "__main__":
    unittest.main()
