# SPDX-License-Identifier: BSD-2-Clause
"""Values as descriptions and boards write them ("256KiB", "2ms/10ms", "0x3f8-0x3ff"), and the checks that
both share.

Every function takes the document and the path of keys where the value stands, so that an error can name the
line.
"""
import re

from .common import closest, listing

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
SIZE = re.compile(r"(\d+)\s*(B|KiB|MiB|GiB)")
SIZE_UNITS = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
TIME = re.compile(r"(\d+)\s*(ns|us|ms|s)")
TIME_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
TYPES = {str: "a text in quotes", int: "a whole number", bool: "true or false", dict: "a table",
         list: "a list in [ ]"}
PAGE = 4096


def article(noun):
    return f"an {noun}" if noun[0] in "aeiou" else f"a {noun}"


def known_keys(document, path, table, known, what):
    """Complain about the first key that is not known here."""
    for key in table:
        if key not in known:
            meant = closest(key, known)
            raise document.error(path + (key,), f"{what} has no key '{key}'",
                                 f"did you mean '{meant}'?" if meant else f"it has: {listing(sorted(known))}")


def typed(document, path, value, kind):
    """The value, if it has the type (a bool is no int)."""
    if type(value) is not kind:
        raise document.error(path, f"'{path[-1]}' must be {TYPES[kind]}, not {shown(value)}")
    return value


def shown(value):
    """A value as it stands in TOML, short."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    return f"\"{value}\"" if isinstance(value, str) else str(value)


def name(document, path, value, what):
    """A name that a program and a file can have."""
    if not NAME.fullmatch(value):
        raise document.error(path, f"'{value}' cannot be the name of {article(what)}",
                             "a name is a small letter, then up to 30 small letters, digits or '_'")
    return value


def one_of(document, path, value, choices):
    typed(document, path, value, str)
    if value not in choices:
        meant = closest(value, choices)
        possible = " or ".join(shown(choice) for choice in choices)
        raise document.error(path, f"'{path[-1]}' is \"{value}\", but can only be {possible}",
                             f"did you mean \"{meant}\"?" if meant else None)
    return value


def number(document, path, value, low, high):
    typed(document, path, value, int)
    if not low <= value <= high:
        raise document.error(path, f"'{path[-1]}' is {value}, but must be from {low} to {high}")
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
        limit = f"at least {low // 1024}KiB" if result < low else f"at most {high // 1024}KiB"
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
    match = re.fullmatch(r"(0x[0-9a-fA-F]+|\d+)(?:\s*-\s*(0x[0-9a-fA-F]+|\d+))?",
                         value) if isinstance(value, str) else None
    if match is None:
        raise document.error(path, f"'{path[-1]}' is {shown(value)}, which is no range",
                             'write it like "0x3f8-0x3ff"')
    first = int(match.group(1), 0)
    last = int(match.group(2), 0) if match.group(2) else first
    if last < first:
        raise document.error(path, f"'{path[-1]}' is \"{value}\", but the range ends before it begins")
    return first, last - first + 1
