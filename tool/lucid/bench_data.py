# SPDX-License-Identifier: BSD-2-Clause
"""The files of `./lucid bench`: limits, anchors, and the history.

    bench/limits.toml    for a variant and a path: `limit`, which `make test` keeps and which only goes down; and `target`, where it is to go;
                         `lines` and `target_lines`, the same for lines of 64 bytes: executed, touched, written
    bench/anchors.toml   for a board and a path: what other kernels need, and the aim
    bench/history.csv    a row for each commit, compiler, board, number of cores and path
"""
import csv
import io
import json
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
# What a path may cost in instructions: `make test` fails when one costs more (suite `bench`). A limit goes down: ./lucid bench --lower writes
# what is measured where that is less, and adds paths that are new. `target` is the limit that is to be reached; without it, the limit is. `lines` and
# `target_lines` are the same for the lines of 64 bytes that the kernel executes, touches and writes. Where a limit had to go up, `raised` says why: ./lucid bench --raise WHY.
# Sections size-VARIANT are in bytes and lines: ./lucid size start --lower, --raise WHY.
"""
START = "first_user_instruction"  # from the kernel's first instruction on
CODE_LINES_SPARE = 2  # code that has moved, by a change elsewhere, may lie in so many lines more


@dataclass(frozen=True)
class Limit:
    limit: int
    target: int | None = None
    lines: tuple | None = None
    target_lines: tuple | None = None
    raised: str | None = None  # why it went up


def read_limits(path=LIMITS):
    """Variant name -> path -> Limit."""
    document = Document(path)
    return {variant: {name: _limit(document, variant, name, entry) for name, entry in paths.items()}
            for variant, paths in document.values.items()}


def _limit(document, variant, name, entry):
    if not isinstance(entry, dict) or "limit" not in entry or not all(_is_limit(key, value) for key, value in entry.items()):
        raise document.error((variant, name), f"the limit of '{name}' is not understood",
                             "write it like { limit = 573, target = 200 }, with lines = [28, 22, 17] and target_lines where lines have one")
    return Limit(**{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})


def _is_limit(key, value):
    if key in ("lines", "target_lines"):
        return isinstance(value, list) and len(value) == 3 and all(isinstance(number, int) for number in value)
    if key == "raised":
        return isinstance(value, str) and bool(value.strip())
    return key in ("limit", "target") and isinstance(value, int) and value > 0


def read_anchors(path=ANCHORS):
    """Board -> path -> peer or 'aim' -> instructions."""
    document = Document(path)
    for board, paths in document.values.items():
        for name, entry in paths.items():
            for key, value in entry.items():
                if key not in (*PEERS, "aim") or not isinstance(value, int):
                    raise document.error((board, name), f"'{key}' of '{name}' is not understood", f"known: {', '.join(PEERS)} and aim, each a number")
    return document.values


def lowered(limits, variant, figures):
    """The limits with what was measured. None goes up; what was not measured stays."""
    paths = dict(limits.get(variant, {}))
    for figure in figures:
        if figure.instructions is not None:
            paths[figure.path] = _lower(paths.get(figure.path), figure)
    return {**limits, variant: paths}


def _lower(old, figure):
    if old is None:
        return Limit(figure.instructions)
    limit = min(old.limit, max(figure.instructions, old.target or 0))
    lines = old.lines and tuple(map(min, old.lines, (figure.ilines, figure.dlines, figure.dlines_written)))
    return Limit(limit, old.target if old.target is not None and old.target < limit else None, lines, old.target_lines)


def raised(limits, variant, board, figures, why):
    """The limits, with those that are exceeded set to what was measured, and the reason beside them."""
    paths = dict(limits.get(variant, {}))
    for figure in figures:
        old = paths.get(figure.path)
        if old is not None and exceeded([figure], {figure.path: old}, board):
            lines = old.lines and tuple(map(max, old.lines, (figure.ilines, figure.dlines, figure.dlines_written)))
            paths[figure.path] = Limit(max(old.limit, figure.instructions), old.target, lines, old.target_lines, why)
    return {**limits, variant: paths}


def _toml(value):
    return json.dumps(list(value) if isinstance(value, tuple) else value)


def limits_text(limits):
    """limits.toml."""
    lines = [LIMITS_HEAD]
    for variant in sorted(limits, key=lambda name: ("cores" in name, name)):
        lines.append(f"[{variant}]")
        width = max(map(len, limits[variant]), default=0)
        for name, limit in limits[variant].items():
            entries = [f"{key} = {_toml(value)}" for key, value in vars(limit).items() if value is not None]
            lines.append(f"{name:<{width}} = {{ {', '.join(entries)} }}")
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def write_limits(limits, path=LIMITS):
    write_atomically(path, limits_text(limits))


def tolerance(figure, limit, board):
    """How much above a limit is still at it. Only x86-64 has a clock with a tick for each instruction; with others, how far a tick is when a
    path begins decides what the kernel has to account for, and that depends on all that was executed before, as on the length of a version.
    How long a start takes depends on the size of what is checked, and so on every name of a function of the kernel."""
    if figure.path == START:
        return limit // 200
    return 0 if figure.unit != "instructions" or load_board(board).arch == "x86_64" else 1 + limit // 200


def exceeded(figures, limits, board):
    """A sentence for each path that costs more than its limit, or that has none; and for each limit whose path was not measured."""
    found = []
    for figure in figures:
        limit = limits.get(figure.path)
        if figure.instructions is None:
            continue
        if limit is None:
            found.append(f"{figure.path}: {figure.instructions} {figure.unit}, and no limit in {relative(LIMITS)}: ./lucid bench --lower adds it")
        elif figure.instructions > limit.limit + tolerance(figure, limit.limit, board):
            found.append(f"{figure.path}: expected at most {limit.limit} {figure.unit}, seen {figure.instructions}")
        if limit is not None and limit.lines is not None:
            found += _lines_exceeded(figure, limit.lines)
    seen = {figure.path for figure in figures}
    found += [f"{name}: expected to be measured, as it has a limit; seen nothing" for name in limits if name not in seen]
    return found


def _lines_exceeded(figure, lines):
    seen = figure.ilines, figure.dlines, figure.dlines_written
    allowed = lines[0] + CODE_LINES_SPARE, *lines[1:]
    return [f"{figure.path}: expected at most {most} lines {what}, seen {count}"
            for count, most, what in zip(seen, allowed, ("executed", "touched", "written")) if count is not None and count > most]


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
