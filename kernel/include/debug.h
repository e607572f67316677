/* SPDX-License-Identifier: BSD-2-Clause */
/* SYS_DEBUG: in debug builds only. See syscall/debug.c. */
#ifndef KERNEL_DEBUG_H
#define KERNEL_DEBUG_H

#include "thread.h"

#ifdef CONFIG_DEBUG
/* What the debug call wants can be touched. False: now it can, but look everything up again (lock.h). */
bool debug_locks(const struct thread *thread);
#else
static inline bool debug_locks(const struct thread *thread)
{
    (void)thread;
    return true;
}
#endif
/* Do the debug call whose arguments are in the context; false: there is no such thing in this build. */
bool debug_syscall(struct thread *thread);

#endif
