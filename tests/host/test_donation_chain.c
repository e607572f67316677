/* SPDX-License-Identifier: BSD-2-Clause */
/* Long chains of calls through passive servers: every end is O(1) for the chain, and takes no stack. */
#include "servers.h"

#define LONG 300u

static cap_t long_server[LONG], long_endpoint[LONG], long_reply[LONG];

static void call_long_chain(void)
{
    system_boot();
    system_check_off = true;
    client = make_thread(100);
    resume(client);
    cap_t start = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    for (unsigned i = 0; i < LONG; i++) {
        long_endpoint[i] = make(OBJECT_ENDPOINT, 0);
        long_reply[i] = make(OBJECT_REPLY, 0);
        long_server[i] = make(OBJECT_THREAD, 0);
        DO(long_server[i], OP_THREAD_CONFIGURE, THREAD_SET_CNODE | THREAD_SET_SPACE, BOOT_SLOT_CNODE,
           BOOT_SLOT_SPACE, 0, 0, 0, 0, 0);
        DO(long_server[i], OP_THREAD_SET_PRIORITY, 110, 110);
        server_start(long_server[i], long_endpoint[i], long_reply[i], start);
    }
    run(client);
    for (unsigned i = 0; i < LONG; i++)
        CALL(long_endpoint[i], 0);
    EXPECT(current() == thread_at(long_server[LONG - 1]));
    root_wake();
    host.measures_stack = true;
}

static void expect_all_ended(void)
{
    host_time_advance(1000000);
    for (unsigned i = 0; i < LONG; i++)
        if (!slot_is_empty(slot_at(long_server[i])))
            EXPECT_EQ(thread_at(long_server[i])->state, THREAD_STATE_STOPPED);
    EXPECT(host.stack_used < 8192);
    system_check();
}

TEST(long_chain_cut_at_the_bottom)
{
    call_long_chain();
    DO(client, OP_THREAD_CANCEL);
    expect_home();
    expect_all_ended();
}

TEST(long_chain_cut_in_the_middle)
{
    call_long_chain();
    delete (long_reply[LONG / 2]);
    expect_home();
    expect_all_ended();
}

TEST(long_chain_loses_its_context)
{
    call_long_chain();
    host.pending_every = 1;
    delete (SC_OF(client));
    host.pending_every = 0;
    expect_all_ended();
}

/* Handlers that take the message and cannot answer: each of these faults is unhandled, and the next one's reason. */
#define RECEIVERS 60u

TEST(long_chain_used_up_with_handlers_that_cannot_answer)
{
    call_long_chain();
    cap_t unanswered = make(OBJECT_ENDPOINT, 0), start = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    for (unsigned i = 0; i < RECEIVERS; i++) {
        cap_t receiver = make_passive(120);
        DO(start, OP_SCHED_CONTEXT_BIND, receiver);
        resume(receiver);
        run(receiver);
        RECV(unanswered, 0);
        root_wake();
        DO(start, OP_SCHED_CONTEXT_UNBIND);
    }
    for (unsigned i = 0; i < LONG; i++)
        set_timeout_handler(long_server[i], unanswered);
    set_budget(SC_OF(client), SLICE_NS / 5, SLICE_NS, 0);
    root_sleep();
    EXPECT(current() == thread_at(long_server[LONG - 1]));
    host.ticks += time_ticks(SLICE_NS / 4);
    YIELD();
    host_time_advance(1000000);
    EXPECT(host.stack_used < 8192);
    EXPECT_EQ(thread_at(long_server[LONG - 1])->state, THREAD_STATE_STOPPED);
    system_check();
}
