/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several cores. The counter shows the time of all of them, so these are counted by the plugin, core by core: the figure is core 0's, where
 * the bench's thread runs, and the others' stand beside it. QEMU gives time to one core until it has nothing to do or says that it waits
 * (machine_relax), and then to the next.
 */
#include "passive.h"
#include "paths.h"

#define RECORDED 16u

#define MEASURE_CORES(statement)                                                                             \
    do {                                                                                                     \
        BENCH_LOOP(WARM_ROUNDS, statement);                                                                  \
        MARK_BEGIN();                                                                                        \
        BENCH_LOOP(RECORDED, statement);                                                                     \
        MARK_END();                                                                                          \
        bench_lines(__func__, RECORDED);                                                                     \
    } while (0)

static void serve_words(struct worker *worker)
{
    answer_calls(worker, MESSAGE_REGISTER_WORDS);
}

static inline __attribute__((always_inline)) void call_words(cap_t endpoint)
{
    struct message message = { .tag = tag_make(1, 4, 0), .word = { 1, 2, 3, 4 } };
    MUST(arch_syscall(SYS_CALL, endpoint, &message, CAP_NULL));
}

/* A call that other cores may go on before. */
static inline __attribute__((always_inline)) void take_turns(cap_t endpoint)
{
    machine_relax();
    call_words(endpoint);
}

static void call_for_ever(struct worker *worker)
{
    for (;;) {
        take_turns(worker->argument);
        worker->seen[5]++;
    }
}

/* The endpoint of a passive server in an address space of its own. */
static cap_t serve_passively(void)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    start_passive(worker_make(.function = serve_words, .argument = PAIR(endpoint, reply),
                              .space = space_with_program(), .passive = true));
    return endpoint;
}

/* On each core a client and a server, who have nothing to do with those of others. With one instruction for machine_relax. */
BENCH(call_reply_pairs)
{
    cap_t own = serve_passively();

    for (unsigned core = 1; core < boot->cores; core++) {
        struct worker *client =
            worker_run(.function = call_for_ever, .argument = serve_passively(), .core = core,
                       .space = space_with_program(), .budget_ns = BENCH_BUDGET_NS);
        wait_seen(client, 5, WARM_ROUNDS);
    }
    MEASURE_CORES(take_turns(own));
}

/* The server is on core 1. */
BENCH(cross_core_call)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *server = worker_run(.function = serve_words, .argument = PAIR(endpoint, reply), .core = 1,
                                       .space = space_with_program(), .budget_ns = BENCH_BUDGET_NS);

    wait_state(server, THREAD_STATE_RECEIVING);
    MEASURE_CORES(call_words(endpoint));
}

static void count_signals(struct worker *worker)
{
    word_t bits;
    while (status_error(notification_wait(worker->argument, &bits)) == OK)
        worker->seen[5]++;
}

/* A signal to who waits on core 1, until it has been there. */
static inline __attribute__((always_inline)) void signal_across(cap_t notification, struct worker *waiter)
{
    word_t before = waiter->seen[5];
    MUST(notification_signal(notification));
    while (waiter->seen[5] == before)
        machine_relax();
}

BENCH(cross_core_signal)
{
    cap_t notification = mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1);
    struct worker *waiter = worker_run(.function = count_signals, .argument = notification, .core = 1,
                                       .space = space_with_program(), .budget_ns = BENCH_BUDGET_NS);

    wait_state(waiter, THREAD_STATE_WAITING);
    MEASURE_CORES(signal_across(notification, waiter));
}

static void relax_for_ever(struct worker *worker)
{
    for (;;) {
        worker->seen[5]++;
        machine_relax();
    }
}

static inline __attribute__((always_inline)) void map_and_unmap_there(cap_t frame, word_t address)
{
    MUST(address_space_map(SPACE, frame, address, RIGHT_READ | RIGHT_WRITE, MAP_CACHE_WRITE_BACK));
    MUST(frame_unmap(frame));
}

/* Map and unmap a page of a space that core 1 is working in. */
BENCH(shootdown)
{
    struct page page = page_make();
    struct worker *worker = worker_run(.function = relax_for_ever, .core = 1, .budget_ns = BENCH_BUDGET_NS);

    wait_seen(worker, 5, 1);
    expect_ok(frame_unmap(page.frame));
    MEASURE_CORES(map_and_unmap_there(page.frame, (word_t)page.words));
}
