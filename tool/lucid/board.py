# SPDX-License-Identifier: BSD-2-Clause
"""Boards: what a machine has, and how the emulator is started that plays it. One file each, boards/NAME.toml."""
import re
from dataclasses import dataclass, field

from . import checks
from .common import ROOT, ToolError, closest, listing
from .toml_places import Document

CORES_MAX = 64              # that a kernel can be built for
DEFAULT_BOARD = "qemu-x86_64"
PLACE = re.compile(r"(half|end)?([+-])?(\d+[KMG]iB)?")

# Kinds of a device's resources and modes of an interrupt: as in abi/lucid/bundle.h and objects.h.
IRQ, PORTS, MEMORY, CORE = 1, 2, 3, 4
IRQ_MODES = {"edge": 0, "level": 1, "edge low": 2, "level low": 3}


@dataclass(frozen=True)
class Resource:
    kind: int
    first: int
    count: int
    mode: int = 0


@dataclass(frozen=True)
class Emulator:
    program: str
    arguments: list
    exit_success: int
    boot_elf: list = field(default_factory=list)
    boot_iso: list | None = None   # None: this machine boots no ISO
    boot_uefi: list | None = None
    test_target: list = field(default_factory=list)  # more arguments for the suite `target`
    config: dict | None = None  # Bochs: what stands in its configuration file; None: the program is a QEMU

    @property
    def is_bochs(self):
        return self.config is not None


@dataclass(frozen=True)
class Variant:
    """Another machine of the board's kind, which the suite `smoke` tries."""
    name: str
    what: str
    arguments: list
    memory: int | None                           # None: the board's
    tells: str                                   # what the kernel says on it: a regular expression
    reserved: list                               # (start, size) of memory that the device tree says is reserved
    cores: int = 1                               # that the kernel is built for, and the machine has unless `arguments` say otherwise


@dataclass(frozen=True)
class Board:
    name: str
    what: str
    arch: str
    memory: int
    emulator: Emulator | None
    taken: list = field(default_factory=list)    # (start, end) of what is not for components: pairs of Place
    hardware: dict = field(default_factory=dict) # name -> what kind of device it is: "16550"
    devices: dict = field(default_factory=dict)  # name -> list of Resource
    variants: list = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """A place in a machine's memory: so many bytes from its start, its middle or its end."""
    base: str
    offset: int

    def of(self, memory):
        return {"start": 0, "half": memory // 2, "end": memory}[self.base] + self.offset


def board_names():
    return sorted(path.stem for path in (ROOT / "boards").glob("*.toml"))


def load_board(name):
    """The board of that name."""
    names = board_names()
    if name not in names:
        meant = closest(name, names)
        raise ToolError(f"there is no board '{name}'; known: {listing(names)}", f"did you mean '{meant}'?" if meant
                        else None)
    document = Document(ROOT / "boards" / f"{name}.toml")
    values = document.values
    checks.known_keys(document, (), values, {"board", "emulator", "device", "variant"}, "a board")
    board = values.get("board", {})
    checks.known_keys(document, ("board",), board, {"name", "what", "arch", "memory", "taken"}, "[board]")
    for key in ("name", "what", "arch", "memory"):
        if key not in board:
            raise document.error(("board",), f"[board] lacks '{key}'")
    return Board(board["name"], board["what"], board["arch"],
                 checks.size(document, ("board", "memory"), board["memory"]),
                 _emulator(document, values.get("emulator")), _taken(document, board.get("taken", [])),
                 {name: table.get("kind", "") for name, table in values.get("device", {}).items()},
                 _devices(document, values.get("device", {})), _variants(document, values.get("variant", {})))


def _emulator(document, table):
    if table is None:
        return None
    if "bochs" in table:
        checks.known_keys(document, ("emulator",), table, {"bochs"}, "[emulator]")
        checks.known_keys(document, ("emulator", "bochs"), table["bochs"], {"cpu", "lines"}, "[emulator.bochs]")
        return Emulator("bochs", [], 0, config=table["bochs"])
    needed = {"program", "arguments", "exit_success"}
    checks.known_keys(document, ("emulator",), table, needed | {"boot_elf", "boot_iso", "boot_uefi", "test_target"},
                      "[emulator]")
    for key in sorted(needed):
        if key not in table:
            raise document.error(("emulator",), f"[emulator] lacks '{key}'")
    return Emulator(**table)


def _taken(document, entries):
    """[["0KiB", "2MiB"], ["end-2MiB", "end"]] as pairs of places."""
    return [tuple(_place(document, ("board", "taken", index, side), text) for side, text in enumerate(pair))
            for index, pair in enumerate(entries)]


def _place(document, path, text):
    match = PLACE.fullmatch(text)
    if match is None:
        raise document.error(path, f"'{text}' is no place in memory", 'write it like "16MiB", "half+1MiB" or "end-2MiB"')
    base, sign, size = match.groups()
    offset = checks.size(document, path, size, low=0) if size else 0
    return Place(base or "start", -offset if sign == "-" else offset)


def _variants(document, tables):
    found = []
    for name, table in tables.items():
        path = ("variant", name)
        checks.known_keys(document, path, table, {"what", "arguments", "memory", "tells", "reserved", "cores"}, f"variant '{name}'")
        if "what" not in table:
            raise document.error(path, f"variant '{name}' lacks 'what'")
        memory = checks.size(document, path + ("memory",), table["memory"]) if "memory" in table else None
        reserved = [checks.number_range(document, path + ("reserved", index), text)
                    for index, text in enumerate(table.get("reserved", []))]
        cores = checks.number(document, path + ("cores",), table.get("cores", 1), 1, CORES_MAX)
        found.append(Variant(name, table["what"], table.get("arguments", []), memory, table.get("tells", ""), reserved, cores))
    return found


def _devices(document, tables):
    return {name: _resources(document, ("device", name), table) for name, table in tables.items()}


def _resources(document, path, table):
    """The resources of one device, in a fixed order."""
    checks.known_keys(document, path, table, {"kind", "ports", "memory", "irq", "mode", "core"},
                      f"device '{path[-1]}'")
    mode = IRQ_MODES[checks.one_of(document, path + ("mode",), table.get("mode", "edge"), list(IRQ_MODES))]
    found = []
    for key, kind in (("ports", PORTS), ("memory", MEMORY)):
        entries = table.get(key, [])
        for entry in entries if isinstance(entries, list) else [entries]:
            first, count = checks.number_range(document, path + (key,), entry)
            found.append(Resource(kind, first, count))
    if "irq" in table:
        found.append(Resource(IRQ, checks.number(document, path + ("irq",), table["irq"], 0, 1023), 1, mode))
    if "core" in table:
        found.append(Resource(CORE, checks.number(document, path + ("core",), table["core"], 0, 255), 1))
    return found
