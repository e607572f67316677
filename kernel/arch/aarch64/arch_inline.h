/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch64: the functions of arch.h that are small enough to be inline; included at its end.
 *
 * arch.h has declared them as ordinary functions. "extern inline" with the GNU meaning gives the compiler a
 * body and never an object to link, whatever was declared before.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#define ARCH_INLINE extern inline __attribute__((gnu_inline, always_inline))

#include "arguments.h"

/* Monitor debug: EL0 alone is stepped while MDSCR_EL1.SS is set, since KDE is clear (Arm ARM D2.12). */
void step_set(word_t step);

/*
 * TPIDR_EL0 belongs to the user, who writes it without the kernel's knowledge; it stays in the register until
 * another thread becomes current. A struct thread begins with its context.
 */
ARCH_INLINE void arch_thread_switch(struct thread *previous, struct thread *next)
{
    struct arch_context *from = (struct arch_context *)previous, *to = (struct arch_context *)next;
    if (from)
        __asm__ volatile("mrs %0, tpidr_el0" : "=r"(from->tls));
    if (to)
        __asm__ volatile("msr tpidr_el0, %0" : : "r"(to->tls));
    word_t step = to ? to->step : 0;
    if (unlikely((from ? from->step : 0) != step))
        step_set(step);
}

#if CONFIG_CORES > 1
/* The first instruction of each core sets it, and nothing changes it. */
ARCH_INLINE struct core *core_self(void)
{
    struct core *core;

    __asm__("mrs %0, tpidr_el1" : "=r"(core));
    return core;
}

ARCH_INLINE void arch_relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

/* Whoever asks for this takes the thread away: the core goes on as from no thread, and does not turn stepping off once more. */
ARCH_INLINE void arch_thread_save(struct thread *current)
{
    struct arch_context *context = (struct arch_context *)current;

    if (!current)
        return;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(context->tls));
    if (unlikely(context->step))
        step_set(0);
}
#endif

/* The kernel's own root, without user mappings. */
void space_load_kernel(void);

/* A space without a number has no mappings either, and no ASID of its own. */
ARCH_INLINE void arch_space_load(struct arch_space *space)
{
    if (unlikely(!space || space->number == 0))
        space_load_kernel();
    else /* going to user mode synchronises, and the kernel's half is not concerned */
        __asm__ volatile("msr ttbr0_el1, %0" : : "r"(space->root | (word_t)space->number << 48) : "memory");
    /* But another core may destroy the space that was loaded before that: it must not be walked any more. */
    if (CONFIG_CORES > 1)
        __asm__ volatile("isb" : : : "memory");
}

ARCH_INLINE ticks_t arch_ticks(void)
{
    ticks_t ticks;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
}

ARCH_INLINE void *arch_pointer(paddr_t physical)
{
    return (void *)(WINDOW_BASE + physical);
}

ARCH_INLINE paddr_t arch_physical(const void *pointer)
{
    return (word_t)pointer - WINDOW_BASE;
}

/* ---- Page-table entries: Arm ARM D8.3, 4 KiB granule. */

#define PTE_VALID         WORD(0x1)
#define PTE_TABLE         WORD(0x2) /* a table above level 0; a page at level 0 */
#define PTE_MEMORY(index) ((word_t)(index) << 2)
#define PTE_USER          WORD(0x40)
#define PTE_READ_ONLY     WORD(0x80)
#define PTE_INNER_SHARED  WORD(0x300)
#define PTE_ACCESSED      WORD(0x400)
#define PTE_NOT_GLOBAL    WORD(0x800)
#define PTE_PXN           WORD(0x0020000000000000)
#define PTE_UXN           WORD(0x0040000000000000)
#define PTE_ADDRESS       WORD(0x0000fffffffff000)

#include "tables.h"

ARCH_INLINE bool arch_pte_is_table(arch_pte_t entry, unsigned level)
{
    return level > 0 && (entry & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

ARCH_INLINE paddr_t arch_pte_address(arch_pte_t entry)
{
    return entry & PTE_ADDRESS;
}

#endif
