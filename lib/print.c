/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Printing: text is collected in one buffer and goes out as a message when a line is complete, when the
 * buffer is full, or when the component ends. Where it goes is decided once, at the first message, by what
 * the description gives the component.
 *
 * A console that dies with the message in its hands is asked once more: the supervisor will have started it
 * again by then. After that, and when there is nobody to print to, the text is dropped: printing never stops
 * a component.
 */
#include <lucid.h>
#include <console.h>
#include <supervisor.h>
#include "runtime.h"

#define PRINT_ATTEMPTS 2

static char buffer[CONSOLE_TEXT_MAX];
_Static_assert(CONSOLE_TEXT_MAX == SUPERVISOR_TEXT_MAX, "either can take what is in the buffer");
static size_t filled;

/* Where text goes: a session and the operation that takes text. */
static struct {
    cap_t cap;
    error_t (*write)(cap_t session, const char *text, size_t length);
} output;

static void find_output(void)
{
    output.cap = session_find_interface("Terminal");
    output.write = terminal_write;
    if (output.cap)
        return;
    output.cap = session_find_interface("Log");
    output.write = log_write;
    if (output.cap)
        return;
    output.cap = COMPONENT_SLOT_SUPERVISOR;
    output.write = supervisor_log_text;
}

void print_flush(void)
{
    if (filled == 0 || !component_info)
        return;
    if (!output.write)
        find_output();
    for (int attempt = 0; attempt < PRINT_ATTEMPTS; attempt++)
        if (output.write(output.cap, buffer, filled) != ERR_PEER_GONE)
            break;
    filled = 0;
}

static void print_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        buffer[filled++] = text[i];
        if (text[i] == '\n' || filled == sizeof buffer)
            print_flush();
    }
}

void print_list(const char *format, va_list arguments)
{
    char text[512];
    size_t length = text_format_list(text, sizeof text, format, arguments);
    print_text(text, length < sizeof text ? length : sizeof text - 1);
}

void print(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    print_list(format, arguments);
    va_end(arguments);
}
