/* SPDX-License-Identifier: BSD-2-Clause */
/* Bytes that were typed and that nobody has asked for yet. See input.c. */
#ifndef CONSOLE_INPUT_H
#define CONSOLE_INPUT_H

#include <lucid.h>

/* Take bytes from the serial line, as long as there is room for them. */
void input_pump(void);

/* The next byte; false if there is none. */
bool input_take(char *byte);

/* True if Ctrl-C was typed while no line was being read, since the last time this was asked. */
bool input_interrupted(void);

/* Ctrl-C is an interruption (true), or a key like others (false: a line is being read). */
void input_catch_interrupt(bool on);

#endif
