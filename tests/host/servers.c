/* SPDX-License-Identifier: BSD-2-Clause */
/* A client and three passive servers: what the tests of donated time begin with. */
#include "servers.h"

cap_t client, server[SERVERS], endpoint[SERVERS], reply[SERVERS];
cap_t timeout_endpoint, timeout_reply, handler, lent;

void server_start(cap_t thread, cap_t at, cap_t answer, cap_t context)
{
    DO(context, OP_SCHED_CONTEXT_BIND, thread);
    resume(thread);
    run(thread);
    RECV(at, answer);
    root_wake();
    DO(context, OP_SCHED_CONTEXT_UNBIND);
}

/* A server without a context waits at its endpoint. */
static void make_server(unsigned i)
{
    cap_t start = make(OBJECT_SCHED_CONTEXT, 8);

    endpoint[i] = make(OBJECT_ENDPOINT, 0);
    reply[i] = make(OBJECT_REPLY, 0);
    server[i] = make_passive(110 + i);
    set_budget(start, SLICE_NS, SLICE_NS, 0);
    server_start(server[i], endpoint[i], reply[i], start);
}

void servers_setup(void)
{
    system_boot();
    client = make_thread(100);
    resume(client);
    for (unsigned i = 0; i < SERVERS; i++)
        make_server(i);
}

/* Somebody who handles lack of time, when nobody more important runs. */
void make_timeout_handler(void)
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
void call_through(unsigned depth)
{
    run(client);
    for (unsigned i = 0; i < depth; i++) {
        EXPECT(!CALL(endpoint[i], 0, i).returned);
        EXPECT(current() == thread_at(server[i]));
    }
}

struct sched_context *client_sc(void)
{
    return object_at(SC_OF(client));
}

void expect_home(void)
{
    EXPECT(client_sc()->thread == thread_at(client));
    EXPECT(thread_at(client)->sc == client_sc());
    EXPECT(client_sc()->chain == NULL);
}

void server_0_goes_on_lent_time(void)
{
    DO(lent, OP_SCHED_CONTEXT_LEND, server[0]);
    EXPECT_OK(SEND(timeout_reply, FAULT_REPLY_RESUME).status);
    run(server[0]);
}

/* Server 0 has lost its client and runs on the lent context. */
void lend_to_server_0(void)
{
    servers_setup();
    make_timeout_handler();
    run(handler);
    RECV(timeout_endpoint, timeout_reply);
    call_through(1);
    root_wake();
    DO(client, OP_THREAD_CANCEL);
    run(handler);
    server_0_goes_on_lent_time();
    EXPECT(current()->sc == object_at(lent));
}
