# SPDX-License-Identifier: BSD-2-Clause
"""The lines that test programs in C print: `ok NAME`, `FAIL NAME: file:line: expected X, seen Y`, and (on
the target) at the end `END n passed, n failed`."""
import re

from ..test import Result

LINE = re.compile(r"^(ok|FAIL) ([A-Za-z0-9_./-]+)(?:: (.*))?$")
END = re.compile(r"^END (\d+) passed, (\d+) failed$")


def parse(text):
    """The results in the text, and the numbers of the END line (or None)."""
    results, end = [], None
    for line in text.splitlines():
        if match := LINE.match(line.strip()):
            results.append(Result(match.group(2), match.group(1) == "ok", match.group(3) or ""))
        elif match := END.match(line.strip()):
            end = int(match.group(1)), int(match.group(2))
    return results, end


def numbers(results):
    passed = sum(result.passed for result in results)
    return passed, len(results) - passed
