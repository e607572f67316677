/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the other cores.
 *
 * Firmware lets each begin at a physical address with the MMU off (PSCI, Arm DEN 0022); boot.S brings it to its stack, and here. They are started
 * one after the other, so that what is told to the one that is starting needs no lock. A core that firmware refuses to start is left out. One that was
 * started and does not come ends the list, since it may come yet, on its stack: then it halts.
 */
#include "port.h"
#include "tree.h"

#if CONFIG_CORES > 1

#define PATIENCE_SECONDS 2u

extern char core_entry[];

enum start { START_AWAITED, START_ARRIVED, START_GIVEN_UP };

static uint64_t core_id[CONFIG_CORES]; /* MPIDR; the first is this core's */
static unsigned known;
static unsigned starting;
static enum start state;

/* For boot.S. */
word_t smp_translation_control; /* read while the caches are off */
word_t smp_stack;
struct core *smp_core;

static bool state_change(enum start to)
{
    enum start awaited = START_AWAITED;

    return __atomic_compare_exchange_n(&state, &awaited, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

NORETURN SELDOM void smp_core_start(void);
void smp_core_start(void)
{
    paging_leave_identity();
    cpu_init();
    timer_silence();
    gic_init_core(starting);
    if (!state_change(START_ARRIVED))
        arch_core_halt();
    kernel_core_boot();
}

static bool core_arrives(void)
{
    ticks_t end = arch_ticks() + PATIENCE_SECONDS * arch_ticks_hz();

    while (__atomic_load_n(&state, __ATOMIC_ACQUIRE) == START_AWAITED && arch_ticks() < end)
        arch_relax();
    return !state_change(START_GIVEN_UP);
}

static bool core_on(uint64_t id, unsigned index)
{
    starting = index;
    smp_stack = STACK_TOP + index * STACK_AREA_SIZE;
    smp_core = &cores[index];
    __atomic_store_n(&state, START_AWAITED, __ATOMIC_RELEASE);
    dsb();
    return power_core_on(id, image_physical(core_entry));
}

void cores_find(const struct device_tree *tree)
{
    known = tree_cores(tree, SYSREG_READ(mpidr_el1) & MPIDR_ADDRESS, core_id);
}

unsigned cores_start(void)
{
    unsigned count = 1;

    smp_translation_control = SYSREG_READ(tcr_el1);
    arch_cache_clean(&smp_translation_control, sizeof(smp_translation_control));
    for (unsigned i = 1; i < known; i++) {
        if (!core_on(core_id[i], count)) {
            print("aarch64: firmware does not start the core with MPIDR %lx\n", core_id[i]);
        } else if (core_arrives()) {
            count++;
        } else {
            print("aarch64: the core with MPIDR %lx does not start\n", core_id[i]);
            break;
        }
    }
    return count;
}

#else

void cores_find(const struct device_tree *tree)
{
    (void)tree;
}

unsigned cores_start(void)
{
    return 1;
}

#endif
