/* SPDX-License-Identifier: BSD-2-Clause */
/* Rare conditions: what the fast path may switch to, decided by one comparison of two words (sched/rare.c). */
#include "system.h"
#include "fault.h"

static bool passes(uint32_t key, uint32_t min_key)
{
    struct thread thread = { .key = key };
    struct core core = { .min_key = min_key };

    return thread_is_plain_next(&core, &thread);
}

TEST(key_passes_exactly_at_or_above_the_highest_ready_priority)
{
    for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
        for (unsigned highest = 0; highest < PRIORITY_COUNT; highest++)
            EXPECT_EQ(passes(priority, highest), priority >= highest);
}

TEST(key_of_another_core_does_not_pass)
{
    for (unsigned home = 0; home < 256; home++)
        for (unsigned core = 0; core < 256; core++)
            for (unsigned priority = 0; priority < PRIORITY_COUNT; priority += 51)
                EXPECT_EQ(passes(home << KEY_HOME_SHIFT | priority, core << KEY_HOME_SHIFT | 102),
                          home == core && priority >= 102);
}

TEST(key_with_anything_rare_does_not_pass)
{
    for (unsigned bit = KEY_RARE_SHIFT; bit < 31; bit++)
        for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++)
            for (unsigned core = 0; core < 256; core += 85)
                EXPECT(!passes(1u << bit | core << KEY_HOME_SHIFT | priority, core << KEY_HOME_SHIFT));
}

/* It was ~0 once, which is -1: every plain key of core 0 is at most 255 away from it. */
TEST(no_key_passes_a_core_where_something_is_rare)
{
    for (unsigned home = 0; home < 256; home++)
        for (unsigned priority = 0; priority < PRIORITY_COUNT; priority++) {
            uint32_t key = home << KEY_HOME_SHIFT | priority;
            EXPECT(!passes(key, MIN_KEY_NONE));
            EXPECT(!passes(key | RARE_CONTEXT, MIN_KEY_NONE));
            EXPECT(!passes(key | ((1u << 31) - (1u << KEY_RARE_SHIFT)), MIN_KEY_NONE));
        }
}

static uint32_t rare_of(cap_t thread)
{
    return thread_at(thread)->key >> KEY_RARE_SHIFT << KEY_RARE_SHIFT;
}

TEST(waiting_thread_with_a_context_is_rare_and_a_passive_one_is_not)
{
    system_boot();
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), active = make_thread(100), passive = make_passive(100);
    resume(active);
    run(active);
    RECV(endpoint, 0);
    root_wake();
    EXPECT_EQ(rare_of(active), RARE_CONTEXT);
    EXPECT_EQ(rare_of(passive), 0);
    DO(SC_OF(active), OP_SCHED_CONTEXT_UNBIND);
    EXPECT_EQ(rare_of(active), 0);
}

TEST(current_thread_is_not_rare_for_its_context)
{
    system_boot();
    EXPECT_EQ(current()->key >> KEY_RARE_SHIFT, 0);
    EXPECT_EQ(core_self()->min_key, core_self()->index << KEY_HOME_SHIFT);
}

TEST(bits_of_a_bound_notification_are_rare_until_they_are_taken)
{
    system_boot();
    cap_t notification = make(OBJECT_NOTIFICATION, 0), signal = mint(notification, RIGHTS_ALL, 4);
    cap_t passive = make_passive(100);
    DO(passive, OP_THREAD_BIND_NOTIFICATION, notification);
    EXPECT_EQ(rare_of(passive), 0);
    SEND(signal, 0);
    EXPECT_EQ(rare_of(passive), RARE_SIGNAL);
    EXPECT_EQ(POLL_RECV(notification, 0).badge, 4);
    EXPECT_EQ(rare_of(passive), 0);
    SEND(signal, 0);
    DO(passive, OP_THREAD_BIND_NOTIFICATION, 0);
    EXPECT_EQ(rare_of(passive), 0);
    DO(passive, OP_THREAD_BIND_NOTIFICATION, notification);
    EXPECT_EQ(rare_of(passive), RARE_SIGNAL);
}

TEST(owner_of_the_fpu_is_rare_and_its_core_too_while_it_runs)
{
    system_boot();
    cap_t user = make_thread(100);
    DO(user, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, THREAD_FPU);
    resume(user);
    run(user);
    EXPECT(core_self()->min_key != MIN_KEY_NONE);
    EXPECT(host_fpu() != NULL);
    EXPECT_EQ(core_self()->min_key, MIN_KEY_NONE);
    root_wake();
    EXPECT_EQ(rare_of(user), RARE_FPU | RARE_CONTEXT);
    EXPECT(core_self()->min_key != MIN_KEY_NONE);
    DO(user, OP_THREAD_SET_ATTRIBUTES, THREAD_FPU, 0);
    EXPECT_EQ(rare_of(user), RARE_CONTEXT);
}

TEST(faulting_thread_is_rare_until_it_is_answered)
{
    system_boot();
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0), thread = make_thread(100);
    set_fault_handler(thread, handler);
    resume(thread);
    run(thread);
    kernel_page_fault(0x1000, FAULT_ACCESS_READ);
    root_wake();
    EXPECT_EQ(rare_of(thread), RARE_FAULT | RARE_CONTEXT);
    RECV(handler, reply);
    SEND(reply, 0);
    EXPECT_EQ(rare_of(thread), RARE_CONTEXT);
}

TEST(nobody_ready_and_somebody_ready_are_in_the_cores_least_key)
{
    system_boot();
    cap_t thread = make_thread(100);
    EXPECT_EQ(core_self()->min_key, 0);
    resume(thread);
    EXPECT_EQ(core_self()->min_key, 100);
    DO(thread, OP_THREAD_SET_PRIORITY, 33, 255);
    EXPECT_EQ(core_self()->min_key, 33);
    DO(thread, OP_THREAD_SUSPEND, 0);
    EXPECT_EQ(core_self()->min_key, 0);
}
