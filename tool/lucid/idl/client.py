# SPDX-License-Identifier: BSD-2-Clause
"""NAME.h: the client's side, an inline function for each operation.

What has only values and fits into registers, there and back, is a system call with nothing around it (client_call_words). Everything
else goes through the message page, by functions of the library.
"""
from .c_text import (bytes_of, comment, elements_wrong, from_word, function, head, inputs, label, outputs, to_word)
from .model import Enum


def client_header(file):
    guard = f"INTERFACE_{file.name.upper()}_H"
    lines = head(file, "The client's side.", guard, ["lucid.h", f"{file.name}.types.h"])
    lines += [f"#ifdef INTERFACE_{file.name.upper()}_SERVER_H",
              f'#error "{file.name}.h and {file.name}.server.h have functions of the same names: include one of them in each file"', "#endif", ""]
    for interface in file.interfaces:
        lines += use(interface)
        for operation in interface.operations:
            lines += stub(interface, operation)
    return "\n".join([*lines, "#endif"]) + "\n"


def use(interface):
    return [*comment(f"The component's session with {interface.name}, opened: session_use in lucid.h says what can go wrong."),
            *function("static inline cap_t", f"use_{interface.prefix}", [], [f"return session_use(&{interface.prefix}_interface, NULL);"])]


def parameters(interface, operation):
    return [f"cap_t {interface.prefix}", *inputs(operation.asks), *outputs(operation.answers, "cap_t ")]


def arguments(interface, operation):
    names = [interface.prefix]
    for one in (*operation.asks.parameters, *operation.answers.parameters):
        names += [one.name, *[f"{one.name}_count"] * one.bounded]
    return ", ".join(names)


def documentation(operation):
    fails = [f"{name} ({text})" if text else name for name, text in operation.fails]
    parts = [operation.doc, "Errors: " + ", ".join(fails) + "." if fails else "",
             f"Only with the right '{operation.needs}'; ERR_RIGHT without it." if operation.needs else ""]
    return comment("\n".join(part for part in parts if part))


def stub(interface, operation):
    name = f"{interface.prefix}_{operation.name}"
    small = operation.asks.in_registers and operation.answers.in_registers
    body = (register_body if small else page_body)(interface, operation)
    once = f"{name}_once" if operation.idempotent else name
    lines = function("static inline error_t", once, parameters(interface, operation), body)
    if not operation.idempotent:
        return [*documentation(operation), *lines]
    again = [f"error_t error = {once}({arguments(interface, operation)});", "if (error == ERR_PEER_GONE)  /* its successor may be there already */",
             f"    error = {once}({arguments(interface, operation)});", "return error;"]
    return [*comment("One attempt at what follows."), *lines,
            *documentation(operation), *function("static inline error_t", name, parameters(interface, operation), again)]


def register_body(interface, operation):
    asks, answers = operation.asks, operation.answers
    words = f", .word = {{ {', '.join(to_word(one) for one in asks.parameters)} }}" if asks.parameters else ""
    lines = [f"struct message message = {{ .tag = tag_make({label(interface, operation)}, {asks.fixed}, 0){words} }};"]
    call = f"client_call_words({interface.prefix}, &message, {answers.fixed})"
    if not answers.parameters:
        return [*lines, f"return {call};"]
    lines.append(f"error_t error = {call};")
    for one in answers.parameters:
        if isinstance(one.type, Enum):
            lines += [f"if (error == OK && !{one.type.name}_is_valid(message.word[{one.word}]))", "    error = ERR_RANGE;"]
    for one in answers.parameters:
        lines.append(f"*{one.name} = error == OK ? {from_word(one, f'message.word[{one.word}]')} : 0;")
    return [*lines, "return error;"]


def page_body(interface, operation):
    asks, answers = operation.asks, operation.answers
    lines = [f"*{one.name} = 0;" for one in answers.parameters if one.is_scalar]
    lines += [f"*{one.name}_count = 0;" for one in answers.bounded]
    for one in asks.bounded:
        lines += [f"if ({one.name}_count > {one.count_text})", "    return ERR_RANGE;"]
    lines += ["struct message message = { 0 };", *put_fixed(asks), *put_bounded(asks)]
    words = "words" if asks.bounded else str(asks.fixed)
    lines.append(f"message.tag = tag_make({label(interface, operation)}, {words}, {len(asks.caps)});")
    for i, one in enumerate(asks.caps):
        rights = " | ".join(f"RIGHT_{right}" for right in one.rights)
        lines.append(f"message_give({i}, {one.name}, {'GIVE_MINT' if rights else 'GIVE_COPY'}, {rights or 0});")
    lines += [f"message_take({i}, {one.name});" for i, one in enumerate(answers.caps)]
    lines.append(f"error_t error = client_call({interface.prefix}, &message, {answers.fixed});")
    lines += [f"message_take({i}, CAP_NULL);" for i in range(len(answers.caps))]
    return [*lines, *take_answer(answers)]


def put_fixed(message):
    lines = []
    for one in message.parameters:
        if one.is_cap:
            continue
        if one.is_block:
            lines.append(f"message_text(&message, {one.word}, {one.name}, {one.bytes});")
        else:
            lines.append(f"message_set(&message, {one.word}, {f'{one.name}_count' if one.bounded else to_word(one)});")
    return lines


def put_bounded(message):
    lines = [f"unsigned words = {message.fixed};"] * bool(message.bounded)
    for one in message.bounded:
        lines += [f"message_text(&message, words, {one.name}, {bytes_of(one)});", f"words += text_words({bytes_of(one)});"]
    return lines


def take_answer(message):
    if not message.parameters:
        return ["return error;"]
    lines = ["if (error != OK)", "    return error;"]
    if message.caps:
        lines += [f"if (tag_caps(message.tag) != {len(message.caps)})", "    return ERR_TRUNCATED;"]
    for one in message.parameters:
        if one.is_block:
            lines += [f"message_copy_text(&message, {one.word}, {one.name}, {one.bytes});", *elements_wrong(one, one.count_text, "ERR_RANGE")]
    lines += take_bounded(message)
    for one in message.parameters:
        if one.is_scalar and isinstance(one.type, Enum):
            lines += [f"if (!{one.type.name}_is_valid(message_word(&message, {one.word})))", "    return ERR_RANGE;"]
    lines += [f"*{one.name}_count = message_word(&message, {one.word});" for one in message.bounded]  # after an error all are 0
    lines += [f"*{one.name} = {from_word(one, f'message_word(&message, {one.word})')};" for one in message.parameters if one.is_scalar]
    return [*lines, "return OK;"]


def take_bounded(message):
    lines = [f"unsigned at = {message.fixed};"] * bool(message.bounded)
    for one in message.bounded:
        count, size = f"message_word(&message, {one.word})", one.type.size
        lines += [f"if ({count} > {one.count_text} || at + text_words({count} * {size}) > tag_words(message.tag))", "    return ERR_TRUNCATED;",
                  f"message_copy_text(&message, at, {one.name}, {count} * {size});", *elements_wrong(one, count, "ERR_RANGE")]
        if one is not message.bounded[-1]:
            lines.append(f"at += text_words({count} * {size});")
    return lines
