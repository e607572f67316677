/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The first instructions: from where the boot loader jumps, at EL2 or EL1 with the MMU off, to C in the
 * kernel's half of the address space.
 *
 * Assembler, because there is no stack, and the exception level and the mapping change under its feet. Until the
 * MMU is on, all addresses are physical: everything here is relative to the program counter.
 *
 *   x0   physical address of the device tree (Linux, Documentation/arm64/booting)
 */
#include "layout.h"

#define HCR_RW        (1 << 31)          /* EL1 is AArch64 */
#define HCR_POINTERS  (3 << 40)          /* pointer authentication is EL1's own business */
#define CNTHCTL_EL1   3                  /* EL1 may use the physical counter and timer */
#define CPTR_NO_TRAP  0x33ff
#define SRE_ENABLE    0xf                /* the GIC's system registers, also for EL1 */
#define SPSR_EL1H     0x3c5              /* all interrupts masked */
#define SCTLR_RES1    0x30d00800         /* EL1, with the MMU and the caches off */

        .section .text.header, "ax", @progbits

/* The header that boot loaders look for: the same document, section 4. */
        .globl  image_header
image_header:
        b       entry
        .long   0
        .quad   0                       /* offset from a multiple of 2 MiB */
        .quad   image_bytes
        .quad   0xa                     /* little-endian, 4 KiB pages, anywhere in memory */
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .long   0

        .section .text.boot, "ax", @progbits

        .type   entry, @function
entry:
        mov     x20, x0
        bl      enter_el1
        adrp    x0, boot_stack_end
        add     x0, x0, :lo12:boot_stack_end
        mov     sp, x0
        mov     x29, xzr

        /* The tables are made by C code, which runs at its physical address here. Then what the caches may hold of
         * the memory that was just written, from before, is thrown away. */
        adrp    x21, image_header
        mov     x0, x21
        bl      boot_tables
        adrp    x0, data_start
        adrp    x1, payload_start
1:      dc      ivac, x0
        add     x0, x0, #16             /* the smallest line there is */
        cmp     x0, x1
        b.lo    1b
        dsb     sy
        bl      boot_translation_control
        ldr     x1, high
        b       mmu_on

entry_high:
        ldr     x0, stack
        mov     sp, x0
#if CONFIG_CORES > 1
        adrp    x0, cores
        add     x0, x0, :lo12:cores
        msr     tpidr_el1, x0
#endif
        mov     x0, x20
        mov     x1, x21
        mov     x29, xzr
        mov     x30, xzr
        bl      boot_start
        b       .
        .balign 8
high:   .quad   entry_high
stack:  .quad   STACK_TOP
        .size   entry, . - entry

#if CONFIG_CORES > 1
/* Further cores begin here (smp.c). They write nothing before the MMU is on: until then they bypass the caches. */
        .globl  core_entry
        .type   core_entry, @function
core_entry:
        bl      enter_el1
        adrp    x0, smp_translation_control
        ldr     x0, [x0, :lo12:smp_translation_control]
        ldr     x1, core_high
        b       mmu_on

core_entry_high:
        adrp    x0, smp_stack
        ldr     x0, [x0, :lo12:smp_stack]
        mov     sp, x0
        adrp    x0, smp_core
        ldr     x0, [x0, :lo12:smp_core]
        msr     tpidr_el1, x0
        mov     x29, xzr
        mov     x30, xzr
        bl      smp_core_start
        b       .
        .balign 8
core_high: .quad core_entry_high
        .size   core_entry, . - core_entry
#endif

/* From EL2, where some loaders and firmware begin, down to EL1: nothing is trapped, virtual time is physical time, and EL1 sees which
 * processor it is. Returns with the stack pointer of EL1 in use, the MMU off, all interrupts masked. */
        .type   enter_el1, @function
enter_el1:
        msr     daifset, #15
        mrs     x0, CurrentEL
        cmp     x0, #(2 << 2)
        b.ne    at_el1
        mov     x0, #HCR_RW
        orr     x0, x0, #HCR_POINTERS
        msr     hcr_el2, x0
        mov     x0, #CNTHCTL_EL1
        msr     cnthctl_el2, x0
        msr     cntvoff_el2, xzr
        mov     x0, #CPTR_NO_TRAP
        msr     cptr_el2, x0
        msr     hstr_el2, xzr
        msr     vttbr_el2, xzr
        mrs     x0, midr_el1
        msr     vpidr_el2, x0
        mrs     x0, mpidr_el1
        msr     vmpidr_el2, x0
        mrs     x0, mdcr_el2
        and     x0, x0, #0x1f           /* HPMN, the number of counters, stays */
        msr     mdcr_el2, x0
        mrs     x0, id_aa64pfr0_el1
        ubfx    x0, x0, #24, #4         /* system registers for the GIC */
        cbz     x0, 1f
        mov     x0, #SRE_ENABLE
        msr     S3_4_C12_C9_5, x0       /* ICC_SRE_EL2 */
1:      ldr     w0, sctlr
        msr     sctlr_el1, x0
        mov     x0, #SPSR_EL1H
        msr     spsr_el2, x0
        adr     x0, at_el1
        msr     elr_el2, x0
        eret
at_el1: ldr     w0, sctlr               /* whatever the loader left on is off */
        msr     sctlr_el1, x0
        isb
        msr     spsel, #1
        ret
        .balign 8
sctlr:  .long   SCTLR_RES1
        .size   enter_el1, . - enter_el1

/* Goes on in the kernel's half, with the MMU, the caches and the exception vectors.
 *   x0   TCR_EL1
 *   x1   where, a virtual address */
        .type   mmu_on, @function
mmu_on:
        msr     tcr_el1, x0
        ldr     x0, mair
        msr     mair_el1, x0
        ldr     x0, vectors
        msr     vbar_el1, x0
        adrp    x0, boot_identity
        msr     ttbr0_el1, x0
        adrp    x0, kernel_root
        msr     ttbr1_el1, x0
        ic      iallu
        tlbi    vmalle1
        dsb     sy
        isb
        mrs     x0, sctlr_el1
        mov     x2, #0x1005             /* MMU, data cache, instruction cache */
        orr     x0, x0, x2
        msr     sctlr_el1, x0
        isb
        br      x1
        .balign 8
mair:   .quad   MAIR_VALUE
vectors: .quad  exception_vectors
        .size   mmu_on, . - mmu_on

/* The stacks' memory. They are used where paging.c maps them (layout.h), except during the first instructions. */
        .section .bss.stacks, "aw", @nobits
        .balign 4096
        .globl  stack_pages
stack_pages:
        .space  CONFIG_CORES * STACK_PAGES * 4096
boot_stack_end:

        .section .note.GNU-stack, "", @progbits
