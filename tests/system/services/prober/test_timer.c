/* SPDX-License-Identifier: BSD-2-Clause */
/* The timer: sleeping, one-shot and periodic timers, everything that is refused, and clients that misbehave.
 */
#include <timer.h>
#include "check.h"

#define SIGNAL_ONCE     4u
#define SIGNAL_PERIODIC 8u

static void test_sleep(cap_t timer)
{
    time_ns_t start = time_now_ns();
    CHECK(timer_sleep_ns(timer, 20 * NS_PER_MS) == OK);
    CHECK(time_now_ns() - start >= 20 * NS_PER_MS);
}

/* A one-shot timer signals once, a periodic one in every period; cancelled ones not at all. */
static void test_signals(cap_t timer, cap_t once, cap_t periodic)
{
    word_t once_id, periodic_id, bits;
    unsigned once_count = 0, periodic_count = 0;
    CHECK(timer_start(timer, 30 * NS_PER_MS, 0, once, &once_id) == OK);
    CHECK(timer_start(timer, 10 * NS_PER_MS, 10 * NS_PER_MS, periodic, &periodic_id) == OK);
    time_ns_t start = time_now_ns();
    while (time_now_ns() - start < 105 * NS_PER_MS) {
        notification_wait(COMPONENT_SLOT_NOTIFICATION, &bits);
        once_count += (bits & SIGNAL_ONCE) != 0;
        periodic_count += (bits & SIGNAL_PERIODIC) != 0;
    }
    CHECK(once_count == 1);
    CHECK(periodic_count >= 5 && periodic_count <= 11); /* fewer on a machine that is slow */
    CHECK(timer_cancel(timer, once_id) == ERR_STATE);
    CHECK(timer_cancel(timer, periodic_id) == OK);
    CHECK(timer_cancel(timer, periodic_id) == ERR_STATE);
    notification_poll(COMPONENT_SLOT_NOTIFICATION, &bits);
    CHECK(timer_sleep_ns(timer, 20 * NS_PER_MS) == OK);
    CHECK(status_error(notification_poll(COMPONENT_SLOT_NOTIFICATION, &bits)) == ERR_WOULD_BLOCK);
}

static void test_refusals(cap_t timer, cap_t signal)
{
    word_t id;
    CHECK(timer_start(timer, 0, TIMER_PERIOD_MIN_NS - 1, signal, &id) == ERR_RANGE);
    CHECK(timer_start(timer, 1000, 0, timer, &id) == ERR_TYPE); /* a send to an endpoint could wait */
    CHECK(call_raw(timer, TIMER_START, 2, 0, 0) == ERR_CAPABILITY);
    CHECK(call_raw(timer, TIMER_START, 1, 0, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(timer, TIMER_SLEEP_NS, 0, 0, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(timer, TIMER_CANCEL, 0, 0, 0) == ERR_ARGUMENTS);
    CHECK(call_raw(timer, 77, 0, 0, 0) == ERR_OPERATION);
}

static void test_limits(cap_t timer, cap_t signal)
{
    word_t id[TIMER_CLIENT_MAX], one;
    CHECK(timer_start(timer, ~(time_ns_t)0, ~(time_ns_t)0, signal, &one) == OK);
    CHECK(timer_cancel(timer, one) == OK);
    for (unsigned i = 0; i < TIMER_CLIENT_MAX; i++)
        CHECK(timer_start(timer, 1000 * NS_PER_S - i % 5, 0, signal, &id[i]) == OK);
    CHECK(timer_start(timer, 1000, 0, signal, &one) == ERR_BUSY);
    CHECK(timer_sleep_ns(timer, 1000) == ERR_BUSY);
    for (unsigned i = 0; i < TIMER_CLIENT_MAX; i++)
        CHECK(timer_cancel(timer, id[i * 7 % TIMER_CLIENT_MAX]) == OK);
}

/* The service outlives a notification that its client destroys, and a thousand timers do not use it up. */
static void test_endurance(cap_t timer, cap_t signal)
{
    word_t id = 0, bits;
    cap_t mine = object_make(OBJECT_NOTIFICATION, 0);
    unsigned good = 0;
    CHECK(mine && timer_start(timer, 5 * NS_PER_MS, 5 * NS_PER_MS, mine, &id) == OK);
    slot_free(mine);
    CHECK(timer_sleep_ns(timer, 20 * NS_PER_MS) == OK);
    CHECK(timer_cancel(timer, id) == OK);
    for (unsigned i = 0; i < 500; i++)
        good += timer_start(timer, 1000, 0, signal, &id) == OK && timer_sleep_ns(timer, 2000) == OK;
    CHECK(good == 500);
    notification_poll(COMPONENT_SLOT_NOTIFICATION, &bits);
}

void test_timer(cap_t timer)
{
    cap_t once = signal_make(SIGNAL_ONCE), periodic = signal_make(SIGNAL_PERIODIC);
    test_sleep(timer);
    test_signals(timer, once, periodic);
    test_refusals(timer, once);
    test_limits(timer, once);
    test_endurance(timer, once);
}
