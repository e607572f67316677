/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast path: call and reply_recv between a client and a passive server.
 *
 * Each checks everything first and changes nothing; if a condition does not hold, the general path does the same with the
 * same result. The conditions:
 *
 *   both        message words only; no more than fit through the two message pages
 *               the thread that goes on is a plain next one (rare.c): of this core, nothing rare about it or the current
 *               thread, nobody of a higher priority is ready
 *   call        the endpoint has a receiver, alone, and it armed a Reply
 *   reply_recv  the Reply owes an answer to a call that donated the context that is running; the endpoint has no senders
 *
 * So the running context stays the same: no time is charged, the timer is not touched, no queue but the endpoint's is.
 */
#include "ipc.h"
#include "lock.h"
#include "lookup.h"
#include "sched_context.h"
#include "scheduler.h"

/* This core's, so that its lock is held. */
static inline bool is_local(const struct core *core, unsigned home)
{
    return CONFIG_CORES == 1 || home == core->index;
}

/* The object of a capability in a one-level address, if it has this type and these rights. */
static inline void *fast_object(const struct thread *thread, cap_t address, unsigned type, word_t rights,
                                const struct cap **cap)
{
    if (address > thread->cnode_mask)
        return NULL;
    *cap = &thread->cnode[address].cap;
    return cap_is(*cap, type, rights) ? cap_pointer(*cap) : NULL;
}

/* No capabilities, and words that both sides can hold. */
static inline bool message_is_plain(const struct thread *from, const struct thread *to, tag_t tag)
{
    unsigned words = tag_words(tag);

    if (tag_caps(tag) != 0 || words > MESSAGE_WORDS_MAX)
        return false;
    return words <= MESSAGE_REGISTER_WORDS || (from->utcb && to->utcb);
}

static inline void copy_message(const struct thread *from, struct thread *to, tag_t tag)
{
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&to->context, i, arch_message_word(&from->context, i));
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < tag_words(tag); i++)
        SHARED_WRITE(to->utcb->words[i], SHARED_READ(*(const volatile word_t *)&from->utcb->words[i]));
}

/* The tag as it arrives: the same, without bits that mean nothing. */
static inline tag_t arriving_tag(tag_t tag)
{
    return tag_make(tag_label(tag), tag_words(tag), 0);
}

bool fastpath_call(struct core *core, struct thread *caller)
{
    const struct cap *cap;
    tag_t tag = arch_syscall_tag(&caller->context);
    struct endpoint *endpoint =
        fast_object(caller, arch_syscall_cap(&caller->context), OBJECT_ENDPOINT, RIGHT_WRITE, &cap);

    if (!endpoint || !is_local(core, home_of(endpoint)) || endpoint->state != ENDPOINT_RECEIVING ||
        SHARED_READ(endpoint->dying))
        return false;
    struct thread *server = endpoint_first(endpoint);
    struct reply *reply = reply_armed(server);
    if (!thread_is_plain_next(core, server) || !reply || server->wait_node.left ||
        !message_is_plain(caller, server, tag))
        return false;

    assert(caller->sc == core->context && !server->sc && !caller->truncated && !core->reschedule);
    endpoint_dequeue(endpoint, server);
    copy_message(caller, server, tag);
    arch_set_result(&server->context, OK | STATUS_OWED, (word_t)cap->data, arriving_tag(tag));
    reply_owe(reply, server, caller, (cap_rights(cap) & RIGHT_GRANT) != 0);
    server->state = THREAD_STATE_RUNNABLE;
    scheduler_switch(core, server);
    return true;
}

bool fastpath_reply_recv(struct core *core, struct thread *server)
{
    const struct cap *cap;
    tag_t tag = arch_syscall_tag(&server->context);
    struct reply *reply = fast_object(server, arch_syscall_reply(&server->context), OBJECT_REPLY, 0, &cap);
    struct endpoint *endpoint =
        fast_object(server, arch_syscall_cap(&server->context), OBJECT_ENDPOINT, RIGHT_READ, &cap);

    if (!endpoint || !reply || !is_local(core, home_of(endpoint)) || !is_local(core, home_of(reply)) ||
        endpoint->state == ENDPOINT_SENDING || SHARED_READ(endpoint->dying))
        return false;
    if (reply->state != REPLY_OWED || reply->server != server || server->sc != reply->sc ||
        !reply_returns_context(reply)) /* in this order: the server's context is of this core */
        return false;
    struct thread *caller = reply->caller;
    if (!thread_is_plain_next(core, caller) || !message_is_plain(server, caller, tag))
        return false;

    assert(server->sc == core->context && !caller->sc && !caller->fault && !core->reschedule);
    copy_message(server, caller, tag);
    arch_set_result(&caller->context, OK, 0, arriving_tag(tag));
    caller->state = THREAD_STATE_RUNNABLE;
    reply_answer_fast(reply);
    server->state = THREAD_STATE_RECEIVING;
    endpoint_enqueue(endpoint, server, ENDPOINT_RECEIVING);
    scheduler_switch(core, caller);
    return true;
}
