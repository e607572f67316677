/* SPDX-License-Identifier: BSD-2-Clause */
/* The derivation tree: who was derived from whom. See derivation.c. */
#ifndef KERNEL_DERIVATION_H
#define KERNEL_DERIVATION_H

#include "cap.h"

#define DERIVATION_DEPTH_MAX 255u

/* True if the slot can get one more level of children. */
static inline bool derivation_can_have_child(const struct slot *parent)
{
    return slot_depth(parent) < DERIVATION_DEPTH_MAX;
}

static inline bool derivation_has_children(const struct slot *slot)
{
    const struct slot *next = slot_next(slot);
    return next && slot_depth(next) > slot_depth(slot);
}

/* Put `cap` into the empty `slot`, as a child of `parent` (directly after it). The parent can have a child. */
void derivation_add_child(struct slot *parent, struct slot *slot, struct cap cap);

/* Put `cap` into the empty `slot`, as a sibling of `source` (directly before it). */
void derivation_add_sibling(struct slot *source, struct slot *slot, struct cap cap);

/* Put `cap` into the empty `slot`, as a root of its own, before the other roots: at boot only. */
void derivation_add_root(struct slot *slot, struct cap cap);

/* The slot that stands before all others, and holds no capability: where the checker begins. */
extern struct slot derivation_anchor;

/* Take the capability out of `slot`, which becomes empty. It has no children. */
void derivation_remove(struct slot *slot);

/* `to` (empty) takes the place of `from` in the tree, with this capability; `from` becomes empty. */
void derivation_move(struct slot *from, struct slot *to, struct cap cap);

/* Make the childless `slot` a sibling of `other`, directly before it. */
void derivation_lift(struct slot *slot, struct slot *other);

/* The first descendant of `slot` that has no children: `slot` itself if it has none. At most 255 steps. */
struct slot *derivation_leaf(struct slot *slot);

/* Both are of the same type and have the same pointer: all but the other fields of the first word is equal. */
static inline bool derivation_same_object(const struct slot *a, const struct slot *b)
{
    const uint64_t names_object = ~(uint64_t)((1u << CAP_POINTER_SHIFT) - 1) | CAP_TYPE_MASK;

    return a && b && ((cap_head(&a->cap) ^ cap_head(&b->cap)) & names_object) == 0;
}

/* No other capability refers to the object of this one. */
static inline bool derivation_is_last(const struct slot *slot)
{
    return !derivation_same_object(slot, slot_prev(slot)) && !derivation_same_object(slot, slot_next(slot));
}

/* Both refer to the same object, and no other capability does. */
bool derivation_are_last(const struct slot *a, const struct slot *b);

#endif
