# SPDX-License-Identifier: BSD-2-Clause
"""What cores cost each other when all work at the same time: a part of `./lucid bench --cores N` (tests/target/bench_together_cores.c).

In virtual time (the system bench_together) cores take turns of a few instructions, and the plugin counts; in real time (bench_parallel) two cores run on
two processors of the host, and the clock tells.
"""
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from . import bench
from .board import load_board
from .build import build
from .machine import Options

TURN = 100      # instructions
PARALLEL = 2    # cores in real time: more than the host has would only wait for each other
ON = re.compile(r"(\w+)_on_(\d+)")
DELAY = re.compile(r"^   \w+: delay (\w+) rounds \d+ worst (\d+) mean (\d+)$", re.MULTILINE)
RATE = re.compile(r"^   \w+: parallel (\w+) cores (\d+) rounds (\d+) ns (\d+)$", re.MULTILINE)


@dataclass
class Delay:
    """Calls on core 0, while core 1 does something else: instructions of both cores from a call's begin to its end."""
    path: str
    worst: int
    mean: int


def measure(variant, log):
    """Figures (paths are named NAME_on_CORES), and delays."""
    built = build("bench_together", variant)
    with tempfile.TemporaryDirectory(prefix="lucid-bench-") as folder:
        records = Path(folder, "records")
        plugin = bench.plugin_arguments(records, None)
        text = run(built, Options(cores=variant.cores, icount=True, extra=[plugin[0], f"{plugin[1]},turn={TURN}"]), log)
        return cheapest(bench.parse(text, records.read_text())), delays(text)


def cheapest(figures):
    """Of each path, which is recorded more than once, since a timer can fire meanwhile."""
    found = {}
    for figure in figures:
        if figure.path not in found or figure.recorded < found[figure.path].recorded:
            found[figure.path] = figure
    return list(found.values())


def run(built, options, log):
    from .suites.console import Recorder
    with Recorder(built, options, log, reset_limit=0) as recorder:
        ending = recorder.until_end()
    bench.check_end(recorder, ending)
    return recorder.text


def delays(text):
    return [Delay(path, int(worst), int(mean)) for path, worst, mean in DELAY.findall(text)]


def measure_in_real_time(variant, log):
    """Path -> number of cores -> rounds of all in a second; the best of five."""
    text = run(build("bench_parallel", variant), Options(cores=PARALLEL, accel="tcg,thread=multi"), log)
    return rates(text)


def rates(text):
    found = {}
    for path, cores, rounds, ns in RATE.findall(text):
        found.setdefault(path, {})[int(cores)] = int(rounds) * 1e9 / int(ns)
    return found


def times_one_core(figures):
    """Path_on_CORES -> how many times as much all get done as one alone."""
    alone = {ON.fullmatch(figure.path).group(1): figure.together for figure in figures if figure.path.endswith("_on_1")}
    return {figure.path: int(match.group(2)) * alone[match.group(1)] / figure.together
            for figure in figures if (match := ON.fullmatch(figure.path))}


def report(variant, logs):
    """All of it, as text."""
    figures, delayed = measure(variant, logs / f"{variant.name}-together.log")
    return "\n\n".join([f"all cores at the same time, in turns of {TURN} instructions: a round of core 0, and how much all get done", together_table(figures),
                        "a call of two threads of core 0, while core 1 does what the path's name says: instructions of both cores meanwhile", delay_table(delayed),
                        *parallel_text(variant, logs)])


def together_table(figures):
    scaling = times_one_core(figures)
    rows = [["path", "instructions", "atomic", "ticks", "times one core", "written by several", "instructions of other cores"]]
    for figure in figures:
        rows.append([figure.path, figure.instructions, figure.atomic, figure.together, f"{scaling[figure.path]:.2f}", figure.common_written,
                     " ".join(map(str, figure.others.values()))])
    return bench.aligned(rows)


def delay_table(delayed):
    return bench.aligned([["path", "worst", "mean"], *([delay.path, delay.worst, delay.mean] for delay in delayed)])


def parallel_text(variant, logs):
    if not load_board(variant.board).emulator.program.endswith("x86_64"):
        return []
    found = measure_in_real_time(variant, logs / f"{variant.name}-parallel.log")
    rows = [["path", "rounds in a second: one core", "two", "times one core"]]
    rows += [[path, round(rate[1]), round(rate[2]), f"{rate[2] / rate[1]:.2f}"] for path, rate in found.items()]
    return ["in real time, on two processors of this machine (best of five; whatever else it does is in it)", bench.aligned(rows)]
