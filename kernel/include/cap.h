/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities and slots.
 *
 * A capability is two 64-bit words. The first names the object:
 *
 *     63                                  16 15    12 11     5 4     0
 *     [ pointer to the object, signed        ][ rights ][ small  ][ type  ]
 *
 * and the second is the type's own:
 *
 *     type             small                        data
 *     Untyped          size_bits, device (bit 6)    watermark: bytes from the start
 *     CNode            log2 of its slots            -
 *     Endpoint         -                            badge
 *     Notification     -                            badge
 *     SchedContext     size_bits                    -
 *     Frame            level, device (bit 2)        mapping record (address_space.h)
 *     PageTable        level it is mapped at        mapping record
 *     ranges           -                            first number, count << 32
 *     zombie           see destroy.c
 *
 * A slot is a capability and its two links in the derivation tree (derivation.c). Slots are in CNodes, and in the objects
 * that refer to others; "place" tells which, because taking a capability out of an object's slot must also clear what
 * the object keeps beside it. A slot is empty exactly if its type is OBJECT_NULL.
 *
 * Protected by: the tree lock for filling, all locks for emptying (DESIGN section 7).
 */
#ifndef KERNEL_CAP_H
#define KERNEL_CAP_H

#include "types.h"

/* Types of capabilities that only the kernel sees; the others are enum object_type. */
#define CAP_ANCHOR      29u /* the start of the derivation tree's list; no capability */
#define CAP_ZOMBIE      30u /* a container that is being emptied, in its own slot 0 */
#define CAP_ZOMBIE_LIST 31u /* head of a thread's list of zombies; not in the derivation tree */

#define CAP_TYPE_MASK     0x1fu
#define CAP_SMALL_SHIFT   5
#define CAP_SMALL_MASK    0x7fu
#define CAP_RIGHTS_SHIFT  12
#define CAP_POINTER_SHIFT 16

#define UNTYPED_DEVICE 0x40u /* in small */
#define FRAME_DEVICE   0x04u /* in small */

struct cap {
    uint64_t head;
    uint64_t data;
};

/* Where a slot is. */
enum slot_place {
    PLACE_CNODE = 0,
    PLACE_THREAD_CNODE, /* to PLACE_THREAD_DEATH: in a Thread, in the order of struct thread's slots */
    PLACE_THREAD_SPACE,
    PLACE_THREAD_MESSAGE,
    PLACE_THREAD_FAULT,
    PLACE_THREAD_TIMEOUT,
    PLACE_THREAD_DEATH,
    PLACE_SPACE_NUMBER,
    PLACE_IRQ_LINE,
    PLACE_IRQ_NOTIFICATION,
    PLACE_CORE_TIMER,
};

struct slot {
    struct cap cap;
    uint64_t next; /* pointer << 16 | depth */
    uint64_t prev; /* pointer << 16 | place */
};

_Static_assert(sizeof(struct cap) == 16, "a capability is 16 bytes");
_Static_assert(sizeof(struct slot) == 32, "a slot is 32 bytes");

/*@ logic void *word_pointer(integer word) = (void *)(intptr_t)((int64_t)(uint64_t)word >> 16);

    // Rights: each is a bit.
    logic boolean rights_include(integer have, integer need) = (have & need) == need;
    predicate rights_within(integer some, integer all) = (some & all) == some;

    // The fields of a capability's first word.
    logic integer head_type(integer head) = head % 32;
    logic integer head_small(integer head) = head / 32 % 128;
    logic integer head_rights(integer head) = head / 4096 % 16; */

/*@ assigns \nothing;
    ensures \result == word_pointer(word); */
static inline void *pointer_unpack(uint64_t word)
{
    return (void *)(intptr_t)((int64_t)word >> CAP_POINTER_SHIFT);
}

static inline uint64_t pointer_pack(const void *pointer)
{
    return (uint64_t)(intptr_t)pointer << CAP_POINTER_SHIFT;
}

#if CONFIG_CORES > 1
/* An empty slot gets a capability while other cores look it up: whoever sees the type sees the rest (DESIGN section 7). */
static inline uint64_t cap_head(const struct cap *cap)
{
    return __atomic_load_n(&cap->head, __ATOMIC_ACQUIRE);
}

/* The same for who reads nothing else of the capability before it has a lock that its writers take, too; of what the pointer in it leads to, nothing can be
 * read before it. */
static inline uint64_t cap_head_alone(const struct cap *cap)
{
#if IS_WATCHED_BY_THREAD_SANITIZER
    return cap_head(cap);
#else
    uint64_t head = cap->head;
    __asm__("" : "+r"(head)); /* so it is read once */
    return head;
#endif
}

static inline void cap_publish(struct cap *where, struct cap cap)
{
    where->data = cap.data;
    __atomic_store_n(&where->head, cap.head, __ATOMIC_RELEASE);
}
#else
/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == cap->head; */
static inline uint64_t cap_head(const struct cap *cap)
{
    return cap->head;
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == cap->head; */
static inline uint64_t cap_head_alone(const struct cap *cap)
{
    return cap->head;
}

/*@ requires \valid(where);
    assigns *where;
    ensures *where == cap; */
static inline void cap_publish(struct cap *where, struct cap cap)
{
    *where = cap;
}
#endif

static inline struct cap cap_make(unsigned type, const void *object, word_t rights, unsigned small,
                                  uint64_t data)
{
    assert(type <= CAP_TYPE_MASK && rights <= RIGHTS_ALL && small <= CAP_SMALL_MASK);
    return (struct cap){ pointer_pack(object) | (uint64_t)rights << CAP_RIGHTS_SHIFT |
                             (uint64_t)small << CAP_SMALL_SHIFT | type,
                         data };
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == head_type(cap->head); */
static inline unsigned cap_type(const struct cap *cap)
{
    return (unsigned)(cap_head(cap) & CAP_TYPE_MASK);
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == word_pointer(cap->head); */
static inline void *cap_pointer(const struct cap *cap)
{
    return pointer_unpack(cap_head(cap));
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == head_rights(cap->head); */
static inline word_t cap_rights(const struct cap *cap)
{
    return (word_t)(cap_head(cap) >> CAP_RIGHTS_SHIFT) & RIGHTS_ALL;
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == head_small(cap->head); */
static inline unsigned cap_small(const struct cap *cap)
{
    return (unsigned)(cap_head(cap) >> CAP_SMALL_SHIFT & CAP_SMALL_MASK);
}

/*@ requires \valid(cap) && small < 128;
    assigns cap->head;
    ensures head_type(cap->head) == head_type(\old(cap->head));
    ensures head_small(cap->head) == small;
    ensures cap->head / 4096 == \old(cap->head) / 4096; */
static inline void cap_set_small(struct cap *cap, unsigned small)
{
    assert(small <= CAP_SMALL_MASK);
    SHARED_WRITE(cap->head, (cap->head & ~((uint64_t)CAP_SMALL_MASK << CAP_SMALL_SHIFT)) |
                                (uint64_t)small << CAP_SMALL_SHIFT);
}

/*@ requires \valid(cap) && rights < 16;
    assigns cap->head;
    ensures cap->head % 4096 == \old(cap->head) % 4096;
    ensures head_rights(cap->head) == rights;
    ensures cap->head / 65536 == \old(cap->head) / 65536; */
static inline void cap_set_rights(struct cap *cap, word_t rights)
{
    assert(rights <= RIGHTS_ALL);
    SHARED_WRITE(cap->head, (cap->head & ~((uint64_t)RIGHTS_ALL << CAP_RIGHTS_SHIFT)) |
                                (uint64_t)rights << CAP_RIGHTS_SHIFT);
}

/* The object, if the capability is of this type and has at least these rights: type and rights in one comparison. */
/*@ requires \valid_read(cap) && type < 32 && rights < 16;
    assigns \nothing;
    ensures \result <==> head_type(cap->head) == type && rights_include(head_rights(cap->head), rights); */
static inline bool cap_is(const struct cap *cap, unsigned type, word_t rights)
{
    uint64_t mask = (uint64_t)rights << CAP_RIGHTS_SHIFT | CAP_TYPE_MASK;
    return (cap_head(cap) & mask) == ((uint64_t)rights << CAP_RIGHTS_SHIFT | type);
}

/* ---- Untyped */

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == head_small(cap->head) % 64; */
static inline unsigned untyped_size_bits(const struct cap *cap)
{
    return cap_small(cap) & 0x3fu;
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result <==> head_small(cap->head) >= 64; */
static inline bool untyped_is_device(const struct cap *cap)
{
    return (cap_small(cap) & UNTYPED_DEVICE) != 0;
}

/* ---- CNode */

/*@ logic struct slot *head_slots(integer head) = (struct slot *)word_pointer(head);
    logic integer head_count(integer head) = 1 << head_small(head); */

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == head_slots(cap->head); */
static inline struct slot *cnode_slots(const struct cap *cap)
{
    return cap_pointer(cap);
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == head_small(cap->head); */
static inline unsigned cnode_bits(const struct cap *cap)
{
    return cap_small(cap);
}

/*@ requires \valid_read(cap) && head_small(cap->head) < 64;
    assigns \nothing;
    ensures \result == head_count(cap->head); */
static inline word_t cnode_count(const struct cap *cap)
{
    return (word_t)1 << cnode_bits(cap);
}

/* ---- Ranges of numbers */

/*@ logic integer data_first(integer data) = data % 4294967296;
    logic integer data_count(integer data) = data / 4294967296;
    logic integer data_end(integer data) = data_first(data) + data_count(data); */

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == data_first(cap->data); */
static inline uint32_t range_first(const struct cap *cap)
{
    return (uint32_t)cap->data;
}

/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result == data_count(cap->data); */
static inline uint32_t range_count(const struct cap *cap)
{
    return (uint32_t)(cap->data >> 32);
}

/* True if [first, first + count) is within the range; count is at least 1. */
/*@ requires \valid_read(cap);
    assigns \nothing;
    ensures \result <==> count >= 1 && data_first(cap->data) <= first && first + count <= data_end(cap->data); */
static inline bool range_contains(const struct cap *cap, uint64_t first, uint64_t count)
{
    uint64_t start = range_first(cap), end = start + range_count(cap);
    return count >= 1 && first >= start && first < end && count <= end - first;
}

/*@ assigns \nothing;
    ensures data_first(\result) == first && data_count(\result) == count; */
static inline uint64_t range_data(uint32_t first, uint32_t count)
{
    return first | (uint64_t)count << 32;
}

/* ---- Slots */

/*@ requires \valid_read(slot);
    assigns \nothing;
    ensures \result <==> head_type(slot->cap.head) == OBJECT_NULL; */
static inline bool slot_is_empty(const struct slot *slot)
{
    return cap_type(&slot->cap) == OBJECT_NULL;
}

/*@ requires \valid_read(slot);
    assigns \nothing;
    ensures \result == word_pointer(slot->next); */
static inline struct slot *slot_next(const struct slot *slot)
{
    return pointer_unpack(slot->next);
}

/*@ requires \valid_read(slot);
    assigns \nothing;
    ensures \result == word_pointer(slot->prev); */
static inline struct slot *slot_prev(const struct slot *slot)
{
    return pointer_unpack(slot->prev);
}

/*@ requires \valid_read(slot);
    assigns \nothing;
    ensures \result == slot->next % 256; */
static inline unsigned slot_depth(const struct slot *slot)
{
    return (unsigned)(slot->next & 0xff);
}

/*@ requires \valid_read(slot);
    assigns \nothing;
    ensures \result == slot->prev % 256; */
static inline enum slot_place slot_place(const struct slot *slot)
{
    return (enum slot_place)(slot->prev & 0xff);
}

/* Once, when the object that holds the slot is made. */
/*@ requires \valid(slot) && 0 <= place < 256;
    assigns slot->prev;
    ensures word_pointer(slot->prev) == word_pointer(0); */
static inline void slot_set_place(struct slot *slot, enum slot_place place)
{
    slot->prev = (uint64_t)place;
}

#endif
