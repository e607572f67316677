/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's mapping of physical memory, as all ports with 64-bit page tables make it. See window.c. The port's
 * port.h includes this.
 */
#ifndef SHARED_WINDOW_H
#define SHARED_WINDOW_H

#include "arch.h"

/* ---- What the port provides, in its paging.c. */

#define KERNEL_SLOTS      512u /* of the device area: one table of entries for 2 MiB */
#define KERNEL_SLOT_BYTES ((paddr_t)2 << 20)

/* The device area's table; it stands at DEVICE_BASE (layout.h). */
extern arch_pte_t kernel_devices[KERNEL_SLOTS];

/* Entries of the kernel's half: read-write, without execution; device memory is not cached. */
arch_pte_t kernel_pte(paddr_t physical, unsigned level, bool device);
arch_pte_t kernel_pte_table(paddr_t table);
arch_pte_t *kernel_root_table(void);
/* An entry of the kernel's half was empty and is not any more. */
void kernel_mapping_added(void);
/* What the device area had at this address is gone. */
void kernel_mapping_removed(word_t address);
/* The end of what can be mapped in the window. */
paddr_t kernel_window_end(void);

/* ---- What it gets. */

/* Map physical memory that somebody else wrote, for the time of boot; NULL if it is too much. */
COLD const void *boot_map(paddr_t physical, size_t size);
/* Map device registers, for good. */
COLD volatile void *device_map(paddr_t physical, size_t size);
/* Take away what boot_map made. */
COLD void boot_map_end(void);

/* Map the payload and all memory of the machine at arch_pointer(physical). Takes memory for tables from
 * machine->memory. */
COLD void window_init(struct boot_machine *machine);

#endif
