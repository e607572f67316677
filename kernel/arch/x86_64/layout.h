/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that C, the assembler files and the linker script share: where things are in the kernel's half of
 * every address space, segment selectors, interrupt vectors, and the offsets of struct arch_context.
 *
 *   0xffff800000000000   window    all ordinary memory at WINDOW_BASE + physical address; read-write, no execute
 *   0xffffffff80000000   image     the first 2 MiB of physical memory hold the kernel; 4 KiB pages, each with the
 *                                  rights of its section; the stacks are mapped at the end of it, with gaps
 *   0xffffffffc0000000   devices   512 slots of 2 MiB: interrupt controllers for good, firmware tables during boot
 */
#ifndef X86_LAYOUT_H
#define X86_LAYOUT_H

#ifdef __ASSEMBLER__
#define WORD(n) n
#else
#define WORD(n) n##ul
#endif

#define WINDOW_BASE    WORD(0xffff800000000000)
#define WINDOW_SIZE    WORD(0x0000400000000000) /* 64 TiB: the pointers stay canonical with 48 bits */
#define KERNEL_BASE    WORD(0xffffffff80000000)
#define DEVICE_BASE    WORD(0xffffffffc0000000)
#define IMAGE_PHYSICAL WORD(0x100000)

/*
 * Stacks: for each core an area, one after the other from STACK_AREA on. In pages: main stack 2-3, NMI 5, double fault 7, machine check 9. The
 * pages between them are never mapped, so an overflow is a double fault (on its own stack) and not silent damage. The last word of each stack
 * points to the core: wherever the stack pointer is, it is the last word of a block of STACK_BLOCK bytes. (So a core finds itself without
 * a segment base, which would have to be exchanged at each entry and exit.)
 */
#define STACK_AREA        WORD(0xffffffff801f0000)
#define STACK_AREA_SIZE   0x10000
#define STACK_BLOCK       0x2000
#define STACK_CORE        16                                 /* bytes at the top for that word */
#define STACK_TOP         (STACK_AREA + 0x4000 - STACK_CORE) /* of the first core */
#define STACK_TOP_NMI     (STACK_AREA + 0x6000 - STACK_CORE)
#define STACK_TOP_DOUBLE  (STACK_AREA + 0x8000 - STACK_CORE)
#define STACK_TOP_MACHINE (STACK_AREA + 0xa000 - STACK_CORE)
#define STACK_PAGE_FIRST  0x1f0 /* index of STACK_AREA in the image's page table */
#define STACK_MAPPED      0x2ac /* the mapped ones, by page: a bit each */
#define STACK_PAGES       5     /* mapped ones, in total */

/* Further cores begin in real mode, in this page of memory that is nobody's. */
#define TRAMPOLINE 0x8000

/* Segment selectors. The order is dictated by SYSCALL and SYSRET (SDM vol. 3, 5.8.8): user data directly
 * before user code. */
#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_BASE   0x18 /* would be 32-bit user code; not present */
#define SELECTOR_USER_DATA   0x23
#define SELECTOR_USER_CODE   0x2b
#define SELECTOR_TSS         0x30

/* Vectors. Interrupt line n is vector VECTOR_LINE + n. */
#define VECTOR_LINE     0x20
#define VECTOR_TIMER    0x98
#define VECTOR_IPI      0x99 /* from another core */
#define VECTOR_SPURIOUS 0x9f
#define VECTOR_COUNT    0xa0 /* those beyond are never raised */

/* struct arch_context (arch_types.h asserts that these agree). */
#define CONTEXT_RIP     0
#define CONTEXT_RSP     8
#define CONTEXT_RBP     16
#define CONTEXT_R15     24
#define CONTEXT_FS_BASE 32
#define CONTEXT_GS_BASE 40
#define CONTEXT_RFLAGS  48
#define CONTEXT_FULL    56
#define CONTEXT_RDI     64
#define CONTEXT_RSI     72
#define CONTEXT_RDX     80
#define CONTEXT_RAX     88
#define CONTEXT_RBX     96
#define CONTEXT_R12     104
#define CONTEXT_R13     112
#define CONTEXT_R14     120
#define CONTEXT_RCX     128
#define CONTEXT_R11     136
#define CONTEXT_R8      144
#define CONTEXT_R9      152
#define CONTEXT_R10     160

/* System calls with a fast path (port.h asserts that these agree with lucid/syscall.h). CALL is 0, and SEND is between those two. */
#define OPERATION_REPLY_RECV 1
#define OPERATION_SEND       2
#define OPERATION_RECV       3
#define OPERATION_YIELD      4
#define OPERATION_POLL       0x100

/* System calls try the fast paths before all registers are saved. Clang cannot be told to leave registers alone (fast_registers.h). */
#ifdef __clang__
#define FAST_ENTRY 0
#else
#define FAST_ENTRY 1
#endif

#define SYSCALL_STUB_SIZE 80 /* entry_syscall has a stub for each core */

#define USER_FLAGS 0x202 /* RFLAGS after a system call: interrupts on, and the bit that is always 1 */

#endif
