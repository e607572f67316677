/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the other cores.
 *
 * Each begins in real mode in a page below 1 MiB (trampoline.S), which needs that page mapped where it is, finds its stack, and comes here. They are
 * started one after the other, so that `starting` needs no lock. A core that does not come is left out.
 */
#include "port.h"

#if CONFIG_CORES > 1

#define PATIENCE_US 100000u

extern char trampoline_start[], trampoline_end[];

word_t smp_stack; /* that the core begins on: trampoline.S */
static unsigned starting;
static bool arrived;

NORETURN SELDOM void smp_core_start(void);
void smp_core_start(void)
{
    cpu_init_tables(starting);
    cpu_init_features(starting);
    interrupt_init_core();
    clock_init_core();
    __atomic_store_n(&arrived, true, __ATOMIC_RELEASE);
    kernel_core_boot();
}

static bool core_start(unsigned index)
{
    starting = index;
    smp_stack = STACK_TOP + (word_t)index * STACK_AREA_SIZE;
    arrived = false;
    interrupt_wake(acpi.core_id[index], TRAMPOLINE);
    for (unsigned us = 0; us < PATIENCE_US; us += 10) {
        if (__atomic_load_n(&arrived, __ATOMIC_ACQUIRE))
            return true;
        clock_wait_us(10);
    }
    return false;
}

/* The core that runs this is the first. */
static unsigned order_ids(void)
{
    uint32_t own = interrupt_core_id();
    unsigned known = acpi.cores < CONFIG_CORES ? acpi.cores : CONFIG_CORES;

    for (unsigned i = 0; i < known; i++)
        if (acpi.core_id[i] == own) {
            acpi.core_id[i] = acpi.core_id[0];
            acpi.core_id[0] = own;
            return known;
        }
    acpi.core_id[0] = own; /* it is not listed, or too far behind: in place of another */
    return known > 0 ? known : 1;
}

unsigned cores_start(void)
{
    unsigned known = order_ids(), count = 1;

    if (known == 1)
        return 1;
    paging_trampoline_map(TRAMPOLINE, trampoline_start, (size_t)(trampoline_end - trampoline_start));
    for (unsigned i = 1; i < known; i++) {
        acpi.core_id[count] = acpi.core_id[i];
        if (core_start(count))
            count++;
        else
            print("x86_64: the core with the local APIC %u does not start\n", acpi.core_id[i]);
    }
    paging_trampoline_unmap(TRAMPOLINE);
    return count;
}

#else

unsigned cores_start(void)
{
    return 1;
}

#endif
