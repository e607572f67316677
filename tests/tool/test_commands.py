# SPDX-License-Identifier: BSD-2-Clause
"""The command line: help, version, wrong arguments, and the small commands."""
import os
import subprocess
import unittest
from unittest import mock

from support import ROOT, SAMPLE, FolderTest, ToolError

from lucid import doctor, new
from lucid.board import load_board
from lucid.description import load_system

COMMANDS = ("run", "build", "graph", "why", "test", "bench", "new", "doctor", "manual", "clean")


def lucid(*words, **environment):
    """Run the tool; (status, standard output, standard error)."""
    done = subprocess.run(["./lucid", *words], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          env=dict(os.environ, **environment))
    return done.returncode, done.stdout, done.stderr


class CommandLine(unittest.TestCase):
    def test_every_command_has_help(self):
        for command in COMMANDS:
            with self.subTest(command):
                status, output, _ = lucid(command, "--help")
                self.assertEqual(status, 0)
                self.assertIn("usage: ./lucid " + command, output)

    def test_without_a_command_there_is_help(self):
        self.assertEqual(lucid()[:2], lucid("--help")[:2])
        self.assertEqual(lucid("help")[:2], lucid("--help")[:2])

    def test_version_is_told(self):
        status, output, _ = lucid("--version")
        self.assertEqual(status, 0)
        self.assertRegex(output, r"^lucid 0\.1\.0( \([0-9a-f]{12}(, modified)?\))?\n$")

    def test_wrong_arguments_are_told_with_status_2(self):
        for words, message in ((["frobnicate"], "invalid choice: 'frobnicate'"),
                               (["run"], "the following arguments are required: SYSTEM"),
                               (["run", "demo", "--cores", "none"], "argument --cores: 'none' is not a number of cores"),
                               (["run", "demo", "--timeout", "-1"], "argument --timeout: '-1' is not a number of seconds"),
                               (["run", "demo", "--timeout", "inf"], "argument --timeout: 'inf' is not a number of seconds (above 0, at most 1000000)"),
                               (["run", "demo", "--timeout", "nan"], "argument --timeout: 'nan' is not a number of seconds"),
                               (["run", "demo", "--timeout", "1e12"], "argument --timeout: '1e12' is not a number of seconds"),
                               (["run", "demo", "--expect", ""], "argument --expect: an empty text is always there"),
                               (["run", "demo", "--icount", "--accel", "kvm"], "--icount and --accel kvm cannot go together"),
                               (["run", "demo", "--foo"], "unrecognized arguments: --foo\n   ./lucid run --help says what there is\n"),
                               (["run", "demo", "--memory", "big"], "--memory big: write it like 512MiB or 1GiB"),
                               (["build", "demo", "--release", "--debug"], "not allowed with argument"),
                               (["build", "demo", "--frob"], "unrecognized arguments: --frob"),
                               (["build", "demo", "--", "-s"], "'build' takes nothing after --"),
                               (["test", "--suite", "tol"], "there is no suite 'tol'")):
            with self.subTest(words):
                status, output, errors = lucid(*words)
                self.assertEqual((status, output), (2, ""))
                self.assertTrue(errors.startswith("lucid: "), errors)
                self.assertIn(message, errors)

    def test_unknown_system_and_board_are_told_with_status_2(self):
        status, _, errors = lucid("run", "no_such_system")
        self.assertEqual(status, 2)
        self.assertIn("lucid: there is no system 'no_such_system' (systems/no_such_system.toml); known: ", errors)
        status, _, errors = lucid("build", "demo", "--board", "qemu-x86")
        self.assertEqual(status, 2)
        self.assertIn("did you mean 'qemu-x86_64'?", errors)

    def test_suites_can_be_listed(self):
        status, output, _ = lucid("test", "--list", "--suite", "tool", "--filter", "suites_can_be_listed")
        self.assertEqual((status, output), (0, "tool/commands/suites_can_be_listed\n"))


class WrongDescription(FolderTest):
    def test_place_comes_first_and_nothing_is_written(self):
        path = self.describe(SAMPLE.replace("server.echo", "server.ecko"), "half_written")
        status, output, errors = lucid("build", str(path))
        self.assertEqual((status, output), (2, ""))
        self.assertEqual(errors,
                         f"{path}:11: component 'client' uses 'server.ecko', but 'server' provides only: echo\n   did you mean 'server.echo'?\n")
        self.assertFalse((ROOT / "build/qemu-x86_64/half_written").exists())


class New(FolderTest):
    def test_a_component_and_a_system_are_made(self):
        made = new.make("greeter", self.folder)
        self.assertEqual([path.relative_to(self.folder).as_posix() for path in made],
                         ["components/greeter/greeter.c", "systems/greeter.toml"])
        self.assertLessEqual(len(made[0].read_text().splitlines()), 12)
        (self.folder / "systems/components").symlink_to(self.folder / "components")
        system = load_system(str(made[1]), load_board("qemu-x86_64"))
        self.assertEqual([component.name for component in system.components], ["console", "greeter"])

    def test_what_exists_is_not_touched(self):
        new.make("greeter", self.folder)
        with self.assertRaisesRegex(ToolError, "greeter is there already"):
            new.make("greeter", self.folder)
        (self.folder / "components/greeter/greeter.c").unlink()
        (self.folder / "components/greeter").rmdir()
        with self.assertRaisesRegex(ToolError, "systems/greeter.toml is there already"):
            new.make("greeter", self.folder)
        self.assertFalse((self.folder / "components/greeter").exists())

    def test_names_that_cannot_be_are_refused(self):
        for name in ("Greeter", "3d", "a-b", "", "x" * 32, "../up"):
            with self.assertRaisesRegex(ToolError, "cannot be the name of a component"):
                new.make(name, self.folder)
        with self.assertRaisesRegex(ToolError, "'supervisor' is the name of the root component"):
            new.make("supervisor", self.folder)
        for name in ("test", "test_mine"):  # `./lucid test` would take the system for one of the kernel's tests
            with self.assertRaisesRegex(ToolError, f"'{name}': systems that are called like that"):
                new.make(name, self.folder)


class Doctor(unittest.TestCase):
    def test_running_needs_less_than_testing(self):
        needs = [need.package for need in doctor.NEEDS if need.purpose == "run"]
        self.assertIn("qemu-system-x86", needs)
        self.assertNotIn("clang", needs)

    def test_running_on_a_pc_needs_no_other_compiler(self):
        with mock.patch.object(doctor.Need, "is_there", lambda need: False):
            for arch, other in (("x86_64", "aarch64"), ("aarch64", "riscv64"), ("riscv64", "aarch64")):
                needs = [need.package for need in doctor.missing("run", arch)]
                self.assertFalse([name for name in needs if other in name])
                self.assertIn("gcc", needs)
            self.assertIn("gcc-aarch64-linux-gnu", [need.package for need in doctor.missing("run", "aarch64")])

    def test_what_is_missing_is_named_with_its_package_and_reason(self):
        status, output, errors = lucid("doctor", PATH="/nowhere")
        self.assertEqual(status, 1)
        self.assertRegex(output, r"   ninja-build +does the build's steps")
        self.assertRegex(errors,
                         r"to install: ./lucid doctor --install, or as root: apt-get install --no-install-recommends gcc ")

    def test_other_distributions_are_told_what_to_install(self):
        status, _, errors = lucid("doctor", "--install", PATH="/nowhere")
        self.assertEqual(status, 2)
        self.assertIn("this is not Debian (there is no apt-get), so install by hand what is missing: gcc, ld,", errors)
        for need in doctor.NEEDS:
            self.assertRegex(errors.rpartition("in all, as Debian calls it: ")[2], rf"\b{need.package}\b")

    def test_missing_compiler_is_told(self):
        status, _, errors = lucid("build", "echo", PATH="/nowhere")
        self.assertEqual(status, 2)
        self.assertIn("the compiler 'gcc' is missing\n   ./lucid doctor --install", errors)


if __name__ == "__main__":
    unittest.main()
