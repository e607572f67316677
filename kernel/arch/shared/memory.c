/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The functions that a compiler may call even in freestanding code (gcc manual, "Standards"), for processors
 * that have no instructions for them. Nobody calls them by name in the kernel.
 */
#include "types.h"

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

/* Keeps the compiler from turning a loop into a call to the function that it is in. */
#define KEEP_LOOP() __asm__ volatile("")

static bool is_aligned(const void *a, const void *b)
{
    return !(((word_t)a | (word_t)b) % sizeof(word_t));
}

void *memcpy(void *to, const void *from, size_t size)
{
    size_t i = 0;
    if (is_aligned(to, from))
        for (; size - i >= sizeof(word_t); i += sizeof(word_t)) {
            *(word_t *)((char *)to + i) = *(const word_t *)((const char *)from + i);
            KEEP_LOOP();
        }
    for (; i < size; i++) {
        ((char *)to)[i] = ((const char *)from)[i];
        KEEP_LOOP();
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((word_t)to - (word_t)from >= size)
        return memcpy(to, from, size);
    /* The destination begins inside of the source: from the end downwards. */
    for (size_t i = size; i-- > 0;) {
        ((char *)to)[i] = ((const char *)from)[i];
        KEEP_LOOP();
    }
    return to;
}

void *memset(void *to, int value, size_t size)
{
    size_t i = 0;
    word_t word = (uint8_t)value * (~(word_t)0 / 0xff);
    if (is_aligned(to, NULL))
        for (; size - i >= sizeof(word_t); i += sizeof(word_t)) {
            *(word_t *)((char *)to + i) = word;
            KEEP_LOOP();
        }
    for (; i < size; i++) {
        ((char *)to)[i] = (char)value;
        KEEP_LOOP();
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const volatile uint8_t *x = a, *y = b;
    for (size_t i = 0; i < size; i++)
        if (x[i] != y[i])
            return x[i] < y[i] ? -1 : 1;
    return 0;
}
