/* SPDX-License-Identifier: BSD-2-Clause */
/* Budgets, slices and the user timer, in (virtual) time: with -icount the counter counts instructions, one a
 * nanosecond. */
#include "peers.h"

#define MS 1000000ull
#define US 1000ull

static time_ns_t consumed(const struct worker *worker)
{
    struct sched_context_info info;
    expect_ok(sched_context_info(worker->context, &info));
    return info.consumed_ns;
}

static struct worker *spinner(unsigned priority, time_ns_t budget, time_ns_t period)
{
    return worker_run(.function = peer_spin, .priority = priority, .budget_ns = budget, .period_ns = period);
}

TEST(a_thread_with_2_ms_in_10_ms_gets_a_fifth_over_100_periods)
{
    struct worker *worker = spinner(PRIORITY_ABOVE, 2 * MS, 10 * MS);

    sleep_ns(20 * MS);
    time_ns_t before = consumed(worker), begin = time_now_ns();
    sleep_ns(1000 * MS);
    time_ns_t share = (consumed(worker) - before) * 1000 / (time_now_ns() - begin);
    note("%lu tenths of a percent", share);
    expect_between(share, 190, 210);
}

TEST(two_threads_with_2_ms_in_10_ms_get_a_fifth_each_and_a_lower_one_the_rest)
{
    struct worker *a = spinner(PRIORITY_ABOVE, 2 * MS, 10 * MS),
                  *b = spinner(PRIORITY_ABOVE, 2 * MS, 10 * MS);
    struct worker *rest = spinner(PRIORITY_BELOW, 10 * MS, 10 * MS);

    sleep_ns(20 * MS);
    time_ns_t start[3] = { consumed(a), consumed(b), consumed(rest) }, begin = time_now_ns();
    sleep_ns(1000 * MS);
    time_ns_t passed = time_now_ns() - begin;
    expect_between((consumed(a) - start[0]) * 1000 / passed, 190, 210);
    expect_between((consumed(b) - start[1]) * 1000 / passed, 190, 210);
    expect_between((consumed(rest) - start[2]) * 1000 / passed, 560, 615);
}

TEST(budgets_of_different_periods_are_kept_together)
{
    static const struct {
        time_ns_t budget, period;
        unsigned share;
    } kinds[] = { { 200 * US, 1 * MS, 200 }, { 3 * MS, 30 * MS, 100 }, { 10 * MS, 100 * MS, 100 } };
    struct worker *worker[3];
    time_ns_t start[3];

    for (unsigned i = 0; i < 3; i++)
        worker[i] = spinner(PRIORITY_ABOVE + 2 - i, kinds[i].budget, kinds[i].period);
    sleep_ns(200 * MS);
    time_ns_t begin = time_now_ns();
    for (unsigned i = 0; i < 3; i++)
        start[i] = consumed(worker[i]);
    sleep_ns(1000 * MS);
    time_ns_t passed = time_now_ns() - begin;
    for (unsigned i = 0; i < 3; i++)
        expect_between((consumed(worker[i]) - start[i]) * 1000 / passed, kinds[i].share * 95 / 100,
                       kinds[i].share * 105 / 100);
}

/* ---- The sporadic server: samples of when it ran */

#define SAMPLES 4000u
static volatile uint64_t sample[SAMPLES];
static volatile unsigned samples;

/* Note the time, again and again: a gap is when it did not run. */
static void note_time(struct worker *worker)
{
    (void)worker;
    while (samples < SAMPLES) {
        sample[samples++] = ticks();
        for (unsigned i = 0; i < 1000; i++)
            __asm__ volatile("" ::: "memory");
    }
    for (;;)
        ;
}

static uint64_t ns_of(uint64_t counter)
{
    return (uint64_t)((unsigned __int128)(counter - boot->counter_start) * boot->ns_multiplier >>
                      boot->ns_shift);
}

/* The most that it ran in any window of a period that begins at a sample. */
static uint64_t most_in_a_window(uint64_t period)
{
    uint64_t most = 0;

    for (unsigned first = 0; first + 1 < samples; first++) {
        uint64_t end = ns_of(sample[first]) + period, used = 0;
        for (unsigned i = first; i + 1 < samples && ns_of(sample[i + 1]) <= end; i++) {
            uint64_t step = ns_of(sample[i + 1]) - ns_of(sample[i]);
            if (step < 50 * US) /* else it was away */
                used += step;
        }
        most = used > most ? used : most;
    }
    return most;
}

TEST(a_budget_is_never_exceeded_in_any_window_of_a_period)
{
    samples = 0;
    worker_run(.function = note_time, .budget_ns = 2 * MS, .period_ns = 10 * MS);
    test_allow_seconds(60);
    while (samples < SAMPLES)
        sleep_ns(10 * MS);
    uint64_t most = most_in_a_window(10 * MS);
    note("at most %lu ns of 2000000 in 10 ms", most);
    expect_true(most > MS);
    expect_between(most, 0, 2 * MS + 60 * US); /* the timer interrupt's own way in */
}

/* What it could not use while others ran came back at once, again and again. */
TEST(a_budget_does_not_add_up_while_threads_of_higher_priority_run)
{
    samples = 0;
    worker_run(.function = note_time, .budget_ns = 200 * US, .period_ns = 1 * MS);
    spinner(PRIORITY_ABOVE + 1, 3 * MS, 30 * MS);
    test_allow_seconds(60);
    while (samples < SAMPLES)
        sleep_ns(10 * MS);
    uint64_t most = most_in_a_window(1 * MS);
    note("at most %lu ns of 200000 in 1 ms", most);
    expect_true(most > 100 * US);
    expect_between(most, 0, 200 * US + 60 * US);
}

/* argument: notification. Works for a part of its budget each time it is woken, at uneven times. */
static void work_when_woken(struct worker *worker)
{
    for (;;) {
        struct message message = { 0 };
        raw_call(SYS_RECV, worker->argument, &message, 0);
        for (unsigned n = 0; n < 60 && samples < SAMPLES; n++) {
            sample[samples++] = ticks();
            for (unsigned i = 0; i < 5000; i++)
                __asm__ volatile("" ::: "memory");
        }
    }
}

TEST(a_budget_used_in_pieces_is_never_exceeded_in_any_window_of_a_period)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), signal = mint(notification, RIGHT_WRITE, 1);
    uint32_t random = 99;

    samples = 0;
    worker_run(.function = work_when_woken, .argument = notification, .budget_ns = 2 * MS,
               .period_ns = 10 * MS);
    for (unsigned i = 0; i < 60 && samples < SAMPLES; i++) {
        random = random * 1664525 + 1013904223;
        sleep_ns((random >> 16) % (4 * MS));
        expect_ok(notification_signal(signal));
    }
    uint64_t most = most_in_a_window(10 * MS);
    note("at most %lu ns of 2000000 in 10 ms, in %u samples", most, samples);
    expect_true(most > MS);
    expect_between(most, 0, 2 * MS + 100 * US);
}

/* ---- Slices and accounts */

TEST(threads_of_one_priority_take_turns_by_their_slices)
{
    struct worker *a = spinner(PRIORITY_BELOW, MS, MS), *b = spinner(PRIORITY_BELOW, MS, MS),
                  *c = spinner(PRIORITY_BELOW, MS, MS);

    for (unsigned i = 0; i < 10; i++) {
        sleep_ns(30 * MS);
        time_ns_t least = consumed(a), most = least;
        least = consumed(b) < least ? consumed(b) : least;
        least = consumed(c) < least ? consumed(c) : least;
        most = consumed(b) > most ? consumed(b) : most;
        most = consumed(c) > most ? consumed(c) : most;
        expect_between(most - least, 0, MS + 200 * US);
    }
}

TEST(a_longer_slice_gets_more_among_equals)
{
    struct worker *a = spinner(PRIORITY_BELOW, MS, MS), *b = spinner(PRIORITY_BELOW, 3 * MS, 3 * MS);

    sleep_ns(400 * MS);
    expect_between(consumed(b) * 100 / consumed(a), 270, 330);
}

TEST(the_time_that_is_consumed_adds_up)
{
    struct worker *a = spinner(PRIORITY_BELOW, MS, MS), *b = spinner(PRIORITY_BELOW, 2 * MS, 10 * MS);
    struct sched_context_info own, after;

    expect_ok(sched_context_info(test_context, &own));
    time_ns_t begin = time_now_ns();
    sleep_ns(300 * MS);
    expect_ok(sched_context_info(test_context, &after));
    time_ns_t sum = consumed(a) + consumed(b) + after.consumed_ns - own.consumed_ns,
              passed = time_now_ns() - begin;
    expect_between(sum, passed * 98 / 100, passed * 102 / 100); /* the ticker of the framework has some */
}

TEST(time_while_waiting_is_not_consumed)
{
    struct worker *worker = worker_run(.function = peer_receive, .argument = make(OBJECT_NOTIFICATION, 0));
    time_ns_t before = consumed(worker);

    sleep_ns(50 * MS);
    expect_equal(consumed(worker), before);
}

static void yield_and_note_time(struct worker *worker)
{
    for (unsigned i = 0; i < 5; i++) {
        worker->seen[i] = ticks();
        struct message message = { 0 };
        raw_call(SYS_YIELD, 0, &message, 0);
    }
}

TEST(yields_of_a_thread_with_a_budget_are_a_period_apart)
{
    struct worker *worker =
        worker_run(.function = yield_and_note_time, .budget_ns = MS, .period_ns = 10 * MS);

    sleep_ns(60 * MS);
    expect_equal(worker->done, 1);
    for (unsigned i = 0; i < 4; i++)
        expect_between(ns_of(worker->seen[i + 1]) - ns_of(worker->seen[i]), 10 * MS - US, 10 * MS + 100 * US);
}

TEST(a_budget_can_be_changed_while_it_is_in_use)
{
    struct worker *worker = spinner(PRIORITY_ABOVE, MS, 10 * MS);

    sleep_ns(30 * MS);
    expect_ok(core_range_set_budget(CORES, worker->context, 0, 5 * MS, 10 * MS, 0));
    time_ns_t before = consumed(worker), begin = time_now_ns();
    sleep_ns(500 * MS);
    expect_between((consumed(worker) - before) * 100 / (time_now_ns() - begin), 48, 53);
    expect_ok(core_range_set_budget(CORES, worker->context, 0, MS, 10 * MS, 0));
    before = consumed(worker);
    begin = time_now_ns();
    sleep_ns(500 * MS);
    expect_between((consumed(worker) - before) * 100 / (time_now_ns() - begin), 9, 11);
}

/* A context that was empty and is set anew, of a thread that waits for it. */
TEST(setting_a_budget_wakes_a_thread_that_waited_for_its_replenishment)
{
    struct worker *worker = spinner(PRIORITY_ABOVE, MS, 1000 * MS);
    word_t count = worker->seen[5];

    sleep_ns(MS);
    expect_equal(worker->seen[5], count);
    expect_ok(core_range_set_budget(CORES, worker->context, 0, MS, 1000 * MS, 0));
    expect_true(worker->seen[5] > count);
}

/* ---- The user timer */

static cap_t timer_notification(void)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);

    expect_ok(core_range_bind_timer(CORES, 0, mint(notification, RIGHT_WRITE, 0x11)));
    return notification;
}

static void release_timer(void)
{
    expect_ok(core_range_bind_timer(CORES, 0, CAP_NULL));
}

TEST(the_user_timer_fires_once_at_its_deadline_and_not_before)
{
    static const time_ns_t delays[] = { 50 * US, 333 * US, MS, 7 * MS, 100 * MS };
    cap_t notification = timer_notification();
    word_t bits;

    for (unsigned i = 0; i < COUNT(delays); i++) {
        time_ns_t deadline = time_now_ns() + delays[i];
        expect_ok(core_range_set_timer(CORES, 0, deadline));
        expect_equal(notification_wait(notification, &bits), OK | STATUS_SIGNAL);
        expect_equal(bits, 0x11);
        expect_between(time_now_ns(), deadline, deadline + 20 * US + delays[i] / 1000);
        expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    }
    release_timer();
}

TEST(a_deadline_in_the_past_fires_at_once)
{
    static const time_ns_t deadlines[] = { 0, 1, 1000 };
    cap_t notification = timer_notification();
    word_t bits;

    for (unsigned i = 0; i < COUNT(deadlines); i++) {
        time_ns_t begin = time_now_ns();
        expect_ok(core_range_set_timer(CORES, 0, deadlines[i]));
        expect_ok(notification_wait(notification, &bits));
        expect_between(time_now_ns() - begin, 0, 50 * US);
    }
    release_timer();
}

TEST(the_user_timer_can_be_cancelled_and_set_anew)
{
    cap_t notification = timer_notification();
    word_t bits;

    expect_ok(core_range_set_timer(CORES, 0, time_now_ns() + MS));
    expect_ok(core_range_set_timer(CORES, 0, ~(word_t)0));
    spinner(PRIORITY_BELOW, MS, MS);
    for (uint64_t end = time_now_ns() + 3 * MS; time_now_ns() < end;)
        ;
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    time_ns_t begin = time_now_ns();
    expect_ok(core_range_set_timer(CORES, 0, begin + 20 * MS)); /* later, and then earlier */
    expect_ok(core_range_set_timer(CORES, 0, begin + 2 * MS));
    expect_ok(notification_wait(notification, &bits));
    expect_between(time_now_ns() - begin, 2 * MS, 2 * MS + 50 * US);
    release_timer();
}

TEST(a_very_late_deadline_never_fires)
{
    cap_t notification = timer_notification();
    word_t bits;

    expect_ok(core_range_set_timer(CORES, 0, ~(word_t)0 - 1));
    for (uint64_t end = time_now_ns() + 3 * MS; time_now_ns() < end;)
        ;
    expect_status(notification_poll(notification, &bits), ERR_WOULD_BLOCK);
    release_timer();
}

TEST(binding_the_user_timer_anew_turns_it_off_and_signals_the_new_one)
{
    cap_t first = timer_notification(), second = make(OBJECT_NOTIFICATION, 0);
    word_t bits;

    expect_ok(core_range_set_timer(CORES, 0, time_now_ns() + MS));
    expect_ok(core_range_bind_timer(CORES, 0, mint(second, RIGHT_WRITE, 0x22)));
    for (uint64_t end = time_now_ns() + 2 * MS; time_now_ns() < end;)
        ;
    expect_status(notification_poll(first, &bits), ERR_WOULD_BLOCK);
    expect_status(notification_poll(second, &bits), ERR_WOULD_BLOCK);
    expect_ok(core_range_set_timer(CORES, 0, time_now_ns() + MS));
    expect_ok(notification_wait(second, &bits));
    expect_equal(bits, 0x22);
    release_timer();
}

TEST(the_user_timer_operations_check_their_arguments)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);

    expect_argument(core_range_set_timer(CORES, 0, 1000), ERR_STATE, 0); /* nothing is bound */
    expect_argument(core_range_set_timer(CORES, boot->cores, 1000), ERR_RANGE, 1);
    expect_argument(core_range_bind_timer(CORES, boot->cores, notification), ERR_RANGE, 1);
    expect_argument(core_range_bind_timer(CORES, 0, test_thread), ERR_TYPE, 2);
    expect_argument(core_range_bind_timer(CORES, 0, slot_take()), ERR_CAPABILITY, 2);
    expect_argument(core_range_bind_timer(CORES, 0, mint(notification, RIGHT_READ, 0)), ERR_RIGHT, 2);
}

TEST(deleting_the_notification_of_the_user_timer_turns_nothing_else_off)
{
    cap_t memory = make(OBJECT_UNTYPED, 12), notification = make_from(memory, OBJECT_NOTIFICATION, 0);
    cap_t badged = mint(notification, RIGHTS_ALL, 1);

    expect_ok(core_range_bind_timer(CORES, 0, badged));
    expect_ok(core_range_set_timer(CORES, 0, time_now_ns() + 2 * MS));
    erase(badged);
    expect_ok(cnode_revoke(CNODE, memory));
    expect_argument(core_range_set_timer(CORES, 0, time_now_ns() + MS), ERR_STATE, 0);
    sleep_ns(4 * MS);
}

TEST(the_user_timer_wakes_a_thread_above_one_that_computes)
{
    cap_t notification = timer_notification();
    struct worker *waiter =
        worker_run(.function = peer_receive, .argument = notification, .priority = PRIORITY_ABOVE);
    time_ns_t begin = time_now_ns();

    expect_ok(core_range_set_timer(CORES, 0, begin + MS));
    while (!waiter->done && time_now_ns() < begin + 10 * MS)
        ;
    expect_between(time_now_ns() - begin, MS, MS + 50 * US);
    release_timer();
}
