/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two threads that look at the counter all the time: who sees that the other was the last to be switched to has just been switched to, and adds what
 * has passed since the other's last look.
 */
#ifndef TARGET_LOOKING_H
#define TARGET_LOOKING_H

#include "bench.h"

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

#endif
