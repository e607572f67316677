/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page-table entries of user mappings, and the translation cache.
 *
 * With process-context identifiers (PCIDs), the TLB keeps the entries of spaces that are not loaded. A space's number is its
 * PCID; 0 is the kernel's own root. An entry of space->cr3 has CR3_KEEP_TLB set while everything that this core's TLB
 * holds under the PCID is true; clearing the bit is how a flush is left for the next load. A new space starts without
 * it, so what a dead one left under the same number is never seen. Without PCIDs every load flushes, and the bit is never set. The
 * kernel's half is global and never changes.
 */
#include "port.h"

#define USER_LARGEST_LEVEL 2u

#if CONFIG_CORES > 1
#define CORE_INDEX(core) ((core)->index)
#else
#define CORE_INDEX(core) 0
#endif

static word_t keep_tlb(void)
{
    return cpu.pcid ? CR3_KEEP_TLB : 0;
}

void arch_space_init(struct arch_space *space, void *root_table)
{
    assert(space->number > 0 && space->number < 4096);
    arch_pte_t *root = root_table;
    for (unsigned i = 256; i < 512; i++)
        root[i] = kernel_root[i];
    for (unsigned i = 0; i < CONFIG_CORES; i++)
        space->cr3[i] = arch_physical(root_table) | (cpu.pcid ? space->number : 0);
}

arch_pte_t *arch_root_table(struct arch_space *space)
{
    return arch_pointer(space->cr3[0] & PTE_ADDRESS);
}

void arch_space_load(struct arch_space *space)
{
    struct core *core = core_self();
    core->arch.space = space;
    if (!space) {
        cr3_write(image_physical(kernel_root) | keep_tlb());
        return;
    }
    word_t *next = &space->cr3[CORE_INDEX(core)];
    cr3_write(*next);
    *next |= keep_tlb();
}

void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits)
{
    struct core *core = core_self();
    assert(size_bits >= PAGE_BITS);
    (void)size_bits; /* INVLPG takes the whole page, of whatever size, and the walk caches: SDM vol. 3, 4.10.4.1 */
    if (core->arch.space == space)
        tlb_invalidate_page(address);
    else
        space->cr3[CORE_INDEX(core)] &= ~CR3_KEEP_TLB;
}

void arch_tlb_flush_space(struct arch_space *space)
{
    struct core *core = core_self();
    word_t *next = &space->cr3[CORE_INDEX(core)];
    *next &= ~CR3_KEEP_TLB;
    if (core->arch.space == space)
        arch_space_load(space);
}

void arch_space_destroy(struct arch_space *space)
{
    check(core_self()->arch.space != space);
    (void)space;
}

bool arch_user_range(word_t address, unsigned size_bits)
{
    word_t size = (word_t)1 << size_bits;
    return address < USER_ADDRESS_END && size <= USER_ADDRESS_END - address;
}

bool arch_frame_level(unsigned size_bits, unsigned *level)
{
    for (unsigned l = 0; l <= (cpu.huge_pages ? USER_LARGEST_LEVEL : USER_LARGEST_LEVEL - 1); l++)
        if (arch_level_bits(l) == size_bits) {
            *level = l;
            return true;
        }
    return false;
}

/* ---- Entries. */

word_t arch_pte_rights(arch_pte_t entry)
{
    if (!(entry & PTE_PRESENT))
        return 0;
    return RIGHT_READ | (entry & PTE_WRITE ? RIGHT_WRITE : 0) | (entry & PTE_NO_EXECUTE ? 0 : RIGHT_EXECUTE);
}

/* Whatever is mapped can be read: x86 cannot have it otherwise. Accessed and dirty are set from the start, so that the processor
 * never writes to a table. Cache attributes are indices into the PAT (cpu.c). */
arch_pte_t arch_pte_frame(paddr_t frame, unsigned level, word_t rights, word_t cache)
{
    assert(!(frame & ((1ul << arch_level_bits(level)) - 1)));
    if (!(rights & (RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE)))
        return 0;
    arch_pte_t entry = frame | PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY;
    if (level > 0)
        entry |= PTE_LARGE;
    if (rights & RIGHT_WRITE)
        entry |= PTE_WRITE;
    if (!(rights & RIGHT_EXECUTE))
        entry |= PTE_NO_EXECUTE;
    if (cache == MAP_CACHE_OFF)
        entry |= PTE_PAT_1 | PTE_PAT_2;
    if (cache == MAP_CACHE_COMBINE)
        entry |= PTE_PAT_1;
    return entry;
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

/* An uncached mapping of the same memory sees the zeros, not what was there before, if the processor snoops its own cache on such
 * accesses (SDM vol. 3, 11.12.4: flag SS); if it does not, they are pushed out. */
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
