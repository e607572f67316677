/* SPDX-License-Identifier: BSD-2-Clause */
/* Calls and answers that the fast path must leave to the general one, each for one reason; what comes of them is what comes of any. */
#include "system.h"
#include <lucid/faults.h>

static cap_t door, reply, client, server;

/* A passive server that waits, on a client's call that brought it there once. The client is current. */
static void setup(void)
{
    system_boot();
    door = make(OBJECT_ENDPOINT, 0);
    reply = make(OBJECT_REPLY, 0);
    client = make_thread(100);
    server = make_passive(110);
    cap_t first = make(OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN);
    set_budget(first, SLICE_NS, SLICE_NS, 0);
    resume(server);
    resume(client);
    DO(first, OP_SCHED_CONTEXT_LEND, server);
    run(server);
    RECV(door, reply);
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_RECEIVING);
    run(client);
}

/* The call is answered with 77, and the server waits again. */
static void expect_served(struct outcome got)
{
    EXPECT(!got.returned);
    EXPECT(current() == thread_at(server));
    REPLY_RECV(door, reply, 3, 77);
    EXPECT(current() == thread_at(client));
    EXPECT_OK(outcome_of(thread_at(client)).status);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 77);
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_RECEIVING);
}

static void no_page(cap_t thread)
{
    if (current() != root_thread())
        root_wake();
    DO(thread, OP_THREAD_CONFIGURE, THREAD_SET_MESSAGE, 0, 0, 0, 0, 0, 0, 0);
}

TEST(call_through_an_address_of_two_levels)
{
    setup();
    root_wake();
    cap_t inner = make(OBJECT_CNODE, 4);
    DO(inner, OP_CNODE_COPY, 3, door);
    run(client);
    expect_served(CALL(inner | (cap_t)3 << info->cnode_size_bits, 1));
}

TEST(call_to_nothing_through_a_long_address)
{
    setup();
    EXPECT_ERROR(CALL((cap_t)1 << (WORD_BITS - 8), 1).status, ERR_CAPABILITY, 0);
    EXPECT_ERROR(CALL(~(cap_t)0, 1).status, ERR_CAPABILITY, 0);
}

TEST(call_with_more_words_than_there_are_is_refused)
{
    setup();
    for (unsigned words = MESSAGE_WORDS_MAX + 1; words <= TAG_WORDS_MASK; words += 21) {
        struct outcome got = sys(SYS_CALL, door, 0, tag_make(1, words, 0), WORDS());
        EXPECT(got.returned);
        EXPECT_ERROR(got.status, ERR_RANGE, 0);
    }
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_RECEIVING);
}

TEST(call_of_a_client_without_message_page_is_truncated)
{
    setup();
    no_page(client);
    run(client);
    struct outcome got = sys(SYS_CALL, door, 0, tag_make(1, 6, 0), WORDS(1, 2, 3, 4));
    EXPECT(!got.returned);
    EXPECT_EQ(status_error(outcome_of(thread_at(server)).status), ERR_TRUNCATED);
    EXPECT_EQ(tag_words(outcome_of(thread_at(server)).tag), MESSAGE_REGISTER_WORDS);
}

TEST(call_to_a_server_without_message_page_is_truncated)
{
    setup();
    no_page(server);
    run(client);
    struct outcome got = sys(SYS_CALL, door, 0, tag_make(1, 6, 0), WORDS(1, 2, 3, 4, 5, 6));
    EXPECT(!got.returned);
    EXPECT_EQ(status_error(outcome_of(thread_at(server)).status), ERR_TRUNCATED);
    EXPECT_EQ(outcome_of(thread_at(server)).word[3], 4);
}

TEST(answer_with_a_capability_brings_it)
{
    setup();
    cap_t place;
    root_wake();
    place = slot_new();
    run(client);
    CALL(door, 1);
    thread_at(client)->utcb->take[0] = place;
    thread_at(server)->utcb->give[0] = (struct utcb_give){ door, GIVE_COPY, 0, 0 };
    sys(SYS_REPLY_RECV, door, reply, tag_make(4, 1, 1), WORDS(5));
    EXPECT(current() == thread_at(client));
    EXPECT_EQ(outcome_of(thread_at(client)).tag, tag_make(4, 1, 1));
    EXPECT(object_at(place) == object_at(door));
}

TEST(answer_of_more_words_than_there_are_is_refused)
{
    setup();
    CALL(door, 1);
    struct outcome got = sys(SYS_REPLY_RECV, door, reply, tag_make(4, MESSAGE_WORDS_MAX + 1, 0), WORDS(5));
    EXPECT(got.returned && got.thread == thread_at(server));
    EXPECT_ERROR(got.status, ERR_RANGE, 0);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_CALLING); /* it still waits for an answer */
}

TEST(server_with_a_pending_signal_answers_and_takes_the_signal)
{
    setup();
    root_wake();
    cap_t notification = make(OBJECT_NOTIFICATION, 0), signal = mint(notification, RIGHT_WRITE, 8);
    DO(server, OP_THREAD_BIND_NOTIFICATION, notification);
    DO(server, OP_THREAD_SET_PRIORITY, RUN_PRIORITY, PRIORITY_MAX);
    run(client);
    CALL(door, 1);
    EXPECT(current() == thread_at(server));
    EXPECT_OK(SEND(signal, 0).status); /* to itself */
    struct outcome got = REPLY_RECV(door, reply, 3, 77);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 77);
    (void)got;
}

TEST(server_with_a_bound_notification_and_no_signal_answers)
{
    setup();
    root_wake();
    DO(server, OP_THREAD_BIND_NOTIFICATION, make(OBJECT_NOTIFICATION, 0));
    run(client);
    expect_served(CALL(door, 1));
}

TEST(call_with_two_servers_waiting_goes_to_the_one_of_higher_priority)
{
    setup();
    root_wake();
    cap_t second = make_thread(120), second_reply = make(OBJECT_REPLY, 0);
    resume(second);
    run(second);
    RECV(door, second_reply);
    run(client);
    CALL(door, 1);
    EXPECT_EQ(thread_at(second)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_RECEIVING);
}

/* The thread holds the last capability to its handler's endpoint, and whoever takes that away has been interrupted: nobody will handle
 * the fault. */
TEST(fault_to_an_endpoint_that_is_being_destroyed_stops_the_thread)
{
    setup();
    root_wake();
    cap_t part = make(OBJECT_UNTYPED, 12), handler_door = make_from(part, OBJECT_ENDPOINT, 0);
    cap_t waiting[2] = { make_thread(90), make_thread(91) };
    set_fault_handler(client, handler_door);
    const struct endpoint *endpoint = object_at(handler_door);
    for (unsigned i = 0; i < 2; i++) { /* so that there is a step left */
        resume(waiting[i]);
        run(waiting[i]);
        SEND(handler_door, 1);
    }
    root_wake();
    delete (handler_door);
    EXPECT(!endpoint->dying);
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_REVOKE, 1, 0), WORDS(part));
    host.pending_every = 0;
    EXPECT(endpoint->dying);
    run(client);
    EXPECT(host_access(0x50000000, FAULT_ACCESS_READ) == NULL);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(client)->stop_reason, THREAD_STOP_FAULT);
    EXPECT_EQ(thread_at(client)->exit_code, FAULT_PAGE);
}
