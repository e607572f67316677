/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What one core asks of another.
 *
 * What a core has loaded belongs to it: the current thread's registers while that runs, the address space, translations in the TLB, the
 * FPU's state. Whoever would change one of these asks the core, by a bit in its `requests` and an interrupt, and waits until the
 * bit is gone:
 *
 *     PARK     the current thread's registers are all in its context. Asked by who holds the core's lock: until that is let go, the core stays in the
 *              kernel and does not look at its current thread, so that can be taken away from it
 *     UNLOAD   the kernel's own root is loaded (the core's lock is held)
 *     FPU      the state of the FPU's owner is in its memory (the core's lock is held)
 *     FLUSH    translations are forgotten: what `shootdown` names (the tree lock is held, so there is one at a time)
 *     FETCH    instructions are fetched anew (the tree lock is held)
 *
 * One bit asks for something and waits for nothing:
 *
 *     RESCHEDULE   the core looks who shall run. It is set after the core's lock was let go, with `reschedule` set under it, so whoever answers
 *                  finds that when it next takes its lock: in kernel_ipi at the latest. Without the bit, an interrupt that came for this
 *                  and for a FLUSH at once would be taken for one that came for the FLUSH
 *
 * A core answers in the interrupt handler, and in every loop in which it waits for a lock or for another core's answer. Answering takes no lock.
 * So nobody waits in a circle: a core that does not answer yet is in user mode, idle, or in the kernel with its own lock held, for a
 * bounded time; and if its lock is held by who asks, only the first two, or waiting.
 *
 * Afterwards, with its lock, a core sees whether `current` is still who made the system call, and drops that if not. The system call of a thread that is
 * taken away before anything was done begins anew when it next runs: `in_syscall` tells that it is in that stage. An exception that does not come again is
 * kept in the thread: `trap` tells that there is one.
 */
#include "remote.h"
#include "lock.h"
#include "scheduler.h"

#if CONFIG_CORES > 1

#define REQUEST_PARK       1u
#define REQUEST_UNLOAD     2u
#define REQUEST_FPU        4u
#define REQUEST_FLUSH      8u
#define REQUEST_RESCHEDULE 16u
#define REQUEST_FETCH      32u

static struct {
    struct address_space *space;
    word_t address;
    unsigned size_bits; /* 0: all of the space */
} shootdown;

static bool halting;

static void flush(void)
{
    if (shootdown.size_bits)
        arch_tlb_flush_page_here(&shootdown.space->arch, shootdown.address, shootdown.size_bits);
    else
        arch_tlb_flush_space_here(&shootdown.space->arch);
}

static void save_fpu(const struct core *core)
{
    arch_fpu_enable(true);
    arch_fpu_save(&core->fpu_owner->fpu);
    if (arch_fpu_leaks())
        arch_fpu_clear();
    arch_fpu_enable(false);
}

static void unload_space(struct core *core)
{
    core_set_space(core, NULL);
    arch_space_load(NULL);
}

bool remote_answer(struct core *core)
{
    uint32_t requests = __atomic_load_n(&core->requests, __ATOMIC_ACQUIRE);

    if (unlikely(SHARED_READ(halting)))
        arch_core_halt();
    if (!requests)
        return false;
    if (!ARCH_TLB_BROADCAST && (requests & REQUEST_FLUSH))
        flush();
    if (!ARCH_FETCH_BROADCAST && (requests & REQUEST_FETCH))
        arch_sync_instructions_here();
    if (requests & REQUEST_PARK)
        arch_thread_save(core->current);
    if (requests & REQUEST_FPU)
        save_fpu(core);
    if (requests & REQUEST_UNLOAD)
        unload_space(core);
    __atomic_fetch_and(&core->requests, ~requests, __ATOMIC_RELEASE);
    return !(requests & ~(REQUEST_FLUSH | REQUEST_FETCH));
}

static void ask(struct core *core, uint32_t request)
{
    assert(core != core_self());
    __atomic_fetch_or(&core->requests, request, __ATOMIC_SEQ_CST);
    arch_ipi(core->index);
}

void remote_reschedule(struct core *core)
{
    ask(core, REQUEST_RESCHEDULE);
}

static void wait_for_answer(struct core *core, uint32_t request)
{
    struct core *self = core_self();

    while (__atomic_load_n(&core->requests, __ATOMIC_ACQUIRE) & request) {
        remote_answer(self);
        arch_relax();
    }
}

static void ask_and_wait(struct core *core, uint32_t request)
{
    assert(lock_holds_home(core->index));
    ask(core, request);
    wait_for_answer(core, request);
}

void remote_take(struct thread *thread)
{
    struct core *core = thread_core(thread);

    if (core == core_self() || core->current != thread)
        return;
    ask_and_wait(core, REQUEST_PARK);
    if (core->in_syscall)
        arch_syscall_restart(&thread->context);
    core->in_syscall = false;
    if (core->trap.is_new)
        thread_keep_exception(thread, core->trap.kind, core->trap.code);
    core->trap.is_new = false;
    core->current = NULL;
    core_reschedule(core);
    thread_update_rare(thread);
    core_update_min_key(core);
}

void remote_save_fpu(struct thread *thread)
{
    struct core *core = thread_core(thread);

    if (core->fpu_owner != thread)
        return;
    if (core == core_self())
        save_fpu(core);
    else
        ask_and_wait(core, REQUEST_FPU);
    core->fpu_owner = NULL;
    core->fpu_on = false;
    thread_update_rare(thread);
}

void remote_unload_space(const struct address_space *space)
{
    for (unsigned i = 0; i < core_count; i++) {
        struct core *core = &cores[i];
        if (core == core_self() || __atomic_load_n(&core->space, __ATOMIC_ACQUIRE) != space)
            continue;
        ask_and_wait(core, REQUEST_UNLOAD);
        core_reschedule(core); /* a current thread that goes on loads it again, with its new tag */
    }
}

/* Ask all, and only then wait. The loads of `space` come after the entry was changed, and after tags were marked stale: whoever loads the space
 * later sees both (see arch_space_load). */
void remote_flush(struct address_space *space, word_t address, unsigned size_bits)
{
    uint64_t asked = 0;

    if (ARCH_TLB_BROADCAST)
        return;
    shootdown.space = space;
    shootdown.address = address;
    shootdown.size_bits = size_bits;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < core_count; i++)
        if (&cores[i] != core_self() && __atomic_load_n(&cores[i].space, __ATOMIC_ACQUIRE) == space) {
            ask(&cores[i], REQUEST_FLUSH);
            asked |= (uint64_t)1 << i;
        }
    for (unsigned i = 0; i < core_count; i++)
        if (asked >> i & 1)
            wait_for_answer(&cores[i], REQUEST_FLUSH);
}

/* All, whatever they run: it is rare. The core that asks has done it. */
void remote_sync_instructions(void)
{
    if (ARCH_FETCH_BROADCAST)
        return;
    for (unsigned i = 0; i < core_count; i++)
        if (&cores[i] != core_self())
            ask(&cores[i], REQUEST_FETCH);
    for (unsigned i = 0; i < core_count; i++)
        if (&cores[i] != core_self())
            wait_for_answer(&cores[i], REQUEST_FETCH);
}

void remote_halt(void)
{
    if (core_count == 0) /* before boot has told */
        return;
    __atomic_store_n(&halting, true, __ATOMIC_SEQ_CST);
    for (unsigned i = 0; i < core_count; i++)
        if (&cores[i] != core_self())
            arch_ipi(i);
}

#endif
