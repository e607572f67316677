/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How the cost of some paths grows with what else there is: the same is measured among 10, 1,000 and 10,000 threads. They are a crowd of one of two
 * kinds, each thread with a context of its own, and of ever other priorities:
 *
 *     waiters    wait at one notification, above the bench's thread: who is signalled wakes, and waits again
 *     contexts   have given up their budgets, which come back long after all is over
 *
 * They share one stack, of which none needs anything once it has entered the kernel.
 */
#include "looking.h"
#include "passive.h"
#include "paths.h"

#define CROWD_BITS    14u
#define PRIORITIES    100u
#define TIMES         64u
#define SWITCHES      16u
#define LONG_AFTER_NS (1000 * NS_PER_S)
#define AT_ONCE       64u
#define SCATTER       7919u /* a prime: the contexts' ends are in no order */

static _Alignas(16) char crowd_stack[1024];

static cap_t in(cap_t cnode, word_t index)
{
    return cnode | index << boot->cnode_size_bits;
}

/* A CNode with `count` objects, from slot 1 on. */
static cap_t crowd_objects(unsigned type, unsigned size_bits, unsigned count)
{
    cap_t cnode = make(OBJECT_CNODE, CROWD_BITS);

    for (unsigned done = 0; done < count; done += AT_ONCE)
        expect_ok(untyped_retype(arena, type, size_bits, cnode, 1 + done,
                                 count - done < AT_ONCE ? count - done : AT_ONCE, CAP_NULL, 0));
    return cnode;
}

static void crowd_start(cap_t thread, cap_t context, void (*function)(word_t), word_t argument,
                        unsigned priority, time_ns_t period_ns)
{
    static const struct thread_configuration configuration = { .cnode = CNODE, .space = SPACE };
    word_t start[2] = { (word_t)function, arch_stack_pointer((word_t)crowd_stack + sizeof crowd_stack) };

    expect_ok(thread_configure(thread, THREAD_SET_CNODE | THREAD_SET_SPACE, &configuration));
    expect_ok(thread_set_priority(thread, priority, 0));
    expect_ok(core_range_set_budget(CORES, context, 0, boot->budget_minimum_ns, period_ns, 0));
    expect_ok(sched_context_bind(context, thread));
    expect_ok(thread_write_registers(thread, REGISTER_IP, start, 2));
    expect_ok(thread_write_registers(thread, REGISTER_ARGUMENT, &argument, 1));
    expect_ok(thread_resume(thread));
}

static void crowd_make(unsigned count, void (*function)(word_t), word_t argument, time_ns_t period_ns)
{
    cap_t threads = crowd_objects(OBJECT_THREAD, 0, count),
          contexts = crowd_objects(OBJECT_SCHED_CONTEXT, 8, count);

    test_allow_seconds(200);
    for (unsigned i = 1; i <= count; i++)
        crowd_start(in(threads, i), in(contexts, i), function, argument, PRIORITY_ABOVE + i % PRIORITIES,
                    period_ns + (period_ns == LONG_AFTER_NS ? i * SCATTER % count * NS_PER_US : 0));
}

static void grown(const char *path, unsigned count, word_t rounds, uint64_t full, uint64_t empty)
{
    note("grow %s among %u rounds %lu ticks %lu empty %lu", path, count, rounds, full, empty);
}

#define GROWN(path, count, statement)                                                                        \
    do {                                                                                                     \
        BENCH_LOOP(WARM_ROUNDS, statement);                                                                  \
        uint64_t grown_full = BENCH_TICKS(TIMES, statement), grown_empty = BENCH_TICKS(TIMES, (void)0);      \
        grown(path, count, TIMES, grown_full, grown_empty);                                                  \
    } while (0)

/* ---- What is measured */

static void echo(struct worker *worker)
{
    struct message message = { 0 };
    cap_t endpoint = FIRST(worker->argument), reply = SECOND(worker->argument);

    arch_syscall(SYS_RECV, endpoint, &message, reply);
    for (;;) {
        message.tag = tag_make(0, MESSAGE_REGISTER_WORDS, 0);
        arch_syscall(SYS_REPLY_RECV, endpoint, &message, reply);
    }
}

static inline __attribute__((always_inline)) status_t call(cap_t endpoint)
{
    struct message message = { .tag = tag_make(1, MESSAGE_REGISTER_WORDS, 0) };
    return arch_syscall(SYS_CALL, endpoint, &message, CAP_NULL);
}

static void call_and_reply(unsigned count)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);

    start_passive(worker_make(.function = echo, .argument = PAIR(endpoint, reply),
                              .space = space_with_program(), .passive = true));
    GROWN("call_reply", count, MUST(call(endpoint)));
}

static void create_a_thread(unsigned count)
{
    cap_t untyped = make(OBJECT_UNTYPED, 14), slot = slot_take();
    GROWN("thread_create_destroy", count, create_and_destroy(untyped, slot));
}

static void set_the_timer(unsigned count)
{
    time_ns_t far = time_now_ns() + LONG_AFTER_NS / 2;

    expect_ok(core_range_bind_timer(CORES, 0, mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1)));
    GROWN("timer_set", count, MUST(core_range_set_timer(CORES, 0, far)));
}

static void switch_by_budget(unsigned count)
{
    look_at_switches(SWITCHES);
    grown("budget_switch", count, switches.count[0], switches.ticks[0], 0);
    grown("budget_comes_back", count, switches.count[1], switches.ticks[1], 0);
}

/* ---- Crowds */

static void wait_for_ever(word_t notification)
{
    word_t bits;
    for (;;)
        notification_wait(notification, &bits);
}

static void among_waiters(unsigned count)
{
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);

    crowd_make(count, wait_for_ever, notification, boot->budget_minimum_ns);
    GROWN("signal_to_higher", count, MUST(notification_signal(notification)));
    call_and_reply(count);
    create_a_thread(count);
}

static void yield_for_ever(word_t argument)
{
    (void)argument;
    for (;;)
        sys_yield();
}

static void among_contexts(unsigned count)
{
    crowd_make(count, yield_for_ever, 0, LONG_AFTER_NS);
    set_the_timer(count);
    switch_by_budget(count);
}

TEST(among_10_waiters)
{
    among_waiters(10);
}

TEST(among_1000_waiters)
{
    among_waiters(1000);
}

TEST(among_10000_waiters)
{
    among_waiters(10000);
}

TEST(among_10_contexts)
{
    among_contexts(10);
}

TEST(among_1000_contexts)
{
    among_contexts(1000);
}

TEST(among_10000_contexts)
{
    among_contexts(10000);
}
