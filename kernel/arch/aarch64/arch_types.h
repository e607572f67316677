/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * AArch64: the types and constants that arch.h asks of a port.
 *
 * A context is saved in one of two ways, told by `full`:
 *
 *     full == 0   by SVC. x4 to x18, x25 to x28 and the flags are not in it: the ABI declares them destroyed.
 *     full == 1   by an interrupt or an exception, or written by another thread: all of it counts.
 *
 * While a thread runs in user mode its `full` is 0 (the way out clears it), so that SVC need not write it. A thread with `step` does not use the
 * fast paths: entry.S says how it is stepped.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "types.h"
#include "layout.h"

#define ARCH_NAME             "aarch64"
#define ARCH_TABLE_LEVELS     4
#define ARCH_TABLE_LEVELS_MAX 4
#define ARCH_TABLE_BITS       9
#define ARCH_IRQ_LINES        988 /* line n is shared peripheral interrupt n: INTID 32 + n */
#define ARCH_IRQ_MSI_FIRST    ARCH_IRQ_LINES
#define ARCH_HAS_IO_PORTS     0
#define ARCH_SPACE_BITS       13 /* one page for struct address_space, one for the root table */
#define ARCH_THREAD_BITS      11

typedef uint64_t arch_pte_t;

struct arch_context {
    /* What every system call needs: one cache line. */
    word_t pc, sp, x29, x30, x23, x24;
    word_t tls; /* TPIDR_EL0; valid while the thread is not loaded: arch_thread_switch moves it */
    uint32_t full;
    uint32_t step; /* FLAGS_STEP or 0 */
    /* Arguments, results and message words: one cache line. */
    word_t argument[4];
    word_t message[4];
    /* Only after interrupts and exceptions. */
    word_t x4_18[15];
    word_t flags; /* NZCV, as in SPSR_EL1 */
    word_t x25_28[4];
    /* Always 0: the way out loads registers in pairs, and those that it clears from here. In the line of what IPC needs of a struct thread. */
    word_t zero[2];
};

_Static_assert(offsetof(struct arch_context, pc) == CONTEXT_PC, "layout.h");
_Static_assert(offsetof(struct arch_context, x29) == CONTEXT_X29, "layout.h");
_Static_assert(offsetof(struct arch_context, x23) == CONTEXT_X23, "layout.h");
_Static_assert(offsetof(struct arch_context, x24) == CONTEXT_X24, "layout.h");
_Static_assert(offsetof(struct arch_context, tls) == CONTEXT_TLS, "layout.h");
_Static_assert(offsetof(struct arch_context, full) == CONTEXT_FULL, "layout.h");
_Static_assert(offsetof(struct arch_context, step) == CONTEXT_STEP, "layout.h");
_Static_assert(offsetof(struct arch_context, argument) == CONTEXT_X0, "layout.h");
_Static_assert(offsetof(struct arch_context, message) == CONTEXT_X19, "layout.h");
_Static_assert(offsetof(struct arch_context, x4_18) == CONTEXT_X4, "layout.h");
_Static_assert(offsetof(struct arch_context, flags) == CONTEXT_FLAGS, "layout.h");
_Static_assert(offsetof(struct arch_context, x25_28) == CONTEXT_X25, "layout.h");
_Static_assert(offsetof(struct arch_context, zero) == CONTEXT_ZERO, "layout.h");
_Static_assert(sizeof(struct arch_context) == CONTEXT_SIZE, "layout.h");

struct arch_fpu {
    ALIGNED(16) uint64_t v[32][2];
    uint64_t fpsr, fpcr;
};

/*
 * What an address space is to this port: the value for TTBR0_EL1, which is the root table and above it the `number` (1 to 4095,
 * unique), set by the caller of arch_space_init and used as the address-space identifier (ASID). The hardware tells all cores what to
 * forget, under the ASID, so nothing is ever stale.
 */
struct arch_space {
    union {
        word_t ttbr0;
        struct {
            uint16_t root[3];
            uint16_t number;
        };
    };
};

_Static_assert(offsetof(struct arch_space, number) == 6, "the ASID is in bits 48 to 63");

#define ARCH_TLB_BROADCAST           1
#define ARCH_FAST_ENTRY              1
#define ARCH_FETCH_BROADCAST         1
#define ARCH_EXCEPTION_IS_TRAP(kind) ((kind) == EXCEPTION_DEBUG) /* a step; BRK stands at itself */

struct arch_core {
    uint32_t breaks_seen; /* space.c */
};

_Static_assert(CONFIG_CORES <= 64, "their stacks have an area behind the image");

#endif
