/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Workers that do one thing and end: what the tests of threads and of destruction set somebody to.
 * `argument` is what they do it to. Afterwards seen[0] is the status, seen[1] word 0 of what came or the
 * signals, seen[2] the badge.
 */
#ifndef ONCE_H
#define ONCE_H

#include "target.h"

static inline void send_once(struct worker *worker)
{
    const struct message message = { .tag = tag_make(7, 1, 0), .word = { 42 } };
    worker->seen[0] = sys_send(worker->argument, &message);
}

static inline void call_once(struct worker *worker)
{
    struct message message = { .tag = tag_make(7, 1, 0), .word = { 42 } };
    worker->seen[0] = sys_call(worker->argument, &message);
    worker->seen[1] = message.word[0];
}

static inline void receive_once(struct worker *worker)
{
    struct message message;
    worker->seen[0] = sys_recv(worker->argument, &message, CAP_NULL);
    worker->seen[1] = message.word[0];
    worker->seen[2] = message.badge;
}

static inline void wait_once(struct worker *worker)
{
    word_t bits;
    worker->seen[0] = notification_wait(worker->argument, &bits);
    worker->seen[1] = bits;
}

static inline void spin(struct worker *worker)
{
    machine_spin(&worker->seen[0]);
}

static inline void fault_once(struct worker *worker)
{
    *(volatile word_t *)worker->argument = 1;
}

#endif
