# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench --plot`: the history as one SVG image, a small chart for each path, a line for each board."""
from html import escape

from . import bench_data
from .common import EXIT_OK, ToolError, relative, say, write_atomically

COLUMNS = 3
WIDTH, HEIGHT = 340, 170            # of a chart with its margins
LEFT, RIGHT, TOP, BOTTOM = 48, 12, 28, 22
COLOURS = ("#1f5fa8", "#b5442c", "#3a8a4a", "#7a4fa3", "#a8821f", "#4d4d4d")
HEADING = 40


def command(path):
    rows = [row for row in bench_data.read_history() if row["instructions"] is not None]
    if not rows:
        raise ToolError(f"{relative(bench_data.HISTORY)}: there is nothing to draw", "./lucid bench --record adds the figures of this commit")
    write_atomically(path, svg(rows))
    say(f"drew {relative(path)}")
    return EXIT_OK


def series_name(row):
    return (row["board"] + (f", {row['cores']} cores" if row["cores"] > 1 else "")
            + (f", {row['compiler']}" if row["compiler"] != "gcc" else ""))


def svg(rows):
    """The image. Commits are in the order of the rows; all charts have the same ones from left to right."""
    commits, paths, names = ([*dict.fromkeys(values)] for values in
                             ((row["commit"] for row in rows), (row["path"] for row in rows), map(series_name, rows)))
    colours = {name: COLOURS[index % len(COLOURS)] for index, name in enumerate(names)}
    lines = -(-len(paths) // COLUMNS)
    size = COLUMNS * WIDTH, HEADING + lines * HEIGHT
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{size[0]}" height="{size[1]}" viewBox="0 0 {size[0]} {size[1]}" '
             'font-family="sans-serif" font-size="11">', f'<rect width="{size[0]}" height="{size[1]}" fill="white"/>', *legend(colours)]
    for index, path in enumerate(paths):
        left, top = index % COLUMNS * WIDTH, HEADING + index // COLUMNS * HEIGHT
        here = [row for row in rows if row["path"] == path]
        parts += [f'<g transform="translate({left},{top})">', *chart(path, here, commits, colours), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def legend(colours):
    return [f'<text x="{LEFT + index * 190}" y="20" fill="{colour}">\u25a0 {escape(name)}</text>' for index, (name, colour) in enumerate(colours.items())]


def chart(path, rows, commits, colours):
    """One path: instructions from 0 up, over the commits."""
    top_value = max(row["instructions"] for row in rows) or 1
    bottom, width = HEIGHT - BOTTOM, WIDTH - LEFT - RIGHT

    def place(row):
        x = LEFT + width * commits.index(row["commit"]) / max(1, len(commits) - 1)
        return x, bottom - (bottom - TOP) * row["instructions"] / top_value

    parts = [f'<text x="{LEFT}" y="{TOP - 8}" font-weight="bold">{escape(path)}</text>',
             f'<path d="M{LEFT},{TOP} V{bottom} H{WIDTH - RIGHT}" fill="none" stroke="#999"/>',
             f'<text x="{LEFT - 5}" y="{TOP + 4}" text-anchor="end">{top_value}</text>',
             f'<text x="{LEFT - 5}" y="{bottom}" text-anchor="end">0</text>',
             f'<text x="{LEFT}" y="{HEIGHT - 6}" fill="#666">{escape(commits[0])}</text>',
             f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 6}" text-anchor="end" fill="#666">{escape(commits[-1]) if len(commits) > 1 else ""}</text>']
    for name, colour in colours.items():
        points = [place(row) for row in rows if series_name(row) == name]
        if len(points) > 1:
            parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in points)}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]
    return parts
