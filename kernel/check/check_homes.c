/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Homes: each object is of a core that runs, and what is used under one lock is of one core (lock.h). First among the checks of objects,
 * since the others find a thread's core by its home.
 */
#include "check.h"
#include "core.h"
#include "endpoint.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"

static bool check_thread_home(struct check_report *report, const struct thread *thread)
{
    unsigned home = thread_home(thread);

    CHECK_THAT(report, home < core_count, thread, NULL, "a thread's home is a core");
    CHECK_THAT(report, !thread->sc || thread->sc->core == home, thread, thread->sc,
               "a thread is of the core of its context");
    CHECK_THAT(report, !thread->notification || thread->notification->home == home, thread,
               thread->notification, "a bound notification is of its thread's core");
    CHECK_THAT(report, !thread->reply || thread->reply->state != REPLY_ARMED || thread->reply->home == home,
               thread, thread->reply, "an armed Reply is of its receiver's core");
    for (unsigned i = 0; i < core_count; i++)
        CHECK_THAT(report, i == home || (cores[i].current != thread && cores[i].fpu_owner != thread), thread,
                   &cores[i], "a thread is loaded on its own core only");
    return true;
}

/* Who waits alone, so that the fast paths find it (endpoint.c, notification.c), is of the home of what it waits at. */
static bool check_alone(struct check_report *report, const void *object, unsigned home,
                        const struct thread *alone)
{
    return check_that(report, !alone || thread_home(alone) == home, object, alone,
                      "who waits alone is of the home of what it waits at");
}

static bool check_home(struct check_report *report, const struct slot *slot)
{
    const void *object = cap_pointer(&slot->cap);
    const struct endpoint *endpoint = object;
    const struct notification *notification = object;

    switch (cap_type(&slot->cap)) {
    case OBJECT_ENDPOINT:
        return check_that(report, endpoint->home < core_count, object, NULL,
                          "an endpoint's home is a core") &&
               check_alone(report, endpoint, endpoint->home, endpoint->receiver);
    case OBJECT_NOTIFICATION:
        return check_that(report, notification->home < core_count, object, NULL,
                          "a notification's home is a core") &&
               check_alone(report, notification, notification->home, notification->waiter);
    case OBJECT_REPLY:
        return check_that(report, ((const struct reply *)object)->home < core_count, object, NULL,
                          "a Reply's home is a core");
    case OBJECT_SCHED_CONTEXT:
        return check_that(report, ((const struct sched_context *)object)->core < core_count, object, NULL,
                          "a context's core is one that runs");
    default:
        return true;
    }
}

bool check_homes(struct check_report *report)
{
    for (struct slot *slot = check_next_slot(NULL); slot; slot = check_next_slot(slot)) {
        const struct thread *thread = check_thread(slot);
        if ((thread && !check_thread_home(report, thread)) ||
            (check_is_first(slot) && !check_home(report, slot)))
            return false;
    }
    return true;
}
