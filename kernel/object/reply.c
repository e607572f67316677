/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reply: the right to answer one call, once.
 *
 *     free     nobody refers to it
 *     armed    `server` waits at an endpoint and named it: the next call it takes will be answered through it
 *     owed     `caller` waits here for the answer; `server` is who received the call, NULL if the capability has
 *              been moved to somebody else since
 *
 * If there is a `server`, server->reply points back: it is the latest Reply of that server.
 *
 * Donation chains. If the call donated the caller's context, the Reply is a link of the context's chain: `chain_down` is the
 * Reply of the call before (towards the owner), `chain_up` the one after; sc->chain is the top.
 *
 *     owner --call--> A --call--> B           sc->chain == R2, sc->thread == B
 *              R1           R2                R2.chain_down == R1, R1.chain_up == R2
 *
 * Answering the top gives the context back to its caller. Answering (or losing) any other link cuts the chain: the context goes back to
 * its owner at once. That must be O(1) however long the chain is, so the links are not visited: the context's chain_number changes, which
 * makes all of them cut links, and they go as a whole into the list `cut`, which each leaves when it is settled. A context is
 * destroyed only when that list has been emptied, step by step.
 *
 * All fields are protected by the lock of the Reply's home core, which is its receiver's; the links, and which context it is, also by that of
 * the context's core.
 */
#include "reply.h"
#include "ipc.h"
#include "lock.h"
#include "sched_context.h"
#include "scheduler.h"
#include "thread.h"

/* This is now the server's latest Reply; the one before stands for itself. */
static void meet_server(struct reply *reply, struct thread *server)
{
    assert(lock_holds_home(reply->home) && lock_holds_home(thread_home(server)));
    assert(!server->reply || lock_holds_home(server->reply->home));
    if (server->reply && server->reply != reply)
        server->reply->server = NULL;
    reply->server = server;
    server->reply = reply;
}

struct reply *reply_armed(const struct thread *receiver)
{
    return receiver->reply && receiver->reply->state == REPLY_ARMED ? receiver->reply : NULL;
}

void reply_arm(struct reply *reply, struct thread *server)
{
    assert(lock_holds_home(reply->home) && reply->state == REPLY_FREE);
    reply->state = REPLY_ARMED;
    home_set(reply, thread_home(server));
    meet_server(reply, server);
}

/* The server and the Reply no longer know each other. */
static void forget_server(struct reply *reply)
{
    assert(lock_holds_home(reply->home));
    if (reply->server) {
        assert(reply->server->reply == reply && lock_holds_home(thread_home(reply->server)));
        reply->server->reply = NULL;
    }
    reply->server = NULL;
}

void reply_disarm(struct reply *reply)
{
    assert(reply->state == REPLY_ARMED);
    forget_server(reply);
    reply->state = REPLY_FREE;
}

static bool is_cut(const struct reply *reply)
{
    return reply->chain_number != reply->sc->chain_number;
}

/* Take a Reply out of the list that it is in: its context's chain, or the cut links. */
static void chain_remove(struct reply *reply)
{
    struct reply *down = reply->chain_down, *up = reply->chain_up;
    struct sched_context *sc = reply->sc;

    assert(lock_holds_home(sc->core));
    if (up)
        up->chain_down = down;
    else if (is_cut(reply))
        sc->cut = down;
    else
        sc->chain = down;
    if (down)
        down->chain_up = up;
    else if (!is_cut(reply))
        sc->chain_bottom = up;
    reply->chain_up = reply->chain_down = NULL;
    reply->sc = NULL;
}

void reply_chain_cut(struct sched_context *sc)
{
    assert(lock_holds_home(sc->core));
    if (!sc->chain)
        return;
    sc->chain_number++;
    sc->chain_bottom->chain_down = sc->cut;
    if (sc->cut)
        sc->cut->chain_up = sc->chain_bottom;
    sc->cut = sc->chain;
    sc->chain = sc->chain_bottom = NULL;
}

bool reply_chain_forget_step(struct sched_context *sc)
{
    assert(!sc->chain);
    if (sc->cut)
        chain_remove(sc->cut);
    return sc->cut == NULL;
}

void reply_owe(struct reply *reply, struct thread *server, struct thread *caller, bool grant)
{
    assert(lock_holds_home(reply->home) && lock_holds_home(thread_home(caller)));
    assert(reply->state != REPLY_OWED);
    reply->state = REPLY_OWED;
    reply->caller = caller;
    reply->called = grant ? RIGHT_GRANT << CAP_RIGHTS_SHIFT : 0;
    meet_server(reply, server);
    caller->state = THREAD_STATE_CALLING;
    caller->waits_at = reply;
    /* A context that is used up is no help to the handler of that fault. */
    if (!server->sc && caller->sc && caller->fault != FAULT_TIMEOUT) {
        struct sched_context *sc = caller->sc;
        if (CONFIG_CORES > 1 && thread_home(server) != sc->core) { /* a passive server follows its caller */
            scheduler_move(server, sc->core);
            home_set(reply, sc->core);
        }
        assert(lock_holds_home(sc->core));
        reply_chain_push(reply, sc);
        sched_context_hand_over(sc, caller, server);
        caller->lacks_context = LACKS_WITHDRAWN; /* if it has not come back with the answer */
    }
}

void reply_settle(struct reply *reply, struct thread *answering)
{
    struct thread *caller = reply->caller;
    struct sched_context *sc = reply->sc;

    assert(lock_holds_home(reply->home) && lock_holds_home(thread_home(caller)));
    assert(reply->state == REPLY_OWED && caller && caller->waits_at == reply);
    bool is_top = sc && reply_returns_context(reply), cut = sc && is_cut(reply);
    if (sc)
        chain_remove(reply);
    forget_server(reply);
    reply->state = REPLY_FREE;
    reply->caller = NULL;
    caller->waits_at = NULL;
    /* Last, because who loses the context may fault and stop. */
    if (is_top)
        sched_context_return(sc, caller, answering);
    else if (sc && !cut)
        sched_context_recall(sc);
}

void reply_fail(struct reply *reply, status_t status)
{
    ipc_wait_failed(reply->caller, status);
}

void reply_moved(struct reply *reply)
{
    if (reply->state == REPLY_OWED)
        forget_server(reply);
}

void reply_destroy(struct reply *reply)
{
    if (reply->state == REPLY_ARMED) {
        endpoint_queue_receiver(reply->server->waits_at, reply->server);
        reply_disarm(reply);
    } else if (reply->state == REPLY_OWED) {
        reply_fail(reply, ERR_PEER_GONE);
    }
    assert(reply->state == REPLY_FREE);
}
