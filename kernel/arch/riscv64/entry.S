/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into the kernel and the ways out.
 *
 * Assembler, because the processor arrives here with the user's registers in place and no stack of ours,
 * and wants to be left in the same way: C can neither name those registers nor give up its own.
 *
 * Entry saves the user's registers straight into the current thread's context, calls one C function on the
 * core's stack, and comes to arch_exit, which loads the context of whoever is current by then. Nothing is kept
 * on the stack from one entry to the next. System calls with a fast path go there first.
 *
 * sscratch tells where a trap comes from: in user mode it holds the address of the current context, in the
 * kernel 0. No trap is expected in the kernel (idling waits with interrupts off), so one is the end, on a stack
 * of its own.
 *
 * With one core, its structure and its stack are at fixed addresses. With several, the context of a thread that runs holds the
 * stack of its core, the stack's first word points to the core, and in the kernel tp does.
 */
#include "layout.h"

#if CONFIG_CORES > 1

.macro KERNEL_STACK                 /* a4: context */
        ld      sp, CONTEXT_STACK(a4)
.endm

.macro KERNEL_CORE                  /* on the kernel's stack */
        ld      tp, 0(sp)
.endm

.macro STACK_OF_CORE top            /* destroys t1 */
        lw      t1, CORE_INDEX(tp)
        lui     sp, (\top >> 12) & 0xfffff
        slli    t1, t1, STACK_AREA_BITS
        add     sp, sp, t1
.endm

.macro START_OF_STACK
        STACK_OF_CORE STACK_TOP
        addi    sp, sp, -STACK_CORE
.endm

.macro CURRENT register             /* core_self()->current, the first field of the core */
        ld      \register, 0(tp)
.endm

.macro REMEMBER_STACK               /* a4: context; at the start of the stack */
        sd      sp, CONTEXT_STACK(a4)
.endm

#else

.macro KERNEL_STACK
        lui     sp, (STACK_TOP >> 12) & 0xfffff
.endm

.macro KERNEL_CORE
.endm

.macro STACK_OF_CORE top
        lui     sp, (\top >> 12) & 0xfffff
.endm

.macro START_OF_STACK
        STACK_OF_CORE STACK_TOP
.endm

.macro CURRENT register
        ld      \register, cores
.endm

.macro REMEMBER_STACK
.endm

#endif

        .section .text.entry, "ax", @progbits

.macro EACH_OF_SYSCALL instruction      /* a4: context. What a system call preserves and pc, sp and a4 itself apart */
        \instruction a0, CONTEXT_A0(a4)
        \instruction a1, CONTEXT_A1(a4)
        \instruction a2, CONTEXT_A2(a4)
        \instruction a3, CONTEXT_A3(a4)
        \instruction s2, CONTEXT_S2 + 0(a4)
        \instruction s3, CONTEXT_S2 + 8(a4)
        \instruction s4, CONTEXT_S2 + 16(a4)
        \instruction s5, CONTEXT_S2 + 24(a4)
.endm

.macro EACH_PRESERVED instruction
        \instruction gp, CONTEXT_GP(a4)
        \instruction tp, CONTEXT_TP(a4)
        \instruction s0, CONTEXT_S0(a4)
        \instruction s1, CONTEXT_S1(a4)
.endm

.macro EACH_DESTROYED instruction       /* but a4 */
        \instruction ra, CONTEXT_RA(a4)
        \instruction t0, CONTEXT_T0 + 0(a4)
        \instruction t1, CONTEXT_T0 + 8(a4)
        \instruction t2, CONTEXT_T0 + 16(a4)
        \instruction t3, CONTEXT_T0 + 24(a4)
        \instruction t4, CONTEXT_T0 + 32(a4)
        \instruction t5, CONTEXT_T0 + 40(a4)
        \instruction t6, CONTEXT_T0 + 48(a4)
        \instruction a5, CONTEXT_A4 + 8(a4)
        \instruction a6, CONTEXT_A4 + 16(a4)
        \instruction a7, CONTEXT_A4 + 24(a4)
        \instruction s6, CONTEXT_S6 + 0(a4)
        \instruction s7, CONTEXT_S6 + 8(a4)
        \instruction s8, CONTEXT_S6 + 16(a4)
        \instruction s9, CONTEXT_S6 + 24(a4)
        \instruction s10, CONTEXT_S6 + 32(a4)
        \instruction s11, CONTEXT_S6 + 40(a4)
.endm

/* A fast path is farther away than a branch reaches. */
.macro FAST_IF_ZERO register, path
        bnez    \register, 1f
        j       \path
1:
.endm

.macro CLEAR_DESTROYED
        .irp    register, ra, t0, t1, t2, t3, t4, t5, t6, a4, a5, a6, a7, s6, s7, s8, s9, s10, s11
        li      \register, 0
        .endr
.endm

/*
 * ---- System calls: ra, t0-t6, a4-a7 and s6-s11 are ours by the ABI.
 *
 * What the thread will get back, pc, sp, gp, tp, s0 and s1, is saved at once. The arguments are where the fast paths, which are C, have
 * theirs: cap in a0, tag in a1, reply in a2, operation in a3; the thread is in a4, the core goes to a5. s2 to s5, the message words, stay in
 * place: C preserves them. A fast path ends with arch_fast_leave or _return (arch_inline.h), which go to user mode, or with a jump to
 * arch_fast_decline or arch_fast_invoke, so nothing of it is left on the stack.
 */
        .balign 64
        .globl  trap_entry
        .type   trap_entry, @function
trap_entry:
        csrrw   a4, sscratch, a4
        beqz    a4, trap_kernel
        sd      sp, CONTEXT_SP(a4)
        csrr    sp, scause
        addi    sp, sp, -CAUSE_ECALL
        bnez    sp, trap_other
        csrw    sscratch, zero
        csrr    t1, sepc
        KERNEL_STACK
        addi    t1, t1, 4
        sd      t1, CONTEXT_PC(a4)
        EACH_PRESERVED sd
        KERNEL_CORE
#if CONFIG_CORES > 1
        mv      a5, tp
#endif
        FAST_IF_ZERO a3, kernel_fast_call
        addi    t1, a3, -OPERATION_REPLY_RECV
        FAST_IF_ZERO t1, kernel_fast_reply_recv
        andi    t1, a3, ~OPERATION_POLL
        addi    t1, t1, -OPERATION_SEND
        FAST_IF_ZERO t1, kernel_fast_send
        addi    t1, t1, OPERATION_SEND - OPERATION_RECV
        FAST_IF_ZERO t1, kernel_fast_recv
        addi    t1, a3, -OPERATION_YIELD
        FAST_IF_ZERO t1, kernel_fast_yield
        .size   trap_entry, . - trap_entry
        /* falls into arch_fast_decline */

/* The general path: a0 cap, a1 tag, a2 reply, a3 operation. */
        .globl  arch_fast_decline
        .type   arch_fast_decline, @function
arch_fast_decline:
        CURRENT a4
        EACH_OF_SYSCALL sd
        START_OF_STACK
        call    kernel_syscall
        j       exit_current
        .size   arch_fast_decline, . - arch_fast_decline

/* The general path of a call to an object of the kernel: a0 cap, a1 tag, a2 reply, a3 slot, a4 thread. */
        .globl  arch_fast_invoke
        .type   arch_fast_invoke, @function
arch_fast_invoke:
        mv      t1, a3
        li      a3, 0                   /* SYS_CALL */
        EACH_OF_SYSCALL sd
        mv      a3, t1
        START_OF_STACK
        call    kernel_invoke
        .size   arch_fast_invoke, . - arch_fast_invoke
        /* falls into exit_current */

/*
 * Leave to current. SRET goes to user mode, because SPP has been clear since boot: no trap that comes back is
 * taken in the kernel. Registers that the ABI calls destroyed are cleared; a3 gets the user's own value back,
 * which a restarted call needs.
 */
.macro LOAD_KEPT                        /* a4: context, t1: destroyed */
        REMEMBER_STACK
        ld      t1, CONTEXT_PC(a4)
        csrw    sepc, t1
        csrw    sscratch, a4
        ld      sp, CONTEXT_SP(a4)
        EACH_PRESERVED ld
.endm

        .type   exit_current, @function
exit_current:
        CURRENT a4
        beqz    a4, arch_idle
        ld      t1, CONTEXT_FULL(a4)
        bnez    t1, exit_full
        LOAD_KEPT
        EACH_OF_SYSCALL ld
        CLEAR_DESTROYED
        sret
        .size   exit_current, . - exit_current

        .type   exit_full, @function
exit_full:
        sd      zero, CONTEXT_FULL(a4)
        LOAD_KEPT
        EACH_OF_SYSCALL ld
        EACH_DESTROYED ld
        ld      a4, CONTEXT_A4(a4)
        sret
        .size   exit_full, . - exit_full

/* The exits of the fast paths, for a compiler that cannot have them inline (arch_inline.h): a0 badge, a1 tag, a2 status, a3 the thread. */
        .globl  fast_leave_empty
        .type   fast_leave_empty, @function
fast_leave_empty:
        li      s2, 0
        li      s3, 0
        li      s4, 0
        li      s5, 0
        .size   fast_leave_empty, . - fast_leave_empty
        /* falls into fast_leave */

        .globl  fast_leave
        .type   fast_leave, @function
fast_leave:
        mv      a4, a3
        START_OF_STACK
        LOAD_KEPT
        li      a3, 0
        CLEAR_DESTROYED
        sret
        .size   fast_leave, . - fast_leave

/* space_load_stale(t1), with the return address in t0; leaves all other registers as they are (arch_space_load). */
        .globl  entry_space_stale
        .type   entry_space_stale, @function
entry_space_stale:
        addi    sp, sp, -8 * 16
        sd      t0, 8 * 0(sp)
        .macro  EACH_OF_CALL instruction
        \instruction ra, 8 * 1(sp)
        \instruction t2, 8 * 2(sp)
        \instruction t3, 8 * 3(sp)
        \instruction t4, 8 * 4(sp)
        \instruction t5, 8 * 5(sp)
        \instruction t6, 8 * 6(sp)
        \instruction a0, 8 * 7(sp)
        \instruction a1, 8 * 8(sp)
        \instruction a2, 8 * 9(sp)
        \instruction a3, 8 * 10(sp)
        \instruction a4, 8 * 11(sp)
        \instruction a5, 8 * 12(sp)
        \instruction a6, 8 * 13(sp)
        \instruction a7, 8 * 14(sp)
        .endm
        EACH_OF_CALL sd
        mv      a0, t1
        call    space_load_stale
        EACH_OF_CALL ld
        ld      t0, 8 * 0(sp)
        addi    sp, sp, 8 * 16
        jr      t0
        .size   entry_space_stale, . - entry_space_stale

/* ---- Interrupts and exceptions from user mode: a4 is the context, sp is saved and free, sscratch has a4. */

        .type   trap_other, @function
trap_other:
        EACH_PRESERVED sd
        EACH_OF_SYSCALL sd
        EACH_DESTROYED sd
        csrrw   t1, sscratch, zero
        sd      t1, CONTEXT_A4(a4)
        csrr    t1, sepc
        sd      t1, CONTEXT_PC(a4)
        li      t1, 1
        sd      t1, CONTEXT_FULL(a4)
        KERNEL_STACK
        KERNEL_CORE
        csrr    a0, scause
        csrr    a1, stval
        call    trap_user
        j       exit_current
        .size   trap_other, . - trap_other

/* The end of boot comes here from the middle of the stack. */
        .globl  arch_exit
        .type   arch_exit, @function
arch_exit:
        START_OF_STACK
        j       exit_current
        .size   arch_exit, . - arch_exit

        .globl  arch_idle
        .type   arch_idle, @function
arch_idle:
        START_OF_STACK
        li      s0, 0
        call    trap_wait
        j       exit_current
        .size   arch_idle, . - arch_idle

/* A trap in the kernel: fill in the core's struct trap_frame and report. a4 is in sscratch. s0 stays as it is, so
 * that the backtrace goes on into the function that was interrupted. With several cores tp is needed to find the frame, in which it stands
 * already. */
        .type   trap_kernel, @function
trap_kernel:
        lla     a4, fatal_frames
#if CONFIG_CORES > 1
        lw      tp, CORE_INDEX(tp)
        slli    tp, tp, FRAME_BITS
        add     a4, a4, tp
        ld      tp, 8 * 4(a4)
#else
        sd      tp, 8 * 4(a4)
#endif
        sd      sp, 8 * 1(a4)
        sd      ra, 8 * 2(a4)
        sd      gp, 8 * 3(a4)
        sd      t0, 8 * 5(a4)
        sd      t1, 8 * 6(a4)
        sd      t2, 8 * 7(a4)
        sd      s0, 8 * 8(a4)
        sd      s1, 8 * 9(a4)
        sd      a0, 8 * 10(a4)
        sd      a1, 8 * 11(a4)
        sd      a2, 8 * 12(a4)
        sd      a3, 8 * 13(a4)
        sd      a5, 8 * 15(a4)
        sd      a6, 8 * 16(a4)
        sd      a7, 8 * 17(a4)
        sd      s2, 8 * 18(a4)
        sd      s3, 8 * 19(a4)
        sd      s4, 8 * 20(a4)
        sd      s5, 8 * 21(a4)
        sd      s6, 8 * 22(a4)
        sd      s7, 8 * 23(a4)
        sd      s8, 8 * 24(a4)
        sd      s9, 8 * 25(a4)
        sd      s10, 8 * 26(a4)
        sd      s11, 8 * 27(a4)
        sd      t3, 8 * 28(a4)
        sd      t4, 8 * 29(a4)
        sd      t5, 8 * 30(a4)
        sd      t6, 8 * 31(a4)
        csrrw   t1, sscratch, zero
        sd      t1, 8 * 14(a4)
        csrr    t1, sepc
        sd      t1, FRAME_PC(a4)
        csrr    t1, scause
        sd      t1, FRAME_CAUSE(a4)
        csrr    t1, stval
        sd      t1, FRAME_VALUE(a4)
        csrr    t1, sstatus
        sd      t1, FRAME_STATUS(a4)
        STACK_OF_CORE STACK_TOP_EMERGENCY
        mv      a0, a4
        call    trap_fatal
        unimp
        .size   trap_kernel, . - trap_kernel

        .section .note.GNU-stack, "", @progbits
