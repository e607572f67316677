/* SPDX-License-Identifier: BSD-2-Clause */
/* The longest that has to do with threads, who waits for whom, and time. */
#include "worst.h"

static struct worker *crowd[MANY];

static void crowd_run(void (*function)(struct worker *), word_t argument)
{
    for (unsigned i = 0; i < MANY; i++)
        crowd[i] =
            worker_run(.function = function, .argument = argument, .priority = PRIORITY_ABOVE + i % 20);
    settle();
}

TEST(deletion_of_an_endpoint_with_60_receivers)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    crowd_run(receive_once, endpoint);
    WORST(erase(endpoint));
}

TEST(deletion_of_an_endpoint_with_60_callers)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    crowd_run(call_once, endpoint);
    WORST(erase(endpoint));
}

TEST(deletion_of_a_notification_with_60_waiters)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);

    crowd_run(wait_once, mint(notification, RIGHTS_ALL, 1));
    WORST((expect_ok(cnode_revoke(CNODE, notification)), erase(notification)));
}

TEST(cancelling_60_senders_of_one_badge)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    crowd_run(send_once, mint(endpoint, RIGHTS_ALL, 9));
    WORST(expect_ok(cnode_cancel_badge(CNODE, endpoint, 9)));
}

TEST(signal_to_the_first_of_60_waiters)
{
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    crowd_run(wait_once, notification);
    WORST(expect_ok(notification_signal(notification)));
}

TEST(priority_of_one_among_60_waiters)
{
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    crowd_run(wait_once, notification);
    WORST(expect_ok(thread_set_priority(crowd[MANY / 2]->thread, PRIORITY_ABOVE + 30, PRIORITY_MAX)));
}

TEST(deletion_of_a_waiting_thread)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), death = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker = worker_run(.function = call_once, .argument = endpoint, .death = death);

    settle();
    WORST(erase(worker->thread));
}

TEST(reading_and_writing_all_registers)
{
    static word_t registers[REGISTER_COUNT];
    struct worker *worker = worker_run(.function = wait_once, .argument = make(OBJECT_NOTIFICATION, 0));

    settle();
    expect_ok(thread_suspend(worker->thread, 0));
    WORST(expect_ok(thread_read_registers(worker->thread, registers)));
    WORST_OF("writing_all_registers",
             expect_ok(thread_write_registers(worker->thread, 0, registers, REGISTER_COUNT)));
}

/* ---- Chains of calls */

#define CHAIN 30u /* passive servers, each calling the next */

/* The context that all of them run on is destroyed. None has a handler: each stops, which ends the call of the one before. */
TEST(context_of_a_chain_of_30_calls_is_destroyed)
{
    cap_t endpoint[CHAIN], reply[CHAIN];

    for (unsigned i = 0; i < CHAIN; i++) {
        endpoint[i] = make(OBJECT_ENDPOINT, 0);
        reply[i] = make(OBJECT_REPLY, 0);
    }
    for (unsigned i = 0; i < CHAIN; i++)
        start_passive(
            worker_make(.function = i + 1 < CHAIN ? peer_pass_on : peer_receive_and_spin,
                        .argument = TRIPLE(endpoint[i], reply[i], i + 1 < CHAIN ? endpoint[i + 1] : 0),
                        .passive = true, .priority = PRIORITY_BELOW));
    struct worker *client = worker_run(.function = peer_call, .argument = endpoint[0]);
    sleep_ns(NS_PER_MS);
    WORST(erase(client->context));
}

/* ---- Time */

static void burn(struct worker *worker)
{
    for (;;)
        worker->seen[0]++;
}

/* All their budgets are used up, and come back in one moment. */
TEST(budgets_of_60_threads_come_back_at_once)
{
    for (unsigned i = 0; i < MANY; i++)
        crowd[i] = worker_run(.function = burn, .budget_ns = boot->budget_minimum_ns,
                              .period_ns = 60 * boot->budget_minimum_ns, .priority = PRIORITY_ABOVE + i % 20);
    WORST(sleep_ns(500 * (time_ns_t)boot->budget_minimum_ns));
}

static void sleep_often(struct worker *worker)
{
    word_t bits;
    for (;;)
        notification_wait(worker->argument, &bits);
}

TEST(timer_and_signals_with_60_threads_of_ever_other_budgets)
{
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    for (unsigned i = 0; i < MANY; i++)
        crowd[i] =
            worker_run(.function = i % 2 ? burn : sleep_often, .argument = notification,
                       .budget_ns = boot->budget_minimum_ns + i * 1000,
                       .period_ns = (40 + i) * boot->budget_minimum_ns, .priority = PRIORITY_ABOVE + i % 20);
    WORST(for (unsigned i = 0; i < 200; i++) {
        sleep_ns(boot->budget_minimum_ns);
        expect_ok(notification_signal(notification));
    });
}
