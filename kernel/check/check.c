/* SPDX-License-Identifier: BSD-2-Clause */
/* The invariant checker: the order of its parts, and what they share. Each part may rely on what those before it have checked. */
#include "check.h"
#include "core.h"
#include "derivation.h"

bool check_that(struct check_report *report, bool condition, const void *object, const void *other,
                const char *invariant)
{
    if (!condition && !report->invariant)
        *report = (struct check_report){ invariant, object, other };
    return condition;
}

bool kernel_check(struct check_report *report)
{
    *report = (struct check_report){ NULL, NULL, NULL };
    return check_tree(report) && check_slots(report) && check_memory(report) && check_homes(report) &&
           check_ipc(report) && check_threads(report) && check_pairs(report) && check_time(report) &&
           check_mappings(report) && check_keys(report);
}

struct slot *check_next_slot(struct slot *slot)
{
    return slot_next(slot ? slot : &derivation_anchor);
}

bool check_is_first(const struct slot *slot)
{
    const struct slot *previous = slot_prev(slot);

    return !previous || cap_type(&previous->cap) != cap_type(&slot->cap) ||
           cap_pointer(&previous->cap) != cap_pointer(&slot->cap);
}

struct thread *check_thread(const struct slot *slot)
{
    return cap_type(&slot->cap) == OBJECT_THREAD && check_is_first(slot) ? cap_pointer(&slot->cap) : NULL;
}

bool check_is_choosing(const struct core *core)
{
    return CONFIG_CORES > 1 && core->reschedule;
}

struct queue_node *check_next_node(const struct priority_queue *queue, struct queue_node *node)
{
    if (!node)
        return queue->root;
    if (node->left)
        return node->left;
    if (node->right)
        return node->right;
    /* Up, until there is a way right that was not taken. */
    for (; node->parent; node = node->parent)
        if (node == node->parent->left && node->parent->right)
            return node->parent->right;
    return NULL;
}

static uint32_t rank_of(const struct queue_node *node)
{
    return node ? node->rank : 0;
}

bool check_queue(struct check_report *report, const struct priority_queue *queue)
{
    for (struct queue_node *node = check_next_node(queue, NULL); node; node = check_next_node(queue, node)) {
        CHECK_THAT(report, node->queued == 1, node, queue,
                   "an element of a priority queue knows that it is queued");
        CHECK_THAT(report, node == queue->root ? node->parent == NULL : node->parent != NULL, node, queue,
                   "only the root of a priority queue has no parent");
        CHECK_THAT(report, !node->left || (node->left->parent == node && node->left->key >= node->key), node,
                   node->left, "a left child points back and is not before its parent");
        CHECK_THAT(report, !node->right || (node->right->parent == node && node->right->key >= node->key),
                   node, node->right, "a right child points back and is not before its parent");
        CHECK_THAT(report,
                   rank_of(node->left) >= rank_of(node->right) && node->rank == rank_of(node->right) + 1,
                   node, queue, "ranks of a priority queue are those of a leftist tree");
    }
    return true;
}
