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

/*@ // Of the refills from place `head` of a ring on: from when on one may be used, and what it holds.
    logic integer due{L}(struct refill *ring, integer max, integer head, integer i) = ring[ring_index(max, head + i)].time;
    logic integer holds{L}(struct refill *ring, integer max, integer head, integer i) = ring[ring_index(max, head + i)].amount;
    logic integer amount{L}(struct sched_context *sc, integer i) = holds(&sc->refills[0], sc->max, sc->head, i);
    // What the first few hold together.
    logic integer sum{L}(struct refill *ring, integer max, integer head, integer count) =
        count <= 0 ? 0 : sum(ring, max, head, count - 1) + holds(ring, max, head, count - 1);

    predicate positive{L}(struct refill *ring, integer max, integer head, integer count) =
        \forall integer i; 0 <= i < count ==> holds(ring, max, head, i) > 0;
    // From one on, no refill begins before the one before it can be used up.
    predicate apart{L}(struct refill *ring, integer max, integer head, integer from, integer count) =
        \forall integer i, j; from <= i < j < count ==>
            due(ring, max, head, i) + holds(ring, max, head, i) <= due(ring, max, head, j);
    // The head may reach into the next by less than what is worth a switch: it has taken in some that were too small.
    predicate head_apart{L}(struct refill *ring, integer max, integer head, integer count, integer small) =
        \forall integer j; 1 <= j < count ==>
            due(ring, max, head, 0) + holds(ring, max, head, 0) <= due(ring, max, head, j) + small;
    predicate within{L}(struct refill *ring, integer max, integer head, integer count, integer period) =
        \forall integer i, j; 0 <= i < count && 0 <= j < count ==>
            due(ring, max, head, i) <= due(ring, max, head, j) + period;
    predicate until{L}(struct refill *ring, integer max, integer head, integer count, integer time) =
        \forall integer i; 0 <= i < count ==> due(ring, max, head, i) <= time;
    predicate since{L}(struct refill *ring, integer max, integer head, integer count, integer time) =
        \forall integer i; 0 <= i < count ==> due(ring, max, head, i) >= time;
    predicate in_order{L}(struct refill *ring, integer max, integer head, integer count) =
        \forall integer i, j; 0 <= i < j < count ==> due(ring, max, head, i) <= due(ring, max, head, j);

    predicate settings{L}(struct sched_context *sc) =
        ring(sc) && 0 < sc->budget < sc->period < 0x1000000000000 && refill_minimum < 0x1000000000000;
    // A sporadic server whose head may just be too small; and one as others see it.
    predicate server{L}(struct sched_context *sc) = settings(sc) &&
        positive(&sc->refills[0], sc->max, sc->head, sc->count) && apart(&sc->refills[0], sc->max, sc->head, 1, sc->count) &&
        head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum) &&
        within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period) &&
        sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
    predicate ordered_server{L}(struct sched_context *sc) =
        server(sc) && in_order(&sc->refills[0], sc->max, sc->head, sc->count);
    predicate sporadic{L}(struct sched_context *sc) =
        ordered_server(sc) && (sc->count == 1 || amount(sc, 0) >= refill_minimum);
    predicate time_slice{L}(struct sched_context *sc) =
        ring(sc) && 0 < sc->budget == sc->period && sc->count == 2 && amount(sc, 0) + amount(sc, 1) == sc->budget;

    // Of two states.
    predicate same{L1, L2}(struct refill *ring, integer max, integer head, integer from, integer to) =
        \forall integer i; from <= i < to ==>
            \at(due(ring, max, head, i), L1) == \at(due(ring, max, head, i), L2) &&
            \at(holds(ring, max, head, i), L1) == \at(holds(ring, max, head, i), L2);
    predicate later{L1, L2}(struct refill *ring, integer max, integer head, integer from, integer to, integer by) =
        \forall integer i; from <= i < to ==>
            \at(due(ring, max, head, i), L1) + by == \at(due(ring, max, head, i), L2) &&
            \at(holds(ring, max, head, i), L1) == \at(holds(ring, max, head, i), L2);
    predicate sums_rise{L1, L2}(struct refill *ring, integer max, integer head, integer from, integer to, integer by) =
        \forall integer i; from <= i <= to ==>
            \at(sum(ring, max, head, i), L1) + by == \at(sum(ring, max, head, i), L2);
    // The refills from place `next` on are those from `head` on without the first.
    predicate follows{L}(struct refill *ring, integer max, integer head, integer next, integer count) =
        \forall integer i; 0 <= i < count ==>
            due(ring, max, next, i) == due(ring, max, head, i + 1) && holds(ring, max, next, i) == holds(ring, max, head, i + 1);
    predicate sum_follows{L}(struct refill *ring, integer max, integer head, integer next, integer count) =
        \forall integer i; 0 <= i <= count ==>
            sum(ring, max, next, i) == sum(ring, max, head, i + 1) - holds(ring, max, head, 0);
    predicate each_within_sum{L}(struct refill *ring, integer max, integer head, integer count, integer whole) =
        \forall integer i; 0 <= i < count ==> holds(ring, max, head, i) <= whole; */

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

/*@ ghost
    /@ requires ring(sc);
       assigns \nothing;
       ensures each_within_sum(&sc->refills[0], sc->max, sc->head, sc->count, sum(&sc->refills[0], sc->max, sc->head, sc->count)); @/
    static void lemma_parts(const struct sched_context *sc)
    {
        /@ loop invariant 0 <= i <= sc->count && sum(&sc->refills[0], sc->max, sc->head, i) >= 0;
           loop invariant each_within_sum(&sc->refills[0], sc->max, sc->head, i, sum(&sc->refills[0], sc->max, sc->head, i));
           loop assigns i;
           loop variant sc->count - i; @/
        for (int i = 0; i < sc->count; i++);
    } */

/*@ requires ring(sc) && sc->count > 1;
    assigns sc->head, sc->count;
    ensures ring(sc) && sc->count == \old(sc->count) - 1 && sc->head == ring_index(sc->max, \old(sc->head) + 1);
    ensures next: follows(&sc->refills[0], sc->max, \old(sc->head), sc->head, sc->count);
    ensures sum: sum_follows(&sc->refills[0], sc->max, \old(sc->head), sc->head, sc->count); */
static void pop_head(struct sched_context *sc)
{
    assert(sc->count > 1);
    sc->head = (uint16_t)ring_next(sc, sc->head);
    sc->count--;
    //@ assert next: follows(&sc->refills[0], sc->max, \at(sc->head, Pre), sc->head, sc->count);
    /*@ ghost
        /@ loop invariant 0 <= i <= sc->count && sum_follows(&sc->refills[0], sc->max, \at(sc->head, Pre), sc->head, i);
           loop assigns i;
           loop variant sc->count - i; @/
        for (int i = 0; i < sc->count; i++); */
}

/*@ requires ring(sc);
    assigns sc->refills[0 .. sc->max - 1];
    ensures ring(sc) && due(&sc->refills[0], sc->max, sc->head, 0) == time && holds(&sc->refills[0], sc->max, sc->head, 0) == amount;
    ensures others: same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    ensures sums: sums_rise{Pre, Here}(&sc->refills[0], sc->max, sc->head, 1, sc->count, amount - \old(amount(sc, 0))); */
static void set_head(struct sched_context *sc, ticks_t time, ticks_t amount)
{
    *refill_head(sc) = (struct refill){ time, amount };
    //@ assert others: same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    /*@ ghost
        /@ loop invariant 1 <= i <= sc->count;
           loop invariant sums_rise{Pre, Here}(&sc->refills[0], sc->max, sc->head, 1, i, amount - \at(amount(sc, 0), Pre));
           loop assigns i;
           loop variant sc->count - i; @/
        for (int i = 1; i < sc->count; i++); */
}

/*@ requires ring(sc);
    assigns sc->refills[0 .. sc->max - 1];
    ensures ring(sc) && amount(sc, sc->count - 1) == refill.amount &&
        due(&sc->refills[0], sc->max, sc->head, sc->count - 1) == refill.time;
    ensures others: same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, sc->count - 1);
    ensures sums: sums_rise{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, sc->count - 1, 0); */
static void set_tail(struct sched_context *sc, struct refill refill)
{
    *refill_tail(sc) = refill;
    //@ assert others: same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, sc->count - 1);
    /*@ ghost
        /@ loop invariant 0 <= i <= sc->count - 1 && sums_rise{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, i, 0);
           loop assigns i;
           loop variant sc->count - i; @/
        for (int i = 0; i < sc->count - 1; i++); */
}

/* Put an amount at the end, joined with the last refill if they touch or there is no room. */
/*@ requires ring(sc) && 0 < refill.amount < 0x1000000000000 && amount(sc, sc->count - 1) < 0x1000000000000;
    requires due(&sc->refills[0], sc->max, sc->head, sc->count - 1) <= refill.time < 0x8000000000000000;
    assigns sc->count, sc->refills[0 .. sc->max - 1];
    ensures ring(sc) && same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, sc->count - 1);
    ensures last:
        sc->count == \old(sc->count) && amount(sc, sc->count - 1) == \old(amount(sc, sc->count - 1)) + refill.amount &&
            (due(&sc->refills[0], sc->max, sc->head, sc->count - 1) == \old(due(&sc->refills[0], sc->max, sc->head, sc->count - 1)) &&
                 \old(due(&sc->refills[0], sc->max, sc->head, sc->count - 1) + amount(sc, sc->count - 1)) >= refill.time ||
             due(&sc->refills[0], sc->max, sc->head, sc->count - 1) == refill.time && sc->count == sc->max) ||
        sc->count == \old(sc->count) + 1 && amount(sc, sc->count - 1) == refill.amount &&
            due(&sc->refills[0], sc->max, sc->head, sc->count - 1) == refill.time &&
            \old(due(&sc->refills[0], sc->max, sc->head, sc->count - 1) + amount(sc, sc->count - 1)) < refill.time;
    ensures sums: sums_rise{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, sc->count - 1, 0);
    ensures sum: sum(&sc->refills[0], sc->max, sc->head, sc->count) ==
        \old(sum(&sc->refills[0], sc->max, sc->head, sc->count)) + refill.amount; */
static inline void append(struct sched_context *sc, struct refill refill)
{
    struct refill tail = *refill_tail(sc);

    assert(refill.time >= tail.time);
    if (tail.time + tail.amount >= refill.time) {
        refill.time = tail.time;
        refill.amount += tail.amount;
    } else if (sc->count == sc->max) {
        refill.amount += tail.amount;
    } else {
        sc->count++;
    }
    set_tail(sc, refill);
}

/* The head refill is used up, or given up: it comes back a period later. */
/*@ requires ordered_server(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x7000000000000000;
    assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
    ensures ordered_server(sc);
    ensures back: until(&sc->refills[0], sc->max, sc->head, sc->count, \old(due(&sc->refills[0], sc->max, sc->head, 0)) + sc->period);
    ensures count: sc->count >= \old(sc->count) - 1;
    ensures moved: \forall integer i; 0 <= i < \old(sc->count) - 2 ==>
        due(&sc->refills[0], sc->max, sc->head, i) == \old(due(&sc->refills[0], sc->max, sc->head, i + 1));
    ensures left: \old(sc->count) > 1 ==> \forall integer i; 0 <= i <= \old(sc->count) - 1 ==>
        sum(&sc->refills[0], sc->max, sc->head, i) >=
            \old(sum(&sc->refills[0], sc->max, sc->head, i + 1)) - \old(amount(sc, 0)); */
static void rotate(struct sched_context *sc)
{
    struct refill used = *refill_head(sc);

    //@ ghost lemma_parts(sc);
    used.time += sc->period;
    if (sc->count == 1) {
        set_head(sc, used.time, used.amount);
        //@ assert sum(&sc->refills[0], sc->max, sc->head, 1) == sc->budget;
        //@ assert until(&sc->refills[0], sc->max, sc->head, 1, used.time);
        //@ assert ordered_server(sc);
        return;
    }
    pop_head(sc);
    //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
    //@ assert apart(&sc->refills[0], sc->max, sc->head, 0, sc->count);
    //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period);
    //@ assert until(&sc->refills[0], sc->max, sc->head, sc->count, used.time);
    //@ assert since(&sc->refills[0], sc->max, sc->head, sc->count, used.time - sc->period);
    //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget - used.amount;
    //@ ghost Popped: ;
    append(sc, used);
    //@ assert \forall integer i; 0 <= i <= \at(sc->count, Popped) ==> sum(&sc->refills[0], sc->max, sc->head, i) >= \at(sum(&sc->refills[0], sc->max, sc->head, i), Popped);
    //@ assert due(&sc->refills[0], sc->max, sc->head, sc->count - 1) <= used.time;
    //@ assert \forall integer i; 0 <= i < sc->count - 1 ==> due(&sc->refills[0], sc->max, sc->head, i) + holds(&sc->refills[0], sc->max, sc->head, i) <= due(&sc->refills[0], sc->max, sc->head, sc->count - 1);
    //@ assert until(&sc->refills[0], sc->max, sc->head, sc->count, used.time);
    //@ assert since(&sc->refills[0], sc->max, sc->head, sc->count, used.time - sc->period);
    //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
    //@ assert apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    //@ assert head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum);
    //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period);
    //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
    //@ assert in_order(&sc->refills[0], sc->max, sc->head, sc->count);
}

/* Heads that are too small to be worth a switch are joined with the next, which is later. True if there were any. */
/*@ requires server(sc);
    assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
    ensures sporadic(sc);
    ensures none: !\result ==> sc->head == \old(sc->head) && same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, 1); */
static bool join_small_heads(struct sched_context *sc)
{
    bool joined = false;

    /*@ loop invariant server(sc);
        loop invariant !joined ==> sc->head == \at(sc->head, Pre) && same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, 1);
        loop assigns joined, sc->head, sc->count, sc->refills[0 .. sc->max - 1];
        loop variant sc->count; */
    while (refill_head(sc)->amount < time_refill_minimum() && sc->count > 1) { /* at most `max` times */
        ticks_t amount = refill_head(sc)->amount;
        pop_head(sc);
        //@ ghost lemma_parts(sc);
        //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
        //@ assert apart(&sc->refills[0], sc->max, sc->head, 0, sc->count);
        //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period);
        //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget - amount;
        //@ assert amount(sc, 0) + amount <= sc->budget;
        //@ ghost Joined: ;
        set_head(sc, refill_head(sc)->time, refill_head(sc)->amount + amount);
        //@ assert later{Joined, Here}(&sc->refills[0], sc->max, sc->head, 1, sc->count, 0);
        //@ assert due(&sc->refills[0], sc->max, sc->head, 0) == \at(due(&sc->refills[0], sc->max, sc->head, 0), Joined);
        //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
        //@ assert apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
        //@ assert head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum);
        //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period);
        //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
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

/*@ requires ring(sc) && position < sc->count && due(&sc->refills[0], sc->max, sc->head, position) + delay < 0x8000000000000000;
    assigns sc->refills[0 .. sc->max - 1];
    ensures ring(sc) && later{Pre, Here}(&sc->refills[0], sc->max, sc->head, position, position + 1, delay);
    ensures others: same{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, position) && same{Pre, Here}(&sc->refills[0], sc->max, sc->head, position + 1, sc->count); */
static void postpone(struct sched_context *sc, unsigned position, ticks_t delay)
{
    refill_at(sc, position)->time += delay;
}

/* A tick that came late let more than whole budgets be used: each puts off everything by a period. Beyond
 * some, the machine stood still (a debugger did it), and the thread does not pay for that. Returns what is
 * left, less than a budget. */
#define OVERRUN_BUDGETS_MAX 8u

/*@ requires ordered_server(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x4000000000000000 && used >= sc->budget;
    assigns sc->refills[0 .. sc->max - 1];
    ensures ordered_server(sc) && \result < sc->budget;
    ensures later: \old(due(&sc->refills[0], sc->max, sc->head, 0)) + sc->period <= due(&sc->refills[0], sc->max, sc->head, 0) <=
        \old(due(&sc->refills[0], sc->max, sc->head, 0)) + OVERRUN_BUDGETS_MAX * sc->period; */
static ticks_t charge_whole_budgets(struct sched_context *sc, ticks_t used)
{
    ticks_t whole = used / sc->budget, rest = used % sc->budget;

    if (whole >= OVERRUN_BUDGETS_MAX) {
        whole = OVERRUN_BUDGETS_MAX;
        rest = 0;
    }
    //@ assert sc->period <= whole * sc->period <= OVERRUN_BUDGETS_MAX * sc->period;
    ticks_t delay = whole * sc->period;
    //@ assert delay: sc->period <= delay <= OVERRUN_BUDGETS_MAX * sc->period;
    /*@ loop invariant 0 <= i <= sc->count;
        loop invariant later{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, i, delay);
        loop invariant same{Pre, Here}(&sc->refills[0], sc->max, sc->head, i, sc->count);
        loop assigns i, sc->refills[0 .. sc->max - 1];
        loop variant sc->count - i; */
    for (unsigned i = 0; i < sc->count; i++)
        postpone(sc, i, delay);
    /*@ ghost
        /@ loop invariant 0 <= k <= sc->count && sums_rise{Pre, Here}(&sc->refills[0], sc->max, sc->head, 0, k, 0);
           loop assigns k;
           loop variant sc->count - k; @/
        for (int k = 0; k < sc->count; k++); */
    //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count) && apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    //@ assert head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum);
    //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period) && in_order(&sc->refills[0], sc->max, sc->head, sc->count);
    //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
    return rest;
}

/* Less than the head refill is used: it shrinks to what is left, which begins where the use ended. */
/*@ requires ordered_server(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x7000000000000000 && 0 < used < amount(sc, 0);
    assigns sc->count, sc->refills[0 .. sc->max - 1];
    ensures server(sc) && amount(sc, 0) == \old(amount(sc, 0)) - used && due(&sc->refills[0], sc->max, sc->head, 0) == \old(due(&sc->refills[0], sc->max, sc->head, 0)) + used; */
static void charge_part(struct sched_context *sc, ticks_t used)
{
    struct refill head = *refill_head(sc);

    //@ ghost lemma_parts(sc);
    //@ assert head.amount == amount(sc, 0) && holds(&sc->refills[0], sc->max, sc->head, 0) <= sc->budget;
    //@ assert since(&sc->refills[0], sc->max, sc->head, sc->count, head.time) && until(&sc->refills[0], sc->max, sc->head, sc->count, head.time + sc->period);
    set_head(sc, head.time + used, head.amount - used);
    //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget - used;
    //@ assert since(&sc->refills[0], sc->max, sc->head, sc->count, head.time) && until(&sc->refills[0], sc->max, sc->head, sc->count, head.time + sc->period);
    //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count) && apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    //@ assert head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum);
    //@ ghost lemma_parts(sc);
    //@ assert holds(&sc->refills[0], sc->max, sc->head, sc->count - 1) <= sc->budget;
    //@ ghost Before: ;
    append(sc, (struct refill){ head.time + sc->period, used });
    //@ assert due(&sc->refills[0], sc->max, sc->head, 0) == head.time + used && holds(&sc->refills[0], sc->max, sc->head, 0) == head.amount - used;
    //@ assert due(&sc->refills[0], sc->max, sc->head, sc->count - 1) <= head.time + sc->period;
    //@ assert \forall integer i; 1 <= i < sc->count - 1 ==> due(&sc->refills[0], sc->max, sc->head, i) + holds(&sc->refills[0], sc->max, sc->head, i) <= due(&sc->refills[0], sc->max, sc->head, sc->count - 1);
    //@ assert same{Before, Here}(&sc->refills[0], sc->max, sc->head, 0, sc->count - 1);
    //@ assert since(&sc->refills[0], sc->max, sc->head, sc->count, head.time);
    //@ assert until(&sc->refills[0], sc->max, sc->head, sc->count, head.time + sc->period);
    //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
    //@ assert apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    //@ assert head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum);
    //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period);
    //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
}

/*@ requires sporadic(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x4000000000000000 || time_slice(sc);
    assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
    ensures sporadic: \old(sporadic(sc)) ==> sporadic(sc);
    ensures slice: \old(time_slice(sc)) ==> time_slice(sc);
    ensures over: used >= \old(amount(sc, 0)) ==> \result;
    ensures left: !\result ==> amount(sc, 0) == \old(amount(sc, 0)) - used; */
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
    //@ ghost int old = sc->count;
    //@ assert due(&sc->refills[0], sc->max, sc->head, 0) < 0x4100000000000000;
    //@ ghost Charge: ;
    /*@ loop invariant ordered_server(sc) && 1 <= old <= sc->count;
        loop invariant not_used: used < sum(&sc->refills[0], sc->max, sc->head, old);
        loop invariant until(&sc->refills[0], sc->max, sc->head, old - 1,
            \at(due(&sc->refills[0], sc->max, sc->head, 0), Charge) + sc->period);
        loop invariant first: due(&sc->refills[0], sc->max, sc->head, 0) < 0x4200000000000000;
        loop invariant none: !exhausted ==> used == \at(used, Pre) && amount(sc, 0) == \at(amount(sc, 0), Pre);
        loop assigns used, exhausted, old, sc->head, sc->count, sc->refills[0 .. sc->max - 1];
        loop variant used; */
    while (used > 0 && used >= refill_head(sc)->amount) {
        //@ assert amount(sc, 0) > 0 && old > 1;
        used -= refill_head(sc)->amount;
        rotate(sc);
        //@ ghost old--;
        exhausted = true;
    }
    if (used > 0)
        charge_part(sc, used);
    return join_small_heads(sc) || exhausted;
}

/*@ requires sporadic(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x4000000000000000 && now < 0x4000000000000000 || time_slice(sc);
    assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
    ensures sporadic: \old(sporadic(sc)) ==> sporadic(sc);
    ensures slice: \old(time_slice(sc)) ==> time_slice(sc);
    ensures begins: \old(sporadic(sc)) ==> due(&sc->refills[0], sc->max, sc->head, 0) ==
        \max(now, \old(due(&sc->refills[0], sc->max, sc->head, 0))); */
void refill_unblock(struct sched_context *sc, ticks_t now)
{
    if (sched_context_is_round_robin(sc) || refill_head(sc)->time >= now)
        return;
    set_head(sc, now, refill_head(sc)->amount);
    //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
    //@ assert apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
    //@ assert until(&sc->refills[0], sc->max, sc->head, sc->count, now + sc->period);
    //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
    /*@ loop invariant settings(sc) && positive(&sc->refills[0], sc->max, sc->head, sc->count) &&
            apart(&sc->refills[0], sc->max, sc->head, 1, sc->count) &&
            until(&sc->refills[0], sc->max, sc->head, sc->count, now + sc->period) &&
            sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
        loop invariant due(&sc->refills[0], sc->max, sc->head, 0) == now;
        loop invariant sc->count == 1 || amount(sc, 0) >= refill_minimum;
        loop assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
        loop variant sc->count; */
    while (sc->count > 1) { /* at most `max` times */
        //@ ghost lemma_parts(sc);
        struct refill head = *refill_head(sc);
        //@ assert head.amount == holds(&sc->refills[0], sc->max, sc->head, 0) && head.time == now;
        //@ assert due(&sc->refills[0], sc->max, sc->head, 1) == sc->refills[ring_index(sc->max, sc->head + 1)].time;
        if (refill_at(sc, 1)->time > head.time + head.amount) {
            //@ assert \forall integer j; 1 <= j < sc->count ==> due(&sc->refills[0], sc->max, sc->head, 1) <= due(&sc->refills[0], sc->max, sc->head, j);
            //@ assert \forall integer j; 1 <= j < sc->count ==> due(&sc->refills[0], sc->max, sc->head, 0) + holds(&sc->refills[0], sc->max, sc->head, 0) <= due(&sc->refills[0], sc->max, sc->head, j);
            break;
        }
        pop_head(sc);
        //@ ghost lemma_parts(sc);
        //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count) && apart(&sc->refills[0], sc->max, sc->head, 0, sc->count);
        //@ assert until(&sc->refills[0], sc->max, sc->head, sc->count, now + sc->period);
        //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget - head.amount;
        //@ assert holds(&sc->refills[0], sc->max, sc->head, 0) + head.amount <= sc->budget;
        set_head(sc, head.time, refill_head(sc)->amount + head.amount);
        //@ assert positive(&sc->refills[0], sc->max, sc->head, sc->count);
        //@ assert apart(&sc->refills[0], sc->max, sc->head, 1, sc->count);
        //@ assert until(&sc->refills[0], sc->max, sc->head, sc->count, now + sc->period);
        //@ assert sum(&sc->refills[0], sc->max, sc->head, sc->count) == sc->budget;
    }
    //@ assert \forall integer j; 1 <= j < sc->count ==> due(&sc->refills[0], sc->max, sc->head, 0) + holds(&sc->refills[0], sc->max, sc->head, 0) <= due(&sc->refills[0], sc->max, sc->head, j);
    //@ assert head_apart(&sc->refills[0], sc->max, sc->head, sc->count, refill_minimum);
    //@ assert \forall integer j; 1 <= j < sc->count ==> due(&sc->refills[0], sc->max, sc->head, 0) <= due(&sc->refills[0], sc->max, sc->head, j);
    //@ assert \forall integer i, j; 1 <= i < j < sc->count ==> due(&sc->refills[0], sc->max, sc->head, i) + holds(&sc->refills[0], sc->max, sc->head, i) <= due(&sc->refills[0], sc->max, sc->head, j) && holds(&sc->refills[0], sc->max, sc->head, i) > 0;
    //@ assert in_order(&sc->refills[0], sc->max, sc->head, sc->count);
    //@ assert within(&sc->refills[0], sc->max, sc->head, sc->count, sc->period);
    //@ assert sporadic(sc) && due(&sc->refills[0], sc->max, sc->head, 0) == now;
}

/*@ requires sporadic(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x4000000000000000 && now < 0x4000000000000000 || time_slice(sc);
    assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
    ensures sporadic: \old(sporadic(sc)) ==> sporadic(sc);
    ensures slice: \old(time_slice(sc)) ==> time_slice(sc);
    ensures missed: \old(sporadic(sc)) ==> now <= due(&sc->refills[0], sc->max, sc->head, 0) + sc->period; */
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

/*@ requires sporadic(sc) && due(&sc->refills[0], sc->max, sc->head, 0) < 0x4000000000000000 || time_slice(sc);
    assigns sc->head, sc->count, sc->refills[0 .. sc->max - 1];
    ensures sporadic: \old(sporadic(sc)) ==> sporadic(sc);
    ensures slice: \old(time_slice(sc)) ==> time_slice(sc); */
void refill_yield(struct sched_context *sc)
{
    if (sched_context_is_round_robin(sc)) {
        slice_charge(sc, sc->budget);
        return;
    }
    rotate(sc);
    join_small_heads(sc);
}
