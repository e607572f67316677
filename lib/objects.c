/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capability slots and kernel objects, on the component's own account.
 *
 * Slots come from the free part of the root CNode. When that runs out, another CNode of twice the size of the
 * last is made out of the component's quota and put into one of the root's last slots, which are kept for
 * this. So the number of slots is limited by the quota alone. Slots that were freed are used first; they are
 * chained through a list of nodes.
 *
 * Objects smaller than a page share pages of Untyped that are asked of the supervisor one by one; larger ones
 * get an Untyped of their own. Their memory returns when the component ends: who makes and drops objects
 * often keeps a pool.
 */
#include <lucid.h>
#include <supervisor.h>
#include "runtime.h"

#define CONTAINERS 4u /* CNodes beside the root CNode */
#define CONTAINER_SLOTS                                                                                      \
    (2 * CONTAINERS)      /* each takes an Untyped and a CNode slot at the end of the root CNode */
#define CONTAINER_BITS 8u /* log2 of the slots of the first */
#define SLOT_BITS      5u /* log2 of the bytes of a slot */
#define PAGE_BITS      12u

struct free_slot {
    struct free_slot *next;
    cap_t slot;
};

static struct {
    cap_t base;       /* address of the CNode that slots are taken from; 0: the root CNode */
    word_t next, end; /* its slots that were never used */
    unsigned containers;
    struct free_slot *freed;
    struct free_slot *nodes; /* nodes without a slot */
    cap_t pool;              /* Untyped that small objects are made of */
    bool ready;
} own;

static unsigned root_bits(void)
{
    return component_info->cnode_size_bits;
}

static void own_init(void)
{
    own.ready = true;
    own.next = component_info->first_free_slot;
    own.end = ((word_t)1 << root_bits()) - CONTAINER_SLOTS;
}

/* The capability address of slot `index` of the CNode at `base`. */
static cap_t slot_address(cap_t base, word_t index)
{
    return base ? base | index << root_bits() : index;
}

/* The CNode and index of a slot of ours: what operations on CNodes want to hear. */
static void slot_place(cap_t slot, cap_t *cnode, word_t *index)
{
    cap_t first = slot & (((cap_t)1 << root_bits()) - 1);
    bool in_root = first == slot;
    *cnode = in_root ? (cap_t)COMPONENT_SLOT_CNODE : first;
    *index = in_root ? slot : slot >> root_bits();
}

/* Make the next container the one that slots are taken from. */
static bool container_add(void)
{
    if (own.containers == CONTAINERS)
        return false;
    unsigned bits = CONTAINER_BITS + own.containers;
    cap_t memory = ((cap_t)1 << root_bits()) - 1 - 2 * own.containers;
    cap_t cnode = memory - 1;
    if (supervisor_memory(COMPONENT_SLOT_SUPERVISOR, bits + SLOT_BITS, memory) != OK)
        return false;
    if (untyped_retype(memory, OBJECT_CNODE, bits, CAP_NULL, cnode, 1, CAP_NULL, 0) != OK) {
        cnode_delete(COMPONENT_SLOT_CNODE, memory);
        return false;
    }
    own.containers++;
    own.base = cnode;
    own.next = 1;
    own.end = (word_t)1 << bits;
    return true;
}

cap_t slot_make(void)
{
    if (!component_info)
        return CAP_NULL;
    if (!own.ready)
        own_init();
    struct free_slot *node = own.freed;
    if (node) {
        own.freed = node->next;
        node->next = own.nodes;
        own.nodes = node;
        return node->slot;
    }
    if (own.next >= own.end && !container_add())
        return CAP_NULL;
    return slot_address(own.base, own.next++);
}

void slot_free(cap_t slot)
{
    cap_t cnode;
    word_t index;
    if (!slot)
        return;
    slot_place(slot, &cnode, &index);
    cnode_delete(cnode, index);
    struct free_slot *node = own.nodes;
    if (node)
        own.nodes = node->next;
    else
        node = malloc(sizeof *node);
    if (!node)
        return; /* the slot is lost, nothing else */
    node->slot = slot;
    node->next = own.freed;
    own.freed = node;
}

error_t slot_inspect(cap_t slot, struct capability_info *info)
{
    cap_t cnode;
    word_t index;
    slot_place(slot, &cnode, &index);
    return (error_t)status_error(cnode_inspect(cnode, index, info));
}

bool slot_holds(cap_t slot, unsigned type)
{
    struct capability_info info;
    return slot_inspect(slot, &info) == OK && info.type == type;
}

error_t slot_revoke(cap_t slot)
{
    cap_t cnode;
    word_t index;
    slot_place(slot, &cnode, &index);
    return (error_t)status_error(cnode_revoke(cnode, index));
}

/* An Untyped of 2^size_bits bytes, taken from the quota. */
static cap_t memory_make(unsigned size_bits)
{
    cap_t slot = slot_make();
    if (slot && supervisor_memory(COMPONENT_SLOT_SUPERVISOR, size_bits, slot) != OK) {
        slot_free(slot);
        slot = CAP_NULL;
    }
    return slot;
}

static error_t object_retype(cap_t memory, unsigned type, unsigned size_bits, cap_t slot)
{
    cap_t cnode;
    word_t index;
    slot_place(slot, &cnode, &index);
    return (error_t)status_error(untyped_retype(memory, type, size_bits, cnode, index, 1, CAP_NULL, 0));
}

/* log2 of the bytes that the object takes. */
static unsigned object_bits(unsigned type, unsigned size_bits)
{
    if (type == OBJECT_CNODE)
        return size_bits + SLOT_BITS;
    return component_info->object_size_bits[type] ? component_info->object_size_bits[type] : size_bits;
}

cap_t object_make(unsigned type, unsigned size_bits)
{
    cap_t slot = slot_make();
    if (!slot || type >= OBJECT_TYPE_COUNT)
        return CAP_NULL;
    unsigned bits = object_bits(type, size_bits);

    if (bits >= PAGE_BITS) {
        cap_t memory = memory_make(bits);
        if (memory && object_retype(memory, type, size_bits, slot) == OK)
            return slot;
    } else {
        if (own.pool && object_retype(own.pool, type, size_bits, slot) == OK)
            return slot;
        own.pool = memory_make(PAGE_BITS);
        if (own.pool && object_retype(own.pool, type, size_bits, slot) == OK)
            return slot;
    }
    slot_free(slot);
    return CAP_NULL;
}

cap_t signal_make(word_t badge)
{
    cap_t slot = slot_make();
    cap_t cnode;
    word_t index;
    if (!slot)
        return CAP_NULL;
    slot_place(slot, &cnode, &index);
    if (status_error(cnode_mint(cnode, index, COMPONENT_SLOT_NOTIFICATION, RIGHT_WRITE, badge)) == OK)
        return slot;
    slot_free(slot);
    return CAP_NULL;
}
