/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs when. See sched/scheduler.c. */
#ifndef KERNEL_SCHEDULER_H
#define KERNEL_SCHEDULER_H

#include "address_space.h"
#include "core.h"
#include "ready_queue.h"
#include "thread.h"

/* The core looks who shall run: this one before it leaves the kernel, another when it is told (lock.c), or enters the kernel by itself. */
static inline void core_reschedule(struct core *core)
{
    core->reschedule = true;
    if (CONFIG_CORES > 1) /* also before its next system call is carried out */
        core->min_key = MIN_KEY_NONE;
}

/* The thread's state becomes RUNNABLE, and it runs as soon as its context and priority let it. */
void scheduler_make_runnable(struct thread *thread);
/* A thread that is RUNNABLE got a context: queue it, or let it wait for time. */
void scheduler_consider(struct thread *thread);
/* The same when its handler has answered its fault: if its context is used up, it waits and does not fault again. */
void scheduler_consider_answered(struct thread *thread);
/* Take the thread out of the ready queue and its context out of the replenishments; if it is current, the core looks for another. Its
 * state and context are as they were. */
void scheduler_forget(struct thread *thread);
/* A thread that is to fault or stop (see scheduler.c) does so now, or is stopped otherwise. */
void scheduler_stop_deferring(struct thread *thread);
/* If it is to, it does so now, and not when its core comes to it. Not the current thread of this core; all locks are held. */
void scheduler_settle(struct thread *thread);

/* Current gives up the rest of its refill. */
void scheduler_yield(void);
/* Until when the running context's slice lasts, if it is one; else 0. */
ticks_t core_slice_end(const struct core *core);
/* Charge the running context up to now. Returns now. */
ticks_t scheduler_charge(struct core *core);
/* No core charges the context any more. */
void scheduler_drop_context(struct sched_context *sc);
/* Before leaving the kernel: if something changed, choose who runs, and set the timer. */
void scheduler_run(struct core *core);
/* `thread` runs now instead of `previous`, which is current (NULL: nobody), on core->context, which it has. What is rare about the two is to
 * be updated by who calls this, except in the fast path, where it stays as it is. */
static inline void scheduler_switch(struct core *core, struct thread *previous, struct thread *thread)
{
    core->current = thread;
    if (thread->space != core->space) {
        core_set_space(core, thread->space); /* before the load: see remote_flush */
        arch_space_load(&thread->space->arch);
    }
    arch_thread_switch(previous, thread);
}

#if CONFIG_CORES > 1
/* The thread, which has no context, is of that core from now on; with it go the Reply it has armed and the notification bound to it.
 * It is in no queue of the scheduler afterwards. */
void scheduler_move(struct thread *thread, unsigned home);
#else
static inline void scheduler_move(struct thread *thread, unsigned home)
{
    (void)thread, (void)home;
}
#endif

/* The timer fired: budgets, replenishments, the user timer. False: locks had to be taken first, call again. */
bool scheduler_timer(struct core *core);
/* Set the user timer (TICKS_NEVER: off). */
void scheduler_set_user_timer(struct core *core, ticks_t deadline);

/* The core must not have this loaded any more. */
void scheduler_unload_space(const struct address_space *space);
void scheduler_unload_fpu(struct thread *thread);
/* The thread, which is current, gets the FPU with its own state in it, if it may have it. */
bool scheduler_give_fpu(struct thread *thread);

/* ---- rare.c: the keys that the fast path compares. */

/* The thread can be switched to at once: it is this core's, nothing about it or the current thread is rare, and nobody of
 * a higher priority is ready. */
static inline bool thread_is_plain_next(const struct core *core, const struct thread *thread)
{
    return SHARED_READ(thread->key) - core->min_key <= PRIORITY_MAX;
}

/* The core's part of a key. */
static inline uint32_t core_key(const struct core *core)
{
#if CONFIG_CORES == 1
    (void)core;
    return 0;
#else
    return core->key;
#endif
}

/* RARE_* as the thread's fields have it: for the checker. */
uint32_t thread_rare(const struct core *core, const struct thread *thread);
/* To be called when something has changed that thread_rare looks at. */
void thread_update_rare(struct thread *thread);
void thread_set_key_priority(struct thread *thread, uint8_t priority);
void thread_set_key_home(struct thread *thread, unsigned home);
/* To be called when the ready queue's highest priority or the current thread has changed. */
void core_update_min_key(struct core *core);
/* What it should be: for the checker. */
uint32_t core_min_key(const struct core *core);
#ifdef CONFIG_DEBUG
/* Everything takes the general path, or not: for tests that compare the two. */
void fastpath_enable(bool on);
bool fastpath_is_off(void);
#else
#define fastpath_is_off() false
#endif

#endif
