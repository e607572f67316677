/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Long operations are interrupted. While one runs, the core's user timer fires again and again, and a thread
 * of higher priority measures how late it comes to run. In virtual time (-icount) a nanosecond is an
 * instruction.
 *
 * BOUND_NS is what is promised here: from the deadline to the first instruction of the handler's own code, in
 * a debug kernel, too. (The longest stretch that budgets reckon with is ten times that.)
 */
#include "target.h"

#define PRIORITY_WATCH  200u
#define WATCH_PERIOD_NS 20000u
#define BOUND_NS        5000u
#define CAPABILITIES    10000u
#define CNODE_BITS      14u

static struct {
    volatile time_ns_t deadline, worst;
    volatile unsigned count;
} watch;

static void watch_main(struct worker *worker)
{
    word_t bits;
    for (;;) {
        watch.deadline = time_now_ns() + WATCH_PERIOD_NS;
        core_range_set_timer(CORES, 0, watch.deadline);
        notification_wait(worker->argument, &bits);
        time_ns_t late = time_now_ns() - watch.deadline;
        if (late > watch.worst)
            watch.worst = late;
        watch.count++;
    }
}

static struct worker *watch_start(void)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), badged = mint(notification, RIGHTS_ALL, 1);

    watch.worst = watch.count = 0;
    expect_ok(core_range_bind_timer(CORES, 0, badged));
    return worker_run(.function = watch_main, .argument = badged, .priority = PRIORITY_WATCH);
}

/* Stop watching; there were at least this many interrupts, and each was handled in time. */
static void watch_end(struct worker *worker, unsigned count)
{
    expect_ok(thread_suspend(worker->thread, 0));
    note("%u interrupts, handled within %lu ns", watch.count, watch.worst);
    expect_between(watch.count, count, ~0u);
    expect_between(watch.worst, 0, BOUND_NS);
}

TEST(interrupts_are_handled_in_time_while_nothing_else_happens)
{
    struct worker *watcher = watch_start();
    time_ns_t end = time_now_ns() + NS_PER_MS;

    while (time_now_ns() < end) {
    }
    watch_end(watcher, 30);
}

TEST(revoke_of_10000_capabilities_lets_interrupts_in)
{
    /* A tree: capability n is minted from capability n / 3. */
    cap_t cnode = make(OBJECT_CNODE, CNODE_BITS), endpoint = make(OBJECT_ENDPOINT, 0);
    struct capability_info info;

    expect_ok(cnode_mint(cnode, 1, endpoint, RIGHTS_ALL, 0));
    for (word_t i = 2; i <= CAPABILITIES; i++)
        expect_ok(
            cnode_mint(cnode, i, i < 3 ? endpoint : cnode | i / 3 << boot->cnode_size_bits, RIGHTS_ALL, 0));

    struct worker *watcher = watch_start();
    uint64_t before = cost_now();
    expect_ok(cnode_revoke(CNODE, endpoint));
    note("%u capabilities revoked in %lu instructions", CAPABILITIES, cost_now() - before);
    watch_end(watcher, 30);
    for (word_t i = 1; i <= CAPABILITIES; i++) {
        expect_ok(cnode_inspect(cnode, i, &info));
        expect_equal(info.type, OBJECT_NULL);
    }
    expect_equal(type_of(endpoint), OBJECT_ENDPOINT);
}

TEST(revoke_of_10000_objects_lets_interrupts_in)
{
    cap_t cnode = make(OBJECT_CNODE, CNODE_BITS), part = make(OBJECT_UNTYPED, 21);

    for (word_t i = 1; i + 50 <= CAPABILITIES; i += 50)
        expect_ok(untyped_retype(part, i % 100 == 1 ? OBJECT_NOTIFICATION : OBJECT_ENDPOINT, 0, cnode, i, 50,
                                 CAP_NULL, 0));
    struct worker *watcher = watch_start();
    expect_ok(cnode_revoke(CNODE, part));
    expect_ok(untyped_reset(part, 0));
    watch_end(watcher, 30);
}

TEST(deletion_of_a_full_cnode_lets_interrupts_in)
{
    /* The CNode holds the last capability to everything in it. */
    cap_t cnode = make(OBJECT_CNODE, CNODE_BITS), part = make(OBJECT_UNTYPED, 22);

    for (word_t i = 1; i + 64 <= 1u << CNODE_BITS; i += 64)
        expect_ok(untyped_retype(part, OBJECT_ENDPOINT, 0, cnode, i, 64, CAP_NULL, 0));
    struct worker *watcher = watch_start();
    erase(cnode);
    watch_end(watcher, 30);
    expect_ok(untyped_reset(part, 0)); /* no children left */
}

TEST(deletion_of_an_empty_large_cnode_lets_interrupts_in)
{
    cap_t cnode = make(OBJECT_CNODE, 18);
    struct worker *watcher = watch_start();

    erase(cnode);
    watch_end(watcher, 5);
}

TEST(deletion_of_nested_cnodes_lets_interrupts_in)
{
    /* Each holds the only capability to the next; 200 deep, each of 1024 slots. */
    cap_t outermost = make(OBJECT_CNODE, 10);

    for (unsigned i = 0; i < 200; i++) {
        cap_t outer = make(OBJECT_CNODE, 10);
        expect_ok(cnode_move(outer, 1023, outermost));
        expect_ok(cnode_move(CNODE, outermost, outer));
    }
    struct worker *watcher = watch_start();
    erase(outermost);
    watch_end(watcher, 5);
}

TEST(deletion_of_many_threads_lets_interrupts_in)
{
    cap_t part = make(OBJECT_UNTYPED, 22), first = slots_take(500);
    unsigned made = 0;

    for (; made < 500; made++)
        if (status_error(untyped_retype(part, OBJECT_THREAD, 0, CAP_NULL, first + made, 1, CAP_NULL, 0)) !=
            OK)
            break;
    for (unsigned i = 0; i < made; i++) {
        struct thread_configuration configuration = { .cnode = CNODE, .space = SPACE };
        expect_ok(thread_configure(first + i, THREAD_SET_CNODE | THREAD_SET_SPACE, &configuration));
    }
    struct worker *watcher = watch_start();
    expect_ok(cnode_revoke(CNODE, part));
    watch_end(watcher, 5);
}

TEST(reset_of_8_mebibytes_lets_interrupts_in)
{
    cap_t part = make(OBJECT_UNTYPED, 23), frame = slot_take();

    for (unsigned i = 0; i < 4; i++) {
        expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_2M, CAP_NULL, frame, 1, CAP_NULL, 0));
        erase(frame);
    }
    struct worker *watcher = watch_start();
    expect_ok(untyped_reset(part, 0));
    watch_end(watcher, 30);
}

#define SENDERS 40u

static void send_for_ever(struct worker *worker)
{
    const struct message message = { 0 };
    for (;;)
        worker->seen[0] = sys_send(worker->argument, &message);
}

TEST(destruction_of_an_endpoint_with_many_senders_lets_interrupts_in)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *senders[SENDERS];

    for (unsigned i = 0; i < SENDERS; i++)
        senders[i] = worker_run(.function = send_for_ever, .argument = endpoint, .priority = PRIORITY_BELOW);
    settle();
    for (unsigned i = 0; i < SENDERS; i++)
        expect_state(senders[i], THREAD_STATE_SENDING);
    struct worker *watcher = watch_start();
    erase(endpoint);
    watch_end(watcher, 0);
    for (unsigned i = 0; i < SENDERS; i++)
        expect_ok(thread_suspend(senders[i]->thread, 0));
}

/* ---- An operation that was interrupted belongs to who asked for it. */

static void delete_slowly(struct worker *worker)
{
    worker->seen[0] = cnode_delete(CNODE, worker->argument);
}

/* A worker in the middle of deleting a large CNode: it has time in small pieces only. */
static struct worker *start_slow_delete(cap_t cnode)
{
    struct worker *worker =
        worker_run(.function = delete_slowly, .argument = cnode, .priority = PRIORITY_BELOW,
                   .budget_ns = boot->budget_minimum_ns, .period_ns = NS_PER_S);
    settle();
    expect_equal(worker->done, 0);
    return worker;
}

static cap_t make_full_cnode(cap_t part)
{
    cap_t cnode = make_from(part, OBJECT_CNODE, CNODE_BITS), endpoint = make(OBJECT_ENDPOINT, 0);

    for (word_t i = 1; i < 4000; i++)
        expect_ok(cnode_copy(cnode, i, endpoint));
    return cnode;
}

TEST(deletion_that_was_interrupted_is_finished_by_who_revokes_the_memory)
{
    cap_t part = make(OBJECT_UNTYPED, 20), cnode = make_full_cnode(part);
    struct worker *worker = start_slow_delete(cnode);

    expect_argument(untyped_reset(part, 0), ERR_CHILDREN, 0);
    expect_ok(cnode_revoke(CNODE, part));
    expect_ok(untyped_reset(part, 0));
    expect_ok(sched_context_unbind(worker->context));
    expect_ok(sched_context_bind(make_context(NS_PER_MS, NS_PER_MS), worker->thread));
    worker_finish(worker);
    expect_ok(worker->seen[0]);
}

TEST(deletion_that_was_interrupted_is_finished_by_who_destroys_the_thread)
{
    cap_t part = make(OBJECT_UNTYPED, 20), cnode = make_full_cnode(part);
    struct worker *worker = start_slow_delete(cnode);

    erase(worker->thread);
    expect_ok(untyped_reset(part, 0));
}

TEST(deletion_that_was_interrupted_goes_on_with_more_time)
{
    cap_t part = make(OBJECT_UNTYPED, 20), cnode = make_full_cnode(part);
    struct worker *worker = start_slow_delete(cnode);

    expect_ok(core_range_set_budget(CORES, worker->context, 0, NS_PER_S, NS_PER_S, 0));
    worker_finish(worker);
    expect_ok(untyped_reset(part, 0));
}
