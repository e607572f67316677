# SPDX-License-Identifier: BSD-2-Clause
"""Which source line an instruction comes from: a reader for .debug_line, DWARF versions 4 and 5 (section
6.2).

gcc and clang write one line number program for each compilation unit. Running it yields rows (address, file,
line) in sequences of rising addresses; a sequence ends with a row that only says where it ends. Sequences of
functions that the linker threw away lie at address 0 or thereabouts; the caller says which addresses count.
"""
import posixpath
import struct
from dataclasses import dataclass

from .common import ToolError, relative
from .elf import text_at, undamaged

# Standard opcodes.
LNS_COPY, LNS_ADVANCE_PC, LNS_ADVANCE_LINE, LNS_SET_FILE, LNS_SET_COLUMN = 1, 2, 3, 4, 5
LNS_NEGATE_STMT, LNS_SET_BASIC_BLOCK, LNS_CONST_ADD_PC, LNS_FIXED_ADVANCE_PC = 6, 7, 8, 9
# Extended opcodes.
LNE_END_SEQUENCE, LNE_SET_ADDRESS = 1, 2
# Content types and forms of the version 5 tables.
LNCT_PATH, LNCT_DIRECTORY = 1, 2
FORM_BLOCK, FORM_DATA1, FORM_DATA2, FORM_DATA4, FORM_DATA8 = 0x09, 0x0b, 0x05, 0x06, 0x07
FORM_STRING, FORM_STRP, FORM_UDATA, FORM_DATA16, FORM_LINE_STRP = 0x08, 0x0e, 0x0f, 0x1e, 0x1f


@dataclass(frozen=True)
class Line:
    """From `address` to the next one the code is of this line; line 0: nothing is known."""
    address: int
    file: str
    line: int


class Cursor:
    """Reads the primitive types of DWARF from bytes, one after the other."""

    def __init__(self, data, at=0):
        self.data = data
        self.at = at

    def fixed(self, form):
        value, = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return value

    def uleb(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def sleb(self):
        start = self.at
        value = self.uleb()
        bits = 7 * (self.at - start)
        return value - (1 << bits) if value >> (bits - 1) & 1 else value

    def text(self):
        text = text_at(self.data, self.at)
        self.at = self.data.index(b"\0", self.at) + 1
        return text

    def length(self):
        """An initial length, and the size of offsets that it tells."""
        value = self.fixed("I")
        return (self.fixed("Q"), 8) if value == 0xffffffff else (value, 4)


class Program:
    """One line number program: its header, and the machine that runs it."""

    def __init__(self, elf, cursor):
        self.elf = elf
        self.cursor = cursor
        length, self.offset_size = cursor.length()
        self.end = cursor.at + length
        if self.end > len(cursor.data):
            raise ValueError("line numbers are cut off")
        self.version = cursor.fixed("H")
        if self.version not in (4, 5):
            raise ToolError(f"{relative(elf.path)}: line numbers of DWARF version {self.version}; the tool reads 4 and 5")
        if self.version == 5:
            self.address_size, _ = cursor.fixed("B"), cursor.fixed("B")
        header_length = cursor.fixed("Q" if self.offset_size == 8 else "I")
        program = cursor.at + header_length
        self.minimum_length, _, _, self.line_base, self.line_range, self.opcode_base = (
            cursor.fixed(form) for form in "BBBbBB")
        self.operands = [cursor.fixed("B") for _ in range(self.opcode_base - 1)]
        self._read_files()
        cursor.at = program

    def _read_files(self):
        """Fill self.files: number in the program -> path."""
        if self.version == 5:
            directories = [entry.get(LNCT_PATH, "") for entry in self._entries()]
            listed = [(entry.get(LNCT_PATH, ""), entry.get(LNCT_DIRECTORY, 0)) for entry in self._entries()]
            first = 0
        else:
            directories = [""] + self._texts()
            listed = list(self._files_version_4())
            first = 1
        self.files = {first + index: self._path(directories, name, directory)
                      for index, (name, directory) in enumerate(listed)}

    def _texts(self):
        found = []
        while text := self.cursor.text():
            found.append(text)
        return found

    def _files_version_4(self):
        while name := self.cursor.text():
            directory, _, _ = self.cursor.uleb(), self.cursor.uleb(), self.cursor.uleb()
            yield name, directory

    def _entries(self):
        """The entries of a version 5 table: dictionaries of content type -> value."""
        formats = [(self.cursor.uleb(), self.cursor.uleb()) for _ in range(self.cursor.fixed("B"))]
        count = self.cursor.uleb()
        if count > len(self.cursor.data):  # each takes a byte at least
            raise ValueError(f"{count} files or directories")
        return [{content: self._value(form) for content, form in formats} for _ in range(count)]

    def _value(self, form):
        cursor = self.cursor
        if form in (FORM_STRP, FORM_LINE_STRP):
            offset = cursor.fixed("Q" if self.offset_size == 8 else "I")
            return text_at(self.elf.contents(".debug_str" if form == FORM_STRP else ".debug_line_str"), offset)
        if form == FORM_STRING:
            return cursor.text()
        if form == FORM_UDATA:
            return cursor.uleb()
        if form == FORM_DATA16:
            cursor.at += 16
            return None
        if form == FORM_BLOCK:
            cursor.at += cursor.uleb()
            return None
        sizes = {FORM_DATA1: "B", FORM_DATA2: "H", FORM_DATA4: "I", FORM_DATA8: "Q"}
        if form not in sizes:
            raise ToolError(f"{relative(self.elf.path)}: .debug_line uses form {form:#x}, which the tool does not read")
        return cursor.fixed(sizes[form])

    def _path(self, directories, name, directory):
        """Directory 0 is where the compiler ran: the repository, which the build has mapped to '.'."""
        if not isinstance(name, str) or not isinstance(directory, int) or not all(isinstance(path, str) for path in directories):
            raise ValueError("a file's name is not a text")
        folder = directories[directory] if directory < len(directories) else ""
        if folder and not folder.startswith("/") and self.version == 5 and directory != 0:
            folder = posixpath.join(directories[0], folder)
        return posixpath.normpath(posixpath.join(folder, name))

    def run(self):
        """The sequences of the program: lists of Line, the last of each with line 0 at its end."""
        cursor, rows = self.cursor, []
        address, file, line = 0, 1, 1
        while cursor.at < self.end:
            opcode = cursor.fixed("B")
            if opcode >= self.opcode_base:
                adjusted = opcode - self.opcode_base
                address += adjusted // self.line_range * self.minimum_length
                line += self.line_base + adjusted % self.line_range
                rows.append(Line(address, self.files.get(file, "?"), line))
            elif opcode == 0:
                size = cursor.uleb()
                following = cursor.at + size
                kind = cursor.fixed("B")
                if kind == LNE_SET_ADDRESS:
                    address = int.from_bytes(cursor.data[cursor.at:following], "little")
                elif kind == LNE_END_SEQUENCE:
                    yield rows + [Line(address, "", 0)]
                    rows, address, file, line = [], 0, 1, 1
                cursor.at = following
            elif opcode == LNS_COPY:
                rows.append(Line(address, self.files.get(file, "?"), line))
            elif opcode == LNS_ADVANCE_PC:
                address += cursor.uleb() * self.minimum_length
            elif opcode == LNS_ADVANCE_LINE:
                line += cursor.sleb()
            elif opcode == LNS_SET_FILE:
                file = cursor.uleb()
            elif opcode == LNS_CONST_ADD_PC:
                address += (255 - self.opcode_base) // self.line_range * self.minimum_length
            elif opcode == LNS_FIXED_ADVANCE_PC:
                address += cursor.fixed("H")
            else:
                for _ in range(self.operands[opcode - 1]):
                    cursor.uleb()
        cursor.at = self.end


def read_lines(elf):
    """The line table of all executable code of an ELF file, by address, without repetitions."""
    with undamaged(elf.path):
        return _read(elf)


def _read(elf):
    data = elf.contents(".debug_line")
    code = [(segment.address, segment.address + segment.memory_size) for segment in elf.segments if segment.flags & 1]
    cursor, sequences = Cursor(data), []
    while cursor.at < len(data):
        for rows in Program(elf, cursor).run():
            if any(start <= rows[0].address < end for start, end in code):
                sequences.append(rows)
    return _joined(sorted(sequences, key=lambda rows: rows[0].address))


def _joined(sequences):
    """One table: of rows with one address the last counts; a row that says what the one before said is
    left out; the end of a sequence counts only if nothing begins there. Code that the compiler gives to
    no line (0 inside a sequence) is left with the line before it."""
    by_address = {}
    for rows in sequences:
        for row in rows[:-1]:
            if row.line != 0:
                by_address[row.address] = row
        by_address.setdefault(rows[-1].address, rows[-1])
    table = []
    for _, row in sorted(by_address.items()):
        if not table or (table[-1].file, table[-1].line) != (row.file, row.line):
            table.append(row)
    return table
