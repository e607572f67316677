# SPDX-License-Identifier: BSD-2-Clause
"""The fuzzers of tests/fuzz: how they are built. Each fuzz_NAME.c is a program; see tests/fuzz/fuzz.h and lucid/suites/fuzz.py."""
import platform
from dataclasses import dataclass
from pathlib import Path

from . import compiler
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
SUPERVISOR = "components/supervisor"
BUNDLE = tuple(f"{SUPERVISOR}/{name}.c" for name in ("bundle", "grants", "info", "symbols"))
STATE = FOLDER / "state.ld"
KERNEL_LINK = ["-fsanitize=fuzzer", f"-Wl,-T,{STATE}"]


@dataclass(frozen=True)
class Fuzzer:
    """One fuzzer. `seconds` and `runs` are of its sample in `make test`."""
    name: str
    runs: int
    max_length: int
    world: str      # of which side of the system the sources are: kernel, boot or user
    sources: tuple  # what is fuzzed, beside the portable kernel in the world `kernel`

    @property
    def harness(self):
        return FOLDER / f"fuzz_{self.name}.c"

    @property
    def corpus(self):
        return CORPUS / self.name


def fuzzers():
    return [
        Fuzzer("syscalls", 1500, 1024, "kernel", ()),
        Fuzzer("image", 4000, 256, "kernel", ()),
        Fuzzer("loader", 50000, 2048, "boot", (f"{BOOT}/memory_map.c",)),
        Fuzzer("acpi", 30000, 2048, "boot", (f"{BOOT}/acpi.c", f"{BOOT}/memory_map.c")),
        Fuzzer("bundle", 50000, 4096, "user", BUNDLE),
        Fuzzer("description", 50000, 256, "user", BUNDLE),
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
        "boot": [*compiler.COMMON, "-DCONFIG_CORES=1", "-DCONFIG_DEBUG=1", "-Ikernel/include", f"-Ikernel/arch/{arch}", "-Iabi",
                 f"-Iabi/lucid/arch/{arch}"],
        "user": [*compiler.COMMON, "-fno-builtin", "-Ilib/include", "-Iabi", f"-Iabi/lucid/arch/{arch}", "-Iinterfaces",
                 "-Icomponents/supervisor"],
    }
    return [*flags[world], "-Wno-gnu-zero-variadic-macro-arguments", *SANITIZERS, f"-I{FOLDER}"]


class FuzzBuild(NativeBuild):
    def __init__(self):
        super().__init__(BUILD, "clang", SANITIZERS)

    def fuzzer(self, fuzzer):
        flags = world_flags(fuzzer.world)
        fuzzed = [*flags, *FUZZED]
        objects = [] if fuzzer.world == "kernel" else [self.compile(fuzzer.harness, fuzzer.world, flags)]
        more_flags = ["-Dcalloc=kept_calloc"] if fuzzer.world == "user" else []
        objects += [self.compile(Path(source), f"{fuzzer.world}.fuzzed", [*fuzzed, *more_flags])
                    for source in fuzzer.sources]
        more = ["-fsanitize=fuzzer"]
        if fuzzer.world == "kernel":
            objects += [self.compile(source, "kernel.fuzzed", fuzzed) for source in core_sources()]
            objects += [self.compile(source, "kernel", flags) for source in [*machine_sources(), *kernel_helpers(fuzzer)]]
            more = KERNEL_LINK
        if fuzzer.world == "boot":
            objects.append(self.compile(FOLDER / "physical.c", "boot", flags))
            more = [*more, *IMAGE]
        if BUNDLE == fuzzer.sources:
            objects += [self.compile(FOLDER / name, "user", flags) for name in ("opened.c", "sample.c")]
        return self.program(f"fuzz_{fuzzer.name}", objects, more, implicit=[STATE])


def build(chosen):
    """Build fuzzers; their absolute paths, in that order."""
    native = FuzzBuild()
    programs = {fuzzer.name: native.fuzzer(fuzzer) for fuzzer in fuzzers()}
    return native.make([programs[fuzzer.name] for fuzzer in chosen], "building " + ", ".join(programs[f.name].name for f in chosen))
