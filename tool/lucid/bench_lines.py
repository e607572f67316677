# SPDX-License-Identifier: BSD-2-Clause
"""The records of the plugin that `./lucid bench` uses (bench/plugin/lines.c).

The first record is of a sequence that is known (tests/target/arch/NAME/marks.h): if it comes out wrong, no record is believed.
"""
import re
from bisect import bisect_right
from collections import Counter

from .common import EXIT_FAILED, ToolError
from .elf import Elf

SIDE = r"(\d+) (\d+) (\d+) (\d+)"
CORE = re.compile(rf"^record (\d+) core (\d+): kernel {SIDE} serialising (\d+) atomic (\d+); user {SIDE}$", re.MULTILINE)
COMMON = re.compile(r"^record (\d+) common (\d+) (\d+) together (\d+)$", re.MULTILINE)
AT = re.compile(r"^at (\d+) ([0-9a-f]+)$", re.MULTILINE)
KNOWN = (7, 3, 4, 1)  # instructions, lines of code, of data, and written, of the known sequence


def add_records(figures, text):
    """Put what the records tell into the figures: the n-th is about the n-th. `figures`: pairs of a figure and the number of rounds recorded."""
    cores = {}
    for match in CORE.finditer(text):
        number, core, *values = map(int, match.groups())
        cores.setdefault(number, {})[core] = values
    common = {int(number): tuple(map(int, values)) for number, *values in COMMON.findall(text)}
    if len(common) != len(figures):
        raise ToolError(f"the plugin recorded {len(common)} times what the system measured {len(figures)} times", status=EXIT_FAILED)
    check_known(cores.get(0, {}))
    for number, (figure, rounds) in enumerate(figures):
        add_record(figure, rounds, cores.get(number, {}), *common[number])


def check_known(cores):
    values = cores.get(0)
    if values is None or len(cores) != 1 or tuple(values[6:]) != KNOWN or any(values[:6]):
        raise ToolError(f"the plugin does not count right: of a sequence of {KNOWN[0]} instructions with {KNOWN[1]} lines of code and {KNOWN[2]} of data, "
                        f"{KNOWN[3]} written, it told {values}", "is this the emulator that it was written for (QEMU 7.2)?", status=EXIT_FAILED)


def add_record(figure, rounds, cores, written, shared, together):
    """The lines are those of core 0, where the benches run; what other cores do is told beside it. Instructions are those of one round."""
    own = cores.get(0, [0] * 10)
    figure.ilines, figure.dlines, figure.dlines_written = own[1:4]
    figure.serialising, figure.atomic = round(own[4] / rounds), round(own[5] / rounds)
    figure.recorded = round((own[0] + own[6]) / rounds)
    if figure.instructions is None:
        figure.instructions = figure.recorded
    figure.others = {core: round((values[0] + values[6]) / rounds) for core, values in cores.items() if core != 0}
    figure.common_written, figure.common_touched = written, shared
    figure.together = round(together / rounds)


def profile(text, kernel):
    """Of the record that was traced: (function, instructions), most first. User code is one function."""
    functions = sorted((function.address, function.name) for function in Elf(kernel).functions())
    starts = [address for address, _ in functions]
    counts = Counter()
    for _, address in AT.findall(text):
        index = bisect_right(starts, int(address, 16)) - 1
        counts[functions[index][1] if int(address, 16) >> 63 and index >= 0 else "(user code)"] += 1
    return counts.most_common()
