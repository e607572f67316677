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

/* Text of a number, for assembler. */
#define ASM_TEXT_(number) #number
#define ASM_TEXT(number)  ASM_TEXT_(number)

#define ARGUMENT_STATUS 2 /* x2 */
#include "arguments.h"

ARCH_INLINE void arch_context_init(struct arch_context *context)
{
    context->full = 1;
}

ARCH_INLINE bool arch_fast_can_leave(const struct arch_context *context)
{
    return !(context->full | context->step);
}

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
}

/*
 * The way to user mode, in the function that goes there: it loads what the system call preserves, and clears what may hold something of the
 * kernel or of the thread that entered. x0 badge, x1 tag, x2 status, `next` the thread: in x3, or in x4, where the thread that entered is. Message
 * words are in place, and x23 to x28 as the thread that entered had them (fast_registers.h), as are x29, x30, ELR_EL1 and SP_EL0. In x5 and x6 the
 * thread may find its own pc and sp.
 */
#define FAST_LOAD(x, y, next, where) "ldp " #x ", " #y ", [" #next ", #" ASM_TEXT(where) "]\n"
#define FAST_ZERO(x, y, next)        FAST_LOAD(x, y, next, CONTEXT_ZERO)
#define FAST_NO_WORDS(next)          FAST_ZERO(x19, x20, next) FAST_ZERO(x21, x22, next)
#define FAST_SAME(next)              FAST_ZERO(x5, x6, next)
#define FAST_OTHER(next)                                                                                     \
    FAST_LOAD(x5, x6, next, CONTEXT_PC)                                                                      \
    "msr elr_el1, x5\n"                                                                                      \
    "msr sp_el0, x6\n" FAST_LOAD(x29, x30, next, CONTEXT_X29) FAST_LOAD(x23, x24, next, CONTEXT_X23)         \
        FAST_ZERO(x25, x26, next) FAST_ZERO(x27, x28, next)
#define FAST_EXIT(next)                                                                                      \
    "msr spsr_el1, xzr\n" FAST_ZERO(x7, x8, next) FAST_ZERO(x9, x10, next) FAST_ZERO(x11, x12, next)         \
        FAST_ZERO(x13, x14, next) FAST_ZERO(x15, x16, next) FAST_ZERO(x17, x18, next)                        \
            FAST_ZERO(x3, x4, next) "eret\n"                                                                 \
                                    "dsb nsh\n" /* not even by speculation is executed what follows */       \
                                    "isb"

/* The same as functions (entry.S), which take the stack back: where the compiler needs one, to check assertions, or because it has to save
 * registers, for Clang cannot be told which not to use. */
#if defined __clang__ || defined CONFIG_DEBUG
bool fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next);
bool fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next);
#define FAST_LEAVE(exit, next_register, function) return function(badge, tag, status, next)
#define FAST_LEAVE_SAVED                          "arch_exit"
#else
#define FAST_LEAVE(exit, next_register, function)                                                                 \
    register word_t x0 __asm__("x0") = badge;                                                                     \
    register word_t x1 __asm__("x1") = tag;                                                                       \
    register word_t x2 __asm__("x2") = status;                                                                    \
    register struct thread *thread __asm__(#next_register) = next;                                                \
    if (IS_ZERO(badge) && IS_ZERO(status))                                                                        \
        __asm__ volatile(FAST_ZERO(x0, x2, next_register) exit : : "r"(x1), "r"(thread) : "memory");              \
    else if (IS_ZERO(badge) && IS_ZERO(tag))                                                                      \
        __asm__ volatile(FAST_ZERO(x0, x1, next_register) exit : : "r"(x2), "r"(thread) : "memory");              \
    else                                                                                                          \
        __asm__ volatile(exit : : "r"(x0), "r"(x1), "r"(x2), "r"(thread) : "memory");                             \
    for (                                                                                                         \
        ;                                                                                                         \
        ;) /* this is where it is likely to come to, which GCC does not believe of a place that is not reached */ \
        ;
#define IS_ZERO(value)   (__builtin_constant_p(value) && (value) == 0)
#define FAST_LEAVE_SAVED "exit_current"
#endif

ARCH_INLINE bool arch_fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_OTHER(x3) FAST_EXIT(x3), x3, fast_leave);
}

ARCH_INLINE bool arch_fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_OTHER(x3) FAST_NO_WORDS(x3) FAST_EXIT(x3), x3, fast_leave_empty);
}

ARCH_INLINE bool arch_fast_return(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_SAME(x4) FAST_NO_WORDS(x4) FAST_EXIT(x4), x4, fast_leave_empty);
}

ARCH_INLINE bool arch_fast_leave_saved(struct thread *next)
{
    (void)next;
    __asm__ volatile("b " FAST_LEAVE_SAVED : : : "memory");
    __builtin_unreachable();
}

/* Four at a time, then two, then one. A pair is two accesses, each whole. */
ARCH_INLINE void arch_copy_words(word_t *to, const word_t *from, unsigned count)
{
    word_t left = count, a, b, c, d;

    __asm__ volatile("subs %[left], %[left], #4\n"
                     "b.lo 2f\n"
                     "1: ldp %[a], %[b], [%[from]], #16\n"
                     "ldp %[c], %[d], [%[from]], #16\n"
                     "subs %[left], %[left], #4\n"
                     "stp %[a], %[b], [%[to]], #16\n"
                     "stp %[c], %[d], [%[to]], #16\n"
                     "b.hs 1b\n"
                     "2: tbz %[left], #1, 3f\n" /* it is negative: its lowest bits are the rest */
                     "ldp %[a], %[b], [%[from]], #16\n"
                     "stp %[a], %[b], [%[to]], #16\n"
                     "3: tbz %[left], #0, 4f\n"
                     "ldr %[a], [%[from]]\n"
                     "str %[a], [%[to]]\n"
                     "4:"
                     : [to] "+r"(to), [from] "+r"(from), [left] "+r"(left), [a] "=&r"(a), [b] "=&r"(b),
                       [c] "=&r"(c), [d] "=&r"(d)
                     :
                     : "cc", "memory");
}

#if CONFIG_CORES > 1
/* The first instruction of each core sets it, and nothing changes it. */
ARCH_INLINE struct core *core_self(void)
{
    struct core *core;

    __asm__("mrs %0, tpidr_el1" : "=r"(core));
    return core;
}

ARCH_INLINE void arch_release(uint32_t *word)
{
    __atomic_store_n(word, *word + 1, __ATOMIC_RELEASE);
}

ARCH_INLINE void arch_relax(void)
{
    __asm__ volatile("yield" : : : "memory");
}

ARCH_INLINE void arch_thread_save(struct thread *current)
{
    struct arch_context *context = (struct arch_context *)current;

    if (current)
        __asm__ volatile("mrs %0, tpidr_el0" : "=r"(context->tls));
}
#endif

/* The kernel's own root, without user mappings. */
void space_load_kernel(void);

/* A space without a number has no mappings either: then ASID 0, which it gets, is nobody's. */
ARCH_INLINE void arch_space_load(struct arch_space *space)
{
    if (unlikely(!space)) {
        space_load_kernel();
        return;
    }
    /* Going to user mode synchronises, and the kernel's half is not concerned. */
    __asm__ volatile("msr ttbr0_el1, %0" : : "r"(space->ttbr0) : "memory");
    /* But another core may destroy the space that was loaded before that: it must not be walked any more. */
    if (CONFIG_CORES > 1)
        __asm__ volatile("isb" : : : "memory");
}

ARCH_INLINE unsigned arch_highest_bit(uint64_t word)
{
    return 63 - (unsigned)__builtin_clzll(word);
}

ARCH_INLINE ticks_t arch_ticks(void)
{
    ticks_t ticks;
    __asm__ volatile("isb\n mrs %0, cntvct_el0" : "=r"(ticks) : : "memory");
    return ticks;
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

#define USER_END USER_ADDRESS_END
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
