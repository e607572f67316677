/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What belongs to one core: what runs on it, its ready queue, its timer.
 *
 * All fields are protected by the core's lock. What the core has loaded (current, space, the FPU's state) is changed by others
 * only while it is parked (sched/remote.c). `requests` and `lock` are written by everybody, and stand in lines of their own.
 * With one core there is no lock and core_self() is a constant.
 */
#ifndef KERNEL_CORE_H
#define KERNEL_CORE_H

#include "arch.h"
#include "cap.h"
#include "priority_queue.h"

#define TICKS_NEVER (~(ticks_t)0)

struct thread_queue {
    struct thread *first, *last;
};

#if CONFIG_CORES > 1
/* First come, first served. */
struct ticket_lock {
    uint32_t next;  /* ticket that the next to come draws */
    uint32_t owner; /* ticket that has the lock */
};
#endif

struct core {
    struct thread *current;        /* NULL: idle. First field: the port's entry code relies on it */
    struct sched_context *context; /* that time is charged to; NULL: idle */
    struct address_space *space;   /* loaded; NULL: the kernel's own */
    struct thread *fpu_owner;      /* whose state is in the FPU, NULL: nobody's */
    union {
        uint32_t
            min_key; /* what a thread's key must at least be for the fast path to switch to it (sched/rare.c) */
        uint8_t highest_ready; /* the part of it that is a priority, if it is one */
    };
    bool fpu_on;        /* user code may use the FPU now: current == fpu_owner */
    bool reschedule;    /* before leaving: look for a better thread */
    bool current_ended; /* current has used up its refill or yielded: it goes behind its equals */
    unsigned index;
#if CONFIG_CORES > 1
    uint32_t key; /* index << KEY_HOME_SHIFT: this core's part of a key (thread.h) */
    uint32_t
        slice_key; /* what of this core's thread has nothing rare but a time slice, from KEY_HOME_SHIFT on */
    uint32_t idle_here;  /* index << 16: what an idle endpoint of this core looks like (fastpath.h) */
    uint8_t lock_set;    /* enum lock_set: which cores' locks this core's entry holds */
    uint8_t lock_other;  /* the other one, if it is LOCK_SET_TWO */
    uint32_t lock_steps; /* of a long operation, since it has these locks */
    bool is_behind;      /* `charged_at` is of another core, whose counter is a little ahead */
    bool in_syscall;     /* this core's entry is a system call of `current` that has done nothing yet */
#endif
#ifdef CONFIG_DEBUG
    uint8_t lock_level; /* enum lock_level: what this core's entry holds */
    uint8_t
        lock_contention; /* the n-th lock from now on has to be waited for, as if another core held it; 0: none */
#endif

    struct thread *front; /* of the ready queue, in none of its lists; NULL: nobody */
    ticks_t slice_end;    /* `context` is a time slice, and lasts until then or longer; else 0 */
    ticks_t charged_at;   /* until when time has been charged to `context` */
    ticks_t timer_armed;  /* deadline that the hardware has, TICKS_NEVER: none */
#if CONFIG_CORES > 1
    /* Before what is large: the fast paths reach it with small offsets. */
    ALIGNED(64) struct ticket_lock lock;
    ALIGNED(64) uint32_t requests; /* REQUEST_*, from other cores, until answered */
    ALIGNED(64)
#endif
    ticks_t user_deadline;                /* of the user timer, TICKS_NEVER: none */
    struct slot timer_slot;               /* the notification that the user timer signals */
    struct priority_queue replenishments; /* contexts that wait for time; key: ticks */
    struct thread_queue
        deferred; /* threads that shall fault for lack of time, or stop because of their fault */

    /* Ready queue: the threads that could run now, except the current one (ready_queue.h). */
    uint32_t ready_words; /* those of the bitmap that are not zero */
    uint64_t ready_bitmap[PRIORITY_COUNT / 64];
    struct thread_queue ready[PRIORITY_COUNT];

    struct arch_core arch;

#if CONFIG_CORES > 1
    struct {
        bool is_new; /* this core's entry is such an exception of `current`, which has not been raised yet */
        word_t kind, code;
    } trap; /* an exception that the processor does not raise again (syscall.c) */
#endif
};

extern struct core cores[CONFIG_CORES];

/* How many of them run: those that the machine has and the kernel is built for. Fixed at boot. */
#if CONFIG_CORES == 1
#define core_count 1u
static inline struct core *core_self(void)
{
    return &cores[0];
}
#else
extern unsigned core_count;
#endif

/* Which space is loaded, from now on or soon. Whoever sees it (remote_flush) comes after all that the fake machine looked up in the one before; a real one may
 * look up more until it has loaded the other, which is void when its tag has become stale. (A release costs 1 to 2 instructions a system call.) */
static inline void core_set_space(struct core *core, struct address_space *space)
{
#if IS_WATCHED_BY_THREAD_SANITIZER
    __atomic_store_n(&core->space, space, __ATOMIC_RELEASE);
#else
    SHARED_WRITE(core->space, space);
#endif
}

/* The core that an entry passes to C. With one core it is a constant, which is shorter than a register, and the entry need not pass it. */
static inline struct core *passed_core(struct core *core)
{
    return CONFIG_CORES == 1 ? &cores[0] : core;
}

#endif
