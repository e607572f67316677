/* SPDX-License-Identifier: BSD-2-Clause */
/* SchedContext operations: bind, unbind, lend, info. The mechanism is in sched_context.c; budgets are set by the holder of a CoreRange. */
#include "invocation.h"
#include "reply.h"
#include "sched_context.h"
#include "scheduler.h"
#include "time.h"

static struct sched_context *invoked_context(const struct invocation *invocation)
{
    return cap_pointer(&invocation->slot->cap);
}

/* Argument 1: the thread that shall get the context. */
static status_t decode_receiver(const struct invocation *invocation, struct thread **thread)
{
    const struct sched_context *sc = invoked_context(invocation);
    struct slot *slot;
    status_t status = invocation_typed(invocation, 1, OBJECT_THREAD, RIGHT_WRITE, &slot);

    if (status != OK)
        return status;
    *thread = cap_pointer(&slot->cap);
    if (sc->owner || sc->thread)
        return ERR_BUSY;
    if ((*thread)->owned)
        return invocation_error(ERR_BUSY, 1);
    return sc->budget == 0 ? ERR_STATE : OK;
}

static status_t bind_decode(const struct invocation *invocation, struct thread **thread)
{
    status_t status = decode_receiver(invocation, thread);

    return status == OK && (*thread)->sc ? invocation_error(ERR_BUSY, 1) : status;
}

status_t bind_context(struct invocation *invocation)
{
    struct thread *thread;
    status_t status = bind_decode(invocation, &thread);

    if (status == OK)
        sched_context_bind(invoked_context(invocation), thread);
    return status;
}

static status_t lend_decode(const struct invocation *invocation, struct thread **thread)
{
    status_t status = decode_receiver(invocation, thread);

    if (status != OK)
        return status;
    const struct sched_context *present = (*thread)->sc;
    return present && (present->lent || !present->chain) ? invocation_error(ERR_BUSY, 1) : OK;
}

/* What a passive server ran on may be used up: that goes back to its owner, the lent one takes its place. */
static void lend_perform(struct sched_context *sc, struct thread *thread)
{
    if (thread->sc)
        sched_context_give_back(thread->sc);
    sched_context_lend(sc, thread);
}

status_t lend_context(struct invocation *invocation)
{
    struct thread *thread;
    status_t status = lend_decode(invocation, &thread);

    if (status == OK)
        lend_perform(invoked_context(invocation), thread);
    return status;
}

status_t sched_context_info(struct invocation *invocation)
{
    const struct sched_context *sc = invoked_context(invocation);

    scheduler_charge(&cores[sc->core]);
    invocation_result_long(invocation, time_ns(sc->consumed));
    invocation_result_long(invocation, time_ns(sc->budget));
    invocation_result_long(invocation, time_ns(sc->period));
    invocation_result(invocation, sc->core);
    return OK;
}

/* Cannot fail. */
status_t unbind_context(struct invocation *invocation)
{
    sched_context_unbind(invoked_context(invocation));
    return OK;
}
