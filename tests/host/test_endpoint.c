/* SPDX-License-Identifier: BSD-2-Clause */
/* Endpoints: send, receive, call, answer; who is served first; and what those who wait are told. */
#include "system.h"

static cap_t endpoint, reply, a, b, c;

static void setup(void)
{
    system_boot();
    endpoint = make(OBJECT_ENDPOINT, 0);
    reply = make(OBJECT_REPLY, 0);
    a = make_thread(100);
    b = make_thread(101);
    c = make_thread(102);
    resume(a);
    resume(b);
    resume(c);
}

TEST(send_waits_until_it_is_received)
{
    setup();
    run(a);
    EXPECT(!SEND(endpoint, 7, 11, 12, 13, 14).returned);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_SENDING);
    run(b);
    struct outcome got = RECV(endpoint, 0);
    EXPECT(got.returned);
    EXPECT_OK(got.status);
    EXPECT_EQ(got.status & (STATUS_OWED | STATUS_KERNEL | STATUS_SIGNAL), 0);
    EXPECT_EQ(got.tag, tag_make(7, 4, 0));
    EXPECT_EQ(got.word[0], 11);
    EXPECT_EQ(got.word[3], 14);
    struct outcome sent = outcome_of(thread_at(a));
    EXPECT(sent.returned);
    EXPECT_OK(sent.status);
    EXPECT_EQ(sent.tag, 0);
    EXPECT_EQ(sent.word[0], 0);
}

TEST(receive_waits_until_it_is_sent)
{
    setup();
    run(b);
    EXPECT(!RECV(endpoint, 0).returned);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_RECEIVING);
    run(a);
    EXPECT_OK(SEND(endpoint, 7, 11).status);
    struct outcome got = outcome_of(thread_at(b));
    EXPECT(got.returned);
    EXPECT_EQ(got.tag, tag_make(7, 1, 0));
    EXPECT_EQ(got.word[0], 11);
}

TEST(message_carries_the_badge_of_the_sender)
{
    setup();
    cap_t badged = mint(endpoint, RIGHT_WRITE, 0x1234);
    run(b);
    RECV(endpoint, 0);
    run(a);
    SEND(badged, 0);
    EXPECT_EQ(outcome_of(thread_at(b)).badge, 0x1234);
    run(a);
    SEND(badged, 0);
    run(b);
    EXPECT_EQ(RECV(endpoint, 0).badge, 0x1234);
}

TEST(poll_send_without_receiver_would_block)
{
    setup();
    EXPECT_ERROR(POLL_SEND(endpoint, 0).status, ERR_WOULD_BLOCK, 0);
    EXPECT_EQ(((struct endpoint *)object_at(endpoint))->state, ENDPOINT_IDLE);
}

TEST(poll_receive_without_sender_would_block)
{
    setup();
    EXPECT_ERROR(POLL_RECV(endpoint, reply).status, ERR_WOULD_BLOCK, 0);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
}

TEST(call_waits_for_the_answer)
{
    setup();
    run(b);
    RECV(endpoint, reply);
    run(a);
    EXPECT(!CALL(endpoint, 5, 1, 2).returned);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_CALLING);
    run(b);
    EXPECT_EQ(outcome_of(thread_at(b)).status, STATUS_OWED);
    EXPECT_OK(SEND(reply, 9, 42).status);
    struct outcome answer = outcome_of(thread_at(a));
    EXPECT(answer.returned);
    EXPECT_OK(answer.status);
    EXPECT_EQ(answer.tag, tag_make(9, 1, 0));
    EXPECT_EQ(answer.word[0], 42);
}

TEST(call_taken_without_reply_is_peer_gone)
{
    setup();
    run(b);
    RECV(endpoint, 0);
    run(a);
    EXPECT_ERROR(CALL(endpoint, 5).status, ERR_PEER_GONE, 0);
    EXPECT_OK(outcome_of(thread_at(b)).status);
    EXPECT_EQ(outcome_of(thread_at(b)).status & STATUS_OWED, 0);
}

TEST(call_queued_and_taken_without_reply_is_peer_gone)
{
    setup();
    run(a);
    CALL(endpoint, 5);
    run(b);
    EXPECT_OK(RECV(endpoint, 0).status);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_PEER_GONE, 0);
    EXPECT(outcome_of(thread_at(a)).returned);
}

TEST(send_leaves_the_reply_free)
{
    setup();
    run(b);
    RECV(endpoint, reply);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_ARMED);
    run(a);
    SEND(endpoint, 1);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
    run(b);
    EXPECT_ERROR(SEND(reply, 0).status, ERR_PEER_GONE, 0);
}

TEST(reply_that_is_armed_or_owed_is_busy)
{
    setup();
    run(b);
    RECV(endpoint, reply);
    run(c);
    EXPECT_ERROR(POLL_RECV(endpoint, reply).status, ERR_BUSY, 0);
    EXPECT_ERROR(REPLY_RECV(endpoint, reply, 0).status, ERR_BUSY, 0);
    run(a);
    CALL(endpoint, 0);
    run(c);
    EXPECT_ERROR(RECV(endpoint, reply).status, ERR_BUSY, 0);
}

TEST(reply_receive_answers_and_waits)
{
    setup();
    run(b);
    RECV(endpoint, reply);
    run(a);
    CALL(endpoint, 1, 10);
    run(b);
    EXPECT(!REPLY_RECV(endpoint, reply, 2, 20).returned);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_RECEIVING);
    EXPECT_EQ(outcome_of(thread_at(a)).word[0], 20);
    run(a);
    CALL(endpoint, 1, 11);
    EXPECT_EQ(outcome_of(thread_at(b)).word[0], 11);
}

TEST(reply_receive_takes_the_next_caller_that_waits)
{
    setup();
    run(b);
    RECV(endpoint, reply);
    run(a);
    CALL(endpoint, 1, 10);
    run(c);
    CALL(endpoint, 1, 30);
    run(b);
    struct outcome next = REPLY_RECV(endpoint, reply, 2, 20);
    EXPECT(next.returned);
    EXPECT_EQ(next.word[0], 30);
    EXPECT_EQ(next.status, STATUS_OWED);
    EXPECT_EQ(outcome_of(thread_at(a)).word[0], 20);
    EXPECT_EQ(thread_at(c)->state, THREAD_STATE_CALLING);
}

TEST(reply_receive_with_a_free_reply_only_receives)
{
    setup();
    run(b);
    EXPECT(!REPLY_RECV(endpoint, reply, 2, 20).returned);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_ARMED);
}

TEST(poll_reply_receive_answers_though_nobody_waits)
{
    setup();
    run(b);
    RECV(endpoint, reply);
    run(a);
    CALL(endpoint, 1);
    run(b);
    EXPECT_ERROR(sys(SYS_REPLY_RECV | SYS_POLL, endpoint, reply, tag_make(3, 0, 0), WORDS()).status,
                 ERR_WOULD_BLOCK, 0);
    EXPECT_EQ(outcome_of(thread_at(a)).tag, tag_make(3, 0, 0));
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
}

/* ---- Order of waiters */

#define MANY 12u

TEST(senders_are_taken_by_priority_then_by_arrival)
{
    cap_t threads[MANY];
    unsigned priorities[MANY] = { 50, 70, 50, 60, 70, 50, 60, 80, 50, 70, 80, 60 };

    setup();
    for (unsigned i = 0; i < MANY; i++) {
        threads[i] = make_thread(priorities[i]);
        resume(threads[i]);
        EXPECT(current() == root_thread());
    }
    for (unsigned i = 0; i < MANY; i++) { /* in the order of the array */
        run(threads[i]);
        SEND(endpoint, 0, i);
    }
    root_wake();
    DO(threads[MANY - 1], OP_THREAD_SET_PRIORITY, priorities[MANY - 1],
       PRIORITY_MAX); /* run() had raised it */
    for (unsigned priority = 80; priority >= 50; priority -= 10)
        for (unsigned i = 0; i < MANY; i++)
            if (priorities[i] == priority)
                EXPECT_EQ(RECV(endpoint, 0).word[0], i);
    EXPECT_ERROR(POLL_RECV(endpoint, 0).status, ERR_WOULD_BLOCK, 0);
}

TEST(set_priority_moves_a_waiter_but_keeps_its_arrival)
{
    setup();
    run(a);
    SEND(endpoint, 0, 1);
    run(b);
    SEND(endpoint, 0, 2);
    run(c);
    SEND(endpoint, 0, 3);
    root_wake();
    DO(a, OP_THREAD_SET_PRIORITY, 50, 50);
    DO(b, OP_THREAD_SET_PRIORITY, 60, 60);
    DO(c, OP_THREAD_SET_PRIORITY, 50, 50);
    EXPECT_EQ(RECV(endpoint, 0).word[0], 2);
    EXPECT_EQ(RECV(endpoint, 0).word[0], 1);
    EXPECT_EQ(RECV(endpoint, 0).word[0], 3);
}

/* ---- Ends of waiting */

TEST(cancel_ends_a_send_a_receive_and_a_call)
{
    setup();
    run(a);
    SEND(endpoint, 0);
    root_wake();
    DO(a, OP_THREAD_CANCEL);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_CANCELLED, 0);
    EXPECT(outcome_of(thread_at(a)).returned);

    run(b);
    RECV(endpoint, reply);
    root_wake();
    DO(b, OP_THREAD_CANCEL);
    EXPECT_ERROR(outcome_of(thread_at(b)).status, ERR_CANCELLED, 0);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);

    run(b);
    RECV(endpoint, reply);
    run(a);
    CALL(endpoint, 0);
    root_wake();
    DO(a, OP_THREAD_CANCEL);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_CANCELLED, 0);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
    EXPECT_EQ(((struct endpoint *)object_at(endpoint))->state, ENDPOINT_IDLE);
}

TEST(cancel_of_a_thread_that_does_not_wait_does_nothing)
{
    setup();
    DO(a, OP_THREAD_CANCEL);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
}

TEST(cancel_badge_ends_the_waits_of_one_badge_only)
{
    cap_t badged[3];

    setup();
    for (word_t i = 0; i < 3; i++)
        badged[i] = mint(endpoint, RIGHT_WRITE, i + 1);
    run(a);
    SEND(badged[0], 0);
    run(b);
    CALL(badged[1], 0);
    run(c);
    SEND(badged[0], 0);
    root_wake();
    host.pending_every = 1; /* an interrupt at every preemption point */
    DO(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, endpoint, 1);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_CANCELLED, 0);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_SENDING);
    EXPECT_ERROR(outcome_of(thread_at(c)).status, ERR_CANCELLED, 0);
}

TEST(cancel_badge_does_not_touch_receivers)
{
    setup();
    run(a);
    RECV(endpoint, 0);
    root_wake();
    DO(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, endpoint, 0);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RECEIVING);
}

/* A canceller was interrupted and never came back; who sends with the badge after that is not its business,
 * but the next one's. */
TEST(cancel_badge_after_a_canceller_that_died_means_all_senders)
{
    cap_t one, two;

    setup();
    one = mint(endpoint, RIGHT_WRITE, 1);
    two = mint(endpoint, RIGHT_WRITE, 2);
    run(a);
    SEND(two, 0); /* the oldest: where the first canceller gets to */
    run(b);
    SEND(two, 0);
    run(c);
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_CANCEL_BADGE, 2, 0), WORDS(endpoint, 1));
    EXPECT(thread_at(c)->context.at_syscall);
    host.pending_every = 0;
    root_wake();
    delete (c);
    cap_t d = make_thread(50);
    resume(d);
    run(d);
    SEND(one, 0);
    root_wake();
    DO(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, endpoint, 1);
    EXPECT_ERROR(outcome_of(thread_at(d)).status, ERR_CANCELLED, 0);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_SENDING);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_SENDING);
}

/* The same, if the canceller itself was sent elsewhere before it had finished, and cancels again later. */
TEST(cancel_badge_begun_anew_means_all_senders)
{
    cap_t one;

    setup();
    one = mint(endpoint, RIGHT_WRITE, 1);
    run(a);
    SEND(one, 0);
    run(b);
    SEND(one, 0);
    run(c);
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_CANCEL_BADGE, 2, 0), WORDS(endpoint, 1));
    EXPECT(thread_at(c)->context.at_syscall);
    host.pending_every = 0;
    root_wake();
    DO(c, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, THREAD_IP);
    cap_t d = make_thread(50);
    resume(d);
    run(d);
    SEND(one, 0);
    run(c);
    DO(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, endpoint, 1);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_CANCELLED, 0);
    EXPECT_ERROR(outcome_of(thread_at(b)).status, ERR_CANCELLED, 0);
    EXPECT(thread_at(d)->state != THREAD_STATE_SENDING);
    EXPECT_ERROR(outcome_of(thread_at(d)).status, ERR_CANCELLED, 0);
}

TEST(cancel_badge_refuses)
{
    setup();
    cap_t badged = mint(endpoint, RIGHT_READ | RIGHT_WRITE, 5), reader = mint(endpoint, RIGHT_READ, 0);

    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, 0, 1).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, slot_new(), 1).status, ERR_CAPABILITY, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, reply, 1).status, ERR_TYPE, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, badged, 5).status, ERR_RIGHT, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, reader, 1).status, ERR_RIGHT, 1);
}

TEST(endpoint_destroyed_tells_those_who_wait_peer_gone)
{
    setup();
    run(a);
    SEND(endpoint, 0);
    run(b);
    CALL(endpoint, 0);
    root_wake();
    host.pending_every = 1;
    delete (endpoint);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_PEER_GONE, 0);
    EXPECT_ERROR(outcome_of(thread_at(b)).status, ERR_PEER_GONE, 0);
}

TEST(endpoint_destroyed_tells_receivers_peer_gone)
{
    setup();
    run(a);
    RECV(endpoint, reply);
    root_wake();
    delete (endpoint);
    EXPECT_ERROR(outcome_of(thread_at(a)).status, ERR_PEER_GONE, 0);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
}

/* Senders wait at the endpoint; an interrupt comes after the first of them has been told. Its user does not go on with the delete. */
static void begin_to_delete(void)
{
    setup();
    run(a);
    SEND(endpoint, 0);
    run(b);
    SEND(endpoint, 0);
    root_wake();
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(endpoint));
    host.pending_every = 0;
    EXPECT(root_thread()->context.at_syscall);
    EXPECT(((struct endpoint *)object_at(endpoint))->dying);
    root_thread()->context.at_syscall = false;
}

TEST(endpoint_that_is_being_destroyed_takes_nobody)
{
    begin_to_delete();
    EXPECT_ERROR(SEND(endpoint, 0).status, ERR_PEER_GONE, 0);
    EXPECT_ERROR(RECV(endpoint, reply).status, ERR_PEER_GONE, 0);
    delete (endpoint);
}

/* Found in review: it said `peer gone` for ever. */
TEST(endpoint_that_is_passed_on_while_it_is_deleted_lives)
{
    begin_to_delete();
    cap_t other = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MOVE, other, endpoint);
    EXPECT(!((struct endpoint *)object_at(other))->dying);
    EXPECT_OK(RECV(other, reply).status);
}

/* The same: its thread's faults were not told. */
TEST(endpoint_that_becomes_a_fault_handler_while_it_is_deleted_lives)
{
    begin_to_delete();
    set_fault_handler(a, endpoint);
    EXPECT(!((struct endpoint *)object_at(endpoint))->dying);
}

TEST(rights_of_an_endpoint_are_checked)
{
    setup();
    cap_t reader = mint(endpoint, RIGHT_READ, 0), writer = mint(endpoint, RIGHT_WRITE, 0);

    EXPECT_ERROR(SEND(reader, 0).status, ERR_RIGHT, 0);
    EXPECT_ERROR(CALL(reader, 0).status, ERR_RIGHT, 0);
    EXPECT_ERROR(RECV(writer, 0).status, ERR_RIGHT, 0);
    EXPECT_ERROR(REPLY_RECV(writer, reply, 0).status, ERR_RIGHT, 0);
}

TEST(bad_destinations_are_a_status)
{
    setup();
    cap_t empty = slot_new();

    EXPECT_ERROR(SEND(empty, 0).status, ERR_CAPABILITY, 0);
    EXPECT_ERROR(CALL(empty, 0).status, ERR_CAPABILITY, 0);
    EXPECT_ERROR(RECV(empty, 0).status, ERR_CAPABILITY, 0);
    EXPECT_ERROR(RECV(CAP_NULL, 0).status, ERR_CAPABILITY, 0);
    EXPECT_ERROR(RECV(memory, 0).status, ERR_TYPE, 0);
    EXPECT_ERROR(SEND(memory, 0).status, ERR_TYPE, 0);
    EXPECT_ERROR(CALL(reply, 0).status, ERR_TYPE, 0);
    EXPECT_ERROR(RECV(endpoint, empty).status, ERR_CAPABILITY, 0);
    EXPECT_ERROR(RECV(endpoint, endpoint).status, ERR_TYPE, 0);
}

TEST(impossible_tags_are_refused)
{
    setup();
    EXPECT_ERROR(sys(SYS_SEND, endpoint, 0, tag_make(0, 65, 0), WORDS()).status, ERR_RANGE, 0);
    EXPECT_ERROR(sys(SYS_CALL, endpoint, 0, tag_make(0, 0, 5), WORDS()).status, ERR_RANGE, 0);
    EXPECT_ERROR(sys(SYS_SEND, reply, 0, tag_make(0, 127, 7), WORDS()).status, ERR_RANGE, 0);
    EXPECT_ERROR(sys(SYS_REPLY_RECV, endpoint, reply, tag_make(0, 65, 0), WORDS()).status, ERR_RANGE, 0);
}

/* The answer moves away the capability that the server then waits with. */
TEST(reply_receive_whose_answer_moves_the_endpoint_still_waits_there)
{
    setup();
    cap_t other = copy(endpoint), target = slot_new();

    run(b);
    RECV(other, reply);
    run(a);
    thread_at(a)->utcb->take[0] = target;
    CALL(endpoint, 0);
    run(b);
    thread_at(b)->utcb->give[0] = (struct utcb_give){ .source = other, .mode = GIVE_MOVE };
    EXPECT(!sys(SYS_REPLY_RECV, other, reply, tag_make(0, 0, 1), WORDS()).returned);
    EXPECT_EQ(thread_at(b)->state, THREAD_STATE_RECEIVING);
    EXPECT(thread_at(b)->waits_at == object_at(endpoint));
    EXPECT_EQ(tag_caps(outcome_of(thread_at(a)).tag), 1);
    EXPECT(slot_is_empty(slot_at(other)));
}

TEST(reply_receive_whose_answer_moves_the_reply_still_waits)
{
    setup();
    cap_t target = slot_new();
    struct reply *object = object_at(reply);

    run(b);
    RECV(endpoint, reply);
    run(a);
    thread_at(a)->utcb->take[0] = target;
    CALL(endpoint, 0);
    run(b);
    thread_at(b)->utcb->give[0] = (struct utcb_give){ .source = reply, .mode = GIVE_MOVE };
    EXPECT(!sys(SYS_REPLY_RECV, endpoint, reply, tag_make(0, 0, 1), WORDS()).returned);
    EXPECT_EQ(object->state, REPLY_ARMED);
    EXPECT_EQ(tag_caps(outcome_of(thread_at(a)).tag), 1);
}
