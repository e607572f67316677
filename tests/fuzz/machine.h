/* SPDX-License-Identifier: BSD-2-Clause */
/* The kernel, booted once, and as new for every input. See machine.c. */
#ifndef MACHINE_H
#define MACHINE_H

/* What tests/host/system.c can do, one may do before; after that, the state is as here for every input. */
void machine_keep(void);
void machine_restore(void);

#endif
