/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SchedContext: CPU time as a capability, and who has it.
 *
 *     free      no owner, no thread
 *     at home   thread == owner
 *     donated   thread != owner, chain: calls carried it there, answers bring it back (reply.c)
 *     lent      no owner; thread has it until it next waits at an endpoint
 *     waiting   owner, no thread: cannot be; taking it from one gives it to the other
 *
 * A thread has at most one context (thread->sc), a context at most one thread. The owner of a context that is away has none,
 * unless it gets another one meanwhile.
 *
 * All fields are protected by the lock of the context's core.
 */
#include "sched_context.h"
#include "lock.h"
#include "notification.h"
#include "reply.h"
#include "scheduler.h"
#include "thread.h"

void sched_context_init(struct sched_context *sc, unsigned size_bits)
{
    size_t room = ((size_t)1 << size_bits) - offsetof(struct sched_context, refills);

    sc->core = (uint8_t)core_self()->index;
    sc->max = (uint16_t)(room / sizeof(struct refill));
    assert(sc->max >= 2);
}

/* Nobody has it now. */
static void detach(struct sched_context *sc)
{
    struct thread *thread = sc->thread;

    assert(lock_holds_home(sc->core));
    if (!thread)
        return;
    scheduler_forget(thread);
    thread->sc = NULL;
    sc->thread = NULL;
    sc->lent = false;
    thread_update_rare(thread);
}

static void attach(struct sched_context *sc, struct thread *thread)
{
    if (CONFIG_CORES > 1 && thread_home(thread) != sc->core)
        scheduler_move(thread, sc->core);
    assert(lock_holds_home(sc->core) && lock_holds_home(thread_home(thread)));
    assert(!sc->thread && !thread->sc);
    sc->thread = thread;
    thread->sc = sc;
    thread->lacks_context = LACKS_NOTHING;
    thread_update_rare(thread);
}

/* What a thread can do since it has a context. */
static void start(struct thread *thread)
{
    if (thread->state == THREAD_STATE_RUNNABLE && !thread->ready)
        scheduler_consider(thread);
    else
        notification_deliver_bound(thread);
}

/* The thread has lost its context against its will. One that waits for a message is idle: it does not miss the time. One that
 * is stopped misses it when it is resumed. */
static void fault_without(struct thread *thread)
{
    if (thread->state == THREAD_STATE_RECEIVING)
        return;
    thread->lacks_context = LACKS_WITHDRAWN;
    if (thread->state == THREAD_STATE_RUNNABLE)
        scheduler_consider(thread);
}

/* The owner gets it; whoever else had it does not. */
static void return_to_owner(struct sched_context *sc)
{
    struct thread *owner = sc->owner;

    reply_chain_cut(sc);
    detach(sc);
    if (owner && !owner->sc) {
        attach(sc, owner);
        start(owner);
    }
}

/* The caller may have got another context meanwhile: then it goes to its owner, past those who still wait in the chain. */
void sched_context_return(struct sched_context *sc, struct thread *caller, const struct thread *answering)
{
    struct thread *loser = sc->thread;

    if (caller->sc) {
        return_to_owner(sc);
    } else {
        bool lent = sc->lent; /* it was lent to the caller, which donated it */
        detach(sc);
        attach(sc, caller);
        sc->lent = lent;
    }
    if (loser && loser != answering)
        fault_without(loser);
}

void sched_context_recall(struct sched_context *sc)
{
    struct thread *loser = sc->thread;

    if (loser == sc->owner) {
        reply_chain_cut(sc);
        return;
    }
    return_to_owner(sc);
    if (loser)
        fault_without(loser);
}

void sched_context_give_back(struct sched_context *sc)
{
    return_to_owner(sc);
}

void sched_context_bind(struct sched_context *sc, struct thread *thread)
{
    assert(!sc->owner && !thread->owned);
    sc->owner = thread;
    thread->owned = sc;
    attach(sc, thread);
    start(thread);
}

void sched_context_lend(struct sched_context *sc, struct thread *thread)
{
    sc->lent = true;
    attach(sc, thread);
    start(thread);
}

void sched_context_return_lent(struct thread *thread)
{
    if (thread->sc && thread->sc->lent)
        return_to_owner(thread->sc); /* there is none; but calls may have donated it */
}

void sched_context_unbind(struct sched_context *sc)
{
    struct thread *owner = sc->owner, *loser = sc->thread;

    sc->owner = NULL;
    if (owner) {
        owner->owned = NULL;
        owner->lacks_context = LACKS_NOTHING; /* it waits for another */
    }
    reply_chain_cut(sc);
    detach(sc);
    if (loser && loser != owner)
        fault_without(loser);
}

bool sched_context_destroy_step(struct sched_context *sc)
{
    scheduler_drop_context(sc); /* what it used is nobody's any more */
    sched_context_unbind(sc);
    return reply_chain_forget_step(sc);
}
