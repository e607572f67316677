/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot: Untyped capabilities for all memory that is not the kernel's.
 *
 * Ordinary memory comes from the port's list; it is not known to be clean, so the watermark stands at the end. Everything below the end of physical
 * addresses that is neither ordinary memory nor the kernel's is device memory. Ranges are cut into the largest
 * aligned powers of two.
 */
#include "boot.h"
#include "derivation.h"

#define UNTYPED_BITS_MAX                                                                                     \
    (WORD_BITS > 40u ? 40u                                                                                   \
                     : WORD_BITS - 1) /* 1 TiB, or what offsets in a word reach: also for device memory */

/* log2 of the largest aligned block that begins at `start` and ends at or before `end`. */
static unsigned largest_block(paddr_t start, paddr_t end)
{
    unsigned bits = UNTYPED_BITS_MAX;

    while (bits > PAGE_BITS && ((start & ((1ull << bits) - 1)) || end - start < 1ull << bits))
        bits--;
    return bits;
}

static struct slot *add_block(struct boot_builder *builder, paddr_t start, unsigned bits, unsigned flags)
{
    struct boot_info *info = builder->info;

    if (info->untyped_count == BOOT_UNTYPED_MAX)
        return NULL;
    struct slot *slot = boot_slot(builder);
    struct cap cap = cap_make(OBJECT_UNTYPED, arch_pointer(start), RIGHTS_ALL,
                              bits | (flags & BOOT_UNTYPED_DEVICE ? UNTYPED_DEVICE : 0),
                              flags & BOOT_UNTYPED_DEVICE ? 0 : 1ull << bits);
    derivation_add_root(slot, cap);
    info->untyped[info->untyped_count++] = (struct boot_untyped){ .physical = start,
                                                                  .slot = (uint32_t)(slot - builder->slots),
                                                                  .size_bits = (uint8_t)bits,
                                                                  .flags = (uint8_t)flags };
    return slot;
}

static void add_range(struct boot_builder *builder, paddr_t start, paddr_t end, unsigned flags)
{
    while (start < end) {
        unsigned bits = largest_block(start, end);
        if (!add_block(builder, start, bits, flags)) {
            print("lucid: more than %u pieces of memory; the rest from %llx on is not used\n",
                  BOOT_UNTYPED_MAX, (unsigned long long)start);
            return;
        }
        start += 1ull << bits;
    }
}

/* The smallest region of ordinary memory that holds an aligned block of this size; its end becomes the boot memory. */
void boot_choose_memory(struct boot_builder *builder, uint64_t size)
{
    const struct boot_machine *machine = builder->machine;
    const struct boot_region *best = NULL;

    for (unsigned i = 0; i < machine->memory_count; i++) {
        const struct boot_region *region = &machine->memory[i];
        paddr_t start = (region->end - size) & ~(size - 1);
        bool fits = region->end >= size && start >= region->start;
        if (fits && (!best || region->end - region->start < best->end - best->start))
            best = region;
    }
    if (!best) {
        print("lucid: cannot start: no %llu KiB of memory in one piece for the root component\n",
              (unsigned long long)size >> 10);
        arch_halt(1);
    }
    builder->memory_region.start = (best->end - size) & ~(size - 1);
    builder->memory_region.end = builder->memory_region.start + size;
}

static void add_ordinary(struct boot_builder *builder)
{
    const struct boot_machine *machine = builder->machine;
    const struct boot_region *taken = &builder->memory_region;

    for (unsigned i = 0; i < machine->memory_count; i++) {
        const struct boot_region *region = &machine->memory[i];
        builder->info->memory_bytes += region->end - region->start;
        if (taken->start >= region->start && taken->end <= region->end) {
            add_range(builder, region->start, taken->start, 0);
            add_range(builder, taken->end, region->end, 0);
        } else {
            add_range(builder, region->start, region->end, 0);
        }
    }
}

/* The lowest region, ordinary or reserved or the payload, that ends above `from`. */
static struct boot_region next_known(const struct boot_builder *builder, paddr_t from)
{
    const struct boot_machine *machine = builder->machine;
    paddr_t payload = arch_physical(machine->payload);
    struct boot_region best = { machine->physical_end, machine->physical_end };
    struct boot_region own = { payload, payload + builder->image->size };

    if (own.end > from && own.start < best.start)
        best = own;
    for (unsigned i = 0; i < machine->memory_count; i++)
        if (machine->memory[i].end > from && machine->memory[i].start < best.start)
            best = machine->memory[i];
    for (unsigned i = 0; i < machine->reserved_count; i++)
        if (machine->reserved[i].end > from && machine->reserved[i].start < best.start)
            best = machine->reserved[i];
    return best;
}

static void add_device(struct boot_builder *builder)
{
    paddr_t from = 0;

    while (from < builder->machine->physical_end) { /* each round passes one known region */
        struct boot_region known = next_known(builder, from);
        if (known.start > from)
            add_range(builder, from, known.start, BOOT_UNTYPED_DEVICE);
        from = known.end > from ? known.end : builder->machine->physical_end;
    }
}

void boot_add_payload(struct boot_builder *builder)
{
    paddr_t start = arch_physical(builder->machine->payload);

    add_range(builder, start, start + builder->image->size, BOOT_UNTYPED_USED);
}

struct slot *boot_payload_parent(struct boot_builder *builder, paddr_t physical)
{
    const struct boot_info *info = builder->info;

    for (unsigned i = 0; i < info->untyped_count; i++) {
        const struct boot_untyped *untyped = &info->untyped[i];
        if ((untyped->flags & BOOT_UNTYPED_USED) && physical >= untyped->physical &&
            physical - untyped->physical < 1ull << untyped->size_bits)
            return &builder->slots[untyped->slot];
    }
    PANIC("no Untyped for the image at %llx", (unsigned long long)physical);
}

void boot_add_untyped(struct boot_builder *builder)
{
    add_ordinary(builder);
    add_device(builder);
}
