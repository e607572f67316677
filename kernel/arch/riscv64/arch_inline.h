/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * riscv64: the functions of arch.h that are small enough to be inline; included at its end.
 *
 * arch.h has declared them as ordinary functions. "extern inline" with the GNU meaning gives the compiler a
 * body and never an object to link, whatever was declared before.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#define ARCH_INLINE extern inline __attribute__((gnu_inline, always_inline))

#include "arguments.h"

/* All user registers, tp included, are in the context. */
ARCH_INLINE void arch_thread_switch(struct thread *previous, struct thread *next)
{
    (void)previous, (void)next;
}

#if CONFIG_CORES > 1
/* The kernel's tp holds it (entry.S). */
ARCH_INLINE struct core *core_self(void)
{
    return __builtin_thread_pointer();
}

ARCH_INLINE void arch_thread_save(struct thread *current)
{
    (void)current;
}
#endif

/* The rare cases of arch_space_load (space.c): the kernel's own root; a space of which the TLB may hold what
 * is not true. */
void space_load_kernel(void);
void space_load_flushing(struct arch_space *space);
bool space_is_stale(const struct arch_space *space);

/* With several cores, whether tags are stale is looked at after the load, and after core->space is seen by others: either who marked them sees that the
 * space is loaded here, or this sees the mark. */
ARCH_INLINE void arch_space_load(struct arch_space *space)
{
    if (unlikely(!space)) {
        space_load_kernel();
        return;
    }
#if CONFIG_CORES > 1
    __asm__ volatile("csrw satp, %0\n fence rw, rw" : : "r"(SHARED_READ(space->satp)) : "memory");
    if (unlikely(SHARED_READ(space->stale)) && space_is_stale(space))
        space_load_flushing(space);
#else
    if (unlikely(space->stale))
        space_load_flushing(space);
    else
        __asm__ volatile("csrw satp, %0" : : "r"(space->satp) : "memory");
#endif
}

ARCH_INLINE ticks_t arch_ticks(void)
{
    ticks_t ticks;
    __asm__ volatile("rdtime %0" : "=r"(ticks));
    return ticks;
}

extern word_t window_base; /* set once, at boot, before anything uses it */

ARCH_INLINE void *arch_pointer(paddr_t physical)
{
    return (void *)(window_base + physical);
}

ARCH_INLINE paddr_t arch_physical(const void *pointer)
{
    return (word_t)pointer - window_base;
}

/* ---- Page-table entries: privileged architecture, 4.3.1 and 4.4.1. */

#define PTE_VALID         WORD(0x1)
#define PTE_READ          WORD(0x2)
#define PTE_WRITE         WORD(0x4)
#define PTE_EXECUTE       WORD(0x8)
#define PTE_USER          WORD(0x10)
#define PTE_GLOBAL        WORD(0x20)
#define PTE_ACCESSED      WORD(0x40)
#define PTE_DIRTY         WORD(0x80)
#define PTE_ADDRESS_SHIFT 10
#define PTE_NUMBER        WORD(0x003ffffffffffc00) /* physical page number */

#include "tables.h"

ARCH_INLINE bool arch_pte_is_table(arch_pte_t entry, unsigned level)
{
    return level > 0 && (entry & (PTE_VALID | PTE_READ | PTE_WRITE | PTE_EXECUTE)) == PTE_VALID;
}

ARCH_INLINE paddr_t arch_pte_address(arch_pte_t entry)
{
    return (entry & PTE_NUMBER) >> PTE_ADDRESS_SHIFT << PAGE_BITS;
}

/* What the entry points to is visible to the walkers of all cores before it. The walker of this one may go on
 * seeing the old entry until a fence: for an entry that takes something away the caller flushes; one that was
 * made valid is found by the page fault (trap.c). */
ARCH_INLINE void arch_pte_write(arch_pte_t *where, arch_pte_t entry)
{
    __asm__ volatile("fence w, w" : : : "memory");
    *(volatile arch_pte_t *)where = entry;
}

#endif
