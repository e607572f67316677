# SPDX-License-Identifier: BSD-2-Clause
"""An interface file as tokens. A comment /* */ belongs to the token after it: it is that one's documentation. // to the end of a
line is for those who read the file only."""
import re
from typing import NamedTuple

from ..common import ToolError
from .model import Place

TOKEN = re.compile(r"(?P<space>\s+)|(?P<remark>//[^\n]*)|(?P<doc>/\*.*?\*/)|(?P<number>0[xX][0-9a-fA-F]+\b|[0-9]+\b)|"
                   r"(?P<name>[A-Za-z_]\w*)|(?P<string>\"[^\"\n]*\")|(?P<mark><=|->|\.\.|[-{}()\[\];,=|])", re.DOTALL | re.ASCII)


class Token(NamedTuple):
    kind: str   # name, number, string, mark, end
    text: str
    doc: str
    place: Place

    def __str__(self):
        return {"end": "the end of the file"}.get(self.kind, f"'{self.text}'")


def error_at(place, message, hint=None):
    return ToolError(f"{place}: {message}", hint)


def doc_text(comment):
    """What a comment says, without its frame of stars."""
    lines = [re.sub(r"^\* ?", "", line.strip()) for line in comment[2:-2].strip().split("\n")]
    return "\n".join(lines).strip()


def tokens(path, text):
    """All tokens of a file, the last of kind `end`."""
    found, at, line, start, doc = [], 0, 1, 0, ""
    while at < len(text):
        place = Place(path, line, at - start + 1)
        match = TOKEN.match(text, at)
        if match is None:
            raise unreadable(place, text, at)
        kind, word = match.lastgroup, match.group()
        if kind == "doc":
            doc = "" if "SPDX-License-Identifier" in word else doc_text(word)
        elif kind not in ("space", "remark"):
            found.append(Token(kind, word, doc, place))
            doc = ""
        if "\n" in word:
            line += word.count("\n")
            start = at + word.rindex("\n") + 1
        at = match.end()
    found.append(Token("end", "", doc, Place(path, line, at - start + 1)))
    return found


def unreadable(place, text, at):
    if text.startswith("/*", at):
        return error_at(place, "this comment does not end", "end it with */")
    if text[at] == '"':
        return error_at(place, "this text does not end on its line", 'end it with "')
    if text[at].isdigit():
        word = re.match(r"\w+", text[at:]).group()
        return error_at(place, f"'{word}' is not a number", "numbers are decimal, or hexadecimal with 0x")
    return error_at(place, f"{text[at]!r} means nothing here", "docs/interfaces.md has the grammar")
