/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ready queue: a list for each of the 256 priorities, a bitmap of those that are not empty, and a bit for each word of that which is not
 * zero. And before all of them, `front`: one thread that is in no list, or nobody. It is of no lower priority than any in the lists, and goes before its
 * equals. Only fast paths put a thread there: who is preempted by somebody he woke is most often the next to go on. (That saves 60 of the 350 instructions of a
 * signal that wakes somebody better, and his next wait.)
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

/* Highest priority with a thread in a list; -1: none. */
static inline int ready_highest_listed(const struct core *core)
{
    if (!core->ready_words)
        return -1;
    int word = (int)arch_highest_bit(core->ready_words);
    return word * 64 + (int)arch_highest_bit(core->ready_bitmap[word]);
}

/* Highest priority with a thread in the ready queue; -1: none. */
static inline int ready_highest(const struct core *core)
{
    return core->front ? thread_priority(core->front) : ready_highest_listed(core);
}

/* The next to run, if there is one. */
static inline struct thread *ready_first(const struct core *core)
{
    return core->front ? core->front : core->ready[ready_highest_listed(core)].first;
}

static inline struct thread_queue *ready_queue_of(struct core *core, const struct thread *thread)
{
    return &core->ready[thread_priority(thread)];
}

static ALWAYS_INLINE void ready_list(struct core *core, struct thread *thread, bool first)
{
    struct thread_queue *queue = ready_queue_of(core, thread);

    if (!queue->first)
        ready_bitmap_set(core, thread_priority(thread));
    if (first)
        thread_queue_prepend(queue, thread);
    else
        thread_queue_append(queue, thread);
}

/* Nobody is in front of the lists. */
static inline void ready_list_front(struct core *core)
{
    struct thread *front = core->front;

    core->front = NULL;
    ready_list(core, front, true);
}

/* These leave the core's least key as it was. */
static ALWAYS_INLINE void ready_enter(struct core *core, struct thread *thread, bool first)
{
    assert(!thread->ready && thread->state == THREAD_STATE_RUNNABLE && thread->sc);
    thread->ready = true;
    if (core->front && thread_priority(thread) + (unsigned)first > thread_priority(core->front))
        ready_list_front(core);
    ready_list(core, thread, first);
}

static inline void ready_append(struct core *core, struct thread *thread)
{
    ready_enter(core, thread, false);
}

static inline void ready_prepend(struct core *core, struct thread *thread)
{
    ready_enter(core, thread, true);
}

/* It goes before all that are ready. */
static inline void ready_put_in_front(struct core *core, struct thread *thread)
{
    assert(!thread->ready && thread->state == THREAD_STATE_RUNNABLE && thread->sc);
    assert((int)thread_priority(thread) >= ready_highest(core));
    thread->ready = true;
    if (unlikely(core->front))
        ready_list_front(core);
    core->front = thread;
}

static inline void ready_remove(struct core *core, struct thread *thread)
{
    assert(thread->ready);
    thread->ready = false;
    if (core->front == thread) {
        core->front = NULL;
        return;
    }
    thread_queue_remove(ready_queue_of(core, thread), thread);
    if (!ready_queue_of(core, thread)->first)
        ready_bitmap_clear(core, thread_priority(thread));
}

#endif
