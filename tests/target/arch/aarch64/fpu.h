/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All registers of the FPU, filled and read back by assembler: the program itself is compiled for general
 * registers only, so nobody else touches them.
 */
#ifndef TARGET_FPU_AARCH64_H
#define TARGET_FPU_AARCH64_H

#include <lucid/types.h>

struct fpu_registers {
    _Alignas(16) uint64_t v[32][2];
    uint64_t fpsr, fpcr;
};

static inline void fpu_pattern(struct fpu_registers *r, word_t seed)
{
    uint64_t value = seed * 0x9e3779b97f4a7c15ull + 1;

    for (unsigned i = 0; i < 64; i++) {
        value = value * 6364136223846793005ull + 1442695040888963407ull;
        r->v[i / 2][i % 2] = value;
    }
    r->fpsr = seed & 0x1f;                /* cumulative flags */
    r->fpcr = (uint64_t)(seed % 4) << 22; /* the rounding mode */
}

static inline void fpu_reset_pattern(struct fpu_registers *r)
{
    *r = (struct fpu_registers){ .fpsr = 0 };
}

/* fpu.S */
void fpu_load(const struct fpu_registers *r);
void fpu_store(struct fpu_registers *r);
void fpu_divide_by_zero(void);

static inline unsigned fpu_differences(const struct fpu_registers *a, const struct fpu_registers *b)
{
    unsigned count = (a->fpsr != b->fpsr) + (a->fpcr != b->fpcr);

    for (unsigned i = 0; i < 64; i++)
        count += a->v[i / 2][i % 2] != b->v[i / 2][i % 2];
    return count;
}

/* Division by zero with the exception not masked: most processors have none. */
static inline void fpu_cause_exception(void)
{
    fpu_divide_by_zero();
}

#endif
