/* SPDX-License-Identifier: BSD-2-Clause */
/* Who learns that nobody will answer: the server, its Reply, its endpoint or the caller itself ends. */
#include "peers.h"

TEST(call_returns_peer_gone_when_the_reply_is_destroyed)
{
    struct owed o = take_call();

    erase(o.reply);
    expect_client(o.client, ERR_PEER_GONE);
}

/* argument: endpoint, Reply, then: 0 exit, 1 fault, 2 spin, 3 wait at the endpoint again without the Reply.
 */
static void take_call_and(struct worker *worker)
{
    cap_t endpoint = FIRST(worker->argument), reply = SECOND(worker->argument);
    struct message message = { 0 };

    report(worker, raw_call(SYS_RECV, endpoint, &message, reply), &message);
    switch (THIRD(worker->argument)) {
    case 1:
        __builtin_trap();
    case 2:
        machine_spin(&worker->seen[5]);
        break;
    case 3:
        report(worker, raw_call(SYS_RECV, endpoint, &message, 0), &message);
        break;
    }
}

struct served {
    cap_t endpoint, reply;
    struct worker *server, *client;
};

/* A server below the test's priority that has taken the client's call, or is about to in settle(). */
static struct served serve_and(unsigned what, cap_t fault, unsigned priority)
{
    struct served s = { .endpoint = make(OBJECT_ENDPOINT, 0), .reply = make(OBJECT_REPLY, 0) };

    s.server = worker_run(.function = take_call_and, .argument = TRIPLE(s.endpoint, s.reply, what),
                          .fault = fault, .priority = priority);
    s.client = worker_run(.function = peer_call, .argument = s.endpoint);
    return s;
}

TEST(call_returns_peer_gone_when_the_server_exits)
{
    struct served s = serve_and(0, CAP_NULL, PRIORITY_ABOVE);

    expect_client(s.client, ERR_PEER_GONE);
    expect_equal(s.server->done, 1);
}

TEST(call_returns_peer_gone_when_the_server_stops_on_an_unhandled_fault)
{
    struct served s = serve_and(1, CAP_NULL, PRIORITY_ABOVE);

    expect_client(s.client, ERR_PEER_GONE);
    expect_equal(worker_info(s.server).stopped, THREAD_STOP_FAULT);
}

TEST(call_returns_peer_gone_when_the_servers_fault_handler_gives_up)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct served s = serve_and(1, handler, PRIORITY_ABOVE);
    struct message fault;

    expect_ok(sys_recv_poll(handler, &fault, reply));
    expect_state(s.client, THREAD_STATE_CALLING); /* the fault can still be handled */
    expect_ok(answer(reply, FAULT_REPLY_STOP, 0, 0, 0));
    expect_client(s.client, ERR_PEER_GONE);
}

TEST(call_returns_peer_gone_when_the_server_is_destroyed)
{
    struct served s = serve_and(3, CAP_NULL, PRIORITY_ABOVE);

    expect_state(s.client, THREAD_STATE_CALLING);
    erase(s.server->thread);
    expect_client(s.client, ERR_PEER_GONE);
}

TEST(call_returns_peer_gone_when_a_suspended_server_is_destroyed)
{
    struct served s = serve_and(3, CAP_NULL, PRIORITY_ABOVE);

    expect_ok(thread_suspend(s.server->thread, 0));
    expect_state(s.client, THREAD_STATE_CALLING); /* it could be resumed */
    erase(s.server->thread);
    expect_client(s.client, ERR_PEER_GONE);
}

TEST(call_returns_peer_gone_when_the_servers_space_is_destroyed)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), space = space_with_program();
    struct worker *server =
        worker_run(.function = take_call_and, .argument = TRIPLE(endpoint, reply, 3), .space = space);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);

    expect_state(client, THREAD_STATE_CALLING);
    erase(space); /* the thread has a copy: the space lives */
    expect_state(client, THREAD_STATE_CALLING);
    erase(server->thread);
    expect_client(client, ERR_PEER_GONE);
}

TEST(a_server_that_is_suspended_and_resumed_can_still_answer)
{
    struct owed o = { .endpoint = make(OBJECT_ENDPOINT, 0), .reply = make(OBJECT_REPLY, 0) };
    struct worker *server = worker_run(.function = take_call_and, .argument = TRIPLE(o.endpoint, o.reply, 2),
                                       .priority = PRIORITY_BELOW);
    o.client = worker_run(.function = peer_call, .argument = o.endpoint);

    sleep_ns(1000000);
    expect_equal(server->seen[4], 1);
    expect_ok(thread_suspend(server->thread, 0));
    expect_state(o.client, THREAD_STATE_CALLING);
    expect_ok(thread_resume(server->thread));
    expect_ok(answer(o.reply, 0, 0, 0, 0));
    expect_ok(thread_suspend(server->thread, 0)); /* it computes for ever */
    expect_client(o.client, OK);
}

TEST(only_the_latest_reply_stands_for_its_server)
{
    struct served s = serve_and(3, CAP_NULL, PRIORITY_ABOVE);
    cap_t second = make(OBJECT_REPLY, 0);
    struct worker *other;
    struct message message;

    /* The server waits again, without a Reply; the first call is still its latest. Let it take another with
     * another Reply. */
    expect_ok(thread_suspend(s.server->thread, 0));
    struct worker *server = worker_run(.function = take_call_and, .argument = TRIPLE(s.endpoint, second, 3));
    other = worker_run(.function = peer_call, .argument = s.endpoint);
    expect_state(other, THREAD_STATE_CALLING);
    erase(server->thread);
    expect_client(other, ERR_PEER_GONE);
    expect_state(s.client, THREAD_STATE_CALLING);
    expect_ok(answer(s.reply, 0, 0, 0, 0));
    expect_client(s.client, OK);
    expect_status(sys_recv_poll(s.endpoint, &message, second), ERR_WOULD_BLOCK);
}

/* argument: endpoint, first Reply, second Reply: takes two calls, answers none, and exits. */
static void take_two_calls(struct worker *worker)
{
    struct message message = { 0 };

    raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    report(worker, raw_call(SYS_RECV, FIRST(worker->argument), &message, THIRD(worker->argument)), &message);
}

TEST(an_earlier_reply_of_a_server_that_exits_can_still_be_answered)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply[2] = { make(OBJECT_REPLY, 0), make(OBJECT_REPLY, 0) };
    struct worker *server =
        worker_run(.function = take_two_calls, .argument = TRIPLE(endpoint, reply[0], reply[1]));
    struct worker *first = worker_run(.function = peer_call, .argument = endpoint);
    struct worker *second = worker_run(.function = peer_call, .argument = endpoint);

    expect_equal(server->done, 1);
    expect_client(second, ERR_PEER_GONE);
    expect_state(first, THREAD_STATE_CALLING);
    expect_ok(answer(reply[0], 0, 0, 0, 0));
    expect_client(first, OK);
}

TEST(moving_the_reply_to_a_worker_ends_the_servers_part)
{
    struct served s = serve_and(3, CAP_NULL, PRIORITY_ABOVE);
    cap_t moved = slot_take();

    expect_ok(cnode_move(CNODE, moved, s.reply));
    erase(s.server->thread);
    expect_state(s.client, THREAD_STATE_CALLING);
    expect_ok(answer(moved, 0, 1, 9, 0));
    expect_client(s.client, OK);
    expect_equal(s.client->seen[3], 9);
}

TEST(moving_an_armed_reply_does_not_disturb_the_receiver)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), moved = slot_take();
    struct worker *receiver = worker_run(.function = peer_receive, .argument = PAIR(endpoint, reply));

    expect_ok(cnode_move(CNODE, moved, reply));
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);
    expect_equal(receiver->seen[0], OK | STATUS_OWED);
    /* The receiver has exited meanwhile. */
    expect_client(client, ERR_PEER_GONE);
    expect_argument(answer(moved, 0, 0, 0, 0), ERR_PEER_GONE, 0);
}

TEST(a_receiver_whose_armed_reply_is_destroyed_takes_calls_without_one)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *receiver = worker_run(.function = peer_receive, .argument = PAIR(endpoint, reply));
    struct message message = message_of(0, 0, 0);

    erase(reply);
    expect_state(receiver, THREAD_STATE_RECEIVING);
    expect_argument(sys_call(endpoint, &message), ERR_PEER_GONE, 0);
    expect_equal(receiver->seen[0], OK);
}

TEST(clients_at_a_living_endpoint_stay_for_the_next_server)
{
    struct served s = serve_and(0, CAP_NULL, PRIORITY_BELOW);
    struct worker *next = worker_run(.function = peer_call, .argument = s.endpoint);

    worker_finish(s.server); /* it has taken the first call, and exited */
    expect_client(s.client, ERR_PEER_GONE);
    erase(s.server->thread);
    expect_state(next, THREAD_STATE_SENDING);
    worker_run(.function = peer_serve, .argument = PAIR(s.endpoint, s.reply));
    expect_client(next, OK);
}

TEST(destroying_an_endpoint_ends_all_waits_at_it_with_peer_gone)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), other = make(OBJECT_ENDPOINT, 0);
    struct worker *worker[6];

    for (unsigned i = 0; i < 6; i++)
        worker[i] = worker_run(.function = i < 2   ? peer_call
                                           : i < 4 ? peer_send
                                                   : peer_receive,
                               .argument = i < 4 ? endpoint : other);
    erase(endpoint);
    erase(other);
    for (unsigned i = 0; i < 6; i++)
        expect_client(worker[i], ERR_PEER_GONE);
}

TEST(destroying_a_notification_ends_all_waits_at_it_with_peer_gone)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker[3];

    for (unsigned i = 0; i < 3; i++)
        worker[i] = worker_run(.function = peer_receive, .argument = notification);
    erase(notification);
    for (unsigned i = 0; i < 3; i++)
        expect_client(worker[i], ERR_PEER_GONE);
}

TEST(a_call_goes_on_after_its_capability_is_deleted)
{
    struct owed o = { .endpoint = make(OBJECT_ENDPOINT, 0), .reply = make(OBJECT_REPLY, 0) };
    cap_t badged = mint(o.endpoint, RIGHTS_ALL, 3);
    struct message message;

    o.client = worker_run(.function = peer_call, .argument = badged);
    erase(badged);
    expect_state(o.client, THREAD_STATE_SENDING);
    expect_equal(sys_recv(o.endpoint, &message, o.reply), OK | STATUS_OWED);
    expect_equal(message.badge, 3);
    expect_ok(answer(o.reply, 0, 0, 0, 0));
    expect_client(o.client, OK);
}

TEST(a_caller_that_is_destroyed_leaves_its_reply_free)
{
    struct owed o = take_call();
    struct message message;

    erase(o.client->thread);
    expect_argument(answer(o.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    expect_status(sys_recv_poll(o.endpoint, &message, o.reply), ERR_WOULD_BLOCK);
}

TEST(a_caller_that_is_suspended_sees_cancelled_when_resumed)
{
    struct owed o = take_call();

    expect_ok(thread_suspend(o.client->thread, 5));
    expect_equal(worker_info(o.client).code, 5);
    expect_argument(answer(o.reply, 0, 0, 0, 0), ERR_PEER_GONE, 0);
    expect_ok(thread_resume(o.client->thread));
    expect_client(o.client, ERR_CANCELLED);
}

/* A thread calls itself through its own endpoint: it waits, and can be cancelled. */
TEST(a_thread_that_calls_its_own_endpoint_can_be_cancelled)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);

    expect_state(client, THREAD_STATE_SENDING);
    expect_ok(thread_cancel(client->thread));
    expect_client(client, ERR_CANCELLED);
}

/* Two servers that call each other wait for ever, and nobody else does. */
TEST(a_circle_of_calls_is_ended_by_cancelling_one)
{
    cap_t endpoint[2] = { make(OBJECT_ENDPOINT, 0), make(OBJECT_ENDPOINT, 0) };
    cap_t reply[2] = { make(OBJECT_REPLY, 0), make(OBJECT_REPLY, 0) };
    struct worker *a =
        worker_run(.function = peer_pass_on, .argument = TRIPLE(endpoint[0], reply[0], endpoint[1]));
    struct worker *b =
        worker_run(.function = peer_pass_on, .argument = TRIPLE(endpoint[1], reply[1], endpoint[0]));
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint[0]);

    expect_state(a, THREAD_STATE_CALLING);
    expect_state(b, THREAD_STATE_SENDING);
    expect_ok(thread_cancel(b->thread));
    expect_client(client, OK);
    expect_equal(b->seen[0], ERR_CANCELLED);
    expect_equal(a->seen[0], OK);
}
