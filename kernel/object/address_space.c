/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: a root table, and a number.
 *
 * The number comes from an AsidRange; the space holds it as a minted range capability in a slot inside itself. One space owns
 * a number at a time (`space_owners`). A mapping record names number and generation, so it finds its space without a pointer and
 * knows when that is another one. Hardware tags are a cache of numbers, and the port's business.
 *
 *     living     number != 0, space_owners[number] == this
 *     numberless number == 0: the range was revoked. The user half of the root is empty, so whoever runs here faults on the
 *                first instruction, and nothing can be mapped any more
 *
 * Protected by the tree lock; what a core has loaded, by the core (DESIGN section 7).
 */
#include "address_space.h"
#include "remote.h"
#include "scheduler.h"

struct address_space *space_owners[SPACE_NUMBERS];
static uint32_t last_generation;

void space_init(struct address_space *space, uint32_t number)
{
    assert(number > 0 && number < SPACE_NUMBERS && !space_owners[number]);
    slot_set_place(&space->slots[SPACE_SLOT_NUMBER], PLACE_SPACE_NUMBER);
    last_generation = (last_generation + 1) & ((1u << MAPPING_GENERATION_BITS) - 1);
    space->generation = last_generation;
    space->number = number;
    space->arch.number = number;
    space_owners[number] = space;
    arch_space_init(&space->arch, space_root(space));
}

/* How many entries of the root table map addresses of user code: those from 0 on. The last one's address is found bit by bit. */
static unsigned user_entries(unsigned level)
{
    unsigned bits = arch_level_bits(level);
    word_t last = 0;

    for (unsigned bit = WORD_BITS - 1; bit >= bits; bit--)
        if (arch_user_range(last | (word_t)1 << bit, PAGE_BITS))
            last |= (word_t)1 << bit;
    return (unsigned)(last >> bits) + 1;
}

/* The caller flushes, and the flush is behind all of these stores: no entry needs the barriers that arch_pte_write has. */
static void clear_user_half(struct address_space *space)
{
    arch_pte_t *root = space_root(space);
    unsigned count = user_entries(ARCH_TABLE_LEVELS - 1);

    for (unsigned i = 0; i < count; i++)
        SHARED_WRITE(root[i], 0);
}

void space_flush_page(struct address_space *space, word_t address, unsigned size_bits)
{
    arch_tlb_flush_page(&space->arch, address, size_bits);
    remote_flush(space, address, size_bits);
}

void space_flush(struct address_space *space)
{
    arch_tlb_flush_space(&space->arch);
    remote_flush(space, 0, 0);
}

void space_lose_number(struct address_space *space)
{
    if (!space->number) /* it was destroyed: the capability to the number goes last */
        return;
    clear_user_half(space);
    space_flush(space);
    space_owners[space->number] = NULL;
    space->number = 0;
    space->arch.number = 0;
    scheduler_unload_space(space); /* a later load takes the new tag */
}

void space_destroy(struct address_space *space)
{
    scheduler_unload_space(space);
    arch_space_destroy(&space->arch);
    if (space->number)
        space_owners[space->number] = NULL;
    space->number = 0;
}
