/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: who has one, how calls carry it along, and what becomes of those it is taken from. */
#include "peers.h"

#define BUDGET 1000000u

static struct sched_context_info context_info(cap_t context)
{
    struct sched_context_info info;
    expect_ok(sched_context_info(context, &info));
    return info;
}

/* ---- Errors */

TEST(bind_refuses_what_is_bound_and_a_context_without_a_budget)
{
    cap_t thread = make(OBJECT_THREAD, 0), other = make(OBJECT_THREAD, 0),
          context = make_context(BUDGET, BUDGET);

    expect_argument(sched_context_bind(make(OBJECT_SCHED_CONTEXT, 8), thread), ERR_STATE, 0);
    expect_argument(sched_context_bind(context, make(OBJECT_ENDPOINT, 0)), ERR_TYPE, 1);
    expect_argument(sched_context_bind(context, slot_take()), ERR_CAPABILITY, 1);
    expect_argument(sched_context_bind(context, mint(thread, RIGHT_READ, 0)), ERR_RIGHT, 1);
    expect_ok(sched_context_bind(context, thread));
    expect_argument(sched_context_bind(context, thread), ERR_BUSY, 0);
    expect_argument(sched_context_bind(context, other), ERR_BUSY, 0);
    expect_argument(sched_context_bind(make_context(BUDGET, BUDGET), thread), ERR_BUSY, 0);
    expect_ok(sched_context_unbind(context));
    expect_ok(sched_context_bind(context, other));
}

TEST(unbinding_a_context_that_nobody_has_is_no_error)
{
    cap_t context = make_context(BUDGET, BUDGET);

    expect_ok(sched_context_unbind(context));
    expect_ok(sched_context_unbind(make(OBJECT_SCHED_CONTEXT, 8)));
}

TEST(lend_refuses_owners_borrowers_and_a_context_without_a_budget)
{
    cap_t thread = make(OBJECT_THREAD, 0), context = make_context(BUDGET, BUDGET),
          other = make_context(BUDGET, BUDGET);

    expect_argument(sched_context_lend(make(OBJECT_SCHED_CONTEXT, 8), thread), ERR_STATE, 0);
    expect_argument(sched_context_lend(context, slot_take()), ERR_CAPABILITY, 1);
    expect_argument(sched_context_lend(context, test_thread), ERR_BUSY, 0);
    expect_argument(sched_context_lend(test_context, thread), ERR_BUSY, 0);
    expect_ok(sched_context_lend(context, thread));
    expect_argument(sched_context_lend(context, thread), ERR_BUSY, 0);
    expect_argument(sched_context_lend(other, thread), ERR_BUSY, 0);
    expect_argument(sched_context_bind(other, thread), ERR_BUSY, 0);
    expect_ok(sched_context_unbind(context));
    expect_ok(sched_context_bind(other, thread));
}

TEST(set_budget_checks_its_arguments)
{
    cap_t context = make(OBJECT_SCHED_CONTEXT, 8);
    time_ns_t minimum = boot->budget_minimum_ns, hour = 3600ull * 1000000000;

    expect_argument(core_range_set_budget(CORES, test_thread, 0, BUDGET, BUDGET, 0), ERR_TYPE, 1);
    expect_argument(core_range_set_budget(CORES, slot_take(), 0, BUDGET, BUDGET, 0), ERR_CAPABILITY, 1);
    expect_argument(core_range_set_budget(CORES, mint(context, RIGHT_READ, 0), 0, BUDGET, BUDGET, 0),
                    ERR_RIGHT, 1);
    expect_argument(core_range_set_budget(CORES, context, boot->cores, BUDGET, BUDGET, 0), ERR_RANGE, 2);
    expect_argument(core_range_set_budget(CORES, context, ~(word_t)0, BUDGET, BUDGET, 0), ERR_RANGE, 2);
    expect_argument(core_range_set_budget(CORES, context, 0, minimum - 1, BUDGET, 0), ERR_RANGE, 3);
    expect_argument(core_range_set_budget(CORES, context, 0, 0, BUDGET, 0), ERR_RANGE, 3);
    expect_argument(core_range_set_budget(CORES, context, 0, BUDGET, BUDGET - 1, 0), ERR_RANGE, 4);
    expect_argument(core_range_set_budget(CORES, context, 0, BUDGET, hour + 1, 0), ERR_RANGE, 4);
    expect_ok(core_range_set_budget(CORES, context, 0, minimum, minimum, 0));
    expect_ok(core_range_set_budget(CORES, context, 0, hour, hour, 0));
    expect_ok(core_range_set_budget(CORES, context, 0, minimum, hour, ~(word_t)0));
}

TEST(context_info_tells_budget_period_and_core)
{
    cap_t context = make_context(2000000, 10000000);

    expect_between(context_info(context).budget_ns, 1999999, 2000000);
    expect_between(context_info(context).period_ns, 9999999, 10000000);
    expect_equal(context_info(context).core, 0);
    expect_equal(context_info(context).consumed_ns, 0);
}

TEST(a_thread_without_a_context_waits_until_it_gets_one)
{
    struct worker *worker =
        worker_run(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0), .passive = true);

    settle();
    expect_state(worker, THREAD_STATE_RUNNABLE);
    expect_ok(sched_context_bind(make_context(BUDGET, BUDGET), worker->thread));
    expect_state(worker, THREAD_STATE_WAITING);
}

TEST(unbinding_a_running_threads_context_stops_its_time_and_binding_goes_on)
{
    struct worker *worker = worker_run(.function = peer_spin, .priority = PRIORITY_BELOW);

    sleep_ns(100000);
    expect_ok(sched_context_unbind(worker->context));
    word_t count = worker->seen[5];
    expect_true(count > 0);
    sleep_ns(100000);
    expect_equal(worker->seen[5], count);
    expect_state(worker, THREAD_STATE_RUNNABLE);
    expect_ok(sched_context_bind(worker->context, worker->thread));
    sleep_ns(100000);
    expect_true(worker->seen[5] > count);
}

/* ---- Passive servers */

struct served {
    cap_t endpoint, reply, timeout, timeout_reply;
    struct worker *server, *client;
    struct message fault;
};

static void set_up(struct served *s, void (*function)(struct worker *), unsigned priority, bool handler)
{
    *s = (struct served){ .endpoint = make(OBJECT_ENDPOINT, 0),
                          .reply = make(OBJECT_REPLY, 0),
                          .timeout = handler ? make(OBJECT_ENDPOINT, 0) : CAP_NULL,
                          .timeout_reply = make(OBJECT_REPLY, 0) };
    s->server = start_passive(worker_make(.function = function, .argument = PAIR(s->endpoint, s->reply),
                                          .passive = true, .priority = priority,
                                          .timeout = handler ? mint(s->timeout, RIGHTS_ALL, 5) : CAP_NULL));
}

static void expect_timeout_fault(struct served *s, word_t badge, word_t reason)
{
    expect_equal(sys_recv_poll(s->timeout, &s->fault, s->timeout_reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(s->fault.tag, tag_make(FAULT_TIMEOUT, FAULT_WORDS, 0));
    expect_equal(s->fault.badge, 5);
    expect_equal(s->fault.word[0], badge);
    expect_equal(s->fault.word[1], reason);
}

TEST(a_passive_server_runs_on_its_callers_context_and_gives_it_back)
{
    struct served s;
    struct message message = message_of(0, 1, 7);

    set_up(&s, peer_serve, PRIORITY_ABOVE, false);
    time_ns_t before = context_info(test_context).consumed_ns;
    time_ns_t begin = time_now_ns();
    for (unsigned i = 0; i < 100; i++)
        expect_ok(sys_call(s.endpoint, &message));
    time_ns_t used = time_now_ns() - begin;
    expect_equal(message.word[0], 107);
    expect_between(context_info(test_context).consumed_ns - before, used * 95 / 100,
                   used * 110 / 100 + 100000);
    expect_state(s.server, THREAD_STATE_RECEIVING);
}

TEST(a_passive_server_of_lower_priority_serves_when_it_is_its_turn)
{
    struct served s;
    struct message message = message_of(0, 1, 7);

    set_up(&s, peer_serve, PRIORITY_BELOW, false);
    expect_ok(sys_call(s.endpoint, &message));
    expect_equal(message.word[0], 8);
}

TEST(a_plain_send_to_a_passive_server_without_a_handler_leaves_it_waiting_for_time)
{
    struct served s;
    struct message message = message_of(0, 1, 7);

    set_up(&s, peer_serve, PRIORITY_ABOVE, false);
    expect_ok(sys_send(s.endpoint, &message));
    settle();
    expect_state(s.server, THREAD_STATE_RUNNABLE);
    expect_ok(sched_context_bind(make_context(BUDGET, BUDGET), s.server->thread));
    expect_state(s.server, THREAD_STATE_RECEIVING);
    expect_equal(s.server->seen[3], 7);
}

TEST(a_plain_send_to_a_passive_server_with_a_handler_is_a_timeout_fault)
{
    struct served s;
    struct message message = message_of(0, 1, 7);

    set_up(&s, peer_serve, PRIORITY_ABOVE, true);
    expect_ok(sys_send(s.endpoint, &message));
    expect_timeout_fault(&s, 0, TIMEOUT_WITHDRAWN);
    expect_equal(s.server->seen[4], 0);
    expect_ok(sched_context_lend(make_context(BUDGET, BUDGET), s.server->thread));
    expect_equal(s.server->seen[4], 0); /* it goes on only when the handler answers */
    expect_ok(answer(s.timeout_reply, FAULT_REPLY_RESUME, 0, 0, 0));
    expect_equal(s.server->seen[4], 1);
    expect_equal(s.server->seen[3], 7);
    expect_state(s.server, THREAD_STATE_RECEIVING);
}

/* A passive server that is working below the test's priority, on the context of a client. */
static void working(struct served *s, bool handler)
{
    set_up(s, peer_receive_and_spin, PRIORITY_BELOW, handler);
    s->client = worker_run(.function = peer_call, .argument = s->endpoint);
    sleep_ns(100000);
    expect_equal(s->server->seen[0], OK | STATUS_OWED);
    expect_true(s->server->seen[5] > 0);
    expect_state(s->client, THREAD_STATE_CALLING);
}

static void withdraw_by_unbind(struct served *s)
{
    expect_ok(sched_context_unbind(s->client->context));
}

static void withdraw_by_destroying_the_context(struct served *s)
{
    erase(s->client->context);
}

static void withdraw_by_destroying_the_client(struct served *s)
{
    erase(s->client->thread);
}

/* The kernel took the context back to the client and forgot to tell the server. */
static void withdraw_by_cancelling_the_client(struct served *s)
{
    expect_ok(thread_cancel(s->client->thread));
}

static void withdraw_by_suspending_the_client(struct served *s)
{
    expect_ok(thread_suspend(s->client->thread, 0));
}

static void withdraw_by_destroying_the_reply(struct served *s)
{
    erase(s->reply);
}

static void (*const ways_to_withdraw[])(struct served *) = {
    withdraw_by_unbind,
    withdraw_by_destroying_the_context,
    withdraw_by_destroying_the_client,
    withdraw_by_cancelling_the_client,
    withdraw_by_suspending_the_client,
    withdraw_by_destroying_the_reply,
};

TEST(a_working_passive_server_whose_time_is_taken_away_gets_a_timeout_fault)
{
    for (unsigned i = 0; i < COUNT(ways_to_withdraw); i++) {
        struct served s;
        working(&s, true);
        ways_to_withdraw[i](&s);
        expect_timeout_fault(&s, 0, TIMEOUT_WITHDRAWN);
        word_t count = s.server->seen[5];
        /* The handler lends it another, and it goes on where it was. */
        cap_t recovery = make_context(BUDGET, BUDGET);
        expect_ok(sched_context_lend(recovery, s.server->thread));
        expect_ok(answer(s.timeout_reply, FAULT_REPLY_RESUME, 0, 0, 0));
        sleep_ns(100000);
        expect_true(s.server->seen[5] > count);
        expect_ok(thread_suspend(s.server->thread, 0));
    }
}

TEST(a_working_passive_server_without_a_handler_whose_time_is_taken_away_stops)
{
    for (unsigned i = 0; i < COUNT(ways_to_withdraw); i++) {
        struct served s;
        working(&s, false);
        ways_to_withdraw[i](&s);
        expect_equal(worker_info(s.server).state, THREAD_STATE_STOPPED);
        expect_equal(worker_info(s.server).stopped, THREAD_STOP_FAULT);
        expect_equal(worker_info(s.server).code, FAULT_TIMEOUT);
    }
}

TEST(the_client_of_a_passive_server_that_stops_without_time_gets_peer_gone)
{
    struct served s;

    working(&s, false);
    expect_ok(sched_context_unbind(s.client->context));
    expect_state(s.server, THREAD_STATE_STOPPED);
    expect_state(s.client, THREAD_STATE_RUNNABLE); /* it has no time to see it */
    expect_ok(sched_context_bind(s.client->context, s.client->thread));
    worker_finish(s.client);
    expect_equal(s.client->seen[0], ERR_PEER_GONE);
}

TEST(a_timeout_handler_that_gives_up_stops_the_server)
{
    struct served s;

    working(&s, true);
    expect_ok(sched_context_unbind(s.client->context));
    expect_timeout_fault(&s, 0, TIMEOUT_WITHDRAWN);
    expect_ok(answer(s.timeout_reply, FAULT_REPLY_STOP, 0, 0, 0));
    expect_state(s.server, THREAD_STATE_STOPPED);
    expect_ok(sched_context_bind(s.client->context, s.client->thread));
    worker_finish(s.client);
    expect_equal(s.client->seen[0], ERR_PEER_GONE);
}

TEST(a_lent_context_is_with_the_server_until_it_waits_again)
{
    struct served s;
    struct message message = message_of(0, 1, 7);
    cap_t recovery = make_context(BUDGET, BUDGET);

    set_up(&s, peer_serve, PRIORITY_ABOVE, true);
    expect_ok(sys_send(s.endpoint, &message));
    expect_timeout_fault(&s, 0, TIMEOUT_WITHDRAWN);
    expect_ok(sched_context_lend(recovery, s.server->thread));
    expect_argument(sched_context_bind(recovery, make(OBJECT_THREAD, 0)), ERR_BUSY, 0);
    expect_ok(answer(s.timeout_reply, FAULT_REPLY_RESUME, 0, 0, 0));
    expect_state(s.server, THREAD_STATE_RECEIVING);
    expect_ok(sched_context_bind(recovery, make(OBJECT_THREAD, 0))); /* nobody has it now */
    /* The server is passive as before. */
    expect_ok(sys_call(s.endpoint, &message));
}

TEST(a_used_up_donated_budget_is_a_timeout_fault_with_the_contexts_badge)
{
    struct served s;

    set_up(&s, peer_receive_and_spin, PRIORITY_BELOW, true);
    s.client = worker_make(.function = peer_call, .argument = s.endpoint, .budget_ns = 200000,
                           .period_ns = 10000000);
    expect_ok(core_range_set_budget(CORES, s.client->context, 0, 200000, 10000000, 0xabc));
    worker_start(s.client);
    sleep_ns(1000000);
    expect_timeout_fault(&s, 0xabc, TIMEOUT_EXHAUSTED);
    expect_between(context_info(s.client->context).consumed_ns, 190000, 260000);
    /* A plain answer lets it wait for the replenishment. */
    expect_ok(answer(s.timeout_reply, FAULT_REPLY_RESUME, 0, 0, 0));
    word_t count = s.server->seen[5];
    sleep_ns(1000000);
    expect_equal(s.server->seen[5], count);
    sleep_ns(10000000);
    expect_true(s.server->seen[5] > count);
    expect_timeout_fault(&s, 0xabc, TIMEOUT_EXHAUSTED); /* and then that is used up, too */
    /* Another context instead: the client gets its own back. */
    count = s.server->seen[5];
    expect_ok(sched_context_lend(make_context(BUDGET, BUDGET), s.server->thread));
    expect_ok(answer(s.timeout_reply, FAULT_REPLY_RESUME, 0, 0, 0));
    sleep_ns(100000);
    expect_true(s.server->seen[5] > count);
    expect_state(s.client, THREAD_STATE_CALLING);
    expect_ok(answer(s.reply, 0, 0, 0, 0));
    expect_ok(thread_suspend(s.server->thread, 0));
    sleep_ns(10000000);
    expect_equal(s.client->done, 1);
    expect_equal(s.client->seen[0], OK);
}

TEST(a_used_up_donated_budget_without_a_handler_is_waited_for)
{
    struct served s;

    set_up(&s, peer_receive_and_spin, PRIORITY_BELOW, false);
    s.client =
        worker_run(.function = peer_call, .argument = s.endpoint, .budget_ns = 200000, .period_ns = 10000000);
    sleep_ns(1000000);
    word_t count = s.server->seen[5];
    expect_true(count > 0);
    sleep_ns(1000000);
    expect_equal(s.server->seen[5], count);
    sleep_ns(10000000);
    expect_true(s.server->seen[5] > count);
    expect_state(s.client, THREAD_STATE_CALLING);
}

TEST(a_thread_on_its_own_context_faults_when_it_is_used_up_only_if_it_has_a_timeout_endpoint)
{
    cap_t timeout = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *with =
        worker_run(.function = peer_spin, .budget_ns = 200000, .period_ns = 10000000, .timeout = timeout);
    struct worker *without = worker_run(.function = peer_spin, .budget_ns = 200000, .period_ns = 10000000);
    struct message fault;

    expect_equal(sys_recv_poll(timeout, &fault, reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(fault.word[1], TIMEOUT_EXHAUSTED);
    expect_state(with, THREAD_STATE_CALLING);
    expect_state(without, THREAD_STATE_RUNNABLE);
}

/* ---- Chains */

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
    expect_argument(sched_context_bind(other, s.client->thread), ERR_BUSY, 0); /* it is an owner */
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
