# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid why`: its chains and its guarantees, that they rest on what the supervisor's code does, and the transcripts in the documentation."""
import contextlib
import io
import random
import re
import unittest

from support import ROOT, FolderTest, ToolError

from lucid import cli, idl, why

HEAD = '[system]\nname = "sample"\nroot = "client"\n'
GIVER = ("interface Giver version 1 {\n    tell(cap Notification(WRITE) news);\n    look(cap Notification(READ) seen);\n"
         "    memory() -> (cap Frame pages);\n    door() -> (cap Endpoint bell);\n}\n")


def component(name, more=""):
    return f'[component.{name}]\nsource = "client"\nmemory = "128KiB"\n{more}\n'


def lucid(*words):
    """The tool, in this process: status, standard output, standard error."""
    output, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
        status = cli.main(list(words))
    return status, output.getvalue(), errors.getvalue()


class WhyTest(FolderTest):
    maxDiff = None

    def system(self, text):
        return self.load(HEAD + text)

    def ask(self, system, start, end):
        """Whether it can, and the answer's lines with the description's name cut down."""
        why.check_names(system, start, end)
        reached, lines = why.answer(system, start, end)
        return reached, [line.replace(f"{self.folder}/", "") for line in lines]

    def giver(self):
        (self.folder / "interfaces").mkdir()
        (self.folder / "interfaces" / "giver.idl").write_text(GIVER)


class Chains(WhyTest):
    CHAIN = (component("a", 'uses = { x = "b.y" }') + component("b", 'provides = { y = "Echo" }\nuses = { z = "c.z" }')
             + component("c", 'provides = { z = "Echo" }\ndevices = ["uart"]') + component("d"))

    def test_a_session(self):
        self.assertEqual(self.ask(self.system(self.CHAIN), "a", "b"), (True, [
            "yes: a can call b", "   sample.toml:7: a can call b: it holds the session 'x' with b.y (Echo)", "   b answers these calls; it cannot call a",
            "   memory: neither can read or write the other's: no interface passes a Frame between a and b"]))

    def test_through_another_to_a_device(self):
        reached, lines = self.ask(self.system(self.CHAIN), "a", "uart")
        self.assertTrue(reached)
        self.assertEqual(lines, ["yes: a can reach uart, through b and c", "   sample.toml:7: a can call b: it holds the session 'x' with b.y (Echo)",
                                 "   sample.toml:12: b can call c: it holds the session 'z' with c.z (Echo)",
                                 "   sample.toml:17: c drives uart: it holds I/O ports 0x3f8 to 0x3ff and interrupt 4",
                                 "   how far that goes, the programs of b and c decide: a itself holds no capability to uart"])

    def test_nobody_goes_against_a_session(self):
        reached, lines = self.ask(self.system(self.CHAIN), "c", "a")
        self.assertFalse(reached)
        self.assertEqual(lines[:4], ["no: no chain of capabilities leads from c to a", "   c can call the supervisor",
                                     "   a can be called by no component; a can reach c, through b",
                                     "this is a guarantee as long as the program of a, which has capabilities to a, gives none of them away beyond what its interfaces pass"])
        self.assertIn("   sessions let capabilities pass, with calls and with answers: one to a could get to c along a - b - c, if all of these join in", lines)
        self.assertIn("   words need no capability: what is said to a server can come back in its answers to others: c - b - a", lines)

    def test_without_any_session_between_them_it_is_a_guarantee_whatever_programs_do(self):
        for start, end in (("d", "a"), ("a", "d"), ("d", "uart")):
            reached, lines = self.ask(self.system(self.CHAIN), start, end)
            self.assertFalse(reached)
            self.assertIn(f"this is a guarantee, whatever the programs of all components do: no row of sessions connects {start} and {end}, "
                          "so no capability gets from one to the other", lines)
            self.assertIn("it rests on", lines)
            self.assertIn("   the devices: one that writes memory by itself (DMA) is held back by nothing here (c: uart)", lines)

    def test_a_device_that_nobody_has(self):
        reached, lines = self.ask(self.system(self.CHAIN), "a", "core_timer")
        self.assertFalse(reached)
        self.assertEqual(lines[2:4], ["   core_timer belongs to no component: only the supervisor has it", "this is a guarantee, whatever the programs of all components do"])

    def test_control_reaches_all_as_the_last_step_only(self):
        system = self.system(self.CHAIN + component("e", 'control = true\nprovides = { e = "Echo" }') + component("f", 'uses = { e = "e.e" }'))
        self.assertEqual(self.ask(system, "e", "d")[1][:2],
                         ["yes: e can end d", "   sample.toml:25: e can end, restart and crash d: the supervisor does it for whoever has control"])
        self.assertEqual(self.ask(system, "f", "d")[1][0], "yes: f can reach d, through e")
        self.assertFalse(self.ask(system, "e", "uart")[0])  # it can end who has it, and not use it
        self.assertFalse(self.ask(system, "d", "e")[0])

    def test_the_supervisor_from_both_ends(self):
        system = self.system(component("a", "control = true") + component("b", 'provides = { log = "Log" }'))
        self.assertEqual(self.ask(system, "a", "supervisor")[1][1],
                         "   it may ask for exit, log_text, news, memory, tolerant, list, caps, crash, kill, restart and power; it is refused read_log")
        self.assertEqual(self.ask(system, "b", "supervisor")[1][1],
                         "   it may ask for exit, log_text, news, memory, tolerant and read_log; it is refused list, caps, crash, kill, restart and power")
        self.assertTrue(self.ask(system, "supervisor", "a")[0])
        self.assertTrue(self.ask(system, "supervisor", "uart")[0])

    def test_against_every_way_of_random_systems(self):
        seed = random.randrange(1 << 32)
        choose = random.Random(seed)
        for _ in range(12):
            count = 8
            calls = {(one, other) for one in range(count) for other in range(one) if choose.random() < 0.2}
            text = "".join(component(f"c{one}", 'provides = { x = "Echo" }\nuses = { ' + ", ".join(f's{other} = "c{other}.x"' for other in range(one) if (one, other) in calls) + " }")
                           for one in range(count))
            reach = why.Reach(self.system(text))
            for start in range(count):
                reached = set()
                for _ in range(count):
                    reached |= {end for one, end in calls if one == start or one in reached}
                for end in set(range(count)) - {start}:
                    chain = reach.chain(f"c{start}", f"c{end}")
                    self.assertEqual(chain is not None, end in reached, f"seed {seed}: c{start} to c{end} in\n{text}")
                    if chain:
                        self.assertEqual([chain[0].start, *(step.end for step in chain[:-1])], [step.start for step in chain], f"seed {seed}")


class Passed(WhyTest):
    """What interfaces pass along with calls."""

    def setUp(self):
        super().setUp()
        self.giver()
        self.both = self.system(component("client", 'uses = { g = "server.g" }') + component("server", 'provides = { g = "Giver" }') + component("other", 'uses = { g = "server.g" }'))

    def test_who_is_given_a_notification_can_signal(self):
        reached, lines = self.ask(self.both, "server", "client")
        self.assertTrue(reached)
        self.assertEqual(lines[:2], ["yes: server can signal client",
                                     "   interfaces/giver.idl:2: server can signal client: Giver.tell passes it 'news', a Notification (WRITE), if client gives it"])
        self.assertIn("   the other way round: client can call server", lines)

    def test_memory_that_is_given_is_named(self):
        for start, end in (("client", "server"), ("server", "client")):
            self.assertIn("   memory: interfaces/giver.idl:4: client can share memory with server: Giver.memory passes it 'pages', a Frame, "
                          "if server gives it; all else is only its owner's", self.ask(self.both, start, end)[1])

    def test_a_right_to_wait_is_none_to_signal(self):
        steps = [step for step in why.Reach(self.both).steps if (step.start, step.end) == ("server", "client")]
        self.assertEqual([step.kind for step in steps], ["signal"])
        self.assertNotIn("seen", steps[0].text)

    def test_an_endpoint_that_is_given_can_be_called(self):
        kinds = [step.kind for step in why.Reach(self.both).steps if (step.start, step.end) == ("client", "server")]
        self.assertEqual(sorted(kinds), ["call", "call", "memory"])

    def test_one_client_reaches_the_other_through_the_server_only(self):
        self.assertEqual(self.ask(self.both, "client", "other")[1][0], "yes: client can reach other, through server")

    def test_what_an_unknown_interface_passes_is_not_known(self):
        system = self.system(component("a", 'uses = { x = "b.y" }') + component("b", 'provides = { y = "Strange" }'))
        self.assertIn("   memory: what the interface Strange passes is not known, for it has no interface file; but for that, neither can read or write the other's",
                      self.ask(system, "a", "b")[1])


class Questions(WhyTest):
    def refused(self, start, end):
        system = self.system(component("server") + component("shell"))
        with self.assertRaises(ToolError) as caught:
            self.ask(system, start, end)
        self.assertEqual(caught.exception.status, 2)
        return str(caught.exception)

    def test_unknown_names_are_told_with_what_was_meant(self):
        self.assertEqual(self.refused("sever", "shell"), "system 'sample' has no 'sever'\n   did you mean 'server'?")
        self.assertEqual(self.refused("shell", "uard"), "system 'sample' has no 'uard'\n   did you mean 'uart'?")
        self.assertEqual(self.refused("shell", "zzz"), "system 'sample' has no 'zzz'\n   components: server, shell and supervisor; devices of board 'qemu-x86_64': core_timer and uart")
        self.assertEqual(self.refused("uart", "shell"), "'uart' is a device, and reaches nobody: its interrupts go to the component that has it\n   ask for a component: server and shell")
        self.assertEqual(self.refused("shell", "shell"), "'shell' can reach itself, of course\n   name two different ones")

    def test_exit_statuses(self):
        self.assertEqual(lucid("why", "demo", "shell", "can-reach", "uart")[0], 0)
        self.assertEqual(lucid("why", "demo", "pinger", "can-reach", "timer")[0], 1)
        status, output, errors = lucid("why", "demo", "pinger", "reaches", "timer")
        self.assertEqual((status, output), (2, ""))
        self.assertIn("invalid choice: 'reaches' (choose from 'can-reach')\n   ./lucid why --help says what there is\n", errors)


class WhatItRestsOn(unittest.TestCase):
    """The claims about the supervisor, compared with its code: who changes what components are given changes why.py."""

    @staticmethod
    def function(path, name):
        return re.search(rf"\b{name}\(.*?\n}}\n", (ROOT / "components/supervisor" / path).read_text(), re.S).group()

    def test_a_component_is_given_these_slots_with_these_rights(self):
        given = re.findall(r"COMPONENT_SLOT_(\w+), hold->\w+(?:, ([^;]+))?\)", self.function("construct.c", "slots_fill"))
        self.assertEqual({slot: rights or None for slot, rights in given}, why.GIVEN)
        slots = re.findall(r"COMPONENT_SLOT_(\w+)", re.search(r"enum component_slot \{.*?\}", (ROOT / "lib/include/lucid/component.h").read_text(), re.S).group())
        self.assertEqual(set(slots) - {"NULL", "FIRST"}, set(why.GIVEN))

    def test_only_two_functions_put_capabilities_into_components(self):
        """All that names a component's CNode as the place to put something."""
        put = {}
        for path in sorted((ROOT / "components/supervisor").glob("*.c")):
            for match in re.finditer(r"^[\w ].*?\b(\w+)\([^;{]*\)\n\{\n(.*?)^\}\n", path.read_text(), re.S | re.M):
                if re.search(r"cnode_\w+\(\s*(?:component|client)->hold\.cnode|cnode_\w+\(\s*hold->cnode", match[2]):
                    put[match[1]] = path.name
        put.pop("supervisor_caps")  # looks
        self.assertEqual(put, {"give": "construct.c", "slots_fill": "construct.c", "session_grant": "grants.c", "range_grant": "grants.c", "irq_grant": "grants.c",
                               "memory_grant": "grants.c"})

    def test_a_session_lets_capabilities_pass(self):
        self.assertEqual(self.function("grants.c", "session_grant").count(why.SESSION_RIGHTS), 2)

    def test_the_supervisor_takes_no_capabilities_and_gives_memory_only(self):
        interface = next(one for one in idl.load(ROOT / "interfaces/supervisor.idl").interfaces if one.name == "Supervisor")
        self.assertEqual([operation.name for operation in interface.operations if operation.asks.caps], [])
        self.assertEqual([(operation.name, cap.object) for operation in interface.operations for cap in operation.answers.caps], [("memory", "Untyped")])
        for path in (ROOT / "components/supervisor").glob("*.c"):
            self.assertNotIn("->take", path.read_text(), "no slot waits for what comes with a request")

    def test_what_it_tells_and_does_needs_these_rights(self):
        interface = next(one for one in idl.load(ROOT / "interfaces/supervisor.idl").interfaces if one.name == "Supervisor")
        needs = {operation.name: operation.needs for operation in interface.operations}
        self.assertEqual({name for name, right in needs.items() if right is None}, {"exit", "log_text", "news", "memory", "tolerant"})
        self.assertEqual({name for name, right in needs.items() if right == "log"}, {"read_log"})
        self.assertTrue(all(needs[name] == "control" for name in (*why.TOLD["control"], "crash", "kill", "restart", "power")))


class Documentation(unittest.TestCase):
    maxDiff = None

    def test_the_transcripts_are_real(self):
        """Every block of docs/descriptions.md that begins with a command."""
        blocks = re.findall(r"^```\n\$ \./lucid ([^\n]*)\n(.*?)^```$", (ROOT / "docs/descriptions.md").read_text(), re.S | re.M)
        self.assertGreaterEqual(len(blocks), 3)
        for command, shown in blocks:
            with self.subTest(command):
                _, output, errors = lucid(*command.split())
                self.assertEqual(output + errors, shown)


if __name__ == "__main__":
    unittest.main()
