/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Memory and text functions. The compiler calls the first four by itself, so they must be there and must not
 * be compiled into calls of themselves: the empty asm statements keep it from recognising the loops.
 */
#include <lucid.h>

#define KEEP_LOOP() __asm__ volatile("")

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    char *out = to;
    const char *in = from;
    if ((((uintptr_t)out | (uintptr_t)in) & 7) == 0) {
        for (; size >= 8; size -= 8, out += 8, in += 8) {
            *(uint64_t __attribute__((may_alias)) *)out = *(const uint64_t __attribute__((may_alias)) *)in;
            KEEP_LOOP();
        }
    }
    for (; size > 0; size--) {
        *out++ = *in++;
        KEEP_LOOP();
    }
    return to;
}

void *memmove(void *to, const void *from, size_t size)
{
    char *out = to;
    const char *in = from;
    if (out <= in || out >= in + size) {
        for (size_t i = 0; i < size; i++) {
            out[i] = in[i];
            KEEP_LOOP();
        }
    } else {
        for (size_t i = size; i > 0; i--) {
            out[i - 1] = in[i - 1];
            KEEP_LOOP();
        }
    }
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    char *out = to;
    if (((uintptr_t)out & 7) == 0) {
        uint64_t word = (unsigned char)byte * 0x0101010101010101ull;
        for (; size >= 8; size -= 8, out += 8) {
            *(uint64_t __attribute__((may_alias)) *)out = word;
            KEEP_LOOP();
        }
    }
    for (; size > 0; size--) {
        *out++ = (char)byte;
        KEEP_LOOP();
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const unsigned char *left = a, *right = b;
    for (size_t i = 0; i < size; i++)
        if (left[i] != right[i])
            return left[i] < right[i] ? -1 : 1;
    return 0;
}

size_t strlen(const char *text)
{
    size_t length = 0;
    while (text[length]) {
        length++;
        KEEP_LOOP();
    }
    return length;
}

size_t strnlen(const char *text, size_t limit)
{
    size_t length = 0;
    while (length < limit && text[length])
        length++;
    return length;
}

int strncmp(const char *a, const char *b, size_t limit)
{
    for (size_t i = 0; i < limit; i++) {
        unsigned char left = (unsigned char)a[i], right = (unsigned char)b[i];
        if (left != right)
            return left < right ? -1 : 1;
        if (left == 0)
            return 0;
    }
    return 0;
}

int strcmp(const char *a, const char *b)
{
    return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *text, int c)
{
    for (;; text++) {
        if (*text == (char)c)
            return (char *)(uintptr_t)text;
        if (*text == 0)
            return NULL;
    }
}

void text_copy(char *to, size_t size, const char *from)
{
    size_t length = strnlen(from, size - 1);
    memcpy(to, from, length);
    to[length] = 0;
}

static unsigned digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a' + 10);
    if (c >= 'A' && c <= 'F')
        return (unsigned)(c - 'A' + 10);
    return 99;
}

bool text_to_number(const char *text, uint64_t *number)
{
    unsigned base = 10;
    if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        text += 2;
    }
    uint64_t value = 0;
    if (*text == 0)
        return false;
    for (; *text; text++) {
        unsigned digit = digit_value(*text);
        uint64_t next;
        if (digit >= base || __builtin_mul_overflow(value, base, &next) ||
            __builtin_add_overflow(next, digit, &value))
            return false;
    }
    *number = value;
    return true;
}
