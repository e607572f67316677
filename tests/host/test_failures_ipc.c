/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What can fail in between: the Nth capability of a message, in each way that one can fail, in all three ways that a message is carried;
 * the Nth refill of a budget; the Nth moment at which taking away is interrupted.
 */
#include "steps.h"
#include <string.h>

#define PIECE_NS 60000u

static cap_t door, answer, sender, receiver, gifts[MESSAGE_CAPS_MAX], places, deep;

/* ---- The Nth capability of a message */

enum way { TO_RECEIVER, FROM_SENDER, WITH_ANSWER, WAY_COUNT };

enum damage {
    NO_SOURCE,
    NULL_SOURCE,
    PLACE_IN_USE,
    PLACE_NULL,
    PLACE_NOWHERE,
    UNKNOWN_MODE,
    UNKNOWN_RIGHTS,
    NOT_TO_BE_COPIED,
    TOO_DEEP,
    DAMAGE_COUNT
};

/* A capability that nothing can be derived from any more. */
static cap_t make_deep(void)
{
    cap_t slot = make(OBJECT_NOTIFICATION, 0);

    while (derivation_can_have_child(slot_at(slot)))
        slot = mint(slot, RIGHTS_ALL, 0);
    return slot;
}

static void set_up_message(void)
{
    system_boot();
    door = make(OBJECT_ENDPOINT, 0);
    answer = make(OBJECT_REPLY, 0);
    sender = make_thread(100);
    receiver = make_thread(101);
    deep = make_deep();
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        gifts[i] = make(OBJECT_NOTIFICATION, 0);
    places = slot_new();
    for (unsigned i = 1; i < MESSAGE_CAPS_MAX; i++)
        slot_new();
    resume(sender);
    resume(receiver);
}

/* All good: by turns a copy, a child, the thing itself. */
static void prepare(struct utcb *from, struct utcb *to)
{
    static const word_t modes[] = { GIVE_COPY, GIVE_MINT | RIGHT_WRITE << 8, GIVE_MOVE, GIVE_COPY };

    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++) {
        from->give[i] = (struct utcb_give){ gifts[i], modes[i], 5, 0 };
        to->take[i] = places + i;
    }
}

static void damage_one(struct utcb *from, struct utcb *to, unsigned n, enum damage damage)
{
    static const cap_t nowhere = ~(cap_t)0;

    if (damage == NO_SOURCE)
        from->give[n].source = places + n;
    else if (damage == NULL_SOURCE)
        from->give[n].source = CAP_NULL;
    else if (damage == PLACE_IN_USE)
        to->take[n] = door;
    else if (damage == PLACE_NULL)
        to->take[n] = CAP_NULL;
    else if (damage == PLACE_NOWHERE)
        to->take[n] = nowhere;
    else if (damage == UNKNOWN_MODE)
        from->give[n].mode = GIVE_MOVE + 1;
    else if (damage == UNKNOWN_RIGHTS)
        from->give[n].mode = GIVE_MINT | (RIGHTS_ALL + 1) << 8;
    else if (damage == NOT_TO_BE_COPIED)
        from->give[n] = (struct utcb_give){ answer, GIVE_COPY, 0, 0 };
    else if (damage == TOO_DEEP)
        from->give[n] = (struct utcb_give){ deep, GIVE_MINT | RIGHTS_ALL << 8, 0, 0 };
}

/* Five words and four capabilities; what arrives. `told` is what whoever sent gets to know. */
static struct outcome carry(enum way way, unsigned n, enum damage damage, status_t *told)
{
    struct utcb *from = thread_at(way == WITH_ANSWER ? receiver : sender)->utcb;
    struct utcb *to = thread_at(way == WITH_ANSWER ? sender : receiver)->utcb;
    tag_t tag = tag_make(9, 5, MESSAGE_CAPS_MAX);

    if (way == TO_RECEIVER) {
        run(receiver);
        RECV(door, 0);
    }
    if (way == WITH_ANSWER) {
        run(receiver);
        RECV(door, answer);
        run(sender);
        CALL(door, 1);
    }
    prepare(from, to);
    damage_one(from, to, n, damage);
    if (way == WITH_ANSWER) {
        run(receiver);
        *told = sys(SYS_SEND, answer, 0, tag, WORDS(1, 2, 3, 4, 5)).status;
        return outcome_of(thread_at(sender));
    }
    run(sender);
    struct outcome sent = sys(SYS_SEND, door, 0, tag, WORDS(1, 2, 3, 4, 5));
    if (way == FROM_SENDER) {
        EXPECT(!sent.returned);
        run(receiver);
        RECV(door, 0);
        sent = outcome_of(thread_at(sender));
    }
    *told = sent.status;
    return outcome_of(thread_at(receiver));
}

static void expect_first_ones(const struct outcome *got, unsigned n)
{
    EXPECT_EQ(tag_caps(got->tag), n);
    EXPECT_EQ(tag_words(got->tag), 5); /* the words are there all the same */
    for (word_t i = 0; i < 5; i++)
        EXPECT_EQ(got->word[i], i + 1);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        EXPECT_EQ(slot_is_empty(slot_at(places + i)), i >= n);
    EXPECT_EQ(slot_is_empty(slot_at(gifts[2])), n > 2); /* the one that moves has moved, or is where it was */
}

static void put_back(void)
{
    if (current() != root_thread())
        root_wake();
    if (slot_is_empty(slot_at(gifts[2])))
        DO(BOOT_SLOT_CNODE, OP_CNODE_MOVE, gifts[2], places + 2);
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++)
        delete (places + i);
}

static void nth_capability_fails(enum way way)
{
    status_t told;

    set_up_message();
    for (unsigned n = 0; n < MESSAGE_CAPS_MAX; n++)
        for (enum damage damage = 0; damage < DAMAGE_COUNT; damage++) {
            struct outcome got = carry(way, n, damage, &told);
            EXPECT_EQ(status_error(got.status), ERR_TRUNCATED);
            EXPECT_EQ(status_error(told), ERR_TRUNCATED);
            expect_first_ones(&got, n);
            put_back();
        }
    struct outcome got = carry(way, 0, DAMAGE_COUNT, &told);
    EXPECT_EQ(status_error(got.status), OK);
    expect_first_ones(&got, MESSAGE_CAPS_MAX);
    put_back();
}

TEST(nth_capability_to_a_waiting_receiver_fails_in_every_way)
{
    nth_capability_fails(TO_RECEIVER);
}

TEST(nth_capability_of_a_waiting_sender_fails_in_every_way)
{
    nth_capability_fails(FROM_SENDER);
}

TEST(nth_capability_of_an_answer_fails_in_every_way)
{
    nth_capability_fails(WITH_ANSWER);
}

/* ---- The Nth refill */

static ticks_t sum_of_refills(const struct sched_context *sc)
{
    ticks_t sum = 0;

    for (unsigned i = 0; i < sc->count; i++)
        sum += sc->refills[(sc->head + i) % sc->max].amount;
    return sum;
}

/* The thread runs for a moment, waits for longer, and again: each time another refill, until there is no room for more. */
TEST(refills_that_find_no_room_are_joined_and_lose_nothing)
{
    system_boot();
    for (unsigned bits = SCHED_CONTEXT_BITS_MIN; bits <= SCHED_CONTEXT_BITS_MIN + 1; bits++) {
        cap_t thread_slot = make_passive(100), sc_slot = make(OBJECT_SCHED_CONTEXT, bits);
        cap_t wait = make(OBJECT_NOTIFICATION, 0), wake = mint(wait, RIGHT_WRITE, 1);
        const struct sched_context *sc = object_at(sc_slot);
        unsigned most = 0;
        set_budget(sc_slot, 5000000, 50000000, 0);
        DO(sc_slot, OP_SCHED_CONTEXT_BIND, thread_slot);
        resume(thread_slot);
        for (unsigned n = 0; n < sc->max + 4u; n++) {
            run(thread_slot);
            host_time_advance(PIECE_NS);
            RECV(wait, 0);
            EXPECT_EQ(sum_of_refills(sc), sc->budget);
            EXPECT(sc->count <= sc->max);
            most = sc->count > most ? sc->count : most;
            if (current() != root_thread())
                root_wake();
            host_time_advance(PIECE_NS);
            EXPECT_OK(SEND(wake, 0).status);
        }
        EXPECT_EQ(most, sc->max);
    }
}

/* ---- The Nth interruption */

TEST(taking_away_can_be_interrupted_at_every_step)
{
    steps_set_up();
    for (unsigned every = 1; every <= 12; every++) {
        for (unsigned i = 0; i < step_count; i++)
            step_do(&steps[i]);
        host.pending_every = every;
        steps_take_back();
        host.pending_every = 0;
    }
}
