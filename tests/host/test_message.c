/* SPDX-License-Identifier: BSD-2-Clause */
/* What a message carries: words, capabilities, and what is left out; the same through the fast path and the
 * general one. */
#include "system.h"
#include <string.h>

static cap_t endpoint, reply, a, b;

static void setup(void)
{
    system_boot();
    endpoint = make(OBJECT_ENDPOINT, 0);
    reply = make(OBJECT_REPLY, 0);
    a = make_thread(100);
    b = make_thread(101);
    resume(a);
    resume(b);
}

static void no_message_page(cap_t thread)
{
    if (current() != root_thread())
        root_wake();
    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
}

static word_t pattern(unsigned i)
{
    return 0x1000 + i * 0x11;
}

static void fill(word_t *words)
{
    for (unsigned i = 0; i < MESSAGE_WORDS_MAX; i++)
        words[i] = pattern(i);
}

/* A message of so many words, from a to b, and what comes back. */
static struct outcome carry(unsigned words, unsigned caps)
{
    word_t message[MESSAGE_WORDS_MAX];

    fill(message);
    run(b);
    if (thread_at(b)->utcb)
        memset(thread_at(b)->utcb->words, 0, sizeof(thread_at(b)->utcb->words));
    RECV(endpoint, reply);
    run(a);
    struct outcome sent = sys(SYS_SEND, endpoint, 0, tag_make(3, words, caps), message);
    struct outcome got = outcome_of(thread_at(b));
    EXPECT_EQ(status_error(sent.status), status_error(got.status)); /* both sides are told */
    return got;
}

TEST(message_of_every_length_arrives)
{
    setup();
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        struct outcome got = carry(words, 0);
        EXPECT_OK(got.status);
        EXPECT_EQ(got.tag, tag_make(3, words, 0));
        for (unsigned i = 0; i < words; i++)
            EXPECT_EQ(got.word[i], pattern(i));
        for (unsigned i = words < MESSAGE_REGISTER_WORDS ? MESSAGE_REGISTER_WORDS : words;
             i < MESSAGE_WORDS_MAX; i++)
            EXPECT_EQ(got.word[i], 0);
    }
}

TEST(message_to_a_thread_without_page_is_truncated)
{
    setup();
    no_message_page(b);
    struct outcome got = carry(5, 0);
    EXPECT_ERROR(got.status, ERR_TRUNCATED, 0);
    EXPECT_EQ(got.tag, tag_make(3, 4, 0));
    EXPECT_EQ(got.word[3], pattern(3));
    EXPECT_OK(carry(4, 0).status);
}

TEST(message_from_a_thread_without_page_is_truncated)
{
    setup();
    no_message_page(a);
    struct outcome got = carry(64, 0);
    EXPECT_ERROR(got.status, ERR_TRUNCATED, 0);
    EXPECT_EQ(got.tag, tag_make(3, 4, 0));
}

TEST(message_page_that_goes_while_the_thread_waits_truncates)
{
    word_t message[MESSAGE_WORDS_MAX];

    setup();
    fill(message);
    run(a);
    sys(SYS_SEND, endpoint, 0, tag_make(3, 64, 0), message);
    root_wake();
    delete (FRAME_OF(a)); /* the thread keeps its own capability */
    EXPECT(thread_at(a)->utcb != NULL);
    run(b);
    EXPECT_OK(RECV(endpoint, 0).status);
    run(a);
    sys(SYS_SEND, endpoint, 0, tag_make(3, 64, 0), message);
    root_wake();
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0,
       0); /* the last capability to it: a frame is no long work */
    EXPECT(thread_at(a)->utcb == NULL);
    run(b);
    EXPECT_ERROR(RECV(endpoint, 0).status, ERR_TRUNCATED, 0);
}

/* ---- Capabilities */

static cap_t gift, target;

static void give(cap_t source, word_t mode, word_t badge)
{
    thread_at(a)->utcb->give[0] = (struct utcb_give){ source, mode, badge, 0 };
    thread_at(b)->utcb->take[0] = target;
}

static void setup_gift(void)
{
    setup();
    gift = make(OBJECT_ENDPOINT, 0);
    target = slot_new();
}

TEST(capability_is_copied)
{
    setup_gift();
    give(gift, GIVE_COPY, 0);
    struct outcome got = carry(1, 1);
    EXPECT_OK(got.status);
    EXPECT_EQ(tag_caps(got.tag), 1);
    EXPECT(object_at(target) == object_at(gift));
    EXPECT_EQ(slot_depth(slot_at(target)), slot_depth(slot_at(gift)));
}

TEST(capability_is_minted)
{
    setup_gift();
    give(gift, GIVE_MINT | RIGHT_WRITE << 8, 99);
    EXPECT_OK(carry(0, 1).status);
    EXPECT_EQ(slot_at(target)->cap.data, 99);
    EXPECT_EQ(cap_rights(&slot_at(target)->cap), RIGHT_WRITE);
    EXPECT_EQ(slot_depth(slot_at(target)), slot_depth(slot_at(gift)) + 1);
}

TEST(capability_is_moved)
{
    setup_gift();
    struct slot *child = slot_at(mint(gift, RIGHT_READ, 5));
    give(gift, GIVE_MOVE, 0);
    EXPECT_OK(carry(0, 1).status);
    EXPECT(slot_is_empty(slot_at(gift)));
    EXPECT(slot_prev(child) == slot_at(target)); /* its children are still its own */
}

TEST(capability_of_a_range_is_minted_whole)
{
    setup_gift();
    give(BOOT_SLOT_IRQ_RANGE, GIVE_MINT | RIGHT_WRITE << 8, 0);
    EXPECT_OK(carry(0, 1).status);
    EXPECT_EQ(slot_at(target)->cap.data, range_data(0, ARCH_IRQ_LINES));
}

static void expect_left_out(void)
{
    struct outcome got = carry(1, 1);

    EXPECT_ERROR(got.status, ERR_TRUNCATED, 0);
    EXPECT_EQ(got.tag, tag_make(3, 1, 0));
    EXPECT_EQ(got.word[0], pattern(0));
}

TEST(capability_is_left_out_without_the_grant_right)
{
    setup_gift();
    cap_t whole = endpoint;
    endpoint = mint(whole, RIGHT_READ | RIGHT_WRITE, 0);
    give(gift, GIVE_COPY, 0);
    expect_left_out();
    EXPECT(slot_is_empty(slot_at(target)));
}

TEST(capability_that_is_not_there_is_left_out)
{
    setup_gift();
    give(slot_new(), GIVE_COPY, 0);
    expect_left_out();
}

TEST(capability_for_an_occupied_slot_is_left_out)
{
    setup_gift();
    target = gift;
    give(gift, GIVE_COPY, 0);
    expect_left_out();
    target = CAP_NULL;
    give(gift, GIVE_COPY, 0);
    expect_left_out();
    target = ~(cap_t)0; /* nowhere */
    give(gift, GIVE_COPY, 0);
    expect_left_out();
}

TEST(capability_that_cannot_be_copied_is_left_out)
{
    setup_gift();
    give(memory, GIVE_COPY, 0);
    expect_left_out();
    give(reply, GIVE_COPY, 0);
    expect_left_out();
    give(memory, GIVE_MINT | RIGHTS_ALL << 8, 0);
    expect_left_out();
}

TEST(capability_with_an_unknown_mode_or_rights_is_left_out)
{
    setup_gift();
    give(gift, 3, 0);
    expect_left_out();
    give(gift, GIVE_MINT | 0x10 << 8, 0);
    expect_left_out();
}

TEST(capability_with_a_badge_gets_no_other)
{
    setup_gift();
    give(mint(gift, RIGHTS_ALL, 7), GIVE_MINT | RIGHTS_ALL << 8, 8);
    expect_left_out();
}

TEST(capabilities_after_one_that_fails_are_left_out)
{
    setup_gift();
    struct utcb *from = thread_at(a)->utcb, *to = thread_at(b)->utcb;
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++) {
        from->give[i] = (struct utcb_give){ .source = i == 2 ? target : gift };
        to->take[i] = slot_new();
    }
    struct outcome got = carry(0, 4);
    EXPECT_ERROR(got.status, ERR_TRUNCATED, 0);
    EXPECT_EQ(tag_caps(got.tag), 2);
    EXPECT(!slot_is_empty(slot_at(to->take[1])));
    EXPECT(slot_is_empty(slot_at(to->take[3])));
}

TEST(four_capabilities_arrive)
{
    setup_gift();
    struct utcb *from = thread_at(a)->utcb, *to = thread_at(b)->utcb;
    for (unsigned i = 0; i < MESSAGE_CAPS_MAX; i++) {
        from->give[i] = (struct utcb_give){ .source = gift };
        to->take[i] = slot_new();
    }
    EXPECT_EQ(tag_caps(carry(64, 4).tag), 4);
}

TEST(reply_carries_the_grant_right_of_the_call)
{
    setup_gift();
    for (unsigned grant = 0; grant < 2; grant++) {
        if (current() != root_thread())
            root_wake();
        cap_t way = mint(endpoint, RIGHT_WRITE | (grant ? RIGHT_GRANT : 0), 1 + grant);
        run(b);
        RECV(endpoint, reply);
        run(a);
        thread_at(a)->utcb->take[0] = target;
        CALL(way, 0);
        run(b);
        thread_at(b)->utcb->give[0] = (struct utcb_give){ .source = gift };
        status_t status = sys(SYS_SEND, reply, 0, tag_make(0, 0, 1), WORDS()).status;
        EXPECT_ERROR(status, grant ? OK : ERR_TRUNCATED, 0);
        EXPECT_EQ(status_error(outcome_of(thread_at(a)).status), status_error(status));
        EXPECT_EQ(!slot_is_empty(slot_at(target)), grant);
    }
}

TEST(truncated_call_is_told_with_the_answer)
{
    setup_gift();
    no_message_page(b);
    run(b);
    RECV(endpoint, reply);
    run(a);
    sys(SYS_CALL, endpoint, 0, tag_make(0, 10, 0), WORDS());
    EXPECT_ERROR(outcome_of(thread_at(b)).status, ERR_TRUNCATED, 0);
    run(b);
    EXPECT_OK(SEND(reply, 0).status);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_TRUNCATED, 0);
}

/* ---- Fast path against general path */

static cap_t passive;

static void setup_passive(unsigned priority)
{
    setup();
    cap_t start = make(OBJECT_SCHED_CONTEXT, 8);
    passive = make_passive(priority);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    DO(start, OP_SCHED_CONTEXT_BIND, passive);
    resume(passive);
    run(passive);
    RECV(endpoint, reply);
    root_wake();
    DO(start, OP_SCHED_CONTEXT_UNBIND);
    endpoint = mint(endpoint, RIGHT_READ | RIGHT_WRITE, 0x77);
}

static void expect_same_outcome(const struct outcome *x, const struct outcome *y)
{
    EXPECT_EQ(x->returned, y->returned);
    EXPECT_EQ(x->status, y->status);
    EXPECT_EQ(x->badge, y->badge);
    EXPECT_EQ(x->tag, y->tag);
    EXPECT(memcmp(x->word, y->word, sizeof(x->word)) == 0);
}

struct snapshot {
    struct outcome client, server;
    uint8_t client_state, server_state, lacks, owed, endpoint_state;
    bool client_current, server_current, donated;
};

static struct snapshot look(void)
{
    const struct reply *object = object_at(reply);

    return (struct snapshot){ .client = outcome_of(thread_at(a)),
                              .server = outcome_of(thread_at(passive)),
                              .client_state = thread_at(a)->state,
                              .server_state = thread_at(passive)->state,
                              .lacks = thread_at(passive)->sc ? 0 : thread_at(passive)->lacks_context,
                              .owed = object->state,
                              .endpoint_state = ((struct endpoint *)object_at(endpoint))->state,
                              .client_current = current() == thread_at(a),
                              .server_current = current() == thread_at(passive),
                              .donated = object->sc != NULL };
}

static void expect_same(const struct snapshot *x, const struct snapshot *y)
{
    expect_same_outcome(&x->client, &y->client);
    expect_same_outcome(&x->server, &y->server);
    EXPECT_EQ(x->client_state, y->client_state);
    EXPECT_EQ(x->server_state, y->server_state);
    EXPECT_EQ(x->owed, y->owed);
    EXPECT_EQ(x->endpoint_state, y->endpoint_state);
    EXPECT_EQ(x->client_current, y->client_current);
    EXPECT_EQ(x->server_current, y->server_current);
    EXPECT_EQ(x->donated, y->donated);
}

TEST(fast_path_and_general_path_do_the_same_for_every_length)
{
    word_t message[MESSAGE_WORDS_MAX];

    setup_passive(255);
    fill(message);
    run(a);
    for (unsigned words = 0; words <= MESSAGE_WORDS_MAX; words++) {
        struct snapshot called[2], answered[2];
        for (unsigned slow = 0; slow < 2; slow++) {
            fastpath_enable(!slow);
            EXPECT(current() == thread_at(a));
            memset(thread_at(a)->utcb, 0, sizeof(struct utcb));
            memset(thread_at(passive)->utcb, 0, sizeof(struct utcb));
            sys(SYS_CALL, endpoint, 0, tag_make(5, words, 0) | 1u << 12, message);
            called[slow] = look();
            EXPECT(called[slow].server_current);
            sys(SYS_REPLY_RECV, endpoint, reply, tag_make(6, MESSAGE_WORDS_MAX - words, 0), message);
            answered[slow] = look();
            EXPECT(answered[slow].client_current);
        }
        expect_same(&called[0], &called[1]);
        expect_same(&answered[0], &answered[1]);
    }
}

/* Others of the same priority are ready: the fast path must not pass them by if the general one would not. */
TEST(fast_path_and_general_path_choose_the_same_thread)
{
    for (unsigned priority = 249; priority <= 251; priority++) {
        struct snapshot called[2], answered[2];
        bool other_runs[2][2];
        if (priority == 249)
            setup_passive(249);
        else
            DO(passive, OP_THREAD_SET_PRIORITY, priority, 255);
        DO(b, OP_THREAD_SET_PRIORITY, 10, 255);
        for (unsigned slow = 0; slow < 2; slow++) {
            fastpath_enable(!slow);
            run(a);
            root_wake();
            DO(b, OP_THREAD_SET_PRIORITY, RUN_PRIORITY, 255); /* behind a */
            DO(a, OP_THREAD_SET_PRIORITY, RUN_PRIORITY + 1, 255);
            root_sleep();
            EXPECT(current() == thread_at(a));
            CALL(endpoint, 5, 1);
            called[slow] = look();
            other_runs[slow][0] = current() == thread_at(b);
            root_wake();
            DO(b, OP_THREAD_SET_PRIORITY, 10, 255);
            DO(a, OP_THREAD_SET_PRIORITY, RUN_PRIORITY, 255);
            root_sleep();
            EXPECT(current() == thread_at(passive));
            root_wake();
            DO(b, OP_THREAD_SET_PRIORITY, RUN_PRIORITY, 255);
            DO(passive, OP_THREAD_SET_PRIORITY, RUN_PRIORITY + 1, 255);
            root_sleep();
            REPLY_RECV(endpoint, reply, 0);
            answered[slow] = look();
            other_runs[slow][1] = current() == thread_at(b);
            root_wake();
            DO(b, OP_THREAD_SET_PRIORITY, 10, 255);
            DO(passive, OP_THREAD_SET_PRIORITY, priority, 255);
        }
        expect_same(&called[0], &called[1]);
        expect_same(&answered[0], &answered[1]);
        EXPECT_EQ(other_runs[0][0], other_runs[1][0]);
        EXPECT_EQ(other_runs[0][1], other_runs[1][1]);
    }
}

TEST(server_woken_by_cancel_is_the_same_after_both_paths)
{
    struct snapshot after[2];

    setup_passive(255);
    for (unsigned slow = 0; slow < 2; slow++) {
        fastpath_enable(!slow);
        run(a);
        CALL(endpoint, 0);
        REPLY_RECV(endpoint, reply, 0);
        after[slow] = look();
    }
    expect_same(&after[0], &after[1]);
}
