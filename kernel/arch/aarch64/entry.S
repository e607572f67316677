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

/* Two registers become 0. */
.macro ZERO context, first, second
        ldp     \first, \second, [\context, #CONTEXT_ZERO]
.endm

/* Back to the top of the stack that this runs on. Only where a fast path has used it: see arch_inline.h. */
.macro STACK_FROM_FAST_PATH
#if defined CONFIG_DEBUG || defined __clang__
        STACK_OF_CORE x9, stack_top, x10
        mov     sp, x9
#endif
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

/*
 * From user mode: system calls first. What the thread will get back, pc, sp, x29, x30, x23 and x24, is saved at once. The arguments are where the fast
 * paths, which are C, have theirs: cap in x0, tag in x1, reply in x2, operation in x3; the thread goes to x4, the core to x5. x19 to x22, the message
 * words, and x25 to x28 stay in place: C preserves them. A fast path ends with arch_fast_leave or _return (arch_inline.h), which go to user mode, or
 * with a jump to arch_fast_decline or arch_fast_invoke, so nothing of it is left on the stack.
 */
        .balign 128
        .type   entry_synchronous, @function
entry_synchronous:
        str     x8, [sp, #-16]
        mrs     x8, esr_el1
        lsr     x8, x8, #26
        cmp     x8, #EXCEPTION_CLASS_SVC
        b.ne    entry_exception
#if CONFIG_CORES > 1
        mrs     x5, tpidr_el1
        ldr     x4, [x5]
#else
        ldr     x4, cores               /* near enough: the image has less than 1 MiB */
#endif
        mrs     x6, elr_el1
        mrs     x7, sp_el0
        stp     x6, x7, [x4, #CONTEXT_PC]
        stp     x29, x30, [x4, #CONTEXT_X29]
        stp     x23, x24, [x4, #CONTEXT_X23]
        cbz     x3, kernel_fast_call
        cmp     x3, #OPERATION_REPLY_RECV
        b.eq    kernel_fast_reply_recv
        cmp     x3, #OPERATION_RECV
        b.lo    kernel_fast_send
        b.eq    kernel_fast_recv
        cmp     x3, #OPERATION_YIELD
        b.eq    kernel_fast_yield
        cmp     x3, #(OPERATION_RECV | OPERATION_POLL)
        b.eq    kernel_fast_recv
        cmp     x3, #(OPERATION_SEND | OPERATION_POLL)
        b.eq    kernel_fast_send
        b       arch_fast_decline
        .size   entry_synchronous, . - entry_synchronous
        .if     . - entry_synchronous > 128
        .error  "it does not fit into its vector"
        .endif

        VECTOR  entry_interrupt
        VECTOR  exception_fatal         /* FIQ: the GIC is set up to raise none */
        VECTOR  entry_error
        .rept   4                       /* from user mode of 32 bits: no thread is in it */
        VECTOR  exception_fatal
        .endr

/*
 * Stepping: EL0 alone is stepped while MDSCR_EL1.SS is set, since KDE is clear (Arm ARM D2.12). exit_rare sets it, and these vectors, for a
 * thread with `step`; and they undo both before anything else. So nobody else has to look, and such a thread's system calls take the general path,
 * whose way out looks.
 */
.macro STEP_OFF                     /* the user's x8 is below the stack pointer then */
        str     x8, [sp, #-16]
        msr     mdscr_el1, xzr
        adr     x8, exception_vectors
        msr     vbar_el1, x8
.endm

        .balign 2048
stepping_vectors:
        .rept   8
        VECTOR  exception_fatal
        .endr
        .balign 128
        STEP_OFF
        mrs     x8, esr_el1
        lsr     x8, x8, #26
        cmp     x8, #EXCEPTION_CLASS_SVC
        b.ne    entry_exception
        CURRENT x4
        mrs     x6, elr_el1
        mrs     x7, sp_el0
        stp     x6, x7, [x4, #CONTEXT_PC]
        stp     x29, x30, [x4, #CONTEXT_X29]
        stp     x23, x24, [x4, #CONTEXT_X23]
        b       arch_fast_decline
        .balign 128
        STEP_OFF
        b       interrupt
        VECTOR  exception_fatal
        .balign 128
        STEP_OFF
        b       entry_exception
        .rept   4
        VECTOR  exception_fatal
        .endr

/* ---- The general path of system calls: x0 cap, x1 tag, x2 reply, x3 operation. */

        .balign 64
        .globl  arch_fast_decline
        .type   arch_fast_decline, @function
arch_fast_decline:
        STACK_FROM_FAST_PATH
        CURRENT x4
        stp     x0, x1, [x4, #CONTEXT_X0]
        stp     x2, x3, [x4, #CONTEXT_X0 + 16]
        stp     x19, x20, [x4, #CONTEXT_X19]
        stp     x21, x22, [x4, #CONTEXT_X19 + 16]
        mov     x29, xzr
        bl      kernel_syscall
        b       exit_current
        .size   arch_fast_decline, . - arch_fast_decline

/* The general path of a call to an object of the kernel: x0 cap, x1 tag, x2 reply, x3 slot, x4 thread. */
        .globl  arch_fast_invoke
        .type   arch_fast_invoke, @function
arch_fast_invoke:
        STACK_FROM_FAST_PATH
        stp     x0, x1, [x4, #CONTEXT_X0]
        stp     x2, xzr, [x4, #CONTEXT_X0 + 16] /* SYS_CALL */
        stp     x19, x20, [x4, #CONTEXT_X19]
        stp     x21, x22, [x4, #CONTEXT_X19 + 16]
        mov     x29, xzr
        bl      kernel_invoke
        .size   arch_fast_invoke, . - arch_fast_invoke
        /* falls into exit_current */

/*
 * Leave to current. Registers that the ABI calls destroyed are cleared: they may hold addresses of the kernel, or what is
 * another thread's. x3 gets the user's own value back, which a restarted call needs.
 */
        .globl  exit_current
        .type   exit_current, @function
exit_current:
        CURRENT x4
        cbz     x4, arch_idle
        ldr     x5, [x4, #CONTEXT_FULL] /* and CONTEXT_STEP behind it */
        cbnz    x5, exit_rare
exit_syscall:
        ldp     x0, x1, [x4, #CONTEXT_X0]
        ldp     x2, x3, [x4, #CONTEXT_X0 + 16]
        ldp     x19, x20, [x4, #CONTEXT_X19]
        ldp     x21, x22, [x4, #CONTEXT_X19 + 16]
        /* falls into leave */
        .size   exit_current, . - exit_current

        .type   leave, @function
leave:
        ldp     x5, x6, [x4, #CONTEXT_PC]
        msr     elr_el1, x5
        msr     sp_el0, x6
        msr     spsr_el1, xzr
        ldp     x29, x30, [x4, #CONTEXT_X29]
        ldp     x23, x24, [x4, #CONTEXT_X23]
        ZERO    x4, x25, x26
        ZERO    x4, x27, x28
        ZERO    x4, x5, x6
        ZERO    x4, x7, x8
        ZERO    x4, x9, x10
        ZERO    x4, x11, x12
        ZERO    x4, x13, x14
        ZERO    x4, x15, x16
        ZERO    x4, x17, x18
        mov     x4, xzr
        LEAVE
        .size   leave, . - leave

/* The exits of the fast paths, where the compiler cannot have them inline (arch_inline.h): x0 badge, x1 tag, x2 status, x3 the thread. */
        .globl  fast_leave_empty
        .type   fast_leave_empty, @function
fast_leave_empty:
        ZERO    x3, x19, x20
        ZERO    x3, x21, x22
        /* falls into fast_leave */
        .size   fast_leave_empty, . - fast_leave_empty

        .globl  fast_leave
        .type   fast_leave, @function
fast_leave:
        STACK_FROM_FAST_PATH
        mov     x4, x3
        mov     x3, xzr
        b       leave
        .size   fast_leave, . - fast_leave

/* All registers; or, with `step`, maybe not. A thread that is being stepped executes one instruction; after a system call none, because that was one.
 * w5: `full`. */
        .type   exit_rare, @function
exit_rare:
        ldr     w8, [x4, #CONTEXT_STEP]
        cbz     w8, 1f
        mov     x6, #MDSCR_STEP
        msr     mdscr_el1, x6
        adr     x6, stepping_vectors
        msr     vbar_el1, x6
        cbz     w5, exit_syscall
1:
        str     wzr, [x4, #CONTEXT_FULL]
        ldp     x5, x6, [x4, #CONTEXT_PC]
        ldr     x7, [x4, #CONTEXT_FLAGS]
        orr     x7, x7, x8
        msr     elr_el1, x5
        msr     sp_el0, x6
        msr     spsr_el1, x7
        ldp     x29, x30, [x4, #CONTEXT_X29]
        ldp     x19, x20, [x4, #CONTEXT_X19]
        ldp     x21, x22, [x4, #CONTEXT_X19 + 16]
        ldp     x23, x24, [x4, #CONTEXT_X23]
        ldp     x25, x26, [x4, #CONTEXT_X25]
        ldp     x27, x28, [x4, #CONTEXT_X25 + 16]
        ldp     x0, x1, [x4, #CONTEXT_X0]
        ldp     x2, x3, [x4, #CONTEXT_X0 + 16]
        ldp     x6, x7, [x4, #CONTEXT_X4 + 16]
        ldp     x8, x9, [x4, #CONTEXT_X4 + 32]
        ldp     x10, x11, [x4, #CONTEXT_X4 + 48]
        ldp     x12, x13, [x4, #CONTEXT_X4 + 64]
        ldp     x14, x15, [x4, #CONTEXT_X4 + 80]
        ldp     x16, x17, [x4, #CONTEXT_X4 + 96]
        ldr     x18, [x4, #CONTEXT_X4 + 112]
        ldp     x4, x5, [x4, #CONTEXT_X4]
        LEAVE
        .size   exit_rare, . - exit_rare

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
        stp     x4, x5, [x8, #CONTEXT_X4]
        stp     x6, x7, [x8, #CONTEXT_X4 + 16]
        str     x9, [x8, #CONTEXT_X4 + 40]
        stp     x10, x11, [x8, #CONTEXT_X4 + 48]
        stp     x12, x13, [x8, #CONTEXT_X4 + 64]
        stp     x14, x15, [x8, #CONTEXT_X4 + 80]
        stp     x16, x17, [x8, #CONTEXT_X4 + 96]
        str     x18, [x8, #CONTEXT_X4 + 112]
        stp     x19, x20, [x8, #CONTEXT_X19]
        stp     x21, x22, [x8, #CONTEXT_X19 + 16]
        stp     x23, x24, [x8, #CONTEXT_X23]
        stp     x25, x26, [x8, #CONTEXT_X25]
        stp     x27, x28, [x8, #CONTEXT_X25 + 16]
        stp     x29, x30, [x8, #CONTEXT_X29]
        ldr     x9, [sp, #-16]
        str     x9, [x8, #CONTEXT_X4 + 32]
        mrs     x9, elr_el1
        mrs     x10, sp_el0
        stp     x9, x10, [x8, #CONTEXT_PC]
        mrs     x9, spsr_el1
        and     x9, x9, #0xf0000000     /* the conditions; the step is the context's own */
        str     x9, [x8, #CONTEXT_FLAGS]
        mov     w9, #1
        str     w9, [x8, #CONTEXT_FULL]
        mov     x29, xzr
.endm

        .type   entry_interrupt, @function
entry_interrupt:
        str     x8, [sp, #-16]
interrupt:
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
