/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rare conditions, collected in one word a thread, so that the fast path tests them all in one comparison.
 *
 * A thread's `key` holds its priority, its home core, and above them a bit for each rare condition. A core's `min_key` holds
 * the highest priority in its ready queue (0: nobody is ready) and its own number in the same places. So
 *
 *     thread->key - core->min_key <= 255          (unsigned)
 *
 * holds exactly if the thread is this core's, nothing about it is rare, and nobody of a higher priority is ready: a higher home or any
 * rare bit makes the difference larger than 255, a lower home or priority makes it negative. If anything about the *current* thread
 * is rare, or the core is idle, min_key is MIN_KEY_NONE, which is farther than 255 from every key (as ~0 is not: it is -1).
 *
 * A fast call and its answer change none of this: both threads were plain and are plain, and the ready queue is as it was. A fast path that
 * changes the context changes the bits that follow from it (change_current). Whatever else does calls thread_update_rare or
 * core_update_min_key; the invariant checker compares with what the fields say.
 *
 * Protected by the lock of the thread's home, and the core's.
 */
#include "fault.h"
#include "lock.h"
#include "notification.h"
#include "sched_context.h"
#include "scheduler.h"

#ifdef CONFIG_DEBUG
static bool fastpath_off;
#endif

static uint32_t rare_if_it_does_not_run(const struct thread *thread)
{
    uint32_t registers = arch_fast_can_leave(&thread->context) ? 0 : RARE_REGISTERS;

    if (!thread->sc)
        return registers;
    return registers | (sched_context_is_round_robin(thread->sc) ? RARE_CONTEXT : RARE_CONTEXT | RARE_SERVER);
}

static inline uint32_t rare(const struct core *core, const struct thread *thread)
{
    uint32_t bits = 0;

    if (thread != core->current)
        bits = rare_if_it_does_not_run(thread);
    if (unlikely(thread->notification && thread->notification->bits))
        bits |= RARE_SIGNAL;
    if (unlikely(thread->fault != FAULT_NONE))
        bits |= RARE_FAULT;
    if (unlikely(thread->truncated))
        bits |= RARE_TRUNCATED;
    if (unlikely(thread == core->fpu_owner))
        bits |= RARE_FPU;
    return bits;
}

uint32_t thread_rare(const struct core *core, const struct thread *thread)
{
    return rare(core, thread);
}

uint32_t core_min_key(const struct core *core)
{
    const struct thread *current = core->current;
    int highest = ready_highest(core);

    if (!current || current->key >> KEY_RARE_SHIFT || fastpath_is_off() ||
        (CONFIG_CORES > 1 && core->reschedule))
        return MIN_KEY_NONE;
    return core_key(core) | (highest < 0 ? 0 : (uint32_t)highest);
}

void core_update_min_key(struct core *core)
{
    core->min_key = core_min_key(core);
}

void thread_update_rare(struct thread *thread)
{
    struct core *core = thread_core(thread);
    uint32_t key = (thread->key & ((1u << KEY_RARE_SHIFT) - 1)) | rare(core, thread);

    assert(lock_holds_home(core->index));
    if (key == thread->key)
        return;
    SHARED_WRITE(thread->key, key);
    if (thread == core->current)
        core_update_min_key(core);
}

void thread_set_key_priority(struct thread *thread, uint8_t priority)
{
    SHARED_WRITE(thread->key, (thread->key & ~(uint32_t)PRIORITY_MAX) | priority);
}

void thread_set_key_home(struct thread *thread, unsigned home)
{
    SHARED_WRITE(thread->key, (thread->key & ~((uint32_t)0xff << KEY_HOME_SHIFT)) | home << KEY_HOME_SHIFT);
}

#ifdef CONFIG_DEBUG
bool fastpath_is_off(void)
{
    return fastpath_off;
}

void fastpath_enable(bool on)
{
    fastpath_off = !on;
    for (unsigned i = 0; i < core_count; i++)
        core_update_min_key(&cores[i]);
}
#endif
