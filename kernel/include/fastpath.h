/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the fast paths (ipc/fastpath.c, ipc/fast_signal.c, ipc/fast_fault.c) need of others, small enough to stand in them: special cases of what
 * endpoint.c, reply.c, scheduler.c and refill.c do, which say what it means.
 */
#ifndef KERNEL_FASTPATH_H
#define KERNEL_FASTPATH_H

#include "endpoint.h"
#include "invocation.h"
#include "ipc.h"
#include "lock.h"
#include "lookup.h"
#include "reply.h"
#include "sched_context.h"
#include "scheduler.h"
#include <lucid/syscall.h>

/* The arguments of a system call stay in the registers where they came in, up to a jump to the general path. GCC would copy them away: what a
 * function does first with a parameter it combines with its arrival, and then sees two values that have nothing to do with each other. */
#define FAST_ARGUMENTS_STAY(cap, tag, reply, operation, current)                                             \
    __asm__("" : "+r"(cap), "+r"(tag), "+r"(reply), "+r"(operation), "+r"(current))

/* Whatever was read is read again from here on. */
#define READ_AGAIN __asm__ volatile("" : : : "memory")

/* The head of the capability at a one-level address, which need not be there: 0. `slots` and `mask` are the thread's, which the compiler would load
 * again for each. */
static inline uint64_t fast_head(const struct slot *slots, word_t mask, cap_t address, const struct cap **cap)
{
    if (unlikely(address > mask))
        return OBJECT_NULL;
    *cap = &slots[address].cap;
    return cap_head(*cap);
}

/* The same, if nothing of the capability is read but its head. */
static inline uint64_t fast_head_alone(const struct slot *slots, word_t mask, cap_t address)
{
    return unlikely(address > mask) ? OBJECT_NULL : cap_head_alone(&slots[address].cap);
}

static inline bool head_is(uint64_t head, unsigned type, word_t rights)
{
    uint64_t mask = (uint64_t)rights << CAP_RIGHTS_SHIFT | CAP_TYPE_MASK;

    return (head & mask) == ((uint64_t)rights << CAP_RIGHTS_SHIFT | type);
}

/* The bits of a tag below the label. Those of an ordinary message are the number of words, and nothing else. */
static inline unsigned tag_low_bits(tag_t tag)
{
    return (unsigned)(tag & ((1u << TAG_LABEL_SHIFT) - 1));
}

/* What a thread sees of its system call, if it does not leave right now. */
static inline void fast_result(struct thread *thread, status_t status, word_t badge)
{
    arch_set_result(&thread->context, status, badge, 0);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&thread->context, i, 0);
}

#define home_is_here(core, object) (CONFIG_CORES == 1 || home_of(object) == (core)->index)

/* endpoint_dequeue of the receiver that waits alone. It is up to the caller what it does next. */
static inline void endpoint_take_receiver(struct endpoint *endpoint, struct thread *server)
{
    assert(lock_holds_home(endpoint->home) && server->waits_at == endpoint);
    SHARED_WRITE(endpoint->receiver, NULL);
    SHARED_WRITE(endpoint->state, ENDPOINT_IDLE);
    server->waits_at = NULL;
}

/* endpoint_enqueue of a receiver that owes no answer, where nobody waits. */
static inline void endpoint_put_receiver(struct endpoint *endpoint, struct thread *server)
{
    assert(lock_holds_home(endpoint->home) && (!server->reply || reply_armed(server)));
    SHARED_WRITE(endpoint->receiver, server);
    SHARED_WRITE(endpoint->state, ENDPOINT_RECEIVING);
    server->waits_at = endpoint;
}

/* The notification is of this core, and not being destroyed. */
static inline bool notification_lives_here(const struct core *core, const struct notification *notification)
{
    _Static_assert(offsetof(struct notification, home) % 2 == 0 &&
                       offsetof(struct notification, dying) == offsetof(struct notification, home) + 1,
                   "they are two neighbours");
#if CONFIG_CORES == 1
    (void)core;
    return !notification->dying;
#else
    return SHARED_READ(*(const uint16_t *)&notification->home) == core->index;
#endif
}

/* A receiver can be put there. */
static inline bool endpoint_is_idle_here(const struct core *core, const struct endpoint *endpoint)
{
    /* state, dying and, with several cores, home, in one comparison. */
    _Static_assert(ENDPOINT_IDLE == 0 && offsetof(struct endpoint, state) % 4 == 0 &&
                       offsetof(struct endpoint, dying) == offsetof(struct endpoint, state) + 1 &&
                       offsetof(struct endpoint, home) == offsetof(struct endpoint, state) + 2 &&
                       sizeof(((struct endpoint *)0)->home) == 2 && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
                   "they are three neighbours");
#if CONFIG_CORES == 1
    (void)core;
    return *(const uint16_t *)&endpoint->state == 0;
#else
    return SHARED_READ(*(const uint32_t *)&endpoint->state) == core->idle_here;
#endif
}

/* reply_owe, of an armed Reply by a server without a context: that of the caller is donated. `head`: of the capability that was called with. */
static inline void reply_owe_fast(struct reply *reply, struct thread *server, struct thread *caller,
                                  uint64_t head)
{
    struct sched_context *sc = caller->sc;

    assert(lock_holds_home(reply->home) && reply->state == REPLY_ARMED && reply->server == server);
    reply->state = REPLY_OWED;
    reply->caller = caller;
    reply->called = (uint32_t)head;
    caller->state = THREAD_STATE_CALLING;
    caller->lacks_context = LACKS_WITHDRAWN;
    caller->waits_at = reply;
    reply_chain_push(reply, sc);
    sched_context_hand_over(sc, caller, server);
}

/* The Reply, which is the current thread's latest (so it is of its home), owes an answer to the call that donated the context that is running: those in
 * a chain are owed. */
static inline bool reply_is_last_call(const struct core *core, const struct reply *reply)
{
    return core->context->chain == reply;
}

/* OWED -> ARMED by the same server, whose context goes back to the caller. */
static inline void reply_answer_fast(const struct core *core, struct reply *reply, struct thread *server,
                                     struct thread *caller)
{
    struct sched_context *sc = core->context;
    struct reply *down = reply->chain_down;

    assert(lock_holds_home(reply->home) && reply->state == REPLY_OWED && reply->sc == sc);
    assert(reply->server == server && reply_returns_context(reply));
    sc->chain = down;
    if (unlikely(down))
        down->chain_up = NULL;
    else
        sc->chain_bottom = NULL;
    reply->sc = NULL;
    reply->caller = NULL;
    reply->state = REPLY_ARMED;
    caller->waits_at = NULL;
    sched_context_hand_over(sc, server, caller);
}

/* The general path does it. */
static inline bool fast_decline(struct core *core, cap_t cap, tag_t tag, cap_t reply, word_t operation)
{
    unlock_own_only(core);
    return arch_fast_decline(cap, tag, reply, operation);
}

/* A call to what is no endpoint, at a one-level address: an invocation goes on with what has been looked up, and under the same lock. */
static inline bool fast_call_else(struct core *core, cap_t address, tag_t tag, cap_t reply,
                                  struct thread *caller, uint64_t head)
{
    if (ARCH_FAST_ENTRY && likely(invocation_has_type((unsigned)head & CAP_TYPE_MASK)))
        return arch_fast_invoke(address, tag, reply, &caller->cnode[address], caller);
    return fast_decline(core, address, tag, reply, SYS_CALL);
}

/* Nothing has happened that the entry must look at first. (If the current thread is plain, nothing has.) */
static inline bool may_go_on(const struct core *core)
{
    return !fastpath_is_off() && (CONFIG_CORES == 1 || !core->reschedule);
}

/* fast_signal.c: an interrupt signals what this slot of its handler names; the current thread's registers are saved, and the core's lock is held. False:
 * nothing has been changed. */
bool fast_signal_interrupt(struct core *core, const struct slot *slot);
/* fast_fault.c: reply_recv through the server's latest Reply, at an endpoint where nobody waits: the end of kernel_fast_reply_recv, if no context was donated. */
bool fast_fault_answer(cap_t address, tag_t tag, cap_t reply, word_t operation, struct thread *server,
                       struct core *core);

/* ---- Changes of who runs: from one time slice to another, neither of them used up, and without the timer */

/* Of a thread of this core: nobody else writes its key. */
static inline uint8_t priority_here(const struct thread *thread)
{
    return (uint8_t)thread->key;
}

/* The current thread may be replaced by what a fast path finds: nothing about it is rare, and there is nothing to look at first. */
static inline bool current_is_plain(const struct core *core)
{
    return core->min_key != MIN_KEY_NONE;
}

/* Nothing about the thread, which is of this core and not current, is rare but what is in the set. */
static inline bool thread_is_rare_only(const struct thread *thread, uint32_t set)
{
    return !(thread->key >> KEY_RARE_SHIFT & ~(set >> KEY_RARE_SHIFT));
}

/* The thread is of this core and has a time slice, and nothing else about it is rare but what is in the set: one comparison. */
static inline bool thread_has_slice_here(const struct core *core, const struct thread *thread, uint32_t set)
{
    uint32_t key = (SHARED_READ(thread->key) & ~set) >> KEY_HOME_SHIFT;

#if CONFIG_CORES == 1
    (void)core;
    return key == RARE_CONTEXT >> KEY_HOME_SHIFT;
#else
    return key == core->slice_key;
#endif
}

/* What runs is a time slice, of which something is left when it is charged. */
static inline bool slice_lasts(const struct core *core, ticks_t now)
{
    assert(now >= core->slice_end || now >= core->charged_at);
    return now < core->slice_end;
}

/* A time slice can run at once, which it always has time for: the timer comes before its end. */
static inline bool slice_can_begin(const struct core *core, const struct sched_context *sc, ticks_t now)
{
    assert(sched_context_is_round_robin(sc));
    return now + sc->refills[0].amount >= core->timer_armed;
}

/* scheduler_charge. */
static inline void slice_charge_running(struct core *core, ticks_t now)
{
    struct sched_context *sc = core->context;
    ticks_t used = now - core->charged_at;

    assert(sc->head == 0 && sc->count == 2 && used < sc->refills[0].amount);
    core->charged_at = now;
    sc->consumed += used;
    sc->refills[0].amount -= used;
    sc->refills[1].amount += used;
}

/* The highest priority that is ready is another one; 0: nobody is ready. Nothing about the current thread is rare, so the rest of the key is the core's. */
static inline void set_highest_ready(struct core *core, unsigned highest)
{
    _Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ && PRIORITY_MAX == 0xff,
                   "the priority is the first byte of a key");
    assert(current_is_plain(core));
#if CONFIG_CORES == 1
    core->min_key = highest;
#else
    core->highest_ready = (uint8_t)highest;
#endif
}

/* scheduler_run: `next` runs instead of `previous`, each on a context of its own. Who is ready then is up to who calls this. */
static ALWAYS_INLINE void change_current(struct core *core, struct thread *previous, struct thread *next,
                                         ticks_t now)
{
    assert(previous == core->current && previous->sc == core->context && next->sc);
    slice_charge_running(core, now);
    core->context = next->sc;
    core->slice_end = now + next->sc->refills[0].amount;
    SHARED_SET(previous->key, RARE_CONTEXT);
    SHARED_CLEAR(next->key, RARE_CONTEXT | RARE_REGISTERS);
    scheduler_switch(core, previous, next);
}

/* `next`, which is better, runs instead of the current thread, which is the first to go on afterwards. */
static ALWAYS_INLINE void preempt_current(struct core *core, struct thread *current, struct thread *next,
                                          ticks_t now)
{
    ready_put_in_front(core, current);
    set_highest_ready(core, priority_here(current));
    change_current(core, current, next, now);
}

/* Better than all that are ready. (One that is as good would be queued behind those.) */
static inline bool is_best(const struct core *core, const struct thread *thread)
{
    return priority_here(thread) > core->highest_ready;
}

/* Who runs if the current thread waits; NULL: nobody, or it takes more than a change. */
static ALWAYS_INLINE struct thread *next_in_line(const struct core *core, ticks_t now)
{
    if (unlikely(!core->front && !core->ready_words))
        return NULL;
    struct thread *next = ready_first(core);
    return thread_is_rare_only(next, RARE_CONTEXT | RARE_REGISTERS) && slice_can_begin(core, next->sc, now)
               ? next
               : NULL;
}

/* The current thread waits, and that one runs. */
static ALWAYS_INLINE void yield_to_next(struct core *core, struct thread *current, struct thread *next,
                                        ticks_t now)
{
    ready_remove(core, next);
    set_highest_ready(core, core->ready_words ? (unsigned)ready_highest_listed(core) : 0);
    change_current(core, current, next, now);
}

/* A thread can run again, which is not better than the current one. */
static ALWAYS_INLINE void queue_up_behind(struct core *core, struct thread *thread)
{
    if (thread_priority(thread) <= core->highest_ready) {
        ready_append(core, thread);
        return;
    }
    ready_put_in_front(core, thread);
    set_highest_ready(core, thread_priority(thread));
}

#endif
