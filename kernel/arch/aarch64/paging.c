/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mapping, made once at boot (layout.h shows it), with its own root in TTBR1: user spaces
 * share nothing with it. After paging_init nothing in it changes, except that paging_end_boot takes away
 * firmware's tables.
 *
 * No page is both writable and executable, and user mode can execute none. The window holds ordinary memory
 * and the payload, but not the image, so the kernel's text and tables cannot be written through it either.
 */
#include "boot_regions.h"
#include "port.h"

#define ENTRIES  512u
#define LARGE_2M WORD(0x200000)
#define LARGE_1G WORD(0x40000000)

/* Slots of the device area that boot_map may use: the rest is for devices, whatever firmware says. */
#define BOOT_SLOTS (ENTRIES - 64)

ALIGNED(4096) arch_pte_t kernel_root[ENTRIES];
ALIGNED(4096) static arch_pte_t kernel_high[ENTRIES];            /* the last 512 GiB */
ALIGNED(4096) static arch_pte_t kernel_image_directory[ENTRIES]; /* the GiB from KERNEL_BASE */
ALIGNED(4096) static arch_pte_t kernel_image_table[ENTRIES];     /* 2 MiB from KERNEL_BASE */
ALIGNED(4096) static arch_pte_t kernel_devices[ENTRIES];         /* from DEVICE_BASE, in steps of 2 MiB */

/* For TTBR0: nothing; and, while the MMU is being turned on, the image where it lies. */
ALIGNED(4096) arch_pte_t kernel_empty[ENTRIES];
ALIGNED(4096) arch_pte_t boot_identity[ENTRIES];
ALIGNED(4096) static arch_pte_t boot_identity_high[ENTRIES], boot_identity_directory[ENTRIES];

extern char stack_pages[STACK_PAGES][PAGE_SIZE];

paddr_t image_load;

#define PTE_BRANCH (PTE_VALID | PTE_TABLE)
#define PTE_KERNEL (PTE_VALID | PTE_INNER_SHARED | PTE_ACCESSED | PTE_UXN)
#define PTE_NORMAL (PTE_KERNEL | PTE_MEMORY(MEMORY_NORMAL))
#define PTE_PAGE   PTE_TABLE /* at level 0 */

/* ---- Before the MMU is on: addresses are physical, also those of variables. */

static void image_rights(paddr_t load, paddr_t start, paddr_t end, arch_pte_t rights)
{
    for (paddr_t a = start; a < end; a += PAGE_SIZE)
        kernel_image_table[(a - load) / PAGE_SIZE] = a | PTE_NORMAL | PTE_PAGE | rights;
}

SELDOM void boot_tables(paddr_t load);
void boot_tables(paddr_t load)
{
    image_rights(load, (paddr_t)text_start, (paddr_t)rodata_start, PTE_READ_ONLY);
    image_rights(load, (paddr_t)rodata_start, (paddr_t)data_start, PTE_READ_ONLY | PTE_PXN);
    image_rights(load, (paddr_t)data_start, (paddr_t)image_end, PTE_PXN);
    unsigned next = 0;
    for (unsigned page = 0; STACK_MAPPED >> page; page++)
        if (STACK_MAPPED >> page & 1)
            kernel_image_table[STACK_PAGE_FIRST + page] =
                (paddr_t)stack_pages[next++] | PTE_NORMAL | PTE_PAGE | PTE_PXN;

    *arch_table_entry(kernel_root, 3, KERNEL_BASE) = (paddr_t)kernel_high | PTE_BRANCH;
    *arch_table_entry(kernel_high, 2, KERNEL_BASE) = (paddr_t)kernel_image_directory | PTE_BRANCH;
    *arch_table_entry(kernel_high, 2, DEVICE_BASE) = (paddr_t)kernel_devices | PTE_BRANCH;
    *arch_table_entry(kernel_image_directory, 1, KERNEL_BASE) = (paddr_t)kernel_image_table | PTE_BRANCH;

    *arch_table_entry(boot_identity, 3, load) = (paddr_t)boot_identity_high | PTE_BRANCH;
    *arch_table_entry(boot_identity_high, 2, load) = (paddr_t)boot_identity_directory | PTE_BRANCH;
    *arch_table_entry(boot_identity_directory, 1, load) = load | PTE_NORMAL | PTE_READ_ONLY;
}

/* ---- Foreign memory during boot, and devices: slots of the device area, taken one after the other. */

static unsigned slots_used;
static uint64_t slot_is_device[ENTRIES / 64];

static word_t slot_address(unsigned slot)
{
    return DEVICE_BASE + slot * LARGE_2M;
}

static void *slots_map(paddr_t physical, size_t size, unsigned memory, unsigned limit)
{
    paddr_t first = physical & ~(LARGE_2M - 1);
    size_t offset = physical - first;
    if (size == 0 || physical + size < physical || physical + size > WINDOW_SIZE)
        return NULL;
    size_t count = (offset + size + LARGE_2M - 1) / LARGE_2M;
    arch_pte_t entry = first | PTE_KERNEL | PTE_MEMORY(memory) | PTE_PXN;
    if (count == 1)
        for (unsigned i = 0; i < slots_used; i++)
            if (kernel_devices[i] == entry)
                return (void *)(slot_address(i) + offset);
    if (slots_used >= limit || count > limit - slots_used)
        return NULL;
    unsigned slot = slots_used;
    for (unsigned i = 0; i < count; i++)
        arch_pte_write(&kernel_devices[slots_used++], entry + i * LARGE_2M);
    isb();
    return (void *)(slot_address(slot) + offset);
}

const void *boot_map(paddr_t physical, size_t size)
{
    return slots_map(physical, size, MEMORY_NORMAL, BOOT_SLOTS);
}

volatile void *device_map(paddr_t physical, size_t size)
{
    volatile char *p = slots_map(physical, size, MEMORY_DEVICE, ENTRIES);
    if (!p)
        PANIC("no room to map the device at %lx", physical);
    unsigned first = (unsigned)(((word_t)p - DEVICE_BASE) / LARGE_2M),
             last = (unsigned)(((word_t)p + size - 1 - DEVICE_BASE) / LARGE_2M);
    for (unsigned slot = first; slot <= last; slot++)
        slot_is_device[slot / 64] |= 1ull << slot % 64;
    return p;
}

void paging_end_boot(void)
{
    for (unsigned i = 0; i < slots_used; i++)
        if (!(slot_is_device[i / 64] >> i % 64 & 1))
            kernel_devices[i] = 0;
    dsb();
    __asm__ volatile("tlbi vmalle1" : : : "memory");
    dsb();
    isb();
}

/* ---- Tables for the window: taken from ordinary memory, and reached through the slots above. */

static paddr_t tables_next, tables_end;

static arch_pte_t *table_pointer(paddr_t table)
{
    return (arch_pte_t *)(word_t)boot_map(table, PAGE_SIZE);
}

static paddr_t table_new(void)
{
    check(tables_next < tables_end);
    paddr_t table = tables_next;
    tables_next += PAGE_SIZE;
    arch_pte_t *entries = table_pointer(table);
    for (unsigned i = 0; i < ENTRIES; i++)
        entries[i] = 0;
    return table;
}

/* The window's entry for an address at a level, with the tables above it. */
static arch_pte_t *window_entry(word_t address, unsigned level)
{
    arch_pte_t *table = kernel_root;
    for (unsigned l = ARCH_TABLE_LEVELS - 1; l > level; l--) {
        arch_pte_t *entry = arch_table_entry(table, l, address);
        if (arch_pte_is_empty(*entry))
            arch_pte_write(entry, table_new() | PTE_BRANCH);
        table = table_pointer(arch_pte_address(*entry));
    }
    return arch_table_entry(table, level, address);
}

/* The largest page that begins at `start` and is not larger than what is left. */
static unsigned window_level(paddr_t start, paddr_t end)
{
    if (!(start & (LARGE_1G - 1)) && end - start >= LARGE_1G)
        return 2;
    return !(start & (LARGE_2M - 1)) && end - start >= LARGE_2M ? 1 : 0;
}

static void window_map(paddr_t start, paddr_t end)
{
    while (start < end) {
        unsigned level = window_level(start, end);
        arch_pte_t *entry = window_entry(WINDOW_BASE + start, level);
        arch_pte_write(entry, start | PTE_NORMAL | PTE_PXN | (level == 0 ? PTE_PAGE : 0));
        start += 1ul << arch_level_bits(level);
    }
}

/* The most tables that a range can need: one for each 512 GiB and each GiB that it touches, and for the ends
 * a table each. */
static size_t window_tables(paddr_t start, paddr_t end)
{
    paddr_t last = end - 1;
    return (last / (512 * LARGE_1G) - start / (512 * LARGE_1G)) + (last / LARGE_1G - start / LARGE_1G) + 4;
}

/* Take memory for the tables from the first range that is large enough. They stay out of the window: nothing writes
 * them after boot. */
static void tables_reserve(struct boot_machine *machine)
{
    size_t pages = window_tables(image_physical(payload_start), image_physical(payload_end));
    for (unsigned i = 0; i < machine->memory_count; i++)
        pages += window_tables(machine->memory[i].start, machine->memory[i].end);
    for (unsigned i = 0; i < machine->memory_count; i++) {
        struct boot_region *region = &machine->memory[i];
        size_t size = pages * PAGE_SIZE;
        if (region->end - region->start < 2 * size)
            continue;
        tables_next = region->start;
        tables_end = region->start + size;
        boot_regions_reserve(machine, tables_next, tables_end);
        return;
    }
    BOOT_REFUSE("no %lu KiB of memory in one piece for the kernel's page tables", 4 * pages);
}

void paging_init(struct boot_machine *machine)
{
    tables_reserve(machine);
    window_map(image_physical(payload_start), image_physical(payload_end));
    for (unsigned i = 0; i < machine->memory_count; i++)
        window_map(machine->memory[i].start, machine->memory[i].end);
    isb();
    space_load_kernel();
}
