/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register after a system call, as it is: status, badge, tag, reply, message words 0 to 3; then ra, t0-t6 and
 * s2-s11, which are cleared. The words sent are 0x1111, 0x2222, 0x3333, 0x4444.
 */
#ifndef TARGET_REGISTERS_RISCV64_H
#define TARGET_REGISTERS_RISCV64_H

#include <lucid/types.h>

#define SYSCALL_REGISTERS 26u
#define SYSCALL_CLEARED   8u /* from this one on */

void syscall_registers(word_t operation, cap_t cap, word_t tag, cap_t reply, word_t out[SYSCALL_REGISTERS]);
__asm__(".pushsection .text.syscall_registers, \"ax\"\n.globl syscall_registers\n"
        ".macro EACH_DESTROYED macro\n"
        "\\macro ra, 0\n \\macro t0, 1\n \\macro t1, 2\n \\macro t2, 3\n \\macro t3, 4\n \\macro t4, 5\n"
        "\\macro t5, 6\n \\macro t6, 7\n \\macro s2, 8\n \\macro s3, 9\n \\macro s4, 10\n \\macro s5, 11\n"
        "\\macro s6, 12\n \\macro s7, 13\n \\macro s8, 14\n \\macro s9, 15\n \\macro s10, 16\n"
        "\\macro s11, 17\n"
        ".endm\n"
        ".macro KEEP register, number\n sd \\register, 16 + 8 * \\number(sp)\n .endm\n"
        ".macro FILL register, number\n li \\register, 0x5555 + \\number\n .endm\n"
        ".macro TELL register, number\n sd \\register, 64 + 8 * \\number(s1)\n .endm\n"
        ".macro BACK register, number\n ld \\register, 16 + 8 * \\number(sp)\n .endm\n"
        "syscall_registers:\n"
        "addi sp, sp, -160\n sd s1, 0(sp)\n EACH_DESTROYED KEEP\n"
        "mv s1, a4\n li a4, 0x1111\n li a5, 0x2222\n li a6, 0x3333\n li a7, 0x4444\n EACH_DESTROYED FILL\n"
        "ecall\n"
        "sd a0, 0(s1)\n sd a1, 8(s1)\n sd a2, 16(s1)\n sd a3, 24(s1)\n sd a4, 32(s1)\n sd a5, 40(s1)\n"
        "sd a6, 48(s1)\n sd a7, 56(s1)\n EACH_DESTROYED TELL\n"
        "EACH_DESTROYED BACK\n ld s1, 0(sp)\n addi sp, sp, 160\n ret\n.popsection\n");

#endif
