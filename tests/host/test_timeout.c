/* SPDX-License-Identifier: BSD-2-Clause */
/* Lack of time that is found late: a thread whose context was used up while it was blocked, or that was stopped without any. */
#include "system.h"
#include <lucid/faults.h>
#include <string.h>

#define MS 1000000u

static cap_t client, passive, active, endpoint, reply, active_endpoint, active_reply, handler_endpoint,
    handler_reply, handler, lent, start;

static struct sched_context *client_sc(void)
{
    return object_at(SC_OF(client));
}

/* A client with 2 ms in 100 ms; a passive server that it calls; a server with time of its own, which that calls; a timeout handler. */
static void setup(void)
{
    system_boot();
    client = make_thread(100);
    passive = make_passive(110);
    active = make_thread(120);
    handler = make_thread(105);
    endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    active_endpoint = make(OBJECT_ENDPOINT, 0), active_reply = make(OBJECT_REPLY, 0);
    handler_endpoint = make(OBJECT_ENDPOINT, 0), handler_reply = make(OBJECT_REPLY, 0);
    lent = make(OBJECT_SCHED_CONTEXT, 8), start = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(lent, SLICE_NS, SLICE_NS, 9);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    set_budget(SC_OF(client), 2 * MS, 100 * MS, 0x42);
    set_timeout_handler(passive, mint(handler_endpoint, RIGHT_WRITE, 1000));
    DO(start, OP_SCHED_CONTEXT_BIND, passive);
    resume(client);
    resume(passive);
    resume(active);
    resume(handler);
    run(passive);
    RECV(endpoint, reply);
    run(active);
    RECV(active_endpoint, active_reply);
    run(handler);
    RECV(handler_endpoint, handler_reply);
    root_wake();
    DO(start, OP_SCHED_CONTEXT_UNBIND);
}

/* The entry in which the passive server blocks takes longer than its client's budget. */
static void block_with_all_used_up(void)
{
    run(client);
    CALL(endpoint, 0, 0);
    EXPECT(current() == thread_at(passive));
    host.ticks += time_ticks(2 * MS);
    CALL(active_endpoint, 0, 0);
    EXPECT(current() == thread_at(active));
    EXPECT(thread_at(passive)->sc == client_sc());
    EXPECT_EQ(thread_at(passive)->state, THREAD_STATE_CALLING);
}

static void answer_passive(void)
{
    run(active);
    REPLY_RECV(active_endpoint, active_reply, 0, 7);
    EXPECT_EQ(thread_at(active)->state, THREAD_STATE_RECEIVING);
}

/* It waited for the replenishment, and its clients with it. */
TEST(server_that_wakes_on_a_used_up_donated_context_faults)
{
    setup();
    block_with_all_used_up();
    answer_passive();
    EXPECT_EQ(thread_at(passive)->fault, FAULT_TIMEOUT);
    struct outcome got = outcome_of(thread_at(handler));
    EXPECT_EQ(got.badge, 1000);
    EXPECT_EQ(got.tag, tag_make(FAULT_TIMEOUT, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[0], 0x42);
    EXPECT_EQ(got.word[1], TIMEOUT_EXHAUSTED);
    run(handler);
    DO(lent, OP_SCHED_CONTEXT_LEND, passive);
    SEND(handler_reply, FAULT_REPLY_RESUME);
    run(passive);
    EXPECT_EQ(outcome_of(thread_at(passive)).word[0], 7);
    REPLY_RECV(endpoint, reply, 0, 8);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 8);
    EXPECT(client_sc()->thread == thread_at(client));
}

TEST(server_that_wakes_on_a_used_up_donated_context_waits_without_a_handler)
{
    setup();
    set_timeout_handler(passive, 0);
    block_with_all_used_up();
    answer_passive();
    EXPECT_EQ(thread_at(passive)->fault, FAULT_NONE);
    EXPECT_EQ(thread_at(passive)->state, THREAD_STATE_RUNNABLE);
    EXPECT(client_sc()->replenish_node.queued);
    host_time_advance(time_ticks(99 * MS)); /* it has come back, and is half used */
    run(passive);
    EXPECT_EQ(outcome_of(thread_at(passive)).word[0], 7);
}

/* What it uses up is its own affair, and it was not running. */
TEST(thread_that_wakes_on_its_own_used_up_context_waits)
{
    setup();
    set_timeout_handler(client, mint(handler_endpoint, RIGHT_WRITE, 2000));
    run(client);
    host.ticks += time_ticks(2 * MS);
    CALL(active_endpoint, 0, 0);
    answer_passive();
    EXPECT_EQ(thread_at(client)->fault, FAULT_NONE);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_RUNNABLE);
    EXPECT(client_sc()->replenish_node.queued);
    EXPECT_EQ(thread_at(handler)->state, THREAD_STATE_RECEIVING);
}

/* Nobody is there to take the fault when it comes to it: the time is waited for after all. */
TEST(handler_that_goes_before_the_fault_is_sent_leaves_the_server_waiting)
{
    setup();
    block_with_all_used_up();
    revoke(handler_endpoint);
    answer_passive();
    EXPECT_EQ(thread_at(passive)->fault, FAULT_NONE);
    EXPECT(client_sc()->replenish_node.queued);
}

/* The same within one entry: the server is woken, and then the handler goes. */
TEST(handler_that_goes_after_the_fault_was_put_off_leaves_the_server_waiting)
{
    setup();
    cap_t part = make(OBJECT_UNTYPED, 12);
    cap_t second = make_from(part, OBJECT_ENDPOINT, 0);
    active_endpoint = make_from(part, OBJECT_ENDPOINT, 0); /* which goes first */
    set_timeout_handler(passive, mint(second, RIGHT_WRITE, 1));
    run(client);
    CALL(endpoint, 0, 0);
    host.ticks += time_ticks(2 * MS);
    CALL(active_endpoint, 0, 0); /* nobody receives there */
    EXPECT_EQ(thread_at(passive)->state, THREAD_STATE_SENDING);
    root_wake();
    revoke(part);
    EXPECT_EQ(thread_at(passive)->fault, FAULT_NONE);
    EXPECT_EQ(outcome_of(thread_at(passive)).status, ERR_PEER_GONE);
    EXPECT(client_sc()->replenish_node.queued);
}

/* Its time comes back while the entry is still at work: it need not fault. */
TEST(server_whose_time_comes_back_before_its_fault_is_sent_goes_on)
{
    setup();
    block_with_all_used_up();
    run(active);
    host.ticks = refill_head(client_sc())->time - 4;
    host.ticks_per_read = 2; /* not yet when the server wakes, but at the end of the entry */
    system_check_off = true; /* it reads the counter, too */
    sys_once(SYS_REPLY_RECV, active_endpoint, active_reply, tag_make(0, 1, 0), WORDS(7));
    host.ticks_per_read = 0;
    EXPECT_EQ(thread_at(passive)->fault, FAULT_NONE);
    EXPECT_EQ(thread_at(passive)->state, THREAD_STATE_RUNNABLE);
}

/* What it ran on goes back to its client, and it runs on what it has lent itself. */
TEST(server_that_lends_itself_a_context_runs_on)
{
    setup();
    run(client);
    CALL(endpoint, 0, 0);
    EXPECT(current() == thread_at(passive));
    DO(lent, OP_SCHED_CONTEXT_LEND, passive);
    EXPECT(current() == thread_at(passive));
    EXPECT(thread_at(passive)->sc == object_at(lent));
    EXPECT(core_self()->context == object_at(lent));
    EXPECT(client_sc()->thread == thread_at(client));
    REPLY_RECV(endpoint, reply, 0, 4);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 4);
    EXPECT(((struct sched_context *)object_at(lent))->thread == NULL);
}

/* It gets no time before that context is replenished. */
TEST(server_that_lends_itself_a_used_up_context_waits)
{
    setup();
    set_timeout_handler(passive, 0);
    cap_t other = make_thread(90);
    set_budget(SC_OF(other), 1 * MS, 100 * MS, 0);
    resume(other);
    run(other);
    host_time_advance(time_ticks(1 * MS));
    EXPECT(current() != thread_at(other));
    root_wake();
    DO(SC_OF(other), OP_SCHED_CONTEXT_UNBIND);
    run(client);
    CALL(endpoint, 0, 0);
    EXPECT(current() == thread_at(passive));
    CALL(SC_OF(other), OP_SCHED_CONTEXT_LEND, passive);
    EXPECT(thread_at(passive)->sc == object_at(SC_OF(other)));
    EXPECT(client_sc()->thread == thread_at(client));
    EXPECT(current() == NULL);
    EXPECT(thread_at(passive)->sc->replenish_node.queued);
    host_time_advance(time_ticks(99 * MS));
    EXPECT(current() == thread_at(passive));
}

/* The end of the entry, where it is sent, takes all locks; they may have to be waited for. */
TEST(fault_that_was_put_off_waits_for_its_locks)
{
    setup();
    block_with_all_used_up();
    run(active);
    core_self()->lock_contention = 6; /* the five before are those of the answer and the receive */
    REPLY_RECV(active_endpoint, active_reply, 0, 7);
    EXPECT_EQ(core_self()->lock_contention, 0);
    EXPECT_EQ(thread_at(passive)->fault, FAULT_TIMEOUT);
    EXPECT_EQ(outcome_of(thread_at(handler)).badge, 1000);
}

/* It had no time and no fault: silence, for it and for its clients. */
TEST(passive_server_suspended_while_it_receives_faults_when_resumed)
{
    setup();
    DO(passive, OP_THREAD_SUSPEND, 0);
    EXPECT_EQ(thread_at(passive)->fault, FAULT_NONE);
    DO(passive, OP_THREAD_RESUME);
    EXPECT_EQ(thread_at(passive)->fault, FAULT_TIMEOUT);
    run(handler);
    struct outcome got = outcome_of(thread_at(handler));
    EXPECT_EQ(got.badge, 1000);
    EXPECT_EQ(got.word[1], TIMEOUT_WITHDRAWN);
    DO(lent, OP_SCHED_CONTEXT_LEND, passive);
    SEND(handler_reply, FAULT_REPLY_RESUME);
    run(passive);
    EXPECT_EQ(outcome_of(thread_at(passive)).status, ERR_CANCELLED);
    RECV(endpoint, reply);
    run(client);
    CALL(endpoint, 0, 5);
    EXPECT_EQ(outcome_of(thread_at(passive)).word[0], 5);
}

TEST(passive_server_that_exits_on_its_clients_time_faults_when_resumed)
{
    setup();
    run(client);
    CALL(endpoint, 0, 0);
    CALL(passive, OP_THREAD_SUSPEND, 3);
    EXPECT_EQ(outcome_of(thread_at(client)).status, ERR_PEER_GONE);
    root_wake();
    EXPECT_EQ(thread_at(passive)->exit_code, 3);
    DO(passive, OP_THREAD_RESUME);
    EXPECT_EQ(thread_at(passive)->fault, FAULT_TIMEOUT);
}

/* Not yet having time is no lack of it. */
TEST(new_thread_without_a_context_waits_for_one)
{
    setup();
    cap_t thread = make_passive(90);
    set_timeout_handler(thread, mint(handler_endpoint, RIGHT_WRITE, 3000));
    DO(thread, OP_THREAD_RESUME);
    EXPECT_EQ(thread_at(thread)->fault, FAULT_NONE);
    EXPECT_EQ(thread_at(thread)->state, THREAD_STATE_RUNNABLE);
    DO(start, OP_SCHED_CONTEXT_BIND, thread);
    run(thread);
}

static bool console_has(const char *text)
{
    return strstr(host.console, text) != NULL;
}

/* Nobody is above it, so the kernel says it. */
TEST(root_component_that_faults_is_reported_by_the_kernel)
{
    system_boot();
    system_check_off = true;
    kernel_page_fault(0xbad0, FAULT_ACCESS_WRITE);
    EXPECT(current() == NULL);
    EXPECT(console_has("lucid: the root component has stopped: page fault (bad0, 2) at "));
}

TEST(root_component_that_exits_is_reported_by_the_kernel)
{
    system_boot();
    CALL(BOOT_SLOT_THREAD, OP_THREAD_SUSPEND, 77);
    EXPECT(console_has("lucid: the root component has stopped: suspended, exit code 77\n"));
}

TEST(other_threads_stop_without_a_word_from_the_kernel)
{
    setup();
    run(client);
    kernel_page_fault(0xbad0, FAULT_ACCESS_WRITE);
    EXPECT_EQ(thread_at(client)->stop_reason, THREAD_STOP_FAULT);
    EXPECT(!console_has("stopped"));
}

/* ---- A few who lack something are settled in one entry; time passes before the rest. */

#define CROWD 24u

/* So many stop because of their faults: only a third of them in the entry in which that happens. */
static void let_a_crowd_be_about_to_stop(void)
{
    cap_t crowd = make(OBJECT_ENDPOINT, 0);

    for (unsigned i = 0; i < CROWD; i++) {
        cap_t thread = make_thread(90);
        set_fault_handler(thread, mint(crowd, RIGHT_WRITE, 1));
        resume(thread);
        run(thread);
        kernel_page_fault(0x1000, FAULT_ACCESS_READ);
        root_wake();
    }
    EXPECT_OK(sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_REVOKE, 1, 0), WORDS(crowd)).status);
    EXPECT_OK(sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(crowd)).status);
}

TEST(who_is_to_fault_for_lack_of_time_need_not_if_that_comes_back_before)
{
    setup();
    block_with_all_used_up();
    root_wake();
    let_a_crowd_be_about_to_stop();
    EXPECT_OK(sys_once(SYS_CALL, passive, 0, tag_make(OP_THREAD_CANCEL, 0, 0), WORDS()).status);
    EXPECT(thread_at(passive)->deferred);
    host.ticks += time_ticks(100 * MS);
    while (core_self()->deferred.first)
        host_take_interrupts();
    system_check();
    EXPECT_EQ(thread_at(passive)->state, THREAD_STATE_RUNNABLE);
    EXPECT_EQ(thread_at(passive)->fault, FAULT_NONE);
    EXPECT_EQ(outcome_of(thread_at(passive)).status, ERR_CANCELLED);
    EXPECT_EQ(thread_at(handler)->state, THREAD_STATE_RECEIVING);
}

/* Found by random sequences on four cores. */
TEST(a_context_waits_longer_by_what_passes_while_others_are_settled)
{
    cap_t faults, thread;

    setup();
    faults = make(OBJECT_ENDPOINT, 0);
    thread = make_thread(90);
    set_fault_handler(thread, mint(faults, RIGHT_WRITE, 1));
    resume(thread);
    run(thread);
    kernel_page_fault(0x1000, FAULT_ACCESS_READ);
    root_wake();
    revoke(faults);
    run(client);
    host.ticks_per_read = 1000;
    host.ticks += time_ticks(2 * MS);
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(faults));
    EXPECT(!thread_at(thread)->deferred);
    EXPECT(client_sc()->replenish_node.queued);
    EXPECT_EQ(client_sc()->replenish_node.key, refill_head(client_sc())->time);
}
