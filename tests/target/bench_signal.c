/* SPDX-License-Identifier: BSD-2-Clause */
/* What notifications cost. */
#include "bench.h"
#include "passive.h"

BENCH(signal_nobody)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    MEASURE(MUST(notification_signal(notification)));
}

static void wait_for_ever(struct worker *worker)
{
    word_t bits;
    while (status_error(notification_wait(worker->argument, &bits)) == OK) {
    }
}

BENCH(signal_to_higher)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), badged = mint(notification, RIGHTS_ALL, 1);

    worker_run(.function = wait_for_ever, .argument = badged, .space = space_with_program(),
               .budget_ns = BENCH_BUDGET_NS);
    settle();
    MEASURE(MUST(notification_signal(badged)));
}

/* Wait, then signal back. */
static void pong(struct worker *worker)
{
    word_t bits;
    while (status_error(notification_wait(FIRST(worker->argument), &bits)) == OK)
        notification_signal(SECOND(worker->argument));
}

static inline __attribute__((always_inline)) void ping(cap_t there, cap_t back)
{
    word_t bits;
    MUST(notification_signal(there));
    MUST(notification_wait(back, &bits));
}

/* Two threads of one priority. */
BENCH(notification_ping_pong)
{
    cap_t there = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1),
          back = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    worker_run(.function = pong, .argument = PAIR(there, back), .space = space_with_program(),
               .budget_ns = BENCH_BUDGET_NS, .priority = TEST_PRIORITY);
    settle();
    MEASURE(ping(there, back));
}

BENCH(poll_empty)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0);
    word_t bits;
    MEASURE(if (status_error(notification_poll(notification, &bits)) != ERR_WOULD_BLOCK)
                expect_equal(bits, 0));
}
