/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling and reading all FPU registers: struct fpu_registers (fpu.h), whose address is in x0. */
        .arch   armv8-a+fp+simd

        .text
        .globl  fpu_load, fpu_store, fpu_divide_by_zero
        .type   fpu_load, @function
fpu_load:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        ldr     q\n, [x0, #(16 * \n)]
        .endr
        add     x0, x0, #512
        ldp     x1, x2, [x0]
        msr     fpsr, x1
        msr     fpcr, x2
        ret
        .size   fpu_load, . - fpu_load

        .type   fpu_store, @function
fpu_store:
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        str     q\n, [x0, #(16 * \n)]
        .endr
        mrs     x1, fpsr
        mrs     x2, fpcr
        add     x0, x0, #512
        stp     x1, x2, [x0]
        ret
        .size   fpu_store, . - fpu_store

        .type   fpu_divide_by_zero, @function
fpu_divide_by_zero:
        mov     x0, #0x200              /* FPCR.DZE: division by zero traps, where that is implemented */
        msr     fpcr, x0
        fmov    s0, #1.0
        movi    v1.2d, #0
        fdiv    s0, s0, s1
        ret
        .size   fpu_divide_by_zero, . - fpu_divide_by_zero

        .section .note.GNU-stack, "", @progbits
