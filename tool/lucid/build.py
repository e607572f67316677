# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid build`: from a description to an image.

    interfaces/*.idl            -> headers in build/interfaces (see idl/)
    components/*/*.c, lib/*.c   -> one ELF file for each component, at an address of its own
    kernel/**                   -> kernel.elf
    all these                   -> payload.bin (root component, kernel symbols, bundle; see image.py and bundle.py)
    kernel.elf and payload.bin  -> image.elf; from it image.bin where machines boot that, and image.iso if asked for

Ninja does it; this module writes its file. Objects are shared by all systems of a variant (board, kind and
compiler) and lie in build/VARIANT/.objects; what belongs to one system lies in build/VARIANT/SYSTEM. All
paths in the Ninja file are relative to the repository, where Ninja runs.
"""
import argparse
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from . import analysis, compiler, idl, ninja
from .board import load_board
from .common import ROOT, ToolError, align_up, listing, relative, say, write_if_changed
from .description import CORES_MAX, load_system
from .elf import Elf
from .ports import load_port
from .version import version_text

SHARED_FOLDER = Path("kernel/arch/shared")
KERNEL_FOLDERS = ("boot", "ipc", "object", "sched", "syscall")
CHECK_FOLDER = "check"       # the invariant checker: in debug and host builds
ROOT_ADDRESS = 0x400000
FIRST_ADDRESS = 0x10000000   # of the first component
ADDRESS_STEP = 0x1000000     # components lie this far apart, or more if they are larger


@dataclass(frozen=True)
class Variant:
    """One way of building: for a board, debug or release, with a compiler."""
    board: str
    kind: str = "release"
    compiler: str = "gcc"
    cores: int = 1  # that the kernel has room for
    settings: tuple = ()  # parameters of the description, NAME=VALUE

    @property
    def name(self):
        return (self.board + ("-debug" if self.kind == "debug" else "") + ("-clang" if self.compiler == "clang" else "")
                + (f"-{self.cores}cores" if self.cores > 1 else ""))

    @property
    def folder(self):
        return Path("build") / self.name

    @property
    def objects(self):
        return self.folder / ".objects"

    def __str__(self):
        return f"{self.board}, {self.kind}, {self.compiler}" + (f", {self.cores} cores" if self.cores > 1 else "")


@dataclass(frozen=True)
class Built:
    """What a build made; paths are absolute."""
    system: object
    variant: Variant
    folder: Path

    @property
    def elf(self):
        return self.folder / "image.elf"

    @property
    def image(self):
        """What the machine boots."""
        return self.folder / load_port(self.system.board.arch).image_name

    @property
    def iso(self):
        return self.folder / "image.iso"

    @property
    def report(self):
        return self.folder / "report.txt"


def build(name, variant, iso=False):
    """Build a system; raises ToolError if that fails. Nothing is written before the description is right."""
    system = load_system(name, load_board(variant.board), settings=variant.settings)
    system.check_cores(variant.cores)
    analysis.check(system)
    iso = iso or bool(system.board.emulator and system.board.emulator.is_bochs)
    writer = BuildFile(system, variant)
    check_tools(writer.port, variant)
    check_iso(writer.port, system.board, iso)
    with ninja.locked(ROOT / variant.folder):
        writer.write()
        targets = [writer.folder / name for name in ("report.txt", writer.port.image_name, *(["image.iso"] if iso else []))]
        try:
            ninja.run_ninja(writer.folder / "build.ninja", targets, f"building {system.name} ({variant})")
        except ToolError:
            writer.check_main()
            raise
    return Built(system, variant, ROOT / writer.folder)


def check_tools(port, variant):
    """The compiler and the linker, which for another architecture are packages of their own."""
    for tool in (variant.compiler, "ld"):
        name = compiler.tool_name(port, tool)
        if shutil.which(name) is None:
            raise ToolError(f"the {'linker' if tool == 'ld' else 'compiler'} '{name}' is missing",
                            "./lucid doctor --install" + (f" --for run --board {variant.board}"
                                                          if variant.compiler == "gcc" else ""))


def check_iso(port, board, iso):
    if iso and port.image != "elf":
        raise ToolError(f"board '{board.name}' boots {port.image_name}; there are no ISO images for it", "leave --iso away")


def shared_sources(port):
    """What a port uses of that which ports have in common."""
    return [SHARED_FOLDER / name for name in port.shared]


def sources(folder, patterns=("*.c", "*.S")):
    """The source files directly in a folder, relative to the repository, in a fixed order."""
    folder = ROOT / folder
    return [Path(relative(path)) for pattern in patterns for path in sorted(folder.glob(pattern))]


def object_path(base, source, suffix=""):
    """Where the object file of a source goes, also of one outside the repository."""
    source = Path("outside", *source.parts[1:]) if source.is_absolute() else source
    return base / source.parent / (source.name + suffix + ".o")


def folder_name(system):
    """The folder of a system: its name. A description that is not systems/NAME.toml has a hash of its path behind the name,
    which no name can have, so that it does not overwrite another's."""
    path = system.document.path.resolve()
    if path == (ROOT / "systems" / f"{system.name}.toml").resolve():
        return system.name
    return f"{system.name}-{hashlib.sha256(os.fsencode(relative(path))).hexdigest()[:8]}"


class BuildFile:
    """The Ninja file of one system in one variant."""

    def __init__(self, system, variant):
        self.system = system
        self.variant = variant
        self.port = load_port(system.board.arch)
        self.folder = variant.folder / folder_name(system)
        self.ninja = ninja.NinjaFile()
        self.flags = {}      # file of flags -> flags
        self.commands = {}   # source -> command, for compile_commands.json
        self.compiled = {}   # object -> source: a folder that two components share is compiled once
        self.beside = None   # headers of the interfaces that lie beside the description, for sources that do so, too
        self.tool = [Path(relative(path)) for path in sorted((ROOT / "tool/lucid").glob("*.py"))]

    def write(self):
        idl.generate()
        self.beside = idl.generate_beside(self.system.document.path.resolve().parent)
        self._rules()
        kernel = self._kernel()
        library = self._library()
        root = self._program(self.folder / "root.elf", self.system.root, False, ROOT_ADDRESS, library)
        programs = self._programs(library)
        plan = self._plan(root, programs)
        self._image(kernel, [root, *programs.values()], plan)
        self.ninja.write(ROOT / self.folder / "build.ninja")
        self._compile_commands()

    def _rules(self):
        rule = self.ninja.rule
        cc, ar, ld = (compiler.tool_name(self.port, tool) for tool in (self.variant.compiler, "ar", "ld"))
        self.ninja.variable("builddir", self.variant.objects)
        rule("cc", f"{cc} @$flags $includes -MD -MF $out.d -c $in -o $out", f"{cc} $in", depfile="$out.d", deps="gcc")
        rule("archive", f"rm -f $out && {ar} rcsD $out $in", "ar $out")
        inputs = {"rspfile": "$out.in", "rspfile_content": "$in"}
        rule("link", f"{cc} $flags -o $out @$out.in $libraries", "link $out", **inputs)
        rule("ld", f"{ld} $flags -o $out @$out.in", "ld $out", **inputs)
        bare = compiler.quoted([*compiler.target_flags(self.port, self.variant.compiler), *self.port.cc_flags])
        rule("incbin", f"{cc} {bare} -c $in -o $out", "incbin $out")
        rule("tool", "./lucid internal $step $plan $out", "$step $out", restat="1")

    def _flags(self, name, flags):
        """Flags go into a file, which keeps commands and error messages readable."""
        path = self.variant.objects / f"{name}.flags"
        write_if_changed(ROOT / path, compiler.quoted_for_file(flags))
        self.flags[path] = flags
        return path

    def _compile(self, source, flags, includes=(), suffix=""):
        target = object_path(self.variant.objects, source, suffix)
        if target not in self.compiled:
            self.compiled[target] = source
            self.ninja.build(target, "cc", [source], implicit=[flags], flags=flags,
                             includes=compiler.quoted(includes))
            command = [self.variant.compiler, *self.flags[flags], *includes, "-c", str(source), "-o", str(target)]
            self.commands.setdefault(str(source), command)
        return target

    @staticmethod
    def kernel_sources(port, kind):
        """What the kernel is compiled from."""
        checker = [CHECK_FOLDER] if kind == "debug" else []
        folders = [f"kernel/{folder}" for folder in [*KERNEL_FOLDERS, *checker]] + [port.folder]
        return [source for folder in folders for source in sources(folder)] + shared_sources(port)

    def kernel_objects(self):
        return [object_path(self.variant.objects, source) for source in self.kernel_sources(self.port, self.variant.kind)]

    def write_kernel_only(self):
        """A Ninja file that makes kernel.elf; its path."""
        self._rules()
        self._kernel()
        path = self.folder / "build.ninja"
        self.ninja.write(ROOT / path)
        return path

    def _kernel(self):
        flags = self._flags("kernel", compiler.kernel_flags(self.port, self.variant.kind, self.variant.compiler,
                                                             self.variant.cores))
        objects = [self._compile(source, flags) for source in self.kernel_sources(self.port, self.variant.kind)]
        if not objects:
            raise ToolError("kernel/: there are no sources")
        self._link_kernel(self.folder / "kernel.elf", objects)
        return objects

    def _link_kernel(self, target, objects, more=()):
        self.ninja.build(target, "ld", objects, implicit=[self.port.linker_script],
                         flags=compiler.quoted([*compiler.kernel_link_flags(self.port), *more]))

    def _library(self):
        """liblucid.a, and the one with FPU code allowed is the same: the library itself never needs it."""
        arch = f"lib/arch/{self.port.name}"
        flags = self._user_flags(fpu=False)
        objects = [self._compile(source, flags, ["-Ilib"]) for folder in ("lib", arch) for source in sources(folder)]
        library = self.variant.objects / "liblucid.a"
        self.ninja.build(library, "archive", objects)
        return library

    def _user_flags(self, fpu):
        return self._flags("user.fpu" if fpu else "user",
                           compiler.user_flags(self.port, self.variant.kind, self.variant.compiler, fpu))

    def _programs(self, library):
        """The ELF files of the components: name -> path."""
        programs, address = {}, FIRST_ADDRESS
        for component in self.system.components:
            target = self.folder / "components" / f"{component.name}.elf"
            programs[component.name] = self._program(target, component.source, component.fpu, address, library)
            address += max(ADDRESS_STEP, align_up(component.memory, ADDRESS_STEP))
        return programs

    def _program(self, target, folder, fpu, address, library):
        """A program from the C files of a folder, and of its folder arch/NAME if it has something for this processor."""
        arch = folder / "arch" / self.port.name
        folders = [folder, *([arch] if arch.is_dir() else [])]
        flags, includes = self._user_flags(fpu), [f"-I{relative(path)}" for path in folders]
        if self.beside and folder.resolve().is_relative_to(self.system.document.path.resolve().parent):
            includes.append(f"-I{self.beside}")
        objects = [self._compile(source, flags, includes, ".fpu" if fpu else "")
                   for path in folders for source in sources(path)]
        self.ninja.build(target, "link", objects, implicit=[library], libraries=f"{library} -lgcc",
                         flags=compiler.quoted(compiler.user_link_flags(self.port, self.variant.compiler, address)))
        return target

    def check_main(self):
        """After a build that failed: was it a component without main? The linker says that in its own words only."""
        for component in self.system.components:
            objects = [ROOT / path for path in self.objects_of(component)]
            if all(path.exists() for path in objects) and not any(Elf(path).symbol("main") for path in objects):
                raise self.system.document.error(component.path + ("source",), f"component '{component.name}' has no main",
                                                 f"write  int main(void)  in one of the .c files in {relative(component.source)}")

    def objects_of(self, component):
        return [object_path(self.variant.objects, source, ".fpu" if component.fpu else "")
                for source in sources(component.source)]

    def _plan(self, root, programs):
        """What the tool's own steps need to know, as a file, so that Ninja sees when it changes."""
        plan = self.folder / "plan.json"
        values = {"description": relative(self.system.document.path), "board": self.system.board.name,
                  "folder": str(self.folder), "kind": self.variant.kind, "compiler": self.variant.compiler,
                  "version": version_text(), "root": str(root), "settings": self.variant.settings,
                  "programs": {name: str(path) for name, path in programs.items()}}
        write_if_changed(ROOT / plan, json.dumps(values, indent=1) + "\n")
        return plan

    def _image(self, kernel, programs, plan):
        folder, build_step = self.folder, self.ninja.build
        description = [*(Path(relative(path)) for path in self.system.document.files), Path("boards") / f"{self.system.board.name}.toml"]
        payload, image = folder / "payload.bin", folder / "image.elf"
        build_step(payload, "tool", [folder / "kernel.elf", *programs],
                   implicit=[plan, Path("abi/lucid/types.h"), *description, *self.tool], step="payload", plan=plan)
        write_if_changed(ROOT / folder / "payload.S", ".section .payload, \"a\", @progbits\n.balign 4096\n"
                         f".incbin \"{payload}\"\n.section .note.GNU-stack, \"\", @progbits\n")
        build_step(folder / "payload.o", "incbin", [folder / "payload.S"], implicit=[payload])
        self._link_kernel(image, [*kernel, folder / "payload.o"], more=["--strip-debug"])
        build_step(folder / "report.txt", "tool", [image, payload], implicit=[plan, *self.tool], step="report",
                   plan=plan)
        build_step(folder / "image.bin", "tool", [image], implicit=[plan, *self.tool], step="flat", plan=plan)
        build_step(folder / "image.iso", "tool", [image], implicit=[plan, folder / "report.txt", *self.tool],
                   step="iso", plan=plan)

    def _compile_commands(self):
        """compile_commands.json for editors: these sources, and those of other systems that are known already."""
        path = ROOT / "compile_commands.json"
        try:
            known = {entry["file"]: entry["arguments"] for entry in json.loads(path.read_text())
                     if entry["directory"] == str(ROOT) and (ROOT / entry["file"]).exists()}
        except (OSError, ValueError, KeyError, TypeError):
            known = {}
        known.update(self.commands)
        write_if_changed(path, json.dumps([{"directory": str(ROOT), "file": file, "arguments": known[file]}
                                           for file in sorted(known)], indent=1) + "\n")


def add_build_options(parser, default_board):
    """The options that choose a variant: for build and run."""
    parser.add_argument("--board", default=default_board, metavar="BOARD",
                        help=f"the machine (default {default_board})")
    add_settings(parser)
    kind = parser.add_mutually_exclusive_group()
    kind.add_argument("--release", dest="kind", action="store_const", const="release", default="release",
                      help="cheap assertions only (default)")
    kind.add_argument("--debug", dest="kind", action="store_const", const="debug", help="all assertions, SYS_DEBUG")
    parser.add_argument("--cc", choices=compiler.COMPILERS, default="gcc", dest="compiler",
                        help="the compiler (default gcc)")
    parser.add_argument("--cores", type=number_of_cores, metavar="N",
                        help=f"processor cores that the kernel is for, 1 to {CORES_MAX} (default: the description's, or 1; with 1 there are no locks)")


def add_settings(parser):
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the description (can be repeated)")


def number_of_cores(text):
    if not text.isdigit() or not 1 <= int(text) <= CORES_MAX:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of cores (1 to {CORES_MAX})")
    return int(text)


def variant_of(arguments):
    cores = arguments.cores or load_system(arguments.system, load_board(arguments.board), settings=arguments.set).cores
    return Variant(arguments.board, arguments.kind, arguments.compiler, cores, tuple(arguments.set))


def command(arguments):
    """./lucid build"""
    built = build(arguments.system, variant_of(arguments), arguments.iso)
    say(f"{relative(built.folder)}/")
    names = [built.image.name] + (["image.iso"] if arguments.iso else []) + ["report.txt"]
    say(f"   {listing(names)}; ELF files with symbols for the kernel and each component")
    return 0
