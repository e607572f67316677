/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From where the firmware enters (supervisor mode, no paging) to user mode in the first of two address spaces; and the switch that is measured. Both
 * spaces map the first 3 GiB where they are, for user mode; and the memory's first GiB once more, at the top, for the kernel. No interrupt is ever taken.
 */
#define HIGH    0xffffffff00000000  /* above where the memory is */
#define TURNS   1024                /* more than there are rounds (floor.c) */
#define KERNEL  0xcf                /* a leaf: dirty, accessed, all rights */
#define USER    0xdf
#define SV39    (8 << 60)
#define ASID(n) ((n) << 44)

#define CONTEXT_SP      0
#define CONTEXT_IP      8
#define CONTEXT_SPACE   24
#define CONTEXT_OTHER   32

        .option arch, +zicsr
        .section .text.start, "ax", @progbits
        .globl  start
start:  csrw    sie, zero
        la      t0, space_1                 /* what satp is for each */
        li      t1, SV39 + ASID(1)
        la      t2, context_1
        call    space_of_context
        la      t0, space_2
        li      t1, SV39 + ASID(2)
        la      t2, context_2
        call    space_of_context
        la      t0, space_kernel
        srli    t0, t0, 12
        li      t1, SV39
        or      t0, t0, t1
        sfence.vma
        csrw    satp, t0
        sfence.vma
        li      t1, HIGH
        la      t0, 1f
        or      t0, t0, t1
        jr      t0
1:      la      t0, switch
        csrw    stvec, t0
        li      t0, 7                       /* user mode reads the counters */
        csrw    scounteren, t0
        la      t0, context_1
        csrw    sscratch, t0
        ld      t1, CONTEXT_SPACE(t0)
        csrw    satp, t1
        li      t1, 0x100                   /* sstatus: SRET goes to user mode */
        csrc    sstatus, t1
        la      t0, addresses
        ld      sp, 0(t0)
        ld      t1, 8(t0)
        csrw    sepc, t1
        sret

space_of_context:
        srli    t0, t0, 12
        or      t0, t0, t1
        sd      t0, CONTEXT_SPACE(t2)
        ret

        .balign 8
addresses:
        .quad   stack_end, floor_main

/* What is measured: enter, save a context, switch the address space, load the other's context, leave. */
        .balign 64
        .option norvc
switch: csrr    t0, sscratch
        csrr    t1, sepc
        addi    t1, t1, 4                   /* behind ECALL */
        sd      sp, CONTEXT_SP(t0)
        sd      t1, CONTEXT_IP(t0)
        ld      t0, CONTEXT_OTHER(t0)
        csrw    sscratch, t0
        ld      t1, CONTEXT_SPACE(t0)
        csrw    satp, t1
        ld      sp, CONTEXT_SP(t0)
        ld      t1, CONTEXT_IP(t0)
        csrw    sepc, t1
        sret

/* The other context's program: back, each time; without a jump that would count. */
        .balign 64
answer: .rept   TURNS
        ecall
        .endr
        unimp

/* stack, where to go on, nothing, space, the other */
        .data
        .balign 64
context_1:
        .quad   0, 0, 0, 0, context_2 + HIGH
        .balign 64
context_2:
        .quad   stack_2_end, answer, 0, 0, context_1 + HIGH

        .balign 4096
space_kernel:
        .quad   0, 0, KERNEL + (0x80000000 >> 2)
        .skip   507 * 8
        .quad   KERNEL + (0x80000000 >> 2), 0
space_1:
        .quad   USER, 0, USER + (0x80000000 >> 2)
        .skip   507 * 8
        .quad   KERNEL + (0x80000000 >> 2), 0
space_2:
        .quad   USER, 0, USER + (0x80000000 >> 2)
        .skip   507 * 8
        .quad   KERNEL + (0x80000000 >> 2), 0

        .bss
        .balign 4096
        .skip   4096
stack_end:
        .skip   64
stack_2_end:

        .section .note.GNU-stack, "", @progbits
