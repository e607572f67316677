/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The supervisor's own messages, and how they reach a person without the supervisor ever waiting for the
 * console.
 *
 * Lines go into a ring. While there is a console that runs, it is signalled and fetches them when it has
 * time; what does not fit until then is lost, and the number of lines lost is told. While there is none,
 * lines go straight to the serial line (serial.c): the supervisor has the right to all devices anyway. That
 * waits for the device, but for nobody else. At boot, lines wait in the ring until all components have been started.
 *
 * Who the console is follows from the description: the first component that provides the interface Log.
 */
#include "parts.h"

#define RING_BYTES 8192u /* a power of two */
#define LINE_BYTES 320u

static char ring[RING_BYTES];
static size_t head, tail;
static unsigned lost;
static struct component *console; /* who fetches; NULL: there is none in this system */
static bool booted;

/* ---- Straight to the serial line ----------------------------------------------------------------------- */

static void serial_text(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\n')
            serial_put('\r');
        serial_put(text[i]);
    }
}

static void serial_drain(void)
{
    char text[64];
    size_t length;
    while ((length = log_take(text, sizeof text)) > 0)
        serial_text(text, length);
}

/* ---- The ring ------------------------------------------------------------------------------------------ */

static bool ring_put(const char *text, size_t length)
{
    if (RING_BYTES - (head - tail) < length)
        return false;
    for (size_t i = 0; i < length; i++)
        ring[head++ % RING_BYTES] = text[i];
    return true;
}

static void tell_lost(void)
{
    char line[64];
    if (lost == 0 || RING_BYTES - (head - tail) < sizeof line)
        return;
    size_t length = text_format(line, sizeof line, "[supervisor] (%u lines lost)\n", lost);
    lost = 0;
    ring_put(line, length);
}

size_t log_take(char *text, size_t size)
{
    size_t length = 0;
    while (length < size && head != tail)
        text[length++] = ring[tail++ % RING_BYTES];
    tell_lost();
    return length;
}

static bool console_runs(void)
{
    return console && console->state == COMPONENT_RUNNING;
}

static void line_add(const char *text, size_t length)
{
    if (!ring_put(text, length))
        lost++;
    if (booted && !console_runs())
        serial_drain();
}

void report(const char *format, ...)
{
    char line[LINE_BYTES] = "[supervisor] ";
    size_t start = strlen(line);
    va_list arguments;
    va_start(arguments, format);
    size_t length = start + text_format_list(line + start, sizeof line - start - 1, format, arguments);
    va_end(arguments);
    if (length > sizeof line - 2)
        length = sizeof line - 2;
    line[length++] = '\n';
    line_add(line, length);
}

void log_component_text(const char *name, const char *text, size_t length)
{
    while (length > 0) {
        char line[LINE_BYTES];
        size_t part = 0, at = text_format(line, sizeof line, "[%s] ", name);
        for (; part < length && text[part] != '\n' && at < sizeof line - 1; part++)
            line[at++] = (unsigned char)text[part] < ' ' ? ' ' : text[part];
        line[at++] = '\n';
        line_add(line, at);
        if (part < length && text[part] == '\n')
            part++;
        text += part;
        length -= part;
    }
}

/* ---- The console --------------------------------------------------------------------------------------- */

static struct component *console_find(void)
{
    for (unsigned i = 0; i < bundle->provide.count; i++)
        if (strcmp(bundle_text(bundle_provide(i)->interface), "Log") == 0)
            return &components[bundle_provide(i)->component];
    return NULL;
}

void log_boot_done(void)
{
    booted = true;
    console = console_find();
    log_settle();
}

void log_settle(void)
{
    if (head == tail || !booted)
        return;
    if (console_runs())
        notification_signal(console->hold.news);
    else
        serial_drain();
}

/* ---- The end ------------------------------------------------------------------------------------------- */

/* Replaces the one of liblucid: the supervisor has nobody to print to, and nobody to report its mistakes. */
void panic(const char *file, int line, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list arguments;
    serial_drain();
    size_t length = text_format(text, sizeof text, "\n[supervisor] stops: ");
    va_start(arguments, format);
    length += text_format_list(text + length, sizeof text - length, format, arguments);
    va_end(arguments);
    if (length < sizeof text)
        length += text_format(text + length, sizeof text - length, " (%s:%d)\n", file, line);
    serial_text(text, length < sizeof text ? length : sizeof text - 1);
    for (;;)
        thread_suspend(BOOT_SLOT_THREAD, 1);
}
