# SPDX-License-Identifier: BSD-2-Clause
"""System descriptions: systems/NAME.toml, read and checked.

What comes out (`System`) is right as far as that can be known without building: every name means something,
every value is in its range, nobody waits for himself in a circle, and the memory is there. The first thing
wrong is one message with file, line and the likely repair. The format is described in docs/descriptions.md.
"""
import re
from dataclasses import dataclass, field
from pathlib import Path

from . import checks
from .board import CORES_MAX, Board
from .common import ROOT, ToolError, closest, listing, size_text
from .composition import KEYS, Composition
from .relations import MEMORY_MINIMUM, Complaint, Relations

SYSTEM_KEYS = {"name", "root", "memory", "cores"}
COMPONENT_KEYS = {"source", "provides", "uses", "priority", "budget", "passive", "memory", "stack", "heap", "restart",
                  "start", "fpu", "args", "control", "devices", "core", "allow"}
WARNINGS = {"lower_priority", "unused", "unknown_interface", "no_session"} # that `allow` can silence (analysis.py)
DEFAULT_ROOT = "components/supervisor"
RESERVED_NAMES = {"supervisor": "the root component", "kernel": "the kernel"}
SUPERVISOR_SESSION = "supervisor"

DEFAULT_PRIORITY = 100
PRIORITY_MAX = 250          # above it: the supervisor
DEFAULT_BUDGET = (10_000_000, 10_000_000)
SMALLEST_BUDGET = 100_000   # ns; twice the longest stretch that the kernel cannot be interrupted in
DEFAULT_MEMORY = 1 << 20
DEFAULT_STACK = 64 << 10
DEFAULT_HEAP = 32 << 10

INTERFACE = re.compile(r"[A-Z][A-Za-z0-9]{0,30}")
SOURCE_HINT = 'name a folder with C files, like "components/echo_server"'
INTERFACE_NAME = "a capital letter, then letters and digits, like \"Echo\""


@dataclass
class Use:
    name: str       # what the client calls it
    server: str     # the component that serves it
    provided: str   # the server's name for it
    place: tuple    # of the value in the document


@dataclass
class Component:
    name: str
    source: Path
    provides: dict = field(default_factory=dict)  # name -> interface
    uses: list = field(default_factory=list)
    priority: int = DEFAULT_PRIORITY
    budget_ns: int = DEFAULT_BUDGET[0]
    period_ns: int = DEFAULT_BUDGET[1]
    passive: bool = False
    core: int = 0
    memory: int = DEFAULT_MEMORY
    stack: int = DEFAULT_STACK
    heap: int = DEFAULT_HEAP
    restart: str = "never"
    start: str = "automatic"    # or "manual": only on request
    fpu: bool = False
    args: str = ""
    control: bool = False
    devices: list = field(default_factory=list)
    allow: dict = field(default_factory=dict)    # warning -> why it is meant

    @property
    def path(self):
        return ("component", self.name)


@dataclass
class System:
    name: str
    document: Composition
    board: Board
    root: Path
    memory: int                 # of the machine
    components: list            # providers first
    cores: int = 1              # that it is for, unless the command says otherwise
    complaints: list = field(default_factory=list) # what is wrong, where that was to be collected

    def core_complaints(self, cores):
        """Of the components whose core is not there."""
        return [Complaint("core", component.path + ("core",), f"component '{component.name}' is to run on core {component.core}, but the "
                          f"system is for {cores} core{'s' if cores > 1 else ''}",
                          f"write  cores = {component.core + 1}  under [system], or give  --cores {component.core + 1}", (component.name,))
                for component in self.components if component.core >= cores]

    def check_cores(self, cores):
        """Every component's core is there."""
        self.document.check(self.core_complaints(cores))

    def component(self, name):
        return next((component for component in self.components if component.name == name), None)


def system_names():
    return sorted(path.stem for path in (ROOT / "systems").glob("*.toml"))


def find_system(name):
    """The description's file: systems/NAME.toml, or the path itself if it is one."""
    if name.endswith(".toml") or "/" in name:
        path = Path(name)
        if not path.is_file():
            raise ToolError(f"there is no description '{name}'")
        if not str(path.resolve()).isprintable():  # it goes into messages, build files and images
            raise ToolError(f"the path of the description has characters that are no text: {str(path.resolve())!a}",
                            "give it another name")
        return path
    path = ROOT / "systems" / f"{name}.toml"
    if not path.is_file():
        meant = closest(name, system_names())
        raise ToolError(f"there is no system '{name}' (systems/{name}.toml); known: {listing(system_names())}",
                        f"did you mean '{meant}'?" if meant else None)
    return path


def load_system(name, board, collect=False, settings=()):
    """Read and check a description for a board. With `collect`, what its parts say of each other and of the board may be wrong: that is
    then in the system's `complaints`. `settings` are parameters, NAME=VALUE."""
    return Reader(Composition(find_system(name), board.name, settings), board, collect).system()


class Reader:
    """Makes a System out of one document."""

    def __init__(self, document, board, collect=False):
        self.document = document
        self.board = board
        self.collect = collect
        self.components = {}

    def system(self):
        values = self.document.values
        checks.known_keys(self.document, (), values, KEYS, "a description")
        table = self._table(("system",), values.get("system"))
        if table is None:
            raise self.document.error((), "there is no [system]", f'begin with:  [system]  and  name = "{self._likely_name()}"')
        checks.known_keys(self.document, ("system",), table, SYSTEM_KEYS, "[system]")
        if "name" not in table:
            raise self.document.error(("system",), "[system] lacks a name", f'add:  name = "{self._likely_name()}"')
        name = checks.name(self.document, ("system", "name"),
                           checks.typed(self.document, ("system", "name"), table["name"], str), "system")
        memory = self.board.memory
        if "memory" in table:
            memory = checks.size(self.document, ("system", "memory"), table["memory"], low=MEMORY_MINIMUM)
        cores = checks.number(self.document, ("system", "cores"), table.get("cores", 1), 1, CORES_MAX)
        self._read_components(self._table(("component",), values.get("component")) or {})
        if not self.components and "root" not in table:
            raise self.document.error((), "the system has no component",
                                      'add:  [component.NAME]  and  source = "components/NAME"')
        relations = Relations(self.board, self.components)
        ordered = relations.ordered(memory)
        if not self.collect:
            self.document.check(relations.complaints)
        root = self._source(("system", "root"), table["root"]) if "root" in table else self._default_root()
        return System(name, self.document, self.board, root, memory, ordered, cores, relations.complaints)

    def _likely_name(self):
        return self.document.path.stem if checks.NAME.fullmatch(self.document.path.stem) else "NAME"

    def _table(self, path, value):
        return None if value is None else checks.typed(self.document, path, value, dict)

    def _default_root(self):
        root = ROOT / DEFAULT_ROOT
        if not root.is_dir():
            raise ToolError(f"{DEFAULT_ROOT}: the supervisor's source is missing")
        return root

    def _read_components(self, tables):
        for name, table in tables.items():
            path = ("component", name)
            checks.name(self.document, path, name, "component")
            if name in RESERVED_NAMES:
                raise self.document.error(path, f"'{name}' is the name of {RESERVED_NAMES[name]}",
                                          "choose another name")
            self.components[name] = self._component(path, self._table(path, table))

    def _component(self, path, table):
        """One [component.NAME]; what it says of others is checked later, when all are known."""
        document, name = self.document, path[1]
        checks.known_keys(document, path, table, COMPONENT_KEYS, f"component '{name}'")
        if "source" not in table:
            raise document.error(path, f"component '{name}' lacks its source",
                                 f'add:  source = "components/{name}"')
        component = Component(name, self._source(path + ("source",), table["source"]))
        component.provides = self._provides(path + ("provides",), table.get("provides", {}))
        component.uses = self._uses(path + ("uses",), table.get("uses", {}))
        if "priority" in table:
            component.priority = checks.number(document, path + ("priority",), table["priority"], 0, PRIORITY_MAX)
        if "restart" in table:
            component.restart = checks.one_of(document, path + ("restart",), table["restart"], ["never", "always"])
        if "start" in table:
            component.start = checks.one_of(document, path + ("start",), table["start"], ["automatic", "manual"])
        for key in ("fpu", "passive", "control"):
            setattr(component, key, checks.typed(document, path + (key,), table.get(key, False), bool))
        component.args = checks.typed(document, path + ("args",), table.get("args", ""), str)
        if "\0" in component.args:
            raise document.error(path + ("args",), f"'args' of component '{name}' has the character 0 in it, which ends a text",
                                 "remove it")
        component.devices = self._texts(path + ("devices",), table.get("devices", []))
        component.allow = self._allow(path + ("allow",), table.get("allow", {}))
        self._component_time(path, table, component)
        self._component_memory(path, table, component)
        return component

    def _component_time(self, path, table, component):
        document = self.document
        component.core = checks.number(document, path + ("core",), table.get("core", 0), 0, CORES_MAX - 1)
        if component.passive:
            if "budget" in table:
                raise document.error(path + ("budget",), f"component '{component.name}' is passive and has a budget",
                                     "a passive component runs on its clients' time: remove one of the two")
            if not component.provides:
                raise document.error(path + ("passive",), f"component '{component.name}' is passive, but provides "
                                     "nothing: it would never run")
            if "core" in table:
                raise document.error(path + ("core",), f"component '{component.name}' is passive and has a core",
                                     "a passive component runs where its clients run: remove one of the two")
            component.budget_ns = component.period_ns = 0
        elif "budget" in table:
            component.budget_ns, component.period_ns = checks.budget(document, path + ("budget",), table["budget"],
                                                                     SMALLEST_BUDGET)

    def _component_memory(self, path, table, component):
        for key, low in (("memory", 64 << 10), ("stack", checks.PAGE), ("heap", 0)):
            if key in table:
                setattr(component, key, checks.size(self.document, path + (key,), table[key], low=low))
        if component.stack + component.heap >= component.memory:
            key = next((key for key in ("heap", "stack", "memory") if key in table), "source")
            raise self.document.error(path + (key,), f"component '{component.name}' has {size_text(component.memory)} "
                                      f"of memory, but its stack and heap take {size_text(component.stack + component.heap)}",
                                      "raise 'memory', or lower 'stack' or 'heap'")

    def _source(self, path, value):
        """A folder with C files: relative to the repository, or to the description if it lies elsewhere."""
        document = self.document
        checks.typed(document, path, value, str)
        if not value.strip() or not value.isprintable():
            raise document.error(path, f"'{path[-1]}' is {'empty' if not value.strip() else 'no path'}", SOURCE_HINT)
        folders = [ROOT / value, document.folder(path) / value]
        try:
            folder = next((folder for folder in folders if folder.is_dir()), None)
            if folder is None:
                raise self._missing_source(path, value, folders)
            has_code = any(folder.glob("*.c"))
        except OSError as error:
            raise document.error(path, f"the folder '{checks.short(value)}' cannot be looked into: {error.strerror}",
                                 SOURCE_HINT) from None
        if not has_code:
            raise document.error(path, f"there is no C file in '{value}'",
                                 "a component is a folder with at least one .c file that has main")
        return folder.resolve()

    def _missing_source(self, path, value, folders):
        """The error for a source that is no folder, with what was probably meant."""
        if any(folder.exists() for folder in folders):
            return self.document.error(path, f"'{value}' is a file, but '{path[-1]}' is the folder with all C files",
                                       f'write  {path[-1]} = "{Path(value).parent}"')
        beside = {p.name for folder in folders for p in folder.parent.glob("*") if p.is_dir()}
        meant = closest(Path(value).name, sorted(beside))
        name = Path(value).name
        hint = (f"did you mean '{Path(value).with_name(meant)}'?" if meant
                else f"./lucid new {name} makes a component" if checks.NAME.fullmatch(name) else SOURCE_HINT)
        return self.document.error(path, f"the folder '{checks.short(value)}' does not exist", hint)

    def _texts(self, path, values):
        checks.typed(self.document, path, values, list)
        for index, value in enumerate(values):
            if not isinstance(value, str):
                raise self.document.error(path + (index,),
                                          f"'{path[-1]}' must be a list of texts, not of {checks.shown(value)}")
            if value in values[:index]:
                raise self.document.error(path + (index,), f"'{value}' is in '{path[-1]}' twice",
                                          "remove one of them")
        return values

    def _allow(self, path, table):
        checks.typed(self.document, path, table, dict, 'write the warning and why it is meant, like  { unused = "for tests" }')
        checks.known_keys(self.document, path, table, WARNINGS, "'allow'")
        for name, reason in table.items():
            if not checks.typed(self.document, path + (name,), reason, str).strip():
                raise self.document.error(path + (name,), f"'{name}' is allowed without a reason", "write why it is meant")
        return dict(table)

    def _provides(self, path, table):
        checks.typed(self.document, path, table, dict, 'write name and interface, like  { echo = "Echo" }')
        for name, interface in table.items():
            checks.name(self.document, path + (name,), name, "interface that a component provides")
            checks.typed(self.document, path + (name,), interface, str)
            if not INTERFACE.fullmatch(interface):
                raise self.document.error(path + (name,), f"'{interface}' cannot be the name of an interface",
                                          f"it is {INTERFACE_NAME}")
        return dict(table)

    def _uses(self, path, table):
        checks.typed(self.document, path, table, dict, 'write the name and what it leads to, like  { echo = "server.echo" }')
        found = []
        for name, target in table.items():
            place = path + (name,)
            checks.name(self.document, place, name, "session")
            if name == SUPERVISOR_SESSION:
                raise self.document.error(place, f"the session '{name}' is there without being named",
                                          "remove it, or give it another name")
            checks.typed(self.document, place, target, str)
            server, dot, provided = target.partition(".")
            if not dot or not server or not provided:
                raise self.document.error(place,
                                          f"component '{path[1]}' uses '{target}', which is not SERVER.INTERFACE",
                                          "write the component and its name for the interface, like "
                                          f'"{server or "echo"}.echo"')
            if server in RESERVED_NAMES:
                raise self.document.error(place, f"component '{path[1]}' uses '{target}', but '{server}' is {RESERVED_NAMES[server]}",
                                          "every component has a session with the supervisor, named 'supervisor': remove this one")
            found.append(Use(name, server, provided, place))
        return found
