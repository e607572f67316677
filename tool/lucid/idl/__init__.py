# SPDX-License-Identifier: BSD-2-Clause
"""The interface generator: interfaces/NAME.idl -> build/interfaces/NAME.h, NAME.types.h, NAME.server.h, NAME.trace.h, mock/NAME.h.

The language is in docs/interfaces.md. `parser` reads a file into `model`; `c_types`, `client`, `server`, `trace`
and `mock` write headers, `fuzz` a part of a test, `page` a chapter of the manual. Headers are written before anything is compiled, by every build that includes them, and only if their text has changed: compilers' dependency files
do the rest.
"""
import hashlib
import os
from pathlib import Path

from ..common import ROOT, ToolError, relative, write_if_changed
from .client import client_header
from .c_types import types_header
from .mock import mock_header
from .parser import SMALL, Parser
from .server import server_header
from .trace import trace_header

FOLDER = Path("interfaces")
BUILD = Path("build/interfaces")
HEADERS = {"{}.h": client_header, "{}.types.h": types_header, "{}.server.h": server_header, "{}.trace.h": trace_header,
           "mock/{}.h": mock_header}


def load(path):
    """The File that an interface file describes; ToolError with its place if it is wrong."""
    path = Path(path)
    if not SMALL.fullmatch(path.stem):
        raise ToolError(f"{relative(path)}: '{path.stem}' cannot be the name of an interface's file",
                        "it is made of small letters, digits and '_', and begins with a letter")
    try:
        text = path.read_text()
    except UnicodeDecodeError:
        raise ToolError(f"{relative(path)}: this is not text in UTF-8") from None
    return Parser(path.stem, relative(path), text).parse()


def files(root=ROOT):
    """All interface files of the repository, in a fixed order."""
    return sorted((root / FOLDER).glob("*.idl"))


def check_names(paths, root):
    """A header must not hide another one."""
    for path in paths:
        for other in (root / FOLDER / f"{path.stem}.h", root / "lib/include" / f"{path.stem}.h"):
            if other.exists():
                raise ToolError(f"{relative(path)}: its header would have the name of {relative(other)}", "rename one of them")


def generate(root=ROOT):
    """Write the headers of all interfaces, and remove those of interfaces that are gone."""
    paths = files(root)
    check_names(paths, root)
    write_all(paths, root / BUILD, HEADERS)


def generate_beside(folder):
    """The same for the interfaces of systems that lie elsewhere: FOLDER/interfaces, beside their descriptions. The path to include, or
    None if there are none."""
    paths = files(folder)
    if not paths or folder.resolve() == ROOT:
        return None
    for path in paths:
        if (ROOT / FOLDER / path.name).exists():
            raise ToolError(f"{relative(path)}: its headers would be hidden by those of {FOLDER}/{path.name}", "rename it")
    made = Path(f"{BUILD}-{hashlib.sha256(os.fsencode(relative(folder))).hexdigest()[:8]}")
    write_all(paths, ROOT / made, HEADERS)
    return made


def write_all(paths, folder, outputs):
    """Write what is made of these files into the folder, and remove what is not; outputs: name -> function that makes it of a File."""
    loaded = [load(path) for path in paths]
    wanted = {folder / name.format(file.name): write(file) for file in loaded for name, write in outputs.items()}
    for path, text in wanted.items():
        write_if_changed(path, text)
    for path in folder.rglob("*.[ch]"):
        if path not in wanted:
            path.unlink(missing_ok=True)
