/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Turns: one thread of QEMU emulates all cores (-icount), and each goes on until its turn ends.
 *
 * QEMU 7.2 ends a turn when the core halts, when it waits in a way that QEMU recognizes (PAUSE, YIELD; nothing of RISC-V's), and when the next timer is
 * due. After the last it begins with core 0 again. So while core 0 waits for another core in a loop that QEMU does not recognize, it alone gets all the time
 * there is: others never move, and what it waits for never comes. (QEMU 8.1 divides the time until the next timer among the cores.)
 *
 * Here a turn ends after `length` instructions, too: then every core gets as far as every other. With short turns it is as if all
 * ran at the same time; `together` is how long that would take, at an instruction for each core a tick: of each round of turns, the longest. That counts
 * who waits with PAUSE, and so gives up the rest of a turn, as the others' longest turn and not as nothing.
 *
 * What ends a turn is no part of QEMU's interface for plugins, but its programs export it, for their own modules.
 */
#ifndef TURNS_H
#define TURNS_H

#include "qemu_plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((weak)) void *qemu_get_cpu(int index);
__attribute__((weak)) void cpu_exit(void *cpu);

static struct {
    uint64_t length; /* 0: as long as QEMU likes */
    unsigned core;   /* whose turn it is */
    bool ended;      /* this one has been told to */
    uint64_t executed, longest, together;
} turns;

static inline void turn_begin(unsigned core)
{
    if (turns.executed > turns.longest)
        turns.longest = turns.executed;
    if (core <= turns.core) { /* the next round */
        turns.together += turns.longest;
        turns.longest = 0;
    }
    turns.core = core;
    turns.executed = 0;
    turns.ended = false;
}

/* `together` counts from here on. */
static inline void turns_restart(void)
{
    turns.executed = turns.longest = turns.together = 0;
}

/* A core has executed so many instructions more. */
static inline void turn_count(unsigned core, uint64_t instructions)
{
    if (turns.length == 0)
        return;
    if (core != turns.core || turns.ended)
        turn_begin(core);
    turns.executed += instructions;
    if (turns.executed >= turns.length) {
        turns.ended = true;
        cpu_exit(qemu_get_cpu((int)core));
    }
}

/* The argument turn=LENGTH. False if it is that, and this QEMU cannot do it. */
static inline bool turn_argument(const char *argument)
{
    if (strncmp(argument, "turn=", 5) != 0)
        return true;
    turns.length = strtoull(argument + 5, NULL, 10);
    if (turns.length > 0 && cpu_exit && qemu_get_cpu)
        return true;
    fprintf(stderr, "turns: no length, or this QEMU does not export what ends a turn\n");
    return false;
}

#endif
