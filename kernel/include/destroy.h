/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking capabilities away, and destroying objects, in steps. See object/destroy.c. */
#ifndef KERNEL_DESTROY_H
#define KERNEL_DESTROY_H

#include "cap.h"

struct thread;

/* On behalf of `worker`: finish what it has begun before, then delete what was derived from the capability in `slot`, and if the `whole` is to go, then that. False:
 * something is left, because an interrupt or another core waits, or because the worker has stopped itself by what it took away (its own thread, its address
 * space): whatever it had begun it goes on with when it is called again. At least one step is done. The slot may vanish with its container: it is empty then, and its memory
 * is not used again before the entry ends. */
bool destroy(struct slot *slot, bool whole, struct thread *worker);

/* The capability in this slot of an object is the last one to something: to replace it would be to destroy that. */
bool slot_would_destroy(const struct slot *slot);

/* Heads of lists of zombies. */
void zombie_list_init(struct slot *head);

#endif
