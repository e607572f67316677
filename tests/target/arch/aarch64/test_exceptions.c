/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and registers that only this processor has. */
#include "handled.h"

/* For single steps: so many instructions between the two, the last one included. */
#define FAULTING_STEPS 5u
void faulting_steps(void);
extern char faulting_steps_end[];
__asm__(
    ".pushsection .text.faulting_steps, \"ax\"\n.globl faulting_steps, faulting_steps_end\n"
    "faulting_steps: nop\n nop\n mov x9, #0\n add x9, x9, #1\n nop\nfaulting_steps_end: ret\n.popsection\n");

TEST(a_program_counter_that_is_not_aligned_is_an_exception)
{
    struct handled h = run_faulting(cause, (word_t)faulting_steps + 2, FAULT_EXCEPTION);

    expect_equal(h.fault.word[0], EXCEPTION_ALIGNMENT);
    expect_equal(h.fault.word[2], (word_t)faulting_steps + 2);
}

static void step_through(word_t flags)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker =
        worker_make(.function = cause, .argument = (word_t)faulting_steps, .fault = handler);
    word_t at = 0;
    struct message fault;
    unsigned in_function = 0;

    expect_ok(thread_write_registers(worker->thread, REGISTER_FLAGS, &flags, 1));
    worker_start(worker);
    for (unsigned i = 0; i < 200 && at != (word_t)faulting_steps_end; i++) {
        expect_ok(sys_recv_poll(handler, &fault, reply));
        expect_equal(fault.tag, tag_make(FAULT_EXCEPTION, FAULT_WORDS, 0));
        expect_equal(fault.word[0], EXCEPTION_DEBUG);
        expect_true(fault.word[2] != at);
        at = fault.word[2];
        in_function += at > (word_t)faulting_steps && at <= (word_t)faulting_steps_end;
        expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    }
    expect_equal(in_function, FAULTING_STEPS);
    /* Let it run on. */
    expect_ok(sys_recv_poll(handler, &fault, reply));
    flags = 0;
    expect_ok(thread_write_registers(worker->thread, REGISTER_FLAGS, &flags, 1));
    expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    worker_finish(worker);
}

TEST(single_steps_are_debug_exceptions_one_for_each_instruction)
{
    step_through(FLAGS_STEP);
}

TEST(flags_that_are_the_kernels_cannot_be_set)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    word_t flags = ~(word_t)0, seen[REGISTER_COUNT];

    expect_ok(thread_write_registers(thread, REGISTER_FLAGS, &flags, 1));
    expect_ok(thread_read_registers(thread, seen));
    expect_equal(seen[REGISTER_FLAGS], 0xf0000000 | FLAGS_STEP);
}

static void spin(struct worker *worker)
{
    machine_spin(&worker->seen[0]);
}

TEST(flags_that_are_the_kernels_do_not_stop_interrupts)
{
    struct worker *worker = worker_make(.function = spin, .priority = PRIORITY_BELOW);
    word_t flags = ~(word_t)FLAGS_STEP;

    expect_ok(thread_write_registers(worker->thread, REGISTER_FLAGS, &flags, 1));
    worker_start(worker);
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > 0);
}

/* The condition flags are the thread's own: they live through interrupts, which spins of another thread bring. */
static void keep_flags(struct worker *worker)
{
    for (unsigned i = 0; i < 20000; i++) {
        word_t bad;
        __asm__ volatile("mov x9, #0xa0000000\n msr nzcv, x9\n nop\n nop\n nop\n nop\n mrs x10, nzcv\n cmp "
                         "x9, x10\n cset %0, ne"
                         : "=r"(bad)
                         :
                         : "x9", "x10", "cc");
        worker->seen[0] += bad;
    }
}

TEST(condition_flags_live_through_interrupts)
{
    struct worker *worker = worker_make(.function = keep_flags, .priority = PRIORITY_BELOW);

    worker_start(worker);
    while (!worker->done)
        sleep_ns(20000);
    expect_equal(worker->seen[0], 0);
}
