/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: free, armed, owed; and waits that are cancelled. */
#include "peers.h"

TEST(a_receive_with_a_reply_that_owes_is_err_busy)
{
    struct owed o = take_call();
    struct message message;

    expect_argument(sys_recv(o.endpoint, &message, o.reply), ERR_BUSY, 0);
    expect_argument(sys_recv_poll(o.endpoint, &message, o.reply), ERR_BUSY, 0);
    expect_ok(answer(o.reply, 0, 0, 0, 0));
    expect_client(o.client, OK);
}

TEST(a_receive_with_a_reply_that_is_armed_is_err_busy)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct message message = { 0 };

    worker_run(.function = peer_receive, .argument = PAIR(endpoint, reply));
    expect_argument(sys_recv_poll(endpoint, &message, reply), ERR_BUSY, 0);
    expect_argument(sys_recv(make(OBJECT_ENDPOINT, 0), &message, reply), ERR_BUSY, 0);
    expect_argument(sys_reply_recv(endpoint, &message, reply), ERR_BUSY, 0);
}

TEST(answering_through_a_reply_that_owes_nothing_is_err_peer_gone)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);

    expect_argument(answer(reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    worker_run(.function = peer_receive, .argument = PAIR(endpoint, reply));
    expect_argument(answer(reply, 0, 0, 0, 0), ERR_PEER_GONE, 0); /* armed */
}

TEST(a_reply_answers_once)
{
    struct owed o = take_call();

    expect_ok(answer(o.reply, 0, 0, 0, 0));
    expect_argument(answer(o.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    expect_client(o.client, OK);
}

TEST(reply_recv_with_a_free_reply_only_receives)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);
    struct message message = { 0 };

    expect_equal(sys_reply_recv(endpoint, &message, reply), OK | STATUS_OWED);
    expect_ok(answer(reply, 0, 0, 0, 0));
    expect_client(client, OK);
}

TEST(reply_recv_answers_and_arms_the_same_reply_again)
{
    struct owed o = take_call();
    struct worker *second = worker_run(.function = peer_call, .argument = o.endpoint);
    struct message message = message_of(2, 1, 22);

    expect_equal(sys_reply_recv(o.endpoint, &message, o.reply), OK | STATUS_OWED);
    expect_client(o.client, OK);
    expect_equal(o.client->seen[3], 22);
    expect_equal(message.word[0], second->thread);
    message = message_of(2, 1, 23);
    expect_argument(raw_call(SYS_REPLY_RECV | SYS_POLL, o.endpoint, &message, o.reply), ERR_WOULD_BLOCK, 0);
    expect_client(second, OK);
    expect_equal(second->seen[3], 23);
}

TEST(reply_recv_can_wait_at_a_notification)
{
    struct owed o = take_call();
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 6);
    struct message message = message_of(2, 1, 22);

    expect_ok(notification_signal(notification));
    expect_equal(sys_reply_recv(notification, &message, o.reply), OK | STATUS_SIGNAL);
    expect_equal(message.badge, 6);
    expect_client(o.client, OK);
}

TEST(a_call_to_a_receiver_without_a_reply_is_err_peer_gone)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);
    struct message message = message_of(3, 1, 5);

    expect_argument(sys_call(endpoint, &message), ERR_PEER_GONE, 0);
    expect_equal(receiver->seen[0], OK); /* not owed */
    expect_equal(receiver->seen[3], 5);
}

TEST(a_plain_send_leaves_the_named_reply_free)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = PAIR(endpoint, reply));
    struct message message = message_of(3, 1, 5);

    expect_ok(sys_send(endpoint, &message));
    expect_equal(receiver->seen[0], OK);
    expect_argument(answer(reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    expect_status(sys_recv_poll(endpoint, &message, reply), ERR_WOULD_BLOCK); /* and not ERR_BUSY */
}

TEST(a_server_with_several_replies_answers_in_any_order)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply[3];
    struct worker *client[3];
    struct message message;

    for (unsigned i = 0; i < 3; i++) {
        reply[i] = make(OBJECT_REPLY, 0);
        client[i] = worker_run(.function = peer_call, .argument = endpoint);
        expect_equal(sys_recv(endpoint, &message, reply[i]), OK | STATUS_OWED);
    }
    expect_ok(answer(reply[1], 0, 1, 101, 0));
    expect_ok(answer(reply[2], 0, 1, 102, 0));
    expect_ok(answer(reply[0], 0, 1, 100, 0));
    for (unsigned i = 0; i < 3; i++) {
        expect_client(client[i], OK);
        expect_equal(client[i]->seen[3], 100 + i);
    }
}

/* ---- Cancel */

TEST(cancelling_a_call_that_was_taken_frees_the_reply)
{
    struct owed o = take_call();
    struct message message;

    expect_ok(thread_cancel(o.client->thread));
    expect_client(o.client, ERR_CANCELLED);
    expect_argument(answer(o.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    expect_status(sys_recv_poll(o.endpoint, &message, o.reply), ERR_WOULD_BLOCK);
}

TEST(reply_recv_goes_on_when_its_client_was_cancelled)
{
    struct owed o = take_call();
    struct worker *second = worker_run(.function = peer_call, .argument = o.endpoint);
    struct message message = message_of(2, 1, 22);

    expect_ok(thread_cancel(o.client->thread));
    expect_equal(sys_reply_recv(o.endpoint, &message, o.reply), OK | STATUS_OWED);
    expect_equal(message.word[0], second->thread);
}

TEST(cancel_ends_the_wait_in_every_state)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), other = make(OBJECT_ENDPOINT, 0),
          notification = make(OBJECT_NOTIFICATION, 0);
    cap_t reply = make(OBJECT_REPLY, 0);
    struct worker *sender = worker_run(.function = peer_send, .argument = endpoint);
    struct worker *caller = worker_run(.function = peer_call, .argument = endpoint);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = PAIR(other, reply));
    struct worker *waiter = worker_run(.function = peer_receive, .argument = notification);
    struct worker *const all[] = { sender, caller, receiver, waiter };
    static const unsigned states[] = { THREAD_STATE_SENDING, THREAD_STATE_SENDING, THREAD_STATE_RECEIVING,
                                       THREAD_STATE_WAITING };
    struct message message;

    for (unsigned i = 0; i < COUNT(all); i++) {
        expect_state(all[i], states[i]);
        expect_ok(thread_cancel(all[i]->thread));
        expect_client(all[i], ERR_CANCELLED);
    }
    /* None of them is in a queue any more, and the Reply is free. */
    expect_status(sys_recv_poll(endpoint, &message, CAP_NULL), ERR_WOULD_BLOCK);
    expect_status(sys_send_poll(other, &message), ERR_WOULD_BLOCK);
    expect_status(sys_recv_poll(other, &message, reply), ERR_WOULD_BLOCK);
}

TEST(cancelling_a_thread_that_does_not_wait_does_nothing)
{
    struct worker *worker = worker_make(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0),
                                        .priority = PRIORITY_BELOW);

    expect_ok(thread_cancel(worker->thread));
    expect_state(worker, THREAD_STATE_STOPPED);
    worker_start(worker);
    expect_ok(thread_cancel(worker->thread));
    expect_state(worker, THREAD_STATE_RUNNABLE);
    expect_ok(thread_cancel(test_thread));
    settle();
    expect_state(worker, THREAD_STATE_WAITING);
}

/* Senders in the order of arrival: two with badge 1, two with badge 2, and one without. */
TEST(cancel_badge_ends_the_waits_of_this_badge_only)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), one = mint(endpoint, RIGHTS_ALL, 1),
          two = mint(endpoint, RIGHTS_ALL, 2);
    struct worker *a = worker_run(.function = peer_send, .argument = one),
                  *b = worker_run(.function = peer_call, .argument = two);
    struct worker *c = worker_run(.function = peer_call, .argument = one),
                  *d = worker_run(.function = peer_send, .argument = two);
    struct worker *e = worker_run(.function = peer_send, .argument = endpoint);
    struct message message;

    expect_ok(cnode_cancel_badge(CNODE, endpoint, 1));
    expect_client(a, ERR_CANCELLED);
    expect_client(c, ERR_CANCELLED);
    expect_state(b, THREAD_STATE_SENDING);
    expect_state(d, THREAD_STATE_SENDING);
    expect_state(e, THREAD_STATE_SENDING);
    expect_ok(cnode_cancel_badge(CNODE, endpoint, 0)); /* the unbadged */
    expect_client(e, ERR_CANCELLED);
    expect_ok(sys_recv_poll(endpoint, &message, CAP_NULL));
    expect_equal(message.badge, 2);
    expect_ok(sys_recv_poll(endpoint, &message, CAP_NULL));
    expect_equal(message.badge, 2);
    expect_client(b, ERR_PEER_GONE);
    expect_client(d, OK);
}

TEST(cancel_badge_does_not_touch_receivers)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = endpoint);

    expect_ok(cnode_cancel_badge(CNODE, endpoint, 0));
    expect_state(receiver, THREAD_STATE_RECEIVING);
}

TEST(cancel_badge_ends_the_waits_of_twenty_senders_among_forty)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0),
          badged[2] = { mint(endpoint, RIGHTS_ALL, 1), mint(endpoint, RIGHTS_ALL, 2) };
    struct worker *worker[40];
    struct message message;

    for (unsigned i = 0; i < 40; i++)
        worker[i] = worker_run(.function = peer_send, .argument = badged[i * 7 / 3 % 2],
                               .priority = 101 + i % 5, .budget_ns = 1000000);
    expect_ok(cnode_cancel_badge(CNODE, endpoint, 2));
    for (unsigned i = 0; i < 40; i++) {
        if (i * 7 / 3 % 2)
            expect_client(worker[i], ERR_CANCELLED);
        else
            expect_state(worker[i], THREAD_STATE_SENDING);
    }
    while (status_error(sys_recv_poll(endpoint, &message, CAP_NULL)) == OK)
        expect_equal(message.badge, 1);
    for (unsigned i = 0; i < 40; i++)
        worker_finish(worker[i]);
}

TEST(cancel_badge_needs_an_unbadged_endpoint_with_read_and_write)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    expect_argument(cnode_cancel_badge(CNODE, (word_t)1 << boot->cnode_size_bits, 1), ERR_RANGE, 1);
    expect_argument(cnode_cancel_badge(CNODE, slot_take(), 1), ERR_CAPABILITY, 1);
    expect_argument(cnode_cancel_badge(CNODE, test_thread, 1), ERR_TYPE, 1);
    expect_argument(cnode_cancel_badge(CNODE, mint(endpoint, RIGHTS_ALL, 1), 1), ERR_RIGHT, 1);
    expect_argument(cnode_cancel_badge(CNODE, mint(endpoint, RIGHT_READ, 0), 1), ERR_RIGHT, 1);
    expect_argument(cnode_cancel_badge(CNODE, mint(endpoint, RIGHT_WRITE, 0), 1), ERR_RIGHT, 1);
}
