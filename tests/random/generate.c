/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which operation comes next: drawn, but with a look at the state, so that most succeed and threads really work together.
 *
 *   nobody is current                     time goes by, an interrupt comes, the root revives somebody
 *   it is to execute a call again         mostly it does
 *   it owes an answer                     it answers and waits for the next; or calls on; or gives the fault's thread what it lacks
 *   it has no time of its own             it receives
 *   else                                  it calls, sends, receives, and does things to objects
 *
 * The numbers are drawn from one generator, which nothing else uses, and never two in one expression, whose order would be the compiler's: a seed
 * is the same sequence in every build.
 */
#include "driver.h"
#include <string.h>

static uint64_t state;

void draw_seed(uint64_t seed)
{
    state = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
    for (unsigned i = 0; i < 8; i++)
        draw();
}

/* xorshift64* (Marsaglia 2003, Vigna 2016). */
uint64_t draw(void)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 2685821657736338717ull;
}

unsigned draw_below(unsigned limit)
{
    return (unsigned)((draw() >> 32) * limit >> 32);
}

static bool chance(unsigned percent)
{
    return draw_below(100) < percent;
}

/* An argument: mostly useful, mostly a small number. */
static uint32_t draw_argument(void)
{
    unsigned dice = draw_below(100);
    unsigned mode = dice < 88   ? PICK_USEFUL
                    : dice < 95 ? PICK_TYPE
                    : dice < 97 ? PICK_ANY
                    : dice < 98 ? PICK_RAW
                    : dice < 99 ? PICK_WILD
                                : PICK_NULL;
    unsigned n = chance(70) ? draw_below(8) : draw_below(1024);

    return PICK(mode, n);
}

static void draw_arguments(struct step *step)
{
    for (unsigned i = 0; i < ARGUMENTS; i++)
        step->argument[i] = draw_argument();
    if (host.pending_every && chance(50))
        step->flags |= ONCE;
}

/* ---- Invocations */

/* An argument that may be left out often is. */
static void draw_optional(struct step *step, const char *letters)
{
    for (unsigned i = 1; letters[i]; i++)
        if (strchr("eN", letters[i]) && chance(20))
            step->argument[i] = PICK(PICK_NULL, 0);
        else if (letters[i] == 'e')
            step->argument[i] |= PICK(PICK_TYPE, 0);
}

static void generate_invocation(struct step *step)
{
    unsigned sum = 0, drawn;

    for (unsigned i = 0; i < invocation_rule_count; i++)
        sum += invocation_rules[i].weight;
    drawn = draw_below(sum);
    const struct invocation_rule *rule = invocation_rules;
    while (drawn >= rule->weight)
        drawn -= rule++->weight;
    step->kind = INVOKE;
    step->which = rule->operation;
    draw_arguments(step);
    draw_optional(step, rule->letters);
    /* One's own CNode and what came with it are in everybody's way: rarely. */
    if ((rule->operation == OP_CNODE_DELETE || rule->operation == OP_CNODE_REVOKE) && chance(80))
        step->argument[1] = PICK(PICK_USEFUL, draw_below(10));
    if (rule->operation == OP_THREAD_SET_ATTRIBUTES && chance(50)) /* one's own, too */
        step->argument[0] = PICK(PICK_TYPE, draw_below(4));
    if (rule->operation == OP_CNODE_REVOKE && chance(10))
        step->argument[1] = PICK(PICK_RAW, 3); /* all that was made, perhaps the caller, too */
}

static void generate_retype(struct step *step)
{
    step->kind = RETYPE;
    step->which = (uint16_t)(chance(90) ? draw_below(16) : draw_below(retype_row_count));
    draw_arguments(step);
    if (chance(70))
        step->argument[1] = PICK(PICK_NULL, 0);
    step->argument[3] = chance(80) ? 1 : draw_below(6);
}

/* ---- Messages */

static uint32_t draw_gift(void)
{
    uint32_t source = draw_argument(), mode = chance(95) ? draw_below(3) : 3;
    uint32_t rights = chance(80) ? RIGHTS_ALL : draw_below(16);

    return (source & 0xfffff) | mode << 20 | rights << 23 | draw_below(8) << 27;
}

static void generate_message(struct step *step, unsigned which)
{
    step->kind = MESSAGE;
    step->which = (uint16_t)which;
    draw_arguments(step);
    step->argument[2] = chance(50) ? draw_below(5) : chance(1) ? 65 : draw_below(65);
    step->argument[3] = chance(75) ? 0 : chance(95) ? 1 + draw_below(4) : 5;
    step->argument[4] = (uint32_t)draw();
    for (unsigned i = 0; i < 4; i++)
        step->argument[5 + i] = draw_gift();
    if (chance(10))
        step->flags |= POLL;
}

static void generate_call(struct step *step)
{
    generate_message(step, SYS_CALL);
    if (chance(25)) /* also where nobody waits yet */
        step->argument[0] |= PICK(PICK_TYPE, 0);
}

static void generate_receive(struct step *step)
{
    generate_message(step, SYS_RECV | (chance(12) ? MESSAGE_TO_NOTIFICATION : 0));
    if (chance(15))
        step->argument[1] = PICK(PICK_NULL, 0);
}

static void generate_send(struct step *step)
{
    generate_message(step, SYS_SEND | (chance(60) ? MESSAGE_TO_NOTIFICATION : 0));
    if (chance(40))
        step->argument[0] |= PICK(PICK_TYPE, 0);
}

/* What a server does that has received a call, or a handler a fault. */
static void generate_answer(struct step *step, bool fault)
{
    unsigned plain = fault ? MESSAGE_PLAIN_LABEL : 0;

    if (chance(75))
        generate_message(step, SYS_REPLY_RECV | plain);
    else
        generate_message(step, SYS_SEND | MESSAGE_TO_REPLY | plain);
    step->argument[0] &= ~PICK(7, 0);
    step->argument[1] = PICK(PICK_USEFUL, chance(90) ? 0 : 1);
    if (step->which & MESSAGE_TO_REPLY)
        step->argument[0] = step->argument[1];
}

static void generate_owing(struct step *step, const struct thread *caller)
{
    unsigned dice = draw_below(100);

    if (caller->fault && dice < 30) { /* for a timeout, time; for a page fault, a page */
        step->kind = INVOKE;
        step->which = caller->fault == FAULT_TIMEOUT ? OP_SCHED_CONTEXT_LEND : OP_ADDRESS_SPACE_MAP;
        draw_arguments(step);
    } else if (dice < 60) {
        generate_answer(step, caller->fault != FAULT_NONE);
    } else if (dice < 92) {
        generate_call(step);
    } else {
        generate_invocation(step);
    }
}

/* ---- The machine, and the root */

static void generate_event(struct step *step, bool idle)
{
    /* Many cores, few threads: life for them first. */
    unsigned dice = CONFIG_CORES > 1 && idle && chance(60) ? 90 : draw_below(100);
    static const uint32_t lengths[] = { 1, 37, 1003, 50021, 333331, 1000003, 5000011, 20000003 };
    uint32_t length = lengths[draw_below(ARRAY_COUNT(lengths))];

    if (dice < 25) {
        step->kind = chance(80) ? TIME : LATE;
        step->argument[0] = length + draw_below(length);
    } else if (dice < 40) {
        step->kind = INTERRUPT;
        step->argument[0] = chance(90) ? (chance(60) ? LINE_FIRST + draw_below(LINE_COUNT)
                                                     : MSI_FIRST + draw_below(MSI_COUNT))
                                       : draw_below(ARCH_IRQ_LINES);
    } else if (dice < 65) {
        step->kind = idle ? REVIVE : RUN;
        step->argument[0] = draw_below(KEEPERS * 64);
    } else if (dice < 75) {
        step->kind = PENDING;
        step->argument[0] = chance(50) ? 0 : chance(60) ? 1 : 2 + draw_below(2);
    } else if (dice < 80) {
        step->kind = FAST_PATH;
        step->argument[0] = draw_below(2);
    } else if (dice < 98 || chance(50)) {
        step->kind = REVIVE;
        step->argument[0] = draw_below(KEEPERS * 64);
        if (CONFIG_CORES > 1 && idle) /* it is not to wait any more */
            step->argument[0] += step->argument[0] / KEEPERS % 2 ? 0 : KEEPERS;
    } else {
        step->kind = REBUILD;
        step->argument[0] = draw_below(COMPONENTS);
    }
}

/* ---- Threads */

static void generate_wild(struct step *step)
{
    step->kind = SYSCALL;
    for (unsigned i = 0; i < ARGUMENTS; i++) {
        unsigned mode = draw_below(5);
        step->argument[i] = PICK(mode, draw_below(1024));
    }
    if (chance(30)) { /* names, prints, dumps */
        step->argument[0] = PICK(PICK_RAW, SYS_DEBUG);
        step->argument[1] = PICK(PICK_RAW, draw_below(8));
        step->argument[3] = PICK(PICK_ANY, draw_below(16));
    } else if (chance(60)) { /* a system call that exists */
        uint32_t poll = chance(20) ? SYS_POLL : 0;
        step->argument[0] = PICK(PICK_RAW, draw_below(8) | poll);
    }
}

static void generate_user(struct step *step)
{
    unsigned dice = draw_below(100);

    draw_arguments(step);
    if (dice < 55) {
        step->kind = ACCESS;
        step->argument[0] = PICK(PICK_USEFUL, chance(85) ? draw_below(40) : draw_below(64));
        step->argument[1] = 1 + draw_below(chance(80) ? 3 : 7);
        step->argument[2] = chance(90);
    } else if (dice < 75) {
        step->kind = FPU;
        step->argument[0] = (uint32_t)draw() >> 1;
    } else if (dice < 88) {
        step->kind = YIELD;
    } else if (dice < 94) {
        step->kind = EXCEPTION;
    } else {
        generate_wild(step);
    }
}

static void generate_free(struct step *step, const struct thread *thread)
{
    unsigned dice = draw_below(100);

    if (chance(3)) {
        scenario_begin();
        scenario_next(step);
    } else if (CONFIG_CORES > 1 && chance(20)) { /* while others are at work, there is more to receive */
        generate_receive(step);
    } else if (!thread->owned && dice < 45) { /* passive: a server */
        generate_receive(step);
    } else if (dice < 16) {
        generate_call(step);
    } else if (dice < 26) {
        generate_receive(step);
    } else if (dice < 34) {
        generate_send(step);
    } else if (dice < 68) {
        generate_invocation(step);
    } else if (dice < 79) {
        generate_retype(step);
    } else if (dice < 90) {
        generate_user(step);
    } else {
        generate_event(step, false);
    }
}

void generate(struct step *step)
{
    const struct thread *thread = current();

    *step = (struct step){ .kind = CONTINUE };
    if (thread && scenario_next(step))
        return;
    if (!thread) {
        generate_event(step, true);
    } else if (thread->context.at_syscall && chance(80)) {
        step->flags = host.pending_every && chance(50) ? ONCE : 0;
    } else if (thread->context.at_syscall) {
        if (chance(50))
            step->kind = ABANDON;
        else
            generate_event(step, false);
    } else if (thread->reply && thread->reply->state == REPLY_OWED) {
        generate_owing(step, thread->reply->caller);
    } else {
        generate_free(step, thread);
    }
}
