/* SPDX-License-Identifier: BSD-2-Clause */
/* What the person sees: bytes on their way to the serial line. See screen.c. */
#ifndef CONSOLE_SCREEN_H
#define CONSOLE_SCREEN_H

#include <lucid.h>

void screen_init(void);

/* Put text out; "\n" becomes "\r\n". */
void screen_text(const char *text, size_t length);
void screen_put(const char *text); /* NUL-terminated */

/* True if the last thing put out was the end of a line. */
bool screen_at_line_start(void);

/* After SIGNAL_UART: receive and send until the serial line wants nothing more. */
void screen_serve(void);

/* Hand as much as possible to the serial line. */
void screen_pump(void);

/* Wait until everything has been handed to it. */
void screen_drain(void);

#endif
