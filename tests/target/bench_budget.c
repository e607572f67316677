/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs when a budget is used up and another thread goes on, and when it has come back: from the last instruction of the one to the first of
 * the other, which runs in another address space. About a look, of some ten instructions, is in each figure.
 */
#include "looking.h"

#define SWITCHES  32u
#define BUDGET_NS (200 * NS_PER_US)
#define PERIOD_NS (500 * NS_PER_US)

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
