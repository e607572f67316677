/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ready queue: a list for each of the 256 priorities, and a bitmap of those that are not empty.
 *
 * It holds exactly the threads that could run now and do not (Benno scheduling: Blackham, Shi, Heiser 2012). Protected by the core's lock.
 */
#include "scheduler.h"

static void bitmap_set(struct core *core, unsigned priority)
{
    core->ready_bitmap[priority / 64] |= 1ull << priority % 64;
}

static void bitmap_clear(struct core *core, unsigned priority)
{
    core->ready_bitmap[priority / 64] &= ~(1ull << priority % 64);
}

int ready_highest(const struct core *core)
{
    for (int word = PRIORITY_COUNT / 64 - 1; word >= 0; word--)
        if (core->ready_bitmap[word])
            return word * 64 + 63 - __builtin_clzll(core->ready_bitmap[word]);
    return -1;
}

void ready_append(struct core *core, struct thread *thread)
{
    struct thread_queue *queue = &core->ready[thread->priority];

    assert(!thread->ready && thread->state == THREAD_STATE_RUNNABLE && thread->sc);
    thread->ready = true;
    thread->next = NULL;
    thread->prev = queue->last;
    if (queue->last)
        queue->last->next = thread;
    else
        queue->first = thread;
    queue->last = thread;
    bitmap_set(core, thread->priority);
}

void ready_prepend(struct core *core, struct thread *thread)
{
    struct thread_queue *queue = &core->ready[thread->priority];

    assert(!thread->ready && thread->state == THREAD_STATE_RUNNABLE && thread->sc);
    thread->ready = true;
    thread->prev = NULL;
    thread->next = queue->first;
    if (queue->first)
        queue->first->prev = thread;
    else
        queue->last = thread;
    queue->first = thread;
    bitmap_set(core, thread->priority);
}

void ready_remove(struct core *core, struct thread *thread)
{
    struct thread_queue *queue = &core->ready[thread->priority];

    assert(thread->ready);
    thread->ready = false;
    if (thread->prev)
        thread->prev->next = thread->next;
    else
        queue->first = thread->next;
    if (thread->next)
        thread->next->prev = thread->prev;
    else
        queue->last = thread->prev;
    if (!queue->first)
        bitmap_clear(core, thread->priority);
}
