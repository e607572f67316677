/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads that look at the counter all the time: who sees that the other was the last to be switched to has just been switched to, and adds what
 * has passed since the other's last look.
 */
#ifndef TARGET_LOOKING_H
#define TARGET_LOOKING_H

#include "bench.h"

#define LOOKER_BUDGET_NS (200 * NS_PER_US)
#define LOOKER_PERIOD_NS (500 * NS_PER_US)

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

static inline void look_for_ever(struct worker *worker)
{
    word_t self = worker->argument;
    for (;;)
        look(self);
}

static inline void look_until(word_t self, word_t count)
{
    while (switches.count[self] < count)
        look(self);
}

/* So many switches between this thread and one in another space, of higher priority and too little budget. */
static inline void look_at_switches(word_t count)
{
    struct worker *worker =
        worker_run(.function = look_for_ever, .argument = 1, .space = space_with_program(),
                   .budget_ns = LOOKER_BUDGET_NS, .period_ns = LOOKER_PERIOD_NS);

    look_until(0, 4);
    for (unsigned i = 0; i < 2; i++)
        switches.ticks[i] = switches.count[i] = 0;
    look_until(0, count);
    expect_ok(thread_suspend(worker->thread, 0));
}

#endif
