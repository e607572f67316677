/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that C, the assembler files and the linker script share: where things are in the kernel's half of
 * the address space (TTBR1), and the offsets of struct arch_context.
 *
 *   0xffff800000000000   window    all ordinary memory at WINDOW_BASE + physical address; read-write, no execute
 *   0xffffffff80000000   image     2 MiB: the kernel, wherever it was loaded; 4 KiB pages, each with the rights of
 *                                  its section; the stacks are mapped from the end of it on, with gaps
 *   0xffffffffc0000000   devices   512 slots of 2 MiB: interrupt controller and console for good, firmware's
 *                                  tables during boot
 */
#ifndef AARCH64_LAYOUT_H
#define AARCH64_LAYOUT_H

#ifdef __ASSEMBLER__
#define WORD(n) n
#else
#define WORD(n) n##ul
#endif

#define WINDOW_BASE WORD(0xffff800000000000)
#define WINDOW_SIZE WORD(0x0000400000000000) /* 64 TiB */
#define KERNEL_BASE WORD(0xffffffff80000000)
#define DEVICE_BASE WORD(0xffffffffc0000000)

/*
 * Stacks: for each core an area, one after the other from STACK_AREA on. In pages: main stack 1-2, emergency stack 4. The pages between
 * them are never mapped, so an overflow is an exception (reported on the emergency stack) and not silent damage.
 */
#define STACK_AREA          WORD(0xffffffff801f0000)
#define STACK_AREA_BITS     16
#define STACK_AREA_SIZE     (WORD(1) << STACK_AREA_BITS)
#define STACK_TOP           WORD(0xffffffff801f3000) /* of the first core */
#define STACK_TOP_EMERGENCY WORD(0xffffffff801f5000)
#define STACK_PAGE_FIRST    0x1f0 /* index of STACK_AREA in the image's page table */
#define STACK_MAPPED        0x16  /* the mapped ones, by page: a bit each */
#define STACK_PAGES         3     /* mapped ones, of a core */

/* MAIR_EL1: the index of each kind of memory in it. */
#define MEMORY_NORMAL   0
#define MEMORY_DEVICE   1
#define MEMORY_UNCACHED 2
#define MAIR_VALUE      WORD(0x4404ff) /* write-back; device nGnRE; normal, not cacheable */

/* struct arch_context (arch_types.h asserts that these agree). */
#define CONTEXT_PC    0
#define CONTEXT_SP    8
#define CONTEXT_X29   16
#define CONTEXT_X30   24
#define CONTEXT_X23   32
#define CONTEXT_X24   40
#define CONTEXT_TLS   48
#define CONTEXT_FULL  56  /* 32 bits */
#define CONTEXT_STEP  60  /* 32 bits: both are looked at as one word */
#define CONTEXT_X0    64  /* to x3 */
#define CONTEXT_X19   96  /* to x22 */
#define CONTEXT_X4    128 /* to x18 */
#define CONTEXT_FLAGS 248
#define CONTEXT_X25   256 /* to x28 */
#define CONTEXT_ZERO  288 /* two words */
#define CONTEXT_SIZE  304

/* struct core (port.h asserts that it agrees). */
#define CORE_INDEX 40

#define EXCEPTION_CLASS_SVC 0x15
#define MDSCR_STEP          1

/* System calls with a fast path (port.h asserts that these agree with lucid/syscall.h). CALL is 0, and SEND is between those two. */
#define OPERATION_REPLY_RECV 1
#define OPERATION_SEND       2
#define OPERATION_RECV       3
#define OPERATION_YIELD      4
#define OPERATION_POLL       0x100

#endif
