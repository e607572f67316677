/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways into the kernel and the way out.
 *
 * Assembler, because the processor arrives here with the user's registers in place, and wants to be left in the
 * same way: C can neither name those registers nor give up its own.
 *
 * Entry saves the user's registers straight into the current thread's context (a struct thread begins with it),
 * calls one C function on the core's stack, and comes to the way out, which loads the context of whoever is current
 * by then. Nothing is kept on the stack from one entry to the next, and the stack pointer of EL1 stands at the
 * stack's end whenever the kernel is left: so a word below it is free for the first instructions.
 *
 * With one core, its structure and its stack are at fixed addresses. With several, TPIDR_EL1 holds the core's structure, and each has its
 * own stacks (layout.h).
 */
#include "layout.h"

#if CONFIG_CORES > 1

.macro CURRENT register             /* core_self()->current, the first field of the core */
        mrs     \register, tpidr_el1
        ldr     \register, [\register]
.endm

.macro STACK_OF_CORE register, top, scratch
        mrs     \scratch, tpidr_el1
        ldr     \register, \top
        ldrsw   \scratch, [\scratch, #CORE_INDEX]
        add     \register, \register, \scratch, lsl #STACK_AREA_BITS
.endm

#else

.macro CURRENT register
        adrp    \register, cores
        ldr     \register, [\register, :lo12:cores]
.endm

.macro STACK_OF_CORE register, top, scratch
        ldr     \register, \top
.endm

#endif

/* What would be executed behind ERET, were it not for ERET: nothing, not even by speculation. */
.macro LEAVE
        eret
        dsb     nsh
        isb
.endm

        .section .text.entry, "ax", @progbits

/* ---- Vectors: Arm ARM D1.3.1. Sixteen of 128 bytes. */

.macro VECTOR target
        .balign 128
        b       \target
.endm

        .balign 2048
        .globl  exception_vectors
exception_vectors:
        .rept   4                       /* with the stack pointer of EL0: the kernel never uses it */
        VECTOR  exception_fatal
        .endr
        .rept   4                       /* from the kernel itself, which masks all interrupts */
        VECTOR  exception_fatal
        .endr
        VECTOR  entry_synchronous       /* from user mode */
        VECTOR  entry_interrupt
        VECTOR  exception_fatal         /* FIQ: the GIC is set up to raise none */
        VECTOR  entry_error
        .rept   4                       /* from user mode of 32 bits: no thread is in it */
        VECTOR  exception_fatal
        .endr

/* ---- System calls. x8 to x18 are ours by the ABI. */

        .balign 64
        .type   entry_synchronous, @function
entry_synchronous:
        str     x8, [sp, #-16]
        mrs     x8, esr_el1
        lsr     x8, x8, #26
        cmp     x8, #EXCEPTION_CLASS_SVC
        b.ne    entry_exception
        CURRENT x8
        stp     x0, x1, [x8, #CONTEXT_X0]
        stp     x2, x3, [x8, #CONTEXT_X0 + 16]
        stp     x4, x5, [x8, #CONTEXT_X0 + 32]
        stp     x6, x7, [x8, #CONTEXT_X0 + 48]
        mrs     x9, elr_el1
        mrs     x10, sp_el0
        stp     x9, x10, [x8, #CONTEXT_PC]
        stp     x29, x30, [x8, #CONTEXT_X29]
        stp     x19, x20, [x8, #CONTEXT_X19]
        stp     x21, x22, [x8, #CONTEXT_X19 + 16]
        stp     x23, x24, [x8, #CONTEXT_X19 + 32]
        stp     x25, x26, [x8, #CONTEXT_X19 + 48]
        stp     x27, x28, [x8, #CONTEXT_X19 + 64]
        mov     x29, xzr
        bl      kernel_syscall
        .size   entry_synchronous, . - entry_synchronous
        /* falls into exit_current */

/*
 * Leave to current. Registers that the ABI calls destroyed are cleared: they may hold addresses of the kernel, or what is
 * another thread's.
 */
        .type   exit_current, @function
exit_current:
        CURRENT x8
        cbz     x8, arch_idle
        ldr     x9, [x8, #CONTEXT_FULL]
        cbnz    x9, exit_full
        ldp     x9, x10, [x8, #CONTEXT_PC]
        msr     elr_el1, x9
        msr     sp_el0, x10
        msr     spsr_el1, xzr
        ldp     x29, x30, [x8, #CONTEXT_X29]
        ldp     x19, x20, [x8, #CONTEXT_X19]
        ldp     x21, x22, [x8, #CONTEXT_X19 + 16]
        ldp     x23, x24, [x8, #CONTEXT_X19 + 32]
        ldp     x25, x26, [x8, #CONTEXT_X19 + 48]
        ldp     x27, x28, [x8, #CONTEXT_X19 + 64]
        ldp     x0, x1, [x8, #CONTEXT_X0]
        ldp     x2, x3, [x8, #CONTEXT_X0 + 16]
        ldp     x4, x5, [x8, #CONTEXT_X0 + 32]
        ldp     x6, x7, [x8, #CONTEXT_X0 + 48]
        mov     x8, xzr
        mov     x9, xzr
        mov     x10, xzr
        mov     x11, xzr
        mov     x12, xzr
        mov     x13, xzr
        mov     x14, xzr
        mov     x15, xzr
        mov     x16, xzr
        mov     x17, xzr
        mov     x18, xzr
        LEAVE
        .size   exit_current, . - exit_current

/* All registers. A thread that is being stepped executes one instruction. */
        .type   exit_full, @function
exit_full:
        str     xzr, [x8, #CONTEXT_FULL]
        ldp     x9, x10, [x8, #CONTEXT_PC]
        ldr     x11, [x8, #CONTEXT_FLAGS]
        ldr     x12, [x8, #CONTEXT_STEP]
        orr     x11, x11, x12
        msr     elr_el1, x9
        msr     sp_el0, x10
        msr     spsr_el1, x11
        ldp     x29, x30, [x8, #CONTEXT_X29]
        ldp     x19, x20, [x8, #CONTEXT_X19]
        ldp     x21, x22, [x8, #CONTEXT_X19 + 16]
        ldp     x23, x24, [x8, #CONTEXT_X19 + 32]
        ldp     x25, x26, [x8, #CONTEXT_X19 + 48]
        ldp     x27, x28, [x8, #CONTEXT_X19 + 64]
        ldp     x0, x1, [x8, #CONTEXT_X0]
        ldp     x2, x3, [x8, #CONTEXT_X0 + 16]
        ldp     x4, x5, [x8, #CONTEXT_X0 + 32]
        ldp     x6, x7, [x8, #CONTEXT_X0 + 48]
        ldp     x10, x11, [x8, #CONTEXT_X8 + 16]
        ldp     x12, x13, [x8, #CONTEXT_X8 + 32]
        ldp     x14, x15, [x8, #CONTEXT_X8 + 48]
        ldp     x16, x17, [x8, #CONTEXT_X8 + 64]
        ldr     x18, [x8, #CONTEXT_X8 + 80]
        ldp     x8, x9, [x8, #CONTEXT_X8]
        LEAVE
        .size   exit_full, . - exit_full

/* The end of boot comes here from the middle of the stack. */
        .globl  arch_exit
        .type   arch_exit, @function
arch_exit:
        STACK_OF_CORE x9, stack_top, x10
        mov     sp, x9
        b       exit_current
        .size   arch_exit, . - arch_exit

/* Wait for an interrupt. They stay masked: WFI ends all the same, and what has come is taken as if from user
 * mode, with no registers to save. None is lost between: a pending one ends WFI at once. */
        .globl  arch_idle
        .type   arch_idle, @function
arch_idle:
        STACK_OF_CORE x9, stack_top, x10
        mov     sp, x9
        mov     x29, xzr
        dsb     sy
        wfi
        bl      trap_interrupt
        b       exit_current
        .size   arch_idle, . - arch_idle

/* ---- Interrupts and exceptions from user mode. x8 is below the stack pointer. */

.macro SAVE_ALL                     /* x8: context; the user's x8 below the stack pointer */
        stp     x0, x1, [x8, #CONTEXT_X0]
        stp     x2, x3, [x8, #CONTEXT_X0 + 16]
        stp     x4, x5, [x8, #CONTEXT_X0 + 32]
        stp     x6, x7, [x8, #CONTEXT_X0 + 48]
        str     x9, [x8, #CONTEXT_X8 + 8]
        stp     x10, x11, [x8, #CONTEXT_X8 + 16]
        stp     x12, x13, [x8, #CONTEXT_X8 + 32]
        stp     x14, x15, [x8, #CONTEXT_X8 + 48]
        stp     x16, x17, [x8, #CONTEXT_X8 + 64]
        str     x18, [x8, #CONTEXT_X8 + 80]
        stp     x19, x20, [x8, #CONTEXT_X19]
        stp     x21, x22, [x8, #CONTEXT_X19 + 16]
        stp     x23, x24, [x8, #CONTEXT_X19 + 32]
        stp     x25, x26, [x8, #CONTEXT_X19 + 48]
        stp     x27, x28, [x8, #CONTEXT_X19 + 64]
        stp     x29, x30, [x8, #CONTEXT_X29]
        ldr     x9, [sp, #-16]
        str     x9, [x8, #CONTEXT_X8]
        mrs     x9, elr_el1
        mrs     x10, sp_el0
        stp     x9, x10, [x8, #CONTEXT_PC]
        mrs     x9, spsr_el1
        and     x9, x9, #0xf0000000     /* the conditions; the step is the context's own */
        str     x9, [x8, #CONTEXT_FLAGS]
        mov     x9, #1
        str     x9, [x8, #CONTEXT_FULL]
        mov     x29, xzr
.endm

        .type   entry_interrupt, @function
entry_interrupt:
        str     x8, [sp, #-16]
        CURRENT x8
        SAVE_ALL
        bl      trap_interrupt
        b       exit_current
        .size   entry_interrupt, . - entry_interrupt

        .type   entry_error, @function
entry_error:                            /* SError: of the user's access, as far as anyone can tell */
        str     x8, [sp, #-16]
        /* falls into entry_exception */
        .size   entry_error, . - entry_error
        .type   entry_exception, @function
entry_exception:
        CURRENT x8
        SAVE_ALL
        mrs     x0, esr_el1
        mrs     x1, far_el1
        bl      trap_exception
        b       exit_current
        .size   entry_exception, . - entry_exception

/*
 * An exception in kernel mode: build a struct trap_frame on the emergency stack, since it may be the stack that
 * is broken, and report. The user's two thread pointers, which nobody needs any more, hold what is in the way. x29 stays as it is, so
 * that the backtrace goes on into the function that was interrupted.
 */
        .type   exception_fatal, @function
exception_fatal:
        msr     tpidr_el0, x0
        msr     tpidrro_el0, x1
        STACK_OF_CORE x1, stack_top_emergency, x0
        mov     x0, sp
        mov     sp, x1
        sub     sp, sp, #288
        str     x0, [sp, #248]
        mrs     x0, tpidr_el0
        mrs     x1, tpidrro_el0
        stp     x0, x1, [sp]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x19, [sp, #144]
        stp     x20, x21, [sp, #160]
        stp     x22, x23, [sp, #176]
        stp     x24, x25, [sp, #192]
        stp     x26, x27, [sp, #208]
        stp     x28, x29, [sp, #224]
        str     x30, [sp, #240]
        mrs     x0, elr_el1
        mrs     x1, spsr_el1
        stp     x0, x1, [sp, #256]
        mrs     x0, esr_el1
        mrs     x1, far_el1
        stp     x0, x1, [sp, #272]
        mov     x0, sp
        bl      trap_fatal
        .size   exception_fatal, . - exception_fatal

        .balign 8
stack_top: .quad STACK_TOP
stack_top_emergency: .quad STACK_TOP_EMERGENCY

        .section .note.GNU-stack, "", @progbits
