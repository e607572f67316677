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
 *
 * With several, the locks are ticket locks: fair, and one atomic operation to take, a plain store to let go. Who waits for one answers
 * what other cores ask of its own meanwhile (sched/remote.c): so whoever holds a core's lock can have it parked.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include "core.h"
#include "remote.h"

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

#if CONFIG_CORES > 1

/* Whose locks, beside the core's own. */
enum lock_set { LOCK_SET_ONE, LOCK_SET_TWO, LOCK_SET_ALL };

/* ---- lock.c: the uncommon ways. */

/* Wait for a ticket's turn. */
void lock_wait(struct core *core, const struct ticket_lock *lock, uint32_t ticket);
/* Let go of all, and take own and that one; or all, if it holds two already. */
void lock_take_two(struct core *core, unsigned other);
void lock_take_all(struct core *core);
/* Let go of the others' locks, and tell those cores for whom there is something to do. */
void lock_release_others(struct core *core);
bool lock_is_wanted(struct core *core);
extern struct ticket_lock tree_lock;

static inline void ticket_take(struct core *core, struct ticket_lock *lock)
{
    uint32_t ticket = __atomic_fetch_add(&lock->next, 1, __ATOMIC_ACQUIRE);

    if (unlikely(__atomic_load_n(&lock->owner, __ATOMIC_ACQUIRE) != ticket))
        lock_wait(core, lock, ticket);
}

/* Only the holder writes `owner`. */
static ALWAYS_INLINE void ticket_release(struct ticket_lock *lock)
{
    arch_release(&lock->owner);
}

static inline bool lock_has_all(const struct core *core)
{
    return core->lock_set == LOCK_SET_ALL;
}

static inline bool lock_has_home(const struct core *core, unsigned home)
{
    return home == core->index || core->lock_set == LOCK_SET_ALL ||
           (core->lock_set == LOCK_SET_TWO && core->lock_other == home);
}

/* An entry begins, and ends. */
static inline void lock_own(struct core *core)
{
    ticket_take(core, &core->lock);
    assert(lock_held(core) == LOCK_NONE && core->lock_set == LOCK_SET_ONE);
    lock_record(core, LOCK_OWN);
}

/* The same at a system call of the current thread, which may be taken away while its core waits. */
static inline void lock_own_in_syscall(struct core *core)
{
    uint32_t ticket = __atomic_fetch_add(&core->lock.next, 1, __ATOMIC_ACQUIRE);

    if (unlikely(__atomic_load_n(&core->lock.owner, __ATOMIC_ACQUIRE) != ticket)) {
        core->in_syscall = true;
        lock_wait(core, &core->lock, ticket);
        core->in_syscall = false;
    }
    assert(lock_held(core) == LOCK_NONE && core->lock_set == LOCK_SET_ONE);
    lock_record(core, LOCK_OWN);
}

/* The fast path does not wait: false if somebody has it. No ticket has been drawn since owner and next were the same, if they still are. It is `owner`
 * that the one before wrote last, after all that it did under the lock. */
static ALWAYS_INLINE bool lock_own_at_once(struct core *core)
{
    uint32_t ticket = __atomic_load_n(&core->lock.owner, __ATOMIC_ACQUIRE);

    if (unlikely(!__atomic_compare_exchange_n(&core->lock.next, &ticket, ticket + 1, false, __ATOMIC_ACQUIRE,
                                              __ATOMIC_RELAXED)))
        return false;
    assert(lock_held(core) == LOCK_NONE && core->lock_set == LOCK_SET_ONE);
    lock_record(core, LOCK_OWN);
    return true;
}

/* The end of an entry that has taken no other lock. */
static ALWAYS_INLINE void unlock_own_only(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN && core->lock_set == LOCK_SET_ONE);
    lock_record(core, LOCK_NONE);
    ticket_release(&core->lock);
}

static inline void unlock_own(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN || lock_held(core) == LOCK_ALL);
    lock_record(core, LOCK_NONE);
    if (unlikely(core->lock_set != LOCK_SET_ONE))
        lock_release_others(core);
    ticket_release(&core->lock);
}

/* Objects of this home can be touched. False: now they can, but look everything up again. */
static inline bool lock_home(struct core *core, unsigned home)
{
    assert(lock_held(core) >= LOCK_OWN && home < core_count);
    if (likely(home == core->index))
        return lock_has_all(core) || !lock_is_contended(core);
    if (lock_has_home(core, home))
        return true;
    lock_take_two(core, home);
    return false;
}

/* Everything can be touched, and taken away. False: as above. */
static inline bool lock_all(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN || lock_held(core) == LOCK_ALL);
    if (lock_has_all(core))
        return true;
    lock_take_all(core);
    return false;
}

static inline void lock_tree_take(struct core *core)
{
    ticket_take(core, &tree_lock);
}

static inline void lock_tree_release(void)
{
    ticket_release(&tree_lock);
}

#else

static inline bool lock_has_all(const struct core *core)
{
    return lock_held(core) == LOCK_ALL;
}

static inline bool lock_has_home(const struct core *core, unsigned home)
{
    return home == core->index;
}

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

static ALWAYS_INLINE bool lock_own_at_once(struct core *core)
{
    lock_own(core);
    return true;
}

static ALWAYS_INLINE void unlock_own_only(struct core *core)
{
    unlock_own(core);
}

static inline bool lock_home(struct core *core, unsigned home)
{
    assert(lock_held(core) >= LOCK_OWN && home == core->index);
    (void)home;
    return lock_held(core) == LOCK_ALL || !lock_is_contended(core);
}

static inline bool lock_all(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN || lock_held(core) == LOCK_ALL);
    bool had_all = lock_record(core, LOCK_ALL) == LOCK_ALL;
    return had_all || !lock_is_contended(core);
}

/* Another core waits for a lock of this one: a long operation lets go between two steps. */
static inline bool lock_is_wanted(struct core *core)
{
    (void)core;
    return false;
}

static inline void lock_tree_take(struct core *core)
{
    (void)core;
}

static inline void lock_tree_release(void)
{
}

#endif

/* Around filling slots and changing mappings. Returns what unlock_tree is to be given. */
static inline enum lock_level lock_tree(struct core *core)
{
    assert(lock_held(core) == LOCK_OWN || lock_held(core) == LOCK_ALL);
    if (lock_has_all(core))
        return LOCK_ALL;
    lock_tree_take(core);
    lock_record(core, LOCK_TREE);
    return LOCK_OWN;
}

static inline void unlock_tree(struct core *core, enum lock_level before)
{
    assert(lock_held(core) >= LOCK_TREE);
    if (before == LOCK_ALL)
        return;
    lock_record(core, before);
    lock_tree_release();
}

/* The home of an object (Endpoint, Notification, Reply): read without a lock, to know which to take; changed under the locks of both homes. */
#define home_of(object)        ((unsigned)SHARED_READ((object)->home))
#define home_set(object, core) SHARED_WRITE((object)->home, (__typeof__((object)->home))(core))

/* For assertions: this core's entry holds at least so much; it may touch what has this home. */
static inline bool lock_holds(enum lock_level level)
{
    return lock_held(core_self()) >= level;
}

static inline bool lock_holds_home(unsigned home)
{
    return lock_held(core_self()) == LOCK_ALL || (lock_holds(LOCK_OWN) && lock_has_home(core_self(), home));
}

#endif
