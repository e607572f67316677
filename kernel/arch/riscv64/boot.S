/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions: from supervisor mode without paging, as SBI firmware and boot loaders leave it, to C
 * at the address that the kernel is linked for.
 *
 * Assembler, because it has no stack and does not run where it is linked: what it names is reached relative to
 * the program counter.
 *
 *   a0 = number of this core (hart), a1 = physical address of the device tree     (Linux, riscv/boot.rst)
 *
 * The image can lie at any multiple of 2 MiB. Paging begins with Sv39, which every processor has; C looks at
 * the boot arguments and may then go on to Sv48.
 */
#include "layout.h"

#define IMAGE_OFFSET   0x200000         /* from the start of memory: below it is the firmware */
#define IMAGE_VERSION  2                /* 0.2 */
#define IMAGE_MAGIC    0x5643534952     /* "RISCV" */
#define IMAGE_MAGIC_2  0x05435352       /* "RSC\5" */
#define PTE_TABLE      0x1
#define PTE_ALL_RIGHTS 0xef             /* valid, read, write, execute, global, accessed, dirty */

.macro TABLE_ENTRY table, index, next   /* destroys t0, t1 */
        lla     t0, \next
        srli    t0, t0, 2
        ori     t0, t0, PTE_TABLE
        lla     t1, \table
        addi    t1, t1, (\index & 255) * 8
        .if \index > 255
        addi    t1, t1, 1024
        addi    t1, t1, 1024
        .endif
        sd      t0, 0(t1)
.endm

        .section .boot, "ax", @progbits

/* The image header: Linux, riscv/boot-image-header.rst. */
        .globl  entry_boot
entry_boot:
        .option push
        .option norvc
        j       start
        nop
        .option pop
        .quad   IMAGE_OFFSET
        .quad   payload_end - image_start
        .quad   0                               /* flags: little-endian */
        .word   IMAGE_VERSION
        .word   0
        .quad   0
        .quad   IMAGE_MAGIC
        .word   IMAGE_MAGIC_2
        .word   0

.macro KNOWN_STATE                      /* destroys t0 */
        csrw    sie, zero
        csrw    sscratch, zero
        li      t0, SSTATUS_SIE | SSTATUS_SPP | SSTATUS_VS | SSTATUS_FS | SSTATUS_SUM | SSTATUS_MXR
        csrc    sstatus, t0
.endm

.macro VIRTUAL register, label          /* where the label is linked; s0: the image's start */
        lla     \register, \label
        li      t0, KERNEL_BASE
        sub     \register, \register, s0
        add     \register, \register, t0
.endm

start:  KNOWN_STATE
        lla     s0, image_start
        VIRTUAL s1, boot_end_virtual

        /* 2 MiB of the image; the stacks; the tables above. C sets the rights. */
        lla     t1, kernel_image_table
        srli    t0, s0, 2
        ori     t0, t0, PTE_ALL_RIGHTS
        li      t2, 512
1:      sd      t0, 0(t1)
        addi    t0, t0, 1 << 10
        addi    t1, t1, 8
        addi    t2, t2, -1
        bnez    t2, 1b
        lla     t0, stack_pages
        srli    t0, t0, 2
        ori     t0, t0, PTE_ALL_RIGHTS
        lla     t1, kernel_image_table
        li      t2, 8 * (STACK_PAGE_FIRST + 1)
        add     t1, t1, t2
        sd      t0, 0(t1)
        addi    t0, t0, 1 << 10
        sd      t0, 8(t1)
        TABLE_ENTRY kernel_image_directory, 0, kernel_image_table
        TABLE_ENTRY kernel_high, 510, kernel_image_directory
        TABLE_ENTRY kernel_high, 511, kernel_devices

        /* Paging on. The next instruction is not mapped, and the exception continues at the right address. */
        lla     t0, kernel_high
        srli    t0, t0, 12
        li      t1, SATP_SV39 << SATP_MODE
        or      t0, t0, t1
        csrw    stvec, s1
        sfence.vma
        csrw    satp, t0
        nop

        .balign 4
boot_end_virtual:
        lla     t0, trap_entry
        csrw    stvec, t0
        lui     sp, (STACK_TOP >> 12) & 0xfffff
#if CONFIG_CORES > 1
        addi    sp, sp, -STACK_CORE
        lla     tp, cores
        sd      tp, 0(sp)
#endif
        mv      a2, a0
        mv      a0, a1
        mv      a1, s0
        li      s0, 0                           /* the backtrace ends here */
        li      ra, 0
        call    boot_start
        unimp

#if CONFIG_CORES > 1
/* Further cores begin here (smp.c), in the same state, and go on to paging in the same way. */
        .balign 4
        .globl  core_entry
core_entry:
        KNOWN_STATE
        lla     s0, image_start
        VIRTUAL s1, core_entry_virtual
        lla     t1, smp_satp
        ld      t1, 0(t1)
        csrw    stvec, s1
        sfence.vma
        csrw    satp, t1
        nop

        .balign 4
core_entry_virtual:
        lla     t0, trap_entry
        csrw    stvec, t0
        li      t0, SSTATUS_SPP         /* set by the exception: SRET would stay in the kernel */
        csrc    sstatus, t0
        lla     t0, smp_stack
        ld      sp, 0(t0)
        ld      tp, 0(sp)
        li      s0, 0
        li      ra, 0
        call    smp_core_start
        unimp
#endif

        .section .note.GNU-stack, "", @progbits
