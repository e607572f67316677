/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A sequence, in a process of its own, which begins as a copy of the one where the world was made: so each begins in the same state, and
 * whatever happens in it (a panic, a signal, a sanitizer's report, an endless loop) ends only itself. What it did is in shared memory.
 *
 * The state is checked after every `check_interval` operations, and at the end everything is taken back. Checking changes nothing, so the
 * run is the same whatever the interval is.
 */
#include "driver.h"
#include "process.h"
#include "lock.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define EXIT_FAILED     3
#define SECONDS_MAX     60u /* of processor time, for one sequence: an endless loop */
#define TICKS_READ_MOST 200u

struct report *report;

void sequence_init(void)
{
    report = process_shared(sizeof(*report));
    reach = process_shared(sizeof(*reach));
}

NORETURN static void fails_with(const char *format, va_list arguments)
{
    vsnprintf(report->message, sizeof(report->message), format, arguments);
    process_leave(EXIT_FAILED);
}

NORETURN void fails(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fails_with(format, arguments);
}

/* What system.c and the harness's macros end in. */
NORETURN void test_fails(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    (void)file, (void)line;
    va_start(arguments, format);
    fails_with(format, arguments);
}

void expect_equal(const char *file, int line, const char *what, unsigned long long seen,
                  unsigned long long expected)
{
    if (seen != expected)
        test_fails(file, line, "%s:%d: expected %s to be %#llx, seen %#llx", file, line, what, expected,
                   seen);
}

void expect_error(const char *file, int line, const char *what, status_t status, error_t error,
                  unsigned argument)
{
    if (status_error(status) != error || status_argument(status) != argument)
        test_fails(file, line, "%s:%d: expected %s to be error %u %u, seen %u %u", file, line, what, error,
                   argument, status_error(status), status_argument(status));
}

/* The kernel's last words are on its console. */
NORETURN void host_unexpected_halt(int status)
{
    const char *panic = strstr(host.console, "KERNEL PANIC");

    if (!panic)
        fails("the kernel halts with %d", status);
    fails("%.*s", (int)strcspn(panic, "\n"), panic);
}

void digest_add(uint64_t value)
{
    report->digest = (report->digest ^ value) * 0x100000001b3ull;
}

/* Nobody is in the kernel. */
static void check_locks(const struct core *core)
{
    MUST(!core->reschedule, "a core is to choose who runs, and does not");
    MUST(lock_held(core) == LOCK_NONE, "a lock is recorded as held, and nobody is in the kernel");
#if CONFIG_CORES > 1
    MUST(!core->in_syscall && core->lock_set == LOCK_SET_ONE && core->requests == 0,
         "a core remembers something of its last entry");
    MUST(core->lock.next == core->lock.owner && tree_lock.next == tree_lock.owner,
         "a lock is held, and nobody is in the kernel");
#endif
}

static void check_state(void)
{
    ticks_t ticks = host.ticks;
    struct check_report broken;
    word_t address;

    if (!kernel_check(&broken))
        fails("not true: %s", broken.invariant);
    for (unsigned core = 0; core < core_count; core++) {
        cores_be(core);
        MUST(host_tlb_is_coherent(&address),
             "the TLB has a translation that the tables do not have, of %#llx", (unsigned long long)address);
        MUST(host_core()->deadline == core_self()->timer_armed,
             "the timer has another deadline than the core knows");
        check_locks(core_self());
    }
    cores_be(0);
    host.ticks = ticks;
}

/* What is drawn once for a sequence, and stands in its seed. */
static void choose_machine(uint64_t seed)
{
    draw_seed(seed);
    host.ticks_per_read = draw_below(2) ? 0 : draw_below(TICKS_READ_MOST);
    host.fpu_leaks = draw_below(4) == 0;
}

/* What a step led to: who is current then, and the status in the registers of who was before. */
static void trace(unsigned index, const struct step *step)
{
    cores_be(step->core);
    const struct thread *thread = current();
    cores_be(0);

    printf("%4u %-10s", index, kind_name(step->kind));
    if (CONFIG_CORES > 1)
        printf(" %s core %u", step->flags & TOGETHER ? "&" : " ", step->core);
    if (step->kind == INVOKE && invocation_rule(step->which))
        printf(" %s", invocation_rule(step->which)->name);
    if (!thread)
        printf(": idle\n");
    else
        printf(": %s priority %u, status %#llx badge %#llx\n", world_name(thread), thread_priority(thread),
               (unsigned long long)thread->context.registers[REGISTER_A0],
               (unsigned long long)thread->context.registers[REGISTER_A1]);
    fflush(stdout);
}

/* A failure that needs two steps, one some time after the other. */
static void planted(const struct step *step)
{
    static bool used;

    MUST(!(used && step->kind == REBUILD), "a failure that was planted");
    used |= step->kind == FPU;
}

/* ---- Rounds: operations that are done together, each on a core of its own. With one core each is by itself */

static bool is_of_the_root(const struct step *step)
{
    return step->kind == RUN || step->kind == REVIVE || step->kind == REBUILD;
}

/* The operations from here on that belong together. */
static unsigned round_at(unsigned first, unsigned length)
{
    unsigned count = 0, used = 0;

    do {
        report->step[first + count].core %= CONFIG_CORES;
        unsigned core = report->step[first + count].core;
        if (used >> core & 1)
            break;
        used |= 1u << core;
        count++;
    } while (first + count < length && (report->step[first + count - 1].flags & TOGETHER));
    return count;
}

/* Draw one for a core; false: it is the root's, whose core is used. */
static bool draw_operation(struct step *step, unsigned core, unsigned used)
{
    cores_be(core);
    oracle_results();
    generate(step);
    step->core = is_of_the_root(step) ? 0 : core;
    step->schedule = CONFIG_CORES > 1 ? (uint32_t)draw() : 0;
    cores_be(0);
    return !(used >> step->core & 1);
}

static unsigned draw_round(unsigned first, unsigned length)
{
    unsigned wanted = CONFIG_CORES > 1 && draw_below(2) ? 2 + draw_below(CONFIG_CORES - 1) : 1;
    unsigned count = 0, used = 0;

    while (count < wanted && first + count < length) {
        struct step *step = &report->step[first + count];
        unsigned core = scenario_draw_core();
        while (used >> core & 1)
            core = (core + 1) % CONFIG_CORES;
        if (!draw_operation(step, core, used))
            break;
        used |= 1u << step->core;
        if (count++ > 0)
            step[-1].flags |= TOGETHER;
    }
    report->count = first + count;
    return count;
}

static void do_round(const struct plan *plan, const struct step *steps, unsigned count)
{
    for (unsigned core = 0; core < core_count; core++) {
        cores_be(core);
        oracle_results();
        host_tlb_fill();
        cores_be(0);
    }
    for (unsigned i = 0; i < count; i++)
        reach->kind[steps[i].kind]++;
    cores_round(steps, count);
    oracle_forget_round(steps, count);
    for (unsigned i = 0; i < count && plan->plant; i++)
        planted(&steps[i]);
    for (unsigned core = 0; core < core_count; core++)
        digest_add(cores[core].current != NULL);
}

static void run_operations(const void *argument)
{
    const struct plan *plan = argument;
    unsigned length = plan->replay ? report->count : plan->length, count;

    choose_machine(plan->seed);
    oracle_reset();
    cores_start();
    for (unsigned i = 0; i < length; i += count) {
        oracle_results();
        count = plan->replay ? round_at(i, length) : draw_round(i, length);
        report->done = i + count;
        do_round(plan, &report->step[i], count);
        if (i / plan->check_interval != (i + count) / plan->check_interval)
            check_state();
        reach_look();
        for (unsigned n = i; n < i + count && plan->trace; n++)
            trace(n, &report->step[n]);
    }
    oracle_results();
    check_state();
    cores_do(world_take_back);
    check_state();
    reach_end();
}

bool sequence_run(const struct plan *plan)
{
    const char *why;

    report->message[0] = '\0';
    report->done = 0;
    report->digest = 0xcbf29ce484222325ull;
    if (process_run(run_operations, plan, SECONDS_MAX, &why))
        return true;
    if (!report->message[0])
        snprintf(report->message, sizeof(report->message), "the process ends with: %s", why);
    return false;
}
