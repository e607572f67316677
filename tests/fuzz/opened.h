/* SPDX-License-Identifier: BSD-2-Clause */
/* A bundle that may or may not be right, and what the supervisor does with it if it is. See opened.c. */
#ifndef OPENED_H
#define OPENED_H

#include "fuzz.h"

/* Open it as the supervisor does; if it says that it is right, use all of it. True if so. `bytes` is put into memory of exactly that
 * size, on a page. */
bool bundle_use_all(const uint8_t *bytes, size_t size);

#endif
