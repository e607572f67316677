/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * CNode operations: capabilities put into, and taken out of, the slots of a CNode.
 *
 * `index` is a slot of the CNode that is invoked; a source is an address in the caller's own capability space. Delete, revoke and cancel
 * go in steps: each entry first finishes what the caller had begun before (destroy.c), and does at least one step before it
 * looks for interrupts.
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

/* Argument 1 is a slot that can be filled, argument 2 the address of a capability. */
static status_t decode_fill(const struct invocation *invocation, struct slot **source, struct slot **target)
{
    if (decode_index(invocation, target) != OK || !slot_is_empty(*target))
        return invocation_error(ERR_SLOT, 1);
    return invocation_cap(invocation, 2, source);
}

static status_t cnode_copy(struct invocation *invocation)
{
    struct slot *source, *target;
    status_t status = decode_fill(invocation, &source, &target);

    if (status != OK)
        return status;
    return invocation_error(cap_copy(source, target), 2);
}

static status_t cnode_mint(struct invocation *invocation)
{
    struct mint mint = { invocation->argument[2], invocation->argument[3], invocation->argument[4] };
    struct slot *source, *target;
    unsigned argument;
    status_t status = decode_fill(invocation, &source, &target);

    if (status != OK)
        return status;
    error_t error = cap_mint(source, target, &mint, &argument);
    return invocation_error(error, error == ERR_DEPTH ? 0 : argument ? argument + 2 : 2);
}

static status_t cnode_move(struct invocation *invocation)
{
    struct slot *source, *target;
    status_t status = decode_fill(invocation, &source, &target);

    if (status == OK)
        cap_move(source, target);
    return status;
}

/* One step of what is left from before, or else of the operation itself. */
static enum progress next_step(const struct invocation *invocation, struct slot *slot, bool whole)
{
    enum progress progress = destroy_work_step(invocation->caller);

    if (progress != PROGRESS_DONE)
        return progress;
    return whole ? destroy_delete_step(slot, invocation->caller)
                 : destroy_revoke_step(slot, invocation->caller);
}

/* A caller that has stopped itself by what it took away (its own thread, its address space) leaves the rest; it goes on
 * with it if it is ever resumed. */
static status_t take_away(struct invocation *invocation, struct slot *slot, bool whole)
{
    for (;;) { /* bounded by what there is to destroy; each round is a step */
        enum progress progress = next_step(invocation, slot, whole);
        if (progress == PROGRESS_DONE)
            return OK;
        if (progress == PROGRESS_RESTART || invocation->caller->state != THREAD_STATE_RUNNABLE ||
            arch_interrupt_pending() || lock_is_wanted(core_self()))
            return INVOKE_RESTART;
    }
}

static status_t cnode_delete(struct invocation *invocation)
{
    struct slot *slot;
    status_t status = decode_index(invocation, &slot);

    return status == OK ? take_away(invocation, slot, true) : status;
}

static status_t cnode_revoke(struct invocation *invocation)
{
    struct slot *slot;
    status_t status = decode_index(invocation, &slot);

    if (status == OK && slot_is_empty(slot))
        status = invocation_error(ERR_CAPABILITY, 1);
    return status == OK ? take_away(invocation, slot, false) : status;
}

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

static status_t cnode_inspect(struct invocation *invocation)
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

static status_t cnode_cancel_badge(struct invocation *invocation)
{
    struct slot *slot;
    status_t status = decode_index(invocation, &slot);

    if (status != OK)
        return status;
    if (slot_is_empty(slot))
        return invocation_error(ERR_CAPABILITY, 1);
    if (cap_type(&slot->cap) != OBJECT_ENDPOINT)
        return invocation_error(ERR_TYPE, 1);
    if (!cap_is(&slot->cap, OBJECT_ENDPOINT, RIGHT_READ | RIGHT_WRITE) || slot->cap.data != 0)
        return invocation_error(ERR_RIGHT, 1);
    if (!invocation->repeats)
        endpoint_cancel_anew(cap_pointer(&slot->cap), invocation->caller);
    while (!endpoint_cancel_step(cap_pointer(&slot->cap), invocation->argument[1], invocation->caller))
        if (arch_interrupt_pending() || lock_is_wanted(core_self()))
            return INVOKE_RESTART;
    return OK;
}

status_t cnode_invoke(struct invocation *invocation)
{
    switch (invocation->operation) {
    case OP_CNODE_COPY:
        return cnode_copy(invocation);
    case OP_CNODE_MINT:
        return cnode_mint(invocation);
    case OP_CNODE_MOVE:
        return cnode_move(invocation);
    case OP_CNODE_DELETE:
        return cnode_delete(invocation);
    case OP_CNODE_REVOKE:
        return cnode_revoke(invocation);
    case OP_CNODE_INSPECT:
        return cnode_inspect(invocation);
    default:
        return cnode_cancel_badge(invocation);
    }
}
