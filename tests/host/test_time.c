/* SPDX-License-Identifier: BSD-2-Clause */
/* Nanoseconds and ticks, from 1 MHz to 64 GHz. */
#include "core.h"
#include "harness.h"
#include "host.h"
#include "time.h"

static const uint64_t frequencies[] = { 1000000,    1193182,    10000000,   24000000,   62500000,   999999999,
                                        1000000000, 1000000001, 2399999837, 5000000000, 63999999999 };

static void set_frequency(uint64_t hz)
{
    host.ticks_hz = hz;
    time_init();
}

/* part * factor / divisor to the nearest, where part < divisor < 2^62: bit by bit, without numbers of 128 bits. */
static uint64_t exact_part(uint64_t part, uint64_t factor, uint64_t divisor)
{
    uint64_t quotient = 0, rest = 0;

    for (unsigned bit = 64; bit-- > 0;) {
        rest = 2 * rest + (factor >> bit & 1 ? part : 0);
        quotient = 2 * quotient + rest / divisor;
        rest %= divisor;
    }
    return quotient + (rest + divisor / 2 >= divisor);
}

/* The quotient to the nearest, saturating. */
static uint64_t exact(uint64_t value, uint64_t numerator, uint64_t denominator)
{
    uint64_t result;

    if (__builtin_mul_overflow(value / denominator, numerator, &result) ||
        __builtin_add_overflow(result, exact_part(value % denominator, numerator, denominator), &result))
        return ~0ull;
    return result;
}

static void expect_near(uint64_t seen, uint64_t right, uint64_t hz, uint64_t value)
{
    /* The factor is exact to 2^-32 of a tick for each nanosecond, or the reverse. */
    uint64_t difference = seen > right ? seen - right : right - seen;
    if (difference > (value >> 32) + 1)
        test_fails(__FILE__, __LINE__, "expected %llu (at %llu Hz, of %llu), seen %llu",
                   (unsigned long long)right, (unsigned long long)hz, (unsigned long long)value,
                   (unsigned long long)seen);
}

TEST(time_conversions_are_near_the_exact_quotient)
{
    for (unsigned i = 0; i < ARRAY_COUNT(frequencies); i++) {
        uint64_t hz = frequencies[i];
        set_frequency(hz);
        for (unsigned step = 0; step < 2000; step++) {
            uint64_t value = random_next() >> random_below(64);
            uint64_t ticks = exact(value, hz, 1000000000), ns = exact(value, 1000000000, hz);
            if (ticks < ~0ull)
                expect_near(time_ticks(value), ticks, hz, value);
            if (ns < ~0ull)
                expect_near(time_ns(value), ns, hz, value);
        }
    }
}

/* It read back as a tick less: 1999900 ns of 2 ms. */
TEST(time_in_whole_ticks_of_a_coarse_counter_survives_both_conversions)
{
    set_frequency(10000000);
    for (uint64_t ns = 0; ns < 4000000000; ns += 1234500)
        EXPECT_EQ(time_ns(time_ticks(ns)), ns);
}

TEST(time_conversions_saturate)
{
    set_frequency(5000000000);
    EXPECT_EQ(time_ticks(~0ull), TICKS_NEVER);
    EXPECT_EQ(time_ticks(~0ull / 4), TICKS_NEVER);
    set_frequency(1000000);
    EXPECT_EQ(time_ns(~0ull), ~0ull);
    EXPECT_EQ(time_ns(~0ull / 999), ~0ull);
}

TEST(time_conversions_of_small_values)
{
    set_frequency(1000000000);
    EXPECT_EQ(time_ticks(0), 0);
    EXPECT_EQ(time_ns(0), 0);
    EXPECT_EQ(time_ticks(1), 1);
    EXPECT_EQ(time_ns(1), 1);
    EXPECT_EQ(time_ticks(0xffffffff), 0xffffffff);
    EXPECT_EQ(time_ticks(0x100000000), 0x100000000);
}

TEST(time_conversions_are_monotonic)
{
    for (unsigned i = 0; i < ARRAY_COUNT(frequencies); i++) {
        set_frequency(frequencies[i]);
        uint64_t last_ticks = 0, last_ns = 0;
        for (unsigned bit = 2; bit < 64; bit++)
            for (int offset = -1; offset <= 1; offset++) {
                uint64_t value = (1ull << bit) + (uint64_t)(int64_t)offset;
                EXPECT(time_ticks(value) >= last_ticks);
                EXPECT(time_ns(value) >= last_ns);
                last_ticks = time_ticks(value);
                last_ns = time_ns(value);
            }
    }
}

TEST(time_deadlines_count_from_the_start)
{
    host.ticks = 5000;
    set_frequency(1000000000);
    EXPECT_EQ(time_start(), 5000);
    EXPECT_EQ(time_deadline(0), 5000);
    EXPECT_EQ(time_deadline(100), 5100);
    EXPECT_EQ(time_deadline(~0ull - 1), TICKS_NEVER);
}

TEST(time_minimum_is_half_of_the_smallest_budget)
{
    set_frequency(1000000000);
    EXPECT_EQ(2 * time_refill_minimum(), time_ticks(BUDGET_MINIMUM_NS));
}

static void init(void *argument)
{
    (void)argument;
    time_init();
}

TEST(time_refuses_impossible_frequencies)
{
    host.ticks_hz = 999999;
    EXPECT_EQ(host_run(init, NULL), HOST_HALTED);
    EXPECT_TEXT(host.console, "KERNEL PANIC at");
}
