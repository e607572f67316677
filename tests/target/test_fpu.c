/* SPDX-License-Identifier: BSD-2-Clause */
/* FPU state: it survives switching, never appears in another thread, and needs the attribute. */
#include "fpu.h"
#include "peers.h"

/* argument: seed, rounds, notification to signal; fills all registers, and looks after each yield whether
 * they are still so. seen[0] counts differences, seen[1] rounds. */
static void keep_registers(struct worker *worker)
{
    struct fpu_registers mine, now;

    fpu_pattern(&mine, FIRST(worker->argument));
    fpu_load(&mine);
    for (word_t i = 0; i < SECOND(worker->argument); i++) {
        struct message message = { 0 };
        raw_call(SYS_YIELD, 0, &message, 0);
        fpu_store(&now);
        worker->seen[0] += fpu_differences(&mine, &now);
        worker->seen[1]++;
    }
}

static struct worker *fpu_worker(void (*function)(struct worker *), word_t argument, unsigned priority)
{
    return worker_run(.function = function, .argument = argument, .attributes = THREAD_FPU,
                      .priority = priority);
}

TEST(all_fpu_registers_survive_switching_among_several_threads)
{
    enum { THREADS = 5, ROUNDS = 200 };
    struct worker *worker[THREADS];

    for (unsigned i = 0; i < THREADS; i++)
        worker[i] = fpu_worker(keep_registers, PAIR(1000 + 77 * i, ROUNDS), PRIORITY_BELOW);
    for (unsigned i = 0; i < THREADS; i++) {
        worker_finish(worker[i]);
        expect_equal(worker[i]->seen[1], ROUNDS);
        expect_equal(worker[i]->seen[0], 0);
    }
}

/* The same, torn away by interrupts at any instruction. */
static void keep_registers_for_long(struct worker *worker)
{
    struct fpu_registers mine, now;

    for (word_t i = 0; i < SECOND(worker->argument); i++) {
        fpu_pattern(&mine, FIRST(worker->argument) + i);
        fpu_load(&mine);
        for (unsigned n = 0; n < 5000; n++)
            __asm__ volatile("" ::: "memory");
        fpu_store(&now);
        worker->seen[0] += fpu_differences(&mine, &now);
        worker->seen[1]++;
    }
}

TEST(all_fpu_registers_survive_preemption)
{
    enum { THREADS = 3, ROUNDS = 300 };
    struct worker *worker[THREADS];

    for (unsigned i = 0; i < THREADS; i++)
        worker[i] = worker_run(.function = keep_registers_for_long, .argument = PAIR(5000 + 999 * i, ROUNDS),
                               .attributes = THREAD_FPU, .priority = PRIORITY_BELOW, .budget_ns = 150000,
                               .period_ns = 150000);
    for (unsigned i = 0; i < THREADS; i++) {
        worker_finish(worker[i]);
        expect_equal(worker[i]->seen[1], ROUNDS);
        expect_equal(worker[i]->seen[0], 0);
    }
}

/* What a thread finds that has never used the FPU. */
static void look_at_fresh_registers(struct worker *worker)
{
    struct fpu_registers reset, now;

    fpu_store(&now);
    fpu_reset_pattern(&reset);
    worker->seen[0] = fpu_differences(&reset, &now);
    worker->seen[1] = 1;
}

TEST(a_fresh_thread_sees_the_reset_state_and_nothing_of_others)
{
    struct worker *dirty = fpu_worker(keep_registers, PAIR(4711, 1000000), PRIORITY_BELOW);

    sleep_ns(1000000);
    expect_true(dirty->seen[1] > 0);
    for (unsigned i = 0; i < 4; i++) {
        struct worker *fresh = fpu_worker(look_at_fresh_registers, 0, PRIORITY_ABOVE);
        expect_equal(fresh->seen[1], 1);
        expect_equal(fresh->seen[0], 0);
        sleep_ns(200000);
    }
    expect_equal(dirty->seen[0], 0);
    expect_ok(thread_suspend(dirty->thread, 0));
}

TEST(a_thread_in_the_memory_of_a_destroyed_one_sees_the_reset_state)
{
    for (unsigned i = 0; i < 3; i++) {
        struct worker *dirty = fpu_worker(keep_registers, PAIR(4711, 3), PRIORITY_ABOVE);
        worker_finish(dirty);
        erase(dirty->thread); /* the owner of what is in the registers */
        struct worker *fresh = fpu_worker(look_at_fresh_registers, 0, PRIORITY_ABOVE);
        expect_equal(fresh->seen[1], 1);
        expect_equal(fresh->seen[0], 0);
    }
}

/* ---- Without the attribute */

static void use_fpu(struct worker *worker)
{
    struct fpu_registers now;

    worker->seen[1] = 1;
    fpu_store(&now);
    worker->seen[1] = 2;
}

static void expect_off(cap_t handler, cap_t reply)
{
    struct message fault;

    expect_equal(sys_recv_poll(handler, &fault, reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(fault.tag, tag_make(FAULT_EXCEPTION, FAULT_WORDS, 0));
    expect_equal(fault.word[0], EXCEPTION_FPU_OFF);
}

TEST(without_the_attribute_an_fpu_instruction_is_a_fault)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker = worker_run(.function = use_fpu, .fault = handler);

    expect_off(handler, reply);
    /* The handler turns it on, and the instruction is executed again. */
    expect_ok(thread_set_attributes(worker->thread, THREAD_FPU, THREAD_FPU));
    expect_ok(answer(reply, FAULT_REPLY_RESUME, 0, 0, 0));
    worker_finish(worker);
    expect_equal(worker->seen[1], 2);
}

TEST(without_the_attribute_the_registers_of_another_cannot_be_read)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *dirty = fpu_worker(keep_registers, PAIR(4711, 1000000), PRIORITY_BELOW);

    sleep_ns(500000);
    for (unsigned i = 0; i < 3; i++) {
        struct worker *worker = worker_run(.function = use_fpu, .fault = handler);
        expect_off(handler, reply);
        expect_equal(worker->seen[1], 1);
        expect_ok(answer(reply, FAULT_REPLY_STOP, 0, 0, 0));
        sleep_ns(100000);
    }
    expect_equal(dirty->seen[0], 0);
    expect_ok(thread_suspend(dirty->thread, 0));
}

TEST(the_attribute_can_be_taken_away_at_run_time)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker =
        worker_run(.function = keep_registers, .argument = PAIR(4711, 1000000), .attributes = THREAD_FPU,
                   .priority = PRIORITY_BELOW, .fault = handler);

    sleep_ns(500000);
    word_t rounds = worker->seen[1];
    expect_true(rounds > 0);
    expect_ok(thread_set_attributes(worker->thread, THREAD_FPU, 0));
    sleep_ns(500000);
    expect_off(handler, reply);
    expect_between(worker->seen[1], rounds, rounds + 1);
    /* Another thread gets the registers, clean. */
    struct worker *fresh = fpu_worker(look_at_fresh_registers, 0, PRIORITY_ABOVE);
    expect_equal(fresh->seen[1], 1);
    expect_equal(fresh->seen[0], 0);
}

TEST(set_attributes_refuses_bits_that_do_not_exist)
{
    cap_t thread = make(OBJECT_THREAD, 0);

    expect_argument(thread_set_attributes(thread, THREAD_ATTRIBUTE_ALL + 1, 0), ERR_RANGE, 1);
    expect_argument(thread_set_attributes(thread, ~(word_t)0, 0), ERR_RANGE, 1);
    expect_argument(thread_set_attributes(thread, THREAD_FPU, THREAD_FAULT_ON_CAP), ERR_RANGE, 2);
}

static void divide_by_zero(struct worker *worker)
{
    worker->seen[1] = 1;
    fpu_cause_exception();
    worker->seen[1] = 2;
}

TEST(an_unmasked_floating_point_error_is_an_fpu_exception)
{
    cap_t handler = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    struct worker *worker =
        worker_run(.function = divide_by_zero, .fault = handler, .attributes = THREAD_FPU);
    struct message fault;

    if (status_error(sys_recv_poll(handler, &fault, reply)) == ERR_WOULD_BLOCK) {
        note("this machine does not raise it"); /* emulators may not */
        expect_equal(worker->done, 1);
        return;
    }
    expect_equal(fault.word[0], EXCEPTION_FPU);
}
