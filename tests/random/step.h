/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Steps: what the random driver does to the kernel, one at a time.
 *
 * A sequence is an array of these plain structs, and any part of it is a sequence, too: that is what lets a failing one be shrunk. So an
 * operation names nothing by its address. It is done by whoever is current when its turn comes, and its arguments say what to look for
 * in that thread's capability space ("the third endpoint where somebody waits"): see pick.c.
 */
#ifndef RANDOM_STEP_H
#define RANDOM_STEP_H

#include "types.h"

enum step_kind {
    CONTINUE, /* the current thread executes the system call again that was interrupted, or that faulted */
    ABANDON,  /* it does not */
    RUN,      /* argument 0: the root gives the n-th runnable thread the highest priority, for now */
    INVOKE,   /* which: OP_*; argument 0: the object; the rest as invocations.c says */
    RETYPE,   /* which: row of the table of what is made; arguments: untyped, CNode, slot, count */
    MESSAGE,  /* which: SYS_*; arguments: see message.c */
    SYSCALL,  /* wild register values; arguments: operation, cap, reply, tag, words */
    YIELD,
    ACCESS,    /* arguments: address, FAULT_ACCESS_*, 1: compare and write */
    EXCEPTION, /* arguments: kind, code */
    FPU,       /* argument 0: a value for the registers */
    TIME,      /* argument 0: ticks go by; the timer fires on the way */
    LATE,      /* argument 0: ticks go by at once; the timer is late */
    INTERRUPT, /* argument 0: the line */
    PENDING,   /* argument 0: from now on every n-th look for interrupts sees one; 0: none */
    FAST_PATH, /* argument 0: 1 off, 0 on */
    REVIVE,    /* argument 0: the root puts new life into the n-th thread of its own making */
    REBUILD,   /* argument 0: the root takes everything back from a component and makes it anew */
    KIND_COUNT
};

#define ARGUMENTS 9

/* Flags. */
#define ONCE     1u /* the system call is entered once: if it is interrupted, other operations come between */
#define POLL     2u
#define TOGETHER 4u /* the next operation is done at the same time, if it is another core's */

struct step {
    uint8_t kind;
    uint8_t flags;
    uint16_t which;
    uint32_t argument[ARGUMENTS];
    uint32_t core;     /* whose current thread does it */
    uint32_t schedule; /* what the order is drawn from in which cores go on during this operation */
};

/* How an argument that names a capability is meant: bits 16-19; bits 0-15 are the n of "the n-th". 0 is the first useful one. */
#define PICK_USEFUL   0u /* of the right type, and in a state in which the operation makes sense */
#define PICK_TYPE     1u /* of the right type */
#define PICK_ANY      2u /* any capability */
#define PICK_RAW      3u /* the number itself */
#define PICK_WILD     4u /* a number made of it that has all bits */
#define PICK_NULL     5u
#define PICK_SHIFT    16
#define PICK_LAST     0xffffu /* as n: the last one */
#define PICK(mode, n) ((uint32_t)(mode) << PICK_SHIFT | (n))

#define LENGTH_MAX 8192u

const char *kind_name(unsigned kind);

#endif
