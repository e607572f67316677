# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid test --coverage`: which lines and branches of the portable core (with its headers) the host tests reach.

The core is compiled by clang with its source coverage and with CONFIG_NO_CHECKS, so that assertions, which have a side that is never
taken, do not count; the port, the invariant checker and the tests as usual. All host tests run, and the corpora of the fuzzers that
use the core. Each line that was not reached needs a reason in tests/host/uncovered.toml, which goes by the text of the line, not its
number:

    [[line]]
    file = "kernel/boot/boot_root.c"
    function = "map_frame"
    text = "PANIC("                     # the line begins with this
    reason = "why no test can get there"

A line without a reason, a reason without such a line, or less than LINES and BRANCHES in all is a failure. A line is a line with code on
it; a branch is one way out of one condition, as clang counts them.
"""
import json
import os
import re
import shutil
import subprocess
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .build import sources
from .common import EXIT_FAILED, EXIT_OK, ROOT, ToolError, say
from . import fuzz
from .native import TESTS, NativeBuild, core_sources, host_flags, machine_sources

BUILD = Path("build/coverage")
REASONS = TESTS / "uncovered.toml"
LINES, BRANCHES = 97.0, 92.0
MEASURED = ["-fprofile-instr-generate", "-fcoverage-mapping", "-DCONFIG_NO_CHECKS"]
PROGRAM_SECONDS = 300
FUNCTION = re.compile(r"[A-Za-z][^=;]*?(\w+)\([^;]*$")


@dataclass
class FileCoverage:
    """What was seen of one file."""
    name: str
    lines: dict = field(default_factory=dict)     # number -> times
    branches: dict = field(default_factory=dict)  # (line, column, sense) -> times

    def missed_lines(self):
        return [number for number in sorted(self.lines) if self.lines[number] == 0]

    def missed_branches(self):
        return [place for place in sorted(self.branches) if self.branches[place] == 0]


def program(name):
    path = shutil.which(f"{name}-14") or shutil.which(name)
    if path is None:
        raise ToolError(f"the program '{name}' is missing", "./lucid doctor --install")
    return path


def build():
    """All programs that use the core, each with the arguments that it is run with: paths -> words."""
    native = NativeBuild(BUILD, "clang", ["-fprofile-instr-generate"])
    plain = [*host_flags(), "-Wno-gnu-zero-variadic-macro-arguments", f"-I{fuzz.FOLDER}"]
    core = [native.compile(source, "core", [*plain, *MEASURED]) for source in core_sources()]
    machine = [native.compile(source, "plain", plain) for source in machine_sources()]
    tests = {source: native.compile(source, "plain", plain) for source in sources(TESTS, ("*.c",))}
    helpers = [target for source, target in tests.items() if not source.name.startswith("test_")]
    programs = {native.program(source.stem, [target, *helpers, *machine, *core]): []
                for source, target in tests.items()
                if source.name.startswith("test_") and not source.stem.endswith("_long")}
    for fuzzer in fuzz.fuzzers():
        if fuzzer.world == "kernel":
            objects = [native.compile(source, "plain", plain) for source in fuzz.kernel_helpers(fuzzer)]
            path = native.program(fuzzer.harness.stem, [*objects, *machine, *core], fuzz.KERNEL_LINK)
            programs[path] = ["-runs=0", *map(str, fuzz.corpus_files(fuzzer))]
    paths = native.make(programs, "building the host tests, to see what they cover")
    return dict(zip(paths, programs.values()))


def run(programs):
    """Run everything; the path of the merged profile."""
    folder = ROOT / BUILD / "profiles"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)

    def one(path):
        environment = dict(os.environ, LLVM_PROFILE_FILE=str(folder / f"{path.name}-%1m.profraw"))
        return subprocess.run([path, *programs[path]], env=environment, cwd=ROOT, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PROGRAM_SECONDS, text=True,
                              errors="replace")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, done in zip(programs, pool.map(one, programs)):
            if done.returncode != 0:
                raise ToolError(f"{path.name} fails, so that what it covers means nothing:\n{done.stdout[-2000:]}",
                                "./lucid test --suite host --suite fuzz")
    merged = folder / "all.profdata"
    subprocess.run([program("llvm-profdata"), "merge", "-sparse", "-o", merged, *folder.glob("*.profraw")], check=True)
    return merged


def read(programs, profile):
    """What was covered: file name -> FileCoverage."""
    first, *others = programs
    objects = [word for path in others for word in ("-object", str(path))]
    done = subprocess.run([program("llvm-cov"), "export", "-instr-profile", profile, first, *objects,
                           *(str(ROOT / source) for source in [*core_sources(), *sources("kernel/include", ("*.h",))])],
                          stdout=subprocess.PIPE, check=True)
    files = {}
    for exported in json.loads(done.stdout)["data"][0]["files"]:
        name = os.path.relpath(exported["filename"], ROOT)
        files[name] = FileCoverage(name, line_counts(exported["segments"]), branch_counts(exported["branches"]))
    return files


def line_counts(segments):
    """The times that each line with code on it was reached: the most of the regions that begin on it, or else that of the region that
    it lies in. (A segment: line, column, count, has a count, begins a region, fills a gap. Ordered.)"""
    by_line = {}
    for segment in segments:
        by_line.setdefault(segment[0], []).append(segment)
    counts, wrapped = {}, None
    for number in range(min(by_line, default=0), max(by_line, default=-1) + 1):
        here = by_line.get(number, [])
        begun = [segment[2] for segment in here if segment[3] and segment[4] and not segment[5]]
        around = [wrapped[2]] if wrapped and wrapped[3] and not wrapped[5] else []
        if not (here and not begun and not around) and (begun or around):
            counts[number] = max(begun + around)
        wrapped = here[-1] if here else wrapped
    return counts


def branch_counts(branches):
    counts = {}
    for line, column, _, _, if_true, if_false, *_ in branches:
        for sense, times in ((True, if_true), (False, if_false)):
            counts[line, column, sense] = counts.get((line, column, sense), 0) + times
    return counts


# ---- Reasons

def load_reasons():
    path = ROOT / REASONS
    if not path.is_file():
        return []
    try:
        entries = tomllib.loads(path.read_text()).get("line", [])
    except tomllib.TOMLDecodeError as error:
        raise ToolError(f"{REASONS}: {error}") from None
    for entry in entries:
        if set(entry) != {"file", "function", "text", "reason"} or not all(entry.values()):
            raise ToolError(f"{REASONS}: an entry has file, function, text and reason; this one has {entry}")
    return entries


def function_at(text, number):
    """The function that a line (from 1) of a file lies in: its name stands in the last line above that begins in the first column."""
    for line in reversed(text[:number]):
        if match := FUNCTION.match(line):
            return match.group(1)
    return ""


def match_reasons(files, reasons):
    """The missed lines that have no reason, as (file, number, line), and the reasons that have no missed line."""
    used, bare = set(), []
    for name, seen in sorted(files.items()):
        text = (ROOT / name).read_text().splitlines()
        for number in seen.missed_lines():
            line, function = text[number - 1].strip(), function_at(text, number)
            found = [index for index, entry in enumerate(reasons) if entry["file"] == name and
                     entry["function"] == function and line.startswith(entry["text"])]
            used.update(found)
            if not found and line not in ("}", "{", "} else {"):
                bare.append((name, number, line))
    return bare, [entry for index, entry in enumerate(reasons) if index not in used]


# ---- The answer

def percent(covered, total):
    return 100.0 * covered / total if total else 100.0


def totals(files):
    """Of lines, then of branches: how many were reached, and how many there are."""
    lines = [times for seen in files.values() for times in seen.lines.values()]
    branches = [times for seen in files.values() for times in seen.branches.values()]
    return [(sum(times > 0 for times in kind), len(kind)) for kind in (lines, branches)]


def show(files):
    say(f"{'':<40} {'lines':>18} {'branches':>18}")
    for name in [*sorted(files), None]:
        part = totals(files if name is None else {name: files[name]})
        cells = [f"{covered}/{total} {percent(covered, total):6.2f} %" for covered, total in part]
        say(f"{name or 'in all':<40} {cells[0]:>18} {cells[1]:>18}")
    for heading, missed in (("lines that no test reaches:", FileCoverage.missed_lines),
                            ("branches that no test takes:", FileCoverage.missed_branches)):
        say()
        say(heading)
        for name in sorted(files):
            text = (ROOT / name).read_text().splitlines()
            for place in missed(files[name]):
                number, *rest = place if isinstance(place, tuple) else (place,)
                which = f":{rest[0]}: never {str(rest[1]).lower()}" if rest else ""
                say(f"   {name}:{number}{which}: {text[number - 1].strip()}")


def judge(files):
    """What is wrong, as sentences."""
    wrong = [f"{what}: {percent(*pair):.2f} % are reached, {least:g} % must be"
             for what, pair, least in zip(("lines", "branches"), totals(files), (LINES, BRANCHES))
             if percent(*pair) < least]
    bare, stale = match_reasons(files, load_reasons())
    wrong += [f"{name}:{number}: no test reaches this line, and {REASONS} has no reason for it: {text}"
              for name, number, text in bare]
    wrong += [f"{REASONS}: the reason for '{entry['text']}' in {entry['function']} ({entry['file']}) is out of date: a test "
              "reaches the line, or it is gone" for entry in stale]
    return wrong


def measure():
    programs = build()
    return read(programs, run(programs))


def command():
    """./lucid test --coverage"""
    files = measure()
    show(files)
    wrong = judge(files)
    say()
    for sentence in wrong:
        say(sentence)
    (lines, all_lines), (branches, all_branches) = totals(files)
    say(f"{percent(lines, all_lines):.2f} % of lines, {percent(branches, all_branches):.2f} % of branches, "
        f"{len(wrong)} things wrong")
    return EXIT_FAILED if wrong else EXIT_OK
