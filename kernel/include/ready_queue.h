/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ready queue: a list for each of the 256 priorities, a bitmap of those that are not empty, and a bit for each word of that which is not
 * zero.
 *
 * The highest priority that is ready is a part of the core's least key (rare.c): who changes the queue and does not choose anew who runs, updates that.
 *
 * In a header, because the fast paths use it, too (a call each way more would be an eighth of a signal that wakes somebody).
 *
 * It holds exactly the threads that could run now and do not (Benno scheduling: Blackham, Shi, Heiser 2012). Protected by the core's lock.
 */
#ifndef KERNEL_READY_QUEUE_H
#define KERNEL_READY_QUEUE_H

#include "core.h"
#include "thread.h"
#include "thread_queue.h"

static inline void ready_bitmap_set(struct core *core, unsigned priority)
{
    core->ready_bitmap[priority / 64] |= 1ull << priority % 64;
    core->ready_words |= 1u << priority / 64;
}

static inline void ready_bitmap_clear(struct core *core, unsigned priority)
{
    uint64_t word = core->ready_bitmap[priority / 64] & ~(1ull << priority % 64);

    core->ready_bitmap[priority / 64] = word;
    if (!word)
        core->ready_words &= ~(1u << priority / 64);
}

/* Highest priority with a thread in the ready queue; -1: none. */
static inline int ready_highest(const struct core *core)
{
    if (!core->ready_words)
        return -1;
    int word = (int)arch_highest_bit(core->ready_words);
    return word * 64 + (int)arch_highest_bit(core->ready_bitmap[word]);
}

static inline struct thread_queue *ready_queue_of(struct core *core, const struct thread *thread)
{
    return &core->ready[thread_priority(thread)];
}

static inline void ready_enter(struct core *core, struct thread *thread)
{
    assert(!thread->ready && thread->state == THREAD_STATE_RUNNABLE && thread->sc);
    thread->ready = true;
    if (!ready_queue_of(core, thread)->first)
        ready_bitmap_set(core, thread_priority(thread));
}

/* These leave the core's least key as it was. */
static inline void ready_append(struct core *core, struct thread *thread)
{
    ready_enter(core, thread);
    thread_queue_append(ready_queue_of(core, thread), thread);
}

static inline void ready_prepend(struct core *core, struct thread *thread)
{
    ready_enter(core, thread);
    thread_queue_prepend(ready_queue_of(core, thread), thread);
}

static inline void ready_remove(struct core *core, struct thread *thread)
{
    assert(thread->ready);
    thread->ready = false;
    thread_queue_remove(ready_queue_of(core, thread), thread);
    if (!ready_queue_of(core, thread)->first)
        ready_bitmap_clear(core, thread_priority(thread));
}

#endif
