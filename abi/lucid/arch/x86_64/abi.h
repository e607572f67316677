/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64: system call registers, and the order of user registers in READ_REGISTERS and WRITE_REGISTERS.
 *
 * A system call is the instruction SYSCALL.
 *
 *   register     in                       out
 *   rax          operation                status
 *   rdi          cap                      badge
 *   rsi          tag                      tag
 *   rdx          reply                    destroyed
 *   rbx r12-r14  message words 0-3        message words 0-3
 *   rcx r11 r8 r9 r10                     destroyed
 *   rbp r15 rsp                           preserved
 *
 * If no message comes back, message words and tag are zero. All message registers travel, whatever the tag says: set those not
 * used to zero, or the other side sees what was in them.
 */
#ifndef LUCID_ARCH_ABI_H
#define LUCID_ARCH_ABI_H

enum user_register {
    REGISTER_IP,
    REGISTER_SP,
    REGISTER_FLAGS,
    REGISTER_RAX,
    REGISTER_RBX,
    REGISTER_RCX,
    REGISTER_RDX,
    REGISTER_RSI,
    REGISTER_RDI,
    REGISTER_RBP,
    REGISTER_R8,
    REGISTER_R9,
    REGISTER_R10,
    REGISTER_R11,
    REGISTER_R12,
    REGISTER_R13,
    REGISTER_R14,
    REGISTER_R15,
    REGISTER_FS_BASE, /* TLS base */
    REGISTER_GS_BASE,
    REGISTER_COUNT
};

/* User addresses are from 0 to here; the last page below the canonical hole cannot be mapped (SYSRET, see the SDM's
 * description of SYSRET on non-canonical addresses). */
#define USER_ADDRESS_END 0x00007ffffffff000ull

/* Index of the registers that a new thread's argument goes in. */
#define REGISTER_ARGUMENT REGISTER_RDI
#define REGISTER_TLS      REGISTER_FS_BASE

#endif
