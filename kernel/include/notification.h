/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications: one word of signal bits. See object/notification.c. */
#ifndef KERNEL_NOTIFICATION_H
#define KERNEL_NOTIFICATION_H

#include "cap.h"
#include "priority_queue.h"

struct thread;

struct notification {
    word_t bits;
    struct thread
        *waiter; /* the only one that waits, of the same home: for the fast path; then not in `waiters` */
    struct priority_queue waiters; /* wait_node of threads */
    struct thread *bound;          /* also receives the bits when it waits at an endpoint */
    uint64_t sequence;
    uint8_t home;
    bool dying; /* being destroyed: nobody may queue any more */
};

/* What a signal, or a wait, touches can be touched. False: now it can, but look everything up again (lock.h). */
bool notification_signal_locks(const struct notification *notification);
bool notification_wait_locks(const struct notification *notification);
/* Add bits, and wake who waits for them. */
void notification_signal(struct notification *notification, word_t bits);
/* If the thread, which waits at an endpoint, has a bound notification with bits and a context to run on, it gets them now. */
void notification_deliver_bound(struct thread *thread);
/* If the thread is `waiter`, it waits in the queue from now on: when it moves home, or another comes. */
void notification_queue_waiter(struct notification *notification, struct thread *thread);
/* The notification comes to the home of the thread that it is bound to. */
void notification_follow_bound(struct notification *notification);
static inline bool notification_has_waiters(const struct notification *notification)
{
    return notification->waiter || !queue_is_empty(&notification->waiters);
}
/* Somebody is bound, or more than one may wait: in one comparison. */
static inline bool notification_is_shared(const struct notification *notification)
{
    return ((uintptr_t)notification->bound | (uintptr_t)queue_first(&notification->waiters)) != 0;
}
void notification_enqueue(struct notification *notification, struct thread *thread);
void notification_dequeue(struct notification *notification, struct thread *thread);
/* It waits at another priority from now on. */
void notification_requeue(struct notification *notification, struct thread *thread, uint8_t priority);
/* The thread's result is the bits, which are taken. */
void notification_take(struct notification *notification, struct thread *thread);
/* The thread gets the bits, too, when it waits at an endpoint. Neither is bound, and nobody waits at the notification. */
void notification_bind(struct notification *notification, struct thread *thread);
void notification_unbind(struct notification *notification);
bool notification_destroy_step(struct notification *notification);

/* Signal through a capability in a slot (which may be empty): the badge's bits. False: locks had to be taken first, call again. */
bool notification_signal_slot(const struct slot *slot);

#endif
