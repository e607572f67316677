/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every register after a system call, as it is: status, badge, tag, reply, message words 0 to 3; then rcx r11 r8 r9
 * r10, of which the last three are cleared. The words sent are 0x1111, 0x2222, 0x3333, 0x4444.
 */
#ifndef TARGET_REGISTERS_X86_64_H
#define TARGET_REGISTERS_X86_64_H

#include <lucid/types.h>

#define SYSCALL_REGISTERS 13u
#define SYSCALL_CLEARED   10u /* from this one on */

static inline void syscall_registers(word_t operation, cap_t cap, word_t tag, cap_t reply,
                                     word_t out[SYSCALL_REGISTERS])
{
    __asm__ volatile(
        "mov %[out], %%r15\n"
        "mov $0x1111, %%ebx\n mov $0x2222, %%r12d\n mov $0x3333, %%r13d\n mov $0x4444, %%r14d\n"
        "mov $0x5555, %%r8d\n mov $0x6666, %%r9d\n mov $0x7777, %%r10d\n"
        "syscall\n"
        "mov %%rax, 0(%%r15)\n mov %%rdi, 8(%%r15)\n mov %%rsi, 16(%%r15)\n mov %%rdx, 24(%%r15)\n"
        "mov %%rbx, 32(%%r15)\n mov %%r12, 40(%%r15)\n mov %%r13, 48(%%r15)\n mov %%r14, 56(%%r15)\n"
        "mov %%rcx, 64(%%r15)\n mov %%r11, 72(%%r15)\n mov %%r8, 80(%%r15)\n mov %%r9, 88(%%r15)\n mov "
        "%%r10, 96(%%r15)\n"
        : "+a"(operation), "+D"(cap), "+S"(tag), "+d"(reply)
        : [out] "r"(out)
        : "rbx", "rcx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "cc", "memory");
}

#endif
