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
 * All fields are protected by the lock of the endpoint's home core.
 */
#include "endpoint.h"
#include "ipc.h"
#include "lock.h"
#include "thread.h"

struct thread *endpoint_first(const struct endpoint *endpoint)
{
    assert(!queue_is_empty(&endpoint->waiters));
    return container_of(queue_first(&endpoint->waiters), struct thread, wait_node);
}

void endpoint_enqueue(struct endpoint *endpoint, struct thread *thread, enum endpoint_state state)
{
    assert(lock_holds_home(endpoint->home));
    assert(!SHARED_READ(endpoint->dying) && (endpoint->state == ENDPOINT_IDLE || endpoint->state == state));
    endpoint->state = (uint8_t)state;
    thread->sequence = ++endpoint->sequence;
    thread->waits_at = endpoint;
    queue_insert(&endpoint->waiters, &thread->wait_node,
                 thread_waiter_key(thread_priority(thread), thread->sequence));
    thread->prev = NULL;
    thread->next = endpoint->newest;
    if (endpoint->newest)
        endpoint->newest->prev = thread;
    endpoint->newest = thread;
}

void endpoint_dequeue(struct endpoint *endpoint, struct thread *thread)
{
    assert(lock_holds_home(endpoint->home) && thread->waits_at == endpoint);
    queue_remove(&endpoint->waiters, &thread->wait_node);
    if (endpoint->cancel_cursor == thread)
        endpoint->cancel_cursor = thread->next;
    if (thread->prev)
        thread->prev->next = thread->next;
    else
        endpoint->newest = thread->next;
    if (thread->next)
        thread->next->prev = thread->prev;
    thread->waits_at = NULL;
    if (queue_is_empty(&endpoint->waiters))
        endpoint->state = ENDPOINT_IDLE;
}

bool endpoint_destroy_step(struct endpoint *endpoint)
{
    SHARED_WRITE(endpoint->dying, true);
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
        endpoint->cancelling = true;
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
    endpoint->cancelling = false;
    return endpoint->cancel_badge == badge && endpoint->canceller == canceller;
}
