/* SPDX-License-Identifier: BSD-2-Clause */
/* The checker names what is not at home (kernel/check/check_homes.c): damage that it takes several cores to have. */
#include "cores.h"
#include "check.h"
#include "endpoint.h"
#include "notification.h"
#include "reply.h"
#include "sched_context.h"
#include <string.h>

static cap_t endpoint, notification, reply, context, here,
    there; /* threads of the first core and of another */

static void make_world(void)
{
    system_check_off = true;
    system_boot();
    endpoint = make(OBJECT_ENDPOINT, 0);
    notification = make(OBJECT_NOTIFICATION, 0);
    reply = make(OBJECT_REPLY, 0);
    context = make(OBJECT_SCHED_CONTEXT, SCHED_CONTEXT_BITS_MIN);
    here = make_thread_on(0, 50);
    there = make_thread_on(1, 50);
    system_check();
}

static struct endpoint *the_endpoint(void)
{
    return object_at(endpoint);
}

static struct notification *the_notification(void)
{
    return object_at(notification);
}

static struct reply *the_reply(void)
{
    return object_at(reply);
}

static void names(const char *sentence, const void *object)
{
    struct check_report report;

    EXPECT(!kernel_check(&report));
    if (strcmp(report.invariant, sentence))
        test_fails(__FILE__, __LINE__, "expected the invariant '%s', seen '%s'", sentence, report.invariant);
    EXPECT(report.object == object);
}

#define NAMES(name, sentence, object, ...)                                                                   \
    TEST(name)                                                                                               \
    {                                                                                                        \
        make_world();                                                                                        \
        __VA_ARGS__;                                                                                         \
        names(sentence, object);                                                                             \
    }

NAMES(thread_of_another_core_than_its_context, "a thread is of the core of its context", thread_at(here),
      ((struct sched_context *)object_at(SC_OF(here)))->core = 1)
NAMES(bound_notification_of_another_core_than_its_thread, "a bound notification is of its thread's core",
      thread_at(here), {
          DO(here, OP_THREAD_BIND_NOTIFICATION, notification);
          the_notification()->home = 1;
      })
NAMES(armed_reply_of_another_core_than_its_receiver, "an armed Reply is of its receiver's core",
      thread_at(here), {
          thread_at(here)->reply = the_reply();
          the_reply()->state = REPLY_ARMED;
          the_reply()->home = 1;
      })
NAMES(thread_loaded_on_another_core, "a thread is loaded on its own core only", root_thread(),
      cores[1].current = root_thread())
NAMES(thread_whose_fpu_state_another_core_holds, "a thread is loaded on its own core only", thread_at(here),
      cores[1].fpu_owner = thread_at(here))
NAMES(endpoint_whose_home_is_no_core, "an endpoint's home is a core", the_endpoint(),
      the_endpoint()->home = CONFIG_CORES)
NAMES(notification_whose_home_is_no_core, "a notification's home is a core", the_notification(),
      the_notification()->home = CONFIG_CORES)
NAMES(reply_whose_home_is_no_core, "a Reply's home is a core", the_reply(), the_reply()->home = CONFIG_CORES)
NAMES(context_of_no_core, "a context's core is one that runs", object_at(context),
      ((struct sched_context *)object_at(context))->core = CONFIG_CORES)
NAMES(receiver_of_another_core_that_waits_alone, "who waits alone is of the home of what it waits at",
      the_endpoint(), the_endpoint()->receiver = thread_at(there))
NAMES(waiter_of_another_core_that_waits_alone, "who waits alone is of the home of what it waits at",
      the_notification(), the_notification()->waiter = thread_at(there))
