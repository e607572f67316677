/* SPDX-License-Identifier: BSD-2-Clause */
/* What cores do in a certain order: one core is between two entries while another makes several, and comes to what those have left to it only then. */
#include "cores.h"
#include "lock.h"
#include "remote.h"
#include "scheduler.h"
#include <pthread.h>
#include <sched.h>

static cap_t faults, victim;

static void be_stopped_by_fault(word_t badge)
{
    core_be(1);
    host_take_interrupts();
    EXPECT(current() == thread_at(victim));
    kernel_page_fault(0x1000, FAULT_ACCESS_READ);
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_SENDING);
    core_be(0);
    DO(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, faults, badge);
}

static void make_victim_with_handler(void)
{
    system_check_off = true;
    system_boot();
    faults = make(OBJECT_ENDPOINT, 0);
    victim = make_thread_on(1, 100);
    set_fault_handler(victim, mint(faults, RIGHT_WRITE, 7));
    resume(victim);
}

/* The other core is to find out that nobody handles its thread's fault. */
static void make_victim_about_to_stop(void)
{
    make_victim_with_handler();
    be_stopped_by_fault(7);
    EXPECT(thread_at(victim)->deferred);
}

static void let_others_come_to_it(void)
{
    core_be(1);
    host_take_interrupts();
    core_be(0);
    system_check();
}

TEST(resume_of_a_thread_that_is_about_to_stop_on_another_core_is_not_lost)
{
    make_victim_about_to_stop();
    resume(victim);
    let_others_come_to_it();
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_RUNNABLE);
    EXPECT(cores[1].current == thread_at(victim));
}

TEST(who_is_about_to_stop_on_another_core_stops_there)
{
    make_victim_about_to_stop();
    let_others_come_to_it();
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(victim)->stop_reason, THREAD_STOP_FAULT);
}

TEST(suspend_of_a_thread_that_is_about_to_stop_on_another_core_leaves_it_its_reason)
{
    make_victim_about_to_stop();
    DO(victim, OP_THREAD_SUSPEND, 9);
    let_others_come_to_it();
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(victim)->stop_reason, THREAD_STOP_FAULT);
    EXPECT_EQ(thread_at(victim)->exit_code, FAULT_PAGE);
}

/* ---- A thread that runs on another core when it has lost its context: that core has not come to it yet, and must let go of it first. */

/* The other core is in user mode, and takes the interrupt while the first one waits for its answer. */
static void other_answers(bool waits)
{
    if (!waits)
        return;
    core_be(1);
    remote_answer(core_self());
    core_be(0);
}

static void make_victim_lose_its_context(void)
{
    cap_t lent = make(OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN);

    set_core(lent, 1);
    victim = make_passive(100);
    set_timeout_handler(victim, mint(faults, RIGHT_WRITE | RIGHT_GRANT, 7));
    DO(lent, OP_SCHED_CONTEXT_LEND, victim);
    resume(victim);
    core_be(1);
    host_take_interrupts();
    EXPECT(current() == thread_at(victim));
    core_be(0);
    DO(lent, OP_SCHED_CONTEXT_UNBIND);
    EXPECT(thread_at(victim)->deferred);
    EXPECT(cores[1].current == thread_at(victim));
}

TEST(who_is_settled_is_taken_from_the_core_that_runs_it)
{
    unsigned parks;

    system_check_off = true;
    system_boot();
    faults = make(OBJECT_ENDPOINT, 0);
    make_victim_lose_its_context();
    parks = host.parks;
    host_between = other_answers;
    DO(victim, OP_THREAD_SUSPEND, 9);
    host_between = NULL;
    EXPECT_EQ(host.parks, parks + 1);
    EXPECT(cores[1].current == NULL);
    let_others_come_to_it();
    EXPECT(cores[1].current == NULL);
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_STOPPED);
}

/* ---- Breakpoints: the exception does not come again */

static void make_victim_that_breaks(void)
{
    make_victim_with_handler();
    core_be(1);
    host_take_interrupts();
    EXPECT(current() == thread_at(victim));
    core_be(0);
}

/* The other core has not been told yet what has been done to its thread. */
static void break_there(void)
{
    core_be(1);
    kernel_exception(EXCEPTION_BREAKPOINT, 42);
    core_be(0);
}

static void expect_breakpoint(void)
{
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_SENDING);
    EXPECT_EQ(thread_at(victim)->fault, FAULT_EXCEPTION);
    EXPECT_EQ(thread_at(victim)->fault_words[0], EXCEPTION_BREAKPOINT);
    EXPECT_EQ(thread_at(victim)->fault_words[1], 42);
}

TEST(breakpoint_of_a_thread_that_has_just_lost_its_context_is_raised)
{
    make_victim_that_breaks();
    DO(SC_OF(victim), OP_SCHED_CONTEXT_UNBIND);
    break_there();
    let_others_come_to_it();
    expect_breakpoint();
}

static void *break_as_other_core(void *nothing)
{
    (void)nothing;
    core_be(1);
    kernel_exception(EXCEPTION_BREAKPOINT, 42);
    return NULL;
}

static bool other_core_waits_for_its_lock(void)
{
    return __atomic_load_n(&cores[1].lock.next, __ATOMIC_RELAXED) - cores[1].lock.owner == 2;
}

/* As OP_THREAD_READ_REGISTERS does, while the other core is between the exception and its lock. */
static void take_away_while_it_breaks(void)
{
    pthread_t other;

    lock_own(core_self());
    lock_take_two(core_self(), 1);
    EXPECT_EQ(pthread_create(&other, NULL, break_as_other_core, NULL), 0);
    while (!other_core_waits_for_its_lock())
        sched_yield();
    remote_take(thread_at(victim));
    EXPECT(!cores[1].current);
    scheduler_consider(thread_at(victim));
    unlock_own(core_self());
    EXPECT_EQ(pthread_join(other, NULL), 0);
}

TEST(breakpoint_of_a_thread_that_is_taken_away_before_its_core_has_its_lock_is_raised)
{
    make_victim_that_breaks();
    take_away_while_it_breaks();
    let_others_come_to_it();
    expect_breakpoint();
}

/* Stopped before its core comes to raise it. */
static void suspend_while_it_breaks(void)
{
    pthread_t other;

    lock_own(core_self());
    lock_take_all(core_self());
    EXPECT_EQ(pthread_create(&other, NULL, break_as_other_core, NULL), 0);
    while (!other_core_waits_for_its_lock())
        sched_yield();
    thread_stop(thread_at(victim), THREAD_STOP_SUSPEND, 0);
    unlock_own(core_self());
    EXPECT_EQ(pthread_join(other, NULL), 0);
}

TEST(breakpoint_of_a_thread_that_is_suspended_before_its_core_has_its_lock_is_raised_when_it_is_resumed)
{
    make_victim_that_breaks();
    suspend_while_it_breaks();
    let_others_come_to_it();
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_STOPPED);
    resume(victim);
    let_others_come_to_it();
    expect_breakpoint();
}

TEST(breakpoint_that_is_not_raised_yet_is_forgotten_if_its_thread_is_sent_elsewhere)
{
    make_victim_that_breaks();
    suspend_while_it_breaks();
    DO(victim, OP_THREAD_WRITE_REGISTERS, REGISTER_IP, THREAD_IP);
    resume(victim);
    let_others_come_to_it();
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_RUNNABLE);
    EXPECT(cores[1].current == thread_at(victim));
}

/* ---- The FPU: whether the thread may have it, and the fault if not, are one entry */

TEST(fault_for_the_fpu_is_of_who_used_it_when_a_better_thread_has_come_meanwhile)
{
    cap_t better;

    make_victim_with_handler();
    better = make_thread_on(1, 110);
    core_be(1);
    host_take_interrupts();
    EXPECT(current() == thread_at(victim));
    core_be(0);
    resume(better); /* the other core has not been told yet */
    core_be(1);
    EXPECT(host_fpu() == NULL);
    core_be(0);
    EXPECT_EQ(thread_at(victim)->state, THREAD_STATE_SENDING);
    EXPECT_EQ(thread_at(victim)->fault, FAULT_EXCEPTION);
    EXPECT_EQ(thread_at(victim)->fault_words[0], EXCEPTION_FPU_OFF);
    EXPECT(cores[1].current == thread_at(better));
    EXPECT_EQ(thread_at(better)->fault, FAULT_NONE);
}

/* ---- Time */

static cap_t spender, spent;

/* The spender has used up its context on the other core, where the victim runs now. */
static void make_spent_context(void)
{
    system_check_off = true;
    system_boot();
    victim = make_thread_on(1, 100);
    spender = make_thread_on(1, 110);
    spent = SC_OF(spender);
    DO(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, spent, 1, SLICE_NS / 10, SLICE_NS, 0);
    resume(victim);
    resume(spender);
    core_be(1);
    host_take_interrupts();
    EXPECT(current() == thread_at(spender));
    host_time_advance(time_ticks(SLICE_NS / 5));
    EXPECT(current() == thread_at(victim));
    core_be(0);
}

/* It was found while a context waited in the queue for a time at which it had begun to run: its core had taken another interrupt first. */
TEST(context_that_a_running_thread_is_given_and_whose_time_comes_before_its_core_looks_waits_no_more)
{
    make_spent_context();
    DO(spent, OP_SCHED_CONTEXT_UNBIND);
    DO(SC_OF(victim), OP_SCHED_CONTEXT_UNBIND);
    DO(spent, OP_SCHED_CONTEXT_BIND, victim);
    host.ticks += time_ticks(SLICE_NS);
    core_be(1);
    kernel_ipi();
    EXPECT(current() == thread_at(victim));
    core_be(0);
    system_check();
}
