# SPDX-License-Identifier: BSD-2-Clause
"""Device trees that tests make: reserved memory is added to what QEMU dumped, and nothing else changes."""
import shutil
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

from lucid import device_tree

# /dts-v1/ with  / { compatible = "x"; memory@0 { }; };
BLOCK = (struct.pack(">I", 1) + b"\0\0\0\0" + struct.pack(">III", 3, 2, 0) + b"x\0\0\0" + struct.pack(">I", 1) +
         b"memory@0\0\0\0\0" + struct.pack(">III", 2, 2, 9))
STRINGS = b"compatible\0"


def tree():
    structure_at = 40 + 16
    strings_at = structure_at + len(BLOCK)
    return struct.pack(">10I", 0xd00dfeed, strings_at + len(STRINGS), structure_at, strings_at, 40, 17, 16, 0, len(STRINGS),
                       len(BLOCK)) + bytes(16) + BLOCK + STRINGS


class DeviceTreeTest(unittest.TestCase):
    def test_reserved_memory_is_a_node_of_the_root(self):
        changed = device_tree.add_reserved(tree(), [(0x82000000, 0x1000), (0x100000000, 0x300)])
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "t.dtb")
            path.write_bytes(changed)
            if shutil.which("dtc") is None:
                self.skipTest("dtc is missing")
            source = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", str(path)], capture_output=True, text=True,
                                    check=True).stdout
        text = " ".join(source.split())
        self.assertIn('compatible = "x"; memory@0 { };', text)
        self.assertIn("reserved-memory { #address-cells = <0x02>; #size-cells = <0x02>; ranges;", text)
        self.assertIn("hole@82000000 { reg = <0x00 0x82000000 0x00 0x1000>; };", text)
        self.assertIn("hole@100000000 { reg = <0x01 0x00 0x00 0x300>; };", text)

    def test_sizes_in_the_header_are_those_of_the_parts(self):
        changed = device_tree.add_reserved(tree(), [(0x1000, 0x1000)])
        header = device_tree.HEADER.unpack_from(changed)
        self.assertEqual(header[1], len(changed))
        self.assertEqual(header[3], header[2] + header[9])
        self.assertEqual(header[1], header[3] + header[8])


if __name__ == "__main__":
    unittest.main()
