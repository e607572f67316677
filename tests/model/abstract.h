/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel's state as the reference model sees it: numbers, in the order that abstract.ml reads. */
#ifndef ABSTRACT_H
#define ABSTRACT_H

#include "bridge.h"

/* Replace its content by the present state. */
void abstract_state(struct numbers *numbers);

#endif
