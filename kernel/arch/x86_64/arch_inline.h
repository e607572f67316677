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

#define ARGUMENT_STATUS 3 /* rax */
#if FAST_ENTRY
#define LEAVES_WITH
#endif
#include "arguments.h"

ARCH_INLINE void arch_context_init(struct arch_context *context)
{
    context->full = 1;
    context->rflags = USER_FLAGS;
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

#if FAST_ENTRY
ARCH_INLINE bool arch_fast_can_leave(const struct arch_context *context)
{
    return !context->full;
}

/*
 * The way to user mode, in the function that goes there: it loads what the system call preserves, and clears what may hold something of
 * the kernel. SYSRET: see arch_exit (entry.S). Message words and r15 are in place (fast_registers.h).
 */
#define FAST_NO_WORDS "xor %%ebx, %%ebx; xor %%r12d, %%r12d; xor %%r13d, %%r13d; xor %%r14d, %%r14d\n"
#define FAST_NONE     "xor %%edi, %%edi; xor %%esi, %%esi\n"
#define FAST_R15      "mov %c[r15](%%rcx), %%r15\n"
#define FAST_REST                                                                                            \
    "mov %c[rbp](%%rcx), %%rbp; mov %c[rsp](%%rcx), %%rsp; mov %c[rip](%%rcx), %%rcx\n"                      \
    "mov %[flags], %%r11d; xor %%edx, %%edx; xor %%r8d, %%r8d; xor %%r9d, %%r9d; xor %%r10d, %%r10d\n"       \
    "sysretq"
#define FAST_LEAVE(what, ...)                                                                                \
    __asm__ volatile(what FAST_REST                                                                          \
                     :                                                                                       \
                     : "a"(status), "c"(next), [rbp] "i"(CONTEXT_RBP), [rsp] "i"(CONTEXT_RSP),               \
                       [rip] "i"(CONTEXT_RIP), [r15] "i"(CONTEXT_R15), [flags] "i"(USER_FLAGS)__VA_ARGS__    \
                     : "memory");                                                                            \
    __builtin_unreachable()
#define FAST_RESULT , "D"(badge), "S"(tag)

ARCH_INLINE bool arch_fast_leave(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_R15, FAST_RESULT);
}

ARCH_INLINE bool arch_fast_leave_empty(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_NO_WORDS FAST_R15, FAST_RESULT);
}

ARCH_INLINE void arch_leave_with(status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_NONE FAST_NO_WORDS FAST_R15, );
}

ARCH_INLINE bool arch_fast_return(word_t badge, tag_t tag, status_t status, struct thread *next)
{
    FAST_LEAVE(FAST_NO_WORDS, FAST_RESULT);
}

ARCH_INLINE bool arch_fast_leave_saved(struct thread *next)
{
    register struct thread *r8 __asm__("r8") = next;

    __asm__ volatile("jmp exit_to_thread" : : "r"(r8) : "memory");
    __builtin_unreachable();
}

/* Also on several cores: REP MOVS reads and writes aligned words whole, each once. */
ARCH_INLINE void arch_copy_words(word_t *to, const word_t *from, unsigned count)
{
    word_t words = count;

    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}
#else
#include "fast_saved.h"
#endif

#if CONFIG_CORES > 1
/* The last word of the stack that this runs on (layout.h). */
ARCH_INLINE struct core *core_self(void)
{
    word_t stack;

    __asm__("mov %%rsp, %0" : "=r"(stack));
    return *(struct core **)((stack | (STACK_BLOCK - 1)) - (sizeof(word_t) - 1));
}

/* Stores are in order, and one instruction that is not locked is enough where nobody else writes. */
ARCH_INLINE void arch_release(uint32_t *word)
{
    __asm__ volatile("incl %0" : "+m"(*word) : : "memory", "cc");
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

/* The rare cases of arch_space_load (space.c): the kernel's own root; a space that is marked as stale, by some core, and has just been loaded. */
void space_load_kernel(void);
void space_load_stale(struct arch_space *space);

/* Whether tags are stale is looked at after the load, which waits for all stores and loads before it (SDM vol. 3, 8.3): either who
 * marked them sees that the space is loaded here, or this sees the mark. */
ARCH_INLINE void arch_space_load(struct arch_space *space)
{
    if (unlikely(!space)) {
        space_load_kernel();
        return;
    }
    __asm__ volatile("mov %0, %%cr3" : : "r"(space->cr3) : "memory");
    /* space_load_stale, but not a call for the compiler: the fast paths keep their values in registers that a call may change;
     * this one changes none. */
    if (unlikely(
            space->stale)) /* no SHARED_READ: barriers stand around it, and gcc would not compare in memory */
        __asm__ volatile("call entry_space_stale" : : "a"(space) : "cc", "memory");
}

ARCH_INLINE unsigned arch_highest_bit(uint64_t word)
{
    return (unsigned)__builtin_clzll(word) ^ 63; /* one instruction, BSR */
}

ARCH_INLINE ticks_t arch_ticks(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (ticks_t)high << 32 | low;
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

#define USER_END USER_ADDRESS_END
#include "tables.h"

ARCH_INLINE bool arch_pte_is_table(arch_pte_t entry, unsigned level)
{
    return level > 0 && (entry & (PTE_PRESENT | PTE_LARGE)) == PTE_PRESENT;
}

ARCH_INLINE paddr_t arch_pte_address(arch_pte_t entry)
{
    return entry & PTE_ADDRESS;
}

/* Whatever is mapped can be read: x86 cannot have it otherwise. Accessed and dirty are set from the start, so
 * that the processor never writes to a table. Cache attributes are indices into the PAT (cpu.c). */
ARCH_INLINE arch_pte_t arch_pte_frame(paddr_t frame, unsigned level, word_t rights, word_t cache)
{
    assert(!(frame & ((1ul << arch_level_bits(level)) - 1)));
    static const uint8_t memory[] = {
        [MAP_CACHE_WRITE_BACK] = 0, [MAP_CACHE_OFF] = PTE_PAT_1 | PTE_PAT_2, [MAP_CACHE_COMBINE] = PTE_PAT_1
    };
    assert(cache < ARRAY_COUNT(memory));
    arch_pte_t entry = frame | memory[cache] | PTE_PRESENT | PTE_USER | PTE_ACCESSED | PTE_DIRTY;
    if (level > 0)
        entry |= PTE_LARGE;
    if (rights & RIGHT_WRITE)
        entry |= PTE_WRITE;
    if (!(rights & RIGHT_EXECUTE))
        entry |= PTE_NO_EXECUTE;
    return entry;
}

/* One aligned store; x86 keeps stores in order, so what the entry points to is visible before it. */
ARCH_INLINE void arch_pte_write(arch_pte_t *where, arch_pte_t entry)
{
    *(volatile arch_pte_t *)where = entry;
}

#endif
