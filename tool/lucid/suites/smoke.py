# SPDX-License-Identifier: BSD-2-Clause
"""Suite `smoke`: a little on each machine that boards/*.toml knows.

For a board and for each of its variants ([variant.NAME]) the demo boots to its prompt, answers and powers off; each kind
of crash is reported in the words that the suite `system` wants (tests/system/demo_crash.toml); and some twenty of the
kernel's tests run (systems/smoke.toml, tests/target/smoke.c), if the machine has the memory for them. A variant with `cores` has a kernel that is built for
them; crashes are the same there, and left out. In Bochs, the tests of what only it has (systems/bochs.toml). With the default board, those of
all boards; with another, that one's.
"""
import re

from ..board import DEFAULT_BOARD, Variant as Machine, board_names, load_board
from ..build import Variant, build
from ..device_tree import add_reserved, dump
from ..machine import Options, qemu_command
from ..test import Result
from .system import FOLDER, Player, Script, read_script
from .console import Recorder
from .target import run_tests

SECONDS = 240.0
BOCHS_SECONDS = 600.0       # it takes half a minute on an idle machine
TESTS_MEMORY = 128 << 20
STEPS = [{"expect": "lucid> "}, {"line": "ping 10"}, {"match": "^10 calls: "}, {"expect": "lucid> "}, {"line": "poweroff"}]
CRASHES = FOLDER / "demo_crash.toml"


def jobs(context):
    boards = [context.board] if context.board != DEFAULT_BOARD else board_names()
    found = []
    for board in map(load_board, boards):
        if board.emulator and board.emulator.is_bochs:
            found.append(job(board, plain(board), "tests", lambda b=board: run_bochs(b, context), BOCHS_SECONDS))
        if not board.variants:
            continue
        for machine in [plain(board), *board.variants]:
            tells = [{"match": machine.tells}] if machine.tells else []
            scripts = [("demo", tells + STEPS), ("crashes", read_script(CRASHES).steps + [{"line": "poweroff"}])]
            for what, steps in scripts if machine.cores == 1 else scripts[:1]:
                found.append(job(board, machine, what, lambda b=board, m=machine, w=what, s=steps: run_demo(b, m, w, s, context)))
            if (machine.memory or board.memory) >= TESTS_MEMORY:
                found.append(job(board, machine, "tests", lambda b=board, m=machine: run_smoke(b, m, context)))
    return found


def plain(board):
    return Machine("plain", board.what, [], None, "", [])


def job(board, machine, what, work, seconds=SECONDS):
    from ..test import Job
    return Job("smoke", f"{board.name}/{machine.name}/{what}", work, seconds)


def options_for(built, machine, context, icount):
    """How to start this machine; makes its device tree if it is to have a special one."""
    options = Options(cores=machine.cores, icount=icount, memory=machine.memory, extra=list(machine.arguments))
    if machine.reserved:
        path = context.logs / f"smoke-{built.system.board.name}-{machine.name}.dtb"
        path.parent.mkdir(parents=True, exist_ok=True)
        dump(qemu_command(built, options), path)
        ranges = [(first, count) for first, count in machine.reserved]
        path.write_bytes(add_reserved(path.read_bytes(), ranges))
        options.extra += ["-dtb", str(path)]
    return options


def run_demo(board, machine, what, steps, context):
    built = build("demo", Variant(board.name, cores=machine.cores))
    options = options_for(built, machine, context, icount=False)
    script = Script("smoke", "demo", steps, seconds=SECONDS / 2, ends="power off")
    with Recorder(built, options, context.logs / f"smoke-{board.name}-{machine.name}-{what}.log") as recorder:
        Player(script, recorder).play()


def run_smoke(board, machine, context):
    built = build("smoke", Variant(board.name, cores=machine.cores))
    options = options_for(built, machine, context, icount=True)
    return run_tests(built, options, context.logs / f"smoke-{board.name}-{machine.name}-tests.log", "smoke")


# ---- Bochs: what only there can be run, and what Bochs says of it

CR4_PCIDE = 1 << 17
ROOT_NUMBER = 1             # of the root component's address space, which is loaded at the end
DEADLINES_AT_LEAST = 100    # the tests take some hundred


def run_bochs(board, context):
    """The system `bochs`. That it runs well says little about how: that it used what this machine has, the machine tells."""
    built = build("bochs", Variant(board.name))
    log = context.logs / f"smoke-{board.name}-plain-tests.log"
    return run_tests(built, Options(traced="apic0"), log, "bochs", lambda machine: facts(machine.log_text()))


def facts(text):
    """Results made of Bochs's log."""
    registers = re.search(r"CR3=0x([0-9a-f]+) CR4=0x([0-9a-f]+)", text)
    cr3, cr4 = (int(register, 16) for register in registers.groups()) if registers else (0, 0)
    fired = text.count("local apic timer(one-shot) triggered int")
    return [
        fact("process_context_identifiers_are_on", bool(cr4 & CR4_PCIDE), f"CR4 with {CR4_PCIDE:#x}", f"{cr4:#x}"),
        fact("space_is_loaded_under_its_number", cr3 & 0xfff == ROOT_NUMBER, f"CR3 with PCID {ROOT_NUMBER}", f"{cr3:#x}"),
        fact("interrupt_controller_is_in_x2apic_mode", re.search(r"APIC0.*MMIO disabled", text),
             "the local APIC's page is turned off", "it is not"),
        fact("deadlines_are_written_to_the_deadline_register", text.count("TSC-Deadline is set to") >= DEADLINES_AT_LEAST,
             f"at least {DEADLINES_AT_LEAST}", text.count("TSC-Deadline is set to")),
        fact("deadlines_fire", fired >= DEADLINES_AT_LEAST, f"at least {DEADLINES_AT_LEAST} timer interrupts", fired)]


def fact(name, holds, expected, seen):
    return Result(name, bool(holds), f"expected: {expected}\nseen: {seen}")
