# SPDX-License-Identifier: BSD-2-Clause
"""Reads C headers as documentation: the opening essay, sections, and declarations with the comments before
them.

No C parser: it relies on how the repository writes headers (docs/style): a comment stands directly before
what it describes, a blank line ends a declaration, sections begin with /* ---- Title ---- */. Bodies of
inline functions are left out.
"""
import re
from dataclasses import dataclass

CONTRACT = re.compile(r"^[ \t]*/\*@.*?\*/[ \t]*\n|^[ \t]*//@[^\n]*\n", re.MULTILINE | re.DOTALL)  # for Frama-C, not for readers
SECTION = re.compile(r"/\* -{2,} (.+?) -{2,} \*/$")
NOT_SHOWN = re.compile(r"#(include|ifndef|endif|undef|if|elif|else|error)\b|#define \w+_H$|extern struct|ERROR\(|OPERATION\(")


@dataclass(frozen=True)
class Section:
    title: str


@dataclass(frozen=True)
class Text:
    """A comment that stands alone."""
    text: str


@dataclass(frozen=True)
class Entry:
    """A declaration and the comment before it ('' if there is none)."""
    text: str
    code: str


def comment_text(comment):
    """What a comment says, without its frame of stars."""
    lines = [line.strip() for line in comment.strip()[2:-2].split("\n")]
    lines = [re.sub(r"^\* ?", "", line) for line in lines]
    return "\n".join(lines).strip("\n").strip()


def without_body(code):
    """An inline function as a prototype, a macro of many lines as its head; anything else unchanged."""
    if match := re.match(r"#define \w+(\([^)]*\))?\s*\\\n", code):
        return match.group().rstrip("\\ \n")
    if not re.search(r"\binline\b", code):
        return code
    head = re.sub(r"\bstatic inline ", "", code.split("\n{", 1)[0])
    return re.sub(r"\n\s+", " ", head) + ";"


class Reader:
    def __init__(self, text):
        self.lines = CONTRACT.sub("", text).split("\n")
        self.at = 0
        self.items = []

    def read(self):
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip():
                self.at += 1
            elif line.startswith("/*"):
                self._commented()
            else:
                self._declaration("")
        return self.items

    def _commented(self):
        start = self.at
        while "*/" not in self.lines[self.at]:
            self.at += 1
        self.at += 1
        comment = "\n".join(self.lines[start:self.at])
        if match := SECTION.match(comment):
            self.items.append(Section(match.group(1)))
        elif "SPDX-License-Identifier" not in comment:
            if self.at < len(self.lines) and self.lines[self.at].strip() and not NOT_SHOWN.match(self.lines[self.at]):
                self._declaration(comment_text(comment))
            else:
                self.items.append(Text(comment_text(comment)))

    def _declaration(self, text):
        """Up to the next blank line outside of braces."""
        start, depth = self.at, 0
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if not line.strip() and depth == 0:
                break
            depth += line.count("{") - line.count("}")
            self.at += 1
        code = "\n".join(self.lines[start:self.at])
        shown = "\n".join(line for line in code.split("\n") if not NOT_SHOWN.match(line))
        if shown.strip():
            self.items.append(Entry(text, without_body(shown)))


def read_header(path):
    """The items of a header in order; the first Text is usually its essay. Contracts for Frama-C are no documentation."""
    return Reader(path.read_text()).read()
