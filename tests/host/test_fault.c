/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults: what the handler sees, what its answer does, and what happens without one. */
#include "fault.h"
#include "system.h"

static cap_t endpoint, reply, death, a, handler;

static void setup(void)
{
    system_boot();
    endpoint = make(OBJECT_ENDPOINT, 0);
    reply = make(OBJECT_REPLY, 0);
    death = make(OBJECT_NOTIFICATION, 0);
    a = make_thread(100);
    handler = make_thread(101);
    set_fault_handler(a, mint(endpoint, RIGHT_WRITE, 77));
    DO(a, OP_THREAD_CONFIGURE, THREAD_SET_DEATH, 0, 0, 0, 0, 0, 0, mint(death, RIGHT_WRITE, 4));
    resume(a);
    resume(handler);
}

static void expect_stopped(cap_t thread, unsigned reason, word_t code)
{
    EXPECT_EQ(thread_at(thread)->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(thread)->stop_reason, reason);
    EXPECT_EQ(thread_at(thread)->exit_code, code);
}

static void expect_death_signal(void)
{
    EXPECT_EQ(((struct notification *)object_at(death))->bits, 4);
}

TEST(page_fault_is_a_call_to_the_handler)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    arch_register_write(&current()->context, REGISTER_SP, 0x5000);
    EXPECT(host_access(0x123000, FAULT_ACCESS_WRITE) == NULL);
    system_check();
    EXPECT(current() == thread_at(handler));
    struct outcome got = outcome_of(current());
    EXPECT_EQ(got.status, STATUS_KERNEL | STATUS_OWED);
    EXPECT_EQ(got.badge, 77);
    EXPECT_EQ(got.tag, tag_make(FAULT_PAGE, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[0], 0x123000);
    EXPECT_EQ(got.word[1], FAULT_ACCESS_WRITE);
    EXPECT_EQ(got.word[2], THREAD_IP);
    EXPECT_EQ(got.word[3], 0x5000);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_CALLING);
}

TEST(fault_that_nobody_waits_for_is_queued)
{
    setup();
    run(a);
    kernel_exception(EXCEPTION_DIVIDE, 3);
    system_check();
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_SENDING);
    run(handler);
    struct outcome got = RECV(endpoint, reply);
    EXPECT_EQ(got.tag, tag_make(FAULT_EXCEPTION, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[0], EXCEPTION_DIVIDE);
    EXPECT_EQ(got.word[1], 3);
}

TEST(answer_resumes_where_the_thread_stands)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    current()->context.registers[REGISTER_W0] = 5;
    kernel_exception(EXCEPTION_OTHER, 0);
    EXPECT_OK(SEND(reply, FAULT_REPLY_RESUME).status);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(arch_context_ip(&thread_at(a)->context), THREAD_IP);
    EXPECT_EQ(thread_at(a)->context.registers[REGISTER_W0], 5);
    run(a);
}

TEST(answer_with_two_words_sets_ip_and_sp)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    kernel_exception(EXCEPTION_OTHER, 0);
    SEND(reply, FAULT_REPLY_RESUME, 0x700000, 0x800000);
    EXPECT_EQ(arch_context_ip(&thread_at(a)->context), 0x700000);
    EXPECT_EQ(arch_context_sp(&thread_at(a)->context), 0x800000);
}

TEST(answer_with_an_impossible_ip_leaves_the_registers)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    kernel_exception(EXCEPTION_OTHER, 0);
    SEND(reply, FAULT_REPLY_RESUME, ~(word_t)0, 0x800000);
    EXPECT_EQ(arch_context_ip(&thread_at(a)->context), THREAD_IP);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
}

TEST(answer_stop_makes_the_fault_unhandled)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    kernel_exception(EXCEPTION_OTHER, 0);
    SEND(reply, FAULT_REPLY_STOP);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_EXCEPTION);
    expect_death_signal();
}

TEST(fault_without_handler_stops_the_thread)
{
    setup();
    set_fault_handler(a, 0);
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    system_check();
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
    expect_death_signal();
}

/* The fault was queued, or met a receiver: nobody can answer it either way. */
TEST(fault_queued_and_taken_without_reply_stops_the_thread)
{
    setup();
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    run(handler);
    EXPECT_EQ(RECV(endpoint, 0).word[0], 0);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
    expect_death_signal();
}

TEST(fault_met_by_a_receiver_without_reply_stops_the_thread)
{
    setup();
    run(handler);
    RECV(endpoint, 0);
    run(a);
    kernel_page_fault(0x9000, FAULT_ACCESS_READ);
    system_check();
    EXPECT_EQ(outcome_of(thread_at(handler)).word[0], 0x9000);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
    expect_death_signal();
}

/* The death notification of the faulting thread is bound to the one that takes the fault. */
TEST(fault_met_by_the_one_who_also_gets_the_death_signal)
{
    setup();
    DO(handler, OP_THREAD_BIND_NOTIFICATION, death);
    run(handler);
    RECV(endpoint, 0);
    run(a);
    kernel_page_fault(0x9000, FAULT_ACCESS_READ);
    system_check();
    EXPECT_EQ(outcome_of(thread_at(handler)).word[0], 0x9000);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
    run(handler);
    EXPECT_EQ(POLL_RECV(endpoint, 0).badge, 4);
}

TEST(fault_whose_endpoint_goes_stops_the_thread)
{
    setup();
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    root_wake();
    revoke(endpoint);
    delete (endpoint);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
}

TEST(fault_whose_reply_goes_stops_the_thread)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    root_wake();
    delete (reply);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
}

TEST(fault_whose_handler_dies_stops_the_thread)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    root_wake();
    delete (handler);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
}

TEST(fault_of_a_thread_that_is_cancelled_is_unhandled)
{
    setup();
    run(handler);
    RECV(endpoint, reply);
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    root_wake();
    DO(a, OP_THREAD_CANCEL);
    expect_stopped(a, THREAD_STOP_FAULT, FAULT_PAGE);
    EXPECT_EQ(((struct reply *)object_at(reply))->state, REPLY_FREE);
}

TEST(unknown_system_call_is_a_fault_at_the_call)
{
    setup();
    run(a);
    sys(99, 5, 0, 0, WORDS());
    run(handler);
    struct outcome got = RECV(endpoint, reply);
    EXPECT_EQ(got.tag, tag_make(FAULT_SYSCALL, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[0], 99);
    EXPECT_EQ(got.word[1], 5);
    EXPECT_EQ(got.word[2], THREAD_IP);
    SEND(reply, FAULT_REPLY_RESUME, got.word[2] + SYSCALL_LENGTH, 0);
    EXPECT(!thread_at(a)->context.at_syscall);
    EXPECT_EQ(arch_context_ip(&thread_at(a)->context), THREAD_IP + SYSCALL_LENGTH);
}

TEST(only_what_can_wait_can_poll)
{
    static const word_t calls[] = { SYS_CALL | SYS_POLL, SYS_YIELD | SYS_POLL, SYS_DEBUG | SYS_POLL };
    setup();
    for (unsigned i = 0; i < ARRAY_COUNT(calls); i++) {
        run(a);
        sys(calls[i], endpoint, 0, 0, WORDS());
        run(handler);
        struct outcome got = RECV(endpoint, reply);
        EXPECT_EQ(got.tag, tag_make(FAULT_SYSCALL, FAULT_WORDS, 0));
        EXPECT_EQ(got.word[0], calls[i]);
        SEND(reply, FAULT_REPLY_RESUME, got.word[2] + SYSCALL_LENGTH, 0);
    }
}

TEST(bad_destination_is_a_fault_if_the_thread_wants_it)
{
    setup();
    cap_t empty = slot_new();
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FAULT_ON_CAP, THREAD_FAULT_ON_CAP);
    run(a);
    SEND(empty, 0);
    run(handler);
    struct outcome got = RECV(endpoint, reply);
    EXPECT_EQ(got.tag, tag_make(FAULT_CAPABILITY, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[0], empty);
    EXPECT_EQ(got.word[1], ERR_CAPABILITY);
    EXPECT_EQ(got.word[2], THREAD_IP);
    /* A plain answer repeats the system call: now there is something. */
    DO(BOOT_SLOT_CNODE, OP_CNODE_COPY, empty, death);
    SEND(reply, 0);
    run(a);
    EXPECT(current()->context.at_syscall);
    host_syscall();
    EXPECT_OK(outcome_of(thread_at(a)).status);
}

TEST(bad_arguments_are_a_status_also_with_that_attribute)
{
    setup();
    DO(a, OP_THREAD_SET_ATTRIBUTES, THREAD_FAULT_ON_CAP, THREAD_FAULT_ON_CAP);
    run(a);
    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, 0).status, ERR_RANGE, 1);
    EXPECT_ERROR(CALL(BOOT_SLOT_CNODE, OP_CNODE_COPY, slot_new(), slot_new()).status, ERR_CAPABILITY, 2);
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
}

TEST(fault_lends_the_context_to_a_passive_handler)
{
    setup();
    cap_t passive = make_passive(110);
    cap_t sc = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(sc, SLICE_NS, SLICE_NS, 0);
    DO(sc, OP_SCHED_CONTEXT_BIND, passive);
    resume(passive);
    run(passive);
    RECV(endpoint, reply);
    root_wake();
    DO(sc, OP_SCHED_CONTEXT_UNBIND);
    run(a);
    kernel_page_fault(0, FAULT_ACCESS_READ);
    system_check();
    EXPECT(current() == thread_at(passive));
    EXPECT(thread_at(passive)->sc == object_at(SC_OF(a)));
    REPLY_RECV(endpoint, reply, FAULT_REPLY_RESUME);
    EXPECT(thread_at(a)->sc == object_at(SC_OF(a)));
    EXPECT_EQ(thread_at(a)->state, THREAD_STATE_RUNNABLE);
}

/* Each thread handles the fault of the one before, and faults itself. When the last one dies, all faults are
 * unhandled; that must not take a kernel stack as deep as there are threads. */
#define CHAIN 700u

TEST(fault_handlers_in_a_long_chain_all_stop)
{
    static cap_t threads[CHAIN];
    cap_t last_endpoint = 0;

    system_boot();
    system_check_off = true;
    for (unsigned i = 0; i < CHAIN; i++) {
        cap_t own_endpoint = make(OBJECT_ENDPOINT, 0), own_reply = make(OBJECT_REPLY, 0);
        threads[i] = make(OBJECT_THREAD, 0);
        cap_t sc = make(OBJECT_SCHED_CONTEXT, 8);
        DO(threads[i], OP_THREAD_CONFIGURE, THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_FAULT,
           BOOT_SLOT_CNODE, BOOT_SLOT_SPACE, 0, 0, own_endpoint, 0, 0);
        DO(threads[i], OP_THREAD_SET_PRIORITY, 100, 100);
        set_budget(sc, SLICE_NS, SLICE_NS, 0);
        DO(sc, OP_SCHED_CONTEXT_BIND, threads[i]);
        resume(threads[i]);
        run(threads[i]);
        if (i > 0) { /* take the fault of the one before */
            EXPECT_EQ(RECV(last_endpoint, own_reply).status, STATUS_KERNEL | STATUS_OWED);
        }
        kernel_exception(EXCEPTION_OTHER, 0);
        last_endpoint = own_endpoint;
        root_wake();
    }
    host.measures_stack = true;
    delete (threads[CHAIN - 1]);
    EXPECT(host.stack_used > 0 && host.stack_used < 8192);
    host_time_advance(1000000);
    for (unsigned i = 0; i + 1 < CHAIN; i++)
        expect_stopped(threads[i], THREAD_STOP_FAULT, FAULT_EXCEPTION);
    system_check();
}

/* ---- A few unhandled faults are settled in one entry; another call can come before the rest. Also on another core, which may come later (tests/smp). */

#define MANY 12u

/* The last of many whose endpoint goes: it is still to stop. */
static cap_t thread_about_to_stop(void)
{
    cap_t last = 0;

    setup();
    for (unsigned i = 0; i < MANY; i++) {
        last = make_thread(100);
        set_fault_handler(last, mint(endpoint, RIGHT_WRITE, 1));
        resume(last);
        run(last);
        kernel_page_fault(0x1000, FAULT_ACCESS_READ);
        root_wake();
    }
    run(handler); /* the last gets back the priority of its equals */
    root_wake();
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_REVOKE, 1, 0), WORDS(endpoint));
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(endpoint));
    EXPECT(thread_at(last)->deferred);
    return last;
}

static void once(cap_t thread, word_t operation)
{
    EXPECT_OK(sys_once(SYS_CALL, thread, 0, tag_make(operation, 1, 0), WORDS(9)).status);
    EXPECT(!thread_at(thread)->deferred);
    host_take_interrupts();
    system_check();
}

TEST(resume_of_a_thread_that_is_about_to_stop_lets_it_run)
{
    cap_t thread = thread_about_to_stop();

    once(thread, OP_THREAD_RESUME);
    EXPECT_EQ(thread_at(thread)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(thread_at(thread)->fault, FAULT_NONE);
    run(thread);
    EXPECT(current() == thread_at(thread));
}

TEST(suspend_of_a_thread_that_is_about_to_stop_leaves_it_its_reason)
{
    cap_t thread = thread_about_to_stop();

    once(thread, OP_THREAD_SUSPEND);
    expect_stopped(thread, THREAD_STOP_FAULT, FAULT_PAGE);
}

TEST(cancel_of_a_thread_that_is_about_to_stop_does_nothing)
{
    cap_t thread = thread_about_to_stop();

    once(thread, OP_THREAD_CANCEL);
    expect_stopped(thread, THREAD_STOP_FAULT, FAULT_PAGE);
}
