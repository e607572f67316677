/* SPDX-License-Identifier: BSD-2-Clause */
/* Scheduling contexts: CPU time as a capability. See object/sched_context.c for binding and donation, sched/refill.c for budgets. */
#ifndef KERNEL_SCHED_CONTEXT_H
#define KERNEL_SCHED_CONTEXT_H

#include "cap.h"
#include "core.h"
#include "priority_queue.h"
#include "thread.h"

struct reply;

/* An amount of time, usable from `time` on. */
struct refill {
    ticks_t time;
    ticks_t amount;
};

struct sched_context {
    struct thread *owner; /* bound; NULL: none */
    struct thread
        *thread;         /* who has it now: the owner, a server it was donated to, a borrower; NULL: nobody */
    struct reply *chain; /* top of the chain of calls that donated it; NULL: not donated */
    struct reply *chain_bottom;
    struct reply *cut;      /* links of chains that were cut, in no order */
    uint64_t chain_number;  /* changes with every cut */
    ticks_t budget, period; /* 0: not yet set. Equal: the period is a time slice */
    ticks_t consumed;
    word_t badge;                     /* for timeout faults */
    struct queue_node replenish_node; /* in its core's replenishments while out of budget and wanted */
    uint16_t head, count, max;        /* ring of refills; time-ordered; they sum up to the budget */
    uint8_t core;
    bool lent; /* to `thread`, until that waits at an endpoint */
    struct refill refills[];
};

#define SCHED_CONTEXT_BITS_MIN 8u
#define SCHED_CONTEXT_BITS_MAX 12u

void sched_context_init(struct sched_context *sc, unsigned size_bits);

/* The owner gets it; wakes the owner if it only lacked time. The thread has no context and the context no thread. */
void sched_context_bind(struct sched_context *sc, struct thread *thread);
void sched_context_lend(struct sched_context *sc, struct thread *thread);
/* Take it from the owner, and from whoever has it: `thread` may get a timeout fault. */
void sched_context_unbind(struct sched_context *sc);
/* Take it from who it was donated to, and give it back to its owner: the chain of calls is cut. */
void sched_context_recall(struct sched_context *sc);
/* A call ends: back to its caller. Who has it gets a timeout fault, unless it is `answering`. */
void sched_context_return(struct sched_context *sc, struct thread *caller, const struct thread *answering);
/* To the owner, when who has it gives it up by itself: no fault. */
void sched_context_give_back(struct sched_context *sc);
/* The thread is about to wait at an endpoint: what it borrowed goes back. */
void sched_context_return_lent(struct thread *thread);

/* The last capability goes. One step; true when nothing points here any more. */
bool sched_context_destroy_step(struct sched_context *sc);

/* Move the context from one thread to another, which has none; neither is queued, and the caller schedules them and updates what is rare. */
static inline void sched_context_hand_over(struct sched_context *sc, struct thread *from, struct thread *to)
{
    assert(sc->thread == from && from->sc == sc && !to->sc);
    from->sc = NULL;
    to->sc = sc;
    sc->thread = to;
    to->lacks_context = LACKS_NOTHING;
}

/* ---- refill.c: sporadic-server budgets. Times are ticks. */

/*@ // What budgets need of a context. (Frama-C knows no size for a structure that ends in an array without one.)
    predicate budget_there{L}(struct sched_context *sc) = \valid(&sc->budget) && \valid(&sc->period) &&
        \valid(&sc->head) && \valid(&sc->count) && \valid(&sc->max) &&
        2 <= sc->max <= 4096 && \valid((struct refill *)sc->refills + (0 .. sc->max - 1));
    // The refills are a ring: `count` of `max`, from `head` on.
    predicate ring{L}(struct sched_context *sc) =
        budget_there(sc) && sc->head < sc->max && 1 <= sc->count <= sc->max;
    logic integer ring_index(integer max, integer place) = place >= max ? place - max : place; */

/*@ requires ring(sc);
    assigns \nothing;
    ensures \result == &sc->refills[sc->head]; */
static inline struct refill *refill_head(struct sched_context *sc)
{
    return &sc->refills[sc->head];
}

/*@ requires budget_there(sc);
    assigns \nothing;
    ensures \result <==> sc->budget == sc->period; */
static inline bool sched_context_is_round_robin(const struct sched_context *sc)
{
    return sc->budget == sc->period;
}

/* Set budget and period: a full budget, usable from `now` on. */
void refill_reset(struct sched_context *sc, ticks_t budget, ticks_t period, ticks_t now);
/* Take `used` off the refills and schedule its return. True if the head refill was used up: who runs has to give way. */
bool refill_charge(struct sched_context *sc, ticks_t used);
/* The context becomes active after its thread was not running: time not used in the past does not add up. */
void refill_unblock(struct sched_context *sc, ticks_t now);
/* It gets the processor at `now`: what it has missed for longer than a period, because others ran, is gone. */
void refill_begin(struct sched_context *sc, ticks_t now);
/* It may run at `now`. */
bool refill_is_ready(const struct sched_context *sc, ticks_t now);
/* Give up what is left of the present refill, until its replenishment. */
void refill_yield(struct sched_context *sc);

#endif
