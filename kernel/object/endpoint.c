/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Endpoint: where senders and receivers of synchronous messages meet.
 *
 *     idle        no waiters
 *     sending     one or more threads wait to send
 *     receiving   one or more threads wait to receive
 *
 * Never both kinds: whoever brings the second meets the first. Waiters are served by priority, and in order of arrival within
 * one. They also stand in a list, newest first, so that those of one badge can be cancelled in bounded steps: the cursor walks
 * from the newest to the oldest that were there when cancelling began, later arrivals are not meant.
 *
 * The usual case is a receiver that waits alone. It is in neither, but `receiver`, if its Reply is armed or it has none: so a call finds all it
 * needs in one word, and nothing has to be linked. Endpoint, receiver and Reply are of one home then. Whatever changes one of the
 * conditions queues it like others first (endpoint_queue_receiver).
 *
 * All fields are protected by the lock of the endpoint's home core.
 */
#include "endpoint.h"
#include "ipc.h"
#include "lock.h"
#include "thread.h"

struct thread *endpoint_first(const struct endpoint *endpoint)
{
    if (endpoint->receiver)
        return endpoint->receiver;
    assert(!queue_is_empty(&endpoint->waiters));
    return container_of(queue_first(&endpoint->waiters), struct thread, wait_node);
}

/* Into the queue, and to the newest end of the list. */
static void queue_up(struct endpoint *endpoint, struct thread *thread)
{
    thread->sequence = ++endpoint->sequence;
    queue_insert(&endpoint->waiters, &thread->wait_node,
                 thread_waiter_key(thread_priority(thread), thread->sequence));
    thread->prev = NULL;
    thread->next = endpoint->newest;
    if (endpoint->newest)
        endpoint->newest->prev = thread;
    endpoint->newest = thread;
}

void endpoint_queue_receiver(struct endpoint *endpoint, struct thread *thread)
{
    if (!thread || SHARED_READ(endpoint->receiver) != thread)
        return;
    assert(lock_holds_home(endpoint->home));
    SHARED_WRITE(endpoint->receiver, NULL);
    queue_up(endpoint, thread);
}

void endpoint_enqueue(struct endpoint *endpoint, struct thread *thread, enum endpoint_state state)
{
    bool alone = endpoint->state == ENDPOINT_IDLE && state == ENDPOINT_RECEIVING &&
                 (!thread->reply || reply_armed(thread));

    assert(lock_holds_home(endpoint->home));
    assert(!SHARED_READ(endpoint->dying) && (endpoint->state == ENDPOINT_IDLE || endpoint->state == state));
    SHARED_WRITE(endpoint->state, (uint8_t)state);
    thread->waits_at = endpoint;
    if (alone) {
        SHARED_WRITE(endpoint->receiver, thread);
        return;
    }
    endpoint_queue_receiver(endpoint, endpoint->receiver);
    queue_up(endpoint, thread);
}

/* Out of the queue and the list. */
static void leave_queue(struct endpoint *endpoint, struct thread *thread)
{
    queue_remove(&endpoint->waiters, &thread->wait_node);
    if (endpoint->cancel_cursor == thread)
        endpoint->cancel_cursor = thread->next;
    if (thread->prev)
        thread->prev->next = thread->next;
    else
        endpoint->newest = thread->next;
    if (thread->next)
        thread->next->prev = thread->prev;
}

void endpoint_dequeue(struct endpoint *endpoint, struct thread *thread)
{
    assert(lock_holds_home(endpoint->home) && thread->waits_at == endpoint);
    if (endpoint->receiver == thread)
        SHARED_WRITE(endpoint->receiver, NULL);
    else
        leave_queue(endpoint, thread);
    thread->waits_at = NULL;
    if (queue_is_empty(&endpoint->waiters))
        SHARED_WRITE(endpoint->state, ENDPOINT_IDLE);
}

void endpoint_requeue(struct endpoint *endpoint, struct thread *thread, uint8_t priority)
{
    if (endpoint->receiver == thread)
        return;
    queue_remove(&endpoint->waiters, &thread->wait_node);
    queue_insert(&endpoint->waiters, &thread->wait_node, thread_waiter_key(priority, thread->sequence));
}

bool endpoint_destroy_step(struct endpoint *endpoint)
{
    SHARED_WRITE(endpoint->dying, true);
    endpoint_queue_receiver(endpoint, endpoint->receiver);
    if (endpoint->state == ENDPOINT_IDLE)
        return true;
    ipc_wait_failed(endpoint_first(endpoint), ERR_PEER_GONE);
    return endpoint->state == ENDPOINT_IDLE;
}

void endpoint_cancel_anew(struct endpoint *endpoint, const struct thread *canceller)
{
    if (endpoint->cancelling && endpoint->canceller == canceller)
        endpoint->canceller = NULL;
}

bool endpoint_cancel_step(struct endpoint *endpoint, word_t badge, const struct thread *canceller)
{
    if (!endpoint->cancelling) {
        SHARED_WRITE(endpoint->cancelling, true);
        endpoint->cancel_badge = badge;
        endpoint->canceller = canceller;
        endpoint->cancel_cursor = endpoint->state == ENDPOINT_SENDING ? endpoint->newest : NULL;
    }
    struct thread *thread = endpoint->cancel_cursor;
    if (thread) {
        endpoint->cancel_cursor = thread->next;
        if (thread->badge == endpoint->cancel_badge)
            ipc_wait_failed(thread, ERR_CANCELLED);
        return false;
    }
    /* Somebody else's cancelling was cut short and has now been finished: one's own comes next. */
    SHARED_WRITE(endpoint->cancelling, false);
    return endpoint->cancel_badge == badge && endpoint->canceller == canceller;
}
