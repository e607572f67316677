/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding a call to a kernel object: find the operation, check what all have in common (it exists, enough arguments, the
 * right to invoke), and hand over to the object's own function.
 */
#include "invocation.h"
#include "ipc.h"
#include "lock.h"
#include "sched_context.h"
#include "scheduler.h"

/* Locks that an operation needs, beside this core's own (lock.h). */
enum operation_locks {
    LOCKS_OWN,
    LOCKS_HOME, /* of the object, and what else its function finds that it touches */
    LOCKS_TREE,
    LOCKS_ALL,
};

/* What is common to the checks of an operation: how many arguments it takes, the right and the locks it needs. */
struct operation_rule {
    bool exists;
    uint8_t arguments;
    uint8_t right;
    uint8_t locks;
};

#define OPERATIONS_PER_TYPE 12
#define RULE(operation, arguments, right, locks)                                                             \
    [(operation) >> 8][(operation)&0xff] = { true, arguments, right, LOCKS_##locks }

/* Rows for all that a capability's type can be: most of the last ones are nothing that can be invoked. */
static const struct operation_rule rules[CAP_TYPE_MASK + 1][OPERATIONS_PER_TYPE] = {
    RULE(OP_UNTYPED_RETYPE, 7, RIGHT_WRITE, TREE),
    RULE(OP_UNTYPED_RESET, 1, RIGHT_WRITE, TREE),
    RULE(OP_UNTYPED_INFO, 0, RIGHT_WRITE, TREE),
    RULE(OP_CNODE_COPY, 2, RIGHT_WRITE, TREE),
    RULE(OP_CNODE_MINT, 5, RIGHT_WRITE, TREE),
    RULE(OP_CNODE_MOVE, 2, RIGHT_WRITE, ALL),
    RULE(OP_CNODE_DELETE, 1, RIGHT_WRITE, ALL),
    RULE(OP_CNODE_REVOKE, 1, RIGHT_WRITE, ALL),
    RULE(OP_CNODE_INSPECT, 1, RIGHT_WRITE, TREE),
    RULE(OP_CNODE_CANCEL_BADGE, 2, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_CONFIGURE, 8, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_READ_REGISTERS, 0, RIGHT_WRITE, HOME),
    RULE(OP_THREAD_WRITE_REGISTERS, 1, RIGHT_WRITE, HOME),
    RULE(OP_THREAD_SUSPEND, 1, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_RESUME, 0, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_CANCEL, 0, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_SET_PRIORITY, 2, RIGHT_WRITE, HOME),
    RULE(OP_THREAD_BIND_NOTIFICATION, 1, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_SET_ATTRIBUTES, 2, RIGHT_WRITE, ALL),
    RULE(OP_THREAD_INFO, 0, RIGHT_WRITE, HOME),
    RULE(OP_SCHED_CONTEXT_BIND, 1, RIGHT_WRITE, ALL),
    RULE(OP_SCHED_CONTEXT_UNBIND, 0, RIGHT_WRITE, ALL),
    RULE(OP_SCHED_CONTEXT_INFO, 0, RIGHT_WRITE, HOME),
    RULE(OP_SCHED_CONTEXT_LEND, 1, RIGHT_WRITE, ALL),
    RULE(OP_FRAME_UNMAP, 0, 0, TREE),
    RULE(OP_FRAME_CLEAN, 2, RIGHT_WRITE, OWN),
    RULE(OP_FRAME_INVALIDATE, 2, RIGHT_WRITE, OWN),
    RULE(OP_FRAME_INFO, 0, 0, TREE),
    RULE(OP_ADDRESS_SPACE_MAP, 4, RIGHT_WRITE, TREE),
    RULE(OP_ADDRESS_SPACE_MAP_TABLE, 2, RIGHT_WRITE, TREE),
    RULE(OP_ADDRESS_SPACE_INFO, 0, RIGHT_WRITE, OWN),
    RULE(OP_PAGE_TABLE_UNMAP, 0, RIGHT_WRITE, TREE),
    RULE(OP_IRQ_HANDLER_BIND, 1, RIGHT_WRITE, ALL),
    RULE(OP_IRQ_HANDLER_ACKNOWLEDGE, 0, RIGHT_WRITE, TREE),
    RULE(OP_IRQ_HANDLER_SET_MODE, 1, RIGHT_WRITE, TREE),
    RULE(OP_IRQ_HANDLER_MSI, 0, RIGHT_WRITE, TREE),
    RULE(OP_IO_PORT_RANGE_IN, 2, RIGHT_READ, OWN),
    RULE(OP_IO_PORT_RANGE_OUT, 3, RIGHT_WRITE, OWN),
    RULE(OP_CORE_RANGE_SET_BUDGET, 3 + 2 * LONG_WORDS, RIGHT_WRITE, ALL),
    RULE(OP_CORE_RANGE_SET_TIMER, 1 + LONG_WORDS, RIGHT_WRITE, OWN),
    RULE(OP_CORE_RANGE_BIND_TIMER, 2, RIGHT_WRITE, ALL),
    RULE(OP_CORE_RANGE_POWER, 1, RIGHT_WRITE | RIGHT_GRANT, OWN),
};

/* The rule of an operation that the type has, or NULL. */
static const struct operation_rule *find_rule(unsigned type, word_t operation)
{
    word_t number = operation - ((word_t)type << 8); /* of another type it is not small */

    if (number >= OPERATIONS_PER_TYPE || !rules[type][number].exists)
        return NULL;
    return &rules[type][number];
}

static status_t check_common(const struct invocation *invocation, const struct operation_rule *rule)
{
    const struct cap *cap = &invocation->slot->cap;

    if (!rule)
        return ERR_OPERATION;
    if ((cap_rights(cap) & rule->right) != rule->right)
        return ERR_RIGHT;
    return invocation->words < rule->arguments ? ERR_ARGUMENTS : OK;
}

static status_t dispatch(struct invocation *invocation)
{
    switch (cap_type(&invocation->slot->cap)) {
    case OBJECT_UNTYPED:
        return untyped_invoke(invocation);
    case OBJECT_CNODE:
        return cnode_invoke(invocation);
    case OBJECT_THREAD:
        return thread_invoke(invocation);
    case OBJECT_SCHED_CONTEXT:
        return sched_context_invoke(invocation);
    case OBJECT_FRAME:
        return frame_invoke(invocation);
    case OBJECT_ADDRESS_SPACE:
        return address_space_invoke(invocation);
    case OBJECT_PAGE_TABLE:
        return page_table_invoke(invocation);
    case OBJECT_IRQ_HANDLER:
        return irq_handler_invoke(invocation);
    case OBJECT_IO_PORT_RANGE:
        return io_port_range_invoke(invocation);
    case OBJECT_CORE_RANGE:
        return core_range_invoke(invocation);
    default:
        return ERR_OPERATION;
    }
}

/* The home of an object whose operations need no more than that. */
static unsigned object_home(const struct invocation *invocation)
{
    const struct cap *cap = &invocation->slot->cap;

    if (cap_type(cap) == OBJECT_THREAD)
        return thread_home(cap_pointer(cap));
    assert(cap_type(cap) == OBJECT_SCHED_CONTEXT);
    return SHARED_READ(((const struct sched_context *)cap_pointer(cap))->core);
}

/* Under the locks that it needs. INVOKE_AGAIN: they had to be taken first. */
static status_t run_locked(struct invocation *invocation, const struct operation_rule *rule)
{
    struct core *core = core_self();

    switch (rule->locks) {
    case LOCKS_HOME:
        return lock_home(core, object_home(invocation)) ? dispatch(invocation) : INVOKE_AGAIN;
    case LOCKS_ALL:
        return lock_all(core) ? dispatch(invocation) : INVOKE_AGAIN;
    case LOCKS_TREE: {
        enum lock_level before = lock_tree(core);
        status_t status = dispatch(invocation);
        unlock_tree(core, before);
        return status;
    }
    default:
        return dispatch(invocation);
    }
}

/* The words after those in registers. How many there are in all: words that were announced but cannot be there, because the thread has no
 * message page, do not count. */
static unsigned read_page(struct invocation *invocation, unsigned words)
{
    const struct utcb *utcb = invocation->caller->utcb;

    if (!utcb)
        return MESSAGE_REGISTER_WORDS;
    if (words > INVOCATION_WORDS_MAX)
        words = INVOCATION_WORDS_MAX;
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < words; i++)
        invocation->argument[i] = SHARED_READ(*(const volatile word_t *)&utcb->words[i]);
    return words;
}

static void read_arguments(struct invocation *invocation, tag_t tag)
{
    const struct thread *caller = invocation->caller;
    unsigned words = tag_words(tag);

    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        invocation->argument[i] = arch_message_word(&caller->context, i);
    invocation->words = words <= MESSAGE_REGISTER_WORDS ? words : read_page(invocation, words);
}

static NOINLINE void write_results(const struct invocation *invocation, status_t status)
{
    struct thread *caller = invocation->caller;
    unsigned words = invocation->result_words;

    if (words > MESSAGE_REGISTER_WORDS && !caller->utcb) {
        words = MESSAGE_REGISTER_WORDS;
        status = status == OK ? ERR_TRUNCATED : status;
    }
    ipc_set_result(caller, status, 0, tag_make(0, words, 0));
    for (unsigned i = 0; i < words && i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(&caller->context, i, invocation->result[i]);
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < words; i++)
        SHARED_WRITE(caller->utcb->words[i], invocation->result[i]);
}

static bool end_without_result(struct thread *caller, status_t status)
{
    if (status == INVOKE_AGAIN)
        return false;
    caller->repeats = status == INVOKE_RESTART;
    if (status == INVOKE_RESTART)
        arch_syscall_restart(&caller->context);
    return true;
}

bool invocation_run(struct thread *caller, struct slot *slot)
{
    tag_t tag = arch_syscall_tag(&caller->context);
    struct invocation invocation;

    invocation.caller = caller;
    invocation.repeats = caller->repeats;
    invocation.slot = slot;
    invocation.operation = tag_label(tag);
    invocation.result_words = 0;
    read_arguments(&invocation, tag);
    const struct operation_rule *rule = find_rule(cap_type(&slot->cap), invocation.operation);
    status_t status = check_common(&invocation, rule);
    if (status == OK)
        status = run_locked(&invocation, rule);
    if (unlikely(status >= INVOKE_AGAIN)) /* none that the caller sees */
        return end_without_result(caller, status);
    caller->repeats = false;
    if (likely(invocation.result_words == 0))
        ipc_set_result(caller, status, 0, 0);
    else
        write_results(&invocation, status);
    return true;
}
