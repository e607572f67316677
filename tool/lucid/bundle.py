# SPDX-License-Identifier: BSD-2-Clause
"""Writes the bundle: the checked description and the linked components, in the layout of abi/lucid/bundle.h.

Order in the file: header, tables, each component's symbols and lines, strings, then (on pages) the
components' segments. The records below repeat the C structures field by field; tests/tool compares their
sizes and offsets with what the compiler says.
"""
import struct
import zlib

from .common import ToolError, align_up, relative, size_text
from .description import SUPERVISOR_SESSION
from .dwarf_lines import read_lines
from .elf import Elf
from .loadable import PAGE, SEGMENTS_MAX, loadable_segments
from .quota import check_quota
from .relations import SYSTEM_MEMORY

MAGIC = 0x4c444e424443554c
VERSION = 2
SUPERVISOR = 0xffffffff
RESTARTS = {"never": 0, "always": 1}
FLAG_FPU, FLAG_PASSIVE, FLAG_CONTROL, FLAG_MANUAL = 1, 2, 4, 8

TABLE = "II"
HEADER = struct.Struct("<QIIQII" + TABLE * 4)
SEGMENT = struct.Struct("<QQQQII")
COMPONENT = struct.Struct("<6I6Q4I" + TABLE * 3 + "QQQQII" * SEGMENTS_MAX)
PROVIDE = struct.Struct("<III")
USE = struct.Struct("<IIIIQ")
DEVICE = struct.Struct("<IIIIQQII")
FUNCTION = struct.Struct("<QII")
LINE = struct.Struct("<QII")
SYMBOLS = struct.Struct("<IIII")


class Strings:
    """NUL-terminated texts, each one once. Offsets count from `base`, the place of the first in the bundle."""

    def __init__(self):
        self.offsets = {}
        self.data = bytearray()
        self.base = 0

    def add(self, text):
        if text not in self.offsets:
            self.offsets[text] = len(self.data)
            self.data += text.encode() + b"\0"
        return text

    def __getitem__(self, text):
        return self.base + self.offsets[text]


class Part:
    """A component as the bundle sees it: what the description says and what its ELF file holds."""

    def __init__(self, component, path):
        elf = Elf(path)
        self.component = component
        self.entry = elf.entry
        self.segments = loadable_segments(elf)
        self.functions = elf.functions()
        self.lines = read_lines(elf)
        self.symbols_at = 0
        self.segments_at = []

    @property
    def symbols_size(self):
        return align_up(SYMBOLS.size + FUNCTION.size * len(self.functions) + LINE.size * len(self.lines), 8)


class Bundle:
    """Collects everything, then lays it out, then writes it."""

    def __init__(self, system, version, elf_files):
        self.system = system
        self.version = version
        self.parts = [Part(component, elf_files[component.name]) for component in system.components]
        self.index = {component.name: index for index, component in enumerate(system.components)}
        self.strings = Strings()
        self.provides = [(index, name, interface) for index, component in enumerate(system.components)
                         for name, interface in component.provides.items()]
        self.uses = self._number_sessions()
        self.devices = [(index, name, resource) for index, component in enumerate(system.components)
                        for name in component.devices for resource in system.board.devices[name]]

    def _number_sessions(self):
        """(client, name, server, provide, badge) of all sessions; badges count from 1 at each server."""
        provide_index = {(index, name): position for position, (index, name, _) in enumerate(self.provides)}
        sessions, badges = [], {}
        for client, component in enumerate(self.system.components):
            for use in component.uses:
                server = self.index[use.server]
                badges[server] = badges.get(server, 0) + 1
                sessions.append((client, use.name, server, provide_index[server, use.provided], badges[server]))
            sessions.append((client, SUPERVISOR_SESSION, SUPERVISOR, 0, client + 1))
        return sessions

    def encode(self):
        self._collect_strings()
        size = self._lay_out()
        data = bytearray(size)
        self._write_tables(data)
        for part in self.parts:
            self._write_symbols(data, part)
            for segment, at in zip(part.segments, part.segments_at):
                data[at:at + len(segment.data)] = segment.data
        data[self.strings.base:self.strings.base + len(self.strings.data)] = self.strings.data
        struct.pack_into("<I", data, 12, zlib.crc32(data))
        return bytes(data)

    def _collect_strings(self):
        add = self.strings.add
        add("")
        add(self.system.name)
        add(self.version)
        for part in self.parts:
            component = part.component
            for text in (component.name, relative(component.source), component.args):
                add(text)
            for function in part.functions:
                add(function.name)
            for line in part.lines:
                add(line.file)
        for entries in (self.provides, self.uses, self.devices):
            for entry in entries:
                add(entry[1])
        for _, _, interface in self.provides:
            add(interface)
        for _, name, _ in self.devices:
            add(self.system.board.hardware[name])

    def _lay_out(self):
        """Give everything its place; the size of the whole."""
        at = HEADER.size
        self.component_at = at = align_up(at, 8)
        at += COMPONENT.size * len(self.parts)
        self.provide_at, at = at, at + PROVIDE.size * len(self.provides)
        self.use_at = at = align_up(at, 8)
        at += USE.size * len(self.uses)
        self.device_at, at = at, at + DEVICE.size * len(self.devices)
        for part in self.parts:
            part.symbols_at = at = align_up(at, 8)
            at += part.symbols_size
        self.strings.base, at = at, at + len(self.strings.data)
        for part in self.parts:
            for segment in part.segments:
                at = align_up(at, PAGE)
                part.segments_at.append(at)
                at += len(segment.data)
        return align_up(at, PAGE)

    def _write_tables(self, data):
        strings = self.strings
        HEADER.pack_into(data, 0, MAGIC, VERSION, 0, len(data), strings[self.system.name], strings[self.version],
                         self.component_at, len(self.parts), self.provide_at, len(self.provides),
                         self.use_at, len(self.uses), self.device_at, len(self.devices))
        for index, part in enumerate(self.parts):
            COMPONENT.pack_into(data, self.component_at + index * COMPONENT.size,
                                *self._component_record(index, part))
        for index, (component, name, interface) in enumerate(self.provides):
            PROVIDE.pack_into(data, self.provide_at + index * PROVIDE.size, component, strings[name],
                              strings[interface])
        for index, (client, name, server, provide, badge) in enumerate(self.uses):
            USE.pack_into(data, self.use_at + index * USE.size, client, strings[name], server, provide, badge)
        for index, (component, name, resource) in enumerate(self.devices):
            DEVICE.pack_into(data, self.device_at + index * DEVICE.size, component, strings[name],
                             resource.kind, resource.mode, resource.first, resource.count,
                             strings[self.system.board.hardware[name]], 0)

    def _component_record(self, index, part):
        component, strings = part.component, self.strings
        flags = FLAG_FPU * component.fpu | FLAG_PASSIVE * component.passive | FLAG_CONTROL * component.control
        flags |= FLAG_MANUAL * (component.start == "manual")
        segments = []
        for segment, at in zip(part.segments, part.segments_at):
            segments += [segment.address, at, len(segment.data), segment.memory_size, segment.rights, 0]
        segments += [0] * (6 * SEGMENTS_MAX - len(segments))
        return (strings[component.name], strings[relative(component.source)], strings[component.args], flags,
                component.priority, RESTARTS[component.restart], component.budget_ns, component.period_ns,
                component.memory, component.stack, component.heap, part.entry, part.symbols_at, len(part.segments),
                component.core, 0,
                *self._range_of(self.provides, index), *self._range_of(self.uses, index),
                *self._range_of(self.devices, index), *segments)

    @staticmethod
    def _range_of(entries, component):
        """First index and count of a component's entries in a table that is sorted by component."""
        own = [position for position, entry in enumerate(entries) if entry[0] == component]
        return (own[0], len(own)) if own else (0, 0)

    def _write_symbols(self, data, part):
        functions_at = part.symbols_at + SYMBOLS.size
        lines_at = functions_at + FUNCTION.size * len(part.functions)
        SYMBOLS.pack_into(data, part.symbols_at, functions_at, len(part.functions), lines_at, len(part.lines))
        for index, function in enumerate(part.functions):
            FUNCTION.pack_into(data, functions_at + index * FUNCTION.size, function.address, function.size,
                               self.strings[function.name])
        for index, line in enumerate(part.lines):
            LINE.pack_into(data, lines_at + index * LINE.size, line.address, self.strings[line.file], line.line)


def make_bundle(system, version, elf_files):
    """The bundle's bytes."""
    bundle = Bundle(system, version, elf_files)
    for part in bundle.parts:
        check_quota(system.document, part.component, part.segments)
    data = bundle.encode()
    quotas = sum(component.memory for component in system.components)
    if quotas + len(data) + SYSTEM_MEMORY > system.memory:
        parts = f"memory ({size_text(quotas)}), the image ({size_text(len(data))}) and the kernel ({size_text(SYSTEM_MEMORY)})"
        raise ToolError(f"{system.document.name}:1: the components' {parts} are more than the machine's "
                        f"{size_text(system.memory)}", "lower a component's memory, or raise [system] memory")
    return data
