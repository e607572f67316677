/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The derivation tree.
 *
 * All slots that are not empty stand in one list in preorder: a capability, then all that was derived from it, each with its
 * depth. So
 *
 *   - the descendants of a slot are those that follow it with a greater depth;
 *   - a child goes directly after its parent, a sibling (copy) directly before its source, so all capabilities
 *     to one object stand next to each other: the last one is recognised by its two neighbours;
 *   - taking out a slot without children changes nothing for the others.
 *
 * The depth of a child is its parent's plus one, at most 255. Only destroy.c's zombies may stand higher: they are lifted
 * out of a parent that dies with them.
 *
 * Protected by the tree lock (adding) and all locks (removing).
 */
#include "derivation.h"
#include "lock.h"

struct slot derivation_anchor = { .cap = { .head = CAP_ANCHOR } };

static void set_next(struct slot *slot, const struct slot *next, unsigned depth)
{
    slot->next = pointer_pack(next) | depth;
}

static void set_prev(struct slot *slot, const struct slot *prev)
{
    slot->prev = pointer_pack(prev) | slot_place(slot);
}

/* Link `slot` between two neighbours, either of which may be missing. */
static void link_between(struct slot *prev, struct slot *slot, struct slot *next, unsigned depth)
{
    assert(depth <= DERIVATION_DEPTH_MAX);
    set_next(slot, next, depth);
    set_prev(slot, prev);
    if (prev)
        set_next(prev, slot, slot_depth(prev));
    if (next)
        set_prev(next, slot);
}

static void unlink(struct slot *slot)
{
    struct slot *prev = slot_prev(slot), *next = slot_next(slot);

    if (prev)
        set_next(prev, next, slot_depth(prev));
    if (next)
        set_prev(next, prev);
}

static void make_empty(struct slot *slot)
{
    cap_publish(&slot->cap, (struct cap){ 0, 0 });
    slot->next = 0;
    slot->prev = (uint64_t)slot_place(slot);
}

void derivation_add_child(struct slot *parent, struct slot *slot, struct cap cap)
{
    assert(lock_holds(LOCK_TREE));
    assert(slot_is_empty(slot) && !slot_is_empty(parent) && derivation_can_have_child(parent));
    link_between(parent, slot, slot_next(parent), slot_depth(parent) + 1);
    cap_publish(&slot->cap, cap);
}

void derivation_add_sibling(struct slot *source, struct slot *slot, struct cap cap)
{
    assert(lock_holds(LOCK_TREE) && slot_is_empty(slot) && !slot_is_empty(source));
    link_between(slot_prev(source), slot, source, slot_depth(source));
    cap_publish(&slot->cap, cap);
}

void derivation_add_root(struct slot *slot, struct cap cap)
{
    assert(lock_holds(LOCK_TREE) && slot_is_empty(slot));
    link_between(&derivation_anchor, slot, slot_next(&derivation_anchor), 0);
    cap_publish(&slot->cap, cap);
}

void derivation_remove(struct slot *slot)
{
    assert(lock_holds(LOCK_ALL) && !slot_is_empty(slot) && !derivation_has_children(slot));
    unlink(slot);
    make_empty(slot);
}

void derivation_move(struct slot *from, struct slot *to, struct cap cap)
{
    assert(lock_holds(LOCK_ALL) && slot_is_empty(to) && !slot_is_empty(from));
    link_between(slot_prev(from), to, slot_next(from), slot_depth(from));
    cap_publish(&to->cap, cap);
    make_empty(from);
}

void derivation_lift(struct slot *slot, struct slot *other)
{
    assert(lock_holds(LOCK_ALL) && !derivation_has_children(slot) && slot != other);
    unlink(slot);
    link_between(slot_prev(other), slot, other, slot_depth(other));
}

struct slot *derivation_leaf(struct slot *slot)
{
    while (derivation_has_children(slot)) /* each step is deeper by at least one: at most 255 */
        slot = slot_next(slot);
    return slot;
}

bool derivation_are_last(const struct slot *a, const struct slot *b)
{
    const struct slot *first = slot_next(a) == b ? a : b, *second = first == a ? b : a;

    return slot_next(first) == second && derivation_same_object(first, second) &&
           !derivation_same_object(first, slot_prev(first)) &&
           !derivation_same_object(second, slot_next(second));
}
