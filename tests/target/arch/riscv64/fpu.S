/* SPDX-License-Identifier: BSD-2-Clause */
/* Filling and reading all FPU registers: struct fpu_registers (fpu.h), whose address is in a0. */
        .attribute arch, "rv64i2p0_m2p0_a2p0_f2p0_d2p0_c2p0"

.macro ALL_REGISTERS instruction
        .irp    n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
        \instruction f\n, 8 * \n(a0)
        .endr
.endm

        .text
        .globl  fpu_load, fpu_store
        .type   fpu_load, @function
fpu_load:
        ALL_REGISTERS fld
        ld      t0, 8 * 32(a0)
        csrw    fcsr, t0
        ret
        .size   fpu_load, . - fpu_load

        .type   fpu_store, @function
fpu_store:
        ALL_REGISTERS fsd
        csrr    t0, fcsr
        sd      t0, 8 * 32(a0)
        ret
        .size   fpu_store, . - fpu_store

        .section .note.GNU-stack, "", @progbits
