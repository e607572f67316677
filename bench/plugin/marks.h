/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What plugins tell instructions by: their bytes. Two that do nothing are marks, where a path begins and where it ends (tests/target/arch/NAME/marks.h).
 */
#ifndef MARKS_H
#define MARKS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Other kinds of instructions are a plugin's own, from KIND_OTHER on. */
enum { KIND_PLAIN, KIND_BEGIN, KIND_END, KIND_OTHER };

typedef unsigned kind_function(const uint8_t *bytes, size_t size);

static inline uint32_t word_at(const uint8_t *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* The word that an instruction of AArch64 or RISC-V is; 0 for one of two bytes. */
static inline uint32_t word_of(const uint8_t *bytes, size_t size)
{
    return size == 4 ? word_at(bytes) : 0;
}

static inline unsigned mark_x86_64(const uint8_t *b, size_t size)
{
    if (size != 7 || b[0] != 0x0f || b[1] != 0x1f || b[2] != 0x80 || (word_at(b + 3) & ~3u) != 0x4d4b0000)
        return KIND_PLAIN;
    return word_at(b + 3) & 1 ? KIND_BEGIN : KIND_END;
}

static inline unsigned mark_aarch64(uint32_t word)
{
    return word == (0xd280001f | 0x4d41 << 5)   ? KIND_BEGIN
           : word == (0xd280001f | 0x4d42 << 5) ? KIND_END
                                                : KIND_PLAIN;
}

static inline unsigned mark_riscv64(uint32_t word)
{
    return word == (0x4d4b1u << 12 | 0x37)   ? KIND_BEGIN
           : word == (0x4d4b2u << 12 | 0x37) ? KIND_END
                                             : KIND_PLAIN;
}

/* Of the machine that QEMU emulates; NULL: none of these. */
static inline kind_function *kind_of_target(const char *name, kind_function *x86_64, kind_function *aarch64,
                                            kind_function *riscv64)
{
    return strcmp(name, "x86_64") == 0    ? x86_64
           : strcmp(name, "aarch64") == 0 ? aarch64
           : strcmp(name, "riscv64") == 0 ? riscv64
                                          : NULL;
}

#endif
