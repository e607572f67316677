/* SPDX-License-Identifier: BSD-2-Clause */
/* Taking capabilities away, and destroying objects, in steps. See object/destroy.c. */
#ifndef KERNEL_DESTROY_H
#define KERNEL_DESTROY_H

#include "cap.h"

struct thread;

enum progress {
    PROGRESS_DONE,
    PROGRESS_MORE,    /* one step was done; call again */
    PROGRESS_RESTART, /* one step was done, and slots may have moved or gone: look everything up again */
};

/* One step of deleting the capability in `slot`, its children first, on behalf of `worker`. */
enum progress destroy_delete_step(struct slot *slot, struct thread *worker);
/* One step of deleting all children of the capability in `slot`. */
enum progress destroy_revoke_step(struct slot *slot, struct thread *worker);
/* One step of what `worker` still has to finish. DONE: nothing. */
enum progress destroy_work_step(struct thread *worker);

/* The capability in this slot of an object is the last one to something: to replace it would be to destroy that. */
bool slot_would_destroy(const struct slot *slot);

/* Heads of lists of zombies. */
void zombie_list_init(struct slot *head);

#endif
