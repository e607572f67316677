/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Time: the time-stamp counter, and the local APIC's timer as the one-shot timer.
 *
 * The counter's frequency is measured once, for 20 ms, against a clock of known frequency: the ACPI timer, or
 * the 8254 on a machine without. What CPUID says is better if it agrees with the measurement, since that is
 * exact; if not, it is wrong, as it is in emulators.
 *
 * On a busy host an emulated or virtual processor can be stopped between reading two clocks, for longer than
 * the whole measurement takes. So each end of it is read several times, each time bracketed by two readings
 * of the counter, and the narrowest counts.
 */
#include "port.h"

#define PM_TIMER_HZ        3579545u /* ACPI specification 6.4, 4.8.3.3 */
#define PM_TIMER_MASK      0xffffffu
#define PIT_HZ             1193182u /* 8254 */
#define SAMPLES            8u
#define PATIENCE           2000000u
#define MEASURE_PER_SECOND 50u /* 1 / 20 ms */

#define HZ_MIN 10000000ull
#define HZ_MAX 20000000000ull

/* 8254: channel 2, whose gate and output are at port 0x61. */
#define PIT_CHANNEL_2  0x42
#define PIT_COMMAND    0x43
#define PIT_COUNT_DOWN 0xb0 /* channel 2, both bytes, mode 0 */
#define PIT_LATCH_2    0x80
#define SPEAKER_PORT   0x61
#define SPEAKER_GATE   0x1
#define SPEAKER_ON     0x2

/* The local APIC's timer counts (ticks * lapic_ratio) >> RATIO_SHIFT. */
#define RATIO_SHIFT 30

static uint64_t ticks_hz;
static uint64_t lapic_ratio;

struct sample {
    uint32_t reference; /* counts up */
    uint32_t lapic;     /* counts down */
    ticks_t ticks, width;
};

static uint32_t reference_read(void)
{
    if (acpi.pm_timer_port)
        return in32(acpi.pm_timer_port) & PM_TIMER_MASK;
    out8(PIT_COMMAND, PIT_LATCH_2);
    uint32_t low = in8(PIT_CHANNEL_2);
    return 0xffff - (low | (uint32_t)in8(PIT_CHANNEL_2) << 8);
}

static uint32_t reference_difference(uint32_t from, uint32_t to)
{
    return (to - from) & (acpi.pm_timer_port ? PM_TIMER_MASK : 0xffff);
}

/* All clocks at the moment when the reference changes. False if it stands still. */
static bool sample_edge(struct sample *sample)
{
    uint32_t before = reference_read();
    for (unsigned i = 0; i < PATIENCE; i++) {
        ticks_t start = arch_ticks();
        sample->reference = reference_read();
        sample->lapic = lapic_timer_count();
        sample->ticks = arch_ticks();
        sample->width = sample->ticks - start;
        if (sample->reference != before)
            return true;
    }
    return false;
}

static bool sample_take(struct sample *best)
{
    struct sample sample;
    best->width = ~0ull;
    for (unsigned i = 0; i < SAMPLES; i++) {
        if (!sample_edge(&sample))
            return false;
        if (sample.width < best->width)
            *best = sample;
    }
    return true;
}

static void reference_start(void)
{
    if (acpi.pm_timer_port)
        return;
    out8(SPEAKER_PORT, (in8(SPEAKER_PORT) & ~SPEAKER_ON) | SPEAKER_GATE);
    out8(PIT_COMMAND, PIT_COUNT_DOWN);
    out8(PIT_CHANNEL_2, 0xff);
    out8(PIT_CHANNEL_2, 0xff);
}

/* Returns false if the reference clock does not run, or the result cannot be. */
static bool measure(uint64_t *lapic_hz)
{
    uint32_t reference_hz = acpi.pm_timer_port ? PM_TIMER_HZ : PIT_HZ, passed;
    struct sample first, last;
    reference_start();
    lapic_timer_mode(false, true);
    lapic_timer_start(~0u);
    if (!sample_take(&first))
        return false;
    unsigned patience = PATIENCE;
    do {
        passed = reference_difference(first.reference, reference_read());
    } while (passed < reference_hz / MEASURE_PER_SECOND && --patience > 0);
    if (!sample_take(&last) || last.ticks <= first.ticks)
        return false;
    passed = reference_difference(first.reference, last.reference);
    ticks_hz = (last.ticks - first.ticks) * reference_hz / passed;
    *lapic_hz = (uint64_t)(first.lapic - last.lapic) * reference_hz / passed;
    lapic_timer_start(0);
    return ticks_hz >= HZ_MIN && ticks_hz <= HZ_MAX && *lapic_hz > 0;
}

/* What CPUID says about the counter's frequency; 0: nothing. Leaf 0x15: crystal and ratio (SDM vol. 2,
 * CPUID); leaf 0x40000010: kHz, in some hypervisors. */
static uint64_t told_hz(void)
{
    struct cpuid leaf;
    if (cpuid(0, 0).a >= 0x15) {
        leaf = cpuid(0x15, 0);
        if (leaf.a != 0 && leaf.b != 0 && leaf.c != 0)
            return (uint64_t)leaf.c * leaf.b / leaf.a;
    }
    if (cpu.hypervisor && cpuid(0x40000000, 0).a >= 0x40000010)
        return (uint64_t)cpuid(0x40000010, 0).a * 1000;
    return 0;
}

void clock_init(void)
{
    uint64_t lapic_hz = 0, told = told_hz();
    bool measured = measure(&lapic_hz);
    if (!measured && acpi.pm_timer_port) {
        acpi.pm_timer_port = 0;
        measured = measure(&lapic_hz);
    }
    if (!measured)
        BOOT_REFUSE("no clock was found to measure the processor's counter against");
    if (told > ticks_hz - ticks_hz / 128 && told < ticks_hz + ticks_hz / 128)
        ticks_hz = told;
    lapic_ratio = (lapic_hz << RATIO_SHIFT) / ticks_hz;
    lapic_timer_mode(cpu.tsc_deadline, false);
}

#if CONFIG_CORES > 1
void clock_init_core(void)
{
    lapic_timer_mode(cpu.tsc_deadline, false);
}

void clock_wait_us(unsigned us)
{
    ticks_t end = arch_ticks() + ticks_hz / 1000000 * us;

    while (arch_ticks() < end)
        arch_relax();
}
#endif

uint64_t arch_ticks_hz(void)
{
    return ticks_hz;
}

/* Rounded up, so that it does not fire early, unless the deadline is farther than the timer reaches. */
static uint32_t lapic_count(ticks_t deadline)
{
    ticks_t now = arch_ticks();
    if (deadline <= now)
        return 1;
    unsigned __int128 count = ((unsigned __int128)(deadline - now) * lapic_ratio >> RATIO_SHIFT) + 1;
    return count > ~0u ? ~0u : (uint32_t)count;
}

void arch_timer_set(ticks_t deadline)
{
    bool off = deadline == TICKS_NEVER;
    if (cpu.tsc_deadline)
        msr_write(MSR_TSC_DEADLINE, off        ? 0
                                    : deadline ? deadline
                                               : 1); /* 0 turns it off: SDM vol. 3, 10.5.4.1 */
    else
        lapic_timer_start(off ? 0 : lapic_count(deadline));
}
