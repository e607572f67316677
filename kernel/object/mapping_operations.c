/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations of Frame, PageTable and AddressSpace. The mechanism is in mapping.c and address_space.c. */
#include "address_space.h"
#include "invocation.h"

/* ---- Frame */

static status_t cache_decode(const struct invocation *invocation)
{
    const struct cap *cap = &invocation->slot->cap;
    word_t offset = invocation->argument[0], size = invocation->argument[1];
    word_t end = (word_t)1 << frame_size_bits(cap);

    if (offset >= end)
        return invocation_error(ERR_RANGE, 1);
    if (size == 0 || size > end - offset ||
        size > PAGE_SIZE) /* at most a page at a time: it cannot be interrupted */
        return invocation_error(ERR_RANGE, 2);
    return frame_is_device(cap) ? ERR_TYPE : OK;
}

static const char *cache_memory(const struct invocation *invocation)
{
    return (const char *)mapped_pointer(&invocation->slot->cap) + invocation->argument[0];
}

status_t frame_clean(struct invocation *invocation)
{
    status_t status = cache_decode(invocation);

    if (status == OK)
        arch_cache_clean(cache_memory(invocation), invocation->argument[1]);
    return status;
}

status_t frame_invalidate(struct invocation *invocation)
{
    status_t status = cache_decode(invocation);

    if (status == OK)
        arch_cache_invalidate(cache_memory(invocation), invocation->argument[1]);
    return status;
}

status_t frame_info(struct invocation *invocation)
{
    const struct cap *cap = &invocation->slot->cap;
    struct address_space *space;

    invocation_result(invocation, (word_t)arch_physical(mapped_pointer(cap)));
    invocation_result(invocation, frame_size_bits(cap));
    invocation_result(invocation, frame_is_device(cap));
    invocation_result(invocation, mapping_entry(cap, &space) ? mapping_read(cap).address : 0);
    return OK;
}

/* Cannot fail. */
status_t frame_unmap(struct invocation *invocation)
{
    mapping_undo(&invocation->slot->cap);
    mapping_clear(&invocation->slot->cap);
    return OK;
}

/* ---- PageTable */

/* Cannot fail. The record stays, though void: it says that the table must be cleared before it is mapped again. */
status_t table_unmap(struct invocation *invocation)
{
    mapping_undo(&invocation->slot->cap);
    return OK;
}

/* ---- AddressSpace */

status_t frame_map(struct invocation *invocation)
{
    struct map_operation op;
    status_t status = invocation_typed(invocation, 1, OBJECT_FRAME, 0, &op.slot);

    if (status != OK)
        return status;
    op.space = cap_pointer(&invocation->slot->cap);
    op.address = invocation->argument[1];
    op.rights = invocation->argument[2];
    op.cache = invocation->argument[3];
    status = mapping_make_frame(&op);
    if ((status & STATUS_ERROR_MASK) == ERR_TABLE)
        invocation_result(invocation, op.level);
    return status;
}

status_t table_map(struct invocation *invocation)
{
    struct map_operation op;
    status_t status = invocation_typed(invocation, 1, OBJECT_PAGE_TABLE, RIGHT_WRITE, &op.slot);

    if (status != OK)
        return status;
    op.space = cap_pointer(&invocation->slot->cap);
    op.address = invocation->argument[1];
    status = mapping_make_table(&op);
    if (status == OK)
        invocation_result(invocation, op.level);
    return status;
}

status_t address_space_info(struct invocation *invocation)
{
    const struct address_space *space = cap_pointer(&invocation->slot->cap);

    invocation_result(invocation, space->number);
    return OK;
}
