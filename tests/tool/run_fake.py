# SPDX-License-Identifier: BSD-2-Clause
"""Runs `lucid.run.run` with the fake emulator: run_fake.py [--expect TEXT] [--timeout S] [--accel A]. For test_run.py."""
import argparse
import sys
from pathlib import Path
from types import SimpleNamespace

FOLDER = Path(__file__).resolve().parent
sys.path.insert(0, str(FOLDER.parents[1] / "tool"))

from lucid.board import Board, Emulator  # noqa: E402
from lucid.common import open_standard_streams  # noqa: E402
from lucid.machine import Options  # noqa: E402
from lucid.run import run  # noqa: E402

parser = argparse.ArgumentParser()
parser.add_argument("--expect")
parser.add_argument("--timeout", type=float)
parser.add_argument("--accel", default="tcg")
arguments = parser.parse_args()
open_standard_streams()
emulator = Emulator(str(FOLDER / "fake_emulator.py"), [], 1)
board = Board("fake", "a fake", "none", 1 << 24, emulator)
built = SimpleNamespace(system=SimpleNamespace(name="fake", board=board, memory=1 << 24), folder=FOLDER,
                        image=FOLDER / "image.elf", iso=FOLDER / "image.iso")
sys.exit(run(built, Options(accel=arguments.accel), arguments.expect, arguments.timeout))
