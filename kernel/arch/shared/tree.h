/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting on a machine that is described by a device tree: what ports do with it in the same way. See tree.c. */
#ifndef SHARED_TREE_H
#define SHARED_TREE_H

#include "device_tree.h"

/* Map the tree that the boot loader has told the address of, for the time of boot, and open it. Stops the machine with a sentence if
 * there is none. */
COLD void tree_start(struct device_tree *tree, paddr_t physical, struct boot_machine *machine);
/* The machine's memory: without the kernel's image, which is reserved, and without the payload and the tree. */
COLD void tree_memory(const struct device_tree *tree, struct boot_machine *machine);
/* "riscv64 riscv-virtio,qemu": the port's name and what the tree calls the machine. */
COLD const char *tree_machine_name(const struct device_tree *tree);

#endif
