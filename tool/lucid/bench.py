# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench`: what each path of the kernel costs.

The system `bench` (tests/target/bench.h) runs in virtual time, where an instruction is a nanosecond, and prints what the counter showed. The
figures are exact and the same in every run. It measures a loop of known length first; if that comes out wrong by more than one in a thousand,
nothing else is believed.

A plugin of QEMU (bench/plugin/lines.c) records in the same run which lines of 64 bytes the kernel touches between two marks, and what each core
executes there: time is the sum of all cores', so what involves several is counted only so.
"""
import json
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import bench_data, bench_lines, bench_plot, floor, size_start
from .board import load_board
from .build import Variant, build
from .common import EXIT_FAILED, EXIT_OK, ToolError, closest, listing, relative, say, write_atomically
from .machine import Options
from .plugins import built_plugin
from .version import git

SYSTEM = "bench"
ERROR_MAX = 1 / 1000  # of the loop of known length
LINE = re.compile(r"^   \w+: (calibration|path|timed|lines) (.*)$", re.MULTILINE)
CALIBRATION = re.compile(r"instructions (\d+) ticks (\d+)")
RECORD = re.compile(r"(\w+) rounds (\d+)")
PATH = re.compile(r"(\w+) rounds (\d+) ticks (\d+) empty (\d+)")


@dataclass
class Figure:
    """What one path costs. None: not measured."""
    path: str
    instructions: int | None = None
    ilines: int | None = None
    dlines: int | None = None
    dlines_written: int | None = None
    serialising: int | None = None
    atomic: int | None = None
    recorded: int | None = None         # instructions of the round between the marks; a REP counts as one there
    common_written: int | None = None   # lines that the kernel writes on more than one core
    common_touched: int | None = None   # lines that it writes on one and touches on another
    others: dict | None = None          # other cores: instructions in that time
    together: int | None = None         # ticks that it takes with all cores running at once, each an instruction a tick; 0: not counted
    unit: str = "instructions"          # what the figure is a number of: `./lucid size` has bytes and lines


def measure(variant, log, traced=None):
    """The figures of one build of the kernel, in the order in which they are measured. `traced`: the number of a record; then also what of the
    kernel was executed in it."""
    from .suites.console import Recorder
    emulator = load_board(variant.board).emulator
    if emulator is None or emulator.is_bochs:
        raise ToolError(f"board '{variant.board}': only QEMU counts instructions", "name one of QEMU's with --board")
    built = build(SYSTEM, variant)
    with tempfile.TemporaryDirectory(prefix="lucid-bench-") as folder:
        records = Path(folder, "records")
        extra = [*(emulator.test_target or []), *plugin_arguments(records, traced)]
        with Recorder(built, Options(cores=variant.cores, icount=True, extra=extra), log, reset_limit=0) as recorder:
            ending = recorder.until_end()
        check_end(recorder, ending)
        text = records.read_text()
        if traced is not None:
            return bench_lines.profile(text, built.folder / "kernel.elf")
        return parse(*floor.run(variant)) + parse(recorder.text, text) + start_figures(variant)


def start_figures(variant):
    """From the kernel's first instruction to user code's first, of the smallest system. With several cores that is not the same each time."""
    if variant.cores > 1:
        return []
    return [Figure(bench_data.START, size_start.instructions(build("start", variant), variant.cores))]


def plugin_arguments(records, traced):
    return ["-plugin", f"{built_plugin('lines')},to={records}" + (f",trace={traced}" if traced is not None else "")]


def check_end(recorder, ending):
    """All benches have come to their end."""
    end = re.search(r"^END \d+ passed, (\d+) failed$", recorder.text, re.MULTILINE)
    if not ending.success or end is None or end.group(1) != "0":
        failed = re.findall(r"^FAIL .*$", recorder.text, re.MULTILINE)
        told = "\n   ".join(failed or [f"it ended so: {ending.reason}", *recorder.last_lines()])
        raise ToolError(f"the benches did not come to their end (see {relative(recorder.log)}):\n   {told}", status=EXIT_FAILED)


def parse(text, records):
    """The figures in what the system printed, with the plugin's records."""
    found = LINE.findall(text)
    check_calibration([rest for kind, rest in found if kind == "calibration"])
    figures = [(kind, *figure(kind, rest)) for kind, rest in found if kind != "calibration"]
    bench_lines.add_records([(figure, rounds) for kind, figure, rounds in figures if kind != "timed"], records)
    return [figure for _, figure, _ in figures if figure.path != "calibration"]


def check_calibration(lines):
    if len(lines) != 1 or not (match := CALIBRATION.fullmatch(lines[0])):
        raise ToolError("the system has not measured the loop of known length", status=EXIT_FAILED)
    expected, seen = map(int, match.groups())
    if abs(seen - expected) > expected * ERROR_MAX:
        raise ToolError(f"calibration: a loop of {expected} instructions took {seen} ticks of the counter, so nothing that it says can be believed",
                        "is this run in virtual time (-icount shift=0,sleep=off)?", status=EXIT_FAILED)


def figure(kind, rest):
    """A figure, and the rounds that its record is of."""
    match = (RECORD if kind == "lines" else PATH).fullmatch(rest)
    if match is None:
        raise ToolError(f"the system printed what is not understood: {kind} {rest}", status=EXIT_FAILED)
    path, *numbers = match.groups()
    if kind == "lines":
        return Figure(path), int(numbers[0])
    rounds, ticks, empty = map(int, numbers)
    return Figure(path, round((ticks - empty) / rounds)), 1


# ---- Showing

def table(figures, variant):
    """The figures beside the limits and what other kernels need."""
    limits = bench_data.read_limits().get(variant.name, {})
    anchors = bench_data.read_anchors().get(variant.board, {}) if variant.compiler == "gcc" else {}
    lowest = floor_of(figures)
    titles = ["path", "instructions", "of floor", "code", "data", "written", "serialising", "atomic", "limit", "target", "lines", "aim",
              "seL4", "seL4 MCS", "NOVA", "Fiasco", "of seL4"]
    rows = []
    for figure in figures:
        limit, known = limits.get(figure.path), anchors.get(figure.path, {})
        seen, sel4 = figure.instructions, known.get("sel4")
        rows.append([figure.path, seen, rounded(of_floor(figure, lowest), 1), figure.ilines, figure.dlines, figure.dlines_written, figure.serialising, figure.atomic, limit and limit.limit, limit and limit.target,
                     limit and limit.target_lines and "{}/{} ({})".format(*limit.target_lines), known.get("aim"),
                     *(known.get(peer) for peer in bench_data.PEERS), f"{seen / sel4:.2f}" if seen and sel4 else None])
    return aligned([titles, *rows])


def floor_of(figures):
    """What a round trip costs that does nothing else; None if it was not measured."""
    return next((figure.instructions for figure in figures if figure.path == floor.PATH), None)


def of_floor(figure, lowest):
    """How many times the floor a path costs."""
    return figure.instructions / lowest if figure.instructions and lowest and figure.path != bench_data.START else None


def rounded(value, digits):
    return value if value is None else round(value, digits)


def cores_text(figures):
    """What other cores do meanwhile, and what the cores have in common, where there is something."""
    rows = [["path", "written by several cores", "written by one, touched by another", "instructions of other cores"]]
    for figure in figures:
        if figure.others or "pair" in figure.path:
            rows.append([figure.path, figure.common_written, figure.common_touched, ", ".join(f"{core}: {count}" for core, count in (figure.others or {}).items())])
    return aligned(rows)


def aligned(rows):
    """Rows of cells as text: the first column to the left, the others to the right; nothing where there is nothing."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in texts)


def as_json(figures, variant):
    limits, lowest = bench_data.read_limits().get(variant.name, {}), floor_of(figures)
    return json.dumps([{"board": variant.board, "cores": variant.cores, "compiler": variant.compiler, "path": figure.path,
                        "instructions": figure.instructions, "of_floor": rounded(of_floor(figure, lowest), 2), "ilines": figure.ilines, "dlines": figure.dlines,
                        "dlines_written": figure.dlines_written, "serialising": figure.serialising, "atomic": figure.atomic,
                        "common_written": figure.common_written, "common_touched": figure.common_touched, "others": figure.others,
                        "limit": limits[figure.path].limit if figure.path in limits else None,
                        "target": limits[figure.path].target if figure.path in limits else None}
                       for figure in figures], indent=1) + "\n"


def command(arguments):
    """./lucid bench"""
    variant = Variant(arguments.board, "release", arguments.compiler, arguments.cores)
    if arguments.latency or arguments.growth:
        from . import growth, latency
        return (latency if arguments.latency else growth).command(arguments, variant)
    if arguments.plot:
        return bench_plot.command(Path(arguments.plot))
    log = bench_data.ROOT / "build/bench" / f"{variant.name}.log"
    if arguments.profile:
        return show_profile(arguments.profile, variant, log)
    figures = measure(variant, log)
    say(f"{variant}: instructions of kernel and stub; lines of 64 bytes that the kernel executes, touches and writes\n")
    say(table(figures, variant))
    if variant.cores > 1:
        from . import bench_together
        say("\n" + cores_text(figures) + "\n")
        say(bench_together.report(variant, log.parent))
    if not arguments.no_size:
        say("\n" + size_text(variant))
    if arguments.json:
        write_atomically(arguments.json, as_json(figures, variant))
    if arguments.record:
        record(figures, variant)
    if arguments.lower:
        lower(figures, variant)
    if arguments.why:
        bench_data.write_limits(bench_data.raised(bench_data.read_limits(), variant.name, variant.board, figures, arguments.why))
    return judge(figures, variant)


def size_text(variant):
    """What `./lucid size` tells, of the system `bench`."""
    from .size import report
    return report(build(SYSTEM, variant), variant)[0]


def show_profile(path, variant, log):
    """Where the instructions of one path are executed."""
    names = [figure.path for figure in measure(variant, log) if figure.recorded is not None and figure.path != floor.PATH]
    if path not in names:
        meant = closest(path, names)
        raise ToolError(f"there is no path '{path}'; known: {listing(names)}", f"did you mean '{meant}'?" if meant else None)
    say(aligned([["function", "instructions"], *measure(variant, log, traced=names.index(path) + 1)]))
    return EXIT_OK


def record(figures, variant):
    commit = git("rev-parse", "--short=12", "HEAD")
    if commit is None:
        raise ToolError("--record: the commit is not known: this is no git repository, or git is missing")
    bench_data.write_history(bench_data.recorded(bench_data.read_history(), bench_data.history_rows(figures, commit, variant)))
    say(f"recorded in {relative(bench_data.HISTORY)}")


def lower(figures, variant):
    bench_data.write_limits(bench_data.lowered(bench_data.read_limits(), variant.name, figures))
    say(f"{relative(bench_data.LIMITS)} is up to date")


def judge(figures, variant):
    """Limits are for what `make test` measures: another compiler has none."""
    limits = bench_data.read_limits().get(variant.name)
    if limits is None:
        say(f"\nno limits for {variant.name} in {relative(bench_data.LIMITS)}")
        return EXIT_OK
    found = bench_data.exceeded(figures, limits, variant.board)
    if found:
        say("\nlimits:\n   " + "\n   ".join(found))
    return EXIT_FAILED if found else EXIT_OK
