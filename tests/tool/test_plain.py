# SPDX-License-Identifier: BSD-2-Clause
"""Console output as plain text: what a terminal would show, without a control sequence."""
import unittest

import support  # noqa: F401  (sets the path of the tool)

from lucid.plain import Plain


def whole(*pieces):
    """What comes out in the end when nothing is ever slow."""
    plain = Plain()
    return b"".join(plain.add(piece) for piece in pieces) + plain.finish()


class PlainText(unittest.TestCase):
    def test_lines_end_with_a_plain_newline(self):
        self.assertEqual(whole(b"one\r\ntwo\r\n"), b"one\ntwo\n")

    def test_an_unfinished_line_is_ended(self):
        self.assertEqual(whole(b"lucid> "), b"lucid> \n")

    def test_a_line_that_is_erased_was_never_there(self):
        self.assertEqual(whole(b"lucid> p\r\x1b[K[pinger] hello\r\nlucid> p", b"s\r\n"), b"[pinger] hello\nlucid> ps\n")

    def test_editing_shows_in_the_result(self):
        self.assertEqual(whole(b"> pz\r\x1b[K> p\r\x1b[K> px\x1b[1Ds\r\n"), b"> ps\n")

    def test_a_return_alone_overwrites(self):
        self.assertEqual(whole(b"10 %\r100\r\n"), b"100%\n")

    def test_backspace_goes_back(self):
        self.assertEqual(whole(b"ab\b \bc\r\n"), b"ac\n")

    def test_colours_and_modes_vanish(self):
        self.assertEqual(whole(b"\x1b[0;1;37mred\x1b[0m\x1b[?25h\x1b(B\x1b=!\a\r\n"), b"red!\n")

    def test_clearing_the_screen_begins_a_line(self):
        self.assertEqual(whole(b"old\x1b[2J\x1b[01;01Hnew\r\n"), b"old\nnew\n")

    def test_parts_of_a_line_can_be_erased(self):
        self.assertEqual(whole(b"abcd\x1b[2D\x1b[Kx\r\n"), b"abx\n")
        self.assertEqual(whole(b"abcd\x1b[3D\x1b[1K\r\n"), b"  cd\n")
        self.assertEqual(whole(b"abcd\x1b[2K\x1b[1Gx\x1b[2Cy\r\n"), b"x  y\n")

    def test_sequences_may_come_in_any_pieces(self):
        data = "é\x1b[31mred\x1b[K\r\x1b[2Kblue ü\x1b[1D\x1b(Bu\r\n".encode()
        self.assertEqual(whole(*(data[at:at + 1] for at in range(len(data)))), whole(data))
        self.assertEqual(whole(data), "blue u\n".encode())

    def test_what_is_no_sequence_is_not_swallowed(self):
        self.assertEqual(whole(b"a\x1b[\x01b\r\n"), b"a[\x01b\n")
        self.assertEqual(whole(b"\x1b[" + b"1" * 100, b"m!\r\n"), b"[" + b"1" * 100 + b"m!\n")

    def test_bytes_that_are_no_text_pass_unchanged(self):
        self.assertEqual(whole(b"\xff\xfe\t.\r\n"), b"\xff\xfe\t.\n")

    def test_a_prompt_is_put_out_when_nothing_more_comes(self):
        plain = Plain()
        self.assertEqual(plain.add(b"hello\r\nlucid> "), b"hello\n")
        self.assertTrue(plain.unsettled)
        self.assertEqual(plain.settle(), b"lucid> ")
        self.assertFalse(plain.unsettled)
        self.assertEqual(plain.add(b"ps\r\n"), b"ps\n")

    def test_what_was_put_out_is_followed_by_what_became_of_it(self):
        plain = Plain()
        plain.add(b"lucid> px")
        self.assertEqual(plain.settle(), b"lucid> px")
        self.assertEqual(plain.add(b"\r\x1b[Klucid> ps\r\n"), b"\nlucid> ps\n")


if __name__ == "__main__":
    unittest.main()
