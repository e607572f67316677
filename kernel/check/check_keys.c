/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Keys: what the fast path compares (sched/rare.c) is what the fields of threads and cores say. Last, since everything else shows in it.
 *
 * Homes: a thread is of the core of its context; what it has armed, and what is bound to it, are with it.
 */
#include "check.h"
#include "core.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"
#include "scheduler.h"

static bool check_home(struct check_report *report, const struct thread *thread)
{
    unsigned home = thread_home(thread);

    CHECK_THAT(report, home < core_count, thread, NULL, "a thread's home is a core");
    CHECK_THAT(report, !thread->sc || thread->sc->core == home, thread, thread->sc,
               "a thread is of the core of its context");
    CHECK_THAT(report, !thread->reply || thread->reply->state != REPLY_ARMED || thread->reply->home == home,
               thread, thread->reply, "an armed Reply is where its receiver is");
    CHECK_THAT(report, !thread->notification || thread->notification->home == home, thread,
               thread->notification, "a bound notification is where its thread is");
    return true;
}

bool check_keys(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        const struct thread *thread = check_thread(slot);
        if (!thread)
            continue;
        if (!check_home(report, thread))
            return false;
        const struct core *core = thread_core(thread);
        CHECK_THAT(report, thread->key >> KEY_RARE_SHIFT == thread_rare(core, thread) >> KEY_RARE_SHIFT,
                   thread, core, "a thread's key tells exactly what is rare about it");
    }
    for (unsigned i = 0; i < core_count; i++)
        CHECK_THAT(report, cores[i].min_key == core_min_key(&cores[i]), &cores[i], cores[i].current,
                   "a core's least key tells the highest ready priority, or that something is rare");
    return true;
}

bool check_is_settled(const struct core *core)
{
    return core == core_self() || !core->reschedule;
}
