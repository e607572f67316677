/* SPDX-License-Identifier: BSD-2-Clause */
/* x86-64: instructions that C has no words for, and the bits of the control registers. Sections are of the
 * Intel SDM, vol. 3. */
#ifndef X86_H
#define X86_H

#include "types.h"
#include "layout.h"

/* Control registers: 2.5. */
#define CR0_MP (1ul << 1)
#define CR0_EM (1ul << 2)
#define CR0_TS (1ul << 3)
#define CR0_NE (1ul << 5)
#define CR0_WP (1ul << 16)
#define CR0_AM (1ul << 18)
#define CR0_NW (1ul << 29)
#define CR0_CD (1ul << 30)

#define CR4_PAE        (1ul << 5)
#define CR4_MCE        (1ul << 6)
#define CR4_PGE        (1ul << 7)
#define CR4_OSFXSR     (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_UMIP       (1ul << 11)
#define CR4_FSGSBASE   (1ul << 16)
#define CR4_PCIDE      (1ul << 17)
#define CR4_OSXSAVE    (1ul << 18)
#define CR4_SMEP       (1ul << 20)
#define CR4_SMAP       (1ul << 21)

#define CR3_KEEP_TLB (1ul << 63) /* in the value loaded only: 4.10.4.1 */

/* Model-specific registers. */
#define MSR_APIC_BASE         0x1bu
#define MSR_ARCH_CAPABILITIES 0x10au
#define MSR_SYSENTER_CS       0x174u
#define MSR_PAT               0x277u
#define MSR_TSC_DEADLINE      0x6e0u
#define MSR_X2APIC            0x800u
#define MSR_EFER              0xc0000080u
#define MSR_STAR              0xc0000081u
#define MSR_LSTAR             0xc0000082u
#define MSR_SFMASK            0xc0000084u

#define EFER_SYSCALL    (1ul << 0)
#define EFER_NO_EXECUTE (1ul << 11)

#define APIC_BASE_X2      (1ul << 10)
#define APIC_BASE_ENABLED (1ul << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ul

#define DR7_NO_BREAKPOINTS 0x400ul /* 17.2.4 */

/* Flags: vol. 1, 3.4.3. */
#define FLAG_CARRY     (1ul << 0)
#define FLAG_PARITY    (1ul << 2)
#define FLAG_ADJUST    (1ul << 4)
#define FLAG_ZERO      (1ul << 6)
#define FLAG_SIGN      (1ul << 7)
#define FLAG_TRAP      (1ul << 8)
#define FLAG_INTERRUPT (1ul << 9)
#define FLAG_DIRECTION (1ul << 10)
#define FLAG_OVERFLOW  (1ul << 11)
#define FLAG_IOPL      (3ul << 12)
#define FLAG_NESTED    (1ul << 14)
#define FLAG_RESUME    (1ul << 16)
#define FLAG_ALIGNMENT (1ul << 18)
#define FLAG_ID        (1ul << 21)

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d) : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

#define IO_ACCESSORS(bits, suffix)                                                                           \
    static inline uint##bits##_t in##bits(uint16_t port)                                                     \
    {                                                                                                        \
        uint##bits##_t value;                                                                                \
        __asm__ volatile("in" #suffix " %1, %0" : "=a"(value) : "Nd"(port));                                 \
        return value;                                                                                        \
    }                                                                                                        \
    static inline void out##bits(uint16_t port, uint##bits##_t value)                                        \
    {                                                                                                        \
        __asm__ volatile("out" #suffix " %0, %1" : : "a"(value), "Nd"(port));                                \
    }
IO_ACCESSORS(8, b)
IO_ACCESSORS(16, w)
IO_ACCESSORS(32, l)

#define CR_ACCESSORS(name)                                                                                   \
    static inline word_t name##_read(void)                                                                   \
    {                                                                                                        \
        word_t value;                                                                                        \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value));                                               \
        return value;                                                                                        \
    }                                                                                                        \
    static inline void name##_write(word_t value)                                                            \
    {                                                                                                        \
        __asm__ volatile("mov %0, %%" #name : : "r"(value) : "memory");                                      \
    }
CR_ACCESSORS(cr0)
CR_ACCESSORS(cr2)
CR_ACCESSORS(cr3)
CR_ACCESSORS(cr4)

static inline void tlb_invalidate_page(word_t address)
{
    __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

#endif
