# SPDX-License-Identifier: BSD-2-Clause
"""NAME.trace.h: what a message says, for people: functions that name operation and arguments, and results, of raw words."""
from .c_text import block, comment, function, head, label
from .model import Enum

PARAMETERS = ["char *text", "size_t size", "word_t label", "const word_t *words", "unsigned count"]


def trace_header(file):
    lines = head(file, "Messages as text, for traces.", f"INTERFACE_{file.name.upper()}_TRACE_H", ["lucid.h", f"{file.name}.types.h"])
    for enum in file.enums:
        cases = [f"case {value}: return \"{name}\";" for name, value, _ in enum.values]
        lines += block(f"static inline const char *{enum.name}_name(uint64_t value)",
                       ["switch (value) {", *cases, 'default: return "?";', "}"])
    for interface in file.interfaces:
        lines += comment(f"What is asked, like \"{interface.name}.{interface.operations[0].name}(…)\"; `label` and the `count` words are the message's.")
        lines += decoder(interface, f"{interface.prefix}_trace", lambda one: one.asks, f"{interface.name}.")
        lines += comment("What is answered: the label is the request's, the words are the answer's. An answer with an error has none.")
        lines += decoder(interface, f"{interface.prefix}_trace_answer", lambda one: one.answers, "")
    return "\n".join([*lines, "#endif"]) + "\n"


def decoder(interface, name, message_of, before):
    lines = ["size_t at = 0;", "switch (label) {", "case INTERFACE_OPEN:", f'    return text_add(text, size, at, "{before}open");']
    for operation in interface.operations:
        message, title = message_of(operation), before and before + operation.name
        lines += [f"case {label(interface, operation)}:", f'    at = text_add(text, size, at, "{title}(");',
                  *[f"    if (count < {message.fixed})", '        return text_add(text, size, at, "words are missing)");'] * bool(message.fixed)]
        lines += [f"    {line}" for line in values(message)] + ['    return text_add(text, size, at, ")");']
    return function("static inline size_t", name, PARAMETERS,
                    [*lines, "default:", f'    return text_add(text, size, at, "{before}? label 0x%lx", label);', "}"])


def values(message):
    has_text, between = any(one.type.name == "char" for one in message.bounded), ""
    lines = [f"unsigned first = {message.fixed};"] * has_text
    for one in message.parameters:
        if one.bounded:
            continue
        start = f'at = text_add(text, size, at, "{between}{one.name}'
        if one.is_cap:
            lines.append(f'{start}: {one.object}");')
        elif one.is_block:
            lines.append(f'{start}: {one.type.name}[{one.count or 1}]");')
        elif isinstance(one.type, Enum):
            lines.append(f'{start} = %s", {one.type.name}_name(words[{one.word}]));')
        else:
            lines.append(f'{start} = %l{"d" if one.type.is_signed else "u"}", words[{one.word}]);')
        between = ", "
    for one in message.bounded:
        lines.append(f'at = text_add(text, size, at, "{between}{one.name}: {one.type.name}[%lu]", words[{one.word}]);')
        if one.type.name == "char":
            lines.append(f"at = text_add_quoted(text, size, at, words, count, first, words[{one.word}]);")
        if has_text:
            lines.append(f"first += text_words(words[{one.word}] <= {one.count} ? words[{one.word}] * {one.type.size} : 0);")
        between = ", "
    return lines
