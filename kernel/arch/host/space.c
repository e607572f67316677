/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * host: address spaces, and whose the tags of the TLB (tlb.c) are.
 *
 * There are fewer tags than spaces. A space takes one when it is loaded and has none, in turn, from whoever has it;
 * and forgets what is there under it. So a tag is in one of two states:
 *
 *     free     owners[tag] == NULL
 *     owned    owners[tag]->tag == tag. What is cached under it is what the owner's tables say, unless its `flush` is
 *              set and it is not loaded: then the next load forgets it
 *
 * Tag 0 is nobody's: that of the kernel's own root. A space's number means nothing here, so one that has lost it is like all others.
 *
 * Each core has tags of its own. A flush marks the space on all others, and then looks who has it loaded (remote.c); who loads it says so first
 * (core->space), and then looks for the mark: so one of the two sees the other.
 */
#include "tlb.h"
#include "address_space.h"
#include "core.h"
#include "thread.h"

static struct tags {
    struct arch_space *owners[TLB_TAGS];
    uint32_t last;
} tags[CONFIG_CORES];

static struct arch_space_tag *own(struct arch_space *space)
{
    return &space->on[host_number];
}

void arch_space_init(struct arch_space *space, void *root_table)
{
    check(space->number > 0);
    space->root = root_table;
    for (unsigned i = 0; i < CONFIG_CORES; i++)
        space->on[i] = (struct arch_space_tag){ 0, false };
}

static bool space_is_loaded(const struct arch_space *space)
{
    return host_core()->root == space->root;
}

static void give_up_tag(struct arch_space *space, unsigned core)
{
    if (space->on[core].tag)
        tags[core].owners[space->on[core].tag] = NULL;
    space->on[core].tag = 0;
}

static void take_tag(struct arch_space *space)
{
    struct tags *here = &tags[host_number];

    here->last = here->last % (TLB_TAGS - 1) + 1;
    if (here->owners[here->last])
        give_up_tag(here->owners[here->last], host_number);
    here->owners[here->last] = space;
    own(space)->tag = here->last;
    SHARED_WRITE(own(space)->flush, true);
}

static bool take_flush(struct arch_space_tag *on)
{
#if CONFIG_CORES > 1
    return __atomic_exchange_n(&on->flush, false, __ATOMIC_SEQ_CST);
#else
    bool flush = on->flush;

    on->flush = false;
    return flush;
#endif
}

void arch_space_load(struct arch_space *space)
{
    host_others();
    HOST_COUNT(host.space_loads);
    host_core()->root = space ? space->root : NULL;
    host_core()->tag = 0;
    if (!space)
        return;
    if (!own(space)->tag)
        take_tag(space);
    if (take_flush(own(space)))
        tlb_forget_tag(own(space)->tag);
    host_core()->tag = own(space)->tag;
}

/* The others' tags are stale. */
static void mark_others(struct arch_space *space)
{
    for (unsigned i = 0; i < CONFIG_CORES; i++)
        if (i != host_number)
            SHARED_WRITE(space->on[i].flush, true);
}

void arch_tlb_flush_page_here(struct arch_space *space, word_t address, unsigned size_bits)
{
    check((address & (((word_t)1 << size_bits) - 1)) == 0);
    if (space_is_loaded(space))
        tlb_forget_page(own(space)->tag, address);
    else
        SHARED_WRITE(own(space)->flush, true);
}

void arch_tlb_flush_page(struct arch_space *space, word_t address, unsigned size_bits)
{
    mark_others(space);
    host_others();
    arch_tlb_flush_page_here(space, address, size_bits);
}

void arch_tlb_flush_space_here(struct arch_space *space)
{
    if (space_is_loaded(space))
        tlb_forget_tag(own(space)->tag);
    else
        SHARED_WRITE(own(space)->flush, true);
}

void arch_tlb_flush_space(struct arch_space *space)
{
    mark_others(space);
    host_others();
    arch_tlb_flush_space_here(space);
}

/* No core has it loaded, and none loads anything now. */
void arch_space_destroy(struct arch_space *space)
{
    check(!space_is_loaded(space));
    for (unsigned i = 0; i < CONFIG_CORES; i++)
        give_up_tag(space, i);
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
#if CONFIG_CORES > 1
    __atomic_store_n(where, entry, __ATOMIC_RELEASE);
#else
    *where = entry;
#endif
}

/* ---- Access */

unsigned host_tlb_count(const struct arch_space *space)
{
    uint32_t tag = space->on[host_number].tag;

    return tag ? tlb_count(tag) : 0;
}

void host_tlb_fill(void)
{
    if (host_core()->root)
        tlb_fill(host_core()->root, host_core()->tag);
}

bool host_tlb_is_coherent(word_t *address)
{
    if (!tlb_agrees(host_core()->root, host_core()->tag, address))
        return false;
    for (uint32_t tag = 1; tag < TLB_TAGS; tag++) {
        const struct arch_space *owner = tags[host_number].owners[tag];
        if (!owner || SHARED_READ(owner->on[host_number].flush) || space_is_loaded(owner))
            continue;
        check(owner->on[host_number].tag == tag);
        if (!tlb_agrees(owner->root, tag, address))
            return false;
    }
    return true;
}

bool host_translate(word_t address, word_t *access, paddr_t *physical)
{
    struct translation found;

    if (!host_core()->root || !tlb_translate(host_core()->root, host_core()->tag, address, &found))
        return false;
    word_t rights = (*access & FAULT_ACCESS_READ ? RIGHT_READ : 0) |
                    (*access & FAULT_ACCESS_WRITE ? RIGHT_WRITE : 0) |
                    (*access & FAULT_ACCESS_EXECUTE ? RIGHT_EXECUTE : 0);
    if (rights & ~arch_pte_rights(found.entry)) {
        *access |= FAULT_ACCESS_PRESENT;
        return false;
    }
    word_t offset = address & (((word_t)1 << arch_level_bits(found.level)) - 1);
    *physical = arch_pte_address(found.entry) | offset;
    return true;
}

void *host_access(word_t address, word_t access)
{
    paddr_t physical;

    if (CONFIG_CORES == 1) /* else another core may just have given the thread another one */
        check(core_self()->current && core_self()->space == core_self()->current->space);
    if (!host_translate(address, &access, &physical)) {
        kernel_page_fault(address, access);
        return NULL;
    }
    return arch_pointer(physical);
}
