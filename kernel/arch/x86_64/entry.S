/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ways into the kernel and the way out.
 *
 * Assembler, because the processor arrives here with the user's registers in place and no stack of ours,
 * and wants to be left in the same way: C can neither name those registers nor give up its own.
 *
 * Entry saves the user's registers straight into the current thread's context (a struct thread begins with
 * it), calls one C function on the core's stack, and comes to arch_exit, which loads the context of
 * whoever is current by then. Nothing is kept on the stack from one entry to the next.
 *
 * With one core, its structure and its stack are at fixed addresses. With several, each has a stub of its own for SYSCALL, which knows both;
 * elsewhere the last word of each stack points to its core (layout.h).
 */
#include "layout.h"

#if CONFIG_CORES > 1

.macro CORE register                /* core_self(); the stack pointer is anywhere in the core's stack */
        mov     %rsp, \register
        or      $(STACK_BLOCK - 1), \register
        mov     -7(\register), \register
.endm

.macro CURRENT register             /* core_self()->current, the first field of the core */
        CORE    \register
        mov     (\register), \register
.endm

.macro CORE_BELOW words, register   /* the same, if so many words are on the stack */
        mov     (\words * 8 + 8)(%rsp), \register
.endm

.macro CURRENT_BELOW words, register
        CORE_BELOW \words, \register
        mov     (\register), \register
.endm

.macro KERNEL_STACK                 /* back to the top of the stack that this runs on */
        or      $(STACK_BLOCK - 1), %rsp
        sub     $(STACK_CORE - 1), %rsp
.endm

#else

.macro CURRENT register
        mov     cores(%rip), \register
.endm

.macro CORE_BELOW words, register   /* C knows it */
.endm

.macro CURRENT_BELOW words, register
        CURRENT \register
.endm

.macro KERNEL_STACK
        mov     $STACK_TOP, %rsp
.endm

#endif

.macro LOAD_SYSCALL                 /* r8: context; what a system call preserves, or has as a result */
        mov     CONTEXT_RBP(%r8), %rbp
        mov     CONTEXT_R15(%r8), %r15
        mov     CONTEXT_RAX(%r8), %rax
        mov     CONTEXT_RDI(%r8), %rdi
        mov     CONTEXT_RSI(%r8), %rsi
        mov     CONTEXT_RDX(%r8), %rdx
        mov     CONTEXT_RBX(%r8), %rbx
        mov     CONTEXT_R12(%r8), %r12
        mov     CONTEXT_R13(%r8), %r13
        mov     CONTEXT_R14(%r8), %r14
.endm

.macro SAVE_ARGUMENTS context       /* of a system call, but the operation */
        mov     %rdi, CONTEXT_RDI(\context)
        mov     %rsi, CONTEXT_RSI(\context)
        mov     %rdx, CONTEXT_RDX(\context)
        mov     %rbx, CONTEXT_RBX(\context)
        mov     %r12, CONTEXT_R12(\context)
        mov     %r13, CONTEXT_R13(\context)
        mov     %r14, CONTEXT_R14(\context)
.endm

        .section .text.entry, "ax", @progbits

/*
 * ---- System calls: SYSCALL leaves rip in rcx and the flags in r11; rcx and r8-r11 are ours by the ABI.
 *
 * What the thread will get back, rip, rsp, rbp and r15, is saved at once. The arguments are where the fast paths, which are C, have
 * theirs: cap in rdi, tag in rsi, reply in rdx; the operation goes to rcx, the thread to r8, the core to r9. rbx and r12 to r14, the message
 * words, stay in place: C preserves them. A fast path ends with arch_fast_leave or _return (arch_inline.h), which go to user mode, or with a
 * jump to arch_fast_decline or arch_fast_invoke, so nothing of it is left on the stack.
 */
.macro SYSCALL_BEGIN stack:vararg
        mov     %rsp, CONTEXT_RSP(%r8)
        mov     $(\stack), %rsp
        mov     %rcx, CONTEXT_RIP(%r8)
        mov     %rbp, CONTEXT_RBP(%r8)
        mov     %r15, CONTEXT_R15(%r8)
#if FAST_ENTRY
        cmp     $OPERATION_REPLY_RECV, %rax
        jb      kernel_fast_call
        je      kernel_fast_reply_recv
#endif
        mov     %rax, %rcx
#if FAST_ENTRY
        cmp     $OPERATION_RECV, %rax
        jb      kernel_fast_send
        je      kernel_fast_recv
#endif
.endm

        .balign 64
        .globl  entry_syscall
        .type   entry_syscall, @function
entry_syscall:
#if CONFIG_CORES > 1
        core = 0
        .rept   CONFIG_CORES
        .org    entry_syscall + core * SYSCALL_STUB_SIZE
        mov     syscall_cores + core * 8(%rip), %r9
        mov     (%r9), %r8
        SYSCALL_BEGIN STACK_TOP + core * STACK_AREA_SIZE
        jmp     1f
        core = core + 1
        .endr
        .balign 64
1:
#else
        CURRENT %r8
        SYSCALL_BEGIN STACK_TOP
#endif
#if FAST_ENTRY
        cmp     $OPERATION_YIELD, %rax
        je      kernel_fast_yield
        cmp     $(OPERATION_RECV | OPERATION_POLL), %rax
        je      kernel_fast_recv
        cmp     $(OPERATION_SEND | OPERATION_POLL), %rax
        je      kernel_fast_send
#endif
        /* falls into arch_fast_decline */
        .size   entry_syscall, . - entry_syscall

/* The general path: rdi cap, rsi tag, rdx reply, rcx operation. */
        .globl  arch_fast_decline
        .type   arch_fast_decline, @function
arch_fast_decline:
        CURRENT %r8
        mov     %rcx, CONTEXT_RAX(%r8)
        SAVE_ARGUMENTS %r8
        KERNEL_STACK
        call    kernel_syscall
        .size   arch_fast_decline, . - arch_fast_decline
        /* falls into arch_exit */

/*
 * Leave to current. SYSRET takes rip from rcx and the flags from r11. It would fault in kernel mode on a
 * rip that is not canonical: there is none, because rip was in a register of user mode or passed
 * arch_register_check, and the last user page is never mapped, so that no SYSCALL instruction ends where
 * the canonical addresses end. Registers that the ABI calls destroyed are cleared; rdx gets the user's own
 * value back, which a restarted call needs.
 */
        .globl  arch_exit
        .type   arch_exit, @function
arch_exit:
        CURRENT %r8                 /* may be called from anywhere */
        test    %r8, %r8
        jz      arch_idle
        .globl  exit_to_thread
exit_to_thread:                     /* r8: current */
        cmpq    $0, CONTEXT_FULL(%r8)
        jne     exit_full
        mov     CONTEXT_RIP(%r8), %rcx
        mov     $USER_FLAGS, %r11d
        LOAD_SYSCALL
        mov     CONTEXT_RSP(%r8), %rsp
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r8d, %r8d
        sysretq
        .size   arch_exit, . - arch_exit

/* The general path of a call to an object of the kernel: rdi cap, rsi tag, rdx reply, rcx slot, r8 thread. */
        .globl  arch_fast_invoke
        .type   arch_fast_invoke, @function
arch_fast_invoke:
        movq    $0, CONTEXT_RAX(%r8) /* SYS_CALL */
        SAVE_ARGUMENTS %r8
        KERNEL_STACK
        call    kernel_invoke
        jmp     arch_exit
        .size   arch_fast_invoke, . - arch_fast_invoke

/* space_load_stale(rax), which leaves all registers as they are (arch_space_load). */
        .globl  entry_space_stale
        .type   entry_space_stale, @function
entry_space_stale:
        .irp    register, rax, rcx, rdx, rsi, rdi, r8, r9, r10, r11
        push    %\register
        .endr
        mov     %rax, %rdi
        call    space_load_stale
        .irp    register, r11, r10, r9, r8, rdi, rsi, rdx, rcx, rax
        pop     %\register
        .endr
        ret
        .size   entry_space_stale, . - entry_space_stale

/* All registers, by IRET, from anywhere in the core's stack, which has room for a frame. It cannot fault: the selectors are constants, the flags
 * were masked, rip is canonical as above, and the flag NT is clear in the kernel. */
        .type   exit_full, @function
exit_full:
        movq    $0, CONTEXT_FULL(%r8)
        pushq   $SELECTOR_USER_DATA
        pushq   CONTEXT_RSP(%r8)
        pushq   CONTEXT_RFLAGS(%r8)
        pushq   $SELECTOR_USER_CODE
        pushq   CONTEXT_RIP(%r8)
        LOAD_SYSCALL
        mov     CONTEXT_RCX(%r8), %rcx
        mov     CONTEXT_R11(%r8), %r11
        mov     CONTEXT_R9(%r8), %r9
        mov     CONTEXT_R10(%r8), %r10
        mov     CONTEXT_R8(%r8), %r8
        iretq
        .size   exit_full, . - exit_full

/* Wait for an interrupt. The one instruction after STI cannot be interrupted (SDM vol. 2, STI), so none is
 * lost before HLT. The interrupt never comes back here by IRET: it goes to arch_exit. */
        .globl  arch_idle
        .type   arch_idle, @function
arch_idle:
        KERNEL_STACK
1:      sti
        hlt
        jmp     1b
        .size   arch_idle, . - arch_idle

/*
 * Interrupts and exceptions from user mode: the processor has pushed ss, rsp, flags, cs, rip on the core's
 * stack, the stubs below the rest. Two scratch places are needed: rax is pushed, and then popped into the
 * context.
 */
.macro SAVE_ALL_BUT_RAX_AND_FRAME  /* rax: context */
        mov     %rbp, CONTEXT_RBP(%rax)
        mov     %r15, CONTEXT_R15(%rax)
        SAVE_ARGUMENTS %rax
        mov     %rcx, CONTEXT_RCX(%rax)
        mov     %r11, CONTEXT_R11(%rax)
        mov     %r8, CONTEXT_R8(%rax)
        mov     %r9, CONTEXT_R9(%rax)
        mov     %r10, CONTEXT_R10(%rax)
        movq    $1, CONTEXT_FULL(%rax)
.endm

.macro SAVE_FRAME core             /* rsp: at rip; with several cores, `core` gets the core */
        popq    CONTEXT_RIP(%rax)
        add     $8, %rsp
        popq    CONTEXT_RFLAGS(%rax)
        popq    CONTEXT_RSP(%rax)
        add     $8, %rsp            /* at the top: the frame of an interrupt in user mode begins there */
        CORE_BELOW 0, \core
        /* The user's DF, AC and NT are still in force: AC would turn SMAP off, NT make IRET fault. */
        pushq   $2
        popfq
.endm

/* Stack: vector - 128, rip, cs, flags, rsp, ss. */
        .type   interrupt_common, @function
interrupt_common:
        testb   $3, 16(%rsp)
        jz      1f
        push    %rax
        CURRENT_BELOW 7, %rax
        SAVE_ALL_BUT_RAX_AND_FRAME
        popq    CONTEXT_RAX(%rax)
        pop     %rdi
        SAVE_FRAME %rsi
        sub     $-128, %edi
        call    trap_interrupt
        jmp     arch_exit
1:      pop     %rdi                /* from kernel mode: idle, nothing to save */
        sub     $-128, %edi
        KERNEL_STACK
        call    trap_interrupt_idle
        jmp     arch_exit
        .size   interrupt_common, . - interrupt_common

/* Stack: vector, error code, rip, cs, flags, rsp, ss. */
        .type   exception_common, @function
exception_common:
        testb   $3, 24(%rsp)
        jz      exception_fatal
        push    %rax
        CURRENT_BELOW 8, %rax
        SAVE_ALL_BUT_RAX_AND_FRAME
        popq    CONTEXT_RAX(%rax)
        pop     %rdi
        pop     %rsi
        SAVE_FRAME %rdx
        call    trap_exception
        jmp     arch_exit
        .size   exception_common, . - exception_common

/* An exception in kernel mode, NMI, double fault, machine check: build a struct trap_frame and report. rbp
 * stays as it is, so that the backtrace goes on into the function that was interrupted. */
        .type   exception_fatal, @function
exception_fatal:
        .irp    register, rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15
        push    %\register
        .endr
        mov     %rsp, %rdi
        and     $-16, %rsp
        pushq   $2
        popfq
        call    trap_fatal
        ud2
        .size   exception_fatal, . - exception_fatal

/* ---- Stubs: one for each exception, 16 bytes apart, and one for each other vector, 8 bytes apart. */

/* Vectors 8, 10-14, 17, 21, 29 and 30 push an error code (SDM vol. 3, 6.15, and AMD's APM vol. 2, 8.2). 2,
 * 8 and 18 have emergency stacks. */
        .balign 16
        .globl  exception_stubs
exception_stubs:
        vector = 0
        .rept   32
        .balign 16
        .if !((0x60227d00 >> vector) & 1)
        pushq   $0
        .endif
        pushq   $vector
        .if vector == 2 || vector == 8 || vector == 18
        jmp     exception_fatal
        .else
        jmp     exception_common
        .endif
        vector = vector + 1
        .endr

/* An 8-bit immediate is enough for vector - 128. */
        .balign 16
        .globl  interrupt_stubs
interrupt_stubs:
        .rept   VECTOR_COUNT - VECTOR_LINE
        .balign 8
        pushq   $(vector - 128)
        jmp     interrupt_common
        vector = vector + 1
        .endr

        .section .note.GNU-stack, "", @progbits
