/* SPDX-License-Identifier: BSD-2-Clause */
/* Rings: what comes through, what is refused, who is signalled, and a peer that writes whatever it likes. */
#include "expect.h"
#include <lucid/ring.h>

#define COUNT 8u

struct utcb *message_page;

struct entry {
    uint32_t number;
    char text[8];
};

/* The parts lie apart, so that the sanitizer sees what is touched beside them. */
static struct pair {
    struct ring_side *producer_side, *consumer_side;
    struct entry *entries;
    struct ring producer, consumer;
} pair;

static void pair_make(uint32_t start)
{
    free(pair.producer_side);
    free(pair.consumer_side);
    free(pair.entries);
    pair.producer_side = calloc(1, sizeof *pair.producer_side);
    pair.consumer_side = calloc(1, sizeof *pair.consumer_side);
    pair.entries = calloc(COUNT, sizeof *pair.entries);
    pair.producer =
        ring_make(true, pair.producer_side, pair.consumer_side, pair.entries, COUNT, sizeof(struct entry));
    pair.consumer =
        ring_make(false, pair.consumer_side, pair.producer_side, pair.entries, COUNT, sizeof(struct entry));
    pair.producer_side->index = pair.consumer_side->index = start;
    pair.producer.index = pair.producer.shown = pair.consumer.index = pair.consumer.shown =
        pair.consumer.limit = start;
    pair.producer.limit = start + COUNT;
}

static error_t put(uint32_t number)
{
    struct entry entry = { number, "text" };
    return ring_put(&pair.producer, &entry);
}

static void get_is(uint32_t number)
{
    struct entry entry = { 0, "" };
    EXPECT_EQ(ring_get(&pair.consumer, &entry), OK);
    EXPECT_EQ(entry.number, number);
    EXPECT(memcmp(entry.text, "text", 5) == 0);
}

static error_t get_nothing(void)
{
    struct entry entry;
    return ring_get(&pair.consumer, &entry);
}

static void entries_come_in_order_once_they_are_published(void)
{
    pair_make(0);
    EXPECT_EQ(get_nothing(), ERR_WOULD_BLOCK);
    EXPECT_EQ(put(1), OK);
    EXPECT_EQ(put(2), OK);
    EXPECT_EQ(get_nothing(), ERR_WOULD_BLOCK);
    EXPECT(!ring_publish(&pair.producer));
    get_is(1);
    get_is(2);
    EXPECT_EQ(get_nothing(), ERR_WOULD_BLOCK);
}

/* However much came through it, and whoever slept, and whichever side is the first. */
static void a_ring_that_both_sides_make_again_is_empty_and_works(void)
{
    for (uint32_t used = 1; used <= 3 * COUNT; used++) {
        pair_make(used);
        EXPECT(ring_sleep(used % 2 ? &pair.consumer : &pair.producer) == (used % 2 != 0));
        for (unsigned side = 0; side < 2; side++) {
            if (side == used / 2 % 2)
                pair.producer = ring_make(true, pair.producer_side, pair.consumer_side, pair.entries, COUNT,
                                          sizeof(struct entry));
            else
                pair.consumer = ring_make(false, pair.consumer_side, pair.producer_side, pair.entries, COUNT,
                                          sizeof(struct entry));
        }
        EXPECT_EQ(get_nothing(), ERR_WOULD_BLOCK);
        for (uint32_t i = 0; i < COUNT; i++)
            EXPECT_EQ(put(i), OK);
        EXPECT_EQ(put(COUNT), ERR_WOULD_BLOCK);
        EXPECT(!ring_publish(&pair.producer)); /* nobody sleeps any more */
        for (uint32_t i = 0; i < COUNT; i++)
            get_is(i);
        EXPECT(!ring_release(&pair.consumer));
    }
}

static void a_full_ring_takes_no_more_until_places_are_released(void)
{
    pair_make(0);
    for (uint32_t i = 0; i < COUNT; i++)
        EXPECT_EQ(put(i), OK);
    EXPECT_EQ(put(9), ERR_WOULD_BLOCK);
    ring_publish(&pair.producer);
    get_is(0);
    EXPECT_EQ(put(9), ERR_WOULD_BLOCK);
    ring_release(&pair.consumer);
    EXPECT_EQ(put(8), OK);
    EXPECT_EQ(put(9), ERR_WOULD_BLOCK);
    ring_publish(&pair.producer);
    for (uint32_t i = 1; i <= COUNT; i++)
        get_is(i);
}

static void indices_wrap(void)
{
    pair_make(UINT32_MAX - 2 * COUNT);
    for (uint32_t i = 0; i < 5 * COUNT; i++) {
        for (uint32_t j = 0; j <= i % COUNT; j++)
            EXPECT_EQ(put(i + j), OK);
        ring_publish(&pair.producer);
        for (uint32_t j = 0; j <= i % COUNT; j++)
            get_is(i + j);
        ring_release(&pair.consumer);
    }
    EXPECT(pair.producer.index < UINT32_MAX / 2); /* else it has not wrapped */
}

static void only_who_sleeps_is_signalled(void)
{
    pair_make(0);
    put(1);
    EXPECT(!ring_publish(&pair.producer));
    get_is(1);
    EXPECT(!ring_release(&pair.consumer));
    EXPECT(ring_sleep(&pair.consumer));
    EXPECT(!ring_publish(&pair.producer)); /* nothing new */
    put(2);
    EXPECT(ring_publish(&pair.producer));
    ring_wake(&pair.consumer);
    put(3);
    EXPECT(!ring_publish(&pair.producer));
    EXPECT(!ring_sleep(&pair.consumer)); /* there is something: no wait */
    ring_wake(&pair.consumer);
    for (uint32_t i = 4; put(i) == OK; i++)
        ring_publish(&pair.producer);
    EXPECT(ring_sleep(&pair.producer));
    get_is(2);
    EXPECT(ring_release(&pair.consumer));
    ring_wake(&pair.producer);
    get_is(3);
    EXPECT(!ring_release(&pair.consumer));
}

static void an_index_that_cannot_be_is_noticed_and_ends_the_ring(void)
{
    static const uint32_t lies[] = { COUNT + 1, UINT32_MAX, 1u << 31, 0x80000001 };
    for (unsigned i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        pair_make(0);
        pair.producer_side->index = lies[i];
        EXPECT_EQ(get_nothing(), ERR_STATE);
        pair.producer_side->index = 0; /* too late */
        EXPECT_EQ(get_nothing(), ERR_STATE);
        EXPECT(!ring_sleep(&pair.consumer)); /* do not wait for that one */

        pair_make(0);
        while (put(1) == OK)
            ;
        ring_publish(&pair.producer);
        pair.consumer_side->index = lies[i];
        EXPECT_EQ(put(1), ERR_STATE);
        EXPECT(!ring_sleep(&pair.producer));
    }
}

/* The producer's index goes back: what was got already cannot be taken back. */
static void an_index_that_goes_back_is_noticed(void)
{
    pair_make(0);
    put(1), put(2);
    ring_publish(&pair.producer);
    get_is(1), get_is(2);
    pair.producer_side->index = 1;
    EXPECT_EQ(get_nothing(), ERR_STATE);
}

static uint64_t state = 1;

static uint32_t random_word(void)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33);
}

/* Between any two steps of this side, the other writes whatever it likes wherever it can. */
static void a_hostile_peer_hurts_nobody_but_itself(void)
{
    unsigned good = 0, broken = 0;
    for (unsigned round = 0; round < 20000; round++) {
        bool as_producer = round % 2;
        pair_make(random_word());
        struct ring *mine = as_producer ? &pair.producer : &pair.consumer;
        struct ring_side *theirs = as_producer ? pair.consumer_side : pair.producer_side;
        for (unsigned step = 0; step < 40 && !mine->broken; step++) {
            struct entry entry = { step, "x" };
            uint32_t before = mine->index, wild = random_word();
            theirs->index = wild % 8 ? mine->index + wild % 4 * as_producer : wild;
            theirs->sleeps = random_word();
            memset(pair.entries, (int)wild, COUNT * sizeof *pair.entries);
            if (wild % 3 == 0)
                pair.producer_side->index += !as_producer * (wild % COUNT);
            error_t error = as_producer ? ring_put(mine, &entry) : ring_get(mine, &entry);
            EXPECT(mine->index == before + (error == OK));
            EXPECT(mine->limit - mine->index <= COUNT);
            good += error == OK;
            broken += error == ERR_STATE;
            ring_show(mine);
        }
    }
    EXPECT(good > 1000 && broken > 1000); /* else little was tried */
}

static void one_piece_of_memory_holds_both_sides_and_the_entries(void)
{
    struct entry entry = { 7, "text" };
    void *memory = calloc(1, ring_memory(COUNT, sizeof entry)); /* the sanitizer knows its size */
    struct ring producer = ring_in(memory, true, COUNT, sizeof entry),
                consumer = ring_in(memory, false, COUNT, sizeof entry);
    for (unsigned i = 0; i < COUNT; i++)
        EXPECT_EQ(ring_put(&producer, &entry), OK);
    ring_publish(&producer);
    for (unsigned i = 0; i < COUNT; i++)
        EXPECT_EQ(ring_get(&consumer, &entry), OK);
    EXPECT_EQ(ring_get(&consumer, &entry), ERR_WOULD_BLOCK);
    free(memory);
}

int main(void)
{
    RUN(entries_come_in_order_once_they_are_published);
    RUN(a_full_ring_takes_no_more_until_places_are_released);
    RUN(a_ring_that_both_sides_make_again_is_empty_and_works);
    RUN(indices_wrap);
    RUN(one_piece_of_memory_holds_both_sides_and_the_entries);
    RUN(only_who_sleeps_is_signalled);
    RUN(an_index_that_cannot_be_is_noticed_and_ends_the_ring);
    RUN(an_index_that_goes_back_is_noticed);
    RUN(a_hostile_peer_hurts_nobody_but_itself);
    return tests_end();
}
