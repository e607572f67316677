/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console's two interfaces. Log is for many: lines, each shown with the name of its component before it.
 * Terminal is for one, the shell: text shown as it is, and lines typed by a person.
 *
 * Log        WRITE         length, text ->
 * Terminal   WRITE         length, text ->
 *            READ          length, prompt -> length, text      waits until a line is typed
 *            FLUSH         ->                                  waits until all text is on the screen
 *            INTERRUPTED   -> 1 if Ctrl-C was typed since the last time somebody asked, or 0
 *
 * Text is at most 480 bytes (MESSAGE_TEXT_MAX), a prompt 64, a line 240. print() uses both interfaces by
 * itself.
 */
#ifndef INTERFACE_CONSOLE_H
#define INTERFACE_CONSOLE_H

#include <lucid.h>

#define LOG_WRITE            1u
#define TERMINAL_WRITE       16u
#define TERMINAL_READ        17u
#define TERMINAL_FLUSH       18u
#define TERMINAL_INTERRUPTED 19u

#define TERMINAL_PROMPT_MAX 64u
#define TERMINAL_LINE_MAX   240u

/* Show text as it is. */
static inline error_t terminal_write(cap_t terminal, const char *text, size_t length)
{
    return text_send(terminal, TERMINAL_WRITE, text, length);
}

/* Show the prompt and wait for a line; it comes without its end, at most size - 1 bytes of it, ended with
 * NUL. */
static inline error_t terminal_read(cap_t terminal, const char *prompt, char *line, size_t size)
{
    size_t length = strnlen(prompt, TERMINAL_PROMPT_MAX);
    struct message message = { .tag = tag_make(TERMINAL_READ, 1 + text_words(length), 0),
                               .word = { length } };
    message_text(&message, 1, prompt, length);
    error_t error = client_call(terminal, &message, 1);
    if (error != OK)
        return error;
    length = message.word[0];
    if (length > TERMINAL_LINE_MAX || 1 + text_words(length) > tag_words(message.tag))
        return ERR_TRUNCATED;
    if (length > size - 1)
        length = size - 1;
    message_copy_text(&message, 1, line, length);
    line[length] = 0;
    return OK;
}

/* Wait until everything written so far has left the machine. */
static inline error_t terminal_flush(cap_t terminal)
{
    struct message message = { .tag = tag_make(TERMINAL_FLUSH, 0, 0) };
    return client_call(terminal, &message, 0);
}

/* True if Ctrl-C was typed since the last time it was asked. */
static inline bool terminal_interrupted(cap_t terminal)
{
    struct message message = { .tag = tag_make(TERMINAL_INTERRUPTED, 0, 0) };
    return client_call(terminal, &message, 1) == OK && message.word[0] != 0;
}

#endif
