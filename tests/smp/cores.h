/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Cores that run: each is a thread of this process, and executes what the kernel's current thread on it does.
 *
 * What a thread of the kernel does is its *program*: a function that is called whenever the thread goes on, on whatever core, and does one thing: a
 * system call, an access, nothing. It finds what its last system call came to in the registers. Between two such turns a core takes
 * its interrupts; a system call that is to be executed again is so without a turn.
 *
 * The test itself is the first core. It makes what is needed as the root thread (tests/host/system.h) before the others are started.
 *
 *     running     all cores take turns
 *     stopping    they only take interrupts, until nobody has any left: `all_quiet`. Then nobody is in the kernel
 *     ended       the threads of the process end
 *
 * To find out that all are quiet: each core says that it has seen the stop, and counts when it begins something and when it has done it. If all counts are even, and
 * then nobody has been asked anything, and then the counts are still the same, nobody did anything in between, and nobody will.
 */
#ifndef SMP_CORES_H
#define SMP_CORES_H

#include "system.h"

struct program {
    struct thread *thread;
    struct utcb *page; /* of its messages; NULL: none */
    void (*turn)(struct program *program);
    unsigned turns; /* that it has had */
    word_t value;   /* the program's own */
};

#define PROGRAMS_MAX 16u
extern struct program programs[PROGRAMS_MAX];

/* Give a thread its program. The frame of its message page is in the next slot, or else not used. */
struct program *program_set(unsigned index, cap_t thread, void (*turn)(struct program *program));

/* A thread in the root's spaces whose time is of a core; stopped. As in system.h, its frame and its context are in the next slots. */
cap_t make_thread_on(unsigned core, unsigned priority);
/* The context's budget: of another core from now on. */
void set_core(cap_t sc, unsigned core);

/* Instead of running them: the test is another core from now on, so that what they do one after the other is the same each time. A core whose
 * current thread is asked for would have to answer, and cannot. */
void core_be(unsigned number);

/* Run until the first core sees that it is done, then stop, and check everything. The root must be asleep, or it must have a program. */
void cores_run(bool (*done)(void));
/* While they run, for the first core between two turns: stop, check everything, go on. */
void cores_check(void);
/* Done instead of a program's turn, if it is set: with whoever is current. */
extern void (*cores_turn)(struct thread *thread);
/* How many turns and repeated system calls there were, on all cores; on one. */
uint64_t cores_turns(void);
uint64_t cores_turns_of(unsigned core);
/* What a core is at: each turn has its number, and so has each stop, which is the first core's; 0 between two. */
uint64_t cores_doing(unsigned core);
/* How far the test has come: if that stays the same for very many turns of all cores, the test fails (watch.c). The turns of all programs, if it
 * sets nothing better. */
extern uint64_t (*cores_progress)(void);

/* The current thread's system call, once. Whether it is to be done again is not this turn's business. */
void enter(struct program *program, word_t operation, cap_t cap, cap_t reply, tag_t tag, const word_t *words);
#define ENTER(operation, cap, reply, label, ...)                                                             \
    enter(program, operation, cap, reply, tag_make(label, WORD_COUNT(__VA_ARGS__), 0), WORDS(__VA_ARGS__))

/* What the last system call of a program came to. */
static inline status_t result(const struct program *program)
{
    return program->thread->context.registers[REGISTER_A0];
}

static inline word_t result_word(const struct program *program, unsigned index)
{
    return program->thread->context.registers[REGISTER_W0 + index];
}

#endif
