/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef ARCH_SHARED_BACKTRACE_H
#define ARCH_SHARED_BACKTRACE_H

#include "types.h"

/* Print who called whom, from a frame pointer on. */
void backtrace_print(word_t frame);

#endif
