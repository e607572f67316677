# SPDX-License-Identifier: BSD-2-Clause
"""A reader for ELF64 little-endian files: sections, program headers and symbols, as far as the tool needs
them."""
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .common import ToolError, relative

PT_LOAD = 1
PF_EXECUTE, PF_WRITE, PF_READ = 1, 2, 4
SHT_SYMTAB, SHT_NOBITS = 2, 8
SHF_ALLOC, SHF_COMPRESSED = 2, 0x800
SHN_UNDEF, SHN_ABS = 0, 0xfff1
STT_NOTYPE, STT_FUNC = 0, 2

FILE_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
PROGRAM_HEADER = struct.Struct("<IIQQQQQQ")
SECTION_HEADER = struct.Struct("<IIQQQQIIQQ")
SYMBOL = struct.Struct("<IBBHQQ")


@dataclass(frozen=True)
class Section:
    name: str
    type: int
    flags: int
    address: int
    offset: int
    size: int
    link: int


@dataclass(frozen=True)
class Segment:
    flags: int
    offset: int
    address: int
    physical: int
    file_size: int
    memory_size: int


@dataclass(frozen=True)
class Symbol:
    name: str
    address: int
    size: int
    type: int
    section: int


@contextmanager
def undamaged(path):
    """Whatever does not make sense in the file while it is read in the block is a ToolError."""
    try:
        yield
    except (struct.error, IndexError, ValueError, ArithmeticError) as error:
        raise ToolError(f"{relative(path)}: this ELF file is damaged ({error})", "build it again: ./lucid clean") from None


def text_at(data, offset):
    """The NUL-terminated text at an offset."""
    return data[offset:data.index(b"\0", offset)].decode("utf-8", "replace")


class Elf:
    """One ELF64 file, read whole."""

    def __init__(self, path):
        self.path = Path(path)
        self.data = self.path.read_bytes()
        if len(self.data) < FILE_HEADER.size or self.data[:6] != b"\x7fELF\x02\x01":
            raise ToolError(f"{relative(path)}: this is no 64-bit little-endian ELF file")
        (_, _, self.machine, _, self.entry, self._segments_at, self._sections_at, _, _, self._segment_size,
         self._segment_count, self._section_size, self._section_count,
         self._names) = FILE_HEADER.unpack_from(self.data)
        self._must_be(self._segment_count == 0 or self._segment_size == PROGRAM_HEADER.size, "program headers of another size")
        self._must_be(self._section_count == 0 or self._section_size == SECTION_HEADER.size, "section headers of another size")

    def _must_be(self, condition, otherwise):
        if not condition:
            raise ToolError(f"{relative(self.path)}: this ELF file is damaged ({otherwise})", "build it again: ./lucid clean")

    @cached_property
    def segments(self):
        """The program headers of type PT_LOAD that occupy memory, by address."""
        with undamaged(self.path):
            return self._read_segments()

    def _read_segments(self):
        found = []
        for index in range(self._segment_count):
            kind, flags, offset, address, physical, file_size, memory_size, _ = PROGRAM_HEADER.unpack_from(
                self.data, self._segments_at + index * self._segment_size)
            if kind == PT_LOAD and memory_size > 0:
                self._must_be(offset + file_size <= len(self.data), "a segment lies outside of it")
                self._must_be(file_size <= memory_size and address + memory_size <= 1 << 64, "a segment has an impossible size")
                found.append(Segment(flags, offset, address, physical, file_size, memory_size))
        return sorted(found, key=lambda segment: segment.address)

    def is_used(self, segment):
        """False if nothing but the file's own headers lies in the segment. (True for a file without
        section headers.)"""
        end = segment.address + segment.memory_size
        return not self.sections or any(section.flags & SHF_ALLOC and section.size > 0
                                        and segment.address <= section.address < end for section in self.sections)

    @cached_property
    def sections(self):
        with undamaged(self.path):
            return self._read_sections()

    def _read_sections(self):
        raw = [SECTION_HEADER.unpack_from(self.data, self._sections_at + index * self._section_size)
               for index in range(self._section_count)]
        if not raw:
            return []
        names = raw[self._names][4]
        return [Section(text_at(self.data, names + name), kind, flags, address, offset, size, link)
                for name, kind, flags, address, offset, size, link, _, _, _ in raw]

    def section(self, name):
        """The section of that name, or None."""
        return next((section for section in self.sections if section.name == name), None)

    def contents(self, name):
        """The bytes of a section; empty if there is none."""
        section = self.section(name)
        if section is None or section.type == SHT_NOBITS:
            return b""
        if section.flags & SHF_COMPRESSED:
            raise ToolError(f"{relative(self.path)}: section {name} is compressed; build with -gz=none")
        return self.data[section.offset:section.offset + section.size]

    @cached_property
    def symbols(self):
        """All defined symbols with a name."""
        with undamaged(self.path):
            return self._read_symbols()

    def _read_symbols(self):
        table = next((section for section in self.sections if section.type == SHT_SYMTAB), None)
        if table is None:
            return []
        strings = self.sections[table.link].offset
        found = []
        for offset in range(table.offset, table.offset + table.size, SYMBOL.size):
            name, info, _, section, address, size = SYMBOL.unpack_from(self.data, offset)
            if name != 0 and section != SHN_UNDEF:
                found.append(Symbol(text_at(self.data, strings + name), address, size, info & 15, section))
        return found

    def symbol(self, name):
        return next((symbol for symbol in self.symbols if symbol.name == name), None)

    def functions(self):
        """Functions by address, one for each address, with a size for each (assembler code often states none)."""
        code = [segment for segment in self.segments if segment.flags & PF_EXECUTE]
        by_address = {}
        for symbol in self.symbols:
            if not self._is_function(symbol, code):
                continue
            other = by_address.get(symbol.address)
            if other is None or (symbol.type, symbol.size, other.name) > (other.type, other.size, symbol.name):
                by_address[symbol.address] = symbol
        ordered = [by_address[address] for address in sorted(by_address)]
        return [self._sized(symbol, ordered[index + 1] if index + 1 < len(ordered) else None, code)
                for index, symbol in enumerate(ordered)]

    @staticmethod
    def _is_function(symbol, code):
        if symbol.type not in (STT_FUNC,
                               STT_NOTYPE) or symbol.section == SHN_ABS or symbol.name.startswith((".", "$")):
            return False
        return any(segment.address <= symbol.address < segment.address + segment.memory_size for segment in code)

    @staticmethod
    def _sized(symbol, following, code):
        if symbol.size > 0:
            return symbol
        home = next(s for s in code if s.address <= symbol.address < s.address + s.memory_size)
        end = home.address + home.memory_size
        if following is not None:
            end = min(end, following.address)
        return Symbol(symbol.name, symbol.address, end - symbol.address, symbol.type, symbol.section)
