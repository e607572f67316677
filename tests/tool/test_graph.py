# SPDX-License-Identifier: BSD-2-Clause
"""The drawing of a system, read back: everything of the description is in it, boxes and text keep apart, lines cross no box."""
import os
import re
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

from support import ROOT, FolderTest

from lucid import analysis, graph
from lucid.board import load_board
from lucid.description import load_system

SVG = "{http://www.w3.org/2000/svg}"
WIDEST = 0.602   # of the fonts that are named, in font sizes
HEAD = '[system]\nname = "sample"\nroot = "client"\n'


def many(number):
    """A system of so many components on two cores: services, and clients of several of them, up and down."""
    text = HEAD + "cores = 2\n"
    for index in range(number):
        uses = {f"s{step}": index // step - 1 for step in (2, 3, 5) if index // step >= 1}
        text += (f'[component.component_number_{index}]\nsource = "client"\nmemory = "128KiB"\nprovides = {{ x = "Echo", other = "Log" }}\n'
                 f'core = {index % 2}\npriority = {250 - index % 7 * 20}\n'
                 f'uses = {{ {", ".join(f"""{name} = "component_number_{server}.x" """ for name, server in uses.items())} }}\n')
    return text


class Picture:
    """What stands in an SVG."""

    def __init__(self, text):
        self.root = ElementTree.fromstring(text)
        self.width, self.height = (int(self.root.get(key)) for key in ("width", "height"))
        self.groups = {group.get("data-name"): group for group in self.root.iter(SVG + "g") if group.get("class") == "component"}
        self.boxes = {name: self.rectangle(group.find(SVG + "rect")) for name, group in self.groups.items()}
        self.tabs = {tab.get("data-name"): self.rectangle(tab.find(SVG + "rect")) for tab in self.root.iter(SVG + "g") if tab.get("class") == "interface"}
        self.sessions = [path for path in self.root.iter(SVG + "path") if path.get("data-client")]

    @staticmethod
    def rectangle(element):
        x, y, width, height = (int(element.get(key)) for key in ("x", "y", "width", "height"))
        return x, y, x + width, y + height

    def text(self, name):
        return [element.text for element in self.groups[name].findall(SVG + "text")]

    def all_text(self):
        return [element.text or "" for element in self.root.iter(SVG + "text")]


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def pieces(path):
    """The pieces of a line, as the rectangles that they stay in: upright ones, and curves (all between their control points)."""
    x = y = None
    for letter, numbers in re.findall(r"([MVC])([-\d, ]+)", path):
        values = [int(number) for number in re.findall(r"-?\d+", numbers)]
        before, (x, y) = (x, y), (x, values[0]) if letter == "V" else values[-2:]
        if letter != "M":
            across, down = ([before[0], x], [before[1], y]) if letter == "V" else ([before[0], *values[::2]], [before[1], *values[1::2]])
            yield min(across), min(down), max(across) + 1, max(down)


class GraphTest(FolderTest):
    maxDiff = None

    def draw(self, text, board="qemu-x86_64"):
        return self.picture(load_system(str(self.describe(text)), load_board(board), collect=True))

    def picture(self, system):
        return Picture(graph.svg(system, graph.all_complaints(system)))

    def check(self, system):
        """Everything there, nothing on anything else."""
        picture = self.picture(system)
        self.assertEqual(sorted(picture.boxes), sorted(component.name for component in system.components))
        self.assertEqual(sorted((path.get("data-client"), path.get("data-server"), path.get("data-interface")) for path in picture.sessions),
                         sorted((component.name, use.server, use.provided) for component in system.components for use in component.uses))
        self.assertEqual(set(picture.tabs), {f"{component.name}.{provided}" for component in system.components for provided in component.provides})
        self.check_places(picture)
        self.check_text(picture)
        self.check_lines(picture)
        for one in system.components:
            for other in system.components:
                if one.priority > other.priority:
                    self.assertLess(picture.boxes[one.name][3], picture.boxes[other.name][1], f"{one.name} is above {other.name}")

    def check_places(self, picture):
        places = [*picture.boxes.items(), *picture.tabs.items()]
        for index, (name, place) in enumerate(places):
            self.assertTrue(0 <= place[0] < place[2] <= picture.width and 0 <= place[1] < place[3] <= picture.height, f"{name} is inside")
            for other, there in places[:index]:
                self.assertFalse(overlap(place, there), f"{name} and {other} overlap")

    def check_text(self, picture):
        for name, group in [*picture.groups.items(), *((tab.get("data-name"), tab) for group in picture.groups.values() for tab in group.findall(SVG + "g"))]:
            left, top, right, bottom = picture.rectangle(group.find(SVG + "rect"))
            for element in group.findall(SVG + "text"):
                size = {"name": 13, "small": 10}.get((element.get("class") or "").split(" ")[0], 11)
                x, y = int(element.get("x")), int(element.get("y"))
                self.assertTrue(left <= x and x + len(element.text) * size * WIDEST <= right and top <= y - size and y <= bottom, f"{name}: '{element.text}' fits")
        for element in picture.root.findall(SVG + "text"):
            size = 13 if element.get("class") == "name" else 11
            self.assertLessEqual(int(element.get("x")) + len(element.text or "") * size * WIDEST, picture.width, element.text)

    def check_lines(self, picture):
        for path in picture.sessions:
            for piece in pieces(path.get("d")):
                for name, box in picture.boxes.items():
                    self.assertFalse(overlap(piece, box), f"the line from {path.get('data-client')} to {path.get('data-server')} crosses {name}")

    def red(self, picture):
        return {name for name, group in picture.groups.items() if "wrong" in group.find(SVG + "rect").get("class").split()}


class RightSystems(GraphTest):
    def test_the_systems_of_the_repository(self):
        for name in ("demo", "cores", "echo", str(ROOT / "tests/system/services/services.toml")):
            for board in ("qemu-x86_64", "qemu-aarch64"):
                with self.subTest(name, board=board):
                    self.check(load_system(name, load_board(board), collect=True))

    def test_forty_components(self):
        self.check(self.load(many(40)))

    def test_a_component_alone_and_a_root_alone(self):
        self.check(self.load(HEAD + '[component.server]\nsource = "server"\n'))
        self.assertEqual(self.draw(HEAD).boxes, {})

    def test_a_box_tells_priority_time_memory_and_devices(self):
        picture = self.picture(load_system("demo", load_board("qemu-x86_64"), collect=True))
        self.assertEqual(picture.text("console"), ["console", "priority 180, core 0", "time without limit", "256 KiB: stack 16 KiB, heap 32 KiB", "starts again",
                                                   "uart: I/O ports 0x3f8 to 0x3ff", "uart: interrupt 4"])
        self.assertEqual(picture.text("pinger")[1:3], ["priority 90, core 0", "2 ms in 10 ms (20 %)"])
        self.assertIn("starts again, control", picture.text("shell"))
        self.assertIn("memory: components 1.5 MiB, machine 256 MiB; promised time: core 0: 50 %", picture.all_text())

    def test_device_memory_and_passive_servers(self):
        console = load_system("demo", load_board("qemu-aarch64"), collect=True)
        self.assertIn("uart: memory 0x9000000 to 0x9000fff", self.picture(console).text("console"))
        picture = self.draw(HEAD + '[component.server]\nsource = "server"\npassive = true\nprovides = { echo = "Echo" }\n')
        self.assertEqual(picture.text("server")[1:3], ["priority 100", "passive, on its clients' time"])

    def test_of_the_same_priority_servers_are_above_their_clients(self):
        picture = self.draw(HEAD + '[component.client]\nsource = "client"\nuses = { e = "server.echo" }\n[component.server]\nsource = "server"\nprovides = { echo = "Echo" }\n')
        self.assertLess(picture.boxes["server"][3], picture.boxes["client"][1])

    def test_what_nobody_uses_is_told(self):
        titles = [title.text for title in self.picture(load_system("echo", load_board("qemu-x86_64"), collect=True)).root.iter(SVG + "title")]
        self.assertIn("console provides terminal: Terminal; no component uses it", titles)
        self.assertIn("pinger uses echo.echo as 'echo'", titles)

    def test_there_is_a_legend(self):
        text = self.draw(HEAD).all_text()
        for _, line in graph.LEGEND:
            self.assertIn(line, text)

    def test_the_same_description_gives_the_same_bytes(self):
        outputs = set()
        for seed in ("1", "2"):
            path = self.folder / f"{seed}.svg"
            done = subprocess.run(["./lucid", "graph", str(self.describe(many(40))), "-o", str(path)], cwd=ROOT, capture_output=True, text=True,
                                  env=dict(os.environ, PYTHONHASHSEED=seed))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"^drew .*/\d\.svg: 40 components, \d+ sessions, \d+ complaints\n$")
            outputs.add(path.read_bytes())
        self.assertEqual(len(outputs), 1)


class WrongSystems(GraphTest):
    def test_a_missing_server_has_a_box_of_its_own(self):
        picture = self.draw(HEAD + '[component.client]\nsource = "client"\nuses = { e = "server.echo" }\n')
        self.assertEqual(self.red(picture), {"client", "server"})
        self.assertEqual(picture.text("server"), ["server  !1", "missing"])
        self.assertIn("!1 " + str(self.folder) + "/sample.toml:6: component 'client' uses 'server.echo', but there is no component 'server'; add:",
                      re.sub(r" +", " ", " ".join(picture.all_text())))
        self.check_places(picture)
        self.check_text(picture)

    def test_a_cycle_is_red_and_nothing_else(self):
        picture = self.draw(HEAD + '[component.client]\nsource = "client"\nuses = { e = "server.echo" }\nprovides = { x = "Log" }\n'
                            '[component.server]\nsource = "server"\nprovides = { echo = "Echo" }\nuses = { back = "client.x", self = "server.echo" }\n'
                            '[component.third]\nsource = "third"\nuses = { e = "server.echo" }\n')
        self.assertEqual(self.red(picture), {"client", "server"})
        self.assertEqual({(path.get("data-client"), path.get("data-server")) for path in picture.sessions if "wrong" in path.get("class")},
                         {("client", "server"), ("server", "client"), ("server", "server")})
        self.check_lines(picture)

    def test_budgets_memory_devices_and_cores(self):
        def told(first, second=""):
            picture = self.draw(HEAD + f'[component.client]\nsource = "client"\n{first}\n[component.third]\nsource = "third"\n{second}\n')
            self.check_text(picture)
            return self.red(picture)
        self.assertEqual(told('budget = "6ms/10ms"', 'budget = "5ms/10ms"'), {"client", "third"})
        self.assertEqual(told('memory = "1GiB"'), {"client"})
        self.assertEqual(told('devices = ["uard"]'), {"client"})
        self.assertEqual(told('devices = ["uart"]', 'devices = ["uart"]'), {"client", "third"})
        self.assertEqual(told("", "core = 3"), {"third"})
        self.assertEqual(told("", ""), set())

    def test_the_command_tells_what_it_draws_red(self):
        path = self.describe(HEAD + '[component.client]\nsource = "client"\nuses = { e = "server.echo" }\n')
        output = self.folder / "x.svg"
        done = subprocess.run(["./lucid", "graph", str(path), "--output", str(output)], cwd=ROOT, capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, f"drew {output}: 1 component, 1 session, 1 complaint\n"))
        self.assertIn("component 'client' uses 'server.echo', but there is no component 'server'\n", done.stderr)
        self.assertIn("<title>", output.read_text())

    def test_warnings_are_red_too_with_the_text_in_the_tooltip(self):
        text = many(12)
        system = load_system(str(self.describe(text)), load_board("qemu-x86_64"), collect=True)
        told = analysis.complaints(system)
        self.assertTrue(told)
        picture = self.picture(system)
        self.assertEqual(self.red(picture), {name for one in told for name in one.components})
        for one in told:
            self.assertIn(one.message, picture.groups[one.components[0]].find(SVG + "title").text)


if __name__ == "__main__":
    unittest.main()
