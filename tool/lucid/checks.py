# SPDX-License-Identifier: BSD-2-Clause
"""Values as descriptions and boards write them ("256KiB", "2ms/10ms", "0x3f8-0x3ff"), and the checks that
both share.

Every function takes the document and the path of keys where the value stands, so that an error can name the
line.
"""
import re

from .common import closest, listing, size_text

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
DIGITS = "[0-9]{1,15}"      # of a number in a text; more is a slip
SIZE = re.compile(rf"({DIGITS})\s*(B|KiB|MiB|GiB)")
NUMBER = rf"0x[0-9a-fA-F]{{1,16}}|{DIGITS}"
SIZE_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
TIME = re.compile(rf"({DIGITS})\s*(ns|us|ms|s)")
TIME_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
TYPES = {str: "a text in quotes", int: "a whole number", bool: "true or false", dict: "a table",
         list: "a list in [ ]"}
PAGE = 4096
SHOWN_MAX = 60              # characters of a value in a message


def article(noun):
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def known_keys(document, path, table, known, what):
    """Complain about the first key that is not known here."""
    for key in table:
        if key not in known:
            meant = closest(key, known)
            raise document.error(path + (key,), f"{what} has no key '{short(key)}'",
                                 f"did you mean '{meant}'?" if meant else f"it has: {listing(sorted(known))}")


def typed(document, path, value, kind, hint=None):
    """The value, if it has the type (a bool is no int)."""
    if type(value) is not kind:
        raise document.error(path, f"'{path[-1]}' must be {TYPES[kind]}, not {shown(value)}", hint)
    return value


def short(text):
    """A text from a description for a message, in one line."""
    text = "".join(character if character.isprintable() else "?" for character in text)
    return text if len(text) <= SHOWN_MAX else text[:SHOWN_MAX - 3] + "..."


def shown(value):
    """A value as it stands in TOML, short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, int) and abs(value) >= 1 << 64:
        return "a number of more than 64 bits"
    return f"\"{short(value)}\"" if isinstance(value, str) else str(value)


def name(document, path, value, what):
    """A name that a program and a file can have."""
    if not NAME.fullmatch(value):
        raise document.error(path, f"'{short(value)}' cannot be the name of {article(what)}",
                             "a name is a small letter, then up to 30 small letters, digits or '_'")
    return value


def one_of(document, path, value, choices):
    typed(document, path, value, str)
    if value not in choices:
        meant = closest(value, choices)
        possible = " or ".join(shown(choice) for choice in choices)
        raise document.error(path, f"'{path[-1]}' is {shown(value)}, but can only be {possible}",
                             f"did you mean \"{meant}\"?" if meant else None)
    return value


def number(document, path, value, low, high):
    typed(document, path, value, int)
    if not low <= value <= high:
        raise document.error(path, f"'{path[-1]}' is {shown(value)}, but must be from {low} to {high}")
    return value


def size(document, path, value, low=PAGE, high=1 << 46):
    """A size in bytes: "256KiB"; whole pages."""
    match = SIZE.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise document.error(path, f"'{path[-1]}' is {shown(value)}, which is no size",
                             'write it like "64KiB" or "1MiB"')
    result = int(match.group(1)) * SIZE_UNITS[match.group(2)]
    if result % PAGE != 0:
        raise document.error(path, f"'{path[-1]}' is \"{value}\", but memory comes in pages of 4 KiB",
                             f'the next is "{(result // PAGE + 1) * 4}KiB"')
    if not low <= result <= high:
        limit = f"at least {size_text(low)}" if result < low else f"at most {size_text(high)}"
        raise document.error(path, f"'{path[-1]}' is \"{value}\", but must be {limit}")
    return result


def budget(document, path, value, smallest):
    """A budget in a period, "2ms/10ms", as two numbers of nanoseconds."""
    match = re.fullmatch(f"{TIME.pattern}\\s*/\\s*{TIME.pattern}", value) if isinstance(value, str) else None
    if match is None:
        raise document.error(path, f"'{path[-1]}' is {shown(value)}, which is no budget",
                             'write the time and the period that it is for, like "2ms/10ms"')
    spent = int(match.group(1)) * TIME_UNITS[match.group(2)]
    period = int(match.group(3)) * TIME_UNITS[match.group(4)]
    if spent > period:
        raise document.error(path, f"budget \"{value}\" is more than 100 % of a core",
                             "the budget can be at most the period")
    if spent < smallest:
        raise document.error(path, f"budget \"{value}\" is too short: a component needs at least "
                             f"{smallest // 1000}us in a period")
    if period > 3600 * TIME_UNITS["s"]:
        raise document.error(path, f"budget \"{value}\" has a period of more than an hour")
    return spent, period


def number_range(document, path, value):
    """"0x3f8-0x3ff" or "0xcf9" as the first number and the count."""
    match = re.fullmatch(rf"({NUMBER})(?:\s*-\s*({NUMBER}))?",
                         value) if isinstance(value, str) else None
    if match is None:
        raise document.error(path, f"'{path[-1]}' is {shown(value)}, which is no range",
                             'write it like "0x3f8-0x3ff"')
    first, last = (int(text, 16 if text.startswith("0x") else 10) for text in (match.group(1), match.group(2) or match.group(1)))
    if last < first:
        raise document.error(path, f"'{path[-1]}' is \"{value}\", but the range ends before it begins")
    return first, last - first + 1
