/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * riscv64: the types and constants that arch.h asks of a port.
 *
 * A context is saved in one of two ways, told by `full`:
 *
 *     full == 0   by a system call. ra, t0-t6, a4-a7 and s6-s11 are not in it: the ABI declares them destroyed.
 *     full == 1   by an interrupt or an exception, or written by another thread: all of it counts.
 *
 * While a thread runs in user mode its `full` is 0 (the way out of a full context clears it), so that a system
 * call need not write it.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "types.h"
#include "layout.h"

extern unsigned paging_levels; /* 4 (Sv48) or 3 (Sv39): decided once, at boot */

#define ARCH_NAME             "riscv64"
#define ARCH_TABLE_LEVELS     paging_levels
#define ARCH_TABLE_LEVELS_MAX 4
#define ARCH_TABLE_BITS       9
#define ARCH_IRQ_LINES        1024 /* what a PLIC can have; line 0 is nobody's */
#define ARCH_IRQ_MSI_FIRST    ARCH_IRQ_LINES
#define ARCH_HAS_IO_PORTS     0
#define ARCH_SPACE_BITS       13 /* one page for struct address_space, one for the root table */
#define ARCH_THREAD_BITS      10

typedef uint64_t arch_pte_t;

struct arch_context {
    /* What every system call needs: one cache line. */
    word_t pc, sp, gp, tp, s0, s1;
    word_t full;
    word_t stack; /* several cores: while the thread runs in user mode, the stack of its core */
    /* Arguments, results and message words: one cache line. */
    word_t argument[4], message[MESSAGE_REGISTER_WORDS]; /* a0 to a3; s2 to s5 */
    /* Only after interrupts and exceptions. */
    word_t ra, t[7], a4, a5, a6, a7, s[6]; /* s[0] is s6 */
};

_Static_assert(offsetof(struct arch_context, pc) == CONTEXT_PC, "layout.h");
_Static_assert(offsetof(struct arch_context, s1) == CONTEXT_S1, "layout.h");
_Static_assert(offsetof(struct arch_context, full) == CONTEXT_FULL, "layout.h");
_Static_assert(offsetof(struct arch_context, stack) == CONTEXT_STACK, "layout.h");
_Static_assert(offsetof(struct arch_context, argument) == CONTEXT_A0, "layout.h");
_Static_assert(offsetof(struct arch_context, message[0]) == CONTEXT_S2, "layout.h");
_Static_assert(offsetof(struct arch_context, ra) == CONTEXT_RA, "layout.h");
_Static_assert(offsetof(struct arch_context, t[0]) == CONTEXT_T0, "layout.h");
_Static_assert(offsetof(struct arch_context, a4) == CONTEXT_A4, "layout.h");
_Static_assert(offsetof(struct arch_context, s[0]) == CONTEXT_S6, "layout.h");

/* f0 to f31, double precision, and fcsr. */
struct arch_fpu {
    uint64_t f[32];
    uint64_t fcsr;
};

/*
 * What an address space is to this port. `number` (1 to 4095, unique) is set by the caller of arch_space_init
 * and used as the address-space identifier (ASID), where the processor has enough of them. `satp` is what is
 * loaded. `stale` has a bit for each core: if it is set, what the core's TLB holds under the ASID may not be true any more, and the next
 * load there takes the ASID anew from the number and flushes.
 */
struct arch_space {
    word_t satp;
    uint64_t stale;
    uint32_t number;
};

#define ARCH_TLB_BROADCAST           0
#define ARCH_FAST_ENTRY              1
#define ARCH_FETCH_BROADCAST         0
#define ARCH_EXCEPTION_IS_TRAP(kind) false

struct arch_core {
    /* The latest page fault that the tables did not explain (trap.c): where, and of which instruction. */
    word_t unexplained_address, unexplained_pc;
    /* smp.c: another core has sent an interrupt; how often this one has relaxed. */
    uint32_t ipi, relaxed;
};

_Static_assert(CONFIG_CORES <= 64,
               "a core is a bit in struct arch_space, and its stacks have an area behind the image");

#endif
