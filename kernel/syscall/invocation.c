/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding a call to a kernel object: find the operation, check what all have in common (it exists, enough arguments, the
 * right to invoke), and hand over to its function.
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

/* What is common to the checks of an operation; all 0 for one that does not exist. */
struct operation_rule {
    uint8_t arguments;
    uint8_t locks;
    uint8_t without; /* rights that the capability need not have, and RULE_EXISTS: that no capability has */
    uint8_t unused;
};

#define RULE_EXISTS (RIGHTS_ALL + 1u)
#define RULE_ALL    (RIGHTS_ALL | RULE_EXISTS)

/* A row for all that a capability's type can be: most of the last ones are nothing that can be invoked. */
#define OPERATIONS_PER_TYPE    16u
#define OPERATION_INDEX(label) (((label) >> 8) * OPERATIONS_PER_TYPE + ((label)&0xff))
#define OPERATION_RULE(label, arguments, right, locks, function)                                             \
    [OPERATION_INDEX(label)] = { arguments, LOCKS_##locks, RULE_EXISTS | (RIGHTS_ALL & ~(right)), 0 },

static const struct operation_rule rules[(CAP_TYPE_MASK + 1) * OPERATIONS_PER_TYPE] = { OPERATIONS(
    OPERATION_RULE) };

#define OPERATION_CASE(label, arguments, right, locks, function)                                             \
    case OPERATION_INDEX(label):                                                                             \
        return function(invocation);

static ALWAYS_INLINE status_t dispatch(struct invocation *invocation, unsigned index)
{
    switch (index) {
        OPERATIONS(OPERATION_CASE)
    default: /* its rule would not exist */
        __builtin_unreachable();
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

/* The locks that the operation needs, which had to be taken first: false. */
static bool take_locks(struct core *core, const struct invocation *invocation, unsigned locks)
{
    return locks == LOCKS_HOME  ? lock_home(core, object_home(invocation))
           : locks == LOCKS_ALL ? lock_all(core)
                                : true;
}

static ALWAYS_INLINE status_t run_locked(struct invocation *invocation, unsigned index, unsigned locks)
{
    struct core *core = core_self();
    enum lock_level before = LOCK_NONE;

    if (!take_locks(core, invocation, locks))
        return INVOKE_AGAIN;
    if (locks == LOCKS_TREE)
        before = lock_tree(core);
    status_t status = dispatch(invocation, index);
    if (locks == LOCKS_TREE)
        unlock_tree(core, before);
    return status;
}

/* More words than are in registers. Words that were announced but cannot be there, because the thread has no message page, do not count: false if so many
 * are needed. */
static NOINLINE bool read_page(struct invocation *invocation, unsigned needed)
{
    const struct thread *caller = invocation->caller;
    unsigned words = invocation->words;

    if (words > INVOCATION_WORDS_MAX)
        words = INVOCATION_WORDS_MAX;
    if (!caller->utcb)
        words = MESSAGE_REGISTER_WORDS;
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        invocation->copied[i] = invocation->argument[i];
    for (unsigned i = MESSAGE_REGISTER_WORDS; i < words; i++)
        invocation->copied[i] = SHARED_READ(*(const volatile word_t *)&caller->utcb->words[i]);
    invocation->argument = invocation->copied;
    invocation->words = words;
    return words >= needed;
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

/* It is none that its caller sees, or there is more. */
static NOINLINE status_t end_specially(struct invocation *invocation, status_t status)
{
    struct thread *caller = invocation->caller;

    if (status == INVOKE_AGAIN)
        return status;
    caller->repeats = status == INVOKE_RESTART;
    if (status == INVOKE_RESTART)
        arch_syscall_restart(&caller->context);
    else if (status != INVOKE_SILENT)
        write_results(invocation, status);
    return INVOKE_SILENT;
}

/* The operation does not exist for such a capability, or it has not the right to it. */
static NOINLINE status_t refuse(struct thread *caller, const struct cap *cap, word_t number)
{
    bool exists = number < OPERATIONS_PER_TYPE && rules[cap_type(cap) * OPERATIONS_PER_TYPE + number].without;

    caller->repeats = false;
    return exists ? ERR_RIGHT : ERR_OPERATION;
}

status_t invocation_run(struct thread *caller, struct slot *slot, tag_t tag)
{
    struct invocation invocation;
    uint64_t head = cap_head(&slot->cap);
    unsigned type = (unsigned)(head & CAP_TYPE_MASK);
    word_t number = tag_label(tag) ^ (word_t)type << 8; /* of an operation of another type it is not small */
    const struct operation_rule *rule = &rules[type * OPERATIONS_PER_TYPE + number % OPERATIONS_PER_TYPE];

    if (unlikely(number >= OPERATIONS_PER_TYPE ||
                 (~(head >> CAP_RIGHTS_SHIFT | rule->without) & RULE_ALL) != 0))
        return refuse(caller, &slot->cap, number);
    invocation.caller = caller;
    invocation.slot = slot;
    invocation.argument = arch_message_words(&caller->context);
    invocation.words = tag_words(tag);
    invocation.result_words = 0;
    if (unlikely(invocation.words < rule->arguments ||
                 (invocation.words > MESSAGE_REGISTER_WORDS && !read_page(&invocation, rule->arguments))))
        return end_specially(&invocation, ERR_ARGUMENTS);
    status_t status = run_locked(&invocation, (unsigned)(rule - rules), rule->locks);
    if (unlikely(status >= INVOKE_AGAIN || invocation.result_words))
        return end_specially(&invocation, status);
    caller->repeats = false;
    return status;
}
