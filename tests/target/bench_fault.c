/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What faults cost, to the handler and back. The handler is the bench's thread, which answers without doing
 * anything about it; so the thread faults again where it stands.
 */
#include "bench.h"
#include "passive.h"

static void read_nothing(struct worker *worker)
{
    worker->seen[0] = *(volatile word_t *)worker->argument;
}

static void undefined(struct worker *worker)
{
    (void)worker;
    arch_undefined();
}

static void fault_again(const char *path, void (*function)(struct worker *), word_t argument)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct message fault = { 0 };

    worker_run(.function = function, .argument = argument, .space = space_with_program(), .fault = handler,
               .budget_ns = BENCH_BUDGET_NS, .priority = PRIORITY_BELOW);
    expect_status(arch_syscall(SYS_RECV, handler, &fault, reply), OK);
    MEASURE_PATH(path, ROUNDS,
                 MUST((fault.tag = tag_make(FAULT_REPLY_RESUME, 0, 0),
                       arch_syscall(SYS_REPLY_RECV, handler, &fault, reply))),
                 (void)0);
}

BENCH(page_fault)
{
    fault_again(__func__, read_nothing, address_take(FRAME_SIZE_4K));
}

BENCH(exception)
{
    fault_again(__func__, undefined, 0);
}
