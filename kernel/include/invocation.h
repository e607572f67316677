/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Invocations: operations on kernel objects, by SYS_CALL to their capability.
 *
 * OPERATIONS lists them all. Each is a function in the file OBJECT_operations.c, mapping_operations.c or range_operations.c; one that both can fail and
 * changes something is two more, which it puts together:
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

/* All operations: the least number of arguments, the rights that its capability must have, the locks that it needs, the function. S: it is seldom done, or
 * takes long anyway, and is made small instead of fast. */
#define OPERATIONS(X, S)                                                                                     \
    X(OP_UNTYPED_RETYPE, 7, RIGHT_WRITE, TREE, untyped_retype)                                               \
    X(OP_UNTYPED_RESET, 1, RIGHT_WRITE, TREE, untyped_reset)                                                 \
    S(OP_UNTYPED_INFO, 0, RIGHT_WRITE, TREE, untyped_info)                                                   \
    X(OP_CNODE_COPY, 2, RIGHT_WRITE, TREE, cnode_copy)                                                       \
    X(OP_CNODE_MINT, 5, RIGHT_WRITE, TREE, cnode_mint)                                                       \
    X(OP_CNODE_MOVE, 2, RIGHT_WRITE, ALL, cnode_move)                                                        \
    X(OP_CNODE_DELETE, 1, RIGHT_WRITE, ALL, cnode_delete)                                                    \
    X(OP_CNODE_REVOKE, 1, RIGHT_WRITE, ALL, cnode_revoke)                                                    \
    S(OP_CNODE_INSPECT, 1, RIGHT_WRITE, TREE, cnode_inspect)                                                 \
    S(OP_CNODE_CANCEL_BADGE, 2, RIGHT_WRITE, ALL, cnode_cancel_badge)                                        \
    X(OP_THREAD_CONFIGURE, 8, RIGHT_WRITE, ALL, thread_configure)                                            \
    X(OP_THREAD_READ_REGISTERS, 0, RIGHT_WRITE, HOME, thread_read_registers)                                 \
    X(OP_THREAD_WRITE_REGISTERS, 1, RIGHT_WRITE, HOME, thread_write_registers)                               \
    X(OP_THREAD_SUSPEND, 1, RIGHT_WRITE, ALL, thread_suspend)                                                \
    X(OP_THREAD_RESUME, 0, RIGHT_WRITE, ALL, thread_resume)                                                  \
    X(OP_THREAD_CANCEL, 0, RIGHT_WRITE, ALL, thread_cancel)                                                  \
    X(OP_THREAD_SET_PRIORITY, 2, RIGHT_WRITE, HOME, thread_change_priority)                                  \
    S(OP_THREAD_BIND_NOTIFICATION, 1, RIGHT_WRITE, ALL, thread_bind_notification)                            \
    S(OP_THREAD_SET_ATTRIBUTES, 2, RIGHT_WRITE, ALL, thread_set_attributes)                                  \
    S(OP_THREAD_INFO, 0, RIGHT_WRITE, HOME, thread_info)                                                     \
    X(OP_SCHED_CONTEXT_BIND, 1, RIGHT_WRITE, ALL, bind_context)                                              \
    X(OP_SCHED_CONTEXT_UNBIND, 0, RIGHT_WRITE, ALL, unbind_context)                                          \
    S(OP_SCHED_CONTEXT_INFO, 0, RIGHT_WRITE, HOME, sched_context_info)                                       \
    X(OP_SCHED_CONTEXT_LEND, 1, RIGHT_WRITE, ALL, lend_context)                                              \
    X(OP_FRAME_UNMAP, 0, 0, TREE, frame_unmap)                                                               \
    S(OP_FRAME_CLEAN, 2, RIGHT_WRITE, OWN, frame_clean)                                                      \
    S(OP_FRAME_INVALIDATE, 2, RIGHT_WRITE, OWN, frame_invalidate)                                            \
    S(OP_FRAME_INFO, 0, 0, TREE, frame_info)                                                                 \
    X(OP_ADDRESS_SPACE_MAP, 4, RIGHT_WRITE, TREE, frame_map)                                                 \
    S(OP_ADDRESS_SPACE_MAP_TABLE, 2, RIGHT_WRITE, TREE, table_map)                                           \
    S(OP_ADDRESS_SPACE_INFO, 0, RIGHT_WRITE, OWN, address_space_info)                                        \
    S(OP_PAGE_TABLE_UNMAP, 0, RIGHT_WRITE, TREE, table_unmap)                                                \
    S(OP_IRQ_HANDLER_BIND, 1, RIGHT_WRITE, ALL, irq_bind)                                                    \
    X(OP_IRQ_HANDLER_ACKNOWLEDGE, 0, RIGHT_WRITE, TREE, irq_acknowledge)                                     \
    S(OP_IRQ_HANDLER_SET_MODE, 1, RIGHT_WRITE, TREE, irq_set_mode)                                           \
    S(OP_IRQ_HANDLER_MSI, 0, RIGHT_WRITE, TREE, irq_msi)                                                     \
    X(OP_IO_PORT_RANGE_IN, 2, RIGHT_READ, OWN, port_in)                                                      \
    X(OP_IO_PORT_RANGE_OUT, 3, RIGHT_WRITE, OWN, port_out)                                                   \
    S(OP_CORE_RANGE_SET_BUDGET, 3 + 2 * LONG_WORDS, RIGHT_WRITE, ALL, core_set_budget)                       \
    X(OP_CORE_RANGE_SET_TIMER, 1 + LONG_WORDS, RIGHT_WRITE, OWN, core_set_timer)                             \
    S(OP_CORE_RANGE_BIND_TIMER, 2, RIGHT_WRITE, ALL, core_bind_timer)                                        \
    S(OP_CORE_RANGE_POWER, 1, RIGHT_WRITE | RIGHT_GRANT, OWN, core_power)

/* All user registers, and the number of the first; and no fewer than the other operations take. */
#define INVOCATION_WORDS_MAX (REGISTER_COUNT + 1u > 24u ? REGISTER_COUNT + 1u : 24u)

/* What an operation returns instead of a status: greater than any. */
#define INVOKE_RESTART ((status_t)-1) /* execute the system call again */
#define INVOKE_SILENT  ((status_t)-2) /* the thread has its result, or stopped itself and gets none */
#define INVOKE_AGAIN                                                                                         \
    ((status_t)-3) /* locks had to be taken: nothing is done, and nothing looked up counts any more */

struct invocation {
    struct thread *caller;
    struct slot *slot;      /* of the capability invoked */
    const word_t *argument; /* that were sent: in the caller's registers, or in `copied` */
    unsigned words;         /* how many, at most INVOCATION_WORDS_MAX */
    unsigned result_words;
    word_t copied[INVOCATION_WORDS_MAX];
    word_t result[INVOCATION_WORDS_MAX];
};

/* A status for an argument that is wrong: number 1 is the first. */
static inline status_t invocation_error(error_t error, unsigned argument)
{
    return error == OK ? OK : error | (status_t)argument << STATUS_ARGUMENT_SHIFT;
}

void invocation_result(struct invocation *invocation, word_t word);

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

/* The same, with the usual case where it stands. */
static ALWAYS_INLINE status_t invocation_typed_here(const struct invocation *invocation, unsigned number,
                                                    unsigned type, word_t rights, struct slot **slot)
{
    const struct thread *caller = invocation->caller;
    word_t address = invocation->argument[number - 1];

    if (likely(address <= caller->cnode_mask && cap_is(&caller->cnode[address].cap, type, rights))) {
        *slot = &caller->cnode[address];
        return OK;
    }
    return invocation_typed(invocation, number, type, rights, slot);
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

#define OPERATION_FUNCTION(operation, arguments, right, locks, function)                                     \
    status_t function(struct invocation *invocation);
#define SELDOM_FUNCTION(operation, arguments, right, locks, function)                                        \
    COLD status_t function(struct invocation *invocation);
OPERATIONS(OPERATION_FUNCTION, SELDOM_FUNCTION)

/* Capabilities that have no operations: a call to one is none, or something else. Types from OBJECT_TYPE_COUNT on are the kernel's own. */
#define NOT_INVOCABLE                                                                                        \
    (1u << OBJECT_NULL | 1u << OBJECT_ENDPOINT | 1u << OBJECT_NOTIFICATION | 1u << OBJECT_REPLY |            \
     ~0u << OBJECT_TYPE_COUNT)

static inline bool invocation_has_type(unsigned type)
{
    return !(NOT_INVOCABLE >> type & 1);
}

/* Decode the call of `caller` to the kernel object in `slot`, and do it. Returns the status for the caller, which has no other result; or INVOKE_SILENT,
 * or INVOKE_AGAIN. */
status_t invocation_run(struct thread *caller, struct slot *slot, tag_t tag);

#endif
