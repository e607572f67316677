# SPDX-License-Identifier: BSD-2-Clause
"""How lines and branches are counted, and how reasons for missed lines are matched."""
import unittest
from unittest import mock

from support import FolderTest

from lucid import coverage
from lucid.coverage import FileCoverage, branch_counts, function_at, judge, line_counts, match_reasons

SOURCE = """\
static int seldom(int a)
{
    if (a)
        return 1;
    return 2;
}

struct thing *often(int a,
                    int b)
{
    return 2;
}
"""


def segment(line, column, count, counted=True, entry=True, gap=False):
    return [line, column, count, counted, entry, gap]


class Counting(unittest.TestCase):
    def test_a_line_counts_what_begins_on_it_or_is_around_it(self):
        """A function of four lines, in which the condition's block on line 3 was never entered."""
        counts = line_counts([segment(1, 10, 5), segment(3, 9, 0), segment(3, 20, 5, entry=False), segment(4, 2, 0, counted=False)])
        self.assertEqual(counts, {1: 5, 2: 5, 3: 5, 4: 5})

    def test_a_line_within_a_block_that_is_never_entered_is_missed(self):
        counts = line_counts([segment(1, 10, 5), segment(2, 9, 0), segment(4, 6, 5, entry=False), segment(5, 2, 0, counted=False)])
        self.assertEqual(counts[3], 0)
        self.assertEqual(FileCoverage("f", counts).missed_lines(), [3, 4])  # the closing brace, too

    def test_lines_between_functions_do_not_count(self):
        counts = line_counts([segment(1, 1, 1), segment(2, 2, 0, counted=False, entry=False), segment(5, 1, 0), segment(6, 2, 0, counted=False, entry=False)])
        self.assertEqual(set(counts), {1, 2, 5, 6})

    def test_branches_of_one_place_add_up(self):
        counts = branch_counts([[3, 5, 3, 9, 2, 0, 0, 0, 4], [3, 5, 3, 9, 1, 0, 0, 0, 4]])
        self.assertEqual(counts, {(3, 5, True): 3, (3, 5, False): 0})
        self.assertEqual(FileCoverage("f", {}, counts).missed_branches(), [(3, 5, False)])


class Reasons(FolderTest):
    def setUp(self):
        super().setUp()
        (self.folder / "file.c").write_text(SOURCE)
        (self.folder / "tests/host").mkdir(parents=True)
        patch = mock.patch.object(coverage, "ROOT", self.folder)
        patch.start()
        self.addCleanup(patch.stop)

    def files(self, *missed):
        return {"file.c": FileCoverage("file.c", {number: int(number not in missed) for number in range(1, 13)})}

    def reason(self, function, text):
        return {"file": "file.c", "function": function, "text": text, "reason": "because"}

    def test_the_function_of_a_line(self):
        text = SOURCE.splitlines()
        self.assertEqual([function_at(text, number) for number in (1, 5, 8, 11)], ["seldom", "seldom", "often", "often"])

    def test_a_reason_goes_by_function_and_line(self):
        bare, stale = match_reasons(self.files(5), [self.reason("seldom", "return 2;")])
        self.assertEqual((bare, stale), ([], []))

    def test_a_reason_is_not_one_for_the_same_line_of_another_function(self):
        reason = self.reason("seldom", "return 2;")
        self.assertEqual(match_reasons(self.files(11), [reason]), ([("file.c", 11, "return 2;")], [reason]))

    def test_too_little_a_missing_reason_and_a_stale_one_are_told(self):
        (self.folder / "tests/host/uncovered.toml").write_text(
            '[[line]]\nfile = "file.c"\nfunction = "often"\ntext = "return 2;"\nreason = "because"\n')
        wrong = judge(self.files(4))
        self.assertEqual(len(wrong), 3)
        self.assertIn("lines: 91.67 % are reached, 97 % must be", wrong[0])
        self.assertIn("file.c:4: no test reaches this line", wrong[1])
        self.assertIn("the reason for 'return 2;' in often (file.c) is out of date", wrong[2])


if __name__ == "__main__":
    unittest.main()
