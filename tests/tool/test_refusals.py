# SPDX-License-Identifier: BSD-2-Clause
"""What the operating system refuses, and standard streams that are not there: a sentence and status 2, never a traceback."""
import os
import shutil
import subprocess
import unittest
from unittest import mock

from support import ROOT, FolderTest

from lucid import common, version

NOBODY = 65534


class ForeignTree(FolderTest):
    """A clone that belongs to somebody else: root's, used by nobody; or, if the tests do not run as root, a read-only one."""

    def setUp(self):
        super().setUp()
        self.is_root = os.geteuid() == 0
        self.folder.chmod(0o755)
        self.clone = self.folder / "clone"
        self.clone.mkdir()
        shutil.copy(ROOT / "lucid", self.clone)
        for name in ("tool", "boards", "systems", "components", "kernel", "lib", "abi", "interfaces"):
            shutil.copytree(ROOT / name, self.clone / name, ignore=shutil.ignore_patterns("__pycache__"))
        (self.clone / "build/qemu-x86_64").mkdir(parents=True)
        (self.clone / "build/qemu-x86_64/.lock").touch()

    def refused(self, *words):
        """The complaint about a command that may not write."""
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if self.is_root else {}
        done = subprocess.run(["./lucid", *words], cwd=self.clone, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, env=dict(os.environ, PYTHONDONTWRITEBYTECODE="1"), **user)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("lucid: "), done.stderr)
        return done.stderr

    def read_only(self, *names):
        if not self.is_root:
            for name in names:
                path = self.clone / name
                path.chmod(0o444 if path.is_file() else 0o555)
                self.addCleanup(path.chmod, 0o755)

    def check(self, words, path, what, place):
        complaint = self.refused(*words)
        self.assertIn(f"{path}: permission denied\n", complaint)
        if self.is_root:
            self.assertIn(f"   {what} belongs to root: sudo chown -R $USER {place}", complaint)

    def test_build_and_run_name_the_owner(self):
        self.read_only("build/qemu-x86_64/.lock")
        for words in (["build", "echo"], ["run", "echo"]):
            self.check(words, "build/qemu-x86_64/.lock", "build/", f"{self.clone}/build, or sudo make clean")

    def test_a_build_folder_that_cannot_be_made_names_the_owner_of_the_clone(self):
        shutil.rmtree(self.clone / "build")
        self.read_only(".")
        self.check(["build", "echo"], "build", self.clone, self.clone)

    def test_clean_names_the_owner(self):
        self.read_only("build/qemu-x86_64")
        complaint = self.refused("clean")
        self.assertIn(": permission denied\n", complaint)

    def test_new_names_the_owner(self):
        self.read_only("components")
        self.check(["new", "hello"], "components/hello", self.clone, self.clone)


class Version(FolderTest):
    def test_the_commit_is_told_from_a_clone_that_belongs_to_somebody_else(self):
        if os.geteuid() != 0 or shutil.which("git") is None:
            self.skipTest("only root can make a clone of somebody else, and only with git")
        git = ["git", "-C", str(self.folder), "-c", "user.name=x", "-c", "user.email=x@example.org"]
        subprocess.run([*git, "init", "-q"], check=True)
        subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
        for path in (self.folder, *self.folder.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        with mock.patch.object(version, "ROOT", self.folder.resolve()):
            self.assertRegex(version.version_text(), r"^0\.1\.0 \([0-9a-f]{12}\)$")


class SystemError(unittest.TestCase):
    def test_a_refusal_names_the_path_and_the_reason(self):
        refused = common.system_error(OSError(28, "No space left on device", str(ROOT / "build/x")))
        self.assertEqual((str(refused), refused.status), ("build/x: no space left on device", 2))

    def test_a_refusal_without_a_path_names_the_reason(self):
        self.assertEqual(str(common.system_error(OSError(5, "Input/output error"))),
                         "the system refused something: Input/output error")


class ClosedStreams(unittest.TestCase):
    def run_closed(self, line):
        return subprocess.run(["sh", "-c", line], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True)

    def test_the_tool_works_without_standard_output(self):
        done = self.run_closed("./lucid --version >&-")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_complaints_do_not_go_to_standard_output_if_there_is_no_standard_error(self):
        done = self.run_closed("./lucid frobnicate 2>&-")
        self.assertEqual((done.returncode, done.stdout), (2, ""))

    def test_a_reader_that_has_gone_is_no_traceback(self):
        done = self.run_closed("./lucid test --list --suite tool | true")
        self.assertEqual(done.stderr, "")


if __name__ == "__main__":
    unittest.main()
