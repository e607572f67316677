/* SPDX-License-Identifier: BSD-2-Clause */
/* Passive servers: time that is donated along calls, and every way in which that can end. Long chains are in
 * test_donation_chain.c, contexts that are lent in test_lent_context.c. */
#include "servers.h"

TEST(call_donates_and_answer_returns_the_context)
{
    servers_setup();
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
    servers_setup();
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
    servers_setup();
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
    servers_setup();
    make_timeout_handler();
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
    servers_setup();
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    expect_home();
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(server[0])->exit_code, FAULT_TIMEOUT);
}

TEST(client_destroyed_stops_a_server_without_timeout_handler)
{
    servers_setup();
    call_through(1);
    root_wake();
    delete (client);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_STOPPED);
    EXPECT(thread_at(server[0])->sc == NULL);
    EXPECT_EQ(((struct reply *)object_at(reply[0]))->state, REPLY_FREE);
}

TEST(client_suspended_takes_its_time_along)
{
    servers_setup();
    make_timeout_handler();
    call_through(2);
    root_wake();
    DO(client, OP_THREAD_SUSPEND, 0);
    expect_home();
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
    EXPECT_EQ(thread_at(server[0])->state, THREAD_STATE_CALLING);
}

TEST(handler_lends_until_the_server_waits_again)
{
    servers_setup();
    make_timeout_handler();
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
    lend_to_server_0();
    EXPECT_ERROR(POLL_RECV(endpoint[0], reply[0]).status, ERR_WOULD_BLOCK, 0);
    EXPECT(thread_at(server[0])->sc == object_at(lent));
    EXPECT(current() == thread_at(server[0]));
}

/* ---- Cuts in the middle */

TEST(middle_server_destroyed_lets_the_one_before_go_on)
{
    servers_setup();
    make_timeout_handler();
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
    servers_setup();
    make_timeout_handler();
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
    servers_setup();
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
    servers_setup();
    make_timeout_handler();
    call_through(2);
    root_wake();
    DO(SC_OF(client), OP_SCHED_CONTEXT_UNBIND);
    EXPECT(client_sc()->thread == NULL && client_sc()->owner == NULL);
    EXPECT_EQ(thread_at(server[1])->fault, FAULT_TIMEOUT);
    EXPECT_EQ(thread_at(client)->state, THREAD_STATE_CALLING);
}

TEST(context_destroyed_while_donated_is_withdrawn_and_links_forget_it)
{
    servers_setup();
    make_timeout_handler();
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
    servers_setup();
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
    servers_setup();
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
    servers_setup();
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
    servers_setup();
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
    servers_setup();
    call_through(1);
    CALL(server[0], OP_THREAD_SUSPEND, 7);
    EXPECT_EQ(thread_at(server[0])->exit_code, 7);
    EXPECT_ERROR(outcome_of(thread_at(client)).status, ERR_PEER_GONE, 0);
}

/* The server itself, on its client's time, ends the call that gave it. */
TEST(server_that_cancels_its_client_loses_its_time)
{
    servers_setup();
    make_timeout_handler();
    call_through(1);
    CALL(client, OP_THREAD_CANCEL);
    expect_home();
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    server_0_goes_on_lent_time();
    EXPECT_OK(outcome_of(thread_at(server[0])).status);
}

TEST(server_that_destroys_its_client_finishes_the_destruction)
{
    servers_setup();
    make_timeout_handler();
    call_through(1);
    CALL(BOOT_SLOT_CNODE, OP_CNODE_DELETE, client);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    server_0_goes_on_lent_time();
    if (current()->context.at_syscall)
        host_syscall();
    EXPECT_OK(outcome_of(thread_at(server[0])).status);
    EXPECT(slot_is_empty(slot_at(client)));
    EXPECT(slot_next(slot_at(SC_OF(client))) != NULL);
    system_check();
}

TEST(passive_server_that_gets_a_message_without_time_faults)
{
    servers_setup();
    make_timeout_handler();
    run(client);
    EXPECT_OK(SEND(endpoint[0], 0, 1).status);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
    run(handler);
    EXPECT_EQ(RECV(timeout_endpoint, timeout_reply).badge, 1000);
    server_0_goes_on_lent_time();
    EXPECT_EQ(outcome_of(thread_at(server[0])).word[0], 1);
}

TEST(passive_server_that_gets_a_message_without_time_waits_for_it_without_handler)
{
    servers_setup();
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
    servers_setup();
    make_timeout_handler();
    /* Let server 0 wait again, this time without naming a Reply. */
    call_through(1);
    EXPECT_OK(SEND(reply[0], 0).status);
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    server_0_goes_on_lent_time();
    RECV(endpoint[0], 0);
    EXPECT(thread_at(server[0])->sc == NULL);
    run(client);
    EXPECT_ERROR(CALL(endpoint[0], 0).status, ERR_PEER_GONE, 0);
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
}

TEST(passive_server_that_answers_by_send_has_no_time_left)
{
    servers_setup();
    make_timeout_handler();
    call_through(1);
    EXPECT_OK(SEND(reply[0], 0).status);
    expect_home();
    EXPECT_EQ(thread_at(server[0])->fault, FAULT_TIMEOUT);
}

TEST(lend_and_bind_refuse)
{
    servers_setup();
    make_timeout_handler();
    cap_t fresh = make(OBJECT_SCHED_CONTEXT, 8);

    EXPECT_ERROR(CALL(fresh, OP_SCHED_CONTEXT_BIND, server[0]).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(fresh, OP_SCHED_CONTEXT_LEND, server[0]).status, ERR_STATE, 0);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_BIND, client).status, ERR_BUSY, 1);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_LEND, client).status, ERR_BUSY, 1);
    EXPECT_ERROR(CALL(SC_OF(client), OP_SCHED_CONTEXT_BIND, server[0]).status, ERR_BUSY, 0);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_BIND, endpoint[0]).status, ERR_TYPE, 1);
    EXPECT_ERROR(CALL(lent, OP_SCHED_CONTEXT_BIND, slot_new()).status, ERR_CAPABILITY, 1);
}
