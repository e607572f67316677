/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's own mapping, made once at boot (layout.h shows it). After paging_init nothing in it changes,
 * except that paging_end_boot takes away the device tree: so its entries can be global, and need no flush on
 * any core, ever.
 *
 * Sv39 and Sv48 share all tables but the window's: kernel_high, which maps the last 512 GiB, is the root of Sv39
 * and stands in the last entry of the root of Sv48. Boot begins with Sv39.
 *
 * No page is both writable and executable. The window holds ordinary memory and the payload, but not the
 * image, so the kernel's text and tables cannot be written through it either.
 */
#include "port.h"
#include "boot_regions.h"

#define ENTRIES  512u
#define LARGE_2M WORD(0x200000)
#define LARGE_1G WORD(0x40000000)

/* Slots of the device area that boot_map may use: the rest is for devices, whatever the tree says. */
#define BOOT_SLOTS (ENTRIES - 32)

/* boot.S has filled in what it needed. */
ALIGNED(4096) static arch_pte_t kernel_root[ENTRIES];     /* of Sv48 */
ALIGNED(4096) arch_pte_t kernel_high[ENTRIES];            /* the last 512 GiB; the root of Sv39 */
ALIGNED(4096) arch_pte_t kernel_image_directory[ENTRIES]; /* from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_image_table[ENTRIES];     /* 2 MiB from KERNEL_BASE */
ALIGNED(4096) arch_pte_t kernel_devices[ENTRIES];         /* from DEVICE_BASE, in steps of 2 MiB */
ALIGNED(4096) char stack_pages[STACK_PAGES][PAGE_SIZE];

#define PTE_KERNEL (PTE_VALID | PTE_GLOBAL | PTE_ACCESSED | PTE_DIRTY)
#define PTE_DATA   (PTE_KERNEL | PTE_READ | PTE_WRITE)

unsigned paging_levels = 3;
word_t window_base = WINDOW_BASE_SV39;
paddr_t image_base;

arch_pte_t *kernel_root_table(void)
{
    return paging_levels == 4 ? kernel_root : kernel_high;
}

paddr_t paging_physical_end(void)
{
    return paging_levels == 4 ? WINDOW_SIZE_SV48 : WINDOW_SIZE_SV39;
}

/* ---- Foreign memory during boot: slots of the device area, taken one after the other. */

static unsigned slots_used;
static uint64_t slot_is_device[ENTRIES / 64];

static word_t slot_address(unsigned slot)
{
    return DEVICE_BASE + slot * LARGE_2M;
}

/* Returns the first slot of a new mapping, or of one that is there; ENTRIES if there is no room. */
static unsigned slots_map(paddr_t physical, size_t size, unsigned limit)
{
    paddr_t first = physical & ~(LARGE_2M - 1);
    if (size == 0 || physical + size < physical || physical + size > WINDOW_SIZE_SV48)
        return ENTRIES;
    size_t count = (physical - first + size + LARGE_2M - 1) / LARGE_2M;
    arch_pte_t entry = PTE_FRAME(first) | PTE_DATA;
    if (count == 1)
        for (unsigned i = 0; i < slots_used; i++)
            if (kernel_devices[i] == entry)
                return i;
    if (slots_used >= limit || count > limit - slots_used)
        return ENTRIES;
    unsigned slot = slots_used;
    for (size_t i = 0; i < count; i++)
        kernel_devices[slots_used++] = entry + PTE_FRAME(i * LARGE_2M);
    tlb_flush_all(); /* it may remember that nothing was there */
    return slot;
}

const void *boot_map(paddr_t physical, size_t size)
{
    unsigned slot = slots_map(physical, size, BOOT_SLOTS);
    return slot == ENTRIES ? NULL : (const void *)(slot_address(slot) + (physical & (LARGE_2M - 1)));
}

volatile void *device_map(paddr_t physical, size_t size)
{
    unsigned slot = slots_map(physical, size, ENTRIES);
    if (slot == ENTRIES)
        PANIC("no room to map the device at %lx", physical);
    size_t offset = physical & (LARGE_2M - 1);
    for (size_t i = 0; i < (offset + size + LARGE_2M - 1) / LARGE_2M; i++)
        slot_is_device[(slot + i) / 64] |= 1ull << (slot + i) % 64;
    return (volatile void *)(slot_address(slot) + offset);
}

void paging_end_boot(void)
{
    for (unsigned i = 0; i < slots_used; i++)
        if (!(slot_is_device[i / 64] >> i % 64 & 1))
            kernel_devices[i] = 0;
    tlb_flush_all();
}

/* ---- Tables for the window: taken from ordinary memory, and reached through the slots above. */

static paddr_t tables_next, tables_end;

static arch_pte_t *table_pointer(paddr_t table)
{
    arch_pte_t *pointer = (arch_pte_t *)(word_t)boot_map(table, PAGE_SIZE);
    check(pointer);
    return pointer;
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
    arch_pte_t *table = kernel_root_table();
    for (unsigned l = ARCH_TABLE_LEVELS - 1; l > level; l--) {
        arch_pte_t *entry = arch_table_entry(table, l, address);
        if (arch_pte_is_empty(*entry))
            *entry = PTE_FRAME(table_new()) | PTE_VALID;
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
        *window_entry(window_base + start, level) = PTE_FRAME(start) | PTE_DATA;
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

/* Take memory for the tables from the first range that is large enough. They stay out of the window: nothing
 * writes them after boot. */
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
        *arch_table_entry(kernel_image_table, 0, a) =
            PTE_FRAME(a - KERNEL_BASE + image_base) | PTE_KERNEL | rights;
}

/* The stacks' pages, in the order of stack_pages. */
static void stacks_map(void)
{
    unsigned next = 0;
    for (unsigned page = 0; STACK_MAPPED >> page; page++)
        if (STACK_MAPPED >> page & 1)
            kernel_image_table[STACK_PAGE_FIRST + page] =
                PTE_FRAME(image_physical(stack_pages[next++])) | PTE_DATA;
    check(next == STACK_PAGES);
}

/* Only now: boot.S mapped everything with all rights. */
static void image_init(void)
{
    for (word_t a = (word_t)image_end; a < STACK_AREA_END; a += PAGE_SIZE)
        if (a < STACK_AREA + PAGE_SIZE || a >= STACK_AREA + 3 * PAGE_SIZE) /* not the stack in use */
            *arch_table_entry(kernel_image_table, 0, a) = 0;
    for (word_t a = STACK_AREA_END; a < KERNEL_BASE + LARGE_2M; a += PAGE_SIZE)
        *arch_table_entry(kernel_image_table, 0, a) = 0;
    image_rights(text_start, rodata_start, PTE_READ | PTE_EXECUTE);
    image_rights(rodata_start, data_start, PTE_READ);
    image_rights(data_start, image_end, PTE_READ | PTE_WRITE);
    stacks_map();
}

/* A mode that the processor does not have leaves the register as it was: privileged architecture, 4.1.11. */
static void mode_init(bool sv48)
{
    word_t root = SATP_SV48 << SATP_MODE | image_physical(kernel_root) >> PAGE_BITS;
    kernel_root[ENTRIES - 1] = PTE_FRAME(image_physical(kernel_high)) | PTE_VALID;
    if (!sv48)
        return;
    CSR_WRITE(satp, root);
    if (CSR_READ(satp) != root)
        return;
    paging_levels = 4;
    window_base = WINDOW_BASE_SV48;
}

void paging_init(struct boot_machine *machine, bool sv48)
{
    mode_init(sv48);
    tlb_flush_all();
    window_init(machine);
    image_init();
    tlb_flush_all();
}
