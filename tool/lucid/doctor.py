# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid doctor`: is everything there that building, running and testing need; and installs it with apt-get. The names of packages are
those of Debian 12, on which alone it was tried.

What is there is seen by looking for the programs and files themselves, which is fast and needs no network, so
that `make run` can ask every time.
"""
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from glob import glob
from pathlib import Path

from .board import load_board
from .common import EXIT_FAILED, EXIT_OK, ToolError, complain, listing, say


@dataclass(frozen=True)
class Need:
    package: str   # in Debian
    looks: str     # a program, or the absolute path of a file, with * where versions differ
    why: str
    purpose: str   # run or test
    arch: str | None = None  # only for running on machines of this architecture, and for testing; None: for all

    def is_there(self):
        return bool(glob(self.looks)) if self.looks.startswith("/") else shutil.which(self.looks) is not None


RUNTIME = "/usr/lib/llvm-14/lib/clang/14*/lib/linux/libclang_rt.fuzzer-x86_64.a"

NEEDS = [
    Need("gcc", "gcc", "compiles the kernel and the components", "run"),
    Need("binutils", "ld", "links them", "run"),
    Need("ninja-build", "ninja", "does the build's steps, only those that are needed", "run"),
    Need("qemu-system-x86", "qemu-system-x86_64", "is the machine that systems run on", "run", "x86_64"),
    Need("qemu-system-data", "/usr/share/qemu/qboot.rom", "is that machine's quick firmware", "run", "x86_64"),
    Need("gcc-aarch64-linux-gnu", "aarch64-linux-gnu-gcc", "compiles for AArch64", "run", "aarch64"),
    Need("binutils-aarch64-linux-gnu", "aarch64-linux-gnu-ld", "links for AArch64", "run", "aarch64"),
    Need("qemu-system-arm", "qemu-system-aarch64", "is the AArch64 machine that systems run on", "run", "aarch64"),
    Need("gcc-riscv64-linux-gnu", "riscv64-linux-gnu-gcc", "compiles for 64-bit RISC-V", "run", "riscv64"),
    Need("binutils-riscv64-linux-gnu", "riscv64-linux-gnu-ld", "links for 64-bit RISC-V", "run", "riscv64"),
    Need("qemu-system-misc", "qemu-system-riscv64", "is the RISC-V machine that systems run on", "run", "riscv64"),
    Need("opensbi", "/usr/share/qemu/opensbi-riscv64-generic-fw_dynamic.bin", "is that machine's firmware", "run", "riscv64"),
    Need("device-tree-compiler", "dtc", "makes the device trees that their reader is tested with", "test"),
    Need("git", "git", "tells the commit that an image was built from", "test"),
    Need("libc6-dev", "/usr/include/stdio.h", "the kernel's unit tests are ordinary programs", "test"),
    Need("gcc-12-multilib", "/usr/lib/gcc/x86_64-linux-gnu/*/32/libgcc.a", "compiles the unit tests for a word of 32 bits", "test"),
    Need("ocaml-nox", "ocamlopt", "compiles the reference model that the kernel is compared with", "test"),
    Need("spin", "spin", "searches all runs of the models of locks and shootdown for errors", "test"),
    Need("clang", "clang", "is the second compiler that everything must build with", "test"),
    Need("libclang-rt-14-dev", RUNTIME, "is clang's runtime: for fuzzing, sanitizers and coverage", "test"),
    Need("llvm-14", "llvm-cov-14", "says which lines and branches of the kernel the tests reach", "test"),
    Need("clang-format", "clang-format", "says whether the sources are formatted", "test"),
    Need("seabios", "/usr/share/seabios/bios-256k.bin", "is the BIOS that ISO images are tested with", "test"),
    Need("ovmf", "/usr/share/ovmf/OVMF.fd", "is the UEFI firmware that ISO images are tested with", "test"),
    Need("grub-common", "grub-mkimage", "makes the boot loader of ISO images", "test"),
    Need("grub-pc-bin", "/usr/lib/grub/i386-pc/cdboot.img", "is the boot loader for a BIOS", "test"),
    Need("grub-efi-amd64-bin", "/usr/lib/grub/x86_64-efi/moddep.lst", "is the boot loader for UEFI", "test"),
    Need("bochs", "bochs", "is a second PC, with what QEMU's lacks: PCID, x2APIC, TSC-deadline", "test"),
    Need("bochsbios", "/usr/share/bochs/BIOS-bochs-latest", "is that PC's BIOS", "test"),
    Need("vgabios", "/usr/share/vgabios/vgabios.bin", "is the BIOS of its screen", "test"),
    Need("frama-c-base", "frama-c", "proves the contracts in the kernel's code", "test"),
    Need("why3", "why3", "takes what is to be proved from Frama-C to Z3", "test"),
    Need("z3", "z3", "finds the proofs", "test"),
    Need("xorriso", "xorriso", "writes ISO images", "test"),
]


def everything():
    """All packages by their names in Debian, which other distributions know at least roughly."""
    first, more = ([need.package for need in NEEDS if need.purpose == purpose] for purpose in ("run", "test"))
    return f"{listing(first)}; for tests also {listing(more)}"


def missing(purpose, arch):
    """What testing needs, or running on machines of one architecture, and is not there."""
    return [need for need in NEEDS if not need.is_there() and
            (purpose == "test" or need.purpose == "run" and need.arch in (None, arch))]


def install_line(needs):
    return "apt-get install --no-install-recommends " + " ".join(need.package for need in needs)


def as_root():
    """What to put before a command to be root; None if that cannot be."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") is None:
        return None
    if sys.stdin.isatty():
        return ["sudo"]
    works = subprocess.run(["sudo", "-n", "true"], stdin=subprocess.DEVNULL, capture_output=True).returncode == 0
    return ["sudo", "-n"] if works else None


def install(needs):
    """Install the packages, or say exactly what a person has to do."""
    if shutil.which("apt-get") is None:
        raise ToolError("this is not Debian (there is no apt-get), so install by hand what is missing: "
                        f"{listing(need.looks for need in needs)}",
                        f"what Lucid needs in all, as Debian calls it: {everything()}")
    root = as_root()
    if root is None:
        raise ToolError("installing needs root, and sudo is not there or asks for a password; run as root:",
                        install_line(needs))
    say(f"installing {len(needs)} package{'s' if len(needs) > 1 else ''}: this happens once, and takes a few minutes")
    if not any(Path("/var/lib/apt/lists").glob("*_Packages*")):
        apt(root, ["update"])
    if apt(root, install_words(needs)) != 0:
        say("trying again with a fresh list of packages")
        apt(root, ["update"])
        if apt(root, install_words(needs)) != 0:
            raise ToolError("apt-get failed, see above; what is missing could be installed with:",
                            install_line(needs))
    left = [need for need in needs if not need.is_there()]
    if left:
        raise ToolError(f"{listing(need.package for need in left)} installed, but still not found: "
                        f"{listing(need.looks for need in left)}")


def install_words(needs):
    return ["install", "-y", "--no-install-recommends", *(need.package for need in needs)]


def apt(root, words):
    """Run apt-get with its own progress; without a terminal in its short form. Its exit status."""
    if not sys.stdout.isatty():
        words = ["-q", *words]
    environment = ["env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8"]
    return subprocess.run([*root, *environment, "apt-get", *words], stdin=subprocess.DEVNULL).returncode


def command(arguments):
    """./lucid doctor"""
    needs = missing(arguments.purpose, load_board(arguments.board).arch)
    if not needs:
        if not arguments.quiet:
            say("everything that is needed is there")
        return EXIT_OK
    say("missing:")
    for need in needs:
        say(f"   {need.package:<26} {need.why}")
    if arguments.install:
        install(needs)
        say("everything that is needed is there now")
        return EXIT_OK
    complain(f"to install: ./lucid doctor --install, or as root: {install_line(needs)}")
    return EXIT_FAILED
