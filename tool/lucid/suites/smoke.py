# SPDX-License-Identifier: BSD-2-Clause
"""Suite `smoke`: a little on each machine that boards/*.toml knows.

For a board and for each of its variants ([variant.NAME]) the demo boots to its prompt, answers and powers off; each kind
of crash is reported in the words that the suite `system` wants (tests/system/demo_crash.toml); and some twenty of the
kernel's tests run (systems/smoke.toml, tests/target/smoke.c), if the machine has the memory for them. With the default board, those of all boards; with another, that one's.
"""
from ..board import DEFAULT_BOARD, Variant as Machine, board_names, load_board
from ..build import Variant, build
from ..device_tree import add_reserved, dump
from ..machine import Options, qemu_command
from .system import FOLDER, Player, Script, read_script
from .console import Recorder
from .target import run_tests

SECONDS = 240.0
TESTS_MEMORY = 128 << 20
STEPS = [{"expect": "lucid> "}, {"line": "ping 10"}, {"match": "^10 calls: "}, {"expect": "lucid> "}, {"line": "poweroff"}]
CRASHES = FOLDER / "demo_crash.toml"


def jobs(context):
    boards = [context.board] if context.board != DEFAULT_BOARD else board_names()
    found = []
    for board in map(load_board, boards):
        if not board.variants:
            continue
        for machine in [Machine("plain", board.what, [], None, "", []), *board.variants]:
            tells = [{"match": machine.tells}] if machine.tells else []
            for what, steps in (("demo", tells + STEPS), ("crashes", read_script(CRASHES).steps + [{"line": "poweroff"}])):
                found.append(job(board, machine, what, lambda b=board, m=machine, w=what, s=steps: run_demo(b, m, w, s, context)))
            if (machine.memory or board.memory) >= TESTS_MEMORY:
                found.append(job(board, machine, "tests", lambda b=board, m=machine: run_smoke(b, m, context)))
    return found


def job(board, machine, what, work):
    from ..test import Job
    return Job("smoke", f"{board.name}/{machine.name}/{what}", work, SECONDS)


def options_for(built, machine, context, icount):
    """How to start this machine; makes its device tree if it is to have a special one."""
    options = Options(icount=icount, memory=machine.memory, extra=list(machine.arguments))
    if machine.reserved:
        path = context.logs / f"smoke-{built.system.board.name}-{machine.name}.dtb"
        path.parent.mkdir(parents=True, exist_ok=True)
        dump(qemu_command(built, options), path)
        ranges = [(first, count) for first, count in machine.reserved]
        path.write_bytes(add_reserved(path.read_bytes(), ranges))
        options.extra += ["-dtb", str(path)]
    return options


def run_demo(board, machine, what, steps, context):
    built = build("demo", Variant(board.name))
    options = options_for(built, machine, context, icount=False)
    script = Script("smoke", "demo", steps, seconds=SECONDS / 2, ends="power off")
    with Recorder(built, options, context.logs / f"smoke-{board.name}-{machine.name}-{what}.log") as recorder:
        Player(script, recorder).play()


def run_smoke(board, machine, context):
    built = build("smoke", Variant(board.name))
    options = options_for(built, machine, context, icount=True)
    return run_tests(built, options, context.logs / f"smoke-{board.name}-{machine.name}-tests.log", "smoke")
