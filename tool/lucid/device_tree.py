# SPDX-License-Identifier: BSD-2-Clause
"""Device trees for tests: the one that QEMU makes, with memory in it that is said to be reserved. (Devicetree
Specification 0.4, chapter 5.)"""
import struct
import subprocess

from .common import ToolError

BEGIN, END, PROPERTY = 1, 2, 3
END_OF_TREE = 9
HEADER = struct.Struct(">10I")


def dump(command, path):
    """Write the device tree of the machine that a QEMU command starts."""
    done = subprocess.run([*command, "-machine", f"dumpdtb={path}"], capture_output=True, text=True)
    if done.returncode != 0:
        raise ToolError(f"{command[0]} does not tell its device tree: {done.stderr.strip()}")


def add_reserved(tree, ranges):
    """The tree's bytes with a node /reserved-memory that has these ranges: pairs of start and size."""
    magic, _, at, strings_at, reservations_at, version, compatible, core, strings_size, size = HEADER.unpack_from(tree)
    strings = bytearray(tree[strings_at:strings_at + strings_size])

    def padded(data):
        return data + bytes(-len(data) % 4)

    def begin(name):
        return struct.pack(">I", BEGIN) + padded(name.encode() + b"\0")

    def prop(name, data):
        offset = len(strings)
        strings.extend(name.encode() + b"\0")
        return struct.pack(">III", PROPERTY, len(data), offset) + padded(data)

    two = struct.pack(">I", 2)
    node = begin("reserved-memory") + prop("#address-cells", two) + prop("#size-cells", two) + prop("ranges", b"")
    for start, length in ranges:
        node += begin(f"hole@{start:x}") + prop("reg", struct.pack(">QQ", start, length)) + struct.pack(">I", END)
    node += struct.pack(">I", END)
    structure = tree[at:at + size]
    last = structure.rindex(struct.pack(">II", END, END_OF_TREE))
    structure = structure[:last] + node + structure[last:]
    head = tree[HEADER.size:at]  # the list of reserved memory; stays where it is
    strings_at = at + len(structure)
    header = HEADER.pack(magic, strings_at + len(strings), at, strings_at, reservations_at, version, compatible, core,
                         len(strings), len(structure))
    return header + head + structure + bytes(strings)
