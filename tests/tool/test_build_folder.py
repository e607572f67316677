# SPDX-License-Identifier: BSD-2-Clause
"""Where a system is built: descriptions never share a folder, whatever their files are called. And what a build says that fails."""
import shutil
import subprocess
import unittest
from unittest import mock

from support import MAIN, ROOT, SAMPLE, FolderTest, ToolError

from lucid import ninja
from lucid.board import load_board
from lucid.build import BuildFile, Variant, build, folder_name
from lucid.description import load_system

ODD = ("q'u", "we ird$x:y", ".objects", "ü")


class BuildFolder(FolderTest):
    def folder_of(self, name, text=SAMPLE):
        return folder_name(load_system(str(self.describe(text, name)), load_board("qemu-x86_64")))

    def test_a_system_of_the_repository_has_its_name(self):
        self.assertEqual(folder_name(load_system("demo", load_board("qemu-x86_64"))), "demo")
        self.assertEqual(folder_name(load_system(str(ROOT / "systems/demo.toml"), load_board("qemu-x86_64"))), "demo")

    def test_a_description_from_elsewhere_does_not_overwrite_it(self):
        self.assertRegex(self.folder_of("x", SAMPLE.replace('"sample"', '"demo"')), "^demo-[0-9a-f]{8}$")
        self.assertRegex(self.folder_of("demo"), "^sample-[0-9a-f]{8}$")

    def test_two_descriptions_of_one_name_have_two_folders(self):
        self.assertEqual(self.folder_of("one"), self.folder_of("one"))
        self.assertNotEqual(self.folder_of("one"), self.folder_of("two"))

    def test_odd_characters_of_a_file_do_not_come_into_the_folder(self):
        for name in ODD:
            with self.subTest(name):
                self.assertRegex(self.folder_of(name), "^sample-[0-9a-f]{8}$")

    def test_odd_characters_of_files_and_sources_come_into_the_build_file_escaped(self):
        for name in ODD:
            with self.subTest(name):
                source = self.folder / f"{name} source"
                source.mkdir()
                (source / "main.c").write_text(MAIN)
                text = SAMPLE.replace('"server"', f'"{name} source"')
                system = load_system(str(self.describe(text, name)), load_board("qemu-x86_64"))
                writer = BuildFile(system, Variant("test", "release"))
                writer._rules()
                writer._program(writer.folder / "server.elf", system.component("server").source, False, 0x400000,
                                writer.folder / "liblucid.a")
                self.assertIn(f"{name} source/main.c".replace("$", "$$").replace(" ", "$ ").replace(":", "$:"),
                              "\n".join(writer.ninja.lines))


class FailedBuild(FolderTest):
    def failed(self, server):
        """What a build says whose linker fails, with this as the server's source."""
        (self.folder / "server/main.c").write_text(server)
        system = load_system(str(self.describe(SAMPLE)), load_board("qemu-x86_64"))
        writer = BuildFile(system, Variant("qemu-x86_64"))
        objects_here = ROOT / writer.variant.objects / "outside" / self.folder.relative_to("/")
        for made in (ROOT / writer.folder, objects_here):
            self.addCleanup(shutil.rmtree, made, ignore_errors=True)
        writer.write()
        objects = [str(path) for component in system.components for path in writer.objects_of(component)]
        subprocess.run(["ninja", "-f", str(writer.folder / "build.ninja"), *objects], cwd=ROOT, capture_output=True, check=True)
        with mock.patch.object(ninja, "run_ninja", side_effect=ToolError("the linker failed")):
            with self.assertRaises(ToolError) as caught:
                build(str(self.folder / "sample.toml"), Variant("qemu-x86_64"))
        return str(caught.exception)

    def test_a_component_without_main_is_named(self):
        self.assertEqual(self.failed("int other(void);\nint other(void)\n{\n    return 0;\n}\n"),
                         f"{self.folder}/sample.toml:6: component 'server' has no main\n"
                         f"   write  int main(void)  in one of the .c files in {self.folder}/server")

    def test_another_failure_is_what_it_is(self):
        self.assertEqual(self.failed(MAIN), "the linker failed")


if __name__ == "__main__":
    unittest.main()
