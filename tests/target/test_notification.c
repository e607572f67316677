/* SPDX-License-Identifier: BSD-2-Clause */
/* Notifications by themselves: signals, polling, waiting, rights. Binding to threads and endpoints is in
 * test_ipc. */
#include "target.h"

TEST(signal_adds_the_badge_to_the_word)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    word_t bits;

    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 5)));
    expect_ok(notification_signal(mint(notification, RIGHTS_ALL, 8)));
    expect_equal(notification_poll(notification, &bits), OK | STATUS_SIGNAL);
    expect_equal(bits, 13);
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
}

static void wait_once(struct worker *worker)
{
    word_t bits;
    worker->seen[0] = notification_wait(worker->argument, &bits);
    worker->seen[1] = bits;
}

TEST(signal_wakes_one_waiter)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *first = worker_run(.function = wait_once, .argument = notification);
    struct worker *second =
        worker_run(.function = wait_once, .argument = notification, .priority = PRIORITY_BELOW);

    settle();
    expect_state(first, THREAD_STATE_WAITING);
    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 3)));
    worker_finish(first);
    expect_equal(first->seen[0], OK | STATUS_SIGNAL);
    expect_equal(first->seen[1], 3);
    expect_state(second, THREAD_STATE_WAITING);
}

TEST(worker_in_another_space_runs_the_same_program)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    struct worker *worker =
        worker_run(.function = wait_once, .argument = notification, .space = space_with_program());

    expect_ok(notification_signal(mint(notification, RIGHT_WRITE, 3)));
    worker_finish(worker);
    expect_equal(worker->seen[1], 3);
}

TEST(sleeping_takes_the_time_it_says)
{
    time_ns_t before = time_now_ns();
    sleep_ns(3 * NS_PER_MS);
    expect_between(time_now_ns() - before, 3 * NS_PER_MS, 4 * NS_PER_MS);
}
