# SPDX-License-Identifier: BSD-2-Clause
"""The sanitizers of the host tests see what they shall see, and nothing in the kernel hides from them."""
import os
import re
import subprocess
import unittest

from support import ROOT, FolderTest

from lucid import fuzz
from lucid.suites import host

# What is wrong, and a word of the report about it.
WRONGS = {
    "alignment": ("char bytes[16]; int *volatile p = (int *)(bytes + (count & 1)); return *p;", "misaligned address"),
    "bounds": ("int table[4] = { 0 }; volatile int i = 4 * count; return table[i];", "out of bounds"),
    "shift": ("volatile int by = 32 * count; return 1 << by;", "shift exponent"),
    "signed overflow": ("volatile int big = 0x7fffffff; return big + count;", "signed integer overflow"),
    "division": ("volatile int zero = count - 1; return 5 / zero;", "division by zero"),
    "null": ("int *volatile p = 0; return *p;", "null pointer"),
    "boolean": ("volatile unsigned char two = 2 * count; return *(volatile _Bool *)&two;", "not a valid value"),
    "heap": ("char *p = malloc(8); char *volatile q = p; return q[8 * count];", "heap-buffer-overflow"),
    "freed": ("char *volatile p = malloc(8); free(p); return p[count];", "heap-use-after-free"),
    "stack": ("volatile char t[8]; volatile char *volatile p = t; return p[8 * count];", "stack-buffer-overflow"),
    "global": ("static char t[8]; char *volatile p = t; return p[8 * count];", "global-buffer-overflow"),
}

# Beside the sanitizers on purpose, each with its reason in the file: painting the stack, copying a whole section, reading the image,
# looking at the state of cores that have got stuck.
# types.h asks for ThreadSanitizer, to tell it more.
EXCEPTIONS = {"kernel/arch/host/context.c", "kernel/include/types.h", "tests/fuzz/machine.c", "tests/fuzz/physical.c", "tests/smp/watch.c"}


class Sanitizers(FolderTest):
    def check(self, compiler, flags):
        functions = "".join(f"int wrong_{index}(int count);\nint wrong_{index}(int count)\n{{\n{body}\n}}\n"
                            for index, (body, _) in enumerate(WRONGS.values()))
        calls = "".join(f"case {index}: return wrong_{index}(1);\n" for index in range(len(WRONGS)))
        (self.folder / "wrong.c").write_text(f"#include <stdlib.h>\n{functions}int main(int count, char **words)\n{{\n"
                                             f"(void)count;\nswitch (atoi(words[1])) {{\n{calls}}}\nreturn 0;\n}}\n")
        flags = [flag for flag in flags if flag not in ("-Werror", "-O2")]
        subprocess.run([compiler, *flags, "-O0", "-w", "-fno-builtin", self.folder / "wrong.c", "-o", self.folder / "wrong"],
                       cwd=ROOT, check=True)
        for index, (name, (_, report)) in enumerate(WRONGS.items()):
            with self.subTest(compiler=compiler, wrong=name):
                done = subprocess.run([self.folder / "wrong", str(index)], capture_output=True, text=True,
                                      env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(report, done.stderr)

    def test_the_host_tests_see_every_kind_of_error(self):
        self.check("gcc", host.flags()[0])

    def test_the_fuzzers_see_every_kind_of_error(self):
        self.check("clang", fuzz.world_flags("kernel"))

    def test_nothing_hides_from_them(self):
        hiding = {str(path.relative_to(ROOT)) for folder in ("kernel", "lib", "components", "abi", "interfaces", "tests")
                  for path in (ROOT / folder).rglob("*.[ch]") if re.search(r"no_sanitize|__SANITIZE|__has_feature", path.read_text())}
        self.assertEqual(hiding, EXCEPTIONS)


if __name__ == "__main__":
    unittest.main()
