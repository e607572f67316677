/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register after a system call, as it is: status, badge, tag, x3, message words 0 to 3; then x4 to x18, which are
 * cleared, but x5 and x6 may hold the thread's pc and sp; then x23 and x24, which are preserved, and x25 to x28, which are cleared or preserved. What may be
 * there is given as 0. The words sent are 0x1111, 0x2222, 0x3333, 0x4444; in the
 * others are addresses in `out`, so that each thread has its own. x30 not being preserved is a fault.
 */
#ifndef TARGET_REGISTERS_AARCH64_H
#define TARGET_REGISTERS_AARCH64_H

#include <lucid/types.h>

#define SYSCALL_REGISTERS 29u
#define SYSCALL_CLEARED   8u /* from this one on */

void syscall_registers(word_t operation, cap_t cap, word_t tag, cap_t reply, word_t out[SYSCALL_REGISTERS]);
__asm__(".pushsection .text.syscall_registers, \"ax\"\n.globl syscall_registers\n"
        "syscall_registers:\n"
        "stp x29, x30, [sp, #-96]!\n"
        "stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
        "stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n"
        "mov x29, x4\n mov x30, #0x777\n"
        "mov x9, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n mov x3, x9\n"
        "mov x19, #0x1111\n mov x20, #0x2222\n mov x21, #0x3333\n mov x22, #0x4444\n"
        ".irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 23, 24, 25, 26, 27, 28\n"
        " add x\\n, x29, #\\n\n .endr\n"
        "svc #0\n2:\n"
        "str x2, [x29]\n str x0, [x29, #8]\n str x1, [x29, #16]\n str x3, [x29, #24]\n"
        "stp x19, x20, [x29, #32]\n stp x21, x22, [x29, #48]\n"
        ".irp n, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18\n str x\\n, [x29, #(8 * (\\n + 4))]\n "
        ".endr\n"
        "adr x9, 2b\n cmp x5, x9\n b.ne 1f\n str xzr, [x29, #72]\n"
        "1: mov x9, sp\n cmp x6, x9\n b.ne 1f\n str xzr, [x29, #80]\n"
        "1: sub x9, x23, x29\n cmp x9, #23\n csinc x23, xzr, x23, eq\n str x23, [x29, #184]\n"
        "sub x9, x24, x29\n cmp x9, #24\n csinc x24, xzr, x24, eq\n str x24, [x29, #192]\n"
        ".irp n, 25, 26, 27, 28\n"
        " sub x9, x\\n, x29\n cmp x9, #\\n\n csel x\\n, xzr, x\\n, eq\n str x\\n, [x29, #(8 * \\n)]\n .endr\n"
        "cmp x30, #0x777\n b.eq 1f\n udf #0\n1:\n"
        "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n"
        "ldp x29, x30, [sp], #96\n"
        "ret\n.popsection\n");

#endif
