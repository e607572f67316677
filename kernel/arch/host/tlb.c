/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fake machine's translation cache, which believes what it has.
 *
 * An entry is found by tag and address. It is a frame's entry, and then translates; or a table's, and then is a
 * step of the walk: walks for addresses below that table start there, without a look at the tables above. So a
 * table that was taken out of a space goes on being read, as the walk caches of real processors do, until the
 * tag is forgotten. What is not mapped is not remembered (arch_pte_write).
 *
 * A real cache may forget at any time. This one forgets only what it is told to, unless it is full: what the
 * kernel has not told it stays, and is used.
 */
#include "tlb.h"

#define TLB_ROOM 1024u

struct tlb_entry {
    uint32_t tag;
    unsigned level; /* the entry's, in the page tables */
    word_t address; /* the first that it is for */
    arch_pte_t entry;
};

struct tlb {
    struct tlb_entry entries[TLB_ROOM];
    size_t count;
};

static struct tlb tlbs[CONFIG_CORES];

static struct tlb *own(void)
{
    return &tlbs[host_number];
}

static bool is_step(const struct tlb_entry *entry)
{
    return (entry->entry & PTE_TABLE) != 0;
}

static bool matches(const struct tlb_entry *entry, uint32_t tag, word_t address)
{
    return entry->tag == tag && (entry->address ^ address) >> arch_level_bits(entry->level) == 0;
}

static void remove_at(struct tlb *tlb, size_t at)
{
    tlb->entries[at] = tlb->entries[--tlb->count];
}

void tlb_forget_tag(uint32_t tag)
{
    struct tlb *tlb = own();

    for (size_t i = tlb->count; i-- > 0;)
        if (tlb->entries[i].tag == tag)
            remove_at(tlb, i);
    HOST_COUNT(host.tlb_flushes);
}

void tlb_forget_page(uint32_t tag, word_t address)
{
    struct tlb *tlb = own();

    for (size_t i = tlb->count; i-- > 0;)
        if (matches(&tlb->entries[i], tag, address) && !is_step(&tlb->entries[i]))
            remove_at(tlb, i);
    HOST_COUNT(host.tlb_page_flushes);
}

unsigned tlb_count(uint32_t tag)
{
    const struct tlb *tlb = own();
    unsigned found = 0;

    for (size_t i = 0; i < tlb->count; i++)
        found += tlb->entries[i].tag == tag && !is_step(&tlb->entries[i]);
    return found;
}

static void add(uint32_t tag, unsigned level, word_t address, arch_pte_t entry)
{
    word_t size = (word_t)1 << arch_level_bits(level);
    struct tlb *tlb = own();

    if (tlb->count == TLB_ROOM)
        tlb->count = 0;
    tlb->entries[tlb->count++] = (struct tlb_entry){ tag, level, address & ~(size - 1), entry };
}

/* The cached entry for this address that is nearest to the end of the walk. */
static const struct tlb_entry *find(uint32_t tag, word_t address)
{
    const struct tlb *tlb = own();
    const struct tlb_entry *best = NULL;

    for (size_t i = 0; i < tlb->count; i++)
        if (matches(&tlb->entries[i], tag, address) && (!best || tlb->entries[i].level < best->level))
            best = &tlb->entries[i];
    return best;
}

/* The walker reads tables while the kernel changes them on other cores. What it finds below an entry was there before that. */
static arch_pte_t read_entry(arch_pte_t table, unsigned level, word_t address)
{
    const arch_pte_t *entry = arch_table_entry(arch_pointer(arch_pte_address(table)), level, address);

#if CONFIG_CORES > 1
    return __atomic_load_n(entry, __ATOMIC_ACQUIRE);
#else
    return *entry;
#endif
}

bool tlb_translate(const arch_pte_t *root, uint32_t tag, word_t address, struct translation *out)
{
    const struct tlb_entry *cached = find(tag, address);
    arch_pte_t entry = cached ? cached->entry : arch_pte_table(arch_physical(root));
    unsigned level = cached ? cached->level : ARCH_TABLE_LEVELS;

    if (!cached || is_step(cached))
        HOST_COUNT(host.tlb_misses);
    while (level > 0 && (entry & PTE_TABLE)) {
        level--;
        entry = read_entry(entry, level, address);
        if (entry)
            add(tag, level, address, entry);
    }
    *out = (struct translation){ entry, level };
    return entry != 0;
}

/* Where a walk that remembers nothing ends, and with what. */
static arch_pte_t walk(const arch_pte_t *root, word_t address, unsigned *level)
{
    arch_pte_t entry = arch_pte_table(arch_physical(root));

    for (*level = ARCH_TABLE_LEVELS; *level > 0 && (entry & PTE_TABLE);)
        entry = read_entry(entry, --*level, address);
    return entry;
}

void tlb_fill(const arch_pte_t *root, uint32_t tag)
{
    struct translation found;
    unsigned level;
    word_t size;

    for (word_t address = 0; arch_user_range(address, PAGE_BITS); address = (address | (size - 1)) + 1) {
        arch_pte_t entry = walk(root, address, &level);
        size = (word_t)1 << arch_level_bits(level);
        bool begins_table = !(address >> arch_level_bits(level) & ((1u << ARCH_TABLE_BITS) - 1));
        if (entry || begins_table)
            tlb_translate(root, tag, address, &found);
    }
}

static bool is_in_tables(const struct tlb_entry *cached, const arch_pte_t *root)
{
    arch_pte_t entry = arch_pte_table(arch_physical(root));

    for (unsigned level = ARCH_TABLE_LEVELS; level > cached->level; level--) {
        if (!(entry & PTE_TABLE))
            return false;
        entry = read_entry(entry, level - 1, cached->address);
    }
    return entry == cached->entry;
}

bool tlb_agrees(const arch_pte_t *root, uint32_t tag, word_t *address)
{
    const struct tlb *tlb = own();

    for (size_t i = 0; i < tlb->count; i++)
        if (tlb->entries[i].tag == tag && !(root && is_in_tables(&tlb->entries[i], root))) {
            *address = tlb->entries[i].address;
            return false;
        }
    return true;
}
