/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A failing sequence becomes a minimal one (delta debugging: Zeller, Hildebrandt 2002): operations are left out, in pieces that get smaller,
 * as long as the same sentence is the result; then arguments become 0, and flags. Each trial is a process of its own. The result is
 * printed as a C file for tests/random/regressions.
 */
#include "driver.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define TRIALS_MAX 20000u

static struct step best[LENGTH_MAX], trial[LENGTH_MAX];
static unsigned best_count, trials;
static char wanted[sizeof(report->message)];
static struct plan replay;

/* Numbers differ from run to run; the words are the failure. */
static void signature(const char *message, char *out)
{
    for (; *message; message++)
        if (!isdigit((unsigned char)*message))
            *out++ = *message;
    *out = '\0';
}

static bool still_fails(const struct step *operations, unsigned count)
{
    char seen[sizeof(report->message)];

    if (++trials > TRIALS_MAX)
        return false;
    memcpy(report->step, operations, count * sizeof(*operations));
    report->count = count;
    if (sequence_run(&replay))
        return false;
    signature(report->message, seen);
    return strcmp(seen, wanted) == 0;
}

static void keep(const struct step *operations, unsigned count)
{
    if (operations != best)
        memcpy(best, operations, count * sizeof(*operations));
    best_count = report->done < count ? report->done : count; /* nothing after the failure matters */
}

/* Leave out pieces of this size; true if any could be. */
static bool leave_out(unsigned size)
{
    bool any = false;

    for (unsigned start = 0; start < best_count;) {
        unsigned end = start + size < best_count ? start + size : best_count;
        memcpy(trial, best, start * sizeof(*best));
        memcpy(trial + start, best + end, (best_count - end) * sizeof(*best));
        if (still_fails(trial, best_count - (end - start))) {
            keep(trial, best_count - (end - start));
            any = true;
        } else {
            start = end;
        }
    }
    return any;
}

static bool simplify_one(unsigned index, struct step simpler)
{
    if (memcmp(&simpler, &best[index], sizeof(simpler)) == 0)
        return false;
    memcpy(trial, best, best_count * sizeof(*best));
    trial[index] = simpler;
    if (!still_fails(trial, best_count))
        return false;
    keep(trial, best_count);
    return true;
}

static bool simplify(unsigned index)
{
    bool any = false;
    struct step simpler = best[index];

    memset(simpler.argument, 0, sizeof(simpler.argument));
    simpler.flags = 0;
    simpler.schedule = 0;
    if (simplify_one(index, simpler))
        return true;
    for (unsigned i = 0; i < ARGUMENTS && index < best_count; i++) {
        simpler = best[index];
        simpler.argument[i] = 0;
        any |= simplify_one(index, simpler);
    }
    if (index < best_count) {
        simpler = best[index];
        simpler.flags = 0;
        any |= simplify_one(index, simpler);
    }
    if (index < best_count) {
        simpler = best[index];
        simpler.schedule = 0;
        any |= simplify_one(index, simpler);
    }
    return any;
}

void shrink(const struct plan *plan)
{
    /* What is no broken invariant needs no looking for one. */
    unsigned interval = strncmp(report->message, "not true", 8) == 0 ? 1 : 100;
    replay =
        (struct plan){ .seed = plan->seed, .check_interval = interval, .replay = true, .plant = plan->plant };
    trials = 0;
    best_count = report->done;
    memcpy(best, report->step, best_count * sizeof(*best));
    signature(report->message, wanted);
    if (!still_fails(best, best_count)) {
        /* Checked more often it fails earlier, and perhaps with another sentence. */
        signature(report->message, wanted);
        if (!report->message[0]) {
            printf("seed %llu: it does not fail when it is replayed\n", (unsigned long long)plan->seed);
            return;
        }
    }
    keep(best, best_count);
    for (unsigned size = (best_count + 1) / 2; size > 0; size = size > 1 ? (size + 1) / 2 : 0)
        while (leave_out(size) && size == 1)
            ;
    for (unsigned i = 0; i < best_count; i++)
        simplify(i);
    while (leave_out(1))
        ;
    still_fails(best, best_count);
    memcpy(report->step, best, best_count * sizeof(*best));
    report->count = best_count;
}

/* ---- Printing */

static void print_which(const struct step *step)
{
    static const char *const calls[] = { "SYS_CALL", "SYS_REPLY_RECV", "SYS_SEND", "SYS_RECV" };
    const struct invocation_rule *rule = invocation_rule(step->which);

    if (step->kind == INVOKE && rule)
        printf("%s", rule->name);
    else if (step->kind == MESSAGE && (step->which & 0xff) < ARRAY_COUNT(calls))
        printf("%s%s%s%s", calls[step->which & 0xff],
               step->which & MESSAGE_TO_NOTIFICATION ? " | MESSAGE_TO_NOTIFICATION" : "",
               step->which & MESSAGE_TO_REPLY ? " | MESSAGE_TO_REPLY" : "",
               step->which & MESSAGE_PLAIN_LABEL ? " | MESSAGE_PLAIN_LABEL" : "");
    else
        printf("%u", step->which);
}

static void print_operation(const struct step *step)
{
    unsigned last = ARGUMENTS;

    printf("    { %s, %u, ", kind_name(step->kind), step->flags);
    print_which(step);
    while (last > 1 && step->argument[last - 1] == 0)
        last--;
    printf(", { ");
    for (unsigned i = 0; i < last; i++)
        printf("%s%#x", i ? ", " : "", step->argument[i]);
    printf(" }, %u, %#x },\n", step->core, step->schedule);
}

void print_as_test(const struct plan *plan)
{
    printf("/* SPDX-License-Identifier: BSD-2-Clause */\n/* %s */\n#include \"regression.h\"\n\n",
           report->message);
    printf("static const struct step operations[] = {\n");
    for (unsigned i = 0; i < report->count; i++)
        print_operation(&report->step[i]);
    printf("};\n\nREGRESSION(seed_%llu, %lluu, operations)\n", (unsigned long long)plan->seed,
           (unsigned long long)plan->seed);
}
