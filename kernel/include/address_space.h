/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces, and what is mapped in them. See object/address_space.c (spaces and their numbers) and
 * object/mapping.c (frames and tables).
 */
#ifndef KERNEL_ADDRESS_SPACE_H
#define KERNEL_ADDRESS_SPACE_H

#include "arch.h"
#include "cap.h"

/* Slots of an address space: its zombie, and its number as a range capability. */
#define SPACE_SLOT_NUMBER 1
#define SPACE_SLOT_COUNT  2

struct address_space {
    struct slot slots[SPACE_SLOT_COUNT];
    uint32_t number;     /* 0: it has lost its number, and all its mappings with it */
    uint32_t generation; /* unique among the spaces that ever had this number (28 bits) */
    struct arch_space arch;
};

#define SPACE_NUMBER_BITS 12
#define SPACE_NUMBERS     (1u << SPACE_NUMBER_BITS) /* 0 is nobody's */

extern struct address_space *space_owners[SPACE_NUMBERS];

/* Space with this number, or NULL. */
static inline struct address_space *space_by_number(uint32_t number)
{
    assert(number < SPACE_NUMBERS);
    return space_owners[number];
}

/* The root table is the second half of the object. */
static inline arch_pte_t *space_root(struct address_space *space)
{
    return (arch_pte_t *)((char *)space + ((size_t)1 << (ARCH_SPACE_BITS - 1)));
}

void space_init(struct address_space *space, uint32_t number);
/* The capability to its number goes: nothing is mapped in it any more, and nothing can be. */
void space_lose_number(struct address_space *space);
/* The last capability goes: no core has it loaded, its number is free. */
void space_destroy(struct address_space *space);

/* No core uses a translation any more that the space's tables do not hold: of one mapping, or any. The tree lock is held. */
void space_flush_page(struct address_space *space, word_t address, unsigned size_bits);
void space_flush(struct address_space *space);

/* Where a walk through the tables ends. */
struct table_place {
    arch_pte_t *entry;
    unsigned level;
};

/* Walk from the root towards the entry for `address` at `level`: to that, or to one above it that is no table. */
static ALWAYS_INLINE struct table_place space_walk(struct address_space *space, word_t address,
                                                   unsigned level)
{
    arch_pte_t *where = arch_table_entry(space_root(space), ARCH_TABLE_LEVELS - 1, address);

#pragma GCC unroll 4 /* with the levels as constants, each takes a third less */
    for (unsigned at = ARCH_TABLE_LEVELS - 1; at > level; at--) {
        arch_pte_t entry = *where;
        if (unlikely(!arch_pte_is_table(entry, at)))
            return (struct table_place){ where, at };
        where = arch_table_entry(arch_pointer(arch_pte_address(entry)), at - 1, address);
    }
    return (struct table_place){ where, level };
}

/* ---- Mapping records: where a Frame or PageTable capability is mapped, in its data word and its spare pointer bits. */

struct mapping {
    uint32_t number; /* of the space; 0: not mapped */
    uint32_t generation;
    word_t address;
};

#define MAPPING_GENERATION_BITS 28

#define MAPPING_HEAD_BITS                                                                                    \
    0xfff0000ull /* of the record: spare bits of the pointer; the rest is the data word */

#define RECORD_ADDRESS_SHIFT 28
#define RECORD_NUMBER_SHIFT  16
#define RECORD_LOW_BITS      16
#define RECORD_HIGH_SHIFT    16 /* in head */
#define RECORD_HIGH_MASK     (MAPPING_HEAD_BITS >> RECORD_HIGH_SHIFT)

static inline struct mapping mapping_read(const struct cap *cap)
{
    uint32_t low = (uint32_t)(cap->data & 0xffff),
             high = (uint32_t)(cap->head >> RECORD_HIGH_SHIFT & RECORD_HIGH_MASK);

    return (struct mapping){ .number = (uint32_t)(cap->data >> RECORD_NUMBER_SHIFT) & (SPACE_NUMBERS - 1),
                             .generation = high << RECORD_LOW_BITS | low,
                             .address = (word_t)(cap->data >> RECORD_ADDRESS_SHIFT) << PAGE_BITS };
}

static inline void mapping_write(struct cap *cap, struct mapping mapping)
{
    assert(mapping.address % PAGE_SIZE == 0 && mapping.number < SPACE_NUMBERS);
    cap->data = (uint64_t)(mapping.address >> PAGE_BITS) << RECORD_ADDRESS_SHIFT |
                (uint64_t)mapping.number << RECORD_NUMBER_SHIFT | (mapping.generation & 0xffff);
    SHARED_WRITE(cap->head, (cap->head & ~MAPPING_HEAD_BITS) |
                                (uint64_t)(mapping.generation >> RECORD_LOW_BITS) << RECORD_HIGH_SHIFT);
}

/* The same capability to a Frame or PageTable, not mapped. */
static inline struct cap without_mapping(struct cap cap)
{
    return (struct cap){ cap.head & ~MAPPING_HEAD_BITS, 0 };
}

static inline void mapping_clear(struct cap *cap)
{
    cap->data = 0;
    SHARED_WRITE(cap->head, cap->head & ~MAPPING_HEAD_BITS);
}

/* Memory of a Frame or PageTable capability, whose pointer has spare bits. */
static inline void *mapped_pointer(const struct cap *cap)
{
    return (void *)((uintptr_t)cap_pointer(cap) & ~(uintptr_t)(PAGE_SIZE - 1));
}

/* The level of a Frame's entry, or of the entries in a PageTable that is mapped. */
static inline unsigned frame_level(const struct cap *cap)
{
    return cap_small(cap) & 3;
}

static inline unsigned frame_size_bits(const struct cap *cap)
{
    return PAGE_BITS + ARCH_TABLE_BITS * frame_level(cap);
}

static inline bool frame_is_device(const struct cap *cap)
{
    return (cap_small(cap) & FRAME_DEVICE) != 0;
}

static inline struct cap frame_cap(void *memory, unsigned size_bits, bool device, word_t rights)
{
    unsigned level = (size_bits - PAGE_BITS) / ARCH_TABLE_BITS;

    return cap_make(OBJECT_FRAME, memory, rights, level | (device ? FRAME_DEVICE : 0), 0);
}

/* The entry that the capability's record stands for, if it still does: the space lives, and the entry holds this memory. */
arch_pte_t *mapping_entry(const struct cap *cap, struct address_space **space);

/* Map a frame, whose rights limit those that are asked for. ERR_MAPPED 1, ERR_RANGE 2, ERR_ALIGNMENT 2, ERR_MAPPED 2, ERR_TABLE 2 (*missing: the level of
 * the entries of the table that is missing), ERR_RANGE 3, 4, ERR_STATE */
COLD status_t mapping_make_frame(struct address_space *space, struct slot *slot, word_t address,
                                 word_t rights, word_t cache, unsigned *missing);
/* Put a table where one is missing; *level: of its entries. ERR_MAPPED 1, ERR_RANGE 2, ERR_MAPPED 2, ERR_STATE */
COLD status_t mapping_make_table(struct address_space *space, struct slot *slot, word_t address,
                                 unsigned *level);

/* Undo the mapping that a Frame or PageTable capability made, if it still exists. */
void mapping_undo(struct cap *cap);

#endif
