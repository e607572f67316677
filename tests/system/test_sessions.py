# SPDX-License-Identifier: BSD-2-Clause
"""The tool and a real system together: sessions as people and scripts have them."""
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from lucid.common import ROOT
from lucid.suites.build import copy_sources


def run(*words, typed="", folder=ROOT):
    done = subprocess.run(["./lucid", *words], input=typed, capture_output=True, text=True, cwd=folder)
    return done.returncode, done.stdout, done.stderr


class Sessions(unittest.TestCase):
    def test_a_pipe_is_a_complete_session(self):
        status, output, errors = run("run", "demo", "--timeout", "60", typed="ps\npoweroff\n")
        self.assertEqual(status, 0, output + errors)
        self.assertRegex(output, r"(?m)^console +180 ")

    def test_the_prompt_can_be_expected(self):
        status, output, errors = run("run", "demo", "--timeout", "60", "--expect", "lucid>")
        self.assertEqual(status, 0, output + errors)

    def test_virtual_time_makes_no_difference_to_a_session(self):
        status, output, errors = run("run", "demo", "--icount", "--timeout", "60", typed="ping 10\npoweroff\n")
        self.assertEqual(status, 0, output + errors)
        self.assertIn("10 calls", output)

    def test_commands_after_a_reboot_are_for_the_new_system(self):
        status, output, errors = run("run", "demo", "--timeout", "60", typed="ping 1\nreboot\nping 2\npoweroff\n")
        self.assertEqual(status, 0, output + errors)
        self.assertRegex(output, r"(?s)1 calls.*system 'demo'.*2 calls")

    def test_a_second_start_is_quick(self):
        run("build", "demo")
        began = time.monotonic()
        status, _, errors = run("run", "demo", "--timeout", "60", "--expect", "lucid>")
        self.assertEqual(status, 0, errors)
        self.assertLess(time.monotonic() - began, 3.0)

    def test_a_new_component_builds_and_runs(self):
        with tempfile.TemporaryDirectory(prefix="lucid-new-") as base:
            folder = Path(base, "copy")
            copy_sources(folder)
            status, output, errors = run("new", "hello", folder=folder)
            self.assertEqual((status, output), (0, "made components/hello/hello.c\nmade systems/hello.toml\n"
                                                "now: ./lucid run hello   (Ctrl-A X leaves)\n"), errors)
            status, output, errors = run("run", "hello", "--timeout", "60", "--expect", "hello from hello",
                                         folder=folder)
            self.assertEqual(status, 0, output + errors)

    def test_make_run_gives_the_shell(self):
        done = subprocess.run(["make", "run"], input="help\npoweroff\n", capture_output=True, text=True, cwd=ROOT,
                              env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("lucid> help", done.stdout)


if __name__ == "__main__":
    unittest.main()
