# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid clean`: remove what was built."""
import shutil

from .common import ROOT


def command(_arguments):
    if (ROOT / "build").exists():
        shutil.rmtree(ROOT / "build")
    (ROOT / "compile_commands.json").unlink(missing_ok=True)
    return 0
