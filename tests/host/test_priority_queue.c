/* SPDX-License-Identifier: BSD-2-Clause */
/* The priority queue, against a plain array; its own invariants; and its worst shapes. */
#include "check.h"
#include "harness.h"
#include <stdlib.h>

#define COUNT 300u

static struct queue_node nodes[COUNT];

static void check_all(const struct priority_queue *queue)
{
    struct check_report report = { 0 };

    if (!check_queue(&report, queue))
        test_fails(__FILE__, __LINE__, "expected a good queue, seen that this is not so: %s",
                   report.invariant);
}

static unsigned count_nodes(const struct priority_queue *queue)
{
    unsigned count = 0;

    for (struct queue_node *node = check_next_node(queue, NULL); node; node = check_next_node(queue, node))
        count++;
    return count;
}

static uint64_t smallest_key(void)
{
    uint64_t smallest = ~0ull;

    for (unsigned i = 0; i < COUNT; i++)
        if (nodes[i].queued && nodes[i].key < smallest)
            smallest = nodes[i].key;
    return smallest;
}

TEST(queue_is_empty_at_first)
{
    struct priority_queue queue = { NULL };

    EXPECT(queue_is_empty(&queue));
    EXPECT(queue_first(&queue) == NULL);
}

TEST(queue_random_against_an_array)
{
    struct priority_queue queue = { NULL };
    unsigned queued = 0;

    for (unsigned step = 0; step < 60000; step++) {
        struct queue_node *node = &nodes[random_below(COUNT)];
        if (node->queued) {
            queue_remove(&queue, node);
            queued--;
        } else {
            queue_insert(&queue, node, random_below(step % 2 ? 1000 : 5));
            queued++;
        }
        EXPECT_EQ(queue_is_empty(&queue), queued == 0);
        if (queued)
            EXPECT_EQ(queue_first(&queue)->key, smallest_key());
        if (step % 64 == 0) {
            check_all(&queue);
            EXPECT_EQ(count_nodes(&queue), queued);
        }
    }
}

TEST(queue_sorts)
{
    struct priority_queue queue = { NULL };
    uint64_t last = 0;

    for (unsigned i = 0; i < COUNT; i++)
        queue_insert(&queue, &nodes[i], random_next());
    for (unsigned i = 0; i < COUNT; i++) {
        struct queue_node *first = queue_first(&queue);
        EXPECT(first->key >= last);
        last = first->key;
        queue_remove(&queue, first);
        check_all(&queue);
    }
    EXPECT(queue_is_empty(&queue));
}

/* Falling keys make one long way left; every removal from its bottom must stop mending at once. */
TEST(queue_removes_from_the_bottom_of_a_long_way)
{
    struct priority_queue queue = { NULL };

    for (unsigned i = 0; i < COUNT; i++)
        queue_insert(&queue, &nodes[i], COUNT - i);
    check_all(&queue);
    for (unsigned i = 0; i < COUNT; i++) {
        queue_remove(&queue, &nodes[i]);
        check_all(&queue);
    }
    EXPECT(queue_is_empty(&queue));
}

TEST(queue_removes_from_a_full_tree_everywhere)
{
    for (unsigned victim = 0; victim < 63; victim++) {
        struct priority_queue queue = { NULL };
        for (unsigned i = 0; i < 63; i++)
            queue_insert(&queue, &nodes[i], i);
        queue_remove(&queue, &nodes[victim]);
        check_all(&queue);
        EXPECT_EQ(count_nodes(&queue), 62);
        for (unsigned i = 0; i < 63; i++)
            if (i != victim)
                queue_remove(&queue, &nodes[i]);
        EXPECT(queue_is_empty(&queue));
    }
}

/* The way right, which merging walks, is never longer than log2(n + 1). */
TEST(queue_ways_right_are_short)
{
    static const unsigned patterns = 3;

    for (unsigned pattern = 0; pattern < patterns; pattern++) {
        struct priority_queue queue = { NULL };
        for (unsigned i = 0; i < COUNT; i++)
            queue_insert(&queue, &nodes[i], pattern == 0 ? i : pattern == 1 ? COUNT - i : random_below(50));
        for (unsigned i = 0; i < COUNT; i++) {
            unsigned length = 0;
            for (const struct queue_node *node = &nodes[i]; node; node = node->right)
                length++;
            EXPECT(length <= 8);
        }
        for (unsigned i = 0; i < COUNT; i++)
            queue_remove(&queue, &nodes[i]);
    }
}

TEST(queue_keeps_extreme_keys)
{
    struct priority_queue queue = { NULL };

    queue_insert(&queue, &nodes[0], ~0ull);
    queue_insert(&queue, &nodes[1], 0);
    queue_insert(&queue, &nodes[2], 1ull << 63);
    EXPECT(queue_first(&queue) == &nodes[1]);
    queue_remove(&queue, &nodes[1]);
    EXPECT(queue_first(&queue) == &nodes[2]);
    queue_remove(&queue, &nodes[2]);
    EXPECT(queue_first(&queue) == &nodes[0]);
}
