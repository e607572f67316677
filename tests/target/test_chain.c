/* SPDX-License-Identifier: BSD-2-Clause */
/* Chains of calls through passive servers: whose the time is, and every way to cut them. */
#include "passive.h"

struct chain {
    cap_t endpoint[3], reply[3], timeout, timeout_reply;
    struct worker *server[3], *client;
    struct message fault;
};

/* client -> server 0 -> server 1 -> server 2, which computes; all on the client's context. */
static void build_chain(struct chain *c, bool handler)
{
    *c = (struct chain){ .timeout = handler ? make(OBJECT_ENDPOINT, 0) : CAP_NULL,
                         .timeout_reply = make(OBJECT_REPLY, 0) };
    for (unsigned i = 0; i < 3; i++) {
        c->endpoint[i] = make(OBJECT_ENDPOINT, 0);
        c->reply[i] = make(OBJECT_REPLY, 0);
    }
    for (unsigned i = 0; i < 3; i++)
        c->server[i] = start_passive(
            worker_make(.function = i < 2 ? peer_pass_on : peer_receive_and_spin,
                        .argument = TRIPLE(c->endpoint[i], c->reply[i], i < 2 ? c->endpoint[i + 1] : 0),
                        .passive = true, .priority = PRIORITY_BELOW,
                        .timeout = handler ? mint(c->timeout, RIGHTS_ALL, 5 + i) : CAP_NULL));
    c->client = worker_run(.function = peer_call, .argument = c->endpoint[0]);
    sleep_ns(200000);
    expect_equal(c->server[2]->seen[0], OK | STATUS_OWED);
    expect_true(c->server[2]->seen[5] > 0);
    expect_equal(context_info(c->server[0]->context ? c->server[0]->context : c->client->context).core, 0);
}

static void expect_chain_fault(struct chain *c, unsigned server, word_t reason)
{
    expect_equal(sys_recv_poll(c->timeout, &c->fault, c->timeout_reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(c->fault.badge, 5 + server);
    expect_equal(c->fault.word[1], reason);
}

TEST(a_chain_of_three_calls_runs_on_the_first_callers_context)
{
    struct chain c;

    build_chain(&c, false);
    time_ns_t before = context_info(c.client->context).consumed_ns;
    sleep_ns(200000);
    expect_between(context_info(c.client->context).consumed_ns - before, 150000, 210000);
}

/* The middle server is destroyed: the time goes back to the owner, whose call has come to an end, or at once.
 */
TEST(a_chain_cut_in_the_middle_gives_the_time_back_to_the_owner)
{
    struct chain c;

    build_chain(&c, true);
    erase(c.reply[1]); /* between server 0 and server 1 */
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    expect_state(c.client, THREAD_STATE_CALLING);
    /* The owner has its context again: it runs as soon as it is cancelled. */
    expect_ok(thread_cancel(c.client->thread));
    worker_finish(c.client);
    expect_equal(c.client->seen[0], ERR_CANCELLED);
}

/* The thread in the middle of a cut chain is woken without time, and nobody was told: it was silent for ever.
 */
TEST(a_server_in_the_middle_of_a_cut_chain_gets_a_timeout_fault_when_its_call_ends)
{
    struct chain c;

    build_chain(&c, true);
    erase(c.reply[1]); /* server 0's call ends with peer gone; its time is the client's again */
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    cap_t other = make(OBJECT_REPLY, 0);
    struct message fault;
    expect_equal(sys_recv_poll(c.timeout, &fault, other), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(fault.badge, 5);
    expect_equal(fault.word[1], TIMEOUT_WITHDRAWN);
    expect_ok(sched_context_lend(make_context(BUDGET, BUDGET), c.server[0]->thread));
    expect_ok(answer(other, FAULT_REPLY_RESUME, 0, 0, 0));
    settle();
    expect_equal(c.server[0]->seen[0], ERR_PEER_GONE);
    worker_finish(c.client);
    expect_equal(c.client->seen[0], OK); /* which server 0 has answered */
}

TEST(a_chain_cut_in_the_middle_without_handlers_ends_in_peer_gone_for_all)
{
    struct chain c;

    build_chain(&c, false);
    erase(c.reply[1]);
    settle();
    expect_state(c.server[2], THREAD_STATE_STOPPED);
    expect_state(c.server[0], THREAD_STATE_STOPPED);
    worker_finish(c.client);
    expect_equal(c.client->seen[0], ERR_PEER_GONE);
}

TEST(cancelling_the_owner_of_a_chain_gives_it_its_time_at_once)
{
    struct chain c;

    build_chain(&c, true);
    expect_ok(thread_cancel(c.client->thread));
    expect_equal(c.client->done, 1);
    expect_equal(c.client->seen[0], ERR_CANCELLED);
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    expect_state(c.server[0], THREAD_STATE_CALLING);
    expect_state(c.server[1], THREAD_STATE_CALLING);
}

TEST(cancelling_a_server_in_the_middle_of_a_chain_gives_the_owner_its_time)
{
    struct chain c;

    build_chain(&c, true);
    expect_ok(thread_cancel(c.server[0]->thread));
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    expect_state(c.client, THREAD_STATE_CALLING);
    cap_t other = make(OBJECT_REPLY, 0);
    struct message fault;
    expect_equal(sys_recv_poll(c.timeout, &fault, other), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(fault.badge, 5); /* server 0: it was told that its call was cancelled, and has no time */
}

TEST(destroying_the_owners_context_under_a_chain_tells_the_top)
{
    struct chain c;

    build_chain(&c, true);
    erase(c.client->context);
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    expect_ok(sched_context_lend(make_context(BUDGET, BUDGET), c.server[2]->thread));
    expect_ok(answer(c.timeout_reply, FAULT_REPLY_RESUME, 0, 0, 0));
    word_t count = c.server[2]->seen[5];
    sleep_ns(100000);
    expect_true(c.server[2]->seen[5] > count);
    /* It answers server 1, which has no time either: that one is told now. */
    expect_ok(answer(c.reply[2], 0, 0, 0, 0));
    expect_ok(thread_suspend(c.server[2]->thread, 0));
    expect_chain_fault(&c, 1, TIMEOUT_WITHDRAWN);
}

/* A long chain without handlers: each server stops because the one it called has stopped. No kernel stack may
 * grow with it. */
TEST(a_chain_of_forty_servers_without_handlers_ends_when_its_time_is_taken_away)
{
    enum { LENGTH = 40 };
    cap_t endpoint[LENGTH], reply[LENGTH];
    struct worker *server[LENGTH], *client;

    for (unsigned i = 0; i < LENGTH; i++) {
        endpoint[i] = make(OBJECT_ENDPOINT, 0);
        reply[i] = make(OBJECT_REPLY, 0);
    }
    for (unsigned i = 0; i < LENGTH; i++)
        server[i] = start_passive(
            worker_make(.function = i + 1 < LENGTH ? peer_pass_on : peer_receive_and_spin,
                        .argument = TRIPLE(endpoint[i], reply[i], i + 1 < LENGTH ? endpoint[i + 1] : 0),
                        .passive = true, .priority = PRIORITY_BELOW));
    client = worker_run(.function = peer_call, .argument = endpoint[0]);
    sleep_ns(1000000);
    expect_true(server[LENGTH - 1]->seen[5] > 0);
    expect_ok(sched_context_unbind(client->context));
    settle();
    for (unsigned i = 0; i < LENGTH; i++)
        expect_state(server[i], THREAD_STATE_STOPPED);
    expect_state(client, THREAD_STATE_RUNNABLE);
    expect_ok(sched_context_bind(client->context, client->thread));
    worker_finish(client);
    expect_equal(client->seen[0], ERR_PEER_GONE);
}

TEST(destroying_a_context_with_a_chain_of_forty_cut_links_ends)
{
    enum { LENGTH = 40 };
    cap_t endpoint[LENGTH], reply[LENGTH];
    struct worker *client;

    for (unsigned i = 0; i < LENGTH; i++) {
        endpoint[i] = make(OBJECT_ENDPOINT, 0);
        reply[i] = make(OBJECT_REPLY, 0);
    }
    cap_t timeout = make(OBJECT_ENDPOINT, 0);
    for (unsigned i = 0; i < LENGTH; i++)
        start_passive(
            worker_make(.function = i + 1 < LENGTH ? peer_pass_on : peer_receive_and_spin,
                        .argument = TRIPLE(endpoint[i], reply[i], i + 1 < LENGTH ? endpoint[i + 1] : 0),
                        .passive = true, .priority = PRIORITY_BELOW, .timeout = timeout));
    client = worker_run(.function = peer_call, .argument = endpoint[0]);
    sleep_ns(1000000);
    expect_ok(thread_cancel(client->thread)); /* the chain is cut; its links stay with the context */
    expect_equal(client->done, 1);
    erase(client->context);
    for (unsigned i = 0; i < LENGTH; i++)
        erase(reply[i]);
}

TEST(a_client_that_gets_another_context_meanwhile_keeps_it)
{
    struct served s;

    working(&s, true);
    cap_t own = s.client->context, other = make_context(BUDGET, BUDGET);
    expect_argument(sched_context_bind(other, s.client->thread), ERR_BUSY, 1); /* it is an owner */
    expect_ok(sched_context_unbind(own));
    expect_timeout_fault(&s, 0, TIMEOUT_WITHDRAWN);
    expect_ok(sched_context_bind(other, s.client->thread));
    expect_ok(answer(s.reply, 0, 0, 0, 0));
    worker_finish(s.client);
    expect_equal(s.client->seen[0], OK);
}

/* A passive server whose wait is cancelled has no time to see it: as after a plain message. */
TEST(cancelling_a_waiting_passive_server_is_the_same_after_the_fast_and_the_general_path)
{
    unsigned seen[2];

    for (unsigned way = 0; way < 2; way++) {
        struct served s;
        struct message message = message_of(0, 1, 7);
        if (kernel_is_debug())
            expect_ok(sys_debug(DEBUG_FAST, way == 0));
        set_up(&s, peer_serve, PRIORITY_ABOVE, true);
        expect_ok(sys_call(s.endpoint, &message));
        expect_ok(thread_cancel(s.server->thread));
        seen[way] = status_error(sys_recv_poll(s.timeout, &s.fault, s.timeout_reply));
    }
    if (kernel_is_debug())
        expect_ok(sys_debug(DEBUG_FAST, 1));
    expect_equal(seen[0], OK);
    expect_equal(seen[1], OK);
}

/* argument: endpoint, first Reply, second Reply. Takes two calls and then answers the first, with reply_recv.
 */
static void answer_the_lower_call(struct worker *worker)
{
    struct message message = { 0 };

    raw_call(SYS_RECV, FIRST(worker->argument), &message, SECOND(worker->argument));
    worker->seen[6] = 1;
    raw_call(SYS_RECV, FIRST(worker->argument), &message, THIRD(worker->argument));
    worker->seen[6] = 2;
    message.tag = tag_make(4, 0, 0);
    report(worker, raw_call(SYS_REPLY_RECV, FIRST(worker->argument), &message, SECOND(worker->argument)),
           &message);
}

TEST(a_server_that_answers_the_call_whose_time_it_runs_on_waits_without_time)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    cap_t reply[2] = { make(OBJECT_REPLY, 0), make(OBJECT_REPLY, 0) };
    struct worker *server = start_passive(worker_make(.function = answer_the_lower_call, .passive = true,
                                                      .argument = TRIPLE(endpoint, reply[0], reply[1])));
    struct worker *first = worker_run(.function = peer_call, .argument = endpoint);

    /* It waits again on the first one's time, and takes the second call with that. */
    expect_equal(server->seen[6], 1);
    struct worker *second = worker_run(.function = peer_call, .argument = endpoint);
    settle();
    expect_equal(server->seen[6], 2);
    expect_equal(first->done, 1);
    expect_equal(tag_label(first->seen[1]), 4);
    expect_state(server, THREAD_STATE_RECEIVING);
    expect_state(second, THREAD_STATE_CALLING);
    expect_ok(answer(reply[1], 0, 0, 0, 0));
    expect_equal(second->done, 1);
}

/* ---- More of what can happen to a chain */

TEST(suspending_the_server_that_works_keeps_its_callers_time_there)
{
    struct served s;

    working(&s, true);
    word_t count = s.server->seen[5];
    expect_ok(thread_suspend(s.server->thread, 0));
    sleep_ns(100000);
    expect_equal(s.server->seen[5], count);
    expect_state(s.client, THREAD_STATE_CALLING);
    expect_ok(thread_resume(s.server->thread));
    sleep_ns(100000);
    expect_true(s.server->seen[5] > count);
}

TEST(destroying_the_server_gives_its_caller_the_time_back)
{
    struct served s;

    working(&s, true);
    erase(s.server->thread);
    expect_equal(s.client->done, 1); /* it ran at once, on its own time */
    expect_equal(s.client->seen[0], ERR_PEER_GONE);
}

TEST(moving_the_reply_and_answering_it_elsewhere_takes_the_time_from_the_server)
{
    struct served s;
    cap_t moved = slot_take();

    working(&s, true);
    expect_ok(cnode_move(CNODE, moved, s.reply));
    expect_ok(answer(moved, 0, 1, 4, 0));
    expect_equal(s.client->done, 1);
    expect_equal(s.client->seen[3], 4);
    expect_timeout_fault(&s, 0, TIMEOUT_WITHDRAWN);
}

/* The time of a chain is the owner's again when the call in its middle is answered by somebody else. */
TEST(answering_a_call_in_the_middle_of_a_chain_cuts_it)
{
    struct chain c;

    build_chain(&c, true);
    expect_ok(answer(c.reply[1], 0, 0, 0, 0));
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    cap_t other = make(OBJECT_REPLY, 0);
    struct message fault;
    expect_equal(sys_recv_poll(c.timeout, &fault, other), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(fault.badge, 5); /* server 0 has its answer, and no time to see it */
    expect_equal(fault.word[1], TIMEOUT_WITHDRAWN);
}

TEST(destroying_a_server_in_the_middle_of_a_chain_gives_the_owner_its_time)
{
    struct chain c;

    build_chain(&c, true);
    erase(c.server[1]->thread);
    expect_chain_fault(&c, 2, TIMEOUT_WITHDRAWN);
    expect_ok(thread_cancel(c.client->thread));
    expect_equal(c.client->done, 1);
}

TEST(a_chain_that_is_answered_from_its_top_gives_the_time_back_link_by_link)
{
    struct chain c;

    build_chain(&c, false);
    expect_ok(answer(c.reply[2], 9, 1, 42, 0));
    expect_ok(thread_suspend(c.server[2]->thread, 0));
    settle();
    expect_equal(c.client->done, 1);
    expect_equal(c.client->seen[0], OK);
    expect_equal(c.client->seen[3], 42);
    expect_equal(c.server[0]->done, 0); /* without time after its answer, as a passive server is */
}

TEST(a_fault_handler_without_a_context_gets_the_time_of_a_server_that_runs_on_its_clients)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0),
          handler = make(OBJECT_ENDPOINT, 0);
    cap_t handler_reply = make(OBJECT_REPLY, 0);
    struct worker *passive_handler =
        start_passive(worker_make(.function = peer_receive_and_spin, .argument = PAIR(handler, handler_reply),
                                  .passive = true, .priority = PRIORITY_BELOW));
    struct worker *server =
        start_passive(worker_make(.function = peer_pass_on, .argument = TRIPLE(endpoint, reply, slot_take()),
                                  .passive = true, .fault = handler, .attributes = THREAD_FAULT_ON_CAP));
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint);

    sleep_ns(100000);
    expect_state(server, THREAD_STATE_CALLING);
    expect_equal(passive_handler->seen[0], OK | STATUS_KERNEL | STATUS_OWED);
    expect_true(passive_handler->seen[5] > 0);
    expect_ok(thread_suspend(client->thread, 0)); /* the owner takes its time back through both */
    expect_state(passive_handler, THREAD_STATE_STOPPED);
    expect_equal(worker_info(passive_handler).code, FAULT_TIMEOUT);
    expect_state(server, THREAD_STATE_STOPPED);
}
