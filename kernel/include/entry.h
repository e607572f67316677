/* SPDX-License-Identifier: BSD-2-Clause */
/* What the entries of the kernel share (syscall/syscall.c, syscall/invocation.c). */
#ifndef KERNEL_ENTRY_H
#define KERNEL_ENTRY_H

#include "core.h"

/* Another core has changed something before this one had its lock, and the current thread cannot go on as it is: it was taken away, or has lost
 * what it ran on. What it wanted is done when it next runs, if it does. (That a better one is ready is no reason: the entry is carried out first.) */
#if CONFIG_CORES > 1
bool entry_cannot_go_on(const struct core *core);

static inline bool entry_is_void(const struct core *core)
{
    return unlikely(core->reschedule) && entry_cannot_go_on(core);
}
#else
#define entry_is_void(core) false
#endif

static inline void entry_set_in_syscall(struct core *core, bool in_syscall)
{
#if CONFIG_CORES > 1
    core->in_syscall = in_syscall;
#else
    (void)core, (void)in_syscall;
#endif
}

/* The end of a system call that does not go straight through. `status`: what came out so far; INVOKE_AGAIN: nothing. */
void syscall_run_generally(struct core *core, struct thread *thread, status_t status);

#endif
