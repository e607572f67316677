/* SPDX-License-Identifier: BSD-2-Clause */
/* Editing one line behind a prompt, with a history. See line_editor.c. */
#ifndef CONSOLE_LINE_EDITOR_H
#define CONSOLE_LINE_EDITOR_H

#include <lucid.h>
#include <console.types.h>

/* Begin a new line: show the prompt. */
void editor_start(const char *prompt);

/* One byte that was typed. True when the line is complete. */
bool editor_key(char byte);

/* The line, NUL-terminated. After it was completed it is in the history. */
const char *editor_line(void);

/* Take the prompt and the line off the screen, and show them again. */
void editor_hide(void);
void editor_show(void);

#endif
