/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that do nothing, for the plugin (bench/plugin/lines.c); and sequences of known length. */
#ifndef TARGET_MARKS_AARCH64_H
#define TARGET_MARKS_AARCH64_H

#include <lucid/types.h>

#define MARK_BEGIN() __asm__ volatile("movz xzr, #0x4d41" : : : "memory")
#define MARK_END()   __asm__ volatile("movz xzr, #0x4d42" : : : "memory")

/* 2 * `rounds` instructions. */
static inline void known_loop(word_t rounds)
{
    __asm__ volatile("1: subs %0, %0, #1\n b.ne 1b" : "+r"(rounds) : : "cc");
}

/* Between two marks 7 instructions in 3 lines of code, loads from 3 lines and a store to one more. `data`: 256 bytes, aligned to 64. */
static inline void known_lines(volatile word_t *data)
{
    word_t value;
    __asm__ volatile(".balign 64\n movz xzr, #0x4d41\n"
                     "ldr %0, [%1]\n ldr %0, [%1, #8]\n ldr %0, [%1, #64]\n b 1f\n"
                     ".balign 64\n1: b 2f\n"
                     ".balign 64\n2: ldr %0, [%1, #128]\n str %0, [%1, #192]\n"
                     "movz xzr, #0x4d42"
                     : "=&r"(value)
                     : "r"(data)
                     : "memory");
}

#endif
