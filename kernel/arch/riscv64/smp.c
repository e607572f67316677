/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Further cores: firmware starts them (SBI HSM), and carries their interrupts (IPI). Where it lacks one of these, there is one core.
 *
 * Firmware would also see to fences on other cores (RFENCE). The kernel asks them itself (sched/remote.c): firmware waits for them without answering
 * what others ask of this core, and without letting QEMU run them in virtual time.
 */
#include "port.h"

#if CONFIG_CORES > 1

#define RELAXED_PER_WAIT 16u

extern char core_entry[];

/* For boot.S. */
word_t smp_satp, smp_stack;
static unsigned starting;

/* Memory before devices, firmware and control registers, and the other way round. */
static void fence(void)
{
    __asm__ volatile("fence iorw, iorw" : : : "memory");
}

NORETURN COLD void smp_core_start(void);
void smp_core_start(void)
{
    tlb_flush_all();
    trap_init_core(starting);
    clock_init_core();
    ipi_enable();
    core_arrived();
}

/* Its stack begins with the pointer to the core. */
static void stack_prepare(unsigned index)
{
    smp_stack = STACK_TOP + index * STACK_AREA_SIZE - STACK_CORE;
    *(struct core **)smp_stack = &cores[index];
}

bool core_begin(uint64_t id, unsigned index)
{
    if (!sbi_has(SBI_EXTENSION_HARTS) || !sbi_has(SBI_EXTENSION_IPI))
        return false;
    starting = index;
    smp_satp = CSR_READ(satp);
    stack_prepare(index);
    fence();
    return sbi_call_3(SBI_EXTENSION_HARTS, SBI_HART_START, id, image_physical(core_entry), 0).error == 0;
}

/* ---- Interrupts between cores. */

void ipi_enable(void)
{
    CSR_CLEAR(sip, 1u << INTERRUPT_SOFTWARE);
    CSR_SET(sie, 1u << INTERRUPT_SOFTWARE);
}

/* One that comes from now on is not lost: what it is about is looked at after this. */
void ipi_taken(void)
{
    CSR_CLEAR(sip, 1u << INTERRUPT_SOFTWARE);
    fence();
    __atomic_exchange_n(&core_self()->arch.ipi, 0, __ATOMIC_ACQ_REL);
}

void arch_ipi(unsigned core)
{
    __atomic_store_n(&cores[core].arch.ipi, 1, __ATOMIC_RELEASE);
    fence();
    sbi_call(SBI_EXTENSION_IPI, SBI_IPI_SEND, 1, core_id[core]);
}

/* Now and then the wait is a WFI, with an interrupt of this core to itself pending, which ends it: QEMU runs the other cores of a machine in virtual
 * time (--icount) only when this one waits in a way that it notices. The interrupt is taken back, but not one that another core has sent
 * meanwhile: that core has told in `ipi` before. */
void arch_relax(void)
{
    struct arch_core *core = &core_self()->arch;

    __asm__ volatile(".word 0x0100000f"
                     :
                     :
                     : "memory"); /* PAUSE, which assemblers may not know by name (Zihintpause) */
    if (++core->relaxed % RELAXED_PER_WAIT)
        return;
    CSR_SET(sip, 1u << INTERRUPT_SOFTWARE);
    __asm__ volatile("wfi" : : : "memory");
    CSR_CLEAR(sip, 1u << INTERRUPT_SOFTWARE);
    fence();
    if (__atomic_load_n(&core->ipi, __ATOMIC_ACQUIRE))
        CSR_SET(sip, 1u << INTERRUPT_SOFTWARE);
}

#else

void ipi_enable(void)
{
}

#endif
