/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Conversion between nanoseconds and ticks of the counter, by multiplication with a 32.32 fixed-point factor.
 *
 * Set once at boot, read-only afterwards.
 */
#include "time.h"
#include "core.h"

#define NS_PER_SECOND 1000000000ull
#define HALF          0x80000000ull /* of 2^32 */

static uint64_t ns_per_tick;  /* 32.32 */
static uint64_t ticks_per_ns; /* 32.32 */
static ticks_t start;
static ticks_t refill_minimum;

/* value * factor / 2^32, to the nearest, saturating. Split into 32-bit halves, so that no product needs more than 64 bits. */
static uint64_t multiply(uint64_t value, uint64_t factor)
{
    uint64_t high = value >> 32, low = value & 0xffffffff;
    uint64_t factor_high = factor >> 32, factor_low = factor & 0xffffffff;
    uint64_t rest = ((low * factor_low + HALF) >> 32) + low * factor_high, product;

    if (__builtin_mul_overflow(high, factor, &product) || __builtin_add_overflow(product, rest, &product))
        return TICKS_NEVER;
    return product;
}

void time_init(void)
{
    uint64_t hz = arch_ticks_hz();

    check(hz >= 1000000 && hz < 64 * NS_PER_SECOND);
    ns_per_tick = (NS_PER_SECOND << 32) / hz;
    /* hz << 32 may not fit: whole nanoseconds and the rest apart. */
    ticks_per_ns =
        (hz / NS_PER_SECOND << 32) + (((hz % NS_PER_SECOND) << 32) + NS_PER_SECOND / 2) / NS_PER_SECOND;
    start = arch_ticks();
    refill_minimum = time_ticks(KERNEL_STRETCH_NS);
}

ticks_t time_ticks(uint64_t ns)
{
    return multiply(ns, ticks_per_ns);
}

uint64_t time_ns(ticks_t ticks)
{
    return multiply(ticks, ns_per_tick);
}

ticks_t time_deadline(uint64_t ns)
{
    ticks_t ticks = time_ticks(ns), deadline;

    return __builtin_add_overflow(ticks, start, &deadline) ? TICKS_NEVER : deadline;
}

ticks_t time_start(void)
{
    return start;
}

uint64_t time_ns_multiplier(void)
{
    return ns_per_tick;
}

ticks_t time_refill_minimum(void)
{
    return refill_minimum;
}
