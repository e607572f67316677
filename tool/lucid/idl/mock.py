# SPDX-License-Identifier: BSD-2-Clause
"""mock/NAME.h, in the place of NAME.h: a client under test talks to variables. For each operation there is one, PREFIX_OPERATION_mock:
how often it was called, with which arguments at last, and what it answers."""
from .c_text import comment, function, head
from .client import parameters


def mock_header(file):
    lines = head(file, "For tests: calls that are written down, and answered as the test says.", f"INTERFACE_{file.name.upper()}_H",
                 ["lucid.h", f"{file.name}.types.h"])
    for interface in file.interfaces:
        lines += function("static inline cap_t", f"use_{interface.prefix}", [], ["return 1;"])
        for operation in interface.operations:
            lines += mocked(interface, operation)
    return "\n".join([*lines, "#endif"]) + "\n"


def variables(message, result):
    """The fields for what goes in or comes out, and the statements that copy it."""
    fields, copies = [], []
    for one in message.parameters:
        if one.is_cap:
            fields.append(f"cap_t {one.name};" + ("  /* the slot that it was to come into */" if result else ""))
            copies.append(f"mock->{one.name} = {one.name};")
        elif one.bounded:
            fields += [f"{one.type.c} {one.name}[{one.count_text}];", f"size_t {one.name}_count;"]
            if not result:
                copies += [f"if ({one.name}_count > {one.count_text})", "    return ERR_RANGE;"]
            to, source, count = ((one.name, f"mock->{one.name}", f"mock->{one.name}_count") if result
                                 else (f"mock->{one.name}", one.name, f"{one.name}_count"))
            copies += [f"if ({count})", f"    memcpy({to}, {source}, {count} * sizeof *{one.name});",
                       f"{'*' if result else 'mock->'}{one.name}_count = {count};"]
        elif one.count is not None:
            fields.append(f"{one.type.c} {one.name}[{one.count_text}];")
            copies.append(f"memcpy({one.name}, mock->{one.name}, {one.bytes});" if result else f"memcpy(mock->{one.name}, {one.name}, {one.bytes});")
        else:
            fields.append(f"{one.type.c} {one.name};")
            pointer = "" if one.is_scalar else "*"
            copies.append(f"*{one.name} = mock->{one.name};" if result else f"mock->{one.name} = {pointer}{one.name};")
    return fields, copies


def mocked(interface, operation):
    name = f"{interface.prefix}_{operation.name}"
    asked, store = variables(operation.asks, False)
    answered, answer = variables(operation.answers, True)
    fields = ["unsigned calls;", f"cap_t {interface.prefix};", *asked, "error_t result;  /* what it answers with: */", *answered]
    body = [f"struct {name}_mock *mock = &{name}_mock;", "mock->calls++;", f"mock->{interface.prefix} = {interface.prefix};", *store, *answer,
            "return mock->result;"]
    return [*comment(operation.doc), f"struct {name}_mock {{", *(f"    {field}" for field in fields), "};",
            f"__attribute__((weak)) struct {name}_mock {name}_mock;", "", *function("static inline error_t", name, parameters(interface, operation), body)]
