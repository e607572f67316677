/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Objects that shall die, out of memory of their own that is made into something else at once: full of ones,
 * so that it would be seen what the kernel still remembers of the old object.
 */
#ifndef DYING_H
#define DYING_H

#include "once.h"

#define PART_BITS 15u /* memory for the object that shall die */

/* Take all the part's memory back, and fill it with ones as a user's pages. */
static inline void reuse(cap_t part)
{
    cap_t frames = slots_take(8);
    word_t address = address_take(PART_BITS);

    expect_ok(cnode_revoke(CNODE, part));
    expect_ok(untyped_reset(part, 0));
    expect_ok(untyped_retype(part, OBJECT_FRAME, FRAME_SIZE_4K, CAP_NULL, frames, 8, CAP_NULL, 0));
    for (unsigned i = 0; i < 8; i++)
        map(SPACE, frames + i, address + i * 4096, RIGHT_READ | RIGHT_WRITE);
    memset((void *)address, 0xff, (size_t)1 << PART_BITS);
    settle();
}

static inline cap_t make_part(void)
{
    return make(OBJECT_UNTYPED, PART_BITS);
}

/* A server: takes one call and holds it, then waits for a signal, then answers. */
struct hold {
    cap_t endpoint, reply, go;
};

static inline void hold_call(struct worker *worker)
{
    const struct hold *hold = (const struct hold *)worker->argument;
    struct message message;
    word_t bits;

    worker->seen[0] = sys_recv(hold->endpoint, &message, hold->reply);
    notification_wait(hold->go, &bits);
    message = (struct message){ .tag = tag_make(0, 1, 0), .word = { 43 } };
    worker->seen[1] = sys_send(hold->reply, &message);
}

static inline struct hold make_hold(void)
{
    return (struct hold){ make(OBJECT_ENDPOINT, 0), make(OBJECT_REPLY, 0),
                          mint(make(OBJECT_NOTIFICATION, 0), RIGHTS_ALL, 1) };
}

/* Takes back, or deletes, what it is told to; it may be part of that itself. */
static inline void revoke_cap(struct worker *worker)
{
    worker->seen[0] = 1;
    cnode_revoke(CNODE, worker->argument);
    worker->seen[0] = 2;
}

static inline void delete_holder(struct worker *worker)
{
    worker->seen[0] = 1;
    cnode_delete(CNODE, worker->argument);
    worker->seen[0] = 2;
}

#endif
