/* SPDX-License-Identifier: BSD-2-Clause */
/* The two ends of a component: by itself, and by its own mistake. */
#include <lucid.h>
#include <supervisor.h>

__attribute__((noreturn)) void exit(int code)
{
    print_flush();
    supervisor_exit(COMPONENT_SLOT_SUPERVISOR, code);
    arch_undefined(); /* only if there is no supervisor to end it */
}

__attribute__((weak, noreturn)) void panic(const char *file, int line, const char *format, ...)
{
    va_list arguments;
    print_flush();
    print("%s:%d: ", file, line);
    va_start(arguments, format);
    print_list(format, arguments);
    va_end(arguments);
    print("\n");
    arch_undefined();
}
