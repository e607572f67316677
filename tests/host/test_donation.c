/* SPDX-License-Identifier: BSD-2-Clause */
/* Passive servers: time that is donated along calls, chains of them, and every way in which a chain can be
 * cut. */
#include "system.h"
#include <lucid/faults.h>

#define SERVERS 3u

static cap_t client, server[SERVERS], endpoint[SERVERS], reply[SERVERS];
static cap_t timeout_endpoint, timeout_reply, handler, lent;

/* A server without a context waits at its endpoint. */
static void make_server(unsigned i)
{
    cap_t start = make(OBJECT_SCHED_CONTEXT, 8);

    endpoint[i] = make(OBJECT_ENDPOINT, 0);
    reply[i] = make(OBJECT_REPLY, 0);
    server[i] = make_passive(110 + i);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    DO(start, OP_SCHED_CONTEXT_BIND, server[i]);
    resume(server[i]);
    run(server[i]);
    RECV(endpoint[i], reply[i]);
    root_wake();
    DO(start, OP_SCHED_CONTEXT_UNBIND);
}

static void setup(void)
{
    system_boot();
    client = make_thread(100);
    resume(client);
    for (unsigned i = 0; i < SERVERS; i++)
        make_server(i);
}

/* Somebody who handles lack of time, when nobody more important runs. */
static void make_handler(void)
{
    timeout_endpoint = make(OBJECT_ENDPOINT, 0);
    timeout_reply = make(OBJECT_REPLY, 0);
    handler = make_thread(105);
    lent = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(lent, SLICE_NS, SLICE_NS, 9);
    resume(handler);
    for (unsigned i = 0; i < SERVERS; i++)
        set_timeout_handler(server[i], mint(timeout_endpoint, RIGHT_WRITE, 1000 + i));
}

/* The client calls server 0, which calls server 1, which calls server 2. */
static void call_through(unsigned depth)
{
    run(client);
    for (unsigned i = 0; i < depth; i++) {
        EXPECT(!CALL(endpoint[i], 0, i).returned);
        EXPECT(current() == thread_at(server[i]));
    }
}

static struct sched_context *client_sc(void)
{
    return object_at(SC_OF(client));
}

static void expect_home(void)
{
    EXPECT(client_sc()->thread == thread_at(client));
    EXPECT(thread_at(client)->sc == client_sc());
    EXPECT(client_sc()->chain == NULL);
}

TEST(call_donates_and_answer_returns_the_context)
{
    setup();
    call_through(1);
    EXPECT(thread_at(server[0])->sc == client_sc());
    EXPECT(thread_at(client)->sc == NULL);
    REPLY_RECV(endpoint[0], reply[0], 0);
    expect_home();
    EXPECT(current() == thread_at(client));
    EXPECT(thread_at(server[0])->sc == NULL);
}

TEST(chain_of_calls_comes_back_step_by_step)
{
    setup();
    call_through(3);
    EXPECT(thread_at(server[2])->sc == client_sc());
    for (unsigned i = SERVERS; i-- > 0;) {
        EXPECT(client_sc()->chain == object_at(reply[i]));
        REPLY_RECV(endpoint[i], reply[i], 0);
        EXPECT(current() == (i ? thread_at(server[i - 1]) : thread_at(client)));
    }
    expect_home();
}

TEST(server_with_its_own_context_gets_none)
{
    setup();
    cap_t active = make_thread(130), own_endpoint = make(OBJECT_ENDPOINT, 0),
          own_reply = make(OBJECT_REPLY, 0);
    resume(active);
    run(active);
    RECV(own_endpoint, own_reply);
    run(client);
    CALL(own_endpoint, 0);
    EXPECT(thread_at(client)->sc == client_sc());
    EXPECT(thread_at(active)->sc == object_at(SC_OF(active)));
}

/* ---- Ends */

TEST(client_cancelled_gets_its_context_back_and_the_server_faults)
{
    setup();
    make_handler();
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    expect_home();
    EXPECT_ERROR(outcome_of(thread_at(client)).status, ERR_CANCELLED, 0);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    struct outcome got = outcome_of(thread_at(handler));
    EXPECT_EQ(got.badge, 1000);
    EXPECT_EQ(got.tag, tag_make(FAULT_TIMEOUT, FAULT_WORDS, 0));
    EXPECT_EQ(got.word[1], TIMEOUT_WITHDRAWN);
}

TEST(client_cancelled_stops_a_server_without_timeout_handler)
{
    setup();
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    expect_home();
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(server[0])->exit_code, FAULT_TIMEOUT);
}

TEST(client_destroyed_stops_a_server_without_timeout_handler)
{
    setup();
    call_through(1);
    root_wake();
    delete (client);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_STOPPED);
    EXPECT(thread_at(server[0])->sc == NULL);
    EXPECT_EQ(((struct reply *)object_at(reply[0]))->state, REPLY_FREE);
}

TEST(client_suspended_takes_its_time_along)
{
    setup();
    make_handler();
    call_through(2);
    root_wake();
    DO(client, OP_THREAD_SUSPEND, 0);
    expect_home();
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_CALLING);
}

TEST(handler_lends_until_the_server_waits_again)
{
    setup();
    make_handler();
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    run(handler);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_CALLING); /* until the fault is answered */
    EXPECT_OK(SEND(timeout_reply, FAULT_REPLY_RESUME).status);
    run(server[0]);
    EXPECT(current()->sc == object_at(lent));
    EXPECT_ERROR(SEND(reply[0], 0).status, ERR_PEER_GONE, 0); /* the client has gone */
    RECV(endpoint[0], reply[0]);
    EXPECT(thread_at(server[0])->sc == NULL);
    EXPECT(((struct sched_context *)object_at(lent))->thread == NULL);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_RECEIVING);
}

TEST(poll_on_a_lent_context_that_finds_nothing_keeps_it)
{
    setup();
    make_handler();
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    run(handler);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[0]);
    EXPECT_ERROR(POLL_RECV(endpoint[0], reply[0]).status, ERR_WOULD_BLOCK, 0);
    EXPECT(thread_at(server[0])->sc == object_at(lent));
    EXPECT(current() == thread_at(server[0]));
}

/* ---- Cuts in the middle */

TEST(middle_server_destroyed_lets_the_one_before_go_on)
{
    setup();
    make_handler();
    call_through(3);
    root_wake();
    delete (server[1]);
    EXPECT(thread_at(server[0])->sc == client_sc());
    EXPECT_ERROR(outcome_of(thread_at(server[0])).status, ERR_PEER_GONE, 0);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_CALLING); /* server 0 will answer */
    EXPECT_EQ(thread_at(server[2])->fault, FAULT_TIMEOUT);
    run(server[0]);
    REPLY_RECV(endpoint[0], reply[0], 0);
    expect_home();
}

TEST(middle_reply_destroyed_cuts_the_chain)
{
    setup();
    make_handler();
    call_through(3);
    root_wake();
    delete (reply[1]);
    expect_home();
    EXPECT_EQ(thread_at(server[2])->fault, FAULT_TIMEOUT);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    EXPECT_EQ(thread_at(server[1])->state, THREAD_STATE_CALLING);
    /* Server 2 still owes server 1 an answer; it comes without time. */
    run(handler);
    struct outcome got = RECV(timeout_endpoint, timeout_reply);
    while (got.badge != 1002)
        got = REPLY_RECV(timeout_endpoint, timeout_reply, FAULT_REPLY_RESUME);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[2]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[2]);
    EXPECT_OK(SEND(reply[2], 0, 5).status);
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
}

TEST(top_server_destroyed_lets_the_one_before_go_on)
{
    setup();
    call_through(3);
    root_wake();
    delete (server[2]);
    EXPECT_ERROR(outcome_of(thread_at(server[1])).status, ERR_PEER_GONE, 0);
    EXPECT(thread_at(server[1])->sc == client_sc());
    run(server[1]);
    REPLY_RECV(endpoint[1], reply[1], 0);
    run(server[0]);
    REPLY_RECV(endpoint[0], reply[0], 0);
    expect_home();
}

TEST(context_unbound_while_donated_is_withdrawn)
{
    setup();
    make_handler();
    call_through(2);
    root_wake();
    DO(SC_OF(client), OP_SCHED_CONTEXT_UNBIND);
    EXPECT(client_sc()->thread == NULL && client_sc()->owner == NULL);
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_CALLING);
}

TEST(context_destroyed_while_donated_is_withdrawn_and_links_forget_it)
{
    setup();
    make_handler();
    call_through(3);
    root_wake();
    host.pending_every = 1;
    delete (SC_OF(client));
    host.pending_every = 0;
    for (unsigned i = 0; i < SERVERS; i++)
        EXPECT(((struct reply *)object_at(reply[i]))->sc == NULL);
    EXPECT(thread_at(client)->sc == NULL && thread_at(client)->owned == NULL);
    EXPECT_EQ(thread_at(server[2])->fault, FAULT_TIMEOUT);
    /* The memory may become something else, and the chain still ends. */
    delete (server[1]);
    delete (server[0]);
    delete (client);
}

TEST(client_whose_context_was_unbound_waits_for_another)
{
    setup();
    call_through(1);
    root_wake();
    DO(SC_OF(client), OP_SCHED_CONTEXT_UNBIND);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_RUNNABLE);
    EXPECT_ERROR(outcome_of(thread_at(client)).status, ERR_PEER_GONE, 0);
    DO(SC_OF(client), OP_SCHED_CONTEXT_BIND, client);
    run(client);
}

TEST(reply_moved_to_a_worker_ends_the_link_to_the_receiver)
{
    setup();
    cap_t target = slot_new();
    call_through(1);
    DO(BOOT_SLOT_CNODE, OP_CNODE_MOVE, target, reply[0]);
    EXPECT(((struct reply *)object_at(target))->server == NULL);
    root_wake();
    delete (server[0]);
    /* The call is still owed; its time has gone back. */
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_CALLING);
    EXPECT(client_sc()->thread == thread_at(client));
    cap_t worker = make_thread(140);
    resume(worker);
    run(worker);
    EXPECT_OK(SEND(target, 3, 33).status);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 33);
    run(client);
}

TEST(passive_server_stopped_by_a_fault_is_peer_gone_for_its_client)
{
    setup();
    call_through(1);
    kernel_exception(EXCEPTION_OTHER, 0);
    system_check();
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_STOPPED);
    EXPECT_ERROR(outcome_of(thread_at(client)).status, ERR_PEER_GONE, 0);
    expect_home();
    EXPECT(current() == thread_at(client));
}

TEST(server_suspended_by_another_still_owes_the_answer)
{
    setup();
    call_through(1);
    root_wake();
    DO(server[0], OP_THREAD_SUSPEND, 0);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_CALLING);
    DO(server[0], OP_THREAD_RESUME);
    run(server[0]);
    SEND(reply[0], 0, 4);
    EXPECT_EQ(outcome_of(thread_at(client)).word[0], 4);
    expect_home();
}

TEST(server_that_exits_is_peer_gone_for_its_client)
{
    setup();
    call_through(1);
    CALL(server[0], OP_THREAD_SUSPEND, 7);
    EXPECT_EQ(thread_at(server[0])->exit_code, 7);
    EXPECT_ERROR(outcome_of(thread_at(client)).status, ERR_PEER_GONE, 0);
}

/* The server itself, on its client's time, ends the call that gave it. */
TEST(server_that_cancels_its_client_loses_its_time)
{
    setup();
    make_handler();
    call_through(1);
    CALL(client, OP_THREAD_CANCEL);
    expect_home();
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[0]);
    EXPECT_OK(outcome_of(thread_at(server[0])).status);
}

TEST(server_that_destroys_its_client_finishes_the_destruction)
{
    setup();
    make_handler();
    call_through(1);
    CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, client);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[0]);
    if (current()->context.at_syscall)
        host_syscall();
    EXPECT_OK(outcome_of(thread_at(server[0])).status);
    EXPECT(slot_is_empty(slot_at(client)));
    EXPECT(slot_next(slot_at(SC_OF(client))) != NULL);
    system_check();
}

TEST(passive_server_that_gets_a_message_without_time_faults)
{
    setup();
    make_handler();
    run(client);
    EXPECT_OK(SEND(endpoint[0], 0, 1).status);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    run(handler);
    EXPECT_EQ(RECV(timeout_endpoint, timeout_reply).badge, 1000);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[0]);
    EXPECT_EQ(outcome_of(thread_at(server[0])).word[0], 1);
}

TEST(passive_server_that_gets_a_message_without_time_waits_for_it_without_handler)
{
    setup();
    run(client);
    EXPECT_OK(SEND(endpoint[0], 0, 1).status);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_RUNNABLE);
    EXPECT(thread_at(server[0])->sc == NULL);
    root_wake();
    cap_t sc = make(OBJECT_SCHED_CONTEXT, 8);
    set_budget(sc, SLICE_NS, SLICE_NS, 0);
    DO(sc, OP_SCHED_CONTEXT_BIND, server[0]);
    run(server[0]);
    EXPECT_EQ(outcome_of(thread_at(server[0])).word[0], 1);
}

/* The same, if the message was a call that nobody can answer: it brought no time either. */
TEST(passive_server_that_takes_a_call_without_reply_faults)
{
    setup();
    make_handler();
    /* Let server 0 wait again, this time without naming a Reply. */
    call_through(1);
    EXPECT_OK(SEND(reply[0], 0).status);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    SEND(timeout_reply, FAULT_REPLY_RESUME);
    run(server[0]);
    RECV(endpoint[0], 0);
    EXPECT(thread_at(server[0])->sc == NULL);
    run(client);
    EXPECT_ERROR(CALL(endpoint[0], 0).status, ERR_PEER_GONE, 0);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
}

TEST(passive_server_that_answers_by_send_has_no_time_left)
{
    setup();
    make_handler();
    call_through(1);
    EXPECT_OK(SEND(reply[0], 0).status);
    expect_home();
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
}

TEST(lend_and_bind_refuse)
{
    setup();
    make_handler();
    cap_t fresh = make(OBJECT_SCHED_CONTEXT, 8);

    EXPECT_ERROR(CALL(fresh, OP_SCHED_CONTEXT_BIND, server[0]).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(fresh, OP_SCHED_CONTEXT_LEND, server[0]).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_BIND, client).status, ERR_BUSY, 0);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_LEND, client).status, ERR_BUSY, 0);
    EXPECT_ERROR(CALL(SC_OF(client), OP_SCHED_CONTEXT_BIND, server[0]).status, ERR_BUSY, 0);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_BIND, endpoint[0]).status, ERR_TYPE, 1);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_BIND, slot_new()).status, ERR_CAPABILITY, 1);
}

/* ---- Long chains: every end is O(1) for the chain, and takes no stack */

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
        DO(start, OP_SCHED_CONTEXT_BIND, long_server[i]);
        resume(long_server[i]);
        run(long_server[i]);
        RECV(long_endpoint[i], long_reply[i]);
        root_wake();
        DO(start, OP_SCHED_CONTEXT_UNBIND);
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

/* ---- Lent contexts that were donated on */

/* Server 0 has lost its client and runs on the lent context. */
static void lend_to_server_0(void)
{
    setup();
    make_handler();
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    run(handler);
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    EXPECT_OK(SEND(timeout_reply, FAULT_REPLY_RESUME).status);
    run(server[0]);
    EXPECT(current()->sc == object_at(lent));
}

/* It stayed with the server for good: the answer that brought it back forgot that it was lent. */
TEST(lent_context_that_comes_back_with_an_answer_is_still_lent)
{
    lend_to_server_0();
    CALL(endpoint[1], 0);
    EXPECT(current() == thread_at(server[1]));
    EXPECT_OK(SEND(reply[1], 0).status);
    run(server[0]);
    EXPECT(current()->sc == object_at(lent));
    RECV(endpoint[0], reply[0]);
    EXPECT(thread_at(server[0])->sc == NULL);
    EXPECT(((struct sched_context *)object_at(lent))->thread == NULL);
}

/* The call's link stayed: its answer would have taken the context from whoever had got it since. */
TEST(lent_context_that_falls_back_leaves_its_chain)
{
    lend_to_server_0();
    CALL(endpoint[1], 0);
    EXPECT(current() == thread_at(server[1]));
    RECV(endpoint[2], 0);
    root_wake();
    EXPECT(((struct sched_context *)object_at(lent))->chain == NULL);
    cap_t other = make_passive(130);
    DO(lent, OP_SCHED_CONTEXT_BIND, other);
    EXPECT_OK(SEND(reply[1], 0).status);
    EXPECT(thread_at(other)->sc == object_at(lent));
}

/* It waited for ever, and its client with it. */
TEST(server_that_answers_an_earlier_call_of_its_chain_loses_its_context_and_stops)
{
    setup();
    call_through(2);
    SEND(reply[0], 0);
    EXPECT_EQ(thread_at(server[1])->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(server[1])->exit_code, FAULT_TIMEOUT);
    expect_home();
}

/* It went on without time and without a word, and the one before it in the chain waited for ever. */
TEST(server_whose_context_is_withdrawn_while_it_is_suspended_stops_when_it_is_resumed)
{
    setup();
    call_through(2);
    root_wake();
    DO(server[1], OP_THREAD_SUSPEND, 0);
    DO(client, OP_THREAD_CANCEL);
    expect_home();
    DO(server[1], OP_THREAD_RESUME);
    EXPECT_EQ(thread_at(server[1])->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(server[1])->exit_code, FAULT_TIMEOUT);
    EXPECT(thread_at(server[0])->state != THREAD_STATE_CALLING);
}

/* Deleting the last capability to the endpoint was interrupted. */
static void delete_in_part(cap_t address)
{
    host.pending_every = 1;
    sys_once(SYS_CALL, BOOT_SLOT_CNODE, 0, tag_make(OP_CNODE_DELETE, 1, 0), WORDS(address));
    host.pending_every = 0;
    EXPECT(((struct endpoint *)object_at(address))->dying);
}

/* The fast path delivered the call; the general one says that the peer is gone. */
TEST(call_to_an_endpoint_that_is_being_destroyed_is_peer_gone)
{
    setup();
    cap_t second = make_thread(120);
    resume(second);
    run(second);
    RECV(endpoint[0], 0);
    root_wake();
    run(client);
    root_wake();
    delete_in_part(endpoint[0]);
    DO(second, OP_THREAD_SUSPEND, 0); /* nobody more important than the server is ready */
    run(client);
    struct outcome got = CALL(endpoint[0], 0);
    EXPECT(got.returned);
    EXPECT_ERROR(got.status, ERR_PEER_GONE, 0);
}

/* It gave the context back, did not wait, and never ran again. */
TEST(receive_at_an_endpoint_that_is_being_destroyed_keeps_a_lent_context)
{
    lend_to_server_0();
    root_wake();
    cap_t second = make_thread(90); /* so that there is a step left */
    resume(second);
    run(second);
    RECV(endpoint[1], 0);
    root_wake();
    delete_in_part(endpoint[1]);
    run(server[0]);
    EXPECT_ERROR(RECV(endpoint[1], 0).status, ERR_PEER_GONE, 0);
    EXPECT(current() == thread_at(server[0]));
}
