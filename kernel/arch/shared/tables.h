/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Page tables whose levels are all alike: 2^ARCH_TABLE_BITS entries each, a page at the end of the walk, and an entry of zeros is
 * none. A port's arch_inline.h includes this.
 */
#ifndef ARCH_SHARED_TABLES_H
#define ARCH_SHARED_TABLES_H

ARCH_INLINE unsigned arch_level_bits(unsigned level)
{
    return PAGE_BITS + ARCH_TABLE_BITS * level;
}

ARCH_INLINE arch_pte_t *arch_table_entry(arch_pte_t *table, unsigned level, word_t address)
{
    return &table[address >> arch_level_bits(level) & ((1u << ARCH_TABLE_BITS) - 1)];
}

ARCH_INLINE bool arch_user_range(word_t address, unsigned size_bits)
{
    word_t size = (word_t)1 << size_bits;
    return address < USER_END && size <= USER_END - address;
}

ARCH_INLINE bool arch_pte_is_empty(arch_pte_t entry)
{
    return entry == 0;
}

/* The window (window.h) maps all ordinary memory. */
ARCH_INLINE void *arch_pointer(paddr_t physical)
{
    return (void *)(WINDOW_BASE + physical);
}

ARCH_INLINE paddr_t arch_physical(const void *pointer)
{
    return (word_t)pointer - WINDOW_BASE;
}

#endif
