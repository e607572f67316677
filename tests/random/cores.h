/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Several cores in one sequence (CONFIG_CORES > 1), which are the same each time.
 *
 * Each core is a thread of control with a stack of its own, and one of them runs at a time. Wherever a core can notice what another has done
 * (host_between in host.h: it waits for a lock or an answer, has let a lock go, has sent an interrupt, reads the clock, loads a space, looks for
 * interrupts), another may go on instead. Which one is drawn, from numbers that stand in the operations. So system calls of different cores
 * overlap, and one seed is one run.
 *
 * Operations are done in rounds of one to four, each on a core of its own. A round has two parts:
 *
 *     beginning    one after the other, each up to where its thread enters the kernel (cores_go): what an operation means is found out
 *                  while nobody is in the kernel
 *     running      all of them, and whoever has interrupts to take, until all operations are done and all cores are in user mode or idle,
 *                  with no interrupt to take. Then the state can be checked
 *
 * A core that is in user mode keeps its thread until it has taken an interrupt: that nobody takes it away before is checked here.
 *
 * With one core a round is one operation, and nothing of this is there.
 */
#ifndef RANDOM_CORES_H
#define RANDOM_CORES_H

#include "step.h"

#if CONFIG_CORES > 1

/* The other cores come up. */
void cores_boot(void);
/* In the process of a sequence, before its first round. */
void cores_start(void);
/* The driver looks at the machine as this core. */
void cores_be(unsigned core);
/* Do operations, all on different cores. */
void cores_round(const struct step *steps, unsigned count);
/* The first core does this alone; the others take interrupts. */
void cores_do(void (*function)(void));
/* The current thread's entry comes next. Returns when its turn comes: it may be another thread's then. */
void cores_go(void);
/* Other operations are done at the same time, so what was found out before need not be true any more. */
bool cores_overlap(void);

#else

void execute(const struct step *step);

static inline void cores_boot(void)
{
}

static inline void cores_start(void)
{
}

static inline void cores_be(unsigned core)
{
    (void)core;
}

static inline void cores_round(const struct step *steps, unsigned count)
{
    (void)count;
    execute(steps);
}

static inline void cores_do(void (*function)(void))
{
    function();
}

static inline void cores_go(void)
{
}

static inline bool cores_overlap(void)
{
    return false;
}

#endif

#endif
