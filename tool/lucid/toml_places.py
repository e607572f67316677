# SPDX-License-Identifier: BSD-2-Clause
"""TOML with line numbers: reads a file with tomllib, and finds the line of every table and key in it.

tomllib checks the syntax and gives the values; `Places` walks over the same text and notes where each path of
keys stands: ('component', 'echo', 'uses', 'log') -> 12. Keys inside inline tables and elements of arrays have
lines too.
"""
import re
import tomllib

from .common import ToolError, relative

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
NUMBER_TOO_LONG = re.compile(r"\d[\d_]{4000,}")  # Python refuses to convert more than 4300 digits
DEPTH_MAX = 64            # of lists and tables in each other
SPACE = " \t"
SPACE_AND_LINES = " \t\r\n"
SCALAR_END = ",]}# \t\r\n"


class Repeated(Exception):
    """A path that is defined twice, with both lines."""

    def __init__(self, path, first, second):
        super().__init__(path)
        self.path, self.first, self.second = path, first, second


class TooDeep(Exception):
    """Lists or tables in each other beyond all sense."""


class Places:
    """The line of every path in a TOML text. The text need not be valid: the walk ends where it stops
    making sense."""

    def __init__(self, text):
        self.text = text
        self.at = 0
        self.counted = 0, 1   # a place, and its line
        self.depth = 0
        self.too_deep = None  # the line where lists or tables lie in each other beyond all sense
        self.lines = {}
        self.table = ()
        try:
            self._document()
        except IndexError:
            pass  # cut off in the middle; tomllib reports that
        except TooDeep:
            self.too_deep = self._line_here()

    def line(self, *path):
        """The line of the path, or of the first thing in it, or of the nearest thing around it."""
        while path and path not in self.lines:
            inside = [line for known, line in self.lines.items() if known[:len(path)] == path]
            if inside:
                return min(inside)
            path = path[:-1]
        return self.lines.get(path, 1)

    def _line_here(self):
        """The walk only goes forward, so only what is new is counted."""
        known, line = self.counted
        self.counted = self.at, line + self.text.count("\n", known, self.at)
        return self.counted[1]

    def _note(self, path):
        here = self._line_here()
        if path in self.lines and not isinstance(path[-1], int):
            raise Repeated(path, self.lines[path], here)
        self.lines[path] = here

    def _skip(self, characters):
        """Over characters of this kind and over comments."""
        while self.at < len(self.text):
            if self.text[self.at] == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif self.text[self.at] in characters:
                self.at += 1
            else:
                return

    def _document(self):
        while True:
            self._skip(SPACE_AND_LINES)
            if self.at >= len(self.text):
                return
            if self.text[self.at] == "[":
                self._header()
            else:
                self._pair(self.table)

    def _header(self):
        array = self.text.startswith("[[", self.at)
        self.at += 2 if array else 1
        self._skip(SPACE)
        path = self._key()
        if array:
            count = sum(1 for known in self.lines if len(known) == len(path) + 1 and known[:-1] == path)
            self.lines.setdefault(path, self._line_here())
            path += (count,)
        self._note(path)
        self.table = path
        self._skip(SPACE)
        self.at += 2 if array else 1

    def _pair(self, table):
        start = self.at
        path = table + self._key()
        for length in range(len(table) + 1, len(path)):
            self.lines.setdefault(path[:length], self._line_here())
        self._note(path)
        self._skip(SPACE)
        if self.text[self.at] != "=" or self.at == start:
            raise IndexError
        self.at += 1
        self._skip(SPACE)
        self._value(path)

    def _key(self):
        """A dotted key, as a tuple."""
        path = ()
        while True:
            if self.text[self.at] in "\"'":
                start = self.at
                self._string()
                path += (self.text[start + 1:self.at - 1],)
            else:
                word = BARE_KEY.match(self.text, self.at)
                if word is None:
                    raise IndexError
                self.at = word.end()
                path += (word.group(),)
            self._skip(SPACE)
            if self.text[self.at] != ".":
                return path
            self.at += 1
            self._skip(SPACE)

    def _string(self):
        quote = self.text[self.at]
        if self.text.startswith(quote * 3, self.at):
            quote *= 3
        self.at += len(quote)
        while not self.text.startswith(quote, self.at):
            if self.at >= len(self.text):
                raise IndexError
            self.at += 2 if quote[0] == '"' and self.text[self.at] == "\\" else 1
        self.at += len(quote)
        while len(quote) == 3 and self.text.startswith(quote[0], self.at):
            self.at += 1  # up to two quotes may stand directly before the closing ones

    def _value(self, path):
        first = self.text[self.at]
        if first in "\"'":
            self._string()
        elif first == "[":
            self._elements(path, "]", self._element)
        elif first == "{":
            self._elements(path, "}", lambda path, index: self._pair(path))
        else:
            while self.at < len(self.text) and self.text[self.at] not in SCALAR_END:
                self.at += 1

    def _elements(self, path, closing, element):
        self.at += 1
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise TooDeep
        index = 0
        while True:
            self._skip(SPACE_AND_LINES)
            if self.text[self.at] == closing:
                self.at += 1
                self.depth -= 1
                return
            element(path, index)
            index += 1
            self._skip(SPACE_AND_LINES)
            if self.text[self.at] == ",":
                self.at += 1
            elif self.text[self.at] != closing:
                raise IndexError

    def _element(self, path, index):
        self._note(path + (index,))
        self._value(path + (index,))


class Document:
    """A TOML file: its values, and errors that know their line."""

    def __init__(self, path):
        self.path = path
        self.name = relative(path)
        try:
            text = path.read_bytes().decode()
        except OSError as error:
            raise ToolError(f"{self.name}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ToolError(f"{self.name}: this is not UTF-8 text") from None
        if text.startswith("\ufeff"):
            raise ToolError(f"{self.name}:1: the file begins with a byte order mark",
                            "remove the byte order mark: save the file as UTF-8 without it")
        try:
            self.places = Places(text)
        except Repeated as repeated:
            raise self._repeated(repeated) from None
        self.values = self._values(text)

    def _values(self, text):
        if self.places.too_deep:
            raise ToolError(f"{self.name}:{self.places.too_deep}: lists or tables lie in each other more than {DEPTH_MAX} deep")
        try:
            return tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise self._syntax(str(error), text) from None
        except (ValueError, RecursionError):
            number = NUMBER_TOO_LONG.search(text)
            line = text.count("\n", 0, number.start()) + 1 if number else 1
            what = "a number has thousands of digits" if number else "this cannot be understood"
            raise ToolError(f"{self.name}:{line}: {what}") from None

    def place(self, path):
        """FILE:LINE of what stands at this path of keys."""
        return f"{self.name}:{self.places.line(*path)}"

    def error(self, path, message, hint=None):
        """The error to raise for what stands at this path of keys."""
        return ToolError(f"{self.place(path)}: {message}", hint)

    def _repeated(self, repeated):
        name = repeated.path[-1]
        if repeated.path[0] == "component" and len(repeated.path) == 2:
            what, hint = f"component '{name}' is described twice", "give one of them another name"
        elif len(repeated.path) <= 2 and repeated.path[0] in ("component", "system", "device", "board"):
            what, hint = f"[{'.'.join(map(str, repeated.path))}] is there twice", "join the two"
        else:
            what, hint = f"'{name}' is given twice", "remove one of them"
        return ToolError(f"{self.name}:{repeated.second}: {what}; the first is in line {repeated.first}", hint)

    def _syntax(self, message, text):
        place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
        line = int(place.group(1)) if place else text.count("\n") + (0 if text.endswith("\n") else 1)
        message = re.sub(r" \(at .*\)$", "", message)
        return ToolError(f"{self.name}:{max(line, 1)}: this is not TOML: {message[:1].lower() + message[1:]}",
                         "text stands in \"quotes\", tables begin with [name], and each key has a line of its own")
