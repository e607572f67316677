/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fast paths (see fastpath.c) of faults: from the thread that faults to a handler that waits with a Reply armed, and back by reply_recv.
 *
 * Both have time slices of their own, and who goes on is better than all that are ready; then it is a change of who runs as in
 * fast_signal.c. The answer only resumes: it changes no registers.
 *
 * Locks: the core's own, which all that is touched belongs to.
 */
#include "fast_registers.h" /* first: it says which registers are not to be used */

#include "fastpath.h"
#include "fault.h"
#include <lucid/syscall.h>

/* reply_owe, without a context that would be donated. */
static inline void owe_answer(struct reply *reply, struct thread *thread)
{
    assert(lock_holds_home(reply->home) && reply->state == REPLY_ARMED && !reply->sc);
    reply->state = REPLY_OWED;
    reply->caller = thread;
    reply->called = 0;
    thread->state = THREAD_STATE_CALLING;
    thread->waits_at = reply;
}

/* Who waits at the endpoint that the thread's faults go to, if the usual case holds; NULL: it does not. The thread may be nobody, if it is not plain. */
static ALWAYS_INLINE struct thread *usual_handler(const struct core *core, const struct thread *thread,
                                                  struct endpoint **endpoint)
{
    if (unlikely(!current_is_plain(core)))
        return NULL;
    uint64_t head = cap_head_alone(&thread->slots[PLACE_THREAD_FAULT].cap);
    if (unlikely(!head_is(head, OBJECT_ENDPOINT, RIGHT_WRITE)))
        return NULL;
    *endpoint = pointer_unpack(head);
    struct thread *handler = SHARED_READ((*endpoint)->receiver);
    if (unlikely(!handler || !thread_has_slice_here(core, handler, 0) || !handler->reply ||
                 !is_best(core, handler)))
        return NULL;
    return handler;
}

void fast_fault_raise(word_t word0, word_t word1, struct core *core, unsigned fault)
{
    core = passed_core(core);
#if CONFIG_CORES == 1
    lock_own(core);
#else
    if (unlikely(!lock_own_at_once(core))) {
        fault_wait_and_raise(word0, word1, core, fault);
        return;
    }
#endif
    struct thread *thread = core->current;
    struct endpoint *endpoint;
    struct thread *handler = usual_handler(core, thread, &endpoint);
    ticks_t now = arch_ticks();
    if (unlikely(!handler || !slice_lasts(core, now) || !slice_can_begin(core, handler->sc, now))) {
        fault_raise_generally(word0, word1, core, fault);
        return;
    }

    thread->fault = (uint8_t)fault;
    thread->fault_words[0] = word0;
    thread->fault_words[1] = word1;
    SHARED_WRITE(thread->key,
                 thread->key | RARE_FAULT | (arch_fast_can_leave(&thread->context) ? 0 : RARE_REGISTERS));
    endpoint_take_receiver(endpoint, handler);
    owe_answer(handler->reply, thread);
    handler->state = THREAD_STATE_RUNNABLE;
    /* What message_transfer makes of it. */
    arch_set_result(&handler->context, OK | STATUS_KERNEL | STATUS_OWED,
                    (word_t)thread->slots[PLACE_THREAD_FAULT].cap.data, tag_make(fault, FAULT_WORDS, 0));
    arch_set_message_word(&handler->context, 0, word0);
    arch_set_message_word(&handler->context, 1, word1);
    arch_set_message_word(&handler->context, 2, arch_context_ip(&thread->context));
    arch_set_message_word(&handler->context, 3, arch_context_sp(&thread->context));
    change_current(core, thread, handler, now);
    unlock_own_only(core);
    arch_fast_leave_saved(handler);
}

/* The answer lets the thread go on, and nothing else. */
static inline bool only_resumes(tag_t tag)
{
    return tag_label(tag) != FAULT_REPLY_STOP && tag_low_bits(tag) < 2;
}

bool fast_fault_answer(cap_t address, tag_t tag, cap_t reply_address, word_t operation, struct thread *server,
                       struct core *core)
{
    struct reply *reply = server->reply;

    core = passed_core(core);
    (void)operation;
    if (unlikely(!reply || reply->state != REPLY_OWED || reply->sc || !only_resumes(tag) ||
                 !current_is_plain(core) || server->sc->lent))
        return fast_decline(core, address, tag, reply_address, SYS_REPLY_RECV);
    struct thread *thread = reply->caller;
    ticks_t now = arch_ticks();
    if (unlikely(!thread_has_slice_here(core, thread, RARE_FAULT | RARE_REGISTERS) || !thread->fault ||
                 !is_best(core, thread) || !slice_lasts(core, now) ||
                 !slice_can_begin(core, thread->sc, now)))
        return fast_decline(core, address, tag, reply_address, SYS_REPLY_RECV);

    struct endpoint *endpoint = pointer_unpack(cap_head_alone(&server->cnode[address].cap));
    assert(lock_holds_home(reply->home) && reply->server == server);
    thread->fault = FAULT_NONE;
    SHARED_CLEAR(thread->key, RARE_FAULT);
    thread->state = THREAD_STATE_RUNNABLE;
    thread->waits_at = NULL;
    reply->caller = NULL;
    reply->state = REPLY_ARMED;
    server->state = THREAD_STATE_RECEIVING;
    endpoint_put_receiver(endpoint, server);
    change_current(core, server, thread, now);
    unlock_own_only(core);
    return arch_fast_leave_saved(thread);
}
