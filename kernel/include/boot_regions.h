/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The list of a machine's memory in the making, for ports: what firmware says, in whatever order and with
 * whatever overlaps. See boot/boot_regions.c.
 */
#ifndef KERNEL_BOOT_REGIONS_H
#define KERNEL_BOOT_REGIONS_H

#include "arch.h"

/* [start, end) is ordinary memory. Rounded inwards to whole pages. */
COLD void boot_regions_add(struct boot_machine *machine, paddr_t start, paddr_t end);
/* It is not, or not to be used: it becomes device memory. Rounded outwards. */
COLD void boot_regions_remove(struct boot_machine *machine, paddr_t start, paddr_t end);
/* The kernel keeps it: no capability to it. Rounded outwards. */
COLD void boot_regions_reserve(struct boot_machine *machine, paddr_t start, paddr_t end);

#endif
