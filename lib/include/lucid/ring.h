/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Ring: entries of one size from one producer to one consumer, through memory that both have, without system
 * calls while both are awake.
 *
 * The memory is in three parts: a `struct ring_side` that the producer writes and the consumer reads, one that
 * is the other way round, and the entries, which the producer writes. They may lie in one frame that both map
 * writable, or in two, of which each side maps the other's for reading only.
 *
 *     put, put, put, publish     the producer writes entries, then makes them visible together
 *     get, get, release          the consumer copies entries out, then gives their places back together
 *     sleep, then wait           who finds nothing to do says so, looks once more, and waits for a signal
 *
 * A side that publishes or releases is told whether the other one sleeps, and signals it only then. Nothing is
 * lost: "I sleep" is written before the last look at the other's index, and an index before the look at
 * whether the other sleeps, all sequentially consistent; so one of the two sees the other.
 *
 * What always holds: of the other side's memory only its index is believed, and only if it is one that it can
 * have. What this side needs (size, its own index) it keeps to itself, and entries are copied before they are
 * looked at. So a peer that writes whatever it likes can send nonsense, send nothing, or cause signals, but
 * nothing outside of the ring is read or written, and every function ends. One that was caught is ERR_STATE
 * from then on.
 *
 * Indices count entries and wrap at 2^32. Each side is used by one thread.
 */
#ifndef LUCID_RING_H
#define LUCID_RING_H

#include <lucid.h>

#define RING_ENTRIES_MAX (1u << 20)

/* What one side writes and the other reads: in a cache line of its own. */
struct ring_side {
    uint32_t index;  /* entries published, or released, ever */
    uint32_t sleeps; /* 1: waits for a signal */
    uint32_t unused[14];
};

/* One side's own: private memory. */
struct ring {
    struct ring_side *mine;
    const struct ring_side *theirs;
    char *entries;
    uint32_t entry_bytes;
    uint32_t count; /* of entries: a power of two */
    uint32_t index; /* put, or got */
    uint32_t shown; /* of these, what the other side knows of */
    uint32_t limit; /* up to here can be put, or got, without looking at the other's index again */
    uint32_t slack; /* producer: `count`, consumer: 0; their index and this is the limit */
    bool broken;    /* the other side has broken the rules */
};

/* How many bytes the entries take. */
static inline size_t ring_bytes(uint32_t count, uint32_t entry_bytes)
{
    return (size_t)count * entry_bytes;
}

/*
 * Make the producer's, or the consumer's, side of a ring; what this side writes starts at 0, whatever stood
 * there. In memory that is zero, each side can begin at once. In memory that was used before, neither may put,
 * get or sleep before both have made their sides: it would find the other's index of then. (Make one before a
 * call is answered, the other after it.) `count` is a power of two, up to RING_ENTRIES_MAX; both sides must
 * name the same count and entry_bytes.
 */
static inline struct ring ring_make(bool producer, struct ring_side *mine, const struct ring_side *theirs,
                                    void *entries, uint32_t count, uint32_t entry_bytes)
{
    assert(count != 0 && count <= RING_ENTRIES_MAX && (count & (count - 1)) == 0 && entry_bytes != 0);
    __atomic_store_n(&mine->sleeps, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&mine->index, 0, __ATOMIC_SEQ_CST);
    return (struct ring){ .mine = mine,
                          .theirs = theirs,
                          .entries = (char *)entries,
                          .entry_bytes = entry_bytes,
                          .count = count,
                          .slack = producer ? count : 0,
                          .limit = producer ? count : 0 };
}

/* The usual layout in one piece of memory: the producer's side, the consumer's, the entries. */
static inline size_t ring_memory(uint32_t count, uint32_t entry_bytes)
{
    return 2 * sizeof(struct ring_side) + ring_bytes(count, entry_bytes);
}

/* ring_make for that layout; `memory` is aligned to 64 bytes and has ring_memory bytes. */
static inline struct ring ring_in(void *memory, bool producer, uint32_t count, uint32_t entry_bytes)
{
    struct ring_side *side = (struct ring_side *)memory;
    return ring_make(producer, producer ? &side[0] : &side[1], producer ? &side[1] : &side[0], &side[2],
                     count, entry_bytes);
}

/*
 * Look at the other's index. The producer's `limit` is at most `count` ahead of what the consumer has released,
 * the consumer's is what the producer has published: what lies outside of that is a lie.
 */
static inline void ring_look(struct ring *ring)
{
    uint32_t limit = __atomic_load_n(&ring->theirs->index, __ATOMIC_SEQ_CST) + ring->slack;
    if (limit - ring->index > ring->count)
        ring->broken = true;
    else
        ring->limit = limit;
}

/* The next place, or NULL if there is none now. */
static inline char *ring_place(struct ring *ring)
{
    if (ring->index == ring->limit)
        ring_look(ring);
    if (ring->broken || ring->index == ring->limit)
        return NULL;
    return ring->entries + ring_bytes(ring->index & (ring->count - 1), ring->entry_bytes);
}

/*
 * Producer: put an entry. The consumer sees it after ring_publish.
 *
 *   ERR_WOULD_BLOCK   the ring is full
 *   ERR_STATE         the consumer has broken the rules: give the ring up
 */
static inline error_t ring_put(struct ring *ring, const void *entry)
{
    char *place = ring_place(ring);
    if (!place)
        return ring->broken ? ERR_STATE : ERR_WOULD_BLOCK;
    memcpy(place, entry, ring->entry_bytes);
    ring->index++;
    return OK;
}

/*
 * Consumer: copy the next entry out. Its place is the producer's again after ring_release.
 *
 *   ERR_WOULD_BLOCK   the ring is empty
 *   ERR_STATE         the producer has broken the rules: give the ring up
 */
static inline error_t ring_get(struct ring *ring, void *entry)
{
    const char *place = ring_place(ring);
    if (!place)
        return ring->broken ? ERR_STATE : ERR_WOULD_BLOCK;
    memcpy(entry, place, ring->entry_bytes);
    /* What is checked from here on is the copy: the compiler must not read the shared memory again for it. */
    __asm__ volatile("" ::: "memory");
    ring->index++;
    return OK;
}

/* Show the other side what was put, or got, since the last time. True: it sleeps, so signal it. */
static inline bool ring_show(struct ring *ring)
{
    if (ring->shown == ring->index)
        return false;
    ring->shown = ring->index;
    __atomic_store_n(&ring->mine->index, ring->index, __ATOMIC_SEQ_CST);
    return __atomic_load_n(&ring->theirs->sleeps, __ATOMIC_SEQ_CST) != 0;
}

/* Producer: make what was put visible. True: the consumer sleeps, so signal it. */
static inline bool ring_publish(struct ring *ring)
{
    return ring_show(ring);
}

/* Consumer: give places back. True: the producer sleeps, so signal it. */
static inline bool ring_release(struct ring *ring)
{
    return ring_show(ring);
}

/*
 * Before waiting for a signal because the ring is full, or empty: true if it still is, then wait. In any case
 * call ring_wake after that. What was put or got must have been shown before, else both may wait for ever.
 */
static inline bool ring_sleep(struct ring *ring)
{
    assert(ring->shown == ring->index);
    __atomic_store_n(&ring->mine->sleeps, 1, __ATOMIC_SEQ_CST);
    ring_look(ring);
    return !ring->broken && ring->index == ring->limit;
}

/* No more signals, please. */
static inline void ring_wake(struct ring *ring)
{
    __atomic_store_n(&ring->mine->sleeps, 0, __ATOMIC_RELAXED);
}

#endif
