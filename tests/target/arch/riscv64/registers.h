/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register after a system call, as it is: status, badge, tag, operation, message words 0 to 3; then ra, t0-t6, a4-a7 and
 * s6-s11, which are cleared. The words sent are 0x1111, 0x2222, 0x3333, 0x4444.
 */
#ifndef TARGET_REGISTERS_RISCV64_H
#define TARGET_REGISTERS_RISCV64_H

#include <lucid/types.h>

#define SYSCALL_REGISTERS 26u
#define SYSCALL_CLEARED   8u /* from this one on */

void syscall_registers(word_t operation, cap_t cap, word_t tag, cap_t reply, word_t out[SYSCALL_REGISTERS]);
__asm__(
    ".pushsection .text.syscall_registers, \"ax\"\n.globl syscall_registers\n"
    ".macro EACH_MESSAGE macro\n"
    "\\macro s2, 0\n \\macro s3, 1\n \\macro s4, 2\n \\macro s5, 3\n"
    ".endm\n"
    ".macro EACH_DESTROYED macro\n"
    "\\macro ra, 4\n \\macro t0, 5\n \\macro t1, 6\n \\macro t2, 7\n \\macro t3, 8\n \\macro t4, 9\n"
    "\\macro t5, 10\n \\macro t6, 11\n \\macro a4, 12\n \\macro a5, 13\n \\macro a6, 14\n \\macro a7, 15\n"
    "\\macro s6, 16\n \\macro s7, 17\n \\macro s8, 18\n \\macro s9, 19\n \\macro s10, 20\n"
    "\\macro s11, 21\n"
    ".endm\n"
    ".macro KEEP register, number\n sd \\register, 8 + 8 * \\number(sp)\n .endm\n"
    ".macro WORD register, number\n li \\register, 0x1111 * (\\number + 1)\n .endm\n"
    ".macro FILL register, number\n li \\register, 0x5555 + \\number\n .endm\n"
    ".macro TELL register, number\n sd \\register, 32 + 8 * \\number(s1)\n .endm\n"
    ".macro BACK register, number\n ld \\register, 8 + 8 * \\number(sp)\n .endm\n"
    "syscall_registers:\n"
    "addi sp, sp, -192\n sd s1, 0(sp)\n EACH_MESSAGE KEEP\n EACH_DESTROYED KEEP\n"
    "mv s1, a4\n mv t0, a0\n mv a0, a1\n mv a1, a2\n mv a2, a3\n mv a3, t0\n"
    "EACH_MESSAGE WORD\n EACH_DESTROYED FILL\n"
    "ecall\n"
    "sd a2, 0(s1)\n sd a0, 8(s1)\n sd a1, 16(s1)\n sd a3, 24(s1)\n EACH_MESSAGE TELL\n EACH_DESTROYED TELL\n"
    "EACH_MESSAGE BACK\n EACH_DESTROYED BACK\n ld s1, 0(sp)\n addi sp, sp, 192\n ret\n.popsection\n");

#endif
