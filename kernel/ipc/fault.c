/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Faults: calls from the kernel, on behalf of a thread, to its handler.
 *
 * The faulting thread sends like any caller (state SENDING, then CALLING), with SENDING_FAULT; its message is made from
 * the fault when a receiver takes it. It goes on when the handler answers; its registers are not touched by that, except as the answer says. If it
 * cannot be handled (no endpoint, the endpoint or the Reply goes, the handler gives up), the thread stops.
 */
#include "fault.h"
#include "ipc.h"
#include "lock.h"
#include "sched_context.h"
#include "scheduler.h"

/* There is an endpoint to send to. */
static bool is_handler(const struct slot *handler)
{
    return cap_is(&handler->cap, OBJECT_ENDPOINT, RIGHT_WRITE) &&
           !SHARED_READ(((const struct endpoint *)cap_pointer(&handler->cap))->dying);
}

bool fault_locks(const struct thread *thread)
{
    const struct slot *handler = &thread->slots[PLACE_THREAD_FAULT];

    /* Without a handler it stops. */
    return is_handler(handler) ? ipc_send_locks(thread, cap_pointer(&handler->cap), 0)
                               : lock_all(core_self());
}

bool fault_can_time_out(const struct thread *thread)
{
    return is_handler(&thread->slots[PLACE_THREAD_TIMEOUT]);
}

static bool send_fault(struct thread *thread, const struct slot *handler, unsigned fault, word_t word0,
                       word_t word1)
{
    thread->fault_words[0] = word0; /* also without a handler: whoever looks at a stopped thread finds them */
    thread->fault_words[1] = word1;
    if (!is_handler(handler))
        return false;
    struct endpoint *endpoint = cap_pointer(&handler->cap);
    assert(thread->state == THREAD_STATE_RUNNABLE && thread->fault == FAULT_NONE);
    scheduler_forget(thread);
    thread_set_fault(thread, fault);
    ipc_send(thread, endpoint, (word_t)handler->cap.data, SENDING_CALL | SENDING_FAULT,
             tag_make(fault, FAULT_WORDS, 0), false);
    return true;
}

void fault_raise(struct thread *thread, unsigned fault, word_t word0, word_t word1)
{
    if (!send_fault(thread, &thread->slots[PLACE_THREAD_FAULT], fault, word0, word1))
        thread_stop(thread, THREAD_STOP_FAULT, fault);
}

bool fault_raise_timeout(struct thread *thread, word_t badge, word_t reason, bool stop)
{
    thread->lacks_context = LACKS_NOTHING;
    if (send_fault(thread, &thread->slots[PLACE_THREAD_TIMEOUT], FAULT_TIMEOUT, badge, reason))
        return true;
    if (stop)
        thread_stop(thread, THREAD_STOP_FAULT, FAULT_TIMEOUT);
    return stop;
}

word_t fault_word(const struct thread *thread, unsigned index)
{
    switch (index) {
    case 0:
    case 1:
        return thread->fault_words[index];
    case 2:
        return arch_context_ip(&thread->context);
    default:
        return arch_context_sp(&thread->context);
    }
}

void fault_answer(struct thread *thread, word_t label, unsigned words, word_t ip, word_t sp)
{
    unsigned fault = thread->fault;

    thread_set_fault(thread, FAULT_NONE);
    thread->state = THREAD_STATE_RUNNABLE;
    if (label == FAULT_REPLY_STOP) {
        thread_stop(thread, THREAD_STOP_FAULT, fault);
        return;
    }
    if (words >= 2 && arch_register_check(REGISTER_IP, ip) && arch_register_check(REGISTER_SP, sp)) {
        arch_register_write(&thread->context, REGISTER_IP, ip);
        arch_register_write(&thread->context, REGISTER_SP, sp);
        thread->repeats = false;
        thread_update_rare(thread);
    }
    scheduler_consider_answered(thread);
}
