/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that fault, one function each: NAME_at is the place that the fault shall report, NAME_after
 * the one behind, from where the function returns as if nothing had been. Assembler, so that nothing but the
 * instruction itself is in the way.
 */
#ifndef TARGET_FAULTING_AARCH64_H
#define TARGET_FAULTING_AARCH64_H

#include <lucid/arch.h>
#include <lucid/faults.h>
#include <lucid/types.h>

#define FAULTING_TEXT_(text) #text
#define FAULTING_TEXT(text)  FAULTING_TEXT_(text)

/* What is destroyed by none but x9-x11. */
#define FAULTING_FUNCTION(name, before, instruction)                                                         \
    void name(void);                                                                                         \
    extern char name##_at[], name##_after[];                                                                 \
    __asm__(".pushsection .text." #name ", \"ax\"\n.arch_extension fp\n.arch_extension simd\n.globl " #name  \
            ", " #name "_at, " #name "_after\n.type " #name ", @function\n" #name ":\n" before "\n" #name    \
            "_at:\n" instruction "\n" #name "_after:\nret\n.popsection\n")

FAULTING_FUNCTION(faulting_divide, "", "brk #" FAULTING_TEXT(BRK_DIVIDE));
FAULTING_FUNCTION(faulting_breakpoint, "", "brk #0");
FAULTING_FUNCTION(faulting_breakpoint_last, "", "brk #0xffff");
FAULTING_FUNCTION(faulting_undefined, "", "udf #0");
FAULTING_FUNCTION(faulting_fpu_move, "", "fmov d0, xzr");
FAULTING_FUNCTION(faulting_fpu_load, "", "ldr q0, [sp, #-16]");
FAULTING_FUNCTION(faulting_fpu_status, "", "mrs x9, fpsr");
FAULTING_FUNCTION(faulting_simd, "", "movi v0.16b, #0");
/* What only the kernel may: other exception levels, control registers, the TLB, masking interrupts. */
FAULTING_FUNCTION(faulting_hvc, "", "hvc #0");
FAULTING_FUNCTION(faulting_smc, "", "smc #0");
FAULTING_FUNCTION(faulting_eret, "", "eret");
FAULTING_FUNCTION(faulting_hlt, "", "hlt #0");
FAULTING_FUNCTION(faulting_control_read, "", "mrs x9, sctlr_el1");
FAULTING_FUNCTION(faulting_control_write, "", "msr sctlr_el1, x9");
FAULTING_FUNCTION(faulting_root, "", "msr ttbr0_el1, x9");
FAULTING_FUNCTION(faulting_vectors, "", "msr vbar_el1, x9");
FAULTING_FUNCTION(faulting_kernel_pointer, "", "mrs x9, tpidr_el1");
FAULTING_FUNCTION(faulting_flags, "", "msr spsr_el1, x9");
FAULTING_FUNCTION(faulting_tlb, "", "tlbi vmalle1");
FAULTING_FUNCTION(faulting_set_way, "", "dc csw, xzr");
FAULTING_FUNCTION(faulting_invalidate, "", "dc ivac, xzr");
FAULTING_FUNCTION(faulting_translate, "", "at s1e1r, x9");
FAULTING_FUNCTION(faulting_mask, "", "msr daifset, #2");
FAULTING_FUNCTION(faulting_timer, "", "msr cntv_ctl_el0, xzr");
FAULTING_FUNCTION(faulting_physical_counter, "", "mrs x9, cntpct_el0");
FAULTING_FUNCTION(faulting_interrupts, "", "mrs x9, S3_0_C12_C12_0"); /* ICC_IAR1_EL1 */
FAULTING_FUNCTION(faulting_debug, "", "msr mdscr_el1, x9");
FAULTING_FUNCTION(faulting_pmu, "", "mrs x9, pmccntr_el0");
FAULTING_FUNCTION(faulting_read_only_pointer, "", "msr tpidrro_el0, x9");
FAULTING_FUNCTION(faulting_system_call, "mov x3, #0xff", "svc #0");

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

/* What is the kernel's alone does not exist for user code; what the kernel could allow traps. */
static const struct faulting_case faulting_cases[] = {
    FAULTING_CASE(faulting_divide, EXCEPTION_DIVIDE),
    FAULTING_CASE(faulting_breakpoint, EXCEPTION_BREAKPOINT),
    FAULTING_CASE(faulting_breakpoint_last, EXCEPTION_BREAKPOINT),
    FAULTING_CASE(faulting_undefined, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_fpu_move, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_load, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_fpu_status, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_simd, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_hvc, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_smc, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_eret, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_hlt, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_control_read, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_control_write, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_root, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_vectors, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_kernel_pointer, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_flags, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_tlb, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_set_way, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_invalidate, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_translate, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_mask, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_timer, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_physical_counter, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_interrupts, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_debug, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_pmu, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_read_only_pointer, EXCEPTION_INSTRUCTION),
};

/* Memory, with the instruction's place known. */
word_t faulting_read(word_t address);
void faulting_write(word_t address, word_t value);
void faulting_execute(word_t address);
extern char faulting_read_at[], faulting_write_at[];
__asm__(".pushsection .text.faulting_memory, \"ax\"\n"
        ".globl faulting_read, faulting_read_at, faulting_write, faulting_write_at, faulting_execute\n"
        "faulting_read:\nfaulting_read_at: ldr x0, [x0]\nret\n"
        "faulting_write:\nfaulting_write_at: str x1, [x0]\nret\n"
        "faulting_execute: br x0\n"
        ".popsection\n");

/* All registers that a fault must keep: counts those that changed, and tells one of them. */
#define FAULTING_OTHER_REGISTER REGISTER_X9
void faulting_registers(void);
extern char faulting_registers_after[];
word_t faulting_registers_bad, faulting_registers_other;
__asm__(".pushsection .text.faulting_registers, \"ax\"\n.globl faulting_registers, faulting_registers_after\n"
        "faulting_registers:\n"
        "sub sp, sp, #112\n"
        "stp x19, x20, [sp, #16]\n stp x21, x22, [sp, #32]\n stp x23, x24, [sp, #48]\n"
        "stp x25, x26, [sp, #64]\n stp x27, x28, [sp, #80]\n stp x29, x30, [sp, #96]\n"
        "str xzr, [sp]\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
        "25, 26, "
        "27, 28, 29, 30\n mov x\\n, #(0x101 + \\n)\n .endr\n"
        "udf #0\n"
        "faulting_registers_after:\n"
        "str x9, [sp, #8]\n"
        "cmp x30, #0x11f\n cset x30, ne\n str x30, [sp]\n"
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
        "25, 26, "
        "27, 28, 29\n cmp x\\n, #(0x101 + \\n)\n b.eq 1f\n ldr x30, [sp]\n add x30, x30, #1\n str x30, "
        "[sp]\n1:\n .endr\n"
        "ldp x0, x1, [sp]\n"
        "adrp x2, faulting_registers_bad\n str x0, [x2, :lo12:faulting_registers_bad]\n"
        "adrp x2, faulting_registers_other\n str x1, [x2, :lo12:faulting_registers_other]\n"
        "ldp x19, x20, [sp, #16]\n ldp x21, x22, [sp, #32]\n ldp x23, x24, [sp, #48]\n"
        "ldp x25, x26, [sp, #64]\n ldp x27, x28, [sp, #80]\n ldp x29, x30, [sp, #96]\n"
        "add sp, sp, #112\n"
        "ret\n.popsection\n");

#endif
