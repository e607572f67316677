/* SPDX-License-Identifier: BSD-2-Clause */
/* A passive server, its client and who handles its timeout faults. */
#ifndef PASSIVE_H
#define PASSIVE_H

#include "peers.h"

#define BUDGET 1000000u

static inline struct sched_context_info context_info(cap_t context)
{
    struct sched_context_info info;
    expect_ok(sched_context_info(context, &info));
    return info;
}

struct served {
    cap_t endpoint, reply, timeout, timeout_reply;
    struct worker *server, *client;
    struct message fault;
};

static inline void set_up(struct served *s, void (*function)(struct worker *), unsigned priority,
                          bool handler)
{
    *s = (struct served){ .endpoint = make(OBJECT_ENDPOINT, 0),
                          .reply = make(OBJECT_REPLY, 0),
                          .timeout = handler ? make(OBJECT_ENDPOINT, 0) : CAP_NULL,
                          .timeout_reply = make(OBJECT_REPLY, 0) };
    s->server = start_passive(worker_make(.function = function, .argument = PAIR(s->endpoint, s->reply),
                                          .passive = true, .priority = priority,
                                          .timeout = handler ? mint(s->timeout, RIGHTS_ALL, 5) : CAP_NULL));
}

static inline void expect_timeout_fault(struct served *s, word_t badge, word_t reason)
{
    expect_equal(sys_recv_poll(s->timeout, &s->fault, s->timeout_reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(s->fault.tag, tag_make(FAULT_TIMEOUT, FAULT_WORDS, 0));
    expect_equal(s->fault.badge, 5);
    expect_equal(s->fault.word[0], badge);
    expect_equal(s->fault.word[1], reason);
}

/* A passive server that is working below the test's priority, on the context of a client. */
static inline void working(struct served *s, bool handler)
{
    set_up(s, peer_receive_and_spin, PRIORITY_BELOW, handler);
    s->client = worker_run(.function = peer_call, .argument = s->endpoint);
    sleep_ns(100000);
    expect_equal(s->server->seen[0], OK | STATUS_OWED);
    expect_true(s->server->seen[5] > 0);
    expect_state(s->client, THREAD_STATE_CALLING);
}

#endif
