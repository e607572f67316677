/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What boot loaders hand over: PVH start information and multiboot2 information (kernel/arch/x86_64/memory_map.c).
 *
 * The first byte of an input says which, and whether the address is odd; the rest is memory from INFO_AT on. What comes out must be a
 * sorted list of pages that do not overlap, without the kernel's image and without the first MiB; or a sentence.
 */
#include "physical.h"
#include <string.h>

#define INFO_AT MIB(3)

static struct boot_machine machine;

struct call {
    unsigned protocol;
    paddr_t info;
};

static void read(void *argument)
{
    const struct call *call = argument;

    memory_map_read(&machine, call->protocol, call->info);
}

static void check_regions(const struct boot_region *region, unsigned count, bool apart)
{
    FUZZ_EXPECT(count <= BOOT_REGIONS_MAX);
    for (unsigned i = 0; i < count; i++) {
        FUZZ_EXPECT(region[i].start < region[i].end && region[i].end <= WINDOW_SIZE);
        FUZZ_EXPECT(i == 0 || region[i - 1].start <= region[i].start);
        FUZZ_EXPECT(!apart || i == 0 || region[i - 1].end <= region[i].start);
    }
}

static void check_machine(void)
{
    FUZZ_EXPECT(machine.memory_count > 0);
    check_regions(machine.memory, machine.memory_count, true);
    check_regions(machine.reserved, machine.reserved_count, false);
    for (unsigned i = 0; i < machine.memory_count; i++) {
        const struct boot_region *region = &machine.memory[i];
        FUZZ_EXPECT(region->start % PAGE_SIZE == 0 && region->end % PAGE_SIZE == 0);
        FUZZ_EXPECT(region->start >= MIB(1));
        for (unsigned j = 0; j < machine.reserved_count; j++)
            FUZZ_EXPECT(region->end <= machine.reserved[j].start || region->start >= machine.reserved[j].end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    struct call call = { data[0] & 1, INFO_AT + (data[0] >> 4) };

    machine = (struct boot_machine){ 0 };
    physical_set(call.info, data + 1, size - 1);
    if (physical_run(read, &call))
        check_machine();
    physical_end();
    return 0;
}
