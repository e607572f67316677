/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Formatting text: the useful part of printf. No floating point, no %n.
 *
 * A conversion is  % [-] [0] [width or *] [l, ll, z] one of s c d i u x X p %.  Anything else is put out as
 * it stands, so that the mistake is seen.
 */
#include <lucid.h>

/* Where the characters go. What does not fit is counted but dropped. */
struct sink {
    char *buffer;
    size_t size;
    size_t length;
};

struct conversion {
    bool left;
    bool zero;
    int width;
    unsigned longs; /* 0: int, 1 and more: 64 bits */
};

static void put(struct sink *sink, char c)
{
    if (sink->length + 1 < sink->size)
        sink->buffer[sink->length] = c;
    sink->length++;
}

static void put_many(struct sink *sink, char c, int count)
{
    for (; count > 0; count--)
        put(sink, c);
}

/* Text with padding: a sign stays before zeros, and after spaces. */
static void put_padded(struct sink *sink, const struct conversion *how, const char *sign, const char *text,
                       size_t length)
{
    int padding = how->width - (int)(strlen(sign) + length);
    if (!how->left && !how->zero)
        put_many(sink, ' ', padding);
    while (*sign)
        put(sink, *sign++);
    if (!how->left && how->zero)
        put_many(sink, '0', padding);
    for (size_t i = 0; i < length; i++)
        put(sink, text[i]);
    if (how->left)
        put_many(sink, ' ', padding);
}

static void put_number(struct sink *sink, const struct conversion *how, const char *sign, uint64_t value,
                       unsigned base, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = digits[value % base];
        value /= base;
    } while (value);
    put_padded(sink, how, sign, text + at, sizeof text - at);
}

static const char *read_flags(const char *format, struct conversion *how, int *width_argument)
{
    for (;; format++) {
        if (*format == '-')
            how->left = true;
        else if (*format == '0')
            how->zero = true;
        else
            break;
    }
    if (*format == '*') {
        *width_argument = 1;
        return format + 1;
    }
    for (; *format >= '0' && *format <= '9'; format++)
        if (how->width < 1000)
            how->width = how->width * 10 + (*format - '0');
    return format;
}

size_t text_format_list(char *buffer, size_t size, const char *format, va_list arguments)
{
    struct sink sink = { buffer, size, 0 };

    for (; *format; format++) {
        if (*format != '%') {
            put(&sink, *format);
            continue;
        }
        const char *start = format;
        struct conversion how = { 0 };
        int width_argument = 0;
        format = read_flags(format + 1, &how, &width_argument);
        if (width_argument) {
            how.width = va_arg(arguments, int);
            if (how.width < 0) {
                how.left = true;
                how.width = -how.width;
            }
        }
        for (; *format == 'l' || *format == 'z'; format++)
            how.longs++;

        switch (*format) {
        case 's': {
            const char *text = va_arg(arguments, const char *);
            how.zero = false;
            text = text ? text : "(null)";
            put_padded(&sink, &how, "", text, strlen(text));
            break;
        }
        case 'c': {
            char c = (char)va_arg(arguments, int);
            how.zero = false;
            put_padded(&sink, &how, "", &c, 1);
            break;
        }
        case 'd':
        case 'i': {
            int64_t value = how.longs ? va_arg(arguments, int64_t) : va_arg(arguments, int);
            put_number(&sink, &how, value < 0 ? "-" : "", value < 0 ? 0 - (uint64_t)value : (uint64_t)value,
                       10, false);
            break;
        }
        case 'u':
            put_number(&sink, &how, "", how.longs ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned),
                       10, false);
            break;
        case 'x':
        case 'X':
            put_number(&sink, &how, "", how.longs ? va_arg(arguments, uint64_t) : va_arg(arguments, unsigned),
                       16, *format == 'X');
            break;
        case 'p':
            put_number(&sink, &how, "0x", (uintptr_t)va_arg(arguments, void *), 16, false);
            break;
        case '%':
            put(&sink, '%');
            break;
        default:
            while (start < format)
                put(&sink, *start++);
            if (*format == 0)
                goto end;
            put(&sink, *format);
        }
    }
end:
    if (size > 0)
        buffer[sink.length < size ? sink.length : size - 1] = 0;
    return sink.length;
}

size_t text_format(char *buffer, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format_list(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}
