# SPDX-License-Identifier: BSD-2-Clause
"""The tool's own build steps, as Ninja calls them: `./lucid internal STEP PLAN OUTPUT`. Not for people."""
import json
from pathlib import Path

from .board import load_board
from .common import ToolError, write_atomically
from .description import load_system


class Plan:
    """build/VARIANT/SYSTEM/plan.json: what build.py decided. Paths are relative to the repository, where
    steps run."""

    def __init__(self, path):
        values = json.loads(Path(path).read_text())
        self.system = load_system(values["description"], load_board(values["board"]), settings=values["settings"])
        self.folder = Path(values["folder"])
        self.kind = values["kind"]
        self.compiler = values["compiler"]
        self.version = values["version"]
        self.root = Path(values["root"])
        self.programs = {name: Path(program) for name, program in values["programs"].items()}


def step_payload(plan, output):
    from .bundle import make_bundle
    from .image import make_payload
    bundle = make_bundle(plan.system, plan.version, plan.programs)
    write_atomically(output,
                     make_payload(plan.folder / "kernel.elf", plan.root, bundle, plan.system.name, plan.version))


def step_flat(plan, output):
    from .image import flat_image
    write_atomically(output, flat_image(plan.folder / "image.elf"))


def step_report(plan, output):
    from .image import check_same_symbols
    from .report import make_report
    check_same_symbols(plan.folder / "kernel.elf", plan.folder / "image.elf")
    write_atomically(output, make_report(plan))


def step_iso(plan, output):
    from .iso import make_iso
    make_iso(plan.folder / "image.elf", plan.system.name, output)


STEPS = {"payload": step_payload, "flat": step_flat, "report": step_report, "iso": step_iso}


def run_step(arguments):
    step, plan, output = arguments
    if step not in STEPS:
        raise ToolError(f"there is no step '{step}'")
    STEPS[step](Plan(plan), output)
    return 0
