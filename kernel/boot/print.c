/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's printing: to the machine's console, polled. No floating point, no allocation, no recursion. */
#include "arch.h"
#include "remote.h"
#include <stdarg.h>

static void put_padding(char pad, int count)
{
    for (; count > 0; count--)
        arch_console_put(pad);
}

static void put_string(const char *string, int width)
{
    for (; *string; string++, width--)
        arch_console_put(*string);
    put_padding(' ', width);
}

static void put_number(uint64_t number, unsigned base, bool negative, char pad, int width)
{
    char digits[24];
    int count = 0;

    do {
        digits[count++] = "0123456789abcdef"[number % base];
        number /= base;
    } while (number);
    if (negative)
        digits[count++] = '-';
    put_padding(pad, width - count);
    while (count > 0)
        arch_console_put(digits[--count]);
}

/* An argument of the size that the conversion names: 0 int, 1 long, 2 long long. */
static uint64_t take_unsigned(va_list *arguments, int size)
{
    return size == 0   ? va_arg(*arguments, unsigned)
           : size == 1 ? va_arg(*arguments, unsigned long)
                       : va_arg(*arguments, unsigned long long);
}

static int64_t take_signed(va_list *arguments, int size)
{
    return size == 0   ? va_arg(*arguments, int)
           : size == 1 ? va_arg(*arguments, long)
                       : va_arg(*arguments, long long);
}

/* One conversion; `format` stands after the percent sign. Returns where it ends. */
static const char *put_conversion(const char *format, va_list *arguments)
{
    char pad = ' ';
    int width = 0, size = 0;

    if (*format == '0') {
        pad = '0';
        format++;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        width = width * 10 + (*format - '0');
    for (; *format == 'l'; format++)
        size++;
    switch (*format) {
    case 's':
        put_string(va_arg(*arguments, const char *), width);
        break;
    case 'c':
        arch_console_put((char)va_arg(*arguments, int));
        break;
    case 'd': {
        int64_t number = take_signed(arguments, size);
        put_number(number < 0 ? 0 - (uint64_t)number : (uint64_t)number, 10, number < 0, pad, width);
        break;
    }
    case 'u':
        put_number(take_unsigned(arguments, size), 10, false, pad, width);
        break;
    case 'x':
        put_number(take_unsigned(arguments, size), 16, false, pad, width);
        break;
    case 'p':
        put_number((uintptr_t)va_arg(*arguments, void *), 16, false, '0', 2 * (int)sizeof(void *));
        break;
    case '\0':
        return format;
    default:
        arch_console_put(*format);
    }
    return format + 1;
}

static void print_list(const char *format, va_list *arguments)
{
    while (*format) {
        if (*format == '%')
            format = put_conversion(format + 1, arguments);
        else
            arch_console_put(*format++);
    }
}

void print(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    print_list(format, &arguments);
    va_end(arguments);
}

/* One core reports, and ends the machine. */
static void begin_panic(void)
{
    static unsigned reporting; /* 1 + the core's number */
    unsigned before = 0, self = 1;

#if CONFIG_CORES > 1
    self += core_self()->index;
    if (!__atomic_compare_exchange_n(&reporting, &before, self, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST) &&
        before != self)
        arch_core_halt();
#else
    before = reporting;
    reporting = self;
#endif
    if (before == self) /* the report itself failed: what was printed is all there is */
        arch_halt(1);
    remote_halt();
}

NORETURN void panic(const char *file, int line, const char *format, ...)
{
    va_list arguments;

    begin_panic();
    print("\nKERNEL PANIC at %s:%d: ", file, line);
    va_start(arguments, format);
    print_list(format, &arguments);
    va_end(arguments);
    print("\n");
    arch_panic_report();
    arch_halt(1);
}
