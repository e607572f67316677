/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The priority queue, exhaustively: from every tree that has its invariants, with so many nodes and so many different keys, every
 * insertion and every removal. After each: the invariants hold, the nodes are the ones that must be in it, and the first has the
 * smallest key. A sequence of operations goes from one of these trees to another, so this is about sequences of any length.
 *
 * Only the order of keys matters to the queue, so as many different keys as nodes stand for all keys there are.
 */
#include "check.h"
#include "harness.h"

#define NODES_MAX 8u
#define TREES_MAX (1u << 20)

/* In preorder, the root in the lowest bits: for each node its key and which children it has. */
#define CODE_BITS  5u
#define CODE_LEFT  16u
#define CODE_RIGHT 8u
#define CODE_KEY   7u

static struct tree {
    uint64_t code;
    unsigned rank, key; /* of its root */
} trees[TREES_MAX];     /* those of one node first, then those of two ... */
static unsigned first_of[NODES_MAX + 2];
static struct queue_node nodes[NODES_MAX];
static unsigned used; /* nodes of `nodes` */

/* Those with these two below the root, for each key that the root can have. Either may be NULL. */
static unsigned make_roots(unsigned found, const struct tree *left, const struct tree *right,
                           unsigned left_nodes, unsigned different)
{
    uint64_t code = (left ? CODE_LEFT | left->code << CODE_BITS : 0) |
                    (right ? CODE_RIGHT | right->code << CODE_BITS * (1 + left_nodes) : 0);
    unsigned rank = right ? right->rank : 0;

    if ((left ? left->rank : 0) < rank)
        return found;
    for (unsigned key = 0; key < different; key++) {
        if ((left && left->key < key) || (right && right->key < key))
            break;
        EXPECT(found < TREES_MAX);
        trees[found++] = (struct tree){ code | key, rank + 1, key };
    }
    return found;
}

/* All trees of up to `most` nodes; how many. */
static unsigned make_trees(unsigned most, unsigned different)
{
    unsigned found = make_roots(0, NULL, NULL, 0, different);

    first_of[1] = 0;
    first_of[2] = found;
    for (unsigned count = 2; count <= most; count++) {
        for (unsigned l = first_of[count - 1]; l < first_of[count]; l++)
            found = make_roots(found, &trees[l], NULL, count - 1, different);
        for (unsigned left = 1; left < count - 1; left++)
            for (unsigned l = first_of[left]; l < first_of[left + 1]; l++)
                for (unsigned r = first_of[count - 1 - left]; r < first_of[count - left]; r++)
                    found = make_roots(found, &trees[l], &trees[r], left, different);
        first_of[count + 1] = found;
    }
    return found;
}

static struct queue_node *decode(uint64_t *code, struct queue_node *parent)
{
    struct queue_node *node = &nodes[used++];
    unsigned bits = *code & (CODE_LEFT | CODE_RIGHT | CODE_KEY);

    *code >>= CODE_BITS;
    *node = (struct queue_node){ .key = bits & CODE_KEY, .parent = parent, .queued = 1 };
    node->left = bits & CODE_LEFT ? decode(code, node) : NULL;
    node->right = bits & CODE_RIGHT ? decode(code, node) : NULL;
    node->rank = node->right ? node->right->rank + 1 : 1;
    return node;
}

static struct priority_queue make_queue(uint64_t code)
{
    used = 0;
    return (struct priority_queue){ decode(&code, NULL) };
}

/* The tree has exactly the nodes that are queued, and is as it has to be. */
static void check_after(const struct priority_queue *queue, const uint64_t *keys)
{
    struct check_report report = { 0 };
    unsigned in_tree = 0, queued = 0;

    if (!check_queue(&report, queue))
        test_fails(__FILE__, __LINE__, "expected a good queue, seen that this is not so: %s",
                   report.invariant);
    for (struct queue_node *node = check_next_node(queue, NULL); node; node = check_next_node(queue, node)) {
        EXPECT(node >= nodes && node < nodes + used && node->queued);
        in_tree++;
    }
    for (unsigned i = 0; i < used; i++) {
        queued += nodes[i].queued;
        EXPECT(!nodes[i].queued || (nodes[i].key == keys[i] && queue_first(queue)->key <= keys[i]));
    }
    EXPECT_EQ(in_tree, queued);
}

static void remember_keys(uint64_t *keys)
{
    for (unsigned i = 0; i < used; i++)
        keys[i] = nodes[i].key;
}

static void insert_and_remove_everything(uint64_t code, unsigned most, unsigned different)
{
    uint64_t keys[NODES_MAX];
    struct priority_queue queue = make_queue(code);
    unsigned count = used;

    for (unsigned key = 0; count < most && key < different; key++) {
        queue = make_queue(code);
        remember_keys(keys);
        keys[used] = key;
        nodes[used] = (struct queue_node){ 0 };
        queue_insert(&queue, &nodes[used++], key);
        check_after(&queue, keys);
    }
    for (unsigned i = 0; i < count; i++) {
        queue = make_queue(code);
        remember_keys(keys);
        queue_remove(&queue, &nodes[i]);
        EXPECT(!nodes[i].queued);
        check_after(&queue, keys);
    }
}

static void all_trees(unsigned most, unsigned different, unsigned expected)
{
    EXPECT_EQ(make_trees(most, different), expected);
    for (unsigned i = 0; i < expected; i++)
        insert_and_remove_everything(trees[i].code, most, different);
}

TEST(queue_in_every_tree_of_six_nodes_with_any_keys)
{
    all_trees(6, 6, 32808);
}

TEST(queue_in_every_tree_of_eight_nodes_with_three_keys)
{
    all_trees(8, 3, 21130);
}
