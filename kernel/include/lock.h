/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks and lock sets (DESIGN section 7). With one core there is nobody to exclude: interrupts are off in the kernel, and
 * everything here compiles to nothing. The calls stand where the lock sets of the multicore kernel are taken and let go.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "core.h"

#if CONFIG_CORES == 1
static inline void lock_own(struct core *core)
{
    (void)core;
}

static inline void unlock_own(struct core *core)
{
    (void)core;
}
#else
#error "more than one core: the lock sets are not written yet"
#endif

#endif
