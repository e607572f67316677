/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Further cores. Firmware lets each begin at a physical address with the MMU off (PSCI, Arm DEN 0022); boot.S brings it to its stack, and here.
 */
#include "port.h"

#if CONFIG_CORES > 1

extern char core_entry[];

static unsigned starting;

/* For boot.S. */
word_t smp_translation_control; /* read while the caches are off */
word_t smp_stack;
struct core *smp_core;

NORETURN SELDOM void smp_core_start(void);
void smp_core_start(void)
{
    paging_leave_identity();
    cpu_init();
    timer_silence();
    gic_init_core(starting);
    core_arrived();
}

bool core_begin(uint64_t id, unsigned index)
{
    starting = index;
    smp_stack = STACK_TOP + index * STACK_AREA_SIZE;
    smp_core = &cores[index];
    smp_translation_control = SYSREG_READ(tcr_el1);
    arch_cache_clean(&smp_translation_control, sizeof(smp_translation_control));
    return power_core_on(id, image_physical(core_entry));
}

#endif
