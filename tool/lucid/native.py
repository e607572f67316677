# SPDX-License-Identifier: BSD-2-Clause
"""Programs for this machine that are made out of the repository's sources in some special way: with a fuzzer, with coverage.

A NativeBuild is one such way, with a folder and a Ninja file of its own. `program` says what a program is made of; `make` brings
programs up to date.
"""
from pathlib import Path

from . import compiler, ninja
from .build import CHECK_FOLDER, KERNEL_FOLDERS, object_path, shared_sources, sources
from .common import ROOT, write_if_changed
from .ports import load_port

CORE = [f"kernel/{name}" for name in KERNEL_FOLDERS]
TESTS = Path("tests/host")


def host_flags(cores=1):
    """The portable kernel for the port `host`, with assertions."""
    port = load_port("host")
    return [*compiler.COMMON, f"-DCONFIG_CORES={cores}", *compiler.kind_flags("debug"), *port.cc_flags, "-Ikernel/include",
            f"-I{port.folder}", "-Ikernel/arch/shared", "-Iabi", "-Iabi/lucid/arch/host", f"-I{TESTS}"]


def core_sources():
    """The portable core, and what the port uses of that which ports have in common: what coverage is measured of."""
    return [source for folder in CORE for source in sources(folder)] + shared_sources(load_port("host"))


def machine_sources():
    """What it takes to run it: the port, and the invariant checker."""
    return [source for folder in (f"kernel/{CHECK_FOLDER}", load_port("host").folder) for source in sources(folder)]


class NativeBuild:
    """One way of building programs for this machine."""

    def __init__(self, folder, cc, link_flags):
        self.folder = Path(folder)
        self.file = ninja.NinjaFile()
        self.file.variable("builddir", self.folder)
        self.file.rule("cc", f"{cc} @$flags -MD -MF $out.d -c $in -o $out", f"{cc} $in", depfile="$out.d", deps="gcc")
        self.file.rule("link", f"{cc} {' '.join(link_flags)} $more -o $out $in", "link $out")
        self.objects = {}

    def compile(self, source, name, flags):
        """The object of a source, with the flags that go by this name."""
        target = object_path(self.folder / name, source)
        if target not in self.objects:
            self.objects[target] = source
            words = self.folder / f"{name}.flags"
            write_if_changed(ROOT / words, compiler.quoted_for_file(flags))
            self.file.build(target, "cc", [source], implicit=[words], flags=words)
        return target

    def program(self, name, objects, more=(), implicit=()):
        target = self.folder / name
        self.file.build(target, "link", objects, implicit=implicit, more=compiler.quoted(more))
        return target

    def make(self, programs, what):
        """Bring programs up to date. Their absolute paths."""
        path = self.folder / "build.ninja"
        with ninja.locked(ROOT / self.folder):
            self.file.write(ROOT / path)
            ninja.run_ninja(path, programs, what)
        return [ROOT / program for program in programs]
