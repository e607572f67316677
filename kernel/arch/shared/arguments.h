/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system call's arguments and results in a context, for ports with ARCH_FAST_ENTRY: cap, tag and reply are the first three arguments of a
 * function of C, and message words are in registers that it preserves. Such a port's struct arch_context has
 *
 *     word_t argument[4]     cap and badge, tag, reply, operation
 *     word_t message[4]
 *     word_t pc, sp
 *
 * and before it includes this, its arch_inline.h says which of the four has the status: ARGUMENT_STATUS.
 */
#ifndef ARCH_SHARED_ARGUMENTS_H
#define ARCH_SHARED_ARGUMENTS_H

ARCH_INLINE word_t arch_syscall_operation(const struct arch_context *context)
{
    return context->argument[3];
}

ARCH_INLINE word_t arch_syscall_cap(const struct arch_context *context)
{
    return context->argument[0];
}

ARCH_INLINE word_t arch_syscall_tag(const struct arch_context *context)
{
    return context->argument[1];
}

ARCH_INLINE word_t arch_syscall_reply(const struct arch_context *context)
{
    return context->argument[2];
}

ARCH_INLINE void arch_set_status(struct arch_context *context, status_t status)
{
    context->argument[ARGUMENT_STATUS] = status;
}

ARCH_INLINE void arch_set_result(struct arch_context *context, status_t status, word_t badge, tag_t tag)
{
    context->argument[0] = badge;
    context->argument[1] = tag;
    context->argument[ARGUMENT_STATUS] = status;
}

ARCH_INLINE word_t arch_message_word(const struct arch_context *context, unsigned index)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    return context->message[index];
}

ARCH_INLINE const word_t *arch_message_words(const struct arch_context *context)
{
    return context->message;
}

ARCH_INLINE void arch_set_message_word(struct arch_context *context, unsigned index, word_t value)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    context->message[index] = value;
}

ARCH_INLINE word_t arch_context_ip(const struct arch_context *context)
{
    return context->pc;
}

ARCH_INLINE word_t arch_context_sp(const struct arch_context *context)
{
    return context->sp;
}

#ifndef LEAVES_WITH
ARCH_INLINE void arch_leave_with(status_t status, struct thread *thread)
{
    struct arch_context *context = (struct arch_context *)thread;

    arch_set_result(context, status, 0, 0);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        context->message[i] = 0;
}
#endif

#if ARCH_FAST_ENTRY
/* Message words are in their registers from the one's system call to the other's return. */
ARCH_INLINE void arch_fast_carry(struct thread *entered, struct thread *next)
{
    (void)entered, (void)next;
}
#endif

#endif
