/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings: Frames and PageTables in address spaces.
 *
 * A Frame or PageTable capability that is mapped records where: number and generation of the space, and the address. The
 * record is only a hint: it counts if the space still has that number and generation, and the page-table entry there still holds this
 * memory. Otherwise the mapping has gone (with its space, with a table above it), and the record is void. So a space or a table
 * can be destroyed without looking for what was mapped in it.
 *
 *     data    63..28 address / 4096    27..16 number    15..0 generation, low bits
 *     head    27..16 generation, high bits: memory is 4 KiB aligned, so these bits of the pointer are free
 *
 * A PageTable is mapped at most once and cannot be copied. A table that comes back from a mapping is cleared before it is mapped again: what
 * was mapped through it is void then.
 *
 * Protected by the tree lock.
 */
#include "address_space.h"
#include "lock.h"

_Static_assert(FRAME_SIZE_2M == FRAME_SIZE_4K + ARCH_TABLE_BITS &&
                   FRAME_SIZE_1G == FRAME_SIZE_2M + ARCH_TABLE_BITS,
               "a frame's size must be that of its level");
_Static_assert(SPACE_NUMBER_BITS <= RECORD_ADDRESS_SHIFT - RECORD_NUMBER_SHIFT,
               "a number must fit into its field");

/* The entry that a record stands for, if the capability is of this kind and level. */
static ALWAYS_INLINE arch_pte_t *find_entry(const struct cap *cap, bool is_table, unsigned level,
                                            struct address_space **space)
{
    struct mapping mapping = mapping_read(cap);

    *space = space_by_number(mapping.number); /* number 0 is nobody's */
    if (!*space || (*space)->generation != mapping.generation)
        return NULL;
    struct table_place place = space_walk(*space, mapping.address, level);
    return place.level == level && !arch_pte_is_empty(*place.entry) &&
                   arch_pte_address(*place.entry) == arch_physical(mapped_pointer(cap)) &&
                   arch_pte_is_table(*place.entry, level) == is_table
               ? place.entry
               : NULL;
}

arch_pte_t *mapping_entry(const struct cap *cap, struct address_space **space)
{
    bool is_table = cap_type(cap) == OBJECT_PAGE_TABLE;

    return find_entry(cap, is_table, frame_level(cap) + is_table, space);
}

static NOINLINE void undo_other(struct cap *cap)
{
    struct address_space *space;
    arch_pte_t *entry = mapping_entry(cap, &space);

    if (!entry)
        return;
    arch_pte_write(entry, 0);
    if (cap_type(cap) == OBJECT_PAGE_TABLE)
        space_flush(space);
    else
        space_flush_page(space, mapping_read(cap).address, frame_size_bits(cap));
}

void mapping_undo(struct cap *cap)
{
    struct address_space *space;

    assert(lock_holds(LOCK_TREE));
    if (unlikely(cap_type(cap) == OBJECT_PAGE_TABLE || frame_level(cap) > 0)) {
        undo_other(cap);
        return;
    }
    arch_pte_t *entry = find_entry(cap, false, 0, &space);
    if (!entry)
        return;
    arch_pte_write(entry, 0);
    space_flush_page(space, mapping_read(cap).address, PAGE_BITS);
}
