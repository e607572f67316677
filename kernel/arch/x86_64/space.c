/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page-table entries of user mappings, and the translation cache.
 *
 * With process-context identifiers (PCIDs), the TLB keeps the entries of spaces that are not loaded. A
 * space's number is its PCID; 0 is the kernel's own root. Flushing a space that is not loaded means that its
 * next load does not keep them, and takes the tag anew from the number. So a new space starts, and what a
 * dead one left under the same number is never seen. A space that has lost its number (which is 0 then; the
 * caller has emptied and flushed it before) has no tag of its own: every load of it flushes. Without PCIDs
 * every load flushes anyway. The kernel's half is global and never changes.
 */
#include "port.h"

#define ALL_CORES   (~(uint64_t)0 >> (64 - CONFIG_CORES))
#define KERNEL_HALF 256u /* first entry of a root table that maps the kernel */

static word_t keep_tlb(void)
{
    return cpu.pcid ? CR3_KEEP_TLB : 0;
}

void arch_space_init(struct arch_space *space, void *root_table)
{
    assert(space->number > 0 && space->number < 4096);
    arch_pte_t *to = (arch_pte_t *)root_table + KERNEL_HALF;
    const arch_pte_t *from = kernel_root + KERNEL_HALF;
    size_t count = (1u << ARCH_TABLE_BITS) - KERNEL_HALF;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(count) : : "memory");
    space->cr3 = arch_physical(root_table) | (cpu.pcid ? CR3_KEEP_TLB | space->number : 0);
    space->stale = cpu.pcid ? ALL_CORES : 0;
}

static bool space_is_loaded(const struct arch_space *space)
{
    return ((cr3_read() ^ space->cr3) & PTE_ADDRESS) == 0;
}

void space_load_kernel(void)
{
    cr3_write(image_physical(kernel_root) | keep_tlb());
}

static uint64_t own_bit(void)
{
    return (uint64_t)1 << (CONFIG_CORES > 1 ? core_self()->index : 0);
}

/* Bits of a mask that other cores change, too. */
static void stale_set(struct arch_space *space, uint64_t cores_bits)
{
    if (CONFIG_CORES > 1)
        __atomic_fetch_or(&space->stale, cores_bits, __ATOMIC_SEQ_CST);
    else
        space->stale |= cores_bits;
}

/* The space has just been loaded, and is marked by some core. The mark goes first: one that is set after that is for what the flush may not
 * have seen. A space without a number stays marked. */
void space_load_stale(struct arch_space *space)
{
    if (!(SHARED_READ(space->stale) & own_bit()))
        return;
    if (space->number)
        __atomic_fetch_and(&space->stale, ~own_bit(), __ATOMIC_SEQ_CST);
    cr3_write(space->cr3 & ~CR3_KEEP_TLB);
}

void arch_tlb_flush_page_here(struct arch_space *space, word_t address, unsigned size_bits)
{
    assert(size_bits >= PAGE_BITS);
    (void)size_bits;
    if (space_is_loaded(space))
        tlb_invalidate_page(address);
    else if (cpu.pcid)
        stale_set(space, own_bit());
}

void arch_tlb_flush_space_here(struct arch_space *space)
{
    if (space_is_loaded(space))
        cr3_write(space->cr3 & ~CR3_KEEP_TLB);
    else if (cpu.pcid)
        stale_set(space, own_bit());
}

/* INVLPG takes the whole page, of whatever size, and the walk caches: SDM vol. 3, 4.10.4.1. */
void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits)
{
    if (CONFIG_CORES > 1 && cpu.pcid)
        stale_set(space, ALL_CORES & ~own_bit());
    arch_tlb_flush_page_here(space, address, size_bits);
}

/* The mark is set even for a core that has the space loaded and flushes it: it may be about to lose its number. */
void arch_tlb_flush_space(struct arch_space *space)
{
    if (cpu.pcid)
        stale_set(space, ALL_CORES);
    arch_tlb_flush_space_here(space);
}

/* What the TLB still holds under the number is flushed when the next space of that number is first loaded. */
void arch_space_destroy(struct arch_space *space)
{
    check(!space_is_loaded(space));
}

/* ---- Entries. */

word_t arch_pte_rights(arch_pte_t entry)
{
    if (!(entry & PTE_PRESENT))
        return 0;
    return RIGHT_READ | (entry & PTE_WRITE ? RIGHT_WRITE : 0) | (entry & PTE_NO_EXECUTE ? 0 : RIGHT_EXECUTE);
}

/* The rights are those of the frames' entries. */
arch_pte_t arch_pte_table(paddr_t table)
{
    return table | PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED;
}

/* ---- Caches: coherent with instruction fetch and with DMA (SDM vol. 3, 11.6 and 11.11). */

void arch_sync_instructions(const void *memory, size_t size)
{
    (void)memory, (void)size;
}

void arch_cache_clean(const void *memory, size_t size)
{
    (void)memory, (void)size;
}

void arch_cache_invalidate(const void *memory, size_t size)
{
    (void)memory, (void)size;
}

/* An uncached mapping of the same memory sees the zeros, not what was there before, if the processor snoops
 * its own cache on such accesses (SDM vol. 3, 11.12.4: flag SS); if it does not, they are pushed out. */
void arch_clear_memory(void *memory, size_t size)
{
    assert(!(size & 63));
    void *to = memory;
    size_t words = size / 8;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(0) : "memory");
    if (cpu.self_snoop)
        return;
    for (size_t i = 0; i < size; i += 64)
        __asm__ volatile("clflush %0" : : "m"(((char *)memory)[i]));
    __asm__ volatile("mfence" : : : "memory");
}
