/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a component is made, as a list of operations: for tests that do something to each of them. See steps.c.
 */
#ifndef STEPS_H
#define STEPS_H

#include "system.h"

#define PART_BITS 18u
#define STEPS_MAX 64u
#define NUMBER    50u
#define LINE      9u
#define WRONG_MAX 6u

struct wrong {
    unsigned argument;
    word_t value;
    error_t error;
    unsigned told; /* the argument that the kernel says is wrong */
};

struct step {
    cap_t cap;
    word_t operation;
    const char *kinds; /* a letter for each argument: see steps.c */
    word_t words[MESSAGE_WORDS_MAX];
    struct wrong wrong[WRONG_MAX]; /* values that must be refused */
    unsigned wrongs;
};

extern struct step steps[STEPS_MAX];
extern unsigned step_count;

extern cap_t part, asid_part, irq_part, port_part; /* made once */
extern cap_t stranger;                             /* an endpoint that the component has nothing to do with */
/* Slots that the steps fill, from cnode to handler; children: four that they do not fill all; spare: empty, and all behind it. */
extern cap_t cnode, space, tables, frames, thread, context, made_endpoint, notification, made_reply,
    made_handler, child, spare;

/* Boot, make what is made once, and fill the list. */
void steps_set_up(void);
/* The step of an operation that has this word as an argument. */
struct step *step_of(word_t operation, unsigned argument, word_t value);
/* The operation of a step with another capability or other words. */
struct outcome step_try(const struct step *step, cap_t cap, const word_t *words, unsigned count);
/* Do it: it must succeed. */
void step_do(const struct step *step);
/* Everything is taken away: all memory of the component is back and zero, all its slots are empty, all its numbers free. */
void steps_take_back(void);

#endif
