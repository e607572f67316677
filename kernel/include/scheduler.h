/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs when. See sched/scheduler.c. */
#ifndef KERNEL_SCHEDULER_H
#define KERNEL_SCHEDULER_H

#include "core.h"
#include "thread.h"

/* The thread's state becomes RUNNABLE, and it runs as soon as its context and priority let it. */
void scheduler_make_runnable(struct thread *thread);
/* A thread that is RUNNABLE got a context: queue it, or let it wait for time. */
void scheduler_consider(struct thread *thread);
/* Take the thread out of the ready queue and its context out of the replenishments; if it is current, the core looks for another. Its
 * state and context are as they were. */
void scheduler_forget(struct thread *thread);
/* A thread that is to fault or stop (see scheduler.c) does so now, or is stopped otherwise. */
void scheduler_stop_deferring(struct thread *thread);

/* Current gives up the rest of its refill. */
void scheduler_yield(void);
/* Charge the running context up to now. Returns now. */
ticks_t scheduler_charge(struct core *core);
/* Before leaving the kernel: if something changed, choose who runs, and set the timer. */
void scheduler_run(struct core *core);
/* `thread` runs now, on core->context, which it has: for the fast path and scheduler_run. */
void scheduler_load(struct core *core, struct thread *thread);

/* The timer fired: budgets, replenishments, the user timer. */
void scheduler_timer(struct core *core);
/* Set the user timer (TICKS_NEVER: off). */
void scheduler_set_user_timer(struct core *core, ticks_t deadline);

/* The core must not have this loaded any more. */
void scheduler_unload_space(const struct address_space *space);
void scheduler_unload_fpu(const struct thread *thread);

/* Highest priority with a thread in the ready queue; -1: none. */
int ready_highest(const struct core *core);
void ready_append(struct core *core, struct thread *thread);
void ready_prepend(struct core *core, struct thread *thread);
void ready_remove(struct core *core, struct thread *thread);

#endif
