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

#define RECORD_ADDRESS_SHIFT 28
#define RECORD_NUMBER_SHIFT  16
#define RECORD_LOW_BITS      16
#define RECORD_HIGH_SHIFT    16 /* in head */
#define RECORD_HIGH_MASK     (MAPPING_HEAD_BITS >> RECORD_HIGH_SHIFT)

_Static_assert(FRAME_SIZE_2M == FRAME_SIZE_4K + ARCH_TABLE_BITS &&
                   FRAME_SIZE_1G == FRAME_SIZE_2M + ARCH_TABLE_BITS,
               "a frame's size must be that of its level");
_Static_assert(SPACE_NUMBER_BITS <= RECORD_ADDRESS_SHIFT - RECORD_NUMBER_SHIFT,
               "a number must fit into its field");

struct mapping mapping_read(const struct cap *cap)
{
    uint32_t low = (uint32_t)(cap->data & 0xffff),
             high = (uint32_t)(cap->head >> RECORD_HIGH_SHIFT & RECORD_HIGH_MASK);

    return (struct mapping){ .number = (uint32_t)(cap->data >> RECORD_NUMBER_SHIFT) & (SPACE_NUMBERS - 1),
                             .generation = high << RECORD_LOW_BITS | low,
                             .address = (word_t)(cap->data >> RECORD_ADDRESS_SHIFT) << PAGE_BITS };
}

void mapping_write(struct cap *cap, struct mapping mapping)
{
    assert(mapping.address % PAGE_SIZE == 0 && mapping.number < SPACE_NUMBERS);
    cap->data = (uint64_t)(mapping.address >> PAGE_BITS) << RECORD_ADDRESS_SHIFT |
                (uint64_t)mapping.number << RECORD_NUMBER_SHIFT | (mapping.generation & 0xffff);
    SHARED_WRITE(cap->head, (cap->head & ~MAPPING_HEAD_BITS) |
                                (uint64_t)(mapping.generation >> RECORD_LOW_BITS) << RECORD_HIGH_SHIFT);
}

struct place {
    arch_pte_t *entry;
    unsigned level;
};

/* Walk from the root towards the entry for `address` at `level`: to that, or to one above it that is no table. */
static struct place walk(struct address_space *space, word_t address, unsigned level)
{
    arch_pte_t *where = arch_table_entry(space_root(space), ARCH_TABLE_LEVELS - 1, address);

#pragma GCC unroll 4 /* with the levels as constants, each takes a third less */
    for (unsigned at = ARCH_TABLE_LEVELS - 1; at > level; at--) {
        arch_pte_t entry = *where;
        if (!arch_pte_is_table(entry, at))
            return (struct place){ where, at };
        where = arch_table_entry(arch_pointer(arch_pte_address(entry)), at - 1, address);
    }
    return (struct place){ where, level };
}

static ALWAYS_INLINE arch_pte_t *find_entry(const struct cap *cap, struct address_space **space)
{
    struct mapping mapping = mapping_read(cap);
    bool is_table = cap_type(cap) == OBJECT_PAGE_TABLE;
    unsigned level = frame_level(cap) + is_table;

    *space = space_by_number(mapping.number); /* number 0 is nobody's */
    if (!*space || (*space)->generation != mapping.generation)
        return NULL;
    struct place place = walk(*space, mapping.address, level);
    return place.level == level && !arch_pte_is_empty(*place.entry) &&
                   arch_pte_address(*place.entry) == arch_physical(mapped_pointer(cap)) &&
                   arch_pte_is_table(*place.entry, level) == is_table
               ? place.entry
               : NULL;
}

arch_pte_t *mapping_entry(const struct cap *cap, struct address_space **space)
{
    return find_entry(cap, space);
}

static status_t wrong(error_t error, unsigned argument)
{
    return error | (status_t)argument << STATUS_ARGUMENT_SHIFT;
}

static status_t check_address(struct address_space *space, word_t address, unsigned size_bits)
{
    if (!space->number)
        return ERR_STATE;
    word_t offset_bits = ((word_t)1 << size_bits) - 1;
    if (address & offset_bits)
        return wrong(ERR_ALIGNMENT, 2);
    return arch_user_range(address | offset_bits, 0) ? OK : wrong(ERR_RANGE, 2);
}

static status_t check_frame(struct map_operation *op)
{
    const struct cap *cap = &op->slot->cap;
    unsigned level = frame_level(cap);
    struct address_space *mapped_in;
    arch_pte_t *mapped = NULL;

    status_t status = check_address(op->space, op->address, frame_size_bits(cap));
    if (status != OK)
        return status;
    if ((op->rights & ~(word_t)RIGHTS_ALL) ||
        !(op->rights & cap_rights(cap) & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)))
        return wrong(ERR_RANGE, 3);
    if (op->cache > MAP_CACHE_COMBINE)
        return wrong(ERR_RANGE, 4);
    if (level > 1 && level > arch_largest_level()) /* 2 MiB can be everywhere */
        return wrong(ERR_TYPE, 1);

    if (cap->data) /* there is a record */
        mapped = mapping_entry(cap, &mapped_in);
    if (mapped && (mapped_in != op->space || mapping_read(cap).address != op->address))
        return wrong(ERR_MAPPED, 1);
    struct place place = walk(op->space, op->address, level);
    if (place.level > level) {
        op->level = place.level - 1;
        return wrong(arch_pte_is_empty(*place.entry) ? ERR_TABLE : ERR_MAPPED, 2);
    }
    if (!arch_pte_is_empty(*place.entry) && place.entry != mapped)
        return wrong(ERR_MAPPED, 2);

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

static void perform_frame(const struct map_operation *op)
{
    struct cap *cap = &op->slot->cap;

    assert(lock_holds(LOCK_TREE));
    if ((op->rights & RIGHT_EXECUTE) && !frame_is_device(cap))
        sync_instructions(cap);
    arch_pte_write(op->entry, op->value);
    mapping_write(cap, (struct mapping){ op->space->number, op->space->generation, op->address });
    if (op->changes_rights)
        space_flush_page(op->space, op->address, frame_size_bits(cap));
}

status_t mapping_make_frame(struct map_operation *op)
{
    status_t status = check_frame(op);

    if (status == OK)
        perform_frame(op);
    return status;
}

static status_t check_table(struct map_operation *op)
{
    struct address_space *mapped_in;

    status_t status = check_address(op->space, op->address & ~(word_t)(PAGE_SIZE - 1), PAGE_BITS);
    if (status != OK)
        return status;
    if (mapping_entry(&op->slot->cap, &mapped_in))
        return wrong(ERR_MAPPED, 1);
    struct place place = walk(op->space, op->address, 0);
    if (place.level == 0 || !arch_pte_is_empty(*place.entry))
        return wrong(ERR_MAPPED, 2);

    op->level = place.level - 1;
    op->entry = place.entry;
    op->value = arch_pte_table(arch_physical(mapped_pointer(&op->slot->cap)));
    op->address &= ~(((word_t)1 << arch_level_bits(place.level)) - 1);
    return OK;
}

static void perform_table(const struct map_operation *op)
{
    struct cap *cap = &op->slot->cap;
    void *memory = mapped_pointer(cap);

    assert(lock_holds(LOCK_TREE));
    if (mapping_read(cap).number) /* it was mapped before */
        arch_clear_memory(memory, PAGE_SIZE);
    arch_pte_write(op->entry, op->value);
    cap_set_small(cap, op->level);
    mapping_write(cap, (struct mapping){ op->space->number, op->space->generation, op->address });
}

status_t mapping_make_table(struct map_operation *op)
{
    status_t status = check_table(op);

    if (status == OK)
        perform_table(op);
    return status;
}

void mapping_undo(struct cap *cap)
{
    struct address_space *space;
    arch_pte_t *entry = find_entry(cap, &space);

    assert(lock_holds(LOCK_TREE));
    if (!entry)
        return;
    arch_pte_write(entry, 0);
    if (cap_type(cap) == OBJECT_PAGE_TABLE)
        space_flush(space);
    else
        space_flush_page(space, mapping_read(cap).address, frame_size_bits(cap));
}
