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
    unsigned bits = cnode_bits(&thread->slots[PLACE_THREAD_CNODE].cap);

    /*@ loop invariant 0 <= level <= LOOKUP_LEVELS_MAX;
        loop invariant space(slots, bits, LOOKUP_LEVELS_MAX - level);
        loop invariant thread_resolves(thread, \at(address, Pre),
                                       resolve(slots, bits, address, LOOKUP_LEVELS_MAX - level));
        loop assigns level, slots, bits, address;
        loop variant LOOKUP_LEVELS_MAX - level; */
    for (unsigned level = 0; level < LOOKUP_LEVELS_MAX; level++) {
        word_t index = address & (((word_t)1 << bits) - 1);
        struct slot *found = &slots[index];
        //@ assert inside: index == address % (1 << bits);
        //@ assert rest: (address >> bits) == address / (1 << bits);
        address >>= bits;
        if (address == 0) {
            *slot = found;
            return OK;
        }
        if (!cap_is(&found->cap, OBJECT_CNODE, RIGHT_WRITE)) /* what is found can be moved away, and filled */
            return cap_type(&found->cap) == OBJECT_CNODE ? ERR_RIGHT : ERR_CAPABILITY;
        //@ assert leads_on: way(slots[index].cap.head) == \true;
        /*@ assert step: resolve(slots, bits, \at(address, LoopCurrent), LOOKUP_LEVELS_MAX - level) ==
                resolve(head_slots(slots[index].cap.head), head_small(slots[index].cap.head), address,
                        LOOKUP_LEVELS_MAX - level - 1); */
        slots = cnode_slots(&found->cap);
        bits = cnode_bits(&found->cap);
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

/*@ requires thread_space(thread) && \valid(slot) && type < 32 && rights < 16;
    assigns *slot;
    ensures found: \result == OK ==> thread_resolves{Pre}(thread, address, *slot) && \valid_read(*slot) &&
        head_type((*slot)->cap.head) == type && rights_include(head_rights((*slot)->cap.head), rights); */
static NOINLINE error_t lookup_typed_slow(const struct thread *thread, cap_t address, unsigned type,
                                          word_t rights, struct slot **slot)
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

/* The usual case, first: it needs no stack. */
error_t lookup_typed(const struct thread *thread, cap_t address, unsigned type, word_t rights,
                     struct slot **slot)
{
    if (likely(address <= thread->cnode_mask)) {
        /*@ assert level: \forall integer bits; thread_bits(thread, bits) ==>
                address / (1 << bits) == 0 && address % (1 << bits) == address; */
        //@ assert here: thread_resolves(thread, address, thread->cnode + address);
        struct slot *found = &thread->cnode[address];
        if (likely(cap_is(&found->cap, type, rights))) {
            *slot = found;
            return OK;
        }
    }
    return lookup_typed_slow(thread, address, type, rights, slot);
}
