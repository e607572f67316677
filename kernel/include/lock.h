/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks and lock sets (DESIGN section 7).
 *
 * Each core has one lock, and every entry takes its own core's first. What may be done under which locks:
 *
 *     own              touch objects whose home is this core
 *     own + another's  and those whose home is the other core
 *     tree             with any of these: fill slots; change derivation links, watermarks, mapping records and tables. It is the
 *                      innermost: nothing else is taken while it is held, and plain IPC never takes it
 *     all              touch everything, empty slots, destroy objects. It includes the tree lock, since who holds that holds
 *                      a core's lock, too
 *
 * So whoever holds any core's lock can rely on what it has looked up.
 *
 * An operation takes what it needs while it checks, before it changes anything: lock_home and lock_all return true if the lock is held
 * already. If not, they let go, take both or all in order, and return false: then nothing that was looked up counts any more, and the
 * entry begins again (kernel_syscall does). The third time it has all, so it ends. Which locks an invocation needs stands in the table
 * of operations (invocation.c); what IPC needs depends on who is met (ipc.c).
 *
 * With one core there is nobody to exclude: interrupts are off in the kernel, and all of this compiles to nothing; a debug build
 * records what would be held, asserts it where things are touched, and can be made to begin again as if another core were in the way.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "core.h"

#if CONFIG_CORES > 1
#error "more than one core: the lock sets are not written yet"
#endif

/* What an entry holds, beside other cores' locks; each includes the one before. */
enum lock_level { LOCK_NONE, LOCK_OWN, LOCK_TREE, LOCK_ALL };

static inline enum lock_level lock_held(const struct core *core)
{
#ifdef CONFIG_DEBUG
    return (enum lock_level)core->lock_level;
#else
    (void)core;
    return LOCK_ALL;
#endif
}

/* Returns what was held before. */
static inline enum lock_level lock_record(struct core *core, enum lock_level level)
{
    enum lock_level before = lock_held(core);

#ifdef CONFIG_DEBUG
    core->lock_level = (uint8_t)level;
#else
    (void)level;
#endif
    return before;
}

/* Another core has the lock that is wanted, so what is held must be let go. With one core only a debug build can say so. */
static inline bool lock_is_contended(struct core *core)
{
#ifdef CONFIG_DEBUG
    return core->lock_contention > 0 && --core->lock_contention == 0;
#else
    (void)core;
    return false;
#endif
}

/* An entry begins, and ends. */
static inline void lock_own(struct core *core)
{
    assert(lock_held(core) == LOCK_NONE);
    lock_record(core, LOCK_OWN);
}

static inline void unlock_own(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN || lock_held(core) == LOCK_ALL);
    lock_record(core, LOCK_NONE);
}

/* Objects of this home can be touched. False: now they can, but look everything up again. */
static inline bool lock_home(struct core *core, unsigned home)
{
    assert(lock_held(core) >= LOCK_OWN && home == core->index);
    (void)home;
    return lock_held(core) == LOCK_ALL || !lock_is_contended(core);
}

/* Everything can be touched, and taken away. False: as above. */
static inline bool lock_all(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN || lock_held(core) == LOCK_ALL);
    bool had_all = lock_record(core, LOCK_ALL) == LOCK_ALL;
    return had_all || !lock_is_contended(core);
}

/* Another core waits for a lock of this one: a long operation lets go between two steps. */
static inline bool lock_is_wanted(const struct core *core)
{
    (void)core;
    return false;
}

/* Around filling slots and changing mappings. Returns what unlock_tree is to be given. */
static inline enum lock_level lock_tree(struct core *core)
{
    assert(lock_held(core) >= LOCK_OWN);
    return lock_held(core) == LOCK_ALL ? LOCK_ALL : lock_record(core, LOCK_TREE);
}

static inline void unlock_tree(struct core *core, enum lock_level before)
{
    assert(lock_held(core) >= LOCK_TREE);
    lock_record(core, before);
}

/* For assertions: this core's entry holds at least so much; it may touch what has this home. */
static inline bool lock_holds(enum lock_level level)
{
    return lock_held(core_self()) >= level;
}

static inline bool lock_holds_home(unsigned home)
{
    return lock_held(core_self()) == LOCK_ALL || (lock_holds(LOCK_OWN) && home == core_self()->index);
}

#endif
