# SPDX-License-Identifier: BSD-2-Clause
"""Suite `host`: unit tests of the portable kernel as an ordinary program.

Each tests/host/test_*.c is a program. It is linked with the portable kernel, with the port `host` (a fake
machine), and with the other files of tests/host, under the address and undefined-behaviour sanitizers.
Programs named test_*_long.c are long runs.
"""
import os
import subprocess
from pathlib import Path

from .. import compiler, ninja
from ..build import CHECK_FOLDER, KERNEL_FOLDERS, object_path, sources
from ..common import ROOT, relative, write_if_changed
from ..ports import load_port
from ..test import Job, Result
from . import lines, supervisor

FOLDER = Path("tests/host")
BUILD = Path("build/host")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
SECONDS = 120.0
LONG_SECONDS = 1200.0


def programs():
    return [source for source in sources(FOLDER, ("*.c",)) if source.name.startswith("test_")]


def jobs(context):
    return [*(Job("host", source.stem.removeprefix("test_"), lambda source=source: run(source, context),
                  LONG_SECONDS if is_long(source) else SECONDS, is_long(source)) for source in programs()),
            *(Job("host", name.removeprefix("test_"),
                  lambda name=name: run_program(supervisor.build(name, SANITIZERS), context), SECONDS)
              for name in supervisor.PROGRAMS)]


def is_long(source):
    return source.stem.endswith("_long")


def flags():
    port = load_port("host")
    abi = [f"-I{folder}" for folder in ("abi/lucid/arch/host",) if (ROOT / folder).is_dir()]
    return [*compiler.COMMON, "-DCONFIG_CORES=1", *compiler.kind_flags("debug"), *SANITIZERS, *port.cc_flags,
            "-Ikernel/include", f"-I{port.folder}", "-Iabi", *abi, f"-I{FOLDER}"], port


def build(target):
    """Build one test program; its path."""
    words, port = flags()
    file = ninja.NinjaFile()
    file.variable("builddir", BUILD)
    write_if_changed(ROOT / BUILD / "cc.flags", compiler.quoted_for_file(words))
    file.rule("cc", f"gcc @{BUILD}/cc.flags -MD -MF $out.d -c $in -o $out", "gcc $in", depfile="$out.d", deps="gcc")
    file.rule("link", f"gcc {' '.join(SANITIZERS)} {' '.join(port.ld_flags)} -o $out $in -pthread", "link $out")

    def compiled(source):
        path = object_path(BUILD, source)
        file.build(path, "cc", [source], implicit=[BUILD / "cc.flags"])
        return path

    kernel = [compiled(source)
              for folder in [*(f"kernel/{name}" for name in [*KERNEL_FOLDERS, CHECK_FOLDER]), port.folder]
              for source in sources(folder)]
    helpers = [compiled(source) for source in sources(FOLDER) if not source.name.startswith("test_")]
    for source in programs():
        file.build(BUILD / source.stem, "link", [compiled(source), *helpers, *kernel])
    with ninja.locked(ROOT / BUILD):
        file.write(ROOT / BUILD / "build.ninja")
        ninja.run_ninja(BUILD / "build.ninja", [BUILD / target.stem], f"building {target.stem}")
    return ROOT / BUILD / target.stem


def run(source, context):
    return run_program(build(source), context)


def run_program(program, context):
    environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1", ASAN_OPTIONS="detect_leaks=0")
    log = context.logs / f"host-{program.name}.log"
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
