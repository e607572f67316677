/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Address spaces: page-table entries of user mappings, and the translation cache.
 *
 * A space's number is its ASID; 0 is that of no space. User mappings are not global, so the TLB keeps them
 * apart, and switching spaces flushes nothing. The kernel's half has a root of its own and is the same always.
 * Flushing reaches all cores at once, whether the space is loaded there or not: the hardware broadcasts it.
 *
 * A store to a table is seen by the walker only after a barrier; TLB maintenance is over only after another (Arm
 * ARM D8.14).
 */
#include "address_space.h"
#include "lock.h"
#include "port.h"

extern arch_pte_t kernel_empty[];

void arch_space_init(struct arch_space *space, void *root_table)
{
    assert(space->number > 0 && space->number < 4096);
    space->ttbr0 = arch_physical(root_table) | (word_t)space->number << 48;
}

void space_load_kernel(void)
{
    SYSREG_WRITE(ttbr0_el1, image_physical(kernel_empty));
    isb();
}

/* ---- The TLB. */

static void tlb_flush_number(uint32_t number)
{
    __asm__ volatile("dsb ishst\n tlbi aside1is, %0\n dsb ish\n isb"
                     :
                     : "r"((word_t)number << 48)
                     : "memory");
}

/* One entry of the TLB translates it, or several if the processor has split it: the maintenance is by any address within.
 * The walk caches for the address go, too. */
void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits)
{
    assert(size_bits >= PAGE_BITS);
    (void)size_bits;
    word_t operand = (word_t)space->number << 48 | (address >> PAGE_BITS & 0xfffffffffff);
    __asm__ volatile("dsb ishst\n tlbi vae1is, %0\n dsb ish\n isb" : : "r"(operand) : "memory");
}

void arch_tlb_flush_space(struct arch_space *space)
{
    tlb_flush_number(space->number);
}

void arch_space_destroy(struct arch_space *space)
{
    if (space->number != 0)
        tlb_flush_number(space->number);
}

/* ---- Entries. */

word_t arch_pte_rights(arch_pte_t entry)
{
    if (!(entry & PTE_VALID))
        return 0;
    return RIGHT_READ | (entry & PTE_READ_ONLY ? 0 : RIGHT_WRITE) | (entry & PTE_UXN ? 0 : RIGHT_EXECUTE);
}

/* Whatever is mapped can be read. The kernel itself executes nothing of it, and with PAN touches nothing. */
arch_pte_t arch_pte_frame(paddr_t frame, unsigned level, word_t rights, word_t cache)
{
    static const uint8_t memory[] = { [MAP_CACHE_WRITE_BACK] = MEMORY_NORMAL,
                                      [MAP_CACHE_OFF] = MEMORY_DEVICE,
                                      [MAP_CACHE_COMBINE] = MEMORY_UNCACHED };
    assert(!(frame & ((1ul << arch_level_bits(level)) - 1)) && cache < ARRAY_COUNT(memory));
    arch_pte_t entry = frame | PTE_VALID | PTE_USER | PTE_ACCESSED | PTE_NOT_GLOBAL | PTE_INNER_SHARED |
                       PTE_PXN | PTE_MEMORY(memory[cache]);
    if (level == 0)
        entry |= PTE_TABLE;
    if (!(rights & RIGHT_WRITE))
        entry |= PTE_READ_ONLY;
    if (!(rights & RIGHT_EXECUTE))
        entry |= PTE_UXN;
    return entry;
}

/* The rights are those of the frames' entries. */
arch_pte_t arch_pte_table(paddr_t table)
{
    return table | PTE_VALID | PTE_TABLE;
}

/* An entry whose kind of memory changes has to be taken away for a moment, or the TLB may hold both (D8.14.1); for
 * rights alone, that is not needed. */
static bool changes_memory(arch_pte_t from, arch_pte_t to)
{
    return (from & to & PTE_VALID) && ((from ^ to) & (PTE_ADDRESS | PTE_MEMORY(7))) != 0;
}

/* In that moment another core may find the mapping missing. So such moments are counted, and at a page fault a core that has not seen all of them yet
 * looks at the tables, with the lock that whoever changes them holds: then the moment is over. The count changes before the entry does. */
#if CONFIG_CORES > 1
static uint32_t breaks;

static void break_begin(void)
{
    SHARED_WRITE(breaks, breaks + 1); /* the tree lock is held */
    __asm__ volatile("dsb ish" : : : "memory");
}

static bool is_mapped(struct address_space *space, word_t address)
{
    if (!space || !arch_user_range(address, 0))
        return false;
    arch_pte_t *table = space_root(space);
    for (unsigned level = ARCH_TABLE_LEVELS - 1;; level--) {
        arch_pte_t entry = *arch_table_entry(table, level, address);
        if (!arch_pte_is_table(entry, level))
            return (entry & PTE_VALID) != 0;
        table = arch_pointer(arch_pte_address(entry));
    }
}

bool space_was_broken(word_t address)
{
    struct core *core = core_self();
    uint32_t count = SHARED_READ(breaks);
    if (likely(core->arch.breaks_seen == count))
        return false;
    core->arch.breaks_seen = count;
    lock_own(core);
    enum lock_level before = lock_tree(core);
    bool mapped = is_mapped(core->space, address);
    unlock_tree(core, before);
    unlock_own(core);
    return mapped;
}
#else
static void break_begin(void)
{
}

bool space_was_broken(word_t address)
{
    (void)address;
    return false;
}
#endif

void arch_pte_write(arch_pte_t *where, arch_pte_t entry)
{
    volatile arch_pte_t *target = where;
    if (unlikely(changes_memory(*target, entry))) {
        break_begin();
        *target = 0;
        __asm__ volatile("dsb ishst\n tlbi vmalle1is\n dsb ish" : : : "memory");
    }
    __asm__ volatile("dsb ishst" : : : "memory"); /* what it points to, first */
    *target = entry;
    __asm__ volatile("dsb ishst" : : : "memory");
}
