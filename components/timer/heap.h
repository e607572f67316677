/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A binary heap of timers: the earliest deadline is at index 0, every entry is at most as late as its two
 * children. Each timer knows its index, so that it can be taken out from anywhere. All operations take O(log
 * n) steps.
 */
#ifndef TIMER_HEAP_H
#define TIMER_HEAP_H

#include <lucid.h>

#define HEAP_NOT_IN ((size_t)-1)

struct timer {
    time_ns_t deadline;
    size_t index;     /* in the heap; HEAP_NOT_IN */
    time_ns_t period; /* 0: once */
    word_t client;    /* badge */
    word_t id;        /* that the client knows it by; 0 for a sleeper */
    cap_t cap;        /* sleeper: the Reply that wakes it; else: the notification to signal */
};

struct timer_heap {
    struct timer **entry;
    size_t count, room;
};

/* False if there is no memory for one more. */
bool heap_insert(struct timer_heap *heap, struct timer *timer);
void heap_remove(struct timer_heap *heap, struct timer *timer);

/* The timer with the earliest deadline, or NULL. */
static inline struct timer *heap_first(const struct timer_heap *heap)
{
    return heap->count ? heap->entry[0] : NULL;
}

#endif
