/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The whole-state invariant checker: walks everything that the kernel knows, and names the first invariant that does not hold. See
 * kernel/check/. Built into host builds, and into debug builds on request (CONFIG_CHECK); it uses no memory of its own, and time in
 * proportion to the state (for mappings: their number times that of capabilities).
 */
#ifndef KERNEL_CHECK_H
#define KERNEL_CHECK_H

#include "cap.h"
#include "thread.h"

struct check_report {
    const char *invariant; /* a sentence that is not true; NULL: all is well */
    const void *object;    /* what it is about: a slot or an object */
    const void *other;
};

/* To be called between system calls, or as the last thing of one, with all locks. True: all invariants hold. */
bool kernel_check(struct check_report *report);

/* All memory above the watermarks is clean: it reads all of it. */
bool kernel_check_clean(struct check_report *report);

/* ---- for the parts of the checker: true if the condition holds, else the report is filled in (once) */
bool check_that(struct check_report *report, bool condition, const void *object, const void *other,
                const char *invariant);

#define CHECK_THAT(report, condition, object, other, invariant)                                              \
    do {                                                                                                     \
        if (!check_that(report, condition, object, other, invariant))                                        \
            return false;                                                                                    \
    } while (0)

bool check_tree(struct check_report *report);     /* derivation tree, slots, ranges and rights */
bool check_slots(struct check_report *report);    /* containers against the tree; zombies */
bool check_memory(struct check_report *report);   /* objects within their Untyped, not overlapping */
bool check_homes(struct check_report *report);    /* of one core what belongs together */
bool check_ipc(struct check_report *report);      /* endpoints, notifications, replies, donation chains */
bool check_threads(struct check_report *report);  /* threads, queues, the scheduler */
bool check_pairs(struct check_report *report);    /* what points to each other is alive */
bool check_time(struct check_report *report);     /* refills, who runs, the timer */
bool check_keys(struct check_report *report);     /* what the fast path compares */
bool check_mappings(struct check_report *report); /* records against page tables, and the reverse */

/* All non-empty slots of the tree, in order; `slot` NULL: the first. NULL at the end. */
struct slot *check_next_slot(struct slot *slot);
/* The first capability of a group to the same object: where each object is looked at once. */
bool check_is_first(const struct slot *slot);
/* The thread that this capability, or zombie, stands for; NULL: none. */
struct thread *check_thread(const struct slot *slot);
/* The next element of a priority queue, in preorder, from `node` (NULL: the first); NULL at the end. */
struct queue_node *check_next_node(const struct priority_queue *queue, struct queue_node *node);
/* The core has been told to choose anew who runs, and has not yet: what it has loaded says nothing. With one core nobody tells it; of several, also
 * the caller's may be, whose system call was on its way. */
bool check_is_choosing(const struct core *core);
/* The queue's own invariants. */
bool check_queue(struct check_report *report, const struct priority_queue *queue);

#endif
