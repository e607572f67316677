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
ticks_t refill_minimum;

/*@ // After time_init. A tick is at least 1/64 ns long.
    predicate factors_set = ticks_per_ns < (64 << 32);
    logic integer scaled(integer value, integer factor) = \min((value * factor + HALF) / (1 << 32), UINT64_MAX); */

/* a * b + c, saturating. */
/*@ assigns \nothing;
    ensures \result == \min(a * b + c, UINT64_MAX); */
static uint64_t multiply_add(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t product;

    //@ assert 0 <= a * b;
    if (__builtin_mul_overflow(a, b, &product) || __builtin_add_overflow(product, c, &product))
        return TICKS_NEVER;
    return product;
}

/* value * factor / 2^32, to the nearest, saturating. Split into 32-bit halves, so that no product needs more than 64 bits. */
/*@ assigns \nothing;
    ensures exact: \result == scaled(value, factor); */
static uint64_t multiply(uint64_t value, uint64_t factor)
{
    uint64_t high = value >> 32, low = value & 0xffffffff;
    uint64_t factor_high = factor >> 32, factor_low = factor & 0xffffffff;
    //@ assert low * factor_low <= 0xffffffff * 0xffffffff && low * factor_high <= 0xffffffff * 0xffffffff;
    uint64_t rest = ((low * factor_low + HALF) >> 32) + low * factor_high;

    //@ assert value == high * (1 << 32) + low;
    //@ assert factor == factor_high * (1 << 32) + factor_low;
    //@ assert value * factor == high * factor * (1 << 32) + low * factor;
    //@ assert low * factor == low * factor_high * (1 << 32) + low * factor_low;
    //@ assert halves: value * factor == (high * factor + low * factor_high) * (1 << 32) + low * factor_low;
    //@ assert carry: low * factor_low + HALF == (low * factor_low + HALF >> 32) * (1 << 32) + (low * factor_low + HALF) % (1 << 32);
    //@ assert value * factor + HALF == (high * factor + rest) * (1 << 32) + (low * factor_low + HALF) % (1 << 32);
    //@ assert quotient: (value * factor + HALF) / (1 << 32) == high * factor + rest;
    return multiply_add(high, factor, rest);
}

/*@ requires 1000000 <= hz < 64 * NS_PER_SECOND;
    assigns ns_per_tick, ticks_per_ns;
    ensures factors_set;
    ensures ns_per_tick == (NS_PER_SECOND << 32) / hz;
    ensures ticks_per_ns == (hz * (1 << 32) + NS_PER_SECOND / 2) / NS_PER_SECOND; */
static void set_factors(uint64_t hz)
{
    ns_per_tick = (NS_PER_SECOND << 32) / hz;
    /* hz << 32 may not fit: whole nanoseconds and the rest apart. */
    ticks_per_ns =
        (hz / NS_PER_SECOND << 32) + (((hz % NS_PER_SECOND) << 32) + NS_PER_SECOND / 2) / NS_PER_SECOND;
}

void time_init(void)
{
    uint64_t hz = arch_ticks_hz();

    if (hz < 1000000 || hz >= 64 * NS_PER_SECOND)
        PANIC("the counter's frequency cannot be %llu Hz", (unsigned long long)hz);
    set_factors(hz);
    start = arch_ticks();
    refill_minimum = time_ticks(KERNEL_STRETCH_NS);
}

/*@ assigns \nothing;
    ensures exact: \result == scaled(ns, ticks_per_ns);
    ensures short: factors_set && ns <= PERIOD_MAXIMUM_NS ==> \result < (1 << 48); */
ticks_t time_ticks(uint64_t ns)
{
    return multiply(ns, ticks_per_ns);
}

/*@ assigns \nothing;
    ensures exact: \result == scaled(ticks, ns_per_tick); */
uint64_t time_ns(ticks_t ticks)
{
    return multiply(ticks, ns_per_tick);
}

/*@ assigns \nothing;
    ensures never_early: \result == \min(scaled(ns, ticks_per_ns) + start, UINT64_MAX); */
ticks_t time_deadline(uint64_t ns)
{
    ticks_t ticks = time_ticks(ns), deadline;

    return __builtin_add_overflow(ticks, start, &deadline) ? TICKS_NEVER : deadline;
}

/*@ assigns \nothing;
    ensures \result == start; */
ticks_t time_start(void)
{
    return start;
}

/*@ assigns \nothing;
    ensures \result == ns_per_tick; */
uint64_t time_ns_multiplier(void)
{
    return ns_per_tick;
}
