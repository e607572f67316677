/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console: many components' lines, and one person at a keyboard, on one serial line.
 *
 * Log clients send text; it is collected for each until a line is complete and then shown whole, with the
 * component's name before it. The terminal client (the shell) sends text that is shown as it is, and asks for
 * lines. While a line is being edited and something else is to be shown, the prompt is taken away, that is
 * shown, and the prompt with the line comes back below it.
 *
 * The supervisor's own messages are fetched from it when it signals that there are some: so it never waits
 * for the console.
 *
 * The pieces: uart_*.c drives the device, screen.c and input.c hold the bytes on their way out and in,
 * line_editor.c is the line that is being typed.
 */
#include <lucid.h>
#include <console.server.h>
#include <supervisor.h>
#include "input.h"
#include "line_editor.h"
#include "screen.h"
#include "uart.h"

#define LINE_BYTES 256u /* longer lines of a log are broken */

/* A log client, or the supervisor. */
struct source {
    word_t badge;
    const char *name; /* NULL: its lines come with a name already */
    size_t length;
    char line[LINE_BYTES];
};

static struct source *sources;
static unsigned source_count;
static struct source supervisor;

static struct {
    bool reading; /* a line is being edited, */
    word_t badge; /* for this client, */
    cap_t reply;  /* who gets it as the answer to this call */
} terminal;

/* ---- Showing ------------------------------------------------------------------------------------------- */

/* Between these two, anything can be put on the screen without hurting a line that is being typed. */
static void show_begin(void)
{
    if (terminal.reading)
        editor_hide();
    else if (!screen_at_line_start())
        screen_put("\n");
}

static void show_end(void)
{
    if (terminal.reading)
        editor_show();
}

static void source_show_line(struct source *source)
{
    if (source->name) {
        screen_put("[");
        screen_put(source->name);
        screen_put("] ");
    }
    screen_text(source->line, source->length);
    screen_put("\n");
    source->length = 0;
}

/* Take in text of a source, and show the lines that are complete. Control characters could hide what others
 * print: no. */
static void source_text(struct source *source, const char *text, size_t length)
{
    show_begin();
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '\n' || source->length == LINE_BYTES)
            source_show_line(source);
        if (c == '\n' || c == '\r')
            continue;
        source->line[source->length++] = ((unsigned char)c < ' ' && c != '\t') || c == 127 ? '?' : c;
    }
    show_end();
}

static void supervisor_log_show(void)
{
    char text[SUPERVISOR_TEXT_MAX];
    size_t length;
    while (supervisor_read_log(COMPONENT_SLOT_SUPERVISOR, text, &length) == OK)
        source_text(&supervisor, text, length);
}

/* ---- The terminal -------------------------------------------------------------------------------------- */

/* Give what was typed to the line that is being edited, if there is one; and the line, once complete, to who
 * asked for it. */
static void terminal_feed(void)
{
    char byte;
    while (terminal.reading && input_take(&byte)) {
        if (!editor_key(byte))
            continue;
        terminal.reading = false;
        input_catch_interrupt(true);
        terminal_read_reply(terminal.reply, OK, editor_line(), strlen(editor_line()));
    }
}

static void terminal_abandon(void)
{
    terminal.reading = false;
    input_catch_interrupt(true);
    screen_put("\n");
    terminal_read_reply(terminal.reply, ERR_CANCELLED, NULL, 0);
}

/* ---- Requests ------------------------------------------------------------------------------------------ */

error_t terminal_write(struct request *request, const char *text, size_t text_count)
{
    (void)request;
    screen_text(text, text_count);
    return OK;
}

error_t terminal_read(struct request *request, const char *prompt, size_t prompt_count,
                      char line[static TERMINAL_LINE_MAX], size_t *line_count)
{
    char start[TERMINAL_PROMPT_MAX + 1];
    (void)line; /* it is typed later */
    (void)line_count;
    if (terminal.reading)
        return ERR_BUSY;
    terminal.reply = request_keep(request);
    if (!terminal.reply)
        return ERR_MEMORY;
    memcpy(start, prompt, prompt_count);
    start[prompt_count] = 0;
    terminal.badge = request->badge;
    terminal.reading = true;
    input_catch_interrupt(false);
    editor_start(start);
    terminal_feed();
    return OK;
}

error_t terminal_flush(struct request *request)
{
    (void)request;
    screen_drain();
    return OK;
}

error_t terminal_interrupted(struct request *request, bool *yes)
{
    (void)request;
    *yes = input_interrupted();
    return OK;
}

static struct source *source_find(word_t badge)
{
    for (unsigned i = 0; i < source_count; i++)
        if (sources[i].badge == badge)
            return &sources[i];
    return NULL;
}

error_t log_write(struct request *request, const char *text, size_t text_count)
{
    source_text(source_find(request->badge), text, text_count);
    return OK;
}

/* Which interface a client speaks, its badge tells. */
static error_t request_received(struct request *request)
{
    error_t error = ERR_RIGHT;
    if (source_find(request->badge))
        error = log_dispatch(request);
    else if (client_find(request->badge))
        error = terminal_dispatch(request);
    screen_pump();
    return error;
}

static void signal_received(word_t bits)
{
    if (!(bits & SIGNAL_UART))
        return;
    screen_serve();
    terminal_feed();
    screen_pump();
}

static void news_received(void)
{
    supervisor_log_show();
    screen_pump();
}

/* A client is gone: an unfinished line of it is shown as it is; nobody waits for input any more. */
static void client_closed(word_t badge)
{
    struct source *source = source_find(badge);
    if (source && source->length)
        source_text(source, "\n", 1);
    if (terminal.reading && terminal.badge == badge)
        terminal_abandon();
    screen_pump();
}

static void sources_init(void)
{
    const struct component_client *client;
    unsigned count = 0;
    while (client_at(count))
        count++;
    sources = calloc(count, sizeof *sources);
    if (count && !sources)
        PANIC("no memory for %u clients: raise 'heap' of [component.%s]", count, component_name());
    for (unsigned i = 0; (client = client_at(i)); i++)
        if (strcmp(component_text(client->interface), "Log") == 0)
            sources[source_count++] =
                (struct source){ .badge = client->badge, .name = component_text(client->name) };
}

int main(void)
{
    sources_init();
    screen_init();
    uart_init();
    signal_received(SIGNAL_UART); /* what arrived before the start raises no interrupt */
    return (int)serve(&(struct server){ .request = request_received,
                                        .signal = signal_received,
                                        .closed = client_closed,
                                        .news = news_received });
}
