/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Timer: one-shot and periodic timers. Times are nanoseconds.
 *
 *   SLEEP    delay ->                          answers when the time is over
 *   START    delay, period (0: once), [notification] -> id
 *                                              signals the notification given, first after `delay`
 *   CANCEL   id ->                             ERR_STATE: there is no such timer of this client (any more)
 *
 * Errors: ERR_MEMORY (the timer's quota is used up), ERR_BUSY (the client has TIMER_CLIENT_MAX timers
 * already), ERR_RANGE (a period below TIMER_PERIOD_MIN_NS), ERR_CAPABILITY and ERR_TYPE (no notification came
 * with START).
 */
#ifndef INTERFACE_TIMER_H
#define INTERFACE_TIMER_H

#include <lucid.h>

#define TIMER_SLEEP  1u
#define TIMER_START  2u
#define TIMER_CANCEL 3u

#define TIMER_CLIENT_MAX    32u /* timers and sleepers of one client: so that none can use up the service */
#define TIMER_PERIOD_MIN_NS 100000u /* 100 us */

/* Wait for `delay_ns`. */
static inline error_t timer_sleep_ns(cap_t timer, time_ns_t delay_ns)
{
    struct message message = { .tag = tag_make(TIMER_SLEEP, 1, 0), .word = { delay_ns } };
    return client_call(timer, &message, 0);
}

/*
 * Signal `notification` (with WRITE; see signal_make) after `delay_ns`, and then every `period_ns` unless
 * that is 0. `*id` names the timer for timer_cancel.
 */
static inline error_t timer_start(cap_t timer, time_ns_t delay_ns, time_ns_t period_ns, cap_t notification,
                                  word_t *id)
{
    struct message message = { .tag = tag_make(TIMER_START, 2, 1), .word = { delay_ns, period_ns } };
    message_give(0, notification, GIVE_MINT, RIGHT_WRITE);
    error_t error = client_call(timer, &message, 1);
    *id = error == OK ? message.word[0] : 0;
    return error;
}

/* End a timer. A one-shot timer that has fired is gone already: ERR_STATE. */
static inline error_t timer_cancel(cap_t timer, word_t id)
{
    struct message message = { .tag = tag_make(TIMER_CANCEL, 1, 0), .word = { id } };
    return client_call(timer, &message, 0);
}

#endif
