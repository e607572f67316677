# SPDX-License-Identifier: BSD-2-Clause
"""The look at the machine code of the fast paths: tool/lucid/fast_paths.py."""
import unittest

from lucid import fast_paths


def faults(*lines):
    text = "ffffffff80100000 <kernel_fast_call>:\n" + "".join(f"ffffffff80100000:\t{line}\n" for line in lines)
    return fast_paths.faults_of(text)


class FastPaths(unittest.TestCase):
    def test_ordinary_code_and_the_exit_are_right(self):
        self.assertEqual(faults("mov    0xe0(%rcx),%eax", "xor    %ebx,%ebx", "xor    %r14d,%r14d", "mov    0x18(%rcx),%r15",
                                "jmp    ffffffff80101046 <arch_fast_decline>", "sysretq", "call   ffffffff801010e3 <entry_space_stale>"), [])

    def test_a_call_is_named(self):
        self.assertEqual(faults("call   ffffffff80105bc0 <queue_insert>"),
                         ["kernel_fast_call: call ffffffff80105bc0 <queue_insert>: a call"])

    def test_an_indirect_call_is_named(self):
        self.assertEqual(len(faults("call   *%rax")), 1)

    def test_use_of_a_message_register_is_named(self):
        for line in ("push   %rbx", "mov    %rax,%r12", "xor    %ebx,%eax", "movzbl %bl,%eax", "mov    0x20(%rcx),%r15"):
            with self.subTest(line):
                self.assertEqual(len(faults(line)), 1)

class Aarch64(unittest.TestCase):
    def test_call_of_what_ends_in_the_exit_is_found(self):
        text = ("ffffffff80010fa0 <trap_exception>:\n"
                "ffffffff80010fa4:\tbl\tffffffff80006e6c <fast_fault_raise>\n"
                "ffffffff80010fa8:\tb\tffffffff80010fbc <kernel_exception>\n"
                "ffffffff80010fac:\tbl\tffffffff80010fbc <kernel_fpu_off>\n")
        self.assertEqual(fast_paths.calls_among(text), ["trap_exception: bl ffffffff80006e6c <fast_fault_raise>"])



if __name__ == "__main__":
    unittest.main()
