/* SPDX-License-Identifier: BSD-2-Clause */
/* What the driver needs of the machine that it runs on: processes, memory that they share, and a clock for --minutes. */
#ifndef RANDOM_PROCESS_H
#define RANDOM_PROCESS_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed, and shared with all processes that come. */
void *process_shared(size_t size);
/* Run it in a process of its own, with a limit on processor time. True if it ended by process_leave(0); else *why says how (static text). */
bool process_run(void (*function)(const void *argument), const void *argument, unsigned seconds,
                 const char **why);
/* The end of such a process. */
__attribute__((noreturn)) void process_leave(int status);
double process_seconds(void);

#endif
