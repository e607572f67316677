/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, in the order in which things become possible: the device tree; the console, so that failures are told (until
 * then the firmware prints); memory and paging; interrupts; the clock; then the portable part.
 *
 * Boot arguments (/chosen bootargs): "sv39" keeps a processor that has Sv48 at three levels of page tables.
 */
#include "port.h"
#include "tree.h"

static struct boot_machine machine;
static struct device_tree tree;

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
    trap_init_core(0);
    tree_start(&tree, device_tree, &machine);
    console_init(&tree, &machine);
    power_init(&tree);
    if (!device_tree_argument(&tree, "sv39"))
        paging_use_sv48();
    tree_memory(&tree, &machine);
    paging_init(&machine);
    bool tags = space_detect_tags();
    plic_init(&tree, &machine, (unsigned)hart);
    clock_init(&tree);
    features_tell(tags);
    machine.machine = tree_machine_name(&tree);
    cores_find(&tree, hart);
    boot_map_end();
    ipi_enable();
    machine.cores = cores_start();

    machine.physical_end = kernel_window_end();
    machine.payload = arch_pointer(image_physical(payload_start));
    machine.payload_room = (size_t)(payload_end - payload_start);
    kernel_boot(&machine);
}
