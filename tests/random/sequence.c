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

static void check_state(void)
{
    ticks_t ticks = host.ticks;
    struct check_report broken;
    word_t address;

    if (!kernel_check(&broken))
        fails("not true: %s", broken.invariant);
    MUST(host_tlb_is_coherent(&address), "the TLB has a translation that the tables do not have, of %#llx",
         (unsigned long long)address);
    MUST(host.core.deadline == core_self()->timer_armed,
         "the timer has another deadline than the core knows");
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
    const struct thread *thread = current();

    printf("%4u %-10s", index, kind_name(step->kind));
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

static void run_operations(const void *argument)
{
    const struct plan *plan = argument;
    unsigned length = plan->replay ? report->count : plan->length;

    choose_machine(plan->seed);
    oracle_reset();
    for (unsigned i = 0; i < length; i++) {
        struct step *step = &report->step[i];
        oracle_results();
        if (!plan->replay) {
            generate(step);
            report->count = i + 1;
        }
        report->done = i + 1;
        reach->kind[step->kind]++;
        host_tlb_fill();
        execute(step);
        if (plan->plant)
            planted(step);
        digest_add(core_self()->current != NULL);
        if ((i + 1) % plan->check_interval == 0)
            check_state();
        reach_look();
        if (plan->trace)
            trace(i, step);
    }
    oracle_results();
    check_state();
    world_take_back();
    check_state();
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
