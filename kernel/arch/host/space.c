/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: address spaces, and a TLB that believes what it has.
 *
 * The TLB has room for more than tests access; it finds an entry by tag and page. A real one may forget at any
 * time, this one forgets only what it is told to, unless it is full: a stale entry stays and is used. A space's
 * number is its tag, tag 0 is the kernel's own root and that of spaces without a number.
 */
#include "host.h"
#include "address_space.h"
#include "core.h"
#include "thread.h"

struct tlb_entry {
    uint32_t tag;
    unsigned size_bits;
    word_t page;
    arch_pte_t entry;
};

#define TLB_ROOM 4096u

static struct tlb_entry tlb[TLB_ROOM];
static size_t tlb_count;

static bool matches(const struct tlb_entry *entry, uint32_t tag, word_t address)
{
    return entry->tag == tag && entry->page >> entry->size_bits == address >> entry->size_bits;
}

static struct tlb_entry *tlb_find(uint32_t tag, word_t address)
{
    for (size_t i = 0; i < tlb_count; i++)
        if (matches(&tlb[i], tag, address))
            return &tlb[i];
    return NULL;
}

static void tlb_add(struct tlb_entry entry)
{
    if (tlb_count == TLB_ROOM)
        tlb_count = 0;
    tlb[tlb_count++] = entry;
}

static void tlb_forget_tag(uint32_t tag)
{
    size_t kept = 0;

    for (size_t i = 0; i < tlb_count; i++)
        if (tlb[i].tag != tag)
            tlb[kept++] = tlb[i];
    tlb_count = kept;
    host.tlb_flushes++;
}

static void tlb_forget_page(uint32_t tag, word_t address)
{
    size_t kept = 0;

    for (size_t i = 0; i < tlb_count; i++)
        if (!matches(&tlb[i], tag, address))
            tlb[kept++] = tlb[i];
    tlb_count = kept;
    host.tlb_page_flushes++;
}

unsigned host_tlb_count(uint32_t tag)
{
    unsigned count = 0;

    for (size_t i = 0; i < tlb_count; i++)
        count += tlb[i].tag == tag;
    return count;
}

/* ---- Spaces */

void arch_space_init(struct arch_space *space, void *root_table)
{
    check(space->number > 0);
    space->root = root_table;
    space->flush = true;
}

static bool space_is_loaded(const struct arch_space *space)
{
    return host.core.root == space->root;
}

static void load_flushing(struct arch_space *space)
{
    space->tag = space->number;
    space->flush = space->number == 0; /* nobody's tag: every load flushes */
    host.core.root = space->root;
    host.core.tag = space->tag;
    tlb_forget_tag(space->tag);
}

void arch_space_load(struct arch_space *space)
{
    host.space_loads++;
    if (!space) {
        host.core.root = NULL;
        host.core.tag = 0;
    } else if (space->flush) {
        load_flushing(space);
    } else {
        host.core.root = space->root;
        host.core.tag = space->tag;
    }
}

void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits)
{
    check((address & (((word_t)1 << size_bits) - 1)) == 0);
    if (space_is_loaded(space))
        tlb_forget_page(space->tag, address);
    else
        space->flush = true;
}

/* The flag stays set even if the space is loaded: it may be about to lose its number. */
void arch_tlb_flush_space(struct arch_space *space)
{
    if (space_is_loaded(space))
        load_flushing(space);
    space->flush = true;
}

void arch_space_destroy(struct arch_space *space)
{
    check(!space_is_loaded(space));
}

bool arch_user_range(word_t address, unsigned size_bits)
{
    word_t size = (word_t)1 << size_bits;

    return address < USER_ADDRESS_END && size <= USER_ADDRESS_END - address;
}

/* ---- Entries */

unsigned arch_level_bits(unsigned level)
{
    return PAGE_BITS + ARCH_TABLE_BITS * level;
}

bool arch_frame_level(unsigned size_bits, unsigned *level)
{
    for (unsigned l = 0; l <= 2; l++)
        if (arch_level_bits(l) == size_bits) {
            *level = l;
            return true;
        }
    return false;
}

arch_pte_t *arch_root_table(struct arch_space *space)
{
    return space->root;
}

arch_pte_t *arch_table_entry(arch_pte_t *table, unsigned level, word_t address)
{
    check(arch_physical(table) < HOST_MEMORY_SIZE && arch_physical(table) % PAGE_SIZE == 0);
    return &table[address >> arch_level_bits(level) & ((1u << ARCH_TABLE_BITS) - 1)];
}

bool arch_pte_is_empty(arch_pte_t entry)
{
    return entry == 0;
}

/* The level of a frame is in its entry: a walk that uses it at another level than it was made for is a bug.
 */
bool arch_pte_is_table(arch_pte_t entry, unsigned level)
{
    if (entry & PTE_TABLE)
        check(level > 0);
    else
        check(!entry || (entry >> PTE_LEVEL_SHIFT & 3) == level);
    return (entry & PTE_TABLE) != 0;
}

paddr_t arch_pte_address(arch_pte_t entry)
{
    return entry & PTE_ADDRESS;
}

word_t arch_pte_rights(arch_pte_t entry)
{
    return entry & PTE_VALID ? (word_t)(entry >> PTE_RIGHTS_SHIFT) & RIGHTS_ALL : 0;
}

arch_pte_t arch_pte_frame(paddr_t frame, unsigned level, word_t rights, word_t cache)
{
    check(frame % (1ull << arch_level_bits(level)) == 0);
    return frame | level << PTE_LEVEL_SHIFT | cache << PTE_CACHE_SHIFT | rights << PTE_RIGHTS_SHIFT |
           PTE_VALID;
}

arch_pte_t arch_pte_table(paddr_t table)
{
    check(table % PAGE_SIZE == 0 && table < HOST_MEMORY_SIZE);
    return table | PTE_TABLE | PTE_VALID;
}

void arch_pte_write(arch_pte_t *where, arch_pte_t entry)
{
    *where = entry;
}

/* ---- Access */

/* What a walker finds: 0 if nothing. */
static arch_pte_t walk(word_t address, unsigned *size_bits)
{
    arch_pte_t *table = host.core.root;

    for (unsigned level = ARCH_TABLE_LEVELS; table && level-- > 0;) {
        arch_pte_t entry = *arch_table_entry(table, level, address);
        *size_bits = arch_level_bits(level);
        if (!(entry & PTE_TABLE) || level == 0)
            return entry;
        table = arch_pointer(arch_pte_address(entry));
    }
    return 0;
}

/* What is cached for a space whose tag is current must be what its tables say. */
bool host_tlb_is_coherent(word_t *address)
{
    arch_pte_t *loaded = host.core.root;
    bool coherent = true;

    for (size_t i = 0; i < tlb_count && coherent; i++) {
        struct address_space *space = space_by_number(tlb[i].tag);
        unsigned size_bits;
        if (!space || (space->arch.flush && !space_is_loaded(&space->arch)))
            continue;
        host.core.root = space->arch.root;
        coherent = walk(tlb[i].page, &size_bits) == tlb[i].entry;
        *address = tlb[i].page;
        host.core.root = loaded;
    }
    return coherent;
}

bool host_translate(word_t address, word_t *access, paddr_t *physical)
{
    struct tlb_entry *entry = tlb_find(host.core.tag, address);

    if (!entry) {
        struct tlb_entry found = { .tag = host.core.tag, .page = address };
        found.entry = walk(address, &found.size_bits);
        if (!found.entry)
            return false;
        tlb_add(found);
        entry = &tlb[tlb_count - 1];
    }
    word_t rights = (*access & FAULT_ACCESS_READ ? RIGHT_READ : 0) |
                    (*access & FAULT_ACCESS_WRITE ? RIGHT_WRITE : 0) |
                    (*access & FAULT_ACCESS_EXECUTE ? RIGHT_EXECUTE : 0);
    if (rights & ~arch_pte_rights(entry->entry)) {
        *access |= FAULT_ACCESS_PRESENT;
        return false;
    }
    *physical = arch_pte_address(entry->entry) | (address & (((word_t)1 << entry->size_bits) - 1));
    return true;
}

void *host_access(word_t address, word_t access)
{
    paddr_t physical;

    check(core_self()->current && core_self()->space == core_self()->current->space);
    if (!host_translate(address, &access, &physical)) {
        kernel_page_fault(address, access);
        return NULL;
    }
    return arch_pointer(physical);
}
