/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: operations on kernel objects, by SYS_CALL to their capability.
 *
 * Each object type has one function OBJECT_invoke, in the file OBJECT_operations.c, mapping_operations.c or range_operations.c. An operation that both can fail and
 * changes something is two functions, which a third of the operation's name puts together:
 *
 *     NAME_decode    checks everything, and takes the locks that it turns out to need; may fail, and changes nothing
 *     NAME_perform   changes, and cannot fail; where that is one call of an object's own function, it is that function
 *
 * Operations that may take long perform step by step and return INVOKE_RESTART when an interrupt waits: the thread executes the same
 * system call again, and is decoded again.
 */
#ifndef KERNEL_INVOCATION_H
#define KERNEL_INVOCATION_H

#include "cap.h"
#include "lookup.h"
#include "thread.h"
#include <lucid/operations.h>

/* All user registers, and the number of the first; and no fewer than the other operations take. */
#define INVOCATION_WORDS_MAX (REGISTER_COUNT + 1u > 24u ? REGISTER_COUNT + 1u : 24u)

/* An operation, which OBJECT_invoke calls, is NOINLINE: none shall save registers and make room on the stack for what another needs. */

/* What an operation returns instead of a status: greater than any. */
#define INVOKE_RESTART ((status_t)~0u) /* execute the system call again */
#define INVOKE_SILENT                                                                                        \
    ((status_t)~0u - 1u) /* the thread gets no result: it stopped itself, or its registers are set */

#define INVOKE_AGAIN                                                                                         \
    ((status_t)~0u - 2u) /* locks had to be taken: nothing is done, and nothing looked up counts any more */

struct invocation {
    struct thread *caller;
    bool repeats;      /* the caller was interrupted in this operation, and goes on with it */
    struct slot *slot; /* of the capability invoked */
    word_t operation;  /* OP_* */
    unsigned words;    /* arguments that were sent, at most INVOCATION_WORDS_MAX */
    word_t argument[INVOCATION_WORDS_MAX];
    unsigned result_words;
    word_t result[INVOCATION_WORDS_MAX];
};

/* A status for an argument that is wrong: number 1 is the first. */
static inline status_t invocation_error(error_t error, unsigned argument)
{
    return error == OK ? OK : error | (status_t)argument << STATUS_ARGUMENT_SHIFT;
}

static inline void invocation_result(struct invocation *invocation, word_t word)
{
    check(invocation->result_words < INVOCATION_WORDS_MAX);
    invocation->result[invocation->result_words++] = word;
}

/* The argument of 64 bits whose first word is this one (0...). */
static inline uint64_t invocation_long(const struct invocation *invocation, unsigned word)
{
    uint64_t value = invocation->argument[word];
    return LONG_WORDS == 1 ? value : value | (uint64_t)invocation->argument[word + LONG_WORDS - 1] << 32;
}

static inline void invocation_result_long(struct invocation *invocation, uint64_t value)
{
    invocation_result(invocation, (word_t)value);
    if (LONG_WORDS > 1)
        invocation_result(invocation, (word_t)(value >> 32));
}

/* Argument `number` (1...), with only words before it, is a capability address: the slot, not empty. */
static inline status_t invocation_cap(const struct invocation *invocation, unsigned number,
                                      struct slot **slot)
{
    return invocation_error(lookup_cap(invocation->caller, invocation->argument[number - 1], slot), number);
}

/* The same, of a type and with rights. */
static inline status_t invocation_typed(const struct invocation *invocation, unsigned number, unsigned type,
                                        word_t rights, struct slot **slot)
{
    return invocation_error(
        lookup_typed(invocation->caller, invocation->argument[number - 1], type, rights, slot), number);
}

/* The same, where the address 0 means none (*slot is NULL). */
static inline status_t invocation_optional(const struct invocation *invocation, unsigned number,
                                           unsigned type, word_t rights, struct slot **slot)
{
    *slot = NULL;
    return invocation->argument[number - 1] == CAP_NULL
               ? OK
               : invocation_typed(invocation, number, type, rights, slot);
}

status_t untyped_invoke(struct invocation *invocation);
status_t cnode_invoke(struct invocation *invocation);
status_t thread_invoke(struct invocation *invocation);
status_t sched_context_invoke(struct invocation *invocation);
status_t frame_invoke(struct invocation *invocation);
status_t address_space_invoke(struct invocation *invocation);
status_t page_table_invoke(struct invocation *invocation);
status_t irq_handler_invoke(struct invocation *invocation);
status_t io_port_range_invoke(struct invocation *invocation);
status_t core_range_invoke(struct invocation *invocation);

/* Decode the call of `caller` to the kernel object in `slot`, do it, and set the caller's result. False: not done, the locks
 * were not enough and are now; look the object up again. */
bool invocation_run(struct thread *caller, struct slot *slot);

#endif
