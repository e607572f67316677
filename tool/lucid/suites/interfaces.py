# SPDX-License-Identifier: BSD-2-Clause
"""Part of the suite `host`: what the interface generator writes, compiled with the sanitizers and run on this machine (tests/interfaces).

    test_interfaces        a client, a server and the messages between them, with the interface of sample.idl
    test_interface_tools   the decoder of messages, the mock
    test_server_loop       a server's loop: its message page when it answers, and while a handler runs
    test_ring              both sides of a ring, and a peer that lies
    test_ring_threads      two threads at a ring, under the thread sanitizer
    test_fuzz_NAME         the dispatcher of each interface file under random messages
"""
from pathlib import Path

from .. import compiler, idl
from ..common import ROOT
from ..idl.fuzz import fuzz_source
from ..native import NativeBuild

FOLDER = Path("tests/interfaces")
BUILD = Path("build/test_interfaces")
THREAD_SANITIZER = ["-fsanitize=thread"]
MADE = BUILD / "made"
OUTPUTS = {**idl.HEADERS, "{}.fuzz.c": fuzz_source}

# tests/supervisor has a lucid/arch.h for which a system call is a function.
FLAGS = [*compiler.COMMON, "-fno-builtin", "-Itests/supervisor", f"-I{FOLDER}", "-Ilib/include", "-Ilib", "-Iabi", "-Iabi/lucid/arch/host",
         f"-I{MADE}"]


def interface_files():
    return [*idl.files(), ROOT / FOLDER / "sample.idl"]


def sources(program):
    """What a program is made of."""
    own, library = {
        "test_interfaces": (("client_side.c", "server_side.c", "wire.c"), ("client.c", "errors.c", "request.c", "session.c")),
        "test_interface_tools": (("tools_side.c",), ("errors.c", "format.c", "trace.c")),
        "test_server_loop": (("server_loop.c",), ("server.c", "objects.c", "client.c", "errors.c")),
        "test_ring": (("ring_side.c",), ()),
        "test_ring_threads": (("ring_threads.c",), ()),
    }.get(program, (("fuzz.c",), ("errors.c", "request.c")))
    made = [MADE / f"{program.removeprefix('test_fuzz_')}.fuzz.c"] if program.startswith("test_fuzz_") else []
    return [*made, *(FOLDER / name for name in (*own, "panic.c")), *(Path("lib", name) for name in library)]


PROGRAMS = ["test_interfaces", "test_interface_tools", "test_server_loop", "test_ring", "test_ring_threads",
            *(f"test_fuzz_{path.stem}" for path in interface_files())]


def build(name, sanitizers):
    """Build one of the programs; its path."""
    idl.write_all(interface_files(), ROOT / MADE, OUTPUTS)
    native = NativeBuild(BUILD, "gcc", ["-Wl,--gc-sections"])
    for program in PROGRAMS:
        world, chosen = ("threads", THREAD_SANITIZER) if program == "test_ring_threads" else ("user", sanitizers)
        native.program(program, [native.compile(source, world, [*FLAGS, *chosen]) for source in sources(program)], [*chosen, "-pthread"])
    [path] = native.make([BUILD / name], f"building {name}")
    return path
