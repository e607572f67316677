# SPDX-License-Identifier: BSD-2-Clause
"""Every message of the description checker: file, line, what is wrong, and the likely repair."""
import unittest

from support import SAMPLE, FolderTest

from lucid import board, relations
from lucid.common import ToolError


def with_line(text, number, line):
    """The sample with one line replaced."""
    lines = text.split("\n")
    lines[number - 1] = line
    return "\n".join(lines)


class RightDescriptions(FolderTest):
    def test_providers_come_before_their_clients(self):
        system = self.load("""
[system]
name = "order"
root = "client"
[component.first]
source = "client"
uses = { b = "last.x", a = "middle.x" }
[component.middle]
source = "third"
provides = { x = "X" }
uses = { a = "last.x" }
[component.last]
source = "server"
provides = { x = "X" }
""")
        self.assertEqual([component.name for component in system.components], ["last", "middle", "first"])

    def test_what_is_not_said_has_a_default(self):
        server = self.load(SAMPLE).component("server")
        self.assertEqual((server.priority, server.budget_ns, server.period_ns, server.restart),
                         (100, 10_000_000, 10_000_000, "never"))
        self.assertEqual((server.memory, server.stack, server.heap), (1 << 20, 64 << 10, 32 << 10))
        self.assertEqual((server.fpu, server.passive, server.control, server.args, server.devices),
                         (False, False, False, "", []))

    def test_everything_that_can_be_said_is_understood(self):
        server = self.load(SAMPLE.replace('provides = { echo = "Echo" }', '''
provides = { echo = "Echo", log = "Log" }
priority = 250
budget = "500us / 10ms"
memory = "2MiB"
stack = "16KiB"
heap = "1MiB"
restart = "always"
fpu = true
args = "quiet"
control = true
start = "manual"
devices = ["uart", "core_timer"]''')).component("server")
        self.assertEqual((server.priority, server.budget_ns, server.period_ns, server.restart),
                         (250, 500_000, 10_000_000, "always"))
        self.assertEqual((server.memory, server.stack, server.heap), (2 << 20, 16 << 10, 1 << 20))
        self.assertEqual((server.fpu, server.control, server.args, server.devices),
                         (True, True, "quiet", ["uart", "core_timer"]))
        self.assertEqual(server.start, "manual")
        self.assertEqual(server.provides, {"echo": "Echo", "log": "Log"})

    def test_a_passive_server_has_no_budget(self):
        server = self.load(SAMPLE.replace('"Echo" }', '"Echo" }\npassive = true')).component("server")
        self.assertEqual((server.passive, server.budget_ns, server.period_ns), (True, 0, 0))

    def test_a_system_may_be_its_root_alone(self):
        self.assertEqual(self.load('[system]\nname = "alone"\nroot = "third"\n').components, [])

    def test_comments_strings_and_long_tables_do_not_confuse_line_numbers(self):
        message = self.complaint('''# [component.x]
[system]
name = "lines" # name = "other"
root = "client"

[component.server]
source = "server"
args = """
[component.server]
source = 1
"""
provides = {echo = "Echo"}

[component.client]
source = 'client'
uses = { a = "server.echo", b = "server.ecko" }
''')
        self.assertTrue(message.startswith("sample.toml:16: component 'client' uses 'server.ecko'"), message)


class WrongDescriptions(FolderTest):
    """One test for each message."""

    maxDiff = None

    def check(self, text, expected):
        self.assertEqual(self.complaint(text), expected)

    def test_no_toml(self):
        self.check(with_line(SAMPLE, 6, "source = server"),
                   "sample.toml:6: this is not TOML: invalid value\n"
                   "   text stands in \"quotes\", tables begin with [name], and each key has a line of its own")

    def test_file_that_ends_too_early(self):
        self.check('[system]\nname = "x',
                   "sample.toml:2: this is not TOML: unterminated string\n"
                   "   text stands in \"quotes\", tables begin with [name], and each key has a line of its own")

    def test_no_utf8(self):
        path = self.folder / "sample.toml"
        path.write_bytes(b'[system]\nname = "\xff"\n')
        from lucid.board import load_board

        from lucid.description import load_system
        with self.assertRaisesRegex(ToolError, "sample.toml: this is not UTF-8 text"):
            load_system(str(path), load_board("qemu-x86_64"))

    def test_unknown_table(self):
        self.check(SAMPLE + "\n[compnent.x]\nsource = \"third\"\n",
                   "sample.toml:13: a description has no key 'compnent'\n   did you mean 'component'?")

    def test_unknown_key(self):
        self.check(with_line(SAMPLE, 7, 'provide = { echo = "Echo" }'),
                   "sample.toml:7: component 'server' has no key 'provide'\n   did you mean 'provides'?")

    def test_unknown_key_that_is_like_no_other(self):
        message = self.complaint(with_line(SAMPLE, 7, "zzz = 1"))
        self.assertTrue(message.startswith("sample.toml:7: component 'server' has no key 'zzz'\n   it has: allow, args, budget, "),
                        message)

    def test_unknown_key_of_the_system(self):
        self.check(with_line(SAMPLE, 3, 'rot = "client"'),
                   "sample.toml:3: [system] has no key 'rot'\n   did you mean 'root'?")

    def test_missing_system(self):
        self.check('[component.server]\nsource = "server"\n',
                   "sample.toml:1: there is no [system]\n   begin with:  [system]  and  name = \"sample\"")

    def test_system_without_name(self):
        self.check(with_line(SAMPLE, 2, ""), "sample.toml:1: [system] lacks a name\n   add:  name = \"sample\"")

    def test_bad_system_name(self):
        self.check(with_line(SAMPLE, 2, 'name = "My System"'),
                   "sample.toml:2: 'My System' cannot be the name of a system\n"
                   "   a name is a small letter, then up to 30 small letters, digits or '_'")

    def test_bad_component_name(self):
        self.check(SAMPLE.replace("component.client", "component.Client"),
                   "sample.toml:9: 'Client' cannot be the name of a component\n"
                   "   a name is a small letter, then up to 30 small letters, digits or '_'")

    def test_reserved_component_name(self):
        self.check(SAMPLE.replace("component.client", "component.supervisor"),
                   "sample.toml:9: 'supervisor' is the name of the root component\n   choose another name")

    def test_bad_interface_name(self):
        self.check(with_line(SAMPLE, 7, 'provides = { echo = "echo" }'),
                   "sample.toml:7: 'echo' cannot be the name of an interface\n"
                   "   it is a capital letter, then letters and digits, like \"Echo\"")

    def test_no_component(self):
        self.check('[system]\nname = "empty"\n',
                   "sample.toml:1: the system has no component\n   add:  [component.NAME]  and  source = \"components/NAME\"")

    def test_duplicate_component(self):
        self.check(SAMPLE + '\n[component.server]\nsource = "third"\n',
                   "sample.toml:13: component 'server' is described twice; the first is in line 5\n   give one of them another name")

    def test_duplicate_key(self):
        self.check(with_line(SAMPLE, 8, 'source = "third"'),
                   "sample.toml:8: 'source' is given twice; the first is in line 6\n   remove one of them")

    def test_duplicate_key_in_an_inline_table(self):
        self.check(with_line(SAMPLE, 11, 'uses = { echo = "server.echo", echo = "server.echo" }'),
                   "sample.toml:11: 'echo' is given twice; the first is in line 11\n   remove one of them")

    def test_duplicate_system(self):
        self.check(SAMPLE + '\n[system]\nname = "other"\n',
                   "sample.toml:13: [system] is there twice; the first is in line 1\n   join the two")

    def test_missing_source(self):
        self.check(with_line(SAMPLE, 6, ""),
                   "sample.toml:5: component 'server' lacks its source\n   add:  source = \"components/server\"")

    def test_source_that_does_not_exist(self):
        self.check(with_line(SAMPLE, 6, 'source = "components/nothing_like_this"'),
                   "sample.toml:6: the folder 'components/nothing_like_this' does not exist\n"
                   "   ./lucid new nothing_like_this makes a component")

    def test_source_that_is_misspelt(self):
        (self.folder / "nothing").mkdir()
        self.check(with_line(SAMPLE, 6, 'source = "tool/lucit"'),
                   "sample.toml:6: the folder 'tool/lucit' does not exist\n   did you mean 'tool/lucid'?")

    def test_source_without_c_files(self):
        (self.folder / "empty").mkdir()
        self.check(with_line(SAMPLE, 6, 'source = "empty"'),
                   "sample.toml:6: there is no C file in 'empty'\n   a component is a folder with at least one .c file that has main")

    def test_root_that_does_not_exist(self):
        self.check(with_line(SAMPLE, 3, 'root = "nowhere_at_all"'),
                   "sample.toml:3: the folder 'nowhere_at_all' does not exist\n   ./lucid new nowhere_at_all makes a component")

    def test_wrong_types(self):
        for line, message in (('priority = "high"', "'priority' must be a whole number, not \"high\""),
                              ("priority = true", "'priority' must be a whole number, not true"),
                              ("fpu = 1", "'fpu' must be true or false, not 1"),
                              ("args = [1]", "'args' must be a text in quotes, not a list"),
                              ('devices = "uart"', "'devices' must be a list in [ ], not \"uart\""),
                              ("devices = [4]", "'devices' must be a list of texts, not of 4"),
                              ('uses = "server.echo"', "'uses' must be a table, not \"server.echo\"\n"
                               '   write the name and what it leads to, like  { echo = "server.echo" }'),
                              ("uses = { a = 4 }", "'a' must be a text in quotes, not 4")):
            with self.subTest(line):
                self.check(with_line(SAMPLE, 8, line), f"sample.toml:8: {message}")

    def test_component_that_is_no_table(self):
        self.check('[system]\nname = "x"\n[component]\nserver = "server"\n',
                   "sample.toml:4: 'server' must be a table, not \"server\"")

    def test_priority_out_of_range(self):
        self.check(with_line(SAMPLE, 8, "priority = 251"),
                   "sample.toml:8: 'priority' is 251, but must be from 0 to 250")

    def test_unknown_restart(self):
        self.check(with_line(SAMPLE, 8, 'restart = "alway"'),
                   "sample.toml:8: 'restart' is \"alway\", but can only be \"never\" or \"always\"\n   did you mean \"always\"?")

    def test_unknown_start(self):
        self.check(with_line(SAMPLE, 8, 'start = "never"'),
                   "sample.toml:8: 'start' is \"never\", but can only be \"automatic\" or \"manual\"")

    def test_size_that_is_none(self):
        self.check(with_line(SAMPLE, 8, "memory = 4096"),
                   "sample.toml:8: 'memory' is 4096, which is no size\n   write it like \"64KiB\" or \"1MiB\"")

    def test_size_that_is_no_multiple_of_a_page(self):
        self.check(with_line(SAMPLE, 8, 'stack = "5KiB"'),
                   "sample.toml:8: 'stack' is \"5KiB\", but memory comes in pages of 4 KiB\n   the next is \"8KiB\"")

    def test_size_that_is_too_small(self):
        self.check(with_line(SAMPLE, 8, 'memory = "4KiB"'),
                   "sample.toml:8: 'memory' is \"4KiB\", but must be at least 64 KiB")

    def test_stack_and_heap_that_do_not_fit_the_memory(self):
        self.check(with_line(SAMPLE, 8, 'heap = "1MiB"'),
                   "sample.toml:8: component 'server' has 1 MiB of memory, but its stack and heap take 1.1 MiB\n"
                   "   raise 'memory', or lower 'stack' or 'heap'")

    def test_memory_that_does_not_fit_in_one_piece(self):
        self.check(with_line(SAMPLE, 8, 'memory = "129MiB"'),
                   "sample.toml:8: component 'server' takes 256 MiB in one piece (quotas are powers of two), and the machine's 256 MiB have none left\n"
                   "   lower its memory, or raise [system] memory")

    def test_budget_that_is_none(self):
        self.check(with_line(SAMPLE, 8, 'budget = "30%"'),
                   "sample.toml:8: 'budget' is \"30%\", which is no budget\n   write the time and the period that it is for, like \"2ms/10ms\"")

    def test_budget_over_its_period(self):
        self.check(with_line(SAMPLE, 8, 'budget = "12ms/10ms"'),
                   "sample.toml:8: budget \"12ms/10ms\" is more than 100 % of a core\n   the budget can be at most the period")

    def test_budget_that_is_too_short(self):
        self.check(with_line(SAMPLE, 8, 'budget = "10us/10ms"'),
                   "sample.toml:8: budget \"10us/10ms\" is too short: a component needs at least 100us in a period")

    def test_budget_with_a_period_that_is_too_long(self):
        self.check(with_line(SAMPLE, 8, 'budget = "1s/3601s"'),
                   "sample.toml:8: budget \"1s/3601s\" has a period of more than an hour")

    def test_budgets_over_a_core(self):
        text = SAMPLE.replace('provides',
                              'budget = "6ms/10ms"\nprovides').replace("uses", 'budget = "5ms/10ms"\nuses')
        self.check(text,
                   "sample.toml:12: the budgets add up to 110 % of core 0 with component 'client'\n   lower some: server 60 %, client 50 %")

    def test_budgets_are_of_their_cores(self):
        text = SAMPLE.replace('name = "sample"', 'name = "sample"\ncores = 2').replace(
            'provides', 'budget = "6ms/10ms"\nprovides').replace("uses", 'core = 1\nbudget = "5ms/10ms"\nuses')
        self.assertEqual(self.load(text).component("client").core, 1)

    def test_a_core_that_the_system_does_not_have(self):
        text = with_line(SAMPLE, 12, "core = 2")
        system = self.load(text)
        system.check_cores(3)
        with self.assertRaises(ToolError) as caught:
            system.check_cores(1)
        self.assertEqual(str(caught.exception).removeprefix(f"{self.folder}/"), "sample.toml:12: component 'client' is to run on core 2, but the system is for 1 core\n"
                         "   write  cores = 3  under [system], or give  --cores 3")

    def test_a_core_that_no_kernel_has(self):
        self.check(with_line(SAMPLE, 12, "core = 64"), "sample.toml:12: 'core' is 64, but must be from 0 to 63")

    def test_passive_with_core(self):
        self.check(with_line(SAMPLE, 8, 'passive = true\ncore = 1'),
                   "sample.toml:9: component 'server' is passive and has a core\n"
                   "   a passive component runs where its clients run: remove one of the two")

    def test_passive_with_budget(self):
        self.check(with_line(SAMPLE, 8, 'passive = true\nbudget = "1ms/10ms"'),
                   "sample.toml:9: component 'server' is passive and has a budget\n"
                   "   a passive component runs on its clients' time: remove one of the two")

    def test_passive_without_clients_to_run_for(self):
        self.check(with_line(SAMPLE, 12, "passive = true"),
                   "sample.toml:12: component 'client' is passive, but provides nothing: it would never run")

    def test_use_of_something_that_is_not_provided(self):
        self.check(with_line(SAMPLE, 11, 'uses = { echo = "server.ecko" }'),
                   "sample.toml:11: component 'client' uses 'server.ecko', but 'server' provides only: echo\n   did you mean 'server.echo'?")

    def test_use_of_a_component_that_provides_nothing(self):
        self.check(with_line(SAMPLE, 7, ""),
                   "sample.toml:11: component 'client' uses 'server.echo', but 'server' provides nothing\n"
                   "   add to [component.server]:  provides = { echo = \"Echo\" }")

    def test_use_of_a_component_that_is_misspelt(self):
        self.check(with_line(SAMPLE, 11, 'uses = { echo = "sever.echo" }'),
                   "sample.toml:11: component 'client' uses 'sever.echo', but there is no component 'sever'\n   did you mean 'server.echo'?")

    def test_use_of_a_component_that_is_missing(self):
        self.check(with_line(SAMPLE, 11, 'uses = { log = "console.log" }'),
                   "sample.toml:11: component 'client' uses 'console.log', but there is no component 'console'\n   add:  [component.console]")

    def test_use_without_interface(self):
        self.check(with_line(SAMPLE, 11, 'uses = { echo = "server" }'),
                   "sample.toml:11: component 'client' uses 'server', which is not SERVER.INTERFACE\n"
                   "   write the component and its name for the interface, like \"server.echo\"")

    def test_use_with_the_reserved_name(self):
        self.check(with_line(SAMPLE, 11, 'uses = { supervisor = "server.echo" }'),
                   "sample.toml:11: the session 'supervisor' is there without being named\n   remove it, or give it another name")

    def test_cycle_of_two(self):
        text = with_line(SAMPLE, 8, 'uses = { back = "client.answer" }')
        text = with_line(text, 12, 'provides = { answer = "Answer" }')
        self.check(text,
                   "sample.toml:11: components that use each other in a cycle would wait for ever: server -> client -> server\n"
                   "   turn one of the uses round: let that server signal, or give the data with the call")

    def test_cycle_of_one(self):
        self.check(with_line(SAMPLE, 8, 'uses = { self = "server.echo" }'),
                   "sample.toml:8: components that use each other in a cycle would wait for ever: server -> server\n"
                   "   turn one of the uses round: let that server signal, or give the data with the call")

    def test_unknown_device(self):
        self.check(with_line(SAMPLE, 8, 'devices = ["uard"]'),
                   "sample.toml:8: component 'server' has the device 'uard', but board 'qemu-x86_64' has only: core_timer and uart\n"
                   "   did you mean 'uart'?")

    def test_device_of_two_components(self):
        self.check(with_line(with_line(SAMPLE, 8, 'devices = ["uart"]'), 12, 'devices = ["uart"]'),
                   "sample.toml:12: the device 'uart' belongs to component 'server' already\n"
                   "   only one can drive it: the other uses an interface of 'server'")

    def test_device_twice(self):
        self.check(with_line(SAMPLE, 8, 'devices = ["uart", "uart"]'),
                   "sample.toml:8: 'uart' is in 'devices' twice\n   remove one of them")

    def test_too_much_memory(self):
        self.check(with_line(SAMPLE, 8, 'memory = "256MiB"'),
                   "sample.toml:8: the components' memory adds up to 257 MiB, with 8 MiB for the kernel; the machine has 256 MiB\n"
                   "   the largest is 'server' with 256 MiB; or raise [system] memory")

    def test_memory_of_the_machine_can_be_raised(self):
        self.load(with_line(with_line(SAMPLE, 8, 'memory = "256MiB"'), 4, 'memory = "1GiB"'))

    def test_unknown_board(self):
        self.assertEqual(self.complaint(SAMPLE, "qemu-x86"),
                         "there is no board 'qemu-x86'; known: bochs-x86_64, qemu-aarch64, qemu-riscv64 and qemu-x86_64\n   did you mean 'qemu-x86_64'?")

    def test_unknown_system(self):
        from lucid.description import find_system
        with self.assertRaisesRegex(ToolError,
                                    r"there is no system 'no_such_thing' \(systems/no_such_thing.toml\); known: "):
            find_system("no_such_thing")
        with self.assertRaisesRegex(ToolError, "there is no description '/nowhere/x.toml'"):
            find_system("/nowhere/x.toml")


class Memory(unittest.TestCase):
    """What a board says is taken of a machine's memory, and which aligned blocks that leaves."""

    def places(self, *pairs):
        return [tuple(board.Place(*side) for side in pair) for pair in pairs]

    def test_memory_from_its_start_on_is_free(self):
        """It was once cut into blocks of nothing, for ever."""
        taken = self.places((("start", 2 << 20), ("start", 8 << 20)))
        self.assertEqual(relations.pieces(taken, 32 << 20), [2 << 20, 8 << 20, 16 << 20])

    def test_places_count_from_the_middle_and_the_end(self):
        taken = self.places((("half", 0), ("half", 2 << 20)), (("end", -(2 << 20)), ("end", 0)))
        self.assertEqual(list(relations.free_ranges(taken, 32 << 20)),
                         [(0, 16 << 20), (18 << 20, 30 << 20), (32 << 20, 32 << 20)])

    def test_places_behind_the_end_take_nothing(self):
        taken = self.places((("start", 128 << 20), ("start", 130 << 20)))
        self.assertEqual(relations.pieces(taken, 64 << 20), [64 << 20])


if __name__ == "__main__":
    unittest.main()
