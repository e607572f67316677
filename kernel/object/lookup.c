/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Resolving capability addresses.
 *
 * A CNode of 2^n slots takes the lowest n bits of the address as an index. If bits remain and are not zero, the slot must hold a CNode,
 * and the remaining bits continue there: at most 8 levels. Slot 0 of every CNode is empty, so an address whose rest is zero
 * always means "this slot", and no guards or depths are needed. A CNode on the way needs WRITE, like one that is invoked.
 *
 * Whoever calls holds a core's lock, which keeps what is found from vanishing.
 */
#include "lookup.h"

struct slot lookup_no_cnode[1];

error_t lookup_slow(const struct thread *thread, cap_t address, struct slot **slot)
{
    struct slot *slots = thread->cnode;
    word_t count = thread->cnode_mask + 1;

    for (unsigned level = 0; level < LOOKUP_LEVELS_MAX; level++) {
        struct slot *found = &slots[address & (count - 1)];
        address >>= __builtin_ctzll(count);
        if (address == 0) {
            *slot = found;
            return OK;
        }
        if (cap_type(&found->cap) != OBJECT_CNODE)
            return ERR_CAPABILITY;
        if (!cap_is(&found->cap, OBJECT_CNODE, RIGHT_WRITE)) /* what is found can be moved away, and filled */
            return ERR_RIGHT;
        slots = cnode_slots(&found->cap);
        count = cnode_count(&found->cap);
    }
    return ERR_DEPTH;
}

error_t lookup_cap(const struct thread *thread, cap_t address, struct slot **slot)
{
    error_t error = lookup_slot(thread, address, slot);

    if (error == OK && slot_is_empty(*slot))
        return ERR_CAPABILITY;
    return error;
}

error_t lookup_typed(const struct thread *thread, cap_t address, unsigned type, word_t rights,
                     struct slot **slot)
{
    error_t error = lookup_cap(thread, address, slot);

    if (error != OK)
        return error;
    if (cap_type(&(*slot)->cap) != type)
        return ERR_TYPE;
    if (!cap_is(&(*slot)->cap, type, rights))
        return ERR_RIGHT;
    return OK;
}
