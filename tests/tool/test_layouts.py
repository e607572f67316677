# SPDX-License-Identifier: BSD-2-Clause
"""The records that the tool writes are those of the C headers: sizes and offsets, as the compiler says."""
import subprocess
import unittest

from support import ROOT, FolderTest

from lucid import board, bundle, description, image, loadable
from lucid.suites import damage

HEADERS = ["lucid/image.h", "lucid/bundle.h", "lucid/objects.h", "lucid/types.h"]


class Layouts(FolderTest):
    def evaluate(self, *expressions):
        """The values of constant expressions over the ABI headers."""
        lines = [f"#include <{header}>" for header in HEADERS] + ["#include <stdio.h>", "int main(void) {"]
        lines += [f'printf("%llu\\n", (unsigned long long)({expression}));' for expression in expressions]
        source = self.folder / "evaluate.c"
        source.write_text("\n".join(lines) + "\nreturn 0; }\n")
        program = self.folder / "evaluate"
        subprocess.run(["gcc", "-std=c17", f"-I{ROOT}/abi", str(source), "-o", str(program)], check=True)
        return [int(line)
                for line in subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()]

    def test_records_have_the_sizes_of_the_structures(self):
        records = {"image_header": image.HEADER, "image_symbol": image.SYMBOL, "bundle_header": bundle.HEADER,
                   "bundle_component": bundle.COMPONENT, "bundle_provide": bundle.PROVIDE, "bundle_use": bundle.USE,
                   "bundle_device": bundle.DEVICE, "bundle_function": bundle.FUNCTION, "bundle_line": bundle.LINE,
                   "bundle_symbols": bundle.SYMBOLS, "bundle_segment": bundle.SEGMENT}
        sizes = self.evaluate(*(f"sizeof(struct {name})" for name in records))
        self.assertEqual(dict(zip(records, sizes)), {name: record.size for name, record in records.items()})

    def test_header_fields_lie_where_damaged_images_change_them(self):
        names = list(damage.FIELDS)
        offsets = self.evaluate(*(f"offsetof(struct image_header, {name})" for name in names),
                                "offsetof(struct image_header, segment)")
        self.assertEqual(offsets, [damage.FIELDS[name][0] for name in names] + [damage.SEGMENTS_AT])
        names = list(damage.SEGMENT_FIELDS)
        self.assertEqual(self.evaluate(*(f"offsetof(struct image_segment, {name})" for name in names)),
                         [damage.SEGMENT_FIELDS[name][0] for name in names])

    def test_constants_are_those_of_the_headers(self):
        constants = {"IMAGE_MAGIC": image.MAGIC, "IMAGE_SEGMENTS_MAX": loadable.SEGMENTS_MAX,
                     "IMAGE_PAGE": loadable.PAGE, "BUNDLE_MAGIC": bundle.MAGIC, "BUNDLE_VERSION": bundle.VERSION,
                     "BUNDLE_SEGMENTS_MAX": loadable.SEGMENTS_MAX, "BUNDLE_RESTART_NEVER": bundle.RESTARTS["never"],
                     "BUNDLE_RESTART_ALWAYS": bundle.RESTARTS["always"], "BUNDLE_FLAG_FPU": bundle.FLAG_FPU,
                     "BUNDLE_FLAG_PASSIVE": bundle.FLAG_PASSIVE, "BUNDLE_FLAG_CONTROL": bundle.FLAG_CONTROL,
                     "BUNDLE_FLAG_MANUAL": bundle.FLAG_MANUAL, "BUNDLE_SUPERVISOR": bundle.SUPERVISOR,
                     "BUNDLE_DEVICE_IRQ": board.IRQ, "BUNDLE_DEVICE_PORTS": board.PORTS,
                     "BUNDLE_DEVICE_MEMORY": board.MEMORY, "BUNDLE_DEVICE_CORE": board.CORE,
                     "RIGHT_READ": loadable.RIGHT_READ, "RIGHT_WRITE": loadable.RIGHT_WRITE,
                     "RIGHT_EXECUTE": loadable.RIGHT_EXECUTE, "IRQ_EDGE": board.IRQ_MODES["edge"],
                     "IRQ_LEVEL": board.IRQ_MODES["level"],
                     "IRQ_LEVEL | IRQ_ACTIVE_LOW": board.IRQ_MODES["level low"],
                     "LUCID_ABI_VERSION": image.abi_version()}
        self.assertEqual(dict(zip(constants, self.evaluate(*constants))), constants)

    def test_names_and_priorities_fit_what_the_kernel_has(self):
        highest, = self.evaluate("PRIORITY_MAX")
        self.assertLess(description.PRIORITY_MAX, highest)


if __name__ == "__main__":
    unittest.main()
