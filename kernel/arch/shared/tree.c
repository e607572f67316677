/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting on a machine that is described by a device tree.
 *
 * The tree stays where the boot loader put it, and becomes device memory: user code can read it there.
 */
#include "port.h"
#include "boot_regions.h"
#include "tree.h"

#define TREE_SIZE_MAX (2u << 20)

void tree_start(struct device_tree *tree, paddr_t physical, struct boot_machine *machine)
{
    const void *header = boot_map(physical, 8);
    uint32_t size = header && !(physical & 7) ? device_tree_size(header) : 0;
    const void *blob = size && size <= TREE_SIZE_MAX ? boot_map(physical, size) : NULL;
    const char *wrong = blob ? device_tree_open(tree, blob, size) : "is not where the boot loader says";
    if (wrong)
        BOOT_REFUSE("the device tree at %lx %s", physical, wrong);
    machine->device_tree = physical;
    machine->device_tree_size = size;
}

void tree_memory(const struct device_tree *tree, struct boot_machine *machine)
{
    device_tree_memory(tree, machine);
    boot_regions_remove(machine, kernel_window_end(), ~(paddr_t)0);
    boot_regions_remove(machine, machine->device_tree, machine->device_tree + machine->device_tree_size);
    boot_regions_reserve(machine, image_physical(image_start), image_physical(image_end));
    boot_regions_remove(machine, image_physical(payload_start), image_physical(payload_end));
    if (machine->memory_count == 0)
        BOOT_REFUSE("the device tree lists no memory that can be used");
}

const char *tree_machine_name(const struct device_tree *tree)
{
    static char name[sizeof(((struct boot_info *)0)->machine)];
    struct device_tree_node root;
    const char *model =
        device_tree_find_path(tree, "/", &root) ? device_tree_text(tree, &root, "model") : NULL;
    const char *parts[] = { ARCH_NAME, " ", model ? model : "machine" };
    unsigned length = 0;
    for (unsigned i = 0; i < ARRAY_COUNT(parts); i++)
        for (const char *c = parts[i]; *c && length < sizeof(name) - 1; c++)
            name[length++] = *c;
    return name;
}
