/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a review of the whole kernel found: state between two steps of a long operation that another thread can see and
 * use, and what stays behind when things end in an unusual order.
 */
#include "system.h"
#include <lucid/faults.h>

static cap_t part; /* an Untyped that everything in a test is made from */

static void setup(void)
{
    system_boot();
    part = make(OBJECT_UNTYPED, 18);
}

/* The current thread has begun to delete what is in this slot, and has done so many steps. */
static void delete_steps(cap_t victim, unsigned steps)
{
    host.pending_every = 1;
    for (unsigned i = 0; i < steps; i++) {
        sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(victim));
        EXPECT(current()->context.at_syscall);
    }
    host.pending_every = 0;
}

/* A dying CNode holds an Untyped; of what was made from that, a smaller Untyped stands in a living CNode, and below it a
 * CNode that is half destroyed. Its zombie leaves the place below the smaller Untyped, but not its memory. */
TEST(memory_that_a_zombie_still_lies_in_cannot_be_reset)
{
    setup();
    cap_t outer = make_from(part, OBJECT_UNTYPED, 14), inner = make_from(outer, OBJECT_UNTYPED, 13),
          victim = make_from(inner, OBJECT_CNODE, 4), holder = make_from(part, OBJECT_CNODE, 4);
    for (unsigned i = 1; i < 10; i++)
        DO(victim, OP_CNODE_MOVE, i, make_from(part, OBJECT_ENDPOINT, 0));
    DO(holder, OP_CNODE_MOVE, 1, outer);
    cap_t worker = make_thread(100);
    resume(worker);
    run(worker);
    delete_steps(victim, 2); /* a zombie, in the worker's list */
    root_wake();
    for (unsigned steps = 0; steps < 4; steps++) {
        delete_steps(holder, 1);
        status_t status = CALL(inner, OP_UNTYPED_RESET, 0).status;
        EXPECT(status_error(status) != OK);
        system_check();
    }
    delete (holder);
    EXPECT(slot_is_empty(slot_at(inner)));
    revoke(part);
    DO(part, OP_UNTYPED_RESET, 0);
}

/* ---- Passive servers that are stopped and started again between two contexts */

static cap_t client, server, second, endpoint, reply, second_endpoint, second_reply, handler,
    handler_endpoint, handler_reply;

static void wait_on(cap_t thread, cap_t at, cap_t with)
{
    cap_t start = make(OBJECT_SCHED_CONTEXT, 8);

    set_budget(start, SLICE_NS, SLICE_NS, 0);
    DO(start, OP_SCHED_CONTEXT_BIND, thread);
    resume(thread);
    run(thread);
    RECV(at, with);
    root_wake();
    DO(start, OP_SCHED_CONTEXT_UNBIND);
}

/* The client calls the server, which calls the second server: both are passive; the first has a timeout handler. */
static void setup_chain(void)
{
    setup();
    client = make_thread(100), handler = make_thread(130);
    server = make_passive(110), second = make_passive(120);
    endpoint = make(OBJECT_ENDPOINT, 0), reply = make(OBJECT_REPLY, 0);
    second_endpoint = make(OBJECT_ENDPOINT, 0), second_reply = make(OBJECT_REPLY, 0);
    handler_endpoint = make(OBJECT_ENDPOINT, 0), handler_reply = make(OBJECT_REPLY, 0);
    set_timeout_handler(server, mint(handler_endpoint, RIGHT_WRITE, 7));
    wait_on(server, endpoint, reply);
    wait_on(second, second_endpoint, second_reply);
    resume(client);
    resume(handler);
    run(handler);
    RECV(handler_endpoint, handler_reply);
    run(client);
    CALL(endpoint, 0);
    EXPECT(current() == thread_at(server));
}

static void expect_timeout_fault(void)
{
    struct outcome got = outcome_of(thread_at(handler));

    EXPECT_EQ(thread_at(server)->fault, FAULT_TIMEOUT);
    EXPECT_EQ(got.badge, 7);
    EXPECT_EQ(got.word[1], TIMEOUT_WITHDRAWN);
}

TEST(passive_server_suspended_after_its_chain_was_cut_faults_when_resumed)
{
    setup_chain();
    CALL(second_endpoint, 0);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    EXPECT_EQ(thread_at(server)->state, THREAD_STATE_CALLING);
    DO(server, OP_THREAD_SUSPEND, 0);
    DO(server, OP_THREAD_RESUME);
    expect_timeout_fault();
}

TEST(passive_server_suspended_during_its_timeout_fault_faults_again_when_resumed)
{
    setup_chain();
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    expect_timeout_fault();
    DO(server, OP_THREAD_SUSPEND, 0);
    run(handler);
    RECV(handler_endpoint, handler_reply);
    root_wake();
    DO(server, OP_THREAD_RESUME);
    expect_timeout_fault();
}

/* ---- A notification that is being destroyed, as an endpoint */

static cap_t notification;

/* One of the threads that waited at it has been woken by the first step of its destruction, and is current. */
static void begin_to_destroy_notification(void)
{
    cap_t waiter[3];

    setup();
    notification = make_from(part, OBJECT_NOTIFICATION, 0);
    for (unsigned i = 0; i < 3; i++) {
        waiter[i] = make_thread(100);
        resume(waiter[i]);
        run(waiter[i]);
        RECV(notification, 0);
        root_wake();
    }
    delete_steps(notification, 1);
    for (unsigned i = 0; i < 3; i++)
        if (thread_at(waiter[i])->state == THREAD_STATE_RUNNABLE)
            run(waiter[i]);
    EXPECT(current() != root_thread());
    EXPECT_EQ(outcome_of(current()).status, ERR_PEER_GONE);
}

TEST(waiters_that_come_back_do_not_keep_a_notification_alive)
{
    begin_to_destroy_notification();
    EXPECT_ERROR(RECV(notification, 0).status, ERR_PEER_GONE, 0);
    EXPECT_ERROR(POLL_RECV(notification, 0).status, ERR_PEER_GONE, 0);
    root_wake();
    delete (notification);
    EXPECT(slot_is_empty(slot_at(notification)));
}

TEST(notification_passed_on_while_it_is_being_destroyed_lives)
{
    begin_to_destroy_notification();
    struct thread *waiter = current();
    cap_t kept = copy(notification);
    RECV(kept, 0);
    EXPECT_EQ(waiter->state, THREAD_STATE_WAITING);
    root_wake();
    delete (notification);
    SEND(kept, 0);
    EXPECT_EQ(waiter->state, THREAD_STATE_WAITING);
}
