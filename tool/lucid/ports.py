# SPDX-License-Identifier: BSD-2-Clause
"""Ports of the kernel: what kernel/arch/NAME/port.toml says about compiling for it."""
from dataclasses import dataclass, field

from . import checks
from .common import ROOT, ToolError
from .toml_places import Document

KEYS = {"target", "image", "linker_script", "cc_flags", "ld_flags", "user_cc_flags", "user_fpu_cc_flags", "gcc_flags",
        "clang_flags", "shared"}
IMAGES = {"elf": "image.elf", "flat": "image.bin"}


@dataclass(frozen=True)
class Port:
    name: str
    target: str | None = None         # the GNU name: x86_64-linux-gnu
    image: str = "elf"                # what boots: the ELF file, or its bytes as they lie in memory ("flat")
    linker_script: str | None = None  # its path in the repository
    cc_flags: list = field(default_factory=list)
    ld_flags: list = field(default_factory=list)           # for ld, not for gcc
    user_cc_flags: list = field(default_factory=list)      # for components without FPU
    user_fpu_cc_flags: list = field(default_factory=list)  # for components with `fpu = true`
    gcc_flags: list = field(default_factory=list)
    clang_flags: list = field(default_factory=list)
    shared: list = field(default_factory=list)             # files of kernel/arch/shared that it uses

    @property
    def image_name(self):
        """The file that a machine boots."""
        return IMAGES[self.image]

    @property
    def folder(self):
        return f"kernel/arch/{self.name}"

    def compiler_flags(self, compiler):
        return self.gcc_flags if compiler == "gcc" else self.clang_flags


def load_port(name):
    """The port of that name."""
    path = ROOT / "kernel/arch" / name / "port.toml"
    if not path.is_file():
        raise ToolError(f"kernel/arch/{name}/port.toml: there is no port for '{name}'")
    document = Document(path)
    values = document.values
    checks.known_keys(document, (), values, KEYS, "a port")
    lists = {key: _words(document, key, values.get(key, [])) for key in
             ("cc_flags", "ld_flags", "user_cc_flags", "user_fpu_cc_flags", "gcc_flags", "clang_flags", "shared")}
    for key in ("target", "linker_script"):
        if key in values:
            checks.typed(document, (key,), values[key], str)
    image = checks.one_of(document, ("image",), values.get("image", "elf"), list(IMAGES))
    script = values.get("linker_script")
    if script is not None and not (ROOT / script).is_file():
        raise document.error(("linker_script",), f"the file '{script}' does not exist")
    return Port(name, values.get("target"), image, script, **lists)


def _words(document, key, value):
    """A list of flags; one text is split at spaces."""
    if isinstance(value, str):
        return value.split()
    return checks.typed(document, (key,), value, list)
