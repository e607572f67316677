# SPDX-License-Identifier: BSD-2-Clause
"""The console's serial line against a model of the hardware: tests/tool/console/model.c says what."""
import os
import random
import subprocess

from support import ROOT, FolderTest

RUNS = 40


class SerialLine(FolderTest):
    def test_nothing_is_lost_and_nobody_is_stuck(self):
        program = self.folder / "model"
        sources = [ROOT / "components/console" / name for name in ("uart.c", "uart_16550.c", "uart_pl011.c", "input.c", "screen.c")]
        subprocess.run(["gcc", "-std=c17", "-Wall", "-Wextra", "-Werror", "-O1", "-fsanitize=address,undefined",
                        f"-I{ROOT}/tests/tool/console", f"-I{ROOT}/components/console", "-o", program, *sources,
                        ROOT / "tests/tool/console/model.c"], check=True)
        first = int(os.environ.get("LUCID_SEED", random.randrange(1 << 32)))
        for seed in range(first, first + RUNS):
            done = subprocess.run([program, str(seed)], capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"LUCID_SEED={seed} repeats it\n{done.stdout}{done.stderr}")
