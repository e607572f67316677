# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench --growth`: how the cost of some paths grows with the threads, waiters or contexts that there are besides (tests/target/growth_*.c).

Nothing may grow faster than the logarithm of their number: from each number that is measured to the next, at most STEP instructions for each time that it
doubles.
"""
import math
import re
from html import escape
from pathlib import Path

from . import bench_data, bench_plot
from .bench import Figure, aligned, check_end
from .board import load_board
from .build import build
from .common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, relative, say, write_atomically
from .machine import Options

SYSTEM = "growth"
STEP = 64  # instructions: a level of a balanced tree, on the way down and up
LINE = re.compile(r"^   \w+: grow (\w+) among (\d+) rounds (\d+) ticks (\d+) empty (\d+)$", re.MULTILINE)
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 420, 60, 190, 30, 40


def section_name(variant):
    """Of bench/limits.toml."""
    return f"growth-{variant.name}"


def measure(variant, log):
    """Path -> number of others -> instructions."""
    from .suites.console import Recorder
    emulator = load_board(variant.board).emulator
    if emulator is None or emulator.is_bochs:
        raise ToolError(f"board '{variant.board}': only QEMU counts instructions", "name one of QEMU's with --board")
    with Recorder(build(SYSTEM, variant), Options(cores=variant.cores, icount=True), log, reset_limit=0) as recorder:
        ending = recorder.until_end()
    check_end(recorder, ending)
    return parse(recorder.text)


def parse(text):
    costs = {}
    for path, *numbers in LINE.findall(text):
        others, rounds, ticks, empty = map(int, numbers)
        costs.setdefault(path, {})[others] = round((ticks - empty) / rounds)
    if not costs:
        raise ToolError("the system has measured nothing", status=EXIT_FAILED)
    return costs


def too_fast(costs):
    """A sentence for each path that grows faster than the logarithm."""
    found = []
    for path, seen in costs.items():
        for fewer, more in zip(seen, [*seen][1:]):
            allowed = seen[fewer] + STEP * math.log2(more / fewer)
            if seen[more] > allowed:
                found.append(f"{path}: expected at most {allowed:.0f} instructions among {more}, as it takes {seen[fewer]} among {fewer}; seen {seen[more]}")
    return found


def figures(costs):
    """What each path costs among most others."""
    return [Figure(path, seen[max(seen)]) for path, seen in costs.items()]


def exceeded(costs, variant):
    limits = bench_data.read_limits().get(section_name(variant))
    return too_fast(costs) + (bench_data.exceeded(figures(costs), limits, variant.board) if limits else [])


def table(costs):
    numbers = sorted({number for seen in costs.values() for number in seen})
    return aligned([["path", *(f"among {number:,}" for number in numbers)], *([path, *(seen.get(number) for number in numbers)] for path, seen in costs.items())])


def svg(costs, title):
    """Instructions over the number of others, which doubles from each place to the next of the same distance."""
    numbers = sorted({number for seen in costs.values() for number in seen})
    low, high, most = math.log(numbers[0]), math.log(numbers[-1]), max(max(seen.values()) for seen in costs.values())

    def place(number, value):
        x = LEFT + (WIDTH - LEFT - RIGHT) * (math.log(number) - low) / ((high - low) or 1)
        return x, HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / most

    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="11">',
             f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>', f'<text x="{LEFT}" y="18" font-weight="bold">{escape(title)}</text>',
             f'<path d="M{LEFT},{TOP} V{HEIGHT - BOTTOM} H{WIDTH - RIGHT}" fill="none" stroke="#999"/>',
             f'<text x="{LEFT - 5}" y="{TOP + 4}" text-anchor="end">{most}</text>', f'<text x="{LEFT - 5}" y="{HEIGHT - BOTTOM}" text-anchor="end">0</text>']
    parts += [f'<text x="{place(number, 0)[0]:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle" fill="#666">{number:,}</text>' for number in numbers]
    for index, (path, seen) in enumerate(costs.items()):
        colour, points = bench_plot.COLOURS[index % len(bench_plot.COLOURS)], [place(number, seen[number]) for number in sorted(seen)]
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]
        parts.append(f'<text x="{WIDTH - RIGHT + 10}" y="{TOP + 16 * index}" fill="{colour}">\u25a0 {escape(path)}: {seen[max(seen)]}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def command(arguments, variant):
    """./lucid bench --growth"""
    costs = measure(variant, ROOT / "build/bench" / f"growth-{variant.name}.log")
    say(f"{variant}: instructions, among so many threads that wait or whose time is used up\n\n{table(costs)}")
    if arguments.plot:
        write_atomically(Path(arguments.plot), svg(costs, f"{variant}: instructions, among so many others"))
        say(f"drew {relative(arguments.plot)}")
    if arguments.lower:
        bench_data.write_limits(bench_data.lowered(bench_data.read_limits(), section_name(variant), figures(costs)))
    found = exceeded(costs, variant)
    if found:
        say("\nlimits:\n   " + "\n   ".join(found))
    return EXIT_FAILED if found else EXIT_OK
