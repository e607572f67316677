/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Slots: exactly the slots of containers that are not empty stand in the derivation tree, and zombies are what destroy.c says: in slot 0
 * of their container, in a ring of zombies, with nothing left above what they still have to look at.
 *
 * A capability in a slot that the tree does not know could never be revoked; a slot in the tree that no container has is memory that was
 * given away. Links are mutual (check_tree), so counting both sides is enough to tell.
 */
#include "address_space.h"
#include "check.h"
#include "core.h"
#include "derivation.h"
#include "irq_handler.h"

#define ZOMBIE_LOW_BITS  11
#define ZOMBIE_LOW_MASK  0x7ffu
#define ZOMBIE_HIGH_MASK 0xfffu

/* As destroy.c packs it, written a second time on purpose. */
static struct slot *ring_next(const struct slot *slot)
{
    return pointer_unpack(slot->cap.head);
}

static struct slot *ring_prev(const struct slot *slot)
{
    return pointer_unpack(slot->cap.data);
}

static unsigned zombie_remaining(const struct slot *zombie)
{
    unsigned low = (unsigned)(zombie->cap.head >> CAP_SMALL_SHIFT) & ZOMBIE_LOW_MASK;

    return ((unsigned)(zombie->cap.data >> 4) & ZOMBIE_HIGH_MASK) << ZOMBIE_LOW_BITS | low;
}

/* The slots of a container, or of what is left of one. */
static struct slot *container_slots(struct slot *slot, unsigned *count)
{
    void *object = cap_pointer(&slot->cap);

    switch (cap_type(&slot->cap)) {
    case OBJECT_CNODE:
        *count = (unsigned)cnode_count(&slot->cap);
        return object;
    case OBJECT_THREAD:
        *count = THREAD_SLOT_COUNT;
        return ((struct thread *)object)->slots;
    case OBJECT_ADDRESS_SPACE:
        *count = SPACE_SLOT_COUNT;
        return ((struct address_space *)object)->slots;
    case OBJECT_IRQ_HANDLER:
        *count = IRQ_SLOT_COUNT;
        return ((struct irq_handler *)object)->slots;
    case CAP_ZOMBIE:
        *count = zombie_remaining(slot) + 1;
        return slot;
    default:
        *count = 0;
        return NULL;
    }
}

/* Slots 1 and following of a container; slot 0 is its zombie, or empty, or the head of a list. */
static bool check_container(struct check_report *report, const struct slot *slots, unsigned count,
                            unsigned *filled)
{
    for (unsigned i = 1; i < count; i++) {
        const struct slot *slot = &slots[i];
        if (slot_is_empty(slot)) {
            CHECK_THAT(report, slot->cap.head == 0 && slot->next == 0 && !slot_prev(slot), slot, slots,
                       "an empty slot has no links");
            continue;
        }
        CHECK_THAT(report, slot_prev(slot) && slot_next(slot_prev(slot)) == slot, slot, slots,
                   "every slot that is not empty stands in the tree");
        ++*filled;
    }
    return true;
}

static bool check_ring(struct check_report *report, const struct slot *slot)
{
    const struct slot *next = ring_next(slot), *prev = ring_prev(slot);

    CHECK_THAT(report, next && prev && ring_prev(next) == slot && ring_next(prev) == slot, slot, next,
               "neighbours in a list of zombies point to each other");
    return true;
}

bool check_slots(struct check_report *report)
{
    unsigned standing = 0, filled = 0, count;

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        bool zombie = cap_type(&slot->cap) == CAP_ZOMBIE;
        standing++;
        filled += zombie; /* stands in its own slot 0 */
        if (!zombie && !check_is_first(slot))
            continue;
        const struct slot *slots = container_slots(slot, &count);
        if (!check_container(report, slots, count, &filled))
            return false;
        if (cap_type(&slot->cap) == OBJECT_THREAD)
            CHECK_THAT(report, cap_type(&slots[0].cap) == CAP_ZOMBIE_LIST, slot, slots,
                       "slot 0 of a living thread is the head of its list of zombies");
        if ((zombie || cap_type(&slot->cap) == OBJECT_THREAD) && !check_ring(report, slots))
            return false;
    }
    for (unsigned i = 0; i < core_count; i++)
        filled += !slot_is_empty(&cores[i].timer_slot);
    CHECK_THAT(report, standing == filled, NULL, NULL,
               "the slots in the tree are those of containers and no others");
    return true;
}
