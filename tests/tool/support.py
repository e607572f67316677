# SPDX-License-Identifier: BSD-2-Clause
"""What the tool's tests share: folders of throw-away sources, and a fake repository around them."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tool"))

from lucid.board import load_board  # noqa: E402
from lucid.common import ROOT, ToolError  # noqa: E402
from lucid.description import load_system  # noqa: E402

MAIN = "int main(void);\nint main(void)\n{\n    return 0;\n}\n"


class FolderTest(unittest.TestCase):
    """A test with a folder of its own, in which components lie that descriptions can name: server, client, third."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="lucid-test-")
        self.addCleanup(holder.cleanup)
        self.folder = Path(holder.name)
        for name in ("server", "client", "third"):
            (self.folder / name).mkdir()
            (self.folder / name / "main.c").write_text(MAIN)

    def describe(self, text, name="sample"):
        """Write a description; its path."""
        path = self.folder / f"{name}.toml"
        path.write_text(text)
        return path

    def load(self, text, board="qemu-x86_64"):
        return load_system(str(self.describe(text)), load_board(board))

    def complaint(self, text, board="qemu-x86_64"):
        """The message about a wrong description, as people see it, with the file's name cut down to its last part."""
        with self.assertRaises(ToolError) as caught:
            self.load(text, board)
        self.assertEqual(caught.exception.status, 2)
        return str(caught.exception).replace(f"{self.folder}/", "")


SAMPLE = """\
[system]
name = "sample"
root = "client"

[component.server]
source = "server"
provides = { echo = "Echo" }

[component.client]
source = "client"
uses = { echo = "server.echo" }
"""

__all__ = ["FolderTest", "MAIN", "ROOT", "SAMPLE", "ToolError"]
