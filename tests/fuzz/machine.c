/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A booted kernel that goes back to the same state before each input: its memory by the host port, its variables by a
 * copy of the section that state.ld gathers them in. A process for each input would cost a thousand times as much.
 *
 * Also what tests/host/system.c asks of a test harness. Here an expectation that does not hold is a finding.
 */
#include "machine.h"
#include "fuzz.h"
#include "harness.h"
#include "host.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char kernel_state_start[], kernel_state_end[];

static char *kept;

/* The section as one block: the sanitizer sees only single variables, and what lies between them is copied, too. */
#define BESIDE_THE_SANITIZER __attribute__((no_sanitize("address")))

BESIDE_THE_SANITIZER static void copy_words(uint64_t *to, const uint64_t *from, size_t size)
{
    for (size_t i = 0; i < size / sizeof(*to); i++)
        ((volatile uint64_t *)to)[i] = from[i];
}

static size_t state_size(void)
{
    return (size_t)(kernel_state_end - kernel_state_start);
}

void machine_keep(void)
{
    host_memory_keep();
    kept = malloc(state_size());
    if (!kept)
        abort();
    copy_words((uint64_t *)(void *)kept, (uint64_t *)(void *)kernel_state_start, state_size());
}

void machine_restore(void)
{
    copy_words((uint64_t *)(void *)kernel_state_start, (uint64_t *)(void *)kept, state_size());
    host_memory_restore();
}

/* ---- The harness */

void test_fails(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    printf("%s:%d: ", file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(stdout);
    abort();
}

void host_unexpected_halt(int status)
{
    test_fails(__FILE__, __LINE__, "expected that the kernel goes on, seen that it halts with %d:\n%s",
               status, host.console);
}

void expect_equal(const char *file, int line, const char *what, unsigned long long seen,
                  unsigned long long expected)
{
    if (seen != expected)
        test_fails(file, line, "expected %s to be %llu, seen %llu", what, expected, seen);
}

void expect_error(const char *file, int line, const char *what, status_t status, error_t error,
                  unsigned argument)
{
    if (status_error(status) != error || status_argument(status) != argument)
        test_fails(file, line, "expected %s to be error %u %u, seen %u %u", what, error, argument,
                   status_error(status), status_argument(status));
}

void expect_text(const char *file, int line, const char *seen, const char *part)
{
    if (!strstr(seen, part))
        test_fails(file, line, "expected the text '%s', seen '%s'", part, seen);
}
