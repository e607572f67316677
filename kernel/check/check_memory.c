/* SPDX-License-Identifier: BSD-2-Clause */
/* Memory: every object lies inside its Untyped, below the watermark, aligned, and overlaps no other. */
#include "address_space.h"
#include "check.h"
#include "derivation.h"
#include "irq_handler.h"
#include "object.h"

struct extent {
    uintptr_t start;
    uint64_t size;
};

static unsigned memory_bits(const struct cap *cap)
{
    switch (cap_type(cap)) {
    case OBJECT_UNTYPED:
        return untyped_size_bits(cap);
    case OBJECT_FRAME:
        return frame_size_bits(cap);
    case OBJECT_SCHED_CONTEXT:
        return cap_small(cap);
    case OBJECT_CNODE:
        return cap_small(cap) + 5;
    default:
        return object_size_bits(cap_type(cap));
    }
}

static struct extent extent_of(const struct slot *slot)
{
    bool mapped = cap_type(&slot->cap) == OBJECT_FRAME || cap_type(&slot->cap) == OBJECT_PAGE_TABLE;
    void *memory = mapped ? mapped_pointer(&slot->cap) : cap_pointer(&slot->cap);

    return (struct extent){ (uintptr_t)memory, 1ull << memory_bits(&slot->cap) };
}

/* A child of an Untyped that is an object: not a zombie, and not a copy of the one before it. */
static bool is_child(const struct slot *slot, const struct slot *untyped)
{
    return slot_depth(slot) == slot_depth(untyped) + 1 && cap_type(&slot->cap) != CAP_ZOMBIE;
}

static bool same_extent(struct extent a, struct extent b)
{
    return a.start == b.start && a.size == b.size;
}

static bool disjoint(struct extent a, struct extent b)
{
    return a.start + a.size <= b.start || b.start + b.size <= a.start;
}

/* Against those children that come later in the list. Copies have the same extent and type. */
static bool check_overlap(struct check_report *report, const struct slot *untyped, const struct slot *child)
{
    struct extent own = extent_of(child);

    for (const struct slot *slot = slot_next(child); slot && slot_depth(slot) > slot_depth(untyped);
         slot = slot_next(slot)) {
        if (!is_child(slot, untyped))
            continue;
        struct extent other = extent_of(slot);
        bool copy = same_extent(own, other) && cap_type(&slot->cap) == cap_type(&child->cap);
        CHECK_THAT(report, copy || disjoint(own, other), child, slot, "objects do not overlap");
    }
    return true;
}

static bool check_children(struct check_report *report, const struct slot *untyped)
{
    struct extent range = extent_of(untyped);

    for (const struct slot *slot = slot_next(untyped); slot && slot_depth(slot) > slot_depth(untyped);
         slot = slot_next(slot)) {
        if (!is_child(slot, untyped))
            continue;
        struct extent own = extent_of(slot);
        CHECK_THAT(report, own.start % own.size == 0 || (own.start - range.start) % own.size == 0, slot,
                   untyped, "an object is aligned to its size");
        CHECK_THAT(report,
                   own.start >= range.start && own.start - range.start + own.size <= untyped->cap.data, slot,
                   untyped, "an object lies inside its Untyped, below the watermark");
        if (!check_overlap(report, untyped, slot))
            return false;
    }
    return true;
}

bool check_memory(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        if (cap_type(&slot->cap) != OBJECT_UNTYPED)
            continue;
        CHECK_THAT(report, slot->cap.data <= 1ull << untyped_size_bits(&slot->cap), slot, NULL,
                   "a watermark lies within its Untyped");
        if (!check_children(report, slot))
            return false;
    }
    return true;
}
