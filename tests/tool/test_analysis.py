# SPDX-License-Identifier: BSD-2-Clause
"""Every warning about a description: when it comes, when it does not, what it says, and how it is silenced."""
import os
import subprocess
import unittest

from support import ROOT, FolderTest, ToolError

from lucid import analysis
from lucid.board import load_board
from lucid.description import load_system, system_names

HEADER = '[system]\nname = "sample"\nroot = "client"\n'
SERVER = '[component.server]\nsource = "server"\nprovides = { echo = "Echo" }\n'
CLIENT = '[component.client]\nsource = "client"\nuses = { echo = "server.echo" }\n'
THIRD = '[component.third]\nsource = "third"\n'


class AnalysisTest(FolderTest):
    maxDiff = None

    def told(self, text):
        system = self.load(text)
        return [analysis.text_of(system, one).replace(f"{self.folder}/", "") for one in analysis.complaints(system)]

    def source(self, component, text):
        (self.folder / component / "main.c").write_text(text)

    def interface(self, name, text):
        (self.folder / "interfaces").mkdir(exist_ok=True)
        (self.folder / "interfaces" / f"{name}.idl").write_text(text)


class Priorities(AnalysisTest):
    def system(self, server, client, third, more_server="", more_third=""):
        return (HEADER + SERVER + f"priority = {server}\n{more_server}" + CLIENT + f"priority = {client}\n" + THIRD + f"priority = {third}\n{more_third}")

    def test_a_call_to_lower_priority_names_who_can_go_between(self):
        self.assertEqual(self.told(self.system(100, 120, 110)),
                         ["sample.toml:10: warning: component 'client' (120) calls 'server.echo' (100), which is lower: while it waits, 'third' (110) "
                          "can go before the server\n"
                          "   raise the priority of 'server', or lower that of 'client'; if it is meant:  allow = { lower_priority = \"why\" }  in [component.client]"])

    def test_as_high_as_the_server_is_between(self):
        self.assertEqual(len(self.told(self.system(100, 120, 100))), 1)

    def test_nobody_between_is_no_harm(self):
        for third in (99, 120, 200):
            self.assertEqual(self.told(self.system(100, 120, third)), [])

    def test_a_call_upwards_or_level_is_right(self):
        self.assertEqual(self.told(self.system(120, 100, 110)) + self.told(self.system(100, 100, 100)), [])

    def test_on_another_core_nobody_is_between(self):
        self.assertEqual(self.told(self.system(100, 120, 110, more_third="core = 1\n")), [])
        self.assertEqual(len(self.told(self.system(100, 120, 110, more_third="core = 1\n", more_server="core = 1\n"))), 1)

    def test_a_passive_server_is_where_its_clients_are_and_needs_their_ceiling(self):
        told = self.told(self.system(100, 120, 110, more_server="passive = true\n"))
        self.assertEqual(len(told), 1)
        self.assertIn("can go before the server: a passive server needs the priority of its highest client, 120\n", told[0])
        self.assertEqual(self.told(self.system(100, 120, 110, more_server="passive = true\n", more_third="core = 1\n")), [])

    def test_who_means_it_says_why(self):
        self.assertEqual(self.told(self.system(100, 120, 110).replace("priority = 120\n", 'priority = 120\nallow = { lower_priority = "rarely" }\n')), [])


class Interfaces(AnalysisTest):
    def test_a_server_that_nobody_can_call(self):
        self.assertEqual(self.told(HEADER + SERVER + THIRD),
                         ["sample.toml:6: warning: component 'server' provides 'echo', and no component uses it\n"
                          "   let one use it:  uses = { NAME = \"server.echo\" }, or remove the component; if it is meant:  allow = { unused = \"why\" }  in [component.server]"])

    def test_a_passive_server_that_nobody_can_call_never_runs(self):
        self.assertIn("no component uses it: it is passive, so it never runs\n", self.told(HEADER + SERVER + "passive = true\n" + THIRD)[0])

    def test_one_interface_in_use_is_enough_and_so_is_a_device(self):
        self.assertEqual(self.told(HEADER + SERVER.replace('"Echo" }', '"Echo", log = "Log" }') + CLIENT), [])
        self.assertEqual(self.told(HEADER + SERVER + 'devices = ["uart"]\n' + THIRD), [])

    def test_an_interface_that_no_file_has(self):
        self.assertEqual(self.told(HEADER + SERVER.replace('"Echo"', '"Ecko"') + CLIENT),
                         ["sample.toml:6: warning: component 'server' provides 'echo', but no interface file has 'Ecko'\n"
                          "   did you mean \"Echo\"?; if it is meant:  allow = { unknown_interface = \"why\" }  in [component.server]"])

    def test_an_interface_file_beside_the_description_counts(self):
        self.interface("ecko", "interface Ecko version 1 { ping(); }\n")
        self.assertEqual(self.told(HEADER + SERVER.replace('"Echo"', '"Ecko"') + CLIENT), [])

    def test_a_source_that_opens_a_session_which_it_does_not_get(self):
        self.source("third", "#include <echo.h>\nint main(void) { return (int)use_echo(); }\n")
        self.assertEqual(self.told(HEADER + SERVER + CLIENT + THIRD),
                         ["sample.toml:10: warning: component 'third' opens a session with the interface Echo (use_echo), and its description gives it none: "
                          "it would end there\n"
                          "   add:  uses = { echo = \"server.echo\" }; if it is meant:  allow = { no_session = \"why\" }  in [component.third]"])

    def test_no_component_provides_what_a_source_opens(self):
        self.source("third", "#include <timer.h>\nint main(void) { return (int)use_timer(); }\n")
        self.assertIn("\n   no component provides Timer: add one that does;", self.told(HEADER + SERVER + CLIENT + THIRD)[0])

    def test_comments_and_the_supervisor_open_nothing(self):
        self.source("third", "#include <echo.h>\n#include <supervisor.h>\n// use_echo()\n/* use_echo() */ int main(void) { return (int)use_supervisor(); }\n")
        self.assertEqual(self.told(HEADER + SERVER + CLIENT + THIRD), [])


class Versions(AnalysisTest):
    def setUp(self):
        super().setUp()
        self.source("client", "#include <strange.h>\nint main(void) { return 0; }\n")
        self.source("server", "#include <echo.server.h>\nint main(void) { return 0; }\n")

    def told_with(self, text):
        self.interface("strange", text)
        return self.told(HEADER + SERVER + CLIENT)

    def test_another_version_is_an_error(self):
        told = self.told_with("interface Echo version 2 { idempotent ping(uint32_t n) -> (uint32_t answer); }\n")
        self.assertEqual(told, ["sample.toml:9: component 'client' speaks version 2 of the interface Echo (interfaces/strange.idl), and 'server' version 1 "
                                "(interfaces/echo.idl): the session would be refused\n   build both from the same interface file"])
        with self.assertRaisesRegex(ToolError, "sample.toml:9: component 'client' speaks version 2"):
            analysis.check(self.load(HEADER + SERVER + CLIENT))

    def test_other_operations_of_the_same_version_are_an_error(self):
        told = self.told_with("interface Echo version 1 { ping(uint64_t n) -> (uint32_t answer); }\n")
        self.assertEqual(len(told), 1)
        self.assertIn("component 'client' and 'server' have different operations of the interface Echo, and both call it version 1 ", told[0])

    def test_a_new_operation_at_the_end_is_compatible(self):
        self.assertEqual(self.told_with("interface Echo version 1 { ping(uint32_t n) -> (uint32_t answer); pong(); }\n"), [])


class Allowing(AnalysisTest):
    def test_a_reason_that_is_for_nothing_is_told(self):
        self.assertEqual(self.told(HEADER + SERVER + 'allow = { unused = "later" }\n' + CLIENT),
                         ["sample.toml:7: warning: component 'server' allows 'unused', but there is no such warning\n   remove it"])

    def test_only_warnings_can_be_allowed_and_only_with_a_reason(self):
        def refused(allow):
            return self.complaint(HEADER + SERVER + f"allow = {allow}\n" + CLIENT)
        self.assertEqual(refused('{ unusd = "x" }'), "sample.toml:7: 'allow' has no key 'unusd'\n   did you mean 'unused'?")
        self.assertEqual(refused('{ unused = " " }'), "sample.toml:7: 'unused' is allowed without a reason\n   write why it is meant")
        self.assertEqual(refused('{ unused = true }'), "sample.toml:7: 'unused' must be a text in quotes, not true")
        self.assertEqual(refused('["unused"]'), "sample.toml:7: 'allow' must be a table, not a list\n"
                         '   write the warning and why it is meant, like  { unused = "for tests" }')

    def build(self, text):
        """`./lucid build`, on a machine without a compiler: what it complains of."""
        done = subprocess.run(["./lucid", "build", str(self.describe(text))], cwd=ROOT, capture_output=True, text=True, env=dict(os.environ, PATH="/nowhere"))
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        return done.stderr

    def test_a_build_prints_each_warning_once_and_goes_on(self):
        told = self.build(HEADER + SERVER + THIRD)
        self.assertEqual(told.count("warning: component 'server' provides 'echo', and no component uses it"), 1)
        self.assertIn("\nlucid: the compiler 'gcc' is missing\n", told)

    def test_a_build_ends_with_the_first_error(self):
        self.source("client", "#include <strange.h>\nint main(void) { return 0; }\n")
        self.source("server", "#include <echo.server.h>\nint main(void) { return 0; }\n")
        self.interface("strange", "interface Echo version 2 { ping(); }\n")
        told = self.build(HEADER + SERVER + CLIENT)
        self.assertTrue(told.startswith(f"{self.folder}/sample.toml:9: component 'client' speaks version 2"), told)
        self.assertNotIn("compiler", told)


class OurSystems(unittest.TestCase):
    def test_nothing_is_said_about_the_systems_of_the_repository(self):
        paths = [*system_names(), *(str(path) for path in sorted((ROOT / "tests/system").glob("*/*.toml")))]
        self.assertGreater(len(paths), 10)
        for name in paths:
            with self.subTest(name):
                system = load_system(name, load_board("qemu-x86_64"))
                self.assertEqual([analysis.text_of(system, one) for one in analysis.complaints(system)], [])


if __name__ == "__main__":
    unittest.main()
