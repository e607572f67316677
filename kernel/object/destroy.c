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
 * own slot 0, which is otherwise always empty. There it keeps its place in the derivation tree, so the Untyped
 * that it stands in cannot be reset before it is gone, and it is linked into the list of the worker, newest first. A zombie's step
 * empties one of its slots:
 *
 *     next slot is empty               go to the next, some at a time
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
#include "notification.h"
#include "reply.h"
#include "sched_context.h"
#include "thread.h"

#define ZOMBIE_LOW_BITS  11
#define ZOMBIE_LOW_MASK  0x7ffu
#define ZOMBIE_HIGH_MASK 0xfffu
#define ZOMBIE_SCAN      64u /* empty slots passed over in one step */

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
    head->cap = (struct cap){ CAP_ZOMBIE_LIST, 0 };
    ring_set_next(head, head);
    ring_set_prev(head, head);
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

/* All of `from`'s list goes to the front of `to`'s. */
static void ring_take_over(struct slot *to, struct slot *from)
{
    struct slot *first = ring_next(from), *last = ring_prev(from);

    if (first == from)
        return;
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

/* The first slot of a container, and how many it has. */
static struct slot *container_slots(const struct cap *cap, unsigned *count)
{
    switch (cap_type(cap)) {
    case OBJECT_CNODE:
        *count = (unsigned)cnode_count(cap);
        return cnode_slots(cap);
    case OBJECT_THREAD:
        *count = THREAD_SLOT_COUNT;
        return ((struct thread *)cap_pointer(cap))->slots;
    case OBJECT_ADDRESS_SPACE:
        *count = SPACE_SLOT_COUNT;
        return ((struct address_space *)cap_pointer(cap))->slots;
    case OBJECT_IRQ_HANDLER:
        *count = IRQ_SLOT_COUNT;
        return ((struct irq_handler *)cap_pointer(cap))->slots;
    default:
        *count = 0;
        return NULL;
    }
}

/* The container of this last capability dies: its zombie stands at the front of the worker's list. */
static void become_zombie(struct slot *slot, struct slot *list)
{
    unsigned count, type = cap_type(&slot->cap);
    struct slot *self = container_slots(&slot->cap, &count);

    if (type == OBJECT_THREAD && self != list) {
        /* Its own list, too, is now for the one who destroys it to finish. */
        ring_take_over(list, self);
    } else if (self == list) {
        ring_remove(self); /* it destroyed itself: what it had begun is left for others */
    }
    self->cap = (struct cap){ 0, 0 };
    struct cap zombie = { CAP_ZOMBIE, type };
    derivation_move(slot, self, zombie);
    zombie_set_remaining(self, count - 1);
    ring_set_next(self, self);
    ring_set_prev(self, self);
    if (self != list)
        ring_push(list, self);
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

static enum progress remove_capability(struct slot *slot)
{
    enum slot_place place = slot_place(slot);

    if (place != PLACE_CNODE)
        slot_forget(slot);
    derivation_remove(slot);
    return PROGRESS_MORE;
}

/* The last capability to an object: one step of the object's end. */
static NOINLINE enum progress destroy_object(struct slot *slot, struct slot *list)
{
    void *object = cap_pointer(&slot->cap);

    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        return endpoint_destroy_step(object) ? remove_capability(slot) : PROGRESS_MORE;
    case OBJECT_NOTIFICATION:
        return notification_destroy_step(object) ? remove_capability(slot) : PROGRESS_MORE;
    case OBJECT_SCHED_CONTEXT:
        return sched_context_destroy_step(object) ? remove_capability(slot) : PROGRESS_MORE;
    case OBJECT_REPLY:
        reply_destroy(object);
        return remove_capability(slot);
    case OBJECT_THREAD:
        thread_destroy(object);
        break;
    case OBJECT_ADDRESS_SPACE:
        space_destroy(object);
        break;
    case OBJECT_IRQ_HANDLER:
        irq_handler_destroy(object);
        break;
    case OBJECT_CNODE:
        break;
    default: /* Untyped and ranges: nothing is kept beside the capability */
        return remove_capability(slot);
    }
    if (slot_place(slot) != PLACE_CNODE)
        slot_forget(slot);
    become_zombie(slot, list);
    return PROGRESS_RESTART;
}

static enum progress delete_leaf(struct slot *slot, struct slot *list)
{
    unsigned type = cap_type(&slot->cap);

    assert(!derivation_has_children(slot) && !is_zombie(slot));
    if (type == OBJECT_FRAME || type == OBJECT_PAGE_TABLE) {
        mapping_undo(&slot->cap);
        return remove_capability(slot);
    }
    if (!derivation_is_last(slot))
        return remove_capability(slot);
    return destroy_object(slot, list);
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
static enum progress zombie_step(struct slot *zombie, struct slot *list)
{
    unsigned remaining = zombie_remaining(zombie), scanned = 0;

    while (remaining > 0 && slot_is_empty(&zombie[remaining])) {
        remaining--;
        if (++scanned == ZOMBIE_SCAN)
            break;
    }
    zombie_set_remaining(zombie, remaining);
    if (remaining == 0) {
        ring_remove(zombie);
        derivation_remove(zombie);
        return PROGRESS_MORE;
    }
    struct slot *slot = &zombie[remaining];
    if (slot_is_empty(slot))
        return PROGRESS_MORE;

    struct slot *leaf = derivation_leaf(slot);
    if (leaf != slot && is_zombie(leaf)) {
        lift_zombie(leaf, slot);
        if (leaf != zombie) {
            ring_remove(leaf);
            ring_push(list, leaf);
        }
        return PROGRESS_MORE;
    }
    return delete_leaf(leaf, list);
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

enum progress destroy_work_step(struct thread *worker)
{
    struct slot *list = &worker->slots[0];
    struct slot *first = ring_next(list);

    if (first == list)
        return PROGRESS_DONE;
    /* A restart is nothing special. The slot that the caller works on may be gone by this; then it is empty, and its memory is not
     * used again before this entry ends. */
    zombie_step(first, list);
    return PROGRESS_MORE;
}

enum progress destroy_revoke_step(struct slot *slot, struct thread *worker)
{
    struct slot *list = &worker->slots[0];

    if (!derivation_has_children(slot))
        return PROGRESS_DONE;
    struct slot *leaf = derivation_leaf(slot);
    if (is_zombie(leaf)) {
        ring_remove(leaf);
        ring_push(list, leaf);
        return zombie_step(leaf, list) == PROGRESS_RESTART ? PROGRESS_RESTART : PROGRESS_MORE;
    }
    return delete_leaf(leaf, list);
}

enum progress destroy_delete_step(struct slot *slot, struct thread *worker)
{
    if (slot_is_empty(slot))
        return PROGRESS_DONE;
    if (derivation_has_children(slot))
        return destroy_revoke_step(slot, worker);
    enum progress progress = delete_leaf(slot, &worker->slots[0]);
    return progress == PROGRESS_MORE && slot_is_empty(slot) ? PROGRESS_DONE : progress;
}
