/* SPDX-License-Identifier: BSD-2-Clause */
/* Everything that can fail fails once. */
#ifndef ATTEMPTS_H
#define ATTEMPTS_H

#include <stdbool.h>

/* `function` with 1, 2 and so on, each time in a process of its own, in which the nth operation or allocation fails; until none has. It returns
 * whether something has failed. The number of those that did; fewer than `most`, or the test fails. */
unsigned all_attempts(bool (*function)(unsigned nth), unsigned most);

#endif
