/* SPDX-License-Identifier: BSD-2-Clause */
/* The library's panic, for all programs here: a test fails. */
#include <lucid.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void panic(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    printf("FAIL panic: %s:%d: ", file, line);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    printf("\n");
    fflush(NULL);
    abort();
}
