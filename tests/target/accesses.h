/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a thread sees of memory: accesses, each by a worker of its own, in the root's address space (CAP_NULL) or another.
 */
#ifndef ACCESSES_H
#define ACCESSES_H

#include "target.h"

static inline volatile word_t *words_at(word_t address)
{
    return (volatile word_t *)address;
}

static inline void read_word(struct worker *worker)
{
    worker->seen[0] = *words_at(worker->argument);
}

static inline void write_word(struct worker *worker)
{
    *words_at(worker->argument) = 77;
}

static inline void execute(struct worker *worker)
{
    worker->seen[0] = ((word_t(*)(void))worker->argument)() & 0xff;
}

#define FAULT_ACCESS_ANY 0x100u /* whether something is mapped there does not matter */

/* It faults with this FAULT_ACCESS_*. */
static inline void expect_fault_in(cap_t space, void (*function)(struct worker *), word_t address,
                                   word_t access)
{
    cap_t endpoint = make(OBJECT_ENDPOINT, 0);
    struct worker *worker =
        worker_run(.function = function, .argument = address, .fault = endpoint, .space = space);
    struct message message;

    expect_state(worker, THREAD_STATE_SENDING);
    expect_status(sys_recv(endpoint, &message, make(OBJECT_REPLY, 0)), OK);
    expect_equal(tag_label(message.tag), FAULT_PAGE);
    expect_equal(message.word[0], address);
    if (access & FAULT_ACCESS_ANY)
        expect_equal(message.word[1] & ~(word_t)FAULT_ACCESS_PRESENT, access & ~(word_t)FAULT_ACCESS_ANY);
    else
        expect_equal(message.word[1], access);
    if (access & FAULT_ACCESS_EXECUTE)
        expect_equal(message.word[2], address);
    erase(worker->thread);
}

static inline void expect_fault(void (*function)(struct worker *), word_t address, word_t access)
{
    expect_fault_in(CAP_NULL, function, address, access);
}

static inline word_t result_of(cap_t space, void (*function)(struct worker *), word_t address)
{
    struct worker *worker = worker_run(.function = function, .argument = address, .space = space);
    worker_finish(worker);
    return worker->seen[0];
}

#endif
