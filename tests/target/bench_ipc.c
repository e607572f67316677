/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What messages cost. The client is the bench's own thread; the server runs the same program in another address space.
 *
 * A server keeps the message that it got in the registers and sends it back: what the two do besides is to load the
 * arguments of the system call and to test its status.
 */
#include "passive.h"
#include "paths.h"

struct pair {
    cap_t endpoint, reply;
};

static void serve_registers(struct worker *worker)
{
    answer_calls(worker, MESSAGE_REGISTER_WORDS);
}

static void serve_10_words(struct worker *worker)
{
    answer_calls(worker, 10);
}

static void serve_64_words(struct worker *worker)
{
    answer_calls(worker, MESSAGE_WORDS_MAX);
}

/* As serve_registers; but after WARM_ROUNDS + 1 rounds its side of the message is marked. */
static void serve_marked(struct worker *worker)
{
    cap_t endpoint = FIRST(worker->argument), reply = SECOND(worker->argument);
    struct message message = { 0 };

    arch_syscall(SYS_RECV, endpoint, &message, reply);
    for (unsigned i = 0; i < WARM_ROUNDS; i++)
        arch_syscall(SYS_REPLY_RECV, endpoint, &message, reply);
    for (;;) {
        MARK_END();
        message.tag = tag_make(0, worker->seen[0], 0);
        MARK_BEGIN();
        arch_syscall(SYS_REPLY_RECV, endpoint, &message, reply);
    }
}

static struct pair pair_make(void)
{
    return (struct pair){ make(OBJECT_ENDPOINT, 0), make(OBJECT_REPLY, 0) };
}

/* A server in another address space: passive, which then runs on its clients' budgets; or with a budget of its own. */
static struct worker *server_make(struct pair pair, void (*function)(struct worker *), bool passive)
{
    struct worker *worker =
        worker_make(.function = function, .argument = PAIR(pair.endpoint, pair.reply),
                    .space = space_with_program(), .passive = passive, .budget_ns = BENCH_BUDGET_NS);
    if (passive)
        return start_passive(worker);
    worker_start(worker);
    settle();
    return worker;
}

static inline __attribute__((always_inline)) status_t call_with(cap_t endpoint, unsigned words, unsigned caps)
{
    struct message message = { .tag = tag_make(1, words, caps), .word = { 1, 2, 3, 4 } };
    return arch_syscall(SYS_CALL, endpoint, &message, CAP_NULL);
}

BENCH(call_reply_registers)
{
    struct pair pair = pair_make();
    server_make(pair, serve_registers, true);
    MEASURE(MUST(call_with(pair.endpoint, 4, 0)));
}

BENCH(call_reply_10_words)
{
    struct pair pair = pair_make();
    server_make(pair, serve_10_words, true);
    MEASURE(MUST(call_with(pair.endpoint, 10, 0)));
}

BENCH(call_reply_64_words)
{
    struct pair pair = pair_make();
    server_make(pair, serve_64_words, true);
    MEASURE(MUST(call_with(pair.endpoint, 64, 0)));
}

/* The server has a budget of its own, and the higher priority. */
BENCH(call_reply_active_server)
{
    struct pair pair = pair_make();
    server_make(pair, serve_registers, false);
    MEASURE(MUST(call_with(pair.endpoint, 4, 0)));
}

/* Client and server in one address space. */
BENCH(call_reply_same_space)
{
    struct pair pair = pair_make();
    start_passive(worker_make(.function = serve_registers, .argument = PAIR(pair.endpoint, pair.reply),
                              .passive = true));
    MEASURE(MUST(call_with(pair.endpoint, 4, 0)));
}

/* Each capability goes into an empty slot of its own; that the bench names the next one is not counted. */
BENCH(call_one_capability)
{
    struct pair pair = pair_make();
    struct worker *server = server_make(pair, serve_registers, true);
    cap_t given = make(OBJECT_NOTIFICATION, 0), next = slots_take(WARM_ROUNDS + 2 * ROUNDS + 1);

    message_page->give[0] = (struct utcb_give){ .source = given, .mode = GIVE_COPY };
    MEASURE_PATH(__func__, ROUNDS, MUST(call_with(pair.endpoint, 4, 1)), server->utcb->take[0] = next++);
    expect_equal(type_of(next - 1), OBJECT_NOTIFICATION);
}

static void one_way(const char *there, const char *back, unsigned words)
{
    struct pair pair = pair_make();
    struct worker *server = worker_make(.function = serve_marked, .argument = PAIR(pair.endpoint, pair.reply),
                                        .space = space_with_program(), .passive = true);
    struct message message = { .tag = tag_make(1, words, 0) };

    server->seen[0] = words;
    start_passive(server);
    for (unsigned i = 0; i < WARM_ROUNDS; i++)
        MUST(call_with(pair.endpoint, words, 0));
    MARK_BEGIN();
    arch_syscall(SYS_CALL, pair.endpoint, &message, CAP_NULL);
    MARK_END();
    bench_lines(there, 1);
    bench_lines(back, 1);
}

BENCH(call)
{
    one_way("call", "reply_recv", 4);
}

BENCH(call_10_words)
{
    one_way("call_10_words", "reply_recv_10_words", 10);
}

static void receive(struct worker *worker)
{
    struct message message = { 0 };
    while (status_error(arch_syscall(SYS_RECV, worker->argument, &message, CAP_NULL)) == OK) {
    }
}

BENCH(send_to_higher)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);

    worker_run(.function = receive, .argument = endpoint, .space = space_with_program(),
               .budget_ns = BENCH_BUDGET_NS);
    settle();
    const struct message message = { .tag = tag_make(1, 4, 0) };
    MEASURE(MUST(sys_send(endpoint, &message)));
}

BENCH(yield_alone)
{
    MEASURE(sys_yield());
}
