/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, in the order in which things become possible: the device tree, which tells where everything is; the console,
 * so that failures are told; the processor; memory; the clock; interrupts; then the portable part.
 */
#include "port.h"
#include "tree.h"

static struct boot_machine machine;

static paddr_t physical_end(void)
{
    paddr_t end = (paddr_t)1 << cpu.physical_bits;
    return end < WINDOW_SIZE ? end : WINDOW_SIZE;
}

NORETURN SELDOM void boot_start(paddr_t tree_address, paddr_t load);
void boot_start(paddr_t tree_address, paddr_t load)
{
    struct device_tree tree;
    image_load = load;
    tree_start(&tree, tree_address, &machine);
    machine.console = device_tree_console(&tree);
    console_init(&machine.console);
    power_init(&tree);
    const char *missing = cpu_detect();
    if (missing)
        BOOT_REFUSE("this processor lacks %s", missing);
    cpu_init();
    tree_memory(&tree, &machine);
    paging_init(&machine);
    clock_init(&tree);
    gic_init(&tree, &machine);
    cores_find(&tree, SYSREG_READ(mpidr_el1) & MPIDR_ADDRESS);
    unsigned count = device_tree_cores(&tree);
    print("aarch64: counter %lu kHz; %s%s, %u core%s\n", arch_ticks_hz() / 1000, cpu.pan ? "pan " : "",
          gic_name(), count, count == 1 ? "" : "s");
    machine.machine = tree_machine_name(&tree);
    boot_map_end();
    machine.cores = cores_start();

    machine.features = BOOT_FEATURE_FPU | BOOT_FEATURE_TAGS;
    machine.physical_end = physical_end();
    machine.payload = arch_pointer(image_physical(payload_start));
    machine.payload_room = (size_t)(payload_end - payload_start);
    kernel_boot(&machine);
}
