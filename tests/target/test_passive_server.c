/* SPDX-License-Identifier: BSD-2-Clause */
/* Passive servers: they run on their callers' time, and it can be used up or taken away. */
#include "passive.h"

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
