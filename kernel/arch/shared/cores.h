/* SPDX-License-Identifier: BSD-2-Clause */
/* Starting the cores that a device tree lists, one after the other. See cores.c. */
#ifndef SHARED_CORES_H
#define SHARED_CORES_H

#include "device_tree.h"

/* ---- What the port provides. */

/* Let the core that the machine calls `id` begin, and call core_arrived on the stack that is that of cores[index]. False if firmware refuses. */
COLD bool core_begin(uint64_t id, unsigned index);

/* ---- What it gets. */

/* Find out which cores there are; `own` is what the machine calls this one. */
COLD void cores_find(const struct device_tree *tree, uint64_t own);
/* Start those that the kernel has room for: how many run, this one included. */
COLD unsigned cores_start(void);

#if CONFIG_CORES > 1
extern uint64_t core_id[CONFIG_CORES]; /* what the machine calls cores[i] */
/* A core has set up all that is its own. */
NORETURN COLD void core_arrived(void);
#endif

#endif
