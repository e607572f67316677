/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets: the sum never changes, the order holds, and in no window of a period is more used than the budget.
 */
#include "harness.h"
#include "host.h"
#include "sched_context.h"
#include "time.h"
#include <stdlib.h>

#define MS 1000000ull /* ticks, at 1 GHz */

static struct sched_context *make_context(unsigned size_bits, ticks_t budget, ticks_t period, ticks_t now)
{
    struct sched_context *sc = calloc(1, (size_t)1 << size_bits);

    time_init();
    sched_context_init(sc, size_bits);
    refill_reset(sc, budget, period, now);
    return sc;
}

static const struct refill *refill_number(const struct sched_context *sc, unsigned position)
{
    return &sc->refills[(sc->head + position) % sc->max];
}

static void check_refills(const struct sched_context *sc)
{
    ticks_t sum = 0;

    EXPECT(sc->count >= 1 && sc->count <= sc->max);
    for (unsigned i = 0; i < sc->count; i++) {
        sum += refill_number(sc, i)->amount;
        if (sched_context_is_round_robin(sc))
            continue;
        EXPECT(i > 0 || sc->count == 1 || refill_number(sc, 0)->amount >= time_refill_minimum());
        EXPECT(refill_number(sc, i)->amount > 0);
        EXPECT(refill_number(sc, i)->time <= refill_number(sc, 0)->time + sc->period);
        if (i > 0)
            EXPECT(refill_number(sc, i)->time >= refill_number(sc, i - 1)->time);
    }
    EXPECT_EQ(sum, sc->budget);
}

TEST(refill_starts_with_the_whole_budget)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 7);

    EXPECT_EQ(refill_head(sc)->amount, 2 * MS);
    EXPECT(refill_is_ready(sc, 7));
    EXPECT(!refill_is_ready(sc, 6));
    check_refills(sc);
}

TEST(refill_used_up_comes_back_a_period_later)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    EXPECT(refill_charge(sc, 2 * MS));
    EXPECT(!refill_is_ready(sc, 10 * MS - 1));
    EXPECT(refill_is_ready(sc, 10 * MS));
    check_refills(sc);
}

TEST(refill_used_in_part_comes_back_in_parts)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    EXPECT(!refill_charge(sc, MS));
    EXPECT_EQ(sc->count, 2);
    EXPECT_EQ(refill_head(sc)->amount, MS);
    EXPECT_EQ(refill_number(sc, 1)->time, 10 * MS);
    EXPECT_EQ(refill_number(sc, 1)->amount, MS);
    check_refills(sc);
}

TEST(refill_too_small_a_rest_waits_for_the_next)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    EXPECT(refill_charge(sc, 2 * MS - 10));
    EXPECT_EQ(sc->count, 1);
    EXPECT_EQ(refill_head(sc)->amount, 2 * MS);
    EXPECT(!refill_is_ready(sc, 10 * MS - 1));
}

/* It used a microsecond at a time; then it runs whenever it may: not in pieces that cost more to switch to than they are worth. */
TEST(refill_used_in_small_pieces_does_not_come_back_in_them)
{
    struct sched_context *sc = make_context(12, 2 * MS, 10 * MS, 0);
    ticks_t now = 0;

    for (unsigned i = 0; i < 150; i++) {
        refill_charge(sc, 1000);
        now += 30000;
        refill_unblock(sc, now);
    }
    EXPECT(sc->count > 100);
    for (unsigned i = 0; i < 400; i++) {
        EXPECT(refill_head(sc)->amount >= time_refill_minimum() || sc->count == 1);
        if (refill_head(sc)->time > now)
            now = refill_head(sc)->time;
        ticks_t piece = refill_head(sc)->amount;
        now += piece;
        if (i % 3)
            refill_charge(sc, piece);
        else
            refill_yield(sc);
        check_refills(sc);
    }
}

TEST(refill_charge_of_more_than_the_budget_takes_the_budget)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    EXPECT(refill_charge(sc, 50 * MS));
    check_refills(sc);
    EXPECT(!refill_is_ready(sc, 10 * MS - 1));
}

TEST(refill_charge_of_nothing_changes_nothing)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    EXPECT(!refill_charge(sc, 0));
    EXPECT_EQ(sc->count, 1);
    check_refills(sc);
}

TEST(refill_yield_gives_up_the_rest)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    refill_charge(sc, MS);
    refill_yield(sc);
    check_refills(sc);
    EXPECT(!refill_is_ready(sc, 10 * MS - 1));
}

TEST(refill_unblock_does_not_add_up_the_past)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    refill_unblock(sc, 1000 * MS);
    EXPECT_EQ(refill_head(sc)->time, 1000 * MS);
    EXPECT(refill_charge(sc, 2 * MS));
    EXPECT(!refill_is_ready(sc, 1010 * MS - 1));
    EXPECT(refill_is_ready(sc, 1010 * MS));
}

TEST(refill_unblock_joins_what_is_usable)
{
    struct sched_context *sc = make_context(8, 2 * MS, 10 * MS, 0);

    refill_charge(sc, MS);
    refill_unblock(sc, 100 * MS);
    EXPECT_EQ(sc->count, 1);
    EXPECT_EQ(refill_head(sc)->amount, 2 * MS);
    check_refills(sc);
}

TEST(refill_of_equal_budget_and_period_is_a_time_slice)
{
    struct sched_context *sc = make_context(8, 10 * MS, 10 * MS, 0);

    EXPECT(sched_context_is_round_robin(sc));
    EXPECT(!refill_charge(sc, 4 * MS));
    EXPECT_EQ(refill_head(sc)->amount, 6 * MS);
    check_refills(sc);
    EXPECT(refill_charge(sc, 6 * MS));
    EXPECT(refill_is_ready(sc, 10 * MS));
    EXPECT_EQ(refill_head(sc)->amount, 10 * MS);
    refill_charge(sc, MS);
    refill_yield(sc);
    EXPECT_EQ(refill_head(sc)->amount, 10 * MS);
    check_refills(sc);
}

TEST(refill_full_ring_joins_at_the_later_time)
{
    struct sched_context *sc = make_context(8, 100 * MS, 1000 * MS, 0);
    ticks_t now = 0;

    for (unsigned i = 0; i < 3u * sc->max; i++) {
        refill_unblock(sc, now);
        refill_charge(sc, MS);
        check_refills(sc);
        now += 2 * MS;
    }
    EXPECT_EQ(sc->count, sc->max);
    for (unsigned i = 1; i < sc->count; i++)
        EXPECT(refill_number(sc, i)->time >= 1000 * MS);
}

/* When the ring is full, much time gets into its last refill, and what is given back afterwards joins that, until two are left. Then the
 * last one becomes the head, and what is given back touches it. (Not joined, the head passed it: times decreased.) */
TEST(refill_given_back_is_joined_with_the_only_one_left)
{
    struct sched_context *sc = make_context(8, 500 * MS, 1000 * MS, 0);
    ticks_t now = 0;

    for (; sc->count < sc->max; now += 20 * MS) {
        refill_unblock(sc, now);
        refill_charge(sc, 10 * MS);
    }
    refill_unblock(sc, now);
    refill_charge(sc, refill_head(sc)->amount);
    EXPECT_EQ(sc->count, sc->max);
    EXPECT(!refill_charge(sc, 5 * MS));
    EXPECT(refill_charge(sc, 5 * MS));
    while (sc->count > 2)
        refill_charge(sc, refill_head(sc)->amount);
    EXPECT(refill_charge(sc, refill_head(sc)->amount));
    check_refills(sc);
    EXPECT(!refill_charge(sc, 400 * MS));
    check_refills(sc);
}

/* ---- Any window of a period has at most the budget */

#define USES 4000u

struct use {
    ticks_t start, amount;
};

/* Who runs whenever it may, in stretches of random length with random gaps, gets at most the budget in every
 * window. */
static void random_uses(unsigned size_bits, ticks_t budget, ticks_t period)
{
    static struct use uses[USES];
    struct sched_context *sc = make_context(size_bits, budget, period, 0);
    ticks_t now = 0;

    for (unsigned i = 0; i < USES; i++) {
        if (random_below(3) == 0) {
            now += random_below((unsigned)period / 2);
            refill_unblock(sc, now);
        }
        if (!refill_is_ready(sc, now))
            now = refill_head(sc)->time;
        refill_unblock(sc, now);
        ticks_t most = refill_head(sc)->amount, amount = random_below(4) ? 1 + random_next() % most : most;
        uses[i] = (struct use){ now, amount };
        now += amount;
        refill_charge(sc, amount);
        if (random_below(16) == 0)
            refill_yield(sc);
        check_refills(sc);

        ticks_t sum = 0, from = now > period ? now - period : 0;
        for (unsigned j = i + 1; j-- > 0 && uses[j].start + uses[j].amount > from;)
            sum += uses[j].start >= from ? uses[j].amount : uses[j].start + uses[j].amount - from;
        if (sum > budget)
            test_fails(__FILE__, __LINE__, "expected at most %llu in a period, seen %llu, at use %u",
                       (unsigned long long)budget, (unsigned long long)sum, i);
    }
}

TEST(refill_never_more_than_the_budget_in_a_window_of_few_refills)
{
    random_uses(8, 2 * MS, 10 * MS);
}

TEST(refill_never_more_than_the_budget_in_a_window_of_many_refills)
{
    random_uses(12, 2 * MS, 10 * MS);
}

TEST(refill_never_more_than_the_budget_in_a_window_with_large_budget)
{
    random_uses(9, 9 * MS, 10 * MS);
}

TEST(refill_never_more_than_the_budget_in_a_window_with_small_budget)
{
    random_uses(10, MS / 10, 10 * MS);
}

TEST(refill_gives_the_whole_budget_to_who_always_wants_it)
{
    struct sched_context *sc = make_context(10, 2 * MS, 10 * MS, 0);
    ticks_t now = 0, used = 0;

    while (now < 1000 * MS) {
        if (!refill_is_ready(sc, now))
            now = refill_head(sc)->time;
        ticks_t amount = refill_head(sc)->amount;
        now += amount;
        used += amount;
        refill_charge(sc, amount);
    }
    EXPECT(used >= 198 * MS && used <= 202 * MS);
}

TEST(refill_invariants_under_anything)
{
    for (unsigned run = 0; run < 200; run++) {
        ticks_t period = 200000 + random_below(100000000),
                budget = 100000 + random_next() % (period - 100000);
        struct sched_context *sc = make_context(8 + run % 5, budget, period, 0);
        ticks_t now = 0;
        for (unsigned step = 0; step < 200; step++) {
            switch (random_below(4)) {
            case 0:
                refill_charge(sc, random_next() % (budget + budget / 2));
                break;
            case 1:
                refill_yield(sc);
                break;
            case 2:
                refill_unblock(sc, now);
                break;
            default:
                now += random_next() % period;
            }
            check_refills(sc);
        }
        free(sc);
    }
}
