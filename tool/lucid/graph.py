# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid graph SYSTEM`: the description as an SVG image.

Higher priority stands higher. Each component is a box with its time, memory and devices; the interfaces that it provides are tabs on it,
and a line leads from each client to the tab that it may call. What the checks or the analysis complain of is red, numbered, and told
below. Text is in a font of fixed width, so that how much room it takes is known here.
"""
from html import escape
from pathlib import Path

from . import analysis
from .board import load_board
from .build import folder_name
from .common import EXIT_OK, ROOT, complain, relative, say, size_text, write_atomically
from .description import load_system
from .layers import Layout
from .relations import percent
from .report import resource_text, time_text

FONT = "ui-monospace, 'DejaVu Sans Mono', 'Liberation Mono', Menlo, Consolas, monospace"
CHARACTER = 0.61              # widths of a character, in font sizes: no font of these is wider
SMALL, NORMAL, LARGE = 10, 11, 13
LINE = 15
PAD = 9
TAB_HEIGHT, TAB_GAP = 18, 6
PORT = 12                     # between lines that leave a box
ZONE = 26                     # above and below a row, for tabs: lines go straight there
CURVE = 44                    # between two zones
MARGIN_LEFT, MARGIN = 84, 24
ROW_MOST = 7                  # boxes in a row
COLOURS = ("#2f6db3", "#3a8a4a", "#8a5fb0", "#b07a1f", "#2b8f94", "#6b7a2a", "#a0527c", "#5a6472")
RED = "#c62828"
STYLE = (f"text{{font-family:{FONT};font-size:{NORMAL}px;fill:#222}}.name{{font-size:{LARGE}px;font-weight:bold}}.small{{font-size:{SMALL}px;fill:#555}}"
         ".box{fill:#fff;stroke:#5a6472;stroke-width:1.2}.passive{stroke-dasharray:6 3}.device{fill:#b26a00}.session{fill:none;stroke-width:1.4}"
         f".tab{{fill:#eef3fa;stroke:#5a6472}}.idle{{fill:#f4f4f4;stroke:#999;stroke-dasharray:3 2}}.wrong{{stroke:{RED};stroke-width:2}}.box.wrong{{fill:#fdecec}}"
         f".told{{fill:{RED}}}")


def command(arguments):
    """./lucid graph"""
    system = load_system(arguments.system, load_board(arguments.board), collect=True, settings=arguments.set)
    complaints = all_complaints(system)
    output = Path(arguments.output) if arguments.output else ROOT / "build" / system.board.name / folder_name(system) / "graph.svg"
    write_atomically(output, svg(system, complaints))
    for one in complaints:
        complain(analysis.text_of(system, one))
    say(f"drew {relative(output)}: {counted(len(system.components), 'component')}, {counted(sum(len(c.uses) for c in system.components), 'session')}, "
        f"{counted(len(complaints), 'complaint')}")
    return EXIT_OK


def all_complaints(system):
    return [*system.complaints, *system.core_complaints(system.cores), *analysis.complaints(system)]


def counted(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def text_width(text, size=NORMAL):
    return len(text) * size * CHARACTER


# ---- Boxes

class Box:
    """A component, or the place of one that is missing (`component` is None): its lines of text, its tabs, its lines to servers."""

    def __init__(self, name, component, board, numbers):
        self.name = name
        self.component = component
        self.numbers = numbers        # of the complaints about it
        self.lines = self._lines(board) if component else [("small", "missing")]
        self.tabs = {"above": [], "below": []}     # names of interfaces, at the sides where they are called
        self.ports = {"above": [], "below": []}    # uses, at the sides where they leave
        self.head = name + (f"  !{','.join(map(str, numbers))}" if numbers else "")
        self.height = 2 * PAD + LINE * (1 + len(self.lines))
        self.left = self.top = 0

    def _lines(self, board):
        component = self.component
        time = "passive, on its clients' time" if component.passive else time_text(component) if component.budget_ns < component.period_ns else "time without limit"
        words = ["starts again"] * (component.restart == "always") + ["manual start"] * (component.start == "manual") + ["FPU"] * component.fpu + ["control"] * component.control
        where = "" if component.passive else f", core {component.core}"
        lines = [("", f"priority {component.priority}{where}"), ("", time),
                 ("", f"{size_text(component.memory)}: stack {size_text(component.stack)}, heap {size_text(component.heap)}")]
        lines += [("small", ", ".join(words))] if words else []
        for device in component.devices:
            lines += [("device", f"{device}: {resource_text(resource)}") for resource in board.devices.get(device, [])] or [("told", f"{device}: not on this board")]
        return lines

    def tab_text(self, provided):
        interface = self.component.provides.get(provided) if self.component else None
        return f"{provided}: {interface}" if interface else provided

    def tab_width(self, provided):
        return round(text_width(self.tab_text(provided), SMALL) + 10)

    def _side(self, side):
        return sum(self.tab_width(tab) + TAB_GAP for tab in self.tabs[side]) + PORT * len(self.ports[side])

    @property
    def width(self):
        lines = [text_width(self.head, LARGE), *(text_width(text, SMALL if kind == "small" else NORMAL) for kind, text in self.lines)]
        return round(max(*lines, self._side("above"), self._side("below")) + 2 * PAD)

    @property
    def bottom(self):
        return self.top + self.height

    def tab_left(self, side, provided):
        before = self.tabs[side][:self.tabs[side].index(provided)]
        return self.left + PAD + sum(self.tab_width(tab) + TAB_GAP for tab in before)

    def tab_top(self, side):
        return self.bottom if side == "below" else self.top - TAB_HEIGHT

    def port(self, side, use):
        """Where a line leaves: beside the tabs, spread over what they leave."""
        start = self.left + PAD + sum(self.tab_width(tab) + TAB_GAP for tab in self.tabs[side])
        room = self.left + self.width - PAD - start
        return round(start + room * (self.ports[side].index(use) + 0.5) / len(self.ports[side]))


# ---- The drawing

class Drawing:
    def __init__(self, system, complaints):
        self.system = system
        self.complaints = complaints
        self.wrong_uses = {use.place for one in complaints for use in one.uses}
        self.boxes = {}
        self.rows, self.bands = [], []    # names in each row; (label, first row, last row)
        self._make_boxes()
        self._make_rows()
        self.row_of = {name: number for number, row in enumerate(self.rows) for name in row}
        self.uses = [(component.name, use) for component in system.components for use in component.uses]
        self._make_sides()
        self.layout = Layout([[(name, self.boxes[name].width) for name in row] for row in self.rows],
                             [(client, use.server, (use.server, use.provided)) for client, use in self.uses])
        self._put()

    def _make_boxes(self):
        system, numbers = self.system, {}
        for number, one in enumerate(self.complaints, 1):
            for name in one.components:
                numbers.setdefault(name, []).append(number)
        for component in system.components:
            self.boxes[component.name] = Box(component.name, component, system.board, numbers.get(component.name, []))
        for component in system.components:
            for use in component.uses:
                if use.server not in self.boxes:
                    self.boxes[use.server] = Box(use.server, None, system.board,
                                                 [number for number, one in enumerate(self.complaints, 1) if any(use.server == other.server for other in one.uses)])

    def _make_rows(self):
        """Higher priorities first; of the same priority, servers above their clients, and not too many side by side."""
        missing = [name for name, box in self.boxes.items() if box.component is None]
        if missing:
            self._add_band("missing", {0: missing})
        for priority in sorted({component.priority for component in self.system.components}, reverse=True):
            depths, levels = {}, {}
            for component in self.system.components:  # providers come first
                if component.priority == priority:
                    depths[component.name] = 1 + max((depths[use.server] for use in component.uses if use.server in depths), default=-1)
                    levels.setdefault(depths[component.name], []).append(component.name)
            self._add_band(str(priority), levels)

    def _add_band(self, label, levels):
        first = len(self.rows)
        for _, names in sorted(levels.items()):
            count = -(-len(names) // ROW_MOST)
            self.rows += [names[len(names) * part // count:len(names) * (part + 1) // count] for part in range(count)]
        self.bands.append((label, first, len(self.rows) - 1))

    def _make_sides(self):
        for client, use in self.uses:
            server = self.boxes[use.server]
            leaves, enters = self.sides(client, use)
            self.boxes[client].ports[leaves].append(use)
            if use.provided not in server.tabs[enters]:
                server.tabs[enters].append(use.provided)
        for box in self.boxes.values():
            provides = list(box.component.provides) if box.component else []
            for tabs in box.tabs.values():
                tabs.sort(key=lambda provided: (provided not in provides, provides.index(provided) if provided in provides else 0))
            unused = [provided for provided in provides if provided not in box.tabs["above"] + box.tabs["below"]]
            box.tabs["below"] += unused

    def sides(self, client, use):
        """Where a line leaves the client's box and enters the server's."""
        rows = self.row_of[client], self.row_of[use.server]
        if rows[0] == rows[1]:
            return "below", "below"
        return ("above", "below") if rows[0] > rows[1] else ("below", "above")

    def _put(self):
        """Give every box its place; boxes of a row stand on the same line."""
        self.shift = MARGIN_LEFT + MARGIN - self.layout.left
        self.row_top, self.row_bottom, at = [], [], self.head_height() + ZONE
        for row in self.rows:
            height = max(self.boxes[name].height for name in row)
            self.row_top.append(at)
            self.row_bottom.append(at + height)
            at += height + 2 * ZONE + CURVE
            for name in row:
                box = self.boxes[name]
                box.left = round(self.layout.boxes[name].x + self.shift - box.width / 2)
                box.top = self.row_bottom[-1] - box.height
        next_x = {use.place: way[1].x for (_, use), way in zip(self.uses, self.layout.ways)}
        for box in self.boxes.values():
            for ports in box.ports.values():
                ports.sort(key=lambda use: next_x[use.place])
        self.end = at - CURVE
        self.width = round(self.layout.right + self.shift + MARGIN)

    # ---- Text around it

    def head(self):
        system = self.system
        limited = [component for component in system.components if component.budget_ns < component.period_ns]
        cores = ", ".join(f"core {core}: {sum(percent(one) for one in limited if one.core == core):.0f} %" for core in range(system.cores))
        memory = sum(component.memory for component in system.components)
        return [f"System {system.name} on {system.board.name} ({system.board.what})",
                f"memory: components {size_text(memory)}, machine {size_text(system.memory)}; promised time: {cores}",
                f"root component: {relative(system.root)}, priority 255; every component has a session with it"]

    def head_height(self):
        return MARGIN + LINE * len(self.head()) + 12

    def foot(self, width):
        """Complaints, in lines that fit: (text, goes on from the line before)."""
        most = int((width - 2 * MARGIN) / (NORMAL * CHARACTER))
        return [line for number, one in enumerate(self.complaints, 1)
                for line in wrapped(f"!{number} {analysis.text_of(self.system, one)}".replace("\n   ", "; "), most)]


LEGEND = (("line", "a client may call this interface of a server"), ("tab", "an interface that a component provides"),
          ("idle", "an interface that no component uses"), ("passive", "a passive component: it runs on its clients' time"),
          ("device", "what it has of a device"), ("wrong", "a complaint, told below with its number"))


def wrapped(text, most):
    lines, line = [], ""
    for word in text.split(" "):
        while len(word) > most:
            lines += [line] * bool(line) + [word[:most]]
            word, line = word[most:], ""
        if line and len(line) + 1 + len(word) > most:
            lines.append(line)
            line = "   " + word
        else:
            line = f"{line} {word}" if line else word
    return [*lines, line]


def svg(system, complaints):
    drawing = Drawing(system, complaints)
    head = drawing.head()
    width = max(drawing.width, *(round(text_width(text, LARGE)) + 2 * MARGIN for text in head),
                *(round(text_width(text)) + 90 + 2 * MARGIN for _, text in LEGEND))
    foot = drawing.foot(width)
    legend_top = drawing.end + 10
    height = legend_top + LINE * (len(LEGEND) + 1) + 14 + LINE * len(foot) + MARGIN
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">',
             f"<title>{escape(head[0])}</title>", f"<style>{STYLE}</style>", "<defs>", *map(marker, (*COLOURS, RED)), "</defs>",
             f'<rect width="{width}" height="{height}" fill="#fff"/>', *bands(drawing, width)]
    parts += [text_at(MARGIN, MARGIN + LINE * index, text, "name" if index == 0 else "") for index, text in enumerate(head)]
    parts += [session(drawing, client, use, way) for (client, use), way in zip(drawing.uses, drawing.layout.ways)]
    for box in drawing.boxes.values():
        parts += component(drawing, box)
    parts += legend(legend_top)
    top = legend_top + LINE * (len(LEGEND) + 1) + 20
    parts += [text_at(MARGIN, top + LINE * index, text, "told") for index, text in enumerate(foot)]
    return "\n".join([*parts, "</svg>"]) + "\n"


def text_at(x, y, text, kind=""):
    return f'<text x="{x}" y="{y}" xml:space="preserve"' + (f' class="{kind}"' if kind else "") + f">{escape(text)}</text>"


def marker(colour):
    return (f'<marker id="{marker_name(colour)}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            f'<path d="M0,0 L8,4 L0,8 z" fill="{colour}"/></marker>')


def marker_name(colour):
    return f"to{colour[1:]}"


def bands(drawing, width):
    """A strip for each priority."""
    parts = []
    for index, (label, first, last) in enumerate(drawing.bands):
        top, bottom = drawing.row_top[first] - ZONE, drawing.row_bottom[last] + ZONE
        parts += [f'<rect class="band" x="0" y="{top}" width="{width}" height="{bottom - top}" fill="{"#f5f7f9" if index % 2 == 0 else "#fbfbf8"}"/>',
                  text_at(12, (top + bottom) // 2 - 4, "priority" if label.isdigit() else "", "small"), text_at(12, (top + bottom) // 2 + 10, label, "name")]
    return parts


def component(drawing, box):
    """Its box, what stands in it, and its tabs."""
    wrong = [analysis.text_of(drawing.system, drawing.complaints[number - 1]) for number in box.numbers]
    kinds = "box" + (" passive" if box.component is None or box.component.passive else "") + (" wrong" if wrong else "")
    title = f"{box.name}: {relative(box.component.source)}" if box.component else f"{box.name}: there is no such component"
    parts = [f'<g class="component" data-name="{escape(box.name)}"><title>{escape(chr(10).join([title, *wrong]))}</title>',
             f'<rect class="{kinds}" x="{box.left}" y="{box.top}" width="{box.width}" height="{box.height}" rx="5"/>',
             text_at(box.left + PAD, box.top + PAD + 11, box.head, "name told" if wrong else "name")]
    parts += [text_at(box.left + PAD, box.top + PAD + 11 + LINE * (index + 1), text, kind) for index, (kind, text) in enumerate(box.lines)]
    for side, tabs in box.tabs.items():
        for provided in tabs:
            used = any((use.server, use.provided) == (box.name, provided) for _, use in drawing.uses)
            is_there = box.component is not None and provided in box.component.provides
            left, top, width = box.tab_left(side, provided), box.tab_top(side), box.tab_width(provided)
            title = f"{box.name} provides {box.tab_text(provided)}" if is_there else f"{box.name} does not provide '{provided}'"
            parts += [f'<g class="interface" data-name="{escape(f"{box.name}.{provided}")}"><title>{escape(title + ("" if used else "; no component uses it"))}</title>',
                      f'<rect class="tab{"" if used else " idle"}{"" if is_there else " wrong"}" x="{left}" y="{top}" width="{width}" height="{TAB_HEIGHT}" rx="4"/>',
                      text_at(left + 5, top + 13, box.tab_text(provided), "small"), "</g>"]
    return [*parts, "</g>"]


def session(drawing, client, use, way):
    """The line of one session: straight where it passes a row, curved between rows."""
    leaves, enters = drawing.sides(client, use)
    server, wrong = drawing.boxes[use.server], use.place in drawing.wrong_uses
    x, y = drawing.boxes[client].port(leaves, use), drawing.boxes[client].top if leaves == "above" else drawing.boxes[client].bottom
    end_x = server.tab_left(enters, use.provided) + server.tab_width(use.provided) // 2
    end_y = server.tab_top(enters) + (TAB_HEIGHT if enters == "below" else 0)
    path = f"M{x},{y}"
    if leaves == enters:
        deep = drawing.row_bottom[drawing.row_of[client]] + ZONE + CURVE // 2
        path += f" C{x},{deep} {end_x},{deep} {end_x},{end_y}"
    else:
        for node, following in zip(way, way[1:]):
            near = drawing.row_top[node.row] - ZONE if leaves == "above" else drawing.row_bottom[node.row] + ZONE
            far = drawing.row_bottom[following.row] + ZONE if leaves == "above" else drawing.row_top[following.row] - ZONE
            to = round(following.x + drawing.shift) if following.is_bend else end_x
            path += f" V{near} C{x},{(near + far) // 2} {to},{(near + far) // 2} {to},{far}"
            x = to
        path += f" V{end_y}"
    colour = RED if wrong else COLOURS[list(drawing.boxes).index(use.server) % len(COLOURS)]
    title = f"{client} uses {use.server}.{use.provided} as '{use.name}'"
    return (f'<path class="session{" wrong" if wrong else ""}" data-client="{escape(client)}" data-server="{escape(use.server)}" data-interface="{escape(use.provided)}" '
            f'd="{path}" stroke="{colour}" marker-end="url(#{marker_name(colour)})"><title>{escape(title)}</title></path>')


def legend(top):
    parts = [text_at(MARGIN, top + 10, "Higher in the picture: higher priority.", "small")]
    for index, (kind, text) in enumerate(LEGEND, 1):
        y = top + LINE * index
        if kind == "line":
            parts.append(f'<path d="M{MARGIN},{y + 6} H{MARGIN + 50}" class="session" stroke="{COLOURS[0]}" marker-end="url(#{marker_name(COLOURS[0])})"/>')
        elif kind == "device":
            parts.append(text_at(MARGIN, y + 10, "uart:", "device"))
        else:
            parts.append(f'<rect class="{"tab" if kind in ("tab", "idle") else "box"} {kind}" x="{MARGIN}" y="{y + 1}" width="50" height="{LINE - 5}" rx="3"/>')
        parts.append(text_at(MARGIN + 66, y + 10, text, "small"))
    return parts
