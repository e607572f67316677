# SPDX-License-Identifier: BSD-2-Clause
"""Part of the suite `host`: user code and the portable kernel in one program (tests/supervisor), under the sanitizers: the supervisor, and
what a component makes for itself."""
from pathlib import Path

from .. import compiler, idl
from ..build import sources
from ..native import TESTS, NativeBuild, core_sources, host_flags, machine_sources

FOLDER = Path("tests/supervisor")
BUILD = Path("build/supervisor")
SAMPLE = Path("tests/fuzz/sample.c")
LIBRARY = [Path("lib", name) for name in ("client.c", "errors.c", "format.c", "heap.c", "request.c", "time.c")]

# Of each program: its sources in the kernel's world, beside the kernel, and in the user's.
PROGRAMS = {
    "test_supervisor": ([SAMPLE, FOLDER / "kernel_side.c", FOLDER / "test_supervisor.c"],
                        [*sources("components/supervisor", ("*.c",)), *LIBRARY, FOLDER / "user_side.c"]),
    "test_objects": ([FOLDER / "kernel_side.c", FOLDER / "test_objects.c"],
                     [*LIBRARY, Path("lib/objects.c"), FOLDER / "component_side.c"]),
    "test_memory": ([FOLDER / "kernel_side.c", FOLDER / "test_memory.c"],
                    [*LIBRARY, Path("lib/objects.c"), Path("lib/memory.c"), FOLDER / "component_side.c"]),
}

# Names that both worlds have, or that a test has its own of: see tests/supervisor/user_side.c.
RENAMED = {"print": "user_print", "panic": "user_panic", "time_init": "user_time_init"}
RENAMED_ELSEWHERE = {"malloc": "failing_malloc", "calloc": "failing_calloc", "free": "heap_free"}
RENAMED_IN = {
    "log.c": {"panic": "real_panic"},
    "heap.c": {"malloc": "heap_malloc", "calloc": "heap_calloc", "free": "heap_free"},
    "memory.c": {"window_open": "real_window_open", "heap_init": "supervisor_heap_init"},
}


def names_in(source):
    own = source.parent == FOLDER
    return {**RENAMED, **({} if own else RENAMED_ELSEWHERE), **RENAMED_IN.get(source.name, {})}


def build(name, sanitizers):
    """Build one of the programs; its path."""
    idl.generate()
    native = NativeBuild(BUILD, "gcc", [*sanitizers, "-Wl,--gc-sections"])
    kernel = [*host_flags(), *sanitizers, f"-I{FOLDER}", f"-I{SAMPLE.parent}"]
    user = [*compiler.COMMON, *sanitizers, "-fno-builtin", f"-I{FOLDER}", "-Ilib/include", "-Ilib", "-Iabi",
            "-Iabi/lucid/arch/host", *compiler.INTERFACES, "-Icomponents/supervisor"]
    common = [native.compile(source, "kernel", kernel)
              for source in [*core_sources(), *machine_sources(), TESTS / "harness.c", TESTS / "system.c", FOLDER / "attempts.c"]]
    for program, (kernel_sources, user_sources) in PROGRAMS.items():
        objects = [native.compile(source, "kernel", kernel) for source in kernel_sources]
        objects += [native.compile(source, f"user.{source.stem}",
                                   [*user, *(f"-D{old}={new}" for old, new in names_in(source).items())])
                    for source in user_sources]
        native.program(program, [*common, *objects])
    [path] = native.make([BUILD / name], f"building {name}")
    return path
