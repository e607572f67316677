# SPDX-License-Identifier: BSD-2-Clause
"""A small layered layout for `./lucid graph`: boxes in given rows, lines between them that cross no box.

A line that passes a row takes a place of its own there, a bend, and goes through it straight up; between rows it curves. Lines that lead
to the same end share their bends: they join on the way. The order in a row is found by sweeps that put each node at the mean place of its
neighbours and keep the order with the fewest crossings; then nodes are moved towards their neighbours as far as those beside them let
them. Nothing here is random: the same input has the same result.
"""
from dataclasses import dataclass, field

BOX_GAP, BEND_GAP = 28, 12
BEND_WIDTH = 6
ORDER_SWEEPS, PLACE_SWEEPS = 12, 16


@dataclass(eq=False)
class Node:
    """A box, or a bend of lines."""
    key: object
    row: int
    width: float
    is_bend: bool = False
    x: float = 0.0                               # of its middle
    near: list = field(default_factory=list)     # nodes in the next rows that lines lead to, once for each line

    def gap(self, other):
        """From middle to middle, at least."""
        return (self.width + other.width) / 2 + (BEND_GAP if self.is_bend or other.is_bend else BOX_GAP)


class Layout:
    """`rows`: lists of (key, width), from above. `lines`: (from key, to key, end); lines with the same end share their bends."""

    def __init__(self, rows, lines):
        self.boxes = {key: Node(key, number, width) for number, row in enumerate(rows) for key, width in row}
        self.rows = [[self.boxes[key] for key, _ in row] for row in rows]
        self.bends = {}
        self.ways = [self._way(*line) for line in lines]
        self._order()
        self._place()

    def _way(self, start, target, end):
        """The nodes that a line goes through."""
        first, last = self.boxes[start], self.boxes[target]
        step = 1 if last.row > first.row else -1
        way = [first, *(self._bend(row, end) for row in range(first.row + step, last.row, step)), last]
        if first.row != last.row:
            for one, other in zip(way, way[1:]):
                one.near.append(other)
                other.near.append(one)
        return way

    def _bend(self, row, end):
        if (row, end) not in self.bends:
            self.bends[row, end] = Node(end, row, BEND_WIDTH, True)
            self.rows[row].append(self.bends[row, end])
        return self.bends[row, end]

    # ---- Order

    def _order(self):
        best, fewest = None, None
        for sweep in range(ORDER_SWEEPS + 1):
            crossings = sum(self._crossings(row) for row in range(len(self.rows) - 1))
            if fewest is None or crossings < fewest:
                best, fewest = [list(row) for row in self.rows], crossings
            self._sweep(downwards=sweep % 2 == 0)
        self.rows = best

    def _positions(self):
        """Of each node in its row, from 0 to 1."""
        return {node: (place + 0.5) / len(row) for row in self.rows for place, node in enumerate(row)}

    def _sweep(self, downwards):
        rows = range(len(self.rows)) if downwards else reversed(range(len(self.rows)))
        for row in rows:
            places = self._positions()
            self.rows[row].sort(key=lambda node: mean([places[other] for other in self._neighbours(node, downwards)], places[node]))

    @staticmethod
    def _neighbours(node, above):
        found = [other for other in node.near if (other.row < node.row) == above]
        return found or node.near

    def _crossings(self, row):
        places = self._positions()
        lines = sorted((places[node], places[other]) for node in self.rows[row] for other in node.near if other.row == row + 1)
        return sum(1 for index, (_, end) in enumerate(lines) for start, other in lines[:index] if other > end and start < lines[index][0])

    # ---- Places

    def _place(self):
        for row in self.rows:
            self._move(row, [0.0] * len(row))
        for sweep in range(PLACE_SWEEPS):
            for row in self.rows if sweep % 2 == 0 else reversed(self.rows):
                self._move(row, [mean([other.x for other in node.near], node.x) for node in row])

    @staticmethod
    def _move(row, wanted):
        """As near to the wanted places as the order and the gaps allow: the mean of being pushed from the left and from the right."""
        from_left, from_right = list(wanted), list(wanted)
        for index in range(1, len(row)):
            from_left[index] = max(wanted[index], from_left[index - 1] + row[index - 1].gap(row[index]))
        for index in range(len(row) - 2, -1, -1):
            from_right[index] = min(wanted[index], from_right[index + 1] - row[index].gap(row[index + 1]))
        for node, left, right in zip(row, from_left, from_right):
            node.x = (left + right) / 2

    @property
    def left(self):
        return min((node.x - node.width / 2 for row in self.rows for node in row), default=0)

    @property
    def right(self):
        return max((node.x + node.width / 2 for row in self.rows for node in row), default=0)


def mean(values, otherwise):
    return sum(values) / len(values) if values else otherwise
