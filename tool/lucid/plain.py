# SPDX-License-Identifier: BSD-2-Clause
"""A guest's console as plain text, for a pipe or a file: what a terminal would show, line by line.

The guest's line editor draws for a terminal: it goes back to the start of a line, erases it, and writes it again.
Here a line is kept until it ends, and every change is made to it there; control sequences never come out. So that
nothing waits for an end of line that may not come (a prompt), `settle` puts out the line as it stands when nothing
more has come for a while. What was put out cannot be taken back: if it is changed afterwards, it is ended, and
the line as it is then follows as one of its own.
"""
import codecs
import re

# ECMA-48: control sequences (5.4), two kinds of other escapes, control characters; and text without any of them.
PIECE = re.compile(r"\x1b\[(?P<number>[0-9]*)[0-?]*[ -/]*(?P<command>[@-~])|\x1b[()].|\x1b[^\x1b\[()]"
                   r"|[\r\n\b\a\0\x7f]|[^\x1b\r\n\b\a\0\x7f]+", re.DOTALL)
INCOMPLETE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[()])?")
ESCAPE_MAX = 32          # a longer one is none
OTHER_LINE = "ABEFHfdST"  # these go to another line, or move all of them
ERASES_ALL = ("2", "3")


class Plain:
    """Takes bytes as they come, gives bytes of plain text."""

    def __init__(self):
        self._decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")  # what is no text passes unchanged
        self._rest = ""   # the beginning of an escape
        self._line = ""
        self._column = 0
        self._shown = ""  # what was put out already of this line
        self._out = []

    def add(self, data):
        """What is sure to stay, now that this has come."""
        text = self._rest + self._decoder.decode(data)
        at = 0
        while at < len(text):
            match = PIECE.match(text, at)
            if match:
                self._take(match)
                at = match.end()
            elif len(text) - at <= ESCAPE_MAX and INCOMPLETE.fullmatch(text, at):
                break
            else:
                at += 1  # an escape that is none
        self._rest = text[at:]
        return self._taken()

    @property
    def line(self):
        """The unfinished line, as it stands."""
        return self._line

    @property
    def unsettled(self):
        """True if the line as it stands was not put out."""
        return self._line != self._shown

    def settle(self):
        """The unfinished line, as it stands."""
        self._show()
        return self._taken()

    def finish(self):
        """The rest, with the end of an unfinished line."""
        if self._line or self._shown:
            self._end_line()
        return self._taken()

    def _taken(self):
        text = "".join(self._out)
        self._out.clear()
        return text.encode("utf-8", "surrogateescape")

    def _show(self):
        if not self._line.startswith(self._shown):
            self._out.append("\n")
            self._shown = ""
        self._out.append(self._line[len(self._shown):])
        self._shown = self._line

    def _end_line(self):
        self._show()
        self._out.append("\n")
        self._line = self._shown = ""
        self._column = 0

    def _take(self, match):
        piece = match.group()
        if match.group("command"):
            self._control(match.group("command"), match.group("number"))
        elif piece == "\n":
            self._end_line()
        elif piece == "\r":
            self._column = 0
        elif piece == "\b":
            self._column = max(0, self._column - 1)
        elif piece[0] not in "\x1b\a\0\x7f":
            self._write(piece)

    def _write(self, text):
        end = self._column + len(text)
        self._line = self._line[:self._column].ljust(self._column) + text + self._line[end:]
        self._column = end

    def _control(self, command, number):
        count = max(1, int(number or "1"))
        if command == "C":
            self._column += count
        elif command == "D":
            self._column = max(0, self._column - count)
        elif command == "G":
            self._column = count - 1
        elif command == "K":
            self._erase(number)
        elif command in OTHER_LINE or (command == "J" and number in ERASES_ALL):
            if self._line:
                self._end_line()
        # Others are about colours and modes.

    def _erase(self, number):
        """Erase from the cursor on; 1: up to it; 2: the whole line."""
        if number == "1":
            self._line = " " * (self._column + 1) + self._line[self._column + 1:]
        else:
            self._line = "" if number == "2" else self._line[:self._column]
