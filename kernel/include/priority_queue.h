/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An intrusive priority queue: smallest key first. One structure for replenishments (key: time) and for those who wait at
 * endpoints and notifications (key: priority, then order of arrival). See sched/priority_queue.c.
 *
 * Every operation is O(log n) in the worst case, removal from the middle included; O(1) for none or one element.
 */
#ifndef KERNEL_PRIORITY_QUEUE_H
#define KERNEL_PRIORITY_QUEUE_H

#include "types.h"

struct queue_node {
    uint64_t key;
    struct queue_node *left, *right, *parent;
    uint32_t rank;   /* number of nodes on the way right to the first missing child */
    uint32_t queued; /* 0 or 1 */
};

struct priority_queue {
    struct queue_node *root; /* the element with the smallest key, NULL if empty */
};

/*@ requires \valid_read(queue);
    assigns \nothing;
    ensures \result == queue->root; */
static inline struct queue_node *queue_first(const struct priority_queue *queue)
{
    return queue->root;
}

/*@ requires \valid_read(queue);
    assigns \nothing;
    ensures \result <==> queue->root == \null; */
static inline bool queue_is_empty(const struct priority_queue *queue)
{
    return queue->root == NULL;
}

/* Equal keys: no order between them. The node must not be queued anywhere. */
void queue_insert(struct priority_queue *queue, struct queue_node *node, uint64_t key);
/* The node must be in this queue. */
void queue_remove(struct priority_queue *queue, struct queue_node *node);

#endif
