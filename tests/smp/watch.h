/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether the cores get on, and where they stand if they do not. See watch.c. */
#ifndef SMP_WATCH_H
#define SMP_WATCH_H

#include <pthread.h>

/* From now on a test that fails tells more: threads[i] is core i, 0 as long as there is none. */
void watch_prepare(const pthread_t *threads);
/* Begin to look on, and end it. Only the first core calls these. */
void watch_start(void);
void watch_end(void);

#endif
