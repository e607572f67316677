/* SPDX-License-Identifier: BSD-2-Clause */
/* Threads that are destroyed while they wait, run, or are referred to;
 * and their memory made into something else at once: see dying.h. */
#include "dying.h"

TEST(thread_dies_while_it_waits_to_send)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0);
    struct message message;

    worker_run(.function = send_once, .argument = endpoint, .memory = part);
    struct worker *other = worker_run(.function = send_once, .argument = endpoint);
    reuse(part);
    expect_status(sys_recv_poll(endpoint, &message, CAP_NULL), OK);
    expect_equal(message.word[0], 42);
    expect_status(sys_recv_poll(endpoint, &message, CAP_NULL), ERR_WOULD_BLOCK);
    worker_finish(other);
}

TEST(thread_dies_while_it_waits_for_a_message)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct hold hold = { endpoint, reply, make(OBJECT_NOTIFICATION, 0) };
    struct message message = { 0 };

    worker_run(.function = hold_call, .argument = (word_t)&hold, .memory = part);
    expect_status(sys_recv_poll(endpoint, &message, reply), ERR_BUSY);
    reuse(part);
    expect_status(sys_send_poll(endpoint, &message), ERR_WOULD_BLOCK);
    expect_status(sys_recv_poll(endpoint, &message, reply), ERR_WOULD_BLOCK); /* the Reply is free again */
}

TEST(thread_dies_while_it_waits_for_a_signal)
{
    cap_t part = make_part(), notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
    word_t bits;

    worker_run(.function = wait_once, .argument = notification, .memory = part);
    reuse(part);
    expect_ok(notification_signal(notification));
    expect_status(notification_poll(notification, &bits), OK);
}

TEST(thread_dies_while_it_waits_for_an_answer)
{
    cap_t part = make_part();
    struct hold hold = make_hold();
    struct worker *server = worker_run(.function = hold_call, .argument = (word_t)&hold);

    worker_run(.function = call_once, .argument = hold.endpoint, .memory = part);
    expect_status(server->seen[0], OK);
    reuse(part);
    expect_ok(notification_signal(hold.go));
    worker_finish(server);
    expect_status(server->seen[1], ERR_PEER_GONE);
}

TEST(thread_dies_while_its_fault_is_handled)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct message message;

    worker_run(.function = fault_once, .memory = part, .fault = endpoint);
    expect_status(sys_recv(endpoint, &message, reply), OK);
    expect_equal(tag_label(message.tag), FAULT_PAGE);
    reuse(part);
    message = (struct message){ 0 };
    expect_status(sys_send(reply, &message), ERR_PEER_GONE);
}

TEST(thread_dies_while_its_fault_waits_for_a_handler)
{
    cap_t part = make_part(), endpoint = make(OBJECT_ENDPOINT, 0);
    struct message message;

    struct worker *worker = worker_run(.function = fault_once, .memory = part, .fault = endpoint);
    expect_state(worker, THREAD_STATE_SENDING);
    reuse(part);
    expect_status(sys_recv_poll(endpoint, &message, CAP_NULL), ERR_WOULD_BLOCK);
}

TEST(thread_dies_while_it_could_run)
{
    cap_t part = make_part();
    struct worker *worker = worker_run(.function = spin, .memory = part, .priority = PRIORITY_BELOW);

    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > 0);
    reuse(part);
}

TEST(thread_dies_while_it_waits_for_time)
{
    cap_t part = make_part();
    struct worker *worker = worker_run(.function = spin, .memory = part, .budget_ns = boot->budget_minimum_ns,
                                       .period_ns = 5 * NS_PER_MS);
    cap_t context = worker->context;
    struct sched_context_info info;

    reuse(part);
    sleep_ns(6 * NS_PER_MS);
    expect_ok(sched_context_info(context, &info));
    expect_between(info.consumed_ns, boot->budget_minimum_ns / 2, boot->budget_minimum_ns * 2);
}

static void delete_own_thread(struct worker *worker)
{
    worker->seen[0] = 1;
    cnode_delete(CNODE, worker->thread);
    worker->seen[0] = 2;
}

TEST(thread_deletes_itself)
{
    cap_t part = make_part(), notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = delete_own_thread, .memory = part, .death = mint(notification, RIGHTS_ALL, 2));
    word_t bits;

    expect_equal(worker->seen[0], 1);
    expect_equal(type_of(worker->thread), OBJECT_NULL);
    expect_status(notification_poll(notification, &bits), OK);
    expect_equal(bits, 2);
    reuse(part);
}

TEST(thread_revokes_the_memory_that_it_is_made_of)
{
    cap_t part = make_part();
    struct worker *worker = worker_run(.function = revoke_cap, .argument = part, .memory = part);

    expect_equal(worker->seen[0], 1);
    reuse(part);
}

TEST(server_dies_and_its_client_sees_peer_gone)
{
    cap_t part = make_part();
    struct hold hold = make_hold();

    worker_run(.function = hold_call, .argument = (word_t)&hold, .memory = part);
    struct worker *client = worker_run(.function = call_once, .argument = hold.endpoint);
    expect_state(client, THREAD_STATE_CALLING);
    reuse(part);
    worker_finish(client);
    expect_status(client->seen[0], ERR_PEER_GONE);
}

TEST(passive_server_dies_and_its_client_gets_the_time_back)
{
    cap_t part = make_part();
    struct hold hold = make_hold();
    struct worker *server = worker_make(.function = hold_call, .argument = (word_t)&hold, .memory = part);

    worker_start(server);
    expect_state(server, THREAD_STATE_RECEIVING);
    expect_ok(sched_context_unbind(server->context));
    struct worker *client = worker_run(.function = call_once, .argument = hold.endpoint);
    expect_state(server, THREAD_STATE_WAITING);
    reuse(part);
    worker_finish(client);
    expect_status(client->seen[0], ERR_PEER_GONE);
}
