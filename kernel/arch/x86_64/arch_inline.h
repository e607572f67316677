/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64: the functions of arch.h that are small enough to be inline; included at its end.
 *
 * arch.h has declared them as ordinary functions. "extern inline" with the GNU meaning gives the compiler a
 * body and never an object to link, whatever was declared before.
 */
#ifndef ARCH_INLINE_H
#define ARCH_INLINE_H

#define ARCH_INLINE extern inline __attribute__((gnu_inline, always_inline))

ARCH_INLINE word_t arch_syscall_operation(const struct arch_context *context)
{
    return context->rax;
}

ARCH_INLINE word_t arch_syscall_cap(const struct arch_context *context)
{
    return context->rdi;
}

ARCH_INLINE word_t arch_syscall_tag(const struct arch_context *context)
{
    return context->rsi;
}

ARCH_INLINE word_t arch_syscall_reply(const struct arch_context *context)
{
    return context->rdx;
}

ARCH_INLINE void arch_set_status(struct arch_context *context, status_t status)
{
    context->rax = status;
}

ARCH_INLINE void arch_set_result(struct arch_context *context, status_t status, word_t badge, tag_t tag)
{
    context->rax = status;
    context->rdi = badge;
    context->rsi = tag;
}

/* The message words are four neighbours, rbx r12 r13 r14: an index needs no branch. */
_Static_assert(CONTEXT_R14 - CONTEXT_RBX == 3 * sizeof(word_t), "message words are neighbours");

ARCH_INLINE word_t arch_message_word(const struct arch_context *context, unsigned index)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    return *(const word_t *)((const char *)context + CONTEXT_RBX + index * sizeof(word_t));
}

ARCH_INLINE void arch_set_message_word(struct arch_context *context, unsigned index, word_t value)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    *(word_t *)((char *)context + CONTEXT_RBX + index * sizeof(word_t)) = value;
}

ARCH_INLINE word_t arch_context_ip(const struct arch_context *context)
{
    return context->rip;
}

ARCH_INLINE word_t arch_context_sp(const struct arch_context *context)
{
    return context->rsp;
}

/*
 * FS and GS base belong to the user, who writes them with WRFSBASE and WRGSBASE without the kernel's
 * knowledge. The kernel itself uses neither, so they stay in the registers until another thread becomes
 * current: a system call that switches to nobody costs nothing. None of these instructions can fault: the
 * values are canonical, because a register held them or arch_register_check has seen them. A struct thread
 * begins with its context.
 */
ARCH_INLINE void arch_thread_switch(struct thread *previous, struct thread *next)
{
    struct arch_context *from = (struct arch_context *)previous, *to = (struct arch_context *)next;
    if (from) {
        __asm__ volatile("rdfsbase %0" : "=r"(from->fs_base));
        __asm__ volatile("rdgsbase %0" : "=r"(from->gs_base));
    }
    if (to) {
        __asm__ volatile("wrfsbase %0" : : "r"(to->fs_base));
        __asm__ volatile("wrgsbase %0" : : "r"(to->gs_base));
    }
}

#if CONFIG_CORES > 1
/* The last word of the stack that this runs on (layout.h). */
ARCH_INLINE struct core *core_self(void)
{
    word_t stack;

    __asm__("mov %%rsp, %0" : "=r"(stack));
    return *(struct core **)((stack | (STACK_BLOCK - 1)) - (sizeof(word_t) - 1));
}

ARCH_INLINE void arch_relax(void)
{
    __asm__ volatile("pause" : : : "memory");
}

ARCH_INLINE void arch_thread_save(struct thread *current)
{
    struct arch_context *context = (struct arch_context *)current;

    if (!current)
        return;
    __asm__ volatile("rdfsbase %0" : "=r"(context->fs_base));
    __asm__ volatile("rdgsbase %0" : "=r"(context->gs_base));
}
#endif

/* The rare cases of arch_space_load (space.c): the kernel's own root; a space of which the TLB may hold what
 * is not true. */
void space_load_kernel(void);
void space_load_flushing(struct arch_space *space);
bool space_is_stale(const struct arch_space *space);

/* Whether tags are stale is looked at after the load, which waits for all stores and loads before it (SDM vol. 3, 8.3): either who
 * marked them sees that the space is loaded here, or this sees the mark. */
ARCH_INLINE void arch_space_load(struct arch_space *space)
{
    if (unlikely(!space)) {
        space_load_kernel();
        return;
    }
    __asm__ volatile("mov %0, %%cr3" : : "r"(space->cr3) : "memory");
    if (unlikely(SHARED_READ(space->stale)) && space_is_stale(space))
        space_load_flushing(space);
}

ARCH_INLINE ticks_t arch_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (ticks_t)high << 32 | low;
}

ARCH_INLINE void *arch_pointer(paddr_t physical)
{
    return (void *)(WINDOW_BASE + physical);
}

ARCH_INLINE paddr_t arch_physical(const void *pointer)
{
    return (word_t)pointer - WINDOW_BASE;
}

/* ---- Page-table entries: SDM vol. 3, 4.5. */

#define PTE_PRESENT    WORD(0x1)
#define PTE_WRITE      WORD(0x2)
#define PTE_USER       WORD(0x4)
#define PTE_PAT_1      WORD(0x8)  /* called PWT: low bit of the index into the PAT */
#define PTE_PAT_2      WORD(0x10) /* called PCD: the next bit */
#define PTE_ACCESSED   WORD(0x20)
#define PTE_DIRTY      WORD(0x40)
#define PTE_LARGE      WORD(0x80) /* a frame above level 0 */
#define PTE_GLOBAL     WORD(0x100)
#define PTE_NO_EXECUTE WORD(0x8000000000000000)
#define PTE_ADDRESS    WORD(0x000ffffffffff000)

#include "tables.h"

ARCH_INLINE bool arch_pte_is_table(arch_pte_t entry, unsigned level)
{
    return level > 0 && (entry & (PTE_PRESENT | PTE_LARGE)) == PTE_PRESENT;
}

ARCH_INLINE paddr_t arch_pte_address(arch_pte_t entry)
{
    return entry & PTE_ADDRESS;
}

/* One aligned store; x86 keeps stores in order, so what the entry points to is visible before it. */
ARCH_INLINE void arch_pte_write(arch_pte_t *where, arch_pte_t entry)
{
    *(volatile arch_pte_t *)where = entry;
}

#endif
