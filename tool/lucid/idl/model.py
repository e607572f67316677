# SPDX-License-Identifier: BSD-2-Clause
"""What an interface file says, after the parser: constants, enums, structures, errors, interfaces and their operations.

Sizes here are those of C on the machines that have user code, all of which have words of 8 bytes; the generated headers assert them.
"""
import hashlib
import re
from dataclasses import dataclass, field
from typing import NamedTuple

WORD = 8
MESSAGE_WORDS = 64
MESSAGE_CAPS = 4
REGISTER_WORDS = 4
OPERATIONS_MAX = 255    # the number is the low byte of the label,
VERSION_MAX = 255       # the version the next: 16 bits, which every label has
FIRST_ERROR = 64        # of an interface's own; below are the kernel's


class Place(NamedTuple):
    path: str
    line: int
    column: int

    def __str__(self):
        return f"{self.path}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Scalar:
    """A number, and how C calls it."""
    name: str
    size: int
    low: int
    high: int

    c = wire = property(lambda self: self.name)

    @property
    def is_signed(self):
        return self.low < 0


def _integers():
    for bits in (8, 16, 32, 64):
        yield Scalar(f"uint{bits}_t", bits // 8, 0, 2 ** bits - 1)
        yield Scalar(f"int{bits}_t", bits // 8, -2 ** (bits - 1), 2 ** (bits - 1) - 1)


SCALARS = {kind.name: kind for kind in (*_integers(), Scalar("bool", 1, 0, 1), Scalar("char", 1, 0, 255),
                                        Scalar("word_t", WORD, 0, 2 ** 64 - 1), Scalar("time_ns_t", WORD, 0, 2 ** 64 - 1))}


@dataclass
class Item:
    """Anything that has a name in the file."""
    name: str
    doc: str
    place: Place


@dataclass
class Constant(Item):
    value: int


@dataclass
class Enum(Item):
    values: list = field(default_factory=list)  # (name, number, doc)
    size = 4

    c = property(lambda self: f"enum {self.name}")

    @property
    def wire(self):
        return "enum{" + ",".join(f"{name}={number}" for name, number, _ in self.values) + "}"


@dataclass
class Field(Item):
    type: object
    count: int | None  # of a fixed array
    count_text: str
    offset: int = 0

    @property
    def size(self):
        return self.type.size * (self.count or 1)


@dataclass
class Struct(Item):
    fields: list = field(default_factory=list)
    size: int = 0

    c = property(lambda self: f"struct {self.name}")

    @property
    def wire(self):
        return "struct{" + ",".join(f"{one.type.wire}[{one.count or 1}]" for one in self.fields) + "}"


def alignment(kind):
    return max(alignment(one.type) for one in kind.fields) if isinstance(kind, Struct) else kind.size


@dataclass
class Parameter(Item):
    """One argument or result. `count`: of an array, the most elements of a bounded one."""
    type: object               # Scalar, Enum, Struct; None for a capability
    count: int | None = None
    count_text: str = ""
    bounded: bool = False
    ranges: list = field(default_factory=list)   # ((low, text), (high, text)); high may be (None, "")
    object: str | None = None  # of a capability: its type, "Any", or None if this is none
    rights: tuple = ()
    word: int | None = None    # of its value or count; of its first byte, for what is fixed; None: behind a bounded array

    @property
    def is_cap(self):
        return self.object is not None

    @property
    def is_scalar(self):
        return not self.is_cap and self.count is None and not isinstance(self.type, Struct)

    @property
    def is_block(self):
        """Bytes of a size that is known: a structure or a fixed array."""
        return not self.is_cap and not self.bounded and not self.is_scalar

    @property
    def bytes(self):
        """Of its contents, at most."""
        return self.type.size * (1 if self.count is None else self.count)

    @property
    def wire(self):
        if self.is_cap:
            return f"cap {self.object}"
        return self.type.wire + ("" if self.count is None else f"[{'<=' if self.bounded else ''}{self.count}]")


def words_of(size):
    return (size + WORD - 1) // WORD


class Message:
    """The parameters of one direction, and where each is in the message: first the words of values and of counts and the bytes of
    blocks, in order; then the contents of bounded arrays, each from a word on."""

    def __init__(self, parameters):
        self.parameters = parameters
        self.caps = [one for one in parameters if one.is_cap]
        self.bounded = [one for one in parameters if one.bounded]
        at = 0
        for one in parameters:
            if not one.is_cap:
                one.word = at
                at += words_of(one.bytes) if one.is_block else 1
        self.fixed = at  # words that are always there
        self.most = at + sum(words_of(one.bytes) for one in self.bounded)

    @property
    def in_registers(self):
        """Nothing but values, and few of them."""
        return self.fixed <= REGISTER_WORDS and all(one.is_scalar for one in self.parameters)


@dataclass
class Operation(Item):
    number: int
    idempotent: bool
    asks: Message
    answers: Message
    needs: str | None
    fails: list  # (name, doc)

    @property
    def wire(self):
        return (f"{self.name}({';'.join(one.wire for one in self.asks.parameters)})"
                f"->({';'.join(one.wire for one in self.answers.parameters)})")


@dataclass
class Interface(Item):
    version: int
    rights: list = field(default_factory=list)      # Item
    operations: list = field(default_factory=list)

    @property
    def prefix(self):
        """BlockDevice -> block_device."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.name).lower()

    @property
    def upper(self):
        return self.prefix.upper()

    @property
    def caps(self):
        return max((len(one.asks.caps) for one in self.operations), default=0)

    def digests(self):
        """For each number of operations, a number that tells the first so many from any others: what is on the wire goes into it,
        and not names of parameters, ranges, rights, errors or comments."""
        running = hashlib.sha256(f"{self.name} {self.version}\n".encode())
        for operation in self.operations:
            running.update(operation.wire.encode() + b"\n")
            yield int.from_bytes(running.digest()[:8], "big")


@dataclass
class File:
    name: str
    path: str
    doc: str = ""
    enums: list = field(default_factory=list)
    structs: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    interfaces: list = field(default_factory=list)
    types: list = field(default_factory=list)  # constants, enums and structures in the order of the file
