# SPDX-License-Identifier: BSD-2-Clause
"""Part of the suite `host`: the supervisor and the portable kernel in one program (tests/supervisor), under the sanitizers."""
from pathlib import Path

from .. import compiler
from ..build import sources
from ..native import TESTS, NativeBuild, core_sources, host_flags, machine_sources

FOLDER = Path("tests/supervisor")
BUILD = Path("build/supervisor")
SAMPLE = Path("tests/fuzz/sample.c")
PROGRAM = "test_supervisor"
SUPERVISOR = [source for source in sources("components/supervisor", ("*.c",))]
LIBRARY = [Path("lib", name) for name in ("client.c", "errors.c", "format.c", "heap.c", "time.c")]
RENAMED = {"print": "user_print", "panic": "user_panic", "time_init": "user_time_init"}
# By file: see tests/supervisor/user_side.c.
RENAMED_IN = {
    "log.c": {"panic": "real_panic"},
    "heap.c": {"malloc": "heap_malloc", "calloc": "heap_calloc", "free": "heap_free"},
    "memory.c": {"window_open": "real_window_open", "heap_init": "supervisor_heap_init"},
}
RENAMED_ELSEWHERE = {"malloc": "failing_malloc", "calloc": "failing_calloc", "free": "heap_free"}


def build(sanitizers):
    native = NativeBuild(BUILD, "gcc", [*sanitizers, "-Wl,--gc-sections"])
    kernel = [*host_flags(), *sanitizers, f"-I{FOLDER}", f"-I{SAMPLE.parent}"]
    user = [*compiler.COMMON, *sanitizers, "-fno-builtin", f"-I{FOLDER}", "-Ilib/include", "-Ilib", "-Iabi", "-Iabi/lucid/arch/host",
            "-Iinterfaces", "-Icomponents/supervisor"]
    objects = [native.compile(source, "kernel", kernel)
               for source in [*core_sources(), *machine_sources(), TESTS / "harness.c", TESTS / "system.c", SAMPLE,
                              FOLDER / "kernel_side.c", FOLDER / "test_supervisor.c"]]
    for source in [*SUPERVISOR, *LIBRARY, FOLDER / "user_side.c"]:
        names = {**RENAMED, **({} if source.name == "user_side.c" else RENAMED_ELSEWHERE), **RENAMED_IN.get(source.name, {})}
        objects.append(native.compile(source, f"user.{source.stem}", [*user, *(f"-D{old}={new}" for old, new in names.items())]))
    [program] = native.make([native.program(PROGRAM, objects)], f"building {PROGRAM}")
    return program
