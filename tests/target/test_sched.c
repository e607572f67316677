/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts: binding, lending, budgets, and what they tell. */
#include "passive.h"

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
    expect_argument(sched_context_bind(make_context(BUDGET, BUDGET), thread), ERR_BUSY, 1);
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
    expect_argument(sched_context_lend(context, test_thread), ERR_BUSY, 1);
    expect_argument(sched_context_lend(test_context, thread), ERR_BUSY, 0);
    expect_ok(sched_context_lend(context, thread));
    expect_argument(sched_context_lend(context, thread), ERR_BUSY, 0);
    expect_argument(sched_context_lend(other, thread), ERR_BUSY, 1);
    expect_argument(sched_context_bind(other, thread), ERR_BUSY, 1);
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
