/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Operations that are not interrupted are short: the longest stretch with interrupts off is what budgets reckon with, half of the smallest
 * (boot_info). A thread of higher priority measures how late its timer wakes it while another does what takes longest. In virtual
 * time (-icount) a nanosecond is an instruction, or one word or byte of a string instruction.
 */
#include "target.h"

#define PRIORITY_WATCH 200u
#define ROUNDS         20u
#define AT_ONCE        64u   /* objects that one retype can make */
#define BOUND_NS       5000u /* 3,000, and what it takes to wake the thread */

static struct {
    volatile time_ns_t deadline, worst;
} watch;

/* Fires at ever other moments of what it watches. */
static void watch_main(struct worker *worker)
{
    word_t bits;
    for (unsigned i = 0;; i++) {
        watch.deadline = time_now_ns() + 7000 + i % 64 * 331;
        core_range_set_timer(CORES, 0, watch.deadline);
        notification_wait(worker->argument, &bits);
        time_ns_t late = time_now_ns() - watch.deadline;
        if (late > watch.worst)
            watch.worst = late;
    }
}

static struct worker *watch_start(void)
{
    cap_t badged = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    watch.worst = 0;
    expect_ok(core_range_bind_timer(CORES, 0, badged));
    return worker_run(.function = watch_main, .argument = badged, .priority = PRIORITY_WATCH);
}

static void watch_end(struct worker *worker, const char *what)
{
    expect_ok(thread_suspend(worker->thread, 0));
    note("%s: interrupts handled within %lu ns", what, watch.worst);
    expect_between(watch.worst, 0, kernel_is_debug() ? boot->budget_minimum_ns / 2 : BOUND_NS);
}

/* As many objects as one call can make, of every type; and take them back. */
static void retype_rounds(cap_t part, unsigned type, unsigned size_bits, cap_t range, word_t number)
{
    cap_t cnode = make(OBJECT_CNODE, 7);

    for (unsigned i = 0; i < ROUNDS; i++) {
        expect_ok(untyped_retype(part, type, size_bits, cnode, 1, AT_ONCE, range, number));
        expect_ok(cnode_revoke(CNODE, part));
        expect_ok(untyped_reset(part, 0));
    }
}

TEST(retype_of_64_threads_is_short)
{
    cap_t part = make(OBJECT_UNTYPED, 20);
    struct worker *watcher = watch_start();

    retype_rounds(part, OBJECT_THREAD, 0, CAP_NULL, 0);
    watch_end(watcher, "64 threads");
}

TEST(retype_of_64_address_spaces_is_short)
{
    cap_t part = make(OBJECT_UNTYPED, 20);
    struct worker *watcher = watch_start();

    retype_rounds(part, OBJECT_ADDRESS_SPACE, 0, BOOT_SLOT_ASID_RANGE, 2000);
    watch_end(watcher, "64 address spaces");
}

TEST(retype_of_64_small_objects_is_short)
{
    cap_t part = make(OBJECT_UNTYPED, 20);
    struct worker *watcher = watch_start();

    retype_rounds(part, OBJECT_ENDPOINT, 0, CAP_NULL, 0);
    retype_rounds(part, OBJECT_SCHED_CONTEXT, 12, CAP_NULL, 0);
    retype_rounds(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, 0);
    retype_rounds(part, OBJECT_IRQ_HANDLER, 0, BOOT_SLOT_IRQ_RANGE, boot->irq_lines - AT_ONCE);
    watch_end(watcher, "64 small objects");
}
