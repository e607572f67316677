/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Mappings: every entry of a page table that user code can reach is the mapping of a capability that records it, with no more rights
 * than that has. (The reverse is how mapping_entry decides if a record counts.) A capability to a Frame is a child of an Untyped, and
 * objects do not overlap (check_memory); so user code can write to frames only, and never to an object of the kernel or to a table.
 *
 * One entry may be recorded by more than one capability: a record is void once a table above its entry is taken away, and counts again
 * if the same frame is then mapped at the same place by another. One of them must have the entry's rights.
 */
#include "address_space.h"
#include "check.h"
#include "derivation.h"

/* A capability of this type to the entry's memory, mapped at this entry, with these rights. */
static const struct slot *mapping_owner(unsigned type, const arch_pte_t *wanted, word_t rights)
{
    const void *memory = arch_pointer(arch_pte_address(*wanted));
    struct address_space *space;

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (cap_is(&slot->cap, type, rights) && mapped_pointer(&slot->cap) == memory &&
            mapping_entry(&slot->cap, &space) == wanted)
            return slot;
    return NULL;
}

static bool check_frame_entry(struct check_report *report, const arch_pte_t *entry)
{
    word_t rights = arch_pte_rights(*entry) & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);

    if (mapping_owner(OBJECT_FRAME, entry, rights))
        return true;
    const struct slot *owner = mapping_owner(OBJECT_FRAME, entry, 0);
    CHECK_THAT(report, owner, entry, NULL, "a mapped frame has a capability that records the mapping");
    CHECK_THAT(report, mapping_owner(OBJECT_FRAME, entry, rights & RIGHT_WRITE), entry, owner,
               "a writable mapping was made with a writable capability");
    CHECK_THAT(report, mapping_owner(OBJECT_FRAME, entry, rights & RIGHT_EXECUTE), entry, owner,
               "an executable mapping was made with a capability that may execute");
    CHECK_THAT(report, false, entry, owner, "a mapping has no more rights than the capability that made it");
    return true;
}

#define TABLE_ENTRIES (1u << ARCH_TABLE_BITS)

/* The root's entries that are for user addresses. */
static unsigned user_entries(void)
{
    unsigned count = 0;

    while (count < TABLE_ENTRIES &&
           arch_user_range((word_t)count << arch_level_bits(ARCH_TABLE_LEVELS - 1), PAGE_BITS))
        count++;
    return count;
}

/* Tables are walked with a position for each level. */
struct walk {
    arch_pte_t *next[ARCH_TABLE_LEVELS_MAX], *end[ARCH_TABLE_LEVELS_MAX];
    unsigned level;
};

static void walk_into(struct walk *walk, unsigned level, arch_pte_t *table, unsigned count)
{
    walk->level = level;
    walk->next[level] = table;
    walk->end[level] = table + count;
}

static bool check_space(struct check_report *report, struct address_space *space)
{
    struct walk walk;

    walk_into(&walk, ARCH_TABLE_LEVELS - 1, space_root(space), user_entries());
    while (walk.level < ARCH_TABLE_LEVELS) {
        unsigned level = walk.level;
        if (walk.next[level] == walk.end[level]) {
            walk.level++;
            continue;
        }
        arch_pte_t *entry = walk.next[level]++;
        if (arch_pte_is_empty(*entry))
            continue;
        if (!arch_pte_is_table(*entry, level)) {
            if (!check_frame_entry(report, entry))
                return false;
            continue;
        }
        CHECK_THAT(report, mapping_owner(OBJECT_PAGE_TABLE, entry, 0), entry, space,
                   "a page table in use has a capability that records it");
        walk_into(&walk, level - 1, arch_pointer(arch_pte_address(*entry)), TABLE_ENTRIES);
    }
    return true;
}

/* A space that has lost its number has lost its mappings with it: the user half of its root is empty. */
static bool check_numberless(struct check_report *report, struct address_space *space)
{
    const arch_pte_t *root = space_root(space);

    for (unsigned i = 0; i < user_entries(); i++)
        CHECK_THAT(report, arch_pte_is_empty(root[i]), space, &root[i],
                   "nothing is mapped in a space without a number");
    return true;
}

bool check_mappings(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        if (cap_type(&slot->cap) != OBJECT_ADDRESS_SPACE || !check_is_first(slot))
            continue;
        struct address_space *space = cap_pointer(&slot->cap);
        if (!(space->number ? check_space(report, space) : check_numberless(report, space)))
            return false;
    }
    return true;
}
