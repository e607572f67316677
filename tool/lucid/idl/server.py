# SPDX-License-Identifier: BSD-2-Clause
"""NAME.server.h: the server's side. A dispatcher checks a request whole, then calls the handler, a function that the server defines;
and a function for each operation answers a request that was kept."""
from .c_text import (bytes_of, comment, elements_wrong, from_word, function, head, inputs, label, number, outputs, prototype, to_word)
from .client import documentation
from .model import Enum


def server_header(file):
    guard = f"INTERFACE_{file.name.upper()}_SERVER_H"
    lines = head(file, "The server's side: define the functions that are declared here without a body.", guard,
                 ["lucid.h", f"{file.name}.types.h"])
    lines += [f"#ifdef INTERFACE_{file.name.upper()}_H",
              f'#error "{file.name}.h and {file.name}.server.h have functions of the same names: include one of them in each file"', "#endif", ""]
    for interface in file.interfaces:
        lines += handlers(interface)
        for operation in interface.operations:
            lines += check(interface, operation)
        lines += dispatcher(interface)
        for operation in interface.operations:
            lines += later(interface, operation)
    return "\n".join([*lines, "#endif"]) + "\n"


def parameters(operation):
    return ["struct request *request", *inputs(operation.asks), *outputs(operation.answers, "struct utcb_give *")]


def handlers(interface):
    lines = []
    if interface.rights:
        lines += [*comment("Whether the client that asks has the right."),
                  *prototype("bool", f"{interface.prefix}_may", ["const struct request *request", f"enum {interface.prefix}_right right"])]
    for operation in interface.operations:
        lines += [*documentation(operation), *prototype("error_t", f"{interface.prefix}_{operation.name}", parameters(operation))]
    return lines


def refuse(condition, error):
    return [f"if ({condition})", f"    return {error};"]


def check(interface, operation):
    """The function that takes a request apart for one handler, and puts its answer together."""
    asks = operation.asks
    body = []
    if operation.needs:
        body += refuse(f"!{interface.prefix}_may(request, {interface.upper}_RIGHT_{operation.needs.upper()})", "ERR_RIGHT")
    if asks.fixed:
        body += refuse(f"request->words < {asks.fixed}", "ERR_ARGUMENTS")
    for one in asks.parameters:
        body += value_checks(one)
    body += bounded_checks(asks)
    for i, one in enumerate(asks.caps):
        kind = "OBJECT_NULL" if one.object == "Any" else f"OBJECT_{object_name(one.object)}"
        rights = " | ".join(f"RIGHT_{right}" for right in one.rights) or "0"
        body += [f"error_t {one.name}_error_ = request_cap_check(request, {i}, {kind}, {rights});",
                 *refuse(f"{one.name}_error_ != OK", f"{one.name}_error_")]
    body += call(interface, operation)
    return function("static inline error_t", f"{interface.prefix}_check_{operation.name}", ["struct request *request"], body)


def object_name(kind):
    """SchedContext -> SCHED_CONTEXT."""
    return kind.upper() if kind == "CNode" else "".join("_" + c if c.isupper() and i else c for i, c in enumerate(kind)).upper()


def place(array, word):
    return f"(request->{array} + {word})" if word else f"request->{array}"


def value_checks(parameter):
    """That the word is a value of its type and in its ranges."""
    if parameter.is_cap:
        return []
    word, kind = f"request->word[{parameter.word}]", parameter.type
    if parameter.bounded:
        return refuse(f"{word} > {parameter.count_text}", "ERR_RANGE")
    if parameter.is_block:
        return [f"const {kind.c} *{parameter.name} = (const {kind.c} *){place('word', parameter.word)};",
                *elements_wrong(parameter, parameter.count_text, "ERR_RANGE")]
    if isinstance(kind, Enum):
        return refuse(f"!{kind.name}_is_valid({word})", "ERR_RANGE")
    signed = f"(int64_t){word}" if kind.is_signed else word
    limits = [range_condition(kind, signed, low[0], high[0]) for low, high in parameter.ranges] or [range_condition(kind, signed, kind.low, kind.high)]
    return refuse(f"!({' || '.join(limits)})", "ERR_RANGE") if all(limits) else []


def range_condition(kind, word, low, high):
    """That the word is one of low to high; "" if it cannot be otherwise."""
    least, most = (-2 ** 63, 2 ** 63 - 1) if kind.is_signed else (0, 2 ** 64 - 1)
    if low == high:
        return f"{word} == {number(low, kind.is_signed)}"
    parts = [f"{word} >= {number(low, kind.is_signed)}"] * (low > least) + [f"{word} <= {number(high, kind.is_signed)}"] * (high < most)
    text = " && ".join(parts)
    return f"({text})" if len(parts) > 1 else text


def bounded_checks(message):
    """That all elements came."""
    lines = [f"unsigned at = {message.fixed};"] * bool(message.bounded)
    for one in message.bounded:
        lines += [f"const {one.type.c} *{one.name} = (const {one.type.c} *)(request->word + at);",
                  f"size_t {one.name}_count = request->word[{one.word}];", f"at += text_words({bytes_of(one)});",
                  *refuse("request->words < at", "ERR_ARGUMENTS"), *elements_wrong(one, f"{one.name}_count", "ERR_RANGE")]
    return lines


def call(interface, operation):
    asks, answers = operation.asks, operation.answers
    lines, names = [], ["request"]
    for one in asks.parameters:
        if one.is_cap:
            names.append(f"request->cap[{asks.caps.index(one)}]")
        elif one.is_scalar:
            names.append(from_word(one, f"request->word[{one.word}]"))
        else:
            names += [one.name, *[f"{one.name}_count"] * one.bounded]
    most = answers.fixed
    for one in answers.parameters:
        if one.is_cap:
            names.append(f"&request->give[{answers.caps.index(one)}]")
        elif one.is_scalar:
            lines.append(f"{one.type.c} {one.name} = 0;")
            names.append(f"&{one.name}")
        elif one.is_block:
            lines += [f"{one.type.c} *{one.name} = ({one.type.c} *){place('answer', one.word)};",
                      f"memset({place('answer', one.word)}, 0, {-(-one.bytes // 8) * 8});"]
            names.append(one.name)
        else:
            lines += [f"{one.type.c} *{one.name} = ({one.type.c} *){place('answer', most)};", f"size_t {one.name}_count = 0;"]
            names += [one.name, f"&{one.name}_count"]
            most += -(-one.bytes // 8)
    handler = f"{interface.prefix}_{operation.name}({', '.join(names)})"
    if not answers.parameters:
        return [*lines, f"return {handler};"]
    lines += [f"error_t error = {handler};", "if (error != OK || request->kept)", "    return error;"]
    lines += [f"request->answer[{one.word}] = {to_word(one)};" for one in answers.parameters if one.is_scalar]
    return [*lines, *answer_bounded(answers), *[f"request->answer_caps = {len(answers.caps)};"] * bool(answers.caps), "return OK;"]


def answer_bounded(message):
    lines, most = [f"request->answer_words = {message.fixed};"], message.fixed
    for one in message.bounded:
        lines += [f"assert({one.name}_count <= {one.count_text});", f"request->answer[{one.word}] = {one.name}_count;",
                  f"answer_move(request, {most}, {bytes_of(one)});"]
        most += -(-one.bytes // 8)
    return lines


def dispatcher(interface):
    cases = ["case INTERFACE_OPEN:", f"    return request_open(request, &{interface.prefix}_interface);"]
    for operation in interface.operations:
        cases += [f"case {label(interface, operation)}:", f"    return {interface.prefix}_check_{operation.name}(request);"]
    prefix, caps = interface.prefix, interface.caps
    return [*comment(f"Check a request of a session with {interface.name}, and answer it."),
            *function("static inline error_t", f"{prefix}_dispatch", ["struct request *request"],
                      ["switch (request->label) {", *cases, "default:", "    return ERR_OPERATION;", "}"]),
            *comment("The most capabilities that a request brings: for struct server."), f"#define {interface.upper}_TAKES {caps}u", "",
            *comment(f"Serve {interface.name}, and nothing else, for ever."),
            *function("static inline error_t", f"{prefix}_serve", [],
                      [f"return serve(&(struct server){{ .request = {prefix}_dispatch, .takes = {interface.upper}_TAKES }});"])]


def later(interface, operation):
    """The answer to a kept request. Capabilities cannot be given later."""
    answers, name = operation.answers, f"{interface.prefix}_{operation.name}_reply"
    if answers.caps:
        return []
    about = comment(f"Answer a kept {operation.name}: see request_keep.")
    first = ["cap_t reply", "error_t error", *inputs(answers)]
    if not answers.parameters:
        return [*about, *function("static inline void", name, first, ["reply_later(reply, error, NULL, 0);"])]
    body = [f"word_t words[{answers.most}] = {{ 0 }};", "unsigned at = 0;", "if (error == OK) {"]
    inner = [f"at = {answers.fixed};"]
    for one in answers.parameters:
        if one.is_block:
            inner.append(f"memcpy(words + {one.word}, {one.name}, {one.bytes});")
        else:
            inner.append(f"words[{one.word}] = {f'{one.name}_count' if one.bounded else to_word(one)};")
    for one in answers.bounded:
        inner += [f"assert({one.name}_count <= {one.count_text});", f"memcpy(words + at, {one.name}, {bytes_of(one)});",
                  f"at += text_words({bytes_of(one)});"]
    body += [*(f"    {line}" for line in inner), "}", "reply_later(reply, error, words, at);"]
    return [*about, *function("static inline void", name, first, body)]
