/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A system with something in every state that the checker looks at, and a macro for its tests: damage one thing, and see that the checker
 * says exactly which invariant is broken.
 */
#ifndef CHECKER_WORLD_H
#define CHECKER_WORLD_H

#include "lock.h"
#include "system.h"
#include <lucid/faults.h>

struct checker_world {
    cap_t low[2];    /* ready, priority 50 */
    cap_t sender[2]; /* queued at `queue`, the second came later */
    cap_t receiver;  /* waits at `idle_endpoint`, `armed` is its Reply */
    cap_t waiter[3]; /* wait at `notification` */
    cap_t caller;    /* called server[0], which called server[1]: both passive */
    cap_t server[2]; /* the second is ready, on the caller's context */
    cap_t starved;   /* waits for its budget */
    cap_t stopped;   /* never resumed */
    cap_t bound;     /* stopped, bound to `bound_notification` */
    cap_t queue, idle_endpoint, notification, bound_notification;
    cap_t armed, owed[2], free_reply;
    cap_t space, handler, table, frame; /* the frame is mapped in the root's space */
    cap_t badged, range, device;
};

extern struct checker_world world;
#define WORLD_FRAME_AT ((word_t)0x30000000)

void checker_world_make(void);
/* An interrupted delete of a CNode: its zombie stands in the root's list. Returns the zombie. */
struct slot *checker_world_zombie(void);
/* The invariant that the checker names is this one. */
void checker_names(const char *sentence);

static inline struct sched_context *sc_at(cap_t thread)
{
    return object_at(SC_OF(thread));
}

static inline struct endpoint *endpoint_at(cap_t address)
{
    return object_at(address);
}

static inline struct notification *notification_at(cap_t address)
{
    return object_at(address);
}

static inline struct reply *reply_at(cap_t address)
{
    return object_at(address);
}

/* What only the kernel does: a sibling of a capability into a slot, whatever that is; a capability out of the tree. */
static inline void checker_plant(struct slot *source, struct slot *slot, struct cap cap)
{
    lock_own(core_self());
    lock_all(core_self());
    derivation_add_sibling(source, slot, cap);
    unlock_own(core_self());
}

static inline void checker_take_out(struct slot *slot)
{
    lock_own(core_self());
    lock_all(core_self());
    derivation_remove(slot);
    unlock_own(core_self());
}

#define NAMES(name, sentence, ...)                                                                           \
    TEST(name)                                                                                               \
    {                                                                                                        \
        checker_world_make();                                                                                \
        __VA_ARGS__;                                                                                         \
        checker_names(sentence);                                                                             \
    }

#endif
