/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Boot, in the order in which things become possible: the device tree, which tells where everything is; the console,
 * so that failures are told; the processor; memory; the clock; interrupts; then the portable part.
 */
#include "boot_regions.h"
#include "port.h"

#define TREE_SIZE_MAX (2u << 20)

static struct boot_machine machine;
static char name[sizeof(((struct boot_info *)0)->machine)];

static void tree_open(struct device_tree *tree, paddr_t physical)
{
    const void *header = boot_map(physical, 8);
    uint32_t size = header && !(physical & 7) ? device_tree_size(header) : 0;
    const void *blob = size && size <= TREE_SIZE_MAX ? boot_map(physical, size) : NULL;
    const char *wrong = blob ? device_tree_open(tree, blob, size) : "is not where the boot loader says";
    if (wrong)
        BOOT_REFUSE("the device tree at %lx %s", physical,
                    wrong); /* nobody will see it: the console is in the tree */
    machine.device_tree = physical;
    machine.device_tree_size = size;
}

static void memory_read(const struct device_tree *tree)
{
    device_tree_memory(tree, &machine);
    boot_regions_remove(&machine, WINDOW_SIZE, ~(paddr_t)0);
    boot_regions_remove(&machine, machine.device_tree, machine.device_tree + machine.device_tree_size);
    boot_regions_reserve(&machine, image_load, image_physical(image_end));
    boot_regions_remove(&machine, image_physical(payload_start), image_physical(payload_end));
    if (machine.memory_count == 0)
        BOOT_REFUSE("the device tree lists no memory that can be used");
}

static const char *machine_name(const struct device_tree *tree)
{
    struct device_tree_node root;
    const char *model =
        device_tree_find_path(tree, "/", &root) ? device_tree_text(tree, &root, "model") : NULL;
    const char *parts[] = { "aarch64 ", model ? model : "machine" };
    unsigned length = 0;
    for (unsigned i = 0; i < ARRAY_COUNT(parts); i++)
        for (const char *c = parts[i]; *c && length < sizeof(name) - 1; c++)
            name[length++] = *c;
    return name;
}

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
    tree_open(&tree, tree_address);
    machine.console = device_tree_console(&tree);
    console_init(&machine.console);
    power_init(&tree);
    const char *missing = cpu_detect();
    if (missing)
        BOOT_REFUSE("this processor lacks %s", missing);
    cpu_init();
    memory_read(&tree);
    paging_init(&machine);
    clock_init(&tree);
    gic_init(&tree, &machine);
    unsigned count = device_tree_cores(&tree);
    print("aarch64: counter %lu kHz; %s%s, %u core%s\n", arch_ticks_hz() / 1000, cpu.pan ? "pan " : "",
          gic_name(), count, count == 1 ? "" : "s");
    machine.machine = machine_name(&tree);
    boot_map_end();

    machine.features = BOOT_FEATURE_FPU | BOOT_FEATURE_TAGS;
    machine.physical_end = physical_end();
    machine.payload = arch_pointer(image_physical(payload_start));
    machine.payload_room = (size_t)(payload_end - payload_start);
    kernel_boot(&machine);
}
