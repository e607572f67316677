/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Quick paths: call and reply_recv between a client and a passive server, as in fastpath.c and under the same conditions, of messages with
 * capabilities. These are copied by functions that a fast path must not call, so here all registers have been saved, and the exit loads them.
 *
 * Locks: the core's own, which all that is touched belongs to, and while slots are filled the tree lock: nobody else has what is the core's own while it
 * waits for that, so what was checked holds.
 */
#include "fastpath.h"

/* Both have a message page, and no capability is moved: that could be the Reply. */
static inline bool can_carry(const struct thread *from, const struct thread *to, tag_t tag)
{
    if (!message_tag_is_valid(tag) || !from->utcb || !to->utcb)
        return false;
    for (unsigned i = 0; i < tag_caps(tag); i++)
        if (message_moves_one(from, i))
            return false;
    return true;
}

static inline unsigned give(struct core *core, struct thread *from, struct thread *to, unsigned caps)
{
    enum lock_level before = lock_tree(core);
    unsigned given = message_transfer_caps(from, to, caps);

    unlock_tree(core, before);
    return given;
}

/* What message_transfer does. */
static ALWAYS_INLINE tag_t carry(struct core *core, struct thread *from, struct thread *to, tag_t tag,
                                 bool grant, bool *truncated)
{
    unsigned words = tag_words(tag), caps = tag_caps(tag);
    unsigned given = grant ? give(core, from, to, caps) : 0;

    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&to->context, i, arch_message_word(&from->context, i));
    if (words > MESSAGE_REGISTER_WORDS)
        arch_copy_words(&to->utcb->words[MESSAGE_REGISTER_WORDS], &from->utcb->words[MESSAGE_REGISTER_WORDS],
                        words - MESSAGE_REGISTER_WORDS);
    *truncated = given != caps;
    return tag_make(tag_label(tag), words, given);
}

bool quick_call(struct core *core, struct thread *caller, const struct cap *cap, tag_t tag)
{
    uint64_t head = cap_head(cap);
    struct endpoint *endpoint = pointer_unpack(head);
    bool truncated;

    if (!head_is(head, OBJECT_ENDPOINT, RIGHT_WRITE))
        return false;
    struct thread *server = SHARED_READ(endpoint->receiver);
    if (!server || !thread_is_plain_next(core, server) || !server->reply || !can_carry(caller, server, tag))
        return false;
    endpoint_take_receiver(endpoint, server);
    tag_t arrived =
        carry(core, caller, server, tag, (head & RIGHT_GRANT << CAP_RIGHTS_SHIFT) != 0, &truncated);
    reply_owe_fast(server->reply, server, caller, head);
    if (truncated) {
        caller->truncated = true;
        SHARED_WRITE(caller->key, caller->key | RARE_TRUNCATED);
    }
    server->state = THREAD_STATE_RUNNABLE;
    arch_set_result(&server->context, (truncated ? ERR_TRUNCATED : OK) | STATUS_OWED, (word_t)cap->data,
                    arrived);
    scheduler_switch(core, caller, server);
    return true;
}

bool quick_reply_recv(struct core *core, struct thread *server, struct endpoint *endpoint,
                      struct reply *reply, tag_t tag)
{
    bool truncated;

    if (!endpoint_is_idle_here(core, endpoint) || server->reply != reply || !current_is_plain(core) ||
        !reply_is_last_call(core, reply))
        return false;
    struct thread *caller = reply->caller; /* only now is it known that the Reply is of this core */
    if (!thread_is_plain_next(core, caller) || !can_carry(server, caller, tag))
        return false;
    tag_t arrived = carry(core, server, caller, tag, reply_grants(reply), &truncated);
    arch_set_result(&caller->context, truncated ? ERR_TRUNCATED : OK, 0, arrived);
    reply_answer_fast(core, reply, server, caller);
    caller->state = THREAD_STATE_RUNNABLE;
    server->state = THREAD_STATE_RECEIVING;
    endpoint_put_receiver(endpoint, server);
    scheduler_switch(core, server, caller);
    return true;
}
