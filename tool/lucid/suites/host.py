# SPDX-License-Identifier: BSD-2-Clause
"""Suite `host`: unit tests of the portable kernel as an ordinary program.

Each tests/host/test_*.c is a program. It is linked with the portable kernel, with the port `host` (a fake
machine), and with the other files of tests/host, under the address and undefined-behaviour sanitizers.
Programs named test_*_long.c are long runs.

Suite `host32` (host32.py) is the same for a word of 32 bits.
"""
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .. import compiler, ninja
from ..build import CHECK_FOLDER, KERNEL_FOLDERS, SHARED_FOLDER, object_path, shared_sources, sources
from ..common import ROOT, relative, write_if_changed
from ..ports import load_port
from ..test import Job, Result
from . import interfaces, lines, supervisor

FOLDER = Path("tests/host")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
SECONDS = 120.0
LONG_SECONDS = 1200.0


@dataclass(frozen=True)
class Way:
    """How the programs are built: compiled and linked with these flags, in this folder."""
    suite: str
    build: Path
    flags: tuple


HOST = Way("host", Path("build/host"), tuple(SANITIZERS))


def programs():
    return [source for source in sources(FOLDER, ("*.c",)) if source.name.startswith("test_")]


def jobs(context):
    return [*program_jobs(context, HOST),
            *(Job("host", name.removeprefix("test_"),
                  lambda name=name, part=part: run_program(part.build(name, SANITIZERS), context), SECONDS)
              for part in (supervisor, interfaces) for name in part.PROGRAMS)]


def program_jobs(context, way):
    return [Job(way.suite, source.stem.removeprefix("test_"), lambda source=source: run_program(build(source, way), context, way.suite),
                LONG_SECONDS if is_long(source) else SECONDS, is_long(source)) for source in programs()]


def is_long(source):
    return source.stem.endswith("_long")


def flags(way=HOST):
    port = load_port("host")
    abi = [f"-I{folder}" for folder in ("abi/lucid/arch/host",) if (ROOT / folder).is_dir()]
    return [*compiler.COMMON, "-DCONFIG_CORES=1", *compiler.kind_flags("debug"), *way.flags, *port.cc_flags,
            "-Ikernel/include", f"-I{port.folder}", f"-I{SHARED_FOLDER}", "-Iabi", *abi, f"-I{FOLDER}"], port


def build(target, way=HOST):
    """Build one test program; its path."""
    words, port = flags(way)
    folder = way.build
    file = ninja.NinjaFile()
    file.variable("builddir", folder)
    write_if_changed(ROOT / folder / "cc.flags", compiler.quoted_for_file(words))
    file.rule("cc", f"gcc @{folder}/cc.flags -MD -MF $out.d -c $in -o $out", "gcc $in", depfile="$out.d", deps="gcc")
    file.rule("link", f"gcc {' '.join(way.flags)} {' '.join(port.ld_flags)} -o $out $in -pthread", "link $out")

    def compiled(source):
        path = object_path(folder, source)
        file.build(path, "cc", [source], implicit=[folder / "cc.flags"])
        return path

    parts = [*(f"kernel/{name}" for name in [*KERNEL_FOLDERS, CHECK_FOLDER]), port.folder]
    kernel = [compiled(source) for source in [*(source for part in parts for source in sources(part)), *shared_sources(port)]]
    helpers = [compiled(source) for source in sources(FOLDER) if not source.name.startswith("test_")]
    for source in programs():
        file.build(folder / source.stem, "link", [compiled(source), *helpers, *kernel])
    with ninja.locked(ROOT / folder):
        file.write(ROOT / folder / "build.ninja")
        ninja.run_ninja(folder / "build.ninja", [folder / target.stem], f"building {target.stem}")
    return ROOT / folder / target.stem


def run_program(program, context, suite="host"):
    environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_leaks=0")
    log = context.logs / f"{suite}-{program.name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as output, subprocess.Popen([program], stdin=subprocess.DEVNULL, stdout=output,
                                                     stderr=subprocess.STDOUT, cwd=ROOT, env=environment) as process:
        try:
            status = process.wait()
        finally:
            process.kill()
    text = log.read_text(errors="replace")
    results, _ = lines.parse(text)
    failed = lines.numbers(results)[1]
    if not results or (status != 0) != (failed > 0):
        tail = "\n".join(text.splitlines()[-25:])
        message = (f"expected: results, and exit status {1 if failed else 0}\n"
                   f"seen: {len(results)} results, and exit status {status}; the end of {relative(log)}:\n{tail}")
        results.append(Result(f"{program.name} ends", False, message))
    return results
