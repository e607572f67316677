/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings: every entry of a page table that user code can reach is the mapping of a capability that records it, with no more rights
 * than that has. (The reverse is how mapping_entry decides if a record counts.)
 */
#include "address_space.h"
#include "check.h"
#include "derivation.h"

/* A capability of this type to this memory, mapped at this entry. */
static const struct slot *mapping_owner(unsigned type, const arch_pte_t *wanted)
{
    struct address_space *space;

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (cap_type(&slot->cap) == type && mapping_entry(&slot->cap, &space) == wanted)
            return slot;
    return NULL;
}

static bool check_frame_entry(struct check_report *report, const arch_pte_t *entry)
{
    const struct slot *owner = mapping_owner(OBJECT_FRAME, entry);

    CHECK_THAT(report, owner, entry, NULL, "a mapped frame has a capability that records the mapping");
    CHECK_THAT(report, !(arch_pte_rights(*entry) & RIGHT_WRITE) || (cap_rights(&owner->cap) & RIGHT_WRITE),
               entry, owner, "a writable mapping was made with a writable capability");
    return true;
}

/* One table and those below it: at most ARCH_TABLE_LEVELS deep, walked with a position for each level. */
static bool check_space(struct check_report *report, struct address_space *space)
{
    arch_pte_t *table[ARCH_TABLE_LEVELS_MAX];
    unsigned level = ARCH_TABLE_LEVELS - 1;
    word_t address = 0;

    table[level] = arch_root_table(&space->arch);
    while (arch_user_range(address, PAGE_BITS)) {
        arch_pte_t *entry = arch_table_entry(table[level], level, address);
        if (arch_pte_is_table(*entry, level)) {
            CHECK_THAT(report, mapping_owner(OBJECT_PAGE_TABLE, entry), entry, space,
                       "a page table in use has a capability that records it");
            table[--level] = arch_pointer(arch_pte_address(*entry));
            continue;
        }
        if (!arch_pte_is_empty(*entry) && !check_frame_entry(report, entry))
            return false;
        address += (word_t)1 << arch_level_bits(level);
        while (level < ARCH_TABLE_LEVELS - 1 &&
               (address & (((word_t)1 << arch_level_bits(level + 1)) - 1)) == 0)
            level++;
    }
    return true;
}

bool check_mappings(struct check_report *report)
{
    for (uint32_t number = 1; number < SPACE_NUMBERS; number++) {
        struct address_space *space = space_by_number(number);
        if (!space)
            continue;
        CHECK_THAT(report, space->number == number, space, NULL, "the owner of a number has that number");
        if (!check_space(report, space))
            return false;
    }
    return true;
}
