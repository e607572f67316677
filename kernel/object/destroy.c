/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Taking capabilities away, and destroying objects.
 *
 * Deleting a capability deletes its descendants first, leaf by leaf; deleting the last capability to an object destroys the
 * object. Both can be long and nested without bound (a CNode holds the last capability to a thread, which holds the last
 * one to a CNode ...), so it is done in steps of bounded length, without recursion, on behalf of the thread that asked: the
 * worker. Between steps the worker looks for interrupts, and its system call starts over; all that is known about what
 * remains is in the tree and in the worker's list of zombies.
 *
 * A *container* is an object with slots: CNode, Thread, AddressSpace, IrqHandler. When its last capability goes, it is cut from everything
 * at once (a thread stops, a space is unloaded, a line is masked), and its capability becomes a *zombie* which moves into the container's
 * own slot 0, which is otherwise always empty (unless it can be emptied at once). There it keeps its place in the derivation tree, so the Untyped
 * that it stands in cannot be reset before it is gone, and it is linked into the list of the worker, newest first. A zombie's step
 * empties one of its slots:
 *
 *     next slot is empty               go to the next, some at a time
 *     nothing goes with its capability take it out, and go to the next, some at a time
 *     its capability has descendants   delete a leaf of them; if the leaf is itself a zombie (of whatever worker), it
 *                                      is lifted out of the way in the tree, and goes to the front of this list
 *     it has none                      delete it; if that makes a container die, its zombie goes to the front of the list
 *     all slots are empty              the zombie leaves tree and list: done
 *
 * So nesting becomes a flat list, and no step looks at more than the front. A zombie can be lifted out of a capability that
 * stands in a dying container, because that cannot be used by anybody any more. Untypeds between the two may stand in living
 * CNodes: they lose all rights, since the zombie leaves their place in the tree, but not their memory, and nothing else keeps that
 * from being reset. (They are about to be deleted themselves.) Elsewhere a living capability waits: revoking it takes the zombie
 * over and finishes it first.
 *
 * If the worker dies, whoever destroys it inherits its list. If it dies by its own hand, the list remains without a head; its
 * zombies are found through the tree by whoever revokes the memory that they stand in.
 *
 * Zombie capability: head 63..16 next in the list, 15..5 slots to look at, low bits; data 63..16 previous, 15..4 slots, high
 * bits, 3..0 type of the object. The head of a list is such a ring's first element, in a thread's slot 0, outside of the tree.
 *
 * Protected by all locks.
 */
#include "destroy.h"
#include "address_space.h"
#include "derivation.h"
#include "endpoint.h"
#include "irq_handler.h"
#include "lock.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"
#include "thread.h"

#define ZOMBIE_LOW_BITS  11
#define ZOMBIE_LOW_MASK  0x7ffu
#define ZOMBIE_HIGH_MASK 0xfffu
#define STEP_SLOTS       64 /* looked at in one step, at most */
#define STEP_REMOVED     8u /* plain capabilities taken out in one step, at most */

/* ---- Lists of zombies: rings of slots, linked through the capability words */

static struct slot *ring_next(const struct slot *slot)
{
    return pointer_unpack(slot->cap.head);
}

static struct slot *ring_prev(const struct slot *slot)
{
    return pointer_unpack(slot->cap.data);
}

static void ring_set_next(struct slot *slot, const struct slot *next)
{
    slot->cap.head = (slot->cap.head & 0xffff) | pointer_pack(next);
}

static void ring_set_prev(struct slot *slot, const struct slot *prev)
{
    slot->cap.data = (slot->cap.data & 0xffff) | pointer_pack(prev);
}

void zombie_list_init(struct slot *head)
{
    head->cap = (struct cap){ pointer_pack(head) | CAP_ZOMBIE_LIST, pointer_pack(head) };
}

static void ring_remove(struct slot *slot)
{
    ring_set_next(ring_prev(slot), ring_next(slot));
    ring_set_prev(ring_next(slot), ring_prev(slot));
    ring_set_next(slot, slot);
    ring_set_prev(slot, slot);
}

/* To the front of a list. */
static void ring_push(struct slot *head, struct slot *slot)
{
    struct slot *first = ring_next(head);

    ring_set_next(slot, first);
    ring_set_prev(slot, head);
    ring_set_prev(first, slot);
    ring_set_next(head, slot);
}

/* All of `from`'s list, which is not empty, goes to the front of `to`'s. */
static void ring_take_over(struct slot *to, struct slot *from)
{
    struct slot *first = ring_next(from), *last = ring_prev(from);

    ring_set_next(last, ring_next(to));
    ring_set_prev(ring_next(to), last);
    ring_set_next(to, first);
    ring_set_prev(first, to);
    zombie_list_init(from);
}

/* ---- Zombies */

static bool is_zombie(const struct slot *slot)
{
    return cap_type(&slot->cap) == CAP_ZOMBIE;
}

/* Slots 1 to this one are still to be emptied. */
static unsigned zombie_remaining(const struct slot *zombie)
{
    unsigned low = (unsigned)(zombie->cap.head >> CAP_SMALL_SHIFT) & ZOMBIE_LOW_MASK;

    return ((unsigned)(zombie->cap.data >> 4) & ZOMBIE_HIGH_MASK) << ZOMBIE_LOW_BITS | low;
}

static void zombie_set_remaining(struct slot *zombie, unsigned remaining)
{
    zombie->cap.head = (zombie->cap.head & ~((uint64_t)ZOMBIE_LOW_MASK << CAP_SMALL_SHIFT)) |
                       (uint64_t)(remaining & ZOMBIE_LOW_MASK) << CAP_SMALL_SHIFT;
    zombie->cap.data = (zombie->cap.data & ~((uint64_t)ZOMBIE_HIGH_MASK << 4)) |
                       (uint64_t)(remaining >> ZOMBIE_LOW_BITS) << 4;
}

/* ---- One capability without children */

/* What a capability leaves behind in the object whose slot it stands in. */
static void slot_forget(struct slot *slot)
{
    enum slot_place place = slot_place(slot);

    if (place >= PLACE_THREAD_CNODE && place <= PLACE_THREAD_DEATH)
        thread_slot_cleared(slot_thread(slot), place);
    else if (place == PLACE_SPACE_NUMBER)
        space_lose_number(container_of(slot - SPACE_SLOT_NUMBER, struct address_space, slots));
    else if (place == PLACE_IRQ_LINE)
        irq_handler_lose_line(container_of(slot - IRQ_SLOT_LINE, struct irq_handler, slots));
}

static void remove_capability(struct slot *slot)
{
    if (slot_place(slot) != PLACE_CNODE)
        slot_forget(slot);
    derivation_remove(slot);
}

/* Nothing else goes with it, if it has no children. (A PageTable's capability is always the last.) */
static ALWAYS_INLINE bool goes_alone(const struct slot *slot)
{
    return cap_type(&slot->cap) == OBJECT_FRAME ? slot->cap.data == 0 : !derivation_is_last(slot);
}

/* Empty a container's slots from `slot` down, as far as they are plain, but not the first, and no more than a step's worth. Returns the slot to go
 * on with; the first: there is none. */
static struct slot *empty_plain(struct slot *first, struct slot *slot)
{
    const struct slot *end = slot - first > STEP_SLOTS ? slot - STEP_SLOTS : first;
    unsigned removed = 0;

    for (; slot != end; slot--) {
        if (slot_is_empty(slot))
            continue;
        if (removed++ == STEP_REMOVED || derivation_has_children(slot) || !goes_alone(slot))
            break;
        remove_capability(slot);
    }
    return slot;
}

/* The container with these slots and of this last capability dies. What cannot go at once is left to its zombie, at the front of the worker's list. */
static void end_container(struct slot *slot, struct slot *list, struct slot *self, size_t count)
{
    unsigned type = cap_type(&slot->cap);
    struct slot *last = &self[count - 1];

    if (slot_place(slot) != PLACE_CNODE) {
        slot_forget(slot); /* this can stop the worker */
    } else if (self != list) {
        last = empty_plain(self, last);
        if (last == self) {
            derivation_remove(slot);
            return;
        }
    }
    self->cap = (struct cap){ 0, 0 };
    derivation_move(slot, self, (struct cap){ CAP_ZOMBIE, type });
    zombie_set_remaining(self, (unsigned)(last - self));
    ring_set_next(self, self);
    ring_set_prev(self, self);
    if (self != list)
        ring_push(list, self);
}

/* Its own list, too, is now for the one who destroys it to finish; if it destroyed itself, what it had begun is left for others. */
static void end_thread(struct thread *thread, struct slot *list)
{
    struct slot *self = thread->slots;

    thread_destroy(thread);
    if (self == list)
        ring_remove(self);
    else if (ring_next(self) != self)
        ring_take_over(list, self);
}

/* The last capability to an object, or one that is mapped: one step of the object's end. */
static NOINLINE void destroy_object(struct slot *slot, struct slot *list)
{
    void *object = cap_pointer(&slot->cap);
    struct slot *slots = NULL; /* of a container */
    size_t count = 0;
    bool ended = true;

    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        ended = endpoint_destroy_step(object);
        break;
    case OBJECT_NOTIFICATION:
        ended = notification_destroy_step(object);
        break;
    case OBJECT_SCHED_CONTEXT:
        ended = sched_context_destroy_step(object);
        break;
    case OBJECT_REPLY:
        reply_destroy(object);
        break;
    case OBJECT_FRAME:
    case OBJECT_PAGE_TABLE:
        mapping_undo(&slot->cap);
        break;
    case OBJECT_CNODE:
        slots = object, count = cnode_count(&slot->cap);
        break;
    case OBJECT_THREAD:
        end_thread(object, list);
        slots = ((struct thread *)object)->slots, count = THREAD_SLOT_COUNT;
        break;
    case OBJECT_ADDRESS_SPACE:
        space_destroy(object);
        slots = ((struct address_space *)object)->slots, count = SPACE_SLOT_COUNT;
        break;
    case OBJECT_IRQ_HANDLER:
        irq_handler_destroy(object);
        slots = ((struct irq_handler *)object)->slots, count = IRQ_SLOT_COUNT;
        break;
    default: /* Untyped and ranges: nothing is kept beside the capability */
        break;
    }
    if (slots)
        end_container(slot, list, slots, count);
    else if (ended)
        remove_capability(slot);
}

/* One step of the end of a capability without children. */
static ALWAYS_INLINE void end_leaf(struct slot *slot, struct slot *list)
{
    assert(!derivation_has_children(slot) && !is_zombie(slot));
    if (goes_alone(slot))
        remove_capability(slot);
    else
        destroy_object(slot, list);
}

static NOINLINE void delete_leaf(struct slot *slot, struct slot *list)
{
    end_leaf(slot, list);
}

/* The zombie, a leaf below the capability in `slot` which stands in a dying container, becomes a sibling of that. */
static void lift_zombie(struct slot *zombie, struct slot *slot)
{
    for (struct slot *above = slot; above != zombie;
         above = slot_next(above)) /* the way to the leaf: at most 255 */
        cap_set_rights(&above->cap, 0);
    derivation_lift(zombie, slot);
}

/* One step of what stands at the front of a list. */
static void zombie_step(struct slot *zombie, struct slot *list)
{
    struct slot *slot = empty_plain(zombie, &zombie[zombie_remaining(zombie)]);

    zombie_set_remaining(zombie, (unsigned)(slot - zombie));
    if (slot == zombie) {
        ring_remove(zombie);
        derivation_remove(zombie);
        return;
    }
    if (slot_is_empty(slot))
        return;
    struct slot *leaf = derivation_leaf(slot);
    if (leaf == slot || !is_zombie(leaf)) {
        delete_leaf(leaf, list);
        return;
    }
    lift_zombie(leaf, slot);
    if (leaf != zombie) {
        ring_remove(leaf);
        ring_push(list, leaf);
    }
}

/* Nothing is kept beside the capability of a Frame, so its last one can go at once. (Nor could one see that it is the last: the
 * records of mappings in the others make their pointers differ.) */
bool slot_would_destroy(const struct slot *slot)
{
    if (slot_is_empty(slot))
        return false;
    return derivation_has_children(slot) ||
           (cap_type(&slot->cap) != OBJECT_FRAME && derivation_is_last(slot));
}

/* One step of deleting what was derived from the capability in `slot`. */
static void revoke_step(struct slot *slot, struct slot *list)
{
    struct slot *leaf = derivation_leaf(slot);

    if (is_zombie(leaf)) {
        ring_remove(leaf);
        ring_push(list, leaf);
        zombie_step(leaf, list);
    } else {
        delete_leaf(leaf, list);
    }
}

static void step(struct slot *slot, struct slot *list)
{
    if (ring_next(list) != list)
        zombie_step(ring_next(list), list);
    else if (derivation_has_children(slot))
        revoke_step(slot, list);
    else
        delete_leaf(slot, list);
}

/* `begun`: a step has been done. */
static NOINLINE bool destroy_in_steps(struct slot *slot, bool whole, struct thread *worker, bool begun)
{
    struct slot *list = &worker->slots[0];

    /* Bounded by what there is to destroy. */
    for (; ring_next(list) != list || (whole ? !slot_is_empty(slot) : derivation_has_children(slot));
         begun = true) {
        if (begun && (arch_interrupt_pending() || lock_is_wanted(core_self())))
            return false;
        step(slot, list);
        if (worker->state != THREAD_STATE_RUNNABLE)
            return false;
    }
    return true;
}

/* Most that is deleted takes one step. */
bool destroy(struct slot *slot, bool whole, struct thread *worker)
{
    struct slot *list = &worker->slots[0];

    if (unlikely(!whole || ring_next(list) != list || slot_is_empty(slot) || derivation_has_children(slot)))
        return destroy_in_steps(slot, whole, worker, false);
    end_leaf(slot, list);
    if (unlikely(worker->state != THREAD_STATE_RUNNABLE))
        return false;
    if (likely(slot_is_empty(slot) && ring_next(list) == list))
        return true;
    return destroy_in_steps(slot, whole, worker, true);
}
