# SPDX-License-Identifier: BSD-2-Clause
"""NAME.fuzz.c: handlers that doubt what the dispatcher promises. Each checks its arguments again, by what the interface file says, reads
all bytes that it is given, and answers something. tests/interfaces/fuzz.h says how the messages come."""
from .c_text import function, number
from .model import Enum, Scalar, Struct
from .server import parameters


def fuzz_source(file):
    lines = ["/* SPDX-License-Identifier: BSD-2-Clause */", f'#include "{file.name}.server.h"', '#include "fuzz.h"', ""]
    for interface in file.interfaces:
        if interface.rights:
            lines += function("bool", f"{interface.prefix}_may", ["const struct request *request", f"enum {interface.prefix}_right right"],
                              ["(void)request;", "return fuzz_may(right);"])
        for operation in interface.operations:
            lines += handler(interface, operation)
        lines += [f"static const uint64_t {interface.prefix}_values[] = {{ {', '.join(f'{value}ull' for value in interesting(interface))} }};",
                  f"const struct fuzzed fuzzed_{interface.prefix} = {{ &{interface.prefix}_interface, {interface.prefix}_dispatch, {interface.prefix}_values,",
                  f"    sizeof {interface.prefix}_values / sizeof {interface.prefix}_values[0] }};", ""]
    listed = ", ".join(f"&fuzzed_{interface.prefix}" for interface in file.interfaces)
    return "\n".join([*lines, f"const struct fuzzed *const fuzzed[] = {{ {listed}, NULL }};"]) + "\n"


def interesting(interface):
    """Numbers at which the dispatcher decides, and those beside them."""
    values = {0, 1}
    for parameter in (one for operation in interface.operations for one in operation.asks.parameters):
        if isinstance(parameter.type, Enum):
            values.update(value for _, value, _ in parameter.type.values)
        elif isinstance(parameter.type, Scalar):
            values.update((parameter.type.low, parameter.type.high))
        values.update(end[0] for ends in parameter.ranges for end in ends)
        values.update([parameter.count] * parameter.bounded)
    return sorted({(value + step) % 2 ** 64 for value in values for step in (-1, 0, 1)})


def condition(kind, place):
    """That what was read at `place` is a value of the type, without the functions of the generated headers."""
    if isinstance(kind, Enum):
        return " || ".join(f"(uint32_t){place} == {value}u" for _, value, _ in kind.values)
    return f"*(const unsigned char *)&{place} <= 1" if kind.name == "bool" else ""


def doubts(kind, place):
    """Checks of a value, or of all values in a structure."""
    if isinstance(kind, Struct):
        lines, at = [], f"f_{place.count('.')}_"  # one for each level of structures
        for one in kind.fields:
            inner = doubts(one.type, f"{place}.{one.name}" + (f"[{at}]" if one.count else ""))
            loop = [f"for (unsigned {at} = 0; {at} < {one.count}; {at}++) {{", *inner, "}"]
            lines += loop if one.count and inner else inner
        return lines
    test = condition(kind, place)
    return [f"DOUBT({test});"] if test else []


def handler(interface, operation):
    body = [f"fuzz_handled(request, {operation.number});"]
    for i, one in enumerate(operation.asks.parameters):
        if one.is_cap:
            body.append(f"DOUBT({one.name} == request->cap[{operation.asks.caps.index(one)}] && {one.name} != CAP_NULL);")
        elif one.is_scalar:
            body += doubts(one.type, one.name) if isinstance(one.type, Enum) or one.type.name == "bool" else [f"(void){one.name};"]
            if one.ranges:
                kind = "int64_t" if one.type.is_signed else "uint64_t"
                body.append("DOUBT(" + " || ".join(f"fuzz_between_{kind}({one.name}, {number(low[0], one.type.is_signed)}, {number(high[0], one.type.is_signed)})"
                                                   for low, high in one.ranges) + ");")
        else:
            count = f"{one.name}_count" if one.bounded else str(one.count or 1)
            body += [f"DOUBT({count} <= {one.count});"] * one.bounded + [f"fuzz_read({one.name}, {count} * sizeof *{one.name});"]
            if inner := doubts(one.type, f"{one.name}[e_{i}_]"):
                body += [f"for (size_t e_{i}_ = 0; e_{i}_ < {count}; e_{i}_++) {{", *inner, "}"]
    for one in operation.answers.parameters:
        if one.is_cap:
            body.append(f"fuzz_give({one.name});")
        elif one.is_scalar:
            body.append(f"*{one.name} = ({one.type.c})fuzz_word();" if one.type.name != "bool" else f"*{one.name} = fuzz_word() & 1;")
        else:
            body += [f"*{one.name}_count = fuzz_word() % ({one.count} + 1);"] * one.bounded
            body.append(f"fuzz_fill({one.name}, {f'*{one.name}_count' if one.bounded else one.count or 1} * sizeof *{one.name});")
    return function("error_t", f"{interface.prefix}_{operation.name}", parameters(operation), [*body, "return fuzz_result();"])
