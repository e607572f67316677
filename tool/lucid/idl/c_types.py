# SPDX-License-Identifier: BSD-2-Clause
"""NAME.types.h: constants, enums, structures, errors and labels, which client and server share."""
from .c_text import block, can_be_wrong, comment, head, is_right, label, number
from .model import Constant, Enum


def types_header(file):
    guard = f"INTERFACE_{file.name.upper()}_TYPES_H"
    lines = head(file, "Types and numbers.", guard, ["lucid.h"])
    for item in file.types:
        lines += constant(item) if isinstance(item, Constant) else enum(item) if isinstance(item, Enum) else struct(item)
    for item, code, sentence in file.errors:
        lines += [*comment(item.doc or sentence), f"#define {item.name} ((error_t){code})", ""]
    if file.errors:
        lines += error_sentences(file)
    for interface in file.interfaces:
        lines += numbers(interface)
    return "\n".join([*lines, "#endif"]) + "\n"


def constant(item):
    return [*comment(item.doc), f"#define {item.name} {number(item.value)}", ""]


def enum(item):
    lines = [*comment(item.doc), f"enum {item.name} {{"]
    for name, value, doc in item.values:
        lines += [f"    {name} = {value},{'  ' + comment(doc)[0] if doc and chr(10) not in doc else ''}"]
    lines += ["};", ""]
    values = sorted(value for _, value, _ in item.values)
    if values == list(range(values[0], values[-1] + 1)):
        test = f"value - {values[0]}u <= {values[-1] - values[0]}u" if values[0] else f"value <= {values[-1]}u"
    else:
        test = " || ".join(f"value == {value}u" for value in values)
    return lines + block(f"static inline bool {item.name}_is_valid(uint64_t value)", [f"return {test};"])


def struct(item):
    lines = [*comment(item.doc), f"struct {item.name} {{"]
    for one in item.fields:
        size = f"[{one.count_text}]" if one.count else ""
        lines.append(f"    {one.type.c} {one.name}{size};{'  ' + comment(one.doc)[0] if one.doc and chr(10) not in one.doc else ''}")
    lines += ["};", "", f'_Static_assert(sizeof(struct {item.name}) == {item.size}, "the generator knows how C lays it out");', ""]
    return lines + (validity(item) if can_be_wrong(item) else [])


def validity(item):
    body = []
    for one in item.fields:
        if not can_be_wrong(one.type):
            continue
        place = f"value->{one.name}{'[i]' if one.count else ''}"
        test = [f"if (!({is_right(one.type, place)}))", "    return false;"]
        body += [f"for (unsigned i = 0; i < {one.count_text}; i++)", *(f"    {line}" for line in test)] if one.count else test
    return block(f"static inline bool {item.name}_is_valid(const struct {item.name} *value)", [*body, "return true;"])


def error_sentences(file):
    cases = [f'case {code}: return "{sentence}";' for _, code, sentence in file.errors]
    return [*comment("What an error of this interface, or any other, says."),
            *block(f"static inline const char *{file.name}_error_sentence(unsigned error)",
                   ["switch (error) {", *cases, "default: return error_sentence(error);", "}"])]


def numbers(interface):
    """Version and labels, and what an opened session is compared with."""
    upper, digests = interface.upper, [f"    {digest:#018x}," for digest in interface.digests()]
    lines = [f"#define {upper}_VERSION {interface.version}u"]
    lines += [f"#define {label(interface, one)} {interface.version << 8 | one.number:#x}u" for one in interface.operations]
    if interface.rights:
        lines += ["", f"enum {interface.prefix}_right {{", *(f"    {upper}_RIGHT_{one.name.upper()}," for one in interface.rights), "};"]
    return [*lines, "", *comment("Its first operation; its first two; and so on: compared when a session is opened."),
            f"static const uint64_t {interface.prefix}_digests[] = {{", *digests, "};", "",
            f"static const struct interface {interface.prefix}_interface = {{", f'    .name = "{interface.name}",',
            f"    .version = {upper}_VERSION,", f"    .operations = {len(interface.operations)},",
            f"    .digests = {interface.prefix}_digests,", "};", ""]
