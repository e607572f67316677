# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid new NAME`: a component that says hello and a system that runs it, from the files in tool/template/."""
from .checks import NAME
from .common import ROOT, ToolError, relative, say, write_atomically
from .description import RESERVED_NAMES

TEMPLATE = ROOT / "tool/template"


def files_for(name, root=ROOT):
    """What is made: path -> template."""
    return {root / "components" / name / f"{name}.c": TEMPLATE / "component.c",
            root / "systems" / f"{name}.toml": TEMPLATE / "system.toml"}


def make(name, root=ROOT):
    """Make the files; refuse if anything is there already. The paths made."""
    if not NAME.fullmatch(name):
        raise ToolError(f"'{name}' cannot be the name of a component",
                        "a name is a small letter, then up to 30 small letters, digits or '_'")
    if name in RESERVED_NAMES or name == "console":
        raise ToolError(f"'{name}' is the name of {RESERVED_NAMES.get(name, 'the console')}", "choose another name")
    if name.startswith("test_") or name == "test":
        raise ToolError(f"'{name}': systems that are called like that are the kernel's own tests", "choose another name")
    files = files_for(name, root)
    for path in (root / "components" / name, *files):
        if path.exists():
            raise ToolError(f"{relative(path)} is there already", "choose another name, or remove it")
    for path, template in files.items():
        write_atomically(path, template.read_text().replace("@NAME@", name))
    return list(files)


def command(arguments):
    """./lucid new"""
    for path in make(arguments.name):
        say(f"made {relative(path)}")
    say(f"now: ./lucid run {arguments.name}   (Ctrl-A X leaves)")
    return 0
