/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one core asks of another: see sched/remote.c. With one core, nobody; all of this compiles to nothing.
 */
#ifndef KERNEL_REMOTE_H
#define KERNEL_REMOTE_H

#include "core.h"

struct thread;
struct address_space;

#if CONFIG_CORES > 1

/* Answer what others ask of this core. Takes no lock: it is called by who waits for one, and on the interrupt. True: that was all; nothing that
 * the core has loaded can have been changed. */
bool remote_answer(struct core *core);

/* The core, whose lock has been let go, sees that it is to look who shall run. */
void remote_reschedule(struct core *core);

/* The thread, whose home's lock is held, is not current on another core any more: its registers are in its context. It is in no queue: if it is to go
 * on, whoever calls this has it considered (scheduler.h). */
void remote_take(struct thread *thread);
/* The state of its FPU is in its memory, and in no other core's registers. Its home's lock is held, and it is not loaded there. */
void remote_save_fpu(struct thread *thread);
/* No core has the space loaded. All locks are held. */
void remote_unload_space(const struct address_space *space);
/* No other core uses a translation of the space that is not in its tables any more: of one mapping, or any (size_bits 0). The tree lock is held. */
void remote_flush(struct address_space *space, word_t address, unsigned size_bits);
/* Other cores fetch instructions anew, so that they see what arch_sync_instructions was called for. The tree lock is held. */
void remote_sync_instructions(void);
/* All other cores stop, for good. */
void remote_halt(void);

#else

static inline void remote_sync_instructions(void)
{
}

static inline void remote_take(struct thread *thread)
{
    (void)thread;
}

static inline void remote_save_fpu(struct thread *thread)
{
    (void)thread;
}

static inline void remote_unload_space(const struct address_space *space)
{
    (void)space;
}

static inline void remote_flush(struct address_space *space, word_t address, unsigned size_bits)
{
    (void)space, (void)address, (void)size_bits;
}

static inline void remote_halt(void)
{
}

#endif

#endif
