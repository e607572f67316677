/* SPDX-License-Identifier: BSD-2-Clause */
/* Who runs when: priorities, time slices, budgets, replenishment, timeout faults, the user timer. Times are
 * in ticks of 1 ns. */
#include "system.h"
#include <lucid/faults.h>

#define MS ((ticks_t)1000000)

static cap_t a, b, c;

static void setup(unsigned priority_a, unsigned priority_b, unsigned priority_c)
{
    system_boot();
    a = make_thread(priority_a);
    b = make_thread(priority_b);
    c = make_thread(priority_c);
    resume(a);
    resume(b);
    resume(c);
}

/* How much of the next `total` ticks each thread ran, if all of them compute all the time. */
static void run_all(const cap_t *threads, ticks_t *used, unsigned count, ticks_t total, ticks_t step)
{
    for (unsigned i = 0; i < count; i++)
        used[i] = 0;
    for (ticks_t gone = 0; gone < total; gone += step) {
        for (unsigned i = 0; i < count; i++)
            if (current() == thread_at(threads[i]))
                used[i] += step;
        host_time_advance(step);
    }
    system_check();
}

TEST(most_important_thread_runs)
{
    setup(10, 30, 20);
    root_sleep();
    EXPECT(current() == thread_at(b));
    CALL(b, OP_THREAD_SUSPEND, 0);
    EXPECT(current() == thread_at(c));
    CALL(c, OP_THREAD_SUSPEND, 0);
    EXPECT(current() == thread_at(a));
    CALL(a, OP_THREAD_SUSPEND, 0);
    EXPECT(current() == NULL);
    system_check();
}

TEST(equal_threads_take_turns)
{
    cap_t all[3];
    ticks_t used[3];

    setup(50, 50, 50);
    all[0] = a;
    all[1] = b;
    all[2] = c;
    root_sleep();
    run_all(all, used, 3, 300 * MS, MS);
    for (unsigned i = 0; i < 3; i++)
        EXPECT(used[i] >= 99 * MS && used[i] <= 101 * MS);
}

TEST(yield_lets_the_next_of_the_same_priority_run)
{
    setup(50, 50, 40);
    root_sleep();
    EXPECT(current() == thread_at(a));
    YIELD();
    EXPECT(current() == thread_at(b));
    YIELD();
    EXPECT(current() == thread_at(a));
    EXPECT_OK(outcome_of(thread_at(a)).status);
}

TEST(yield_alone_goes_on)
{
    setup(50, 40, 30);
    root_sleep();
    YIELD();
    EXPECT(current() == thread_at(a));
}

TEST(yield_on_a_budget_gives_up_the_rest_of_it)
{
    setup(50, 40, 30);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    root_sleep();
    ticks_t start = host.ticks;
    EXPECT(current() == thread_at(a));
    YIELD();
    EXPECT(current() == thread_at(b));
    host_time_advance(start + 10 * MS - 1 - host.ticks);
    EXPECT(current() == thread_at(b));
    host_time_advance(1);
    EXPECT(current() == thread_at(a));
}

TEST(preempted_thread_goes_on_before_its_equals)
{
    setup(50, 50, 40);
    root_sleep();
    EXPECT(current() == thread_at(a));
    host_time_advance(2 * MS);
    root_wake(); /* the root preempts */
    root_sleep();
    EXPECT(current() == thread_at(a));
    host_time_advance(9 * MS);
    EXPECT(current() == thread_at(b));
}

/* ---- Budgets */

TEST(budget_of_2_in_10_gets_a_fifth)
{
    cap_t all[2];
    ticks_t used[2];

    setup(50, 40, 30);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    all[0] = a;
    all[1] = b;
    root_sleep();
    run_all(all, used, 2, 1000 * MS, MS / 10);
    EXPECT(used[0] >= 190 * MS && used[0] <= 210 * MS);
    EXPECT_EQ(used[0] + used[1], 1000 * MS);
}

/* Wakes and sleeps at random, and still never more than its budget in any period. */
TEST(budget_holds_for_a_thread_that_sleeps_now_and_then)
{
    enum { STEPS = 20000 };
    static bool ran[STEPS];
    unsigned window = 0;

    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0), badged = mint(notification, RIGHT_WRITE, 1);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    system_check_off = true;
    root_sleep();
    for (unsigned i = 0; i < STEPS; i++) { /* a step is 100 us */
        if (current() == thread_at(a) && random_below(20) == 0)
            RECV(notification, 0);
        else if (current() == thread_at(b) && random_below(20) == 0)
            SEND(badged, 0);
        ran[i] = current() == thread_at(a);
        host_time_advance(MS / 10);
        window += ran[i];
        if (i >= 100)
            window -= ran[i - 100];
        EXPECT(window <= 20 + 1);
    }
}

/* A less important thread is kept from its budget for long. It has no claim to the time that it missed. */
TEST(budget_does_not_add_up_while_others_run)
{
    cap_t all[2];
    ticks_t used[2];

    setup(50, 60, 40);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    all[0] = a;
    all[1] = c;
    root_sleep();
    EXPECT(current() == thread_at(b));
    host_time_advance(1000 * MS);
    CALL(b, OP_THREAD_SUSPEND, 0);
    run_all(all, used, 2, 100 * MS, MS / 10);
    EXPECT(used[0] <= 24 * MS);
}

/* The machine stood still for a second (a debugger stopped it). Found by the random driver: the thread that ran then had all of that as
 * credit, and its budget did not hold it for many periods. */
TEST(budget_holds_after_a_tick_that_came_very_late)
{
    ticks_t used[2];

    setup(30, 20, 10);
    set_budget(SC_OF(a), 1000000, 10000000, 0);
    root_sleep();
    host.ticks += 1000 * MS;
    host_take_interrupts();
    system_check();
    run_all((cap_t[]){ a, b }, used, 2, 100 * MS, MS / 10);
    EXPECT(used[0] <= 11 * MS);
    EXPECT(used[1] >= 88 * MS);
}

TEST(budget_set_anew_starts_full)
{
    setup(50, 40, 30);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    root_sleep();
    host_time_advance(3 * MS);
    EXPECT(current() == thread_at(b));
    root_wake();
    set_budget(SC_OF(a), 3 * MS, 20 * MS, 0);
    root_sleep();
    EXPECT(current() == thread_at(a));
    host_time_advance(3 * MS);
    EXPECT(current() == thread_at(b));
}

TEST(budget_of_the_running_context_can_be_set)
{
    setup(50, 40, 30);
    root_sleep();
    EXPECT(current() == thread_at(a));
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    EXPECT(current() == thread_at(a));
    host_time_advance(2 * MS);
    EXPECT(current() == thread_at(b));
}

TEST(context_info_tells_what_was_used)
{
    setup(50, 40, 30);
    root_sleep();
    host_time_advance(3 * MS);
    struct outcome seen = CALL(SC_OF(a), OP_SCHED_CONTEXT_INFO);
    EXPECT_EQ(long_at(&seen, 0), 3 * MS);
    EXPECT_EQ(long_at(&seen, LONG_WORDS), 10 * MS);
    EXPECT_EQ(long_at(&seen, 2 * LONG_WORDS), 10 * MS);
    EXPECT_EQ(seen.word[3 * LONG_WORDS], 0);
}

TEST(time_of_the_idle_core_is_charged_to_nobody)
{
    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    cap_t all[] = { a, b, c };
    root_sleep();
    for (unsigned i = 0; i < 3; i++) {
        EXPECT(current() == thread_at(all[i]));
        RECV(notification, 0);
    }
    EXPECT(current() == NULL);
    host_time_advance(500 * MS);
    root_wake();
    EXPECT(CALL(SC_OF(a), OP_SCHED_CONTEXT_INFO).word[0] < MS);
    EXPECT(CALL(BOOT_SLOT_SCHED_CONTEXT, OP_SCHED_CONTEXT_INFO).word[0] < MS);
}

TEST(set_budget_refuses)
{
    setup(50, 40, 30);
    cap_t none = slot_new();
#define SET(sc, core, budget, period)                                                                        \
    CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, sc, core, AS_LONG(budget), AS_LONG(period), 0).status
    EXPECT_ERROR(SET(none, 0, MS, MS), ERR_CAPABILITY, 1);
    EXPECT_ERROR(SET(a, 0, MS, MS), ERR_TYPE, 1);
    EXPECT_ERROR(SET(SC_OF(a), CONFIG_CORES, MS, MS), ERR_RANGE, 2);
    EXPECT_ERROR(SET(SC_OF(a), 0, BUDGET_MINIMUM_NS - 1, MS), ERR_RANGE, 3);
    EXPECT_ERROR(SET(SC_OF(a), 0, 2 * MS, MS), ERR_RANGE, 4);
    EXPECT_ERROR(SET(SC_OF(a), 0, MS, PERIOD_MAXIMUM_NS + 1), ERR_RANGE, 4);
    EXPECT_OK(SET(SC_OF(a), 0, BUDGET_MINIMUM_NS, BUDGET_MINIMUM_NS));
}

/* ---- Many that are due together: a few an entry, but all of them in time */

TEST(many_contexts_due_together_all_come_back)
{
    enum { MANY = 40 };
    cap_t threads[MANY];

    system_boot();
    system_check_off = true;
    for (unsigned i = 0; i < MANY; i++) {
        threads[i] = make_thread(10 + i);
        set_budget(SC_OF(threads[i]), MS / 10, 100 * MS, 0);
        resume(threads[i]);
    }
    root_sleep();
    host_time_advance(50 * MS);
    EXPECT(current() == NULL);
    host_time_advance(50 * MS + MS / 20);
    EXPECT(current() != NULL);
    for (unsigned i = 0; i < MANY; i++) {
        EXPECT(current() != NULL);
        host_time_advance(MS / 10);
    }
    system_check();
    host_time_advance(MS);
    EXPECT(current() == NULL);
}

/* ---- Timeout faults */

TEST(exhausted_budget_faults_if_there_is_a_handler)
{
    setup(50, 60, 30);
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0x99);
    set_timeout_handler(a, mint(endpoint, RIGHT_WRITE, 7));
    root_sleep();
    RECV(endpoint, reply);
    EXPECT(current() == thread_at(a));
    host_time_advance(2 * MS);
    EXPECT(current() == thread_at(b));
    struct outcome got = outcome_of(thread_at(b));
    EXPECT_EQ(got.badge, 7);
    EXPECT_EQ(got.status, STATUS_KERNEL | STATUS_OWED);
    EXPECT_EQ(got.tag, tag_make(FAULT_TIMEOUT, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[0], 0x99);
    EXPECT_EQ(got.word[1], TIMEOUT_EXHAUSTED);
    /* The answer lets it go on when its budget comes back. */
    EXPECT(!REPLY_RECV(endpoint, reply, FAULT_REPLY_RESUME).returned);
    EXPECT(current() == thread_at(c));
    host_time_advance(8 * MS);
    EXPECT(current() == thread_at(a));
    system_check();
}

TEST(exhausted_budget_without_a_handler_waits)
{
    setup(50, 40, 30);
    set_budget(SC_OF(a), 2 * MS, 10 * MS, 0);
    root_sleep();
    host_time_advance(2 * MS);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
    EXPECT(current() == thread_at(b));
}

/* A passive server uses its client's budget up. */
TEST(exhausted_donated_budget_faults_in_the_server)
{
    setup(50, 60, 30);
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0),
          timeout = make(OBJECT_ENDPOINT, 0), timeout_reply = make(OBJECT_REPLY, 0),
          start = make(OBJECT_SCHED_CONTEXT, 8), server = make_passive(55);
    set_budget(start, SLICE_NS, SLICE_NS, 5);
    DO(start, OP_SCHED_CONTEXT_BIND, server);
    set_timeout_handler(server, timeout);
    resume(server);
    run(server);
    RECV(endpoint, reply);
    root_wake();
    DO(start, OP_SCHED_CONTEXT_UNBIND);
    set_budget(SC_OF(a), 2 * MS, 100 * MS, 0x42);
    run(b);
    RECV(timeout, timeout_reply);
    run(a);
    CALL(endpoint, 0);
    EXPECT(current() == thread_at(server));
    host_time_advance(2 * MS);
    EXPECT(current() == thread_at(b));
    EXPECT_EQ(outcome_of(thread_at(b)).word[0], 0x42);
    /* The handler lends another; the client's goes home. */
    DO(start, OP_SCHED_CONTEXT_LEND, server);
    EXPECT(((struct sched_context *)object_at(SC_OF(a)))->thread == thread_at(a));
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server);
    REPLY_RECV(endpoint, reply, 0, 3);
    EXPECT_EQ(outcome_of(thread_at(a)).word[0], 3);
    EXPECT(((struct sched_context *)object_at(start))->thread == NULL);
    system_check();
    host_time_advance(100 * MS);
    run(a);
}

TEST(call_on_an_exhausted_budget_does_not_help_the_handler)
{
    setup(50, 60, 30);
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), passive = make_passive(70),
          start = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    DO(start, OP_SCHED_CONTEXT_BIND, passive);
    resume(passive);
    run(passive);
    RECV(endpoint, reply);
    root_wake();
    DO(start, OP_SCHED_CONTEXT_UNBIND);
    set_budget(SC_OF(a), 2 * MS, 100 * MS, 0);
    set_timeout_handler(a, endpoint);
    run(a);
    host_time_advance(2 * MS);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_CALLING);
    EXPECT(thread_at(passive)->sc == NULL); /* it waits until somebody gives it time */
    EXPECT(thread_at(a)->sc == object_at(SC_OF(a)));
    root_wake();
    DO(start, OP_SCHED_CONTEXT_BIND, passive);
    run(passive);
    EXPECT_EQ(outcome_of(thread_at(passive)).tag, tag_make(FAULT_TIMEOUT, FAULT_WORDS, 0));
}

TEST(context_deleted_under_its_running_thread)
{
    setup(50, 40, 30);
    root_sleep();
    CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, SC_OF(a));
    EXPECT(current() == thread_at(b));
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
    EXPECT(thread_at(a)->sc == NULL);
    root_wake();
    if (!slot_is_empty(slot_at(SC_OF(a))))
        delete (SC_OF(a));
    cap_t other = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(other, SLICE_NS, SLICE_NS, 0);
    DO(other, OP_SCHED_CONTEXT_BIND, a);
    run(a);
}

TEST(context_unbound_by_its_running_thread)
{
    setup(50, 40, 30);
    root_sleep();
    CALL(SC_OF(a), OP_SCHED_CONTEXT_UNBIND);
    EXPECT(current() == thread_at(b));
    root_wake();
    DO(SC_OF(a), OP_SCHED_CONTEXT_BIND, a);
    run(a);
    EXPECT_OK(outcome_of(thread_at(a)).status);
}

/* ---- The core's user timer */

TEST(user_timer_signals_once_at_its_deadline)
{
    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, mint(notification, RIGHT_WRITE, 3));
    ticks_t start = time_start();
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(host.ticks - start + 5 * MS));
    DO(a, OP_THREAD_SET_PRIORITY, 60, 60);
    root_sleep();
    EXPECT(!RECV(notification, 0).returned);
    host_time_advance(5 * MS - 1);
    EXPECT(current() == thread_at(b));
    host_time_advance(1);
    EXPECT(current() == thread_at(a));
    EXPECT_EQ(outcome_of(thread_at(a)).badge, 3);
    host_time_advance(50 * MS);
    EXPECT_ERROR(POLL_RECV(notification, 0).status, ERR_WOULD_BLOCK, 0);
}

TEST(user_timer_in_the_past_signals_at_once_and_never_does_not)
{
    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, mint(notification, RIGHT_WRITE, 3));
    host_time_advance(MS);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(1));
    EXPECT_EQ(POLL_RECV(notification, 0).badge, 3);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(host.ticks + MS));
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(~(uint64_t)0));
    host_time_advance(100 * MS);
    EXPECT_ERROR(POLL_RECV(notification, 0).status, ERR_WOULD_BLOCK, 0);
}

TEST(user_timer_wakes_an_idle_core)
{
    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, mint(notification, RIGHT_WRITE, 3));
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(host.ticks + 20 * MS));
    root_sleep();
    while (current())
        RECV(notification, 0);
    host_time_advance(30 * MS);
    EXPECT(current() == thread_at(a));
}

TEST(user_timer_refuses)
{
    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(1)).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, CONFIG_CORES, AS_LONG(1)).status,
                 ERR_RANGE, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, CONFIG_CORES, 0).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, memory).status, ERR_TYPE, 2);
    EXPECT_ERROR(
        CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, mint(notification, RIGHT_READ, 1)).status,
        ERR_RIGHT, 2);
}

TEST(user_timer_whose_notification_is_gone_is_harmless)
{
    setup(50, 40, 30);
    cap_t notification = make(OBJECT_NOTIFICATION, 0), badged = mint(notification, RIGHT_WRITE, 3);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, badged);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(host.ticks + MS));
    delete (notification);
    EXPECT(slot_is_empty(&core_self()->timer_slot));
    host_time_advance(2 * MS);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(1)).status, ERR_STATE, 0);
}

TEST(switching_does_not_set_the_timer_needlessly)
{
    setup(50, 50, 50);
    root_sleep();
    YIELD();
    unsigned sets = host.timer_sets;
    for (unsigned i = 0; i < 30; i++)
        YIELD();
    EXPECT(host.timer_sets - sets <= 1);
}

/* ---- I/O ports */

TEST(ports_are_read_and_written)
{
    system_boot();
    cap_t few = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, few, BOOT_SLOT_IO_PORT_RANGE, RIGHTS_ALL, 0x3f8, 8);
    host.port_input = 0x12345678;
    EXPECT_EQ(CALL(few, OP_IO_PORT_RANGE_IN, 0x3f8, 1).word[0], 0x78);
    EXPECT_EQ(CALL(few, OP_IO_PORT_RANGE_IN, 0x3f8, 2).word[0], 0x5678);
    EXPECT_EQ(CALL(few, OP_IO_PORT_RANGE_IN, 0x3fc, 4).word[0], 0x12345678);
    DO(few, OP_IO_PORT_RANGE_OUT, 0x3ff, 1, 0xab);
    EXPECT_EQ(host.port_write_count, 1);
    EXPECT_EQ(host.port_writes[0].port, 0x3ff);
    EXPECT_EQ(host.port_writes[0].value, 0xab);
    EXPECT_ERROR(CALL(few, OP_IO_PORT_RANGE_IN, 0x3ff, 2).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(few, OP_IO_PORT_RANGE_IN, 0x3f7, 1).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(few, OP_IO_PORT_RANGE_IN, 0x3f8, 3).status, ERR_RANGE, 2);
    EXPECT_ERROR(CALL(few, OP_IO_PORT_RANGE_OUT, 0x3f8, 0, 0).status, ERR_RANGE, 2);
    EXPECT_ERROR(CALL(few, OP_IO_PORT_RANGE_OUT, 0x10000, 1, 0).status, ERR_RANGE, 1);
    cap_t reader = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, reader, few, RIGHT_READ, 0x3f8, 8);
    EXPECT_OK(CALL(reader, OP_IO_PORT_RANGE_IN, 0x3f8, 1).status);
    EXPECT_ERROR(CALL(reader, OP_IO_PORT_RANGE_OUT, 0x3f8, 1, 0).status, ERR_RIGHT, 0);
}

/* ---- The debug call */

TEST(debug_call_prints_names_and_dumps)
{
    setup(50, 40, 30);
    sys(SYS_DEBUG, DEBUG_PRINT, 0, 'X', WORDS());
    EXPECT_EQ(host.console[host.console_size - 1], 'X');
    word_t name[MESSAGE_WORDS_MAX] = { 0x796e7261 }; /* "arny", little end first */
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_NAME, 0, a, name).status);
    EXPECT_TEXT(thread_at(a)->name, "arny");
    EXPECT_ERROR(sys(SYS_DEBUG, DEBUG_NAME, 0, memory, name).status, ERR_TYPE, 0);
    EXPECT_OK(sys(SYS_DEBUG, DEBUG_DUMP, 0, 0, name).status);
    EXPECT_TEXT(host.console, "'arny'");
    EXPECT_ERROR(sys(SYS_DEBUG, 99, 0, 0, name).status, ERR_RANGE, 0);
}

/* ---- Power: this machine can do neither. */

TEST(power_is_for_who_holds_all_rights_to_the_cores)
{
    system_boot();
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_POWER, MACHINE_OFF).status, ERR_UNSUPPORTED, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_POWER, MACHINE_RESET).status, ERR_UNSUPPORTED, 0);
    EXPECT_ERROR(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_POWER, MACHINE_RESET + 1).status, ERR_RANGE, 1);
    cap_t part = slot_new();
    DO(BOOT_SLOT_CNODE, OP_CNODE_MINT, part, BOOT_SLOT_CORE_RANGE, RIGHT_WRITE, 0, 1);
    EXPECT_ERROR(CALL(part, OP_CORE_RANGE_POWER, MACHINE_OFF).status, ERR_RIGHT, 0);
}
