/* SPDX-License-Identifier: BSD-2-Clause */
/* Lists of threads, linked by their `next` and `prev`: the ready queue's, and those that wait for the end of the entry. A
 * thread is in one at most. Protected by the lock of the core that the queue belongs to. */
#ifndef KERNEL_THREAD_QUEUE_H
#define KERNEL_THREAD_QUEUE_H

#include "core.h"
#include "thread.h"

static inline void thread_queue_append(struct thread_queue *queue, struct thread *thread)
{
    thread->next = NULL;
    thread->prev = queue->last;
    if (queue->last)
        queue->last->next = thread;
    else
        queue->first = thread;
    queue->last = thread;
}

static inline void thread_queue_prepend(struct thread_queue *queue, struct thread *thread)
{
    thread->prev = NULL;
    thread->next = queue->first;
    if (queue->first)
        queue->first->prev = thread;
    else
        queue->last = thread;
    queue->first = thread;
}

static inline void thread_queue_remove(struct thread_queue *queue, struct thread *thread)
{
    if (thread->prev)
        thread->prev->next = thread->next;
    else
        queue->first = thread->next;
    if (thread->next)
        thread->next->prev = thread->prev;
    else
        queue->last = thread->prev;
}

#endif
