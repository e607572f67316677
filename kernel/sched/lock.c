/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks, the uncommon ways: waiting, and taking more than the own one. See lock.h.
 *
 * Cores' locks are taken in the order of the cores, so nobody waits in a circle; the tree lock comes last. Own lock is let go
 * before others are taken, and while it is not held, the core is as after an entry: its current thread's registers are saved, and
 * whoever holds its lock may take that thread away (remote.c). Nothing is known afterwards but what is looked up again.
 */
#include "lock.h"

#if CONFIG_CORES > 1

/* So many steps a long operation makes at least before it lets go for others, and a core of lower number than others still copies while this one
 * waits for the locks of those above it: all of them together add at most 4 capabilities for each pair of cores. So a revoke ends against all
 * others copying. */
static unsigned least_steps(void)
{
    return 4 * core_count * (core_count + 1);
}

struct ticket_lock tree_lock;

void lock_wait(struct core *core, const struct ticket_lock *lock, uint32_t ticket)
{
    while (__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket) {
        remote_answer(core);
        arch_relax();
    }
}

static void take(struct core *core, unsigned index)
{
    ticket_take(core, &cores[index].lock);
}

/* What the entry has done to another core is for that to see to. */
static void release_other(struct core *other)
{
    bool reschedule = other->reschedule;

    ticket_release(&other->lock);
    if (reschedule)
        remote_reschedule(other);
}

void lock_release_others(struct core *core)
{
    for (unsigned i = 0; i < core_count; i++)
        if (i != core->index && lock_has_home(core, i))
            release_other(&cores[i]);
    core->lock_set = LOCK_SET_ONE;
}

static void release_all(struct core *core)
{
    lock_release_others(core);
    ticket_release(&core->lock);
}

void lock_take_two(struct core *core, unsigned other)
{
    if (core->lock_set != LOCK_SET_ONE) {
        lock_take_all(core);
        return;
    }
    release_all(core);
    take(core, core->index < other ? core->index : other);
    take(core, core->index < other ? other : core->index);
    core->lock_set = LOCK_SET_TWO;
    core->lock_other = (uint8_t)other;
}

void lock_take_all(struct core *core)
{
    release_all(core);
    for (unsigned i = 0; i < core_count; i++)
        take(core, i);
    core->lock_set = LOCK_SET_ALL;
    core->lock_steps = 0;
    lock_record(core, LOCK_ALL);
}

static bool is_waited_for(const struct ticket_lock *lock)
{
    return __atomic_load_n(&lock->next, __ATOMIC_RELAXED) - lock->owner > 1;
}

bool lock_is_wanted(struct core *core)
{
    if (core->lock_steps++ < least_steps())
        return false;
    for (unsigned i = 0; i < core_count; i++)
        if (lock_has_home(core, i) && is_waited_for(&cores[i].lock))
            return true;
    return is_waited_for(&tree_lock);
}

#endif
