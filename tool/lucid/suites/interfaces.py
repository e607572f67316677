# SPDX-License-Identifier: BSD-2-Clause
"""Part of the suite `host`: what the interface generator writes, compiled with the sanitizers and run on this machine (tests/interfaces)."""
from pathlib import Path

from .. import compiler, idl
from ..common import ROOT
from ..native import NativeBuild

FOLDER = Path("tests/interfaces")
BUILD = Path("build/test_interfaces")
LIBRARY = [Path("lib", name) for name in ("client.c", "errors.c", "request.c", "session.c")]
PROGRAMS = {"test_interfaces": [FOLDER / name for name in ("client_side.c", "server_side.c", "wire.c")]}

# tests/supervisor has a lucid/arch.h for which a system call is a function.
FLAGS = [*compiler.COMMON, "-fno-builtin", "-Itests/supervisor", f"-I{FOLDER}", "-Ilib/include", "-Ilib", "-Iabi", "-Iabi/lucid/arch/host",
         f"-I{BUILD}/sample"]


def build(name, sanitizers):
    """Build one of the programs; its path."""
    idl.write_all([ROOT / FOLDER / "sample.idl"], ROOT / BUILD / "sample", idl.HEADERS)
    native = NativeBuild(BUILD, "gcc", [*sanitizers, "-Wl,--gc-sections"])
    for program, sources in PROGRAMS.items():
        native.program(program, [native.compile(source, "user", [*FLAGS, *sanitizers]) for source in [*sources, *LIBRARY]])
    [path] = native.make([BUILD / name], f"building {name}")
    return path
