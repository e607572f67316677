/* SPDX-License-Identifier: BSD-2-Clause */
/* Who is served first: priorities and arrival at endpoints and notifications, preemption, yielding, maximum
 * controlled priority. */
#include "peers.h"

static volatile word_t order[64];
static volatile unsigned ordered;

static void note_turn(word_t who)
{
    order[ordered++] = who;
}

/* argument: what it waits at, and who it is. */
static void wait_and_note(struct worker *worker)
{
    struct message message = { 0 };
    status_t status = raw_call(SYS_RECV, FIRST(worker->argument), &message, 0);
    note_turn(SECOND(worker->argument));
    report(worker, status, &message);
}

static void send_and_note(struct worker *worker)
{
    struct message message = message_of(SECOND(worker->argument), 0, 0);
    status_t status = raw_call(SYS_SEND, FIRST(worker->argument), &message, 0);
    report(worker, status, &message);
}

static struct worker *waiter(void (*function)(struct worker *), cap_t at, word_t who, unsigned priority)
{
    return worker_run(.function = function, .argument = PAIR(at, who), .priority = priority);
}

static void expect_order(const char *expected)
{
    for (unsigned i = 0; expected[i]; i++)
        expect_equal(order[i], expected[i] - '0');
    expect_equal(ordered, strlen(expected));
}

/* Take all senders, one after the other, and note who they are. */
static void take_all(cap_t endpoint)
{
    struct message message;

    while (status_error(sys_recv_poll(endpoint, &message, CAP_NULL)) == OK)
        note_turn(tag_label(message.tag));
}

TEST(senders_are_served_by_priority_and_in_order_of_arrival_within_one)
{
    static const unsigned priorities[] = { 105, 103, 109, 105, 103, 109, 107, 105 };
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    ordered = 0;
    for (unsigned i = 0; i < COUNT(priorities); i++)
        waiter(send_and_note, endpoint, i, priorities[i]);
    take_all(endpoint);
    expect_order("25603714");
}

TEST(receivers_are_served_by_priority_and_in_order_of_arrival_within_one)
{
    static const unsigned priorities[] = { 105, 103, 109, 105, 103, 109, 107, 105 };
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct message message = { 0 };

    ordered = 0;
    for (unsigned i = 0; i < COUNT(priorities); i++)
        waiter(wait_and_note, endpoint, i, priorities[i]);
    for (unsigned i = 0; i < COUNT(priorities); i++)
        expect_ok(sys_send_poll(endpoint, &message));
    expect_order("25603714");
}

TEST(waiters_at_a_notification_are_served_by_priority_and_in_order_of_arrival_within_one)
{
    static const unsigned priorities[] = { 105, 103, 109, 105, 103, 109, 107, 105 };
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    ordered = 0;
    for (unsigned i = 0; i < COUNT(priorities); i++)
        waiter(wait_and_note, notification, i, priorities[i]);
    for (unsigned i = 0; i < COUNT(priorities); i++)
        expect_ok(notification_signal(notification));
    expect_order("25603714");
}

TEST(a_change_of_priority_moves_a_queued_sender_and_keeps_its_arrival)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker[6];

    ordered = 0;
    for (unsigned i = 0; i < 6; i++)
        worker[i] = waiter(send_and_note, endpoint, i, 105);
    expect_ok(thread_set_priority(worker[4]->thread, 120, 255));
    expect_ok(thread_set_priority(worker[0]->thread, 101, 255));
    expect_ok(thread_set_priority(worker[2]->thread, 120, 255)); /* arrived before 4 */
    expect_ok(thread_set_priority(worker[5]->thread, 50, 255));
    expect_ok(thread_set_priority(worker[5]->thread, 105, 255));
    take_all(endpoint);
    expect_order("241350");
}

TEST(a_change_of_priority_moves_a_queued_receiver_and_a_waiter)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0),
          notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
    struct message message = { 0 };
    struct worker *worker[6];

    ordered = 0;
    for (unsigned i = 0; i < 6; i++)
        worker[i] = waiter(wait_and_note, i < 3 ? endpoint : notification, i, 105);
    expect_ok(thread_set_priority(worker[2]->thread, 120, 255));
    expect_ok(thread_set_priority(worker[5]->thread, 120, 255));
    for (unsigned i = 0; i < 3; i++)
        expect_ok(sys_send_poll(endpoint, &message));
    for (unsigned i = 0; i < 3; i++)
        expect_ok(notification_signal(notification));
    expect_order("201534");
}

/* A queue of many, in a wild order, with changes and departures in the middle: the sequence is right to the
 * end. */
TEST(forty_senders_with_changing_priorities_are_served_in_order)
{
    enum { SENDERS = 40 };
    static unsigned priority[SENDERS];
    static bool gone[SENDERS];
    struct worker *worker[SENDERS];
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    uint32_t random = 12345;
    struct message message;

    for (unsigned i = 0; i < SENDERS; i++) {
        random = random * 1664525 + 1013904223;
        priority[i] = 101 + (random >> 16) % 20;
        gone[i] = false;
        worker[i] = worker_run(.function = send_and_note, .argument = PAIR(endpoint, i),
                               .priority = priority[i], .budget_ns = 1000000);
    }
    for (unsigned n = 0; n < 60; n++) {
        random = random * 1664525 + 1013904223;
        unsigned i = (random >> 16) % SENDERS;
        if (n % 4 == 0) {
            expect_ok(thread_cancel(worker[i]->thread));
            gone[i] = true;
        } else if (!gone[i]) {
            priority[i] = 101 + (random >> 20) % 20;
            expect_ok(thread_set_priority(worker[i]->thread, priority[i], 255));
        }
    }
    for (;;) {
        int best = -1;
        for (int i = 0; i < SENDERS; i++)
            if (!gone[i] && (best < 0 || priority[i] > priority[best]))
                best = i;
        status_t status = sys_recv_poll(endpoint, &message, CAP_NULL);
        if (best < 0) {
            expect_status(status, ERR_WOULD_BLOCK);
            break;
        }
        expect_ok(status);
        expect_equal(tag_label(message.tag), best);
        gone[best] = true;
    }
}

TEST(a_thread_of_higher_priority_runs_as_soon_as_it_is_woken)
{
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
    struct worker *above =
        worker_run(.function = peer_receive, .argument = notification, .priority = PRIORITY_ABOVE);

    expect_equal(above->seen[4], 0);
    expect_ok(notification_signal(notification));
    expect_equal(above->done, 1);
}

TEST(a_thread_of_the_same_or_lower_priority_does_not_preempt)
{
    static const unsigned priorities[] = { TEST_PRIORITY, PRIORITY_BELOW };

    for (unsigned i = 0; i < COUNT(priorities); i++) {
        cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
        struct worker *other =
            worker_run(.function = peer_receive, .argument = notification, .priority = priorities[i]);
        settle();
        expect_state(other, THREAD_STATE_WAITING);
        expect_ok(notification_signal(notification));
        expect_state(other, THREAD_STATE_RUNNABLE);
        expect_equal(other->seen[4], 0);
        worker_finish(other);
    }
}

TEST(raising_a_ready_thread_runs_it_and_lowering_oneself_gives_way)
{
    struct worker *worker = worker_run(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0),
                                       .priority = PRIORITY_BELOW);

    expect_state(worker, THREAD_STATE_RUNNABLE);
    expect_ok(thread_set_priority(worker->thread, PRIORITY_ABOVE, 255));
    expect_state(worker, THREAD_STATE_WAITING);
    worker = worker_run(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0),
                        .priority = PRIORITY_BELOW);
    expect_ok(thread_set_priority(test_thread, PRIORITY_BELOW - 1, 255));
    expect_state(worker, THREAD_STATE_WAITING);
    expect_equal(worker_info(worker).priority, PRIORITY_BELOW);
}

/* argument: who it is. */
static void take_turns(struct worker *worker)
{
    for (unsigned i = 0; i < 3; i++) {
        note_turn(worker->argument);
        sys_yield();
    }
}

TEST(yield_passes_to_the_next_of_the_same_priority_in_turn)
{
    ordered = 0;
    for (unsigned i = 0; i < 3; i++)
        worker_run(.function = take_turns, .argument = i, .priority = PRIORITY_BELOW);
    settle();
    expect_order("012012012");
}

TEST(yield_does_not_pass_to_lower_priorities)
{
    ordered = 0;
    worker_run(.function = take_turns, .argument = 1, .priority = PRIORITY_BELOW);
    worker_run(.function = take_turns, .argument = 0, .priority = PRIORITY_BELOW + 1);
    settle();
    expect_order("000111");
}

/* argument: thread, its first and second number. */
static void set_own_priority(struct worker *worker)
{
    struct message message = { .tag = tag_make(OP_THREAD_SET_PRIORITY, 2, 0),
                               .word = { SECOND(worker->argument), THIRD(worker->argument) } };
    status_t status = raw_call(SYS_CALL, FIRST(worker->argument), &message, 0);
    report(worker, status, &message);
}

static status_t set_with_maximum(unsigned maximum, cap_t thread, word_t priority, word_t new_maximum)
{
    struct worker *worker = worker_make(.function = set_own_priority);

    worker->argument = TRIPLE(thread ? thread : worker->thread, priority, new_maximum);
    expect_ok(thread_set_priority(worker->thread, PRIORITY_ABOVE, maximum));
    worker_start(worker);
    worker_finish(worker);
    return worker->seen[0];
}

TEST(nobody_sets_a_priority_above_his_maximum_controlled_priority)
{
    cap_t other = make(OBJECT_THREAD, 0);

    for (unsigned i = 0; i < 2; i++) {
        cap_t thread = i ? other : CAP_NULL; /* another thread, or oneself */
        expect_argument(set_with_maximum(60, thread, 61, 0), ERR_PRIORITY, 1);
        expect_argument(set_with_maximum(60, thread, 60, 61), ERR_PRIORITY, 2);
        expect_argument(set_with_maximum(60, thread, 255, 255), ERR_PRIORITY, 1);
        expect_argument(set_with_maximum(255, thread, 256, 0), ERR_RANGE, 1);
        expect_argument(set_with_maximum(255, thread, 0, 256), ERR_RANGE, 2);
        expect_argument(set_with_maximum(0, thread, 1, 0), ERR_PRIORITY, 1);
        expect_ok(set_with_maximum(60, thread, 60, 60));
    }
}

/* The fast path left equals behind that had been ready for longer; the general path went behind them. */
TEST(fast_and_general_path_choose_the_same_thread_among_equals)
{
    for (unsigned way = 0; way < 2; way++) {
        cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
        struct worker *server =
            start_passive(worker_make(.function = peer_serve, .argument = PAIR(endpoint, reply),
                                      .passive = true, .priority = TEST_PRIORITY));
        struct worker *equal = worker_run(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0),
                                          .priority = TEST_PRIORITY);
        struct message message = message_of(0, 1, 1);
        if (kernel_is_debug())
            expect_ok(sys_debug(DEBUG_FAST, way == 0));
        expect_ok(sys_call(endpoint, &message));
        order[way] = worker_info(equal).state;
        expect_equal(server->seen[4], 1);
    }
    if (kernel_is_debug())
        expect_ok(sys_debug(DEBUG_FAST, 1));
    expect_equal(order[0], order[1]);
}
