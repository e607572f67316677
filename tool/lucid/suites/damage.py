# SPDX-License-Identifier: BSD-2-Clause
"""Damaged images: a copy of the image with some bytes of its payload changed, as a system test asks for.

    damage = [{ field = "size", add = 4096 }, { field = "magic", value = 0 }, { offset = 8192, flip = 1 },
              { fix = "header" }, { fix = "payload" }, { cut = 4096 }]

`field` is one of abi/lucid/image.h's struct image_header; `offset` counts from the start of the payload, or
(negative) from its end. `fix` writes a right checksum again, so that a test can reach the checks behind it.
`cut` removes bytes from the end of the file.
"""
import itertools
import os
import struct
import zlib
from contextlib import contextmanager
from dataclasses import dataclass

from ..image import HEADER, payload_place, seal
from ..loadable import PAGE
from ..test import Failure

COPIES = itertools.count()
FIELDS = {"magic": (0, "Q"), "abi_version": (8, "I"), "header_crc": (12, "I"), "size": (16, "Q"),
          "payload_crc": (24, "I"), "segment_count": (28, "I"), "entry": (32, "Q"), "symbols": (40, "Q"),
          "symbols_size": (48, "Q"), "bundle": (56, "Q"), "bundle_size": (64, "Q")}
SEGMENT_FIELDS = {"address": (0, "Q"), "offset": (8, "Q"), "size": (16, "Q"), "memory_size": (24, "Q"),
                  "rights": (32, "I")}
SEGMENTS_AT, SEGMENT_SIZE = 200, 40


@dataclass
class DamagedImage:
    """Stands in for a Built with another image."""
    system: object
    folder: object
    image: object
    iso: object = None


@contextmanager
def damaged(built, changes):
    """The build itself if nothing is to be damaged, else a copy that exists during the block."""
    if not changes:
        yield built
        return
    place = payload_place(built.elf, flat=built.image != built.elf)
    if place is None:
        raise Failure(f"expected: a section .payload in {built.elf}\nseen: none")
    at, size = place
    data = bytearray(built.image.read_bytes())
    payload = data[at:at + size]
    cut = sum(change.get("cut", 0) for change in changes)
    for change in changes:
        apply(payload, change)
    data[at:at + size] = payload
    path = built.folder / f"damaged-{os.getpid()}-{next(COPIES)}{built.image.suffix}"  # others may damage the same system
    path.write_bytes(data[:len(data) - cut])
    try:
        yield DamagedImage(built.system, built.folder, path)
    finally:
        path.unlink()


def field_place(name):
    """Offset and form of a header field; of a segment's as 'segment.2.offset'."""
    if name.startswith("segment."):
        _, index, name = name.split(".")
        offset, form = SEGMENT_FIELDS[name]
        return SEGMENTS_AT + int(index) * SEGMENT_SIZE + offset, form
    return FIELDS[name]


def apply(payload, change):
    """Make one change in the payload."""
    if "field" in change:
        offset, form = field_place(change["field"])
        old, = struct.unpack_from("<" + form, payload, offset)
        value = change["value"] if "value" in change else old + change["add"]
        struct.pack_into("<" + form, payload, offset, value & (1 << 8 * struct.calcsize(form)) - 1)
    elif "offset" in change:
        payload[change["offset"]] ^= change["flip"]
    elif change.get("fix") == "header":
        seal(payload)
    elif change.get("fix") == "payload":
        struct.pack_into("<I", payload, FIELDS["payload_crc"][0], zlib.crc32(payload[PAGE:]))
        seal(payload)


assert HEADER.size == SEGMENTS_AT + 8 * SEGMENT_SIZE
