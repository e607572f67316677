/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Physical memory as boot loaders and firmware have left it: what an input says, and zeros. See physical.c.
 */
#ifndef PHYSICAL_H
#define PHYSICAL_H

#include "fuzz.h"
#include "port.h"

/* From now on memory has these bytes at `start`, and zeros elsewhere. */
void physical_set(paddr_t start, const uint8_t *bytes, size_t size);
/* Everything that was mapped is gone. */
void physical_end(void);
/* What the code under test does: false if it stopped the machine. It must have said why. */
bool physical_run(void (*function)(void *argument), void *argument);
/* All that was printed. */
extern char physical_console[];

#endif
