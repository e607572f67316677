/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Decoding a call to a kernel object: find the operation, check what all have in common (it exists, enough arguments, the
 * right to invoke), and hand over to its function.
 */
#include "invocation.h"
#include "entry.h"
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

/* An operation, and what is common to its checks; all 0 for one that does not exist. */
struct operation_row {
    status_t (*function)(struct invocation *invocation);
    uint8_t arguments;
    uint8_t locks;
    uint8_t
        without; /* rights that the capability need not have, and OPERATION_EXISTS: that no capability has */
};

#define OPERATION_EXISTS (RIGHTS_ALL + 1u)
#define OPERATION_ALL    (RIGHTS_ALL | OPERATION_EXISTS)

#define OPERATIONS_PER_TYPE 16u
#define OPERATION_ROW(label, arguments, right, locks, function)                                              \
    [(label) >> 8][(label)&0xff] = { function, arguments, LOCKS_##locks,                                     \
                                     OPERATION_EXISTS | (RIGHTS_ALL & ~(right)) },

static const struct operation_row operations[OBJECT_TYPE_COUNT][OPERATIONS_PER_TYPE] = { OPERATIONS(
    OPERATION_ROW, OPERATION_ROW) };

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

static ALWAYS_INLINE status_t run_locked(struct invocation *invocation, const struct operation_row *operation)
{
    struct core *core = core_self();
    enum lock_level before = LOCK_NONE;
    unsigned locks = operation->locks;

    if (!take_locks(core, invocation, locks))
        return INVOKE_AGAIN;
    if (locks == LOCKS_TREE)
        before = lock_tree(core);
    status_t status = operation->function(invocation);
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
    if (words > MESSAGE_REGISTER_WORDS)
        arch_copy_words(&invocation->copied[MESSAGE_REGISTER_WORDS],
                        &caller->utcb->words[MESSAGE_REGISTER_WORDS], words - MESSAGE_REGISTER_WORDS);
    invocation->argument = invocation->copied;
    invocation->words = words;
    return words >= needed;
}

void invocation_result(struct invocation *invocation, word_t word)
{
    check(invocation->result_words < INVOCATION_WORDS_MAX);
    invocation->result[invocation->result_words++] = word;
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
    bool exists = number < OPERATIONS_PER_TYPE && operations[cap_type(cap)][number].without;

    caller->repeats = false;
    return exists ? ERR_RIGHT : ERR_OPERATION;
}

static ALWAYS_INLINE status_t run(struct thread *caller, struct slot *slot, tag_t tag)
{
    struct invocation invocation;
    uint64_t head = cap_head(&slot->cap);
    word_t type = (word_t)head & CAP_TYPE_MASK;
    word_t number = tag_label(tag) ^ type << 8; /* of an operation of another type it is not small */

    assert(invocation_has_type((unsigned)type));
    if (unlikely(number >= OPERATIONS_PER_TYPE))
        return refuse(caller, &slot->cap, number);
    const struct operation_row *operation = &operations[type][number];
    __asm__("" : "+r"(operation)); /* GCC would compute it again for each field */
    if (unlikely((~(head >> CAP_RIGHTS_SHIFT | operation->without) & OPERATION_ALL) != 0))
        return refuse(caller, &slot->cap, number);
    invocation.caller = caller;
    invocation.slot = slot;
    invocation.argument = arch_message_words(&caller->context);
    invocation.words = tag_words(tag);
    invocation.result_words = 0;
    if (unlikely(invocation.words < operation->arguments || (invocation.words > MESSAGE_REGISTER_WORDS &&
                                                             !read_page(&invocation, operation->arguments))))
        return end_specially(&invocation, ERR_ARGUMENTS);
    struct invocation *unknown = &invocation;
    __asm__("" : "+r"(unknown)); /* GCC would keep the address in a register of its own */
    status_t status = run_locked(unknown, operation);
    if (unlikely(status >= INVOKE_AGAIN || invocation.result_words))
        return end_specially(&invocation, status);
    caller->repeats = false;
    return status;
}

status_t invocation_run(struct thread *caller, struct slot *slot, tag_t tag)
{
    return run(caller, slot, tag);
}

/* Most calls to kernel objects change nothing about who runs: they go straight through. */
void kernel_invoke(cap_t cap, tag_t tag, cap_t reply, struct slot *slot, struct thread *thread)
{
    struct core *core = core_self();
    status_t status = INVOKE_AGAIN;

    (void)cap, (void)reply;
    entry_set_in_syscall(core, true);
    if (likely(!entry_is_void(core)))
        status = run(thread, slot, tag);
    if (unlikely(status >= INVOKE_AGAIN || core->reschedule)) {
        syscall_run_generally(core, thread, status);
        return;
    }
    entry_set_in_syscall(core, false);
    unlock_own(core);
    arch_leave_with(status, thread);
}
