/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: its list, depths, and that no child has more than its parent. */
#include "address_space.h"
#include "check.h"
#include "core.h"
#include "derivation.h"
#include "destroy.h"
#include "irq_handler.h"

static bool is_object(unsigned type)
{
    return type >= OBJECT_UNTYPED && type <= OBJECT_IRQ_HANDLER;
}

static bool is_range(unsigned type)
{
    return type >= OBJECT_IRQ_RANGE && type <= OBJECT_CORE_RANGE;
}

static bool check_links(struct check_report *report, struct slot *slot)
{
    struct slot *previous = slot_prev(slot), *next = slot_next(slot);

    CHECK_THAT(report, previous && slot_next(previous) == slot && (!next || slot_prev(next) == slot), slot,
               previous, "neighbours in the tree point to each other");
    CHECK_THAT(report, !slot_is_empty(slot), slot, NULL, "no empty slot stands in the tree");
    CHECK_THAT(report, cap_type(&slot->cap) < OBJECT_TYPE_COUNT || cap_type(&slot->cap) == CAP_ZOMBIE, slot,
               NULL, "a slot in the tree holds a capability or a zombie");
    return true;
}

/* A child made by mint, or an object's own slot: the same object, no more authority. */
static bool check_same_object(struct check_report *report, const struct slot *parent,
                              const struct slot *child)
{
    uint64_t badge = parent->cap.data;
    unsigned type = cap_type(&child->cap);

    CHECK_THAT(report,
               type == OBJECT_FRAME ? mapped_pointer(&child->cap) == mapped_pointer(&parent->cap)
                                    : cap_pointer(&child->cap) == cap_pointer(&parent->cap),
               child, parent, "a minted child refers to its parent's object");
    CHECK_THAT(report, type == OBJECT_PAGE_TABLE || cap_small(&child->cap) == cap_small(&parent->cap), child,
               parent, "a minted child has its parent's size");
    CHECK_THAT(report, (cap_rights(&child->cap) & ~cap_rights(&parent->cap)) == 0, child, parent,
               "a child has no right that its parent lacks");
    if (type == OBJECT_ENDPOINT || type == OBJECT_NOTIFICATION)
        CHECK_THAT(report, badge == 0 || child->cap.data == badge, child, parent, "a badge is set once");
    if (is_range(type))
        CHECK_THAT(report, range_contains(&parent->cap, range_first(&child->cap), range_count(&child->cap)),
                   child, parent, "a child's range lies within its parent's");
    return true;
}

static bool check_parent(struct check_report *report, const struct slot *parent, const struct slot *child)
{
    unsigned type = cap_type(&parent->cap);

    if (cap_type(&child->cap) == CAP_ZOMBIE)
        return true;
    if (type == OBJECT_UNTYPED) {
        CHECK_THAT(report, is_object(cap_type(&child->cap)), child, parent,
                   "an Untyped's children are objects");
        return true;
    }
    CHECK_THAT(report, cap_type(&child->cap) == type, child, parent, "a minted child has its parent's type");
    return check_same_object(report, parent, child);
}

/* Who stands at the top of the tree was made at boot. */
static bool check_root(struct check_report *report, const struct slot *slot)
{
    unsigned type = cap_type(&slot->cap);

    CHECK_THAT(report, type == OBJECT_UNTYPED || is_range(type), slot, NULL,
               "only Untypeds and ranges are derived from nothing");
    return true;
}

static bool is_untyped_around(const struct slot *untyped, const struct slot *zombie)
{
    uintptr_t start = (uintptr_t)cap_pointer(&untyped->cap);

    return cap_type(&untyped->cap) == OBJECT_UNTYPED && (uintptr_t)zombie >= start &&
           (uintptr_t)zombie - start < untyped->cap.data;
}

/* The memory of a zombie cannot be given away before it is gone: it stands below the Untyped that this lies in, and smaller ones, which it
 * has been lifted out of, cannot be used. */
static bool check_zombie(struct check_report *report, const struct slot *zombie, struct slot *const *ancestor,
                         unsigned depth)
{
    bool inside = false;
    unsigned usable = 0;

    CHECK_THAT(report, !derivation_has_children(zombie), zombie, NULL, "a zombie has no children");
    while (depth-- > 0) {
        bool around = is_untyped_around(ancestor[depth], zombie);
        inside |= around;
        usable += around && cap_rights(&ancestor[depth]->cap);
    }
    CHECK_THAT(report, inside, zombie, NULL, "a zombie stands below the Untyped that its memory lies in");
    for (const struct slot *slot = check_next_slot(NULL); slot; slot = slot_next(slot))
        usable -= is_untyped_around(slot, zombie) && cap_rights(&slot->cap);
    CHECK_THAT(report, usable == 0, zombie, NULL,
               "who can use the memory that a zombie lies in has the zombie below him");
    return true;
}

static bool check_cnode(struct check_report *report, const struct slot *slot)
{
    CHECK_THAT(report, slot_is_empty(&cnode_slots(&slot->cap)[0]), slot, cnode_slots(&slot->cap),
               "slot 0 of a living CNode is empty");
    return true;
}

static bool check_number(struct check_report *report, const struct slot *slot)
{
    if (cap_type(&slot->cap) == OBJECT_ADDRESS_SPACE) {
        const struct address_space *space = cap_pointer(&slot->cap);
        CHECK_THAT(report, !space->number || space_by_number(space->number) == space, slot, space,
                   "a space owns its number");
        CHECK_THAT(report, (space->number != 0) == !slot_is_empty(&space->slots[SPACE_SLOT_NUMBER]), slot,
                   space, "a space has a number exactly if it holds the capability to it");
    } else if (cap_type(&slot->cap) == OBJECT_IRQ_HANDLER) {
        const struct irq_handler *handler = cap_pointer(&slot->cap);
        CHECK_THAT(report, !handler->has_line || irq_handler_by_line(handler->line) == handler, slot, handler,
                   "a handler owns its line");
        CHECK_THAT(report, handler->has_line == !slot_is_empty(&handler->slots[IRQ_SLOT_LINE]), slot, handler,
                   "a handler has a line exactly if it holds the capability to it");
    }
    return true;
}

bool check_tree(struct check_report *report)
{
    struct slot *ancestor[DERIVATION_DEPTH_MAX + 1] = { NULL };
    unsigned deepest = 0; /* that the next slot may have */

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        bool zombie = cap_type(&slot->cap) == CAP_ZOMBIE;
        if (!check_links(report, slot))
            return false;
        unsigned depth = slot_depth(slot);
        CHECK_THAT(report, depth <= deepest, slot, NULL, "a child is one deeper than its parent");
        if (zombie ? !check_zombie(report, slot, ancestor, depth) : depth == 0 && !check_root(report, slot))
            return false;
        deepest = depth + 1;
        if (depth > 0 && !zombie && !check_parent(report, ancestor[depth - 1], slot))
            return false;
        ancestor[depth] = slot;
        if (cap_type(&slot->cap) == OBJECT_CNODE && !check_cnode(report, slot))
            return false;
        if (!check_number(report, slot))
            return false;
    }
    return true;
}
