/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ends of the fast paths, for ports whose entry saves all registers and whose exit loads all of them: a message is copied from
 * context to context. For arch_inline.h, where arch.h's functions for system call results are inline.
 */
#ifndef ARCH_FAST_SAVED_H
#define ARCH_FAST_SAVED_H

#define FAST_INLINE extern inline __attribute__((gnu_inline, always_inline))

/* A struct thread begins with its context. */
FAST_INLINE void arch_fast_carry(struct thread *entered, struct thread *next)
{
    const struct arch_context *from = (const struct arch_context *)entered;
    struct arch_context *to = (struct arch_context *)next;

    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(to, i, arch_message_word(from, i));
}

FAST_INLINE bool arch_fast_can_leave(const struct arch_context *context)
{
    (void)context;
    return true;
}

FAST_INLINE bool arch_fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    arch_set_result((struct arch_context *)next, status, badge, tag);
    return true;
}

FAST_INLINE bool arch_fast_leave_saved(struct thread *next)
{
    (void)next;
    return true;
}

FAST_INLINE bool arch_fast_return(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    struct arch_context *context = (struct arch_context *)next;

    arch_set_result(context, status, badge, tag);
    for (unsigned i = 0; i < MESSAGE_REGISTER_WORDS; i++)
        arch_set_message_word(context, i, 0);
    return true;
}

FAST_INLINE bool arch_fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    return arch_fast_return(badge, tag, status, next);
}

FAST_INLINE bool arch_fast_decline(cap_t cap, tag_t tag, cap_t reply, word_t operation)
{
    (void)cap, (void)tag, (void)reply, (void)operation;
    return false;
}

FAST_INLINE void arch_copy_words(word_t *to, const word_t *from, unsigned count)
{
    const volatile word_t *source = from;

    for (unsigned i = 0; i < count; i++)
        SHARED_WRITE(to[i], SHARED_READ(source[i]));
}

#endif
