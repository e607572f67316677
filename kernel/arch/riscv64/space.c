/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page-table entries of user mappings, and the translation cache.
 *
 * With address-space identifiers (ASIDs), the TLB keeps the entries of spaces that are not loaded. A space's
 * number is its ASID; 0 is the kernel's own root. Flushing a space that is not loaded, here or on another core, means that its next load
 * there flushes its ASID, taken anew from the number. So a new space starts, and what a dead one left under the same
 * number is never seen. A space that has lost its number (which is 0 then; the caller has emptied and flushed
 * it before) has no ASID of its own: every load of it flushes. A processor without ASIDs, or with fewer than
 * there are numbers, is treated as if there were none: every load flushes. The kernel's half is global and
 * never changes.
 *
 * An entry that becomes valid is not flushed, although the TLB may remember that it was not: page faults that
 * the tables do not explain are answered with a flush (space_allows, trap.c).
 */
#include "port.h"

#define KERNEL_HALF   256u /* first entry of a root table that maps the kernel */
#define TABLE_ENTRIES (1u << ARCH_TABLE_BITS)
#define SATP_NUMBER   WORD(0x00000fffffffffff)
#define ALL_CORES     (~(uint64_t)0 >> (64 - CONFIG_CORES))

static bool tagged; /* spaces have ASIDs of their own */

/* The bits of an ASID that exist keep what is written: privileged architecture, 4.1.11. */
bool space_detect_tags(void)
{
    word_t satp = CSR_READ(satp);
    CSR_WRITE(satp, satp | (word_t)0xffff << SATP_ASID);
    word_t asid = CSR_READ(satp) >> SATP_ASID & 0xffff;
    CSR_WRITE(satp, satp);
    tlb_flush_all();
    tagged = asid >= SPACE_NUMBERS - 1;
    return tagged;
}

static word_t satp_value(paddr_t root, word_t asid)
{
    word_t mode = paging_levels == 4 ? SATP_SV48 : SATP_SV39;
    return mode << SATP_MODE | asid << SATP_ASID | root >> PAGE_BITS;
}

static word_t loaded_asid(void)
{
    return CSR_READ(satp) >> SATP_ASID & 0xffff;
}

void space_flush_loaded(void)
{
    tlb_flush_asid(loaded_asid());
}

/* Most of the kernel's half is one run of empty entries, between the window and the image. 64 spaces can be made without a look for
 * interrupts between: so it is found once, and only the few others are copied. */
static unsigned empty_first, empty_end;

void space_find_empty(void)
{
    const arch_pte_t *kernel = kernel_root_table();
    for (unsigned first = KERNEL_HALF, i = KERNEL_HALF; i < TABLE_ENTRIES; i++) {
        if (!arch_pte_is_empty(kernel[i]))
            first = i + 1;
        else if (i + 1 - first > empty_end - empty_first)
            empty_first = first, empty_end = i + 1;
    }
}

void arch_space_init(struct arch_space *space, void *root_table)
{
    assert(space->number > 0 && space->number < SPACE_NUMBERS);
    const arch_pte_t *kernel = kernel_root_table();
    arch_pte_t *root = root_table;
    for (unsigned i = KERNEL_HALF; i < empty_first; i++)
        root[i] = kernel[i];
    for (unsigned i = empty_end; i < TABLE_ENTRIES; i++)
        root[i] = kernel[i];
    space->satp = satp_value(arch_physical(root_table), 0);
    space->stale = ALL_CORES;
}

static bool space_is_loaded(const struct arch_space *space)
{
    return ((CSR_READ(satp) ^ space->satp) & SATP_NUMBER) == 0;
}

void space_load_kernel(void)
{
    CSR_WRITE(satp, satp_value(image_physical(kernel_root_table()), 0));
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

static void stale_clear(struct arch_space *space, uint64_t cores_bits)
{
    if (CONFIG_CORES > 1)
        __atomic_fetch_and(&space->stale, ~cores_bits, __ATOMIC_SEQ_CST);
    else
        space->stale &= ~cores_bits;
}

/* The mark goes first: one that is set after that is for what the flush may not have seen. A space without an ASID of its own stays marked. */
void space_load_stale(struct arch_space *space)
{
    if (!(SHARED_READ(space->stale) & own_bit())) /* for other cores, and it has just been loaded */
        return;
    bool own = tagged && space->number != 0;
    word_t root = (SHARED_READ(space->satp) & SATP_NUMBER) << PAGE_BITS, asid = own ? space->number : 0;
    if (own)
        stale_clear(space, own_bit());
    SHARED_WRITE(space->satp, satp_value(root, asid));
    CSR_WRITE(satp, satp_value(root, asid));
    tlb_flush_asid(asid);
}

void arch_tlb_flush_page_here(struct arch_space *space, word_t address, unsigned size_bits)
{
    assert(size_bits >= PAGE_BITS);
    (void)size_bits; /* any address of a large page will do: 4.2.1 */
    if (space_is_loaded(space))
        tlb_flush_page(address, loaded_asid());
    else
        stale_set(space, own_bit());
}

void arch_tlb_flush_space_here(struct arch_space *space)
{
    if (space_is_loaded(space))
        space_flush_loaded();
    else
        stale_set(space, own_bit());
}

void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits)
{
    if (CONFIG_CORES > 1)
        stale_set(space, ALL_CORES & ~own_bit());
    arch_tlb_flush_page_here(space, address, size_bits);
}

/* The mark is set even for a core that has the space loaded and flushes it: it may be about to lose its number. */
void arch_tlb_flush_space(struct arch_space *space)
{
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
    if (!(entry & PTE_VALID))
        return 0;
    return (entry & PTE_READ ? RIGHT_READ : 0) | (entry & PTE_WRITE ? RIGHT_WRITE : 0) |
           (entry & PTE_EXECUTE ? RIGHT_EXECUTE : 0);
}

/* What can be written can be read: the other encoding is reserved. Accessed and dirty are set from the start,
 * so that the processor neither writes to a table nor asks for it by a page fault. What is cached is a property
 * of the physical memory (PMA): without Svpbmt there is no choice, and none is needed on machines whose devices
 * are coherent. */
arch_pte_t arch_pte_frame(paddr_t frame, unsigned level, word_t rights, word_t cache)
{
    assert(!(frame & ((1ul << arch_level_bits(level)) - 1)));
    (void)level, (void)cache;
    arch_pte_t entry = PTE_FRAME(frame) | PTE_VALID | PTE_USER | PTE_ACCESSED | PTE_DIRTY;
    if (rights & (RIGHT_READ | RIGHT_WRITE))
        entry |= PTE_READ;
    if (rights & RIGHT_WRITE)
        entry |= PTE_WRITE;
    if (rights & RIGHT_EXECUTE)
        entry |= PTE_EXECUTE;
    return entry;
}

/* The rights are those of the frames' entries. */
arch_pte_t arch_pte_table(paddr_t table)
{
    return PTE_FRAME(table) | PTE_VALID;
}

arch_pte_t space_find(struct arch_space *space, word_t address, unsigned *level)
{
    if (!arch_user_range(address, 0))
        return 0;
    arch_pte_t *table = space_root(container_of(space, struct address_space, arch));
    for (*level = ARCH_TABLE_LEVELS - 1;; --*level) {
        arch_pte_t entry = *arch_table_entry(table, *level, address);
        if (!arch_pte_is_table(entry, *level))
            return entry;
        table = arch_pointer(arch_pte_address(entry));
    }
}

/* ---- Caches. DMA is coherent; instruction fetch is not, and FENCE.I makes it so for this core. */

void arch_sync_instructions_here(void)
{
    __asm__ volatile("fence.i" : : : "memory");
}

void arch_sync_instructions(const void *memory, size_t size)
{
    (void)memory, (void)size; /* there is no fence for a part: one instruction, whatever the size */
    __asm__ volatile("fence.i" : : : "memory");
}

void arch_cache_clean(const void *memory, size_t size)
{
    (void)memory, (void)size;
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}

void arch_cache_invalidate(const void *memory, size_t size)
{
    (void)memory, (void)size;
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}

void arch_clear_memory(void *memory, size_t size)
{
    assert(!(size & 63));
    for (volatile word_t *to = memory, *end = to + size / sizeof(word_t); to < end; to += 8)
        to[0] = to[1] = to[2] = to[3] = to[4] = to[5] = to[6] = to[7] = 0;
}
