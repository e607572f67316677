# SPDX-License-Identifier: BSD-2-Clause
"""What must be true of the machine code of the kernel's fast paths (kernel/ipc/fast*.c).

They run between an entry that has not saved all registers and an exit that does not load all: a call would be an ordinary function that
may need more stack and time, and whatever is in the registers that kernel/arch/*/fast_registers.h reserves is somebody's message.
"""
import re
import subprocess

from .common import ROOT

INSTRUCTION = re.compile(r"^\s*[0-9a-f]+:\s+(\S+)\s*(.*)$")
FUNCTION = re.compile(r"^[0-9a-f]+ <(\w+)[^>]*>:$")
RESERVED = re.compile(r"%(rbx|ebx|bx|bl|r1[2-5][dwb]?)\b")
# The exits themselves: clearing message words, loading r15.
EXIT = re.compile(r"^(xor\s+%(ebx|r12d|r13d|r14d),%\2|mov\s+0x18\(%rcx\),%r15)$")
CALLED = {"entry_space_stale"}  # keeps all registers


def faults_of(text):
    """What is wrong in a disassembly: a line each."""
    function, faults = "?", []
    for line in text.splitlines():
        if header := FUNCTION.match(line):
            function = header[1]
        code = INSTRUCTION.match(line)
        if not code:
            continue
        words = f"{code[1]} {code[2]}".strip()
        plain = re.sub(r"\s+#.*$", "", words)
        target = re.search(r"<(\w+)", words)
        if code[1].startswith("call") and not (target and target[1] in CALLED):
            faults.append(f"{function}: {words}: a call")
        if RESERVED.search(plain) and not EXIT.match(plain):
            faults.append(f"{function}: {words}: a register that is not to be used")
    return faults


def disassembly(kernel, functions):
    """Of these functions of a kernel."""
    text = ""
    for name in functions:
        text += subprocess.run(["objdump", "-d", "--no-show-raw-insn", f"--disassemble={name}", str(ROOT / kernel)],
                               capture_output=True, text=True, check=True).stdout
    return text


# What ends in an exit that leaves the stack pointer where it is, as AArch64's does, and is jumped to, not called.
ENDS_IN_THE_EXIT = re.compile(r"<((kernel_page_fault|kernel_exception)(_on)?|fast_fault_raise)>")


def stack_left_by_faults(kernel):
    """Calls in an AArch64 kernel of what must be jumped to: a fault would leave a frame on the stack each time."""
    text = subprocess.run(["aarch64-linux-gnu-objdump", "-d", "--no-show-raw-insn", str(ROOT / kernel)], capture_output=True, text=True, check=True).stdout
    return calls_among(text)


def calls_among(text):
    function, found = "?", []
    for line in text.splitlines():
        if header := FUNCTION.match(line):
            function = header[1]
        code = INSTRUCTION.match(line)
        if code and code[1] == "bl" and ENDS_IN_THE_EXIT.search(code[2]):
            found.append(f"{function}: bl {code[2]}")
    return found


def functions_of(kernel):
    """The functions of a kernel's fast paths: the entries, and what they jump to."""
    names = subprocess.run(["nm", str(ROOT / kernel)], capture_output=True, text=True, check=True).stdout.split()
    return sorted(name for name in names
                  if re.match(r"(kernel_fast_\w+|call_beyond|reply_recv_beyond|send_message|receive_message|fast_fault_\w+|fast_signal_interrupt)(\.|$)", name))
