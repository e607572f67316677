/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Numbers that C, the assembler files and the linker script share: where things are in the kernel's half of
 * every address space, and the offsets of struct arch_context.
 *
 *   window_base          window    all ordinary memory at window_base + physical address; read-write, no execute.
 *                                  0xffff800000000000 with Sv48, 0xffffffc000000000 with Sv39
 *   0xffffffff80000000   image     the kernel, in 4 KiB pages, each with the rights of its section; the stacks are
 *                                  mapped from the end of these 2 MiB on, with gaps
 *   0xffffffffc0000000   devices   512 slots of 2 MiB: interrupt controller and console for good, the device tree
 *                                  during boot
 *
 * The last two lie in the last 512 GiB, whose table is the root of Sv39 and the last table below the root of
 * Sv48: so the two modes differ in the window alone.
 */
#ifndef RISCV_LAYOUT_H
#define RISCV_LAYOUT_H

#ifdef __ASSEMBLER__
#define WORD(n) n
#else
#define WORD(n) n##ul
#endif

#define WINDOW_BASE_SV48 WORD(0xffff800000000000)
#define WINDOW_SIZE_SV48 WORD(0x0000400000000000) /* 64 TiB */
#define WINDOW_BASE_SV39 WORD(0xffffffc000000000)
#define WINDOW_SIZE_SV39 WORD(0x0000003f80000000) /* 254 GiB: up to the image */
#define KERNEL_BASE      WORD(0xffffffff80000000)
#define DEVICE_BASE      WORD(0xffffffffc0000000)

/*
 * Stacks: for each core an area, one after the other from STACK_AREA on. In pages: main stack 1-2, emergency stack 4. The pages between
 * them are never mapped, so an overflow is an exception (on the emergency stack) and not silent damage. With several cores the main stack
 * begins below two words, of which the lower points to the core.
 */
#define STACK_AREA          WORD(0xffffffff801f0000)
#define STACK_AREA_BITS     16
#define STACK_AREA_SIZE     (WORD(1) << STACK_AREA_BITS)
#define STACK_AREA_PAGES    6                        /* from the first to the last that is anything's */
#define STACK_TOP           WORD(0xffffffff801f3000) /* of the first core */
#define STACK_TOP_EMERGENCY WORD(0xffffffff801f5000)
#define STACK_PAGE_FIRST    0x1f0 /* index of STACK_AREA in the image's page table */
#define STACK_MAPPED        0x16  /* the mapped ones, by page: a bit each */
#define STACK_PAGES         3     /* mapped ones, of a core */
#define STACK_CORE          16    /* bytes at the top for the pointer to the core */

/* Bits of control and status registers: privileged architecture 1.12, 4.1. */
#define SATP_SV39     WORD(8)
#define SATP_SV48     WORD(9)
#define SATP_MODE     60 /* shift */
#define SATP_ASID     44 /* shift */
#define SSTATUS_SIE   0x2
#define SSTATUS_SPP   0x100
#define SSTATUS_VS    0x600
#define SSTATUS_FS    0x6000
#define SSTATUS_SUM   0x40000
#define SSTATUS_MXR   0x80000
#define CAUSE_ECALL   8
#define COUNTERS_USER 7 /* scounteren: cycle, time, instret */

/* struct arch_context (arch_types.h asserts that these agree). */
#define CONTEXT_PC    0
#define CONTEXT_SP    8
#define CONTEXT_GP    16
#define CONTEXT_TP    24
#define CONTEXT_S0    32
#define CONTEXT_S1    40
#define CONTEXT_FULL  48
#define CONTEXT_STACK 56
#define CONTEXT_A0    64
#define CONTEXT_A1    72
#define CONTEXT_A2    80
#define CONTEXT_A3    88
#define CONTEXT_S2    96 /* s2 to s5 */
#define CONTEXT_RA    128
#define CONTEXT_T0    136
#define CONTEXT_T1    144
#define CONTEXT_T2    152
#define CONTEXT_T3    160
#define CONTEXT_T4    168
#define CONTEXT_T5    176
#define CONTEXT_T6    184
#define CONTEXT_A4    192 /* a4 to a7 */
#define CONTEXT_S6    224 /* s6 to s11 */

/* struct trap_frame (trap.c): the registers at 8 times their number in lucid/arch/riscv64/abi.h, then the others. */
#define FRAME_BITS   9 /* log2 of its size */
#define FRAME_PC     0
#define FRAME_CAUSE  256
#define FRAME_VALUE  264
#define FRAME_STATUS 272

/* System calls with a fast path (port.h asserts that these agree with lucid/syscall.h). CALL is 0. */
#define OPERATION_REPLY_RECV 1
#define OPERATION_SEND       2
#define OPERATION_RECV       3
#define OPERATION_YIELD      4
#define OPERATION_POLL       0x100

/* struct core (port.h asserts that it agrees). */
#define CORE_INDEX 40

#endif
