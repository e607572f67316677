/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SYS_DEBUG: print a character, name a thread, dump the current core, halt. It exists in debug builds only: it lets anybody
 * print and stop the machine.
 */
#include "debug.h"
#include "check.h"
#include "core.h"
#include "ipc.h"
#include "lock.h"
#include "lookup.h"
#include "scheduler.h"
#include <lucid/syscall.h>

#ifdef CONFIG_DEBUG

static error_t name_thread(struct thread *caller)
{
    struct slot *slot;
    error_t error =
        lookup_typed(caller, arch_syscall_tag(&caller->context), OBJECT_THREAD, RIGHT_WRITE, &slot);

    if (error != OK)
        return error;
    struct thread *thread = cap_pointer(&slot->cap);
    for (unsigned i = 0; i < sizeof(thread->name) - 1; i++) {
        word_t word = i / sizeof(word_t) < MESSAGE_REGISTER_WORDS
                          ? arch_message_word(&caller->context, i / sizeof(word_t))
                          : 0;
        char c = (char)(word >> i % sizeof(word_t) * 8);
        thread->name[i] = c >= ' ' && c <= '~' ? c : '\0';
    }
    return OK;
}

static void dump(struct core *core)
{
    print("core %u: current %p '%s', highest ready priority %d, timer %llx\n", core->index,
          (void *)core->current, core->current ? core->current->name : "", ready_highest(core),
          (unsigned long long)core->timer_armed);
    if (core->front)
        print("  ready %u, in front: %p '%s'\n", thread_priority(core->front), (void *)core->front,
              core->front->name);
    for (unsigned priority = PRIORITY_COUNT; priority-- > 0;)
        for (struct thread *thread = core->ready[priority].first; thread; thread = thread->next)
            print("  ready %u: %p '%s'\n", priority, (void *)thread, thread->name);
}

bool debug_locks(const struct thread *thread)
{
    word_t what = arch_syscall_cap(&thread->context);

    return (what != DEBUG_CHECK && what != DEBUG_DUMP && what != DEBUG_FAST) || lock_all(core_self());
}

bool debug_syscall(struct thread *thread)
{
    error_t error = OK;

    switch (arch_syscall_cap(&thread->context)) {
    case DEBUG_PRINT:
        arch_console_put((char)arch_syscall_tag(&thread->context));
        break;
    case DEBUG_NAME:
        error = name_thread(thread);
        break;
    case DEBUG_DUMP:
        for (unsigned i = 0; i < core_count; i++)
            dump(&cores[i]);
        break;
    case DEBUG_FAST:
        fastpath_enable(arch_syscall_tag(&thread->context) != 0);
        break;
    case DEBUG_CHECK: {
        struct check_report report;
        if (!kernel_check(&report))
            PANIC("invariant does not hold: %s (%p, %p)", report.invariant, report.object, report.other);
        break;
    }
    case DEBUG_PANIC:
        PANIC("asked for by thread '%s'", thread->name);
    case DEBUG_HALT:
        arch_halt((int)(arch_syscall_tag(&thread->context) & 0x7f));
    default:
        error = ERR_RANGE;
    }
    ipc_set_result(thread, error, 0, 0);
    return true;
}

#else

bool debug_syscall(struct thread *thread)
{
    (void)thread;
    return false;
}

#endif
