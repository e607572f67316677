/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * riscv64: system call registers, and the order of user registers in READ_REGISTERS and WRITE_REGISTERS.
 *
 * A system call is the instruction ECALL.
 *
 *   register           in                       out
 *   a0                 cap                      badge
 *   a1                 tag                      tag
 *   a2                 reply                    status
 *   a3                 operation                destroyed
 *   s2-s5              message words 0-3        message words 0-3
 *   ra t0-t6 a4-a7 s6-s11                       destroyed
 *   sp gp tp s0 s1                              preserved
 *
 * If no message comes back, message words and tag are zero. All message registers travel, whatever the tag says: set those not
 * used to zero, or the other side sees what was in them.
 *
 * The message is in registers that functions preserve: so the kernel's own leave it where it is. The others of those are destroyed,
 * not preserved: a preserved one costs the kernel two instructions and eight bytes of cache each way, a destroyed one costs one
 * instruction, and a caller only where it holds something in it.
 */
#ifndef LUCID_ARCH_ABI_H
#define LUCID_ARCH_ABI_H

enum user_register {
    REGISTER_IP,
    REGISTER_SP,
    REGISTER_RA, /* from here on as the architecture numbers them */
    REGISTER_GP,
    REGISTER_TP, /* TLS base */
    REGISTER_T0,
    REGISTER_T1,
    REGISTER_T2,
    REGISTER_S0,
    REGISTER_S1,
    REGISTER_A0,
    REGISTER_A1,
    REGISTER_A2,
    REGISTER_A3,
    REGISTER_A4,
    REGISTER_A5,
    REGISTER_A6,
    REGISTER_A7,
    REGISTER_S2,
    REGISTER_S3,
    REGISTER_S4,
    REGISTER_S5,
    REGISTER_S6,
    REGISTER_S7,
    REGISTER_S8,
    REGISTER_S9,
    REGISTER_S10,
    REGISTER_S11,
    REGISTER_T3,
    REGISTER_T4,
    REGISTER_T5,
    REGISTER_T6,
    REGISTER_COUNT
};

/* User addresses are from 0 to here, with Sv48. With Sv39 they end at 2^38. */
#define USER_ADDRESS_END 0x0000800000000000ull

/* The instruction by which code says that it would divide by zero, which the processor answers without an exception: an attempt to write to
 * a register that can only be read (csrw time, zero). It is illegal for ever, and raises EXCEPTION_DIVIDE. */
#define INSTRUCTION_DIVIDE 0xc0101073

/* Index of the registers that a new thread's argument goes in. */
#define REGISTER_ARGUMENT REGISTER_A0
#define REGISTER_TLS      REGISTER_TP

#endif
