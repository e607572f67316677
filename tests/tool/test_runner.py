# SPDX-License-Identifier: BSD-2-Clause
"""The test runner: how results are counted, and what a system test's file may say."""
import io
import os
import signal
import time
import unittest
from contextlib import redirect_stdout

from support import FolderTest, ToolError

from lucid import test as runner
from lucid.session import Transcript
from lucid.suites import lines, system


class Counting(unittest.TestCase):
    places = 1

    def run_jobs(self, *works, seconds=5.0):
        jobs = [runner.Job("sample", f"job{index}", work, seconds) for index, work in enumerate(works)]
        output = io.StringIO()
        with redirect_stdout(output):
            status = runner.run_all(jobs, self.places)
        return status, output.getvalue().splitlines()

    def fail(self, message):
        raise runner.Failure(message)

    def test_the_last_line_is_the_sum(self):
        status, printed = self.run_jobs(lambda: None, lambda: [runner.Result("a", True), runner.Result("b", True)])
        self.assertEqual((status, printed[-1]), (0, "3 passed, 0 failed"))

    def test_a_failure_is_shown_and_the_others_run(self):
        status, printed = self.run_jobs(lambda: self.fail("expected: 1\nseen: 2"), lambda: None)
        self.assertEqual((status, printed[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("      expected: 1", printed)
        self.assertIn("   sample/job0", printed)

    def test_a_test_that_breaks_is_a_failure(self):
        status, printed = self.run_jobs(lambda: 1 // 0, lambda: None)
        self.assertEqual((status, printed[-1]), (1, "1 passed, 1 failed"))

    def skip(self):
        raise runner.Skipped("no such device here")

    def test_a_test_that_cannot_be_done_here_is_neither(self):
        status, printed = self.run_jobs(self.skip, lambda: None)
        self.assertEqual((status, printed[-1]), (0, "1 passed, 0 failed"))
        self.assertIn("   sample/job0: no such device here", printed)

    def test_a_test_that_does_not_end_is_a_failure(self):
        status, printed = self.run_jobs(lambda: time.sleep(30), lambda: None, seconds=0.2)
        self.assertEqual((status, printed[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("      expected: an end within 0.2 s", printed)

    def test_lines_of_test_programs_are_results(self):
        results, end = lines.parse("noise\nok first\r\nFAIL second: x.c:3: expected 1, seen 2\nokay\nEND 1 passed, 1 failed\n")
        self.assertEqual(results,
                         [runner.Result("first", True), runner.Result("second", False, "x.c:3: expected 1, seen 2")])
        self.assertEqual((end, lines.numbers(results)), ((1, 1), (1, 1)))


class CountingSideBySide(Counting):
    """The same with several at a time, each in a process of its own."""
    places = 3

    def test_a_process_that_dies_is_a_failure(self):
        status, printed = self.run_jobs(lambda: os.kill(os.getpid(), signal.SIGKILL), lambda: None)
        self.assertEqual((status, printed[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("      expected: results", printed)

    def test_some_suites_run_one_job_at_a_time(self):
        jobs = [runner.Job(suite, "a", None) for suite in ("tool", "tool", "host", "host")]
        class Busy:
            job = jobs[0]
        self.assertIs(runner.next_job(jobs[1:], [Busy]), jobs[2])
        self.assertIsNone(runner.next_job(jobs[1:2], [Busy]))

    def test_nothing_runs_beside_a_job_that_runs_alone(self):
        alone, other = runner.Job("prove", "a", None, alone=True), runner.Job("host", "b", None)

        class Alone:
            job = alone

        class Other:
            job = other

        self.assertIs(runner.next_job([alone, other], []), other)
        self.assertIsNone(runner.next_job([alone], [Other]))
        self.assertIs(runner.next_job([alone], []), alone)
        self.assertIsNone(runner.next_job([other], [Alone]))


class Transcripts(unittest.TestCase):
    def test_escapes_and_carriage_returns_are_left_out(self):
        transcript = Transcript()
        for piece in (b"a\x1b[", b"31mb\r\n\x1b", b"[Kc\x1b[2Jd"):
            transcript.add(piece)
        self.assertEqual(transcript.text, "ab\ncd")


class SystemTestFiles(FolderTest):
    def read(self, text):
        return system.read_script(self.describe(text))

    def test_a_file_says_what_to_build_type_and_see(self):
        script = self.read('system = "demo"\nseconds = 5\nkinds = ["debug", "release"]\nends = "power off"\n'
                           'steps = [\n  { expect = "lucid> " },\n  { line = "ps" },\n]\n')
        self.assertEqual((script.name, script.system, script.seconds, script.kinds, script.ends),
                         ("sample", "demo", 5.0, ["debug", "release"], "power off"))
        self.assertEqual(script.steps, [{"expect": "lucid> "}, {"line": "ps"}])

    def test_mistakes_are_told_with_their_line(self):
        for text, message in (('system = "demo"\n', "sample.toml:1: the test lacks 'steps'"),
                              ('system = "demo"\nsteps = [\n  { expct = "x" },\n]\n', "sample.toml:3: a step has no key 'expct'\n   did you mean 'expect'?"),
                              ('system = "demo"\nsteps = [ { expect = "x", line = "y" } ]\n', "sample.toml:2: a step does one thing"),
                              ('system = "demo"\nsteps = []\nboot = "floppy"\n', "sample.toml:3: 'boot' is \"floppy\"")):
            with self.assertRaises(ToolError) as caught:
                self.read(text)
            self.assertIn(message, str(caught.exception))


if __name__ == "__main__":
    unittest.main()
