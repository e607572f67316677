# SPDX-License-Identifier: BSD-2-Clause
"""Damaged images are refused at boot, each with a sentence that says what is wrong. The system is `echo`."""
import time
import unittest

from lucid.board import DEFAULT_BOARD
from lucid.build import Variant, build
from lucid.machine import Options
from lucid.suites.console import Recorder
from lucid.suites.damage import damaged
from lucid.test import LOGS

REFUSED = "lucid: cannot start: "
FIX = {"fix": "header"}


class DamagedImages(unittest.TestCase):
    def boot(self, changes):
        """What is printed until the machine ends, and whether it ended as a success."""
        built = build("echo", Variant(DEFAULT_BOARD))
        with damaged(built, changes) as image:
            with Recorder(image, Options(), LOGS / f"system-{self._testMethodName}.log", reset_limit=0) as recorder:
                over = recorder.until_end()
        return recorder.text, over.success

    def check_refused(self, changes, sentence):
        text, success = self.boot(changes)
        self.assertIn(REFUSED + sentence, text)
        self.assertNotIn("echo answered", text)
        self.assertFalse(success)

    def test_no_image_is_refused(self):
        self.check_refused([{"field": "magic", "value": 0}], "there is no image behind the kernel")

    def test_image_of_another_version_is_refused(self):
        self.check_refused([{"field": "abi_version", "add": 1}, FIX], "the image was built for another version")

    def test_damaged_header_is_refused(self):
        self.check_refused([{"offset": 73, "flip": 1}], "the image's header is damaged")

    def test_truncated_image_is_refused(self):
        self.check_refused([{"field": "size", "add": 4096}, FIX], "the image is truncated")

    def test_one_wrong_bit_in_the_middle_is_refused(self):
        self.check_refused([{"offset": 9000, "flip": 16}], "the image is damaged: its checksum does not match")

    def test_one_wrong_bit_at_the_end_is_refused(self):
        self.check_refused([{"offset": -1, "flip": 1}], "the image is damaged: its checksum does not match")

    def test_missing_root_component_is_refused(self):
        self.check_refused([{"field": "segment_count", "value": 0}, FIX], "the image has no root component")

    def test_too_many_segments_are_refused(self):
        self.check_refused([{"field": "segment_count", "value": 0xffffffff}, FIX],
                           "the image has no root component, or one with too many segments")

    def test_segment_outside_of_the_image_is_refused(self):
        for field, value in (("offset", 1 << 40), ("size", -1), ("offset", 0), ("memory_size", 0)):
            with self.subTest(field):
                self.check_refused([{"field": f"segment.0.{field}", "value": value}, FIX],
                                   "a segment of the root component lies outside of the image")

    def test_segment_at_an_impossible_address_is_refused(self):
        for address in (0, 0x401001, 0xffffffff80000000, 0x00007ffffffff000):
            with self.subTest(hex(address)):
                self.check_refused([{"field": "segment.0.address", "value": address}, FIX],
                                   "a segment of the root component has an impossible address")

    def test_writable_and_executable_segment_is_refused(self):
        self.check_refused([{"field": "segment.0.rights", "value": 2 | 8}, FIX],
                           "a segment of the root component has impossible rights")

    def test_bundle_outside_of_the_image_is_refused(self):
        self.check_refused([{"field": "bundle", "value": 1 << 40}, FIX], "the bundle lies outside of the image")

    def test_symbols_outside_of_the_image_are_refused(self):
        self.check_refused([{"field": "symbols_size", "value": 1 << 40}, FIX], "the symbols lie outside of the image")

    def test_unchanged_copy_starts(self):
        built = build("echo", Variant(DEFAULT_BOARD))
        with damaged(built, [FIX]) as image, Recorder(image, Options(), LOGS / "system-unchanged.log") as recorder:
            recorder.expect(lambda text, start: 1 if "echo answered" in text else None, "'echo answered'",
                            time.monotonic() + 30)


if __name__ == "__main__":
    unittest.main()
