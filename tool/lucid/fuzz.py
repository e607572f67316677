# SPDX-License-Identifier: BSD-2-Clause
"""The fuzzers of tests/fuzz: how they are built. Each fuzz_NAME.c is a program; see tests/fuzz/fuzz.h and lucid/suites/fuzz.py."""
import platform
from dataclasses import dataclass
from pathlib import Path

from . import compiler, idl
from .common import ROOT
from .native import TESTS, NativeBuild, core_sources, host_flags, machine_sources

FOLDER = Path("tests/fuzz")
CORPUS = FOLDER / "corpus"
BUILD = Path("build/fuzz")
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer"]
FUZZED = ["-fsanitize=fuzzer-no-link"]
# The fuzzers in the world `boot` stand where the kernel's image would be: see physical.c.
IMAGE = ["-no-pie", "-Wl,--defsym=image_start=__executable_start", "-Wl,--defsym=image_end=(_end+4095)/4096*4096",
         "-Wl,--defsym=payload_start=image_end", "-Wl,--defsym=payload_end=image_end"]
BOOT = "kernel/arch/x86_64"
REGIONS = "kernel/boot/boot_regions.c"
SUPERVISOR = "components/supervisor"
BUNDLE = tuple(f"{SUPERVISOR}/{name}.c" for name in ("bundle", "grants", "info", "symbols"))
USER_HELPERS = {True: [FOLDER / "opened.c", FOLDER / "sample.c"], False: []}
STATE = FOLDER / "state.ld"
KERNEL_LINK = ["-fsanitize=fuzzer", f"-Wl,-T,{STATE}"]


@dataclass(frozen=True)
class Fuzzer:
    name: str
    runs: int        # of its sample in `make test`
    max_length: int  # of an input
    world: str       # which side of the system the sources are of: kernel (the portable one), boot (a port's) or user
    sources: tuple   # what is fuzzed; in the world `kernel`: all of it

    @property
    def harness(self):
        return FOLDER / f"fuzz_{self.name}.c"

    @property
    def corpus(self):
        return CORPUS / self.name


def fuzzers():
    return [
        Fuzzer("syscalls", 1500, 1024, "kernel", ()),
        Fuzzer("image", 2000, 256, "kernel", ()),
        Fuzzer("loader", 30000, 2048, "boot", (f"{BOOT}/memory_map.c", REGIONS)),
        Fuzzer("acpi", 3000, 2048, "boot", ("kernel/arch/shared/acpi.c", f"{BOOT}/memory_map.c", REGIONS)),
        Fuzzer("bundle", 30000, 4096, "user", BUNDLE),
        Fuzzer("description", 8000, 256, "user", BUNDLE),
        Fuzzer("power", 50000, 2048, "user", (f"{SUPERVISOR}/acpi.c",)),
    ]


def corpus_files(fuzzer):
    return sorted(path for path in (ROOT / fuzzer.corpus).glob("*") if path.is_file())


def kernel_helpers(fuzzer):
    """The fuzzer, and what boots the kernel for it."""
    return [fuzzer.harness, FOLDER / "machine.c", TESTS / "system.c"]


def world_flags(world):
    """The compiler's flags for sources of the portable kernel, of a port's boot code, or of components."""
    arch = platform.machine()
    flags = {
        "kernel": host_flags(),
        "boot": [*compiler.COMMON, "-DCONFIG_CORES=1", "-DCONFIG_DEBUG=1", "-Ikernel/include", f"-Ikernel/arch/{arch}", "-Ikernel/arch/shared", "-Iabi",
                 f"-Iabi/lucid/arch/{arch}"],
        "user": [*compiler.COMMON, "-fno-builtin", "-Ilib/include", "-Iabi", f"-Iabi/lucid/arch/{arch}", *compiler.INTERFACES,
                 "-Icomponents/supervisor"],
    }
    return [*flags[world], "-Wno-gnu-zero-variadic-macro-arguments", *SANITIZERS, f"-I{FOLDER}"]


class FuzzBuild(NativeBuild):
    def __init__(self):
        super().__init__(BUILD, "clang", SANITIZERS)

    def fuzzer(self, fuzzer):
        """What is fuzzed is instrumented, so that the fuzzer sees what it reaches; what surrounds it is not."""
        flags = world_flags(fuzzer.world)
        fuzzed, around, link = {
            "kernel": (core_sources(), [*machine_sources(), *kernel_helpers(fuzzer)], KERNEL_LINK),
            "boot": (fuzzer.sources, [fuzzer.harness, FOLDER / "physical.c"], ["-fsanitize=fuzzer", *IMAGE]),
            "user": (fuzzer.sources, [fuzzer.harness, *USER_HELPERS[fuzzer.sources == BUNDLE]], ["-fsanitize=fuzzer"]),
        }[fuzzer.world]
        names = ["-Dcalloc=kept_calloc"] if fuzzer.world == "user" else []  # see opened.c
        objects = [self.compile(Path(source), f"{fuzzer.world}.fuzzed", [*flags, *FUZZED, *names]) for source in fuzzed]
        objects += [self.compile(source, fuzzer.world, flags) for source in around]
        return self.program(f"fuzz_{fuzzer.name}", objects, link, implicit=[STATE])


def build(chosen):
    """Build fuzzers; their absolute paths, in that order."""
    idl.generate()
    native = FuzzBuild()
    programs = {fuzzer.name: native.fuzzer(fuzzer) for fuzzer in fuzzers()}
    wanted = [programs[fuzzer.name] for fuzzer in chosen]
    return native.make(wanted, "building " + ", ".join(program.name for program in wanted))
