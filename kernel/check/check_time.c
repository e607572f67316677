/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: refills are a sporadic server's, the best thread that could run does, and the timer comes in time for what is next.
 *
 * What the running context has used since it was last charged is still in its head refill, so the sum of the refills is the budget at
 * any time.
 */
#include "check.h"
#include "core.h"
#include "fault.h"
#include "sched_context.h"
#include "scheduler.h"
#include "time.h"

static const struct refill *refill_number(const struct sched_context *sc, unsigned position)
{
    return &sc->refills[(sc->head + position) % sc->max];
}

static bool check_refills(struct check_report *report, const struct sched_context *sc)
{
    ticks_t sum = 0, before = 0;

    CHECK_THAT(report, sc->budget <= sc->period, sc, NULL, "a budget is at most its period");
    CHECK_THAT(report, sc->count >= 1 && sc->count <= sc->max && sc->head < sc->max, sc, NULL,
               "refills fit into their ring");
    CHECK_THAT(report, !sched_context_is_round_robin(sc) || sc->count == 2, sc, NULL,
               "a time slice has two parts: what is left, and what is used");
    for (unsigned i = 0; i < sc->count; i++) {
        const struct refill *refill = refill_number(sc, i);
        CHECK_THAT(report, refill->time >= before, sc, refill, "refills are in order of time");
        CHECK_THAT(report, refill->amount > 0 || (i == 1 && sched_context_is_round_robin(sc)), sc, refill,
                   "no refill is empty");
        before = refill->time;
        sum += refill->amount;
    }
    CHECK_THAT(report,
               sc->count == 1 || sched_context_is_round_robin(sc) ||
                   refill_number(sc, 0)->amount >= time_refill_minimum(),
               sc, NULL, "the first refill is worth a switch, or all of the budget");
    CHECK_THAT(report, sum == sc->budget, sc, NULL, "refills sum up to the budget");
    CHECK_THAT(report, before <= refill_number(sc, 0)->time + sc->period, sc, NULL,
               "no refill is later than the first one plus a period");
    return true;
}

static bool check_context_time(struct check_report *report, const struct sched_context *sc, ticks_t now)
{
    const struct thread *thread = sc->thread;

    if (sc->budget == 0) {
        CHECK_THAT(report, !thread && !sc->owner, sc, thread, "a context without a budget is with nobody");
        return true;
    }
    if (!check_refills(report, sc))
        return false;
    CHECK_THAT(report, !thread || !thread->ready || refill_is_ready(sc, now), sc, thread,
               "the context of a thread in the ready queue has time");
    return true;
}

static bool check_running(struct check_report *report, const struct core *core, ticks_t now)
{
    const struct sched_context *sc = core->context;
    const struct thread *current = core->current;

    CHECK_THAT(report, !core->reschedule, core, current, "who runs was chosen on the way out of the kernel");
    if (!current) {
        CHECK_THAT(report, ready_highest(core) < 0, core, NULL, "a core is idle only if nobody is ready");
        CHECK_THAT(report, !sc, core, sc, "an idle core charges nobody");
        return true;
    }
    CHECK_THAT(report, (int)thread_priority(current) >= ready_highest(core), current, core,
               "nobody is ready who has a higher priority than the current thread");
    CHECK_THAT(report, !sc->replenish_node.queued, current, sc,
               "the context that runs does not wait for time");
    CHECK_THAT(report, refill_number(sc, 0)->time <= now, current, sc, "the context that runs has time");
    CHECK_THAT(report, core->slice_end <= core_slice_end(core), core, sc,
               "the slice that runs lasts as long as the core believes");
    CHECK_THAT(report,
               sched_context_is_round_robin(sc) ||
                   core->charged_at <= refill_number(sc, 0)->time + sc->period,
               current, sc, "what a context missed for longer than a period is gone when it runs");
    return true;
}

/* The end of the running refill, the next replenishment, the user timer. */
static bool check_timer(struct check_report *report, const struct core *core, ticks_t now)
{
    const struct queue_node *first = queue_first(&core->replenishments);
    const struct sched_context *sc = core->context;

    CHECK_THAT(report, core->timer_armed <= core->user_deadline, core, NULL,
               "the timer fires not later than the user timer");
    CHECK_THAT(report, !first || core->timer_armed <= first->key, core, first,
               "the timer fires not later than the next replenishment");
    CHECK_THAT(report, !sc || core->timer_armed <= core->charged_at + refill_number(sc, 0)->amount, core, sc,
               "the timer fires not later than the end of the refill that is used");
    CHECK_THAT(report, !core->deferred.first || core->timer_armed <= now, core, core->deferred.first,
               "the timer fires at once if threads are deferred");
    return true;
}

static bool check_deferred(struct check_report *report, const struct core *core)
{
    const struct thread *last = NULL;

    for (const struct thread *thread = core->deferred.first; thread; last = thread, thread = thread->next) {
        CHECK_THAT(report, thread->prev == last && thread->deferred, thread, last,
                   "neighbours in the list of deferred threads point to each other");
        CHECK_THAT(report,
                   thread->state == THREAD_STATE_RUNNABLE && !thread->ready && thread != core->current,
                   thread, core, "a deferred thread is runnable, but does not run");
        /* With a context: for lack of time, which may have come back. */
        CHECK_THAT(report,
                   thread->fault || thread->trapped ||
                       (thread->sc ? fault_can_time_out(thread) : thread->lacks_context),
                   thread, core, "a deferred thread is to fault or to stop");
    }
    CHECK_THAT(report, core->deferred.last == last || !core->deferred.first, core, last,
               "the list of deferred threads knows its last");
    return true;
}

bool check_time(struct check_report *report)
{
    ticks_t now = arch_ticks();

    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot))
        if (cap_type(&slot->cap) == OBJECT_SCHED_CONTEXT && check_is_first(slot) &&
            !check_context_time(report, cap_pointer(&slot->cap), now))
            return false;
    for (unsigned i = 0; i < core_count; i++)
        if (!check_deferred(report, &cores[i]) ||
            (!check_is_choosing(&cores[i]) &&
             !(check_running(report, &cores[i], now) && check_timer(report, &cores[i], now))))
            return false;
    return true;
}
