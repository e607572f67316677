/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Contexts of processors whose calling convention has eight argument registers next to each other: a system call's arguments
 * and results are the first four, the message's words the others. Such a port's struct arch_context has
 *
 *     word_t argument[8], pc, sp;
 *
 * and its arch_inline.h includes this.
 */
#ifndef ARCH_SHARED_ARGUMENTS_H
#define ARCH_SHARED_ARGUMENTS_H

ARCH_INLINE word_t arch_syscall_operation(const struct arch_context *context)
{
    return context->argument[0];
}

ARCH_INLINE word_t arch_syscall_cap(const struct arch_context *context)
{
    return context->argument[1];
}

ARCH_INLINE word_t arch_syscall_tag(const struct arch_context *context)
{
    return context->argument[2];
}

ARCH_INLINE word_t arch_syscall_reply(const struct arch_context *context)
{
    return context->argument[3];
}

ARCH_INLINE void arch_set_status(struct arch_context *context, status_t status)
{
    context->argument[0] = status;
}

ARCH_INLINE void arch_set_result(struct arch_context *context, status_t status, word_t badge, tag_t tag)
{
    context->argument[0] = status;
    context->argument[1] = badge;
    context->argument[2] = tag;
}

ARCH_INLINE word_t arch_message_word(const struct arch_context *context, unsigned index)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    return context->argument[4 + index];
}

ARCH_INLINE void arch_set_message_word(struct arch_context *context, unsigned index, word_t value)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    context->argument[4 + index] = value;
}

ARCH_INLINE word_t arch_context_ip(const struct arch_context *context)
{
    return context->pc;
}

ARCH_INLINE word_t arch_context_sp(const struct arch_context *context)
{
    return context->sp;
}

#endif
