/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Starting the cores that a device tree lists.
 *
 * They are started one after the other, so that what is told to the one that is starting needs no lock. A core that firmware refuses to start is left
 * out. One that was started and does not come ends the list, since it may come yet, on the stack that it was given: then it halts.
 */
#include "port.h"
#include "cores.h"

#if CONFIG_CORES > 1

#define PATIENCE_SECONDS 2u

enum start { START_AWAITED, START_ARRIVED, START_GIVEN_UP };

uint64_t core_id[CONFIG_CORES];
static unsigned known; /* entries of core_id: first those that run, then those that are to be started */
static enum start state;

/* False if it was not awaited any more. */
static bool state_change(enum start to)
{
    enum start awaited = START_AWAITED;

    return __atomic_compare_exchange_n(&state, &awaited, to, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
}

void core_arrived(void)
{
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

void cores_find(const struct device_tree *tree, uint64_t own)
{
    struct device_tree_walk walk;
    struct device_tree_node node;
    struct boot_region id;

    core_id[0] = own;
    known = 1;
    device_tree_walk(&walk, tree);
    while (known < CONFIG_CORES && device_tree_next(&walk, &node))
        if (device_tree_is_core(tree, &node) && device_tree_reg(tree, &node, 0, &id) && id.start != own)
            core_id[known++] = id.start;
}

unsigned cores_start(void)
{
    unsigned count = 1;

    for (unsigned i = 1; i < known; i++) {
        uint64_t id = core_id[i];
        core_id[count] = id;
        __atomic_store_n(&state, START_AWAITED, __ATOMIC_RELEASE);
        if (!core_begin(id, count)) {
            print(ARCH_NAME ": firmware does not start core %lx\n", id);
            continue;
        }
        if (!core_arrives()) {
            print(ARCH_NAME ": core %lx does not come, and no further one is started\n", id);
            break;
        }
        count++;
    }
    return count;
}

#else

void cores_find(const struct device_tree *tree, uint64_t own)
{
    (void)tree, (void)own;
}

unsigned cores_start(void)
{
    return 1;
}

#endif
