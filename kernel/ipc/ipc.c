/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Synchronous IPC: send, receive, call, answer.
 *
 * A message is carried when sender and receiver meet, in `deliver`: either the sender finds a receiver waiting, or the other way
 * round. What then becomes of the sender depends on how it sent:
 *
 *     send    it goes on
 *     call    it waits for the answer at the receiver's Reply, and lends it its context if the receiver has none; if the receiver
 *             named no Reply, nobody can answer: `peer gone`
 *     fault   like a call; if nobody can answer, the fault is unhandled
 *
 * This is the general path. The fast path (fastpath.c) does the same for the common case, with the same result.
 *
 * Locks: the home of the endpoint, of both threads, and of the Reply. They are found, and taken, before anything is changed; the first
 * thread in a queue is the only one of it that is touched. A donated context, its owner and all who have calls open on it are of one
 * core. Whoever else is affected is so by what scheduler_run does with those that are deferred.
 */
#include "ipc.h"
#include "fault.h"
#include "lock.h"
#include "sched_context.h"
#include "scheduler.h"

/* A message from a thread of this home, or the core's own, with these capabilities, is carried. */
static bool carry_locks(const struct thread *from, tag_t tag)
{
    struct core *core = core_self();

    return lock_home(core, thread_home(from)) && (!message_moves(from, tag) || lock_all(core));
}

bool ipc_send_locks(const struct thread *sender, const struct endpoint *endpoint, tag_t tag)
{
    struct core *core = core_self();

    if (!lock_home(core, home_of(endpoint)))
        return false;
    if (endpoint->state != ENDPOINT_RECEIVING) /* it queues: no partner yet */
        return true;
    const struct thread *receiver = endpoint_first(endpoint);
    return lock_home(core, thread_home(receiver)) &&
           (!receiver->reply || lock_home(core, home_of(receiver->reply))) && carry_locks(sender, tag);
}

bool ipc_receive_locks(const struct thread *receiver, const struct endpoint *endpoint,
                       const struct reply *reply)
{
    struct core *core = core_self();

    if (!lock_home(core, home_of(endpoint)) || (reply && !lock_home(core, home_of(reply))))
        return false;
    /* The latest Reply before this one, which may have been received on another core: it will stand for itself. */
    if (reply && receiver->reply && !lock_home(core, home_of(receiver->reply)))
        return false;
    if (endpoint->state != ENDPOINT_SENDING)
        return true;
    const struct thread *sender = endpoint_first(endpoint);
    return carry_locks(sender, sender->tag);
}

/* The context that its call donated, who has it, and whose it is: that still waits in the chain, and not at an endpoint. */
static bool context_locks(const struct sched_context *sc)
{
    struct core *core = core_self();

    return lock_home(core, SHARED_READ(sc->core)) &&
           (!sc->owner || lock_home(core, thread_home(sc->owner))) &&
           (!sc->thread || lock_home(core, thread_home(sc->thread)));
}

bool ipc_answer_locks(const struct thread *sender, const struct reply *reply, tag_t tag)
{
    struct core *core = core_self();

    if (!lock_home(core, home_of(reply)))
        return false;
    if (reply->state != REPLY_OWED)
        return true;
    if (!lock_home(core, thread_home(reply->caller)))
        return false;
    if (reply->caller->fault) /* the answer may stop it */
        return lock_all(core);
    return (!reply->server || lock_home(core, thread_home(reply->server))) &&
           (!reply->sc || context_locks(reply->sc)) && carry_locks(sender, tag);
}

void ipc_set_result(struct thread *thread, status_t status, word_t badge, tag_t tag)
{
    arch_set_result(&thread->context, status, badge, tag);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&thread->context, i, 0);
}

void ipc_wait_failed(struct thread *thread, status_t status)
{
    if (thread->fault) {
        thread_unwait(thread);
        scheduler_make_runnable(thread); /* with a fault: to stop */
    } else {
        thread_end_wait(thread, status);
    }
}

/* A thread whose message was taken, or could not be sent: it goes on, whether it had to wait or not. With a fault it goes on to
 * stop, but not here: who waits for its answer would fault in turn, and so on along a chain of calls, each with its piece of the stack. */
static void release_sender(struct thread *sender, status_t status)
{
    if (sender->fault) {
        scheduler_make_runnable(sender);
        return;
    }
    ipc_set_result(sender, status, 0, 0);
    if (sender->state != THREAD_STATE_RUNNABLE)
        scheduler_make_runnable(sender);
}

/* What becomes of a sender after its message was taken by a receiver with this Reply (free or armed, or NULL). */
static void settle_sender(struct thread *sender, struct thread *receiver, struct reply *reply,
                          unsigned sending, bool truncated)
{
    if (!(sending & SENDING_CALL)) {
        if (reply && reply->state == REPLY_ARMED)
            reply_disarm(reply);
        release_sender(sender, truncated ? ERR_TRUNCATED : OK);
        return;
    }
    if (!reply) {
        release_sender(sender, ERR_PEER_GONE);
        return;
    }
    sender->truncated = truncated;
    if (sender->state == THREAD_STATE_RUNNABLE)
        scheduler_forget(sender);
    reply_owe(reply, receiver, sender, (sending & SENDING_GRANT) != 0);
    thread_update_rare(sender);
    thread_update_rare(receiver);
}

/* Sender and receiver have met; neither is queued. The receiver's result is set; it is made runnable by who calls this. */
static void deliver(struct thread *sender, struct thread *receiver, struct reply *reply, word_t badge,
                    unsigned sending, tag_t tag)
{
    bool truncated;
    tag_t arrived = message_transfer(sender, receiver, tag, (sending & SENDING_GRANT) != 0, &truncated);
    status_t status = truncated ? ERR_TRUNCATED : OK;

    if (sending & SENDING_FAULT)
        status |= STATUS_KERNEL;
    if ((sending & SENDING_CALL) && reply)
        status |= STATUS_OWED;
    settle_sender(sender, receiver, reply, sending, truncated);
    if (!receiver->sc)
        receiver->lacks_context = LACKS_MESSAGE;
    arch_set_result(&receiver->context, status, badge, arrived);
}

void ipc_send(struct thread *sender, struct endpoint *endpoint, word_t badge, unsigned sending, tag_t tag,
              bool poll)
{
    if (SHARED_READ(endpoint->dying)) {
        release_sender(sender, ERR_PEER_GONE);
    } else if (endpoint->state == ENDPOINT_RECEIVING) {
        struct thread *receiver = endpoint_first(endpoint);
        endpoint_dequeue(endpoint, receiver);
        receiver->state =
            THREAD_STATE_RUNNABLE; /* before anything that happens to the sender can signal to it */
        deliver(sender, receiver, reply_armed(receiver), badge, sending, tag);
        scheduler_make_runnable(receiver);
    } else if (poll) {
        ipc_set_result(sender, ERR_WOULD_BLOCK, 0, 0);
    } else {
        scheduler_forget(sender);
        sender->state = THREAD_STATE_SENDING;
        sender->badge = badge;
        sender->sending = (uint8_t)sending;
        sender->tag = tag;
        endpoint_enqueue(endpoint, sender, ENDPOINT_SENDING);
    }
}

static bool take_bound_signal(struct thread *thread)
{
    struct notification *notification = thread->notification;

    if (!notification || !notification->bits || !thread->sc)
        return false;
    notification_take(notification, thread);
    return true;
}

/* The best sender's message is taken by the thread that receives now. */
static void take_message(struct thread *receiver, struct endpoint *endpoint, struct reply *reply)
{
    struct thread *sender = endpoint_first(endpoint);

    endpoint_dequeue(endpoint, sender);
    if (CONFIG_CORES > 1 && reply)
        home_set(reply, thread_home(receiver));
    deliver(sender, receiver, reply, sender->badge, sender->sending, sender->tag);
    /* With the context that the sender donated it has gone to another core, and runs there. */
    if (CONFIG_CORES > 1 && receiver != core_self()->current)
        scheduler_consider(receiver);
}

void ipc_receive(struct thread *receiver, struct endpoint *endpoint, struct reply *reply, bool poll)
{
    bool dying = SHARED_READ(endpoint->dying); /* another core may revive it meanwhile */

    /* Who only looks and finds nothing, or cannot wait here, keeps it. */
    if (!dying && (!poll || endpoint->state == ENDPOINT_SENDING))
        sched_context_return_lent(receiver);
    if (take_bound_signal(receiver))
        return;
    if (dying) {
        ipc_set_result(receiver, ERR_PEER_GONE, 0, 0);
    } else if (endpoint->state == ENDPOINT_SENDING) {
        take_message(receiver, endpoint, reply);
    } else if (poll) {
        ipc_set_result(receiver, ERR_WOULD_BLOCK, 0, 0);
    } else {
        scheduler_forget(receiver);
        receiver->state = THREAD_STATE_RECEIVING;
        if (endpoint->state == ENDPOINT_IDLE) /* an endpoint follows who serves it */
            home_set(endpoint, thread_home(receiver));
        if (reply)
            reply_arm(reply, receiver);
        endpoint_enqueue(endpoint, receiver, ENDPOINT_RECEIVING);
    }
}

void ipc_wait(struct thread *thread, struct notification *notification, bool poll)
{
    if (notification->bits) {
        notification_take(notification, thread);
    } else if (SHARED_READ(notification->dying)) {
        ipc_set_result(thread, ERR_PEER_GONE, 0, 0);
    } else if (poll) {
        ipc_set_result(thread, ERR_WOULD_BLOCK, 0, 0);
    } else {
        scheduler_forget(thread);
        thread->state = THREAD_STATE_WAITING;
        if (!notification_has_waiters(notification) && !notification->bound)
            home_set(notification, thread_home(thread));
        notification_enqueue(notification, thread);
    }
}

/* The handler of a fault answers: label and the first two words count. */
static void answer_fault(struct thread *sender, struct thread *faulting, tag_t tag)
{
    word_t ip = arch_message_word(&sender->context, 0), sp = arch_message_word(&sender->context, 1);

    fault_answer(faulting, tag_label(tag), tag_words(tag), ip, sp);
}

status_t ipc_answer(struct thread *sender, struct reply *reply, tag_t tag)
{
    struct thread *caller = reply->caller;
    bool grant = reply_grants(reply), truncated = false;

    assert(reply->state == REPLY_OWED);
    if (caller->fault) {
        reply_settle(reply, sender);
        answer_fault(sender, caller, tag);
    } else {
        tag_t arrived = message_transfer(sender, caller, tag, grant, &truncated);
        reply_settle(reply, sender);
        status_t status = truncated || caller->truncated ? ERR_TRUNCATED : OK;
        caller->truncated = 0;
        thread_update_rare(caller);
        arch_set_result(&caller->context, status, 0, arrived);
        scheduler_make_runnable(caller);
    }
    if (!sender->sc && sender->lacks_context != LACKS_WITHDRAWN)
        sender->lacks_context = LACKS_MESSAGE;
    return truncated ? ERR_TRUNCATED : OK;
}
