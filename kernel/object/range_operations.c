/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Range capabilities: interrupt lines, I/O ports, address-space numbers, cores.
 *
 * One mechanism for every finite resource that is numbers and not memory: first number and count stand in the capability, minting
 * narrows them, revoking takes them back. IrqRange and AsidRange are used by retype; here are the operations of the other two.
 */
#include "core.h"
#include "derivation.h"
#include "destroy.h"
#include "invocation.h"
#include "lock.h"
#include "sched_context.h"
#include "scheduler.h"
#include "time.h"

/* ---- I/O ports */

static status_t decode_port(const struct invocation *invocation)
{
    word_t port = invocation->argument[0], size = invocation->argument[1];

    if (size != 1 && size != 2 && size != 4)
        return invocation_error(ERR_RANGE, 2);
    return range_contains(&invocation->slot->cap, port, size) ? OK : invocation_error(ERR_RANGE, 1);
}

status_t io_port_range_invoke(struct invocation *invocation)
{
    status_t status = decode_port(invocation);
    unsigned port = (unsigned)invocation->argument[0], size = (unsigned)invocation->argument[1];

    if (status != OK)
        return status;
    if (!ARCH_HAS_IO_PORTS)
        return ERR_UNSUPPORTED;
    if (invocation->operation == OP_IO_PORT_RANGE_IN)
        invocation_result(invocation, arch_io_in(port, size));
    else
        arch_io_out(port, size, (uint32_t)invocation->argument[2]);
    return OK;
}

/* ---- Cores */

struct set_budget {
    struct sched_context *sc;
    unsigned core;
    ticks_t budget, period;
    word_t badge;
};

static status_t decode_set_budget(const struct invocation *invocation, struct set_budget *op)
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

static void perform_set_budget(const struct set_budget *op)
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
    if (wants && thread->state == THREAD_STATE_RUNNABLE && !thread->ready && thread != core->current)
        scheduler_consider(thread);
    core_reschedule(core);
}

static status_t core_set_budget(struct invocation *invocation)
{
    struct set_budget op;
    status_t status = decode_set_budget(invocation, &op);

    if (status == OK)
        perform_set_budget(&op);
    return status;
}

/* Argument 1, which is within the range. */
static struct core *chosen_core(const struct invocation *invocation)
{
    return &cores[invocation->argument[0]];
}

static status_t core_set_timer(struct invocation *invocation)
{
    uint64_t deadline = invocation_long(invocation, 1);
    struct core *core = chosen_core(invocation);

    if (!lock_home(core_self(), core->index))
        return INVOKE_AGAIN;
    if (slot_is_empty(&core->timer_slot))
        return ERR_STATE;
    scheduler_set_user_timer(core, deadline == ~(uint64_t)0 ? TICKS_NEVER : time_deadline(deadline));
    return OK;
}

static status_t core_bind_timer(struct invocation *invocation)
{
    struct core *core = chosen_core(invocation);
    struct slot *own = &core->timer_slot, *source;
    status_t status = invocation_optional(invocation, 2, OBJECT_NOTIFICATION, RIGHT_WRITE, &source);

    if (status != OK)
        return status;
    if (slot_would_destroy(own))
        return ERR_STATE;
    if (!slot_is_empty(own))
        derivation_remove(own);
    scheduler_set_user_timer(core, TICKS_NEVER);
    if (source)
        derivation_add_sibling(source, own, source->cap);
    return OK;
}

static status_t core_power(const struct invocation *invocation)
{
    word_t how = invocation->argument[0];

    return how == MACHINE_OFF || how == MACHINE_RESET ? arch_power(how) : invocation_error(ERR_RANGE, 1);
}

status_t core_range_invoke(struct invocation *invocation)
{
    if (invocation->operation == OP_CORE_RANGE_SET_BUDGET)
        return core_set_budget(invocation);
    if (invocation->operation == OP_CORE_RANGE_POWER)
        return core_power(invocation);
    if (!range_contains(&invocation->slot->cap, invocation->argument[0], 1))
        return invocation_error(ERR_RANGE, 1);
    return invocation->operation == OP_CORE_RANGE_SET_TIMER ? core_set_timer(invocation)
                                                            : core_bind_timer(invocation);
}
