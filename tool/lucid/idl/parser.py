# SPDX-License-Identifier: BSD-2-Clause
"""The parser of interface files: recursive descent, a method for each rule of the grammar in docs/interfaces.md. What is wrong is told
at its place, with what was expected and the way out; names must stand before their use, so everything is checked on the way."""
import re

from ..common import ROOT, closest, listing
from .lexer import error_at, tokens
from .model import (FIRST_ERROR, MESSAGE_CAPS, MESSAGE_WORDS, OPERATIONS_MAX, SCALARS, VERSION_MAX, Constant, Enum, Field, File, Interface,
                    Item, Message, Operation, Parameter, Scalar, Struct, alignment)

OBJECTS = ("Untyped", "CNode", "Thread", "Endpoint", "Notification", "Reply", "SchedContext", "Frame", "AddressSpace", "PageTable",
           "IrqHandler", "IrqRange", "IoPortRange", "AsidRange", "CoreRange", "Any")
RIGHTS = ("READ", "WRITE", "GRANT", "EXECUTE")
WORDS = ("const", "enum", "struct", "error", "interface", "version", "right", "idempotent", "cap", "in", "needs", "fails")
KEYWORDS = set("auto break case char const continue default do double else enum extern float for goto if inline int long register restrict "
               "return short signed sizeof static struct switch typedef union unsigned void volatile while asm bool true false".split())
OWN_OPERATIONS = {"dispatch", "serve", "takes", "may", "interface", "digests", "right", "trace", "trace_answer"}
OWN_NAMES = {*"message error request reply words at mock calls result cap_t error_t size_t".split(), *SCALARS,  # of the code that is generated,
             *"memcpy memset assert panic client_call client_call_words message_give message_take message_text message_copy_text".split(),
             *"message_set message_word message_page text_words tag_make tag_words tag_caps request_cap_check answer_move reply_later".split()}
SMALL = re.compile(r"[a-z][a-z0-9_]*")
CAPITAL = re.compile(r"[A-Z][A-Z0-9_]*")
TYPE = re.compile(r"[A-Z][A-Za-z0-9]*")


class Parser:
    def __init__(self, name, path, text):
        self.tokens = tokens(path, text)
        self.at = 0
        self.file = File(name, path)
        self.known = {}      # constant and value of an enum -> number
        self.declared = {}   # any name of the file -> its place
        self.kernel_errors = set(re.findall(r"^ERROR\(\d+, (\w+)", (ROOT / "abi/lucid/errors.def").read_text(), re.MULTILINE))

    # ---- Tokens

    @property
    def next(self):
        return self.tokens[self.at]

    def take(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def wrong(self, expected, hint=None):
        return error_at(self.next.place, f"expected {expected}, but found {self.next}", hint)

    def is_mark(self, text):
        return self.next.kind != "string" and self.next.text == text

    def accept(self, text):
        return self.is_mark(text) and bool(self.take())

    def expect(self, text, where):
        if not self.is_mark(text):
            raise self.wrong(f"'{text}' {where}", f"add '{text}'" if text in ";,)]}" else None)
        return self.take()

    def name(self, what, pattern, form):
        if self.next.kind != "name":
            raise self.wrong(what)
        token = self.take()
        if not pattern.fullmatch(token.text) or token.text.endswith("_"):
            raise error_at(token.place, f"'{token.text}' cannot be {what}", form)
        return token

    def small_name(self, what, taken=KEYWORDS | OWN_NAMES | set(WORDS)):
        token = self.name(what, SMALL, "it is made of small letters, digits and '_', and begins with a letter")
        if token.text in taken:
            raise error_at(token.place, f"'{token.text}' cannot be {what}: it means something in C, here, or in the code that is generated",
                           f"call it the_{token.text}, or what it is")
        return token

    def capital_name(self, what):
        return self.name(what, CAPITAL, "it is made of capital letters, digits and '_', and begins with a letter")

    def declare(self, token):
        if token.text in self.declared:
            raise error_at(token.place, f"there is a '{token.text}' already, in line {self.declared[token.text].line}", "choose another name")
        self.declared[token.text] = token.place
        return token

    def number(self, what):
        """A number, or the name of one: its value, and as it is written."""
        token, sign = self.next, ""
        if token.text == "-":
            self.take()
            token, sign = self.next, "-"
        if token.kind == "number":
            self.take()
            return int(sign + token.text, 0), sign + token.text
        if token.kind != "name":
            raise self.wrong(what, "write a number, or the name of a constant")
        if token.text not in self.known:
            meant = closest(token.text, self.known)
            raise error_at(token.place, f"there is no constant '{token.text}' before this", f"did you mean '{meant}'?" if meant
                           else f"add  const {token.text} = …;  above")
        self.take()
        return (-1 if sign else 1) * self.known[token.text], sign + token.text

    def listed(self, end, one, what):
        """`one` for each part of a list with commas between; a comma may stand at the end."""
        while not self.accept(end):
            one()
            if not self.is_mark(end):
                self.expect(",", f"or '{end}' after {what}")

    # ---- The file

    def parse(self):
        rules = {"const": self.constant, "enum": self.enum, "struct": self.struct, "error": self.error, "interface": self.interface}
        while self.next.kind != "end":
            rule = rules.get(self.next.text)
            if rule is None or self.next.kind != "name":
                meant = closest(self.next.text, rules)
                raise self.wrong(listing(rules), f"did you mean '{meant}'?" if meant else None)
            doc = self.take().doc
            rule(doc)
        if not self.file.interfaces:
            raise self.wrong("an interface", "write  interface Name version 1 { … }")
        return self.file

    def constant(self, doc):
        token = self.declare(self.capital_name("the name of a constant"))
        self.expect("=", "after the name of a constant")
        value, text = self.number("the value of the constant")
        self.expect(";", "after the constant")
        if not -2 ** 63 <= value < 2 ** 64:
            raise error_at(token.place, f"{text} does not fit into 64 bits")
        self.known[token.text] = value
        self.file.types.append(Constant(token.text, doc, token.place, value))

    def error(self, doc):
        token = self.declare(self.capital_name("the name of an error"))
        if self.next.kind != "string":
            raise self.wrong("the error's sentence, in quotes", f'write  error {token.text} "what has happened";')
        sentence = self.take().text[1:-1]
        self.expect(";", "after the error")
        self.file.errors.append((Item(token.text, doc, token.place), FIRST_ERROR + len(self.file.errors), sentence))

    def enum(self, doc):
        token = self.declare(self.small_name("the name of an enum"))
        item, following = Enum(token.text, doc, token.place), 0
        self.expect("{", "after the name of an enum")

        def value():
            nonlocal following
            name, number = self.declare(self.capital_name("the name of a value")), following
            if self.accept("="):
                number, _ = self.number("the number of the value")
            if not 0 <= number < 2 ** 31:
                raise error_at(name.place, f"value {number} of '{name.text}' is not one of 0 to {2 ** 31 - 1}")
            if number in (other for _, other, _ in item.values):
                raise error_at(name.place, f"another value of '{item.name}' is {number} already", "give each a number of its own")
            self.known[name.text] = number
            item.values.append((name.text, number, name.doc))
            following = number + 1
        self.listed("}", value, "a value")
        if not item.values:
            raise error_at(token.place, f"enum '{item.name}' has no values", "name at least one")
        self.file.enums.append(item)
        self.file.types.append(item)

    def struct(self, doc):
        token = self.declare(self.small_name("the name of a structure"))
        item = Struct(token.text, doc, token.place)
        self.expect("{", "after the name of a structure")
        while not self.accept("}"):
            item.fields.append(self.field(item))
            item.size += item.fields[-1].size
        if not item.fields:
            raise error_at(token.place, f"struct '{item.name}' has no fields", "give it at least one")
        if missing := -item.size % alignment(item):
            raise error_at(token.place, f"C adds {missing} bytes behind the last field of '{item.name}', which nobody sets",
                           f"add  uint8_t unused[{missing}];  or use larger types")
        self.file.structs.append(item)
        self.file.types.append(item)

    def field(self, struct):
        doc, kind = self.next.doc, self.type()
        token = self.small_name("the name of a field", KEYWORDS)
        if token.text in (other.name for other in struct.fields):
            raise error_at(token.place, f"'{struct.name}' has a field '{token.text}' already", "choose another name")
        count, text = self.array(bounded=False)[:2] if self.is_mark("[") else (None, "")
        self.expect(";", "after the field")
        if missing := -struct.size % alignment(kind):
            raise error_at(token.place, f"C adds {missing} bytes before the field '{token.text}', which nobody sets",
                           f"put larger fields first, or add  uint8_t unused[{missing}];")
        return Field(token.text, doc, token.place, kind, count, text, struct.size)

    def type(self):
        if self.next.kind != "name":
            raise self.wrong("a type")
        named = {one.name: one for one in (*self.file.enums, *self.file.structs)}
        kind = SCALARS.get(self.next.text) or named.get(self.next.text)
        if kind is None:
            meant = closest(self.next.text, [*SCALARS, *named, "cap"])
            raise error_at(self.next.place, f"there is no type '{self.next.text}' before this", f"did you mean '{meant}'?" if meant
                           else f"types are {listing(SCALARS)}, and the enums and structures above")
        self.take()
        return kind

    def array(self, bounded=True):
        """[N] or [<=N]: the number, as written, and whether it is a bound."""
        place = self.take().place
        is_bound = self.accept("<=")
        if is_bound and not bounded:
            raise error_at(place, "a structure has a fixed size, and no bounded arrays", "leave '<=' away, or make it a parameter")
        count, text = self.number("the number of elements")
        self.expect("]", "after the number of elements")
        if not 1 <= count <= MESSAGE_WORDS * 8:
            raise error_at(place, f"an array of {count} elements cannot be in a message", f"a message has {MESSAGE_WORDS} words of 8 bytes")
        return count, text, is_bound

    # ---- Interfaces

    def interface(self, doc):
        token = self.declare(self.name("the name of an interface", TYPE, "it begins with a capital letter, like Echo or BlockDevice"))
        if not self.accept("version"):
            raise self.wrong("'version' after the name of an interface", f"write  interface {token.text} version 1 {{ … }}")
        place = self.next.place
        version, _ = self.number("the version")
        if not 1 <= version <= VERSION_MAX:
            raise error_at(place, f"version {version} is not one of 1 to {VERSION_MAX}")
        item = Interface(token.text, doc, token.place, version)
        self.expect("{", "after the version")
        names = {}
        while not self.accept("}"):
            self.member(item, names)
        if not item.operations:
            raise error_at(token.place, f"interface '{item.name}' has no operations", "give it at least one")
        self.file.interfaces.append(item)

    def member(self, interface, names):
        doc = self.next.doc
        if self.accept("right"):
            token = self.small_name("the name of a right")
            self.expect(";", "after the right")
            interface.rights.append(Item(token.text, doc, token.place))
        else:
            idempotent = self.accept("idempotent")
            if self.next.kind != "name":
                raise self.wrong("an operation, a right, or '}'")
            token = self.small_name("the name of an operation")
            if token.text in OWN_OPERATIONS or token.text.startswith("check_") or token.text.endswith(("_reply", "_once", "_mock")):
                raise error_at(token.place, f"'{token.text}' cannot be the name of an operation: the generated code has a function of this name",
                               "choose another name")
            self.declare(token._replace(text=f"{interface.upper}_{token.text.upper()}"))
            interface.operations.append(self.operation(interface, token, doc, idempotent))
        if token.text in names:
            raise error_at(token.place, f"'{interface.name}' has a '{token.text}' already, in line {names[token.text]}", "choose another name")
        names[token.text] = token.place.line

    def operation(self, interface, token, doc, idempotent):
        taken, results = {interface.prefix: "the session is called so"}, []
        self.expect("(", "after the name of an operation")
        asks = Message(self.parameters(taken, True))
        if self.accept("->"):
            self.expect("(", "after '->'")
            results = self.parameters(taken, False)
        answers = Message(results)
        needs = self.needs(interface) if self.accept("needs") else None
        fails = self.fails() if self.accept("fails") else []
        if not self.is_mark(";"):
            raise self.wrong("'->', 'needs', 'fails' or ';' after an operation", "end an operation with ';'")
        self.take()
        number = len(interface.operations) + 1
        if number > OPERATIONS_MAX:
            raise error_at(token.place, f"an interface has at most {OPERATIONS_MAX} operations", "split it")
        for message, what in ((asks, "asks with"), (answers, "answers with")):
            if message.most > MESSAGE_WORDS:
                raise error_at(token.place, f"'{token.text}' {what} up to {message.most} words, and a message has {MESSAGE_WORDS}",
                               "make its arrays smaller, or split it")
            if len(message.caps) > MESSAGE_CAPS:
                raise error_at(token.place, f"'{token.text}' {what} {len(message.caps)} capabilities, and a message has {MESSAGE_CAPS}",
                               "split it")
        return Operation(token.text, doc, token.place, number, idempotent, asks, answers, needs, fails)

    def needs(self, interface):
        token, known = self.take(), [right.name for right in interface.rights]
        if token.text not in known:
            raise error_at(token.place, f"'{interface.name}' has no right '{token.text}' before this; it has {listing(known)}",
                           f"add  right {token.text};  above")
        return token.text

    def fails(self):
        named, known = [], self.kernel_errors | {one.name for one, _, _ in self.file.errors}
        while True:
            token = self.take()
            if token.text not in known or token.text == "OK":
                meant = closest(token.text, known)
                raise error_at(token.place, f"there is no error '{token.text}' before this", f"did you mean '{meant}'?" if meant
                               else f'add  error {token.text} "what has happened";  above')
            sentence = self.take().text[1:-1] if self.next.kind == "string" else ""
            named.append((token.text, sentence))
            if not self.accept(","):
                return named

    def parameters(self, taken, asks):
        found = []

        def one():
            parameter = self.capability(asks) if self.is_mark("cap") else self.value(asks)
            for name in [parameter.name] + [parameter.name + "_count"] * parameter.bounded:
                if name in taken:
                    raise error_at(parameter.place, f"'{name}' is there already: {taken[name]}", "choose another name")
                taken[name] = f"a parameter in line {parameter.place.line}"
            found.append(parameter)
        self.listed(")", one, "a parameter")
        return found

    def capability(self, asks):
        doc, kind, rights = self.take().doc, self.next, []
        if kind.text not in OBJECTS:
            meant = closest(kind.text, OBJECTS)
            raise self.wrong("a type of object after 'cap'", f"did you mean '{meant}'?" if meant else f"types are {listing(OBJECTS)}")
        self.take()
        if self.is_mark("("):
            if not asks:
                raise error_at(self.next.place, "the server says with which rights it gives a capability", "leave the rights away")
            self.take()
            while True:
                if self.next.text not in RIGHTS:
                    raise self.wrong("a right", f"rights are {listing(RIGHTS)}")
                rights.append(self.take().text)
                if not self.accept("|"):
                    break
            self.expect(")", "after the rights")
        token = self.small_name("the name of a capability")
        return Parameter(token.text, doc, token.place, None, object=kind.text, rights=tuple(rights))

    def value(self, asks):
        doc, kind = self.next.doc, self.type()
        token = self.small_name("the name of a parameter")
        parameter = Parameter(token.text, doc, token.place, kind)
        if self.is_mark("["):
            parameter.count, parameter.count_text, parameter.bounded = self.array()
        if self.is_mark("in"):
            place = self.take().place
            if not parameter.is_scalar or not isinstance(kind, Scalar):
                raise error_at(place, f"'{token.text}' is not a number, so it has no range")
            if not asks:
                raise error_at(place, "results have no ranges: the server is not checked", "say it in a comment")
            self.ranges(parameter)
        return parameter

    def ranges(self, parameter):
        kind = parameter.type
        while True:
            place = self.next.place
            low = self.number("a number")
            high = low
            if self.accept(".."):
                high = self.number("a number") if self.next.kind in ("number", "name") or self.is_mark("-") else (kind.high, "")
            if not kind.low <= low[0] <= high[0] <= kind.high:
                raise error_at(place, f"{low[0]} to {high[0]} is not a range of {kind.name}", f"it has {kind.low} to {kind.high}")
            parameter.ranges.append((low, high))
            if not self.accept("|"):
                return
