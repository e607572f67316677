/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Measuring what paths of the kernel cost: `./lucid bench`, which boots the system `bench` and reads what this prints.
 *
 * A bench is like a test (target.h), and the runner takes it for one: it runs in a thread of its own, and leaves nothing behind. It runs only in
 * the system `bench`. Its name is the path's:
 *
 *     BENCH(yield_alone)
 *     {
 *         MEASURE(sys_yield());
 *     }
 *
 * MEASURE executes a statement some rounds to warm up (the second time, a kernel object is in its usual state), then ROUNDS times between two
 * looks at the counter, then a loop of as many rounds with nothing in it, and prints what the tool needs to subtract the two. Virtual time
 * (-icount) counts instructions: of the kernel, and of the stub that loads the arguments and tests the status.
 *
 * At last the statement is executed once more between two marks: instructions that do nothing, but that a plugin of the emulator
 * (bench/plugin/lines.c) knows. It records what is executed and touched between them. The n-th line of output with `path` or `lines` is about
 * the n-th record.
 */
#ifndef TARGET_BENCH_H
#define TARGET_BENCH_H

#include "target.h"

#include "marks.h"

#define BENCH(bench_name) TEST(bench_name)

#define ROUNDS      256u
#define WARM_ROUNDS 16u

/* Of workers, as of the bench's own thread: no slice ends while something is measured. */
#define BENCH_BUDGET_NS (10 * NS_PER_S)

/* What was measured, for the tool. */
static inline void bench_report(const char *path, word_t rounds, uint64_t full, uint64_t empty)
{
    note("path %s rounds %lu ticks %lu empty %lu", path, rounds, full, empty);
}

/* The same, without a record. */
static inline void bench_timed(const char *path, word_t rounds, uint64_t full, uint64_t empty)
{
    note("timed %s rounds %lu ticks %lu empty %lu", path, rounds, full, empty);
}

/* There is only a record, of so many rounds. */
static inline void bench_lines(const char *path, word_t rounds)
{
    note("lines %s rounds %lu", path, rounds);
}

/* A status in a loop that is measured: two instructions. */
#define MUST(status)                                                                                         \
    do {                                                                                                     \
        status_t must_status = (status);                                                                     \
        if (__builtin_expect(status_error(must_status) != OK, 0))                                            \
            expect_ok(must_status);                                                                          \
    } while (0)

#define BENCH_LOOP(count, statement)                                                                         \
    do {                                                                                                     \
        for (word_t bench_left = (count); bench_left > 0; bench_left--) {                                    \
            __asm__ volatile("" : : : "memory");                                                             \
            statement;                                                                                       \
        }                                                                                                    \
    } while (0)

/* Ticks of `rounds` rounds, the loop included. */
#define BENCH_TICKS(rounds, statement)                                                                       \
    ({                                                                                                       \
        uint64_t bench_start = cost_now();                                                                   \
        BENCH_LOOP(rounds, statement);                                                                       \
        cost_now() - bench_start;                                                                            \
    })

/* `both` belongs to the bench and not to the path: it is executed in the loop that is subtracted, too. */
#define MEASURE_PATH(path, rounds, statement, both)                                                          \
    do {                                                                                                     \
        BENCH_LOOP(WARM_ROUNDS, both; statement);                                                            \
        uint64_t bench_full = BENCH_TICKS(rounds, both; statement), bench_empty = BENCH_TICKS(rounds, both); \
        both;                                                                                                \
        MARK_BEGIN();                                                                                        \
        statement;                                                                                           \
        MARK_END();                                                                                          \
        bench_report(path, rounds, bench_full, bench_empty);                                                 \
    } while (0)
#define MEASURE(statement) MEASURE_PATH(__func__, ROUNDS, statement, (void)0)

#endif
