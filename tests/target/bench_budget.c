/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs when a budget is used up and another thread goes on, and when it has come back: from the last instruction of the one to the first of
 * the other, which runs in another address space. Both look at the counter all the time; who sees that the other was the last to be switched to has just
 * been switched to. About a look, of some ten instructions, is in each figure.
 */
#include "bench.h"

#define SWITCHES  32u
#define BUDGET_NS (200 * NS_PER_US)
#define PERIOD_NS (500 * NS_PER_US)

static struct {
    volatile uint64_t looked[2]; /* when each last did */
    volatile word_t last;        /* who was switched to */
    volatile uint64_t ticks[2];
    volatile word_t count[2];
} switches;

static inline __attribute__((always_inline)) void look(word_t self)
{
    if (__builtin_expect(switches.last != self, 0)) {
        switches.ticks[self] += cost_now() - switches.looked[!self];
        switches.count[self]++;
        switches.last = self;
    }
    switches.looked[self] = cost_now();
}

static void look_for_ever(struct worker *worker)
{
    word_t self = worker->argument;
    for (;;)
        look(self);
}

static void look_until(word_t self, word_t count)
{
    while (switches.count[self] < count)
        look(self);
}

/* The worker has the higher priority and too little budget; the bench's thread gets what it leaves. */
BENCH(budget_switch)
{
    struct worker *worker =
        worker_run(.function = look_for_ever, .argument = 1, .space = space_with_program(),
                   .budget_ns = BUDGET_NS, .period_ns = PERIOD_NS);

    look_until(0, 4);
    for (unsigned i = 0; i < 2; i++)
        switches.ticks[i] = switches.count[i] = 0;
    look_until(0, SWITCHES);
    expect_ok(thread_suspend(worker->thread, 0));
    expect_between(switches.count[1], SWITCHES - 1, SWITCHES + 1);
    bench_timed("budget_switch", switches.count[0], switches.ticks[0], 0);
    bench_timed("budget_comes_back", switches.count[1], switches.ticks[1], 0);
}
