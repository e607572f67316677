# SPDX-License-Identifier: BSD-2-Clause
"""The files of `./lucid bench`: limits, anchors, and the history.

    bench/limits.toml    for a variant and a path: `limit`, which `make test` keeps and which only goes down; and `target`, where it is to go
    bench/anchors.toml   for a board and a path: what other kernels need, and the aim
    bench/history.csv    a row for each commit, compiler, board, number of cores and path
"""
import csv
import io
from dataclasses import dataclass

from .board import load_board
from .common import ROOT, ToolError, relative, write_atomically
from .toml_places import Document

FOLDER = ROOT / "bench"
LIMITS = FOLDER / "limits.toml"
ANCHORS = FOLDER / "anchors.toml"
HISTORY = FOLDER / "history.csv"
PEERS = ("sel4", "mcs", "nova", "fiasco")
HISTORY_FIELDS = ("commit", "compiler", "board", "cores", "path", "instructions", "ilines", "dlines", "dlines_written")
FIGURES = HISTORY_FIELDS[5:]
LIMITS_HEAD = """\
# What a path may cost in instructions: `make test` fails when one costs more (suite `bench`). A limit only goes down: ./lucid bench --lower writes
# what is measured where that is less, and adds paths that are new. `target` is the limit that is to be reached; without it, the limit is.
"""


@dataclass(frozen=True)
class Limit:
    limit: int
    target: int | None = None


def read_limits(path=LIMITS):
    """Variant name -> path -> Limit."""
    document = Document(path)
    return {variant: {name: _limit(document, variant, name, entry) for name, entry in paths.items()}
            for variant, paths in document.values.items()}


def _limit(document, variant, name, entry):
    known = isinstance(entry, dict) and set(entry) <= {"limit", "target"} and "limit" in entry
    if not known or not all(isinstance(value, int) and value > 0 for value in entry.values()):
        raise document.error((variant, name), f"the limit of '{name}' is not understood", "write it like { limit = 573, target = 200 }")
    return Limit(**entry)


def read_anchors(path=ANCHORS):
    """Board -> path -> peer or 'aim' -> instructions."""
    document = Document(path)
    for board, paths in document.values.items():
        for name, entry in paths.items():
            for key, value in entry.items():
                if key not in (*PEERS, "aim") or not isinstance(value, int):
                    raise document.error((board, name), f"'{key}' of '{name}' is not understood", f"known: {', '.join(PEERS)} and aim, each a number")
    return document.values


def lowered(limits, variant, seen):
    """The limits with what was seen: path -> instructions. None goes up; what is not seen stays."""
    paths = dict(limits.get(variant, {}))
    for name, instructions in seen.items():
        old = paths.get(name)
        if old is None:
            paths[name] = Limit(instructions)
        elif instructions < old.limit:
            reached = old.target is not None and instructions <= old.target
            paths[name] = Limit(old.target if reached else instructions, None if reached else old.target)
    return {**limits, variant: paths}


def limits_text(limits):
    """limits.toml."""
    lines = [LIMITS_HEAD]
    for variant in sorted(limits, key=lambda name: ("cores" in name, name)):
        lines.append(f"[{variant}]")
        width = max(map(len, limits[variant]), default=0)
        for name, limit in limits[variant].items():
            target = f", target = {limit.target}" if limit.target is not None else ""
            lines.append(f"{name:<{width}} = {{ limit = {limit.limit}{target} }}")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def write_limits(limits, path=LIMITS):
    write_atomically(path, limits_text(limits))


def tolerance(limit, board):
    """How much above a limit is still at it. Only x86-64 has a clock with a tick for each instruction; with others, how far a tick is when a
    path begins decides what the kernel has to account for, and that depends on all that was executed before, as on the length of a version."""
    return 0 if load_board(board).arch == "x86_64" else 1 + limit // 200


def exceeded(figures, limits, board):
    """A sentence for each path that costs more than its limit, or that has none; and for each limit whose path was not measured."""
    found = []
    for figure in figures:
        limit = limits.get(figure.path)
        if figure.instructions is None:
            continue
        if limit is None:
            found.append(f"{figure.path}: {figure.instructions} instructions, and no limit in {relative(LIMITS)}: ./lucid bench --lower adds it")
        elif figure.instructions > limit.limit + tolerance(limit.limit, board):
            found.append(f"{figure.path}: expected at most {limit.limit} instructions, seen {figure.instructions}")
    seen = {figure.path for figure in figures}
    found += [f"{name}: expected to be measured, as it has a limit; seen nothing" for name in limits if name not in seen]
    return found


def read_history(path=HISTORY):
    """Rows, each a dictionary of HISTORY_FIELDS; the figures are numbers or None."""
    if not path.exists():
        return []
    reader = csv.DictReader(io.StringIO(path.read_text()))
    if reader.fieldnames is None or tuple(reader.fieldnames) != HISTORY_FIELDS:
        raise ToolError(f"{relative(path)}:1: the columns are not those of this tool", f"they are: {','.join(HISTORY_FIELDS)}")
    rows = []
    for number, row in enumerate(reader, 2):
        try:
            rows.append({**row, "cores": int(row["cores"]), **{name: int(row[name]) if row[name] else None for name in FIGURES}})
        except (TypeError, ValueError):
            raise ToolError(f"{relative(path)}:{number}: a figure is no number") from None
    return rows


def history_rows(figures, commit, variant):
    return [{"commit": commit, "compiler": variant.compiler, "board": variant.board, "cores": variant.cores, "path": figure.path,
             **{name: getattr(figure, name) for name in FIGURES}} for figure in figures]


def recorded(rows, new):
    """The history with new rows; those of the same commit, compiler, board, number of cores and path are replaced."""
    def key(row):
        return tuple(row[name] for name in HISTORY_FIELDS[:5])
    fresh = {key(row) for row in new}
    return [row for row in rows if key(row) not in fresh] + new


def write_history(rows, path=HISTORY):
    text = io.StringIO()
    writer = csv.DictWriter(text, HISTORY_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: "" if row[name] is None else row[name] for name in HISTORY_FIELDS} for row in rows)
    write_atomically(path, text.getvalue())
