/* SPDX-License-Identifier: BSD-2-Clause */
/* AArch64: system registers, and the instructions that C cannot say. */
#ifndef AARCH64_CPU_H
#define AARCH64_CPU_H

#include "types.h"

#define SYSREG_READ(name)                                                                                    \
    ({                                                                                                       \
        word_t value_;                                                                                       \
        __asm__ volatile("mrs %0, " #name : "=r"(value_));                                                   \
        value_;                                                                                              \
    })
#define SYSREG_WRITE(name, value) __asm__ volatile("msr " #name ", %0" : : "r"((word_t)(value)) : "memory")

#define MPIDR_ADDRESS 0xff00fffffful /* in MPIDR_EL1: which core this is */

static inline void isb(void)
{
    __asm__ volatile("isb" : : : "memory");
}

/* Everything before is done, by whomever it concerns. */
static inline void dsb(void)
{
    __asm__ volatile("dsb sy" : : : "memory");
}

#endif
