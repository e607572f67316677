/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the cores get on, and where they stand if they do not. See watch.c. */
#ifndef SMP_WATCH_H
#define SMP_WATCH_H

#include <pthread.h>

/* Begin to look on: at threads[i], which is core i; and end it. Only the first core calls these. */
void watch_start(const pthread_t *threads);
void watch_end(void);

#endif
