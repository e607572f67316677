/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions: from 32-bit protected mode without paging, as PVH and multiboot2 leave it, to C
 * in 64-bit mode.
 *
 * Assembler, because it is 32-bit code, has no stack, and changes the processor's mode. It is linked at
 * its physical address; everything else is linked high, so symbols of the kernel proper are used minus
 * KERNEL_BASE here.
 *
 *   PVH         ebx = struct hvm_start_info                  (Xen, docs/misc/pvh; QEMU -kernel)
 *   multiboot2  eax = 0x36d76289, ebx = boot information     (specification 2.0, section 3.3; GRUB)
 */
#include "layout.h"

#define BOOT_PVH        0
#define BOOT_MULTIBOOT2 1
#define MULTIBOOT2_MAGIC        0xe85250d6
#define MULTIBOOT2_LOADER_MAGIC 0x36d76289

#define PHYSICAL(symbol) ((symbol) - KERNEL_BASE)

        .section .boot, "ax", @progbits

/* The multiboot2 header: within the first 32 KiB of the file, 8-byte aligned (section 3.1). */
        .balign 8
header: .long   MULTIBOOT2_MAGIC
        .long   0                               /* architecture: 32-bit protected mode */
        .long   header_end - header
        .long   -(MULTIBOOT2_MAGIC + (header_end - header))
        .short  3, 0                            /* tag: entry address */
        .long   12
        .long   entry_multiboot2
        .balign 8
        .short  0, 0                            /* tag: end */
        .long   8
header_end:

        .code32
        .globl  entry_multiboot2
entry_multiboot2:
        mov     $BOOT_MULTIBOOT2, %ebp
        mov     $message_loader, %esi
        cmp     $MULTIBOOT2_LOADER_MAGIC, %eax
        jne     refuse
        jmp     start

        .globl  entry_pvh
entry_pvh:
        mov     $BOOT_PVH, %ebp
start:
        cli
        cld
        mov     %ebx, %esi                      /* CPUID destroys ebx */

        /* Long mode, or a sentence (AMD APM vol. 3, CPUID function 8000_0001). */
        mov     $0x80000000, %eax
        cpuid
        cmp     $0x80000001, %eax
        jb      no_long_mode
        mov     $0x80000001, %eax
        cpuid
        bt      $29, %edx
        jnc     no_long_mode

        /* Do not trust the loader to have cleared what is not in the file. */
        mov     $PHYSICAL(bss_start), %edi
        mov     $PHYSICAL(bss_end), %ecx
        sub     %edi, %ecx
        shr     $2, %ecx
        xor     %eax, %eax
        rep stosl

        /* The first 2 MiB, at 0 for the next few instructions and at KERNEL_BASE; the stack. C sets the rights. */
        mov     $PHYSICAL(kernel_image_table), %edi
        mov     $3, %eax                        /* present, writable */
        mov     $512, %ecx
1:      mov     %eax, (%edi)
        add     $0x1000, %eax
        add     $8, %edi
        loop    1b
        movl    $PHYSICAL(stack_pages) + 3, PHYSICAL(kernel_image_table) + 8 * (STACK_PAGE_FIRST + 2)
        movl    $PHYSICAL(stack_pages) + 0x1003, PHYSICAL(kernel_image_table) + 8 * (STACK_PAGE_FIRST + 3)
        movl    $PHYSICAL(kernel_image_table) + 3, PHYSICAL(kernel_image_directory)
        movl    $PHYSICAL(kernel_image_directory) + 3, PHYSICAL(kernel_high)
        movl    $PHYSICAL(kernel_image_directory) + 3, PHYSICAL(kernel_high) + 8 * 510
        movl    $PHYSICAL(kernel_devices) + 3, PHYSICAL(kernel_high) + 8 * 511
        movl    $PHYSICAL(kernel_high) + 3, PHYSICAL(kernel_root)
        movl    $PHYSICAL(kernel_high) + 3, PHYSICAL(kernel_root) + 8 * 511

        /* Long mode: SDM vol. 3, 9.8.5. */
        mov     $PHYSICAL(kernel_root), %eax
        mov     %eax, %cr3
        mov     $0x20, %eax                     /* CR4.PAE */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx               /* EFER.LME */
        rdmsr
        or      $0x100, %eax
        wrmsr
        mov     $0x80010033, %eax               /* CR0: PG, WP, NE, ET, MP, PE */
        mov     %eax, %cr0
        lgdt    boot_gdt_pointer
        ljmp    $8, $1f

        .code64
1:      xor     %eax, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $STACK_TOP, %rsp
        pushq   $2                              /* no flag is set but the one that always is */
        popfq
        mov     %ebp, %edi
        mov     %esi, %esi
        xor     %ebp, %ebp                      /* the backtrace ends here */
        mov     $boot_start, %rax
        call    *%rax
        ud2

        /* Say why not, on the first serial port and on the debug port, and stop. esi: the sentence. */
        .code32
no_long_mode:
        mov     $message_long_mode, %esi
refuse:
        cld
1:      lodsb
        test    %al, %al
        jz      3f
        out     %al, $0xe9
        mov     %al, %ah
        mov     $0x3fd, %edx                    /* line status: 0xff if there is no port */
2:      in      %dx, %al
        test    $0x20, %al
        jz      2b
        mov     %ah, %al
        mov     $0x3f8, %edx
        out     %al, %dx
        jmp     1b
3:      cli
        hlt
        jmp     3b

message_long_mode:
        .asciz  "Lucid: this processor has no 64-bit mode (in QEMU: qemu-system-x86_64 -cpu max).\r\n"
message_loader:
        .asciz  "Lucid: this was not started by a multiboot2 boot loader.\r\n"

        .balign 8
boot_gdt:
        .quad   0
        .quad   0x00af9b000000ffff              /* 64-bit code, accessed */
boot_gdt_end:
boot_gdt_pointer:
        .short  boot_gdt_end - boot_gdt - 1
        .long   boot_gdt

/* The PVH entry point as an ELF note: name "Xen", type 18 (XEN_ELFNOTE_PHYS32_ENTRY). */
        .section .note.pvh, "a", @note
        .balign 4
        .long   4, 4, 18
        .asciz  "Xen"
        .long   entry_pvh

        .section .note.GNU-stack, "", @progbits
