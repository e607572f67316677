/* SPDX-License-Identifier: BSD-2-Clause */
/* The begin of the fast paths, for ports whose entry saves all registers; fast_saved.h has their ends. Nothing, where the entry calls them itself. */
#include "thread.h"
#include <lucid/syscall.h>

#if !ARCH_FAST_ENTRY
bool arch_fast_try(struct thread *thread, struct core *core)
{
    word_t operation = arch_syscall_operation(&thread->context);
    cap_t address = arch_syscall_cap(&thread->context), reply = arch_syscall_reply(&thread->context);
    tag_t tag = arch_syscall_tag(&thread->context);

    switch (operation) {
    case SYS_CALL:
        return kernel_fast_call(address, tag, reply, operation, thread, core);
    case SYS_REPLY_RECV:
        return kernel_fast_reply_recv(address, tag, reply, operation, thread, core);
    case SYS_SEND:
    case SYS_SEND | SYS_POLL:
        return kernel_fast_send(address, tag, reply, operation, thread, core);
    case SYS_RECV:
    case SYS_RECV | SYS_POLL:
        return kernel_fast_recv(address, tag, reply, operation, thread, core);
    case SYS_YIELD:
        return kernel_fast_yield(address, tag, reply, operation, thread, core);
    default:
        return false;
    }
}
#endif
