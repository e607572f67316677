/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many sequences, one seed after the other.
 *
 *   --operations N   so many in all (default 100000)        --minutes M   or for so long
 *   --seed N         of the first sequence (default 1)      --stride N    from one seed to the next (for several processes)
 *   --length N       operations of a sequence (default 2000; 0: drawn, 500 to 5000)
 *   --check N        the state is checked after every N-th operation (default 1), and at the end of each sequence
 *   --reach          print what was reached, and what never
 *   --digest         print what each sequence came to       --regressions replay those that failed once
 *   --plant          to test the shrinking: a REBUILD after an FPU fails
 *   --trace          print each step, and who is current after it
 *   --shrink 0       failing sequences stay as long as they are
 *
 * Prints lines for tool/lucid/suites/lines.py. Exit status 1 if anything failed.
 */
#include "driver.h"
#include "process.h"
#include "regression.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAILURES_MAX     3u
#define PROGRESS_SECONDS 30

static struct options {
    uint64_t operations, seed, stride;
    double minutes;
    unsigned length, check_interval;
    bool reach, digest, regressions, shrink, trace, plant;
} options = {
    .operations = 100000, .seed = 1, .stride = 1, .length = 2000, .check_interval = 1, .shrink = true
};

static struct regression *first_regression;

void regression_add(struct regression *regression)
{
    regression->next = first_regression;
    first_regression = regression;
}

static unsigned length_of(uint64_t seed)
{
    if (options.length)
        return options.length < LENGTH_MAX ? options.length : LENGTH_MAX;
    draw_seed(seed ^ 0x5eed);
    return 500 + draw_below(4500);
}

static void tell_failure(const struct plan *plan)
{
    printf("FAIL seed_%llu: tests/random: expected that all holds, seen after %u operations: %s\n",
           (unsigned long long)plan->seed, report->done, report->message);
    fflush(stdout);
    if (!options.shrink)
        return;
    shrink(plan);
    printf("shrunk to %u operations; run again with ./lucid test --soak 1 --seed %llu\n", report->count,
           (unsigned long long)plan->seed);
    print_as_test(plan);
    fflush(stdout);
}

static unsigned replay_regressions(void)
{
    unsigned failed = 0;

    for (const struct regression *regression = first_regression; regression; regression = regression->next) {
        struct plan plan = {
            .seed = regression->seed, .check_interval = 1, .replay = true, .trace = options.trace
        };
        memcpy(report->step, regression->operations, regression->count * sizeof(struct step));
        report->count = regression->count;
        bool good = sequence_run(&plan);
        if (good)
            printf("ok %s\n", regression->name);
        else
            printf("FAIL %s: tests/random: expected that all holds, seen: %s\n", regression->name,
                   report->message);
        failed += !good;
    }
    return failed;
}

struct run {
    uint64_t operations, sequences, failures;
    double started, told;
};

static void tell_progress(struct run *run, uint64_t seed)
{
    double now = process_seconds();

    if (options.minutes == 0 || now - run->told < PROGRESS_SECONDS)
        return;
    run->told = now;
    printf("%.0f s: %llu operations, %llu sequences, seed %llu\n", now - run->started,
           (unsigned long long)run->operations, (unsigned long long)run->sequences, (unsigned long long)seed);
    fflush(stdout);
}

static bool is_over(const struct run *run)
{
    if (run->failures >= FAILURES_MAX)
        return true;
    if (options.minutes > 0)
        return process_seconds() - run->started >= options.minutes * 60;
    return run->operations >= options.operations;
}

static void run_sequences(struct run *run)
{
    for (uint64_t seed = options.seed; !is_over(run); seed += options.stride) {
        struct plan plan = { .seed = seed,
                             .length = length_of(seed),
                             .check_interval = options.check_interval,
                             .trace = options.trace,
                             .plant = options.plant };
        bool good = sequence_run(&plan);
        run->operations += report->done;
        run->sequences++;
        if (options.digest && good)
            printf("seed %llu: %016llx\n", (unsigned long long)seed, (unsigned long long)report->digest);
        if (!good) {
            run->failures++;
            tell_failure(&plan);
        }
        tell_progress(run, seed);
    }
}

static void read_options(int count, char **words)
{
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? words[i + 1] : "0";
        if (!strcmp(words[i], "--reach"))
            options.reach = true;
        else if (!strcmp(words[i], "--digest"))
            options.digest = true;
        else if (!strcmp(words[i], "--plant"))
            options.plant = true;
        else if (!strcmp(words[i], "--trace"))
            options.trace = true;
        else if (!strcmp(words[i], "--regressions"))
            options.regressions = true;
        else if (!strcmp(words[i], "--operations"))
            options.operations = strtoull(value, NULL, 0), i++;
        else if (!strcmp(words[i], "--seed"))
            options.seed = strtoull(value, NULL, 0), i++;
        else if (!strcmp(words[i], "--stride"))
            options.stride = strtoull(value, NULL, 0), i++;
        else if (!strcmp(words[i], "--minutes"))
            options.minutes = strtod(value, NULL), i++;
        else if (!strcmp(words[i], "--length"))
            options.length = (unsigned)strtoul(value, NULL, 0), i++;
        else if (!strcmp(words[i], "--check"))
            options.check_interval = (unsigned)strtoul(value, NULL, 0), i++;
        else if (!strcmp(words[i], "--shrink"))
            options.shrink = strtoul(value, NULL, 0) != 0, i++;
        else {
            fprintf(stderr, "random: there is no option '%s'; see the top of tests/random/main.c\n",
                    words[i]);
            exit(2);
        }
    }
    if (options.check_interval == 0)
        options.check_interval = 1;
}

int main(int count, char **words)
{
    struct run run = { .started = process_seconds() };
    unsigned failed = 0;

    read_options(count, words);
    setvbuf(stdout, NULL, _IOLBF, 0);
    sequence_init();
    host_init();
    world_make();
    if (options.regressions) {
        failed = replay_regressions();
    } else {
        run_sequences(&run);
        failed = (unsigned)run.failures;
        printf(
            "%llu operations in %llu sequences, seeds from %llu by %llu, checked after every %u, in %.1f s\n",
            (unsigned long long)run.operations, (unsigned long long)run.sequences,
            (unsigned long long)options.seed, (unsigned long long)options.stride, options.check_interval,
            process_seconds() - run.started);
        if (!failed)
            printf("ok seeds_from_%llu\n", (unsigned long long)options.seed);
    }
    if (options.reach)
        reach_print();
    if (options.reach)
        reach_print_never();
    return failed ? 1 : 0;
}
