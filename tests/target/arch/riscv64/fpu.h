/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All registers of the FPU, filled and read back by assembler: the program itself is compiled for general
 * registers only, so nobody else touches them.
 */
#ifndef TARGET_FPU_RISCV64_H
#define TARGET_FPU_RISCV64_H

#include <lucid/types.h>

struct fpu_registers {
    uint64_t f[32];
    uint64_t fcsr;
};

static inline void fpu_pattern(struct fpu_registers *r, word_t seed)
{
    uint64_t value = seed * 0x9e3779b97f4a7c15ull + 1;

    for (unsigned i = 0; i < 32; i++) {
        value = value * 6364136223846793005ull + 1442695040888963407ull;
        r->f[i] = value;
    }
    r->fcsr = (seed % 5) << 5 | (seed >> 3 & 0x1f); /* the rounding mode, and flags */
}

static inline void fpu_reset_pattern(struct fpu_registers *r)
{
    *r = (struct fpu_registers){ .fcsr = 0 };
}

/* fpu.S */
void fpu_load(const struct fpu_registers *r);
void fpu_store(struct fpu_registers *r);

static inline unsigned fpu_differences(const struct fpu_registers *a, const struct fpu_registers *b)
{
    unsigned count = a->fcsr != b->fcsr;

    for (unsigned i = 0; i < 32; i++)
        count += a->f[i] != b->f[i];
    return count;
}

/* Division by zero: this architecture has no exception for it, only a flag. */
static inline void fpu_cause_exception(void)
{
    struct fpu_registers r;
    fpu_store(&r);
}

#endif
