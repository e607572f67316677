/* SPDX-License-Identifier: BSD-2-Clause */
/* See cores.h. */
#include "cores.h"
#include "driver.h"

#if CONFIG_CORES > 1
#include <ucontext.h>

#define STACK_SIZE     (1u << 20)
#define DRIVER         CONFIG_CORES /* nobody's core: who draws and checks */
#define HAND_OVERS_MAX 500000u      /* in a round: many times what any takes */

static struct fiber {
    ucontext_t context;
    const struct step *step; /* to be done; NULL: none */
    void (*function)(void);  /* to be done instead */
    bool rests;              /* in user mode or idle, with nothing to do but to take interrupts */
    bool waits;              /* for a lock or an answer */
    struct thread *user;     /* who is current while it rests */
} fibers[CONFIG_CORES + 1];

static char stacks[CONFIG_CORES][STACK_SIZE] __attribute__((aligned(64)));

static unsigned running = DRIVER;
static bool beginning; /* the round's operations, one after the other */
static unsigned together, hand_overs, switch_one_in;
static uint64_t schedule;

/* ---- Who goes on */

/* As in generate.c, with a state of its own. */
static unsigned draw_schedule(unsigned limit)
{
    schedule ^= schedule >> 12;
    schedule ^= schedule << 25;
    schedule ^= schedule >> 27;
    return (unsigned)((schedule * 2685821657736338717ull >> 32) * limit >> 32);
}

/* A number for all operations of a round, so that it stays the same if others are left out before. */
static void seed_schedule(const struct step *steps, unsigned count)
{
    schedule = 0x9e3779b97f4a7c15ull;
    for (unsigned i = 0; i < count; i++)
        schedule = (schedule ^ steps[i].schedule) * 0xbf58476d1ce4e5b9ull;
    schedule |= 1;
    draw_schedule(2);
    switch_one_in = 1u << draw_schedule(6);
}

static void switch_to(unsigned next)
{
    unsigned before = running;

    if (next == before)
        return;
    running = next;
    host_number = next == DRIVER ? 0 : next;
    swapcontext(&fibers[before].context, &fibers[next].context);
}

static bool has_something_to_do(unsigned core)
{
    return !fibers[core].rests || fibers[core].step || fibers[core].function || host_interrupt_is_due(core);
}

NORETURN static void nobody_gets_on(void)
{
    char text[CONFIG_CORES + 1];

    for (unsigned i = 0; i < CONFIG_CORES; i++)
        text[i] = fibers[i].rests ? 'r' : fibers[i].waits ? 'w' : 'g';
    text[CONFIG_CORES] = '\0';
    fails("the cores do not get on (r: in user mode, w: waits, g: goes on): %s", text);
}

/* Another core, or who asks if there is none. DRIVER: all is done. */
static unsigned choose(unsigned self)
{
    unsigned found[CONFIG_CORES], count = 0;

    if (++hand_overs > HAND_OVERS_MAX)
        nobody_gets_on();
    for (unsigned core = 0; core < CONFIG_CORES; core++)
        if (core != self && has_something_to_do(core))
            found[count++] = core;
    if (count > 0)
        return found[draw_schedule(count)];
    return self < CONFIG_CORES && has_something_to_do(self) ? self : DRIVER;
}

static void between(bool waits)
{
    if (running == DRIVER || beginning)
        return;
    reach->event[REACH_WAITED] += waits;
    fibers[running].waits = waits;
    if (waits || draw_schedule(switch_one_in) == 0)
        switch_to(choose(running));
    fibers[running].waits = false;
}

/* ---- What a core does */

static void must_have_kept(const struct thread *thread)
{
    MUST(current() == thread, "a thread is taken from its core while it is in user mode");
}

/* In user mode, or idle. */
static void rest(struct fiber *self)
{
    self->user = current();
    self->rests = true;
    switch_to(beginning ? DRIVER : choose(running));
    self->rests = false;
    must_have_kept(self->user);
}

static void core_main(void)
{
    struct fiber *self = &fibers[running];

    self->rests = false;
    for (;;) {
        if (self->step)
            execute(self->step);
        else if (self->function)
            self->function();
        else
            host_take_interrupts();
        self->step = NULL;
        self->function = NULL;
        rest(self);
    }
}

void cores_go(void)
{
    struct thread *thread = current();

    if (!beginning)
        return;
    switch_to(DRIVER);
    must_have_kept(thread);
    if (draw_schedule(2))
        host_take_interrupts();
    reach->event[REACH_TAKEN_AWAY] += current() != thread;
}

/* ---- The driver's side */

static void boot_core(void *nothing)
{
    (void)nothing;
    kernel_core_boot();
}

void cores_boot(void)
{
    for (unsigned core = 1; core < CONFIG_CORES; core++) {
        host_number = core;
        MUST(host_run(boot_core, NULL) == HOST_LEFT, "core %u does not come up", core);
    }
    host_number = 0;
}

static void start(struct fiber *fiber, char *stack)
{
    getcontext(&fiber->context);
    fiber->context.uc_stack.ss_sp = stack;
    fiber->context.uc_stack.ss_size = STACK_SIZE;
    makecontext(&fiber->context, core_main, 0);
    fiber->rests = true;
}

void cores_start(void)
{
    for (unsigned core = 0; core < CONFIG_CORES; core++)
        start(&fibers[core], stacks[core]);
    host_between = between;
    cores_round(NULL, 0);
}

void cores_be(unsigned core)
{
    host_number = core;
}

bool cores_overlap(void)
{
    return together > 1;
}

/* Until nobody has anything to do. */
static void run_all(void)
{
    unsigned next = choose(DRIVER);

    if (next != DRIVER)
        switch_to(next);
    together = 0;
}

void cores_round(const struct step *steps, unsigned count)
{
    seed_schedule(steps, count);
    hand_overs = 0;
    together = count;
    beginning = count > 1;
    for (unsigned i = 0; i < count; i++) {
        fibers[steps[i].core].step = &steps[i];
        if (beginning)
            switch_to(steps[i].core);
    }
    beginning = false;
    run_all();
}

void cores_do(void (*function)(void))
{
    seed_schedule(NULL, 0);
    hand_overs = 0;
    together = 1;
    fibers[0].function = function;
    run_all();
}

#endif
