/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fast paths: what most system calls are, straight from the entry to the exit. Here: call and reply_recv between a client and a
 * passive server, with any message without capabilities (those are in quick.c). Others are in fast_signal.c and fast_fault.c.
 *
 * Each checks everything first and changes nothing; if a condition does not hold, it declines, and the general path (syscall.c, ipc.c) does
 * the same with the same result. Here the conditions are:
 *
 *   both        message words only; those beyond the registers have a page on both sides
 *               the thread that goes on is a plain next one (rare.c): of this core, nothing rare about it or the current
 *               thread, nobody of a higher priority is ready
 *   call        the endpoint has a `receiver`, which waits alone (endpoint.c), and that has armed a Reply
 *   reply_recv  the Reply owes an answer to a call that donated the context that is running; nobody waits at the endpoint
 *
 * So the running context stays the same: no time is charged, the timer is not touched, no queue but the endpoint's is.
 *
 * These functions are written for the registers: a port can call them with the arguments of the system call where they arrive, and
 * message words 0 to 3 stay in their registers from the one's system call to the other's return (arch.h, "The fast paths"). They call nothing,
 * and end in the exit or a jump, so that they need no stack; the suite `build` looks that it is so. What they need of others is in
 * fastpath.h.
 *
 * Locks: the core's own. A core that does not get it at once declines: who waits for a lock must have saved all registers.
 */
#include "fast_registers.h" /* first: it says which registers are not to be used */

#include "fastpath.h"

/* Who goes on gets its message. `beyond`: there are words beyond the registers. */
static inline void copy_beyond(const struct thread *from, const struct thread *to, tag_t tag, bool beyond)
{
    if (!beyond)
        return;
    READ_AGAIN; /* the pages: they would lie on the stack since message_fits */
    arch_copy_words(&to->utcb->words[MESSAGE_REGISTER_WORDS], &from->utcb->words[MESSAGE_REGISTER_WORDS],
                    tag_low_bits(tag) - MESSAGE_REGISTER_WORDS);
}

/* If there are words beyond the registers, there are places for them. */
static inline bool message_fits(const struct thread *from, const struct thread *to, bool beyond)
{
    return !beyond || (from->utcb && to->utcb);
}

/* ---- Call */

static ALWAYS_INLINE bool call(cap_t address, tag_t tag, cap_t reply_address, struct thread *caller,
                               struct core *core, bool beyond)
{
    const struct cap *cap;
    uint64_t head = fast_head(caller->cnode, caller->cnode_mask, address, &cap);

    if (unlikely(!head_is(head, OBJECT_ENDPOINT, RIGHT_WRITE)))
        return fast_call_else(core, address, tag, reply_address, caller, head);
    struct endpoint *endpoint = pointer_unpack(head);
    struct thread *server = SHARED_READ(endpoint->receiver);
    if (unlikely(!server || !thread_is_plain_next(core, server)))
        return fast_decline(core, address, tag, reply_address, SYS_CALL);
    struct reply *reply = server->reply;
    if (unlikely(!reply || !message_fits(caller, server, beyond)))
        return fast_decline(core, address, tag, reply_address, SYS_CALL);

    assert(caller->sc == core->context && !server->sc && !caller->truncated && !core->reschedule);
    endpoint_take_receiver(endpoint, server);
    copy_beyond(caller, server, tag, beyond);
    reply_owe_fast(reply, server, caller, head);
    server->state = THREAD_STATE_RUNNABLE;
    word_t badge = (word_t)cap->data;
    scheduler_switch(core, caller, server);
    arch_fast_carry(caller, server);
    unlock_own_only(core);
    return arch_fast_leave(badge, tag, OK | STATUS_OWED, server);
}

/* As kernel_fast_call: its arguments stay where they are. */
static NOINLINE bool call_beyond(cap_t address, tag_t tag, cap_t reply, word_t operation,
                                 struct thread *caller, struct core *core)
{
    FAST_ARGUMENTS_STAY(address, tag, reply, operation, caller);
    core = passed_core(core);
    (void)operation;
    if (unlikely(tag_low_bits(tag) > MESSAGE_WORDS_MAX || /* there are capabilities: quick.c */
                 !lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, SYS_CALL);
    return call(address, tag, reply, caller, core, true);
}

bool kernel_fast_call(cap_t address, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                      struct core *core)
{
    FAST_ARGUMENTS_STAY(address, tag, reply, operation, current);
    core = passed_core(core);
    (void)operation;
    if (unlikely(tag_low_bits(tag) > MESSAGE_REGISTER_WORDS))
        return call_beyond(address, tag, reply, operation, current, core);
    if (unlikely(!lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, SYS_CALL);
    return call(address, tag, reply, current, core, false);
}

/* ---- Reply and receive */

static ALWAYS_INLINE bool reply_recv(cap_t address, tag_t tag, cap_t reply_address, struct thread *server,
                                     struct core *core, bool beyond)
{
    const struct slot *slots = server->cnode;
    word_t mask = server->cnode_mask;
    uint64_t head = fast_head_alone(slots, mask, address);
    uint64_t reply_head = fast_head_alone(slots, mask, reply_address);

    if (unlikely(!head_is(head, OBJECT_ENDPOINT, RIGHT_READ) || !head_is(reply_head, OBJECT_REPLY, 0)))
        return fast_decline(core, address, tag, reply_address, SYS_REPLY_RECV);
    struct endpoint *endpoint = pointer_unpack(head);
    struct reply *reply = pointer_unpack(reply_head);
    if (unlikely(!endpoint_is_idle_here(core, endpoint) || server->reply != reply))
        return fast_decline(core, address, tag, reply_address, SYS_REPLY_RECV);
    if (unlikely(!reply_is_last_call(core, reply)))
        return fast_fault_answer(address, tag, reply_address, SYS_REPLY_RECV, server, core);
    struct thread *caller = reply->caller;
    if (unlikely(!thread_is_plain_next(core, caller) || !message_fits(server, caller, beyond)))
        return fast_decline(core, address, tag, reply_address, SYS_REPLY_RECV);

    assert(server->sc == core->context && !caller->sc && !caller->fault && !core->reschedule);
    copy_beyond(server, caller, tag, beyond);
    reply_answer_fast(core, reply, server, caller);
    caller->state = THREAD_STATE_RUNNABLE;
    server->state = THREAD_STATE_RECEIVING;
    endpoint_put_receiver(endpoint, server);
    scheduler_switch(core, server, caller);
    arch_fast_carry(server, caller);
    unlock_own_only(core);
    return arch_fast_leave(0, tag, OK, caller);
}

static NOINLINE bool reply_recv_beyond(cap_t address, tag_t tag, cap_t reply, word_t operation,
                                       struct thread *server, struct core *core)
{
    FAST_ARGUMENTS_STAY(address, tag, reply, operation, server);
    core = passed_core(core);
    (void)operation;
    if (unlikely(tag_low_bits(tag) > MESSAGE_WORDS_MAX || !lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, SYS_REPLY_RECV);
    return reply_recv(address, tag, reply, server, core, true);
}

bool kernel_fast_reply_recv(cap_t address, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                            struct core *core)
{
    FAST_ARGUMENTS_STAY(address, tag, reply, operation, current);
    core = passed_core(core);
    (void)operation;
    if (unlikely(tag_low_bits(tag) > MESSAGE_REGISTER_WORDS))
        return reply_recv_beyond(address, tag, reply, operation, current, core);
    if (unlikely(!lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, SYS_REPLY_RECV);
    return reply_recv(address, tag, reply, current, core, false);
}
