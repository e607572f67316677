/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's mapping of physical memory, made once at boot, for ports with page tables of 512 entries of 64 bits.
 *
 * There are two ways to physical memory. The window holds all ordinary memory, with pages as large as possible. Its
 * tables have to be made first, and firmware's tables have to be read before: that goes through the device area, 512
 * slots of 2 MiB which are taken one after the other. Slots with devices stay, the others are given back at the end of
 * boot.
 */
#include "boot_regions.h"
#include "port.h"

#define ENTRIES  512u
#define LARGE_2M ((paddr_t)1 << 21)
#define LARGE_1G ((paddr_t)1 << 30)

/* Slots that boot_map may use: the rest is for devices, whatever firmware says. */
#define BOOT_SLOTS (KERNEL_SLOTS - 64)

/* ---- The device area. */

static unsigned slots_used;
static uint64_t slot_is_device[KERNEL_SLOTS / 64];

static word_t slot_address(unsigned slot)
{
    return DEVICE_BASE + slot * KERNEL_SLOT_BYTES;
}

static size_t slot_count(paddr_t physical, size_t size)
{
    return (physical % KERNEL_SLOT_BYTES + size + KERNEL_SLOT_BYTES - 1) / KERNEL_SLOT_BYTES;
}

/* The first slot of a new mapping, or of one that is there; KERNEL_SLOTS if there is no room. */
static unsigned slots_map(paddr_t physical, size_t size, bool device, unsigned limit)
{
    paddr_t first = physical - physical % KERNEL_SLOT_BYTES;
    if (size == 0 || physical + size < physical || physical + size > kernel_window_end())
        return KERNEL_SLOTS;
    size_t count = slot_count(physical, size);
    if (count == 1)
        for (unsigned i = 0; i < slots_used; i++)
            if (kernel_devices[i] == kernel_pte(first, 1, device))
                return i;
    if (slots_used >= limit || count > limit - slots_used)
        return KERNEL_SLOTS;
    unsigned slot = slots_used;
    for (size_t i = 0; i < count; i++)
        arch_pte_write(&kernel_devices[slots_used++], kernel_pte(first + i * KERNEL_SLOT_BYTES, 1, device));
    kernel_mapping_added();
    return slot;
}

const void *boot_map(paddr_t physical, size_t size)
{
    unsigned slot = slots_map(physical, size, false, BOOT_SLOTS);
    return slot == KERNEL_SLOTS ? NULL : (const void *)(slot_address(slot) + physical % KERNEL_SLOT_BYTES);
}

volatile void *device_map(paddr_t physical, size_t size)
{
    unsigned slot = slots_map(physical, size, true, KERNEL_SLOTS);
    if (slot == KERNEL_SLOTS)
        PANIC("no room to map the device at %lx", physical);
    for (size_t i = 0; i < slot_count(physical, size); i++)
        slot_is_device[(slot + i) / 64] |= 1ull << (slot + i) % 64;
    return (volatile void *)(slot_address(slot) + physical % KERNEL_SLOT_BYTES);
}

void boot_map_end(void)
{
    for (unsigned i = 0; i < slots_used; i++) {
        if (slot_is_device[i / 64] >> i % 64 & 1)
            continue;
        arch_pte_write(&kernel_devices[i], 0);
        kernel_mapping_removed(slot_address(i));
    }
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
            arch_pte_write(entry, kernel_pte_table(table_new()));
        table = table_pointer(arch_pte_address(*entry));
    }
    return arch_table_entry(table, level, address);
}

/* The largest page that begins at `start` and is not larger than what is left. */
static unsigned window_level(paddr_t start, paddr_t end)
{
    if (arch_largest_level() >= 2 && !(start & (LARGE_1G - 1)) && end - start >= LARGE_1G)
        return 2;
    return !(start & (LARGE_2M - 1)) && end - start >= LARGE_2M ? 1 : 0;
}

static void window_map(paddr_t start, paddr_t end)
{
    while (start < end) {
        unsigned level = window_level(start, end);
        arch_pte_write(window_entry((word_t)arch_pointer(start), level), kernel_pte(start, level, false));
        start += (paddr_t)1 << arch_level_bits(level);
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
static void tables_reserve(struct boot_machine *machine, size_t pages)
{
    size_t size = pages * PAGE_SIZE;
    for (unsigned i = 0; i < machine->memory_count; i++) {
        struct boot_region *region = &machine->memory[i];
        if (region->end - region->start < 2 * size)
            continue;
        tables_next = region->start;
        tables_end = region->start + size;
        boot_regions_reserve(machine, tables_next, tables_end);
        return;
    }
    BOOT_REFUSE("no %lu KiB of memory in one piece for the kernel's page tables", 4 * pages);
}

void window_init(struct boot_machine *machine)
{
    size_t pages = window_tables(image_physical(payload_start), image_physical(payload_end));
    for (unsigned i = 0; i < machine->memory_count; i++)
        pages += window_tables(machine->memory[i].start, machine->memory[i].end);
    tables_reserve(machine, pages);
    window_map(image_physical(payload_start), image_physical(payload_end));
    for (unsigned i = 0; i < machine->memory_count; i++)
        window_map(machine->memory[i].start, machine->memory[i].end);
    kernel_mapping_added();
}
