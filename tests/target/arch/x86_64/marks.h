/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that do nothing, for the plugin (bench/plugin/lines.c); and sequences of known length. */
#ifndef TARGET_MARKS_X86_64_H
#define TARGET_MARKS_X86_64_H

#include <lucid/types.h>

#define MARK_BEGIN() __asm__ volatile("nopl 0x4d4b0001(%%rax)" : : : "memory")
#define MARK_END()   __asm__ volatile("nopl 0x4d4b0002(%%rax)" : : : "memory")

/* 2 * `rounds` instructions. */
static inline void known_loop(word_t rounds)
{
    __asm__ volatile("1: dec %0\n jnz 1b" : "+r"(rounds) : : "cc");
}

/* Between two marks 7 instructions in 3 lines of code, loads from 3 lines and a store to one more. `data`: 256 bytes, aligned to 64. */
static inline void known_lines(volatile word_t *data)
{
    word_t value;
    __asm__ volatile(".balign 64\n nopl 0x4d4b0001(%%rax)\n"
                     "mov 0(%1), %0\n mov 8(%1), %0\n mov 64(%1), %0\n jmp 1f\n"
                     ".balign 64\n1: jmp 2f\n"
                     ".balign 64\n2: mov 128(%1), %0\n mov %0, 192(%1)\n"
                     "nopl 0x4d4b0002(%%rax)"
                     : "=&r"(value)
                     : "r"(data)
                     : "memory");
}

#endif
