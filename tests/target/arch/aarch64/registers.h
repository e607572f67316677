/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register after a system call, as it is: status, badge, tag, reply, message words 0 to 3; then x8 to x18, which are
 * cleared. The words sent are 0x1111, 0x2222, 0x3333, 0x4444.
 */
#ifndef TARGET_REGISTERS_AARCH64_H
#define TARGET_REGISTERS_AARCH64_H

#include <lucid/types.h>

#define SYSCALL_REGISTERS 19u
#define SYSCALL_CLEARED   8u /* from this one on */

void syscall_registers(word_t operation, cap_t cap, word_t tag, cap_t reply, word_t out[SYSCALL_REGISTERS]);
__asm__(".pushsection .text.syscall_registers, \"ax\"\n.globl syscall_registers\n"
        "syscall_registers:\n"
        "stp x19, x30, [sp, #-16]!\n"
        "mov x19, x4\n"
        "mov x4, #0x1111\n mov x5, #0x2222\n mov x6, #0x3333\n mov x7, #0x4444\n"
        ".irp n, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18\n mov x\\n, #(0x5500 + \\n)\n .endr\n"
        "svc #0\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18\n str x\\n, [x19, #(8 * "
        "\\n)]\n .endr\n"
        "ldp x19, x30, [sp], #16\n"
        "ret\n.popsection\n");

#endif
