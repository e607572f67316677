/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ready queue: a list for each of the 256 priorities, a bitmap of those that are not empty, and a bit for each word of that which is not
 * zero.
 *
 * The highest priority that is ready is a part of the core's least key (rare.c): who changes the queue and does not choose anew who runs, updates that.
 *
 * It holds exactly the threads that could run now and do not (Benno scheduling: Blackham, Shi, Heiser 2012). Protected by the core's lock.
 */
#include "scheduler.h"
#include "thread_queue.h"

static void bitmap_set(struct core *core, unsigned priority)
{
    core->ready_bitmap[priority / 64] |= 1ull << priority % 64;
    core->ready_words |= 1u << priority / 64;
}

static void bitmap_clear(struct core *core, unsigned priority)
{
    uint64_t word = core->ready_bitmap[priority / 64] & ~(1ull << priority % 64);

    core->ready_bitmap[priority / 64] = word;
    if (!word)
        core->ready_words &= ~(1u << priority / 64);
}

int ready_highest(const struct core *core)
{
    if (!core->ready_words)
        return -1;
    int word = 31 - __builtin_clz(core->ready_words);
    return word * 64 + 63 - __builtin_clzll(core->ready_bitmap[word]);
}

static struct thread_queue *queue_of(struct core *core, const struct thread *thread)
{
    return &core->ready[thread_priority(thread)];
}

static void become_ready(struct core *core, struct thread *thread)
{
    assert(!thread->ready && thread->state == THREAD_STATE_RUNNABLE && thread->sc);
    thread->ready = true;
    if (!queue_of(core, thread)->first)
        bitmap_set(core, thread_priority(thread));
}

void ready_append(struct core *core, struct thread *thread)
{
    become_ready(core, thread);
    thread_queue_append(queue_of(core, thread), thread);
}

void ready_prepend(struct core *core, struct thread *thread)
{
    become_ready(core, thread);
    thread_queue_prepend(queue_of(core, thread), thread);
}

void ready_remove(struct core *core, struct thread *thread)
{
    assert(thread->ready);
    thread->ready = false;
    thread_queue_remove(queue_of(core, thread), thread);
    if (!queue_of(core, thread)->first)
        bitmap_clear(core, thread_priority(thread));
}
