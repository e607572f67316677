/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What it costs when a budget is used up and another thread goes on, and when it has come back: from the last instruction of the one to the first of
 * the other, which runs in another address space. About a look, of some ten instructions, is in each figure.
 */
#include "looking.h"

#define SWITCHES 32u

/* The bench's thread gets what the other one leaves. */
BENCH(budget_switch)
{
    look_at_switches(SWITCHES);
    expect_between(switches.count[1], SWITCHES - 1, SWITCHES + 1);
    bench_timed("budget_switch", switches.count[0], switches.ticks[0], 0);
    bench_timed("budget_comes_back", switches.count[1], switches.ticks[1], 0);
}
