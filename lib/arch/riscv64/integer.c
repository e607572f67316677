/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * riscv64: counting zeros, for which the base instruction set has no instruction. The compiler calls these by
 * themselves (gcc internals manual, "Integer library routines"); they are here because the toolchain's own
 * library is built for another way of passing floating-point numbers, and cannot be linked.
 */
#include <stdint.h>

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
