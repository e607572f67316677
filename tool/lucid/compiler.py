# SPDX-License-Identifier: BSD-2-Clause
"""The compiler's flags: what every file is compiled and linked with, and what depends on kernel, user code
and build."""
import platform
import shlex

from .common import ROOT

COMPILERS = ("gcc", "clang")
KINDS = ("release", "debug")

WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wundef", "-Wvla", "-Wpointer-arith", "-Wwrite-strings",
            "-Wstrict-prototypes", "-Wmissing-prototypes", "-Wold-style-definition"]

# What distributions switch on by default (position independence, protectors) is switched off by name, so that the
# result is the same everywhere.
COMMON = ["-std=c17", "-O2", "-g", "-gdwarf-5", "-fno-common", "-fno-strict-aliasing", "-ffunction-sections",
          "-fdata-sections", *WARNINGS]
FREESTANDING = ["-ffreestanding", "-fno-pic", "-fno-pie", "-fno-stack-protector", "-fno-asynchronous-unwind-tables",
                "-U_FORTIFY_SOURCE"]
INTERFACES = ["-Iinterfaces", "-Ibuild/interfaces"]  # headers written by hand, and by lucid.idl
LINK = ["-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,--gc-sections", "-Wl,-z,noexecstack",
        "-Wl,-z,norelro", "-Wl,--no-warn-rwx-segments", "-Wl,-z,max-page-size=4096"]


def same_paths(compiler):
    """Makes the compiler's output independent of where the repository lies. (clang forgets assembler files.)"""
    return [f"-ffile-prefix-map={ROOT}=."] + (["-fdebug-compilation-dir=."] if compiler == "clang" else [])


def tool_name(port, tool):
    """The name of gcc, ld or ar for the port: with the target before it where it is not this machine's."""
    if tool == "clang" or port.name == platform.machine() or not port.target:
        return tool
    return f"{port.target}-{tool}"


def target_flags(port, compiler):
    return [f"--target={port.target}"] if compiler == "clang" and port.target else []


def kind_flags(kind):
    return ["-DCONFIG_DEBUG=1"] if kind == "debug" else []


def kernel_flags(port, kind, compiler, cores=1):
    includes = ["-Ikernel/include", f"-I{port.folder}", "-Ikernel/arch/shared", "-Iabi", f"-Iabi/lucid/arch/{port.name}"]
    return [*COMMON, *FREESTANDING, f"-DCONFIG_CORES={cores}", *kind_flags(kind), *target_flags(port, compiler),
            *port.cc_flags, *port.compiler_flags(compiler), *includes, *same_paths(compiler)]


def kernel_link_flags(port):
    """For the linker itself, not for the compiler's driver."""
    return [*port.ld_flags, "-nostdlib", "--build-id=none", "--gc-sections", "-T", port.linker_script]


def user_flags(port, kind, compiler, fpu):
    """For the library and for components; the component's own folder comes to the include path elsewhere."""
    machine = port.user_fpu_cc_flags if fpu else port.user_cc_flags
    includes = ["-Ilib/include", "-Iabi", f"-Iabi/lucid/arch/{port.name}", *INTERFACES]
    return [*COMMON, *FREESTANDING, *kind_flags(kind), *target_flags(port, compiler), *machine, *includes,
            *same_paths(compiler)]


def user_link_flags(port, compiler, address):
    return [*target_flags(port, compiler), *LINK, "-Wl,-z,separate-code", f"-Wl,-Ttext-segment={address:#x}",
            "-Wl,-e,_start", "-Wl,-u,_start"]


def quoted(words):
    """The words as part of a command in a Ninja file."""
    return " ".join(shlex.quote(word) for word in words).replace("$", "$$")


def quoted_for_file(words):
    """The words as the compiler reads them from @file: one a line."""
    return "".join(word.replace("\\", "\\\\").replace(" ", "\\ ") + "\n" for word in words)
