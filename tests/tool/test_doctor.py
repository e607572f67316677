# SPDX-License-Identifier: BSD-2-Clause
"""How missing packages are found and installed. apt-get is a script that notes its arguments and makes the programs appear."""
import io
import os
import shutil
import subprocess
import tempfile
import unittest
from contextlib import redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from support import ROOT, FolderTest, ToolError

from lucid import doctor

APT = """\
#!/bin/sh
echo "$@" >> {folder}/calls
case "$*" in
    *update*) /bin/touch {folder}/fresh ;;
    *install*) [ -e {folder}/fresh ] || exit {without_update}; for name in ld ninja; do printf '#!/bin/sh\\n' > {folder}/$name; /bin/chmod +x {folder}/$name; done ;;
esac
"""


class Install(FolderTest):
    def setUp(self):
        super().setUp()
        needs = [doctor.Need("binutils", "ld", "links", "run"), doctor.Need("ninja-build", "ninja", "builds", "run"),
                 doctor.Need("base-files", "/etc", "is there", "run")]
        for patch in (mock.patch.object(doctor, "NEEDS", needs), mock.patch.dict(os.environ, PATH=str(self.folder)),
                      mock.patch.object(doctor.os, "geteuid", lambda: 0)):
            patch.start()
            self.addCleanup(patch.stop)
        (self.folder / "env").symlink_to("/usr/bin/env")

    def apt(self, without_update):
        path = self.folder / "apt-get"
        path.write_text(APT.format(folder=self.folder, without_update=without_update))
        path.chmod(0o755)

    def run_doctor(self, install=True, quiet=True):
        output = io.StringIO()
        with redirect_stdout(output):
            status = doctor.command(SimpleNamespace(purpose="run", board="qemu-x86_64", install=install, quiet=quiet))
        return status, output.getvalue()

    def calls(self):
        return (self.folder / "calls").read_text().splitlines()

    def test_what_is_missing_is_installed_and_nothing_else(self):
        self.apt(without_update=0)
        (self.folder / "fresh").touch()
        status, output = self.run_doctor()
        self.assertEqual(status, 0)
        self.assertIn("   binutils                   links\n   ninja-build                builds\n", output)
        self.assertNotIn("base-files", output)
        self.assertEqual(self.calls()[-1].removeprefix("-q "),
                         "install -y --no-install-recommends binutils ninja-build")

    def test_package_lists_are_fetched_when_installing_fails(self):
        self.apt(without_update=100)
        self.assertEqual(self.run_doctor()[0], 0)
        self.assertTrue(any("update" in call for call in self.calls()))

    def test_nothing_is_called_when_nothing_is_missing(self):
        self.apt(without_update=0)
        (self.folder / "fresh").touch()
        self.run_doctor()
        (self.folder / "calls").unlink()
        self.assertEqual(self.run_doctor(), (0, ""))
        self.assertFalse((self.folder / "calls").exists())

    def test_without_root_the_exact_line_is_told(self):
        self.apt(without_update=0)
        with mock.patch.object(doctor.os, "geteuid", lambda: 1000), self.assertRaises(ToolError) as caught:
            self.run_doctor()
        self.assertEqual(str(caught.exception),
                         "installing needs root, and sudo is not there or asks for a password; run as root:\n"
                         "   apt-get install --no-install-recommends binutils ninja-build")

    def test_apt_that_fails_is_told(self):
        path = self.folder / "apt-get"
        path.write_text("#!/bin/sh\nexit 100\n")
        path.chmod(0o755)
        with self.assertRaisesRegex(ToolError, "apt-get failed, see above"):
            self.run_doctor()


class GetPython(FolderTest):
    def run_script(self, purpose="run", **programs):
        """tool/get-python with only these programs on the path, and no usable /usr/bin/python3."""
        for name, text in programs.items():
            (self.folder / name).write_text("#!/bin/sh\n" + text)
            (self.folder / name).chmod(0o755)
        script = (ROOT / "tool/get-python").read_text().replace("/usr/bin/python3", str(self.folder / "python3"))
        for name in ("sed", "tr"):
            (self.folder / name).symlink_to(shutil.which(name))
        done = subprocess.run(["/bin/sh", "-c", script, "get-python", purpose], env={"PATH": str(self.folder)}, capture_output=True,
                              text=True, stdin=subprocess.DEVNULL, cwd=ROOT)
        return done.returncode, done.stdout, done.stderr

    def test_without_root_the_exact_line_is_told(self):
        for purpose in ("run", "test"):  # one line for all that the tool would ask for next
            with self.subTest(purpose=purpose), tempfile.TemporaryDirectory() as folder:
                self.folder = Path(folder)
                status, _, errors = self.run_script(purpose, **{"apt-get": "exit 1\n", "id": "echo 1000\n"})
                packages = [need.package for need in doctor.NEEDS
                            if purpose == "test" or need.purpose == "run" and need.arch in (None, "x86_64")]
                self.assertEqual((status, errors),
                                 (2, "lucid: Python is missing, and installing it needs root. Run as root, for it and what else is needed:\n"
                                  f"   apt-get install --no-install-recommends python3 {' '.join(packages)}\n"))

    def test_as_root_it_is_installed(self):
        status, output, _ = self.run_script(**{"apt-get": 'echo "apt-get $@"\n', "id": "echo 0\n"})
        self.assertEqual(status, 0)
        self.assertIn("apt-get install --no-install-recommends python3 -y -q", output)

    def test_other_distributions_are_told_what_to_install(self):
        status, _, errors = self.run_script(id="echo 0\n")
        self.assertEqual(status, 2)
        self.assertIn("this is not Debian", errors)

    def test_old_python_is_told(self):
        status, _, errors = self.run_script(python3="exit 0\n", id="echo 0\n")
        self.assertEqual(status, 2)
        self.assertIn("is older than 3.11", errors)


if __name__ == "__main__":
    unittest.main()
