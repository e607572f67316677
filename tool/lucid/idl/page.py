# SPDX-License-Identifier: BSD-2-Clause
"""What an interface file says, as a chapter of the manual."""
from .c_text import prototype
from .c_types import constant, enum, struct
from .client import parameters
from .model import Constant, Enum


def code(lines):
    return "```c\n" + "\n".join(lines).strip() + "\n```"


def chapter(file, prose, level):
    """Markdown; `prose` makes it of a comment, headings are of `level` and below."""
    parts = []
    for item in file.types:
        write = constant if isinstance(item, Constant) else enum if isinstance(item, Enum) else struct
        lines = write(item)
        end = lines.index("};") + 1 if "};" in lines else len(lines)
        begin = next(i for i, line in enumerate(lines) if line.startswith(("#define", "enum", "struct")))
        parts += [code(lines[begin:end]), prose(item.doc)]
    if file.errors:
        parts.append("\n".join(["| number | error | meaning |", "|---|---|---|",
                                *(f"| {number} | `{item.name}` | {sentence} |" for item, number, sentence in file.errors)]))
    for interface in file.interfaces:
        parts += [f"{'#' * level} {interface.name}, version {interface.version}", prose(interface.doc)]
        for right in interface.rights:
            parts.append(f"Right `{right.name}`: {prose(right.doc)}" if right.doc else f"Right `{right.name}`.")
        for operation in interface.operations:
            parts += operation_text(interface, operation, prose)
    return "\n\n".join(part for part in parts if part)


def operation_text(interface, operation, prose):
    facts = [f"Label {interface.version << 8 | operation.number:#x}; {size(operation.asks)} there, {size(operation.answers)} back."]
    facts += ["Idempotent: repeated once if the server dies of it."] * operation.idempotent
    facts += [f"Needs the right `{operation.needs}` (`ERR_RIGHT`)."] if operation.needs else []
    fails = [f"`{name}` ({text})" if text else f"`{name}`" for name, text in operation.fails]
    facts += [f"Errors: {', '.join(fails)}."] * bool(fails)
    return [code(prototype("error_t", f"{interface.prefix}_{operation.name}", parameters(interface, operation))),
            prose(operation.doc), " ".join(facts)]


def size(message):
    words = f"{message.fixed} to {message.most} words" if message.bounded else f"{message.fixed} word{'s' * (message.fixed != 1)}"
    caps = len(message.caps)
    return words + (f", {caps} capabilit{'y' if caps == 1 else 'ies'}" if caps else "")
