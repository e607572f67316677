/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The way into the kernel and the ways out.
 *
 * Assembler, because the processor arrives here with the user's registers in place and no stack of ours,
 * and wants to be left in the same way: C can neither name those registers nor give up its own.
 *
 * Entry saves the user's registers straight into the current thread's context, calls one C function on the
 * core's stack, and comes to arch_exit, which loads the context of whoever is current by then. Nothing is kept
 * on the stack from one entry to the next.
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

.macro KERNEL_STACK                 /* t0: context */
        ld      sp, CONTEXT_STACK(t0)
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

.macro REMEMBER_STACK               /* t0: context; at the start of the stack */
        sd      sp, CONTEXT_STACK(t0)
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

/* ---- System calls: ra, t0-t6 and s2-s11 are ours by the ABI. */

        .balign 64
        .globl  trap_entry
        .type   trap_entry, @function
trap_entry:
        csrrw   t0, sscratch, t0
        beqz    t0, trap_kernel
        sd      sp, CONTEXT_SP(t0)
        csrr    sp, scause
        addi    sp, sp, -CAUSE_ECALL
        bnez    sp, trap_other
        csrw    sscratch, zero
        csrr    t1, sepc
        KERNEL_STACK
        addi    t1, t1, 4
        sd      t1, CONTEXT_PC(t0)
        sd      gp, CONTEXT_GP(t0)
        sd      tp, CONTEXT_TP(t0)
        sd      s0, CONTEXT_S0(t0)
        sd      s1, CONTEXT_S1(t0)
        sd      a0, CONTEXT_A0(t0)
        sd      a1, CONTEXT_A1(t0)
        sd      a2, CONTEXT_A2(t0)
        sd      a3, CONTEXT_A3(t0)
        sd      a4, CONTEXT_A4(t0)
        sd      a5, CONTEXT_A5(t0)
        sd      a6, CONTEXT_A6(t0)
        sd      a7, CONTEXT_A7(t0)
        KERNEL_CORE
        call    kernel_syscall
        .size   trap_entry, . - trap_entry
        /* falls into exit_current */

/*
 * Leave to current. SRET goes to user mode, because SPP has been clear since boot: no trap that comes back is
 * taken in the kernel. Registers that the ABI calls destroyed are cleared; a3 gets the user's own value back,
 * which a restarted call needs.
 */
.macro LOAD_KEPT                        /* t0: context, t1: destroyed */
        REMEMBER_STACK
        ld      t1, CONTEXT_PC(t0)
        csrw    sepc, t1
        ld      sp, CONTEXT_SP(t0)
        ld      gp, CONTEXT_GP(t0)
        ld      tp, CONTEXT_TP(t0)
        ld      s0, CONTEXT_S0(t0)
        ld      s1, CONTEXT_S1(t0)
        ld      a0, CONTEXT_A0(t0)
        ld      a1, CONTEXT_A1(t0)
        ld      a2, CONTEXT_A2(t0)
        ld      a3, CONTEXT_A3(t0)
        ld      a4, CONTEXT_A4(t0)
        ld      a5, CONTEXT_A5(t0)
        ld      a6, CONTEXT_A6(t0)
        ld      a7, CONTEXT_A7(t0)
        csrw    sscratch, t0
.endm

        .type   exit_current, @function
exit_current:
        CURRENT t0
        beqz    t0, arch_idle
        ld      t1, CONTEXT_FULL(t0)
        bnez    t1, exit_full
        LOAD_KEPT
        li      ra, 0
        li      t0, 0
        li      t1, 0
        li      t2, 0
        li      t3, 0
        li      t4, 0
        li      t5, 0
        li      t6, 0
        li      s2, 0
        li      s3, 0
        li      s4, 0
        li      s5, 0
        li      s6, 0
        li      s7, 0
        li      s8, 0
        li      s9, 0
        li      s10, 0
        li      s11, 0
        sret
        .size   exit_current, . - exit_current

        .type   exit_full, @function
exit_full:
        sd      zero, CONTEXT_FULL(t0)
        LOAD_KEPT
        ld      ra, CONTEXT_RA(t0)
        ld      t1, CONTEXT_T1(t0)
        ld      t2, CONTEXT_T2(t0)
        ld      t3, CONTEXT_T3(t0)
        ld      t4, CONTEXT_T4(t0)
        ld      t5, CONTEXT_T5(t0)
        ld      t6, CONTEXT_T6(t0)
        ld      s2, CONTEXT_S2 + 0(t0)
        ld      s3, CONTEXT_S2 + 8(t0)
        ld      s4, CONTEXT_S2 + 16(t0)
        ld      s5, CONTEXT_S2 + 24(t0)
        ld      s6, CONTEXT_S2 + 32(t0)
        ld      s7, CONTEXT_S2 + 40(t0)
        ld      s8, CONTEXT_S2 + 48(t0)
        ld      s9, CONTEXT_S2 + 56(t0)
        ld      s10, CONTEXT_S2 + 64(t0)
        ld      s11, CONTEXT_S2 + 72(t0)
        ld      t0, CONTEXT_T0(t0)
        sret
        .size   exit_full, . - exit_full

/* ---- Interrupts and exceptions from user mode: t0 is the context, sp is saved and free, sscratch has t0. */

        .type   trap_other, @function
trap_other:
        sd      gp, CONTEXT_GP(t0)
        sd      tp, CONTEXT_TP(t0)
        sd      s0, CONTEXT_S0(t0)
        sd      s1, CONTEXT_S1(t0)
        sd      a0, CONTEXT_A0(t0)
        sd      a1, CONTEXT_A1(t0)
        sd      a2, CONTEXT_A2(t0)
        sd      a3, CONTEXT_A3(t0)
        sd      a4, CONTEXT_A4(t0)
        sd      a5, CONTEXT_A5(t0)
        sd      a6, CONTEXT_A6(t0)
        sd      a7, CONTEXT_A7(t0)
        sd      ra, CONTEXT_RA(t0)
        sd      t1, CONTEXT_T1(t0)
        sd      t2, CONTEXT_T2(t0)
        sd      t3, CONTEXT_T3(t0)
        sd      t4, CONTEXT_T4(t0)
        sd      t5, CONTEXT_T5(t0)
        sd      t6, CONTEXT_T6(t0)
        sd      s2, CONTEXT_S2 + 0(t0)
        sd      s3, CONTEXT_S2 + 8(t0)
        sd      s4, CONTEXT_S2 + 16(t0)
        sd      s5, CONTEXT_S2 + 24(t0)
        sd      s6, CONTEXT_S2 + 32(t0)
        sd      s7, CONTEXT_S2 + 40(t0)
        sd      s8, CONTEXT_S2 + 48(t0)
        sd      s9, CONTEXT_S2 + 56(t0)
        sd      s10, CONTEXT_S2 + 64(t0)
        sd      s11, CONTEXT_S2 + 72(t0)
        csrrw   t1, sscratch, zero
        sd      t1, CONTEXT_T0(t0)
        csrr    t1, sepc
        sd      t1, CONTEXT_PC(t0)
        li      t1, 1
        sd      t1, CONTEXT_FULL(t0)
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

/* A trap in the kernel: fill in the core's struct trap_frame and report. t0 is in sscratch. s0 stays as it is, so
 * that the backtrace goes on into the function that was interrupted. With several cores tp is needed to find the frame, in which it stands
 * already. */
        .type   trap_kernel, @function
trap_kernel:
        lla     t0, fatal_frames
#if CONFIG_CORES > 1
        lw      tp, CORE_INDEX(tp)
        slli    tp, tp, FRAME_BITS
        add     t0, t0, tp
        ld      tp, 8 * 4(t0)
#else
        sd      tp, 8 * 4(t0)
#endif
        sd      sp, 8 * 1(t0)
        sd      ra, 8 * 2(t0)
        sd      gp, 8 * 3(t0)
        sd      t1, 8 * 6(t0)
        sd      t2, 8 * 7(t0)
        sd      s0, 8 * 8(t0)
        sd      s1, 8 * 9(t0)
        sd      a0, 8 * 10(t0)
        sd      a1, 8 * 11(t0)
        sd      a2, 8 * 12(t0)
        sd      a3, 8 * 13(t0)
        sd      a4, 8 * 14(t0)
        sd      a5, 8 * 15(t0)
        sd      a6, 8 * 16(t0)
        sd      a7, 8 * 17(t0)
        sd      s2, 8 * 18(t0)
        sd      s3, 8 * 19(t0)
        sd      s4, 8 * 20(t0)
        sd      s5, 8 * 21(t0)
        sd      s6, 8 * 22(t0)
        sd      s7, 8 * 23(t0)
        sd      s8, 8 * 24(t0)
        sd      s9, 8 * 25(t0)
        sd      s10, 8 * 26(t0)
        sd      s11, 8 * 27(t0)
        sd      t3, 8 * 28(t0)
        sd      t4, 8 * 29(t0)
        sd      t5, 8 * 30(t0)
        sd      t6, 8 * 31(t0)
        csrrw   t1, sscratch, zero
        sd      t1, 8 * 5(t0)
        csrr    t1, sepc
        sd      t1, FRAME_PC(t0)
        csrr    t1, scause
        sd      t1, FRAME_CAUSE(t0)
        csrr    t1, stval
        sd      t1, FRAME_VALUE(t0)
        csrr    t1, sstatus
        sd      t1, FRAME_STATUS(t0)
        STACK_OF_CORE STACK_TOP_EMERGENCY
        mv      a0, t0
        call    trap_fatal
        unimp
        .size   trap_kernel, . - trap_kernel

        .section .note.GNU-stack, "", @progbits
