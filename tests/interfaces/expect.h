/* SPDX-License-Identifier: BSD-2-Clause */
/* What programs here expect, and their tests, one after the other; the lines that they print are those of tool/lucid/suites/lines.py. */
#ifndef EXPECT_H
#define EXPECT_H

int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));
int fflush(void *stream);

static const char *running;
static unsigned failures, failures_before;

/* Of a test that fails the first is told. */
#define FAILS(file, line, format, ...)                                                                       \
    (failures++ == failures_before                                                                           \
         ? printf("FAIL %s: %s:%d: " format "\n", running, file, line, __VA_ARGS__)                          \
         : 0)

#define EXPECT(condition) expect((condition) != 0, 1, __FILE__, __LINE__, #condition)
#define EXPECT_EQ(seen, expected)                                                                            \
    expect((unsigned long long)(seen), (unsigned long long)(expected), __FILE__, __LINE__, #seen)

static inline void expect(unsigned long long seen, unsigned long long expected, const char *file, int line,
                          const char *what)
{
    if (seen != expected)
        FAILS(file, line, "%s: expected %llu, seen %llu", what, expected, seen);
}

static inline void test_begins(const char *name)
{
    running = name;
    failures_before = failures;
}

static inline void test_ends(void)
{
    if (failures == failures_before)
        printf("ok %s\n", running);
}

#define RUN(test)                                                                                            \
    do {                                                                                                     \
        test_begins(#test);                                                                                  \
        test();                                                                                              \
        test_ends();                                                                                         \
    } while (0)

/* The exit status. */
static inline int tests_end(void)
{
    fflush(0);
    return failures != 0;
}

#endif
