/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The timer service: any number of timers on the one that the kernel gives, the core's user timer.
 *
 * A timer is in the heap from when it is started until it has fired, was cancelled, or its client is gone.
 * The core's timer is always set to the earliest deadline of the heap (~0 for none). When it signals,
 * everything that is due is fired: a sleeper gets the answer to its call, others a signal. A periodic timer
 * goes back into the heap; periods that have been missed altogether are skipped, so that a slow machine gets
 * few signals and not a storm of them.
 *
 * A client may have TIMER_CLIENT_MAX timers. Memory, capability slots and Replies come out of the service's
 * quota; when that is used up, new timers are refused and those that run are not touched.
 */
#include <lucid.h>
#include <supervisor.h>
#include <timer.server.h>
#include "heap.h"

#define SIGNAL_TIMER 1u
#define NEVER        (~(time_ns_t)0)

static struct timer_heap heap;
static const struct component_device *core;
static word_t last_id;

static void core_timer_set(void)
{
    const struct timer *first = heap_first(&heap);
    core_range_set_timer(core->cap, core->first, first ? first->deadline : NEVER);
}

static time_ns_t add_saturating(time_ns_t a, time_ns_t b)
{
    time_ns_t sum;
    return __builtin_add_overflow(a, b, &sum) || sum == NEVER ? NEVER - 1 : sum;
}

static bool timer_is_sleeper(const struct timer *timer)
{
    return timer->id == 0;
}

/* ---- Starting and ending ------------------------------------------------------------------------------- */

static unsigned client_timers(word_t client)
{
    unsigned count = 0;
    for (size_t i = 0; i < heap.count; i++)
        count += heap.entry[i]->client == client;
    return count;
}

static struct timer *timer_start_new(word_t client, time_ns_t delay, time_ns_t period)
{
    struct timer *timer = calloc(1, sizeof *timer);
    if (!timer)
        return NULL;
    timer->client = client;
    timer->deadline = add_saturating(time_now_ns(), delay);
    timer->period = period;
    if (heap_insert(&heap, timer))
        return timer;
    free(timer);
    return NULL;
}

static void timer_end(struct timer *timer)
{
    if (timer->index != HEAP_NOT_IN)
        heap_remove(&heap, timer);
    if (timer_is_sleeper(timer))
        timer_sleep_ns_reply(timer->cap, OK);
    else
        slot_free(timer->cap);
    free(timer);
}

/* ---- When time has come -------------------------------------------------------------------------------- */

static void timer_fire(struct timer *timer, time_ns_t now)
{
    heap_remove(&heap, timer);
    if (!timer_is_sleeper(timer))
        notification_signal(timer->cap);
    if (timer->period == 0) {
        timer_end(timer);
        return;
    }
    time_ns_t missed = (now - timer->deadline) / timer->period;
    timer->deadline = add_saturating(timer->deadline, (missed + 1) * timer->period);
    if (!heap_insert(&heap, timer)) /* cannot be: there was room before */
        timer_end(timer);
}

static void signal_received(word_t bits)
{
    if (!(bits & SIGNAL_TIMER))
        return;
    time_ns_t now = time_now_ns();
    struct timer *first;
    while ((first = heap_first(&heap)) && first->deadline <= now)
        timer_fire(first, now);
    core_timer_set();
}

/* ---- Requests ------------------------------------------------------------------------------------------ */

error_t timer_sleep_ns(struct request *request, time_ns_t delay_ns)
{
    if (client_timers(request->badge) >= TIMER_CLIENT_MAX)
        return ERR_BUSY;
    struct timer *timer = timer_start_new(request->badge, delay_ns, 0);
    if (!timer)
        return ERR_MEMORY;
    timer->cap = request_keep(request);
    if (!timer->cap) {
        heap_remove(&heap, timer);
        free(timer);
        return ERR_MEMORY;
    }
    core_timer_set();
    return OK;
}

/* That it is a notification has been checked: sending to anything else could keep us waiting. */
error_t timer_start(struct request *request, time_ns_t delay_ns, time_ns_t period_ns, cap_t notification,
                    word_t *id)
{
    if (client_timers(request->badge) >= TIMER_CLIENT_MAX)
        return ERR_BUSY;
    struct timer *timer = timer_start_new(request->badge, delay_ns, period_ns);
    if (!timer)
        return ERR_MEMORY;
    timer->cap = request_take(request, notification);
    timer->id = ++last_id;
    core_timer_set();
    *id = timer->id;
    return OK;
}

error_t timer_cancel(struct request *request, word_t id)
{
    for (size_t i = 0; i < heap.count; i++) {
        struct timer *timer = heap.entry[i];
        if (timer->client != request->badge || timer->id != id || timer_is_sleeper(timer))
            continue;
        timer_end(timer);
        core_timer_set();
        return OK;
    }
    return ERR_STATE;
}

static void client_closed(word_t badge)
{
    for (size_t i = 0; i < heap.count;) {
        if (heap.entry[i]->client == badge) {
            timer_end(heap.entry[i]);
            i = 0; /* the heap has changed its order */
        } else {
            i++;
        }
    }
    core_timer_set();
}

int main(void)
{
    core = device_find("core_timer", BUNDLE_DEVICE_CORE);
    if (!core)
        PANIC("no device 'core_timer': add  devices = [\"core_timer\"]  to [component.%s]", component_name());
    cap_t signal = signal_make(SIGNAL_TIMER);
    unsigned error = status_error(core_range_bind_timer(core->cap, core->first, signal));
    if (error != OK)
        PANIC("the core's timer cannot be used: %s", error_sentence(error));
    supervisor_tolerant(COMPONENT_SLOT_SUPERVISOR, true); /* clients' notifications vanish with them */
    return (int)serve(&(struct server){ .request = timer_dispatch,
                                        .takes = TIMER_TAKES,
                                        .signal = signal_received,
                                        .closed = client_closed });
}
