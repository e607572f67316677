/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The priority queue: a leftist tree (Crane 1972; Knuth, TAOCP vol. 3, 5.2.3) with parent pointers.
 *
 * Invariants, for every node n (a missing child has rank 0):
 *
 *   heap      n's key is not greater than its children's
 *   leftist   rank(n->left) >= rank(n->right)
 *   rank      rank(n) = rank(n->right) + 1
 *
 * So the way right from a node is at most log2(n + 1) long. Two trees are merged along these ways, down and up again, without
 * recursion. Removal replaces a node by its two children merged, and mends ranks upwards until one does not change: the
 * nodes whose rank changes each have a rank greater by one than the one below, and no rank is above log2(n + 1), so this is
 * O(log n) also when the tree is as deep as it has nodes.
 *
 * Protected by the lock of whatever holds the queue.
 */
#include "priority_queue.h"

/*@ logic integer rank_of{L}(struct queue_node *node) = node == \null ? 0 : node->rank; */

/*@ requires node == \null || \valid_read(node);
    assigns \nothing;
    ensures \result == rank_of(node); */
static uint32_t rank(const struct queue_node *node)
{
    return node ? node->rank : 0;
}

/* Restore the leftist and rank invariants of one node whose children have theirs. True if its rank changed. */
/*@ requires \valid(node) && rank_of(node->left) < UINT32_MAX && rank_of(node->right) < UINT32_MAX;
    requires node->left == \null || \valid_read(node->left) && \separated(node, node->left);
    requires node->right == \null || \valid_read(node->right) && \separated(node, node->right);
    assigns node->left, node->right, node->rank;
    ensures leftist: rank_of(node->left) >= rank_of(node->right);
    ensures rank: node->rank == rank_of(node->right) + 1;
    ensures children: node->left == \old(node->left) && node->right == \old(node->right) ||
        node->left == \old(node->right) && node->right == \old(node->left);
    ensures told: \result <==> node->rank != \old(node->rank); */
static bool mend(struct queue_node *node)
{
    uint32_t before = node->rank;

    if (rank(node->left) < rank(node->right)) {
        struct queue_node *left = node->left;
        node->left = node->right;
        node->right = left;
    }
    node->rank = rank(node->right) + 1;
    return node->rank != before;
}

/* Merge two trees with no parents; either may be empty. */
static struct queue_node *merge(struct queue_node *a, struct queue_node *b)
{
    struct queue_node *root = NULL, *last = NULL;

    /* Down: thread the two right ways into one, smallest key first. */
    while (a && b) {
        struct queue_node *smaller = a;
        if (b->key < a->key) {
            smaller = b;
            b = a;
        }
        a = smaller->right;
        smaller->parent = last;
        if (last)
            last->right = smaller;
        else
            root = smaller;
        last = smaller;
    }

    struct queue_node *rest = a ? a : b;
    if (!last)
        return rest;
    last->right = rest;
    if (rest)
        rest->parent = last;

    /* Up: mend every node of the merged way. */
    for (struct queue_node *node = last; node; node = node->parent)
        mend(node);
    return root;
}

void queue_insert(struct priority_queue *queue, struct queue_node *node, uint64_t key)
{
    assert(!node->queued);
    *node = (struct queue_node){ .key = key, .rank = 1, .queued = 1 };
    queue->root = queue->root ? merge(queue->root, node) : node;
}

void queue_remove(struct priority_queue *queue, struct queue_node *node)
{
    assert(node->queued);
    struct queue_node *parent = node->parent;

    if (node->left)
        node->left->parent = NULL;
    if (node->right)
        node->right->parent = NULL;
    struct queue_node *merged = merge(node->left, node->right);
    if (merged)
        merged->parent = parent;
    node->queued = 0;

    if (!parent) {
        assert(queue->root == node);
        queue->root = merged;
        return;
    }
    if (parent->left == node)
        parent->left = merged;
    else
        parent->right = merged;
    while (parent && mend(parent))
        parent = parent->parent;
}
