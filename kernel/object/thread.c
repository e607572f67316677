/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Thread: a context, what it refers to, and what it waits for.
 *
 * Life: made stopped, without anything; configured (capabilities go into its slots), given registers, a priority and a context; resumed. It
 * then is runnable or waits (see thread.h) until it stops: suspended, by its own exit, by a fault that nobody handles, or because its address
 * space is gone. A stopped thread can be configured and resumed again. When its last capability goes it is stopped for good.
 *
 * What happens to others when a thread stops: it leaves every queue; the caller whose latest call it received and did not answer
 * learns that nobody will (except when somebody else only suspended it); its death notification is signalled.
 */
#include "thread.h"
#include "address_space.h"
#include "cap_transfer.h"
#include "derivation.h"
#include "destroy.h"
#include "endpoint.h"
#include "fault.h"
#include "ipc.h"
#include "lock.h"
#include "lookup.h"
#include "notification.h"
#include "remote.h"
#include "reply.h"
#include "sched_context.h"
#include "scheduler.h"

void thread_init(struct thread *thread)
{
    arch_context_init(&thread->context);
    arch_fpu_init(&thread->fpu);
    thread->key =
        core_self()->index << KEY_HOME_SHIFT | (arch_fast_can_leave(&thread->context) ? 0 : RARE_REGISTERS);
    thread->cnode = lookup_no_cnode;
    zombie_list_init(&thread->slots[0]);
    for (unsigned place = PLACE_THREAD_CNODE; place < THREAD_SLOT_COUNT; place++)
        slot_set_place(&thread->slots[place], (enum slot_place)place);
}

void thread_slot_fill(struct thread *thread, enum slot_place place, struct slot *source, word_t offset)
{
    const struct cap *cap = &source->cap;

    if (place == PLACE_THREAD_MESSAGE) {
        thread->utcb = (struct utcb *)((char *)mapped_pointer(cap) + offset);
    } else if (place == PLACE_THREAD_CNODE) {
        thread->cnode = cnode_slots(cap);
        thread->cnode_mask = cnode_count(cap) - 1;
    } else if (place == PLACE_THREAD_SPACE) {
        thread->space = cap_pointer(cap);
    }
    cap_copy(source, &thread->slots[place]);
}

void thread_slot_cleared(struct thread *thread, enum slot_place place)
{
    if (place == PLACE_THREAD_MESSAGE) {
        thread->utcb = NULL;
    } else if (place == PLACE_THREAD_CNODE) {
        thread->cnode = lookup_no_cnode;
        thread->cnode_mask = 0;
    } else if (place == PLACE_THREAD_SPACE) {
        thread->space = NULL;
        if (thread->state != THREAD_STATE_STOPPED)
            thread_stop(thread, THREAD_STOP_SPACE, 0);
    }
}

void thread_unwait(struct thread *thread)
{
    switch (thread->state) {
    case THREAD_STATE_RECEIVING:
        endpoint_dequeue(thread->waits_at, thread);
        if (reply_armed(thread))
            reply_disarm(thread->reply);
        break;
    case THREAD_STATE_SENDING:
        endpoint_dequeue(thread->waits_at, thread);
        break;
    case THREAD_STATE_WAITING:
        notification_dequeue(thread->waits_at, thread);
        break;
    case THREAD_STATE_CALLING:
        reply_settle(thread->waits_at, NULL);
        break;
    default:
        scheduler_forget(thread);
        scheduler_stop_deferring(thread);
        break;
    }
}

void thread_set_fault(struct thread *thread, unsigned fault)
{
    thread->fault = (uint8_t)fault;
    thread_update_rare(thread);
}

/* Its call or fault has ended in another way than by an answer. */
static void forget_call(struct thread *thread)
{
    thread->truncated = 0;
    thread_set_fault(thread, FAULT_NONE);
}

void thread_end_wait(struct thread *thread, status_t status)
{
    assert(thread_is_blocked(thread));
    if (thread->state == THREAD_STATE_RECEIVING && !thread->sc)
        thread->lacks_context = LACKS_MESSAGE; /* it is woken, and nobody brought it time */
    thread_unwait(thread);
    forget_call(thread);
    ipc_set_result(thread, status, 0, 0);
    scheduler_make_runnable(thread);
}

/* The caller of the latest call that this thread received will get no answer from it. */
static void fail_caller(struct thread *thread)
{
    struct reply *reply = thread->reply;

    if (reply && reply->state == REPLY_OWED)
        reply_fail(reply, ERR_PEER_GONE);
}

/* Nobody is above the root component, so nobody else could say so. */
static void announce_stop(const struct thread *thread)
{
    static const char *const faults[] = { "no fault",       "page fault", "exception", "unknown system call",
                                          "bad capability", "timeout" };
    static const char *const reasons[] = { "nothing", "suspended", "fault", "no address space", "destroyed" };
    unsigned long code = (unsigned long)thread->exit_code;

    if (thread->stop_reason == THREAD_STOP_FAULT)
        print("lucid: the root component has stopped: %s (%lx, %lx) at %lx, stack %lx\n",
              faults[code < ARRAY_COUNT(faults) ? code : 0], (unsigned long)thread->fault_words[0],
              (unsigned long)thread->fault_words[1], (unsigned long)arch_context_ip(&thread->context),
              (unsigned long)arch_context_sp(&thread->context));
    else
        print("lucid: the root component has stopped: %s, exit code %lu\n", reasons[thread->stop_reason],
              code);
}

/* It has others' time, or is between two calls that bring some, or misses what it had: resumed, it lacks time to get back to its
 * endpoint. Who never had any, or lost its own, just waits for it. */
static bool lives_on_others_time(const struct thread *thread)
{
    return !thread->owned && (thread->sc || thread->state == THREAD_STATE_RECEIVING ||
                              thread->lacks_context != LACKS_NOTHING || thread->fault == FAULT_TIMEOUT);
}

void thread_stop(struct thread *thread, unsigned reason, word_t code)
{
    assert(lock_holds(LOCK_ALL));
    if (thread->state == THREAD_STATE_STOPPED)
        return;
    remote_take(thread);
    bool waited = thread_is_blocked(thread);
    bool passive = lives_on_others_time(thread);
    thread_unwait(thread);
    if (waited && thread->fault == FAULT_NONE)
        ipc_set_result(thread, ERR_CANCELLED, 0, 0);
    thread->state = THREAD_STATE_STOPPED;
    forget_call(thread);
    thread->stop_reason = (uint8_t)reason;
    thread->exit_code = code;
    if (thread == core_self()->current)
        core_reschedule(core_self());
    if (reason != THREAD_STOP_SUSPEND || thread == core_self()->current)
        fail_caller(thread);
    thread->lacks_context = passive ? LACKS_MESSAGE : LACKS_NOTHING;
    if (thread->root)
        announce_stop(thread);
    (void)notification_signal_slot(&thread->slots[PLACE_THREAD_DEATH]); /* all locks are held */
}

void thread_destroy(struct thread *thread)
{
    if (thread->state != THREAD_STATE_STOPPED)
        thread_stop(thread, THREAD_STOP_DESTROYED, 0);
    fail_caller(thread);
    if (thread->reply)
        reply_moved(thread->reply);
    if (thread->notification)
        notification_unbind(thread->notification);
    if (thread->owned)
        sched_context_unbind(thread->owned);
    if (thread->sc)
        sched_context_give_back(thread->sc);
    scheduler_unload_fpu(thread);
}

bool thread_wait_locks(const struct thread *thread)
{
    struct core *core = core_self();

    switch (thread->state) {
    case THREAD_STATE_SENDING:
    case THREAD_STATE_RECEIVING:
        return lock_home(core, home_of((const struct endpoint *)thread->waits_at));
    case THREAD_STATE_WAITING:
        return lock_home(core, home_of((const struct notification *)thread->waits_at));
    default:
        return true;
    }
}

void thread_set_priority(struct thread *thread, uint8_t priority, uint8_t max)
{
    struct core *core = thread_core(thread);

    thread->priority_max = max;
    if (thread->state == THREAD_STATE_SENDING || thread->state == THREAD_STATE_RECEIVING)
        endpoint_requeue(thread->waits_at, thread, priority);
    else if (thread->state == THREAD_STATE_WAITING)
        notification_requeue(thread->waits_at, thread, priority);

    bool ready = thread->ready;
    if (ready)
        ready_remove(core, thread);
    thread_set_key_priority(thread, priority);
    if (ready)
        ready_append(core, thread);
    if (ready || (thread == core->current && priority < ready_highest(core)))
        core_reschedule(core);
}
