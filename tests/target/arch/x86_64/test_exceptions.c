/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and registers that only this processor has. */
#include "handled.h"

/* For single steps: so many instructions between the two, the last one included. */
#define FAULTING_STEP_FLAG 0x100u
#define FAULTING_STEPS     5u
void faulting_steps(void);
extern char faulting_steps_end[];
__asm__(
    ".pushsection .text.faulting_steps, \"ax\"\n.globl faulting_steps, faulting_steps_end\n"
    "faulting_steps: nop\n nop\n xor %eax, %eax\n inc %eax\n nop\nfaulting_steps_end: ret\n.popsection\n");

/* A push where no stack can be. */
void faulting_stack(void);
extern char faulting_stack_at[];
__asm__(".pushsection .text.faulting_stack, \"ax\"\n.globl faulting_stack, faulting_stack_at\n"
        "faulting_stack: mov $0x0000900000000000, %rsp\nfaulting_stack_at: push %rax\n.popsection\n");

TEST(a_stack_pointer_that_is_not_canonical_is_an_exception_where_it_is_used)
{
    struct handled h = run_faulting(cause, (word_t)faulting_stack, FAULT_EXCEPTION);

    expect_equal(h.fault.word[0], EXCEPTION_PROTECTION);
    expect_equal(h.fault.word[2], (word_t)faulting_stack_at);
    expect_equal(h.fault.word[3], 0x0000900000000000);
}

TEST(single_steps_are_debug_exceptions_one_for_each_instruction)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker =
        worker_make(.function = cause, .argument = (word_t)faulting_steps, .fault = handler);
    word_t registers[REGISTER_COUNT], at = 0;
    struct message fault;
    unsigned in_function = 0;

    registers[0] = FAULTING_STEP_FLAG;
    expect_ok(thread_write_registers(worker->thread, REGISTER_FLAGS, registers, 1));
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
    registers[0] = 0;
    expect_ok(thread_write_registers(worker->thread, REGISTER_FLAGS, registers, 1));
    expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    worker_finish(worker);
}

TEST(segment_bases_that_are_not_canonical_are_refused)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    word_t values[3] = { 0 }, bad = (word_t)1 << 47;

    expect_argument(thread_write_registers(thread, REGISTER_TLS, &bad, 1), ERR_RANGE, 2);
    values[2] = bad;
    expect_argument(thread_write_registers(thread, REGISTER_FS_BASE - 2, values, 3), ERR_RANGE, 4);
}

TEST(flags_that_are_the_kernels_cannot_be_set)
{
    cap_t thread = make(OBJECT_THREAD, 0);
    word_t flags = ~(word_t)0, seen[REGISTER_COUNT];

    expect_ok(thread_write_registers(thread, REGISTER_FLAGS, &flags, 1));
    expect_ok(thread_read_registers(thread, seen));
    expect_equal(seen[REGISTER_FLAGS] & 0x1a7000, 0); /* IOPL, NT, VM, VIF, VIP */
    flags = 0;
    expect_ok(thread_write_registers(thread, REGISTER_FLAGS, &flags, 1));
    expect_ok(thread_read_registers(thread, seen));
    expect_equal(seen[REGISTER_FLAGS] & 0x200, 0x200); /* interrupts stay on */
}

static void spin(struct worker *worker)
{
    machine_spin(&worker->seen[0]);
}

TEST(flags_that_are_the_kernels_do_not_stop_interrupts)
{
    struct worker *worker = worker_make(.function = spin, .priority = PRIORITY_BELOW);
    word_t flags = 0;

    expect_ok(thread_write_registers(worker->thread, REGISTER_FLAGS, &flags, 1));
    worker_start(worker);
    sleep_ns(NS_PER_MS);
    expect_true(worker->seen[0] > 0);
}
