# SPDX-License-Identifier: BSD-2-Clause
"""Descriptions beyond all sense, as a slip or a program writes them: one message with file and line, never a traceback."""
import unittest

from support import SAMPLE, FolderTest, ToolError
from test_description import with_line

from lucid.board import load_board
from lucid.description import load_system

DIGITS = "1" * 5000


class Limits(FolderTest):
    maxDiff = None

    def check(self, line, expected):
        self.assertEqual(self.complaint(with_line(SAMPLE, 8, line)), "sample.toml:8: " + expected)

    def check_source(self, value, expected):
        self.assertEqual(self.complaint(with_line(SAMPLE, 6, f'source = "{value}"')), "sample.toml:6: " + expected)

    def test_a_source_that_is_too_long_for_a_path(self):
        self.check_source("x" * 300, f"the folder '{'x' * 57}...' cannot be looked into: File name too long\n"
                          '   name a folder with C files, like "components/echo_server"')

    def test_sizes_and_budgets_of_thousands_of_digits(self):
        self.check(f'memory = "{DIGITS}KiB"', f"'memory' is \"{'1' * 57}...\", which is no size\n   write it like \"64KiB\" or \"1MiB\"")
        self.check(f'budget = "{DIGITS}ms/10ms"', f"'budget' is \"{'1' * 57}...\", which is no budget\n"
                   "   write the time and the period that it is for, like \"2ms/10ms\"")

    def test_a_size_out_of_range_is_told_as_people_write_it(self):
        self.check('memory = "999999GiB"', "'memory' is \"999999GiB\", but must be at most 64 TiB")

    def test_numbers_of_thousands_of_digits(self):
        self.check(f"priority = {DIGITS}", "a number has thousands of digits")
        self.check(f"priority = {DIGITS[:4000]}", "'priority' is a number of more than 64 bits, but must be from 0 to 250")
        self.check(f"priority = 0x{DIGITS}", "'priority' is a number of more than 64 bits, but must be from 0 to 250")

    def test_thousands_of_lists_in_each_other(self):
        self.check("devices = " + "[" * 3000 + "]" * 3000, "lists or tables lie in each other more than 64 deep")
        self.check("uses = " + "{a = " * 3000 + "1" + "}" * 3000, "lists or tables lie in each other more than 64 deep")

    def test_lists_beside_each_other_are_not_in_each_other(self):
        self.check("devices = [" + "[]," * 200 + "]", "'devices' must be a list of texts, not of a list")

    def test_a_chain_of_thousands_of_components(self):
        text = '[system]\nname = "chain"\nroot = "client"\nmemory = "1GiB"\n'
        for number in range(2000):
            text += (f'[component.c{number}]\nsource = "client"\nmemory = "128KiB"\nprovides = {{ x = "X" }}\n'
                     f'uses = {{ next = "c{number + 1}.x" }}\n')
        last = '[component.c2000]\nsource = "server"\nprovides = { x = "X" }\n'
        self.assertEqual([component.name for component in self.load(text + last).components], [f"c{n}" for n in range(2000, -1, -1)])
        complaint = self.complaint(text + last + 'uses = { back = "c1999.x" }\n')
        self.assertIn("would wait for ever: c1999 -> c2000 -> c1999\n", complaint)

    def test_the_character_0_in_arguments(self):
        self.check('args = "a\\u0000b"', "'args' of component 'server' has the character 0 in it, which ends a text\n   remove it")

    def test_an_empty_source(self):
        self.check_source("", "'source' is empty\n   name a folder with C files, like \"components/echo_server\"")

    def test_a_source_that_is_a_file_names_its_folder(self):
        self.check_source("server/main.c", "'server/main.c' is a file, but 'source' is the folder with all C files\n"
                          '   write  source = "server"')

    def test_a_source_whose_name_cannot_be_proposed(self):
        self.check_source("x/..", "the folder 'x/..' does not exist\n   name a folder with C files, like \"components/echo_server\"")

    def test_a_use_of_the_supervisor(self):
        self.assertEqual(self.complaint(with_line(SAMPLE, 11, 'uses = { s = "supervisor.x" }')),
                         "sample.toml:11: component 'client' uses 'supervisor.x', but 'supervisor' is the root component\n"
                         "   every component has a session with the supervisor, named 'supervisor': remove this one")

    def test_provides_that_is_a_text_shows_how_it_is_written(self):
        self.assertEqual(self.complaint(with_line(SAMPLE, 7, 'provides = "Echo"')),
                         "sample.toml:7: 'provides' must be a table, not \"Echo\"\n   write name and interface, like  { echo = \"Echo\" }")

    def test_a_path_that_is_no_text(self):
        for name in ("sam\udcffple", "sam\nple"):
            with self.assertRaisesRegex(ToolError, "the path of the description has characters that are no text: '.*sam.*ple.toml'\n"
                                        "   give it another name"):
                load_system(str(self.describe(SAMPLE, name)), load_board("qemu-x86_64"))

    def test_a_byte_order_mark(self):
        self.assertEqual(self.complaint("\ufeff" + SAMPLE), "sample.toml:1: the file begins with a byte order mark\n"
                         "   remove the byte order mark: save the file as UTF-8 without it")

    def test_a_name_is_proposed_only_if_it_can_be_one(self):
        path = self.describe(with_line(SAMPLE, 2, ""), "My System")
        with self.assertRaisesRegex(ToolError, 'add:  name = "NAME"'):
            load_system(str(path), load_board("qemu-x86_64"))


if __name__ == "__main__":
    unittest.main()
