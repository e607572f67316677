/* SPDX-License-Identifier: BSD-2-Clause */
/* Contexts that were lent to a server and donated on, and chains that end in unusual ways. */
#include "servers.h"

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
    servers_setup();
    call_through(2);
    SEND(reply[0], 0);
    EXPECT_EQ(thread_at(server[1])->state, THREAD_STATE_STOPPED);
    EXPECT_EQ(thread_at(server[1])->exit_code, FAULT_TIMEOUT);
    expect_home();
}

/* It went on without time and without a word, and the one before it in the chain waited for ever. */
TEST(server_whose_context_is_withdrawn_while_it_is_suspended_stops_when_it_is_resumed)
{
    servers_setup();
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
    servers_setup();
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
