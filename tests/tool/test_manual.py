# SPDX-License-Identifier: BSD-2-Clause
"""How the manual is read out of headers and tables."""
import re
import shutil
import tomllib
import unittest
from unittest import mock

from support import ROOT, FolderTest

from lucid import manual
from lucid.header import Entry, Section, Text, read_header

HEADER = """\
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it is about.
 *
 *   column one   column two
 */
#ifndef SAMPLE_H
#define SAMPLE_H

#include <stdint.h>

/* ---- First part ---------- */

/* Adds.
 * Twice. */
int add(int a,
        int b);

/* Inline. */
/*@ requires a < 100;
    ensures \\result == 2 * a; */
static inline int twice(int a)
{
    int b = a;

    return b + a;
}

struct point {
    int x; /* right */

    int y;
};

/* Many lines. */
#define MANY(a) \\
    first(a);   \\
    second(a)

/*@ logic integer two = 2; */

/* Alone. */

#endif
"""


class Headers(FolderTest):
    def test_a_header_is_taken_apart(self):
        path = self.folder / "sample.h"
        path.write_text(HEADER)
        self.assertEqual(read_header(path),
                         [Text("What it is about.\n\n  column one   column two"), Section("First part"), Entry("Adds.\nTwice.", "int add(int a,\n        int b);"), Entry("Inline.", "int twice(int a);"), Entry("", "struct point {\n    int x; /* right */\n\n    int y;\n};"), Entry("Many lines.", "#define MANY(a)"), Text("Alone.")])

    def test_columns_keep_their_layout_and_prose_is_joined(self):
        self.assertEqual(manual.prose("One\nline <a>.\n\na   b\nc   d"),
                         "One line &lt;a>.\n\n```text\na   b\nc   d\n```")


class Tables(unittest.TestCase):
    def test_every_error_and_operation_of_the_tables_is_read(self):
        for file, entries, word in (("errors.def", manual.errors(), "ERROR"),
                                    ("operations.def", manual.operations(), "OPERATION")):
            written = re.findall(rf"^{word}\(", (ROOT / "abi/lucid" / file).read_text(), re.MULTILINE)
            self.assertEqual(len(entries), len(written))

    def test_strings_of_several_parts_are_joined(self):
        retype = next(operation for operation in manual.operations() if operation.label == "OP_UNTYPED_RETYPE")
        self.assertEqual((retype.number, retype.arguments.startswith("type, size_bits")), (1, True))
        self.assertNotIn('"', retype.sentence)
        self.assertTrue(retype.sentence.startswith("Makes `count` objects"))

    def test_the_manual_has_every_error_and_operation(self):
        text = manual.make_manual()
        for name in [error.name for error in manual.errors()] + [operation.label
                                                                 for operation in manual.operations()]:
            self.assertIn(name, text)


class Interfaces(FolderTest):
    def test_every_interface_that_the_demo_speaks_is_in_the_manual(self):
        with open(ROOT / "systems/demo.toml", "rb") as file:
            components = tomllib.load(file)["component"].values()
        sources = [path for component in components for path in (ROOT / component["source"]).glob("*.[ch]")]
        included = {name for path in sources for name in re.findall(r'#include <(\w+)(?:\.\w+)?\.h>', path.read_text())}
        spoken = {name for name in included if (ROOT / f"interfaces/{name}.idl").exists()}
        self.assertGreaterEqual(len(spoken), 4)
        self.assertLessEqual(spoken, set(manual.INTERFACES))

    def test_an_interface_of_somebody_s_own_does_not_belong_in_the_manual(self):
        for folder in ("abi", "lib/include", "interfaces"):
            shutil.copytree(ROOT / folder, self.folder / folder)
        before = manual.make_manual()
        (self.folder / "interfaces/divider.idl").write_text("interface Divider version 1 { halve(uint8_t n); }\n")
        with mock.patch.object(manual, "ROOT", self.folder):
            self.assertEqual(manual.make_manual(), before)


if __name__ == "__main__":
    unittest.main()
