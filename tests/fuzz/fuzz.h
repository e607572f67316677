/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fuzzers: each fuzz_NAME.c is a program that libFuzzer (clang) drives: it makes up inputs, looks which code they reach,
 * and keeps those that reach new code. A finding is a crash (FUZZ_EXPECT, a sanitizer, a failed assertion of the
 * kernel) or an input that takes too long.
 *
 *     corpus/NAME/    a few inputs that together reach what was ever reached, and one for each finding, named for
 *                     what it found. `./lucid test --suite fuzz` runs them, and then some thousand new ones.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed);
/* libFuzzer's own mutations. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t room);

/* Here and not in <stdlib.h>: what is fuzzed may have functions of the C library's names. */
__attribute__((noreturn)) void abort(void);
int dprintf(int file, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define FUZZ_EXPECT(condition)                                                                               \
    ((condition)                                                                                             \
         ? (void)0                                                                                           \
         : (dprintf(2, "%s:%d: expected %s, seen that it is not so\n", __FILE__, __LINE__, #condition),      \
            abort()))

/* ---- An input, as a source of decisions. Behind its end it is zeros. */

struct input {
    const uint8_t *next, *end;
};

static inline bool input_is_over(const struct input *input)
{
    return input->next == input->end;
}

static inline uint8_t input_byte(struct input *input)
{
    return input_is_over(input) ? 0 : *input->next++;
}

static inline uint64_t input_number(struct input *input, unsigned bytes)
{
    uint64_t number = 0;

    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)input_byte(input) << 8 * i;
    return number;
}

#endif
