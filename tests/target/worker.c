/* SPDX-License-Identifier: BSD-2-Clause */
/* Workers: threads that run a function of this program. Their stacks and message pages are part of the
 * program. */
#include "target.h"

#define STACK_BYTES 8192u

struct worker_stack {
    _Alignas(16) char bytes[STACK_BYTES];
};

union worker_page {
    _Alignas(UTCB_ALIGN) struct utcb utcb;
    char bytes[UTCB_SIZE];
};

static struct worker workers[WORKERS_MAX];
static struct worker_stack stacks[WORKERS_MAX];
static union worker_page pages[WORKERS_MAX];
static unsigned worker_count;

static void worker_main(struct worker *worker)
{
    worker->function(worker);
    worker->done = 1;
    thread_suspend(worker->thread, 0);
    __builtin_trap();
}

static void configure(const struct worker *worker, const struct worker_setup *setup)
{
    struct thread_configuration configuration = {
        .cnode = setup->cnode ? setup->cnode : CNODE,
        .space = setup->space ? setup->space : SPACE,
        .message_frame = setup->no_message_page ? CAP_NULL : image_frame(worker->utcb),
        .message_offset = (word_t)worker->utcb % 4096,
        .fault = setup->fault,
        .timeout = setup->timeout,
        .death = setup->death,
    };
    unsigned priority = setup->priority ? setup->priority : PRIORITY_ABOVE;

    expect_ok(thread_configure(worker->thread, THREAD_SET_ALL, &configuration));
    expect_ok(thread_set_priority(worker->thread, priority, PRIORITY_MAX));
    expect_ok(thread_set_attributes(worker->thread, THREAD_ATTRIBUTE_ALL, setup->attributes));
}

struct worker *worker_make_from(const struct worker_setup *setup)
{
    expect_true(worker_count < WORKERS_MAX);
    struct worker *worker = &workers[worker_count];
    time_ns_t budget = setup->budget_ns ? setup->budget_ns : 10 * NS_PER_MS;
    time_ns_t period = setup->period_ns ? setup->period_ns : budget;

    *worker =
        (struct worker){ .thread = make_from(setup->memory ? setup->memory : arena, OBJECT_THREAD, 0),
                         .context = setup->passive ? CAP_NULL : make_context_on(setup->core, budget, period),
                         .utcb = &pages[worker_count].utcb,
                         .stack_end = (word_t)&stacks[worker_count + 1],
                         .function = setup->function,
                         .argument = setup->argument };
    worker_count++;
    configure(worker, setup);
    if (worker->context)
        expect_ok(sched_context_bind(worker->context, worker->thread));

    word_t start[2] = { (word_t)worker_main, arch_stack_pointer(worker->stack_end) },
           argument = (word_t)worker;
    expect_ok(thread_write_registers(worker->thread, REGISTER_IP, start, 2));
    expect_ok(thread_write_registers(worker->thread, REGISTER_ARGUMENT, &argument, 1));
    return worker;
}

struct worker *worker_start(struct worker *worker)
{
    expect_ok(thread_resume(worker->thread));
    return worker;
}

void settle(void)
{
    expect_ok(thread_set_priority(test_thread, 1, PRIORITY_MAX));
    expect_ok(thread_set_priority(test_thread, TEST_PRIORITY, PRIORITY_MAX));
}

void worker_finished(const char *file, int line, struct worker *worker)
{
    settle();
    if (worker->done)
        return;
    struct thread_info info = worker_info(worker);
    test_fail(file, line,
              "expected the worker to have come to its end, seen state %u, stop reason %u, code %lu, at %lx",
              info.state, info.stopped, info.code, worker_register(worker, REGISTER_IP));
}

#define PATIENCE 200000u

void worker_wait(const char *file, int line, const struct worker *worker, unsigned state)
{
    for (unsigned i = 0; i < PATIENCE; i++) {
        if (worker_info(worker).state == state)
            return;
        machine_relax();
    }
    test_fail(file, line, "expected the worker in state %u, seen that it stays in %u (at %lx)", state,
              worker_info(worker).state, worker_register(worker, REGISTER_IP));
}

void worker_wait_seen(const char *file, int line, const struct worker *worker, unsigned index, word_t least)
{
    for (unsigned i = 0; i < 100 * PATIENCE; i++) {
        if (worker->seen[index] >= least)
            return;
        machine_relax();
    }
    test_fail(file, line, "expected %lu or more in seen[%u], seen %lu (state %u)", least, index,
              worker->seen[index], worker_info(worker).state);
}

struct thread_info worker_info(const struct worker *worker)
{
    struct thread_info info;
    expect_ok(thread_info(worker->thread, &info));
    return info;
}

word_t worker_register(const struct worker *worker, unsigned index)
{
    word_t registers[REGISTER_COUNT];
    expect_ok(thread_read_registers(worker->thread, registers));
    return registers[index];
}

void sleep_ns(time_ns_t ns)
{
    cap_t notification = make(OBJECT_NOTIFICATION, 0), badged = mint(notification, RIGHTS_ALL, 1);
    word_t bits;

    expect_ok(core_range_bind_timer(CORES, 0, badged));
    expect_ok(core_range_set_timer(CORES, 0, time_now_ns() + ns));
    expect_status(notification_wait(notification, &bits), OK);
    expect_ok(core_range_bind_timer(CORES, 0, CAP_NULL));
    erase(badged);
    erase(notification);
}

void workers_clean(void)
{
    worker_count = 0;
}
