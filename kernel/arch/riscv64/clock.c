/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the counter `time`, which is the same on all cores, and a one-shot timer that compares with it.
 *
 * With Sstc the comparator is a register of this core, and its interrupt is there for as long as time is past
 * it; without, the firmware is asked (SBI TIME). Firmware must have allowed Sstc, so what the device tree says
 * is not enough: it is tried.
 *
 * No deadline is set that is farther than LONGEST: the timer then fires early, and is set again. Without that, QEMU
 * in virtual time, when all is idle, jumps to the end of time. For the same reason the timer of Sstc is never off,
 * only that far away; the firmware's is off by masking it, which costs no call.
 */
#include "port.h"

#define CSR_STIMECMP 0x14d
#define LONGEST      ((ticks_t)1 << 30) /* minutes */

static uint64_t hz;
static bool sstc;

uint64_t arch_ticks_hz(void)
{
    return hz;
}

bool clock_has_sstc(void)
{
    return sstc;
}

static void stimecmp_write(ticks_t deadline)
{
    __asm__ volatile("csrw %0, %1" : : "i"(CSR_STIMECMP), "r"(deadline) : "memory");
}

/* An exception on the way skips the instruction and leaves `found` clear. Nothing else can happen: interrupts
 * are off, and sscratch, which an exception in the kernel needs, is not looked at. */
static bool sstc_detect(void)
{
    word_t found = 0;
    __asm__ volatile("lla t0, 1f\n"
                     "csrrw t0, stvec, t0\n"
                     "csrw %1, %2\n"
                     "li %0, 1\n"
                     ".balign 4\n"
                     "1: csrw stvec, t0\n"
                     : "+r"(found)
                     : "i"(CSR_STIMECMP), "r"(TICKS_NEVER)
                     : "t0", "memory");
    /* An exception has left SPP set, and SRET would stay in the kernel. */
    CSR_CLEAR(sstatus, SSTATUS_SPP);
    return found;
}

void arch_timer_set(ticks_t deadline)
{
    ticks_t longest = arch_ticks() + LONGEST;
    if (deadline == TICKS_NEVER) {
        clock_quiet();
        return;
    }
    if (deadline > longest)
        deadline = longest;
    if (sstc)
        stimecmp_write(deadline);
    else
        sbi_call(SBI_EXTENSION_TIMER, SBI_TIMER_SET, deadline, 0);
    CSR_SET(sie, 1u << INTERRUPT_TIMER);
}

void clock_quiet(void)
{
    if (sstc)
        stimecmp_write(arch_ticks() + LONGEST);
    else
        CSR_CLEAR(sie, 1u << INTERRUPT_TIMER);
}

void clock_init_core(void)
{
    clock_quiet();
    CSR_WRITE(scounteren, COUNTERS_USER);
}

void clock_init(const struct device_tree *tree)
{
    struct device_tree_node cpus;
    if (device_tree_find_path(tree, "/cpus", &cpus))
        hz = device_tree_number(tree, &cpus, "timebase-frequency", 0, 0);
    if (hz == 0)
        BOOT_REFUSE("the device tree does not tell the frequency of the counter (/cpus timebase-frequency)");
    sstc = sstc_detect();
    if (!sstc && !sbi_has(SBI_EXTENSION_TIMER))
        BOOT_REFUSE("there is no timer: neither Sstc nor the firmware's (SBI extension TIME)");
    clock_init_core();
}
