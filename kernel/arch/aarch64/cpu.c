/* SPDX-License-Identifier: BSD-2-Clause */
/* The processor: what it can do, and its control registers. (Arm ARM D17 describes them by name.) */
#include "port.h"

#define FIELD(value, shift) ((unsigned)((value) >> (shift)&15))

/* SCTLR_EL1. */
#define SCTLR_SA0   (1ul << 4)  /* user code: the stack pointer must be aligned */
#define SCTLR_DZE   (1ul << 14) /* and may clear memory by cache lines, */
#define SCTLR_UCT   (1ul << 15) /* read CTR_EL0, to make code, */
#define SCTLR_NTWE  (1ul << 18) /* wait for an event, on its own time, */
#define SCTLR_SPAN  (1ul << 23) /* clear: entering the kernel sets PAN */
#define SCTLR_UCI   (1ul << 26) /* and clean caches by address */
#define CPACR_TRAP  (1ul << 20) /* FPU: user code traps, the kernel does not */
#define CPACR_ON    (3ul << 20)
#define CNTKCTL_EL0 (1ul << 1) /* user code may read the virtual counter */

struct cpu cpu;

const char *cpu_detect(void)
{
    static const uint8_t address_bits[] = { 32, 36, 40, 42, 44, 48, 52 };
    word_t memory0 = SYSREG_READ(id_aa64mmfr0_el1), memory1 = SYSREG_READ(id_aa64mmfr1_el1);
    unsigned range = FIELD(memory0, 0);
    cpu.physical_bits = range < ARRAY_COUNT(address_bits) ? address_bits[range] : 48;
    if (cpu.physical_bits > 48)
        cpu.physical_bits = 48; /* more takes other page tables */
    cpu.pan = FIELD(memory1, 20) != 0;
    if (FIELD(memory0, 28) == 15)
        return "pages of 4 KiB";
    if (FIELD(memory0, 4) != 2)
        return "address-space identifiers of 16 bits";
    if (FIELD(SYSREG_READ(id_aa64pfr0_el1), 16) == 15 || FIELD(SYSREG_READ(id_aa64pfr0_el1), 20) == 15)
        return "a floating-point unit";
    return NULL;
}

/* TCR_EL1, called before the MMU is on: both halves of 48 bits with pages of 4 KiB, tables cached and shared, 16-bit
 * ASIDs from TTBR0, physical addresses as wide as the processor has them. */
SELDOM word_t boot_translation_control(void);
word_t boot_translation_control(void)
{
    word_t range = SYSREG_READ(id_aa64mmfr0_el1) & 7;
    word_t half = 16 | 1ul << 8 | 1ul << 10 | 3ul << 12;
    return half | half << 16 | 2ul << 30 | (range > 5 ? 5 : range) << 32 | 1ul << 36;
}

/* Counters of events are nobody's: what firmware has let user code see of them is taken back. */
static void counters_close(void)
{
    unsigned pmu = FIELD(SYSREG_READ(id_aa64dfr0_el1), 8);
    if (pmu != 0 && pmu != 15)
        SYSREG_WRITE(pmuserenr_el0, 0);
    if (FIELD(SYSREG_READ(id_aa64pfr0_el1), 44) != 0)
        SYSREG_WRITE(S3_3_C13_C2_3, 0); /* AMUSERENR_EL0 */
}

void cpu_init(void)
{
    word_t control = SYSREG_READ(sctlr_el1);
    control = (control & ~SCTLR_SPAN) | SCTLR_SA0 | SCTLR_DZE | SCTLR_UCT | SCTLR_NTWE | SCTLR_UCI;
    if (!cpu.pan)
        control |= SCTLR_SPAN;
    SYSREG_WRITE(sctlr_el1, control);
    SYSREG_WRITE(cpacr_el1, CPACR_TRAP);
    SYSREG_WRITE(cntkctl_el1, CNTKCTL_EL0);
    SYSREG_WRITE(mdscr_el1, 0);
    SYSREG_WRITE(oslar_el1, 0); /* the OS lock keeps debug exceptions away */
    counters_close();
    SYSREG_WRITE(tpidr_el0, 0);
    SYSREG_WRITE(tpidrro_el0, 0);
    if (cpu.pan)
        __asm__ volatile(".inst 0xd500419f"); /* MSR PAN, #1 */
    isb();
}

/* ---- FPU: fpu.S moves its state. */

void arch_fpu_init(struct arch_fpu *fpu)
{
    (void)fpu; /* all zero */
}

bool arch_fpu_leaks(void)
{
    return false;
}

void arch_fpu_clear(void)
{
    static const struct arch_fpu reset_state;
    arch_fpu_load(&reset_state);
}

void arch_fpu_enable(bool on)
{
    SYSREG_WRITE(cpacr_el1, on ? CPACR_ON : CPACR_TRAP);
}
