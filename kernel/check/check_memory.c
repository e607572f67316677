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

/* One child: its own extent, and against the child before it in the list. Memory is taken upwards, and a child stands directly
 * after its parent, so the list goes downwards, with copies next to each other: then nothing overlaps. *sorted: it is so. */
static bool check_child(struct check_report *report, const struct slot *untyped, const struct slot *child,
                        const struct slot *before, bool *sorted)
{
    struct extent range = extent_of(untyped), own = extent_of(child);
    bool device = untyped_is_device(&untyped->cap);
    unsigned type = cap_type(&child->cap);

    CHECK_THAT(report, own.start % own.size == 0 || (own.start - range.start) % own.size == 0, child, untyped,
               "an object is aligned to its size");
    CHECK_THAT(report, own.start >= range.start && own.start - range.start + own.size <= untyped->cap.data,
               child, untyped, "an object lies inside its Untyped, below the watermark");
    CHECK_THAT(report,
               type == OBJECT_UNTYPED ? untyped_is_device(&child->cap) == device
               : type == OBJECT_FRAME ? frame_is_device(&child->cap) == device
                                      : !device,
               child, untyped, "device memory yields Frames and Untypeds of device memory, and only it does");
    if (before) {
        struct extent last = extent_of(before);
        bool copy = same_extent(own, last) && type == cap_type(&before->cap);
        *sorted &= copy || own.start + own.size <= last.start;
    }
    return true;
}

static bool check_children(struct check_report *report, const struct slot *untyped)
{
    const struct slot *before = NULL;
    bool sorted = true;

    for (const struct slot *slot = slot_next(untyped); slot && slot_depth(slot) > slot_depth(untyped);
         slot = slot_next(slot)) {
        if (!is_child(slot, untyped))
            continue;
        if (!check_child(report, untyped, slot, before, &sorted))
            return false;
        before = slot;
    }
    for (const struct slot *slot = slot_next(untyped);
         !sorted && slot && slot_depth(slot) > slot_depth(untyped); slot = slot_next(slot))
        if (is_child(slot, untyped) && !check_overlap(report, untyped, slot))
            return false;
    CHECK_THAT(
        report, sorted, untyped, before,
        "the children of an Untyped are in order of their memory, capabilities to one object together");
    return true;
}

/* The Untypeds that were made at boot. */
static bool check_roots(struct check_report *report, const struct slot *root)
{
    for (const struct slot *slot = slot_next(root); slot; slot = slot_next(slot))
        if (slot_depth(slot) == 0 && cap_type(&slot->cap) == OBJECT_UNTYPED)
            CHECK_THAT(report, disjoint(extent_of(root), extent_of(slot)), root, slot,
                       "Untypeds that were made at boot do not overlap");
    return true;
}

bool check_memory(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        if (cap_type(&slot->cap) != OBJECT_UNTYPED)
            continue;
        CHECK_THAT(report, slot->cap.data <= 1ull << untyped_size_bits(&slot->cap), slot, NULL,
                   "a watermark lies within its Untyped");
        if (!check_children(report, slot) || (slot_depth(slot) == 0 && !check_roots(report, slot)))
            return false;
    }
    return true;
}

static bool check_clean(struct check_report *report, const struct slot *untyped)
{
    const uint64_t *memory = cap_pointer(&untyped->cap);
    uint64_t end = 1ull << untyped_size_bits(&untyped->cap);

    for (uint64_t offset = untyped->cap.data; offset < end; offset += sizeof(*memory))
        CHECK_THAT(report, memory[offset / sizeof(*memory)] == 0, untyped, &memory[offset / sizeof(*memory)],
                   "memory above a watermark is clean");
    return true;
}

bool kernel_check_clean(struct check_report *report)
{
    *report = (struct check_report){ NULL, NULL, NULL };
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (cap_type(&slot->cap) == OBJECT_UNTYPED && !untyped_is_device(&slot->cap) &&
            !check_clean(report, slot))
            return false;
    return true;
}
