/* SPDX-License-Identifier: BSD-2-Clause */
/* From capability addresses to slots. See object/lookup.c. */
#ifndef KERNEL_LOOKUP_H
#define KERNEL_LOOKUP_H

#include "thread.h"

#define LOOKUP_LEVELS_MAX 8u

/* The CNode of threads without one: a single slot that is always empty. */
extern struct slot lookup_no_cnode[1];

/* Addresses of more than one level. */
error_t lookup_slow(const struct thread *thread, cap_t address, struct slot **slot);

/* The slot at an address in the thread's capability space, empty or not. ERR_CAPABILITY, ERR_RIGHT, ERR_DEPTH. */
static inline error_t lookup_slot(const struct thread *thread, cap_t address, struct slot **slot)
{
    if (likely(address <= thread->cnode_mask)) {
        *slot = &thread->cnode[address];
        return OK;
    }
    return lookup_slow(thread, address, slot);
}

/* The same, but an empty slot is ERR_CAPABILITY. */
error_t lookup_cap(const struct thread *thread, cap_t address, struct slot **slot);

/* A capability of this type and with these rights: ERR_CAPABILITY, ERR_DEPTH, ERR_TYPE, ERR_RIGHT. */
error_t lookup_typed(const struct thread *thread, cap_t address, unsigned type, word_t rights,
                     struct slot **slot);

#endif
