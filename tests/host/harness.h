/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Host tests: each is a function that runs in a process of its own, on a machine of its own. The first
 * expectation that does not hold ends it. A program prints `ok NAME` or `FAIL NAME: file:line: expected X,
 * seen Y` for each and exits with 0 or 1. Arguments: names of the tests to run, all if there are none; -v
 * shows the kernel's console of those that fail.
 */
#ifndef HARNESS_H
#define HARNESS_H

#include "types.h"

struct test {
    const char *name;
    void (*function)(void);
    struct test *next;
};

void harness_add(struct test *test);

#define TEST(test_name)                                                                                      \
    static void test_name(void);                                                                             \
    __attribute__((constructor)) static void add_##test_name(void)                                           \
    {                                                                                                        \
        static struct test test = { #test_name, test_name, NULL };                                           \
        harness_add(&test);                                                                                  \
    }                                                                                                        \
    static void test_name(void)

/* The test ends here. */
NORETURN void test_fails(const char *file, int line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Called after the line that says what a test fails of, if it is set: prints more. */
extern void (*test_describes)(void);

/* The end of a process of a test, with all that is kept of it written out. */
NORETURN void test_process_ends(int status);

#define EXPECT(condition)                                                                                    \
    ((condition) ? (void)0                                                                                   \
                 : test_fails(__FILE__, __LINE__, "expected %s, seen that it is not so", #condition))
#define EXPECT_EQ(seen, expected)                                                                            \
    expect_equal(__FILE__, __LINE__, #seen, (unsigned long long)(seen), (unsigned long long)(expected))
/* A status: the error, and the number of the wrong argument. */
#define EXPECT_ERROR(status, error, argument)                                                                \
    expect_error(__FILE__, __LINE__, #status, (status), (error), (argument))
#define EXPECT_OK(status)       expect_error(__FILE__, __LINE__, #status, (status), OK, 0)
#define EXPECT_TEXT(seen, part) expect_text(__FILE__, __LINE__, (seen), (part))

void expect_equal(const char *file, int line, const char *what, unsigned long long seen,
                  unsigned long long expected);
void expect_error(const char *file, int line, const char *what, status_t status, error_t error,
                  unsigned argument);
void expect_text(const char *file, int line, const char *seen, const char *part);

/* Random numbers, the same in every run unless the environment has TEST_SEED. */
uint64_t random_next(void);
unsigned random_below(unsigned limit);
uint64_t random_seed(void);

#endif
