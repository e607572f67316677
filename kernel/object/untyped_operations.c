/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Untyped: ranges of memory, and the making of objects.
 *
 * An Untyped's capability holds its watermark: memory below it has been given to objects or may be dirty; memory above is clean (all
 * zero). Retype takes memory from the watermark upwards; when an interrupt waits it stops after some objects, and the caller's system call is then
 * one for the rest of them. Reset, only without children, clears from the watermark
 * downwards, in steps that leave the watermark where they got to, so that it can be interrupted and just goes on: each entry decodes
 * once, and then performs one step at least.
 *
 *     [ base ........ watermark ................ end ]
 *       objects, dirty         clean
 *
 * Device memory is not clean and never cleared: it yields only Frames and device Untyped.
 */
#include "address_space.h"
#include "derivation.h"
#include "destroy.h"
#include "invocation.h"
#include "irq_handler.h"
#include "lock.h"
#include "object.h"
#include "sched_context.h"
#include "watermark.h"

#define RETYPE_COUNT_MAX 64u
#define RETYPE_STEP      2u /* objects that are made before it is looked for interrupts */

struct retype {
    struct slot *untyped;
    unsigned type;
    unsigned size_bits;   /* as it was chosen */
    unsigned memory_bits; /* log2 of each object's bytes */
    struct slot *slots;   /* destinations */
    word_t count;
    uint64_t offset;    /* of the first object */
    struct slot *range; /* of AddressSpace and IrqHandler */
    uint32_t number;
};

static status_t check_range(const struct invocation *invocation, struct retype *op)
{
    word_t number = invocation->argument[6];
    unsigned type = op->type == OBJECT_ADDRESS_SPACE ? OBJECT_ASID_RANGE : OBJECT_IRQ_RANGE;

    op->range = NULL;
    op->number = (uint32_t)number;
    if (op->type != OBJECT_ADDRESS_SPACE && op->type != OBJECT_IRQ_HANDLER) {
        if (!(invocation->argument[5] | number))
            return OK;
        return invocation_error(ERR_RANGE, invocation->argument[5] ? 6 : 7);
    }
    status_t status = invocation_typed(invocation, 6, type, RIGHT_WRITE, &op->range);
    if (status != OK)
        return status;
    if (!range_contains(&op->range->cap, number, op->count))
        return invocation_error(ERR_RANGE, 7);
    for (word_t i = 0; i < op->count; i++)
        if (type == OBJECT_ASID_RANGE ? space_by_number((uint32_t)(number + i)) != NULL
                                      : irq_handler_by_line((unsigned)(number + i)) != NULL)
            return invocation_error(ERR_BUSY, 7);
    return derivation_can_have_child(op->range) ? OK : ERR_DEPTH;
}

static status_t check_destination(const struct invocation *invocation, struct retype *op)
{
    struct thread *caller = invocation->caller;
    struct slot *cnode;
    struct slot *slots = caller->cnode;
    word_t room = caller->cnode_mask + 1, first = invocation->argument[3];

    if (invocation->argument[2] != CAP_NULL) {
        status_t status = invocation_typed(invocation, 3, OBJECT_CNODE, RIGHT_WRITE, &cnode);
        if (status != OK)
            return status;
        slots = cnode_slots(&cnode->cap);
        room = cnode_count(&cnode->cap);
    }
    if (op->count < 1 || op->count > RETYPE_COUNT_MAX)
        return invocation_error(ERR_RANGE, 5);
    if (first == 0 || first >= room || op->count > room - first)
        return invocation_error(ERR_SLOT, 4);
    op->slots = slots + first;
    for (word_t i = 0; i < op->count; i++)
        if (!slot_is_empty(&op->slots[i]))
            return invocation_error(ERR_SLOT, 4);
    return OK;
}

/* The first free offset at or above the watermark that is aligned to the size; ERR_MEMORY if not all fit. */
static status_t check_memory(struct retype *op)
{
    const struct cap *cap = &op->untyped->cap;
    unsigned untyped_bits = untyped_size_bits(cap);

    op->offset = watermark_align(cap->data, op->memory_bits);
    return watermark_has_room(op->offset, op->memory_bits, op->count, untyped_bits) ? OK : ERR_MEMORY;
}

static status_t retype_decode(const struct invocation *invocation, struct retype *op)
{
    word_t type = invocation->argument[0], size_bits = invocation->argument[1];

    op->untyped = invocation->slot;
    if (type == OBJECT_NULL || type > OBJECT_IRQ_HANDLER)
        return invocation_error(ERR_TYPE, 1);
    if (untyped_is_device(&op->untyped->cap) && type != OBJECT_FRAME && type != OBJECT_UNTYPED)
        return invocation_error(ERR_TYPE, 1);
    op->type = (unsigned)type;
    op->size_bits = (unsigned)size_bits;
    op->memory_bits = object_memory_bits(op->type, size_bits);
    if (op->memory_bits == 0)
        return invocation_error(ERR_RANGE, 2);
    op->count = invocation->argument[4];
    status_t status = check_destination(invocation, op);
    if (status == OK)
        status = check_range(invocation, op);
    if (status == OK)
        status = check_memory(op);
    if (status == OK && !derivation_can_have_child(op->untyped))
        status = ERR_DEPTH;
    return status;
}

static void set_argument(struct thread *caller, unsigned index, word_t value)
{
    if (index < MESSAGE_REGISTER_WORDS)
        arch_set_message_word(&caller->context, index, value);
    else
        SHARED_WRITE(caller->utcb->words[index], value); /* it was read from there */
}

/* The system call is executed again, for what is left after `made` objects. */
static status_t retype_rest(const struct invocation *invocation, const struct retype *op, word_t made)
{
    struct thread *caller = invocation->caller;

    set_argument(caller, 3, invocation->argument[3] + made);
    set_argument(caller, 4, op->count - made);
    if (op->range)
        set_argument(caller, 6, op->number + made);
    return INVOKE_RESTART;
}

/* OK or INVOKE_RESTART. */
static status_t retype_perform(const struct retype *op, const struct invocation *invocation)
{
    struct cap *untyped = &op->untyped->cap;
    char *memory = (char *)cap_pointer(untyped) + op->offset;
    struct cap cap = object_cap(op->type, memory, op->size_bits, untyped_is_device(untyped));
    struct slot *slot = op->slots;

    for (word_t made = 0;;) {
        object_init(op->type, memory, op->size_bits, op->range, op->number + (uint32_t)made);
        derivation_add_child(op->untyped, slot++, cap);
        untyped->data = watermark_after(op->offset, op->memory_bits, ++made);
        if (made == op->count)
            return OK;
        if (made % RETYPE_STEP == 0 && (arch_interrupt_pending() || lock_is_wanted(core_self())))
            return retype_rest(invocation, op, made);
        memory += (word_t)1 << op->memory_bits;
        cap.head += pointer_pack((void *)((word_t)1 << op->memory_bits)); /* the next object's */
    }
}

status_t untyped_retype(struct invocation *invocation)
{
    struct retype op;
    status_t status = retype_decode(invocation, &op);

    return status == OK ? retype_perform(&op, invocation) : status;
}

/* Clear one step below the watermark, not below the floor. True if there is more. */
static bool reset_step(struct cap *untyped, uint64_t floor)
{
    uint64_t lower = untyped_is_device(untyped) ? floor : watermark_step_down(untyped->data, floor);

    if (!untyped_is_device(untyped))
        arch_clear_memory((char *)cap_pointer(untyped) + lower, untyped->data - lower);
    untyped->data = lower;
    return untyped->data > floor;
}

static status_t reset_decode(const struct invocation *invocation)
{
    uint64_t floor = invocation->argument[0];

    if (derivation_has_children(invocation->slot))
        return ERR_CHILDREN;
    if (floor > invocation->slot->cap.data)
        return invocation_error(ERR_RANGE, 1);
    return floor % WATERMARK_STEP ? invocation_error(ERR_ALIGNMENT, 1) : OK;
}

/* OK or INVOKE_RESTART. */
static status_t reset_perform(struct cap *untyped, uint64_t floor)
{
    if (floor == untyped->data)
        return OK;
    while (reset_step(untyped, floor)) /* bounded by the size: each step lowers the watermark */
        if (arch_interrupt_pending() || lock_is_wanted(core_self()))
            return INVOKE_RESTART;
    return OK;
}

status_t untyped_reset(struct invocation *invocation)
{
    status_t status = reset_decode(invocation);

    return status == OK ? reset_perform(&invocation->slot->cap, invocation->argument[0]) : status;
}

status_t untyped_info(struct invocation *invocation)
{
    const struct cap *untyped = &invocation->slot->cap;

    invocation_result(invocation, (word_t)arch_physical(cap_pointer(untyped)));
    invocation_result(invocation, untyped_size_bits(untyped));
    invocation_result(invocation, (word_t)untyped->data);
    invocation_result(invocation, untyped_is_device(untyped));
    return OK;
}
