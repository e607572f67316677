/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From where QEMU enters (EL1, no MMU) to user mode in the first of two address spaces; and the switch that is measured. Both spaces map the first
 * 2 GiB where they are, for user mode; the kernel's half maps the same at HIGH, for the kernel. No interrupt is ever taken.
 */
#define HIGH    0xffffff8000000000
#define TURNS   1024            /* more than there are rounds (floor.c) */
#define DEVICE  0x401           /* a block of 1 GiB: accessed, attribute 0 */
#define NORMAL  0x705           /* accessed, shared, attribute 1 */
#define USER    0x40
#define MODE_USER 0x3c0         /* EL0, nothing interrupts */

#define CONTEXT_SP      0
#define CONTEXT_MODE    16
#define CONTEXT_OTHER   32

        .text
        .globl  start
start:  ldr     x0, =0xff04                     /* MAIR: device, normal */
        msr     mair_el1, x0
        ldr     x0, =0x1b5193519                /* TCR: 39 bits in each half, 4 KiB, write-back, inner shareable, 36 bits of physical address */
        msr     tcr_el1, x0
        adrp    x0, space_kernel
        msr     ttbr0_el1, x0
        msr     ttbr1_el1, x0
        mov     x0, #2                          /* CNTKCTL: user mode reads the counter */
        msr     cntkctl_el1, x0
        mrs     x0, sctlr_el1
        mov     x1, #0x1005                     /* I, C, M */
        orr     x0, x0, x1
        isb
        msr     sctlr_el1, x0
        isb
        mov     x1, #HIGH
        adr     x0, 1f
        orr     x0, x0, x1
        br      x0
1:      adr     x0, vectors
        msr     vbar_el1, x0
        adr     x0, context_1
        msr     tpidr_el1, x0
        ldr     x0, space_1_id
        msr     ttbr0_el1, x0
        ldr     x0, =stack_end
        msr     sp_el0, x0
        ldr     x0, =floor_main
        msr     elr_el1, x0
        mov     x0, #MODE_USER
        msr     spsr_el1, x0
        isb
        eret

        .globl  power_off
power_off:
        ldr     w0, =0x84000008                 /* PSCI: SYSTEM_OFF */
        hvc     #0

        .balign 8
space_1_id:
        .quad   space_1 + (1 << 48)
        .ltorg

/* What is measured: enter (by the vector for a synchronous exception out of EL0), save a context, switch the address space, load the other's context,
 * leave. */
        .balign 2048
vectors:
        .skip   0x400
        mrs     x12, tpidr_el1
        mrs     x9, sp_el0
        mrs     x10, elr_el1
        mrs     x11, spsr_el1
        stp     x9, x10, [x12, #CONTEXT_SP]
        str     x11, [x12, #CONTEXT_MODE]
        ldr     x12, [x12, #CONTEXT_OTHER]
        msr     tpidr_el1, x12
        ldp     x11, x13, [x12, #CONTEXT_MODE]
        msr     ttbr0_el1, x13
        ldp     x9, x10, [x12, #CONTEXT_SP]
        msr     sp_el0, x9
        msr     elr_el1, x10
        msr     spsr_el1, x11
        eret
        .balign 2048

/* The other context's program: back, each time; without a jump that would count. */
answer: .rept   TURNS
        svc     #0
        .endr
        udf     #0

/* stack, where to go on, mode, space, the other */
        .balign 64
context_1:
        .quad   0, 0, 0, space_1 + (1 << 48), context_2 + HIGH
        .balign 64
        .globl  context_2
context_2:
        .quad   stack_2_end, answer, MODE_USER, space_2 + (2 << 48), context_1 + HIGH

        .balign 4096
space_kernel:
        .quad   DEVICE, 0x40000000 + NORMAL
        .balign 4096
space_1:
        .quad   DEVICE + USER, 0x40000000 + NORMAL + USER
        .balign 4096
space_2:
        .quad   DEVICE + USER, 0x40000000 + NORMAL + USER
        .balign 4096

        .bss
        .balign 4096
        .skip   4096
stack_end:
        .skip   64
stack_2_end:

        .section .note.GNU-stack, "", @progbits
