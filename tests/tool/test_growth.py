# SPDX-License-Identifier: BSD-2-Clause
"""`./lucid bench --growth` without a machine: reading, the rule, the drawing."""
import unittest
import xml.etree.ElementTree
from unittest import mock

from support import ToolError

from lucid import bench_data, growth
from lucid.bench_data import Limit
from lucid.build import Variant

PRINTED = """\
   among_10: grow signal among 10 rounds 64 ticks 6535 empty 135
   among_1000: grow signal among 1000 rounds 64 ticks 12935 empty 135
   among_1000: grow call among 1000 rounds 4 ticks 805 empty 5
"""


class Growth(unittest.TestCase):
    def test_what_one_round_costs_is_without_the_loop(self):
        self.assertEqual(growth.parse(PRINTED), {"signal": {10: 100, 1000: 200}, "call": {1000: 200}})

    def test_a_system_that_measured_nothing_is_refused(self):
        with self.assertRaisesRegex(ToolError, "has measured nothing"):
            growth.parse("END 0 passed, 0 failed\n")

    def test_the_logarithm_is_allowed_and_more_is_told(self):
        self.assertEqual(growth.too_fast({"a": {10: 100, 1000: 100 + 64 * 6, 10000: 100 + 64 * 9}}), [])
        self.assertEqual(growth.too_fast({"a": {10: 100, 1000: 526}}), ["a: expected at most 525 instructions among 1000, as it takes 100 among 10; seen 526"])

    def test_growing_late_is_growing(self):
        self.assertEqual(len(growth.too_fast({"a": {10: 100, 1000: 100, 10000: 400}})), 1)

    def test_what_costs_more_among_most_than_its_limit_is_told(self):
        with mock.patch.object(bench_data, "read_limits", return_value={"growth-qemu-x86_64": {"a": Limit(150)}}):
            self.assertEqual(growth.exceeded({"a": {10: 100, 1000: 151}}, Variant("qemu-x86_64")), ["a: expected at most 150 instructions, seen 151"])

    def test_the_drawing_is_an_image_with_a_line_for_each_path(self):
        root = xml.etree.ElementTree.fromstring(growth.svg({"a": {10: 1, 1000: 2}, "b<c": {10: 3, 1000: 3}}, "t"))
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}polyline")), 2)


if __name__ == "__main__":
    unittest.main()
