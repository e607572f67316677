/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From PVH's 32-bit mode to user mode in the first of two address spaces; and the switch that is measured. Both spaces map the first 4 MiB where
 * they are, and once more at HIGH, for user mode and the kernel alike: there is nothing to protect here. No interrupt is ever taken.
 */
#define HIGH    0xffffffff80000000
#define USER    7               /* a table's entry: present, writable, user */
#define LARGE   0x87            /* the same, for 2 MiB */
#define TURNS   1024            /* more than there are rounds (floor.c) */
#define FLAGS   0x3002          /* IOPL 3, interrupts off */

#define CONTEXT_SP      0
#define CONTEXT_IP      8
#define CONTEXT_FLAGS   16
#define CONTEXT_SPACE   24
#define CONTEXT_OTHER   32

        .section .note.pvh, "a", @note
        .balign 4
        .long   4, 4, 18                        /* XEN_ELFNOTE_PHYS32_ENTRY */
        .asciz  "Xen"
        .long   entry_pvh

        .text
        .code32
        .globl  entry_pvh
entry_pvh:
        cli
        movl    $large_pages + USER, directories
        movl    $large_pages + USER, directories + 8 * 510
        movl    $directories + USER, space_1
        movl    $directories + USER, space_1 + 8 * 511
        movl    $directories + USER, space_2
        movl    $directories + USER, space_2 + 8 * 511
        movl    $LARGE, large_pages
        movl    $LARGE + 0x200000, large_pages + 8
        mov     $space_1, %eax
        mov     %eax, %cr3
        mov     $0x20, %eax                     /* CR4.PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx               /* EFER: LME, SCE */
        rdmsr
        or      $0x101, %eax
        wrmsr
        mov     $0x80010033, %eax               /* CR0: PG, WP, NE, ET, MP, PE */
        mov     %eax, %cr0
        lgdt    gdt_pointer
        ljmp    $0x08, $1f

        .code64
1:      mov     $0xc0000081, %ecx               /* STAR: SYSCALL loads 0x08 and 0x10, SYSRET 0x20 and 0x18 */
        xor     %eax, %eax
        mov     $0x00100008, %edx
        wrmsr
        mov     $0xc0000082, %ecx               /* LSTAR */
        mov     $switch, %eax
        mov     $0xffffffff, %edx
        or      $0x80000000, %eax
        wrmsr
        mov     $0xc0000084, %ecx               /* SFMASK: nothing */
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr
        mov     $stack_end, %esp
        mov     $floor_main, %ecx
        mov     $FLAGS, %r11d
        sysretq

/* What is measured: enter, save a context, switch the address space, load the other's context, leave. */
        .balign 64
switch: mov     current, %rdx
        mov     %rsp, CONTEXT_SP(%rdx)
        mov     %rcx, CONTEXT_IP(%rdx)
        mov     %r11, CONTEXT_FLAGS(%rdx)
        mov     CONTEXT_OTHER(%rdx), %rdx
        mov     %rdx, current
        mov     CONTEXT_SPACE(%rdx), %rax
        mov     %rax, %cr3
        mov     CONTEXT_SP(%rdx), %rsp
        mov     CONTEXT_IP(%rdx), %rcx
        mov     CONTEXT_FLAGS(%rdx), %r11
        sysretq

/* The other context's program: back, each time; without a jump that would count. */
        .balign 64
answer: .rept   TURNS
        syscall
        .endr
        hlt

        .balign 8
gdt:    .quad   0
        .quad   0x00af9b000000ffff              /* 0x08: kernel's code */
        .quad   0x00cf93000000ffff              /* 0x10: kernel's data */
        .quad   0x00cff3000000ffff              /* 0x18: user's data */
        .quad   0x00affb000000ffff              /* 0x20: user's code */
gdt_end:
gdt_pointer:
        .short  gdt_end - gdt - 1
        .long   gdt

        .data
        .balign 64
current: .quad  context_1
        .balign 64
context_1:
        .quad   0, 0, 0, space_1, context_2
        .balign 64
context_2:
        .quad   stack_2_end, answer, FLAGS, space_2, context_1

        .bss
        .balign 4096
space_1: .skip  4096
space_2: .skip  4096
directories: .skip 4096
large_pages: .skip 4096
        .skip   4096
stack_end:
        .skip   64
stack_2_end:

        .section .note.GNU-stack, "", @progbits
