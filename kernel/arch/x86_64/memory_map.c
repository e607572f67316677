/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the boot loader told: the memory map and where the ACPI tables are. Nothing in it is trusted: a table
 * that makes no sense stops the machine with a sentence, since nobody could do anything better later.
 *
 * Firmware may list memory in any order, twice, and as usable and reserved at once. So usable entries are
 * added first, to a sorted list without overlaps; then everything that is listed as anything else is taken
 * out.
 */
#include "boot_regions.h"
#include "port.h"

#define PROTOCOL_PVH 0u /* as in boot.S */

/* Xen public/arch-x86/hvm/start_info.h: the layout, in words of the interface. */
struct pvh_start_info {
    uint32_t magic, version, flags, module_count;
    uint64_t modules, command_line, rsdp;
    uint64_t memory_map; /* version 1 and later */
    uint32_t memory_map_entries, reserved;
};
#define PVH_MAGIC 0x336ec578u

/* Multiboot2 specification 2.0, section 3.4 and 3.6. */
struct multiboot2_info {
    uint32_t size, reserved;
};
struct multiboot2_tag {
    uint32_t type, size;
};
struct multiboot2_memory_map {
    struct multiboot2_tag tag;
    uint32_t entry_size, entry_version;
};
#define MULTIBOOT2_END        0u
#define MULTIBOOT2_MEMORY_MAP 6u
#define MULTIBOOT2_RSDP_OLD   14u
#define MULTIBOOT2_RSDP_NEW   15u
#define MULTIBOOT2_SIZE_MAX   (1u << 20)

/* An entry of both memory maps. */
struct memory_entry {
    uint64_t start, size;
    uint32_t type, reserved;
};
#define MEMORY_USABLE      1u
#define MEMORY_ENTRIES_MAX 1024u
#define MEMORY_ENTRY_MIN   20u /* up to and with the type */

/* A memory map as it lies in memory. */
struct memory_map {
    const char *entries;
    unsigned count, entry_size;
};

/* ---- The loader's map. */

/* A copy: entries may be of any size, and so at any address. */
static struct memory_entry map_entry(const struct memory_map *map, unsigned index)
{
    struct memory_entry entry = { 0, 0, 0, 0 };
    __builtin_memcpy(&entry, map->entries + (size_t)index * map->entry_size, MEMORY_ENTRY_MIN);
    return entry;
}

static paddr_t entry_end(const struct memory_entry *entry)
{
    bool sane = entry->start + entry->size >= entry->start && entry->start + entry->size <= WINDOW_SIZE;
    return sane ? entry->start + entry->size : WINDOW_SIZE;
}

static void map_use(struct boot_machine *machine, const struct memory_map *map)
{
    if (map->entry_size < MEMORY_ENTRY_MIN || map->count == 0 || map->count > MEMORY_ENTRIES_MAX)
        BOOT_REFUSE("the boot loader's memory map makes no sense (%u entries of %u bytes)", map->count,
                    map->entry_size);
    for (unsigned i = 0; i < map->count; i++) {
        struct memory_entry entry = map_entry(map, i);
        if (entry.type == MEMORY_USABLE && entry.start < WINDOW_SIZE)
            boot_regions_add(machine, entry.start, entry_end(&entry));
    }
    for (unsigned i = 0; i < map->count; i++) {
        struct memory_entry entry = map_entry(map, i);
        if (entry.type != MEMORY_USABLE && entry.size > 0)
            boot_regions_remove(machine, entry.start, entry_end(&entry));
    }
}

/* ---- Protocols. */

/* Both promise that the structure stands at a multiple of 8 bytes. */
static bool is_aligned(paddr_t address)
{
    return address % 8 == 0;
}

static void pvh_read(struct boot_machine *machine, struct memory_map *map, paddr_t address)
{
    const struct pvh_start_info *info = is_aligned(address) ? boot_map(address, sizeof(*info)) : NULL;
    if (!info || info->magic != PVH_MAGIC)
        BOOT_REFUSE("there is no PVH start information at %lx", address);
    if (info->version < 1 || info->memory_map_entries > MEMORY_ENTRIES_MAX)
        BOOT_REFUSE("the PVH start information (version %u) has no memory map", info->version);
    machine->acpi_rsdp = info->rsdp;
    map->count = info->memory_map_entries;
    map->entry_size = sizeof(struct memory_entry);
    map->entries = boot_map(info->memory_map, (size_t)map->count * map->entry_size);
}

/* The RSDP that GRUB hands over is a copy, in memory that will be used for something else. */
static ALIGNED(8) char rsdp_copy[36];

static void multiboot2_rsdp(const struct multiboot2_tag *tag)
{
    size_t size = tag->size - sizeof(*tag);
    for (size_t i = 0; i < sizeof(rsdp_copy) && i < size; i++)
        rsdp_copy[i] = ((const char *)(tag + 1))[i];
}

static void multiboot2_tag(struct memory_map *map, const struct multiboot2_tag *tag)
{
    const struct multiboot2_memory_map *memory = (const void *)tag;
    switch (tag->type) {
    case MULTIBOOT2_MEMORY_MAP:
        if (tag->size < sizeof(*memory) || memory->entry_size < MEMORY_ENTRY_MIN)
            return;
        map->entries = (const char *)(memory + 1);
        map->entry_size = memory->entry_size;
        map->count = (tag->size - (unsigned)sizeof(*memory)) / memory->entry_size;
        return;
    case MULTIBOOT2_RSDP_OLD:
        if (rsdp_copy[0] == 0) /* the new one is better */
            multiboot2_rsdp(tag);
        return;
    case MULTIBOOT2_RSDP_NEW:
        multiboot2_rsdp(tag);
        return;
    }
}

static void multiboot2_read(struct memory_map *map, paddr_t address)
{
    const struct multiboot2_info *info = is_aligned(address) ? boot_map(address, sizeof(*info)) : NULL;
    if (!info || info->size < sizeof(*info) || info->size > MULTIBOOT2_SIZE_MAX)
        BOOT_REFUSE("there is no multiboot2 information at %lx", address);
    uint32_t total = info->size;
    const char *base = boot_map(address, total);
    if (!base)
        BOOT_REFUSE("the multiboot2 information at %lx cannot be reached", address);
    for (uint32_t offset = sizeof(*info); offset + sizeof(struct multiboot2_tag) <= total;) {
        const struct multiboot2_tag *tag = (const void *)(base + offset);
        if (tag->type == MULTIBOOT2_END)
            return;
        if (tag->size < sizeof(*tag) || tag->size > total - offset)
            break;
        multiboot2_tag(map, tag);
        offset += (tag->size + 7) & ~7u;
    }
    BOOT_REFUSE("the multiboot2 information at %lx is cut off", address);
}

void memory_map_read(struct boot_machine *machine, unsigned protocol, paddr_t info)
{
    struct memory_map map = { NULL, 0, 0 };
    if (protocol == PROTOCOL_PVH)
        pvh_read(machine, &map, info);
    else
        multiboot2_read(&map, info);
    if (!map.entries)
        BOOT_REFUSE("the boot loader told no memory map");
    map_use(machine, &map);
    boot_regions_remove(machine, 0, MIB(1));
    boot_regions_reserve(machine, image_physical(image_start), image_physical(image_end));
    boot_regions_remove(machine, image_physical(payload_start), image_physical(payload_end));
    if (machine->memory_count == 0)
        BOOT_REFUSE("the boot loader's memory map has no usable memory above 1 MiB");
    if (rsdp_copy[0] != 0)
        machine->acpi_rsdp = image_physical(rsdp_copy);
}
