/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Notification: one word of signal bits, and the threads that wait for it.
 *
 * A notification is in one of three states, told by its fields alone:
 *
 *     idle      bits == 0, no waiters
 *     active    bits != 0, no waiters      a wait returns at once
 *     waiting   bits == 0, waiters         a signal wakes the first one
 *
 * "bits and waiters" cannot both be: whoever brings the second consumes the first. A bound thread is not a waiter: it gets the
 * bits when it waits at an endpoint, but only if it has a context to run on. A passive server would otherwise be woken
 * without time, and its callers with it; it gets them when it next receives on a context of its own, or polls.
 *
 * Who waits alone, and is of the same home, is not in the queue but `waiter`: so a signal finds it in one word. Another one queues it first.
 *
 * All fields are protected by the lock of the notification's home core.
 */
#include "notification.h"
#include "endpoint.h"
#include "ipc.h"
#include "lock.h"
#include "scheduler.h"
#include "thread.h"

/* Highest priority, first come; NULL: nobody waits. */
static struct thread *first_waiter(const struct notification *notification)
{
    const struct queue_node *first = queue_first(&notification->waiters);

    if (notification->waiter)
        return notification->waiter;
    return first ? container_of(first, struct thread, wait_node) : NULL;
}

static void queue_up(struct notification *notification, struct thread *thread)
{
    thread->sequence = ++notification->sequence;
    queue_insert(&notification->waiters, &thread->wait_node,
                 thread_waiter_key(thread_priority(thread), thread->sequence));
}

void notification_queue_waiter(struct notification *notification, struct thread *thread)
{
    if (!thread || SHARED_READ(notification->waiter) != thread)
        return;
    assert(lock_holds_home(notification->home));
    SHARED_WRITE(notification->waiter, NULL);
    queue_up(notification, thread);
}

void notification_follow_bound(struct notification *notification)
{
#if CONFIG_CORES > 1
    unsigned home = thread_home(notification->bound);

    if (notification->home == home)
        return;
    notification_queue_waiter(notification, notification->waiter); /* who stays at the old one */
    home_set(notification, home);
#else
    (void)notification;
#endif
}

void notification_enqueue(struct notification *notification, struct thread *thread)
{
    assert(lock_holds_home(notification->home) && notification->bits == 0 &&
           !SHARED_READ(notification->dying));
    thread->waits_at = notification;
    if (!notification_has_waiters(notification) && notification->home == thread_home(thread)) {
        SHARED_WRITE(notification->waiter, thread);
        return;
    }
    notification_queue_waiter(notification, notification->waiter);
    queue_up(notification, thread);
}

void notification_dequeue(struct notification *notification, struct thread *thread)
{
    assert(lock_holds_home(notification->home) && thread->waits_at == notification);
    if (notification->waiter == thread)
        SHARED_WRITE(notification->waiter, NULL);
    else
        queue_remove(&notification->waiters, &thread->wait_node);
    thread->waits_at = NULL;
}

void notification_requeue(struct notification *notification, struct thread *thread, uint8_t priority)
{
    if (notification->waiter == thread)
        return;
    queue_remove(&notification->waiters, &thread->wait_node);
    queue_insert(&notification->waiters, &thread->wait_node, thread_waiter_key(priority, thread->sequence));
}

void notification_take(struct notification *notification, struct thread *thread)
{
    ipc_set_result(thread, OK | STATUS_SIGNAL, notification->bits, 0);
    notification->bits = 0;
    if (notification->bound)
        thread_update_rare(notification->bound);
}

/* The bits go to a thread that no longer waits. */
static void wake(struct notification *notification, struct thread *thread)
{
    notification_take(notification, thread);
    scheduler_make_runnable(thread);
}

void notification_deliver_bound(struct thread *thread)
{
    struct notification *notification = thread->notification;

    if (!notification || !notification->bits || thread->state != THREAD_STATE_RECEIVING || !thread->sc)
        return;
    thread_unwait(thread);
    wake(notification, thread);
}

bool notification_wait_locks(const struct notification *notification)
{
    struct core *core = core_self();

    return lock_home(core, home_of(notification)) &&
           (!notification->bound || lock_home(core, thread_home(notification->bound)));
}

bool notification_signal_locks(const struct notification *notification)
{
    if (!notification_wait_locks(notification) ||
        (notification->bound &&
         !thread_wait_locks(notification->bound))) /* where it is taken out of the queue */
        return false;
    const struct thread *first = first_waiter(notification);
    return !first || lock_home(core_self(), thread_home(first));
}

void notification_signal(struct notification *notification, word_t bits)
{
    struct thread *thread = first_waiter(notification);

    assert(lock_holds_home(notification->home));
    notification->bits |= bits;
    if (!notification->bits)
        return;
    if (thread) {
        notification_dequeue(notification, thread);
        wake(notification, thread);
    } else if (notification->bound) {
        thread_update_rare(notification->bound);
        notification_deliver_bound(notification->bound);
    }
}

void notification_bind(struct notification *notification, struct thread *thread)
{
    thread->notification = notification;
    notification->bound = thread;
    notification_follow_bound(notification); /* where it stays */
    thread_update_rare(thread);
    notification_deliver_bound(thread);
}

void notification_unbind(struct notification *notification)
{
    struct thread *thread = notification->bound;

    if (thread) {
        thread->notification = NULL;
        notification->bound = NULL;
        thread_update_rare(thread);
    }
}

bool notification_destroy_step(struct notification *notification)
{
    SHARED_WRITE(notification->dying, true);
    notification_unbind(notification);
    if (!notification_has_waiters(notification))
        return true;
    ipc_wait_failed(first_waiter(notification), ERR_PEER_GONE);
    return !notification_has_waiters(notification);
}

bool notification_signal_slot(const struct slot *slot)
{
    if (!cap_is(&slot->cap, OBJECT_NOTIFICATION, RIGHT_WRITE))
        return true;
    if (!notification_signal_locks(cap_pointer(&slot->cap)))
        return false;
    notification_signal(cap_pointer(&slot->cap), (word_t)slot->cap.data);
    return true;
}
