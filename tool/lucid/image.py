# SPDX-License-Identifier: BSD-2-Clause
"""Writes the payload of a boot image (abi/lucid/image.h): root component, kernel symbols and bundle, with
their checksums.

The kernel is linked twice: once alone, for its symbols, and once with the payload behind it. The second link
must not move anything; `check_same_symbols` makes sure.
"""
import re
import struct
import zlib

from .common import ROOT, ToolError, align_up, relative
from .elf import Elf
from .loadable import PAGE, SEGMENTS_MAX, loadable_segments

MAGIC = 0x454741444943554c
HEADER = struct.Struct("<QIIQIIQQQQQ64s64s" + "QQQQII" * SEGMENTS_MAX)
SYMBOL = struct.Struct("<QII")
HEADER_CRC_AT = 12
NAME_SIZE = 64


def abi_version():
    text = (ROOT / "abi/lucid/types.h").read_text()
    return int(re.search(r"#define\s+LUCID_ABI_VERSION\s+(\d+)", text).group(1))


def kernel_symbols(elf):
    """struct image_symbols of the kernel's functions."""
    functions = elf.functions()
    names_at = 8 + SYMBOL.size * len(functions)
    records, names = bytearray(struct.pack("<Q", len(functions))), bytearray()
    for function in functions:
        records += SYMBOL.pack(function.address, names_at + len(names), function.size)
        names += function.name.encode() + b"\0"
    return bytes(records + names)


def make_payload(kernel_file, root_file, bundle, system_name, version):
    """The payload's bytes."""
    root = Elf(root_file)
    data, segments = bytearray(PAGE), []
    for segment in loadable_segments(root):
        segments += [segment.address, _append(data, segment.data), len(segment.data), segment.memory_size,
                     segment.rights, 0]
    count = len(segments) // 6
    segments += [0] * (6 * SEGMENTS_MAX - len(segments))
    symbols = kernel_symbols(Elf(kernel_file))
    symbols_at, bundle_at = _append(data, symbols), _append(data, bundle)
    HEADER.pack_into(data, 0, MAGIC, abi_version(), 0, len(data), zlib.crc32(data[PAGE:]), count, root.entry,
                     symbols_at, len(symbols), bundle_at, len(bundle), _name(system_name), _name(version), *segments)
    seal(data)
    return bytes(data)


def flat_image(image_file):
    """The bytes of an image as they lie in memory: its segments by physical address, zeroes between them."""
    elf = Elf(image_file)
    segments = sorted(filter(elf.is_used, elf.segments), key=lambda segment: segment.physical)
    start = segments[0].physical
    data = bytearray()
    for segment in segments:
        data += bytes(segment.physical - start - len(data))
        data += elf.data[segment.offset:segment.offset + segment.file_size]
    return bytes(data)


def payload_place(image_file, flat):
    """Where the payload lies in an image, as offset and size; None if it has none."""
    elf = Elf(image_file)
    section = elf.section(".payload")
    if section is None:
        return None
    if not flat:
        return section.offset, section.size
    used = list(filter(elf.is_used, elf.segments))
    home = next(segment for segment in used if segment.offset <= section.offset < segment.offset + segment.file_size)
    start = min(segment.physical for segment in used)
    return home.physical - start + section.offset - home.offset, section.size


def seal(payload):
    """Put the header's checksum into it."""
    struct.pack_into("<I", payload, HEADER_CRC_AT, 0)
    struct.pack_into("<I", payload, HEADER_CRC_AT, zlib.crc32(payload[:HEADER.size]))


def _append(data, more):
    """Append whole pages; the offset where they begin."""
    at = len(data)
    data += more + bytes(align_up(len(more), PAGE) - len(more))
    return at


def _name(text):
    return text.encode()[:NAME_SIZE - 1]


def check_same_symbols(kernel_file, image_file):
    """The image's kernel must be the kernel whose symbols it carries."""
    alone = {(s.name, s.address) for s in Elf(kernel_file).functions()}
    linked = {(s.name, s.address) for s in Elf(image_file).functions()}
    if alone != linked:
        name, address = sorted(alone - linked or linked - alone)[0]
        raise ToolError(f"{relative(image_file)}: linking the payload moved '{name}' (from or to {address:#x})",
                        "the port's linker script must put .payload behind everything that has an address")
