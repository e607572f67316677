/* SPDX-License-Identifier: BSD-2-Clause */
/* The one place in the target tests that asks for which machine they are compiled. */
#ifndef TARGET_MACHINE_H
#define TARGET_MACHINE_H

#if defined(__x86_64__)
#include "arch/x86_64/machine.h"
#else
#error "tests/target has no arch directory for this processor"
#endif

#endif
