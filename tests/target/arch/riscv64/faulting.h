/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that fault, one function each: NAME_at is the place that the fault shall report, NAME_after
 * the one behind, from where the function returns as if nothing had been. Assembler, so that nothing but the
 * instruction itself is in the way.
 */
#ifndef TARGET_FAULTING_RISCV64_H
#define TARGET_FAULTING_RISCV64_H

#include <lucid/arch.h>
#include <lucid/faults.h>
#include <lucid/types.h>

#define FAULTING_TEXT_(text) #text
#define FAULTING_TEXT(text)  FAULTING_TEXT_(text)

/* What is destroyed by none but t0-t2. */
#define FAULTING_FUNCTION(name, before, instruction)                                                         \
    void name(void);                                                                                         \
    extern char name##_at[], name##_after[];                                                                 \
    __asm__(".pushsection .text." #name ", \"ax\"\n.globl " #name ", " #name "_at, " #name                   \
            "_after\n.type " #name ", @function\n.balign 4\n" #name ":\n" before "\n" #name                  \
            "_at:\n" instruction "\n" #name "_after:\nret\n.popsection\n")

FAULTING_FUNCTION(faulting_divide, "", ".4byte " FAULTING_TEXT(INSTRUCTION_DIVIDE));
FAULTING_FUNCTION(faulting_breakpoint, "", "ebreak");
FAULTING_FUNCTION(faulting_breakpoint_long, "", ".option push\n.option norvc\nebreak\n.option pop");
FAULTING_FUNCTION(faulting_undefined, "", ".4byte 0xffffffff");
FAULTING_FUNCTION(faulting_undefined_short, "", ".2byte 0");
FAULTING_FUNCTION(faulting_unimp, "", ".4byte 0xc0001073"); /* csrw cycle, zero */
/* FPU: fld f0, 0(sp); fsd f0, -8(sp); fld by a short instruction; fadd.d; fmadd.d; fmv.x.d; reads of fcsr and frm. */
FAULTING_FUNCTION(faulting_fpu_load, "", ".4byte 0x00013007");
FAULTING_FUNCTION(faulting_fpu_store, "", ".4byte 0xfe013c27");
FAULTING_FUNCTION(faulting_fpu_load_short, "", ".2byte 0x2002");
FAULTING_FUNCTION(faulting_fpu_store_short, "", ".2byte 0xa002");
FAULTING_FUNCTION(faulting_fpu_add, "", ".4byte 0x02007053");
FAULTING_FUNCTION(faulting_fpu_multiply, "", ".4byte 0x02007043");
FAULTING_FUNCTION(faulting_fpu_move, "", ".4byte 0xe20002d3");
FAULTING_FUNCTION(faulting_fpu_status, "", ".4byte 0x003022f3");
FAULTING_FUNCTION(faulting_fpu_rounding, "", ".4byte 0x002022f3");
/* vle8.v v0, (sp); vadd.vv v0, v0, v0; csrr t0, vl: the vector unit is never there. */
FAULTING_FUNCTION(faulting_vector_load, "", ".4byte 0x02010007");
FAULTING_FUNCTION(faulting_vector_add, "", ".4byte 0x02000057");
FAULTING_FUNCTION(faulting_vector_length, "", ".4byte 0xc20022f3");
/* What only the kernel may: instructions, and reads and writes of registers (as numbers, because assemblers want extensions
 * named before they know these). */
FAULTING_FUNCTION(faulting_sret, "", "sret");
FAULTING_FUNCTION(faulting_mret, "", "mret");
FAULTING_FUNCTION(faulting_sfence, "", "sfence.vma");
FAULTING_FUNCTION(faulting_read_status, "", ".4byte 0x100022f3");
FAULTING_FUNCTION(faulting_write_status, "", ".4byte 0x10001073");
FAULTING_FUNCTION(faulting_satp, "", ".4byte 0x18001073");
FAULTING_FUNCTION(faulting_stvec, "", ".4byte 0x10501073");
FAULTING_FUNCTION(faulting_scratch, "", ".4byte 0x140012f3");
FAULTING_FUNCTION(faulting_interrupts, "", ".4byte 0x10417073");
FAULTING_FUNCTION(faulting_stimecmp, "", ".4byte 0x14d022f3");
FAULTING_FUNCTION(faulting_machine, "", ".4byte 0x300022f3");
FAULTING_FUNCTION(faulting_system_call, "li a3, 0xff", "ecall");

struct faulting_case {
    const char *name;
    void (*function)(void);
    const char *at, *after;
    unsigned kind;
};

#define FAULTING_CASE(name, kind)                                                                            \
    {                                                                                                        \
#name, name, name##_at, name##_after, kind                                                           \
    }

static const struct faulting_case faulting_cases[] = {
    FAULTING_CASE(faulting_divide, EXCEPTION_DIVIDE),
    FAULTING_CASE(faulting_breakpoint, EXCEPTION_BREAKPOINT),
    FAULTING_CASE(faulting_breakpoint_long, EXCEPTION_BREAKPOINT),
    FAULTING_CASE(faulting_undefined, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_undefined_short, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_unimp, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_fpu_load, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_store, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_load_short, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_store_short, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_add, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_multiply, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_move, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_status, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_rounding, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_vector_load, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_vector_add, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_vector_length, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_sret, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_mret, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_sfence, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_read_status, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_write_status, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_satp, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_stvec, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_scratch, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_interrupts, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_stimecmp, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_machine, EXCEPTION_PROTECTION),
};

/* Memory, with the instruction's place known. */
word_t faulting_read(word_t address);
void faulting_write(word_t address, word_t value);
void faulting_execute(word_t address);
extern char faulting_read_at[], faulting_write_at[];
__asm__(".pushsection .text.faulting_memory, \"ax\"\n"
        ".globl faulting_read, faulting_read_at, faulting_write, faulting_write_at, faulting_execute\n"
        "faulting_read:\nfaulting_read_at: ld a0, (a0)\nret\n"
        "faulting_write:\nfaulting_write_at: sd a1, (a0)\nret\n"
        "faulting_execute: jr a0\n"
        ".popsection\n");

/* All registers that a fault must keep: counts those that changed, and tells one of them. */
#define FAULTING_OTHER_REGISTER REGISTER_T1
void faulting_registers(void);
extern char faulting_registers_after[];
word_t faulting_registers_bad, faulting_registers_other;
__asm__(
    ".pushsection .text.faulting_registers, \"ax\"\n.globl faulting_registers, faulting_registers_after\n"
    ".macro EACH macro\n"
    "\\macro ra, 0x101\n \\macro gp, 0x102\n \\macro tp, 0x103\n \\macro t0, 0x104\n \\macro t1, 0x105\n"
    "\\macro t2, 0x106\n \\macro s0, 0x107\n \\macro s1, 0x108\n \\macro a0, 0x109\n \\macro a1, 0x10a\n"
    "\\macro a2, 0x10b\n \\macro a3, 0x10c\n \\macro a4, 0x10d\n \\macro a5, 0x10e\n \\macro a6, 0x10f\n"
    "\\macro a7, 0x110\n \\macro s2, 0x111\n \\macro s3, 0x112\n \\macro s4, 0x113\n \\macro s5, 0x114\n"
    "\\macro s6, 0x115\n \\macro s7, 0x116\n \\macro s8, 0x117\n \\macro s9, 0x118\n \\macro s10, 0x119\n"
    "\\macro s11, 0x11a\n \\macro t3, 0x11b\n \\macro t4, 0x11c\n \\macro t5, 0x11d\n"
    ".endm\n"
    ".macro SET register, value\n li \\register, \\value\n .endm\n"
    ".macro CHECK register, value\n li t6, \\value\n beq \\register, t6, 1f\n ld t6, 0(sp)\n addi t6, t6, 1\n"
    "sd t6, 0(sp)\n1:\n .endm\n"
    "faulting_registers:\n"
    "addi sp, sp, -128\n"
    "sd ra, 8(sp)\n sd s0, 16(sp)\n sd s1, 24(sp)\n sd s2, 32(sp)\n sd s3, 40(sp)\n sd s4, 48(sp)\n sd s5, "
    "56(sp)\n"
    "sd s6, 64(sp)\n sd s7, 72(sp)\n sd s8, 80(sp)\n sd s9, 88(sp)\n sd s10, 96(sp)\n sd s11, 104(sp)\n"
    "sd gp, 112(sp)\n sd tp, 120(sp)\n"
    "sd zero, 0(sp)\n"
    "EACH SET\n"
    "li t6, 0x11e\n"
    ".4byte 0xffffffff\n"
    "faulting_registers_after:\n"
    "addi t6, t6, -0x11e\n snez t6, t6\n sd t6, 0(sp)\n" /* whether t6 is another */
    "EACH CHECK\n"
    "ld t6, 0(sp)\n"
    "lla t5, faulting_registers_bad\n sd t6, 0(t5)\n"
    "lla t5, faulting_registers_other\n sd t1, 0(t5)\n"
    "ld ra, 8(sp)\n ld s0, 16(sp)\n ld s1, 24(sp)\n ld s2, 32(sp)\n ld s3, 40(sp)\n ld s4, 48(sp)\n ld s5, "
    "56(sp)\n"
    "ld s6, 64(sp)\n ld s7, 72(sp)\n ld s8, 80(sp)\n ld s9, 88(sp)\n ld s10, 96(sp)\n ld s11, 104(sp)\n"
    "ld gp, 112(sp)\n ld tp, 120(sp)\n"
    "addi sp, sp, 128\n"
    "ret\n.popsection\n");

#endif
