/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions of further cores: from real mode, at TRAMPOLINE, to C in 64-bit mode.
 *
 * Assembler, for the reasons of boot.S. It is copied to TRAMPOLINE, so its own addresses are relative to its start. The page is mapped
 * where it is until all cores have come (paging_trampoline).
 */
#include "layout.h"

#if CONFIG_CORES > 1

#define HERE(label) ((label) - trampoline_start)
#define PHYSICAL(symbol) ((symbol) - KERNEL_BASE)

        .section .rodata.trampoline, "a", @progbits
        .balign 16
        .globl  trampoline_start
        .code16
trampoline_start:
        cli
        cld
        mov     %cs, %ax                        /* TRAMPOLINE / 16: SDM vol. 3, 8.4.4 */
        mov     %ax, %ds
        lgdtl   HERE(gdt_pointer)
        mov     $0x20, %eax                     /* CR4.PAE */
        mov     %eax, %cr4
        mov     $PHYSICAL(kernel_root), %eax
        mov     %eax, %cr3
        mov     $0xc0000080, %ecx               /* EFER: LME, NXE */
        rdmsr
        or      $0x900, %eax
        wrmsr
        mov     $0x80010033, %eax               /* CR0: PG, WP, NE, ET, MP, PE */
        mov     %eax, %cr0
        ljmpl   $8, $TRAMPOLINE + HERE(1f)

        .code64
1:      xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        mov     smp_stack, %rsp                 /* its address is one of 32 bits, sign-extended */
        pushq   $2
        popfq
        xor     %ebp, %ebp                      /* the backtrace ends here */
        mov     $smp_core_start, %rax
        call    *%rax
        ud2

        .balign 8
gdt:    .quad   0
        .quad   0x00af9b000000ffff              /* 64-bit code, accessed */
gdt_pointer:
        .short  gdt_pointer - gdt - 1
        .long   TRAMPOLINE + HERE(gdt)
        .globl  trampoline_end
trampoline_end:

#endif

        .section .note.GNU-stack, "", @progbits
