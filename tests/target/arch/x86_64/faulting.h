/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that fault, one function each: NAME_at is the place that the fault shall report, NAME_after
 * the one behind, from where the function returns as if nothing had been. Assembler, so that nothing but the
 * instruction itself is in the way.
 */
#ifndef TARGET_FAULTING_X86_64_H
#define TARGET_FAULTING_X86_64_H

#include <lucid/faults.h>
#include <lucid/types.h>

#define FAULTING_FUNCTION(name, before, instruction, report, after)                                          \
    void name(void);                                                                                         \
    extern char name##_at[], name##_after[];                                                                 \
    __asm__(".pushsection .text." #name ", \"ax\"\n.globl " #name ", " #name "_at, " #name                   \
            "_after\n.type " #name ", @function\n" #name ":\n" before "\n" #name "_i:\n" instruction         \
            "\n" #name "_e:\n" after "\nret\n.set " #name "_at, " #name "_" report "\n.set " #name           \
            "_after, " #name "_e\n.popsection\n")

/* What is destroyed by none but `rax, rcx, rdx`. */
FAULTING_FUNCTION(faulting_divide, "xor %ecx, %ecx; xor %edx, %edx; mov $1, %eax", "div %ecx", "i", "");
FAULTING_FUNCTION(faulting_overflow, "mov $1, %ecx; mov $5, %edx; xor %eax, %eax", "div %ecx", "i", "");
FAULTING_FUNCTION(faulting_breakpoint, "", "int3", "e", "");
FAULTING_FUNCTION(faulting_undefined, "", "ud2", "i", "");
FAULTING_FUNCTION(faulting_fpu, "", "fnop", "i", "");
FAULTING_FUNCTION(faulting_sse, "", "xorps %xmm0, %xmm0", "i", "");
FAULTING_FUNCTION(faulting_avx, "", "vxorps %ymm0, %ymm0, %ymm0", "i", "");
FAULTING_FUNCTION(faulting_hlt, "", "hlt", "i", "");
FAULTING_FUNCTION(faulting_cli, "", "cli", "i", "");
FAULTING_FUNCTION(faulting_in, "mov $0x80, %edx", "in %dx, %al", "i", "");
FAULTING_FUNCTION(faulting_out, "mov $0x80, %edx", "out %al, %dx", "i", "");
FAULTING_FUNCTION(faulting_cr0, "", "mov %cr0, %rax", "i", "");
FAULTING_FUNCTION(faulting_cr3, "xor %eax, %eax", "mov %rax, %cr3", "i", "");
FAULTING_FUNCTION(faulting_dr7, "xor %eax, %eax", "mov %rax, %dr7", "i", "");
FAULTING_FUNCTION(faulting_rdmsr, "mov $0xc0000080, %ecx", "rdmsr", "i", "");
FAULTING_FUNCTION(faulting_wrmsr, "mov $0xc0000082, %ecx; xor %eax, %eax; xor %edx, %edx", "wrmsr", "i", "");
FAULTING_FUNCTION(faulting_lgdt, "", "lgdt -16(%rsp)", "i", "");
FAULTING_FUNCTION(faulting_invlpg, "", "invlpg (%rsp)", "i", "");
FAULTING_FUNCTION(faulting_sgdt, "", "sgdt -16(%rsp)", "i", "");
FAULTING_FUNCTION(faulting_swapgs, "", "swapgs", "i", "");
FAULTING_FUNCTION(faulting_int, "", "int $0x80", "i", "");
FAULTING_FUNCTION(faulting_int_double, "", "int $8", "i", "");
FAULTING_FUNCTION(faulting_int_page, "", "int $14", "i", "");
FAULTING_FUNCTION(faulting_int_timer, "", "int $0xf0", "i", "");
FAULTING_FUNCTION(faulting_canonical, "mov $0x8000000000000000, %rax", "mov (%rax), %rax", "i", "");
FAULTING_FUNCTION(faulting_hole, "mov $0x0000800000000000, %rax", "mov (%rax), %rax", "i", "");
FAULTING_FUNCTION(faulting_segment, "mov $0x08, %eax", "mov %eax, %ds", "i", "");
FAULTING_FUNCTION(faulting_system_call, "mov $0xff, %eax", "syscall", "i", "");
FAULTING_FUNCTION(faulting_xsetbv, "xor %ecx, %ecx; mov $1, %eax; xor %edx, %edx", "xsetbv", "i", "");

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
    FAULTING_CASE(faulting_overflow, EXCEPTION_DIVIDE),
    FAULTING_CASE(faulting_breakpoint, EXCEPTION_BREAKPOINT),
    FAULTING_CASE(faulting_undefined, EXCEPTION_INSTRUCTION),
    FAULTING_CASE(faulting_fpu, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_sse, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_avx, EXCEPTION_FPU_OFF),
    FAULTING_CASE(faulting_hlt, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_cli, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_in, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_out, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_cr0, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_cr3, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_dr7, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_rdmsr, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_wrmsr, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_lgdt, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_invlpg, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_sgdt, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_swapgs, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_int, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_int_double, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_int_page, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_int_timer, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_canonical, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_hole, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_segment, EXCEPTION_PROTECTION),
    FAULTING_CASE(faulting_xsetbv, EXCEPTION_PROTECTION),
};

/* Memory, with the instruction's place known. */
word_t faulting_read(word_t address);
void faulting_write(word_t address, word_t value);
void faulting_execute(word_t address);
extern char faulting_read_at[], faulting_write_at[];
__asm__(".pushsection .text.faulting_memory, \"ax\"\n"
        ".globl faulting_read, faulting_read_at, faulting_write, faulting_write_at, faulting_execute\n"
        "faulting_read:\nfaulting_read_at: mov (%rdi), %rax\nret\n"
        "faulting_write:\nfaulting_write_at: mov %rsi, (%rdi)\nret\n"
        "faulting_execute: jmp *%rdi\n"
        ".popsection\n");

/* All registers that a fault must keep: counts those that changed, and tells one of them. */
#define FAULTING_OTHER_REGISTER REGISTER_RCX
void faulting_registers(void);
extern char faulting_registers_after[];
word_t faulting_registers_bad, faulting_registers_other;
__asm__(
    ".pushsection .text.faulting_registers, \"ax\"\n.globl faulting_registers, faulting_registers_after\n"
    "faulting_registers:\n"
    "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
    "mov $0x101, %eax; mov $0x102, %ebx; mov $0x103, %ecx; mov $0x104, %edx; mov $0x105, %esi; mov $0x106, "
    "%edi; mov $0x107, %ebp\n"
    "mov $0x108, %r8d; mov $0x109, %r9d; mov $0x10a, %r10d; mov $0x10b, %r11d; mov $0x10c, %r12d; mov "
    "$0x10d, %r13d\n"
    "mov $0x10e, %r14d; mov $0x10f, %r15d\n"
    "ud2\n"
    "faulting_registers_after:\n"
    "movq $0, faulting_registers_bad\n mov %rcx, faulting_registers_other\n"
    ".macro CHECK register, value\ncmp $\\value, %\\register\nje 1f\nincq faulting_registers_bad\n1:\n.endm\n"
    "CHECK rax, 0x101\n CHECK rbx, 0x102\n CHECK rcx, 0x103\n CHECK rdx, 0x104\n CHECK rsi, 0x105\n CHECK "
    "rdi, 0x106\n"
    "CHECK rbp, 0x107\n CHECK r8, 0x108\n CHECK r9, 0x109\n CHECK r10, 0x10a\n CHECK r11, 0x10b\n CHECK r12, "
    "0x10c\n"
    "CHECK r13, 0x10d\n CHECK r14, 0x10e\n CHECK r15, 0x10f\n"
    "pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\nret\n.popsection\n");

#endif
