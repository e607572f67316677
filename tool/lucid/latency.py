# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench --latency`: the longest stretches that the kernel executes without looking for interrupts, each from its entry or a preemption point to
its exit or the next one, over the kernel's tests and over cases that are meant to be the worst (tests/target/worst_*.c).

A plugin of QEMU (bench/plugin/latency.c) sees every block of instructions.
"""
import re
import tempfile
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path

from . import bench_data
from .bench import Figure, aligned, check_end
from .board import load_board
from .build import build
from .common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, relative, say
from .elf import Elf
from .machine import Options
from .plugins import built_plugin

CASES = "latency"                        # the system of cases that are meant to be the worst
SYSTEMS = ("test", CASES)                # what the longest stretches are looked for in
POINT = "arch_interrupt_pending"         # what preemption points call
TOP = 10
LIMIT = 3000                             # of a stretch; a case that stays below has it as its limit
CHAIN_MAX = 12                           # functions that are told of a stretch, those with the most instructions
LINE = re.compile(r"^(record|stretch) (\d+)((?: [0-9a-f]+:\d+:\d+)*)$", re.MULTILINE)
CASE = re.compile(r"^   \w+: worst (\w+)$", re.MULTILINE)


@dataclass
class Part:
    function: str
    times: int
    instructions: int


@dataclass
class Stretch:
    instructions: int
    parts: list = field(default_factory=list)  # in the order in which they were entered
    where: str = ""


def section_name(variant):
    """Of bench/limits.toml."""
    return f"latency-{variant.name}"


def observe(system, variant, log):
    """Run a system: (stretches of its marked cases, by name; the longest of all)."""
    from .suites.console import Recorder
    emulator = load_board(variant.board).emulator
    if emulator is None or emulator.is_bochs:
        raise ToolError(f"board '{variant.board}': only QEMU counts instructions", "name one of QEMU's with --board")
    built = build(system, variant)
    kernel = Elf(built.folder / "kernel.elf")
    functions = [function for function in kernel.functions() if function.address >> 63]
    with tempfile.TemporaryDirectory(prefix="lucid-latency-") as folder:
        told, listing = Path(folder, "told"), Path(folder, "functions")
        listing.write_text("".join(f"{function.address:x}\n" for function in functions))
        plugin = f"{built_plugin('latency')},to={told},functions={listing},point={point(kernel):x}"
        options = Options(cores=variant.cores, icount=True, extra=[*(emulator.test_target or []), "-plugin", plugin])
        with Recorder(built, options, log, reset_limit=0) as recorder:
            ending = recorder.until_end()
        check_end(recorder, ending)
        return parse(recorder.text, told.read_text(), functions, system)


def point(kernel):
    symbol = kernel.symbol(POINT)
    if symbol is None:
        raise ToolError(f"{relative(kernel.path)}: there is no '{POINT}', which preemption points call")
    return symbol.address


def parse(text, told, functions, system):
    starts = [function.address for function in functions]

    def stretch(count, parts):
        found = Stretch(int(count), where=system)
        for part in parts.split():
            address, times, instructions = part.split(":")
            found.parts.append(Part(functions[bisect_right(starts, int(address, 16)) - 1].name, int(times), int(instructions)))
        return found

    found = [(kind, stretch(count, parts)) for kind, count, parts in LINE.findall(told)]
    names, records = CASE.findall(text), [one for kind, one in found if kind == "record"]
    if len(names) != len(records):
        raise ToolError(f"the plugin recorded {len(records)} cases where the system tells of {len(names)}", status=EXIT_FAILED)
    return dict(zip(names, records)), [one for kind, one in found if kind == "stretch"]


def figures(cases):
    return [Figure(name, stretch.instructions) for name, stretch in cases.items()]


def lowered(cases, variant):
    """The limits with what was measured; none goes below LIMIT, or up."""
    seen = [Figure(name, max(LIMIT, stretch.instructions)) for name, stretch in cases.items()]
    return bench_data.lowered(bench_data.read_limits(), section_name(variant), seen)


def exceeded(cases, variant):
    limits = bench_data.read_limits().get(section_name(variant))
    return bench_data.exceeded(figures(cases), limits, variant.board) if limits else []


def chain(stretch):
    """Its functions in the order in which they were entered, the small ones left away."""
    least = sorted((part.instructions for part in stretch.parts), reverse=True)[:CHAIN_MAX][-1]
    return " > ".join(f"{part.function}{f' x{part.times}' if part.times > 1 else ''} {part.instructions}" for part in stretch.parts if part.instructions >= least)


def longest(stretches):
    """The TOP longest. Of those in which the same function took most, only the longest."""
    found = {}
    for stretch in sorted(stretches, key=lambda one: -one.instructions):
        found.setdefault(max(stretch.parts, key=lambda part: part.instructions).function, stretch)
    return list(found.values())[:TOP]


def table(cases, variant):
    limits = bench_data.read_limits().get(section_name(variant), {})
    rows = [["case", "instructions", "limit", "target"]]
    for figure in figures(cases):
        limit = limits.get(figure.path)
        rows.append([figure.path, figure.instructions, limit and limit.limit, limit and limit.target])
    return aligned(rows)


def command(arguments, variant):
    """./lucid bench --latency"""
    cases, stretches = {}, []
    for system in SYSTEMS:
        more, top = observe(system, variant, ROOT / "build/bench" / f"latency-{system}-{variant.name}.log")
        cases.update(more)
        stretches += top
    say(f"{variant}: the most that the kernel executes without looking for interrupts\n\n{table(cases, variant)}\n")
    for stretch in longest(stretches):
        say(f"{stretch.instructions:6} in system '{stretch.where}': {chain(stretch)}")
    if arguments.lower:
        bench_data.write_limits(lowered(cases, variant))
    found = exceeded(cases, variant)
    if found:
        say("\nlimits:\n   " + "\n   ".join(found))
    return EXIT_FAILED if found else EXIT_OK
