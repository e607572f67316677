# SPDX-License-Identifier: BSD-2-Clause
"""What of an ELF file goes into memory: page-aligned segments with rights, as image.h and bundle.h want them."""
from dataclasses import dataclass

from .common import ToolError, align_up, relative
from .elf import PF_EXECUTE, PF_READ, PF_WRITE

PAGE = 4096
SEGMENTS_MAX = 8  # IMAGE_SEGMENTS_MAX and BUNDLE_SEGMENTS_MAX
RIGHT_READ, RIGHT_WRITE, RIGHT_EXECUTE = 1, 2, 8


@dataclass(frozen=True)
class Loadable:
    address: int
    data: bytes       # what the file has of it
    memory_size: int  # with the zeroes that follow
    rights: int

    @property
    def end(self):
        return align_up(self.address + self.memory_size, PAGE)


def loadable_segments(elf):
    """The segments of a program, by address. A segment that begins inside a page is begun with zeroes."""
    found = []
    for segment in filter(elf.is_used, elf.segments):
        if segment.flags & PF_WRITE and segment.flags & PF_EXECUTE:
            raise ToolError(f"{relative(elf.path)}: the segment at {segment.address:#x} is writable and executable",
                            "a section of the program asks for it: look at `readelf -lS`")
        lead = segment.address % PAGE
        data = bytes(lead) + elf.data[segment.offset:segment.offset + segment.file_size]
        rights = sum(right for flag,
                     right in ((PF_READ, RIGHT_READ), (PF_WRITE, RIGHT_WRITE), (PF_EXECUTE, RIGHT_EXECUTE))
                     if segment.flags & flag)
        found.append(Loadable(segment.address - lead, data, lead + segment.memory_size, rights))
    for one, following in zip(found, found[1:]):
        if one.end > following.address:
            places = f"{one.address:#x} and {following.address:#x}"
            raise ToolError(f"{relative(elf.path)}: the segments at {places} share a page")
    if not 0 < len(found) <= SEGMENTS_MAX:
        raise ToolError(f"{relative(elf.path)}: has {len(found)} segments; from 1 to {SEGMENTS_MAX} are possible")
    if not any(s.rights & RIGHT_EXECUTE and s.address <= elf.entry < s.address + len(s.data) for s in found):
        raise ToolError(f"{relative(elf.path)}: the entry {elf.entry:#x} is not in its code",
                        "is there a function _start?")
    return found
