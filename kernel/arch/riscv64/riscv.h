/* SPDX-License-Identifier: BSD-2-Clause */
/* riscv64: instructions that C has no words for, and calls to the firmware. */
#ifndef RISCV_H
#define RISCV_H

#include "arch.h"

/* ---- Control and status registers: privileged architecture 1.12, chapter 4. */

#define CSR_READ(name)                                                                                       \
    ({                                                                                                       \
        word_t csr_value;                                                                                    \
        __asm__ volatile("csrr %0, " #name : "=r"(csr_value) : : "memory");                                  \
        csr_value;                                                                                           \
    })
#define CSR_WRITE(name, value) __asm__ volatile("csrw " #name ", %0" : : "rK"(value) : "memory")
#define CSR_SET(name, bits)    __asm__ volatile("csrs " #name ", %0" : : "rK"(bits) : "memory")
#define CSR_CLEAR(name, bits)  __asm__ volatile("csrc " #name ", %0" : : "rK"(bits) : "memory")

/* Interrupts, as bits of sie and sip and as codes in scause. */
#define INTERRUPT_SOFTWARE 1u /* from another core */
#define INTERRUPT_TIMER    5u
#define INTERRUPT_EXTERNAL 9u
#define CAUSE_INTERRUPT    WORD(0x8000000000000000)

/* Of one address in one space, or all of it: 4.2.1. The kernel's own entries are global and never change. */
static inline void tlb_flush_page(word_t address, word_t asid)
{
    __asm__ volatile("sfence.vma %0, %1" : : "r"(address), "r"(asid) : "memory");
}

static inline void tlb_flush_asid(word_t asid)
{
    __asm__ volatile("sfence.vma x0, %0" : : "r"(asid) : "memory");
}

static inline void tlb_flush_all(void)
{
    __asm__ volatile("sfence.vma" : : : "memory");
}

/* ---- Firmware: SBI specification 1.0. */

#define SBI_EXTENSION_CONSOLE 0x01u /* legacy: put character */
#define SBI_EXTENSION_BASE    0x10u
#define SBI_EXTENSION_TIMER   0x54494d45u
#define SBI_EXTENSION_RESET   0x53525354u
#define SBI_EXTENSION_IPI     0x735049u
#define SBI_EXTENSION_HARTS   0x48534du
#define SBI_BASE_PROBE        3u
#define SBI_TIMER_SET         0u
#define SBI_IPI_SEND          0u
#define SBI_HART_START        0u
#define SBI_RESET_SYSTEM      0u
#define SBI_RESET_SHUTDOWN    0u
#define SBI_RESET_COLD        1u
#define SBI_RESET_FAILURE     1u /* reason */

struct sbi_result {
    intptr_t error;
    word_t value;
};

static inline struct sbi_result sbi_call(word_t extension, word_t function, word_t argument0,
                                         word_t argument1)
{
    register word_t a0 __asm__("a0") = argument0;
    register word_t a1 __asm__("a1") = argument1;
    register word_t a6 __asm__("a6") = function;
    register word_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){ (intptr_t)a0, a1 };
}

static inline struct sbi_result sbi_call_3(word_t extension, word_t function, word_t argument0,
                                           word_t argument1, word_t argument2)
{
    register word_t a2 __asm__("a2") = argument2;
    register word_t a0 __asm__("a0") = argument0;
    register word_t a1 __asm__("a1") = argument1;
    register word_t a6 __asm__("a6") = function;
    register word_t a7 __asm__("a7") = extension;
    __asm__ volatile("ecall" : "+r"(a0), "+r"(a1) : "r"(a2), "r"(a6), "r"(a7) : "memory");
    return (struct sbi_result){ (intptr_t)a0, a1 };
}

static inline bool sbi_has(word_t extension)
{
    struct sbi_result result = sbi_call(SBI_EXTENSION_BASE, SBI_BASE_PROBE, extension, 0);
    return result.error == 0 && result.value != 0;
}

#endif
