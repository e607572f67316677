/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints, notifications, replies, and the contexts that travel along calls. */
#include "check.h"
#include "core.h"
#include "endpoint.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"

static bool check_waiter(struct check_report *report, const struct thread *thread, const void *object,
                         unsigned state)
{
    uint64_t key = thread_waiter_key(thread_priority(thread), thread->sequence);

    CHECK_THAT(report, thread->waits_at == object && thread->state == state, thread, object,
               "who is queued at an object waits there");
    CHECK_THAT(report, thread->wait_node.key == key, thread, object,
               "waiters are in order of priority and arrival");
    return true;
}

/* Who is served earlier: told by priority and arrival themselves, not by the key made of them. */
static bool is_before(const struct thread *a, const struct thread *b)
{
    return thread_priority(a) > thread_priority(b) ||
           (thread_priority(a) == thread_priority(b) && a->sequence < b->sequence);
}

static bool check_order(struct check_report *report, const struct queue_node *node)
{
    const struct thread *thread = container_of(node, struct thread, wait_node);

    if (node->parent)
        CHECK_THAT(report, is_before(container_of(node->parent, struct thread, wait_node), thread), thread,
                   node,
                   "nobody is served before one of a higher priority, or one of the same who came earlier");
    return true;
}

static bool check_waiters(struct check_report *report, const struct priority_queue *queue, const void *object,
                          unsigned state, unsigned *count)
{
    *count = 0;
    if (!check_queue(report, queue))
        return false;
    for (struct queue_node *node = check_next_node(queue, NULL); node; node = check_next_node(queue, node)) {
        if (!check_waiter(report, container_of(node, struct thread, wait_node), object, state) ||
            !check_order(report, node))
            return false;
        ++*count;
    }
    return true;
}

/* The receiver that the fast path finds: nobody else waits, and all that a call needs is there. */
static bool check_receiver(struct check_report *report, const struct endpoint *endpoint)
{
    const struct thread *thread = endpoint->receiver;

    if (!thread)
        return true;
    CHECK_THAT(report, thread->waits_at == endpoint && thread->state == THREAD_STATE_RECEIVING, thread,
               endpoint, "the receiver of an endpoint waits there");
    CHECK_THAT(report, !thread->reply || reply_armed(thread), thread, endpoint,
               "the receiver of an endpoint has armed a Reply, or owes none");
    CHECK_THAT(report, queue_is_empty(&endpoint->waiters) && !endpoint->dying, thread, endpoint,
               "the receiver of an endpoint waits alone");
    return true;
}

static bool check_endpoint(struct check_report *report, const struct endpoint *endpoint)
{
    unsigned state = endpoint->state == ENDPOINT_SENDING ? THREAD_STATE_SENDING : THREAD_STATE_RECEIVING;
    unsigned queued, listed = 0;
    const struct thread *last = NULL;

    CHECK_THAT(report,
               (endpoint->state == ENDPOINT_IDLE) ==
                   (!endpoint->receiver && queue_is_empty(&endpoint->waiters)),
               endpoint, NULL, "an endpoint is idle exactly if nobody waits");
    if (!check_receiver(report, endpoint))
        return false;
    if (!check_waiters(report, &endpoint->waiters, endpoint, state, &queued))
        return false;
    for (const struct thread *thread = endpoint->newest; thread; last = thread, thread = thread->next) {
        CHECK_THAT(report, thread->prev == last && thread->waits_at == endpoint, thread, endpoint,
                   "the waiters' list is well linked");
        CHECK_THAT(report, !last || last->sequence > thread->sequence, thread, last,
                   "the waiters' list is newest first");
        listed++;
    }
    CHECK_THAT(report, !endpoint->newest || endpoint->newest->sequence <= endpoint->sequence, endpoint,
               endpoint->newest, "an endpoint has counted all arrivals");
    CHECK_THAT(report,
               !endpoint->cancelling || !endpoint->cancel_cursor ||
                   endpoint->cancel_cursor->waits_at == endpoint,
               endpoint, endpoint->cancel_cursor, "who is next to be looked at by a cancel waits there");
    CHECK_THAT(report, queued == listed, endpoint, NULL,
               "an endpoint's queue and list hold the same threads");
    return true;
}

static bool check_notification(struct check_report *report, const struct notification *notification)
{
    const struct thread *waiter = notification->waiter;
    unsigned count;

    CHECK_THAT(report, !notification->bits || !notification_has_waiters(notification), notification, NULL,
               "a notification has not both bits and waiters");
    CHECK_THAT(report, !notification->bound || notification->bound->notification == notification,
               notification, notification->bound, "a bound thread knows its notification");
    if (waiter) {
        CHECK_THAT(report, waiter->waits_at == notification && waiter->state == THREAD_STATE_WAITING, waiter,
                   notification, "the waiter of a notification waits there");
        CHECK_THAT(report, queue_is_empty(&notification->waiters), waiter, notification,
                   "the waiter of a notification waits alone");
    }
    return check_waiters(report, &notification->waiters, notification, THREAD_STATE_WAITING, &count);
}

static bool check_reply(struct check_report *report, const struct reply *reply)
{
    CHECK_THAT(report, reply->state <= REPLY_OWED, reply, NULL, "a Reply is free, armed or owed");
    CHECK_THAT(report, (reply->state == REPLY_OWED) == (reply->caller != NULL), reply, reply->caller,
               "a Reply is owed exactly if it has a caller");
    CHECK_THAT(report,
               !reply->caller ||
                   (reply->caller->waits_at == reply && reply->caller->state == THREAD_STATE_CALLING),
               reply, reply->caller, "the caller of a Reply waits there");
    CHECK_THAT(report, !reply->server || reply->server->reply == reply, reply, reply->server,
               "the server of a Reply knows it");
    CHECK_THAT(report, reply->state != REPLY_FREE || !reply->server, reply, reply->server,
               "a free Reply refers to nobody");
    CHECK_THAT(report, reply->state == REPLY_OWED || !reply->sc, reply, reply->sc,
               "only a Reply that is owed has donated a context");
    CHECK_THAT(report,
               reply->state != REPLY_ARMED ||
                   (reply->server && reply->server->state == THREAD_STATE_RECEIVING),
               reply, reply->server, "an armed Reply was named by a thread that receives");
    return true;
}

static bool check_chain(struct check_report *report, const struct sched_context *sc)
{
    const struct reply *up = NULL;

    for (const struct reply *link = sc->chain; link; up = link, link = link->chain_down) {
        CHECK_THAT(report, link->sc == sc && link->chain_up == up && link->state == REPLY_OWED, link, sc,
                   "links of a donation chain are owed Replies that know their context and each other");
        CHECK_THAT(report, link->chain_number == sc->chain_number, link, sc,
                   "links of a chain have its number");
    }
    CHECK_THAT(report, sc->chain_bottom == up, sc, up, "a context knows both ends of its chain");
    up = NULL;
    for (const struct reply *link = sc->cut; link; up = link, link = link->chain_down)
        CHECK_THAT(report, link->sc == sc && link->chain_up == up && link->chain_number != sc->chain_number,
                   link, sc, "cut links know their context and each other, and have another chain's number");
    return true;
}

static bool check_context(struct check_report *report, const struct sched_context *sc)
{
    CHECK_THAT(report, !sc->thread || sc->thread->sc == sc, sc, sc->thread, "who has a context knows it");
    CHECK_THAT(report, !sc->owner || sc->owner->owned == sc, sc, sc->owner,
               "the owner of a context knows it");
    CHECK_THAT(report, !sc->chain || (sc->thread && sc->thread != sc->owner) || !sc->owner, sc, sc->thread,
               "a donated context is with somebody else than its owner");
    CHECK_THAT(report, !sc->lent || (sc->thread && !sc->owner), sc, sc->thread,
               "a lent context has a borrower and no owner");
    CHECK_THAT(report, !sc->owner || sc->thread, sc, sc->owner,
               "a context that has an owner is with somebody");
    return check_chain(report, sc);
}

bool check_ipc(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        void *object = cap_pointer(&slot->cap);
        if (!check_is_first(slot))
            continue;
        switch (cap_type(&slot->cap)) {
        case OBJECT_ENDPOINT:
            if (!check_endpoint(report, object))
                return false;
            break;
        case OBJECT_NOTIFICATION:
            if (!check_notification(report, object))
                return false;
            break;
        case OBJECT_REPLY:
            if (!check_reply(report, object))
                return false;
            break;
        case OBJECT_SCHED_CONTEXT:
            if (!check_context(report, object))
                return false;
            break;
        default:
            break;
        }
    }
    return true;
}
