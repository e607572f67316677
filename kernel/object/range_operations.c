/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Range capabilities: interrupt lines, I/O ports, address-space numbers, cores.
 *
 * One mechanism for every finite resource that is numbers and not memory: first number and count stand in the capability, minting
 * narrows them, revoking takes them back. IrqRange and AsidRange are used by retype; here are the operations of the other two.
 */
#include "core.h"
#include "cap_transfer.h"
#include "derivation.h"
#include "destroy.h"
#include "invocation.h"
#include "lock.h"
#include "sched_context.h"
#include "scheduler.h"
#include "time.h"

/* ---- I/O ports */

/* Arguments 1 and 2: the port and its size. */
static status_t port_decode(const struct invocation *invocation)
{
    word_t port = invocation->argument[0], size = invocation->argument[1];

    if (size != 1 && size != 2 && size != 4)
        return invocation_error(ERR_RANGE, 2);
    if (!range_contains(&invocation->slot->cap, port, size))
        return invocation_error(ERR_RANGE, 1);
    return ARCH_HAS_IO_PORTS ? OK : ERR_UNSUPPORTED;
}

/* To read a device's register can change it, too. Machines without ports have no functions for them. */
status_t port_in(struct invocation *invocation)
{
    status_t status = port_decode(invocation);

    if (ARCH_HAS_IO_PORTS && status == OK)
        invocation_result(invocation,
                          arch_io_in((unsigned)invocation->argument[0], (unsigned)invocation->argument[1]));
    return status;
}

status_t port_out(struct invocation *invocation)
{
    status_t status = port_decode(invocation);

    if (ARCH_HAS_IO_PORTS && status == OK)
        arch_io_out((unsigned)invocation->argument[0], (unsigned)invocation->argument[1],
                    (uint32_t)invocation->argument[2]);
    return status;
}

/* ---- Cores */

struct set_budget {
    struct sched_context *sc;
    unsigned core;
    ticks_t budget, period;
    word_t badge;
};

static status_t set_budget_decode(const struct invocation *invocation, struct set_budget *op)
{
    word_t core = invocation->argument[1];
    uint64_t budget = invocation_long(invocation, 2), period = invocation_long(invocation, 2 + LONG_WORDS);
    struct slot *slot;
    status_t status = invocation_typed(invocation, 1, OBJECT_SCHED_CONTEXT, RIGHT_WRITE, &slot);

    if (status != OK)
        return status;
    if (!range_contains(&invocation->slot->cap, core, 1))
        return invocation_error(ERR_RANGE, 2);
    if (budget < BUDGET_MINIMUM_NS)
        return invocation_error(ERR_RANGE, 3);
    if (period < budget || period > PERIOD_MAXIMUM_NS)
        return invocation_error(ERR_RANGE, 4);
    const struct sched_context *sc = cap_pointer(&slot->cap);
    if (core != sc->core && (sc->owner || sc->thread)) /* its threads would have to move with it */
        return invocation_error(ERR_BUSY, 2);
    *op = (struct set_budget){ .sc = cap_pointer(&slot->cap),
                               .core = (unsigned)core,
                               .budget = time_ticks(budget),
                               .period = time_ticks(period),
                               .badge = invocation->argument[2 + 2 * LONG_WORDS] };
    return OK;
}

static void set_budget_perform(const struct set_budget *op)
{
    struct sched_context *sc = op->sc;
    struct core *core = &cores[sc->core];
    struct thread *thread = sc->thread;
    bool wants = thread && thread->state == THREAD_STATE_RUNNABLE;
    ticks_t now = scheduler_charge(core);

    if (thread)
        scheduler_forget(thread);
    if (op->core != sc->core)
        scheduler_drop_context(sc);
    SHARED_WRITE(sc->core, (uint8_t)op->core);
    sc->badge = op->badge;
    refill_reset(sc, op->budget, op->period, now);
    if (thread)
        thread_update_rare(thread);
    if (wants && thread->state == THREAD_STATE_RUNNABLE && !thread->ready && thread != core->current)
        scheduler_consider(thread);
    core_reschedule(core);
}

status_t core_set_budget(struct invocation *invocation)
{
    struct set_budget op;
    status_t status = set_budget_decode(invocation, &op);

    if (status == OK)
        set_budget_perform(&op);
    return status;
}

/* Argument 1: a core of the range. */
static status_t decode_core(const struct invocation *invocation, struct core **core)
{
    word_t number = invocation->argument[0];

    if (!range_contains(&invocation->slot->cap, number, 1))
        return invocation_error(ERR_RANGE, 1);
    *core = &cores[number];
    return OK;
}

struct set_timer {
    struct core *core;
    ticks_t deadline;
};

static status_t set_timer_decode(const struct invocation *invocation, struct set_timer *op)
{
    uint64_t deadline = invocation_long(invocation, 1);
    status_t status = decode_core(invocation, &op->core);

    if (status != OK)
        return status;
    if (!lock_home(core_self(), op->core->index))
        return INVOKE_AGAIN;
    op->deadline = deadline == ~(uint64_t)0 ? TICKS_NEVER : time_deadline(deadline);
    return slot_is_empty(&op->core->timer_slot) ? ERR_STATE : OK;
}

status_t core_set_timer(struct invocation *invocation)
{
    struct set_timer op;
    status_t status = set_timer_decode(invocation, &op);

    if (status == OK)
        scheduler_set_user_timer(op.core, op.deadline);
    return status;
}

struct bind_timer {
    struct core *core;
    struct slot *source; /* the notification; NULL: none */
};

static status_t bind_timer_decode(const struct invocation *invocation, struct bind_timer *op)
{
    status_t status = decode_core(invocation, &op->core);

    if (status == OK)
        status = invocation_optional(invocation, 2, OBJECT_NOTIFICATION, RIGHT_WRITE, &op->source);
    if (status != OK)
        return status;
    return slot_would_destroy(&op->core->timer_slot) ? ERR_STATE : OK;
}

static void bind_timer_perform(const struct bind_timer *op)
{
    struct slot *own = &op->core->timer_slot;

    if (!slot_is_empty(own))
        derivation_remove(own);
    scheduler_set_user_timer(op->core, TICKS_NEVER);
    if (op->source)
        cap_copy(op->source, own);
}

status_t core_bind_timer(struct invocation *invocation)
{
    struct bind_timer op;
    status_t status = bind_timer_decode(invocation, &op);

    if (status == OK)
        bind_timer_perform(&op);
    return status;
}

/* Whether a machine can be switched off only shows when it is: arch_power comes back with nothing changed if it cannot. */
status_t core_power(struct invocation *invocation)
{
    word_t how = invocation->argument[0];

    return how == MACHINE_OFF || how == MACHINE_RESET ? arch_power(how) : invocation_error(ERR_RANGE, 1);
}
