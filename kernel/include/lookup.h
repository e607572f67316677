/* SPDX-License-Identifier: BSD-2-Clause */
/* From capability addresses to slots. See object/lookup.c. */
#ifndef KERNEL_LOOKUP_H
#define KERNEL_LOOKUP_H

#include "thread.h"

#define LOOKUP_LEVELS_MAX 8u

/* The CNode of threads without one: a single slot that is always empty. */
extern struct slot lookup_no_cnode[1];

/*@ // What CNodes there are to find, `levels` deep: each capability to a CNode refers to slots that are there.
    predicate space{L}(struct slot *slots, integer bits, integer levels) =
        0 <= bits <= 20 && \valid_read(slots + (0 .. (1 << bits) - 1)) &&
        (levels > 0 ==> \forall integer i; 0 <= i < (1 << bits) && head_type(slots[i].cap.head) == OBJECT_CNODE ==>
            space{L}(head_slots(slots[i].cap.head), head_small(slots[i].cap.head), levels - 1));
    // A way leads on from a slot with this head.
    logic boolean way(integer head) =
        head_type(head) == OBJECT_CNODE && rights_include(head_rights(head), RIGHT_WRITE);
    // The slot that an address means, as the manual says it; \null if there is none.
    logic struct slot *resolve{L}(struct slot *slots, integer bits, integer address, integer levels) =
        levels <= 0 ? (struct slot *)\null
        : address / (1 << bits) == 0 ? slots + address % (1 << bits)
        : way(slots[address % (1 << bits)].cap.head)
            ? resolve{L}(head_slots(slots[address % (1 << bits)].cap.head),
                         head_small(slots[address % (1 << bits)].cap.head), address / (1 << bits), levels - 1)
            : (struct slot *)\null;

    // A thread's CNode has 2^bits slots, and its slot's capability says so. (Without a CNode that is empty, and there is one slot.)
    predicate thread_bits{L}(struct thread *t, integer bits) = 0 <= bits <= 20 && t->cnode_mask + 1 == (1 << bits);
    predicate thread_space{L}(struct thread *t) = \valid_read(t) &&
        \exists integer bits; thread_bits(t, bits) && space{L}(t->cnode, bits, LOOKUP_LEVELS_MAX) &&
            head_small(t->slots[PLACE_THREAD_CNODE].cap.head) == bits;
    predicate thread_resolves{L}(struct thread *t, integer address, struct slot *found) =
        \forall integer bits; thread_bits(t, bits) ==> found == resolve{L}(t->cnode, bits, address, LOOKUP_LEVELS_MAX); */

/* Addresses of more than one level. */
/*@ requires thread_space(thread) && \valid(slot);
    assigns *slot;
    ensures found: \result == OK ==> thread_resolves{Pre}(thread, address, *slot) && \valid_read(*slot);
    ensures none: \result != OK ==> thread_resolves{Pre}(thread, address, (struct slot *)\null);
    ensures errors: \result == OK || \result == ERR_CAPABILITY || \result == ERR_RIGHT || \result == ERR_DEPTH; */
error_t lookup_slow(const struct thread *thread, cap_t address, struct slot **slot);

/* The slot at an address in the thread's capability space, empty or not. ERR_CAPABILITY, ERR_RIGHT, ERR_DEPTH. */
/*@ requires thread_space(thread) && \valid(slot);
    assigns *slot;
    ensures found: \result == OK ==> thread_resolves{Pre}(thread, address, *slot) && \valid_read(*slot);
    ensures none: \result != OK ==> thread_resolves{Pre}(thread, address, (struct slot *)\null);
    ensures errors: \result == OK || \result == ERR_CAPABILITY || \result == ERR_RIGHT || \result == ERR_DEPTH; */
static inline error_t lookup_slot(const struct thread *thread, cap_t address, struct slot **slot)
{
    if (likely(address <= thread->cnode_mask)) {
        /*@ assert level: \forall integer bits; thread_bits(thread, bits) ==>
                address / (1 << bits) == 0 && address % (1 << bits) == address; */
        //@ assert here: thread_resolves(thread, address, thread->cnode + address);
        *slot = &thread->cnode[address];
        return OK;
    }
    return lookup_slow(thread, address, slot);
}

/* The same, but an empty slot is ERR_CAPABILITY. */
/*@ requires thread_space(thread) && \valid(slot);
    assigns *slot;
    ensures found: \result == OK ==> thread_resolves{Pre}(thread, address, *slot) && \valid_read(*slot) &&
        head_type((*slot)->cap.head) != OBJECT_NULL; */
error_t lookup_cap(const struct thread *thread, cap_t address, struct slot **slot);

/* A capability of this type and with these rights: ERR_CAPABILITY, ERR_DEPTH, ERR_TYPE, ERR_RIGHT. */
/*@ requires thread_space(thread) && \valid(slot) && type < 32 && rights < 16;
    assigns *slot;
    ensures found: \result == OK ==> thread_resolves{Pre}(thread, address, *slot) && \valid_read(*slot) &&
        head_type((*slot)->cap.head) == type && rights_include(head_rights((*slot)->cap.head), rights); */
error_t lookup_typed(const struct thread *thread, cap_t address, unsigned type, word_t rights,
                     struct slot **slot);

#endif
