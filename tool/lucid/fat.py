# SPDX-License-Identifier: BSD-2-Clause
"""Writes a small FAT12 file system with files in it: the partition that UEFI firmware boots from.

Made here and not with mtools so that the same files give the same bytes (no time stamps, no random serial
number). Reference: Microsoft, "FAT32 File System Specification" 1.03, which describes FAT12 too.
"""
import struct

from .common import ToolError, align_up

SECTOR = 512
CLUSTER = 4 * SECTOR
ROOT_ENTRIES = 64
CLUSTERS_MAX = 4084          # more would make it FAT16
END_OF_CHAIN = 0xfff
DIRECTORY, ARCHIVE = 0x10, 0x20
DATE = 1 << 5 | 1            # 1980-01-01
SERIAL = 0x4c554349          # "LUCI"
ENTRY = struct.Struct("<11sBBBHHHHHHHI")


class Fat:
    """The clusters of the file system, allocated one after the other."""

    def __init__(self):
        self.clusters = bytearray()
        self.chain = [0xff8, END_OF_CHAIN]  # the two entries before the first cluster

    def store(self, data):
        """Put data into clusters; the first one's number (0 if there is no data)."""
        if not data:
            return 0
        first, count = len(self.chain), align_up(len(data), CLUSTER) // CLUSTER
        self.chain += [first + index + 1 for index in range(count - 1)] + [END_OF_CHAIN]
        self.clusters += data + bytes(count * CLUSTER - len(data))
        return first

    def table(self):
        """The allocation table: two 12-bit entries in three bytes."""
        entries = self.chain + [0] * (len(self.chain) % 2)
        pairs = zip(entries[::2], entries[1::2])
        packed = b"".join((low | high << 12).to_bytes(3, "little") for low, high in pairs)
        return packed + bytes(align_up(len(packed), SECTOR) - len(packed))


def short_name(name):
    """The 8.3 form of a name, as in a directory entry."""
    stem, _, extension = name.partition(".")
    if len(stem) > 8 or len(extension) > 3:
        raise ToolError(f"'{name}' is too long for a FAT file name")
    return stem.upper().ljust(8).encode() + extension.upper().ljust(3).encode()


def entry(name, attributes, cluster, size):
    return ENTRY.pack(name, attributes, 0, 0, 0, DATE, DATE, 0, 0, DATE, cluster, size)


def store_folder(fat, tree):
    """The directory entries of a tree {name: bytes or tree}; what they refer to is stored. Sub-folders
    have one cluster."""
    entries = b""
    for name, content in sorted(tree.items()):
        if isinstance(content, dict):
            inner = store_folder(fat, content)
            cluster = len(fat.chain)
            own, parent = entry(b".".ljust(11), DIRECTORY, cluster, 0), entry(b"..".ljust(11), DIRECTORY, 0, 0)
            fat.store((own + parent + inner).ljust(CLUSTER, b"\0"))
            entries += entry(short_name(name), DIRECTORY, cluster, 0)
            fix_parents(fat, inner, cluster)
        else:
            entries += entry(short_name(name), ARCHIVE, fat.store(content), len(content))
    return entries


def fix_parents(fat, entries, parent):
    """Sub-folders were stored before their parent's place was known: write it into their '..'."""
    for at in range(0, len(entries), ENTRY.size):
        fields = ENTRY.unpack_from(entries, at)
        if fields[1] == DIRECTORY:
            place = (fields[10] - 2) * CLUSTER + ENTRY.size
            fat.clusters[place:place + ENTRY.size] = entry(b"..".ljust(11), DIRECTORY, parent, 0)


def make_fat(tree):
    """The bytes of a file system with these files."""
    fat = Fat()
    root = store_folder(fat, tree).ljust(ROOT_ENTRIES * ENTRY.size, b"\0")
    if len(fat.chain) - 2 > CLUSTERS_MAX:
        raise ToolError("the files are too large for a FAT12 file system")
    table = fat.table()
    sectors = 1 + len(table) // SECTOR + len(root) // SECTOR + len(fat.clusters) // SECTOR
    boot = struct.pack("<3s8sHBHBHHBHHHIIBBBI11s8s", b"\xeb\x3c\x90", b"LUCID   ", SECTOR, CLUSTER // SECTOR, 1, 1,
                       ROOT_ENTRIES, sectors, 0xf8, len(table) // SECTOR, 32, 64, 0, 0, 0x80, 0, 0x29, SERIAL,
                       b"LUCID      ", b"FAT12   ")
    return boot.ljust(SECTOR - 2, b"\0") + b"\x55\xaa" + table + root + bytes(fat.clusters)
