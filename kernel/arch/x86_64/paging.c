/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mapping, made once at boot (layout.h shows it). After paging_init nothing in it changes,
 * except that paging_end_boot takes away the firmware's tables: so its entries can be global, and need no
 * flush on any core, ever.
 *
 * No page is both writable and executable. The window holds ordinary memory and the payload, but not the
 * image, so the kernel's text and tables cannot be written through it either.
 */
#include "boot_regions.h"
#include "port.h"

#define ENTRIES  512u
#define LARGE_2M WORD(0x200000)
#define LARGE_1G WORD(0x40000000)

/* Slots of the device area that boot_map may use: the rest is for interrupt controllers, whatever firmware
 * says. */
#define BOOT_SLOTS (ENTRIES - 16)

/* The tables of the image and the devices are static; boot.S has filled in what it needed. */
ALIGNED(4096) arch_pte_t kernel_root[ENTRIES];
ALIGNED(4096) arch_pte_t kernel_high[ENTRIES];            /* the last 512 GiB */
ALIGNED(4096) arch_pte_t kernel_image_directory[ENTRIES]; /* from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_image_table[ENTRIES];     /* 2 MiB from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_devices[ENTRIES];         /* from DEVICE_BASE, in steps of 2 MiB */

extern char stack_pages[STACK_PAGES][PAGE_SIZE];

#define PTE_TABLE  (PTE_PRESENT | PTE_WRITE)
#define PTE_KERNEL (PTE_PRESENT | PTE_ACCESSED | PTE_GLOBAL | PTE_DIRTY)

/* ---- Foreign memory during boot: slots of the device area, taken one after the other. */

static unsigned slots_used;
static uint64_t slot_is_device[ENTRIES / 64];

static word_t slot_address(unsigned slot)
{
    return DEVICE_BASE + slot * LARGE_2M;
}

static const void *slots_map(paddr_t physical, size_t size, arch_pte_t attributes, unsigned limit)
{
    paddr_t first = physical & ~(LARGE_2M - 1);
    size_t offset = physical - first;
    if (size == 0 || physical + size < physical || physical + size > WINDOW_SIZE)
        return NULL;
    size_t count = (offset + size + LARGE_2M - 1) / LARGE_2M;
    arch_pte_t entry = first | PTE_KERNEL | PTE_LARGE | PTE_NO_EXECUTE | attributes;
    if (count == 1)
        for (unsigned i = 0; i < slots_used; i++)
            if (kernel_devices[i] == entry)
                return (const void *)(slot_address(i) + offset);
    if (slots_used >= limit || count > limit - slots_used)
        return NULL;
    unsigned slot = slots_used;
    for (unsigned i = 0; i < count; i++)
        kernel_devices[slots_used++] = entry + i * LARGE_2M;
    return (const void *)(slot_address(slot) + offset);
}

const void *boot_map(paddr_t physical, size_t size)
{
    return slots_map(physical, size, PTE_WRITE, BOOT_SLOTS);
}

volatile void *device_map(paddr_t physical)
{
    const volatile char *p = slots_map(physical, PAGE_SIZE, PTE_WRITE | PTE_PAT_1 | PTE_PAT_2, ENTRIES);
    if (!p)
        PANIC("no room to map the device at %lx", physical);
    unsigned slot = (unsigned)(((word_t)p - DEVICE_BASE) / LARGE_2M);
    slot_is_device[slot / 64] |= 1ull << slot % 64;
    return (volatile void *)(word_t)p;
}

void paging_end_boot(void)
{
    for (unsigned i = 0; i < slots_used; i++) {
        if (slot_is_device[i / 64] >> i % 64 & 1)
            continue;
        kernel_devices[i] = 0;
        tlb_invalidate_page(slot_address(i));
    }
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
            *entry = table_new() | PTE_TABLE;
        table = table_pointer(arch_pte_address(*entry));
    }
    return arch_table_entry(table, level, address);
}

/* The largest page that begins at `start` and is not larger than what is left. */
static unsigned window_level(paddr_t start, paddr_t end)
{
    if (cpu.huge_pages && !(start & (LARGE_1G - 1)) && end - start >= LARGE_1G)
        return 2;
    return !(start & (LARGE_2M - 1)) && end - start >= LARGE_2M ? 1 : 0;
}

static void window_map(paddr_t start, paddr_t end)
{
    while (start < end) {
        unsigned level = window_level(start, end);
        arch_pte_t *entry = window_entry(WINDOW_BASE + start, level);
        *entry = start | PTE_KERNEL | PTE_WRITE | PTE_NO_EXECUTE | (level > 0 ? PTE_LARGE : 0);
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

/* Take memory for the tables from the first range that is large enough, below 4 GiB, where every machine that
 * could boot us has some. They stay out of the window: nothing writes them after boot. */
static void tables_reserve(struct boot_machine *machine)
{
    size_t pages = window_tables(0, image_physical(payload_end));
    for (unsigned i = 0; i < machine->memory_count; i++)
        pages += window_tables(machine->memory[i].start, machine->memory[i].end);
    for (unsigned i = 0; i < machine->memory_count; i++) {
        struct boot_region *region = &machine->memory[i];
        size_t size = pages * PAGE_SIZE;
        if (region->end - region->start < 2 * size || region->start + size > 4 * LARGE_1G)
            continue;
        tables_next = region->start;
        tables_end = region->start + size;
        boot_regions_reserve(machine, tables_next, tables_end);
        return;
    }
    BOOT_REFUSE("no %lu KiB of memory in one piece below 4 GiB for the kernel's page tables", 4 * pages);
}

static void window_init(struct boot_machine *machine)
{
    tables_reserve(machine);
    window_map(image_physical(payload_start), image_physical(payload_end));
    for (unsigned i = 0; i < machine->memory_count; i++)
        window_map(machine->memory[i].start, machine->memory[i].end);
}

/* ---- The image. */

static void image_rights(const char *start, const char *end, arch_pte_t rights)
{
    for (word_t a = (word_t)start; a < (word_t)end; a += PAGE_SIZE)
        *arch_table_entry(kernel_image_table, 0, a) = (a - KERNEL_BASE) | PTE_KERNEL | rights;
}

/* The stacks' pages, in the order of stack_pages. */
static void stacks_map(void)
{
    unsigned next = 0;
    for (unsigned page = 0; STACK_MAPPED >> page; page++)
        if (STACK_MAPPED >> page & 1)
            kernel_image_table[STACK_PAGE_FIRST + page] =
                image_physical(stack_pages[next++]) | PTE_KERNEL | PTE_WRITE | PTE_NO_EXECUTE;
    check(next == STACK_PAGES);
}

/* Only now: boot.S mapped everything with all rights, and the stack that this runs on stays what it is. */
static void image_init(void)
{
    for (unsigned i = 0; i < ENTRIES; i++)
        if (i != STACK_PAGE_FIRST + 1 && i != STACK_PAGE_FIRST + 2)
            if (i < image_physical(text_start) / PAGE_SIZE || i >= image_physical(image_end) / PAGE_SIZE)
                kernel_image_table[i] = 0;
    image_rights(text_start, rodata_start, 0);
    image_rights(rodata_start, data_start, PTE_NO_EXECUTE);
    image_rights(data_start, image_end, PTE_WRITE | PTE_NO_EXECUTE);
    stacks_map();
    kernel_high[0] = 0;
    kernel_root[0] = 0;
}

void paging_init(struct boot_machine *machine)
{
    window_init(machine);
    image_init();
    cr3_write(image_physical(kernel_root));
}
