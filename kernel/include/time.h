/* SPDX-License-Identifier: BSD-2-Clause */
/* Nanoseconds, as users count them from the start of the kernel, and ticks, as the counter does. See sched/time.c. */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include "arch.h"

/* The longest uninterruptible stretch, a setting of the build; a budget is at least twice that. */
#ifndef CONFIG_STRETCH_NS
#define CONFIG_STRETCH_NS 50000ull
#endif
#define KERNEL_STRETCH_NS CONFIG_STRETCH_NS
#define BUDGET_MINIMUM_NS (2 * KERNEL_STRETCH_NS)
#define PERIOD_MAXIMUM_NS 3600000000000ull

COLD void time_init(void);
/* A length of time; saturates at TICKS_NEVER. */
ticks_t time_ticks(uint64_t ns);
uint64_t time_ns(ticks_t ticks);
/* A point in time, from nanoseconds since the start. */
ticks_t time_deadline(uint64_t ns);

ticks_t time_start(void);
uint64_t time_ns_multiplier(void);
#define TIME_NS_SHIFT 32

/* The least that a refill may hold, in ticks. Set by time_init. */
extern ticks_t refill_minimum;

/*@ assigns \nothing;
    ensures \result == refill_minimum; */
static inline ticks_t time_refill_minimum(void)
{
    return refill_minimum;
}

#endif
