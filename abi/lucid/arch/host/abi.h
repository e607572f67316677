/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: no machine, but the portable kernel as a library, with a fake machine under the control of tests. Its
 * registers, in the order of READ_REGISTERS and WRITE_REGISTERS:
 *
 *   register   in a system call   out
 *   A0         operation          status
 *   A1         cap                badge
 *   A2         tag                tag
 *   A3         reply              preserved
 *   W0-W3      message words 0-3  message words 0-3
 *   IP SP FLAGS TLS               preserved
 */
#ifndef LUCID_ARCH_ABI_H
#define LUCID_ARCH_ABI_H

enum user_register {
    REGISTER_IP,
    REGISTER_SP,
    REGISTER_FLAGS,
    REGISTER_TLS,
    REGISTER_A0,
    REGISTER_A1,
    REGISTER_A2,
    REGISTER_A3,
    REGISTER_W0,
    REGISTER_W1,
    REGISTER_W2,
    REGISTER_W3,
    REGISTER_COUNT
};

/* User addresses are from 0 to here. */
#if UINTPTR_MAX > 0xffffffffu
#define USER_ADDRESS_END 0x00007ffffffff000ull
#else
#define USER_ADDRESS_END 0xc0000000u
#endif

#define REGISTER_ARGUMENT REGISTER_A1

/* A system call instruction is so long. */
#define SYSCALL_LENGTH 4u

#endif
