# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench --latency` without a machine: what the plugin tells, cases, limits."""
import unittest
from unittest import mock

from support import ToolError

from lucid import bench_data, latency
from lucid.bench_data import Limit
from lucid.build import Variant
from lucid.elf import Symbol
from lucid.latency import Part, Stretch

FUNCTIONS = [Symbol(name, address, 16, 2, 1) for name, address in (("entry", 0xffffffff80001000), ("work", 0xffffffff80002000), ("leave", 0xffffffff80003000))]
PRINTED = "   first: worst first\nok first\n   second: worst second\nok second\nEND 2 passed, 0 failed\n"
TOLD = """\
record 30 ffffffff80001000:1:10 ffffffff80002000:3:20
record 7 ffffffff80001000:1:7
stretch 5000 ffffffff80001000:1:10 ffffffff80002000:64:4990
stretch 40 ffffffff80003000:1:40
"""
X86 = Variant("qemu-x86_64")


class Reading(unittest.TestCase):
    def test_each_case_has_its_longest_stretch_and_all_have_the_longest(self):
        cases, stretches = latency.parse(PRINTED, TOLD, FUNCTIONS, "latency")
        self.assertEqual({name: stretch.instructions for name, stretch in cases.items()}, {"first": 30, "second": 7})
        self.assertEqual(stretches, [Stretch(5000, [Part("entry", 1, 10), Part("work", 64, 4990)], "latency"), Stretch(40, [Part("leave", 1, 40)], "latency")])

    def test_a_case_without_a_record_is_refused(self):
        with self.assertRaisesRegex(ToolError, "recorded 1 cases where the system tells of 2"):
            latency.parse(PRINTED, TOLD.split("\n", 1)[1], FUNCTIONS, "latency")

    def test_a_kernel_without_preemption_points_is_refused(self):
        with self.assertRaisesRegex(ToolError, "there is no 'arch_interrupt_pending'"):
            latency.point(mock.Mock(symbol=lambda name: None, path="kernel.elf"))


class Telling(unittest.TestCase):
    def test_the_chain_tells_functions_in_order_and_leaves_the_small_ones_away(self):
        self.assertEqual(latency.chain(Stretch(3, [Part("entry", 1, 10), Part("work", 64, 4990)])), "entry 10 > work x64 4990")
        many = Stretch(3, [Part(f"f{index}", 1, index) for index in range(20)])
        self.assertEqual(latency.chain(many).split(" > ")[0], "f8 8")

    def test_of_those_in_which_the_same_function_took_most_only_the_longest_is_told(self):
        one, two, other = (Stretch(count, [Part(name, 1, count)]) for count, name in ((9, "a"), (7, "a"), (8, "b")))
        self.assertEqual(latency.longest([two, other, one]), [one, other])


class Limits(unittest.TestCase):
    def limits(self, **cases):
        return mock.patch.object(bench_data, "read_limits", return_value={"latency-qemu-x86_64": cases})

    def test_a_case_above_its_limit_is_told(self):
        with self.limits(a=Limit(3000), b=Limit(5000, 3000)):
            self.assertEqual(latency.exceeded({"a": Stretch(3001), "b": Stretch(5000)}, X86), ["a: expected at most 3000 instructions, seen 3001"])

    def test_a_limit_goes_down_to_3000_and_no_further(self):
        with self.limits(a=Limit(5000, 3000)):
            self.assertEqual(latency.lowered({"a": Stretch(4000), "b": Stretch(100)}, X86)["latency-qemu-x86_64"], {"a": Limit(4000, 3000), "b": Limit(3000)})
            self.assertEqual(latency.lowered({"a": Stretch(2000)}, X86)["latency-qemu-x86_64"], {"a": Limit(3000)})

    def test_no_case_has_a_limit_above_3000_without_that_as_its_target(self):
        for section, cases in bench_data.read_limits().items():
            for name, limit in cases.items() if section.startswith("latency-") else ():
                self.assertEqual(limit.target or limit.limit, latency.LIMIT, f"{section}, {name}")


if __name__ == "__main__":
    unittest.main()
