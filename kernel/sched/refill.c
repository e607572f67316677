/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Budgets with sporadic-server replenishment (Sprunt, Sha, Lehoczky 1989, with the corrections of Stanovich
 * et al. 2010).
 *
 * A context has a ring of refills in order of time. Each says how much time may be used from when on. Always:
 *
 *   sum       the amounts add up to the budget (what runs and has not been charged yet is still in the head)
 *   order     times never decrease, and none is later than the head's plus a period
 *   size      the head is not below the minimum, unless the whole budget is in it
 *
 * Using an amount takes it from the head and puts it back a period after it became usable. In no window of
 * one period can more than the budget be used by who runs when it may. Who is kept from running by others can
 * use what it missed later, as a periodic task can, but of one period at most: it must not make up for a long
 * wait at the cost of those below it. If the ring is full, amounts are joined at the later time: never
 * earlier than allowed.
 *
 * A context whose budget equals its period needs none of this: its two refills are what is left and what is
 * used of a time slice. When nothing is left they change places, and the thread goes behind those of its
 * priority.
 *
 * Protected by the lock of the context's core.
 */
#include "sched_context.h"
#include "time.h"

/*@ requires ring(sc) && index < sc->max;
    assigns \nothing;
    ensures \result == ring_index(sc->max, index + 1) && \result < sc->max; */
static unsigned ring_next(const struct sched_context *sc, unsigned index)
{
    return index + 1u == sc->max ? 0 : index + 1u;
}

/*@ requires ring(sc) && position < sc->count;
    assigns \nothing;
    ensures \result == &sc->refills[ring_index(sc->max, sc->head + position)] && \valid(\result); */
static struct refill *refill_at(struct sched_context *sc, unsigned position)
{
    unsigned index = sc->head + position;

    assert(position < sc->count);
    return &sc->refills[index >= sc->max ? index - sc->max : index];
}

/*@ requires ring(sc);
    assigns \nothing;
    ensures \result == &sc->refills[ring_index(sc->max, sc->head + sc->count - 1)] && \valid(\result); */
static struct refill *refill_tail(struct sched_context *sc)
{
    return refill_at(sc, sc->count - 1u);
}

/*@ requires ring(sc) && sc->count > 1;
    assigns sc->head, sc->count;
    ensures ring(sc) && sc->count == \old(sc->count) - 1 && sc->head == ring_index(sc->max, \old(sc->head) + 1); */
static void pop_head(struct sched_context *sc)
{
    assert(sc->count > 1);
    sc->head = (uint16_t)ring_next(sc, sc->head);
    sc->count--;
}

/* Put an amount at the end, joined with the last refill if they touch or there is no room. */
static void append(struct sched_context *sc, struct refill refill)
{
    struct refill *tail = refill_tail(sc);

    assert(refill.time >= tail->time);
    if (tail->time + tail->amount >= refill.time) {
        tail->amount += refill.amount;
    } else if (sc->count == sc->max) {
        tail->time = refill.time;
        tail->amount += refill.amount;
    } else {
        sc->count++;
        *refill_tail(sc) = refill;
    }
}

/* The head refill is used up, or given up: it comes back a period later. */
static void rotate(struct sched_context *sc)
{
    struct refill used = *refill_head(sc);

    used.time += sc->period;
    if (sc->count == 1) {
        *refill_head(sc) = used;
        return;
    }
    pop_head(sc);
    append(sc, used);
}

/* Heads that are too small to be worth a switch are joined with the next, which is later. True if there were any. */
static bool join_small_heads(struct sched_context *sc)
{
    bool joined = false;

    while (refill_head(sc)->amount < time_refill_minimum() && sc->count > 1) { /* at most `max` times */
        ticks_t amount = refill_head(sc)->amount;
        pop_head(sc);
        refill_head(sc)->amount += amount;
        joined = true;
    }
    return joined;
}

/*@ requires budget_there(sc) && 0 < budget <= period;
    assigns sc->budget, sc->period, sc->head, sc->count, sc->refills[0 .. 1];
    ensures ring(sc) && sc->budget == budget && sc->period == period;
    ensures sum: amount(sc, 0) == budget && (sc->count == 1 || sc->count == 2 && amount(sc, 1) == 0);
    ensures slice: budget == period ==> sc->count == 2; */
void refill_reset(struct sched_context *sc, ticks_t budget, ticks_t period, ticks_t now)
{
    assert(budget > 0 && budget <= period);
    sc->budget = budget;
    sc->period = period;
    sc->head = 0;
    sc->count = 1;
    sc->refills[0] = (struct refill){ now, budget };
    if (sched_context_is_round_robin(sc)) {
        sc->count = 2;
        sc->refills[1] = (struct refill){ now, 0 };
    }
}

/*@ requires ring(sc) && sc->count == 2 && amount(sc, 0) + amount(sc, 1) == sc->budget;
    assigns sc->refills[0 .. sc->max - 1];
    ensures ring(sc);
    ensures sum: amount(sc, 0) + amount(sc, 1) == sc->budget;
    ensures over: \result <==> used >= \old(amount(sc, 0));
    ensures renewed: \result ==> amount(sc, 0) == sc->budget;
    ensures left: !\result ==> amount(sc, 0) == \old(amount(sc, 0)) - used; */
static bool slice_charge(struct sched_context *sc, ticks_t used)
{
    struct refill *left = refill_at(sc, 0), *gone = refill_at(sc, 1);

    //@ assert apart: ring_index(sc->max, sc->head + 0) != ring_index(sc->max, sc->head + 1);
    if (used < left->amount) {
        left->amount -= used;
        gone->amount += used;
        //@ assert sc->budget == \at(sc->budget, Pre) && left->amount + gone->amount == sc->budget;
        //@ assert moved: amount(sc, 0) == left->amount && amount(sc, 1) == gone->amount;
        return false;
    }
    left->amount = sc->budget;
    gone->amount = 0;
    //@ assert sc->budget == \at(sc->budget, Pre) && left->amount == sc->budget;
    //@ assert renewed: amount(sc, 0) == left->amount && amount(sc, 1) == gone->amount;
    return true;
}

/* A tick that came late let more than whole budgets be used: each puts off everything by a period. Beyond
 * some, the machine stood still (a debugger did it), and the thread does not pay for that. Returns what is
 * left, less than a budget. */
#define OVERRUN_BUDGETS_MAX 8u

static ticks_t charge_whole_budgets(struct sched_context *sc, ticks_t used)
{
    ticks_t whole = used / sc->budget, rest = used % sc->budget;

    if (whole >= OVERRUN_BUDGETS_MAX) {
        whole = OVERRUN_BUDGETS_MAX;
        rest = 0;
    }
    for (unsigned i = 0; i < sc->count; i++)
        refill_at(sc, i)->time += whole * sc->period;
    return rest;
}

bool refill_charge(struct sched_context *sc, ticks_t used)
{
    bool exhausted = false;

    if (sched_context_is_round_robin(sc))
        return slice_charge(sc, used);
    if (used >= sc->budget) {
        used = charge_whole_budgets(sc, used);
        exhausted = true;
    }
    /* At most once round the ring: the amounts sum up to the budget. */
    while (used > 0 && used >= refill_head(sc)->amount) {
        used -= refill_head(sc)->amount;
        rotate(sc);
        exhausted = true;
    }
    if (used > 0) {
        struct refill *head = refill_head(sc);
        struct refill back = { head->time + sc->period, used };
        head->amount -= used;
        head->time += used;
        append(sc, back);
    }
    return join_small_heads(sc) || exhausted;
}

void refill_unblock(struct sched_context *sc, ticks_t now)
{
    if (sched_context_is_round_robin(sc) || refill_head(sc)->time >= now)
        return;
    refill_head(sc)->time = now;
    while (sc->count > 1) { /* at most `max` times */
        struct refill head = *refill_head(sc);
        if (refill_at(sc, 1)->time > head.time + head.amount)
            break;
        pop_head(sc);
        refill_head(sc)->amount += head.amount;
        refill_head(sc)->time = head.time;
    }
}

void refill_begin(struct sched_context *sc, ticks_t now)
{
    if (now > sc->period && refill_head(sc)->time < now - sc->period)
        refill_unblock(sc, now);
}

/*@ requires ring(sc);
    assigns \nothing;
    ensures \result <==> sc->refills[sc->head].time <= now; */
bool refill_is_ready(const struct sched_context *sc, ticks_t now)
{
    return sc->refills[sc->head].time <= now;
}

void refill_yield(struct sched_context *sc)
{
    if (sched_context_is_round_robin(sc)) {
        slice_charge(sc, sc->budget);
        return;
    }
    rotate(sc);
    join_small_heads(sc);
}
