/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * All registers of FPU, SSE and AVX, filled and read back by assembler: the program itself is compiled for
 * general registers only, so nobody else touches them.
 */
#ifndef TARGET_FPU_X86_64_H
#define TARGET_FPU_X86_64_H

#include <lucid/types.h>

struct fpu_registers {
    uint64_t ymm[16][4];
    uint64_t x87[8]; /* as integers: exact for 62 bits */
    uint32_t mxcsr;
    uint32_t control; /* x87 control word */
};

#define FPU_MXCSR_RESET   0x1f80u
#define FPU_CONTROL_RESET 0x37fu

static inline void fpu_pattern(struct fpu_registers *r, word_t seed)
{
    uint64_t value = seed * 0x9e3779b97f4a7c15ull + 1;

    for (unsigned i = 0; i < 64; i++) {
        value = value * 6364136223846793005ull + 1442695040888963407ull;
        r->ymm[i / 4][i % 4] = value;
    }
    for (unsigned i = 0; i < 8; i++) {
        value = value * 6364136223846793005ull + 1442695040888963407ull;
        r->x87[i] = value >> 2;
    }
    r->mxcsr = FPU_MXCSR_RESET | (uint32_t)(seed % 4) << 13; /* the rounding mode */
    r->control = FPU_CONTROL_RESET | (uint32_t)(seed % 4) << 10;
}

static inline void fpu_reset_pattern(struct fpu_registers *r)
{
    *r = (struct fpu_registers){ .mxcsr = FPU_MXCSR_RESET, .control = FPU_CONTROL_RESET };
}

#define FPU_YMM_EACH(instruction)                                                                            \
    instruction(0) instruction(1) instruction(2) instruction(3) instruction(4) instruction(5) instruction(6) \
        instruction(7) instruction(8) instruction(9) instruction(10) instruction(11) instruction(12)         \
            instruction(13) instruction(14) instruction(15)
#define FPU_LOAD_YMM(n)  "vmovdqu " #n "*32(%0), %%ymm" #n "\n"
#define FPU_STORE_YMM(n) "vmovdqu %%ymm" #n ", " #n "*32(%0)\n"

static inline void fpu_load(const struct fpu_registers *r)
{
    __asm__ volatile(
        FPU_YMM_EACH(FPU_LOAD_YMM) "fninit\n"
                                   "fildll 512(%0)\n fildll 520(%0)\n fildll 528(%0)\n fildll 536(%0)\n"
                                   "fildll 544(%0)\n fildll 552(%0)\n fildll 560(%0)\n fildll 568(%0)\n"
                                   "ldmxcsr 576(%0)\n fldcw 580(%0)\n"
        :
        : "r"(r)
        : "memory");
}

/* Reads all; the x87 stack is as full afterwards as before. Empty registers read as 0. */
static inline void fpu_store(struct fpu_registers *r)
{
    struct {
        _Alignas(16) uint8_t bytes[512];
    } image;

    __asm__ volatile(FPU_YMM_EACH(FPU_STORE_YMM) "fxsave64 (%1)\n stmxcsr 576(%0)\n"
                     :
                     : "r"(r), "r"(&image)
                     : "memory");
    r->control = (uint32_t)(image.bytes[0] | image.bytes[1] << 8);
    for (unsigned i = 0; i < 8; i++) {
        /* 80-bit numbers: here only ever integers below 2^62, so the mantissa shifted by the exponent. */
        const uint8_t *number = image.bytes + 32 + 16 * (7 - i);
        uint64_t mantissa = 0;
        for (unsigned b = 8; b-- > 0;)
            mantissa = mantissa << 8 | number[b];
        unsigned exponent = (unsigned)(number[8] | (number[9] & 0x7f) << 8);
        unsigned shift = 16383 + 63 - exponent;
        r->x87[i] = mantissa == 0 || shift > 63 ? 0 : mantissa >> shift;
    }
}

static inline unsigned fpu_differences(const struct fpu_registers *a, const struct fpu_registers *b)
{
    unsigned count = (a->mxcsr != b->mxcsr) + (a->control != b->control);

    for (unsigned i = 0; i < 64; i++)
        count += a->ymm[i / 4][i % 4] != b->ymm[i / 4][i % 4];
    for (unsigned i = 0; i < 8; i++)
        count += a->x87[i] != b->x87[i];
    return count;
}

/* Division by zero with the exception not masked. */
static inline void fpu_cause_exception(void)
{
    uint32_t mxcsr = 0x1f80 & ~(1u << 9);
    uint32_t one = 0x3f800000;
    __asm__ volatile("ldmxcsr %0\n vmovd %1, %%xmm0\n vpxor %%xmm1, %%xmm1, %%xmm1\n divss %%xmm1, %%xmm0\n"
                     :
                     : "m"(mxcsr), "r"(one));
}

#endif
