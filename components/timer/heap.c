/* SPDX-License-Identifier: BSD-2-Clause */
/* See heap.h. The table doubles when it is full. */
#include "heap.h"

#define HEAP_ROOM_FIRST 16u

static void heap_put(struct timer_heap *heap, size_t index, struct timer *timer)
{
    heap->entry[index] = timer;
    timer->index = index;
}

/* Move a timer towards the top until its parent is not later. */
static void heap_rise(struct timer_heap *heap, struct timer *timer)
{
    size_t index = timer->index;
    while (index > 0) {
        size_t parent = (index - 1) / 2;
        if (heap->entry[parent]->deadline <= timer->deadline)
            break;
        heap_put(heap, index, heap->entry[parent]);
        index = parent;
    }
    heap_put(heap, index, timer);
}

/* Move a timer towards the bottom until no child is earlier. */
static void heap_sink(struct timer_heap *heap, struct timer *timer)
{
    size_t index = timer->index;
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= heap->count)
            break;
        if (child + 1 < heap->count && heap->entry[child + 1]->deadline < heap->entry[child]->deadline)
            child++;
        if (timer->deadline <= heap->entry[child]->deadline)
            break;
        heap_put(heap, index, heap->entry[child]);
        index = child;
    }
    heap_put(heap, index, timer);
}

static bool heap_grow(struct timer_heap *heap)
{
    size_t room = heap->room ? heap->room * 2 : HEAP_ROOM_FIRST;
    struct timer **entry = malloc(room * sizeof *entry);
    if (!entry)
        return false;
    if (heap->count)
        memcpy(entry, heap->entry, heap->count * sizeof *entry);
    free(heap->entry);
    heap->entry = entry;
    heap->room = room;
    return true;
}

bool heap_insert(struct timer_heap *heap, struct timer *timer)
{
    if (heap->count == heap->room && !heap_grow(heap))
        return false;
    heap_put(heap, heap->count++, timer);
    heap_rise(heap, timer);
    return true;
}

void heap_remove(struct timer_heap *heap, struct timer *timer)
{
    assert(timer->index < heap->count && heap->entry[timer->index] == timer);
    size_t index = timer->index;
    struct timer *last = heap->entry[--heap->count];
    timer->index = HEAP_NOT_IN;
    if (last == timer)
        return;
    heap_put(heap, index, last);
    heap_sink(heap, last);
    heap_rise(heap, last);
}
