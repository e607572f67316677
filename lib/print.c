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

static char buffer[MESSAGE_TEXT_MAX];
static size_t filled;

/* Where text goes: a session and the operation that takes text. */
static struct {
    cap_t cap;
    word_t operation;
    bool known;
} output;

static cap_t session_of_type(const char *interface)
{
    const struct component_session *session = INFO_TABLE(struct component_session, session);
    for (uint32_t i = 0; i < component_info->session.count; i++)
        if (strcmp(component_text(session[i].interface), interface) == 0)
            return session[i].cap;
    return CAP_NULL;
}

static void find_output(void)
{
    output.known = true;
    output.cap = session_of_type("Terminal");
    output.operation = TERMINAL_WRITE;
    if (output.cap)
        return;
    output.cap = session_of_type("Log");
    output.operation = LOG_WRITE;
    if (output.cap)
        return;
    output.cap = COMPONENT_SLOT_SUPERVISOR;
    output.operation = SUPERVISOR_LOG;
}

void print_flush(void)
{
    if (filled == 0 || !component_info)
        return;
    if (!output.known)
        find_output();
    for (int attempt = 0; attempt < PRINT_ATTEMPTS; attempt++)
        if (text_send(output.cap, output.operation, buffer, filled) != ERR_PEER_GONE)
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
