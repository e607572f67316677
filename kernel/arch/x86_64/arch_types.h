/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * x86-64: the types and constants that arch.h asks of a port.
 *
 * A context is saved in one of two ways, told by `full`:
 *
 *     full == 0   by SYSCALL. rcx, r8-r11 and the flags are not in it: the ABI declares them destroyed.
 *                 Left by SYSRET.
 *     full == 1   by an interrupt or an exception, or written by another thread: all of it counts.
 *                 Left by IRET.
 *
 * While a thread runs in user mode its `full` is 0 (IRET's path clears it), so that SYSCALL need not write
 * it.
 */
#ifndef ARCH_TYPES_H
#define ARCH_TYPES_H

#include "types.h"
#include "layout.h"

#define ARCH_NAME             "x86_64"
#define ARCH_TABLE_LEVELS     4
#define ARCH_TABLE_LEVELS_MAX 4
#define ARCH_TABLE_BITS       9
#define ARCH_IRQ_LINES        120 /* 0x20 to 0x97 */
#define ARCH_IRQ_MSI_FIRST    24
#define ARCH_HAS_IO_PORTS     1
#define ARCH_SPACE_BITS       13 /* one page for struct address_space, one for the root table */
#define ARCH_THREAD_BITS      11

typedef uint64_t arch_pte_t;

struct arch_context {
    /* What every system call needs: one cache line. */
    word_t pc, sp, rbp, r15; /* rip and rsp */
    word_t fs_base, gs_base; /* valid while the thread is not loaded: arch_thread_switch moves them */
    word_t rflags;
    word_t full;
    /* Arguments, results and message words: one cache line. */
    word_t argument[4];                     /* rdi, rsi, rdx, rax */
    word_t message[MESSAGE_REGISTER_WORDS]; /* rbx, r12, r13, r14 */
    /* Only after interrupts and exceptions. */
    word_t rcx, r11, r8, r9, r10;
};

_Static_assert(offsetof(struct arch_context, pc) == CONTEXT_RIP, "layout.h");
_Static_assert(offsetof(struct arch_context, r15) == CONTEXT_R15, "layout.h");
_Static_assert(offsetof(struct arch_context, full) == CONTEXT_FULL, "layout.h");
_Static_assert(offsetof(struct arch_context, argument[3]) == CONTEXT_RAX, "layout.h");
_Static_assert(offsetof(struct arch_context, message[3]) == CONTEXT_R14, "layout.h");
_Static_assert(offsetof(struct arch_context, r10) == CONTEXT_R10, "layout.h");

/* XSAVE area, standard format, for x87, SSE and AVX: 512 bytes legacy, 64 header, 256 AVX (SDM vol. 1, 13.4).
 */
#define FPU_AREA_SIZE 832
struct arch_fpu {
    ALIGNED(64) uint8_t area[FPU_AREA_SIZE];
};

/*
 * What an address space is to this port. `number` (1 to 4095, unique) is set by the caller of arch_space_init
 * and used as the process-context identifier. `cr3` is what is loaded: the root table, the PCID, and the bit
 * that keeps what the TLB holds under this PCID (SDM vol. 3, 4.10.4.1). `stale` has a bit for each core: if it is set, the core's TLB may
 * hold under this PCID what is not true any more, and the next load there must flush it.
 */
struct arch_space {
    word_t cr3;
    uint64_t stale;
    uint32_t number;
};

#define ARCH_TLB_BROADCAST           0
#define ARCH_FAST_ENTRY              FAST_ENTRY
#define ARCH_FETCH_BROADCAST         1
#define ARCH_EXCEPTION_IS_TRAP(kind) ((kind) == EXCEPTION_BREAKPOINT || (kind) == EXCEPTION_DEBUG)

struct arch_core {
    bool fpu_on; /* CR0.TS is clear */
};

_Static_assert(CONFIG_CORES <= 64,
               "a core is a bit in struct arch_space, and its stacks have an area behind the image");

#endif
