/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode operations: capabilities put into, and taken out of, the slots of a CNode.
 *
 * `index` is a slot of the CNode that is invoked; a source is an address in the caller's own capability space.
 *
 * Delete, revoke and cancel may be long. Each entry decodes once and then performs step after step; when an interrupt waits, the caller
 * executes its system call again, which is an entry like any other: what remains to be done is in the tree, the caller's list of zombies and the endpoint,
 * not in what was decoded. Each entry first finishes what the caller had begun before (destroy.c), and does at least one step before it
 * looks for interrupts. A step cannot fail: performing ends with OK or INVOKE_RESTART.
 */
#include "address_space.h"
#include "cap_transfer.h"
#include "derivation.h"
#include "destroy.h"
#include "endpoint.h"
#include "invocation.h"
#include "lock.h"

/* Argument 1 is the index of a slot other than 0. */
static status_t decode_index(const struct invocation *invocation, struct slot **slot)
{
    word_t index = invocation->argument[0];

    if (index == 0 || index >= cnode_count(&invocation->slot->cap))
        return invocation_error(ERR_RANGE, 1);
    *slot = &cnode_slots(&invocation->slot->cap)[index];
    return OK;
}

/* ---- Filling a slot */

struct fill {
    struct slot *source;
    struct slot *target; /* empty */
    struct cap cap;      /* mint: what is to be in it */
};

/* Argument 1 is a slot that can be filled, argument 2 the address of a capability: all that can be wrong with a move. */
static ALWAYS_INLINE status_t fill_decode(const struct invocation *invocation, struct fill *op)
{
    if (decode_index(invocation, &op->target) != OK || !slot_is_empty(op->target))
        return invocation_error(ERR_SLOT, 1);
    return invocation_cap(invocation, 2, &op->source);
}

static status_t copy_decode(const struct invocation *invocation, struct fill *op)
{
    status_t status = fill_decode(invocation, op);

    return status == OK ? invocation_error(cap_copy_check(op->source), 2) : status;
}

status_t cnode_copy(struct invocation *invocation)
{
    struct fill op;
    status_t status = copy_decode(invocation, &op);

    if (status == OK)
        cap_copy(op.source, op.target);
    return status;
}

static status_t mint_decode(const struct invocation *invocation, struct fill *op)
{
    struct mint mint = { invocation->argument[2], invocation->argument[3], invocation->argument[4] };
    unsigned argument;
    status_t status = fill_decode(invocation, op);

    if (status != OK)
        return status;
    error_t error = cap_mint_check(op->source, &mint, &op->cap, &argument);
    return invocation_error(error, error == ERR_DEPTH ? 0 : argument ? argument + 2 : 2);
}

status_t cnode_mint(struct invocation *invocation)
{
    struct fill op;
    status_t status = mint_decode(invocation, &op);

    if (status == OK)
        cap_mint(op.source, op.target, op.cap);
    return status;
}

status_t cnode_move(struct invocation *invocation)
{
    struct fill op;
    status_t status = fill_decode(invocation, &op);

    if (status == OK)
        cap_move(op.source, op.target);
    return status;
}

/* ---- Taking away, in steps */

status_t cnode_delete(struct invocation *invocation)
{
    struct slot *slot;
    status_t status = decode_index(invocation, &slot);

    return status == OK && !destroy(slot, true, invocation->caller) ? INVOKE_RESTART : status;
}

/* Argument 1 is the index of a slot with a capability. */
static status_t decode_filled(const struct invocation *invocation, struct slot **slot)
{
    status_t status = decode_index(invocation, slot);

    return status == OK && slot_is_empty(*slot) ? invocation_error(ERR_CAPABILITY, 1) : status;
}

status_t cnode_revoke(struct invocation *invocation)
{
    struct slot *slot;
    status_t status = decode_filled(invocation, &slot);

    return status == OK && !destroy(slot, false, invocation->caller) ? INVOKE_RESTART : status;
}

struct cancel {
    struct endpoint *endpoint;
    word_t badge;
    struct thread *caller;
    bool repeats;
};

static status_t cancel_decode(const struct invocation *invocation, struct cancel *op)
{
    struct slot *slot;
    status_t status = decode_filled(invocation, &slot);

    if (status != OK)
        return status;
    if (cap_type(&slot->cap) != OBJECT_ENDPOINT)
        return invocation_error(ERR_TYPE, 1);
    if (!cap_is(&slot->cap, OBJECT_ENDPOINT, RIGHT_READ | RIGHT_WRITE) || slot->cap.data != 0)
        return invocation_error(ERR_RIGHT, 1);
    *op = (struct cancel){ .endpoint = cap_pointer(&slot->cap),
                           .badge = invocation->argument[1],
                           .caller = invocation->caller,
                           .repeats = invocation->caller->repeats };
    return OK;
}

static status_t cancel_perform(const struct cancel *op)
{
    if (!op->repeats)
        endpoint_cancel_anew(op->endpoint, op->caller);
    while (!endpoint_cancel_step(op->endpoint, op->badge, op->caller)) /* bounded by its waiters */
        if (arch_interrupt_pending() || lock_is_wanted(core_self()))
            return INVOKE_RESTART;
    return OK;
}

status_t cnode_cancel_badge(struct invocation *invocation)
{
    struct cancel op;
    status_t status = cancel_decode(invocation, &op);

    return status == OK ? cancel_perform(&op) : status;
}

/* ---- Looking */

static uint64_t inspected_data(const struct cap *cap)
{
    switch (cap_type(cap)) {
    case OBJECT_FRAME: {
        struct address_space *space;
        return mapping_entry(cap, &space) ? mapping_read(cap).address : 0;
    }
    case OBJECT_PAGE_TABLE:
        return 0;
    default:
        return cap->data;
    }
}

static word_t inspected_size(const struct cap *cap)
{
    switch (cap_type(cap)) {
    case OBJECT_FRAME:
        return frame_size_bits(cap);
    case OBJECT_UNTYPED:
        return untyped_size_bits(cap);
    case OBJECT_CNODE:
    case OBJECT_SCHED_CONTEXT:
        return cap_small(cap);
    default:
        return 0;
    }
}

status_t cnode_inspect(struct invocation *invocation)
{
    struct slot *slot;
    status_t status = decode_index(invocation, &slot);

    if (status != OK)
        return status;
    invocation_result(invocation, cap_type(&slot->cap));
    invocation_result(invocation, cap_rights(&slot->cap));
    invocation_result_long(invocation, inspected_data(&slot->cap));
    invocation_result(invocation, inspected_size(&slot->cap));
    return OK;
}
