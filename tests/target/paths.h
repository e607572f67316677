/* SPDX-License-Identifier: BSD-2-Clause */
/* What more than one program measures: always inline, so that a path costs the same everywhere. */
#ifndef TARGET_PATHS_H
#define TARGET_PATHS_H

#include "bench.h"
#include "peers.h"

/* Answers with `words` words until something goes wrong. */
static inline __attribute__((always_inline)) void answer_calls(const struct worker *worker, unsigned words)
{
    cap_t endpoint = FIRST(worker->argument), reply = SECOND(worker->argument);
    struct message message = { 0 };
    status_t status = arch_syscall(SYS_RECV, endpoint, &message, reply);

    while (__builtin_expect(status_error(status) == OK, 1)) {
        message.tag = tag_make(0, words, 0);
        status = arch_syscall(SYS_REPLY_RECV, endpoint, &message, reply);
    }
}

/* A thread: retype, configure, delete, reset with clearing. */
static inline __attribute__((always_inline)) void create_and_destroy(cap_t untyped, cap_t slot)
{
    static const struct thread_configuration configuration = { .cnode = CNODE, .space = SPACE };

    MUST(untyped_retype(untyped, OBJECT_THREAD, 0, CAP_NULL, slot, 1, CAP_NULL, 0));
    MUST(thread_configure(slot, THREAD_SET_CNODE | THREAD_SET_SPACE, &configuration));
    MUST(cnode_delete(CNODE, slot));
    MUST(untyped_reset(untyped, 0));
}

#endif
