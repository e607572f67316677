# SPDX-License-Identifier: BSD-2-Clause
"""What all generated C has in common: heads, comments, types and parameters as C writes them."""
import textwrap

from .model import Enum, Scalar, Struct

WIDTH = 110


def comment(text):
    """A comment of the repository's form; none for no text."""
    if not text:
        return []
    if "\n" not in text and len(text) < WIDTH - 6:
        return [f"/* {text} */"]
    lines = [part for line in text.split("\n") for part in ([line] if "  " in line else textwrap.wrap(line, WIDTH - 3) or [""])]
    return ["/*", *(f" * {line}".rstrip() for line in lines), " */"]


def head(file, what, guard, includes):
    text = f"{file.doc}\n\n" if file.doc else ""
    return ["/* SPDX-License-Identifier: BSD-2-Clause */",
            *comment(f"{text}{what} Written by ./lucid from {file.path}: do not edit."),
            f"#ifndef {guard}", f"#define {guard}", "", *(f"#include <{name}>" for name in includes), ""]


def block(first, body):
    return [first, "{", *(f"    {line}" if line else "" for line in body), "}", ""]


def function(result, name, parameters, body):
    return block(f"{result} {name}({', '.join(parameters) or 'void'})", body)


def prototype(result, name, parameters):
    lines = [f"{result} {name}("]
    for i, one in enumerate(parameters or ["void"]):
        part = one + (", " if i + 1 < len(parameters) else ");")
        if len(lines[-1]) + len(part) > WIDTH + 1:
            lines = [*lines[:-1], lines[-1].rstrip(), "    "]
        lines[-1] += part
    return [*lines, ""]


def number(value, signed=False):
    """A constant in C, of a type that holds it; `signed`: one to be compared with numbers that have a sign."""
    if value < 0:
        return f"({value + 1}ll - 1)" if value < -2 ** 31 else f"({value})"
    return f"{value}{'' if signed else 'u'}{'ll' if value >= 2 ** (31 if signed else 32) else ''}"


def label(interface, operation):
    return f"{interface.upper}_{operation.name.upper()}"


def bytes_of(parameter):
    """How many bytes a bounded array of this count has, as C."""
    count = f"{parameter.name}_count"
    return count if parameter.type.size == 1 else f"{count} * sizeof(*{parameter.name})"


def inputs(message):
    """The parameters that a message asks with, as C's."""
    found = []
    for one in message.parameters:
        if one.is_cap:
            found.append(f"cap_t {one.name}")
        elif one.bounded:
            found += [f"const {one.type.c} *{one.name}", f"size_t {one.name}_count"]
        elif one.count is not None:
            found.append(f"const {one.type.c} {one.name}[static {one.count_text}]")
        elif isinstance(one.type, Struct):
            found.append(f"const {one.type.c} *{one.name}")
        else:
            found.append(f"{one.type.c} {one.name}")
    return found


def outputs(message, cap):
    """The parameters that it answers with; `cap` is the type of a capability."""
    found = []
    for one in message.parameters:
        if one.is_cap:
            found.append(f"{cap}{one.name}")
        elif one.count is not None:
            found.append(f"{one.type.c} {one.name}[static {one.count_text}]")
            found += [f"size_t *{one.name}_count"] * one.bounded
        else:
            found.append(f"{one.type.c} *{one.name}")
    return found


def to_word(parameter):
    """A value as a word of a message."""
    kind = parameter.type
    if isinstance(kind, Scalar) and kind.is_signed and kind.size < 8:
        return f"(word_t)(int64_t){parameter.name}"
    if kind.name == "char":  # may be signed
        return f"(unsigned char){parameter.name}"
    return parameter.name if isinstance(kind, Scalar) and not kind.is_signed else f"(word_t){parameter.name}"


def from_word(parameter, word):
    """The opposite; the word may hold anything, of which what does not fit is cut off."""
    kind = parameter.type
    if isinstance(kind, Scalar) and kind.name == "bool":
        return f"{word} != 0"
    return word if isinstance(kind, Scalar) and kind.size == 8 and not kind.is_signed else f"({kind.c}){word}"


def can_be_wrong(kind):
    """True if there are bytes that are no value of the type."""
    if isinstance(kind, Struct):
        return any(can_be_wrong(one.type) for one in kind.fields)
    return isinstance(kind, Enum) or kind.name == "bool"


def is_right(kind, place):
    """The condition that the bytes at `place`, an lvalue, are a value of the type."""
    if isinstance(kind, Scalar):
        return f"*(const unsigned char *)&{place} <= 1"
    return f"{kind.name}_is_valid({'' if isinstance(kind, Struct) else '*(const uint32_t *)'}&{place})"


def elements_wrong(parameter, count, result):
    """Statements that return an error if an element, or the structure, is no value of its type."""
    if parameter.is_cap or not can_be_wrong(parameter.type) or parameter.is_scalar:
        return []
    if parameter.count is None:
        return [f"if (!{parameter.type.name}_is_valid({parameter.name}))", f"    return {result};"]
    return [f"for (size_t i_ = 0; i_ < {count}; i_++)", f"    if (!({is_right(parameter.type, f'{parameter.name}[i_]')}))",
            f"        return {result};"]
