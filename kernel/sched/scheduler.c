/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The scheduler: 256 fixed priorities; a thread runs only on a scheduling context that has time.
 *
 * Whatever changes who should run sets `reschedule`; the choice is made once, on the way out of the kernel
 * (scheduler_run). A thread that is RUNNABLE is in exactly one of these places:
 *
 *   current               it runs; it is in no queue
 *   the ready queue       its context has time
 *   nowhere, and its context in the replenishments        its context has none until then
 *   deferred              it lost its context, its context is used up and that is a fault, it has an exception that could not be raised when
 *                         it came, or nobody handled its fault: it faults or stops in scheduler_run
 *   nowhere               it has no context
 *
 * Faults and stops are deferred because each can be the reason of the next: a server stops, so its caller's call fails, which has no time
 * to go on and stops too. One after the other, a few an entry, they need no stack that grows with the chain. Who is to be started or stopped
 * before it comes to that does it at once (scheduler_settle): else a thread that is resumed would stop afterwards.
 *
 * Time is charged when the context that runs changes, when the timer fires, and when somebody asks. Between, what the
 * running context has used is now - charged_at. The kernel's own time goes to the context that was running.
 *
 * The timer is one-shot, set for the earliest of: end of the running refill, next replenishment, the user timer. It is set anew
 * only if that is earlier than what it has: a tick that comes too early finds nothing to do and sets it again.
 *
 * Protected by the core's lock.
 */
#include "scheduler.h"
#include "address_space.h"
#include "endpoint.h"
#include "fault.h"
#include "lock.h"
#include "notification.h"
#include "remote.h"
#include "reply.h"
#include "sched_context.h"
#include "thread_queue.h"

/* Only a core itself sets its timer. */
static void timer_arm(struct core *core, ticks_t deadline)
{
    if (core != core_self()) {
        core_reschedule(core);
    } else if (deadline < core->timer_armed) {
        core->timer_armed = deadline;
        arch_timer_set(deadline);
    }
}

static ticks_t next_event(struct core *core)
{
    ticks_t deadline = core->user_deadline;
    const struct queue_node *first = queue_first(&core->replenishments);

    if (first && first->key < deadline)
        deadline = first->key;
    if (core->context) {
        ticks_t end = core->charged_at + refill_head(core->context)->amount;
        if (end < deadline)
            deadline = end;
    }
    return deadline;
}

static void wait_for_replenishment(struct core *core, struct sched_context *sc)
{
    ticks_t time = refill_head(sc)->time;

    if (!sc->replenish_node.queued)
        queue_insert(&core->replenishments, &sc->replenish_node, time);
    timer_arm(core, time);
}

static void stop_waiting_for_replenishment(struct core *core, struct sched_context *sc)
{
    if (sc->replenish_node.queued)
        queue_remove(&core->replenishments, &sc->replenish_node);
}

ticks_t core_slice_end(const struct core *core)
{
    struct sched_context *sc = core->context;

#if CONFIG_CORES > 1
    if (core->is_behind)
        return 0;
#endif
    return sc && sched_context_is_round_robin(sc) ? core->charged_at + refill_head(sc)->amount : 0;
}

/* Its thread has been put aside in this entry, which goes on (settle_deferred): the wait is longer by what that takes. */
static void wait_longer(struct core *core, struct sched_context *sc)
{
    stop_waiting_for_replenishment(core, sc);
    queue_insert(&core->replenishments, &sc->replenish_node, refill_head(sc)->time);
}

ticks_t scheduler_charge(struct core *core)
{
    ticks_t now = arch_ticks();
#if CONFIG_CORES > 1
    core->is_behind = now < core->charged_at;
    if (core->is_behind)
        now = core->charged_at;
#endif
    ticks_t used = now - core->charged_at;
    struct sched_context *sc = core->context;

    assert(lock_holds_home(core->index));
    core->charged_at = now;
    if (sc) {
        sc->consumed += used;
        if (refill_charge(sc, used)) {
            /* Its thread has to give way: queue it behind the others, or let it wait. */
            struct thread *thread = sc->thread;
            core_reschedule(core);
            if (thread && thread->ready) {
                ready_remove(core, thread);
                if (refill_is_ready(sc, now))
                    ready_append(core, thread);
                else
                    scheduler_consider(thread);
            } else if (thread && thread == core->current && thread->state == THREAD_STATE_RUNNABLE) {
                core->current_ended = true;
            }
        }
        core->slice_end =
            0; /* scheduler_run sets it anew; else fast paths that need it decline until it does */
        if (unlikely(sc->replenish_node.queued))
            wait_longer(core, sc);
    }
    return now;
}

void scheduler_drop_context(struct sched_context *sc)
{
    struct core *core = &cores[sc->core];

    if (core->context != sc)
        return;
    scheduler_charge(core);
    core->context = NULL;
    core_reschedule(core);
}

static void defer(struct core *core, struct thread *thread)
{
    assert(lock_holds_home(core->index));
    core_reschedule(core);
    if (thread->deferred)
        return;
    thread->deferred = true;
    thread_queue_append(&core->deferred, thread);
}

void scheduler_stop_deferring(struct thread *thread)
{
    struct core *core = thread_core(thread);

    if (!thread->deferred)
        return;
    thread->deferred = false;
    thread_queue_remove(&core->deferred, thread);
}

/* The thread's context is used up. That is a fault if it has just done so, or if the context is not its own, whenever that was used
 * up (DESIGN section 6): it may have blocked in the same entry. */
static bool faults_for_time(const struct core *core, const struct thread *thread)
{
    return fault_can_time_out(thread) && (thread->sc == core->context || thread->sc->owner != thread);
}

static void lack_time(struct core *core, struct thread *thread)
{
    if (faults_for_time(core, thread))
        defer(core, thread);
    else
        wait_for_replenishment(core, thread->sc);
}

static bool is_trapped(const struct thread *thread)
{
    return CONFIG_CORES > 1 && thread->trapped;
}

void scheduler_consider(struct thread *thread)
{
    struct core *core = thread_core(thread);
    struct sched_context *sc = thread->sc;

    assert(lock_holds_home(thread_home(thread)));
    assert(thread->state == THREAD_STATE_RUNNABLE && !thread->ready);
    if (thread->fault != FAULT_NONE || is_trapped(thread) ||
        (!sc && thread->lacks_context != LACKS_NOTHING)) {
        defer(core, thread);
        return;
    }
    scheduler_stop_deferring(thread);
    if (!sc)
        return;
    if (thread == core->current && sc == core->context)
        return; /* it still runs: it was blocked and released in one entry, or only its context was looked at */
    ticks_t now = arch_ticks();
    if (sc != core->context)
        refill_unblock(sc, now);
    if (!refill_is_ready(sc, now)) {
        lack_time(core, thread);
        return;
    }
    if (sc == core->context) /* the time that is running was only handed on: its slice is not over */
        ready_prepend(core, thread);
    else
        ready_append(core, thread);
    if (!core->current || core->current->state != THREAD_STATE_RUNNABLE ||
        thread_priority(thread) > thread_priority(core->current) || thread == core->current)
        core_reschedule(core);
    else
        core_update_min_key(core);
}

void scheduler_consider_answered(struct thread *thread)
{
    struct core *core = thread_core(thread);

    if (thread->sc && !refill_is_ready(thread->sc, arch_ticks()))
        wait_for_replenishment(core, thread->sc);
    else
        scheduler_consider(thread);
}

void scheduler_make_runnable(struct thread *thread)
{
    thread->state = THREAD_STATE_RUNNABLE;
    scheduler_consider(thread);
}

void scheduler_forget(struct thread *thread)
{
    struct core *core = thread_core(thread);

    assert(lock_holds_home(core->index));
    if (thread->ready) {
        ready_remove(core, thread);
        core_update_min_key(core);
    }
    if (thread->sc)
        stop_waiting_for_replenishment(core, thread->sc);
    if (thread == core->current)
        core_reschedule(core);
}

void scheduler_yield(void)
{
    struct core *core = core_self();

    scheduler_charge(core);
    if (!core->current_ended)
        refill_yield(core->context);
    core->current_ended = true;
    core_reschedule(core);
}

void scheduler_unload_space(const struct address_space *space)
{
    struct core *core = core_self();

    remote_unload_space(space);
    if (core->space == space) {
        core_set_space(core, NULL);
        arch_space_load(NULL);
        core_reschedule(core); /* a current thread that goes on loads it again, with its new tag */
    }
}

static void fpu_set_owner(struct core *core, struct thread *owner)
{
    struct thread *before = core->fpu_owner;

    core->fpu_owner = owner;
    if (before)
        thread_update_rare(before);
    if (owner)
        thread_update_rare(owner);
}

bool scheduler_give_fpu(struct thread *thread)
{
    struct core *core = core_self();

    if (!(thread->attributes & THREAD_FPU))
        return false;
    arch_fpu_enable(true);
    if (core->fpu_owner != thread) {
        if (core->fpu_owner)
            arch_fpu_save(&core->fpu_owner->fpu);
        arch_fpu_load(&thread->fpu);
        fpu_set_owner(core, thread);
    }
    core->fpu_on = true;
    return true;
}

void scheduler_unload_fpu(struct thread *thread)
{
    struct core *core = thread_core(thread);

    if (core != core_self()) {
        remote_save_fpu(thread);
    } else if (core->fpu_owner == thread) {
        if (arch_fpu_leaks()) /* then it is on: who leaves does not stay the owner */
            arch_fpu_clear();
        fpu_set_owner(core, NULL);
        core->fpu_on = false;
        arch_fpu_enable(false);
    }
}

/* The owner's state stays in the registers while others run, unless those could see it there. */
static void fpu_leave(struct core *core)
{
    struct thread *owner = core->fpu_owner;

    if (arch_fpu_leaks()) {
        arch_fpu_save(&owner->fpu);
        arch_fpu_clear();
        fpu_set_owner(core, NULL);
    }
}

static void fpu_switch(struct core *core, const struct thread *thread)
{
    bool on = thread == core->fpu_owner;

    if (on == core->fpu_on)
        return;
    if (!on)
        fpu_leave(core);
    core->fpu_on = on;
    arch_fpu_enable(on);
}

/* Nobody runs now. The space stays loaded, in case its threads are next. */
static void unload_current(struct core *core)
{
    struct thread *previous = core->current;

    arch_thread_switch(previous, NULL);
    core->current = NULL;
    if (previous)
        thread_update_rare(previous);
    core_update_min_key(core);
}

/* Nobody runs. Of several cores an idle one has no space loaded, so that nobody waits for it to flush something there. It says so when that is true: whoever
 * believes it may make something else of the page tables. */
static void idle(struct core *core)
{
    unload_current(core);
#if CONFIG_CORES > 1
    if (ARCH_TLB_BROADCAST || !core->space)
        return;
    arch_space_load(NULL);
    core_set_space(core, NULL);
#endif
}

#if CONFIG_CORES > 1
void scheduler_move(struct thread *thread, unsigned home)
{
    unsigned before = thread_home(thread);

    assert(lock_holds_home(home) && lock_holds_home(before) && !thread->sc);
    remote_take(thread);
    if (thread == core_self()->current) {
        unload_current(core_self());
        core_reschedule(core_self());
    }
    scheduler_forget(thread);
    scheduler_stop_deferring(thread);
    if (thread->state == THREAD_STATE_RECEIVING)
        endpoint_queue_receiver(thread->waits_at, thread);
    else if (thread->state == THREAD_STATE_WAITING)
        notification_queue_waiter(thread->waits_at, thread);
    remote_save_fpu(thread);
    thread_set_key_home(thread, home);
    if (thread->reply && thread->reply->state == REPLY_ARMED)
        home_set(thread->reply, home);
    if (thread->notification)
        notification_follow_bound(thread->notification);
    thread_update_rare(thread);
}
#endif

/* `thread` runs now, on core->context, which it has. */
static void load(struct core *core, struct thread *thread)
{
    struct thread *previous = core->current;

    fpu_switch(core, thread);
    scheduler_switch(core, previous, thread);
    if (previous && previous != thread)
        thread_update_rare(previous);
    thread_update_rare(thread);
    core_update_min_key(core);
}

/* Put the thread that was running where it belongs, if it could go on. */
static void requeue_current(struct core *core, ticks_t now)
{
    struct thread *current = core->current;

    if (!current || current->state != THREAD_STATE_RUNNABLE || current->ready || current->deferred)
        return;
    if (!current->sc || is_trapped(current)) {
        scheduler_consider(current);
        return;
    }
    bool ended = core->current_ended;
    if (current->sc != core->context) {
        /* It runs on since it got another context, in this entry or before its core looked; whose time may have come since then. */
        ended = false;
        stop_waiting_for_replenishment(core, current->sc);
        refill_unblock(current->sc, now);
    }
    if (!refill_is_ready(current->sc, now)) {
        lack_time(core, current);
    } else if (ended) {
        ready_append(core, current);
    } else {
        ready_prepend(core, current);
    }
}

static void time_out(struct core *core, struct thread *thread)
{
    struct sched_context *sc = thread->sc;

    if (!fault_raise_timeout(thread, sc->badge, TIMEOUT_EXHAUSTED, false))
        wait_for_replenishment(core, sc);
}

/* It came before whatever else the thread is to be told. */
static void raise_kept_exception(struct thread *thread)
{
    thread->trapped = false;
    fault_raise(thread, FAULT_EXCEPTION, thread->fault_words[0], thread->fault_words[1]);
}

/* What it was deferred for. */
static void settle(struct core *core, struct thread *thread, ticks_t now)
{
    assert(thread->state == THREAD_STATE_RUNNABLE && !thread->ready);
    scheduler_stop_deferring(thread);
    if (thread->fault != FAULT_NONE)
        thread_stop(thread, THREAD_STOP_FAULT, thread->fault);
    else if (is_trapped(thread))
        raise_kept_exception(thread);
    else if (!thread->sc)
        fault_raise_timeout(thread, 0, TIMEOUT_WITHDRAWN, thread->lacks_context == LACKS_WITHDRAWN);
    else if (!refill_is_ready(thread->sc, now))
        time_out(core, thread);
    else
        scheduler_consider(thread); /* it had to wait so long for this that it need not fault any more */
}

#define DEFERRED_PER_ENTRY 4 /* each is some 500 instructions, and no interrupt is taken between */

/* A few of those that are deferred. Each can defer another. Who stops or faults affects others of any home. */
static void settle_deferred(struct core *core)
{
    while (!lock_all(core))
        ;
    ticks_t now = scheduler_charge(core);
    for (int i = 0; i < DEFERRED_PER_ENTRY && core->deferred.first; i++)
        settle(core, core->deferred.first, now);
}

void scheduler_settle(struct thread *thread)
{
    assert(lock_holds(LOCK_ALL));
    if (!thread->deferred)
        return;
    assert(thread != core_self()->current);
    remote_take(thread); /* its core has not yet seen that it is not to run on */
    settle(thread_core(thread), thread, scheduler_charge(thread_core(thread)));
}

static struct thread *take_best(struct core *core)
{
    int priority = ready_highest(core);

    if (priority < 0)
        return NULL;
    struct thread *best = ready_first(core);
    ready_remove(core, best);
    return best;
}

/* Nobody is better: what it would come to by being queued and taken out again. (Saves a quarter of a yield, and of each operation after which
 * somebody could be better, and is not.) */
static bool current_goes_on(const struct core *core, ticks_t now)
{
    const struct thread *current = core->current;

    if (!current || current->state != THREAD_STATE_RUNNABLE || current->ready || current->deferred ||
        core->deferred.first)
        return false;
    int rivals = ready_highest(core) + (core->current_ended ? 1 : 0);
    return current->sc && current->sc == core->context && (int)thread_priority(current) >= rivals &&
           refill_is_ready(current->sc, now) && current->space == core->space &&
           core->fpu_on == (current == core->fpu_owner);
}

void scheduler_run(struct core *core)
{
    if (!core->reschedule)
        return;
    ticks_t now = scheduler_charge(core);
    if (current_goes_on(core, now)) {
        core->reschedule = core->current_ended = false;
        refill_begin(core->context, now);
        core->slice_end = core_slice_end(core);
        core_update_min_key(core);
        timer_arm(core, next_event(core));
        return;
    }
    requeue_current(core, now);
    core->current_ended = false;
    if (unlikely(core->deferred.first)) {
        unload_current(core); /* it is where it belongs: whoever goes on by what follows is queued, it too */
        settle_deferred(core);
        now = core->charged_at;
    }
    core->reschedule = false;

    struct thread *best = take_best(core);
    if (best) /* also if it goes on: its tick may have come very late */
        refill_begin(best->sc, now);
    core->context = best ? best->sc : NULL;
    if (best)
        load(core, best);
    else
        idle(core);
    core->slice_end = core_slice_end(core);
    timer_arm(core, core->deferred.first
                        ? now
                        : next_event(core)); /* the rest of them, when the timer fires at once */
}

/* Contexts whose time has come. Each wakes one thread; those that are due together are bounded by the contexts that exist,
 * and each is an own event: the rest is left to the timer, which fires again at once. */
#define REPLENISHMENTS_PER_TICK 8

static void replenish(struct core *core, ticks_t now)
{
    for (int i = 0; i < REPLENISHMENTS_PER_TICK; i++) {
        struct queue_node *node = queue_first(&core->replenishments);
        if (!node || node->key > now)
            return;
        queue_remove(&core->replenishments, node);
        struct sched_context *sc = container_of(node, struct sched_context, replenish_node);
        if (sc->thread && sc->thread->state == THREAD_STATE_RUNNABLE && sc->thread != core->current)
            scheduler_consider(sc->thread);
    }
}

bool scheduler_timer(struct core *core)
{
    core->timer_armed = TICKS_NEVER;
    core_reschedule(core);
    ticks_t now = scheduler_charge(core);
    replenish(core, now);
    if (core->user_deadline > now)
        return true;
    if (!notification_signal_slot(&core->timer_slot))
        return false;
    core->user_deadline = TICKS_NEVER;
    return true;
}

void scheduler_set_user_timer(struct core *core, ticks_t deadline)
{
    core->user_deadline = deadline;
    timer_arm(core, deadline);
}
