/* SPDX-License-Identifier: BSD-2-Clause */
/* Operations of Frame, PageTable and AddressSpace. The mechanism is in mapping.c and address_space.c. */
#include "address_space.h"
#include "invocation.h"
#include "lock.h"

/* ---- Making mappings. With a frame's level as a constant it takes two thirds. */

static ALWAYS_INLINE status_t check_address(struct address_space *space, word_t address, unsigned size_bits)
{
    if (!space->number)
        return ERR_STATE;
    word_t offset_bits = ((word_t)1 << size_bits) - 1;
    if (address & offset_bits)
        return invocation_error(ERR_ALIGNMENT, 2);
    return arch_user_range(address | offset_bits, 0) ? OK : invocation_error(ERR_RANGE, 2);
}

/* A mapping to be made: what is asked for, and what the check finds for the perform. */
struct map_frame {
    struct address_space *space;
    struct cap *cap;
    word_t address, rights, cache;

    arch_pte_t *entry;
    arch_pte_t value;
    bool changes_rights; /* it is there already */
};

static ALWAYS_INLINE status_t check_frame(struct map_frame *op, unsigned level, unsigned *missing)
{
    const struct cap *cap = op->cap;
    struct address_space *mapped_in;
    arch_pte_t *mapped = NULL;

    status_t status = check_address(op->space, op->address, arch_level_bits(level));
    if (status != OK)
        return status;
    if ((op->rights & ~(word_t)RIGHTS_ALL) ||
        !(op->rights & cap_rights(cap) & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)))
        return invocation_error(ERR_RANGE, 3);
    if (op->cache > MAP_CACHE_COMBINE)
        return invocation_error(ERR_RANGE, 4);
    if (level > 1 && level > arch_largest_level()) /* 2 MiB can be everywhere */
        return invocation_error(ERR_TYPE, 1);

    if (unlikely(cap->data)) /* there is a record */
        mapped = mapping_entry(cap, &mapped_in);
    if (mapped && (mapped_in != op->space || mapping_read(cap).address != op->address))
        return invocation_error(ERR_MAPPED, 1);
    struct table_place place = space_walk(op->space, op->address, level);
    if (unlikely(place.level > level)) {
        *missing = place.level - 1;
        return invocation_error(arch_pte_is_empty(*place.entry) ? ERR_TABLE : ERR_MAPPED, 2);
    }
    if (unlikely(!arch_pte_is_empty(*place.entry) && place.entry != mapped))
        return invocation_error(ERR_MAPPED, 2);

    op->rights &= cap_rights(cap);
    op->entry = place.entry;
    op->value = arch_pte_frame(arch_physical(mapped_pointer(cap)), level, op->rights, op->cache);
    op->changes_rights = mapped != NULL;
    return OK;
}

static NOINLINE void sync_instructions(const struct cap *frame)
{
    arch_sync_instructions(mapped_pointer(frame), (size_t)1 << frame_size_bits(frame));
    remote_sync_instructions();
}

static ALWAYS_INLINE void perform_frame(const struct map_frame *op, unsigned level)
{
    struct cap *cap = op->cap;

    assert(lock_holds(LOCK_TREE));
    if (unlikely((op->rights & RIGHT_EXECUTE) && !frame_is_device(cap)))
        sync_instructions(cap);
    arch_pte_write(op->entry, op->value);
    mapping_write(cap, (struct mapping){ op->space->number, op->space->generation, op->address });
    if (unlikely(op->changes_rights))
        space_flush_page(op->space, op->address, arch_level_bits(level));
}

static ALWAYS_INLINE status_t make_frame(struct map_frame *op, unsigned level, unsigned *missing)
{
    status_t status = check_frame(op, level, missing);

    if (status == OK)
        perform_frame(op, level);
    return status;
}

status_t mapping_make_frame(struct address_space *space, struct slot *slot, word_t address, word_t rights,
                            word_t cache, unsigned *missing)
{
    struct map_frame op = {
        .space = space, .cap = &slot->cap, .address = address, .rights = rights, .cache = cache
    };

    return make_frame(&op, frame_level(&slot->cap), missing);
}

struct map_table {
    struct address_space *space;
    struct cap *cap;
    word_t address;

    unsigned level; /* of its entries */
    arch_pte_t *entry;
};

static status_t check_table(struct map_table *op)
{
    struct address_space *mapped_in;

    status_t status = check_address(op->space, op->address & ~(word_t)(PAGE_SIZE - 1), PAGE_BITS);
    if (status != OK)
        return status;
    if (mapping_entry(op->cap, &mapped_in))
        return invocation_error(ERR_MAPPED, 1);
    struct table_place place = space_walk(op->space, op->address, 0);
    if (place.level == 0 || !arch_pte_is_empty(*place.entry))
        return invocation_error(ERR_MAPPED, 2);

    op->level = place.level - 1;
    op->entry = place.entry;
    op->address &= ~(((word_t)1 << arch_level_bits(place.level)) - 1);
    return OK;
}

static void perform_table(const struct map_table *op)
{
    struct cap *cap = op->cap;
    void *memory = mapped_pointer(cap);

    assert(lock_holds(LOCK_TREE));
    if (mapping_read(cap).number) /* it was mapped before */
        arch_clear_memory(memory, PAGE_SIZE);
    arch_pte_write(op->entry, arch_pte_table(arch_physical(memory)));
    cap_set_small(cap, op->level);
    mapping_write(cap, (struct mapping){ op->space->number, op->space->generation, op->address });
}

status_t mapping_make_table(struct address_space *space, struct slot *slot, word_t address, unsigned *level)
{
    struct map_table op = { .space = space, .cap = &slot->cap, .address = address };
    status_t status = check_table(&op);

    if (status != OK)
        return status;
    perform_table(&op);
    *level = op.level;
    return OK;
}

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
    const word_t *argument = invocation->argument;
    struct slot *slot;
    unsigned missing;
    status_t status = invocation_typed_here(invocation, 1, OBJECT_FRAME, 0, &slot);

    if (status != OK)
        return status;
    struct map_frame op = { .space = cap_pointer(&invocation->slot->cap),
                            .cap = &slot->cap,
                            .address = argument[1],
                            .rights = argument[2],
                            .cache = argument[3] };
    status = likely(frame_level(op.cap) == 0)
                 ? make_frame(&op, 0, &missing)
                 : mapping_make_frame(op.space, slot, op.address, op.rights, op.cache, &missing);
    if (unlikely((status & STATUS_ERROR_MASK) == ERR_TABLE))
        invocation_result(invocation, missing);
    return status;
}

status_t table_map(struct invocation *invocation)
{
    struct slot *slot;
    unsigned level;
    status_t status = invocation_typed(invocation, 1, OBJECT_PAGE_TABLE, RIGHT_WRITE, &slot);

    if (status != OK)
        return status;
    status = mapping_make_table(cap_pointer(&invocation->slot->cap), slot, invocation->argument[1], &level);
    if (status == OK)
        invocation_result(invocation, level);
    return status;
}

status_t address_space_info(struct invocation *invocation)
{
    const struct address_space *space = cap_pointer(&invocation->slot->cap);

    invocation_result(invocation, space->number);
    return OK;
}
