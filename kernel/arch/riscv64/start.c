/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, in the order in which things become possible: the device tree; the console, so that failures are told (until
 * then the firmware prints); memory and paging; interrupts; the clock; then the portable part.
 *
 * Boot arguments (/chosen bootargs): "sv39" keeps a processor that has Sv48 at three levels of page tables.
 */
#include "port.h"
#include "boot_regions.h"

static struct boot_machine machine;
static struct device_tree tree;

static void tree_open(paddr_t physical)
{
    const void *header = boot_map(physical, 64);
    uint32_t size = header ? device_tree_size(header) : 0;
    const void *blob = size ? boot_map(physical, size) : NULL;
    const char *wrong = blob ? device_tree_open(&tree, blob, size) : "is not there";
    if (wrong)
        BOOT_REFUSE("the device tree at %lx %s", physical, wrong);
    machine.device_tree = physical;
    machine.device_tree_size = size;
}

/* What is in memory and not to be used: this image, the payload, which the portable part knows, and the tree. */
static void memory_read(void)
{
    device_tree_memory(&tree, &machine);
    boot_regions_reserve(&machine, image_physical(image_start), image_physical(image_end));
    boot_regions_remove(&machine, image_physical(payload_start), image_physical(payload_end));
    boot_regions_remove(&machine, machine.device_tree, machine.device_tree + machine.device_tree_size);
    if (machine.memory_count == 0)
        BOOT_REFUSE("the device tree tells of no memory that can be used");
}

static void features_tell(bool tags)
{
    unsigned count = device_tree_cores(&tree);
    machine.features = BOOT_FEATURE_FPU | (tags ? BOOT_FEATURE_TAGS : 0);
    print("riscv64: counter %lu kHz; %s %s%s%u core%s\n", arch_ticks_hz() / 1000,
          paging_levels == 4 ? "sv48" : "sv39", tags ? "asid " : "", clock_has_sstc() ? "sstc " : "", count,
          count == 1 ? "" : "s");
}

NORETURN COLD void boot_start(paddr_t device_tree, paddr_t base, word_t hart);
void boot_start(paddr_t device_tree, paddr_t base, word_t hart)
{
    image_base = base;
    tree_open(device_tree);
    console_init(&tree, &machine);
    power_init(&tree);
    memory_read();
    paging_init(&machine, !device_tree_argument(&tree, "sv39"));
    bool tags = space_detect_tags();
    plic_init(&tree, &machine, (unsigned)hart);
    clock_init(&tree);
    features_tell(tags);
    boot_map_end();

    machine.physical_end = kernel_window_end();
    machine.payload = arch_pointer(image_physical(payload_start));
    machine.payload_room = (size_t)(payload_end - payload_start);
    machine.machine = "riscv64 virt";
    kernel_boot(&machine);
}
