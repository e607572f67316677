# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid manual`: writes docs/manual.md, the reference of the kernel and the library.

It is made from abi/lucid/*.def (errors and operations), from the comments of the headers in abi/ and
lib/include/, from the interface files in interfaces/, and from nothing else: to change the manual, change those.

Of interfaces/ it has those that belong to the kit, INTERFACES. Whoever writes one for a system of their own has
nothing to do with it.
"""
import difflib
import re
from dataclasses import dataclass

from . import idl
from .common import EXIT_FAILED, EXIT_OK, ROOT, complain, say, write_if_changed
from .header import Entry, Section, Text, read_header
from .idl import page

MANUAL = ROOT / "docs/manual.md"
INTRODUCTION = """\
# The manual

Every system call, object, operation, error and library function of Lucid.

This file is written by `./lucid manual` from the headers in `abi/` and `lib/include/` and the files in `interfaces/`; do not edit it. What the parts are for
is in [architecture.md](architecture.md), how to begin in [tutorial.md](tutorial.md).
"""
INTERFACES = ("console", "echo", "supervisor", "timer")  # of the kit, in the order of their chapters
CALL = re.compile(r"^(ERROR|OPERATION)\((.*?)\)\n(?=(?:ERROR|OPERATION|/\*|\n|\Z))", re.DOTALL | re.MULTILINE)
TOKEN = re.compile(r'\s*(?:((?:"(?:[^"\\]|\\.)*"\s*)+)|([^,"]+))\s*(?:,|$)')
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Operation:
    object: str
    number: int
    name: str
    arguments: str
    results: str
    sentence: str
    errors: str

    @property
    def label(self):
        return f"OP_{self.object}_{self.name}"


@dataclass(frozen=True)
class Error:
    number: int
    name: str
    sentence: str
    remedy: str


def table(path):
    """The argument lists of all ERROR(...) and OPERATION(...) in a .def file, strings joined."""
    found = []
    for match in CALL.finditer(path.read_text()):
        values = []
        for strings, word in TOKEN.findall(match.group(2)):
            values.append("".join(STRING.findall(strings)).replace('\\"', '"') if strings else word.strip())
        found.append(values)
    return found


def errors():
    return [Error(int(number), *rest) for number, *rest in table(ROOT / "abi/lucid/errors.def")]


def operations():
    return [Operation(kind, int(number), *rest) for kind, number, *rest in table(ROOT / "abi/lucid/operations.def")]


def escaped(text):
    return text.replace("<", "&lt;").replace("|", "\\|")


def prose(text):
    """Paragraphs; those with columns or indentation keep their layout."""
    parts = []
    for paragraph in re.split(r"\n\s*\n", text):
        lines = paragraph.split("\n")
        if any(line.startswith(" ") or re.search(r"\S {2,}\S", line) for line in lines):
            parts.append("```text\n" + "\n".join(line.rstrip() for line in lines) + "\n```")
        else:
            parts.append(escaped(" ".join(line.strip() for line in lines)))
    return "\n\n".join(part for part in parts if part)


def header_chapter(path, level):
    """What a header says, as Markdown below a heading of the given level."""
    parts, bare = [], False  # bare: the last part is code that no text follows
    for item in read_header(path):
        if isinstance(item, Section):
            parts.append("#" * (level + 1) + " " + item.title)
        elif isinstance(item, Text):
            parts.append(prose(item.text))
        elif bare and not item.text:
            parts[-1] = parts[-1].removesuffix("\n```") + f"\n\n{item.code}\n```"
        else:
            parts.append(f"```c\n{item.code}\n```")
            if item.text:
                parts.append(prose(item.text))
        bare = isinstance(item, Entry) and not item.text
    return "\n\n".join(parts)


def object_title(name):
    """SCHED_CONTEXT -> SchedContext."""
    special = {"CNODE": "CNode"}
    return special.get(name, "".join(word.capitalize() for word in name.split("_")))


def operation_text(operation):
    parts = [f"#### {operation.label}", f"Label {object_title(operation.object)}, number {operation.number}.",
             f"Arguments: {escaped(operation.arguments) or 'none'}. Results: {escaped(operation.results) or 'none'}.",
             escaped(operation.sentence)]
    if operation.errors:
        parts.append(f"Errors: {escaped(operation.errors)}.")
    return "\n\n".join(parts)


def operations_chapter():
    essay = next(item for item in read_header(ROOT / "abi/lucid/operations.def") if isinstance(item, Text))
    parts = [prose(essay.text)]
    known = []
    for operation in operations():
        if operation.object not in known:
            known.append(operation.object)
            parts.append(f"### {object_title(operation.object)}")
        parts.append(operation_text(operation))
    return "\n\n".join(parts)


def errors_chapter():
    rows = ["| number | name | meaning | what the caller can do |", "|---|---|---|---|"]
    rows += [f"| {error.number} | `{error.name}` | {escaped(error.sentence)} | {escaped(error.remedy)} |"
             for error in errors()]
    return "\n".join(rows)


def headers_chapter(folder, pattern, level=2):
    parts = []
    for path in sorted((ROOT / folder).glob(pattern), key=lambda path: (len(path.parts), path)):
        parts += [f"### {path.relative_to(ROOT / folder)}", header_chapter(path, level + 1)]
    return "\n\n".join(parts)


def interfaces_chapter():
    parts = []
    for name in INTERFACES:
        parts += [f"### {name}.idl", page.chapter(idl.load(ROOT / f"interfaces/{name}.idl"), prose, 4)]
    return "\n\n".join(parts)


def make_manual():
    """The text of the manual."""
    abi = ROOT / "abi/lucid"
    chapters = [
        ("System calls", header_chapter(abi / "syscall.h", 2)),
        ("Messages", header_chapter(abi / "message.h", 2)),
        ("Objects and their constants", header_chapter(abi / "objects.h", 2)),
        ("Operations", operations_chapter()),
        ("Errors", errors_chapter()),
        ("Faults", header_chapter(abi / "faults.h", 2)),
        ("Types and addresses", header_chapter(abi / "types.h", 2)),
        ("What the root component gets", header_chapter(abi / "boot_info.h", 2)),
        ("The boot image", header_chapter(abi / "image.h", 2)),
        ("The bundle", header_chapter(abi / "bundle.h", 2)),
        ("Architectures", headers_chapter("abi/lucid/arch", "*/abi.h")),
        ("The library", headers_chapter("lib/include", "**/*.h")),
        ("Interfaces", interfaces_chapter()),
    ]
    contents = "\n".join(f"- [{title}](#{title.lower().replace(' ', '-')})" for title, _ in chapters)
    body = "\n\n".join(f"## {title}\n\n{text}" for title, text in chapters)
    return f"{INTRODUCTION}\n{contents}\n\n{body}\n"


def out_of_date():
    """None if docs/manual.md is what would be written, else the first difference."""
    present = MANUAL.read_text() if MANUAL.exists() else ""
    wanted = make_manual()
    if present == wanted:
        return None
    changes = [line for line in difflib.unified_diff(present.split("\n"), wanted.split("\n"), lineterm="", n=0)
               if line[:1] in "+-" and line[:3] not in ("+++", "---")]
    return f"{len(changes)} lines differ, the first: {changes[0]}"


def command(arguments):
    """./lucid manual"""
    if arguments.check:
        difference = out_of_date()
        if difference is None:
            say("docs/manual.md is up to date")
            return EXIT_OK
        complain(f"docs/manual.md is out of date: {difference}\n   ./lucid manual writes it")
        return EXIT_FAILED
    say("docs/manual.md: " + ("written" if write_if_changed(MANUAL, make_manual()) else "up to date"))
    return EXIT_OK
