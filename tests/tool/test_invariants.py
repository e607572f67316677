# SPDX-License-Identifier: BSD-2-Clause
"""Each invariant of the checker (kernel/check) is one that a test damages, to see it named: so there is none that nothing could break."""
import re
import unittest

from lucid.common import ROOT

TEXT = re.compile(r'"((?:[^"\\]|\\.)*)"')
CHECK = re.compile(r"(?:CHECK_THAT|check_that)\s*\((.*?)\)\s*(?:;|&&)", re.DOTALL)
TESTS = ("tests/host", "tests/smp")


def joined(text):
    """With string literals that follow one another as one."""
    return re.sub(r'"\s*\n\s*"', "", text)


def invariants():
    sources = [joined(path.read_text()) for path in sorted((ROOT / "kernel/check").glob("*.c"))]
    return {sentence for source in sources for check in CHECK.findall(source) for sentence in TEXT.findall(check)}


class Invariants(unittest.TestCase):
    def test_each_is_planted(self):
        tests = "".join(joined(path.read_text()) for folder in TESTS for path in (ROOT / folder).glob("*.c"))
        self.assertGreater(len(invariants()), 140)
        self.assertEqual([sentence for sentence in sorted(invariants()) if f'"{sentence}"' not in tests], [])


if __name__ == "__main__":
    unittest.main()
