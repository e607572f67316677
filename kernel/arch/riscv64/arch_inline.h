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

#define ARGUMENT_STATUS 2 /* a2 */
#include "arguments.h"

ARCH_INLINE void arch_context_init(struct arch_context *context)
{
    context->full = 1;
}

/* ---- The fast paths */

ARCH_INLINE bool arch_fast_can_leave(const struct arch_context *context)
{
    return !context->full;
}

/*
 * The way to user mode, in the function that goes there: it loads what the system call preserves, and clears what may hold something of
 * the kernel, or still of the thread that entered. Message words and s1 are in place (fast_registers.h); a3 is left with the thread's own
 * pc. With several cores the context is given the start of the core's stack, which is where the function began.
 */
#define FAST_NO_WORDS                                                                                        \
    "li s2, 0\n"                                                                                             \
    "li s3, 0\n"                                                                                             \
    "li s4, 0\n"                                                                                             \
    "li s5, 0\n"
#define FAST_OTHER                                                                                           \
    "ld gp, %[gp](%[next])\n"                                                                                \
    "ld tp, %[tp](%[next])\n"                                                                                \
    "ld s1, %[s1](%[next])\n"
#define FAST_EXIT                                                                                            \
    "ld a3, %[pc](%[next])\n"                                                                                \
    "csrw sscratch, %[next]\n"                                                                               \
    "csrw sepc, a3\n"                                                                                        \
    "ld sp, %[sp](%[next])\n"                                                                                \
    "ld s0, %[s0](%[next])\n"                                                                                \
    "li ra, 0\n"                                                                                             \
    "li t0, 0\n"                                                                                             \
    "li t1, 0\n"                                                                                             \
    "li t2, 0\n"                                                                                             \
    "li t3, 0\n"                                                                                             \
    "li t4, 0\n"                                                                                             \
    "li t5, 0\n"                                                                                             \
    "li t6, 0\n"                                                                                             \
    "li a4, 0\n"                                                                                             \
    "li a5, 0\n"                                                                                             \
    "li a6, 0\n"                                                                                             \
    "li a7, 0\n"                                                                                             \
    "li s6, 0\n"                                                                                             \
    "li s7, 0\n"                                                                                             \
    "li s8, 0\n"                                                                                             \
    "li s9, 0\n"                                                                                             \
    "li s10, 0\n"                                                                                            \
    "li s11, 0\n"                                                                                            \
    "sret"

#if CONFIG_CORES > 1
#define FAST_STACK        "sd %[stack], %[place](%[next])\n"
#define FAST_TP           "ld tp, %[tp](%[next])\n"
#define FAST_STACK_INPUTS , [stack] "r"(__builtin_dwarf_cfa()), [place] "i"(CONTEXT_STACK)
#else
#define FAST_STACK
#define FAST_TP
#define FAST_STACK_INPUTS
#endif

#ifdef __clang__
bool fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next);
bool fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next);
#define FAST_LEAVE(exit, function) return function(badge, tag, status, next)
#else
#define FAST_LEAVE(exit, function)                                                                           \
    register word_t a0 __asm__("a0") = badge;                                                                \
    register word_t a1 __asm__("a1") = tag;                                                                  \
    register word_t a2 __asm__("a2") = status;                                                               \
    __asm__ volatile(                                                                                        \
        FAST_STACK exit                                                                                      \
        :                                                                                                    \
        : "r"(a0), "r"(a1),                                                                                  \
          "r"(a2), [next] "r"(next), [pc] "i"(CONTEXT_PC), [sp] "i"(CONTEXT_SP), [gp] "i"(CONTEXT_GP),       \
          [tp] "i"(CONTEXT_TP), [s0] "i"(CONTEXT_S0), [s1] "i"(CONTEXT_S1)FAST_STACK_INPUTS                  \
        : "memory", "a3");                                                                                   \
    __builtin_unreachable()
#endif

ARCH_INLINE bool arch_fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_OTHER FAST_EXIT, fast_leave);
}

ARCH_INLINE bool arch_fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_NO_WORDS FAST_OTHER FAST_EXIT, fast_leave_empty);
}

/* gp and (with one core) tp have not been touched. */
ARCH_INLINE bool arch_fast_return(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_NO_WORDS FAST_TP FAST_EXIT, fast_leave_empty);
}

ARCH_INLINE bool arch_fast_leave_saved(struct thread *next)
{
    (void)next;
    __asm__ volatile("j arch_exit" : : : "memory");
    __builtin_unreachable();
}

/* Four at a time. */
ARCH_INLINE void arch_copy_words(word_t *to, const word_t *from, unsigned count)
{
    const volatile word_t *source = from;

    for (; count >= 4; count -= 4, to += 4, source += 4) {
        word_t word0 = source[0], word1 = source[1], word2 = source[2], word3 = source[3];
        to[0] = word0;
        to[1] = word1;
        to[2] = word2;
        to[3] = word3;
    }
    for (; count; count--)
        *to++ = *source++;
}

/* All user registers, tp included, are in the context. */
ARCH_INLINE void arch_thread_switch(struct thread *previous, struct thread *next)
{
    (void)previous, (void)next;
}

#if CONFIG_CORES > 1
ARCH_INLINE void arch_release(uint32_t *word)
{
    /* A store: __atomic_store_n would become an AMO. */
    __asm__ volatile("fence rw, w\n sw %1, %0" : "=m"(*word) : "r"(*word + 1) : "memory");
}

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
void space_load_stale(struct arch_space *space);

/* space_load_stale, but not a call for the compiler: the fast paths keep their values in registers that a call may change;
 * this one changes none but those two (entry.S). */
#define SPACE_LOAD_STALE(space)                                                                              \
    __asm__ volatile("mv t1, %0\n call t0, entry_space_stale" : : "r"(space) : "t0", "t1", "memory")

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
    if (unlikely(SHARED_READ(space->stale)))
        SPACE_LOAD_STALE(space);
#else
    if (unlikely(space->stale))
        SPACE_LOAD_STALE(space);
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

/* By halves, as the base instruction set has nothing for it; of four bits that are left, the constant holds the answers, in two bits each. */
ARCH_INLINE unsigned arch_highest_bit(uint64_t word)
{
    unsigned bit = 0;

    if (word >> 32)
        bit += 32, word >>= 32;
    if (word >> 16)
        bit += 16, word >>= 16;
    if (word >> 8)
        bit += 8, word >>= 8;
    if (word >> 4)
        bit += 4, word >>= 4;
    return bit + (unsigned)(0xffffaa50 >> 2 * word & 3);
}

extern word_t window_base; /* set once, at boot, before anything uses it */

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

#define WINDOW_BASE window_base
#define USER_END    ((word_t)1 << (PAGE_BITS + ARCH_TABLE_BITS * paging_levels - 1))
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
