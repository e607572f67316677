/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Entries that have to let their locks go and begin again (lock.h): whatever was wanted comes out the same as when nobody is in the way.
 * Each scenario is run without delay, and with the first, second ... lock of every entry having to be waited for, each time in a process of its own, since the kernel boots once in one; all
 * results are compared.
 */
#define _POSIX_C_SOURCE 200809L /* more of unistd.h would bring another function revoke */
#include "lock.h"
#include "system.h"
#include <lucid/faults.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define RESULTS_MAX 64u
#define DELAYS_MAX  7u

/* What the threads got in one run; shared by the processes. */
struct run {
    unsigned count;
    struct outcome result[RESULTS_MAX];
};

static struct run *runs;
static unsigned delays;
static cap_t endpoint, reply, notification, spare, low, high;

/* The next entry is delayed. */
static void delay(void)
{
    EXPECT(!lock_holds(LOCK_OWN));
    core_self()->lock_contention = (uint8_t)delays;
}

/* Note what the thread has got, without whom: that is another object in each run. */
static void note(struct outcome outcome)
{
    EXPECT(!lock_holds(LOCK_OWN));
    EXPECT(runs[delays].count < RESULTS_MAX);
    outcome.thread = NULL;
    runs[delays].result[runs[delays].count++] = outcome;
}

#define DELAYED(call) (delay(), note(call))

/* The thread is current, and stays it when it wakes another. */
static void as(cap_t thread)
{
    if (current() != root_thread())
        root_wake();
    run(thread);
}

static void setup(void)
{
    system_boot();
    endpoint = make(OBJECT_ENDPOINT, 0);
    reply = make(OBJECT_REPLY, 0);
    notification = make(OBJECT_NOTIFICATION, 0);
    spare = slot_new();
    low = make_thread(100);
    high = make_thread(120);
    resume(low);
    resume(high);
}

static void run_in_a_process(void (*scenario)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        setup();
        scenario();
        test_process_ends(0);
    }
    EXPECT(waitpid(child, &status, 0) == child);
    if (status != 0)
        test_process_ends(1); /* it has said why */
}

static void compare(const struct run *seen, const struct run *expected)
{
    EXPECT_EQ(seen->count, expected->count);
    for (unsigned i = 0; i < expected->count; i++)
        if (memcmp(&seen->result[i], &expected->result[i], sizeof(struct outcome)) != 0)
            test_fails(__FILE__, __LINE__, "result %u after %u delays: expected status %#llx, seen %#llx", i,
                       delays, (unsigned long long)expected->result[i].status,
                       (unsigned long long)seen->result[i].status);
}

static void expect_same_whatever_the_delay(void (*scenario)(void))
{
    FILE *file = tmpfile();

    EXPECT(file && ftruncate(fileno(file), (DELAYS_MAX + 1) * sizeof(*runs)) == 0);
    runs = mmap(NULL, (DELAYS_MAX + 1) * sizeof(*runs), PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file), 0);
    EXPECT(runs != MAP_FAILED);
    for (delays = 0; delays <= DELAYS_MAX; delays++) {
        run_in_a_process(scenario);
        EXPECT(runs[delays].count > 0);
        compare(&runs[delays], &runs[0]);
    }
}

static void slots(void)
{
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_COPY, spare, endpoint));
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_COPY, spare, endpoint)); /* ERR_SLOT */
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, spare));
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_MINT, spare, endpoint, RIGHTS_ALL, 5, 0));
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_REVOKE, endpoint));
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_MOVE, spare, reply));
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_INSPECT, spare));
    DELAYED(CALL(BOOT_SLOT_CNODE, OP_CNODE_CANCEL_BADGE, endpoint, 1));
    DELAYED(CALL(memory, OP_UNTYPED_RETYPE, OBJECT_ENDPOINT, 0, 0, reply, 1, 0, 0));
}

TEST(operations_on_slots_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(slots);
}

static void threads_and_time(void)
{
    cap_t passive = make_passive(90);
    DELAYED(CALL(passive, OP_THREAD_SET_PRIORITY, 91, 92));
    DELAYED(CALL(passive, OP_THREAD_INFO));
    DELAYED(CALL(passive, OP_THREAD_CONFIGURE, THREAD_SET_FAULT, 0, 0, 0, 0, endpoint, 0, 0));
    DELAYED(CALL(SC_OF(low), OP_SCHED_CONTEXT_UNBIND));
    DELAYED(CALL(SC_OF(low), OP_SCHED_CONTEXT_BIND, passive));
    DELAYED(CALL(SC_OF(low), OP_SCHED_CONTEXT_INFO));
    DELAYED(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_BUDGET, SC_OF(low), 0, AS_LONG(1000000),
                 AS_LONG(5000000), 3));
    DELAYED(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, notification));
    DELAYED(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_BIND_TIMER, 0, notification)); /* again: the old goes */
    DELAYED(CALL(BOOT_SLOT_CORE_RANGE, OP_CORE_RANGE_SET_TIMER, 0, AS_LONG(1000000)));
    delay();
    host_time_advance(time_ticks(2000000)); /* the timer's entry */
    DELAYED(POLL_RECV(notification, 0));
    DELAYED(CALL(passive, OP_THREAD_SUSPEND, 7));
    DELAYED(YIELD());
}

TEST(operations_on_threads_and_time_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(threads_and_time);
}

static void messages(void)
{
    as(high);
    DELAYED(RECV(endpoint, reply));
    as(low);
    DELAYED(CALL(endpoint, 3, 1, 2));
    note(outcome_of(thread_at(high)));
    as(high);
    DELAYED(REPLY_RECV(endpoint, reply, 4, 5));
    note(outcome_of(thread_at(low)));
    as(low);
    DELAYED(CALL(high, OP_THREAD_SET_PRIORITY, 125, 255)); /* it waits in a queue */
    DELAYED(SEND(endpoint, 6, 7));
    note(outcome_of(thread_at(high)));
    DELAYED(SEND(endpoint, 6, 8)); /* queues */
    as(high);
    DELAYED(RECV(endpoint, reply));
    DELAYED(POLL_RECV(endpoint, reply));
    DELAYED(POLL_SEND(endpoint, 0));
    DELAYED(SEND(reply, 0)); /* owes nothing */
    DELAYED(CALL(endpoint + 1000, 0));
}

TEST(messages_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(messages);
}

static void answers(void)
{
    as(low);
    CALL(endpoint, 1, 1);
    as(high);
    RECV(endpoint, reply);
    DELAYED(SEND(reply, 2, 9));
    note(outcome_of(thread_at(low)));
}

TEST(answers_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(answers);
}

static void signals(void)
{
    cap_t signal = mint(notification, RIGHTS_ALL, 4);
    as(high);
    DELAYED(RECV(notification, 0));
    as(low);
    DELAYED(SEND(signal, 0));
    note(outcome_of(thread_at(high)));
    root_wake();
    DO(high, OP_THREAD_BIND_NOTIFICATION, notification);
    as(high);
    DELAYED(RECV(endpoint, 0));
    as(low);
    DELAYED(SEND(signal, 0));
    note(outcome_of(thread_at(high)));
    cap_t handler = make_numbered(OBJECT_IRQ_HANDLER, BOOT_SLOT_IRQ_RANGE, 5);
    DELAYED(CALL(handler, OP_IRQ_HANDLER_BIND, signal));
    delay();
    host_interrupt(5);
    DELAYED(POLL_RECV(notification, 0));
    DELAYED(CALL(handler, OP_IRQ_HANDLER_ACKNOWLEDGE));
}

TEST(signals_and_interrupts_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(signals);
}

static void faults(void)
{
    set_fault_handler(low, mint(endpoint, RIGHT_WRITE, 77));
    DO(low, OP_THREAD_SET_ATTRIBUTES, THREAD_FAULT_ON_CAP, THREAD_FAULT_ON_CAP);
    as(low);
    delay();
    kernel_page_fault(0x1000, FAULT_ACCESS_READ);
    EXPECT_EQ(thread_at(low)->fault, FAULT_PAGE);
    as(high);
    DELAYED(RECV(endpoint, reply));
    DELAYED(SEND(reply, FAULT_REPLY_RESUME));
    as(low);
    delay();
    SEND(0x5000, 0); /* a bad capability */
    EXPECT_EQ(thread_at(low)->fault, FAULT_CAPABILITY);
    as(high);
    DELAYED(RECV(endpoint, reply));
    DELAYED(SEND(reply, FAULT_REPLY_RESUME));
    as(low);
    delay();
    sys(0x77, 0, 0, 0, WORDS()); /* an unknown system call */
    EXPECT_EQ(thread_at(low)->fault, FAULT_SYSCALL);
    as(high);
    DELAYED(RECV(endpoint, reply));
    DELAYED(SEND(reply, FAULT_REPLY_STOP)); /* takes all locks */
    EXPECT_EQ(thread_at(low)->stop_reason, THREAD_STOP_FAULT);
    delay();
    kernel_page_fault(0x2000, FAULT_ACCESS_READ); /* without a handler: it stops */
    EXPECT_EQ(thread_at(high)->stop_reason, THREAD_STOP_FAULT);
}

TEST(faults_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(faults);
}

static struct utcb *page_of(cap_t thread)
{
    return thread_at(thread)->utcb;
}

/* A capability that is moved takes all locks, by whoever meets it: the sender, the receiver, the one who answers. */
static void moves(void)
{
    cap_t first = make(OBJECT_NOTIFICATION, 0), second = make(OBJECT_NOTIFICATION, 0);
    page_of(low)->give[0] = (struct utcb_give){ .source = first, .mode = GIVE_MOVE };
    page_of(high)->take[0] = spare;
    as(high);
    RECV(endpoint, reply);
    as(low);
    DELAYED(sys(SYS_SEND, endpoint, 0, tag_make(1, 0, 1), WORDS()));
    note(outcome_of(thread_at(high)));
    EXPECT(slot_is_empty(slot_at(first)) && !slot_is_empty(slot_at(spare)));
    page_of(low)->give[0].source = second;
    sys(SYS_SEND, endpoint, 0, tag_make(1, 0, 1), WORDS()); /* queues */
    page_of(high)->take[0] = first;
    as(high);
    DELAYED(RECV(endpoint, reply));
    EXPECT(slot_is_empty(slot_at(second)) && !slot_is_empty(slot_at(first)));
}

TEST(moved_capabilities_that_had_to_begin_again)
{
    expect_same_whatever_the_delay(moves);
}
