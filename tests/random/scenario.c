/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Scenarios: several steps that make sense together, and that are drawn together, because by themselves they would hardly ever come one
 * after the other: a new thread that runs, an interrupt that arrives somewhere, a space that is mapped, something long to destroy
 * while others go on. They are ordinary steps when they have been drawn; other ones do not come between, but other threads may.
 */
#include "driver.h"

#define LAST PICK(PICK_USEFUL, PICK_LAST)

/* As in generate.c, no two numbers are drawn in one expression. */
static struct step planned[24];
static unsigned planned_count, planned_next, planned_core;

static struct step *plan(unsigned kind, unsigned which)
{
    struct step *step = &planned[planned_count++];

    MUST(planned_count <= ARRAY_COUNT(planned), "a scenario is too long");
    *step = (struct step){ .kind = (uint8_t)kind, .which = (uint16_t)which };
    return step;
}

static void plan_new(unsigned row)
{
    struct step *step = plan(RETYPE, row);

    step->argument[0] = PICK(PICK_USEFUL, draw_below(2));
    step->argument[1] = PICK(PICK_NULL, 0);
    step->argument[3] = 1;
}

static void plan_invocation(unsigned operation, uint32_t object, uint32_t a, uint32_t b, uint32_t c)
{
    struct step *step = plan(INVOKE, operation);

    step->argument[0] = object;
    step->argument[1] = a;
    step->argument[2] = b;
    step->argument[3] = c;
}

/* A thread with time of its own, in this capability space, in one's own address space or another. */
static void plan_thread(void)
{
    plan_new(RETYPE_THREAD);
    plan_new(RETYPE_CONTEXT);
    uint32_t core = CONFIG_CORES > 1 ? draw_below(CONFIG_CORES) : 0;
    plan_invocation(OP_CORE_RANGE_SET_BUDGET, 0, LAST, core, draw_below(6));
    planned[planned_count - 1].argument[4] = draw_below(6);
    word_t handlers = draw_below(8) * THREAD_SET_FAULT;
    plan_invocation(OP_THREAD_CONFIGURE, LAST,
                    (uint32_t)(THREAD_SET_CNODE | THREAD_SET_SPACE | THREAD_SET_MESSAGE | handlers), 0,
                    draw_below(3) ? 0 : LAST);
    for (unsigned i = 4; i < ARGUMENTS; i++)
        planned[planned_count - 1].argument[i] = PICK(PICK_TYPE, draw_below(4));
    plan_invocation(OP_THREAD_SET_PRIORITY, LAST, 8 + draw_below(8), 8, 0);
    plan_invocation(OP_THREAD_SET_ATTRIBUTES, LAST, 3, draw_below(4), 0);
    plan_invocation(draw_below(4) ? OP_SCHED_CONTEXT_BIND : OP_SCHED_CONTEXT_LEND, LAST, LAST, 0, 0);
    plan_invocation(OP_THREAD_RESUME, LAST, 0, 0, 0);
}

/* An address space with a frame in it. */
static void plan_space(void)
{
    plan_new(RETYPE_SPACE);
    for (unsigned i = 0; i + 1 < ARCH_TABLE_LEVELS; i++) {
        plan_new(RETYPE_TABLE);
        plan_invocation(OP_ADDRESS_SPACE_MAP_TABLE, LAST, LAST, 0, 0);
    }
    plan_new(RETYPE_FRAME);
    plan_invocation(OP_ADDRESS_SPACE_MAP, LAST, LAST, draw_below(8), 0);
}

/* Somebody, perhaps oneself, comes to a space that is taken away then. */
static void plan_lost_space(void)
{
    plan_space();
    plan_invocation(OP_THREAD_CONFIGURE, PICK(PICK_TYPE, draw_below(3)), THREAD_SET_SPACE, 0, LAST);
    plan_invocation(OP_CNODE_REVOKE, 0, PICK(PICK_RAW, 3), 0, 0);
}

/* An interrupt: to a notification that somebody may be bound to. */
static void plan_interrupt(void)
{
    unsigned first = draw_below(2) ? LINE_FIRST : MSI_FIRST;

    plan_new(RETYPE_HANDLER);
    planned[planned_count - 1].argument[4] = first == LINE_FIRST ? 0 : 1; /* which range */
    plan_invocation(OP_IRQ_HANDLER_BIND, LAST, PICK(PICK_TYPE, draw_below(6)), 0, 0);
    uint32_t bound = PICK(PICK_TYPE, draw_below(3));
    plan_invocation(OP_THREAD_BIND_NOTIFICATION, bound, draw_below(2), 0, 0);
    for (unsigned i = 0; i < 3; i++) {
        plan(INTERRUPT, 0)->argument[0] = first + draw_below(LINE_COUNT);
        unsigned operation = draw_below(4) ? OP_IRQ_HANDLER_ACKNOWLEDGE : OP_IRQ_HANDLER_SET_MODE;
        plan_invocation(operation, LAST, draw_below(4), 0, 0);
    }
}

/* Something with things in it goes, in steps, and others act between them; sometimes on just that. */
static void plan_long_end(void)
{
    plan_new(draw_below(2) ? RETYPE_CNODE : RETYPE_THREAD);
    for (unsigned i = 0; i < 4; i++)
        plan_invocation(OP_CNODE_MOVE, LAST, 0, LAST, 0);
    plan(PENDING, 0)->argument[0] = 1;
    uint32_t what = draw_below(6) ? 0 : PICK(PICK_RAW, 3);
    plan_invocation(draw_below(3) ? OP_CNODE_DELETE : OP_CNODE_REVOKE, 0, what, 0, 0);
    planned[planned_count - 1].flags = ONCE;
    for (unsigned i = draw_below(4); i > 0; i--)
        plan(CONTINUE, 0)->flags = ONCE;
    plan(RUN, 0)->argument[0] = draw_below(KEEPERS);
    if (draw_below(3) == 0) {
        plan(REBUILD, 0)->argument[0] = draw_below(COMPONENTS);
    } else {
        plan_invocation(OP_CNODE_REVOKE, 0, PICK(PICK_RAW, 3), 0, 0);
        planned[planned_count - 1].flags = draw_below(2) ? ONCE : 0;
    }
    plan(PENDING, 0)->argument[0] = 0;
}

/* Memory that was used is cleared, with interruptions. */
static void plan_reset(void)
{
    plan_new(RETYPE_UNTYPED);
    struct step *step = plan(RETYPE, RETYPE_FRAME);
    step->argument[0] = LAST;
    step->argument[1] = PICK(PICK_NULL, 0);
    step->argument[3] = 1 + draw_below(3);
    plan_invocation(OP_CNODE_DELETE, 0, 0, 0, 0);
    plan(PENDING, 0)->argument[0] = draw_below(3);
    for (unsigned i = 0; i < 2; i++)
        plan_invocation(OP_CNODE_DELETE, 0, 0, 0, 0);
    plan_invocation(OP_UNTYPED_RESET, LAST, draw_below(9), 0, 0);
    planned[planned_count - 1].flags = ONCE;
    plan(PENDING, 0)->argument[0] = 0;
}

void scenario_begin(void)
{
    static void (*const scenarios[])(void) = { plan_thread,    plan_thread,   plan_space, plan_lost_space,
                                               plan_interrupt, plan_long_end, plan_reset };

    planned_count = planned_next = 0;
    planned_core = core_self()->index;
    scenarios[draw_below(ARRAY_COUNT(scenarios))]();
}

unsigned scenario_draw_core(void)
{
    if (CONFIG_CORES == 1)
        return 0;
    if (planned_next < planned_count && draw_below(2))
        return planned_core;
    unsigned core = draw_below(CONFIG_CORES);
    for (unsigned i = 0; i < CONFIG_CORES && !cores[core].current && draw_below(3); i++)
        core = (core + 1) % CONFIG_CORES;
    return core;
}

bool scenario_next(struct step *step)
{
    if (planned_next == planned_count || planned_core != core_self()->index)
        return false;
    *step = planned[planned_next++];
    return true;
}
