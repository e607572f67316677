# SPDX-License-Identifier: BSD-2-Clause
"""A description put together: from the files that it includes, from its own tables, and from what it says for one board.

Of each key the last one said wins, in this order: what is included (in its own order), the file itself, the file for the board. Where each
key stands is kept, so that whatever is wrong is told with the file and line that say it. Then parameters are put in: "${name}" in a text.
The rest of the tool sees one document, with the tables `system` and `component`.
"""
import re

from . import checks
from .board import board_names
from .common import ROOT, ToolError, closest, listing
from .toml_places import Document

KEYS = {"include", "parameters", "system", "component", "board"}
OVERLAY_KEYS = {"parameters", "system", "component"}
PARAMETER = re.compile(r"\$(\$|\{([^{}]*)\})")   # "$$" is one "$"


class Composition:
    """Acts as a Document. `files` are all that it was read from."""

    def __init__(self, path, board, settings=()):
        self.board = board
        self.main = Document(path)
        self.path, self.name = self.main.path, self.main.name
        self.files = []
        self.origins = {}     # path of keys -> (document, path of keys there)
        self.values = {key: value for key, value in self.main.values.items() if key not in KEYS}
        self.included = {}    # file -> those that it includes, directly or not
        self.parameters = {}  # name -> value
        self._read(self.main)
        self._set(settings)
        self._put_in()

    # ---- Places

    def _origin(self, path):
        for length in range(len(path), 0, -1):
            if path[:length] in self.origins:
                document, there = self.origins[path[:length]]
                return document, there + path[length:]
        return self.main, path

    def place(self, path):
        document, there = self._origin(path)
        return document.place(there)

    def error(self, path, message, hint=None):
        document, there = self._origin(path)
        return document.error(there, message, hint)

    def check(self, complaints):
        """Raise the first of them, if there are any."""
        for complaint in complaints:
            raise self.error(complaint.path, complaint.message, complaint.hint)

    def folder(self, path):
        """Of the file that says what stands at this path of keys."""
        return self._origin(path)[0].path.resolve().parent

    # ---- Files

    def _read(self, document):
        file = document.path.resolve()
        self.files.append(document.path)
        inside = self.included[file] = set()
        for index, name in enumerate(texts(document, ("include",), document.values.get("include", []))):
            other = self._find(document, ("include", index), name)
            inside.add(other.resolve())
            if other.resolve() not in self.included:
                read = Document(other)
                if "system" in read.values:
                    raise read.error(("system",), f"this file is included by {document.name}, and has a [system] of its own",
                                     "put what both need into a third file, and let both include it")
                checks.known_keys(read, (), read.values, KEYS - {"system"}, "an included file")
                self._read(read)
            inside |= self.included[other.resolve()]
        self._join(document, (), document.values)
        self._join_board(document)

    @staticmethod
    def _find(document, path, name):
        folder = document.path.resolve().parent
        for place in (folder, ROOT):
            try:
                if name.endswith(".toml") and name.isprintable() and (place / name).is_file():
                    return place / name
            except OSError as error:
                raise document.error(path, f"the file '{checks.short(name)}' cannot be looked at: {error.strerror}") from None
        meant = closest(name, sorted(found.name for found in folder.glob("*.toml") if found != document.path.resolve()))
        raise document.error(path, f"there is no file '{checks.short(name)}' to include, beside this file or in the repository",
                             f"did you mean '{meant}'?" if meant else 'name a description, like "common.toml"')

    def _join_board(self, document):
        overlays = checks.typed(document, ("board",), document.values.get("board", {}), dict)
        for name, table in overlays.items():
            if name not in board_names():
                meant = closest(name, board_names())
                raise document.error(("board", name), f"there is no board '{checks.short(name)}'", f"did you mean '{meant}'?" if meant else f"known: {listing(board_names())}")
            path = ("board", name)
            checks.known_keys(document, path, checks.typed(document, path, table, dict), OVERLAY_KEYS, f"[board.{name}]")
            if name == self.board:
                self._join(document, path, table)

    def _join(self, document, prefix, tables):
        """The tables of a file, or of its part for the board, over what there is."""
        for name, value in checks.typed(document, (*prefix, "parameters"), tables.get("parameters", {}), dict).items():
            place = (*prefix, "parameters", name)
            checks.name(document, place, name, "parameter")
            if type(value) not in (str, int, bool):
                raise document.error(place, f"the parameter '{name}' is {checks.shown(value)}", "write a text, a whole number, true or false")
            self.parameters[name] = value
            self.origins["parameters", name] = document, place
        if "system" in tables:
            self._join_table(document, ("system",), prefix, tables["system"])
        if "component" in tables:
            components = checks.typed(document, (*prefix, "component"), tables["component"], dict)
            self.values.setdefault("component", {})
            for name, table in components.items():
                self._check_owner(document, name, (*prefix, "component", name))
                self._join_table(document, ("component", name), prefix, table)

    def _check_owner(self, document, name, place):
        """Who includes a file may change its components; files that do not know of each other may not have the same."""
        owner = self.origins.get(("component", name), (document,))[0]
        if owner is not document and owner.path.resolve() not in self.included[document.path.resolve()]:
            raise document.error(place, f"component '{name}' is described twice; the first is in {self.place(('component', name))}", "give one of them another name")

    def _join_table(self, document, path, prefix, table):
        holder = self.values if len(path) == 1 else self.values[path[0]]
        there = (*prefix, *path)
        if not isinstance(table, dict) or path[-1] not in holder:
            holder[path[-1]] = {} if isinstance(table, dict) else table
        if path not in self.origins or not prefix:
            self.origins[path] = document, there
        for key, value in table.items() if isinstance(table, dict) else ():
            if not isinstance(holder[path[-1]], dict):
                break
            holder[path[-1]][key] = value
            self.origins[(*path, key)] = document, (*there, key)

    # ---- Parameters

    def _set(self, settings):
        """What the command says they are: NAME=VALUE."""
        for setting in settings:
            name, _, text = setting.partition("=")
            if name not in self.parameters:
                meant = closest(name, self.parameters)
                raise ToolError(f"--set {setting}: {self.name} has no parameter '{name}'",
                                f"did you mean '{meant}'?" if meant else f"it has: {listing(sorted(self.parameters))}")
            kind = type(self.parameters[name])
            try:
                self.parameters[name] = {"true": True, "false": False}[text] if kind is bool else kind(text)
            except (KeyError, ValueError):
                raise ToolError(f"--set {setting}: '{name}' must be {checks.TYPES[kind]}, as it is in the description") from None

    def _put_in(self):
        used = set()
        for table in ("system", "component"):
            if isinstance(self.values.get(table), dict):
                self.values[table] = self._replaced((table,), self.values[table], used)
        for name in self.parameters:
            if name not in used:
                meant = closest(name, used)
                raise self.error(("parameters", name), f"the parameter '{name}' is used nowhere",
                                 f"did you mean '{meant}'?" if meant else f'write  "${{{name}}}"  where it is to stand, or remove it')

    def _replaced(self, path, value, used):
        if isinstance(value, dict):
            return {key: self._replaced((*path, key), inner, used) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._replaced((*path, index), inner, used) for index, inner in enumerate(value)]
        if not isinstance(value, str):
            return value
        alone = PARAMETER.fullmatch(value)
        if alone and alone[1] != "$":
            return self._parameter(path, alone[2], used)
        return PARAMETER.sub(lambda match: "$" if match[1] == "$" else self._text(self._parameter(path, match[2], used)), value)

    @staticmethod
    def _text(value):
        return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)

    def _parameter(self, path, name, used):
        if name not in self.parameters:
            meant = closest(name, self.parameters)
            raise self.error(path, f"there is no parameter '{checks.short(name)}'",
                             f"did you mean '${{{meant}}}'?" if meant else f"add under [parameters]:  {name if checks.NAME.fullmatch(name) else 'NAME'} = ...; a '$' alone is written '$$'")
        used.add(name)
        return self.parameters[name]


def texts(document, path, values):
    checks.typed(document, path, values, list)
    for index, value in enumerate(values):
        checks.typed(document, (*path, index), value, str)
    return values
