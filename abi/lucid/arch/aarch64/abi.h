/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch64: system call registers, and the order of user registers in READ_REGISTERS and WRITE_REGISTERS.
 *
 * A system call is the instruction SVC #0.
 *
 *   register            in                       out
 *   x0                  cap                      badge
 *   x1                  tag                      tag
 *   x2                  reply                    status
 *   x3                  operation                destroyed
 *   x19-x22             message words 0-3        message words 0-3
 *   x4-x18 x25-x28, condition flags              destroyed
 *   x23 x24 x29 x30 sp tpidr_el0                 preserved
 *
 * If no message comes back, message words and tag are zero. All message registers travel, whatever the tag says: set those not
 * used to zero, or the other side sees what was in them.
 *
 * FLAGS holds the condition flags (bits 28-31) and FLAGS_STEP, with which the thread raises EXCEPTION_DEBUG after each instruction.
 */
#ifndef LUCID_ARCH_ABI_H
#define LUCID_ARCH_ABI_H

enum user_register {
    REGISTER_IP,
    REGISTER_SP,
    REGISTER_FLAGS,
    REGISTER_X0,
    REGISTER_X1,
    REGISTER_X2,
    REGISTER_X3,
    REGISTER_X4,
    REGISTER_X5,
    REGISTER_X6,
    REGISTER_X7,
    REGISTER_X8,
    REGISTER_X9,
    REGISTER_X10,
    REGISTER_X11,
    REGISTER_X12,
    REGISTER_X13,
    REGISTER_X14,
    REGISTER_X15,
    REGISTER_X16,
    REGISTER_X17,
    REGISTER_X18,
    REGISTER_X19,
    REGISTER_X20,
    REGISTER_X21,
    REGISTER_X22,
    REGISTER_X23,
    REGISTER_X24,
    REGISTER_X25,
    REGISTER_X26,
    REGISTER_X27,
    REGISTER_X28,
    REGISTER_X29,
    REGISTER_X30,
    REGISTER_TLS, /* tpidr_el0 */
    REGISTER_COUNT
};

#define FLAGS_STEP 0x200000u

/* User addresses are from 0 to here. */
#define USER_ADDRESS_END 0x0000800000000000ull

/* Index of the register that a new thread's argument goes in. */
#define REGISTER_ARGUMENT REGISTER_X0

/* BRK with this immediate is a division by zero, which the processor itself does not report. */
#define BRK_DIVIDE 0x5503

#endif
