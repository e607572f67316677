/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of a machine's ordinary memory: sorted, page-aligned, without overlaps and without neighbours that
 * touch, whatever is added and taken out. Firmware may list memory in any order, twice, and as usable and
 * reserved at once: a port adds all that is usable first, and then takes out everything else.
 */
#include "boot_regions.h"

static paddr_t page_down(paddr_t address)
{
    return address & ~(paddr_t)(PAGE_SIZE - 1);
}

/* The last page of all is lost. */
static paddr_t page_up(paddr_t address)
{
    return address > ~(paddr_t)0 - PAGE_SIZE ? page_down(address) : page_down(address + PAGE_SIZE - 1);
}

static void region_delete(struct boot_machine *machine, unsigned index)
{
    machine->memory_count--;
    for (unsigned i = index; i < machine->memory_count; i++)
        machine->memory[i] = machine->memory[i + 1];
}

/* Returns false if there is no room. */
static bool region_insert(struct boot_machine *machine, unsigned index, paddr_t start, paddr_t end)
{
    if (machine->memory_count == BOOT_REGIONS_MAX)
        return false;
    for (unsigned i = machine->memory_count++; i > index; i--)
        machine->memory[i] = machine->memory[i - 1];
    machine->memory[index] = (struct boot_region){ start, end };
    return true;
}

void boot_regions_add(struct boot_machine *machine, paddr_t start, paddr_t end)
{
    unsigned i = 0;

    start = page_up(start);
    end = page_down(end);
    if (start >= end)
        return;
    while (i < machine->memory_count && machine->memory[i].end < start)
        i++;
    /* Swallow all that overlap or touch. */
    while (i < machine->memory_count && machine->memory[i].start <= end) {
        start = machine->memory[i].start < start ? machine->memory[i].start : start;
        end = machine->memory[i].end > end ? machine->memory[i].end : end;
        region_delete(machine, i);
    }
    if (!region_insert(machine, i, start, end))
        print("memory: too many pieces; %llx to %llx is not used\n", (unsigned long long)start,
              (unsigned long long)end);
}

void boot_regions_remove(struct boot_machine *machine, paddr_t start, paddr_t end)
{
    start = page_down(start);
    end = page_up(end);
    for (unsigned i = 0; i < machine->memory_count && start < end;) {
        struct boot_region region = machine->memory[i];
        if (region.end <= start || region.start >= end) {
            i++;
            continue;
        }
        region_delete(machine, i);
        if (region.start < start && region_insert(machine, i, region.start, start))
            i++;
        if (region.end > end && region_insert(machine, i, end, region.end))
            i++;
    }
}

void boot_regions_reserve(struct boot_machine *machine, paddr_t start, paddr_t end)
{
    boot_regions_remove(machine, start, end);
    check(machine->reserved_count < BOOT_REGIONS_MAX);
    unsigned i = machine->reserved_count++;
    for (; i > 0 && machine->reserved[i - 1].start > start; i--)
        machine->reserved[i] = machine->reserved[i - 1];
    machine->reserved[i] = (struct boot_region){ page_down(start), page_up(end) };
}
