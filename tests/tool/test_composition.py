# SPDX-License-Identifier: BSD-2-Clause
"""Descriptions of several files, for several boards, with parameters: what wins, and that whatever is wrong is told where it stands."""
import json
import unittest

from support import ROOT, FolderTest

from lucid import analysis
from lucid.board import load_board
from lucid.build import BuildFile, Variant
from lucid.description import load_system
from lucid.steps import Plan

MAIN = 'include = ["common.toml"]\n[system]\nname = "sample"\nroot = "client"\n[component.client]\nsource = "client"\nuses = { echo = "server.echo" }\n'
COMMON = '[component.server]\nsource = "server"\nprovides = { echo = "Echo" }\npriority = 120\nheap = "16KiB"\n'
HEAD = '[system]\nname = "sample"\nroot = "client"\n'


class CompositionTest(FolderTest):
    maxDiff = None

    def file(self, name, text):
        path = self.folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    def read(self, text, board="qemu-x86_64", settings=()):
        return load_system(str(self.describe(text)), load_board(board), settings=settings)


class Includes(CompositionTest):
    def test_components_of_an_included_file_are_there(self):
        self.file("common.toml", COMMON)
        system = self.read(MAIN)
        self.assertEqual([component.name for component in system.components], ["server", "client"])
        self.assertEqual([path.name for path in system.document.files], ["sample.toml", "common.toml"])

    def test_who_includes_changes_keys_one_by_one(self):
        self.file("common.toml", COMMON)
        server = self.read(MAIN + "[component.server]\npriority = 90\n").component("server")
        self.assertEqual((server.priority, server.heap, server.provides), (90, 16 << 10, {"echo": "Echo"}))

    def test_what_is_wrong_is_told_in_the_file_that_says_it(self):
        self.file("common.toml", COMMON.replace("120", "999"))
        self.assertEqual(self.complaint(MAIN), "common.toml:4: 'priority' is 999, but must be from 0 to 250")
        self.file("common.toml", COMMON)
        self.assertEqual(self.complaint(MAIN + "[component.server]\npriority = 998\n"), "sample.toml:9: 'priority' is 998, but must be from 0 to 250")
        self.file("common.toml", COMMON + 'uses = { x = "client.x" }\n')
        self.assertTrue(self.complaint(MAIN).startswith("common.toml:6: component 'server' uses 'client.x', but 'client' provides nothing\n"))

    def test_a_warning_too(self):
        self.file("common.toml", COMMON)
        system = self.read(MAIN.replace('uses = { echo = "server.echo" }\n', ""))
        self.assertTrue(analysis.text_of(system, analysis.complaints(system)[0]).replace(f"{self.folder}/", "").startswith("common.toml:3: warning: "))

    def test_sources_are_seen_from_the_file_that_names_them(self):
        self.file("part/common.toml", COMMON.replace('"server"\np', '"inner"\np'))
        self.file("part/inner/main.c", "")
        self.assertEqual(self.read(MAIN.replace("common", "part/common")).component("server").source, (self.folder / "part/inner").resolve())

    def test_an_included_file_may_include_and_each_is_read_once(self):
        self.file("common.toml", 'include = ["deep.toml", "sample.toml"]\n[component.server]\nheap = "8KiB"\n')
        self.file("deep.toml", COMMON)
        system = self.read(MAIN.replace('["common.toml"]', '["deep.toml", "common.toml"]'))
        self.assertEqual((system.component("server").heap, len(system.document.files)), (8 << 10, 3))

    def test_files_that_do_not_know_of_each_other_may_not_have_the_same(self):
        self.file("common.toml", COMMON)
        self.file("other.toml", COMMON)
        self.assertEqual(self.complaint(MAIN.replace('["common.toml"]', '["common.toml", "other.toml"]')).replace(f"{self.folder}/", ""),
                         "other.toml:1: component 'server' is described twice; the first is in common.toml:1\n   give one of them another name")

    def test_an_included_file_is_no_system(self):
        self.file("common.toml", HEAD)
        self.assertEqual(self.complaint(MAIN).replace(f"{self.folder}/", ""), "common.toml:1: this file is included by sample.toml, and has a [system] of its own\n"
                         "   put what both need into a third file, and let both include it")
        self.file("common.toml", "[compnent.x]\n")
        self.assertEqual(self.complaint(MAIN), "common.toml:1: an included file has no key 'compnent'\n   did you mean 'component'?")

    def test_files_that_are_not_there(self):
        self.file("common.toml", COMMON)
        self.assertEqual(self.complaint(MAIN.replace("common", "comon")), "sample.toml:1: there is no file 'comon.toml' to include, beside this file or in the repository\n"
                         "   did you mean 'common.toml'?")
        self.assertIn('name a description, like "common.toml"', self.complaint(MAIN.replace('["common.toml"]', '["client"]')))
        self.assertIn("cannot be looked at: File name too long", self.complaint(MAIN.replace("common", "x" * 300)))
        self.assertEqual(self.complaint(MAIN.replace('["common.toml"]', '"common.toml"')), "sample.toml:1: 'include' must be a list in [ ], not \"common.toml\"")

    def test_an_included_file_that_is_no_toml(self):
        self.file("common.toml", "x = = 1\n")
        self.assertTrue(self.complaint(MAIN).startswith("common.toml:1: this is not TOML: "))


class Boards(CompositionTest):
    TEXT = (HEAD + 'memory = "64MiB"\n[component.server]\nsource = "server"\npriority = 10\nstack = "16KiB"\n'
            '[board.qemu-aarch64.system]\nmemory = "128MiB"\n[board.qemu-aarch64.component.server]\npriority = 20\n[board.qemu-riscv64.component.extra]\nsource = "third"\n')

    def test_each_board_has_its_own(self):
        seen = {board: self.read(self.TEXT, board) for board in ("qemu-x86_64", "qemu-aarch64", "qemu-riscv64")}
        self.assertEqual([(system.memory >> 20, system.component("server").priority, system.component("server").stack, len(system.components)) for system in seen.values()],
                         [(64, 10, 16 << 10, 1), (128, 20, 16 << 10, 1), (64, 10, 16 << 10, 2)])

    def test_what_is_wrong_for_a_board_is_told_in_its_line(self):
        text = self.TEXT.replace("priority = 20", "priority = 2000")
        self.assertEqual(self.complaint(text, "qemu-aarch64"), "sample.toml:12: 'priority' is 2000, but must be from 0 to 250")
        self.read(text)
        self.assertEqual(self.complaint(self.TEXT.replace("qemu-aarch64.c", "qemu-arch64.c")), "sample.toml:11: there is no board 'qemu-arch64'\n   did you mean 'qemu-aarch64'?")
        self.assertEqual(self.complaint(HEAD + "[board.qemu-x86_64.compnent]\n"), "sample.toml:4: [board.qemu-x86_64] has no key 'compnent'\n   did you mean 'component'?")

    def test_the_including_file_goes_before_the_board_of_the_included(self):
        self.file("common.toml", COMMON + '[board.qemu-x86_64.component.server]\npriority = 30\nheap = "24KiB"\n')
        server = self.read(MAIN + "[component.server]\npriority = 90\n").component("server")
        self.assertEqual((server.priority, server.heap), (90, 24 << 10))


class Parameters(CompositionTest):
    TEXT = (HEAD + '[parameters]\nlevel = 10\nwho = "world"\nquick = false\n[component.server]\nsource = "server"\npriority = "${level}"\nfpu = "${quick}"\n'
            'args = "hello ${who}: ${level} ${quick} $$ $5 $${who}"\n')

    def test_they_are_put_in_with_their_type_or_as_text(self):
        server = self.read(self.TEXT).component("server")
        self.assertEqual((server.priority, server.fpu, server.args), (10, False, "hello world: 10 false $ $5 ${who}"))

    def test_the_command_can_set_them(self):
        server = self.read(self.TEXT, settings=["level=77", "quick=true", "who=a=b"]).component("server")
        self.assertEqual((server.priority, server.fpu, server.args[:12]), (77, True, "hello a=b: 7"))
        for setting, message in (("levle=1", "--set levle=1: {file} has no parameter 'levle'\n   did you mean 'level'?"),
                                 ("level=x", "--set level=x: 'level' must be a whole number, as it is in the description"),
                                 ("quick=1", "--set quick=1: 'quick' must be true or false, as it is in the description")):
            with self.assertRaises(Exception) as caught:
                self.read(self.TEXT, settings=[setting])
            self.assertEqual(str(caught.exception), message.format(file=self.folder / "sample.toml"))

    def test_the_board_and_the_including_file_can_set_them(self):
        self.file("common.toml", COMMON.replace("120", '"${level}"') + "[parameters]\nlevel = 5\n")
        self.assertEqual(self.read(MAIN).component("server").priority, 5)
        text = MAIN + "[parameters]\nlevel = 6\n[board.qemu-aarch64.parameters]\nlevel = 7\n"
        self.assertEqual([self.read(text, board).component("server").priority for board in ("qemu-x86_64", "qemu-aarch64")], [6, 7])

    def test_what_is_wrong_is_told(self):
        self.assertEqual(self.complaint(self.TEXT.replace("{level}\"", "{levle}\"")), "sample.toml:10: there is no parameter 'levle'\n   did you mean '${level}'?")
        self.assertEqual(self.complaint(HEAD + '[component.server]\nsource = "server"\nargs = "${x}"\n'),
                         "sample.toml:6: there is no parameter 'x'\n   add under [parameters]:  x = ...; a '$' alone is written '$$'")
        self.assertEqual(self.complaint(HEAD + "[parameters]\nlevel = 1\n"), "sample.toml:5: the parameter 'level' is used nowhere\n"
                         '   write  "${level}"  where it is to stand, or remove it')
        self.assertEqual(self.complaint(HEAD + "[parameters]\nlevel = [1]\n"), "sample.toml:5: the parameter 'level' is a list\n   write a text, a whole number, true or false")
        self.assertEqual(self.complaint(HEAD + "[parameters]\nLevel = 1\n"), "sample.toml:5: 'Level' cannot be the name of a parameter\n"
                         "   a name is a small letter, then up to 30 small letters, digits or '_'")
        self.assertEqual(self.complaint(self.TEXT.replace("level = 10", "level = 1000")), "sample.toml:10: 'priority' is 1000, but must be from 0 to 250")


class Documentation(CompositionTest):
    def test_the_example_is_right(self):
        text = (ROOT / "docs/descriptions.md").read_text()
        example = text[text.index('include = ["common.toml"]'):]
        self.file("common.toml", '[component.console]\nsource = "components/console"\nprovides = { log = "Log" }\ndevices = ["uart"]\n')
        self.file("player/main.c", "")
        for board, memory, settings, volume in (("qemu-x86_64", 1 << 20, [], 7), ("qemu-aarch64", 2 << 20, ["volume=9"], 9)):
            system = self.read(example[:example.index("```")], board, settings)
            self.assertEqual(system.component("console").priority, 150)
            self.assertEqual((system.component("player").memory, system.component("player").args), (memory, f"volume={volume}"))


class Building(CompositionTest):
    def test_the_steps_of_a_build_know_the_parameters_and_wait_for_every_file(self):
        self.file("common.toml", COMMON.replace("120", '"${level}"') + "[parameters]\nlevel = 5\n")
        variant = Variant("qemu-x86_64", settings=("level=8",))
        system = load_system(str(self.describe(MAIN)), load_board(variant.board), settings=variant.settings)
        writer = BuildFile(system, variant)
        writer.folder = self.folder / "made"
        plan = writer._plan("root.elf", {})
        self.assertEqual(json.loads(plan.read_text())["settings"], ["level=8"])
        self.assertEqual(Plan(plan).system.component("server").priority, 8)
        writer._rules()
        writer._image([], [], plan)
        writer.ninja.write(self.folder / "build.ninja")
        written = (self.folder / "build.ninja").read_text()
        for name in ("sample.toml", "common.toml"):
            self.assertIn(str(self.folder / name), written)


if __name__ == "__main__":
    unittest.main()
