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

void mapping_clear(struct cap *cap)
{
    mapping_write(cap, (struct mapping){ 0, 0, 0 });
}

void *mapped_pointer(const struct cap *cap)
{
    return (void *)((uintptr_t)cap_pointer(cap) & ~(uintptr_t)(PAGE_SIZE - 1));
}

static const uint8_t frame_sizes[] = { FRAME_SIZE_4K, FRAME_SIZE_2M, FRAME_SIZE_1G };

unsigned frame_size_bits(const struct cap *cap)
{
    return frame_sizes[cap_small(cap) & 3];
}

bool frame_is_device(const struct cap *cap)
{
    return (cap_small(cap) & FRAME_DEVICE) != 0;
}

struct cap frame_cap(void *memory, unsigned size_bits, bool device, word_t rights)
{
    unsigned size = size_bits == FRAME_SIZE_4K ? 0 : size_bits == FRAME_SIZE_2M ? 1 : 2;

    assert(frame_sizes[size] == size_bits);
    return cap_make(OBJECT_FRAME, memory, rights, size | (device ? FRAME_DEVICE : 0), 0);
}

/* Walk from the root towards the entry for `address` at `level`. Returns it; or NULL if there is no table at *missing, or a large frame in
 * the way (*missing is then the level of the frame's entry, with *blocked set). */
static arch_pte_t *walk(struct address_space *space, word_t address, unsigned level, unsigned *missing,
                        bool *blocked)
{
    arch_pte_t *table = arch_root_table(&space->arch);

    *blocked = false;
    for (unsigned at = ARCH_TABLE_LEVELS - 1; at > level; at--) {
        arch_pte_t entry = *arch_table_entry(table, at, address);
        if (!arch_pte_is_table(entry, at)) {
            *missing = at - 1;
            *blocked = !arch_pte_is_empty(entry);
            return NULL;
        }
        table = arch_pointer(arch_pte_address(entry));
    }
    return arch_table_entry(table, level, address);
}

/* Level of the entry that points to the memory of this capability. */
static unsigned entry_level(const struct cap *cap)
{
    unsigned level = 0;

    if (cap_type(cap) == OBJECT_PAGE_TABLE)
        return (cap_small(cap) & 7) + 1;
    bool known = arch_frame_level(frame_size_bits(cap), &level);
    assert(known);
    (void)known;
    return level;
}

arch_pte_t *mapping_entry(const struct cap *cap, struct address_space **space)
{
    struct mapping mapping = mapping_read(cap);
    unsigned level, missing;
    bool blocked;

    if (mapping.number == 0)
        return NULL;
    *space = space_by_number(mapping.number);
    if (!*space || (*space)->generation != mapping.generation)
        return NULL;
    level = entry_level(cap);
    arch_pte_t *entry = walk(*space, mapping.address, level, &missing, &blocked);
    if (!entry || arch_pte_is_empty(*entry) || arch_pte_address(*entry) != arch_physical(mapped_pointer(cap)))
        return NULL;
    bool is_table = arch_pte_is_table(*entry, level);
    return is_table == (cap_type(cap) == OBJECT_PAGE_TABLE) ? entry : NULL;
}

static status_t wrong(error_t error, unsigned argument)
{
    return error | (status_t)argument << STATUS_ARGUMENT_SHIFT;
}

static status_t check_address(struct address_space *space, word_t address, unsigned size_bits)
{
    if (!space->number)
        return ERR_STATE;
    if (address & (((word_t)1 << size_bits) - 1))
        return wrong(ERR_ALIGNMENT, 2);
    if (!arch_user_range(address, size_bits))
        return wrong(ERR_RANGE, 2);
    return OK;
}

status_t map_check_frame(struct address_space *space, struct slot *frame, word_t address, word_t rights,
                         word_t cache, struct map_operation *out, word_t *level_out)
{
    const struct cap *cap = &frame->cap;
    unsigned size_bits = frame_size_bits(cap), level, missing = 0;
    struct address_space *mapped_in;
    bool blocked;

    status_t status = check_address(space, address, size_bits);
    if (status != OK)
        return status;
    if ((rights & ~(word_t)RIGHTS_ALL) ||
        !(rights & cap_rights(cap) & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)))
        return wrong(ERR_RANGE, 3);
    if (cache > MAP_CACHE_COMBINE)
        return wrong(ERR_RANGE, 4);
    if (!arch_frame_level(size_bits, &level))
        return wrong(ERR_TYPE, 1);

    arch_pte_t *mapped = mapping_entry(cap, &mapped_in);
    if (mapped && (mapped_in != space || mapping_read(cap).address != address))
        return wrong(ERR_MAPPED, 1);
    arch_pte_t *entry = walk(space, address, level, &missing, &blocked);
    if (!entry) {
        *level_out = missing;
        return wrong(blocked ? ERR_MAPPED : ERR_TABLE, 2);
    }
    if (!arch_pte_is_empty(*entry) && entry != mapped)
        return wrong(ERR_MAPPED, 2);

    rights &= cap_rights(cap);
    *out = (struct map_operation){ .space = space,
                                   .slot = frame,
                                   .entry = entry,
                                   .value = arch_pte_frame(arch_physical(mapped_pointer(cap)), level, rights,
                                                           cache),
                                   .address = address,
                                   .changes_rights = mapped != NULL,
                                   .executable = (rights & RIGHT_EXECUTE) && !frame_is_device(cap) };
    return OK;
}

void map_perform_frame(const struct map_operation *op)
{
    struct cap *cap = &op->slot->cap;
    unsigned size_bits = frame_size_bits(cap);

    assert(lock_holds(LOCK_TREE));
    if (op->executable) {
        arch_sync_instructions(mapped_pointer(cap), (size_t)1 << size_bits);
        remote_sync_instructions();
    }
    arch_pte_write(op->entry, op->value);
    if (op->changes_rights)
        space_flush_page(op->space, op->address, size_bits);
    mapping_write(cap, (struct mapping){ op->space->number, op->space->generation, op->address });
}

status_t map_check_table(struct address_space *space, struct slot *table, word_t address,
                         struct map_operation *out, word_t *level_out)
{
    struct address_space *mapped_in;
    unsigned missing = 0;
    bool blocked;

    status_t status = check_address(space, address & ~(word_t)(PAGE_SIZE - 1), PAGE_BITS);
    if (status != OK)
        return status;
    if (mapping_entry(&table->cap, &mapped_in))
        return wrong(ERR_MAPPED, 1);
    if (walk(space, address, 0, &missing, &blocked) || blocked)
        return wrong(ERR_MAPPED, 2);

    unsigned level = missing;
    arch_pte_t *entry = walk(space, address, level + 1, &missing, &blocked);
    assert(entry && arch_pte_is_empty(*entry));
    *level_out = level;
    *out = (struct map_operation){ .space = space,
                                   .slot = table,
                                   .level = level,
                                   .entry = entry,
                                   .value = arch_pte_table(arch_physical(mapped_pointer(&table->cap))),
                                   .address = address & ~(((word_t)1 << arch_level_bits(level + 1)) - 1) };
    return OK;
}

void map_perform_table(const struct map_operation *op)
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

void mapping_undo(struct cap *cap)
{
    struct address_space *space;
    arch_pte_t *entry = mapping_entry(cap, &space);

    assert(lock_holds(LOCK_TREE));
    if (!entry)
        return;
    arch_pte_write(entry, 0);
    if (cap_type(cap) == OBJECT_PAGE_TABLE)
        space_flush(space);
    else
        space_flush_page(space, mapping_read(cap).address, frame_size_bits(cap));
}
