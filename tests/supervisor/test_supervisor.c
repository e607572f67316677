/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor with a kernel in which the Nth operation fails, for every N; and with a heap that has nothing left.
 *
 * What belongs to one component may only hit that one: it is FAILED, a line says why, the others run, and once nothing fails any
 * more, it can be started, so nothing of it was left behind. What the supervisor needs for itself at boot may end in a panic with a sentence. All
 * invariants of the kernel hold in any case.
 */
#include "attempts.h"
#include "sides.h"
#include "sample.h"
#include "system.h"
#include <string.h>

#define OPERATIONS_MAX 2000u

static error_t failure; /* what operations fail with */

/* What may fail without consequences: what takes back or asks, and what only helps. And memory: there is more elsewhere. */
static bool may_be_silent(unsigned label)
{
    static const unsigned silent[] = {
        OP_CNODE_DELETE,       /* of a session's parent before it is given anew; of the window's frame */
        OP_UNTYPED_RESET,      /* of device memory of which nothing was taken yet */
        OP_UNTYPED_INFO,       /* for the numbers that `ps` shows */
        OP_SCHED_CONTEXT_LEND, /* the first run of a passive server: it waits for time */
        OP_CNODE_MINT, /* of a session to a server that is just coming or going: its client's calls fail */
    };

    if (label == OP_UNTYPED_RETYPE && failure == ERR_MEMORY)
        return true;
    for (unsigned i = 0; i < ARRAY_COUNT(silent); i++)
        if (silent[i] == label)
            return true;
    return false;
}

static const void *boot_sample(void)
{
    static union sample sample;

    sample_make(&sample);
    return kernel_side_boot(sample.bytes, sizeof(sample.bytes));
}

static unsigned running(void)
{
    unsigned count = 0;

    for (unsigned i = 0; i < user_side_components(); i++)
        count += user_side_is_running(i);
    return count;
}

/* One may be missing, and was told; then it can be made. */
static void expect_one_missing(unsigned nth)
{
    unsigned all = user_side_components();

    kernel_side_check();
    EXPECT(running() + 1 >= all);
    if (running() == all) {
        if (user_side_has_failed() && !may_be_silent(user_side_failed_label()))
            test_fails(__FILE__, __LINE__, "operation %u (%#x) fails: expected a consequence, seen none", nth,
                       user_side_failed_label());
        return;
    }
    for (unsigned i = 0; i < all; i++)
        if (!user_side_is_running(i) && !user_side_is_failed(i))
            test_fails(__FILE__, __LINE__,
                       "operation %u (%#x) fails: expected component %u to run or to have failed, seen "
                       "neither; it said: %s",
                       nth, user_side_failed_label(), i, user_said);
    EXPECT(strstr(user_said, "are too little for its") || strstr(user_said, "cannot be made: ") ||
           strstr(user_said, "cannot be started: ") || strstr(user_said, "no memory left for its"));
}

static void expect_running(unsigned nth)
{
    kernel_side_check();
    for (unsigned i = 0; i < user_side_components(); i++)
        if (!user_side_is_running(i) && user_side_has_quota(i))
            test_fails(
                __FILE__, __LINE__,
                "operation %u has failed: expected that component %u can run now, seen that not; it said: %s",
                nth, i, user_said);
}

static void expect_all_can_run(unsigned nth)
{
    user_side_fail(0, 0);
    EXPECT_EQ(user_side_start_all(), USER_WAITS);
    expect_running(nth);
    EXPECT_EQ(user_side_restart_all(), USER_WAITS); /* all of them, once more */
    expect_running(nth);
    EXPECT_EQ(user_side_end_all(), USER_WAITS); /* and nothing is left of them */
    for (unsigned i = 0; i < user_side_components(); i++)
        EXPECT(!user_side_has_quota(i) || user_side_used(i) == 0);
    EXPECT_EQ(user_side_start_all(), USER_WAITS);
    expect_running(nth);
}

static bool start_with_failure(unsigned nth)
{
    const void *boot_info = boot_sample();

    user_side_fail(nth, failure);
    enum user_end end = user_side_start(boot_info);
    bool failed = user_side_has_failed();
    kernel_side_check();
    if (end == USER_PANICKED) {
        EXPECT(failed && strlen(user_said) > 20);
        return true;
    }
    expect_one_missing(nth);
    expect_all_can_run(nth);
    return failed;
}

static bool restart_with_failure(unsigned nth)
{
    user_side_fail(nth, failure);
    enum user_end end = user_side_restart_all();
    bool failed = user_side_has_failed();
    kernel_side_check();
    if (end == USER_PANICKED) { /* the kernel does not refuse to take back, except by a bug */
        EXPECT(failed);
        EXPECT_TEXT(user_said, "cannot be taken back");
        return true;
    }
    expect_one_missing(nth);
    expect_all_can_run(nth);
    return failed;
}

static void start(void)
{
    user_side_fail(0, 0);
    EXPECT_EQ(user_side_start(boot_sample()), USER_WAITS);
    kernel_side_check();
    EXPECT_EQ(running(), 2);
}

TEST(supervisor_starts_its_components_and_starts_them_again)
{
    start();
    expect_all_can_run(0);
}

TEST(memory_that_fails_while_the_supervisor_starts_breaks_no_more_than_one_component)
{
    failure = ERR_MEMORY;
    EXPECT(all_attempts(start_with_failure, OPERATIONS_MAX) > 150);
}

TEST(anything_that_fails_while_the_supervisor_starts_breaks_no_more_than_one_component)
{
    failure = ERR_DEPTH;
    EXPECT(all_attempts(start_with_failure, OPERATIONS_MAX) > 150);
}

TEST(memory_that_fails_while_components_are_restarted_breaks_no_more_than_one)
{
    failure = ERR_MEMORY;
    start();
    EXPECT(all_attempts(restart_with_failure, OPERATIONS_MAX) > 100);
}

TEST(anything_that_fails_while_components_are_restarted_breaks_no_more_than_one)
{
    failure = ERR_DEPTH;
    start();
    EXPECT(all_attempts(restart_with_failure, OPERATIONS_MAX) > 100);
}
