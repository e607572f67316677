/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker whose fault a test takes and answers. */
#ifndef TARGET_HANDLED_H
#define TARGET_HANDLED_H

#include "peers.h"

struct handled {
    cap_t handler, reply, death;
    struct worker *worker;
    struct message fault;
};

static inline void set_up(struct handled *h)
{
    *h = (struct handled){ .handler = make(OBJECT_ENDPOINT, 0),
                           .reply = make(OBJECT_REPLY, 0),
                           .death = make(OBJECT_NOTIFICATION, 0) };
}

static inline void take_fault(struct handled *h, word_t label)
{
    expect_equal(sys_recv_poll(h->handler, &h->fault, h->reply), OK | STATUS_KERNEL | STATUS_OWED);
    expect_equal(h->fault.badge, 77);
    expect_equal(h->fault.tag, tag_make(label, FAULT_WORDS, 0));
    expect_equal(h->fault.word[2], worker_register(h->worker, REGISTER_IP));
    expect_equal(h->fault.word[3], worker_register(h->worker, REGISTER_SP));
    expect_state(h->worker, THREAD_STATE_CALLING);
}

static inline struct handled run_faulting(void (*function)(struct worker *), word_t argument, word_t label)
{
    struct handled h;

    set_up(&h);
    h.worker = worker_run(.function = function, .argument = argument,
                          .fault = mint(h.handler, RIGHTS_ALL, 77), .death = mint(h.death, RIGHT_WRITE, 1));
    take_fault(&h, label);
    return h;
}

/* Let it go on at another place, and come to its end. */
static inline void resume_at(struct handled *h, word_t ip, word_t sp)
{
    expect_ok(answer(h->reply, FAULT_REPLY_RESUME, 2, ip, sp));
    worker_finish(h->worker);
}

static inline void cause(struct worker *worker)
{
    ((void (*)(void))worker->argument)();
    worker->seen[1] = 1;
}

#endif
