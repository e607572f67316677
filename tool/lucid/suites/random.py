# SPDX-License-Identifier: BSD-2-Clause
"""Suite `random`: sequences of random operations on the portable kernel (tests/random), each reproducible from
its seed, with the invariant checker after every one; and `./lucid test --soak`, the same without an end.

There are builds of the driver for one core: `fast` for the bulk, `sanitized` under the address and undefined-behaviour sanitizers, and `coverage`,
on request, for the branches of the core that are reached. And two for four cores (tests/random/cores.h): `cores` and `cores_sanitized`.
"""
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from .. import compiler, ninja
from ..build import CHECK_FOLDER, KERNEL_FOLDERS, SHARED_FOLDER, object_path, shared_sources, sources
from ..common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, relative, say, write_if_changed
from ..ports import load_port
from ..test import LOGS, Failure, Job, Result
from . import lines

FOLDER = Path("tests/random")
HOST_FOLDER = Path("tests/host")     # system.c: the booted kernel
BUILD = Path("build/random")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
COVERAGE = ["-fprofile-instr-generate", "-fcoverage-mapping"]
MEASURED = tuple(f"kernel/{name}" for name in ("ipc", "object", "sched", "syscall"))   # without assertions in that build
WITHOUT_ASSERTIONS = f"-include {FOLDER}/no_assertions.h -Wno-unused-variable -Wno-unused-parameter -Wno-unused-but-set-variable"
# Compiler, its options, and for how many cores.
VARIANTS = {"fast": ("gcc", ["-flto=auto"], 1), "sanitized": ("gcc", SANITIZERS, 1), "coverage": ("clang", COVERAGE, 1),
            "cores": ("gcc", ["-flto=auto"], 4), "cores_sanitized": ("gcc", SANITIZERS, 4)}
REGRESSIONS = {1: FOLDER / "regressions", 4: FOLDER / "regressions/cores"}
SECONDS = 900.0                      # the work takes a tenth of it on an idle machine

# `make test`: a million operations in all, with the same seeds every time.
PROCESSES = 2
FAST_OPERATIONS = 470_000            # of each process
SANITIZED_OPERATIONS = 30_000        # of each process
CORES_OPERATIONS = 60_000            # on four cores, of each process
CORES_SANITIZED_OPERATIONS = 8_000
LONG_CORES_OPERATIONS = 500_000      # of each process, in the long run


def jobs(_context):
    def job(name, work):
        return Job("random", name, work, SECONDS)

    long = Job("random", "many_operations_on_four_cores", lambda: four_cores({"cores": LONG_CORES_OPERATIONS}, 5_000_001), SECONDS, True)
    return [job("a_million_operations_keep_all_invariants", million), long,
            job("operations_on_four_cores_keep_all_invariants",
                lambda: four_cores({"cores": CORES_OPERATIONS, "cores_sanitized": CORES_SANITIZED_OPERATIONS}, 1)),
            job("sequences_that_failed_once", regressions),
            job("a_seed_gives_the_same_run_again", same_run),
            job("a_failing_sequence_is_shrunk", shrinks)]


# ---- Building

def build(variant):
    """Build the driver; its path."""
    cc, own, cores = VARIANTS[variant]
    folder, port = BUILD / variant, load_port("host")
    words = [*compiler.COMMON, f"-DCONFIG_CORES={cores}", *compiler.kind_flags("debug"), *own, *port.cc_flags, "-Ikernel/include",
             f"-I{port.folder}", f"-I{SHARED_FOLDER}", "-Iabi", "-Iabi/lucid/arch/host", f"-I{HOST_FOLDER}", f"-I{FOLDER}"]
    file = ninja.NinjaFile()
    file.variable("builddir", folder)
    write_if_changed(ROOT / folder / "cc.flags", compiler.quoted_for_file(words))
    file.rule("cc", f"{cc} @{folder}/cc.flags $extra -MD -MF $out.d -c $in -o $out", f"{cc} $in", depfile="$out.d", deps="gcc")
    file.rule("link", f"{cc} -O2 {' '.join(own)} -o $out $in", "link $out")
    objects = []
    for source in [*(source for name in [*KERNEL_FOLDERS, CHECK_FOLDER] for source in sources(f"kernel/{name}")),
                   *sources(port.folder), *shared_sources(port), HOST_FOLDER / "system.c", *sources(FOLDER), *sources(REGRESSIONS[cores])]:
        path = object_path(folder, source)
        measured = variant == "coverage" and str(source).startswith(MEASURED)
        file.build(path, "cc", [source], implicit=[folder / "cc.flags"], extra=WITHOUT_ASSERTIONS if measured else "")
        objects.append(path)
    file.build(folder / "random", "link", objects)
    with ninja.locked(ROOT / folder):
        file.write(ROOT / folder / "build.ninja")
        ninja.run_ninja(folder / "build.ninja", [folder / "random"], f"building the random driver ({variant})")
    return ROOT / folder / "random"


# ---- Running

def environment(**more):
    return dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_leaks=0", **more)


class Driver:
    """A process of the driver; what it prints goes into a log, which others may read while it runs."""

    def __init__(self, name, variant, words, **more):
        self.log = LOGS / f"random-{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen([build(variant), *map(str, words)], stdin=subprocess.DEVNULL, stdout=output,
                                            stderr=subprocess.STDOUT, cwd=ROOT, env=environment(**more))

    def text(self):
        return self.log.read_text(errors="replace")

    def results(self):
        """Of the process, which has ended. A failure's message has the test that shrinking made of it."""
        status = self.process.wait()
        text = self.text()
        results, _ = lines.parse(text)
        if not results or (status != 0) != (lines.numbers(results)[1] > 0):
            tail = "\n".join(text.splitlines()[-25:])
            results.append(Result("the driver ends", False, f"expected: results and status 0\nseen: status {status}; the end of "
                                                            f"{relative(self.log)}:\n{tail}"))
        for result in results:
            if not result.passed:
                result.message += f"\nthe sequence, shrunk, is in {relative(self.log)}"
        return results


def run_all(drivers):
    """The results of drivers that run side by side; none outlives this."""
    try:
        return [result for driver in drivers for result in driver.results()]
    finally:
        for driver in drivers:
            driver.process.kill()
            driver.process.wait()


def million():
    """All of them; and each kind of operation, system call and object's operation succeeds somewhere, each state is seen."""
    for variant in ("fast", "sanitized"):
        build(variant)
    results, fast = [], []
    for variant, operations, seed, interval in (("fast", FAST_OPERATIONS, 1, 1), ("sanitized", SANITIZED_OPERATIONS, 1_000_001, 10)):
        drivers = [Driver(f"{variant}-{i}", variant, ["--operations", operations, "--seed", seed + i, "--stride", PROCESSES, "--length", 0,
                                                      "--check", interval, "--reach"]) for i in range(PROCESSES)]
        results += run_all(drivers)
        fast = fast or drivers
    never = never_reached(fast)
    return [*results, Result("all_operations_and_states_are_reached", not never, "expected: nothing that is never reached\nseen: " + "; ".join(never))]


def four_cores(operations, seed):
    """So many of each build."""
    results = []
    for variant in operations:
        build(variant)
    for variant, number in operations.items():
        drivers = [Driver(f"{variant}-{i}", variant, ["--operations", number, "--seed", seed + i, "--stride", PROCESSES, "--length", 0, "--reach"])
                   for i in range(PROCESSES)]
        results += run_all(drivers)
    return results


def never_reached(drivers):
    """What none of the drivers has reached."""
    return sorted(set.intersection(*(set(re.findall(r"^never reached: (.*)$", driver.text(), re.MULTILINE)) for driver in drivers)))


def regressions():
    return run_all([Driver(f"regressions-{variant}", variant, ["--regressions"]) for variant in ("sanitized", "cores_sanitized")])


def output(name, variant, *words):
    driver = Driver(name, variant, words)
    driver.process.wait()
    return driver.text()


def digests(name, variant, interval):
    text = output(f"digest-{name}", variant, "--operations", 6000, "--length", 0, "--seed", 7, "--digest", "--check", interval)
    return re.findall(r"^seed \d+: [0-9a-f]{16}$", text, re.MULTILINE)


def same_run():
    """The same results whether the state is checked often or seldom, in another process, and in another build. Also with four cores."""
    for fast, sanitized in (("fast", "sanitized"), ("cores", "cores_sanitized")):
        often = digests("often", fast, 1)
        for other in (digests("seldom", fast, 100), digests("sanitized", sanitized, 50)):
            if not often or often != other:
                raise Failure(f"expected of {fast}: the same digests\nseen: {often}\nand: {other}")


def shrinks():
    """A failure that needs two operations, one after the other, is found and shrunk to these two."""
    text = output("planted", "fast", "--operations", 5000, "--length", 0, "--plant")
    if "shrunk to 2 operations" not in text or "{ FPU," not in text or "{ REBUILD," not in text:
        raise Failure(f"expected: a sequence of FPU and REBUILD\nseen:\n{text[-2000:]}")


# ---- `./lucid test --soak`

def soak(arguments):
    """New seeds for so many minutes, on all processors, the same for one core and for four; the last line is `N passed, N failed`."""
    if arguments.branches:
        return measure_branches(arguments)
    pairs = max(1, min(os.cpu_count() or 1, 4) // 2)
    seed = arguments.seed if arguments.seed is not None else int(time.time()) * 1000
    for variant in ("fast", "cores"):
        build(variant)
    say(f"{2 * pairs} processes, half of them for four cores, seeds from {seed} on, {arguments.soak:g} minutes, state checked after every "
        f"{arguments.interval} operations")
    drivers = [Driver(f"soak-{variant}-{i}", variant, ["--minutes", arguments.soak, "--seed", seed + i, "--stride", pairs, "--length", 0,
                                                       "--check", arguments.interval, "--reach"])
               for i in range(pairs) for variant in ("fast", "cores")]
    try:
        follow(drivers)
    finally:
        results = run_all(drivers)
    say(reached(drivers))
    return tell(results)


def follow(drivers):
    """Print what the drivers say about their progress, until all have ended."""
    seen = [0] * len(drivers)
    running = True
    while running:
        running = any(driver.process.poll() is None for driver in drivers)
        time.sleep(0.5)
        for i, driver in enumerate(drivers):
            text = driver.text()
            end = text.rfind("\n") + 1
            for line in text[seen[i]:end].splitlines():
                if re.match(r"\d+ s: |FAIL |shrunk |\d+ operations in ", line):
                    say(f"[{i}] {line}")
            seen[i] = end


def reached(drivers):
    """The tables of what was reached, of the first driver; and what none has reached."""
    texts = [driver.text() for driver in drivers]
    table = texts[0][texts[0].find("operations by kind:"):] if "operations by kind:" in texts[0] else ""
    kept = [line for line in table.splitlines() if not line.startswith("never reached")]
    return "\n".join([*kept, *(f"never reached: {what}" for what in never_reached(drivers))])


def tell(results):
    passed, failed = lines.numbers(results)
    for result in results:
        if not result.passed:
            say(f"FAIL {result.name}: {result.message}")
    say(f"{passed} passed, {failed} failed")
    return EXIT_FAILED if failed else EXIT_OK


def llvm(tool):
    """LLVM's tools have the compiler's version in their name, or not."""
    for name in (tool, f"{tool}-14"):
        if path := shutil.which(name):
            return path
    raise ToolError(f"{tool} is missing", "apt-get install llvm")


def measure_branches(arguments):
    """One process with coverage; lines and branches of the portable core that it reached, and functions that it did not."""
    profile_tool, coverage_tool = llvm("llvm-profdata"), llvm("llvm-cov")
    seed = arguments.seed if arguments.seed is not None else 1
    folder = ROOT / BUILD / "coverage"
    for old in folder.glob("*.profraw"):
        old.unlink()
    driver = Driver("coverage", "coverage", ["--minutes", arguments.soak, "--seed", seed, "--length", 0, "--check", 100],
                    LLVM_PROFILE_FILE=str(folder / "random-%4m.profraw"))
    results = run_all([driver])
    merged = folder / "random.profdata"
    subprocess.run([profile_tool, "merge", "-o", merged, *folder.glob("*.profraw")], check=True)
    core = [str(ROOT / folder) for folder in MEASURED]
    where = [build("coverage"), f"-instr-profile={merged}", *core]
    say(subprocess.run([coverage_tool, "report", "-show-region-summary=false", *where], capture_output=True, text=True).stdout.rstrip())
    lcov = subprocess.run([coverage_tool, "export", "-format=lcov", *where], capture_output=True, text=True).stdout
    say("\n".join(["lines that were not reached:", *(unreached(lcov) or ["   none"])]))
    return tell(results)


def unreached(lcov):
    """FILE:LINE and the text of each line that was never executed."""
    found, path = [], None
    for row in lcov.splitlines():
        if row.startswith("SF:"):
            path = Path(row[3:])
            text = path.read_text().splitlines()
        elif match := re.match(r"DA:(\d+),0$", row):
            number = int(match.group(1))
            found.append(f"   {relative(path)}:{number}: {text[number - 1].strip()}")
    return found
