# SPDX-License-Identifier: BSD-2-Clause
"""What is in a bundle, a payload, and the FAT file system of an ISO."""
import struct
import subprocess
import unittest
from unittest import mock
import zlib

from support import SAMPLE, FolderTest, ToolError

from lucid import bundle, image
from lucid.elf import text_at
from lucid.fat import make_fat

PROGRAM = "void _start(void);\nint value = 5;\nvoid _start(void)\n{\n    value++;\n}\n"


class Images(FolderTest):
    def setUp(self):
        super().setUp()
        (self.folder / "p.c").write_text(PROGRAM)
        subprocess.run(["gcc", "-O1", "-g", "-ffreestanding", "-fno-pic", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-z,norelro", "p.c", "-o", "p.elf"],
                       cwd=self.folder, check=True)
        self.program = self.folder / "p.elf"

    def bundle(self, text=SAMPLE):
        system = self.load(text)
        return bundle.make_bundle(system, "test", {component.name: self.program for component in system.components})

    def entries(self, data, table, record):
        """The records of the table whose offset and count stand at `table` in the header."""
        offset, count = struct.unpack_from("<II", data, table)
        return [record.unpack_from(data, offset + index * record.size) for index in range(count)]

    def components(self, data):
        return self.entries(data, 32, bundle.COMPONENT)

    def uses(self, data):
        return [(client, text_at(data, name), server, provide, badge) for client, name, server, provide,
                badge in self.entries(data, 48, bundle.USE)]

    def test_checksum_covers_everything(self):
        data = bytearray(self.bundle())
        crc, = struct.unpack_from("<I", data, 12)
        struct.pack_into("<I", data, 12, 0)
        self.assertEqual((crc, struct.unpack_from("<Q", data, 16)[0]), (zlib.crc32(data), len(data)))
        self.assertEqual(len(data) % 4096, 0)

    def test_sessions_of_a_server_have_badges_of_their_own(self):
        data = self.bundle(SAMPLE + '\n[component.third]\nsource = "third"\nuses = { a = "server.echo", b = "server.echo" }\n')
        badges = [badge for _, _, server, _, badge in self.uses(data) if server == 0]
        self.assertEqual(badges, [1, 2, 3])

    def test_every_component_has_a_session_with_the_supervisor(self):
        sessions = [use for use in self.uses(self.bundle()) if use[2] == bundle.SUPERVISOR]
        self.assertEqual(sessions,
                         [(0, "supervisor", bundle.SUPERVISOR, 0, 1), (1, "supervisor", bundle.SUPERVISOR, 0, 2)])

    def test_flags_say_what_the_description_says(self):
        data = self.bundle(SAMPLE.replace('"Echo" }', '"Echo" }\npassive = true\nfpu = true').replace("uses", 'control = true\nstart = "manual"\nuses'))
        self.assertEqual([component[3] for component in self.components(data)],
                         [bundle.FLAG_FPU | bundle.FLAG_PASSIVE, bundle.FLAG_CONTROL | bundle.FLAG_MANUAL])

    def test_memory_that_cannot_hold_the_program_is_told_with_its_line(self):
        (self.folder / "p.c").write_text(PROGRAM + "char big[1 << 20];\n")
        subprocess.run(["gcc", "-ffreestanding", "-fno-pic", "-nostdlib", "-static", "-Wl,--build-id=none", "-Wl,-z,norelro", "p.c", "-o", "p.elf"],
                       cwd=self.folder, check=True)
        text = SAMPLE.replace('source = "server"', 'source = "server"\nmemory = "100KiB"\nstack = "4KiB"\nheap = "0KiB"')
        with self.assertRaisesRegex(ToolError, r"sample.toml:7: component 'server' has 100 KiB of memory, but takes 1\.\d MiB at least: "
                                    r"its data 1.0 MiB, its stack 4 KiB, its arguments and messages 8 KiB, its objects \d+ KiB") as caught:
            self.bundle(text)
        self.assertEqual((caught.exception.hint, caught.exception.status), ('write  memory = "2MiB"', 2))
        self.bundle(text.replace("100KiB", "2MiB").replace("uses", 'memory = "2MiB"\nuses'))

    def test_the_quota_is_the_next_power_of_two_of_the_memory(self):
        text = SAMPLE.replace('source = "server"', 'source = "server"\nmemory = "68KiB"\nstack = "4KiB"\nheap = "60KiB"')
        self.bundle(text)
        with self.assertRaisesRegex(ToolError, "has 64 KiB of memory, but takes .* KiB at least"):
            self.bundle(text.replace("68KiB", "64KiB").replace("60KiB", "56KiB"))

    def test_devices_bring_all_their_resources(self):
        data = self.bundle(SAMPLE.replace("uses", 'devices = ["uart", "core_timer"]\nuses'))
        devices = [(component, text_at(data, name), kind, mode, first, count, text_at(data, hardware))
                   for component, name, kind, mode, first, count, hardware, _ in self.entries(data, 56, bundle.DEVICE)]
        self.assertEqual(devices,
                         [(1, "uart", 2, 0, 0x3f8, 8, "16550"), (1, "uart", 1, 0, 4, 1, "16550"),
                          (1, "core_timer", 4, 0, 0, 1, "core timer")])

    def test_segments_lie_on_pages_with_their_data(self):
        data = self.bundle()
        component = self.components(data)[0]
        segments = [component[22 + 6 * index:28 + 6 * index] for index in range(component[13])]
        self.assertTrue(segments)
        self.assertTrue(all(address % 4096 == 0 and offset % 4096 == 0 and offset + size <= len(data) for address, offset, size, _, _, _ in segments))
        writable = next(segment for segment in segments if segment[4] & 2)
        self.assertIn(struct.pack("<i", 5), data[writable[1]:writable[1] + writable[2]])

    def test_functions_and_lines_lead_to_the_source(self):
        data = self.bundle()
        functions, function_count, lines, line_count = bundle.SYMBOLS.unpack_from(data, self.components(data)[0][12])
        names = [text_at(data, bundle.FUNCTION.unpack_from(data, functions + 16 * index)[2])
                 for index in range(function_count)]
        found = [bundle.LINE.unpack_from(data, lines + 16 * index) for index in range(line_count)]
        self.assertEqual(names, ["_start"])
        self.assertLessEqual({0, 5}, {line for _, _, line in found})
        self.assertTrue(text_at(data, found[0][1]).endswith("p.c"))

    def test_same_input_gives_the_same_bytes(self):
        self.assertEqual(self.bundle(), self.bundle())

    def test_image_that_leaves_too_little_memory_is_refused(self):
        with mock.patch("lucid.bundle.SYSTEM_MEMORY", 20 << 20), self.assertRaisesRegex(ToolError, "are more than the machine's 24 MiB"):
            self.bundle('[system]\nname = "x"\nroot = "client"\nmemory = "24MiB"\n[component.a]\nsource = "client"\nmemory = "8MiB"\n')

    def test_payload_header_tells_where_everything_is(self):
        data = image.make_payload(self.program, self.program, b"B" * 4096, "sample", "1.2.3")
        fields = image.HEADER.unpack_from(data)
        magic, _, crc, size, payload_crc, count = fields[:6]
        entry, symbols, symbols_size, at, bundle_size = fields[6:11]
        self.assertEqual((magic, size, bundle_size, data[at:at + 4]), (image.MAGIC, len(data), 4096, b"BBBB"))
        self.assertEqual(payload_crc, zlib.crc32(data[4096:]))
        header = bytearray(data[:image.HEADER.size])
        struct.pack_into("<I", header, 12, 0)
        self.assertEqual(crc, zlib.crc32(header))
        self.assertEqual((fields[11].rstrip(b"\0"), fields[12].rstrip(b"\0")), (b"sample", b"1.2.3"))
        self.assertEqual(struct.unpack_from("<Q", data, symbols)[0], 1)
        address, name, _ = image.SYMBOL.unpack_from(data, symbols + 8)
        self.assertEqual((address, text_at(data, symbols + name), count > 0, symbols_size > 24),
                         (entry, "_start", True, True))


class FatFileSystem(FolderTest):
    def read(self, data, name):
        """A file's contents, found in the way that firmware finds it."""
        sector, cluster_sectors, reserved, tables, root_entries = struct.unpack_from("<HBHBH", data, 11)
        table_sectors, = struct.unpack_from("<H", data, 22)
        table = data[reserved * sector:]
        root = (reserved + tables * table_sectors) * sector
        clusters = root + root_entries * 32
        size = cluster_sectors * sector

        def chain(cluster):
            content = b""
            while cluster < 0xff8:
                content += data[clusters + (cluster - 2) * size:clusters + (cluster - 1) * size]
                cluster = int.from_bytes(table[cluster * 3 // 2:cluster * 3 // 2 + 2],
                                         "little") >> 4 * (cluster % 2) & 0xfff
            return content

        folder = data[root:clusters]
        for part in name.split("/"):
            stem, _, extension = part.partition(".")
            entry = next(folder[at:at + 32] for at in range(0, len(folder), 32)
                         if folder[at:at + 11] == f"{stem:<8}{extension:<3}".encode())
            first, length = struct.unpack_from("<HI", entry, 26)
            folder = chain(first)
        return folder[:length]

    def test_files_are_found_in_folders(self):
        content = bytes(range(256)) * 700
        data = make_fat({"EFI": {"BOOT": {"BOOTX64.EFI": content}}, "A.TXT": b"a"})
        self.assertEqual((self.read(data, "EFI/BOOT/BOOTX64.EFI"), self.read(data, "A.TXT")), (content, b"a"))

    def test_same_files_give_the_same_bytes(self):
        self.assertEqual(make_fat({"A": b"a", "B": b"b"}), make_fat({"B": b"b", "A": b"a"}))

    def test_too_much_is_refused(self):
        with self.assertRaisesRegex(ToolError, "too large for a FAT12 file system"):
            make_fat({"A": bytes(9 << 20)})


if __name__ == "__main__":
    unittest.main()
