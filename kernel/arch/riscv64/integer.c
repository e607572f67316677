/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Counting zeros, which the compiler wants as functions (gcc internals manual, "Integer library routines"): the
 * base instruction set has no instructions for it.
 */
#include "types.h"

int __clzdi2(uint64_t value);
int __ctzdi2(uint64_t value);

/* By halves. */
int __clzdi2(uint64_t value)
{
    int zeros = 0;
    for (unsigned half = 32; half > 0; half /= 2)
        if (!(value >> (64 - half))) {
            zeros += (int)half;
            value <<= half;
        }
    return zeros;
}

int __ctzdi2(uint64_t value)
{
    return 63 - __clzdi2(value & (0 - value));
}
