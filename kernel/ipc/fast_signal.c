/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fast paths (see fastpath.c) of send, recv and yield: signals, and messages without an answer.
 *
 *   send   a signal to a notification to which nobody is bound: nobody waits, or one who waits alone
 *          a message in registers to a receiver of higher priority that waits alone without a Reply
 *   interrupt   whose driver waits alone for its notification, and is of higher priority than who was interrupted
 *   recv   at a notification to which nobody is bound; where nobody else waits, if there are no signals
 *          at an endpoint where nobody waits, without a Reply
 *
 * Who runs changes by them: somebody better is woken, or the current thread waits and the first of the ready queue goes on. That is so simple
 * if the contexts of both are time slices, neither is used up, and the timer is early enough for the one that begins; nothing is rare about either.
 * A thread that is preempted or woken has its results in its context, and leaves with it later.
 *
 * Locks: the core's own, which all that is touched belongs to.
 */
#include "fast_registers.h" /* first: it says which registers are not to be used */

#include "fastpath.h"
#include <lucid/syscall.h>

/* ---- Send */

/* The thread no longer waits at the notification, whose bits it takes. */
static inline word_t take_waiter(struct notification *notification, struct thread *waiter, word_t bits)
{
    assert(lock_holds_home(notification->home) && waiter->waits_at == notification);
    SHARED_WRITE(notification->waiter, NULL);
    notification->bits = 0;
    waiter->waits_at = NULL;
    waiter->state = THREAD_STATE_RUNNABLE;
    return bits;
}

/* It is better than the current one, and can run instead. */
static inline bool can_preempt(const struct core *core, const struct thread *thread, ticks_t now)
{
    return slice_lasts(core, now) && slice_can_begin(core, thread->sc, now);
}

static ALWAYS_INLINE bool signal_waiter(cap_t address, tag_t tag, cap_t reply, word_t operation,
                                        struct thread *current, struct core *core)
{
    const struct cap *cap = &current->cnode[address].cap;
    struct notification *notification = pointer_unpack(cap_head_alone(cap));
    struct thread *waiter = notification->waiter;
    word_t bits = notification->bits | (word_t)cap->data;

    if (unlikely(!bits || !current_is_plain(core) || !thread_has_slice_here(core, waiter, 0)))
        return fast_decline(core, address, tag, reply, operation);
    if (priority_here(waiter) <= priority_here(current)) {
        take_waiter(notification, waiter, bits);
        fast_result(waiter, OK | STATUS_SIGNAL, bits);
        queue_up_behind(core, waiter);
        unlock_own_only(core);
        return arch_fast_return(0, 0, OK, current);
    }
    ticks_t now = arch_ticks();
    if (unlikely(!can_preempt(core, waiter, now)))
        return fast_decline(core, address, tag, reply, operation);
    take_waiter(notification, waiter, bits);
    fast_result(current, OK, 0);
    preempt_current(core, current, waiter, now);
    unlock_own_only(core);
    return arch_fast_leave_empty(bits, 0, OK | STATUS_SIGNAL, waiter);
}

bool fast_signal_interrupt(struct core *core, const struct slot *slot)
{
    struct thread *current = core->current;
    uint64_t head = cap_head(&slot->cap);
    struct notification *notification = pointer_unpack(head);

    if (unlikely(!current_is_plain(core) || !head_is(head, OBJECT_NOTIFICATION, RIGHT_WRITE) ||
                 !home_is_here(core, notification) || notification_is_shared(notification)))
        return false;
    struct thread *waiter = notification->waiter;
    word_t bits = notification->bits | (word_t)slot->cap.data;
    ticks_t now = arch_ticks();
    if (unlikely(!waiter || !bits || !thread_has_slice_here(core, waiter, 0) ||
                 priority_here(waiter) <= priority_here(current) || !can_preempt(core, waiter, now)))
        return false;
    take_waiter(notification, waiter, bits);
    fast_result(waiter, OK | STATUS_SIGNAL, bits);
    if (!arch_fast_can_leave(&current->context))
        SHARED_SET(current->key, RARE_REGISTERS);
    preempt_current(core, current, waiter, now);
    return true;
}

static NOINLINE bool send_message(cap_t address, tag_t tag, cap_t reply, word_t operation,
                                  struct thread *current, struct core *core)
{
    const struct cap *cap = &current->cnode[address].cap;
    uint64_t head = cap_head(cap);
    struct endpoint *endpoint = pointer_unpack(head);

    if (unlikely(!head_is(head, OBJECT_ENDPOINT, RIGHT_WRITE) || !current_is_plain(core) ||
                 tag_low_bits(tag) > MESSAGE_REGISTER_WORDS))
        return fast_decline(core, address, tag, reply, operation);
    struct thread *receiver = SHARED_READ(endpoint->receiver);
    if (unlikely(!receiver || !thread_has_slice_here(core, receiver, 0) || receiver->reply ||
                 priority_here(receiver) <= priority_here(current)))
        return fast_decline(core, address, tag, reply, operation);
    ticks_t now = arch_ticks();
    if (unlikely(!can_preempt(core, receiver, now)))
        return fast_decline(core, address, tag, reply, operation);
    word_t badge = (word_t)cap->data;
    endpoint_take_receiver(endpoint, receiver);
    receiver->state = THREAD_STATE_RUNNABLE;
    arch_fast_carry(current, receiver);
    fast_result(current, OK, 0);
    preempt_current(core, current, receiver, now);
    unlock_own_only(core);
    return arch_fast_leave(badge, tag, OK, receiver);
}

bool kernel_fast_send(cap_t address, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                      struct core *core)
{
    const struct cap *cap;

    FAST_ARGUMENTS_STAY(address, tag, reply, operation, current);
    core = passed_core(core);
    if (unlikely(!lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, operation);
    uint64_t head = fast_head(current->cnode, current->cnode_mask, address, &cap);
    struct notification *notification = pointer_unpack(head);
    if (unlikely(head == OBJECT_NULL))
        return fast_decline(core, address, tag, reply, operation);
    if (!head_is(head, OBJECT_NOTIFICATION, RIGHT_WRITE))
        return send_message(address, tag, reply, operation, current, core);
    if (unlikely(!home_is_here(core, notification) || notification_is_shared(notification)))
        return fast_decline(core, address, tag, reply, operation);
    if (notification->waiter)
        return signal_waiter(address, tag, reply, operation, current, core);
    if (unlikely(!may_go_on(core)))
        return fast_decline(core, address, tag, reply, operation);
    notification->bits |= (word_t)cap->data;
    unlock_own_only(core);
    return arch_fast_return(0, 0, OK, current);
}

/* ---- Yield: by a thread with a time slice, if nobody else is as good. It has a new slice then. */

bool kernel_fast_yield(cap_t address, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                       struct core *core)
{
    FAST_ARGUMENTS_STAY(address, tag, reply, operation, current);
    core = passed_core(core);
    if (unlikely(!lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, operation);
    struct sched_context *sc = core->context;
    ticks_t now = arch_ticks(), used = now - core->charged_at;
    uint32_t least = core->min_key; /* looked at twice: is the current thread plain, and best */
    if (unlikely(least == MIN_KEY_NONE || priority_here(current) <= (least & PRIORITY_MAX) ||
                 !sched_context_is_round_robin(sc) || now < core->charged_at ||
                 now + sc->budget < core->timer_armed))
        return fast_decline(core, address, tag, reply, operation);
    core->charged_at = now;
    sc->consumed += used;
    sc->refills[0].amount = sc->budget;
    sc->refills[1].amount = 0;
    unlock_own_only(core);
    return arch_fast_return(0, 0, OK, current);
}

/* ---- Receive */

static ALWAYS_INLINE bool wait_for_signal(cap_t address, tag_t tag, cap_t reply, word_t operation,
                                          struct thread *current, struct core *core,
                                          struct notification *notification)
{
    ticks_t now = arch_ticks();
    struct thread *next = next_in_line(core, now);

    if (unlikely(!next || !current_is_plain(core) || !slice_lasts(core, now) ||
                 notification_has_waiters(notification)))
        return fast_decline(core, address, tag, reply, operation);
    assert(lock_holds_home(notification->home));
    current->state = THREAD_STATE_WAITING;
    current->waits_at = notification;
    SHARED_WRITE(notification->waiter, current);
    yield_to_next(core, current, next, now);
    unlock_own_only(core);
    return arch_fast_leave_saved(next);
}

static NOINLINE bool receive_message(cap_t address, tag_t tag, cap_t reply, word_t operation,
                                     struct thread *current, struct core *core)
{
    uint64_t head = cap_head(&current->cnode[address].cap);
    struct endpoint *endpoint = pointer_unpack(head);

    if (unlikely(!head_is(head, OBJECT_ENDPOINT, RIGHT_READ) || operation != SYS_RECV || current->reply ||
                 !current_is_plain(core) || !endpoint_is_idle_here(core, endpoint) || current->sc->lent))
        return fast_decline(core, address, tag, reply, operation);
    ticks_t now = arch_ticks();
    struct thread *next = next_in_line(core, now);
    if (unlikely(!next || !slice_lasts(core, now)))
        return fast_decline(core, address, tag, reply, operation);
    current->state = THREAD_STATE_RECEIVING;
    endpoint_put_receiver(endpoint, current);
    yield_to_next(core, current, next, now);
    unlock_own_only(core);
    return arch_fast_leave_saved(next);
}

bool kernel_fast_recv(cap_t address, tag_t tag, cap_t reply, word_t operation, struct thread *current,
                      struct core *core)
{
    FAST_ARGUMENTS_STAY(address, tag, reply, operation, current);
    core = passed_core(core);
    if (unlikely(reply != CAP_NULL || !lock_own_at_once(core)))
        return arch_fast_decline(address, tag, reply, operation);
    uint64_t head = fast_head_alone(current->cnode, current->cnode_mask, address);
    struct notification *notification = pointer_unpack(head);
    if (unlikely(head == OBJECT_NULL))
        return fast_decline(core, address, tag, reply, operation);
    if (!head_is(head, OBJECT_NOTIFICATION, RIGHT_READ))
        return receive_message(address, tag, reply, operation, current, core);
    if (unlikely(!notification_lives_here(core, notification) || notification->bound))
        return fast_decline(core, address, tag, reply, operation);
    word_t bits = notification->bits;
    if (!bits && operation == SYS_RECV)
        return wait_for_signal(address, tag, reply, operation, current, core, notification);
    if (unlikely(!may_go_on(core)))
        return fast_decline(core, address, tag, reply, operation);
    notification->bits = 0;
    unlock_own_only(core);
    return arch_fast_return(bits, 0, bits ? OK | STATUS_SIGNAL : ERR_WOULD_BLOCK, current);
}
