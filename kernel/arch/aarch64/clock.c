/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the generic timer's virtual counter, which user code may read, and the virtual timer as the one-shot
 * timer (Arm ARM D11). The counter starts with the machine and is the same on all cores.
 */
#include "port.h"

#define TIMER_VIRTUAL                                                                                        \
    2u /* the third of the timer's interrupts in the device tree: secure, physical, virtual, ... */
#define TIMER_DEFAULT   11u /* where every machine has it */
#define INTERRUPT_CELLS 3u
#define PRIVATE_FIRST   16u /* INTID of private interrupt 0 */
#define TIMER_ENABLE    1u

unsigned timer_intid;
static uint64_t ticks_hz;

void clock_init(const struct device_tree *tree)
{
    struct device_tree_node node;
    uint32_t number = TIMER_DEFAULT, told = 0;
    if (device_tree_find(tree, "arm,armv8-timer", &node)) {
        number =
            device_tree_number(tree, &node, "interrupts", TIMER_VIRTUAL * INTERRUPT_CELLS + 1, TIMER_DEFAULT);
        told =
            device_tree_number(tree, &node, "clock-frequency", 0, 0); /* where firmware forgot the register */
    }
    timer_intid = PRIVATE_FIRST + (number < 16 ? number : TIMER_DEFAULT);
    ticks_hz = SYSREG_READ(cntfrq_el0);
    if (ticks_hz == 0)
        ticks_hz = told;
    if (ticks_hz == 0)
        BOOT_REFUSE("neither CNTFRQ_EL0 nor the device tree tell how fast the counter runs");
    timer_silence();
}

uint64_t arch_ticks_hz(void)
{
    return ticks_hz;
}

void timer_silence(void)
{
    SYSREG_WRITE(cntv_ctl_el0, 0);
    isb();
}

void arch_timer_set(ticks_t deadline)
{
    if (deadline == TICKS_NEVER) {
        timer_silence();
        return;
    }
    SYSREG_WRITE(cntv_cval_el0, deadline);
    SYSREG_WRITE(cntv_ctl_el0, TIMER_ENABLE);
    isb();
}
