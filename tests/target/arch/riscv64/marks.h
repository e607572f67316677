/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that do nothing, for the plugin (bench/plugin/lines.c); and sequences of known length. */
#ifndef TARGET_MARKS_RISCV64_H
#define TARGET_MARKS_RISCV64_H

#include <lucid/types.h>

#define MARK_BEGIN() __asm__ volatile("lui x0, 0x4d4b1" : : : "memory")
#define MARK_END()   __asm__ volatile("lui x0, 0x4d4b2" : : : "memory")

/* 2 * `rounds` instructions. */
static inline void known_loop(word_t rounds)
{
    __asm__ volatile("1: addi %0, %0, -1\n bnez %0, 1b" : "+r"(rounds));
}

/* Between two marks 7 instructions in 3 lines of code, loads from 3 lines and a store to one more. `data`: 256 bytes, aligned to 64. */
static inline void known_lines(volatile word_t *data)
{
    word_t value;
    __asm__ volatile(".balign 64\n lui x0, 0x4d4b1\n"
                     "ld %0, 0(%1)\n ld %0, 8(%1)\n ld %0, 64(%1)\n j 1f\n"
                     ".balign 64\n1: j 2f\n"
                     ".balign 64\n2: ld %0, 128(%1)\n sd %0, 192(%1)\n"
                     "lui x0, 0x4d4b2"
                     : "=&r"(value)
                     : "r"(data)
                     : "memory");
}

#endif
