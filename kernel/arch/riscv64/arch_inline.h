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

ARCH_INLINE word_t arch_syscall_operation(const struct arch_context *context)
{
    return context->a[0];
}

ARCH_INLINE word_t arch_syscall_cap(const struct arch_context *context)
{
    return context->a[1];
}

ARCH_INLINE word_t arch_syscall_tag(const struct arch_context *context)
{
    return context->a[2];
}

ARCH_INLINE word_t arch_syscall_reply(const struct arch_context *context)
{
    return context->a[3];
}

ARCH_INLINE void arch_set_status(struct arch_context *context, status_t status)
{
    context->a[0] = status;
}

ARCH_INLINE void arch_set_result(struct arch_context *context, status_t status, word_t badge, tag_t tag)
{
    context->a[0] = status;
    context->a[1] = badge;
    context->a[2] = tag;
}

ARCH_INLINE word_t arch_message_word(const struct arch_context *context, unsigned index)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    return context->a[4 + index];
}

ARCH_INLINE void arch_set_message_word(struct arch_context *context, unsigned index, word_t value)
{
    assert(index < MESSAGE_REGISTER_WORDS);
    context->a[4 + index] = value;
}

ARCH_INLINE word_t arch_context_ip(const struct arch_context *context)
{
    return context->pc;
}

ARCH_INLINE word_t arch_context_sp(const struct arch_context *context)
{
    return context->sp;
}

/* All user registers, tp included, are in the context. */
ARCH_INLINE void arch_thread_switch(struct thread *previous, struct thread *next)
{
    (void)previous, (void)next;
}

/* The rare cases of arch_space_load (space.c): the kernel's own root; a space of which the TLB may hold what
 * is not true. */
void space_load_kernel(void);
void space_load_flushing(struct arch_space *space);

ARCH_INLINE void arch_space_load(struct arch_space *space)
{
    if (unlikely(!space))
        space_load_kernel();
    else if (unlikely(space->flush))
        space_load_flushing(space);
    else
        __asm__ volatile("csrw satp, %0" : : "r"(space->satp) : "memory");
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

ARCH_INLINE unsigned arch_level_bits(unsigned level)
{
    return PAGE_BITS + ARCH_TABLE_BITS * level;
}

ARCH_INLINE arch_pte_t *arch_table_entry(arch_pte_t *table, unsigned level, word_t address)
{
    return &table[address >> arch_level_bits(level) & ((1u << ARCH_TABLE_BITS) - 1)];
}

ARCH_INLINE bool arch_pte_is_empty(arch_pte_t entry)
{
    return entry == 0;
}

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
