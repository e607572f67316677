/* SPDX-License-Identifier: BSD-2-Clause */
/* See harness.h. */
#define _GNU_SOURCE
#include "harness.h"
#include "host.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_TEST_FAILED 3
#define TEST_SECONDS     60u
/* Not the kernel's stack, which is smaller; the sanitizers need their share. But what recurses for ever, or
 * as deep as users say, ends here. */
#define STACK_SIZE (512u * 1024u)

static struct test *first_test, *last_test;
static const char *current_name;
static bool verbose;
void (*test_describes)(void);
static uint64_t seed = 20250101, random_state;

void harness_add(struct test *test)
{
    if (last_test)
        last_test->next = test;
    else
        first_test = test;
    last_test = test;
}

/* There in builds that measure coverage: a process that ends by _exit must say itself what it has covered. */
extern void __gcov_dump(void) __attribute__((weak));
extern int __llvm_profile_write_file(void) __attribute__((weak));

NORETURN void test_process_ends(int status)
{
    fflush(stdout);
    if (__gcov_dump)
        __gcov_dump();
    if (__llvm_profile_write_file)
        __llvm_profile_write_file();
    _exit(status);
}

void test_fails(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    printf("FAIL %s: %s:%d: ", current_name, file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    if (test_describes)
        test_describes();
    if (verbose)
        printf("%s", host.console);
    test_process_ends(EXIT_TEST_FAILED);
}

void host_unexpected_halt(int status)
{
    char *line = host.console;

    for (char *c = host.console; *c; c++)
        if (*c == '\n') {
            if (strncmp(line, "KERNEL PANIC", 12) == 0) {
                *c = '\0';
                break;
            }
            line = c + 1;
        }
    test_fails(__FILE__, __LINE__, "expected that the kernel goes on, seen that it halts with %d: %s", status,
               line);
}

void expect_equal(const char *file, int line, const char *what, unsigned long long seen,
                  unsigned long long expected)
{
    if (seen != expected)
        test_fails(file, line, "expected %s to be %llu (%#llx), seen %llu (%#llx)", what, expected, expected,
                   seen, seen);
}

static const char *error_name(unsigned error)
{
    static const char *const names[] = {
#define ERROR(number, name, sentence, remedy) [number] = #name,
#include <lucid/errors.def>
#undef ERROR
    };
    return error < ARRAY_COUNT(names) ? names[error] : "no error_t";
}

void expect_error(const char *file, int line, const char *what, status_t status, error_t error,
                  unsigned argument)
{
    if (status_error(status) != error || status_argument(status) != argument)
        test_fails(file, line, "expected %s to be %s %u, seen %s %u", what, error_name(error), argument,
                   error_name(status_error(status)), status_argument(status));
}

void expect_text(const char *file, int line, const char *seen, const char *part)
{
    if (!strstr(seen, part))
        test_fails(file, line, "expected the text '%s', seen '%s'", part, seen);
}

/* xorshift64* (Marsaglia 2003, Vigna 2016). */
uint64_t random_next(void)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return random_state * 2685821657736338717ull;
}

unsigned random_below(unsigned limit)
{
    return (unsigned)((random_next() >> 32) * limit >> 32);
}

uint64_t random_seed(void)
{
    return seed;
}

NORETURN static void run_here(const struct test *test)
{
    struct rlimit stack = { STACK_SIZE, STACK_SIZE };

    setrlimit(RLIMIT_STACK, &stack);
    alarm(TEST_SECONDS);
    random_state = seed;
    host_init();
    test->function();
    test_process_ends(0);
}

static bool run(const struct test *test)
{
    int status;

    current_name = test->name;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0)
        run_here(test);
    if (child < 0 || waitpid(child, &status, 0) < 0) {
        printf("FAIL %s: %s:%d: expected a process, seen none\n", test->name, __FILE__, __LINE__);
        return false;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        printf("ok %s\n", test->name);
        return true;
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_TEST_FAILED)
        printf("FAIL %s: %s:%d: expected an end, seen %s %d (seed %llu)\n", test->name, __FILE__, __LINE__,
               WIFSIGNALED(status) ? "signal" : "exit status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), (unsigned long long)seed);
    return false;
}

static bool is_wanted(const struct test *test, int count, char **names)
{
    bool any = false;

    for (int i = 1; i < count; i++) {
        if (names[i][0] == '-')
            continue;
        any = true;
        if (strcmp(names[i], test->name) == 0)
            return true;
    }
    return !any;
}

int main(int count, char **arguments)
{
    const char *wish = getenv("TEST_SEED");
    bool good = true;

    if (wish)
        seed = strtoull(wish, NULL, 0) | 1;
    for (int i = 1; i < count; i++)
        verbose |= strcmp(arguments[i], "-v") == 0;
    for (const struct test *test = first_test; test; test = test->next)
        if (is_wanted(test, count, arguments))
            good &= run(test);
    return good ? 0 : 1;
}
