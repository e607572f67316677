/* SPDX-License-Identifier: BSD-2-Clause */
/* Replies: the right to answer one call, once; and the links of donation chains. See object/reply.c. */
#ifndef KERNEL_REPLY_H
#define KERNEL_REPLY_H

#include "sched_context.h"

enum reply_state { REPLY_FREE, REPLY_ARMED, REPLY_OWED };

struct reply {
    struct thread
        *server; /* ARMED: the receiver; OWED: who received the call, NULL if the Reply was moved on */
    struct thread *caller; /* OWED: who waits for the answer */
    struct sched_context
        *sc; /* OWED: that its call donated; NULL: none. Links below are in a list of that context */
    uint64_t chain_number;    /* of the chain; if it is not the context's present one, this link is cut */
    struct reply *chain_down; /* towards the owner of the donated context */
    struct reply *chain_up;   /* towards who has it */
    uint8_t state;            /* enum reply_state */
    uint8_t home;
    uint32_t
        called; /* OWED: the low half of the head of the capability that was called with, or 0: its grant right counts */
};

/* The Reply that a waiting receiver named, or NULL. */
struct reply *reply_armed(const struct thread *receiver);

/* FREE -> ARMED, by a receiver; ARMED -> FREE. */
void reply_arm(struct reply *reply, struct thread *server);
void reply_disarm(struct reply *reply);

/* ARMED or FREE -> OWED by `server` to `caller`; donates the caller's context if the server has none. What is rare about the two is to
 * be updated by who calls this, except in the fast path, where it stays as it is. */
void reply_owe(struct reply *reply, struct thread *server, struct thread *caller, bool grant);

/* The answer may give capabilities. */
static inline bool reply_grants(const struct reply *reply)
{
    return reply->called & RIGHT_GRANT << CAP_RIGHTS_SHIFT;
}

/* The call of this Reply donated a context, and answering it gives that back to the caller. */
static inline bool reply_returns_context(const struct reply *reply)
{
    return reply->sc && reply->sc->chain == reply;
}

/* The Reply is the top of the context's chain from now on. */
static inline void reply_chain_push(struct reply *reply, struct sched_context *sc)
{
    uint64_t number = sc->chain_number;
    struct reply *down = sc->chain;

    reply->sc = sc;
    reply->chain_number = number;
    reply->chain_down = down;
    reply->chain_up = NULL;
    if (unlikely(down))
        down->chain_up = reply;
    else
        sc->chain_bottom = reply;
    sc->chain = reply;
}

/* OWED -> FREE: gives a donated context back. The caller no longer waits at it; what it is told is up to who calls this.
 * `answering`: the thread that answers, which knows that it loses the context; NULL: the call ends in another way. */
void reply_settle(struct reply *reply, struct thread *answering);

/* OWED -> FREE: the caller learns that nobody will answer. */
void reply_fail(struct reply *reply, status_t status);

/* The capability was moved: the thread that received no longer stands for the answer. */
void reply_moved(struct reply *reply);

/* A context that is about to be destroyed lets go of one cut link. True if there are none left. */
bool reply_chain_forget_step(struct sched_context *sc);
/* The whole chain of a context is cut: its links no longer stand for it. */
void reply_chain_cut(struct sched_context *sc);

/* Any state -> gone. */
void reply_destroy(struct reply *reply);

#endif
